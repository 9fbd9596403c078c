/** Suite `constraints`: does an offer satisfy the placement constraints of an app. */
import {z} from 'zod';
import {
  agentIdOf,
  compileConstraint,
  constraintFault,
  fieldOf,
  isPlaced,
  Placements,
  satisfies,
  type AgentInfo,
} from '../../engine/index.ts';
import {makeAdapter} from './adapter.ts';
import {subset} from './compare.ts';
import {attributesSchema, conditionSchema} from './conditions.ts';

const place = z.strictObject({
  host: z.string(),
  region: z.string().optional(),
  zone: z.string().optional(),
  attributes: attributesSchema.optional(),
});
type Place = z.output<typeof place>;

const given = z.strictObject({
  app: z.strictObject({
    instances: z.int(),
    constraints: z.array(z.array(z.string())),
  }),
  placed: z.array(
    place.extend({
      condition: conditionSchema.default('Running'),
      /** Not running, but its reservation holds its place. */
      reserved: z.boolean().optional(),
      olderConfig: z.boolean().optional(),
    }),
  ),
  offer: place.optional(),
  groupBy: z.enum(['quota', 'minimum']),
  /** Stands beside `app`, which always says it itself. */
  instances: z.int(),
});

export const constraints = makeAdapter({
  given,
  when: z.strictObject({validate: z.unknown()}).optional(),
  expected: z.strictObject({match: z.boolean().optional(), valid: z.boolean().optional()}),
  run: ({given: {app, placed, offer, groupBy}}): {valid: boolean; match?: boolean} => {
    const valid = app.constraints.every((one) => constraintFault(one) === undefined);
    if (!valid || offer === undefined) return {valid};
    const compiled = app.constraints.map(compileConstraint);
    const fields = [...new Set(compiled.map(({field}) => field))];
    const placements = new Placements();
    for (const one of placed) {
      if (!isPlaced(one.condition) && one.reserved !== true) continue;
      const values = fields.map((field) => fieldOf(agentOf(one), field));
      placements.add(one.olderConfig === true ? 0 : 1, fields, values);
    }
    const seen = placements.from(1);
    const match = compiled.every((constraint) =>
      satisfies(constraint, fieldOf(agentOf(offer), constraint.field), seen, {
        instances: app.instances,
        groupBy,
      }),
    );
    return {valid, match};
  },
  judge: (then, result) => subset(then, result),
});

function agentOf({host, region, zone, attributes = {}}: Place): AgentInfo {
  return {id: agentIdOf(host), hostname: host, attributes, region, zone};
}
