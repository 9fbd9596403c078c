/** What a file with jobs holds: told by its fields, since nobody says it. */
import {
  readChronosJob,
  readMetronomeJob,
  type ChronosOptions,
  type JobDefinition,
} from '../../engine/index.ts';
import {foundText} from '../scenario/fields.ts';
import type {FieldPath, FieldProblem} from '../scenario/problems.ts';

type JsonMap = Readonly<Record<string, unknown>>;

/** A job, and where in its file it stands. */
export interface FoundJob {
  readonly path: FieldPath;
  readonly definition: JobDefinition;
}

export interface FoundJobs {
  readonly jobs: readonly FoundJob[];
  readonly problems: readonly FieldProblem[];
}

/** Fields that only scenarios have. */
const SCENARIO_FIELDS = ['cluster', 'workloads', 'include', 'frameworks'];

export function isScenario(value: unknown): boolean {
  return isMap(value) && SCENARIO_FIELDS.some((field) => Object.hasOwn(value, field));
}

/** One job or a list of them, of Chronos or of Metronome. */
export function readJobs(value: unknown, options: ChronosOptions): FoundJobs {
  const items: readonly (readonly [FieldPath, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [[index], item])
    : [[[], value]];
  const jobs: FoundJob[] = [];
  const problems: FieldProblem[] = [];
  for (const [path, item] of items) {
    const read = readJob(item, options);
    if (read.ok) jobs.push({path, definition: read.definition});
    else {
      for (const problem of read.problems) {
        problems.push({...problem, path: [...path, ...problem.path]});
      }
    }
  }
  if (items.length === 0) problems.push({path: [], message: 'expected a job at least'});
  return {jobs, problems};
}

export type ReadJob =
  | {readonly ok: true; readonly definition: JobDefinition}
  | {readonly ok: false; readonly problems: readonly FieldProblem[]};

export function readJob(value: unknown, options: ChronosOptions): ReadJob {
  const [hasName, hasId] = isMap(value) ? [isText(value['name']), isText(value['id'])] : [];
  if (!isMap(value) || (hasName !== true && hasId !== true)) {
    const expected = 'expected a job of Chronos (with a name) or of Metronome (with an id)';
    const found = isMap(value) ? `a map of ${fieldsText(value)}` : foundText(value);
    return {ok: false, problems: [{path: [], message: `${expected}, found ${found}`}]};
  }
  const read =
    hasName === true ? readChronosJob(value, options) : readMetronomeJob(withDisk(value));
  if (read.ok) return {ok: true, definition: read.value};
  const problems = read.faults.map(({path, message}) => ({path: fieldPath(path), message}));
  return {ok: false, problems};
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

const FIELDS_MAX = 5;

function fieldsText(value: JsonMap): string {
  const names = Object.keys(value);
  if (names.length === 0) return 'nothing';
  return names.slice(0, FIELDS_MAX).join(', ') + (names.length > FIELDS_MAX ? ' …' : '');
}

/** As `dcos job add` does before it sends a job. */
function withDisk(job: JsonMap): JsonMap {
  const {run} = job;
  return isMap(run) && run['disk'] === undefined ? {...job, run: {...run, disk: 0}} : job;
}

/** `/schedules(0)/cron` → `schedules`, 0, `cron`. */
export function fieldPath(pointer: string): FieldPath {
  const parts = pointer.replaceAll(/\((\d+)\)/g, '/$1').split('/');
  return parts
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
