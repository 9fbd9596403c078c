/** The suite `sim`: the core and the simulator. Its targets are the project's own. */
import type {Bench, Reading, Suite} from '../bench.ts';
import {makeMicroBench} from '../micro-bench.ts';
import {ratiosOf} from '../statistics.ts';
import {makeLcgBench} from './lcg.ts';
import {makeLifeCyclesBench, makeSameJobsBench} from './life-cycles.ts';
import {makeMainJobBench} from './main-job.ts';
import {SIM_MICROS} from './micros.ts';

const AGENT_COUNTS = [1000, 10_000, 50_000];

export function makeSimSuite(): Suite {
  const benches: readonly Bench[] = [
    makeLcgBench(),
    ...AGENT_COUNTS.map(makeLifeCyclesBench),
    makeSameJobsBench(50_000, 1000),
    makeMainJobBench(),
    ...SIM_MICROS.map(makeMicroBench),
  ];
  return {
    name: 'sim',
    about: 'the core and the simulator: whole runs, and the parts that runs spend their time in',
    benches,
    targets: [
      {name: 'sim/lcg/process-time', bound: 'atMost', value: 5},
      {name: 'sim/life-cycles/10000/rate', bound: 'atLeast', value: 50_000},
      {name: 'sim/life-cycles/10000/memory-peak', bound: 'atMost', value: 2048},
      {name: 'sim/life-cycles/growth', bound: 'atMost', value: 1.5},
      {name: 'sim/life-cycles/growth/same-jobs', bound: 'atMost', value: 1.5},
      {name: 'sim/main/wall-time', bound: 'atMost', value: 60},
    ],
    derive,
  };
}

function derive(valuesOf: (name: string) => readonly number[] | undefined): readonly Reading[] {
  return [
    ratio('sim/life-cycles/growth', [
      valuesOf('sim/life-cycles/50000/time-per-cycle'),
      valuesOf('sim/life-cycles/1000/time-per-cycle'),
    ]),
    ratio('sim/life-cycles/growth/same-jobs', [
      valuesOf('sim/life-cycles/50000/same-jobs/time-per-cycle'),
      valuesOf('sim/life-cycles/1000/time-per-cycle'),
    ]),
    ...[1000, 100_000].map((held) =>
      ratio(`sim/agenda/${held}/gain`, [
        valuesOf(`sim/agenda/${held}/library`),
        valuesOf(`sim/agenda/${held}`),
      ]),
    ),
  ].flat();
}

type Values = readonly number[] | undefined;

function ratio(name: string, [above, below]: readonly [Values, Values]): readonly Reading[] {
  if (above === undefined || below === undefined) return [];
  return [{name, unit: '×', values: ratiosOf(above, below)}];
}
