/** Jobs of Chronos's form, and how they stand, in the words of its answers (reference part 3.3). */
import type {ChronosDefinition} from '../definition/job-definition.ts';
import {printChronosJob, printListedJob} from '../definition/print-chronos-job.ts';
import type {JobBook} from '../jobs/job-book.ts';
import {isExhausted, launchedCount, type Job} from '../jobs/job.ts';
import {printedSchedule} from '../jobs/make-job.ts';

/** Each API shows the jobs of its own form alone: the other one's cannot be written in it. */
export type ChronosJob = Job & {readonly definition: ChronosDefinition};

export function isChronosJob(job: Job): job is ChronosJob {
  return job.definition.form === 'chronos';
}

export function chronosJob(book: JobBook, name: string): ChronosJob | undefined {
  const job = book.get(name);
  return job !== undefined && isChronosJob(job) ? job : undefined;
}

/** By name. */
export function chronosJobs(book: JobBook): readonly ChronosJob[] {
  return book.sorted().filter(isChronosJob);
}

type Json = Readonly<Record<string, unknown>>;

/** `error`, which Chronos does not have: why a stored job cannot be scheduled. */
export function jobForm(job: ChronosJob): Json {
  return {...printChronosJob(job.definition, figuresOf(job)), ...errorOf(job)};
}

export function listedJobForm(job: ChronosJob): Json {
  return {...printListedJob(job.definition, figuresOf(job)), ...errorOf(job)};
}

export function summaryForm(job: ChronosJob): Json {
  const {name, definition, disabled} = job;
  return {
    name,
    status: statusOf(job),
    state: stateOf(job),
    schedule: printedSchedule(job) ?? '',
    parents: definition.parents ?? [],
    disabled,
    ...errorOf(job),
  };
}

function figuresOf(job: Job): Parameters<typeof printChronosJob>[1] {
  return {...job.counters, schedule: printedSchedule(job), disabled: job.disabled};
}

function errorOf({fault}: Job): Json {
  return fault === undefined ? {} : {error: fault};
}

/** How its last cycle ended; `fresh`: none has. */
export function statusOf({
  counters: {lastSuccess, lastError},
}: Job): 'failure' | 'fresh' | 'success' {
  if (lastSuccess === undefined) return lastError === undefined ? 'fresh' : 'failure';
  return lastError === undefined || lastSuccess > lastError ? 'success' : 'failure';
}

/**
 * A run that waits for its retry is no run of the queue yet. Chronos does not know `exhausted`: no
 * repetition is left.
 */
export function stateOf(job: Job): string {
  const launched = launchedCount(job);
  if (launched > 0) return `${launched} running`;
  for (const {state} of job.runs.values()) if (state === 'queued') return 'queued';
  return isExhausted(job) ? 'exhausted' : 'idle';
}
