/**
 * Chronos: runs jobs on a timetable and after each other, each slot once and in order, on the
 * offers of the master (reference part 9.4). This file only wires: what is known is the {@link
 * JobBook}'s, when runs come into being the {@link Claims}', what becomes of them the {@link
 * Lifecycle}'s and the {@link Endings}'.
 */
import {assert} from '../../kernel/assert.ts';
import {ZoneBook} from '../../kernel/time-zones.ts';
import {chronosOptions, type ChronosOptions} from '../../options.ts';
import type {
  Framework,
  FrameworkServices,
  InverseOffer,
  Offer,
  StatusUpdate,
  TaskState,
  WaitingGroup,
} from '../../scheduler.ts';
import type {HttpAnswer} from '../http/answers.ts';
import type {HttpRequest} from '../http/http-request.ts';
import {answerWhetherEmpty} from '../placement/leaving-agents.ts';
import type {RoleTerms} from '../placement/offer-left.ts';
import type {StoredRecord} from '../records.ts';
import {ChronosApi} from './api/chronos-api.ts';
import {Commands} from './commands.ts';
import {documentsFrom, type BadRecord, type Documents} from './documents.ts';
import {topologicalOrder} from './jobs/graph.ts';
import {JobBook} from './jobs/job-book.ts';
import {jobDocument, type Job} from './jobs/job.ts';
import {storedJob, type JobContext} from './jobs/make-job.ts';
import {parentsOf} from './definition/job-definition.ts';
import {Demand, type DemandSnapshot} from './launch/demand.ts';
import {matchOffer} from './launch/matcher.ts';
import {RunQueue, type QueueSnapshot} from './launch/run-queue.ts';
import {waitingGroups} from './launch/waiting.ts';
import type {ChronosParts} from './parts.ts';
import {Claims, nextSlotOf} from './runs/claims.ts';
import {Condemned} from './runs/condemned.ts';
import {Endings} from './runs/endings.ts';
import {Lifecycle, nextLookAtRun} from './runs/lifecycle.ts';
import {isLaunched, runDocument, runFrom, taskOf, type Run} from './runs/run.ts';

/** The version of {@link ChronosSnapshot}. */
const FORMAT = 1;

/** What the records hold, and beside it what only a snapshot remembers. */
interface ChronosSnapshot extends Documents {
  readonly format: typeof FORMAT;
  readonly volatile?: {
    readonly queue: QueueSnapshot;
    readonly demand: DemandSnapshot;
    readonly faults: readonly (readonly [string, string])[];
    readonly bad: readonly BadRecord[];
  };
}

const DUE_TIMER = 'due';

/** What is looked at moves on: what is still due after so many looks never would. */
const ROUNDS_MAX = 1000;

const OVER: ReadonlySet<TaskState> = new Set<TaskState>([
  ...(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR', 'TASK_LOST'] as const),
  ...(['TASK_DROPPED', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR', 'TASK_UNKNOWN'] as const),
]);

export class Chronos implements Framework {
  readonly #services: FrameworkServices;
  readonly #options: ChronosOptions;
  readonly #parts: ChronosParts;
  readonly #context: JobContext;
  readonly #book: JobBook;
  readonly #queue: RunQueue;
  readonly #demand: Demand;
  readonly #claims: Claims;
  readonly #endings: Endings;
  readonly #lifecycle: Lifecycle;
  readonly #condemned: Condemned;
  readonly #api: ChronosApi;
  readonly #terms: RoleTerms;
  /** Records of which nothing could be made. */
  readonly #bad: BadRecord[] = [];
  /** What the timer is armed for. */
  #armedAt = Infinity;
  /** Jobs came from records: what they launched must be asked for. */
  #hasTakenOver = false;

  constructor(
    services: FrameworkServices,
    options: Parameters<typeof chronosOptions>[0] = {},
    snapshot?: unknown,
  ) {
    const stored = snapshot as ChronosSnapshot | undefined;
    this.#services = services;
    this.#options = chronosOptions(options);
    this.#book = new JobBook(services, this.#options.historyMax);
    this.#queue = new RunQueue(this.#options.agingMs);
    this.#demand = new Demand(services.driver, this.#queue, stored?.volatile?.demand);
    this.#terms = {roles: new Set([services.role, '*']), takesUnreserved: true};
    this.#parts = {
      options: this.#options,
      driver: services.driver,
      book: this.#book,
      queue: this.#queue,
      now: () => services.now() + services.epochMs,
      random: (stream) => services.random(stream),
      publish: (event) => services.publish(event),
    };
    const zones = new ZoneBook(services.timeZones);
    this.#context = {options: this.#options, zones, kinds: services.kinds};
    this.#lifecycle = new Lifecycle(
      this.#parts,
      () => this.#endings,
      (run) => this.#condemn(run),
    );
    this.#claims = new Claims(this.#parts, (job) => this.#replace(job));
    this.#endings = new Endings(this.#parts, this.#claims);
    const kill = services.driver.kill.bind(services.driver);
    const clock = {now: this.#parts.now, retryMs: this.#options.killRetryMs};
    this.#condemned = new Condemned(services, kill, clock, stored?.condemned);
    const commands = new Commands(this.#parts, this.#context, {
      claims: this.#claims,
      endings: this.#endings,
      lifecycle: this.#lifecycle,
      condemn: (run) => this.#condemn(run),
    });
    this.#api = new ChronosApi(commands, this.#parts);
    if (stored !== undefined) this.#load(stored);
  }

  /** The Chronos that these records are of: a leader takes over. */
  static fromRecords(
    services: FrameworkServices,
    options: Parameters<typeof chronosOptions>[0],
    records: Iterable<StoredRecord>,
  ): Chronos {
    const {documents, bad} = documentsFrom(records);
    const chronos = new Chronos(services, options, {format: FORMAT, ...documents});
    chronos.#bad.push(...bad);
    return chronos;
  }

  #load({jobs, runs, histories, volatile}: ChronosSnapshot): void {
    for (const document of jobs) {
      this.#book.add(storedJob(document, this.#book.takeRow(), this.#context));
    }
    for (const [name, entries] of histories) this.#book.get(name)?.history.push(...entries);
    const queued: [Job, Run][] = [];
    for (const document of runs) {
      const job = this.#book.get(document.jobName);
      if (job === undefined) continue;
      const run = runFrom(document);
      job.runs.add(run);
      if (run.state === 'queued') queued.push([job, run]);
      this.#lifecycle.remember(job, run);
    }
    if (volatile === undefined) this.#takeOver(queued);
    else this.#remember(volatile);
    for (const job of this.#book.values()) this.#book.touch(job);
    this.#book.rearm((job) => this.#nextLookAt(job));
  }

  #remember({queue, faults, bad}: NonNullable<ChronosSnapshot['volatile']>): void {
    for (const [name, fault] of faults) {
      const job = this.#book.get(name);
      if (job !== undefined) job.fault = fault;
    }
    this.#bad.push(...bad);
    this.#queue.restore(queue, (name, due) => {
      const job = this.#book.get(name);
      const run = job?.runs.get(due);
      return job === undefined || run === undefined ? undefined : {job, run};
    });
    this.#armedAt = Math.min(this.#book.nextAt, this.#condemned.nextAt);
  }

  /** Runs wait in the order in which they came, and stored cycles do nobody harm. */
  #takeOver(queued: readonly (readonly [Job, Run])[]): void {
    this.#hasTakenOver = true;
    this.#quarantineCycles();
    const order = [...queued].sort(
      ([jobOne, one], [jobTwo, two]) =>
        one.since - two.since || (jobOne.name < jobTwo.name ? -1 : 1) || one.due - two.due,
    );
    for (const [job, run] of order) this.#queue.push(job, run);
  }

  #quarantineCycles(): void {
    for (;;) {
      const names = this.#book.sorted().flatMap(({name, fault}) => (fault ? [] : [name]));
      const order = topologicalOrder(names, (name) => {
        const job = this.#book.get(name);
        return job === undefined ? [] : (parentsOf(job.definition) ?? []);
      });
      if (order.ok) return;
      for (const name of order.cycle) {
        const job = this.#book.get(name);
        const message = `the jobs wait for one another: ${order.cycle.join(' → ')}`;
        if (job !== undefined) job.fault = message;
      }
    }
  }

  registered(): void {
    if (this.#hasTakenOver) this.#askForAll();
    for (const {name, fault} of this.#book.values()) {
      if (fault === undefined) continue;
      this.#services.publish({type: 'JobQuarantined', job: name, message: fault});
    }
    for (const {path, message} of this.#bad) {
      this.#services.publish({type: 'JobQuarantined', job: path, message});
    }
    this.#settle();
  }

  /** Before anything of a job with a launched run starts, it must be known what runs. */
  #askForAll(): void {
    this.#hasTakenOver = false;
    for (const job of this.#book.values()) {
      const launched = [...job.runs.values()].filter(isLaunched);
      if (launched.length > 0) this.#lifecycle.takeOver(job, launched);
    }
    this.#condemned.killAll();
  }

  resourceOffers(offers: readonly Offer[]): void {
    const {driver} = this.#services;
    // Offers come before timers at an instant, and what is too late by now must not be launched.
    this.#reviewDue();
    const matching = {
      queue: this.#queue,
      terms: this.#terms,
      now: this.#parts.now(),
      kindNames: this.#services.kinds.names,
      launched: (
        job: Job,
        run: Run,
        {taskId}: {taskId: Run['tasks'][number]['id']},
        offer: Offer,
      ) => this.#lifecycle.launched(job, run, {taskId, agent: offer.agent}),
    };
    const unused: Offer['id'][] = [];
    let isUsed = false;
    for (const offer of offers) {
      const launches = this.#queue.size === 0 ? [] : matchOffer(offer, matching);
      if (launches.length === 0) {
        unused.push(offer.id);
        continue;
      }
      isUsed = true;
      // What a launch leaves over may serve the next run, so it must come back unfiltered.
      driver.accept([offer.id], launches, 0);
    }
    const isIdle = this.#queue.size === 0;
    if (unused.length > 0) driver.decline(unused, isIdle ? 0 : this.#options.declineOfferMs);
    this.#demand.answered({isUsed, hasDeclined: unused.length > 0 && !isIdle});
    this.#settle();
  }

  /** Runs end by themselves: an agent is given up when nothing runs there. */
  inverseOffers(offers: readonly InverseOffer[]): void {
    const busy = new Set<string>();
    for (const {runs} of this.#book.values()) {
      for (const run of runs.values()) if (isLaunched(run)) busy.add(taskOf(run)?.agentId ?? '');
    }
    answerWhetherEmpty(offers, busy, this.#services.driver, this.#options.declineOfferMs);
  }

  /** An offer is answered in the call that brings it. */
  offerRescinded(): void {}

  statusUpdate(update: StatusUpdate): void {
    const found = this.#runOf(update);
    if (found !== undefined) this.#lifecycle.take(found.job, found.run, update);
    else this.#unknownTask(update);
    this.#settle();
    if (update.updateId !== undefined) this.#services.driver.acknowledge(update);
  }

  /** The run of a task that is its present attempt. */
  #runOf({taskId, origin}: StatusUpdate): {readonly job: Job; readonly run: Run} | undefined {
    if (origin?.kind === 'run') {
      const job = this.#book.get(origin.jobName);
      const run = job?.runs.get(origin.due);
      if (job === undefined || run === undefined) return undefined;
      return isLaunched(run) && taskOf(run)?.id === taskId ? {job, run} : undefined;
    }
    // The master does not know it: it was asked for after a change of leaders.
    const asked = this.#lifecycle.askedFor(taskId);
    if (asked === undefined || taskOf(asked.run)?.id !== taskId) return undefined;
    const {job, run} = asked;
    const isThere = this.#book.get(job.name) === job && job.runs.get(run.due) === run;
    return isThere && isLaunched(run) ? asked : undefined;
  }

  /** What runs without counting any more must not go on. */
  #unknownTask({taskId, agentId, state}: StatusUpdate): void {
    if (OVER.has(state)) this.#condemned.ended(taskId);
    else if (state !== 'TASK_UNREACHABLE' && state !== 'TASK_KILLING') {
      this.#condemned.add(taskId, agentId);
    }
  }

  onTimer(): void {
    this.#armedAt = Infinity;
    this.#settle();
  }

  onRequest(requestId: string, request: unknown): void {
    const reply = this.#api.handle(request);
    this.#settle();
    this.#services.reply(requestId, reply);
  }

  /** The answer to GET, without a step: it changes nothing. */
  get(request: Pick<HttpRequest, 'headers' | 'path'>): HttpAnswer {
    return this.#api.get(request);
  }

  waiting(): readonly WaitingGroup[] {
    return waitingGroups(this.#queue, this.#book);
  }

  /** All jobs by name, as they stand: not to be changed. */
  jobs(): readonly Readonly<Job>[] {
    return this.#book.sorted();
  }

  job(name: string): Readonly<Job> | undefined {
    return this.#book.get(name);
  }

  /** Everything that follows from what happened, until nothing follows any more. */
  #settle(): void {
    this.#reviewDue();
    this.#condemned.killDue();
    this.#book.flush();
    this.#demand.settle();
    const at = Math.min(this.#book.nextAt, this.#condemned.nextAt);
    if (at === this.#armedAt) return;
    this.#armedAt = at;
    if (at === Infinity) this.#services.cancelTimer(DUE_TIMER, '');
    else this.#services.armTimer(DUE_TIMER, '', at - this.#services.epochMs);
  }

  /** Does what has become due by now, and what that makes due. */
  #reviewDue(): void {
    this.#book.rearm((job) => this.#nextLookAt(job));
    const now = this.#parts.now();
    for (let round = 0; this.#book.nextAt <= now; round += 1) {
      assert(round < ROUNDS_MAX, () => `something stays due at ${now}`);
      for (const job of this.#book.takeDue(now)) this.#review(job);
      this.#book.rearm((job) => this.#nextLookAt(job));
    }
  }

  #review(job: Job): void {
    for (const run of [...job.runs.values()]) {
      if (job.runs.get(run.due) === run) this.#lifecycle.review(job, run);
    }
    this.#claims.review(job);
  }

  #nextLookAt(job: Job): number {
    let at = nextSlotOf(job);
    for (const run of job.runs.values()) {
      at = Math.min(at, nextLookAtRun(job, run, this.#options.killRetryMs));
    }
    return at;
  }

  /** What is held comes in the place of what is active, and may start as soon as that is gone. */
  #replace(job: Job): void {
    const active = [...job.runs.values()].filter(({state}) => state !== 'held');
    for (const run of active) this.#lifecycle.kill(job, run, 'replaced');
  }

  #condemn(run: Run): void {
    const task = taskOf(run);
    if (task === undefined) return;
    const graceMs = this.#book.get(run.jobName)?.rules.killGraceMs;
    this.#condemned.add(task.id, task.agentId, graceMs);
  }

  snapshot(): unknown {
    const jobs = [...this.#book.values()];
    return {
      format: FORMAT,
      jobs: jobs.map(jobDocument),
      runs: jobs.flatMap(({runs}) => [...runs.values()].map(runDocument)),
      histories: jobs.map(({name, history}) => [name, [...history]]),
      condemned: this.#condemned.documents(),
      volatile: {
        queue: this.#queue.snapshot(),
        demand: this.#demand.snapshot(),
        faults: jobs.flatMap(({name, fault}) => (fault === undefined ? [] : [[name, fault]])),
        bad: [...this.#bad],
      },
    };
  }
}
