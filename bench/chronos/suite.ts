/** The suite `chronos`: jobs on a timetable, at size. Its targets are the project's own. */
import type {Suite} from '../bench.ts';
import {makeMicroBench} from '../micro-bench.ts';
import {makeLoadBench} from './load.ts';
import {CHRONOS_MICROS} from './next-fire.ts';
import {makeYearBench} from './year.ts';

const YEAR_JOBS = 10_000;
const LOAD_JOBS = 100_000;

export function makeChronosSuite(): Suite {
  return {
    name: 'chronos',
    about: 'jobs on a timetable: a year of runs, the next slot, a store full of jobs',
    benches: [
      makeYearBench(YEAR_JOBS),
      makeLoadBench(LOAD_JOBS),
      ...CHRONOS_MICROS.map(makeMicroBench),
    ],
    targets: [
      {name: `chronos/year/${YEAR_JOBS}/rate`, bound: 'atLeast', value: 30_000},
      {name: `chronos/year/${YEAR_JOBS}/runs`, bound: 'atLeast', value: 2_000_000},
      {name: `chronos/load/${LOAD_JOBS}/load-time`, bound: 'atMost', value: 3},
      ...CHRONOS_MICROS.map(({name}) => ({name, bound: 'atMost', value: 20}) as const),
    ],
    derive: () => [],
  };
}
