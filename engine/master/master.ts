/**
 * The master: knows agents, frameworks, offers and tasks; hands out what the allocator grants,
 * launches what frameworks accept, forwards updates and acknowledgements, and answers
 * reconciliation (reference parts 1.17, 3).
 */
import {Allocator, type AllocatorSnapshot, type Grant} from '../allocator/allocator.ts';
import type {Effect} from '../effects.ts';
import type {AgentTask, Input} from '../inputs.ts';
import {assert, must} from '../kernel/assert.ts';
import {
  isValidId,
  offerIdOf,
  type AgentId,
  type FrameworkId,
  type OfferId,
  type TaskId,
} from '../kernel/ids.ts';
import type {Random} from '../kernel/random.ts';
import type {Timers} from '../kernel/timers.ts';
import type {AllocatorOptions, MasterOptions} from '../options.ts';
import {
  addResources,
  containsResources,
  isEmpty,
  subtractResources,
  type Resources,
  type ScalarKinds,
} from '../resources/vector.ts';
import type {
  AgentInfo,
  Framework,
  FrameworkChange,
  FrameworkInfo,
  Offer,
  SchedulerDriver,
  StatusReason,
  StatusUpdate,
  TaskLaunch,
  TaskState,
} from '../scheduler.ts';
import {
  isTerminal,
  linkOffer,
  offersOf,
  unlinkOffer,
  type AgentRecord,
  type FrameworkRecord,
  type OfferRecord,
  type TaskRecord,
} from './records.ts';
import {TaskTable, type TaskTableSnapshot} from './task-table.ts';

/** Filters of calls that name none (Mesos: `refuse_seconds` 5.0). */
const REFUSE_MS_DEFAULT = 5000;

export const MASTER_TIMERS = 'master';

type TaskStatus = Extract<Input, {kind: 'taskStatus'}>;

/** What the master needs of the engine around it. */
export interface MasterContext {
  readonly kinds: ScalarKinds;
  readonly timers: Timers;
  now(): number;
  emit(effect: Effect): void;
}

/** How a master is set up. */
export interface MasterSetup {
  readonly master: MasterOptions;
  readonly allocator: AllocatorOptions;
  readonly random: Random;
  readonly weights: ReadonlyMap<string, number>;
}

interface Mail {
  readonly framework: FrameworkRecord;
  readonly update: StatusUpdate;
}

export interface MasterSnapshot {
  readonly agents: readonly Pick<AgentRecord, 'info' | 'state' | 'total' | 'slot'>[];
  readonly tasks: TaskTableSnapshot;
  readonly offers: readonly Offer[];
  readonly nextOffer: number;
  readonly allocator: AllocatorSnapshot;
}

export class Master {
  readonly #context: MasterContext;
  readonly #options: MasterOptions;
  readonly #allocator: Allocator;
  readonly #agents = new Map<AgentId, AgentRecord>();
  /** Agent by the allocator's slot. */
  readonly #agentAt: AgentRecord[] = [];
  readonly #frameworks = new Map<FrameworkId, FrameworkRecord>();
  /** Framework by the allocator's subscriber. */
  readonly #frameworkAt: FrameworkRecord[] = [];
  readonly #offers = new Map<OfferId, OfferRecord>();
  #nextOffer = 0;
  /**
   * Updates that the master made up while a framework was calling; delivered when it has returned.
   */
  readonly #mailbox: Mail[] = [];
  readonly #tasks = new TaskTable();

  constructor(context: MasterContext, setup: MasterSetup) {
    this.#context = context;
    this.#options = setup.master;
    this.#allocator = new Allocator(setup.allocator, {
      kinds: context.kinds,
      random: setup.random,
      weights: setup.weights,
      startedAt: context.now(),
    });
  }

  // Frameworks and their calls.

  /** Introduces a framework; `make` builds its scheduler around the driver it is given. */
  addFramework(info: FrameworkInfo, make: (driver: SchedulerDriver) => Framework): Framework {
    const gpus = info.capabilities.includes('GPU_RESOURCES');
    const subscriber = this.#allocator.addSubscriber(info.id, info.role, gpus);
    return this.#connect(info, subscriber, make);
  }

  #connect(
    info: FrameworkInfo,
    subscriber: number,
    make: (driver: SchedulerDriver) => Framework,
  ): Framework {
    const record: Omit<FrameworkRecord, 'scheduler'> & {scheduler?: Framework} = {
      info,
      subscriber,
      partitionAware: info.capabilities.includes('PARTITION_AWARE'),
      tasks: new Map(),
      used: [],
    };
    const framework = record as FrameworkRecord;
    framework.scheduler = make(this.#driverOf(framework));
    this.#frameworks.set(info.id, framework);
    this.#frameworkAt[subscriber] = framework;
    return framework.scheduler;
  }

  #driverOf(framework: FrameworkRecord): SchedulerDriver {
    const {subscriber} = framework;
    return {
      accept: (offerIds, launches, refuseMs = REFUSE_MS_DEFAULT) => {
        this.#accept(framework, offerIds, launches, refuseMs);
      },
      decline: (offerIds, refuseMs = REFUSE_MS_DEFAULT) => {
        for (const offerId of offerIds) this.#decline(framework, offerId, refuseMs);
      },
      acknowledge: (update) => {
        this.#acknowledge(framework, update);
      },
      kill: (taskId, graceMs) => {
        this.#kill(framework, taskId, graceMs);
      },
      suppress: () => {
        this.#allocator.suppress(subscriber);
      },
      revive: () => {
        this.#allocator.revive(subscriber);
      },
      updateFramework: (change) => {
        this.#update(framework, change);
      },
      reconcile: (tasks) => {
        this.#reconcile(framework, tasks);
      },
    };
  }

  #update(framework: FrameworkRecord, change: FrameworkChange): void {
    if (change.minAllocatable !== undefined) {
      this.#allocator.setMinAllocatable(framework.subscriber, change.minAllocatable);
    }
    if (change.offersMax !== undefined) {
      this.#allocator.setOffersMax(framework.subscriber, change.offersMax);
    }
  }

  /** The offer's record, if this framework holds it. */
  #offerOf(framework: FrameworkRecord, offerId: OfferId): OfferRecord | undefined {
    const record = this.#offers.get(offerId);
    return record?.framework === framework ? record : undefined;
  }

  #decline(framework: FrameworkRecord, offerId: OfferId, refuseMs: number): void {
    const record = this.#offerOf(framework, offerId);
    if (record === undefined) return;
    this.#closeOffer(record);
    this.#giveBack(record, record.offer.resources, refuseMs);
  }

  #closeOffer(record: OfferRecord): void {
    const {offer, framework} = record;
    this.#offers.delete(offer.id);
    unlinkOffer(record);
    if (this.#options.offerTimeoutMs !== undefined) {
      this.#context.timers.cancel(MASTER_TIMERS, 'offerTimeout', `${offer.id}`);
    }
    this.#allocator.offerEnded(framework.subscriber);
  }

  #giveBack(record: OfferRecord, resources: Resources, refuseMs: number): void {
    const {agent, framework} = record;
    const {subscriber} = framework;
    const now = this.#context.now();
    this.#allocator.refuse(subscriber, agent.slot, resources, {refuseMs, now});
    this.#allocator.recover(subscriber, agent.slot, resources);
  }

  #accept(
    framework: FrameworkRecord,
    offerIds: readonly OfferId[],
    launches: readonly TaskLaunch[],
    refuseMs: number,
  ): void {
    const records = this.#validOffers(framework, offerIds);
    if (records === undefined) {
      this.#refuseAccept(framework, offerIds, launches);
      return;
    }
    const [first, ...others] = records;
    assert(first !== undefined, 'an accept without offers passed validation');
    let left = first.offer.resources;
    for (const {offer} of others) left = addResources(left, offer.resources);
    for (const record of records) this.#closeOffer(record);
    for (const launch of launches) {
      const problem = this.#launchProblem(framework, launch, left);
      if (problem !== undefined) {
        this.#sendMadeUp(framework, launch.taskId, first.agent.info.id, {
          state: 'TASK_ERROR',
          reason: 'REASON_TASK_INVALID',
          message: problem,
        });
        continue;
      }
      left = subtractResources(left, launch.resources);
      this.#launch(framework, first.agent, launch);
    }
    if (!isEmpty(left)) this.#giveBack(first, left, refuseMs);
  }

  /** All of them, of this framework, once each, on one agent; undefined otherwise. */
  #validOffers(
    framework: FrameworkRecord,
    offerIds: readonly OfferId[],
  ): readonly OfferRecord[] | undefined {
    const records: OfferRecord[] = [];
    for (const offerId of offerIds) {
      const record = this.#offerOf(framework, offerId);
      if (record === undefined || records.includes(record)) return undefined;
      if (records.length > 0 && records[0]?.agent !== record.agent) return undefined;
      records.push(record);
    }
    return records.length === 0 ? undefined : records;
  }

  /** An accept that names a wrong offer is void: its good offers go back, its tasks are dropped. */
  #refuseAccept(
    framework: FrameworkRecord,
    offerIds: readonly OfferId[],
    launches: readonly TaskLaunch[],
  ): void {
    for (const offerId of offerIds) this.#decline(framework, offerId, 0);
    for (const {taskId} of launches) {
      this.#sendMadeUp(framework, taskId, undefined, {
        state: framework.partitionAware ? 'TASK_DROPPED' : 'TASK_LOST',
        reason: 'REASON_INVALID_OFFERS',
        message: 'Task launched with invalid offers',
      });
    }
  }

  #launchProblem(
    framework: FrameworkRecord,
    launch: TaskLaunch,
    left: Resources,
  ): string | undefined {
    if (!isValidId(launch.taskId)) return `Task id '${launch.taskId}' is not valid`;
    if (framework.tasks.has(launch.taskId)) return `Task id '${launch.taskId}' is in use`;
    if (launch.resources.scalars.some((fixed) => fixed < 0)) return 'Task has negative resources';
    if (isEmpty(launch.resources)) return 'Task uses no resources';
    if (!containsResources(left, launch.resources)) return 'Task uses more than was offered';
    return undefined;
  }

  #launch(framework: FrameworkRecord, agent: AgentRecord, launch: TaskLaunch): void {
    const {taskId, name, origin, resources, details} = launch;
    const state = 'TASK_STAGING';
    this.#tasks.add(framework, agent, {id: taskId, name, origin, resources, state});
    this.#context.emit({
      kind: 'launchTask',
      agentId: agent.info.id,
      frameworkId: framework.info.id,
      taskId,
      name,
      origin,
      resources: this.#context.kinds.describe(resources),
      details,
    });
  }

  #acknowledge(framework: FrameworkRecord, update: StatusUpdate): void {
    const {taskId, updateId, agentId} = update;
    if (updateId === undefined || agentId === undefined) return;
    const task = framework.tasks.get(taskId);
    if (task !== undefined && task.unacknowledged === updateId) {
      task.unacknowledged = undefined;
      if (isTerminal(task.state)) this.#tasks.forget(task);
    }
    this.#context.emit({
      kind: 'acknowledgeStatus',
      agentId,
      frameworkId: framework.info.id,
      taskId,
      updateId,
    });
  }

  /** A kill of an unknown task is answered like a question about it. */
  #kill(framework: FrameworkRecord, taskId: TaskId, graceMs: number | undefined): void {
    const task = framework.tasks.get(taskId);
    if (task === undefined) {
      this.#reconcile(framework, [{taskId}]);
      return;
    }
    this.#context.emit({
      kind: 'killTask',
      agentId: task.agent.info.id,
      frameworkId: framework.info.id,
      taskId,
      graceMs,
    });
  }

  /** Kills a task that the master itself does not know, on the agent that reported it. */
  #killUnknown(framework: FrameworkId, agentId: AgentId, taskId: TaskId): void {
    this.#context.emit({kind: 'killTask', agentId, frameworkId: framework, taskId});
  }

  #reconcile(
    framework: FrameworkRecord,
    tasks: readonly {taskId: TaskId; agentId?: AgentId | undefined}[],
  ): void {
    const asked: typeof tasks =
      tasks.length > 0 ? tasks : [...framework.tasks.keys()].map((taskId) => ({taskId}));
    for (const {taskId, agentId} of asked) {
      const task = framework.tasks.get(taskId);
      this.#sendMadeUp(framework, taskId, task?.agent.info.id ?? agentId, {
        state: task?.state ?? this.#stateOfUnknown(framework, agentId),
        reason: 'REASON_RECONCILIATION',
        message: 'Reconciliation: Latest task state',
        healthy: task?.healthy,
      });
    }
  }

  #stateOfUnknown(framework: FrameworkRecord, agentId: AgentId | undefined): TaskState {
    if (!framework.partitionAware) return 'TASK_LOST';
    const agent = agentId === undefined ? undefined : this.#agents.get(agentId);
    if (agent === undefined) return 'TASK_UNKNOWN';
    return agent.state === 'unreachable' ? 'TASK_UNREACHABLE' : 'TASK_GONE';
  }

  #sendMadeUp(
    framework: FrameworkRecord,
    taskId: TaskId,
    agentId: AgentId | undefined,
    status: {
      readonly state: TaskState;
      readonly reason: StatusReason;
      readonly message: string;
      readonly healthy?: boolean | undefined;
    },
  ): void {
    const update: StatusUpdate = {taskId, agentId, source: 'SOURCE_MASTER', ...status};
    this.#mailbox.push({framework, update});
  }

  /** Delivers what was made up during calls; the engine calls it at the end of every step. */
  deliverMail(): void {
    for (let at = 0; at < this.#mailbox.length; at += 1) {
      const {framework, update} = this.#mailbox[at] as Mail;
      framework.scheduler.statusUpdate(update);
    }
    this.#mailbox.length = 0;
  }

  // Runs of the allocator.

  wakeAt(now: number): number {
    return this.#allocator.wakeAt(now);
  }

  /** Lets the allocator run if it is due, and hands the offers out, framework by framework. */
  allocate(): void {
    const grants = this.#allocator.run(this.#context.now());
    if (grants.length === 0) return;
    const byFramework = new Map<FrameworkRecord, Offer[]>();
    for (const grant of grants) {
      const record = this.#makeOffer(grant);
      const offers = byFramework.get(record.framework);
      if (offers === undefined) byFramework.set(record.framework, [record.offer]);
      else offers.push(record.offer);
    }
    for (const [framework, offers] of byFramework) framework.scheduler.resourceOffers(offers);
  }

  #makeOffer({subscriber, agent: slot, resources}: Grant): OfferRecord {
    const framework = this.#frameworkAt[subscriber] as FrameworkRecord;
    const agent = this.#agentAt[slot] as AgentRecord;
    const offer: Offer = {
      id: offerIdOf(this.#nextOffer),
      frameworkId: framework.info.id,
      role: framework.info.role,
      agent: agent.info,
      resources,
    };
    this.#nextOffer += 1;
    const record: OfferRecord = {offer, framework, agent, next: undefined};
    this.#offers.set(offer.id, record);
    linkOffer(record);
    const {offerTimeoutMs} = this.#options;
    if (offerTimeoutMs !== undefined) {
      const at = this.#context.now() + offerTimeoutMs;
      this.#context.timers.arm(MASTER_TIMERS, 'offerTimeout', `${offer.id}`, at);
    }
    return record;
  }

  #rescind(record: OfferRecord): void {
    this.#closeOffer(record);
    this.#giveBack(record, record.offer.resources, 0);
    record.framework.scheduler.offerRescinded(record.offer.id);
  }

  // Agents.

  /** An agent registers for the first time, or again after any loss. */
  agentRegistered(info: AgentInfo, total: Resources, tasks: readonly AgentTask[]): void {
    this.#context.timers.cancel(MASTER_TIMERS, 'unreachable', info.id);
    const known = this.#agents.get(info.id);
    const agent = known ?? this.#newAgent(info, total);
    if (known !== undefined) this.#agentReturned(known, info, total);
    const reported = new Set<string>();
    for (const task of tasks) {
      reported.add(`${task.frameworkId}/${task.taskId}`);
      this.#taskReported(agent, task);
    }
    for (const task of [...agent.tasks]) {
      if (reported.has(`${task.framework.info.id}/${task.id}`)) continue;
      this.#taskMissing(task);
    }
  }

  #newAgent(info: AgentInfo, total: Resources): AgentRecord {
    const agent: AgentRecord = {
      info,
      state: 'active',
      total,
      slot: this.#allocator.addAgent(total),
      tasks: [],
      offers: undefined,
    };
    this.#agents.set(info.id, agent);
    this.#agentAt[agent.slot] = agent;
    return agent;
  }

  #agentReturned(agent: AgentRecord, info: AgentInfo, total: Resources): void {
    for (const record of offersOf(agent)) this.#rescind(record);
    agent.info = info;
    if (agent.state === 'unreachable') {
      agent.slot = this.#allocator.addAgent(total);
      this.#agentAt[agent.slot] = agent;
    } else {
      this.#allocator.setAgentTotal(agent.slot, total);
      this.#allocator.setAgentActivated(agent.slot, true);
    }
    agent.total = total;
    agent.state = 'active';
  }

  /** A task that a registering agent runs, or has ended without having been acknowledged. */
  #taskReported(agent: AgentRecord, task: AgentTask): void {
    const framework = this.#frameworks.get(task.frameworkId);
    if (framework === undefined) {
      this.#killUnknown(task.frameworkId, agent.info.id, task.taskId);
      return;
    }
    if (framework.tasks.has(task.taskId) || isTerminal(task.state)) return;
    const resources = this.#context.kinds.compile(task.resources);
    const {taskId: id, name, origin} = task;
    const {state} = task;
    this.#tasks.add(framework, agent, {id, name, origin, resources, state});
    this.#allocator.charge(framework.subscriber, agent.slot, resources);
    this.#sendMadeUp(framework, task.taskId, agent.info.id, {
      state: task.state,
      reason: 'REASON_AGENT_REREGISTERED',
      message: 'Agent re-registered with the master',
    });
  }

  /** A task that the master thought to be on the agent, and that is not there. */
  #taskMissing(task: TaskRecord): void {
    if (isTerminal(task.state)) {
      this.#tasks.forget(task);
      return;
    }
    this.#end(task, task.framework.partitionAware ? 'TASK_GONE' : 'TASK_LOST');
    this.#tasks.forget(task);
    this.#sendMadeUp(task.framework, task.id, task.agent.info.id, {
      state: task.state,
      reason: 'REASON_RECONCILIATION',
      message: 'Reconciliation: Task unknown to the agent',
    });
  }

  /** Marks a live task as ended: its resources are free at once. */
  #end(task: TaskRecord, state: TaskState): void {
    this.#tasks.end(task, state);
    this.#allocator.recover(task.framework.subscriber, task.agent.slot, task.resources);
  }

  agentDisconnected(agentId: AgentId): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined || agent.state !== 'active') return;
    agent.state = 'disconnected';
    this.#allocator.setAgentActivated(agent.slot, false);
    for (const record of offersOf(agent)) this.#rescind(record);
    this.#suspect(agentId);
  }

  agentSilent(agentId: AgentId): void {
    if (this.#agents.get(agentId)?.state === 'active') this.#suspect(agentId);
  }

  agentHeard(agentId: AgentId): void {
    if (this.#agents.get(agentId)?.state !== 'active') return;
    this.#context.timers.cancel(MASTER_TIMERS, 'unreachable', agentId);
  }

  #suspect(agentId: AgentId): void {
    const {agentPingTimeoutMs, agentPingTimeoutsMax} = this.#options;
    const at = this.#context.now() + agentPingTimeoutMs * agentPingTimeoutsMax;
    this.#context.timers.arm(MASTER_TIMERS, 'unreachable', agentId, at);
  }

  #markUnreachable(agent: AgentRecord): void {
    for (const record of offersOf(agent)) this.#rescind(record);
    for (const task of [...agent.tasks]) {
      this.#tasks.forget(task);
      if (isTerminal(task.state)) continue;
      this.#end(task, task.framework.partitionAware ? 'TASK_UNREACHABLE' : 'TASK_LOST');
      this.#sendMadeUp(task.framework, task.id, agent.info.id, {
        state: task.state,
        reason: 'REASON_AGENT_REMOVED',
        message: 'Agent became unreachable',
      });
    }
    this.#allocator.removeAgent(agent.slot);
    agent.slot = -1;
    agent.state = 'unreachable';
  }

  // Updates and timers.

  taskStatus(input: TaskStatus): void {
    const framework = this.#frameworks.get(input.frameworkId);
    const task = framework?.tasks.get(input.taskId);
    // A known task leads to its agent without another search.
    const isThere = task !== undefined && task.agent.info.id === input.agentId;
    const agent = isThere ? task.agent : this.#agents.get(input.agentId);
    // An unreachable agent must register first; it repeats its updates afterwards.
    if (agent === undefined || agent.state === 'unreachable') return;
    if (framework === undefined) {
      const {agentId, frameworkId, taskId, updateId} = input;
      this.#context.emit({kind: 'acknowledgeStatus', agentId, frameworkId, taskId, updateId});
      return;
    }
    if (isThere) this.#applyStatus(task, input);
    framework.scheduler.statusUpdate({
      taskId: input.taskId,
      agentId: input.agentId,
      state: input.state,
      source: 'SOURCE_EXECUTOR',
      reason: input.reason,
      message: input.message,
      updateId: input.updateId,
      healthy: input.healthy,
      containerIp: input.containerIp,
    });
  }

  /** A terminal task never changes again; later updates are only forwarded. */
  #applyStatus(task: TaskRecord, input: TaskStatus): void {
    task.unacknowledged = input.updateId;
    if (isTerminal(task.state)) return;
    task.healthy = input.healthy ?? task.healthy;
    if (isTerminal(input.state)) this.#end(task, input.state);
    else task.state = input.state;
  }

  onTimer(name: string, subject: string): void {
    switch (name) {
      case 'offerTimeout': {
        const record = this.#offers.get(offerIdOf(Number(subject)));
        if (record !== undefined) this.#rescind(record);
        break;
      }
      case 'unreachable':
        this.#markUnreachable(must(this.#agents.get(subject as AgentId), `agent ${subject}`));
        break;
      default:
        assert(false, () => `the master has no timer '${name}'`);
    }
  }

  schedulerOf(id: FrameworkId): Framework | undefined {
    return this.#frameworks.get(id)?.scheduler;
  }

  // Reading.

  get allocator(): Allocator {
    return this.#allocator;
  }

  get agents(): ReadonlyMap<AgentId, AgentRecord> {
    return this.#agents;
  }

  get frameworks(): ReadonlyMap<FrameworkId, FrameworkRecord> {
    return this.#frameworks;
  }

  get offers(): ReadonlyMap<OfferId, OfferRecord> {
    return this.#offers;
  }

  /** Thousandths by kind that tasks use on all agents. */
  get used(): readonly number[] {
    return this.#tasks.used;
  }

  // Snapshots.

  snapshot(): MasterSnapshot {
    assert(this.#mailbox.length === 0, 'a snapshot in the middle of a step');
    return {
      agents: [...this.#agents.values()].map(({info, state, total, slot}) => {
        return {info, state, total, slot};
      }),
      tasks: this.#tasks.snapshot(this.#frameworks.values(), this.#agents.values()),
      offers: [...this.#offers.values()].map(({offer}) => offer),
      nextOffer: this.#nextOffer,
      allocator: this.#allocator.snapshot(),
    };
  }

  /**
   * Puts a snapshot into a new master; frameworks are connected afterwards with {@link reconnect}.
   */
  load(snapshot: MasterSnapshot): void {
    this.#allocator.load(snapshot.allocator);
    this.#nextOffer = snapshot.nextOffer;
    for (const known of snapshot.agents) {
      const agent: AgentRecord = {...known, tasks: [], offers: undefined};
      this.#agents.set(agent.info.id, agent);
      if (agent.slot >= 0) this.#agentAt[agent.slot] = agent;
    }
  }

  /**
   * Connects a framework of a loaded snapshot again; `subscriber` is its position in the options.
   */
  reconnect(
    info: FrameworkInfo,
    subscriber: number,
    make: (driver: SchedulerDriver) => Framework,
  ): Framework {
    return this.#connect(info, subscriber, make);
  }

  /** After all frameworks are connected: their tasks and offers. */
  loadTasks(snapshot: MasterSnapshot): void {
    this.#tasks.load(snapshot.tasks, this.#frameworks, this.#agents);
    for (const offer of snapshot.offers) {
      const framework = must(this.#frameworks.get(offer.frameworkId), 'framework of an offer');
      const agent = must(this.#agents.get(offer.agent.id), 'agent of an offer');
      const record: OfferRecord = {offer, framework, agent, next: undefined};
      this.#offers.set(offer.id, record);
      linkOffer(record);
    }
  }
}
