/** Suite `backoff`: the launch delay of configurations over a sequence of events. */
import {z} from 'zod';
import {backoffDeadline, backoffEffect, BackoffTable} from '../../engine/index.ts';
import {makeAdapter} from './adapter.ts';
import {exact, plain, subset, type Mismatch} from './compare.ts';
import {conditionSchema} from './conditions.ts';

const step = z.strictObject({
  at: z.int(),
  condition: conditionSchema.optional(),
  /** `agentDraining`: the operator has taken the agent away. */
  reason: z.literal('agentDraining').optional(),
  config: z.string().default('v1'),
  reset: z.enum(['restart', 'stop']).optional(),
  /** These three change nothing: what is over is forgotten whenever the engine looks. */
  cleanup: z.literal(true).optional(),
  query: z.literal(true).optional(),
  scale: z.int().optional(),
});

const NS_PER_MS = 1e6;
const MS_PER_SECOND = 1000;

interface Observed {
  readonly delayNs: number | null;
  readonly nextLaunchAtNs: number | null;
  readonly queue: {readonly timeLeftSeconds: number; readonly overdue: boolean};
}

const rule = z.strictObject({
  backoffSeconds: z.number(),
  backoffFactor: z.number(),
  maxLaunchDelaySeconds: z.number(),
});

function play(
  table: BackoffTable,
  given: z.output<typeof rule>,
  {at, condition, reason, config, reset}: z.output<typeof step>,
): Observed {
  const effect = condition === undefined ? 'none' : backoffEffect(condition);
  if (reset !== undefined || reason === 'agentDraining') table.reset(config);
  else if (effect === 'add') table.add(config, given, at);
  else if (effect === 'advance') table.advance(config, at);
  const delay = table.get(config, at);
  if (delay === undefined) {
    return {
      delayNs: null,
      nextLaunchAtNs: null,
      queue: {timeLeftSeconds: 0, overdue: true},
    };
  }
  const leftMs = Math.max(0, backoffDeadline(delay) - at);
  return {
    delayNs: delay.delayNs,
    nextLaunchAtNs: delay.referenceMs * NS_PER_MS + delay.delayNs,
    queue: {timeLeftSeconds: leftMs / MS_PER_SECOND, overdue: leftMs === 0},
  };
}

const after = z.strictObject({
  delayNs: z.int().nullable(),
  nextLaunchAtNs: z.int().nullable(),
  queue: z.strictObject({timeLeftSeconds: z.number(), overdue: z.boolean()}).optional(),
});

export const backoff = makeAdapter({
  given: rule,
  when: z.array(step),
  expected: z.strictObject({after: z.array(after)}),
  run: ({given, when}) => {
    let table = new BackoffTable();
    return when.map((stimulus) => {
      const observed = play(table, given, stimulus);
      // Every state survives being written down.
      table = new BackoffTable(plain(table.snapshot()) as ReturnType<BackoffTable['snapshot']>);
      return observed;
    });
  },
  judge: (then, result): readonly Mismatch[] => [
    ...exact(then.after.length, result.length, 'after.length'),
    ...then.after.flatMap((expected, at) => subset(expected, result[at], `after.${at}`)),
  ],
});
