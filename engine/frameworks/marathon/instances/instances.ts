/**
 * Instances of apps: what they are, what is wanted of them, and how task states translate
 * (reference part 7).
 */
import type {AgentId} from '../../../kernel/ids.ts';
import type {StatusUpdate} from '../../../scheduler.ts';
import {
  healthRecordFrom,
  recordOf,
  type HealthRecord,
  type HealthRecordDocument,
} from '../health/health-record.ts';
import type {RunSpec} from '../launch/run-spec.ts';
import type {Reservation} from './reservation.ts';

export type Condition =
  | 'Scheduled'
  | 'Provisioned'
  | 'Staging'
  | 'Starting'
  | 'Running'
  | 'Killing'
  | 'Unreachable'
  | 'UnreachableInactive'
  | 'Error'
  | 'Failed'
  | 'Finished'
  | 'Killed'
  | 'Gone'
  | 'Dropped'
  | 'Unknown';

/**
 * Running: relaunch what ends. Stopped: keep its reservation. Decommissioned: forget it once it has
 * ended.
 */
export type Goal = 'Running' | 'Stopped' | 'Decommissioned';

/**
 * One running unit of an app; it keeps its id over relaunches. Changed by the {@link Roster} alone.
 */
export interface Instance {
  readonly id: string;
  /** Another one only when it takes its reservation over into a new version. */
  spec: RunSpec;
  /** Its number among the instances of its app, in the order of creation or taking over. */
  serial: number;
  goal: Goal;
  condition: Condition;
  /** When the condition or `reported` last changed. */
  since: number;
  /** Serial of the last launched task; 0 before the first. */
  incarnation: number;
  agentId: AgentId | undefined;
  host: string | undefined;
  region: string | undefined;
  zone: string | undefined;
  /**
   * Where it is, by each field that its spec's constraints count; parallel to `spec.countedFields`.
   */
  placement: readonly (string | undefined)[];
  hostPorts: readonly (number | null)[];
  containerIp: string | undefined;
  stagedAt: number | undefined;
  startedAt: number | undefined;
  unreachableSince: number | undefined;
  /** What waits for it on its agent, or is in use there; only with persistent volumes. */
  reservation: Reservation | undefined;
  /** What its agent says of it; undefined while it has said nothing. */
  reported: boolean | undefined;
  /**
   * What all health checks of its version say together; undefined while unknown, or without any.
   */
  healthy: boolean | undefined;
  /** By the index of the health check; undefined (and beyond the end): no result yet. */
  checks: readonly (HealthRecord | undefined)[];
  /** Its readiness check has passed. */
  ready: boolean;
  /** It has been well, and ready if there is a check for that, in its present incarnation. */
  proven: boolean;
}

/** An instance as data. */
export interface InstanceDocument extends Omit<
  Instance,
  | 'spec'
  | 'placement'
  | 'agentId'
  | 'host'
  | 'region'
  | 'zone'
  | 'reservation'
  | 'reported'
  | 'checks'
> {
  readonly appId: string;
  readonly version: number;
  readonly agentId?: string | undefined;
  readonly host?: string | undefined;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly placement: readonly (string | null)[];
  readonly reservation?: Reservation | undefined;
  readonly reported?: boolean | undefined;
  readonly checks?: readonly (HealthRecordDocument | null)[] | undefined;
}

export function instanceDocument(instance: Instance): InstanceDocument {
  const {spec, placement, reservation, reported, checks, ...rest} = instance;
  return {
    ...rest,
    appId: spec.app.definition.id,
    version: spec.app.version,
    placement: placement.map((value) => value ?? null),
    ...(reservation !== undefined && {reservation}),
    ...(reported !== undefined && {reported}),
    ...(checks.length > 0 && {
      checks: checks.map((record) => (record === undefined ? null : recordOf(record))),
    }),
  };
}

export function instanceFrom(document: InstanceDocument, spec: RunSpec): Instance {
  return {
    id: document.id,
    spec,
    serial: document.serial,
    goal: document.goal,
    condition: document.condition,
    since: document.since,
    incarnation: document.incarnation,
    agentId: document.agentId as AgentId | undefined,
    host: document.host,
    region: document.region,
    zone: document.zone,
    placement: document.placement.map((value) => value ?? undefined),
    hostPorts: document.hostPorts,
    containerIp: document.containerIp,
    stagedAt: document.stagedAt,
    startedAt: document.startedAt,
    unreachableSince: document.unreachableSince,
    reservation: document.reservation,
    reported: document.reported,
    healthy: document.healthy,
    checks: (document.checks ?? []).map((record) =>
      record === null ? undefined : healthRecordFrom(record),
    ),
    ready: document.ready,
    proven: document.proven,
  };
}

/** The task has ended, and a later one may follow under the same instance (reference part 7.1). */
export function isTerminal(condition: Condition): boolean {
  switch (condition) {
    case 'Error':
    case 'Failed':
    case 'Finished':
    case 'Killed':
    case 'Gone':
    case 'Dropped':
    case 'Unknown':
      return true;
    case 'Scheduled':
    case 'Provisioned':
    case 'Staging':
    case 'Starting':
    case 'Running':
    case 'Killing':
    case 'Unreachable':
    case 'UnreachableInactive':
      return false;
  }
}

/** Deployments do not wait for what cannot be reached. */
export function isConsideredTerminal(condition: Condition): boolean {
  return isTerminal(condition) || isUnreachable(condition);
}

export function isUnreachable(condition: Condition): boolean {
  return condition === 'Unreachable' || condition === 'UnreachableInactive';
}

/** Launched and not yet running. */
export function isStaged(condition: Condition): boolean {
  return condition === 'Provisioned' || condition === 'Staging' || condition === 'Starting';
}

/** Whether it is somewhere: what is reserved for it keeps its place (reference part 6.2). */
export function hasPlace({condition, reservation}: Instance): boolean {
  return reservation !== undefined || isPlaced(condition);
}

/** Counts for placement constraints (reference part 6.2). */
export function isPlaced(condition: Condition): boolean {
  return (
    isStaged(condition) ||
    condition === 'Running' ||
    condition === 'Killing' ||
    condition === 'UnreachableInactive'
  );
}

/** Stopped, with everything that is reserved for it: it can be had again. */
export function isParked({condition, goal, reservation}: Instance): boolean {
  return goal === 'Stopped' && reservation !== undefined && isConsideredTerminal(condition);
}

/** Runs, and its health checks, if it has any, say that it is well. */
export function isHealthy({condition, spec, healthy}: Instance): boolean {
  return condition === 'Running' && (!spec.hasHealthChecks || healthy === true);
}

/** Reasons that make TASK_LOST of a partitioned agent. */
const UNREACHABLE_REASONS = new Set([
  'REASON_RECONCILIATION',
  'REASON_SLAVE_DISCONNECTED',
  'REASON_SLAVE_REMOVED',
]);
const UNKNOWN_TO_AGENT = /task is unknown to the (slave|agent)/i;

/** The condition that a task state means (reference part 7.2). */
export function conditionOf({state, reason, message}: StatusUpdate): Condition {
  switch (state) {
    case 'TASK_STAGING':
      return 'Staging';
    case 'TASK_STARTING':
      return 'Starting';
    case 'TASK_RUNNING':
      return 'Running';
    case 'TASK_KILLING':
      return 'Killing';
    case 'TASK_FINISHED':
      return 'Finished';
    case 'TASK_FAILED':
      return 'Failed';
    case 'TASK_KILLED':
      return 'Killed';
    case 'TASK_ERROR':
      return 'Error';
    case 'TASK_DROPPED':
      return 'Dropped';
    case 'TASK_UNREACHABLE':
      return 'Unreachable';
    case 'TASK_GONE':
    case 'TASK_GONE_BY_OPERATOR':
      return 'Gone';
    case 'TASK_UNKNOWN':
      return 'Unknown';
    case 'TASK_LOST':
      if (reason === 'REASON_TASK_UNKNOWN') return 'Unknown';
      if (reason === undefined || !UNREACHABLE_REASONS.has(reason)) return 'Gone';
      return UNKNOWN_TO_AGENT.test(message ?? '') ? 'Unknown' : 'Unreachable';
  }
}
