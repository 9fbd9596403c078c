/** Metrics of jobs, in the form of Dropwizard (reference part 6). */
import type {Job} from '../jobs/job.ts';
import {meanOf, nearestRank, sortedTimes} from './run-times.ts';

const MANAGER = 'org.apache.mesos.chronos.scheduler.jobs.TaskManager';

export function metricsForm(jobs: readonly Job[]): object {
  const counters = jobs.flatMap(({name, counters: {successCount, errorCount}}) => [
    [`jobs.run.success.${name}`, {count: successCount}] as const,
    [`jobs.run.failure.${name}`, {count: errorCount}] as const,
  ]);
  const histograms = jobs.map((job) => [`jobs.run.time.${job.name}`, histogramForm(job)] as const);
  return {
    version: '4.0.0',
    gauges: {
      [`${MANAGER}.queueSize`]: {value: queuedCount(jobs, false)},
      [`${MANAGER}.highQueueSize`]: {value: queuedCount(jobs, true)},
    },
    counters: Object.fromEntries(counters),
    histograms: Object.fromEntries(histograms),
    meters: {},
    timers: {},
  };
}

function queuedCount(jobs: readonly Job[], isHigh: boolean): number {
  let count = 0;
  for (const {rules, runs} of jobs) {
    if (rules.isHighPriority !== isHigh) continue;
    for (const {state} of runs.values()) if (state === 'queued') count += 1;
  }
  return count;
}

/** Of the runs that the history keeps; ms. */
function histogramForm(job: Job): object {
  const sorted = sortedTimes(job);
  const mean = meanOf(sorted);
  const squares = sorted.map((time) => (time - mean) ** 2);
  return {
    count: sorted.length,
    max: sorted.at(-1) ?? 0,
    mean,
    min: sorted[0] ?? 0,
    p50: nearestRank(sorted, 50),
    p75: nearestRank(sorted, 75),
    p95: nearestRank(sorted, 95),
    p98: nearestRank(sorted, 98),
    p99: nearestRank(sorted, 99),
    p999: nearestRank(sorted, 99.9),
    stddev: Math.sqrt(meanOf(squares)),
  };
}
