/** What a timetable is made of: jobs as their users wrote them, and what is expected of them. */
import type {ChronosOptions, JobDefinition, TimeZones} from '../../engine/index.ts';

/** Where an expected duration comes from. */
export type DurationSource = 'assumed' | 'history' | 'scenario';

export interface PlannedJob {
  readonly definition: JobDefinition;
  /** How long a run of it is expected to take. */
  readonly durationMs: number;
  readonly durationFrom: DurationSource;
  /** When it is submitted, ms since 1970; undefined: it has been there for long. */
  readonly submittedAt?: number | undefined;
}

/** Instants are ms since 1970. */
export interface Window {
  readonly fromMs: number;
  /** Not included. */
  readonly untilMs: number;
}

export interface Plan {
  readonly jobs: readonly PlannedJob[];
  readonly window: Window;
  /** Not after the window: what is foreseen before it is not told, but goes on in it. */
  readonly beginMs: number;
  /** The cluster's: what holds where a job says nothing. */
  readonly options: ChronosOptions;
  readonly timeZones: TimeZones;
}
