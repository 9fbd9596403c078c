/** Mesos's `LargeAndSmallQuota` and `NonQuotaVsQuota`. */
import type {AllocatorOptions, Grant} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import {demandCount, demandFairOffers, Fleet} from './fleet.ts';
import {numberOf, textOf} from './scenario.ts';
import type {Scenario} from './scenario.ts';

const AGENT = 'cpus:2;mem:2048;disk:2048';
const SMALL = 'cpus:1;mem:1024;disk:1024';
const LARGE = 'cpus:4;mem:4096;disk:4096';
/** Of the quota of a role in `NonQuotaVsQuota`. */
const AGENTS_PER_ROLE = 2;
const FRAMEWORKS_PER_ROLE = 2;
const IDLE_ROUNDS = 5;

/**
 * As many roles, with a framework each, as agents. Five of six are promised half an agent, and can
 * have no more; the others two agents.
 */
export const largeAndSmallQuota: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const large = agents / 6;
  const fleet = new Fleet({sorter: sorterOf(parameters['sorter'])});
  const joining = fleet.joining(agents, AGENT);
  meter.time('register', () => fleet.addAgents(joining));
  meter.time('add-frameworks', () => {
    for (let at = 0; at < agents - large; at += 1) {
      fleet.addFramework(`framework_small_${at}-0`, `smallQuotaRole${at}`);
    }
    for (let at = 0; at < large; at += 1) {
      fleet.addFramework(`framework_large_${at}-0`, `largeQuotaRole${at}`);
    }
  });
  const [small, big] = [fleet.quantities(SMALL), fleet.quantities(LARGE)];
  meter.time('set-quota', () => {
    for (let at = 0; at < agents - large; at += 1) {
      fleet.allocator.setQuota(`smallQuotaRole${at}`, {guarantees: small, limits: small});
    }
    for (let at = 0; at < large; at += 1) {
      fleet.allocator.setQuota(`largeQuotaRole${at}`, {guarantees: big, limits: big});
    }
  });
  const grants = meter.time('cycle', () => fleet.cycle());
  demandGuarantees(fleet, grants, agents - large);
  meter.note('offers', '', grants.length);
  const idle = meter.time('idle-cycle', () => fleet.cycle());
  demandCount('offers when all guarantees are met', idle.length, 0);
  for (let round = 0; round < IDLE_ROUNDS; round += 1) {
    fleet.changeAll();
    const again = meter.time('idle-cycle/again', () => fleet.cycle());
    demandCount('offers when all guarantees are met', again.length, 0);
  }
  meter.noteMemory('memory');
};

function sorterOf(value: unknown): AllocatorOptions['sorter'] {
  return value === 'random' ? 'random' : 'drf';
}

/** Every role has what it is promised, neither less nor more, in hardly more pieces than needed. */
function demandGuarantees(fleet: Fleet, grants: readonly Grant[], small: number): void {
  const given = new Map<string, number>();
  for (const {subscriber, resources} of grants) {
    const {role} = fleet.allocator.nameOf(subscriber);
    given.set(role, (given.get(role) ?? 0) + (resources.scalars[0] ?? 0));
  }
  for (const [role, cpus] of given) {
    const wanted = role.startsWith('small') ? 1000 : 4000;
    demand(cpus === wanted, () => `${role} was given ${cpus} thousandths of cpus`);
  }
  demandCount('roles with offers', given.size, fleet.frameworks.length);
  const least = small + 2 * (fleet.frameworks.length - small);
  const most = small + 4 * (fleet.frameworks.length - small);
  demand(grants.length >= least && grants.length <= most, () => `${grants.length} offers`);
}

/** Two agents and two frameworks a role; where there are quotas, they are those two agents. */
export const nonQuotaVsQuota: Scenario = (parameters, meter) => {
  const roles = numberOf(parameters, 'roles');
  const agents = AGENTS_PER_ROLE * roles;
  const fleet = new Fleet({sorter: sorterOf(parameters['sorter'])});
  const joining = fleet.joining(agents, AGENT);
  meter.time('register', () => fleet.addAgents(joining));
  meter.time('add-frameworks', () => {
    for (let role = 0; role < roles; role += 1) {
      for (let at = 0; at < FRAMEWORKS_PER_ROLE; at += 1) {
        fleet.addFramework(`framework_${role}-${at}`, `role${role}`);
      }
    }
  });
  const hasQuota = textOf(parameters, 'quota') === 'yes';
  if (hasQuota) {
    const quota = fleet.quantities('cpus:4;mem:4096;disk:4096');
    for (let role = 0; role < roles; role += 1) {
      fleet.allocator.setQuota(`role${role}`, {guarantees: quota, limits: quota});
    }
  }
  const grants = meter.time('cycle', () => fleet.cycle());
  // Chance may give an agent to the same framework twice.
  const among = parameters['sorter'] === 'random' ? 1 : FRAMEWORKS_PER_ROLE * roles;
  demandFairOffers(grants, agents, hasQuota ? Math.min(among, roles) : among);
  const idle = meter.time('idle-cycle', () => fleet.cycle());
  demandCount('offers when all is taken', idle.length, 0);
};
