/** Suite `retry`: what follows from the ends of tasks: counters, further attempts, disabling. */
import {z} from 'zod';
import {parseTaskId, type TaskState} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {exact, isFields, sameSet, subset} from '../marathon-suites/compare.ts';
import {AMPLE, mustSubmit, submit, type JobBody} from './job-bodies.ts';
import {firedNow, stateSeen} from './job-sight.ts';
import {firstSlotOf} from './schedules.ts';
import {Stage, type StageLaunch} from './stage.ts';

const counters = z.strictObject({
  successCount: z.int().default(0),
  errorCount: z.int().default(0),
  errorsSinceLastSuccess: z.int().default(0),
});

const given = z.strictObject({
  schedule: z.string(),
  scheduleTimeZone: z.string().default(''),
  retries: z.int(),
  retryDelayMs: z.int(),
  disableAfterFailures: z.int(),
  softError: z.boolean(),
  concurrent: z.boolean().default(false),
  disabled: z.boolean().default(false),
  arguments: z.array(z.string()).default([]),
  unreachableTimeoutMs: z.int().optional(),
  /** Seconds. */
  maxCompletionTime: z.int().default(0),
  counters: counters.optional(),
  lastSuccess: z.int().optional(),
  lastError: z.int().optional(),
  /** Jobs whose parent it is. */
  children: z.array(z.string()).default([]),
});
type Given = z.output<typeof given>;

const yes = z.literal(true);
const step = z.strictObject({
  at: z.int(),
  /** A name for the task that is launched now. */
  launched: z.string().optional(),
  status: z.templateLiteral(['TASK_', z.string()]).optional(),
  /** A name, or an id as it comes; absent: the task that was launched last. */
  task: z.string().optional(),
  evaluate: yes.optional(),
  /** By the user. */
  kill: yes.optional(),
  disable: yes.optional(),
  enable: yes.optional(),
  leaderChange: yes.optional(),
  /** With these arguments. */
  manual: z.union([yes, z.string()]).optional(),
  markSuccess: yes.optional(),
});
type Step = z.output<typeof step>;

const after = z.strictObject({
  counters: z.record(z.string(), z.int()).optional(),
  retryAt: z.int().nullable().optional(),
  launch: z
    .strictObject({attempt: z.int().optional(), arguments: z.string().optional()})
    .nullable()
    .optional(),
  lastSuccess: z.int().nullable().optional(),
  lastError: z.int().nullable().optional(),
  notify: z.string().nullable().optional(),
  disabled: z.boolean().optional(),
  children: z.array(z.string()).optional(),
  active: z.boolean().optional(),
  killCalls: z.int().optional(),
  repetitionsLeft: z.int().nullable().optional(),
  state: z.string().optional(),
  reply: z.int().optional(),
});

export const retry = makeAdapter({
  given,
  when: z.array(step),
  expected: z.strictObject({after: z.array(after)}),
  run: ({given: terms, when}, seed) => {
    const player = new Player(terms, seed, isOfSlot(when[0]));
    return when.map((one) => player.play(one));
  },
  judge: (then, result) => [
    ...exact(then.after.length, result.length, 'after.length'),
    ...then.after.flatMap(({children, ...equal}, at) => [
      ...subset(equal, result[at], `after.${at}`),
      ...(children === undefined
        ? []
        : sameSet(children, result[at]?.children, `after.${at}.children`)),
    ]),
  ],
});

/** Otherwise the case begins with a run by hand, or with none. */
function isOfSlot(first: Step | undefined): boolean {
  if (first === undefined || first.manual !== undefined) return false;
  return first.launched !== undefined || first.evaluate === true;
}

const JOB = 'job';
/** Between the submission and the first stimulus. */
const BEFORE_MS = 60_000;
/** From a case that is of no slot to the first slot. */
const FAR_MS = 365 * 86_400_000;

/** What people are told by mail. */
const NOTICES: ReadonlySet<string> = new Set(['JobDisabled', 'JobRetriesExhausted']);

const LAUNCHED: ReadonlySet<string> = new Set(['launching', 'running', 'unreachable']);

class Player {
  readonly #stage: Stage;
  readonly #body: JobBody;
  /** The instant that the times of the case count from. */
  readonly #zero: number;
  readonly #tasks = new Map<string, StageLaunch>();

  constructor(terms: Given, seed: number, beginsWithSlot: boolean) {
    const {schedule, scheduleTimeZone, retries, softError, concurrent, disabled} = terms;
    const {retryDelayMs, disableAfterFailures, unreachableTimeoutMs, maxCompletionTime} = terms;
    const first = firstSlotOf(schedule, scheduleTimeZone);
    this.#zero = beginsWithSlot ? first : first - FAR_MS;
    const stage = new Stage({
      seed,
      startedAt: this.#zero - BEFORE_MS,
      chronos: {
        retryDelayMs,
        disableAfterFailures,
        ...(unreachableTimeoutMs !== undefined && {unreachableTimeoutMs}),
      },
    });
    this.#stage = stage;
    const timing = {schedule, scheduleTimeZone, maxCompletionTime};
    const rules = {retries, softError, concurrent, disabled, arguments: terms.arguments};
    this.#body = {name: JOB, ...timing, ...rules};
    stage.addAgent(AMPLE);
    mustSubmit(stage, this.#body);
    for (const name of terms.children) mustSubmit(stage, {name, parents: [JOB]});
    this.#count(terms);
    stage.settle();
  }

  /** What was counted before the case begins, as a store has it. */
  #count({counters: counted, lastSuccess, lastError}: Given): void {
    const stage = this.#stage;
    const record = stage.recordOf(JOB);
    if (!isFields(record)) throw new Error('the job has no record');
    const absolute = (ms: number | undefined) => (ms === undefined ? undefined : this.#zero + ms);
    stage.putRecord(JOB, {
      ...record,
      counters: {
        ...(counted ?? counters.parse({})),
        lastSuccess: absolute(lastSuccess),
        lastError: absolute(lastError),
      },
    });
    stage.takeOver();
  }

  play(one: Step) {
    const stage = this.#stage;
    const [launched, killed] = [stage.launches.length, stage.kills.length];
    const told = stage.events.length;
    stage.jumpTo(this.#zero + one.at);
    if (one.status !== undefined) this.#report(one.task, one.status as TaskState);
    if (one.leaderChange) stage.takeOver();
    const reply = this.#request(one)?.status;
    stage.settle();
    if (one.launched !== undefined) this.#tasks.set(one.launched, this.#latest());
    const launch = stage.launches.slice(launched).find(({job}) => job === JOB);
    const notices = stage.events.slice(told).filter(({type}) => NOTICES.has(type));
    const children = firedNow(stage, told);
    const killCalls = stage.kills.slice(killed).length;
    const notify = notices.at(-1)?.type ?? null;
    return {...this.#seen(), launch: seenLaunch(launch), notify, children, killCalls, reply};
  }

  #request(one: Step): ReturnType<Stage['request']> | undefined {
    const stage = this.#stage;
    if (one.kill) return stage.request('DELETE', `/task/kill/${JOB}`);
    if (one.disable) return submit(stage, {...this.#body, disabled: true});
    if (one.enable) return submit(stage, {...this.#body, disabled: false});
    if (one.markSuccess) return stage.request('PUT', `/job/success/${JOB}`);
    if (one.manual === undefined) return undefined;
    const text = one.manual === true ? '' : `?arguments=${encodeURIComponent(one.manual)}`;
    return stage.request('PUT', `/job/${JOB}${text}`);
  }

  #report(task: string | undefined, state: TaskState): void {
    const launch = task === undefined ? this.#latest() : this.#tasks.get(task);
    if (launch !== undefined) this.#stage.status(launch, state);
    else if (task !== undefined) this.#stage.statusOf(task, state);
  }

  #latest(): StageLaunch {
    const launch = this.#stage.launches.findLast(({job}) => job === JOB);
    if (launch === undefined) throw new UnknownInCase('no task of the job was launched');
    return launch;
  }

  #seen() {
    const stage = this.#stage;
    const job = stage.chronos.job(JOB);
    if (job === undefined) throw new UnknownInCase('the job is gone');
    const {lastSuccess, lastError, ...counts} = job.counters;
    const runs = [...job.runs.values()];
    const retries = runs.flatMap(({retryAt}) => retryAt ?? []);
    const relative = (ms: number | undefined) => (ms === undefined ? null : ms - this.#zero);
    return {
      counters: counts,
      lastSuccess: relative(lastSuccess),
      lastError: relative(lastError),
      retryAt: relative(retries[0]),
      disabled: job.disabled,
      active: runs.some(({state}) => LAUNCHED.has(state)),
      repetitionsLeft: job.schedule?.left,
      state: stateSeen(stage, JOB),
    };
  }
}

function seenLaunch(launch: StageLaunch | undefined) {
  if (launch === undefined) return null;
  const parts = parseTaskId(launch.effect.taskId);
  return {attempt: launch.attempt, arguments: parts?.arguments};
}
