/** A job as the core keeps it: its definition ready for use, and all that has become of it. */
import type {JobDefinition} from '../definition/job-definition.ts';
import type {JobRules} from '../definition/rules.ts';
import type {Trigger} from '../definition/trigger.ts';
import type {LaunchSpec} from '../launch/launch-spec.ts';
import {isLaunched, type HistoryEntry, type Run} from '../runs/run.ts';
import type {Edges, EdgesDocument} from './edges.ts';
import type {RunList} from './run-list.ts';

/** Where a schedule stands. Instants are ms since 1970. */
export interface ScheduleState {
  /** As its user wrote it, and the zone beside it: the same again changes nothing. */
  readonly submitted: string;
  readonly zone: string;
  /** The same with its start written out, where it was left to the moment of submission. */
  readonly anchored: string;
  /** Repetitions; null: endless. */
  left: number | null;
  /** The first slot that is neither claimed, nor waiting, nor skipped; null: there is none. */
  next: number | null;
  /** Slots that were due and wait for the active run to end; oldest first. */
  pending: readonly number[];
}

/** What is counted of a job's cycles: a run with its retries is one (reference part 1.6). */
export interface JobCounters {
  readonly successCount: number;
  readonly errorCount: number;
  readonly errorsSinceLastSuccess: number;
  /** Ms since 1970. */
  readonly lastSuccess: number | undefined;
  readonly lastError: number | undefined;
}

export const NO_COUNTS: JobCounters = {
  successCount: 0,
  errorCount: 0,
  errorsSinceLastSuccess: 0,
  lastSuccess: undefined,
  lastError: undefined,
};

/** Its parents have succeeded, and it waits for its active run to end. */
export interface WaitingFire {
  readonly at: number;
  readonly rootSlot: number;
}

export interface Job {
  readonly name: string;
  /** Its place in the agenda. */
  readonly row: number;
  /** Path of its record. */
  readonly path: string;
  definition: JobDefinition;
  /** Counts its definitions, from 1. */
  version: number;
  trigger: Trigger;
  rules: JobRules;
  spec: LaunchSpec;
  /** Why it cannot be scheduled although it is stored; undefined: it can. */
  fault: string | undefined;
  disabled: boolean;
  schedule: ScheduleState | undefined;
  counters: JobCounters;
  edges: Edges | undefined;
  fire: WaitingFire | undefined;
  /** The latest `due` of a run that no slot was claimed for. */
  lastDue: number;
  /** The latest slot that was claimed, under whatever schedule; 0: none was. */
  lastSlot: number;
  /** By `due`, in order of their claims. */
  readonly runs: RunList;
  /** Oldest first. */
  readonly history: HistoryEntry[];
  /** Runs that have ended: the number of the newest in the history. */
  ended: number;
  /** When it is to be looked at next; Infinity: when something happens. */
  wakeAt: number;
  /** What has changed of it in the call that is being made: see {@link JobBook}. */
  readonly news: JobNews;
}

export interface JobNews {
  /** `wakeAt` may have moved. */
  isTouched: boolean;
  /** Its record is to be written. */
  isChanged: boolean;
  /** So are those of these runs. */
  runs: Run[];
}

export interface JobDocument {
  readonly name: string;
  readonly definition: JobDefinition;
  readonly version: number;
  readonly disabled: boolean;
  readonly schedule?: ScheduleState | undefined;
  readonly counters: JobCounters;
  readonly edges?: EdgesDocument | undefined;
  readonly fire?: WaitingFire | undefined;
  readonly lastDue: number;
  readonly lastSlot: number;
  readonly ended: number;
}

export function jobDocument(job: Job): JobDocument {
  const {name, definition, version, disabled, schedule, counters, edges, fire} = job;
  const {lastDue, lastSlot, ended} = job;
  return {
    name,
    definition,
    version,
    disabled,
    schedule: schedule === undefined ? undefined : {...schedule},
    counters,
    edges: edges?.document(),
    fire,
    lastDue,
    lastSlot,
    ended,
  };
}

/** Whether a run of it stands in the way of another one. */
export function isActive({runs}: Job): boolean {
  for (const {state} of runs.values()) if (state !== 'held') return true;
  return false;
}

/** Tasks of it that may be there. */
export function launchedCount({runs}: Job): number {
  let count = 0;
  for (const run of runs.values()) if (isLaunched(run)) count += 1;
  return count;
}

/**
 * No repetition is left, and nothing of it is under way: it will not run again by itself. Whether
 * it is disabled besides depends on how its last run ended.
 */
export function isExhausted({schedule, runs, fire}: Job): boolean {
  if (schedule === undefined || runs.size > 0 || fire !== undefined) return false;
  return schedule.pending.length === 0 && (schedule.left === 0 || schedule.next === null);
}
