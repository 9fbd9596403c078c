import type {Table} from './csv-table.ts';
import {JobColumns} from './job-columns.ts';
import {readJobId, unknownUser} from './job-csv.ts';
import type {ReadContext} from './read-context.ts';
import {RowReader, taskCount} from './row-reader.ts';
import type {NumberRule} from './row-reader.ts';
import type {JobTrace} from './trace.ts';
import {TraceError} from './trace-error.ts';

/** The 18 fields of the Standard Workload Format, version 2.2 (Parallel Workloads Archive). */
export const swfColumns = [
  'job_number',
  'submit_time',
  'wait_time',
  'run_time',
  'allocated_processors',
  'average_cpu_time',
  'used_memory',
  'requested_processors',
  'requested_time',
  'requested_memory',
  'status',
  'user_id',
  'group_id',
  'executable',
  'queue',
  'partition',
  'preceding_job',
  'think_time',
] as const;

const field = {job: 0, submit: 1, run: 3, allocated: 4, requested: 7, status: 10, user: 11};
/** Fields of which nothing is used but that a broken row would betray itself by. */
const unusedFields = [2, 5, 6, 8, 9, 12, 13, 14, 15, 16, 17];

const submitTime: NumberRule = {
  expected: 'a number of seconds, 0 or more',
  scale: 1000,
  min: 0,
  whole: false,
};
const knownOrMinusOne = (what: string): string => `${what}, 0 or more, or -1 for unknown`;
// Thousandths throughout: -1 becomes -1000.
const runTime: NumberRule = {
  ...submitTime,
  expected: knownOrMinusOne('a number of seconds'),
  min: -1,
};
const wholeOrUnknown: NumberRule = {
  expected: knownOrMinusOne('a whole number'),
  scale: 1,
  min: -1,
  whole: true,
};
const numberOrUnknown: NumberRule = {
  expected: knownOrMinusOne('a number'),
  scale: 1000,
  min: -1,
  whole: false,
};
/** Sections of a job that another line sums up. */
const isPartial = (status: number): boolean => status >= 2 && status <= 4;

/** Splits SWF text into rows of 18 fields; lines that begin with `;` are the header's. */
export function parseSwfTable(text: string, file: string): Table {
  const rows: string[][] = [];
  const lineOf: number[] = [];
  const lines = text.split(/\r\n|\n|\r/u);
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith(';')) continue;
    rows.push(trimmed.split(/\s+/u));
    lineOf.push(index);
  }
  if (text.trim() === '') {
    const expected = 'SWF: lines of 18 numbers';
    throw new TraceError([{file, line: 1, column: 1, expected, found: 'an empty file'}]);
  }
  const placeOf = (row: number, cell: number): {line: number; column: number} => {
    const index = lineOf[row] ?? 0;
    const line = lines[index] ?? '';
    const starts = [...line.matchAll(/\S+/gu)].map((match) => match.index);
    return {line: index + 1, column: (starts[cell] ?? line.trimEnd().length) + 1};
  };
  return {file, columns: swfColumns, rows, placeOf};
}

/**
 * Run time is field 4; processors are field 5 (allocated) or, when that is 0 or less, field 8
 * (requested). A job whose run time or processors the archive gives as unknown (-1), and the
 * partial lines of a job that was stopped and restarted (status 2 to 4), are omitted and counted.
 * Anything else that cannot be used is a bad row.
 */
export function parseSwfJobs({table, log, name}: ReadContext, text: string): JobTrace {
  const rows = new RowReader(table, log);
  const jobs = new JobColumns();
  let omitted = 0;
  while (rows.next()) {
    const status = rows.number(field.status, wholeOrUnknown);
    const id = isPartial(status) ? rows.name(field.job, 'an id') : readJobId(rows, field.job, jobs);
    const submitMs = rows.number(field.submit, submitTime);
    const durationMs = rows.number(field.run, runTime);
    const allocated = rows.number(field.allocated, wholeOrUnknown);
    const requested = rows.number(field.requested, wholeOrUnknown);
    const user = rows.number(field.user, wholeOrUnknown);
    for (const unused of unusedFields) rows.number(unused, numberOrUnknown);
    const tasks = allocated > 0 ? allocated : requested;
    const tasksField = allocated > 0 ? field.allocated : field.requested;
    if (tasks > (taskCount.max ?? Infinity)) rows.problem(tasksField, taskCount.expected);
    // Run times between -1 and 0 are no convention of the archive.
    if (durationMs < 0 && durationMs !== -1000) rows.problem(field.run, runTime.expected);
    if (!rows.isGood) continue;
    if (isPartial(status) || durationMs < 0 || tasks <= 0) {
      omitted += 1;
      continue;
    }
    jobs.add({
      rowNumber: rows.rowNumber,
      id,
      submitMs,
      durationMs,
      tasks,
      cpusMilli: 1000,
      user: user === -1 ? unknownUser : String(user),
    });
  }
  const skipped = log.finish(table.file, jobs.count);
  return jobs.finish({name, skipped, omitted, machineProcessors: machineProcessors(text)});
}

function machineProcessors(text: string): number | undefined {
  const value = /^;\s*MaxProcs:\s*(\d+)\s*$/mu.exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}
