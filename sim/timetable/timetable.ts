/** A timetable as data: what `drydock timetable --json` prints (docs/timetable.md). */

/** Instants are texts such as `2026-03-29T01:30:00.000Z`, unless their names end in Ms. */
export interface Timetable {
  readonly from: string;
  /** Not included. */
  readonly until: string;
  /** Edition of the tz database. */
  readonly timeZones: string;
  /** What was taken for granted, in words. */
  readonly assumptions: readonly string[];
  /** By name. */
  readonly jobs: readonly TimetableJob[];
  /** What changes of the clock do to slots of this time, by day. */
  readonly clockChanges: readonly ClockChange[];
  /** By instant, then by job. */
  readonly fires: readonly TimetableFire[];
  /** Slots and successes of parents for which nothing runs. */
  readonly skips: readonly TimetableSkip[];
  readonly load: readonly TimetableLoad[];
}

export interface TimetableJob {
  readonly job: string;
  readonly form: 'chronos' | 'metronome';
  /** As written; null: it has none. */
  readonly schedule: string | null;
  /** In which its days are counted; null: it has no schedule. */
  readonly zone: string | null;
  readonly parents: readonly string[];
  readonly disabled: boolean;
  /** How long a run is expected to take. */
  readonly durationMs: number;
  readonly durationFrom: 'assumed' | 'history' | 'scenario';
  readonly fires: number;
  readonly skipped: number;
  readonly first: string | null;
  readonly last: string | null;
  /** What a run holds: cores, MB, pieces. */
  readonly needs: Readonly<Record<string, number>>;
}

export type NoteKind =
  /** The local time that was meant does not exist. */
  | 'shifted'
  /** The same, and the slot falls together with another one. */
  | 'merged'
  /** The local time comes twice, and the job runs once, or each time. */
  | 'once'
  | 'twice'
  | 'beside'
  | 'replaced'
  | 'replaces'
  | 'retried'
  | 'failed'
  /** Its slot was past when its job was submitted. */
  | 'late'
  | 'waits';

export interface TimetableNote {
  readonly kind: NoteKind;
  readonly text: string;
}

export interface TimetableFire {
  readonly job: string;
  readonly kind: 'child' | 'slot';
  /** Its slot; of a child, when its parents let it go. */
  readonly at: string;
  /** The same without an offset in the job's zone, and in the zone that was asked for. */
  readonly local: string;
  readonly zone: string;
  readonly inZone?: string | undefined;
  /** The jobs that it runs after. */
  readonly after: readonly string[];
  /** Null: not before the end of the timetable. */
  readonly start: string | null;
  readonly end: string | null;
  readonly outcome: 'failure' | 'replaced' | 'success';
  /** Attempts after the first one. */
  readonly retries: number;
  readonly notes: readonly TimetableNote[];
}

export interface TimetableSkip {
  readonly job: string;
  readonly kind: 'child' | 'slot';
  /** Instants. */
  readonly first: string;
  readonly last: string;
  /** The first one in the job's zone. */
  readonly local: string;
  readonly zone: string;
  readonly count: number;
  /** `overlap`: another run was active. */
  readonly reason: string;
  readonly text: string;
}

/** What a change of the clock does on one day to some jobs of a zone. */
export interface ClockChange {
  readonly day: string;
  readonly zone: string;
  readonly kind: NoteKind;
  readonly jobs: readonly string[];
  readonly text: string;
}

/** Cores, MB, pieces. */
export interface TimetableLoad {
  readonly resource: string;
  readonly mean: number;
  readonly peak: number;
  readonly peakAt: string;
  /** Those with the most of the peak. */
  readonly peakJobs: readonly {readonly job: string; readonly amount: number}[];
  /** How many have a part in it. */
  readonly peakJobsCount: number;
  /** In equal parts of `stepMs` each, from the start on. */
  readonly series: {
    readonly stepMs: number;
    readonly mean: readonly number[];
    readonly peak: readonly number[];
    /** Means; the last one may be `others`. */
    readonly byJob: readonly {readonly job: string; readonly mean: readonly number[]}[];
  };
}
