/** Suite `normalise`: from what was sent to the canonical form of an app. */
import {z} from 'zod';
import {
  legacyForm,
  mergeUpdate,
  normaliseApp,
  normaliseUpdate,
  withServicePorts,
  type AppDefinition,
  type Normalised,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {anyFields, makeAdapter} from './adapter.ts';
import {absent, exact, includes, subset} from './compare.ts';
import {configOf, configSchema, REFUSAL_STATUS} from './config.ts';

interface NormaliseResult {
  readonly app?: unknown;
  readonly error?: {readonly status: number; readonly paths: readonly string[]};
}

const when = z.strictObject({
  normalise: anyFields.optional(),
  normaliseUpdate: anyFields.optional(),
  mergeUpdate: anyFields.optional(),
  render: z.literal('1.4').optional(),
});

export const normalise = makeAdapter({
  given: z.strictObject({
    config: configSchema,
    stored: anyFields.optional(),
    servicePorts: z.array(z.int()).optional(),
  }),
  when,
  expected: z.strictObject({
    exact: z.unknown().optional(),
    subset: z.unknown().optional(),
    absent: z.array(z.string()).optional(),
    error: z.strictObject({status: z.int(), paths: z.array(z.string()).optional()}).optional(),
  }),
  run: ({given, when: stimulus}): NormaliseResult => {
    const config = configOf(given.config);
    let result: Normalised<unknown>;
    if (stimulus.normalise !== undefined) result = normaliseApp(stimulus.normalise, config);
    else if (stimulus.normaliseUpdate !== undefined) {
      result = normaliseUpdate(stimulus.normaliseUpdate, config);
    } else if (stimulus.mergeUpdate !== undefined) {
      result = mergeUpdate(given.stored as unknown as AppDefinition, stimulus.mergeUpdate, config);
    } else throw new UnknownInCase('when: nothing to normalise');
    if (result.ok && stimulus.render !== undefined) {
      const app = withServicePorts(result.value as AppDefinition, given.servicePorts ?? []);
      return {app: legacyForm(app, config)};
    }
    if (result.ok) return {app: result.value};
    return {error: {status: REFUSAL_STATUS, paths: result.faults.map(({path}) => path)}};
  },
  judge: (then, {app, error}) => {
    if (then.error !== undefined) {
      const {status, paths = []} = then.error;
      return [
        ...subset(status, error?.status, 'error.status'),
        ...includes(paths, error?.paths, 'error.paths'),
      ];
    }
    if (error !== undefined) return subset(null, error, 'error');
    return [
      ...(then.exact === undefined ? [] : exact(then.exact, app)),
      ...(then.subset === undefined ? [] : subset(then.subset, app)),
      ...absent(then.absent ?? [], app),
    ];
  },
});
