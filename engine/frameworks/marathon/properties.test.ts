/**
 * What Marathon promises, whatever happens: random apps, groups, changes, faults, failovers,
 * watched by checkers that know only what can be seen from outside (`testing/checkers.ts`).
 */
import test from 'ava';
import fc from 'fast-check';
import {BrokenPromise, PROMISES, type Promised} from './testing/checkers.ts';
import {histories, RandomWorld} from './testing/random-world.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 1000);
const SEED = process.env['FC_SEED'] === undefined ? {} : {seed: Number(process.env['FC_SEED'])};

const property = fc.property(histories, (acts) => {
  const world = new RandomWorld();
  for (const act of acts) world.take(act);
  world.calmDown();
  world.checkEnd();
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

test('nothing throws, and no launch takes more than was offered', (t) => {
  const isThrown = broken !== undefined && broken.promised === undefined;
  t.false(isThrown, broken?.report);
});

for (const [promised, words] of Object.entries(PROMISES)) {
  test(words, (t) => {
    t.not(broken?.promised, promised as Promised, broken?.report);
  });
}
