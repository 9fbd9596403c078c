/**
 * Agents and their comings and goings: registered, disconnected, silent, unreachable, back again
 * (reference part 3.5). An agent that is given up loses its tasks here; what it still runs is known
 * again when it returns.
 */
import type {AgentSlot} from '../allocator/agent-table.ts';
import type {Allocator} from '../allocator/allocator.ts';
import type {AgentTask} from '../inputs.ts';
import {must} from '../kernel/assert.ts';
import type {AgentId, FrameworkId} from '../kernel/ids.ts';
import type {MasterOptions} from '../options.ts';
import {withoutOperations} from '../resources/operations.ts';
import {equalResources, NO_RESOURCES, type Resources} from '../resources/vector.ts';
import type {AgentInfo, TaskState, Unavailability} from '../scheduler.ts';
import {MASTER_TIMERS, type MasterContext} from './context.ts';
import type {Mailbox} from './mailbox.ts';
import type {OfferBook} from './offer-book.ts';
import {
  isPresent,
  isTerminal,
  type AgentRecord,
  type FrameworkRecord,
  type TaskRecord,
} from './records.ts';
import type {RegisteredAgent, Registry} from './registry.ts';
import type {TaskTable} from './task-table.ts';
import {UnreachableAgents} from './unreachable-agents.ts';

export const UNREACHABLE_TIMER = 'unreachable';
export const FORGET_TIMER = 'forget';

/** The other parts of the master that agents touch. */
export interface AgentBookParts {
  readonly allocator: Allocator;
  readonly registry: Registry;
  readonly offers: OfferBook;
  readonly tasks: TaskTable;
  readonly mailbox: Mailbox;
  readonly frameworks: ReadonlyMap<FrameworkId, FrameworkRecord>;
}

/** An agent as a snapshot keeps it; its tasks and offers are kept elsewhere. */
export interface AgentSnapshot extends Pick<
  AgentRecord,
  'info' | 'state' | 'total' | 'slot' | 'unavailability'
> {
  readonly unreachableAt?: number | undefined;
}

export class AgentBook {
  readonly #context: MasterContext;
  readonly #options: MasterOptions;
  readonly #parts: AgentBookParts;
  readonly #agents = new Map<AgentId, AgentRecord>();
  readonly #bySlot: AgentRecord[] = [];
  readonly #unreachable: UnreachableAgents;

  constructor(context: MasterContext, options: MasterOptions, parts: AgentBookParts) {
    this.#context = context;
    this.#options = options;
    this.#parts = parts;
    this.#unreachable = new UnreachableAgents({
      ageMs: options.registryMaxAgentAgeMs,
      count: options.registryMaxAgentCount,
    });
  }

  get all(): ReadonlyMap<AgentId, AgentRecord> {
    return this.#agents;
  }

  at(slot: AgentSlot): AgentRecord {
    return this.#bySlot[slot] as AgentRecord;
  }

  /** An agent registers for the first time, or again after any loss. */
  registered(info: AgentInfo, total: Resources, tasks: readonly AgentTask[]): void {
    this.#context.timers.cancel(MASTER_TIMERS, UNREACHABLE_TIMER, info.id);
    const known = this.#agents.get(info.id);
    const agent = known ?? this.#add(info, total);
    if (known !== undefined) this.#returned(known, info, total);
    const reported = new Set<string>();
    for (const task of tasks) {
      reported.add(`${task.frameworkId}/${task.taskId}`);
      this.#taskReported(agent, task);
    }
    for (const task of [...agent.tasks]) {
      if (reported.has(`${task.framework.info.id}/${task.id}`)) continue;
      this.#taskMissing(task);
    }
    this.#answerQuestions(info.id, 'TASK_GONE');
  }

  /** Agents that the master before this one had: they have some time to come. */
  recover(
    agents: readonly RegisteredAgent[],
    maintenance: ReadonlyMap<string, Unavailability>,
  ): void {
    const until = this.#context.now() + this.#options.agentReregisterTimeoutMs;
    for (const {info, unreachableAt} of agents) {
      const isAwaited = unreachableAt === undefined;
      this.#agents.set(info.id, {
        info,
        state: isAwaited ? 'recovered' : 'unreachable',
        total: NO_RESOURCES,
        slot: -1,
        unavailability: maintenance.get(info.id),
        tasks: [],
        offers: undefined,
      });
      if (!isAwaited) continue;
      this.#context.timers.arm(MASTER_TIMERS, UNREACHABLE_TIMER, info.id, until);
    }
    this.#rememberUnreachable(agents);
    this.#forgetInTime();
  }

  #rememberUnreachable(agents: readonly RegisteredAgent[]): void {
    const given = agents.flatMap(({info, unreachableAt}) =>
      unreachableAt === undefined ? [] : [{id: info.id, since: unreachableAt}],
    );
    for (const {id, since} of given.toSorted((left, right) => left.since - right.since)) {
      this.#unreachable.add(id, since);
    }
  }

  #forgetInTime(): void {
    const at = this.#unreachable.nextAt;
    if (at === undefined) return;
    const due = Math.max(at, this.#context.now());
    this.#context.timers.arm(MASTER_TIMERS, FORGET_TIMER, '', due);
  }

  /** Those that are unreachable for too long, or too many. */
  forgetDue(): void {
    const now = this.#context.now();
    for (;;) {
      const id = this.#unreachable.takeDue(now);
      if (id === undefined) break;
      this.#agents.delete(id);
      this.#parts.registry.forget(id);
    }
    this.#forgetInTime();
  }

  /** What was asked about tasks while nobody knew; those that are known were told of already. */
  #answerQuestions(agentId: AgentId, state: TaskState): void {
    const {frameworks, mailbox, registry} = this.#parts;
    for (const {frameworkId, taskId} of registry.takeQuestions(agentId)) {
      const framework = frameworks.get(frameworkId);
      if (framework === undefined || framework.tasks.has(taskId)) continue;
      mailbox.send(framework, {
        taskId,
        agentId,
        origin: undefined,
        state: framework.partitionAware ? state : 'TASK_LOST',
        reason: 'REASON_RECONCILIATION',
        message: 'Reconciliation: Latest task state',
      });
    }
  }

  #add(info: AgentInfo, total: Resources): AgentRecord {
    this.#parts.registry.admit(info);
    const slot = this.#parts.allocator.addAgent(info, total);
    const agent: AgentRecord = {
      info,
      state: 'active',
      total,
      slot,
      unavailability: undefined,
      tasks: [],
      offers: undefined,
    };
    this.#agents.set(info.id, agent);
    this.#bySlot[slot] = agent;
    return agent;
  }

  #returned(agent: AgentRecord, info: AgentInfo, said: Resources): void {
    const {allocator, offers} = this.#parts;
    offers.rescindAllOf(agent);
    this.#unreachable.delete(info.id);
    if (agent.state === 'unreachable' || !sameInfo(agent.info, info)) {
      this.#parts.registry.admit(info);
    }
    agent.info = info;
    const total = this.#totalOf(agent, said);
    if (!isPresent(agent)) {
      const {unavailability} = agent;
      agent.slot = allocator.addAgent(info, total, {unavailability});
      this.#bySlot[agent.slot] = agent;
    } else {
      allocator.updateAgent(agent.slot, {info, total});
      allocator.setAgentActivated(agent.slot, true);
    }
    agent.total = total;
    agent.state = 'active';
  }

  /**
   * What an agent has that says to have `said`. As long as it was not given up, the master knows
   * best what is reserved there: the last word on it may still be on its way.
   */
  #totalOf(agent: AgentRecord, said: Resources): Resources {
    const {total, info} = agent;
    if (!isPresent(agent) || equalResources(said, total)) return said;
    if (!equalResources(withoutOperations(said), withoutOperations(total))) return said;
    const resources = this.#context.kinds.describe(total);
    this.#context.emit({kind: 'applyOperations', agentId: info.id, operations: [], resources});
    return total;
  }

  /** A task that a registering agent runs, or has ended without having been acknowledged. */
  #taskReported(agent: AgentRecord, task: AgentTask): void {
    const {allocator, frameworks, mailbox, tasks} = this.#parts;
    const {frameworkId, taskId, name, origin, state} = task;
    const agentId = agent.info.id;
    const framework = frameworks.get(frameworkId);
    if (framework === undefined) {
      this.#context.emit({kind: 'killTask', agentId, frameworkId, taskId});
      return;
    }
    if (framework.tasks.has(taskId) || isTerminal(state)) return;
    const resources = this.#context.kinds.compile(task.resources);
    const role = task.role ?? framework.info.role;
    const usage = {framework: frameworkId, role, resources};
    const subscriber = allocator.chargeUsage(agent.slot, usage);
    const {healthy, containerIp} = task;
    const known = {id: taskId, role, subscriber, name, origin, resources, state};
    tasks.add(framework, agent, known).healthy = healthy;
    mailbox.send(framework, {
      taskId,
      agentId,
      origin,
      state,
      reason: 'REASON_AGENT_REREGISTERED',
      message: 'Agent re-registered with the master',
      healthy,
      containerIp,
    });
  }

  /** A task that the master thought to be on the agent, and that is not there. */
  #taskMissing(task: TaskRecord): void {
    const {tasks, mailbox} = this.#parts;
    tasks.forget(task);
    if (isTerminal(task.state)) return;
    this.#context.withdraw(task.framework.info.id, task.id);
    this.#end(task, task.framework.partitionAware ? 'TASK_GONE' : 'TASK_LOST');
    mailbox.send(task.framework, {
      taskId: task.id,
      agentId: task.agent.info.id,
      origin: task.origin,
      state: task.state,
      reason: 'REASON_RECONCILIATION',
      message: 'Reconciliation: Task unknown to the agent',
    });
  }

  #end(task: TaskRecord, state: TaskState): void {
    const {allocator, tasks} = this.#parts;
    tasks.end(task, state);
    allocator.recover(task.subscriber, task.agent.slot, task.resources);
  }

  /** The connection broke: not offered any more, and suspected. */
  disconnected(agentId: AgentId): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined || agent.state !== 'active') return;
    agent.state = 'disconnected';
    this.#parts.allocator.setAgentActivated(agent.slot, false);
    this.#parts.offers.rescindAllOf(agent);
    this.#suspect(agentId);
  }

  /** It does not answer pings. */
  silent(agentId: AgentId): void {
    if (this.#agents.get(agentId)?.state === 'active') this.#suspect(agentId);
  }

  /** It answers pings again. */
  heard(agentId: AgentId): void {
    if (this.#agents.get(agentId)?.state !== 'active') return;
    this.#context.timers.cancel(MASTER_TIMERS, UNREACHABLE_TIMER, agentId);
  }

  #suspect(agentId: AgentId): void {
    const {agentPingTimeoutMs, agentPingTimeoutsMax} = this.#options;
    const at = this.#context.now() + agentPingTimeoutMs * agentPingTimeoutsMax;
    this.#context.timers.arm(MASTER_TIMERS, UNREACHABLE_TIMER, agentId, at);
  }

  /** The ping timeouts are over: its tasks are unreachable, its resources leave the cluster. */
  markUnreachable(agentId: AgentId): void {
    const {allocator, mailbox, offers, tasks} = this.#parts;
    const agent = must(this.#agents.get(agentId), `agent ${agentId}`);
    this.#parts.registry.markUnreachable(agent.info);
    offers.rescindAllOf(agent);
    for (const task of [...agent.tasks]) {
      tasks.forget(task);
      if (isTerminal(task.state)) continue;
      this.#context.withdraw(task.framework.info.id, task.id);
      this.#end(task, task.framework.partitionAware ? 'TASK_UNREACHABLE' : 'TASK_LOST');
      mailbox.send(task.framework, {
        taskId: task.id,
        agentId,
        origin: task.origin,
        state: task.state,
        reason: 'REASON_AGENT_REMOVED',
        message: 'Agent became unreachable',
      });
    }
    if (isPresent(agent)) allocator.removeAgent(agent.slot);
    agent.slot = -1;
    agent.state = 'unreachable';
    this.#answerQuestions(agentId, 'TASK_UNREACHABLE');
    this.#unreachable.add(agentId, this.#context.now());
    this.#forgetInTime();
  }

  snapshot(): readonly AgentSnapshot[] {
    return [...this.#agents.values()].map(({info, state, total, slot, unavailability}) => {
      const unreachableAt = this.#unreachable.sinceOf(info.id);
      return {info, state, total, slot, unavailability, unreachableAt};
    });
  }

  load(snapshot: readonly AgentSnapshot[]): void {
    this.#rememberUnreachable(snapshot);
    for (const {unreachableAt: _, ...known} of snapshot) {
      const agent: AgentRecord = {...known, tasks: [], offers: undefined};
      this.#agents.set(agent.info.id, agent);
      if (agent.slot >= 0) this.#bySlot[agent.slot] = agent;
    }
  }
}

/** Whether the registry has to be told. */
function sameInfo(one: AgentInfo, other: AgentInfo): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
