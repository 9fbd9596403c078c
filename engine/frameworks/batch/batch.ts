/**
 * A framework for jobs that come, wait in order, run for a time and end: strict first come, first
 * served, with EASY backfilling as an option. A job of many tasks starts all of them together, so
 * offers are held until they suffice for the first job in the queue.
 */
import type {BatchJob} from '../../inputs.ts';
import {assert} from '../../kernel/assert.ts';
import {taskIdOf, type OfferId, type TaskId} from '../../kernel/ids.ts';
import type {BatchOptions} from '../../options.ts';
import {NO_RESOURCES, type Resources} from '../../resources/vector.ts';
import type {
  Framework,
  FrameworkServices,
  Offer,
  Quantities,
  StatusUpdate,
  TaskOrigin,
  TaskState,
  WaitingGroup,
} from '../../scheduler.ts';
import {backfillPlaces, shadowOf} from './backfill.ts';
import {HeldOffers, plan, tasksThatFit, type HeldOffer} from './held-offers.ts';
import {JobQueue, type Job} from './job-queue.ts';

/**
 * Distinct sizes that are told to the allocator one by one; above, it is told their common minimum.
 */
const SHAPES_MAX = 16;

const NO_AGENTS: readonly string[] = [];

/** Ends that say nothing about the job: its agent went away, or the launch never arrived. */
const AGENT_LOST: ReadonlySet<TaskState> = new Set<TaskState>([
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_UNREACHABLE',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

const ENDED: ReadonlySet<TaskState> = new Set<TaskState>([
  ...AGENT_LOST,
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
]);

type JobSnapshot = Omit<Job, 'resources' | 'estimateMs' | 'ending' | 'liveTasks'> & {
  readonly liveTasks: readonly TaskId[] | null;
  readonly estimateMs: number | null;
  readonly ending: Job['ending'] | null;
};

interface BatchSnapshot {
  readonly nextSerial: number;
  readonly waiting: readonly JobSnapshot[];
  readonly started: readonly JobSnapshot[];
  readonly held: readonly Offer[];
  readonly suppressed: boolean;
  readonly demand: string;
}

export class Batch implements Framework {
  readonly #services: FrameworkServices;
  readonly #options: BatchOptions;
  readonly #queue = new JobQueue();
  /** Started jobs by serial: numbers are found several times as fast as the ids of tasks. */
  readonly #started = new Map<number, Job>();
  readonly #held = new HeldOffers();
  #nextSerial = 0;
  #waitingTasks = 0;
  /**
   * Waiting tasks by what one of them needs, under a text that is equal for equal needs; kept only
   * where backfilling asks for offers of any waiting size.
   */
  readonly #waitingShapes = new Map<string, {readonly needs: Quantities; tasks: number}>();
  /** The texts: made once per object. */
  readonly #shapeTexts = new WeakMap<Resources, string>();
  #suppressed = false;
  /** What was last told to the master, to tell it only what changed. */
  #demand = '';
  /** The needs of the first job when `#demand` was made. */
  #demandFor: Resources = NO_RESOURCES;

  constructor(services: FrameworkServices, options: BatchOptions, snapshot?: unknown) {
    this.#services = services;
    this.#options = options;
    if (snapshot !== undefined) this.#load(snapshot as BatchSnapshot);
  }

  registered(): void {
    this.#suppress();
  }

  /** A job arrives; it waits at the end of the queue. */
  submit(job: BatchJob): void {
    assert(
      Number.isSafeInteger(job.tasks) && job.tasks > 0,
      () => `job ${job.id}: tasks ${job.tasks}`,
    );
    const resources = this.#services.kinds.compile(job.resources);
    this.#queue.push({
      id: job.id,
      serial: this.#nextSerial,
      tasks: job.tasks,
      amounts: job.resources,
      resources,
      estimateMs: job.estimateMs ?? Infinity,
      relaunches: 0,
      startedAt: -1,
      liveTasks: undefined,
      ending: undefined,
      agents: NO_AGENTS,
    });
    this.#nextSerial += 1;
    this.#countWaiting(resources, job.tasks);
    this.#queueGrew();
  }

  /** Books tasks of one size as waiting, or (negative) as no longer waiting. */
  #countWaiting(resources: Resources, tasks: number): void {
    this.#waitingTasks += tasks;
    if (this.#options.policy !== 'easy') return;
    let text = this.#shapeTexts.get(resources);
    if (text === undefined) {
      text = JSON.stringify(this.#quantities(resources));
      this.#shapeTexts.set(resources, text);
    }
    let shape = this.#waitingShapes.get(text);
    if (shape === undefined) {
      shape = {needs: this.#quantities(resources), tasks: 0};
      this.#waitingShapes.set(text, shape);
    }
    shape.tasks += tasks;
    if (shape.tasks === 0) this.#waitingShapes.delete(text);
  }

  /**
   * Asks for offers where the new job changes what is wanted; a job behind the first one may change
   * nothing.
   */
  #queueGrew(): void {
    const isEasy = this.#options.policy === 'easy';
    if (this.#queue.size > 1 && !isEasy) {
      this.#services.driver.updateFramework({offersMax: this.#waitingTasks});
      return;
    }
    // Not at once: the ends of this instant must have come back before anything is decided.
    if (this.#held.size > 0) this.#services.armTimer('schedule', '', this.#services.now());
    this.#tellDemand();
  }

  resourceOffers(offers: readonly Offer[]): void {
    for (const offer of offers) this.#held.add(offer);
    this.#schedule();
  }

  offerRescinded(offerId: OfferId): void {
    this.#held.drop(offerId);
  }

  onTimer(name: string): void {
    assert(name === 'schedule', () => `batch has no timer '${name}'`);
    this.#schedule();
  }

  /** Batch jobs come as inputs of their own. */
  onRequest(requestId: string): void {
    this.#services.reply(requestId, {
      ok: false,
      refusal: {code: 'invalidRequest', message: 'the batch framework takes no requests'},
    });
  }

  // Scheduling.

  #schedule(): void {
    this.#services.cancelTimer('schedule', '');
    if (this.#held.size > 0) {
      this.#startInOrder();
      if (this.#options.policy === 'easy') this.#backfill();
      this.#answerOffers();
    }
    this.#tellDemand();
  }

  #startInOrder(): void {
    for (let job = this.#queue.first; job !== undefined; job = this.#queue.first) {
      const places = this.#held.place(job.resources, job.tasks);
      if (places === undefined) return;
      this.#queue.takeFirst();
      this.#start(job, places);
    }
  }

  #backfill(): void {
    const head = this.#queue.first;
    if (head === undefined || this.#queue.size < 2) return;
    if (this.#held.all.every(hasNothingLeft)) return;
    const now = this.#services.now();
    const held = this.#held.all;
    const shadow = shadowOf(head, held, this.#started.values(), now);
    // Without a known start of the first job, none behind it can be shown not to delay it.
    if (shadow.at === Infinity) return;
    let isFull = false;
    this.#queue.visitOthers((job) => {
      if (isFull) return 'stop';
      const places = backfillPlaces(job, shadow, held, now);
      if (places === undefined) return 'keep';
      this.#start(job, places);
      isFull = held.every(hasNothingLeft);
      return 'take';
    });
  }

  #start(job: Job, places: readonly HeldOffer[]): void {
    job.startedAt = this.#services.now();
    job.ending = undefined;
    this.#countWaiting(job.resources, -job.tasks);
    this.#started.set(job.serial, job);
    const {id: jobId, serial, relaunches: attempt} = job;
    const origin: TaskOrigin = {kind: 'job', jobId, serial, attempt};
    const taskIds = places.map((_, index) => taskIdFor(job, index));
    for (const [index, held] of places.entries()) {
      const taskId = taskIds[index] as TaskId;
      plan(held, {taskId, name: job.id, origin, resources: job.resources});
    }
    if (job.tasks > 1) job.liveTasks = new Set(taskIds);
    if (this.#options.policy === 'easy') job.agents = places.map(({agentId}) => agentId);
    this.#publish('job_started', job);
  }

  #publish(type: string, {id: jobId, serial}: Job): void {
    this.#services.publish({type, jobId, serial});
  }

  /** Accepts what was planned; gives back offers that no waiting task has room on. */
  #answerOffers(): void {
    const {driver} = this.#services;
    const head = this.#queue.first;
    if (head === undefined) this.#suppress();
    const leaves =
      head === undefined
        ? () => true
        : (held: HeldOffer) => held.launches.length > 0 || !this.#mayServe(held, head);
    const answered = head === undefined ? this.#held.takeAll() : this.#held.takeWhere(leaves);
    for (const {offers, launches} of answered) {
      const offerIds = offers.map(({id}) => id);
      // What a launch leaves over may serve the next job, so it must come back unfiltered.
      if (launches.length > 0) driver.accept(offerIds, launches, 0);
      else if (head === undefined) driver.decline(offerIds, 0);
      else driver.decline(offerIds);
    }
  }

  /**
   * Whether an unused offer is worth holding: the first job has room on it, or any job where
   * overtaking is allowed.
   */
  #mayServe(held: HeldOffer, head: Job): boolean {
    return this.#options.policy === 'easy' || tasksThatFit(held.left, head.resources) > 0;
  }

  #suppress(): void {
    if (this.#suppressed) return;
    this.#suppressed = true;
    this.#services.driver.suppress();
  }

  /** Tells the master which offers are of use, and revives when more are than before. */
  #tellDemand(): void {
    const head = this.#queue.first;
    if (head === undefined) {
      this.#suppress();
      return;
    }
    const {driver} = this.#services;
    const isEasy = this.#options.policy === 'easy';
    // One offer per waiting task is the most that can be used; where sizes differ, any may be
    // needed.
    driver.updateFramework({offersMax: isEasy ? Infinity : this.#waitingTasks});
    const isKnown = !isEasy && head.resources === this.#demandFor;
    if (isKnown && !this.#suppressed) return;
    const isNew = !isKnown && this.#tellMinimum(head);
    if (!isNew && !this.#suppressed) return;
    this.#suppressed = false;
    driver.revive();
  }

  /** Tells the least that an offer must hold; answers whether that is something new. */
  #tellMinimum(head: Job): boolean {
    const isEasy = this.#options.policy === 'easy';
    const minAllocatable = isEasy ? this.#shapes() : [this.#quantities(head.resources)];
    const demand = JSON.stringify(minAllocatable);
    this.#demandFor = head.resources;
    if (demand === this.#demand) return false;
    this.#demand = demand;
    this.#services.driver.updateFramework({minAllocatable});
    return true;
  }

  #quantities(resources: Resources): Quantities {
    const {scalars, ranges} = this.#services.kinds.describe(resources);
    const items = Object.entries(ranges ?? {}).map(([name, pairs]) => [
      name,
      1000 * pairs.reduce((sum, [begin, end]) => sum + end - begin + 1, 0),
    ]);
    return {...scalars, ...Object.fromEntries(items)};
  }

  /** The distinct needs of waiting jobs, or what all of them need at least. */
  #shapes(): readonly Quantities[] {
    // In the order of their texts: the same for the same queue, however it came about.
    const all = [...this.#waitingShapes]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, {needs}]) => needs);
    if (all.length <= SHAPES_MAX) return all;
    const names = Object.keys(all[0] ?? {});
    return [
      Object.fromEntries(
        names.map((name) => [name, Math.min(...all.map((one) => one[name] ?? 0))]),
      ),
    ];
  }

  // Updates.

  statusUpdate(update: StatusUpdate): void {
    const {state} = update;
    this.#services.driver.acknowledge(update);
    if (!ENDED.has(state)) {
      this.#stillThere(update);
      return;
    }
    const job = this.#jobOf(update);
    if (job === undefined) return;
    job.liveTasks?.delete(update.taskId);
    const liveTasks = job.liveTasks?.size ?? 0;
    // Its processors are back already: the rest of the job will not bring them once more.
    const agent = liveTasks > 0 ? job.agents.indexOf(update.agentId ?? '') : -1;
    if (agent >= 0) job.agents = job.agents.toSpliced(agent, 1);
    if (state !== 'TASK_FINISHED') this.#spoil(job, AGENT_LOST.has(state));
    if (liveTasks === 0) this.#jobEnded(job);
  }

  /**
   * A job that lost its agent is started anew elsewhere. If the agent comes back with the old task,
   * the master says so itself; what executors say of their progress needs no look-up.
   */
  #stillThere(update: StatusUpdate): void {
    if (update.source !== 'SOURCE_MASTER' || update.state === 'TASK_UNKNOWN') return;
    if (this.#jobOf(update) === undefined) this.#services.driver.kill(update.taskId);
  }

  /** The job of a task that has not ended, in its present attempt. */
  #jobOf({taskId, origin}: StatusUpdate): Job | undefined {
    if (origin?.kind !== 'job') return undefined;
    const job = this.#started.get(origin.serial);
    if (job === undefined || job.relaunches !== origin.attempt) return undefined;
    return job.liveTasks === undefined || job.liveTasks.has(taskId) ? job : undefined;
  }

  /** One task ended badly: the job fails, or is put back; either way its other tasks must end. */
  #spoil(job: Job, agentLost: boolean): void {
    if (job.ending !== undefined) return;
    const again = agentLost && job.relaunches < this.#options.relaunchesMax;
    job.ending = again ? 'requeued' : 'failed';
    for (const taskId of job.liveTasks ?? []) this.#services.driver.kill(taskId);
  }

  #jobEnded(job: Job): void {
    this.#started.delete(job.serial);
    job.liveTasks = undefined;
    switch (job.ending) {
      case undefined:
        this.#publish('job_finished', job);
        break;
      case 'failed':
        this.#publish('job_failed', job);
        break;
      case 'requeued':
        job.relaunches += 1;
        this.#queue.putBack(job);
        this.#countWaiting(job.resources, job.tasks);
        this.#publish('job_requeued', job);
        this.#services.armTimer('schedule', '', this.#services.now());
        this.#tellDemand();
        break;
    }
  }

  // Reading.

  /** Jobs that wait, and their tasks. */
  get waitingJobs(): number {
    return this.#queue.size;
  }

  get waitingTasks(): number {
    return this.#waitingTasks;
  }

  waiting(): readonly WaitingGroup[] {
    const [head, ...others] = this.#queue.toArray();
    if (head === undefined) return [];
    const groups: WaitingGroup[] = [
      {tasks: head.tasks, example: head.id, reason: 'first in line', needs: head.resources},
    ];
    const tasks = others.reduce((sum, job) => sum + job.tasks, 0);
    const rule = this.#options.policy === 'easy' ? 'would delay it' : 'first come, first served';
    if (tasks > 0) {
      groups.push({
        tasks,
        example: others[0]?.id ?? '',
        reason: `behind job ${head.id} (${rule})`,
      });
    }
    return groups.sort((left, right) => right.tasks - left.tasks);
  }

  snapshot(): BatchSnapshot {
    return {
      nextSerial: this.#nextSerial,
      waiting: this.#queue.toArray().map(jobSnapshot),
      started: [...this.#started.values()].map(jobSnapshot),
      held: this.#held.all.flatMap(({offers}) => offers),
      suppressed: this.#suppressed,
      demand: this.#demand,
    };
  }

  #load(snapshot: BatchSnapshot): void {
    const {kinds} = this.#services;
    const load = (job: JobSnapshot): Job => ({
      ...job,
      estimateMs: job.estimateMs ?? Infinity,
      ending: job.ending ?? undefined,
      resources: kinds.compile(job.amounts),
      liveTasks: job.liveTasks === null ? undefined : new Set(job.liveTasks),
    });
    for (const job of snapshot.waiting) {
      const loaded = load(job);
      this.#queue.push(loaded);
      this.#countWaiting(loaded.resources, loaded.tasks);
    }
    for (const job of snapshot.started) this.#started.set(job.serial, load(job));
    for (const offer of snapshot.held) this.#held.add(offer);
    this.#nextSerial = snapshot.nextSerial;
    this.#suppressed = snapshot.suppressed;
    this.#demand = snapshot.demand;
  }
}

function hasNothingLeft({left}: HeldOffer): boolean {
  return left.scalars.every((fixed) => fixed === 0);
}

/**
 * The first launch of a one-task job carries the job's own id: nothing to make, nothing to look up.
 */
function taskIdFor(job: Job, index: number): TaskId {
  const base = job.tasks === 1 ? job.id : `${job.id}.${index}`;
  return taskIdOf(job.relaunches === 0 ? base : `${base}.again-${job.relaunches}`);
}

function jobSnapshot(job: Job): JobSnapshot {
  const {id, serial, tasks, amounts, relaunches, startedAt, agents} = job;
  return {
    id,
    serial,
    tasks,
    amounts,
    relaunches,
    startedAt,
    agents,
    liveTasks: job.liveTasks === undefined ? null : [...job.liveTasks],
    estimateMs: job.estimateMs === Infinity ? null : job.estimateMs,
    ending: job.ending ?? null,
  };
}
