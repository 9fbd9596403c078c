/**
 * A round of the allocator: every agent is offered to whoever is due for it, and every offer is
 * declined.
 */
import {
  agentIdOf,
  Allocator,
  ALLOCATOR_DEFAULTS,
  makeRandom,
  ScalarKinds,
} from '../../engine/index.ts';
import type {Subscriber} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import type {MicroSubject} from '../micro-bench.ts';

const INTERVAL_MS = ALLOCATOR_DEFAULTS.allocationIntervalMs;

export function makeAllocatorRound(agents: number, frameworks: number): MicroSubject {
  const kinds = new ScalarKinds();
  const allocator = new Allocator(ALLOCATOR_DEFAULTS, {
    kinds,
    random: makeRandom(1, 'allocator-round'),
    seed: 1,
    weights: new Map(),
    startedAt: 0,
  });
  const total = kinds.compile({
    scalars: {cpus: 24_000, mem: 4_096_000, disk: 4_096_000},
    ranges: {ports: [[31_000, 32_000]]},
  });
  for (let agent = 0; agent < agents; agent += 1) {
    const name = `agent-${agent}`;
    allocator.addAgent({id: agentIdOf(name), hostname: name, attributes: {}}, total);
  }
  const subscribers = addFrameworks(allocator, frameworks);
  let now = 0;
  let offers = 0;
  let rounds = 0;
  return {
    run: () => {
      now += INTERVAL_MS;
      const {grants} = allocator.run(now);
      for (const {subscriber, agent, resources} of grants) {
        allocator.offerEnded(subscriber);
        allocator.recover(subscriber, agent, resources);
      }
      offers += grants.length;
      rounds += 1;
    },
    check: () => {
      demand(offers === rounds * agents, () => `${offers} offers in ${rounds} rounds`);
      demand(
        subscribers.every((subscriber) => (allocator.allocationOf(subscriber)[0] ?? 0) === 0),
        () => 'declined offers did not come back',
      );
    },
  };
}

/** Each in a role of its own. */
function addFrameworks(allocator: Allocator, count: number): readonly Subscriber[] {
  return Array.from({length: count}, (_, at) => {
    const [id, role] = [`framework-${at}`, `role-${at}`];
    allocator.addFramework(id, {
      roles: [role],
      suppressed: [],
      capabilities: ['MULTI_ROLE'],
      minAllocatable: {},
      constraints: undefined,
    });
    return allocator.subscriberOf(id, role);
  });
}
