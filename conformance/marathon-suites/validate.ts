/** Suite `validate`: definitions that are valid, and where the faults of the others are. */
import {z} from 'zod';
import {
  mergeUpdate,
  normaliseApp,
  validateUpdate,
  type NormaliseConfig,
  type Normalised,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {anyFields, makeAdapter} from './adapter.ts';
import {includes, subset} from './compare.ts';
import {configOf, configSchema, REFUSAL_STATUS} from './config.ts';
import {World} from './world.ts';

interface ValidateResult {
  readonly valid: boolean;
  readonly status?: number;
  readonly paths?: readonly string[];
  readonly messages?: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** What an update is laid over where a case does not say. */
const STORED = {id: '/a', cmd: 'sleep 1000'};

export const validate = makeAdapter({
  given: z.strictObject({config: configSchema, stored: anyFields.optional()}),
  when: z.strictObject({
    app: anyFields.optional(),
    update: anyFields.optional(),
    group: anyFields.optional(),
  }),
  expected: z.strictObject({
    valid: z.boolean(),
    status: z.int().optional(),
    paths: z.array(z.string()).optional(),
  }),
  run: ({given, when}, seed): ValidateResult => {
    const config = configOf(given.config);
    let result: Normalised<unknown>;
    if (when.app !== undefined) result = normaliseApp(when.app, config);
    else if (when.update !== undefined) result = updated(given.stored, when.update, config);
    else if (when.group !== undefined) return judgedGroup(when.group, seed);
    else throw new UnknownInCase('when: nothing to validate');
    if (result.ok) return {valid: true};
    return {
      valid: false,
      status: REFUSAL_STATUS,
      paths: result.faults.map(({path}) => path),
      messages: result.faults.map(({message}) => message),
    };
  },
  judge: ({paths, ...then}, result) => [
    ...subset(then, result),
    ...includes(paths ?? [], result.paths ?? [], 'paths'),
  ],
});

function updated(
  stored: Fields | undefined,
  update: Fields,
  config: NormaliseConfig,
): Normalised<unknown> {
  const base = normaliseApp({...STORED, ...stored}, config);
  if (!base.ok) return base;
  const merged = mergeUpdate(base.value, update, config);
  if (!merged.ok) return merged;
  const faults = validateUpdate(base.value, merged.value, {force: false});
  return faults.length === 0 ? merged : {ok: false, faults};
}

/** Some of what may be wrong with a group is seen only by who knows the whole root. */
function judgedGroup(group: Fields, seed: number): ValidateResult {
  const reply = new World({seed, agents: []}).request({kind: 'groupPut', group});
  if (reply.ok) return {valid: true};
  const {errors = [], message} = reply.refusal;
  return {
    valid: false,
    status: REFUSAL_STATUS,
    paths: errors.map(({path}) => path),
    messages: [message],
  };
}
