/**
 * What Marathon promises, whatever happens: random apps, groups, changes, faults, failovers,
 * watched by checkers that know only what can be seen from outside (`testing/checkers.ts`).
 *
 * Each promise was seen to be broken by a mistake made on purpose:
 *
 * - health: `RollingUpgrade` sentences without looking at its floor;
 * - count: the scale check makes one more than is wanted (`<=` in `Marathon`'s `#balance`);
 * - capacity: `- this.#started` left out of `RollingUpgrade`'s `#launch`;
 * - once: a relaunched instance keeps its incarnation;
 * - role: `matchOffer` asks the lanes of another role than the offer's;
 * - needs: `launch` takes only the first kind of what is needed;
 * - constraints: running instances left out of `isPlaced`;
 * - delayCap: `Math.min` left out of `BackoffTable.add`; delay: a lane that is delayed stays open;
 * - sentence: new instances are not relaunched in an upgrade; a paused upgrade decides;
 * - kill: every sign of life of a task is answered with a kill;
 * - dependencies: `planSteps` sorts its layers the other way round; `Graph` forgets dependencies on
 *   groups; steps: the next step begins while actions of this one are open;
 * - proof: a scale action does not wait for its new instances; one that is relaunched stays proven;
 * - rollback: `revertChange` leaves apps that were added; cancel: it rolls back;
 * - end: `report('gone', …)` left out of `Lifecycle`'s `#forget`; upgrades never look again; a
 *   scale action never looks whether there are too many;
 * - nothing throws: amounts are not compared in `judge`, and more is taken than was offered.
 */
import fc from 'fast-check';
import {testPromises} from '../testing/promises.ts';
import {PROMISES} from './testing/checkers.ts';
import {histories, RandomWorld} from './testing/random-world.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 1000);
const SEED = process.env['FC_SEED'] === undefined ? {} : {seed: Number(process.env['FC_SEED'])};

const property = fc.property(histories, (acts) => {
  const world = new RandomWorld();
  for (const act of acts) world.take(act);
  world.calmDown();
  world.checkEnd();
});

const title = 'nothing throws, and no launch takes more than was offered';
testPromises(PROMISES, property, {title, numRuns: RUNS, ...SEED});
