/**
 * What becomes of instances: how task updates, the passing of time and the wish to be rid of one
 * move them from condition to condition (reference parts 3.9, 7.2 to 7.4).
 */
import type {FrameworkServices, StatusUpdate} from '../../../scheduler.ts';
import {parseTaskId, taskIdFor} from '../definition/path-id.ts';
import type {Failures} from './failures.ts';
import {
  conditionOf,
  isParked,
  isTerminal,
  isUnreachable,
  type Condition,
  type Instance,
} from './instances.ts';
import {RESERVATION_MS, RESERVATION_TIMER, type Reservation} from './reservation.ts';
import {KILL_DEFAULTS, KillService, type KillSnapshot} from './kill-service.ts';
import type {Roster} from './roster.ts';
import {UNREACHABLE_TIMER, unreachableStage} from './unreachable.ts';

/** Whom it tells, and whom it asks. */
export interface LifecycleHands {
  /** Something happened to an instance that a deployment may wait for. */
  report(kind: 'changed' | 'died' | 'gone', instance: Instance): void;
  /** Whether an instance that has ended is to be launched again under its id. */
  isRelaunched(instance: Instance): boolean;
  /** The number of instances of the app may be wrong. */
  unbalanced(appId: string): void;
  /** Its agent is being drained: the launch delay is no punishment. */
  drained(instance: Instance): void;
  /** It runs. */
  running(instance: Instance): void;
  /** What was reserved for an instance is nobody's any more. */
  abandoned(instanceId: string, reservation: Reservation): void;
  /** Nothing is reserved any more for an instance that waits. */
  unbound(instance: Instance): void;
  /** Whether an instance that waits could be launched now. */
  isOpen(instance: Instance): boolean;
  /** The agent's word on its health: what changes by it. */
  reported(instance: Instance, healthy: boolean): Partial<Omit<Instance, 'id' | 'spec'>>;
}

export interface LifecycleDocuments {
  /** Present in a snapshot only: after a restore from records kills are sent anew. */
  readonly kills?: KillSnapshot | undefined;
  /** Instances with goal Running whose task is to be killed. */
  readonly doomed: readonly string[];
}

export class Lifecycle {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #failures: Failures;
  readonly #hands: LifecycleHands;
  readonly #kills: KillService;
  /** Instances that are wanted, but not this task of theirs. */
  readonly #doomed: Set<string>;

  constructor(
    services: FrameworkServices,
    {roster, failures}: {readonly roster: Roster; readonly failures: Failures},
    hands: LifecycleHands,
    stored?: LifecycleDocuments,
  ) {
    this.#services = services;
    this.#roster = roster;
    this.#failures = failures;
    this.#hands = hands;
    this.#doomed = new Set(stored?.doomed);
    this.#kills = new KillService(
      services,
      (id) => this.#sendKill(id),
      KILL_DEFAULTS,
      stored?.kills,
    );
  }

  /** An update of a task of ours. */
  take(update: StatusUpdate): void {
    const task = parseTaskId(update.taskId);
    const instance = task === undefined ? undefined : this.#roster.instance(task.instanceId);
    const condition = conditionOf(update);
    if (
      instance === undefined ||
      instance.condition === 'Scheduled' ||
      task?.incarnation !== instance.incarnation
    ) {
      this.#takeUnknown(update, task?.instanceId, instance);
      return;
    }
    // Said again, it is no news; the time still counts from the first word.
    if (condition === 'Unreachable' && isUnreachable(instance.condition)) return;
    this.#publishStatus(update, instance);
    this.#failures.take(update, instance);
    if (isTerminal(condition)) this.#ended(instance, condition, update);
    else if (condition === 'Unreachable') this.lost(instance);
    else this.#alive(instance, condition, update);
  }

  /** Tasks that nobody knows are killed; their end is told of. */
  #takeUnknown(
    update: StatusUpdate,
    instanceId: string | undefined,
    instance: Instance | undefined,
  ): void {
    const condition = conditionOf(update);
    if (condition === 'Unreachable') return;
    if (!isTerminal(condition)) {
      this.#services.driver.kill(update.taskId);
      return;
    }
    if (instance !== undefined) return;
    this.#services.publish({
      type: 'unknown_instance_terminated_event',
      instanceId: instanceId ?? update.taskId,
      runSpecId: update.origin?.kind === 'app' ? update.origin.appId : '',
      condition,
    });
  }

  #publishStatus(update: StatusUpdate, instance: Instance): void {
    const ip = update.containerIp ?? instance.containerIp;
    this.#services.publish({
      type: 'status_update_event',
      slaveId: update.agentId ?? instance.agentId ?? '',
      taskId: update.taskId,
      taskStatus: update.state,
      message: update.message ?? '',
      appId: instance.spec.appId,
      host: instance.host ?? '',
      ipAddresses: ip === undefined ? [] : [ipAddress(ip)],
      ports: instance.hostPorts.filter((port) => port !== null),
      version: instance.spec.versionText,
    });
  }

  #alive(instance: Instance, condition: Condition, update: StatusUpdate): void {
    const wasLost = isUnreachable(instance.condition);
    const wasKilling = instance.condition === 'Killing';
    // Old news of a task that is already further on is no news.
    const isBehind =
      (instance.condition === 'Running' && (condition === 'Staging' || condition === 'Starting')) ||
      (wasKilling && condition !== 'Killing');
    const next = isBehind ? instance.condition : condition;
    const isReported = update.healthy !== undefined && instance.spec.hasHealthChecks;
    const containerIp = update.containerIp ?? instance.containerIp;
    const isSame =
      next === instance.condition &&
      // A repeated failure is another failure.
      (!isReported || (update.healthy && instance.reported === true)) &&
      containerIp === instance.containerIp;
    if (isSame) return;
    if (wasLost) this.#services.cancelTimer(UNREACHABLE_TIMER, instance.id);
    const startedAt = next === 'Running' ? this.#services.now() : undefined;
    this.#roster.update(instance, {
      condition: next,
      ...(isReported && this.#hands.reported(instance, update.healthy)),
      containerIp,
      startedAt: instance.startedAt ?? startedAt,
      unreachableSince: undefined,
    });
    if (instance.goal !== 'Running' && next !== 'Killing') this.#kills.request(instance.id);
    if (next === 'Running') this.#hands.running(instance);
    this.#hands.report('changed', instance);
    if (wasLost) this.#hands.unbalanced(instance.spec.appId);
  }

  /**
   * Cannot be reached, or still cannot: given up and forgotten when the time has come (reference
   * part 7.4).
   */
  lost(instance: Instance): void {
    const now = this.#services.now();
    const since = instance.unreachableSince ?? now;
    const strategy = instance.spec.app.definition.unreachableStrategy;
    const {stage, until} = unreachableStage(strategy, since, now);
    const condition = stage === 'active' ? 'Unreachable' : 'UnreachableInactive';
    if (condition !== instance.condition || instance.unreachableSince === undefined) {
      this.#roster.update(instance, {condition, unreachableSince: since});
      this.#hands.report('changed', instance);
    }
    this.#hands.unbalanced(instance.spec.appId);
    if (stage === 'expunged') this.#forget(instance);
    else if (until !== undefined) {
      this.#services.armTimer(UNREACHABLE_TIMER, instance.id, until);
    }
  }

  #ended(instance: Instance, condition: Condition, update: StatusUpdate): void {
    if (isUnreachable(instance.condition)) {
      this.#services.cancelTimer(UNREACHABLE_TIMER, instance.id);
    }
    this.#roster.update(instance, {condition, unreachableSince: undefined});
    this.#noMoreKill(instance.id);
    if (update.reason === 'REASON_SLAVE_DRAINING') this.#hands.drained(instance);
    this.#hands.unbalanced(instance.spec.appId);
    this.#suspend(instance, update);
    if (instance.goal === 'Running' && !this.#hands.isRelaunched(instance)) {
      this.#roster.update(instance, {goal: this.#lastGoal(instance)});
    }
    if (isParked(instance)) {
      this.#hands.report('gone', instance);
      return;
    }
    if (instance.goal !== 'Running') {
      this.#forget(instance);
      return;
    }
    this.#hands.report('died', instance);
    this.#roster.reschedule(instance);
  }

  /** Its reservation waits for the next task; one of an agent that is gone is gone with it. */
  #suspend(instance: Instance, {state, agentId}: StatusUpdate): void {
    const {reservation} = instance;
    if (reservation === undefined) return;
    const isGone = state === 'TASK_GONE_BY_OPERATOR' && agentId === reservation.agent.id;
    this.#roster.update(instance, {
      reservation: isGone ? undefined : {...reservation, state: 'Suspended'},
    });
  }

  /**
   * Where something waits for an instance it is only stopped, as long as there is an app that could
   * take it over (reference parts 3.4 and 7.6).
   */
  #lastGoal(instance: Instance): 'Decommissioned' | 'Stopped' {
    const {app, isRemoved} = this.#roster.entryOf(instance);
    const {reservation} = instance;
    if (isRemoved || reservation === undefined || reservation.state === 'New') {
      return 'Decommissioned';
    }
    return reservation.role === app.definition.role ? 'Stopped' : 'Decommissioned';
  }

  /** Not wanted any more: killed, and forgotten or put aside when it has ended. */
  decommission(instance: Instance): void {
    this.#dismiss(instance, this.#lastGoal(instance));
  }

  #dismiss(instance: Instance, goal: 'Decommissioned' | 'Stopped'): void {
    if (instance.goal === 'Running' || goal === 'Decommissioned') {
      if (instance.goal !== goal) this.#roster.update(instance, {goal});
    }
    if (instance.condition === 'Scheduled') {
      if (instance.goal === 'Stopped') this.#park(instance);
      else this.#forget(instance);
    } else if (isTerminal(instance.condition)) {
      if (instance.goal === 'Decommissioned') this.#forget(instance);
    }
    // What cannot be reached is killed when it comes back.
    else if (!isUnreachable(instance.condition)) this.#kills.request(instance.id);
  }

  /** It waits for its agent, and does so no longer. */
  #park(instance: Instance): void {
    this.#roster.update(instance, {condition: 'Killed'});
    this.#hands.report('gone', instance);
  }

  /** The instance is wanted, but not this task of it. */
  kill(instance: Instance): void {
    // Its volumes are where it is: nothing can take its place.
    if (isUnreachable(instance.condition) && instance.reservation !== undefined) return;
    if (isUnreachable(instance.condition) && instance.goal === 'Running') {
      this.replace(instance);
      return;
    }
    if (instance.condition === 'Scheduled') return;
    if (instance.goal === 'Running' && !this.#doomed.has(instance.id)) {
      this.#doomed.add(instance.id);
      this.#services.putRecord(doomRecord(instance.id), {instanceId: instance.id});
    }
    this.#kills.request(instance.id);
  }

  /** Another one shall take the place of the instance, and of its volumes. */
  replace(instance: Instance): void {
    const isLost = isUnreachable(instance.condition) && instance.reservation !== undefined;
    this.#dismiss(instance, 'Decommissioned');
    if (isLost) this.#forget(instance);
    this.#hands.unbalanced(instance.spec.appId);
    this.#hands.report('changed', instance);
  }

  #forget(instance: Instance): void {
    if (isUnreachable(instance.condition)) {
      this.#services.cancelTimer(UNREACHABLE_TIMER, instance.id);
    }
    this.#hands.report('gone', instance);
    this.#noMoreKill(instance.id);
    const {id, reservation} = instance;
    this.#roster.expunge(instance);
    if (reservation !== undefined) this.#hands.abandoned(id, reservation);
  }

  /** Nobody has shown the agent's resources with the reservation, in all this time. */
  reservationOverdue(instance: Instance): void {
    const {condition, id, reservation} = instance;
    if (condition !== 'Scheduled' || reservation?.state !== 'New') return;
    // It may be there all the same: nothing could be launched.
    if (!this.#hands.isOpen(instance)) {
      this.#awaitReservation(id);
      return;
    }
    this.#roster.unreserve(instance);
    this.#hands.abandoned(id, reservation);
    this.#hands.unbound(instance);
  }

  #awaitReservation(instanceId: string): void {
    const at = this.#services.now() + RESERVATION_MS;
    this.#services.armTimer(RESERVATION_TIMER, instanceId, at);
  }

  /** Something is being reserved for an instance that waits. */
  reserved(instance: Instance, reservation: Reservation): void {
    this.#roster.reserve(instance, reservation);
    this.#awaitReservation(instance.id);
  }

  #noMoreKill(instanceId: string): void {
    this.#kills.ended(instanceId);
    if (this.#doomed.delete(instanceId)) this.#services.deleteRecord(doomRecord(instanceId));
  }

  #sendKill(instanceId: string): boolean {
    const instance = this.#roster.instance(instanceId);
    if (instance === undefined || instance.condition === 'Scheduled') return false;
    this.#services.driver.kill(taskIdFor(instance.id, instance.incarnation));
    return true;
  }

  /** Time has come to send kills again. */
  retryKills(): void {
    this.#kills.onTimer();
  }

  /** After a restore from records: what was to be killed is killed, what is lost is waited for. */
  resume(): void {
    for (const {instances} of this.#roster.entries.values()) {
      for (const instance of [...instances.values()]) this.#resumeOne(instance);
    }
    for (const {id, incarnation, reservation} of this.#roster.takeOrphans()) {
      if (reservation !== undefined) this.#hands.abandoned(id, reservation);
      if (incarnation > 0) this.#services.driver.kill(taskIdFor(id, incarnation));
    }
  }

  #resumeOne(instance: Instance): void {
    if (instance.reservation?.state === 'New') this.#awaitReservation(instance.id);
    if (isUnreachable(instance.condition)) this.lost(instance);
    else if (isParked(instance)) this.decommission(instance);
    else if (instance.goal !== 'Running') this.decommission(instance);
    else if (this.#doomed.has(instance.id)) this.#kills.request(instance.id);
  }

  documents(): LifecycleDocuments {
    return {kills: this.#kills.snapshot(), doomed: [...this.#doomed]};
  }
}

function doomRecord(instanceId: string): string {
  return `kills/${instanceId}`;
}

export function ipAddress(text: string): {ipAddress: string; protocol: 'IPv4' | 'IPv6'} {
  return {ipAddress: text, protocol: text.includes(':') ? 'IPv6' : 'IPv4'};
}
