/**
 * How long the runs of a job took, from when they were due to their success: from its history, so
 * of as many runs as that keeps (reference part 5).
 */
import type {Job} from '../jobs/job.ts';

/** By the names of Chronos's answers; ms, but for `count`. */
export interface RunTimes {
  readonly '75thPercentile': number;
  readonly '95thPercentile': number;
  readonly '98thPercentile': number;
  readonly '99thPercentile': number;
  readonly median: number;
  /** Unlike Chronos's, which is the median. */
  readonly mean: number;
  readonly count: number;
}

export function runTimes(job: Job): RunTimes {
  const sorted = sortedTimes(job);
  return {
    '75thPercentile': nearestRank(sorted, 75),
    '95thPercentile': nearestRank(sorted, 95),
    '98thPercentile': nearestRank(sorted, 98),
    '99thPercentile': nearestRank(sorted, 99),
    median: nearestRank(sorted, 50),
    mean: meanOf(sorted),
    count: sorted.length,
  };
}

/** Ascending, ms. */
export function sortedTimes({history}: Job): readonly number[] {
  const times = history.flatMap(({outcome, endedAt, due}) =>
    outcome === 'success' ? [endedAt - due] : [],
  );
  return times.sort((one, two) => one - two);
}

/** The least time that so many percent do not exceed; 0 where there is none. */
export function nearestRank(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

export function meanOf(sorted: readonly number[]): number {
  return sorted.length === 0 ? 0 : sorted.reduce((sum, time) => sum + time, 0) / sorted.length;
}
