/** Jobs over one virtual year, every run through the whole core. */
import {demand, type Bench} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';
import {MIX} from './jobs.ts';
import type {YearOutcome} from './year-run.ts';

const PROGRAM = new URL('./year-run.ts', import.meta.url);
const QUICK_JOBS = 100;

export function makeYearBench(jobs: number): Bench {
  const name = `chronos/year/${jobs}`;
  return {
    name,
    about: `${jobs} jobs, hourly to monthly in ten zones, over a year: each run from claim to end`,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const count = isQuick ? QUICK_JOBS : jobs;
      const run = runWhole({program: PROGRAM, arguments: [`${count}`], profileFile});
      const outcome = JSON.parse(run.stdout) as YearOutcome;
      check(name, outcome);
      return [
        {name: `${name}/rate`, unit: '/s', values: [outcome.finished / outcome.processSeconds]},
        {name: `${name}/runs`, unit: '', values: [outcome.finished]},
        ...usageReadings(name, run),
      ];
    },
  };
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
