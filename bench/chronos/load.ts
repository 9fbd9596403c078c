/** From the records of a store to jobs that are armed. */
import type {Bench} from '../bench.ts';
import {makeJobsBench} from './jobs-bench.ts';
import type {LoadOutcome} from './load-run.ts';

export function makeLoadBench(jobs: number): Bench {
  const name = `chronos/load/${jobs}`;
  return makeJobsBench({
    name,
    about: `${jobs} jobs are read from their records and armed for their first slots`,
    program: new URL('./load-run.ts', import.meta.url),
    jobs,
    jobsQuick: 1000,
    readingsOf: ({loadSeconds, submitSeconds}: LoadOutcome) => [
      {name: `${name}/load-time`, unit: 's', values: [loadSeconds]},
      {name: `${name}/submit-time`, unit: 's', values: [submitSeconds]},
    ],
  });
}
