/** The suite `marathon`: services at size. Its targets are the project's own. */
import type {Reading, Suite} from '../bench.ts';
import {ratiosOf} from '../statistics.ts';
import {makePlanBench} from './plan.ts';
import {makeWholeRunBench} from './whole-runs.ts';

const SIZES = [1000, 10_000, 100_000];
const APPS = 10_000;

export function makeMarathonSuite(): Suite {
  return {
    name: 'marathon',
    about: 'services at size: scaling, groups, plans, rolling upgrades; growth is per instance',
    benches: [
      ...SIZES.map((size) => makeWholeRunBench('scale', size)),
      makeWholeRunBench('group', APPS),
      makePlanBench(),
      ...SIZES.map((size) => makeWholeRunBench('upgrade', size)),
    ],
    targets: [
      {name: 'marathon/scale/100000/process-time', bound: 'atMost', value: 10},
      {name: `marathon/group/${APPS}/process-time`, bound: 'atMost', value: 10},
      {name: 'marathon/plan/10000/time', bound: 'atMost', value: 200},
      {name: 'marathon/upgrade/100000/process-time', bound: 'atMost', value: 60},
      {name: 'marathon/upgrade/100000/memory-peak', bound: 'atMost', value: 3072},
      {name: 'marathon/scale/growth', bound: 'atMost', value: 1},
      {name: 'marathon/upgrade/growth', bound: 'atMost', value: 1},
    ],
    derive,
  };
}

/** Time per instance at the largest size, as a multiple of that at the smallest. */
function derive(valuesOf: (name: string) => readonly number[] | undefined): readonly Reading[] {
  return ['scale', 'upgrade'].flatMap((kind) => {
    const large = valuesOf(`marathon/${kind}/100000/time-per-instance`);
    const small = valuesOf(`marathon/${kind}/1000/time-per-instance`);
    if (large === undefined || small === undefined) return [];
    return [{name: `marathon/${kind}/growth`, unit: '×', values: ratiosOf(large, small)}];
  });
}
