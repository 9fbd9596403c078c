/** Mesos's `AddAndUpdateSlave`, `SuppressOffers`, `UpdateAllocation` and `Metrics`. */
import {allocatorMetrics, conversionsOf, Durations, pushReservation} from '../../engine/index.ts';
import type {Conversion, Grant, Operation, Resources} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import {AGENT, demandCount, Fleet, fragments} from './fleet.ts';
import {numberOf} from './scenario.ts';
import type {Scenario} from './scenario.ts';

const BUSY = 'cpus:1;mem:128;disk:1024;ports:[31126-31510,31512-31623,31810-31852,31854-31964]';

/** Agents join, and then each has ten cpus more that can be revoked; a run after each. */
export const addAndUpdate: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const fleet = new Fleet();
  for (let at = 0; at < frameworks; at += 1) {
    fleet.addFramework(`framework${at}`, '*', ['MULTI_ROLE', 'REVOCABLE_RESOURCES']);
  }
  const small = 'cpus:2;mem:1024;disk:4096;ports:[31000-32000]';
  const joining = fleet.joining(agents, small, (at) => [
    fleet.usage(at % frameworks, fleet.resources(BUSY)),
  ]);
  const totals = joining.map(({total}) => withRevocable(fleet, total));
  const {slots, first} = meter.time('add', () => {
    const joined = fleet.addAgents(joining);
    return {slots: joined, first: fleet.cycle()};
  });
  demandCount('offers of agents that joined', first.length, agents);
  const second = meter.time('update', () => {
    for (const [at, slot] of slots.entries()) {
      fleet.allocator.updateAgent(slot, {total: totals[at]});
    }
    return fleet.cycle();
  });
  demandCount('offers of what can be revoked', second.length, agents);
};

function withRevocable(fleet: Fleet, {scalars, ranges}: Resources): Resources {
  const revocable = fleet.kinds.compile({
    scalars: {},
    special: [{name: 'cpus', type: 'SCALAR', scalar: {value: 10}, revocable: {}}],
  });
  return {scalars, ranges, sets: [], special: revocable.special};
}

/** Before each of five cycles another fifth of the frameworks suppresses its offers. */
export const suppression: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const fleet = new Fleet();
  fleet.addFrameworks(frameworks, 'one');
  const used = `cpus:16;mem:1024;disk:1024;ports:${fragments(16)}`;
  const joining = fleet.joining(agents, AGENT, (at) => [
    fleet.usage(at % frameworks, fleet.resources(used)),
  ]);
  meter.time('register', () => fleet.addAgents(joining));
  let grants: readonly Grant[] = [];
  for (let fifth = 1; fifth <= 5; fifth += 1) {
    fleet.giveBack(grants);
    const silent = fleet.frameworks.slice(((fifth - 1) * frameworks) / 5, (fifth * frameworks) / 5);
    for (const id of silent) fleet.allocator.suppress(id);
    grants = meter.time(`cycle/${20 * fifth}`, () => fleet.cycle());
    demandCount('offers', grants.length, fifth === 5 ? 0 : agents);
  }
};

const PAIRS = 20;

/**
 * On one agent every role has a reservation of its own. What is free is offered to a framework,
 * which reserves a part of it, and takes that back.
 */
export const updateAllocation: Scenario = (parameters, meter) => {
  const roles = numberOf(parameters, 'roles');
  const fleet = new Fleet();
  fleet.addFrameworks(roles, 'own');
  const own = fleet.frameworks.map((_, at) => `cpus(role${at + 1}):1;mem(role${at + 1}):64`);
  const [joining] = fleet.joining(1, `cpus:${roles};mem:${64 * roles};disk:1024;${own.join(';')}`);
  demand(joining !== undefined, () => 'no agent');
  const slot = fleet.allocator.addAgent(joining.info, joining.total);
  const grants = fleet.cycle();
  demandCount('offers of reservations', grants.length, roles);
  const grant = grants.find(({resources}) => (resources.scalars[0] ?? 0) > 0);
  demand(grant !== undefined, () => 'nobody was offered what is free');
  const {role} = fleet.allocator.nameOf(grant.subscriber);
  const reserved = pushReservation(
    fleet.resources('cpus:1;mem:32'),
    {type: 'DYNAMIC', role, principal: 'ops'},
    fleet.kinds,
  );
  demand(reserved.ok, () => 'cannot reserve');
  const reserve = conversions({kind: 'reserve', resources: reserved.resources});
  const unreserve = conversions({kind: 'unreserve', resources: reserved.resources});
  let held = grant.resources;
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const change of [reserve, unreserve]) {
      const before = held;
      held = meter.time('operation', () =>
        fleet.allocator.updateAllocation(grant.subscriber, slot, before, change),
      );
    }
  }
  demandCount('cpus after all', held.scalars[0] ?? 0, grant.resources.scalars[0] ?? 0);
};

function conversions(operation: Operation): readonly Conversion[] {
  const found = conversionsOf(operation);
  demand(found.ok, () => `cannot ${operation.kind}`);
  return found.conversions;
}

const LOOKS = 5;

/** Every role has a quota and a framework; all metrics are read. */
export const metrics: Scenario = (parameters, meter) => {
  const agents = numberOf(parameters, 'agents');
  const frameworks = numberOf(parameters, 'frameworks');
  const fleet = new Fleet();
  const quota = fleet.quantities('cpus:1;mem:512;disk:256');
  meter.time('set-quota', () => {
    for (let at = 1; at <= frameworks; at += 1) {
      fleet.allocator.setQuota(`role${at}`, {guarantees: quota, limits: quota});
    }
  });
  fleet.addFrameworks(frameworks, 'own');
  const joining = fleet.joining(agents, 'cpus:16;mem:2048;disk:1024');
  meter.time('register', () => fleet.addAgents(joining));
  const facts = {
    prefix: 'allocator/mesos/',
    now: fleet.now,
    kinds: fleet.kinds,
    offered: new Map<string, readonly number[]>(),
    dispatches: 0,
    runMs: new Durations(),
    latencyMs: new Durations(),
    frameworkNames: new Map(fleet.frameworks.map((id) => [id, id])),
  };
  for (let look = 0; look < LOOKS; look += 1) {
    const all = meter.time('snapshot', () => allocatorMetrics(fleet.allocator, facts));
    const quotas = [...all.keys()].filter((name) => name.includes('/quota/')).length;
    demand(quotas >= 3 * frameworks, () => `${quotas} metrics of quotas`);
  }
};
