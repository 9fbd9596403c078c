/**
 * What a Chronos promises, whatever happens: random jobs, graphs, clocks, requests and faults,
 * watched by checkers that know only what can be seen from outside (`testing/`).
 */
import test from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../adapters/zones/temporal-zones.ts';
import {histories} from './testing/drawn.ts';
import {BrokenPromise, PROMISES, type Promised} from './testing/promises.ts';
import {RandomWorld} from './testing/random-world.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 250);
const SEED = process.env['FC_SEED'] === undefined ? {} : {seed: Number(process.env['FC_SEED'])};

const property = fc.property(histories, (history) => {
  const world = new RandomWorld(history, temporalZones);
  for (const act of history.acts) world.take(act);
  world.calmDown();
  world.checkEnd();
  world.checkPrinted();
});

/** The promise that was broken, and how to see it again; all are watched in every run. */
let broken: {readonly promised: Promised | undefined; readonly report: string} | undefined;

test.before(() => {
  const outcome = fc.check(property, {numRuns: RUNS, includeErrorInReport: true, ...SEED});
  const {errorInstance: error} = outcome;
  if (!outcome.failed) return;
  const promised = error instanceof BrokenPromise ? error.promised : undefined;
  broken = {promised, report: fc.defaultReportMessage(outcome) ?? ''};
});

test('nothing throws', (t) => {
  const isThrown = broken !== undefined && broken.promised === undefined;
  t.false(isThrown, broken?.report);
});

for (const [promised, words] of Object.entries(PROMISES)) {
  test(words, (t) => {
    t.not(broken?.promised, promised as Promised, broken?.report);
  });
}

test('the same history has the same inputs and effects', (t) => {
  fc.assert(
    fc.property(histories, (history) => {
      const [one, two] = [0, 1].map(() => {
        const random = new RandomWorld(history, temporalZones);
        for (const act of history.acts) random.take(act);
        return random.world.trace.join('\n');
      });
      return one === two;
    }),
    {numRuns: Math.ceil(RUNS / 10), ...SEED},
  );
  t.pass();
});
