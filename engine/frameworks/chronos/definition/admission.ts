/**
 * Whether a job fits among those that are there already: its name, and those for which it waits.
 *
 * Unlike Chronos 3, which stores a job with parents that nobody knows, never shows it, and falls
 * over two such jobs that wait for each other (reference part 3.1).
 */
import {refuse, type Fault} from '../../json/json-shape.ts';
import {chainTo} from '../jobs/graph.ts';
import {parentsOf, type JobDefinition} from './job-definition.ts';
import {excerpt} from '../../json/excerpt.ts';

/** The jobs that are there, as far as it matters to a new one. */
export interface KnownJobs {
  find(name: string): JobDefinition | undefined;
  /** Whether any job waits for the one of this name, be that one there or not. */
  hasChildren(name: string): boolean;
}

/** The most names that a message tells. */
const NAMES_MAX = 20;

/** What is wrong with a new job, or with a new definition of one that is there. */
export function admit(definition: JobDefinition, jobs: KnownJobs): readonly Fault[] {
  const faults: Fault[] = [];
  refuseForm(definition, jobs, faults);
  const parents = parentsOf(definition);
  if (parents === undefined) return faults;
  const at = definition.form === 'chronos' ? '/parents' : '/dependencies';
  // What has lost its parents is shown so, and may be sent back.
  if (parents.length === 0 && !isOrphan(jobs.find(definition.name))) {
    refuse(faults, at, 'must name a job at least');
  }
  const {name} = definition;
  if (parents.includes(name)) {
    refuse(faults, at, `a job cannot wait for itself: ${name}`);
    return faults;
  }
  const unknown = parents.filter((parent) => jobs.find(parent) === undefined);
  if (unknown.length > 0) {
    refuse(faults, at, `expected names of jobs; there are none named ${shown(unknown, ', ')}`);
  }
  // Nobody can have come to wait for a job whose name nobody used.
  if (!jobs.hasChildren(name)) return faults;
  const chain = chainTo(name, parents, (other) => {
    const known = jobs.find(other);
    return (known === undefined ? undefined : parentsOf(known)) ?? [];
  });
  if (chain === undefined) return faults;
  refuse(faults, at, `the jobs would wait for one another: ${shown([name, ...chain], ' → ')}`);
  return faults;
}

function isOrphan(known: JobDefinition | undefined): boolean {
  return known !== undefined && parentsOf(known)?.length === 0;
}

/** A name belongs to one form, so that what is written by one API is never lost by the other. */
function refuseForm(definition: JobDefinition, jobs: KnownJobs, faults: Fault[]): void {
  const {form, name} = definition;
  const known = jobs.find(name);
  if (known === undefined || known.form === form) return;
  const owner = known.form === 'chronos' ? 'Chronos' : 'Metronome';
  const at = form === 'chronos' ? '/name' : '/id';
  refuse(faults, at, `there is a ${owner} job of this name: ${name}`);
}

function shown(given: readonly string[], between: string): string {
  const names = given.map(excerpt);
  const rest = names.length - NAMES_MAX;
  if (rest <= 0) return names.join(between);
  const head = names.slice(0, NAMES_MAX - 1);
  return [...head, `… ${rest} more …`, names.at(-1) ?? ''].join(between);
}
