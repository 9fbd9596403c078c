/**
 * What a Chronos promises, whatever happens: random jobs, graphs, clocks, requests and faults,
 * watched by checkers that know only what can be seen from outside (`testing/`).
 *
 * Each promise was seen to be broken by a mistake made on purpose:
 *
 * - once, slots: `schedule.next` or `lastSlot` not recorded; a changed schedule that forgets what
 *   was claimed; skips for overlap that say nothing; groups that are not split in `neighbours`; a
 *   slot of just epsilon; wall slots of a cron in the hour that is repeated; another offset than
 *   the anchor's;
 * - repetitions: none taken by a claim;
 * - single: runs that are unreachable or wait for a retry do not count as active; `withdraw` does
 *   nothing; what is unreachable is lost at once; a claim that is not in its job's record; FORBID
 *   that is not looked at;
 * - live: TASK_UNKNOWN says nothing; nothing is asked, or the queue not taken up, by a new leader;
 *   kills are not sent again; the end of a run releases nothing;
 * - edges: not reset by a claim, not recorded, fired at the greatest count or for disabled
 *   children; softError that fires nothing;
 * - fence: an engine that was deposed goes on; writes of an old epoch;
 * - launches: one retry more; attempts that are not counted; `strict` that launches again;
 * - same: `lastDue`, or what the master was told, forgotten; runs of jobs that are gone are found;
 *   the printed text taken for another schedule;
 * - written: what is done, or answered, or launched too late, without a record of it; a run by hand
 *   that replaces itself.
 */
import test from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../adapters/zones/temporal-zones.ts';
import {testPromises} from '../testing/promises.ts';
import {histories} from './testing/drawn.ts';
import {PROMISES} from './testing/promises.ts';
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

testPromises(PROMISES, property, {title: 'nothing throws', numRuns: RUNS, ...SEED});

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
