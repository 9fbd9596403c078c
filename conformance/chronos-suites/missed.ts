/** Suite `missed`: slots that fell due while nobody looked, or while their job was disabled. */
import {z} from 'zod';
import {isoInstant} from '../../engine/index.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {exact, subset, type Mismatch} from '../marathon-suites/compare.ts';
import {instant, instantMs} from './instants.ts';
import {AMPLE, epsilonText, mustSubmit, submit, type JobBody} from './job-bodies.ts';
import {firstSlotOf} from './schedules.ts';
import {Stage} from './stage.ts';

const given = z.strictObject({
  schedule: z.string(),
  scheduleTimeZone: z.string(),
  catchup: z.enum(['all', 'latest', 'none']),
  catchupLimit: z.int().optional(),
  epsilonSeconds: z.number().nullable(),
  disabled: z.boolean().default(false),
  /** In words: what all cases have in common. */
  lastEvaluated: z.string().optional(),
  /** The instant of the evaluation once more. */
  now: instantMs.optional(),
});
type Given = z.output<typeof given>;

const at = instantMs;
const step = z.union([
  z.strictObject({at, evaluate: z.literal(true)}),
  z.strictObject({downUntil: instantMs}),
  z.strictObject({evaluateUntil: instantMs}),
  z.strictObject({at, leaderChange: z.literal(true)}),
  z.strictObject({at, enable: z.literal(true)}),
  z.strictObject({at, disable: z.literal(true)}),
  z.strictObject({at, submitSame: z.literal(true)}),
  z.strictObject({at, manual: z.literal(true)}),
]);
type Step = z.output<typeof step>;

interface Skipped {
  readonly first?: string;
  readonly last?: string;
  readonly count: number;
}

interface MissedResult {
  /** Slots that were run, in order. */
  readonly runs: readonly string[];
  readonly repetitionsLeft: number | null | undefined;
  readonly next: string | null;
  readonly skipped: Skipped;
}

export const missed = makeAdapter({
  given,
  when: z.union([z.strictObject({evaluateAt: instantMs}), z.array(step)]),
  expected: z.strictObject({
    runs: z.array(instant).optional(),
    repetitionsLeft: z.int().nullable().optional(),
    next: instant.nullable().optional(),
    /** Null: none were. */
    skipped: z
      .strictObject({first: instant.optional(), last: instant.optional(), count: z.int()})
      .nullable()
      .optional(),
  }),
  run: ({given: terms, when}, seed): MissedResult => {
    const player = new Player(terms, seed);
    const steps: readonly Step[] =
      'evaluateAt' in when ? [{at: when.evaluateAt, evaluate: true}] : when;
    for (const one of steps) player.play(one);
    return player.result();
  },
  judge: ({skipped, ...equal}, result): readonly Mismatch[] => [
    ...subset(equal, result),
    ...(skipped === null ? exact(0, result.skipped.count, 'skipped.count') : []),
    ...(skipped ? subset(skipped, result.skipped, 'skipped') : []),
  ],
});

/** Between the submission and the first slot. */
const BEFORE_MS = 60_000;

class Player {
  readonly #stage: Stage;
  readonly #body: JobBody;

  constructor(terms: Given, seed: number) {
    const {schedule, scheduleTimeZone, catchup, catchupLimit, epsilonSeconds, disabled} = terms;
    const epsilon = epsilonText(epsilonSeconds);
    const rules = {catchup, catchupLimit, epsilon, disabled};
    this.#body = {name: 'job', schedule, scheduleTimeZone, ...rules};
    const startedAt = firstSlotOf(schedule, scheduleTimeZone) - BEFORE_MS;
    this.#stage = new Stage({seed, startedAt});
    // Tasks end at once, so that no slot waits for the one before.
    this.#stage.addAgent(AMPLE, 0);
    mustSubmit(this.#stage, this.#body);
  }

  play(one: Step): void {
    const stage = this.#stage;
    if ('evaluateUntil' in one) stage.advanceTo(one.evaluateUntil);
    // Whether the scheduler was away or merely did not look is the same.
    else stage.jumpTo('downUntil' in one ? one.downUntil : one.at);
    if ('leaderChange' in one) stage.takeOver();
    if ('enable' in one) submit(stage, {...this.#body, disabled: false});
    if ('disable' in one) submit(stage, {...this.#body, disabled: true});
    if ('submitSame' in one) submit(stage, this.#body);
    if ('manual' in one) stage.request('PUT', '/job/job');
    stage.settle();
  }

  result(): MissedResult {
    const {launches, events, chronos} = this.#stage;
    const schedule = chronos.job('job')?.schedule;
    const {next = null} = schedule ?? {};
    const skips = events.filter((event) => event.type === 'JobSkipped');
    const [first, last] = [skips.map((one) => one.first), skips.map((one) => one.last)];
    return {
      runs: launches
        .filter(({kind, attempt}) => kind === 'slot' && attempt === 0)
        .map(({due}) => isoInstant(due)),
      repetitionsLeft: schedule?.left,
      next: next === null ? null : isoInstant(next),
      skipped: {
        ...(skips.length > 0 && {
          first: isoInstant(Math.min(...first)),
          last: isoInstant(Math.max(...last)),
        }),
        count: skips.reduce((sum, {count}) => sum + count, 0),
      },
    };
  }
}
