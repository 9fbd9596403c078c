/** From the records of a store to jobs that are armed. */
import type {Bench} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';
import type {LoadOutcome} from './load-run.ts';

const PROGRAM = new URL('./load-run.ts', import.meta.url);
const QUICK_JOBS = 1000;

export function makeLoadBench(jobs: number): Bench {
  const name = `chronos/load/${jobs}`;
  return {
    name,
    about: `${jobs} jobs are read from their records and armed for their first slots`,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const count = isQuick ? QUICK_JOBS : jobs;
      const run = runWhole({program: PROGRAM, arguments: [`${count}`], profileFile});
      const {loadSeconds, submitSeconds} = JSON.parse(run.stdout) as LoadOutcome;
      return [
        {name: `${name}/load-time`, unit: 's', values: [loadSeconds]},
        {name: `${name}/submit-time`, unit: 's', values: [submitSeconds]},
        ...usageReadings(name, run),
      ];
    },
  };
}
