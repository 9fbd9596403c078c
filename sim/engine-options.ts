/** The engine of a scenario: its settings in the engine's own words. */
import type {EngineOptions, FrameworkOptions, Quantities} from '../engine/index.ts';
import type {Framework, Resources, Scenario} from './scenario/schema.ts';

export function engineOptionsOf(scenario: Scenario): EngineOptions {
  const {allocator, master, frameworks, roles, seed} = scenario;
  return {
    seed,
    ...(frameworks.some(({kind}) => kind === 'chronos') && {epochMs: scenario.startMs}),
    allocator: {
      allocationIntervalMs: allocator.intervalMs,
      allocateOnRecovery: allocator.allocateOnRecovery,
      minAllocatable: allocator.minAllocatable.map(quantitiesOf),
      fairSharingExcludes: allocator.excludeFromFairness,
      sorter: allocator.sorter,
      agentOrder: allocator.agentOrder,
      nestedLimits: allocator.nestedLimits,
      reviveKeepsFilters: allocator.reviveKeepsFilters,
      region: allocator.region,
    },
    master: {
      mergeOffers: allocator.mergeOffers,
      offerTimeoutMs: allocator.offerTimeoutMs,
      agentPingTimeoutMs: master.agentPingTimeoutMs,
      agentPingTimeoutsMax: master.agentPingTimeoutsMax,
    },
    weights: Object.fromEntries(roles.map(({name, weight}) => [name, weight])),
    quotas: roles
      .map(({name, guarantees, limits}) => ({role: name, guarantees, limits}))
      .filter(({guarantees, limits}) => Object.keys({...guarantees, ...limits}).length > 0),
    frameworks: frameworks.map(frameworkOptionsOf),
  };
}

function frameworkOptionsOf(framework: Framework): FrameworkOptions {
  const {name: id, role} = framework;
  if (framework.kind === 'batch') {
    const {policy, relaunchesMax} = framework;
    return {type: 'batch', id, role, batch: {policy, relaunchesMax}};
  }
  if (framework.kind === 'chronos') {
    const {preset, options} = framework;
    return {type: 'chronos', id, role, chronos: {preset, ...options}};
  }
  const {declineForMs, reviveIntervalMs, usedOfferRefuseMs} = framework;
  const {launchesPerOfferMax, healthKillShareMax} = framework;
  const {launchTokens, launchTokenRefreshMs} = framework;
  const {gpuScheduling, maintenanceMode, drainingMs, localRegion, groupByRule} = framework;
  const {acceptedResourceRoles, deploymentsMax} = framework;
  const marathon = {
    declineOfferMs: declineForMs,
    reviveIntervalMs,
    usedOfferRefuseMs,
    launchesPerOfferMax,
    ...(healthKillShareMax !== undefined && {healthKillShareMax}),
    launchTokens,
    launchTokenRefreshMs,
    ...{gpuScheduling, maintenanceMode, localRegion, groupByRule},
    drainingSeconds: drainingMs / 1000,
    acceptedResourceRolesDefault: acceptedResourceRoles,
    ...(deploymentsMax !== undefined && {deploymentsMax}),
  };
  return {type: 'marathon', id, role, marathon};
}

/** Ranges and sets count by the item: 1000 each. */
function quantitiesOf({scalars, ranges, sets}: Resources): Quantities {
  const quantities: Record<string, number> = {...scalars};
  for (const [name, spans] of Object.entries(ranges)) {
    let items = 0;
    for (const [begin, end] of spans) items += end - begin + 1;
    quantities[name] = 1000 * items;
  }
  for (const [name, items] of Object.entries(sets)) quantities[name] = 1000 * items.length;
  return quantities;
}
