/** Tasks as answers show them (reference parts 2.1 and 7.2, samples in appendix C). */
import type {App} from '../definition/app-definition.ts';
import {parseTaskId, taskIdFor} from '../definition/path-id.ts';
import {servicePortsOf} from '../definition/service-ports.ts';
import type {HealthCheckResult} from '../health/health-form.ts';
import type {Condition} from '../instances/instances.ts';
import {ipAddress} from '../instances/lifecycle.ts';
import {isoInstant} from '../../../kernel/instants.ts';

type Json = Readonly<Record<string, unknown>>;

/** An instance, as far as its task is shown; `Instance` is one. */
export interface InstanceFacts {
  readonly id: string;
  readonly incarnation: number;
  readonly condition: Condition;
  readonly agentId: string | undefined;
  readonly host: string | undefined;
  readonly region: string | undefined;
  readonly zone: string | undefined;
  readonly hostPorts: readonly (number | null)[];
  readonly containerIp: string | undefined;
  readonly stagedAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly spec: {readonly app: App; readonly appId: string; readonly versionText: string};
}

export interface LocalVolumeFacts {
  readonly containerPath: string;
  readonly uuid: string;
  readonly persistenceId: string;
}

/** What others know of a task; only that which is known. */
export interface TaskExtras {
  /** One per check that has a result. */
  readonly health?: readonly HealthCheckResult[] | undefined;
  /** Of the general check: `{http: {statusCode}}`, `{tcp: {succeeded}}` or `{exec: {exitCode}}`. */
  readonly checkResult?: Json | undefined;
  readonly localVolumes?: readonly LocalVolumeFacts[] | undefined;
  /** If it is not that of its app's version: reservations keep their role. */
  readonly role?: string | undefined;
}

/** Whether the instance has a task that answers list. */
export function hasTask({condition, incarnation}: InstanceFacts): boolean {
  return incarnation > 0 && condition !== 'Scheduled';
}

export function taskForm(instance: InstanceFacts, extras: TaskExtras = {}): Json {
  const {spec, stagedAt, startedAt, agentId, host = '', region, zone, containerIp} = instance;
  const {health = [], checkResult, localVolumes = []} = extras;
  const {definition} = spec.app;
  return {
    ipAddresses: containerIp === undefined ? [] : [ipAddress(containerIp)],
    ...(stagedAt === undefined ? {} : {stagedAt: isoInstant(stagedAt)}),
    state: taskStateOf(instance.condition),
    ports: instance.hostPorts.filter((port) => port !== null),
    ...(startedAt === undefined ? {} : {startedAt: isoInstant(startedAt)}),
    version: spec.versionText,
    id: taskIdFor(instance.id, instance.incarnation),
    appId: spec.appId,
    ...(agentId === undefined ? {} : {slaveId: agentId}),
    host,
    servicePorts: servicePortsOf(definition),
    ...(health.length === 0 ? {} : {healthCheckResults: health}),
    ...(checkResult === undefined ? {} : {checkResult}),
    ...(localVolumes.length === 0
      ? {}
      : {localVolumes: localVolumes.map((volume) => ({runSpecId: spec.appId, ...volume}))}),
    ...(region === undefined ? {} : {region}),
    ...(zone === undefined ? {} : {zone}),
    role: extras.role ?? definition.role,
  };
}

/** Both kinds of unreachable look the same, and a task that nobody has confirmed is staging. */
export function taskStateOf(condition: Condition): string {
  switch (condition) {
    case 'Scheduled':
    case 'Provisioned':
    case 'Staging':
      return 'TASK_STAGING';
    case 'Starting':
      return 'TASK_STARTING';
    case 'Running':
      return 'TASK_RUNNING';
    case 'Killing':
      return 'TASK_KILLING';
    case 'Unreachable':
    case 'UnreachableInactive':
      return 'TASK_UNREACHABLE';
    case 'Error':
      return 'TASK_ERROR';
    case 'Failed':
      return 'TASK_FAILED';
    case 'Finished':
      return 'TASK_FINISHED';
    case 'Killed':
      return 'TASK_KILLED';
    case 'Gone':
      return 'TASK_GONE';
    case 'Dropped':
      return 'TASK_DROPPED';
    case 'Unknown':
      return 'TASK_UNKNOWN';
  }
}

/** `GET /v2/tasks?status=`; undefined for a status that selects nothing. */
export function statusOf(condition: Condition): 'running' | 'staging' | undefined {
  if (condition === 'Running') return 'running';
  return condition === 'Provisioned' || condition === 'Staging' || condition === 'Starting'
    ? 'staging'
    : undefined;
}

/** The instance that a task id of a client names; undefined for a malformed one. */
export function instanceOfTask(taskId: string): string | undefined {
  const parsed = parseTaskId(taskId);
  if (parsed !== undefined) return parsed.instanceId;
  return /^.+\.(?:instance-|marathon-)[^.]+$/.test(taskId) ? taskId : undefined;
}
