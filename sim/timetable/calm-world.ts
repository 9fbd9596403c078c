/**
 * A world in which nothing goes wrong: a single machine without bounds, tasks that start at once and
 * succeed after a time that was expected. A Chronos in it does what it would do at best, and tells it
 * by its events.
 */
import {
  Agenda,
  agentIdOf,
  assert,
  Chronos,
  frameworkIdOf,
  makeRandom,
  offerIdOf,
  ScalarKinds,
  type ChronosOptions,
  type FrameworkServices,
  type Offer,
  type SchedulerDriver,
  type StatusUpdate,
  type TaskId,
  type TaskLaunch,
  type TaskState,
  type TimeZones,
} from '../../engine/index.ts';

/** A job's record, and how long its runs take, by the name of the job. */
export interface CalmWorldOptions {
  readonly options: ChronosOptions;
  readonly timeZones: TimeZones;
  readonly records: Parameters<typeof Chronos.fromRecords>[2];
  readonly durationMsOf: (jobName: string) => number;
  /** Told of everything that the Chronos publishes, with the instant. */
  readonly onEvent: (event: Parameters<FrameworkServices['publish']>[0], now: number) => void;
  readonly startAt: number;
}

/** Thousandths: more than all jobs of the world need, and sums of it are exact. */
const PLENTY = 2 ** 50;
const AGENT = {id: agentIdOf('machine'), hostname: 'machine', attributes: {}};
const FRAMEWORK = frameworkIdOf('chronos');

export class CalmWorld {
  readonly chronos: Chronos;
  readonly #kinds = new ScalarKinds();
  readonly #durationMsOf: CalmWorldOptions['durationMsOf'];
  #now: number;
  #timerAt = Infinity;
  #wantsOffers = true;
  /** Ends of tasks; payloads are their numbers. */
  readonly #ends = new Agenda();
  /** Tasks that run, by number; an end of another one is that of a task that was killed. */
  readonly #running = new Map<number, TaskLaunch>();
  readonly #numbers = new Map<TaskId, number>();
  #launched = 0;
  /** What the Chronos asked for while it was being called: it is never called back meanwhile. */
  readonly #news: {readonly launch: TaskLaunch; readonly state: TaskState}[] = [];

  constructor({options, timeZones, records, durationMsOf, onEvent, startAt}: CalmWorldOptions) {
    this.#now = startAt;
    this.#durationMsOf = durationMsOf;
    const services: FrameworkServices = {
      id: FRAMEWORK,
      role: '*',
      driver: this.#driver(),
      kinds: this.#kinds,
      now: () => this.#now,
      epochMs: 0,
      timeZones,
      armTimer: (_name, _subject, at) => {
        this.#timerAt = at;
      },
      cancelTimer: () => {
        this.#timerAt = Infinity;
      },
      random: (stream) => makeRandom(0, stream),
      putRecord: () => undefined,
      deleteRecord: () => undefined,
      probe: () => undefined,
      publish: (event) => onEvent(event, this.#now),
      reply: () => undefined,
    };
    this.chronos = Chronos.fromRecords(services, {...options, historyMax: 0}, records);
    this.chronos.registered();
    this.#follow();
  }

  /**
   * Lets time pass up to `untilMs`, which is not reached. What ends at an instant makes way for what
   * is due at it: a run that takes exactly as long as its period overlaps with none.
   */
  runUntil(untilMs: number): void {
    for (;;) {
      const at = Math.min(this.#ends.nextAt, this.#timerAt);
      if (at >= untilMs) return;
      assert(at >= this.#now, () => `time would go back from ${this.#now} to ${at}`);
      this.#now = at;
      if (this.#ends.nextAt <= at) this.#end(this.#ends.pop());
      else {
        this.#timerAt = Infinity;
        this.chronos.onTimer();
      }
      this.#follow();
    }
  }

  #end(number: number): void {
    const launch = this.#running.get(number);
    if (launch !== undefined) this.#tell(launch, 'TASK_FINISHED');
  }

  /** Everything that follows at this instant: offers, signs of life, kills. */
  #follow(): void {
    for (;;) {
      const news = this.#news.shift();
      if (news !== undefined) this.#tell(news.launch, news.state);
      else if (this.#wantsOffers) {
        this.chronos.resourceOffers([this.#offer()]);
        assert(this.#news.length > 0 || !this.#wantsOffers, () => 'a run fits nowhere');
      } else return;
    }
  }

  #tell(launch: TaskLaunch, state: TaskState): void {
    const {taskId, origin} = launch;
    if (state !== 'TASK_RUNNING') {
      const number = this.#numbers.get(taskId);
      if (number === undefined) return;
      this.#numbers.delete(taskId);
      this.#running.delete(number);
    }
    const update: StatusUpdate = {
      taskId,
      agentId: AGENT.id,
      origin,
      state,
      source: 'SOURCE_EXECUTOR',
    };
    this.chronos.statusUpdate(update);
  }

  #offer(): Offer {
    const scalars = this.#kinds.names.map(() => PLENTY);
    return {
      id: offerIdOf(0),
      frameworkId: FRAMEWORK,
      role: '*',
      agent: AGENT,
      resources: {scalars, ranges: [], sets: [], special: []},
    };
  }

  #launch(launch: TaskLaunch): void {
    const number = this.#launched;
    const {origin} = launch;
    assert(origin.kind === 'run', () => `a Chronos launches runs, not ${origin.kind}`);
    this.#launched += 1;
    this.#running.set(number, launch);
    this.#numbers.set(launch.taskId, number);
    this.#ends.push(this.#now + this.#durationMsOf(origin.jobName), number);
    this.#news.push({launch, state: 'TASK_RUNNING'});
  }

  #driver(): SchedulerDriver {
    const nothing = (): void => undefined;
    return {
      accept: (_offers, launches) => {
        for (const launch of launches) this.#launch(launch);
      },
      kill: (taskId) => {
        const launch = this.#running.get(this.#numbers.get(taskId) ?? -1);
        if (launch !== undefined) this.#news.push({launch, state: 'TASK_KILLED'});
      },
      suppress: () => {
        this.#wantsOffers = false;
      },
      revive: () => {
        this.#wantsOffers = true;
      },
      unsuppress: () => {
        this.#wantsOffers = true;
      },
      decline: nothing,
      acknowledge: nothing,
      clearFilters: nothing,
      answerInverseOffers: nothing,
      updateFramework: nothing,
      reconcile: nothing,
    };
  }
}
