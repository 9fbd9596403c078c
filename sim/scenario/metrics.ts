/**
 * Names of the figures that an `expect` may ask for. The simulator supplies the values by these
 * names; docs/scenarios.md explains each.
 */
import {RUN_COUNTS, TASK_COUNTS} from '../result.ts';

export const WAITING_FIGURES = [
  'p50Seconds',
  'p90Seconds',
  'p95Seconds',
  'p99Seconds',
  'maxSeconds',
  'meanSeconds',
] as const;

export const JOB_FIGURES = [
  'submitted',
  'finished',
  'running',
  'waiting',
  'waited',
  'makespanSeconds',
] as const;

export const APP_FIGURES = [
  'instances',
  'running',
  'healthy',
  'unhealthy',
  'tasks',
  'restarts',
  'version',
] as const;
export const DEPLOYMENT_FIGURES = ['running', 'paused'] as const;
export const AGENT_FIGURES = ['count', 'up', 'lost', 'returned'] as const;
export const UTILISATION_FIGURES = ['now', 'mean', 'peak'] as const;

/** Types of the events that frameworks publish. */
export const EVENT_TYPES = [
  'add_health_check_event',
  'JobCancelled',
  'JobCreated',
  'JobDisabled',
  'JobFailed',
  'JobFinished',
  'JobLaunched',
  'JobNotFired',
  'JobQuarantined',
  'JobQueued',
  'JobRemoved',
  'JobRetriesExhausted',
  'JobSkipped',
  'JobStarted',
  'JobUpdated',
  'api_post_event',
  'app_terminated_event',
  'deployment_failed',
  'deployment_info',
  'deployment_paused',
  'deployment_resumed',
  'deployment_step_failure',
  'deployment_step_success',
  'deployment_success',
  'failed_health_check_event',
  'group_change_failed',
  'group_change_success',
  'health_kill_resumed_event',
  'health_kill_suspended_event',
  'health_status_changed_event',
  'instance_changed_event',
  'instance_health_changed_event',
  'job_failed',
  'job_finished',
  'job_requeued',
  'job_started',
  'remove_health_check_event',
  'status_update_event',
  'unhealthy_instance_kill_event',
  'unknown_instance_terminated_event',
] as const;

type Figure<Names extends readonly string[]> = Names[number];

/** A metric's name taken apart. */
export type Metric =
  | {readonly kind: 'tasks'; readonly figure: Figure<typeof TASK_COUNTS>}
  /** From arrival to launch, of tasks that were placed. */
  | {readonly kind: 'waiting'; readonly figure: Figure<typeof WAITING_FIGURES>}
  /** `mean` is time-weighted from 0 to now, `peak` the highest so far. */
  | {
      readonly kind: 'utilisation';
      readonly resource: string;
      readonly figure: Figure<typeof UTILISATION_FIGURES>;
    }
  | {readonly kind: 'apps'; readonly app: string; readonly figure: Figure<typeof APP_FIGURES>}
  /** Running tasks of an app in one zone. */
  | {readonly kind: 'appZone'; readonly app: string; readonly zone: string}
  | {readonly kind: 'agents'; readonly figure: Figure<typeof AGENT_FIGURES>}
  | {
      readonly kind: 'frameworks';
      readonly framework: string;
      readonly figure: 'share' | Figure<typeof TASK_COUNTS>;
    }
  | {
      readonly kind: 'frameworkWaiting';
      readonly framework: string;
      readonly figure: Figure<typeof WAITING_FIGURES>;
    }
  | {readonly kind: 'roles'; readonly role: string; readonly figure: 'share'}
  /** What tasks of the role, and of those below it, use: in whole units. */
  | {readonly kind: 'roleUse'; readonly role: string; readonly resource: string}
  | {readonly kind: 'deployments'; readonly figure: Figure<typeof DEPLOYMENT_FIGURES>}
  | {readonly kind: 'events'; readonly type: Figure<typeof EVENT_TYPES>}
  | {readonly kind: 'jobs'; readonly figure: Figure<typeof JOB_FIGURES>}
  /** Of one job of Chronos. */
  | {readonly kind: 'jobRuns'; readonly job: string; readonly figure: Figure<typeof RUN_COUNTS>}
  /** Of all jobs of Chronos. */
  | {readonly kind: 'schedules'; readonly figure: Figure<typeof RUN_COUNTS>}
  /** From the slot to the launch. */
  | {readonly kind: 'lateness'; readonly figure: Figure<typeof WAITING_FIGURES>}
  /** Per job (all tasks of a job start together), unlike `waiting`. */
  | {readonly kind: 'jobsWaiting'; readonly figure: Figure<typeof WAITING_FIGURES>};

/** What a name may refer to; `undefined` where the set is not known before the run. */
export interface MetricScope {
  readonly resources: ReadonlySet<string> | undefined;
  readonly isApp: (id: string) => boolean;
  /** Of Chronos. */
  readonly isJob: (name: string) => boolean;
  readonly zones: ReadonlySet<string>;
  readonly frameworks: ReadonlySet<string>;
  /** Of frameworks, and all above them. */
  readonly roles: ReadonlySet<string>;
}

/** Takes a name apart; `undefined` when there is no such metric. */
export function parseMetric(name: string): Metric | undefined {
  const [head = '', ...parts] = name.split('.');
  const figure = parts.at(-1) ?? '';
  const middle = parts.slice(0, -1).join('.');
  switch (head) {
    case 'utilisation':
      return parseUtilisation(parts);
    case 'apps':
      return parseApp(parts);
    case 'frameworks':
      return parseFramework(parts);
    case 'roles':
      return parseRole(parts);
    case 'jobs':
      if (middle === 'waiting' && isOneOf(figure, WAITING_FIGURES)) {
        return {kind: 'jobsWaiting', figure};
      }
      if (middle === '') return isOneOf(figure, JOB_FIGURES) ? {kind: 'jobs', figure} : undefined;
      return isOneOf(figure, RUN_COUNTS) ? {kind: 'jobRuns', job: middle, figure} : undefined;
    case 'schedules':
      if (middle === 'lateness' && isOneOf(figure, WAITING_FIGURES)) {
        return {kind: 'lateness', figure};
      }
      return middle === '' && isOneOf(figure, RUN_COUNTS) ? {kind: 'schedules', figure} : undefined;
    default:
      return middle === '' ? parseSimple(head, figure) : undefined;
  }
}

function parseSimple(head: string, figure: string): Metric | undefined {
  if (head === 'tasks' && isOneOf(figure, TASK_COUNTS)) return {kind: 'tasks', figure};
  if (head === 'waiting' && isOneOf(figure, WAITING_FIGURES)) return {kind: 'waiting', figure};
  if (head === 'agents' && isOneOf(figure, AGENT_FIGURES)) return {kind: 'agents', figure};
  if (head === 'events' && isOneOf(figure, EVENT_TYPES)) return {kind: 'events', type: figure};
  if (head === 'deployments' && isOneOf(figure, DEPLOYMENT_FIGURES)) {
    return {kind: 'deployments', figure};
  }
  return undefined;
}

/** `apps./shop/v1.2/web.running`: an id may hold dots, the name of a zone not. */
function parseApp(parts: readonly string[]): Metric | undefined {
  const figure = parts.at(-1) ?? '';
  const absolute = (id: string): string => (id.startsWith('/') ? id : `/${id}`);
  if (parts.length >= 3 && parts.at(-2) === 'zones' && figure !== '') {
    return {kind: 'appZone', app: absolute(parts.slice(0, -2).join('.')), zone: figure};
  }
  const app = parts.slice(0, -1).join('.');
  if (app === '' || !isOneOf(figure, APP_FIGURES)) return undefined;
  return {kind: 'apps', app: absolute(app), figure};
}

/** `utilisation.cpus` is now; `utilisation.cpus.mean` and `.peak` are over time. */
function parseUtilisation(parts: readonly string[]): Metric | undefined {
  const [resource = '', figure = 'now', ...rest] = parts;
  if (resource === '' || rest.length > 0 || !isOneOf(figure, UTILISATION_FIGURES)) return undefined;
  return {kind: 'utilisation', resource, figure};
}

/** A framework's name may hold dots, so the figure is looked for from the end. */
function parseFramework(parts: readonly string[]): Metric | undefined {
  const figure = parts.at(-1) ?? '';
  if (parts.length >= 3 && parts.at(-2) === 'waiting' && isOneOf(figure, WAITING_FIGURES)) {
    return {kind: 'frameworkWaiting', framework: parts.slice(0, -2).join('.'), figure};
  }
  const framework = parts.slice(0, -1).join('.');
  if (framework === '') return undefined;
  if (figure === 'share' || isOneOf(figure, TASK_COUNTS)) {
    return {kind: 'frameworks', framework, figure};
  }
  return undefined;
}

/** `roles.eng/web.used.cpus`: the name of a role may hold dots, that of a resource not. */
function parseRole(parts: readonly string[]): Metric | undefined {
  const figure = parts.at(-1) ?? '';
  if (parts.length >= 3 && parts.at(-2) === 'used' && figure !== '') {
    return {kind: 'roleUse', role: parts.slice(0, -2).join('.'), resource: figure};
  }
  const role = parts.slice(0, -1).join('.');
  return role !== '' && figure === 'share' ? {kind: 'roles', role, figure} : undefined;
}

/** What is wrong with a metric's name in this scenario; `undefined` when nothing is. */
export function metricProblem(name: string, scope: MetricScope): string | undefined {
  const metric = parseMetric(name);
  if (metric === undefined) return `unknown metric "${name}"`;
  switch (metric.kind) {
    case 'utilisation':
      return resourceProblem(name, metric.resource, scope);
    case 'apps':
      return appProblem(name, metric.app, scope);
    case 'jobRuns':
      return scope.isJob(metric.job)
        ? undefined
        : `unknown metric "${name}": no workload defines a job "${metric.job}"`;
    case 'appZone':
      return scope.zones.has(metric.zone)
        ? appProblem(name, metric.app, scope)
        : `unknown metric "${name}": there is no zone "${metric.zone}"`;
    case 'frameworks':
    case 'frameworkWaiting':
      return scope.frameworks.has(metric.framework)
        ? undefined
        : `unknown metric "${name}": there is no framework "${metric.framework}"`;
    case 'roles':
      return scope.roles.has(metric.role)
        ? undefined
        : `unknown metric "${name}": there is no role "${metric.role}"`;
    case 'roleUse':
      return scope.roles.has(metric.role)
        ? resourceProblem(name, metric.resource, scope)
        : `unknown metric "${name}": there is no role "${metric.role}"`;
    default:
      return undefined;
  }
}

function appProblem(name: string, app: string, {isApp}: MetricScope): string | undefined {
  return isApp(app) ? undefined : `unknown metric "${name}": no workload defines an app "${app}"`;
}

function resourceProblem(
  name: string,
  resource: string,
  {resources}: MetricScope,
): string | undefined {
  if (resources === undefined || resources.has(resource)) return undefined;
  return `unknown metric "${name}": no agent has a resource "${resource}"`;
}

/** All names without a free part, and patterns of the others: for suggestions and the manual. */
export function metricNames(): string[] {
  const names = (prefix: string, figures: readonly string[]): string[] =>
    figures.map((figure) => `${prefix}.${figure}`);
  return [
    ...names('tasks', TASK_COUNTS),
    ...names('waiting', WAITING_FIGURES),
    'utilisation.<resource>',
    ...names('utilisation.<resource>', UTILISATION_FIGURES.slice(1)),
    ...names('apps.<id>', APP_FIGURES),
    'apps.<id>.zones.<zone>',
    ...names('agents', AGENT_FIGURES),
    ...names('jobs', JOB_FIGURES),
    ...names('jobs.waiting', WAITING_FIGURES),
    ...names('jobs.<name>', RUN_COUNTS),
    ...names('schedules', RUN_COUNTS),
    ...names('schedules.lateness', WAITING_FIGURES),
    'frameworks.<name>.share',
    ...names('frameworks.<name>', TASK_COUNTS),
    ...names('frameworks.<name>.waiting', WAITING_FIGURES),
    'roles.<name>.share',
    'roles.<name>.used.<resource>',
    ...names('deployments', DEPLOYMENT_FIGURES),
    ...names('events', EVENT_TYPES),
  ];
}

function isOneOf<Name extends string>(text: string, names: readonly Name[]): text is Name {
  return (names as readonly string[]).includes(text);
}
