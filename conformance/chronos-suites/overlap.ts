/** Suite `overlap`: runs that are due while others of their job are active. */
import {z} from 'zod';
import {isTerminal, type TaskState} from '../../engine/index.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {exact, isFields, subset} from '../marathon-suites/compare.ts';
import {AMPLE, mustSubmit, submit, type JobBody} from './job-bodies.ts';
import {stateSeen} from './job-sight.ts';
import {RunNames} from './run-names.ts';
import {firstSlotOf} from './schedules.ts';
import {Stage, type StageLaunch} from './stage.ts';

const jobTerms = z.strictObject({
  cpus: z.number().optional(),
  mem: z.number().optional(),
  disk: z.number().optional(),
  highPriority: z.boolean().optional(),
  concurrent: z.boolean().optional(),
  retries: z.int().optional(),
  schedule: z.string().optional(),
  catchup: z.enum(['all', 'latest', 'none']).optional(),
  catchupLimit: z.int().optional(),
  disabled: z.boolean().optional(),
});

const given = jobTerms.extend({
  schedule: z.string(),
  /** Of jobs that are not concurrent. */
  policy: z.enum(['allow', 'buffer-one', 'replace', 'skip']),
  retryDelayMs: z.int().optional(),
  /** By name, and what differs from the above; absent: there is one job. */
  jobs: z.record(z.string(), jobTerms).optional(),
});
type Given = z.output<typeof given>;

/** True: the one job; a text: the job of that name. */
const target = z.union([z.literal(true), z.string()]);
const yes = z.literal(true);

const step = z.strictObject({
  at: z.int(),
  evaluate: yes.optional(),
  finish: z.string().optional(),
  killed: z.string().optional(),
  status: z.templateLiteral(['TASK_', z.string()]).optional(),
  run: z.string().optional(),
  manual: target.optional(),
  strict: z.boolean().default(false),
  leaderChange: yes.optional(),
  /** Runs whose tasks are there when the new leader comes; absent: all. */
  running: z.array(z.string()).optional(),
  delete: target.optional(),
  disable: target.optional(),
  enable: target.optional(),
  kill: target.optional(),
  /** A new agent that has this; what is not said does not matter. */
  offer: z
    .strictObject({cpus: z.number(), mem: z.number().optional(), disk: z.number().optional()})
    .optional(),
  /** All jobs, once more. */
  jobs: z.array(z.string()).optional(),
});
type Step = z.output<typeof step>;

/** What is seen of one job. */
interface Seen {
  readonly launch: readonly (number | string)[];
  readonly buffered: boolean;
  readonly manualQueued: boolean;
  readonly skipped: number;
  /** Runs to whose tasks a kill was sent for the first time. */
  readonly kill: readonly string[];
  readonly repetitionsLeft: number | null | undefined;
  readonly retryAt: number | null;
  readonly disabled: boolean | undefined;
  readonly state: unknown;
}

type Observed = Readonly<Record<string, unknown>>;

/** Of the one job, or by job. */
function each<T>(schema: z.ZodType<T>) {
  return z.union([schema, z.record(z.string(), schema)]).optional();
}

const texts = z.array(z.string());
const after = z.strictObject({
  launch: each(z.array(z.union([z.int(), z.enum(['manual', 'retry'])]))),
  buffered: each(z.boolean()),
  manualQueued: each(z.boolean()),
  skipped: each(z.int()),
  kill: each(texts),
  repetitionsLeft: each(z.int().nullable()),
  retryAt: each(z.int().nullable()),
  disabled: each(z.boolean()),
  state: each(z.string()),
  reply: z.int().optional(),
  waiting: z.record(z.string(), z.string()).optional(),
});

export const overlap = makeAdapter({
  given,
  when: z.array(step),
  expected: z.strictObject({after: z.array(after)}),
  run: ({given: terms, when}, seed) => {
    const hasAgent = when.every(({offer}) => offer === undefined);
    const player = new Player(terms, seed, hasAgent);
    return when.map((one) => player.play(one));
  },
  judge: (then, result) => [
    ...exact(then.after.length, result.length, 'after.length'),
    ...then.after.flatMap((expected, at) => subset(expected, result[at], `after.${at}`)),
  ],
});

/** Between the submission and the first slot. */
const BEFORE_MS = 60_000;
const ONLY = 'job';

class Player {
  readonly #stage: Stage;
  readonly #runs: RunNames;
  readonly #bodies: ReadonlyMap<string, JobBody>;
  /** Whether what is seen is told by job. */
  readonly #hasMany: boolean;
  /** Instant of the first slot. */
  readonly #zero: number;

  constructor({jobs, policy, retryDelayMs, ...common}: Given, seed: number, hasAgent: boolean) {
    this.#hasMany = jobs !== undefined;
    this.#bodies = new Map(
      Object.entries(jobs ?? {[ONLY]: {}}).map(([name, own]) => [name, {name, ...common, ...own}]),
    );
    this.#zero = firstSlotOf(common.schedule);
    const chronos = {overlap: policy, ...(retryDelayMs !== undefined && {retryDelayMs})};
    this.#stage = new Stage({seed, startedAt: this.#zero - BEFORE_MS, chronos});
    this.#runs = new RunNames(this.#stage);
    if (hasAgent) this.#stage.addAgent(AMPLE);
    for (const body of this.#bodies.values()) mustSubmit(this.#stage, body);
    this.#stage.settle();
  }

  play(one: Step): Observed {
    const stage = this.#stage;
    const [launched, killed] = [stage.launches.length, stage.kills.length];
    const told = stage.events.length;
    stage.jumpTo(this.#zero + one.at);
    const reply = this.#act(one);
    stage.settle();
    const fresh = stage.launches.slice(launched);
    for (const launch of fresh) {
      if (launch.state === 'TASK_STAGING') stage.status(launch, 'TASK_RUNNING');
    }
    stage.settle();
    const seen = new Map(
      [...this.#bodies.keys()].map((name) => [name, this.#seen(name, {fresh, killed, told})]),
    );
    const only = seen.get(ONLY);
    const of = this.#hasMany || only === undefined ? byJob(seen) : only;
    return {...of, reply: reply ?? null, waiting: this.#waiting()};
  }

  /** Makes happen what the case says; answers the status of a request. */
  #act(one: Step): number | undefined {
    const stage = this.#stage;
    const {finish, killed, status, offer, run} = one;
    if (finish !== undefined) this.#runs.status(finish, 'TASK_FINISHED');
    if (killed !== undefined) this.#runs.status(killed, 'TASK_KILLED');
    if (status !== undefined) this.#runs.status(run, status as TaskState);
    if (one.leaderChange) this.#changeLeader(one.running);
    if (offer !== undefined) {
      const {cpus, mem = 262_144, disk = 1_000_000} = offer;
      stage.addAgent(`cpus:${cpus};mem:${mem};disk:${disk}`);
    }
    return this.#request(one)?.status;
  }

  #request(one: Step): ReturnType<Stage['request']> | undefined {
    const stage = this.#stage;
    if (one.manual !== undefined) {
      const query = one.strict ? '?strict=true' : '';
      return stage.request('PUT', `/job/${nameOf(one.manual)}${query}`);
    }
    if (one.delete !== undefined) return stage.request('DELETE', `/job/${nameOf(one.delete)}`);
    if (one.kill !== undefined) return stage.request('DELETE', `/task/kill/${nameOf(one.kill)}`);
    const switched = one.disable ?? one.enable;
    const body = this.#bodies.get(nameOf(switched ?? true));
    if (switched === undefined || body === undefined) return undefined;
    return submit(stage, {...body, disabled: one.disable !== undefined});
  }

  #changeLeader(running: readonly string[] | undefined): void {
    const gone = this.#stage.launches.filter(
      (one) => !isTerminal(one.state) && running?.includes(this.#runs.nameOf(one)) === false,
    );
    for (const launch of gone) launch.state = 'TASK_GONE';
    if (gone.length > 0) this.#stage.registerAgain();
    this.#stage.takeOver();
  }

  #seen(
    name: string,
    since: {
      readonly fresh: readonly StageLaunch[];
      readonly killed: number;
      readonly told: number;
    },
  ): Seen {
    const {chronos, events} = this.#stage;
    const job = chronos.job(name);
    const runs = [...(job?.runs.values() ?? [])];
    const retries = runs.flatMap(({retryAt}) => retryAt ?? []);
    return {
      launch: since.fresh.filter((one) => one.job === name).map((one) => this.#launchName(one)),
      buffered: (job?.schedule?.pending.length ?? 0) > 0,
      manualQueued: runs.some(({kind, state}) => kind === 'manual' && state === 'held'),
      skipped: events
        .slice(since.told)
        .map((event) => (event.type === 'JobSkipped' && event.job === name ? event.count : 0))
        .reduce((sum, count) => sum + count, 0),
      kill: this.#killed(name, since.killed),
      repetitionsLeft: job?.schedule?.left,
      retryAt: retries.length === 0 ? null : Math.min(...retries) - this.#zero,
      disabled: job?.disabled,
      state: stateSeen(this.#stage, name),
    };
  }

  #launchName({kind, attempt, due}: StageLaunch): number | string {
    if (attempt > 0) return 'retry';
    return kind === 'slot' ? due - this.#zero : kind;
  }

  #killed(name: string, since: number): readonly string[] {
    const {kills, launches} = this.#stage;
    const before = new Set(kills.slice(0, since));
    const now = new Set(kills.slice(since));
    return launches
      .filter(({effect: {taskId}, job}) => job === name && now.has(taskId) && !before.has(taskId))
      .map((one) => this.#runs.nameOf(one));
  }

  /** Job → why it waits, as the answer about the queue has it. */
  #waiting(): Readonly<Record<string, unknown>> {
    const {body} = this.#stage.request('GET', '/queue');
    const waiting: readonly unknown[] = Array.isArray(body) ? body : [];
    return Object.fromEntries(
      waiting.filter(isFields).map((one) => [String(one['job']), one['waitingReason']]),
    );
  }
}

function nameOf(job: z.output<typeof target>): string {
  return job === true ? ONLY : job;
}

/** Job → field → value, turned into field → job → value. */
function byJob(seen: ReadonlyMap<string, Seen>): Observed {
  const fields: Record<string, Record<string, unknown>> = {};
  for (const [job, values] of seen) {
    for (const [field, value] of Object.entries(values)) (fields[field] ??= {})[job] = value;
  }
  return fields;
}
