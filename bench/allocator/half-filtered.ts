/**
 * A round in which half of the frameworks have refused each agent. A cheap form of the middle of B
 * for large clusters: the filters are made without the offers that led to them, and there are so
 * many at most.
 */
import {AGENT, demandFairOffers, Fleet} from './fleet.ts';
import type {Roles} from './fleet.ts';
import {numberOf, textOf} from './scenario.ts';
import type {Scenario} from './scenario.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;
const FILTERS_MAX = 5_000_000;
/** A prime, so that neighbours are refused by other frameworks. */
const STRIDE = 7919;
const ROUNDS = 3;

export const halfFiltered: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const fleet = new Fleet();
  fleet.addFrameworks(frameworks, textOf(parameters, 'roles') as Roles);
  const joining = fleet.joining(agents, AGENT);
  const slots = fleet.addAgents(joining);
  const subscribers = fleet.frameworks.map((_, at) => fleet.subscriber(at));
  const each = Math.min(Math.floor(frameworks / 2), Math.floor(FILTERS_MAX / agents));
  meter.time('refuse', () => {
    for (const [at, slot] of slots.entries()) {
      const refused = fleet.allocator.availableOn(slot);
      for (let place = 0; place < each; place += 1) {
        const subscriber = subscribers[(at * STRIDE + 2 * place) % frameworks];
        if (subscriber === undefined) continue;
        fleet.allocator.refuse(subscriber, slot, refused, {refuseMs: YEAR_MS, now: fleet.now});
      }
    }
  });
  meter.note('filters', '', each * agents);
  meter.noteMemory('memory-filtered');
  for (let round = 0; round < ROUNDS; round += 1) {
    const grants = meter.time('round', () => fleet.cycle());
    demandFairOffers(grants, agents, 1);
    fleet.giveBack(grants);
  }
};
