/**
 * The master: hands out what the allocator grants, forwards updates of tasks, and keeps the books
 * together. The books are apart: agents, offers, tasks, and what frameworks call (reference parts
 * 1.17, 3).
 */
import {Allocator, type AllocatorSnapshot} from '../allocator/allocator.ts';
import type {Grant} from '../allocator/cycle.ts';
import type {InverseGrant} from '../allocator/terms.ts';
import type {StoredRecord} from '../frameworks/records.ts';
import type {AgentTask, Input, OperatorRequest} from '../inputs.ts';
import {assert, must} from '../kernel/assert.ts';
import {offerIdOf, type AgentId, type FrameworkId, type OfferId} from '../kernel/ids.ts';
import type {Random} from '../kernel/random.ts';
import type {AllocatorOptions, MasterOptions, QuotaConfig} from '../options.ts';
import type {Resources} from '../resources/vector.ts';
import type {
  AgentInfo,
  Framework,
  FrameworkInfo,
  FrameworkReply,
  InverseOffer,
  Offer,
  SchedulerDriver,
} from '../scheduler.ts';
import {AgentBook, type AgentSnapshot, FORGET_TIMER, UNREACHABLE_TIMER} from './agent-book.ts';
import {makeCallTally} from './call-tally.ts';
import type {MasterContext} from './context.ts';
import {FrameworkCalls} from './framework-calls.ts';
import {Mailbox} from './mailbox.ts';
import {OFFER_TIMER, OfferBook} from './offer-book.ts';
import {OperatorCalls} from './operator-calls.ts';
import {masterDocuments, Registry, type RegistrySnapshot} from './registry.ts';
import {
  isPresent,
  isTerminal,
  type AgentRecord,
  type FrameworkRecord,
  type OfferRecord,
  type TaskRecord,
} from './records.ts';
import {TaskTable, type TaskTableSnapshot} from './task-table.ts';

type TaskStatus = Extract<Input, {kind: 'taskStatus'}>;

/** How a master is set up. */
export interface MasterSetup {
  readonly master: MasterOptions;
  readonly allocator: AllocatorOptions;
  readonly random: Random;
  readonly seed: number;
  readonly weights: ReadonlyMap<string, number>;
  readonly quotas: readonly QuotaConfig[];
}

export interface MasterSnapshot {
  readonly agents: readonly AgentSnapshot[];
  readonly tasks: TaskTableSnapshot;
  readonly offers: readonly Offer[];
  readonly nextOffer: number;
  readonly allocator: AllocatorSnapshot;
  /** Absent: no questions are open. */
  readonly registry?: RegistrySnapshot | undefined;
}

export class Master {
  /** For reading; frameworks reach it only through their calls. */
  readonly allocator: Allocator;
  readonly #context: MasterContext;
  readonly #frameworks = new Map<FrameworkId, FrameworkRecord>();
  readonly #mailbox = new Mailbox();
  readonly #tasks = new TaskTable();
  readonly #offers: OfferBook;
  readonly #agents: AgentBook;
  readonly #registry: Registry;
  readonly #operator: OperatorCalls;

  constructor(context: MasterContext, setup: MasterSetup) {
    this.#context = context;
    this.allocator = new Allocator(setup.allocator, {
      kinds: context.kinds,
      random: setup.random,
      seed: setup.seed,
      weights: setup.weights,
      startedAt: context.now(),
    });
    this.#offers = new OfferBook(context, this.allocator, setup.master);
    this.#registry = new Registry(context, setup.master.registry === 'stored');
    this.#agents = new AgentBook(context, setup.master, {
      registry: this.#registry,
      allocator: this.allocator,
      offers: this.#offers,
      tasks: this.#tasks,
      mailbox: this.#mailbox,
      frameworks: this.#frameworks,
    });
    this.#operator = new OperatorCalls(context, {
      allocator: this.allocator,
      agents: this.#agents,
      offers: this.#offers,
    });
    for (const quota of setup.quotas) this.#operator.setQuota(quota);
  }

  /** Takes over what the master before has written: its agents are awaited, its orders hold. */
  recover(records: readonly StoredRecord[]): void {
    const {agents, maintenance, ...orders} = masterDocuments(records);
    this.#operator.recover(orders);
    this.#agents.recover(agents, new Map(maintenance));
    const awaited = agents.filter(({unreachableAt}) => unreachableAt === undefined);
    this.allocator.awaitAgents(awaited.length, this.#context.now());
  }

  /** A request of an operator: taken whole, or refused whole. */
  operatorRequest(request: OperatorRequest): FrameworkReply {
    return this.#operator.answer(request);
  }

  /** Introduces a framework; `make` builds its scheduler around the driver it is given. */
  addFramework(info: FrameworkInfo, make: (driver: SchedulerDriver) => Framework): Framework {
    this.allocator.addFramework(info.id, {
      roles: [info.role],
      suppressed: [],
      capabilities: info.capabilities,
      minAllocatable: {},
      constraints: undefined,
    });
    return this.reconnect(info, make);
  }

  /** Connects a framework that the allocator knows already: after {@link load}. */
  reconnect(info: FrameworkInfo, make: (driver: SchedulerDriver) => Framework): Framework {
    const record: Omit<FrameworkRecord, 'scheduler'> & {scheduler?: Framework} = {
      info,
      partitionAware: info.capabilities.includes('PARTITION_AWARE'),
      tasks: new Map(),
      used: [],
      usedInRole: new Map(),
      tally: makeCallTally(),
    };
    // Its scheduler is made of its driver, which is made of this record.
    const framework = record as FrameworkRecord;
    framework.scheduler = make(this.#driverOf(framework));
    this.#frameworks.set(info.id, framework);
    return framework.scheduler;
  }

  #driverOf(framework: FrameworkRecord): SchedulerDriver {
    return new FrameworkCalls(framework, this.#context, {
      allocator: this.allocator,
      agents: this.#agents,
      offers: this.#offers,
      tasks: this.#tasks,
      mailbox: this.#mailbox,
      registry: this.#registry,
    });
  }

  /**
   * Another scheduler speaks for a framework from now on (Mesos: SUBSCRIBE with its id). Offers
   * that the old one held are taken back; what it declined and asked for is forgotten; its tasks
   * run on.
   */
  failOver(id: FrameworkId, make: (driver: SchedulerDriver) => Framework): Framework {
    const framework = must(this.#frameworks.get(id), `framework ${id}`);
    for (const record of [...this.#offers.all.values()]) {
      if (record.framework === framework) this.#offers.decline(record, 0);
    }
    const driver = this.#driverOf(framework);
    driver.updateFramework({minAllocatable: null, offersMax: Infinity});
    driver.revive();
    framework.scheduler = make(driver);
    return framework.scheduler;
  }

  /** When the allocator has something to do; Infinity when it has not. */
  wakeAt(now: number): number {
    return this.allocator.wakeAt(now);
  }

  /** Lets the allocator run if it is due, and hands the offers out, framework by framework. */
  allocate(): void {
    const {grants, inverseOffers} = this.allocator.run(this.#context.now());
    if (grants.length > 0) this.#offer(grants);
    if (inverseOffers.length > 0) this.#offerInversely(inverseOffers);
  }

  #offer(grants: readonly Grant[]): void {
    const byFramework = new Map<FrameworkRecord, Offer[]>();
    for (const grant of grants) {
      const {framework: id, role} = this.allocator.nameOf(grant.subscriber);
      const framework = must(this.#frameworks.get(id as FrameworkId), 'framework of a grant');
      const offer = this.#offers.open(framework, role, this.#agents.at(grant.agent), grant);
      const offers = byFramework.get(framework);
      if (offers === undefined) byFramework.set(framework, [offer]);
      else offers.push(offer);
    }
    for (const [framework, offers] of byFramework) framework.scheduler.resourceOffers(offers);
  }

  /** Asks frameworks to give up agents that will not be available. */
  #offerInversely(grants: readonly InverseGrant[]): void {
    const byFramework = new Map<string, InverseOffer[]>();
    for (const {framework, agent, unavailability} of grants) {
      const offer = {agent: this.#agents.at(agent).info, unavailability};
      const offers = byFramework.get(framework);
      if (offers === undefined) byFramework.set(framework, [offer]);
      else offers.push(offer);
    }
    for (const [id, offers] of byFramework) {
      this.#frameworks.get(id as FrameworkId)?.scheduler.inverseOffers?.(offers);
    }
  }

  /** Delivers what was made up during calls; the engine calls it at the end of every step. */
  deliverMail(): void {
    this.#mailbox.deliver();
  }

  // What happens to agents: see AgentBook.

  agentRegistered(info: AgentInfo, total: Resources, tasks: readonly AgentTask[]): void {
    this.#agents.registered(info, total, tasks);
  }

  agentDisconnected(agentId: AgentId): void {
    this.#agents.disconnected(agentId);
  }

  agentSilent(agentId: AgentId): void {
    this.#agents.silent(agentId);
  }

  agentHeard(agentId: AgentId): void {
    this.#agents.heard(agentId);
  }

  taskStatus(input: TaskStatus): void {
    const {agentId, frameworkId, taskId, updateId, state} = input;
    const framework = this.#frameworks.get(frameworkId);
    const task = framework?.tasks.get(taskId);
    // A known task leads to its agent without another search.
    const isThere = task !== undefined && task.agent.info.id === agentId;
    const agent = isThere ? task.agent : this.#agents.all.get(agentId);
    // Others must register first; they repeat their updates afterwards.
    if (agent === undefined || !isPresent(agent)) return;
    if (framework === undefined) {
      this.#context.emit({kind: 'acknowledgeStatus', agentId, frameworkId, taskId, updateId});
      return;
    }
    if (isThere) {
      this.#applyStatus(task, input);
    } else if (!isTerminal(state)) {
      // Nobody has booked what it uses: its launch arrived after it had been given up.
      this.#context.emit({kind: 'killTask', agentId, frameworkId, taskId});
    }
    const {reason, message, healthy, containerIp} = input;
    framework.scheduler.statusUpdate({
      taskId,
      agentId,
      origin: isThere ? task.origin : undefined,
      state,
      source: 'SOURCE_EXECUTOR',
      reason,
      message,
      updateId,
      healthy,
      containerIp,
    });
  }

  /** A terminal task never changes again; later updates are only forwarded. */
  #applyStatus(task: TaskRecord, input: TaskStatus): void {
    task.unacknowledged = input.updateId;
    if (isTerminal(task.state)) return;
    task.healthy = input.healthy ?? task.healthy;
    if (!isTerminal(input.state)) {
      task.state = input.state;
      return;
    }
    this.#tasks.end(task, input.state);
    this.allocator.recover(task.subscriber, task.agent.slot, task.resources);
  }

  onTimer(name: string, subject: string): void {
    switch (name) {
      case OFFER_TIMER:
        this.#offers.timedOut(offerIdOf(Number(subject)));
        break;
      case UNREACHABLE_TIMER:
        this.#agents.markUnreachable(subject as AgentId);
        break;
      case FORGET_TIMER:
        this.#agents.forgetDue();
        break;
      default:
        assert(false, () => `the master has no timer '${name}'`);
    }
  }

  schedulerOf(id: FrameworkId): Framework | undefined {
    return this.#frameworks.get(id)?.scheduler;
  }

  // Reading.

  get agents(): ReadonlyMap<AgentId, AgentRecord> {
    return this.#agents.all;
  }

  get frameworks(): ReadonlyMap<FrameworkId, FrameworkRecord> {
    return this.#frameworks;
  }

  get offers(): ReadonlyMap<OfferId, OfferRecord> {
    return this.#offers.all;
  }

  /** Thousandths by kind that tasks use on all agents. */
  get used(): readonly number[] {
    return this.#tasks.used;
  }

  snapshot(): MasterSnapshot {
    assert(this.#mailbox.isEmpty, 'a snapshot in the middle of a step');
    return {
      agents: this.#agents.snapshot(),
      tasks: this.#tasks.snapshot(this.#frameworks.values(), this.#agents.all.values()),
      offers: [...this.#offers.all.values()].map(({offer}) => offer),
      nextOffer: this.#offers.next,
      allocator: this.allocator.snapshot(),
      registry: this.#registry.snapshot(),
    };
  }

  /** Puts a snapshot's agents into a new master; then {@link reconnect}, then {@link loadTasks}. */
  load(snapshot: MasterSnapshot): void {
    this.allocator.load(snapshot.allocator);
    this.#agents.load(snapshot.agents);
    if (snapshot.registry !== undefined) this.#registry.load(snapshot.registry);
  }

  /** After all frameworks are connected: their tasks and offers. */
  loadTasks(snapshot: MasterSnapshot): void {
    this.#tasks.load(snapshot.tasks, this.#frameworks, this.#agents.all, this.allocator);
    const offers = snapshot.offers.map((offer) => {
      const framework = must(this.#frameworks.get(offer.frameworkId), 'framework of an offer');
      return [offer, framework, must(this.agents.get(offer.agent.id), 'its agent')] as const;
    });
    this.#offers.load(snapshot.nextOffer, offers);
  }
}
