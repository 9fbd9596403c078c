/** The jobs of Chronos that a scenario may speak of, as far as they are known before it runs. */
import {jobNameOf} from './chronos.ts';
import {nearest} from './fields.ts';
import type {FieldPath} from './problems.ts';
import type {Resolving} from './resolving.ts';
import type {Framework, TimedEvent, Workload} from './schema.ts';

export interface KnownJobs {
  /** Name → framework. */
  readonly owners: ReadonlyMap<string, string>;
  /** Names of the frameworks of which a request may define anything. */
  readonly open: readonly string[];
}

export function knownJobs(
  workloads: readonly Workload[],
  requests: readonly TimedEvent[],
  frameworks: readonly Framework[],
): KnownJobs {
  const owners = new Map<string, string>();
  for (const workload of workloads) {
    if (workload.kind !== 'job') continue;
    for (const job of workload.list) owners.set(jobNameOf(job), workload.framework);
  }
  const asked = new Set(
    requests.flatMap((event) => (event.kind === 'request' ? [event.framework] : [])),
  );
  const open = frameworks.filter(({name, kind}) => kind === 'chronos' && asked.has(name));
  return {owners, open: open.map(({name}) => name)};
}

export function mayBeJob({owners, open}: KnownJobs, name: string): boolean {
  return open.length > 0 || owners.has(name);
}

/** The framework of a job that an event is about; one that no workload defines is noted. */
export function ownerOf(
  {owners, open}: KnownJobs,
  {job, framework}: {readonly job: string; readonly framework?: string | undefined},
  path: FieldPath,
  resolving: Resolving,
): string {
  const owner = owners.get(job);
  if (owner !== undefined && (framework ?? owner) === owner) return owner;
  const maybe = open.find((name) => (framework ?? name) === name);
  if (maybe !== undefined) return maybe;
  const names = [...owners.keys()];
  const near = nearest(job, names);
  const known = names.length === 0 ? '' : `; known: ${names.slice(0, 10).join(', ')}`;
  const hint = near === undefined || near === job ? known : `; did you mean "${near}"?`;
  const of = framework === undefined ? '' : ` of framework "${framework}"`;
  resolving.problem([...path, 'job'], `no workload${of} defines a job "${job}"${hint}`);
  return framework ?? '';
}
