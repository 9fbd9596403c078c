/** A: everything is free, everything is offered, nothing is left, everything comes back. */
import {AGENT, demandCount, demandFairOffers, Fleet} from './fleet.ts';
import type {Roles} from './fleet.ts';
import {numberOf, textOf} from './scenario.ts';
import type {Scenario} from './scenario.ts';

export const fullCycle: Scenario = (parameters, meter) => {
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
};
