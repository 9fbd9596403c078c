/**
 * What a framework may call: each method is one verb of Mesos's v1 scheduler API (reference parts
 * 1.17, 3.2, 3.3).
 */
import type {Allocator} from '../allocator/allocator.ts';
import {assert} from '../kernel/assert.ts';
import {isValidId, type AgentId, type OfferId, type TaskId} from '../kernel/ids.ts';
import {applyOperation, conversionsOf} from '../resources/operations.ts';
import {operationProblem} from '../resources/operation-rules.ts';
import {
  addResources,
  containsResources,
  isEmpty,
  subtractResources,
  type Resources,
} from '../resources/vector.ts';
import type {
  FrameworkChange,
  OfferOperation,
  SchedulerDriver,
  StatusUpdate,
  TaskLaunch,
  TaskState,
} from '../scheduler.ts';
import type {AgentBook} from './agent-book.ts';
import type {MasterContext} from './context.ts';
import type {Mailbox} from './mailbox.ts';
import type {OfferBook} from './offer-book.ts';
import {isPresent, isTerminal, type FrameworkRecord, type OfferRecord} from './records.ts';
import type {Registry} from './registry.ts';
import type {TaskTable} from './task-table.ts';

/** Filters of calls that name none (Mesos: `refuse_seconds` 5.0). */
const REFUSE_MS_DEFAULT = 5000;

/** The parts of the master that calls reach. */
export interface CallParts {
  readonly allocator: Allocator;
  readonly agents: AgentBook;
  readonly offers: OfferBook;
  readonly tasks: TaskTable;
  readonly mailbox: Mailbox;
  readonly registry: Registry;
}

export class FrameworkCalls implements SchedulerDriver {
  readonly #framework: FrameworkRecord;
  readonly #context: MasterContext;
  readonly #parts: CallParts;

  constructor(framework: FrameworkRecord, context: MasterContext, parts: CallParts) {
    this.#framework = framework;
    this.#context = context;
    this.#parts = parts;
  }

  suppress(roles?: readonly string[]): void {
    this.#framework.tally.suppressions += 1;
    this.#parts.allocator.suppress(this.#framework.info.id, roles);
  }

  revive(roles?: readonly string[]): void {
    this.#framework.tally.revives += 1;
    this.#parts.allocator.revive(this.#framework.info.id, roles);
  }

  unsuppress(roles?: readonly string[]): void {
    this.#parts.allocator.unsuppress(this.#framework.info.id, roles);
  }

  clearFilters(roles?: readonly string[]): void {
    this.#parts.allocator.clearFilters(this.#framework.info.id, roles);
  }

  answerInverseOffers(
    agentIds: readonly AgentId[],
    accepted: boolean,
    refuseMs = REFUSE_MS_DEFAULT,
  ): void {
    const now = this.#context.now();
    for (const agentId of agentIds) {
      const agent = this.#parts.agents.all.get(agentId);
      if (agent === undefined || !isPresent(agent)) continue;
      const answer = {accepted, refuseMs, now};
      this.#parts.allocator.answerInverseOffer(this.#framework.info.id, agent.slot, answer);
    }
  }

  updateFramework({roles, role, minAllocatable, offersMax}: FrameworkChange): void {
    const {allocator} = this.#parts;
    const {id} = this.#framework.info;
    if (roles !== undefined) this.#setRoles(roles);
    for (const name of role === undefined ? allocator.rolesOf(id) : [role]) {
      const subscriber = allocator.subscriberOf(id, name);
      if (minAllocatable !== undefined) allocator.setMinAllocatable(subscriber, minAllocatable);
      if (offersMax !== undefined) allocator.setOffersMax(subscriber, offersMax);
    }
  }

  /** Offers in roles that are left go back first: nobody could answer them any more. */
  #setRoles(roles: readonly string[]): void {
    const {allocator, offers, mailbox} = this.#parts;
    for (const record of [...offers.all.values()]) {
      if (record.framework !== this.#framework || roles.includes(record.offer.role)) continue;
      offers.decline(record, 0);
      mailbox.rescinded(record);
    }
    allocator.setRoles(this.#framework.info.id, roles);
  }

  decline(offerIds: readonly OfferId[], refuseMs = REFUSE_MS_DEFAULT): void {
    const {offers} = this.#parts;
    this.#framework.tally.declines += 1;
    this.#framework.tally.offersDeclined += offerIds.length;
    for (const offerId of offerIds) {
      const record = offers.heldBy(this.#framework, offerId);
      if (record !== undefined) offers.decline(record, refuseMs);
    }
  }

  accept(
    offerIds: readonly OfferId[],
    launches: readonly TaskLaunch[],
    refuseMs = REFUSE_MS_DEFAULT,
    operations: readonly OfferOperation[] = [],
  ): void {
    const records = this.#validOffers(offerIds);
    if (records === undefined) {
      this.#refuseAccept(offerIds, launches);
      return;
    }
    const {offers, mailbox} = this.#parts;
    this.#framework.tally.accepts += 1;
    this.#framework.tally.offersAccepted += records.length;
    const [first, ...others] = records;
    assert(first !== undefined, 'an accept without offers passed validation');
    let left = first.offer.resources;
    for (const {offer} of others) left = addResources(left, offer.resources);
    for (const record of records) offers.close(record);
    const offered = left;
    if (operations.length > 0) left = this.#operate(first, left, operations);
    for (const launch of launches) {
      const message = this.#launchProblem(launch, left);
      if (message === undefined) {
        left = subtractResources(left, launch.resources);
        this.#launch(first, launch);
        continue;
      }
      mailbox.send(this.#framework, {
        taskId: launch.taskId,
        agentId: first.agent.info.id,
        origin: launch.origin,
        state: 'TASK_ERROR',
        reason: 'REASON_TASK_INVALID',
        message,
      });
    }
    // What operations made of the offer was not offered before: it is not refused with the rest.
    const made = subtractResources(left, offered);
    const declined = subtractResources(left, made);
    if (!isEmpty(made)) offers.giveBack(first, made, 0);
    if (!isEmpty(declined)) offers.giveBack(first, declined, refuseMs);
  }

  /** Makes of `held`, which was offered, what the operations make of it; the agent is told. */
  #operate(
    {agent, offer, subscriber}: OfferRecord,
    held: Resources,
    operations: readonly OfferOperation[],
  ): Resources {
    const {allocator} = this.#parts;
    const {kinds} = this.#context;
    const made: OfferOperation[] = [];
    let left = held;
    for (const operation of operations) {
      const requester = {role: offer.role, total: allocator.totalOn(agent.slot)};
      if (operationProblem(operation, requester) !== undefined) continue;
      const found = conversionsOf(operation);
      // Tried first: an operation is made whole or not at all.
      if (!found.ok || !applyOperation(left, operation).ok) continue;
      left = allocator.updateAllocation(subscriber, agent.slot, left, found.conversions);
      made.push(operation);
      this.#framework.tally.operations[operation.kind] += 1;
    }
    if (made.length === 0) return held;
    agent.total = allocator.totalOn(agent.slot);
    this.#context.emit({
      kind: 'applyOperations',
      agentId: agent.info.id,
      operations: made.map(({kind, resources}) => ({kind, resources: kinds.describe(resources)})),
      resources: kinds.describe(agent.total),
    });
    return left;
  }

  /** All of them, of this framework, once each, on one agent and role; undefined otherwise. */
  #validOffers(offerIds: readonly OfferId[]): readonly OfferRecord[] | undefined {
    const records: OfferRecord[] = [];
    for (const offerId of offerIds) {
      const record = this.#parts.offers.heldBy(this.#framework, offerId);
      if (record === undefined || records.includes(record)) return undefined;
      const [first = record] = records;
      if (first.agent !== record.agent || first.subscriber !== record.subscriber) return undefined;
      records.push(record);
    }
    return records.length === 0 ? undefined : records;
  }

  /** An accept that names a wrong offer is void: its good offers go back, its tasks are dropped. */
  #refuseAccept(offerIds: readonly OfferId[], launches: readonly TaskLaunch[]): void {
    this.decline(offerIds, 0);
    for (const {taskId, origin} of launches) {
      this.#parts.mailbox.send(this.#framework, {
        taskId,
        agentId: undefined,
        origin,
        state: this.#framework.partitionAware ? 'TASK_DROPPED' : 'TASK_LOST',
        reason: 'REASON_INVALID_OFFERS',
        message: 'Task launched with invalid offers',
      });
    }
  }

  #launchProblem({taskId, resources}: TaskLaunch, left: Resources): string | undefined {
    if (!isValidId(taskId)) return `Task id '${taskId}' is not valid`;
    if (this.#framework.tasks.has(taskId)) return `Task id '${taskId}' is in use`;
    if (resources.scalars.some((fixed) => fixed < 0)) return 'Task has negative resources';
    if (isEmpty(resources)) return 'Task uses no resources';
    if (!containsResources(left, resources)) return 'Task uses more than was offered';
    return undefined;
  }

  #launch({agent, offer, subscriber}: OfferRecord, launch: TaskLaunch): void {
    const {taskId, name, origin, resources, details} = launch;
    const {role} = offer;
    const task = {id: taskId, role, subscriber, name, origin, resources};
    this.#parts.tasks.add(this.#framework, agent, {...task, state: 'TASK_STAGING'});
    this.#context.emit({
      kind: 'launchTask',
      agentId: agent.info.id,
      frameworkId: this.#framework.info.id,
      taskId,
      name,
      origin,
      resources: this.#context.kinds.describe(resources),
      ...(role === this.#framework.info.role ? {} : {role}),
      details,
    });
  }

  acknowledge({taskId, updateId, agentId}: StatusUpdate): void {
    if (updateId === undefined || agentId === undefined) return;
    const task = this.#framework.tasks.get(taskId);
    if (task !== undefined) {
      // Confirms something that was not asked last: ignored, as Mesos does.
      if (task.unacknowledged !== updateId) return;
      task.unacknowledged = undefined;
      if (isTerminal(task.state)) this.#parts.tasks.forget(task);
    }
    const frameworkId = this.#framework.info.id;
    this.#context.emit({kind: 'acknowledgeStatus', agentId, frameworkId, taskId, updateId});
  }

  /** A kill of an unknown task is answered like a question about it. */
  kill(taskId: TaskId, graceMs?: number): void {
    this.#framework.tally.kills += 1;
    const task = this.#framework.tasks.get(taskId);
    if (task === undefined) {
      this.reconcile([{taskId}]);
      return;
    }
    const agentId = task.agent.info.id;
    const frameworkId = this.#framework.info.id;
    this.#context.emit({kind: 'killTask', agentId, frameworkId, taskId, graceMs});
  }

  reconcile(tasks: readonly {taskId: TaskId; agentId?: AgentId | undefined}[]): void {
    const known = this.#framework.tasks;
    this.#framework.tally.reconciliations += 1;
    const asked: typeof tasks =
      tasks.length > 0 ? tasks : [...known.keys()].map((taskId) => ({taskId}));
    for (const {taskId, agentId} of asked) {
      const task = known.get(taskId);
      if (task === undefined && this.#waitsForAgent(taskId, agentId)) continue;
      this.#parts.mailbox.send(this.#framework, {
        taskId,
        agentId: task?.agent.info.id ?? agentId,
        origin: task?.origin,
        state: task?.state ?? this.#stateOfUnknown(agentId),
        reason: 'REASON_RECONCILIATION',
        message: 'Reconciliation: Latest task state',
        healthy: task?.healthy,
      });
    }
  }

  /** Mesos does not answer either before the agent is back or given up (reference part 3.3). */
  #waitsForAgent(taskId: TaskId, agentId: AgentId | undefined): boolean {
    const agent = agentId === undefined ? undefined : this.#parts.agents.all.get(agentId);
    if (agentId === undefined || agent?.state !== 'recovered') return false;
    this.#parts.registry.ask(agentId, {frameworkId: this.#framework.info.id, taskId});
    return true;
  }

  #stateOfUnknown(agentId: AgentId | undefined): TaskState {
    if (!this.#framework.partitionAware) return 'TASK_LOST';
    const agent = agentId === undefined ? undefined : this.#parts.agents.all.get(agentId);
    if (agent === undefined) return 'TASK_UNKNOWN';
    return agent.state === 'unreachable' ? 'TASK_UNREACHABLE' : 'TASK_GONE';
  }
}
