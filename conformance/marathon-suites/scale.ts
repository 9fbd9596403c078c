/** Suite `scale`: which instances go, and how many come, when an app is scaled. */
import {z} from 'zod';
import {proposeScaling, type ScalableInstance} from '../../engine/index.ts';
import {makeAdapter, nothing} from './adapter.ts';
import {exact, includes, oneOf, sameSet} from './compare.ts';
import {attributesSchema, conditionSchema, goalSchema} from './conditions.ts';

const instance = z.strictObject({
  id: z.string(),
  goal: goalSchema,
  condition: conditionSchema,
  host: z.string().optional(),
  attributes: attributesSchema.optional(),
  activeSince: z.int().optional(),
  since: z.int().default(0),
  stagedAt: z.int().optional(),
});
type Instance = z.output<typeof instance>;

const given = z.strictObject({
  instances: z.array(instance),
  scaleTo: z.int(),
  killSelection: z.enum(['YOUNGEST_FIRST', 'OLDEST_FIRST']),
  toKill: z.array(z.string()),
  constraints: z.array(z.array(z.string())),
});

const expected = z.strictObject({
  decommission: z.array(z.string()).optional(),
  unorderedPrefix: z.int().default(0),
  decommissionOneOf: z.array(z.array(z.string())).optional(),
  count: z.int().optional(),
  mustInclude: z.array(z.string()).default([]),
  remaining: z.record(z.string(), z.record(z.string(), z.int())).optional(),
  start: z.int(),
});

export const scale = makeAdapter({
  given,
  when: nothing,
  expected,
  merge: ({instance: template, ...defaults}, written) => ({
    ...defaults,
    ...written,
    instances: (written['instances'] as object[]).map((one) => ({
      ...(template as object),
      ...one,
    })),
  }),
  run: ({given: {instances, scaleTo, killSelection, toKill, constraints}}) => {
    const grouped = constraints.filter(([, operator]) => operator === 'GROUP_BY');
    const {decommission, start} = proposeScaling<ScalableInstance & {readonly id: string}>({
      instances: instances.map((one) => ({
        ...one,
        stagedAt: one.stagedAt,
        startedAt: one.activeSince,
      })),
      scaleTo,
      killSelection,
      toKill: new Set(toKill),
      groupedBy: grouped.map(([field = '']) => {
        const values = new Map(instances.map((one) => [one.id, valueOf(one, field)]));
        return (one) => values.get((one as {id: string}).id);
      }),
    });
    return {decommission: decommission.map(({id}) => id), start};
  },
  judge: (expected, {decommission, start}, {given: {instances}}) => {
    const {unorderedPrefix: free, remaining = {}} = expected;
    const wanted = expected.decommission;
    const left = instances.filter(({id}) => !decommission.includes(id));
    return [
      ...exact(expected.start, start, 'start'),
      ...(wanted === undefined
        ? []
        : [
            ...sameSet(wanted.slice(0, free), decommission.slice(0, free), 'decommission'),
            ...exact(wanted.slice(free), decommission.slice(free), 'decommission'),
          ]),
      ...(expected.decommissionOneOf === undefined
        ? []
        : oneOf(expected.decommissionOneOf, decommission, 'decommission')),
      ...(expected.count === undefined ? [] : exact(expected.count, decommission.length, 'count')),
      ...includes(expected.mustInclude, decommission, 'decommission'),
      ...Object.entries(remaining).flatMap(([field, counts]) =>
        exact(counts, countsOf(left, field), `remaining.${field}`),
      ),
    ];
  },
});

function valueOf({host, attributes = {}}: Instance, field: string): string | undefined {
  const value = field === 'hostname' ? host : attributes[field];
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function countsOf(instances: readonly Instance[], field: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of instances) {
    const value = valueOf(one, field) ?? '';
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}
