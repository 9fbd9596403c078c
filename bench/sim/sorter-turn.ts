/**
 * The DRF sorter in its everyday work: one client of many is given something, and the order is
 * asked for.
 */
import {DrfSorter, makeRandom, Pool, sortedClients} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import type {MicroSubject} from '../micro-bench.ts';

const DRAWS = 65_536;
/** 10,000 agents of cpus:24;mem:4096. */
const POOL = [240_000_000, 40_960_000_000];
const GIVEN = {
  agent: 0,
  resources: {scalars: [1000, 32_000], ranges: [], sets: [], special: []},
};

export function makeSorterTurn(clients: number, turns: number): MicroSubject {
  const pool = new Pool();
  pool.add(POOL, 1);
  const sorter = new DrfSorter(pool);
  for (let client = 0; client < clients; client += 1) {
    sorter.activate(sorter.add(`framework-${client}`));
  }
  const random = makeRandom(1, 'sorter-turn');
  const draws = Int32Array.from({length: DRAWS}, () => random.below(clients));
  const counts = new Int32Array(clients);
  let turn = 0;
  let firsts = 0;
  return {
    run: () => {
      for (let left = turns; left > 0; left -= 1) {
        const client = draws[turn & (DRAWS - 1)] as number;
        sorter.allocated(client, GIVEN);
        counts[client] = (counts[client] as number) + 1;
        sorter.start();
        firsts += sorter.next();
        turn += 1;
      }
    },
    check: () => {
      demand(firsts >= 0 && turn > 0, () => 'nobody was first');
      checkOrder(sorter, counts);
    },
  };
}

/** All were given the same, so the order is by how often, then by name. */
function checkOrder(sorter: DrfSorter, counts: Int32Array): void {
  const path = (client: number): string => `framework-${client}`;
  const wanted = Array.from(counts.keys()).sort((left, right) => {
    const byCount = (counts[left] as number) - (counts[right] as number);
    return byCount !== 0 ? byCount : path(left) < path(right) ? -1 : 1;
  });
  const found = sortedClients(sorter);
  demand(String(found) === String(wanted), () => 'the sorter is out of order');
}
