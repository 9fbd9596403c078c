/** Jobs over one virtual year, every run through the whole core. */
import {demand, type Bench} from '../bench.ts';
import {makeJobsBench} from './jobs-bench.ts';
import {MIX} from './jobs.ts';
import type {YearOutcome} from './year-run.ts';

export function makeYearBench(jobs: number): Bench {
  const name = `chronos/year/${jobs}`;
  return makeJobsBench({
    name,
    about: `${jobs} jobs, hourly to monthly in ten zones, over a year: each run from claim to end`,
    program: new URL('./year-run.ts', import.meta.url),
    jobs,
    jobsQuick: 100,
    readingsOf: (outcome: YearOutcome) => {
      check(name, outcome);
      return [
        {name: `${name}/rate`, unit: '/s', values: [outcome.finished / outcome.processSeconds]},
        {name: `${name}/runs`, unit: '', values: [outcome.finished]},
      ];
    },
  });
}

/** As many runs as the periods make in a year, but for those at its two ends. */
function check(name: string, {jobs, launches, finished}: YearOutcome): void {
  const whole = MIX.reduce((sum, share) => sum + share.jobs, 0);
  const wanted = MIX.reduce(
    (sum, share) => sum + Math.round((share.jobs * jobs) / whole) * share.runsPerYear,
    0,
  );
  demand(
    Math.abs(launches - wanted) <= 2 * jobs && launches - finished < jobs,
    () => `${name}: ${launches} launches and ${finished} ends, not about ${wanted}`,
  );
}
