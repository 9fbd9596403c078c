/** Chronos in a scenario: its options, and the jobs that are submitted to it. */
import type {ScenarioFile} from './file-schema.ts';
import type {FieldPath} from './problems.ts';
import {checkUnique, optional, type Resolving} from './resolving.ts';
import type {ChronosFramework, ScheduledJob, ScheduledJobWorkload} from './schema.ts';

type WrittenFramework = NonNullable<ScenarioFile['frameworks']>[string];
type WrittenChronos = Extract<WrittenFramework, {type: 'chronos'}>;
type WrittenWorkload = Extract<NonNullable<ScenarioFile['workloads']>[number], {job: unknown}>;

/** What is not written is left to the preset. */
export function resolveChronos(
  base: {readonly name: string; readonly role: string},
  written: WrittenChronos,
): ChronosFramework {
  return {
    kind: 'chronos',
    ...base,
    preset: written.preset ?? 'drydock',
    options: {
      ...optional('declineOfferMs', written.declineFor),
      ...optional('retryDelayMs', written.retryDelay),
      ...optional('retryBackoff', written.retryBackoff),
      ...optional('retryDelayMsMax', written.retryDelayMax),
      ...optional('disableAfterFailures', written.disableAfterFailures),
      ...optional('catchup', written.catchup),
      ...optional('catchupLimit', written.catchupLimit),
      ...optional('epsilonMs', written.epsilon),
      ...optional('overlap', written.overlap),
      ...optional('metronomeCatchup', written.metronomeCatchup),
      ...optional('launch', written.launch),
      ...optional('unreachableTimeoutMs', written.unreachableTimeout),
      ...optional('reconcileMs', written.reconcile),
      ...optional('killRetryMs', written.killRetry),
      ...optional('agingMs', written.aging),
      ...optional('historyMax', written.historyMax),
      ...optional('legacyZoneNames', written.legacyZoneNames),
      ...optional('repetitionsTakenBy', written.repetitionsTakenBy),
      ...optional('jobsMax', written.jobsMax),
    },
  };
}

/** Metronome's jobs have an `id`, those of Chronos a `name`. */
export function isMetronomeJob(job: ScheduledJob): boolean {
  return typeof job['name'] !== 'string';
}

export function jobNameOf(job: ScheduledJob): string {
  return String(job['name'] ?? job['id']);
}

export function resolveScheduledJobs(
  written: WrittenWorkload,
  base: {readonly name: string; readonly framework: string; readonly atMs: number},
  path: FieldPath,
  resolving: Resolving,
): ScheduledJobWorkload | undefined {
  const inside = [...path, 'job'];
  const read = readJobs(written.job, inside, resolving);
  if (read === undefined) return undefined;
  const {forEach} = written;
  if (forEach !== undefined && Object.hasOwn(forEach, 'n')) {
    const message = 'expected another name: {n} is the number of the combination';
    resolving.problem([...path, 'forEach', 'n'], message);
  }
  const lengths = Object.values(forEach ?? {}).map(({length}) => length);
  const count = lengths.reduce((product, length) => product * length, read.list.length);
  if (count > JOBS_MAX) {
    resolving.problem([...path, 'forEach'], `expected at most ${JOBS_MAX} jobs, found ${count}`);
    return undefined;
  }
  const combinations = forEach === undefined ? undefined : combinationsOf(forEach);
  const made = combinations?.flatMap((values) => read.list.map((job) => filledIn(job, values)));
  const list = (made as readonly ScheduledJob[] | undefined) ?? read.list;
  const names = list.map((job) => ({name: jobNameOf(job), path: inside}));
  checkUnique(names, 'job', resolving);
  return {kind: 'job', ...base, list, ...optional('file', read.file)};
}

/** More would be a slip in the lists. */
const JOBS_MAX = 100_000;

function readJobs(
  written: WrittenWorkload['job'],
  path: FieldPath,
  resolving: Resolving,
): Pick<ScheduledJobWorkload, 'file' | 'list'> | undefined {
  if (typeof written !== 'string') return {list: Array.isArray(written) ? written : [written]};
  const file = resolving.findFile(written, path);
  const list = file && resolving.readJobs(file, path);
  return list && {list, file};
}

type Values = Readonly<Record<string, number | string>>;

/** All combinations, those of the last name the fastest, with their number from 1 on as `n`. */
function combinationsOf(
  forEach: Readonly<Record<string, readonly (number | string)[]>>,
): readonly Values[] {
  let combinations: Values[] = [{}];
  for (const [name, values] of Object.entries(forEach)) {
    combinations = combinations.flatMap((others) =>
      values.map((value) => ({...others, [name]: value})),
    );
  }
  return combinations.map((values, index) => ({...values, n: index + 1}));
}

/** `{name}` in its texts becomes the value; a text that is nothing else becomes a number, too. */
function filledIn(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const whole = /^\{([^{}]+)\}$/.exec(value)?.[1] ?? '';
    if (Object.hasOwn(values, whole)) return values[whole];
    return value.replaceAll(/\{([^{}]+)\}/g, (text, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : text,
    );
  }
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, filledIn(item, values)]);
  return Object.fromEntries(entries) as unknown;
}
