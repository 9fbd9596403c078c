/** All suites, by name. A new one is added here and nowhere else. */
import {makeAllocatorSuite, makeGridSuite} from './allocator/suite.ts';
import type {Suite} from './bench.ts';
import {makeChronosSuite} from './chronos/suite.ts';
import {makeMarathonSuite} from './marathon/suite.ts';
import {makeServerSuite} from './server/suite.ts';
import {makeSimSuite} from './sim/suite.ts';

/** Suites are made on demand: their benches remember what they have seen in a session. */
export const SUITES: ReadonlyMap<string, () => Suite> = new Map([
  ['sim', makeSimSuite],
  ['allocator', makeAllocatorSuite],
  ['allocator-grid', makeGridSuite],
  ['marathon', makeMarathonSuite],
  ['chronos', makeChronosSuite],
  ['server', makeServerSuite],
]);

/** One line, for whoever asked for something else. */
export function suiteNames(): string {
  return [...SUITES.keys()].join(', ');
}
