/**
 * From the written form to a {@link Scenario}: defaults, files, and everything that one part of a
 * scenario says about another. Notes all problems and goes on; the caller discards the result when
 * there were any.
 */
import type {Distribution} from '../random/distributions.ts';
import {resolveAgents} from './agents.ts';
import {eventSources, mayDefine, workloadSources, type AppSource} from './app-sources.ts';
import {totalScalars} from './amounts.ts';
import {globPattern} from './behaviours.ts';
import {knownJobs, mayBeJob, type KnownJobs} from './known-jobs.ts';
import {expectationText} from './expectations.ts';
import {foundText, nearest} from './fields.ts';
import {COMPARATORS, type ScenarioFile} from './file-schema.ts';
import {resolveEvents, resolveFailures} from './happenings.ts';
import {metricNames, metricProblem, type MetricScope} from './metrics.ts';
import type {FieldPath} from './problems.ts';
import {optional, type Resolving} from './resolving.ts';
import {resolveRoles, roleNames} from './roles.ts';
import type {
  AgentGroup,
  AllocatorSettings,
  Behaviour,
  Expectation,
  ExpectationTime,
  Framework,
  NetworkSettings,
  Resources,
  Sampling,
  Scenario,
  Until,
  Workload,
} from './schema.ts';
import {checkFits, resolveFrameworks, resolveWorkloads} from './workloads.ts';

export function resolveScenario(
  written: ScenarioFile,
  defaultName: string,
  resolving: Resolving,
): Scenario {
  const agents = resolveAgents(written.cluster.agents, resolving);
  const writtenWorkloads = written.workloads ?? [];
  const frameworks = resolveFrameworks(written.frameworks, writtenWorkloads);
  const workloads = resolveWorkloads(writtenWorkloads, frameworks, resolving);
  checkFits(workloads, agents, writtenWorkloads, resolving);
  const roles = roleNames(frameworks);
  const events = resolveEvents(
    written.events ?? [],
    {agents, frameworks, workloads, roles},
    resolving,
  );
  const sources = [...workloadSources(workloads), ...eventSources(events)];
  const jobs = knownJobs(workloads, events, frameworks);
  const until: Until =
    written.until === 'idle' ? {kind: 'idle'} : {kind: 'time', atMs: written.until};
  if (until.kind === 'idle') {
    checkEnds(writtenWorkloads, resolving);
    checkNoSchedules(frameworks, resolving);
  }
  const {agentPingTimeout = 15_000, agentPingTimeoutsMax = 5} = written.master ?? {};
  return {
    name: written.name ?? defaultName,
    about: written.about ?? '',
    seed: written.seed ?? 1,
    startMs: written.start ?? 0,
    until,
    allocator: allocatorOf(written.allocator),
    master: {agentPingTimeoutMs: agentPingTimeout, agentPingTimeoutsMax},
    ...optional('network', networkOf(written.network)),
    ...optional('store', written.store && {latencyMs: written.store.latency}),
    assumptions: written.assumptions ?? [],
    agents,
    frameworks,
    roles: resolveRoles(written, frameworks, agents, resolving),
    workloads,
    behaviours: resolveBehaviours(written.behaviours ?? [], {sources, workloads, jobs}, resolving),
    events,
    failures: resolveFailures(written.failures ?? [], agents, resolving),
    expectations: resolveExpectations(
      written.expect ?? [],
      {...metricScope(agents, frameworks, sources), isJob: (name) => mayBeJob(jobs, name)},
      resolving,
    ),
    sampling: samplingOf(written.sample, until),
  };
}

/** Mesos' `--min_allocatable_resources=cpus:0.01|mem:32`. */
const MIN_ALLOCATABLE: readonly Resources[] = [
  {scalars: {cpus: 10}, ranges: {}, sets: {}},
  {scalars: {mem: 32_000}, ranges: {}, sets: {}},
];

const AT_ONCE: Distribution = {kind: 'constant', value: 0};

function allocatorOf(written: ScenarioFile['allocator']): AllocatorSettings {
  const offerTimeout = written?.offerTimeout ?? 'none';
  return {
    intervalMs: written?.interval ?? 1000,
    allocateOnRecovery: written?.onRecovery ?? false,
    minAllocatable: written?.minAllocatable ?? MIN_ALLOCATABLE,
    excludeFromFairness: written?.excludeFromFairness ?? [],
    ...optional('offerTimeoutMs', offerTimeout === 'none' ? undefined : offerTimeout),
    sorter: written?.sorter ?? 'drf',
    agentOrder: written?.agentOrder ?? 'random',
    nestedLimits: written?.nestedLimits ?? false,
    reviveKeepsFilters: written?.reviveKeepsFilters ?? false,
    mergeOffers: written?.mergeOffers ?? false,
    ...optional('region', written?.region),
  };
}

function networkOf(written: ScenarioFile['network']): NetworkSettings | undefined {
  if (written === undefined) return undefined;
  return {delayMs: written.delay ?? AT_ONCE, duplicate: written.duplicate ?? 0};
}

/** A run that shall end when nothing is left to do needs workloads that end. */
function checkEnds(written: NonNullable<ScenarioFile['workloads']>, resolving: Resolving): void {
  for (const [index, workload] of written.entries()) {
    if (!('arrivals' in workload)) continue;
    if (workload.arrivals.count !== undefined || workload.arrivals.until !== undefined) continue;
    const message = 'expected count or until, because the run ends when it is idle';
    resolving.problem(['workloads', index, 'arrivals'], message);
  }
}

function checkNoSchedules(frameworks: readonly Framework[], resolving: Resolving): void {
  if (frameworks.every(({kind}) => kind !== 'chronos')) return;
  const message = 'expected a duration or an instant, because schedules go on for ever';
  resolving.problem(['until'], message);
}

/** About as many points as a plot is wide, whole seconds apart. */
const SAMPLES = 240;

function samplingOf(written: ScenarioFile['sample'], until: Until): Sampling {
  const usualMs =
    until.kind === 'idle' ? 3_600_000 : Math.max(1, Math.ceil(until.atMs / SAMPLES / 1000)) * 1000;
  return {everyMs: written?.every ?? usualMs, fillRows: written?.fillRows ?? 64};
}

function resolveBehaviours(
  written: NonNullable<ScenarioFile['behaviours']>,
  subjects: Subjects,
  resolving: Resolving,
): Behaviour[] {
  return written.map((behaviour, index) => {
    const {
      match,
      version,
      with: fields,
      stop,
      saysStarting,
      saysKilling,
      startup,
      duration,
      end,
      failure,
    } = behaviour;
    const {healthyAfter = AT_ONCE, sickAfter, flap, sickAnswer, readyAfter = AT_ONCE} = behaviour;
    if (!mayMatch(match, subjects)) {
      const message = `${foundText(match)} matches no app or job of the workloads`;
      resolving.problem(['behaviours', index, 'match'], message);
    }
    return {
      match,
      ...optional('version', version),
      ...optional('with', fields),
      ...optional('saysStarting', saysStarting),
      ...optional('saysKilling', saysKilling),
      startupMs: startup ?? AT_ONCE,
      ...optional('durationMs', duration),
      end: end ?? 'finished',
      ...optional(
        'failure',
        failure && {probability: failure.probability, afterMs: failure.after ?? AT_ONCE},
      ),
      stopMs: stop ?? AT_ONCE,
      ...optional('healthyAfterMs', healthyAfter === 'never' ? undefined : healthyAfter),
      ...optional('sickAfterMs', sickAfter),
      ...optional('flap', flap && {wellMs: flap.well, sickMs: flap.sick}),
      sickAnswer: sickAnswer ?? 500,
      ...optional('readyAfterMs', readyAfter === 'never' ? undefined : readyAfter),
    };
  });
}

/** What behaviours may be of. */
interface Subjects {
  readonly sources: readonly AppSource[];
  readonly workloads: readonly Workload[];
  readonly jobs: KnownJobs;
}

const hasJobs = ({kind}: Workload): boolean =>
  kind !== 'app' && kind !== 'group' && kind !== 'services' && kind !== 'job';

/** False when a glob is known to match nothing: a slip in it would otherwise go unnoticed. */
function mayMatch(glob: string, {sources, workloads, jobs}: Subjects): boolean {
  const pattern = globPattern(glob);
  if (sources.some(({ids}) => ids.some((id) => pattern.test(id)))) return true;
  if ([...jobs.owners.keys()].some((name) => pattern.test(`job:${name}`))) return true;
  // Of services and jobs only the first part is known before the trace is read.
  const prefixes = [
    ...sources.flatMap(({prefix}) => prefix ?? []),
    ...workloads.filter(hasJobs).map(({name}) => `job:${name}/`),
    ...(jobs.open.length > 0 ? ['job:'] : []),
  ];
  const literal = /^[^*?]*/.exec(glob)?.[0] ?? '';
  return prefixes.some((prefix) => {
    if (literal.length === glob.length) return glob.startsWith(prefix);
    return prefix.startsWith(literal) || literal.startsWith(prefix);
  });
}

function metricScope(
  agents: readonly AgentGroup[],
  frameworks: readonly Framework[],
  sources: readonly AppSource[],
): Omit<MetricScope, 'isJob'> {
  const uniform = agents.filter((group) => group.kind === 'uniform');
  const names = uniform.flatMap(({resources}) => [
    ...Object.keys(totalScalars(resources)),
    ...Object.keys(resources.ranges),
    ...Object.keys(resources.sets),
  ]);
  return {
    resources: uniform.length === agents.length ? new Set(names) : undefined,
    isApp: (id) => sources.some((source) => mayDefine(source, id)),
    zones: new Set(agents.flatMap(({zones}) => zones)),
    frameworks: new Set(frameworks.map(({name}) => name)),
    roles: roleNames(frameworks),
  };
}

type WrittenExpectation = NonNullable<ScenarioFile['expect']>[number];

function resolveExpectations(
  written: readonly WrittenExpectation[],
  scope: MetricScope,
  resolving: Resolving,
): Expectation[] {
  return written.flatMap((expectation, index) => {
    const path: FieldPath = ['expect', index];
    const {metric} = expectation;
    const problem = metricProblem(metric, scope);
    if (problem !== undefined)
      resolving.problem([...path, 'metric'], withSuggestion(problem, metric));
    const when = timeOf(expectation, path, resolving);
    const comparator = COMPARATORS.find((name) => expectation[name] !== undefined);
    const value = comparator && expectation[comparator];
    if (comparator === undefined || value === undefined) return [];
    return [
      {text: expectationText(metric, comparator, value, when), when, metric, comparator, value},
    ];
  });
}

function withSuggestion(problem: string, metric: string): string {
  const near = nearest(metric, metricNames());
  return problem.includes(':') || near === undefined || near === metric
    ? problem
    : `${problem}; did you mean "${near}"?`;
}

function timeOf(
  {at = 'end', since, until}: WrittenExpectation,
  path: FieldPath,
  resolving: Resolving,
): ExpectationTime {
  if (at === 'always') {
    if (until !== undefined && until < (since ?? 0)) {
      resolving.problem([...path, 'until'], 'expected until to be no earlier than since');
    }
    return {kind: 'always', sinceMs: since ?? 0, ...optional('untilMs', until)};
  }
  for (const [name, value] of [
    ['since', since],
    ['until', until],
  ] as const) {
    if (value === undefined) continue;
    resolving.problem([...path, name], `expected no ${name}: only "at: always" has a window`);
  }
  return at === 'end' ? {kind: 'end'} : {kind: 'at', atMs: at};
}
