/**
 * Names of the figures that an `expect` may ask for. The simulator supplies the values by these
 * names; docs/scenarios.md explains each.
 */
import {TASK_COUNTS} from '../result.ts';

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

export const APP_FIGURES = ['instances', 'running', 'healthy'] as const;
export const AGENT_FIGURES = ['count', 'up', 'lost', 'returned'] as const;
export const UTILISATION_FIGURES = ['now', 'mean', 'peak'] as const;

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
  | {readonly kind: 'deployments'; readonly figure: 'running'}
  | {readonly kind: 'jobs'; readonly figure: Figure<typeof JOB_FIGURES>}
  /** Per job (all tasks of a job start together), unlike `waiting`. */
  | {readonly kind: 'jobsWaiting'; readonly figure: Figure<typeof WAITING_FIGURES>};

/** What a name may refer to; `undefined` where the set is not known before the run. */
export interface MetricScope {
  readonly resources: ReadonlySet<string> | undefined;
  readonly isApp: (id: string) => boolean;
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
      return middle !== '' && isOneOf(figure, APP_FIGURES)
        ? {kind: 'apps', app: middle.startsWith('/') ? middle : `/${middle}`, figure}
        : undefined;
    case 'frameworks':
      return parseFramework(parts);
    case 'roles':
      return parseRole(parts);
    case 'jobs':
      if (middle === 'waiting' && isOneOf(figure, WAITING_FIGURES)) {
        return {kind: 'jobsWaiting', figure};
      }
      return middle === '' && isOneOf(figure, JOB_FIGURES) ? {kind: 'jobs', figure} : undefined;
    default:
      return middle === '' ? parseSimple(head, figure) : undefined;
  }
}

function parseSimple(head: string, figure: string): Metric | undefined {
  if (head === 'tasks' && isOneOf(figure, TASK_COUNTS)) return {kind: 'tasks', figure};
  if (head === 'waiting' && isOneOf(figure, WAITING_FIGURES)) return {kind: 'waiting', figure};
  if (head === 'agents' && isOneOf(figure, AGENT_FIGURES)) return {kind: 'agents', figure};
  if (head === 'deployments' && figure === 'running') return {kind: 'deployments', figure};
  return undefined;
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
      return scope.isApp(metric.app)
        ? undefined
        : `unknown metric "${name}": no workload defines an app "${metric.app}"`;
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
    ...names('agents', AGENT_FIGURES),
    ...names('jobs', JOB_FIGURES),
    ...names('jobs.waiting', WAITING_FIGURES),
    'frameworks.<name>.share',
    ...names('frameworks.<name>', TASK_COUNTS),
    ...names('frameworks.<name>.waiting', WAITING_FIGURES),
    'roles.<name>.share',
    'roles.<name>.used.<resource>',
    'deployments.running',
  ];
}

function isOneOf<Name extends string>(text: string, names: readonly Name[]): text is Name {
  return (names as readonly string[]).includes(text);
}
