/**
 * A Chronos as its records hold it: `jobs/<name>`, `runs/<name>/<due>`, `history/<name>/<number>`,
 * and `condemned/<number>` for tasks of jobs that are gone. Everything that decides what it does
 * next is in them (docs/decisions/0008).
 */
import type {StoredRecord} from '../records.ts';
import type {CondemnedTask} from './runs/condemned.ts';
import type {JobDocument} from './jobs/job.ts';
import type {HistoryEntry, RunDocument} from './runs/run.ts';

export interface Documents {
  readonly jobs: readonly JobDocument[];
  readonly runs: readonly RunDocument[];
  /** Job → its ended runs, oldest first. */
  readonly histories: readonly (readonly [string, readonly HistoryEntry[]])[];
  readonly condemned: readonly CondemnedTask[];
}

/** A record that is none of ours, or that nothing can be made of. */
export interface BadRecord {
  readonly path: string;
  readonly message: string;
}

/** Reads the records of a Chronos, in whatever order they come. */
export function documentsFrom(records: Iterable<StoredRecord>): {
  readonly documents: Documents;
  readonly bad: readonly BadRecord[];
} {
  const jobs = new Map<string, JobDocument>();
  const runs: RunDocument[] = [];
  const histories = new Map<string, [number, HistoryEntry][]>();
  const condemned: CondemnedTask[] = [];
  const bad: BadRecord[] = [];
  for (const [path, document] of records) {
    const [folder = '', name = '', number = ''] = path.split('/');
    if (folder === 'jobs' && isJob(document, name)) jobs.set(name, document);
    else if (folder === 'runs' && isRun(document, name)) runs.push(document);
    else if (folder === 'history' && isEntry(document)) {
      const entries = histories.get(name) ?? [];
      histories.set(name, entries);
      entries.push([Number(number), document]);
    } else if (folder === 'condemned' && isCondemned(document)) condemned.push(document);
    else bad.push({path, message: `no ${folder} record of a Chronos`});
  }
  for (const {jobName, due} of runs) {
    if (jobs.has(jobName)) continue;
    bad.push({path: `runs/${jobName}/${due}`, message: `there is no job ${jobName}`});
  }
  const documents = {
    jobs: [...jobs.values()].sort((one, two) => (one.name < two.name ? -1 : 1)),
    runs: runs
      .filter(({jobName}) => jobs.has(jobName))
      .sort((one, two) => one.claimedAt - two.claimedAt || one.due - two.due),
    histories: [...histories].map(
      ([name, entries]) =>
        [name, entries.sort(([one], [two]) => one - two).map(([, entry]) => entry)] as const,
    ),
    condemned,
  };
  return {documents, bad};
}

/** Deep enough that nothing of it can stop the leader that reads it. */
function isJob(value: unknown, name: string): value is JobDocument {
  if (!isObject(value) || value['name'] !== name || name === '') return false;
  const {definition, counters, schedule} = value;
  if (!isObject(definition) || definition['name'] !== name || !isObject(counters)) return false;
  if (definition['form'] !== 'chronos' && definition['form'] !== 'metronome') return false;
  return schedule === undefined || schedule === null || isObject(schedule);
}

function isRun(value: unknown, jobName: string): value is RunDocument {
  return (
    isObject(value) &&
    value['jobName'] === jobName &&
    Number.isSafeInteger(value['due']) &&
    Number.isSafeInteger(value['attempt']) &&
    Array.isArray(value['tasks'])
  );
}

function isEntry(value: unknown): value is HistoryEntry {
  return isObject(value) && Number.isSafeInteger(value['due']) && Array.isArray(value['tasks']);
}

function isCondemned(value: unknown): value is CondemnedTask {
  return isObject(value) && typeof value['taskId'] === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
