import {JobColumns} from './job-columns.ts';
import type {ReadContext} from './read-context.ts';
import {amount, milliseconds, RowReader, seconds, taskCount, wholeAmount} from './row-reader.ts';
import type {NumberRule} from './row-reader.ts';
import type {JobTrace} from './trace.ts';

/** The user of a job whose trace does not name one. */
export const unknownUser = 'unknown';

/** The Parallel Workloads Archive's LCG-2005 in four columns: jobs of one processor. */
export function parseLcgJobs({table, log, name}: ReadContext): JobTrace {
  const at = (column: string): number => table.columns.indexOf(column);
  const [submit, runtime, user, partition] = [
    at('submit_s'),
    at('runtime_s'),
    at('user'),
    at('partition'),
  ];
  const rows = new RowReader(table, log);
  const jobs = new JobColumns();
  while (rows.next()) {
    const job = {
      rowNumber: rows.rowNumber,
      submitMs: rows.number(submit, seconds),
      durationMs: rows.number(runtime, seconds),
      tasks: 1,
      cpusMilli: 1000,
      user: rows.name(user, 'a user'),
    };
    rows.name(partition, 'a partition');
    if (rows.isGood) jobs.add(job);
  }
  return jobs.finish({name, skipped: log.finish(table.file, jobs.count)});
}

const megahertz: NumberRule = {...amount, expected: 'a number of MHz, 0 or more'};
const cpusOfJob: NumberRule = {...amount, expected: 'a number of cpus above 0', min: 0.001};

/** The surf week of OpenDC: jobs that fit one machine, so each is one task with all its cores. */
export function parseSurfJobs({table, log, name}: ReadContext): JobTrace {
  const at = (column: string): number => table.columns.indexOf(column);
  const [id, submit, duration] = [at('id'), at('submit_ms'), at('duration_ms')];
  const [cpus, speed, mem] = [at('cpu_count'), at('cpu_capacity_mhz'), at('mem_mb')];
  const rows = new RowReader(table, log);
  const jobs = new JobColumns();
  while (rows.next()) {
    const job = {
      rowNumber: rows.rowNumber,
      id: readJobId(rows, id, jobs),
      submitMs: rows.number(submit, milliseconds),
      durationMs: rows.number(duration, milliseconds),
      tasks: 1,
      cpusMilli: rows.number(cpus, cpusOfJob),
      memMilli: rows.number(mem, amount),
      user: unknownUser,
    };
    rows.number(speed, megahertz);
    if (rows.isGood) jobs.add(job);
  }
  return jobs.finish({name, skipped: log.finish(table.file, jobs.count)});
}

const optionalAmount: NumberRule = {...amount, blank: 0};
const optionalWhole: NumberRule = {...wholeAmount, blank: 0};

/** Drydock's own table of jobs: `id,submit_s,duration_s,tasks,cpus,mem_mb[,disk_mb,gpus,user]`. */
export function parsePlainJobs({table, log, name}: ReadContext): JobTrace {
  const at = (column: string): number => table.columns.indexOf(column);
  const [id, submit, duration, tasks] = [at('id'), at('submit_s'), at('duration_s'), at('tasks')];
  const [cpus, mem, disk, gpus, user] = [
    at('cpus'),
    at('mem_mb'),
    at('disk_mb'),
    at('gpus'),
    at('user'),
  ];
  const rows = new RowReader(table, log);
  const jobs = new JobColumns();
  while (rows.next()) {
    const job = {
      rowNumber: rows.rowNumber,
      id: readJobId(rows, id, jobs),
      submitMs: rows.number(submit, seconds),
      durationMs: rows.number(duration, seconds),
      tasks: rows.number(tasks, taskCount),
      cpusMilli: rows.number(cpus, amount),
      memMilli: rows.number(mem, amount),
      diskMilli: disk === -1 ? undefined : rows.number(disk, optionalAmount),
      gpusMilli: gpus === -1 ? undefined : rows.number(gpus, optionalWhole),
      user: rows.text(user) || unknownUser,
    };
    if (rows.isGood) jobs.add(job);
  }
  return jobs.finish({name, skipped: log.finish(table.file, jobs.count)});
}

/** An id names one job: a second job of the same id is a problem. */
export function readJobId(rows: RowReader, cell: number, jobs: JobColumns): string {
  const id = rows.name(cell, 'an id');
  if (jobs.hasId(id)) rows.problem(cell, 'an id that no earlier row has');
  return id;
}
