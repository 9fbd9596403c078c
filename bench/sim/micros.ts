/** The micro-benchmarks of the suite `sim`. */
import {addRanges, makeRanges, parseAmounts, subtractRanges} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import type {Micro} from '../micro-bench.ts';
import {makeAgendaHold, makeLibraryHold} from './agenda-hold.ts';
import {makeAllocatorRound} from './allocator-round.ts';
import {makeSorterTurn} from './sorter-turn.ts';

const HOLDS = 1000;
const SORTER_TURNS = 1000;
const ALLOCATOR_AGENTS = 1000;
const ALLOCATOR_FRAMEWORKS = 50;

export const SIM_MICROS: readonly Micro[] = [
  ...[1000, 100_000].flatMap((held): readonly Micro[] => [
    {
      name: `sim/agenda/${held}`,
      about: `our agenda with ${held} entries: take the first, add one at random`,
      operations: HOLDS,
      unit: 'ns',
      make: () => makeAgendaHold(held, HOLDS),
    },
    {
      name: `sim/agenda/${held}/library`,
      about: `the same on @datastructures-js/priority-queue`,
      operations: HOLDS,
      unit: 'ns',
      make: () => makeLibraryHold(held, HOLDS),
    },
  ]),
  {
    name: 'sim/drf-sorter/10000',
    about: 'one of 10,000 clients is given something, and the order is asked for',
    operations: SORTER_TURNS,
    unit: 'ns',
    make: () => makeSorterTurn(10_000, SORTER_TURNS),
  },
  {
    name: 'sim/allocator/round',
    about: `an agent is offered to one of ${ALLOCATOR_FRAMEWORKS} roles and declined`,
    operations: ALLOCATOR_AGENTS,
    unit: 'ns',
    make: () => makeAllocatorRound(ALLOCATOR_AGENTS, ALLOCATOR_FRAMEWORKS),
  },
  {
    name: 'sim/ranges/take-and-give-back',
    about: 'three ports leave 20 ranges of ports and come back',
    operations: 1,
    unit: 'ns',
    make: makePortsTurn,
  },
  {
    name: 'sim/amounts/parse',
    about: 'the text form of an agent with five kinds of resources',
    operations: 1,
    unit: 'ns',
    make: makeParsing,
  },
];

/** Every second port of the first 40 is gone, as on an agent that runs many small tasks. */
function makePortsTurn(): ReturnType<Micro['make']> {
  const holes = Array.from({length: 19}, (_, hole) => 31_001 + 2 * hole);
  const busy = makeRanges(holes.map((port) => [port, port]));
  const free = subtractRanges(makeRanges([[31_000, 32_000]]), busy);
  const wanted = makeRanges([
    [31_004, 31_004],
    [31_500, 31_501],
  ]);
  let now = free;
  return {
    run: () => {
      now = addRanges(subtractRanges(now, wanted), wanted);
    },
    check: () => {
      demand(String(now) === String(free), () => 'ports did not come back as they were');
      demand(free.length === 2 * 20, () => `${free.length / 2} ranges, not 20`);
    },
  };
}

function makeParsing(): ReturnType<Micro['make']> {
  const text = 'cpus:24;mem:4096.5;disk:4096;ports:[31000-31499, 31600-32000];disks:{sda,sdb}';
  let last = parseAmounts(text);
  return {
    run: () => {
      last = parseAmounts(text);
    },
    check: () => {
      demand(last.ok && last.amounts.scalars['mem'] === 4_096_500, () => 'parsed wrongly');
    },
  };
}
