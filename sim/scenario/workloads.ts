/** Workloads and the frameworks they belong to. */
import {type Distribution, meanOf} from '../random/distributions.ts';
import {NO_RESOURCES, printScalar} from './amounts.ts';
import {resolveChronos, resolveScheduledJobs} from './chronos.ts';
import {nearest} from './fields.ts';
import type {ScenarioFile} from './file-schema.ts';
import {appIdsOf} from './groups.ts';
import type {FieldPath} from './problems.ts';
import {checkUnique, optional, type Resolving} from './resolving.ts';
import type {
  AgentGroup,
  FileRef,
  Framework,
  MarathonGroup,
  Resources,
  TraceSource,
  UniformAgents,
  Workload,
} from './schema.ts';

type Written = NonNullable<ScenarioFile['workloads']>[number];
type WrittenFrameworks = ScenarioFile['frameworks'];
type FrameworkKind = Framework['kind'];

const ONE_CPU: Resources = {...NO_RESOURCES, scalars: {cpus: 1000}};

/** An app's id as Marathon has it: with a leading slash. */
export function absoluteAppId(id: string): string {
  return id.startsWith('/') ? id : `/${id}`;
}

function kindOf(written: Written): FrameworkKind {
  if ('job' in written) return 'chronos';
  return 'app' in written || 'group' in written || 'services' in written ? 'marathon' : 'batch';
}

/** The declared frameworks, or else one for each name that the workloads use. */
export function resolveFrameworks(
  written: WrittenFrameworks,
  workloads: readonly Written[],
): Framework[] {
  if (written !== undefined) {
    return Object.entries(written).map(([name, framework]) => frameworkOf(name, framework));
  }
  // Where two workloads disagree on a kind the first decides; `frameworkFor` tells the other one.
  const kinds = new Map<string, FrameworkKind>();
  for (const workload of workloads) {
    const kind = kindOf(workload);
    const name = workload.framework ?? kind;
    if (!kinds.has(name)) kinds.set(name, kind);
  }
  return [...kinds].map(([name, kind]) => frameworkOf(name, {type: kind}));
}

type WrittenFramework = NonNullable<WrittenFrameworks>[string];

function frameworkOf(name: string, written: WrittenFramework): Framework {
  const base = {name, role: written.role ?? name};
  if (written.type === 'chronos') return resolveChronos(base, written);
  if (written.type === 'batch') {
    const {policy = 'fcfs', relaunchesMax = 10} = written;
    return {kind: 'batch', ...base, policy, relaunchesMax};
  }
  return {
    kind: 'marathon',
    ...base,
    declineForMs: written.declineFor ?? 120_000,
    reviveIntervalMs: written.reviveInterval ?? 5000,
    usedOfferRefuseMs: written.usedOfferRefuse ?? 5000,
    launchesPerOfferMax: written.launchesPerOfferMax ?? 5,
    ...optional('healthKillShareMax', written.healthKillShareMax),
    ...optional('launchTokens', written.launchTokens),
    launchTokenRefreshMs: written.launchTokenRefresh ?? 30_000,
    acceptedResourceRoles: written.acceptedResourceRoles ?? 'any',
    gpuScheduling: written.gpuScheduling ?? 'restricted',
    maintenanceMode: written.maintenanceMode ?? true,
    drainingMs: written.draining ?? 0,
    ...optional('localRegion', written.localRegion),
    groupByRule: written.groupByRule ?? 'quota',
    ...optional('deploymentsMax', written.deploymentsMax),
  };
}

export function resolveWorkloads(
  written: readonly Written[],
  frameworks: readonly Framework[],
  resolving: Resolving,
): Workload[] {
  const names = workloadNames(written, resolving);
  const workloads = written.map((workload, index) => {
    const path = ['workloads', index];
    const place = {frameworks, path};
    const framework = frameworkOfKind(kindOf(workload), workload.framework, place, resolving);
    const base = {name: names[index] ?? '', framework, atMs: workload.at ?? 0};
    return resolveWorkload(workload, base, path, resolving);
  });
  checkUnique(
    workloads.flatMap((workload, index) => {
      if (workload === undefined) return [];
      const {kind} = workload;
      return appsOf(workload).map((name) => ({name, path: ['workloads', index, kind]}));
    }),
    'app',
    resolving,
  );
  return workloads.filter((workload) => workload !== undefined);
}

/** Ids of the apps that a workload writes out. */
function appsOf(workload: Workload): readonly string[] {
  if (workload.kind === 'app') return [absoluteAppId(workload.app.id)];
  return workload.kind === 'group' ? workload.appIds : [];
}

/** Names that were not given are made of the kind, and numbered where that is not enough. */
function workloadNames(written: readonly Written[], resolving: Resolving): string[] {
  checkUnique(
    written.flatMap(({name}, index) =>
      name === undefined ? [] : [{name, path: ['workloads', index, 'name']}],
    ),
    'workload',
    resolving,
  );
  const taken = new Set(written.map(({name}) => name));
  return written.map((workload) => {
    if (workload.name !== undefined) return workload.name;
    const stem = defaultName(workload);
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    return name;
  });
}

function defaultName(written: Written): string {
  if ('app' in written) return 'app';
  if ('group' in written) return 'group';
  if ('job' in written) return 'job';
  if ('jobs' in written) return 'jobs';
  if ('services' in written) return 'services';
  return 'pods' in written ? 'pods' : 'arrivals';
}

/** The framework that is named, or else the one of its kind; `path` is that of the map around. */
export function frameworkOfKind(
  kind: FrameworkKind | readonly FrameworkKind[],
  name: string | undefined,
  {frameworks, path}: {readonly frameworks: readonly Framework[]; readonly path: FieldPath},
  resolving: Resolving,
): string {
  const kinds = typeof kind === 'string' ? [kind] : kind;
  const ofKind = frameworks.filter((framework) => kinds.includes(framework.kind));
  const [first] = ofKind;
  const words = kinds.join(' or ');
  if (name === undefined) {
    const usual = ofKind.find((framework) => framework.name === kind);

    const only = ofKind.length === 1 ? first : usual;
    if (only !== undefined) return only.name;
    const found = ofKind.length === 0 ? 'there is none' : `there are ${namesOf(ofKind)}`;
    resolving.problem([...path, 'framework'], `missing: expected a ${words} framework; ${found}`);
    return '';
  }
  const named = frameworks.find((framework) => framework.name === name);
  if (named === undefined) {
    resolving.problem([...path, 'framework'], unknownFramework(name, frameworks));
  } else if (!kinds.includes(named.kind)) {
    const found = `"${named.name}", which is a ${named.kind} framework`;
    const message = `expected a ${words} framework, found ${found}`;
    resolving.problem([...path, 'framework'], message);
  }
  return name;
}

function unknownFramework(name: string, frameworks: readonly Framework[]): string {
  const near = nearest(
    name,
    frameworks.map((framework) => framework.name),
  );
  const hint = near === undefined ? `known: ${namesOf(frameworks)}` : `did you mean "${near}"?`;
  return `unknown framework "${name}"; ${hint}`;
}

const namesOf = (frameworks: readonly Framework[]): string =>
  frameworks.map(({name}) => name).join(', ');

interface Base {
  readonly name: string;
  readonly framework: string;
  readonly atMs: number;
}

function resolveWorkload(
  written: Written,
  base: Base,
  path: FieldPath,
  resolving: Resolving,
): Workload | undefined {
  if ('app' in written) return resolveApp(written.app, base, [...path, 'app'], resolving);
  if ('group' in written) return resolveGroup(written.group, base, [...path, 'group'], resolving);
  if ('job' in written) return resolveScheduledJobs(written, base, path, resolving);
  if ('arrivals' in written) return resolveArrivals(written.arrivals, base, path, resolving);
  const limit = optional('limit', written.limit);
  if ('jobs' in written) {
    const source = sourceOf(written.jobs, written.format, [...path, 'jobs'], resolving);
    const {arrivalScale = 1, perTask = ONE_CPU} = written;
    return source && {kind: 'jobs', ...base, source, arrivalScale, perTask, ...limit};
  }
  if ('services' in written) {
    const source = sourceOf(written.services, written.format, [...path, 'services'], resolving);
    return source && {kind: 'services', ...base, source, ...limit};
  }
  const source = sourceOf<'openb-pods', never>(
    written.pods,
    written.format,
    [...path, 'pods'],
    resolving,
  );
  const {timing = 'stream', every = 1000} = written;
  return source && {kind: 'pods', ...base, source, timing, everyMs: every, ...limit};
}

type WrittenSource<Model extends string> =
  | string
  | {readonly synthesise: Model; readonly count?: number | undefined};

/** A trace file, or a generator; `path` is that of `written`. */
export function sourceOf<Format extends string, Model extends string>(
  written: WrittenSource<Model>,
  format: Format | undefined,
  path: FieldPath,
  resolving: Resolving,
): TraceSource<Format, Model> | undefined {
  if (typeof written === 'string') {
    const file = resolving.findFile(written, path);
    return file && {kind: 'file', file, ...optional('format', format)};
  }
  if (format !== undefined) {
    const message = 'expected no format, because the rows are synthesised';
    resolving.problem([...path.slice(0, -1), 'format'], message);
  }
  return {kind: 'synthesised', model: written.synthesise, ...optional('count', written.count)};
}

type WrittenApp = Extract<Written, {app: unknown}>['app'];

function resolveApp(
  written: WrittenApp,
  base: Base,
  path: FieldPath,
  resolving: Resolving,
): Workload | undefined {
  if (typeof written !== 'string') return {kind: 'app', ...base, app: written};
  const file = resolving.findFile(written, path);
  const app = file && resolving.readApp(file, path);
  return app && {kind: 'app', ...base, app, file};
}

function resolveGroup(
  written: WrittenGroup,
  base: Base,
  path: FieldPath,
  resolving: Resolving,
): Workload | undefined {
  const read = readGroup(written, path, resolving);
  return read && {kind: 'group', ...base, ...read, appIds: appIdsOf(read.group)};
}

type WrittenGroup = Extract<Written, {group: unknown}>['group'];

/** A group that is written out, or in a file of its own. */
export function readGroup(
  written: WrittenGroup,
  path: FieldPath,
  resolving: Resolving,
): {readonly group: MarathonGroup; readonly file?: FileRef} | undefined {
  if (typeof written !== 'string') return {group: written};
  const file = resolving.findFile(written, path);
  const group = file && resolving.readGroup(file, path);
  return group && {group, file};
}

type WrittenArrivals = Extract<Written, {arrivals: unknown}>['arrivals'];

const ONE: Distribution = {kind: 'constant', value: 1};

function resolveArrivals(
  written: WrittenArrivals,
  base: Base,
  path: FieldPath,
  resolving: Resolving,
): Workload {
  const {interarrival, tasks = ONE, duration, resources, count, until} = written;
  if (count === undefined && meanOf(interarrival) === 0) {
    const message = 'expected a mean above 0, because there is no count: the jobs would never end';
    resolving.problem([...path, 'arrivals', 'interarrival'], message);
  }
  return {
    kind: 'arrivals',
    ...base,
    interarrivalMs: interarrival,
    tasks,
    durationMs: duration,
    resources,
    ...optional('count', count),
    ...optional('untilMs', until),
  };
}

/** Notes arrivals whose tasks fit no agent, where all agents are known before any file is read. */
export function checkFits(
  workloads: readonly Workload[],
  groups: readonly AgentGroup[],
  written: readonly Written[],
  resolving: Resolving,
): void {
  const known = groups.filter((group) => group.kind === 'uniform');
  if (known.length < groups.length) return;
  for (const workload of workloads) {
    if (workload.kind !== 'arrivals') continue;
    const {scalars} = workload.resources;
    if (known.some((group) => missingIn(group.resources.scalars, scalars) === undefined)) continue;
    const name = missingIn(largestOf(known), scalars);
    const largest = name === undefined ? 0 : (largestOf(known)[name] ?? 0);
    const message =
      name === undefined
        ? 'no agent is large enough: no single one has all that a task takes'
        : `no agent is large enough: a task takes ${name}:${printScalar(scalars[name] ?? 0)}, ` +
          `the largest agent has ${name}:${printScalar(largest)}`;
    const index = written.findIndex(
      (entry) => 'arrivals' in entry && entry.arrivals.resources === workload.resources,
    );
    resolving.problem(['workloads', index, 'arrivals', 'resources'], message);
  }
}

type Scalars = Resources['scalars'];

/** The first scalar of which there is less than is asked for. */
function missingIn(has: Scalars, asked: Scalars): string | undefined {
  return Object.keys(asked).find((name) => (has[name] ?? 0) < (asked[name] ?? 0));
}

/** Of each scalar the most that one agent has. */
function largestOf(groups: readonly UniformAgents[]): Scalars {
  const largest: Record<string, number> = {};
  for (const {resources} of groups) {
    for (const [name, amount] of Object.entries(resources.scalars)) {
      largest[name] = Math.max(largest[name] ?? 0, amount);
    }
  }
  return largest;
}
