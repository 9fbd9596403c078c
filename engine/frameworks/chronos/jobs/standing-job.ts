/** Jobs that have been there for long: what previews begin with, who have no store at hand. */
import type {JobDefinition} from '../definition/job-definition.ts';
import {readTrigger, type Trigger} from '../definition/trigger.ts';
import type {Fault} from '../../json/json-shape.ts';
import type {StoredRecord} from '../../records.ts';
import {jobPath} from './job-book.ts';
import {jobDocument, type ScheduleState} from './job.ts';
import {newJob, ready, type JobContext} from './make-job.ts';

export type StandingResult =
  | {readonly ok: true; readonly record: StoredRecord}
  | {readonly ok: false; readonly faults: readonly Fault[]};

/** Ms since 1970. */
export interface StandingSince {
  /**
   * All slots before this have been run, and nothing is under way. Undefined: it is new, and makes
   * up for what is past as a new job does.
   */
  readonly at: number | undefined;
  /** Where a schedule without a start begins. */
  readonly submittedAt: number;
}

/**
 * The record of a job, as if it had been submitted in time and had missed nothing. Whether its
 * parents are there is for `admit` to say.
 */
export function standingJob(
  definition: JobDefinition,
  context: JobContext,
  {at, submittedAt}: StandingSince,
): StandingResult {
  const read = readTrigger(definition, {...context, now: submittedAt});
  if (!read.ok) return read;
  const {trigger} = read;
  const job = newJob(ready(definition, trigger, context), 0, submittedAt);
  if (job.schedule !== undefined && at !== undefined) {
    Object.assign(job.schedule, stateAt(trigger, at));
  }
  return {ok: true, record: [jobPath(definition.name), jobDocument(job)]};
}

function stateAt(trigger: Trigger, at: number): Partial<ScheduleState> {
  if (trigger.kind !== 'schedule') return {};
  const {timetable, repetitions} = trigger;
  const {first} = timetable;
  const past = first === undefined ? 0 : timetable.count(first, at - 1);
  return {
    next: timetable.nextAfter(at - 1) ?? null,
    left: repetitions === null ? null : Math.max(0, repetitions - past),
  };
}
