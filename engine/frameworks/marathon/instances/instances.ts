/**
 * Instances of apps: what they are, what is wanted of them, and how task states translate
 * (reference part 7).
 */
import type {AgentId} from '../../../kernel/ids.ts';
import type {StatusUpdate} from '../../../scheduler.ts';
import type {RunSpec} from '../launch/run-spec.ts';

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
  readonly spec: RunSpec;
  goal: Goal;
  condition: Condition;
  /** When condition or reported health last changed. */
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
  /** What the health checks say in all; undefined while unknown. */
  healthy: boolean | undefined;
}

/** An instance as data. */
export interface InstanceDocument extends Omit<
  Instance,
  'spec' | 'placement' | 'agentId' | 'host' | 'region' | 'zone'
> {
  readonly appId: string;
  readonly version: number;
  readonly agentId?: string | undefined;
  readonly host?: string | undefined;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly placement: readonly (string | null)[];
}

export function instanceDocument(instance: Instance): InstanceDocument {
  const {spec, placement, ...rest} = instance;
  return {
    ...rest,
    appId: spec.app.definition.id,
    version: spec.app.version,
    placement: placement.map((value) => value ?? null),
  };
}

export function instanceFrom(document: InstanceDocument, spec: RunSpec): Instance {
  return {
    id: document.id,
    spec,
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
    healthy: document.healthy,
  };
}

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

/** Counts for placement constraints (reference part 6.2). */
export function isPlaced(condition: Condition): boolean {
  return (
    isStaged(condition) ||
    condition === 'Running' ||
    condition === 'Killing' ||
    condition === 'UnreachableInactive'
  );
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
