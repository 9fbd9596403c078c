/** What Marathon promises, whatever happens. */
import test from 'ava';
import fc from 'fast-check';
import {histories, RandomWorld} from './testing/random-world.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 150);
const SEED = process.env['FC_SEED'] === undefined ? {} : {seed: Number(process.env['FC_SEED'])};

test('whatever happens, all promises are kept', (t) => {
  fc.assert(
    fc.property(histories, (acts) => {
      const world = new RandomWorld();
      for (const act of acts) world.take(act);
      world.calmDown();
      const unrest = world.unrest();
      if (unrest !== undefined) throw new Error(`in the end all is as wanted: ${unrest}`);
    }),
    {numRuns: RUNS, includeErrorInReport: true, ...SEED},
  );
  t.pass();
});
