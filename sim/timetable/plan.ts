/** What a timetable is made of: jobs as their users wrote them, and what is expected of them. */
import type {ChronosOptions, JobDefinition, TimeZones} from '../../engine/index.ts';

/** Where an expected duration comes from. */
export type DurationSource = 'assumed' | 'history' | 'scenario';

export interface PlannedJob {
  readonly definition: JobDefinition;
  /** How long a run of it is expected to take. */
  readonly durationMs: number;
  readonly durationFrom: DurationSource;
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
  /** The cluster's: what holds where a job says nothing. */
  readonly options: ChronosOptions;
  readonly timeZones: TimeZones;
}
