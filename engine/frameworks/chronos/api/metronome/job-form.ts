/** Jobs of Metronome's form as its answers show them, and what is embedded (reference part 8.3). */
import {valuesOf, type Query} from '../../../http/query.ts';
import type {MetronomeDefinition} from '../../definition/job-definition.ts';
import {
  metronomeInstant,
  printMetronomeJob,
  printMetronomeSchedule,
} from '../../definition/print-metronome-job.ts';
import type {JobBook} from '../../jobs/job-book.ts';
import type {Job} from '../../jobs/job.ts';
import type {HistoryEntry} from '../../runs/run.ts';
import {activeRunForms} from './run-form.ts';

export type MetronomeJob = Job & {readonly definition: MetronomeDefinition};

function isMetronomeJob(job: Job): job is MetronomeJob {
  return job.definition.form === 'metronome';
}

export function metronomeJob(book: JobBook, name: string): MetronomeJob | undefined {
  const job = book.get(name);
  return job !== undefined && isMetronomeJob(job) ? job : undefined;
}

/** By name. */
export function metronomeJobs(book: JobBook): readonly MetronomeJob[] {
  return book.sorted().filter(isMetronomeJob);
}

const EMBEDS = ['activeRuns', 'schedules', 'history', 'historySummary'] as const;
export type Embed = (typeof EMBEDS)[number];
export const EMBEDS_TEXT = EMBEDS.join(', ');

/** `?embed=` may come several times, and with commas; undefined: it says something else. */
export function embedsOf(query: Query): ReadonlySet<Embed> | undefined {
  const words = valuesOf(query, 'embed')
    .flatMap((value) => value.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const embeds = words.flatMap((word) => EMBEDS.find((embed) => embed === word) ?? []);
  return embeds.length < words.length ? undefined : new Set(embeds);
}

type Json = Readonly<Record<string, unknown>>;

/** `error`, which Metronome does not have: why a stored job cannot be scheduled. */
export function jobForm(job: MetronomeJob, embeds: ReadonlySet<Embed>, now: number): Json {
  const {fault} = job;
  return {
    ...printMetronomeJob(job.definition),
    ...(embeds.has('activeRuns') ? {activeRuns: activeRunForms(job)} : {}),
    ...(embeds.has('schedules') ? {schedules: scheduleForms(job, now)} : {}),
    ...(embeds.has('history') ? {history: historyForm(job)} : {}),
    ...(embeds.has('historySummary') ? {historySummary: summaryForm(job)} : {}),
    ...(fault === undefined ? {} : {error: fault}),
  };
}

/**
 * In lists an idle job has no `activeRuns` at all: `dcos job list` takes every job for running that
 * has them, be they none.
 */
export function listedJobForm(job: MetronomeJob, embeds: ReadonlySet<Embed>, now: number): Json {
  const {activeRuns, ...rest} = jobForm(job, embeds, now);
  return job.runs.size === 0 ? rest : {...rest, ...(activeRuns === undefined ? {} : {activeRuns})};
}

export function scheduleForms({definition, trigger}: MetronomeJob, now: number): readonly Json[] {
  const next = trigger.kind === 'schedule' ? trigger.timetable.nextAfter(now) : undefined;
  return definition.schedules.map((schedule) => printMetronomeSchedule(schedule, next));
}

function summaryForm({counters}: MetronomeJob): Json {
  const {successCount, errorCount, lastSuccess, lastError} = counters;
  return {
    successCount,
    failureCount: errorCount,
    lastSuccessAt: textOf(lastSuccess),
    lastFailureAt: textOf(lastError),
  };
}

/** Newest first. What was stopped has failed. */
function historyForm(job: MetronomeJob): Json {
  const newest = [...job.history].reverse();
  const isSuccess = ({outcome}: HistoryEntry): boolean => outcome === 'success';
  return {
    ...summaryForm(job),
    successfulFinishedRuns: newest.filter(isSuccess).map(endedRunForm),
    failedFinishedRuns: newest.filter((entry) => !isSuccess(entry)).map(endedRunForm),
  };
}

function endedRunForm({id, claimedAt, endedAt, tasks}: HistoryEntry): Json {
  return {
    id,
    createdAt: metronomeInstant(claimedAt),
    finishedAt: metronomeInstant(endedAt),
    tasks: tasks.map((task) => task.id),
  };
}

function textOf(ms: number | undefined): string | null {
  return ms === undefined ? null : metronomeInstant(ms);
}
