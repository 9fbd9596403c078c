/** A: everything is free, everything is offered, nothing is left, everything comes back. */
import {AGENT, demandCount, demandFairOffers, Fleet} from './fleet.ts';
import type {Roles} from './fleet.ts';
import {Meter, numberOf, textOf} from './scenario.ts';
import type {Scenario} from './scenario.ts';

/** By then the compiler has seen enough. */
const WARM_ROUNDS = 9;

export const fullCycle: Scenario = (parameters, meter) => {
  // A master that has been running: the compiler has seen clusters of this size.
  for (let left = numberOf(parameters, 'before'); left > 0; left -= 1) {
    measureCluster(parameters, new Meter());
  }
  measureCluster(parameters, meter);
};

const measureCluster: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const fleet = new Fleet();
  const joining = fleet.joining(agents, AGENT);
  meter.time('add-frameworks', () => {
    fleet.addFrameworks(frameworks, textOf(parameters, 'roles') as Roles);
  });
  meter.time('register', () => fleet.addAgents(joining));
  meter.noteMemory('memory-registered');
  const first = meter.time('full-cycle', () => fleet.cycle());
  demandFairOffers(first, agents, frameworks);
  const idle = meter.time('idle-cycle', () => fleet.cycle());
  demandCount('offers when all is taken', idle.length, 0);
  meter.time('recover', () => {
    fleet.giveBack(first);
  });
  const second = meter.time('second-cycle', () => fleet.cycle());
  demandFairOffers(second, agents, frameworks);
  let offers = second;
  for (let round = 0; round < WARM_ROUNDS; round += 1) {
    fleet.giveBack(offers);
    offers = meter.time('warm-cycle', () => fleet.cycle());
    demandFairOffers(offers, agents, frameworks);
  }
};
