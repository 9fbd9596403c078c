/**
 * A world in which nothing goes wrong: a single machine without bounds, tasks that start at once
 * and succeed after a time that was expected. A Chronos in it does what it would do at best, and
 * tells it by its events.
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
  /** When tasks end; payloads are their places. */
  readonly #ends = new Agenda();
  /** What was launched, until its end comes up; undefined: it was killed, or the place is free. */
  readonly #places: (TaskLaunch | undefined)[] = [];
  readonly #free: number[] = [];
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
   * Lets time pass up to `untilMs`, which is not reached. What ends at an instant makes way for
   * what is due at it: a run that takes exactly as long as its period overlaps with none.
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

  #end(place: number): void {
    const launch = this.#places[place];
    this.#places[place] = undefined;
    this.#free.push(place);
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
    const {origin} = launch;
    assert(origin.kind === 'run', () => `a Chronos launches runs, not ${origin.kind}`);
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = launch;
    this.#ends.push(this.#now + this.#durationMsOf(origin.jobName), place);
    this.#news.push({launch, state: 'TASK_RUNNING'});
  }

  #driver(): SchedulerDriver {
    const nothing = (): void => undefined;
    return {
      accept: (_offers, launches) => {
        for (const launch of launches) this.#launch(launch);
      },
      kill: (taskId) => {
        // Kills are rare, and what runs at one time is not much.
        const place = this.#places.findIndex((launch) => launch?.taskId === taskId);
        const launch = this.#places[place];
        if (launch === undefined) return;
        this.#places[place] = undefined;
        this.#news.push({launch, state: 'TASK_KILLED'});
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
