/**
 * The rules of a run, each as one question that is answered from scratch: who comes first, what may
 * somebody have of an agent, what is left of quotas (Mesos, reference parts 1.2 to 1.13).
 */
import {makeRandom, type Random} from '../../kernel/random.ts';
import {
  addQuantities,
  containsQuantities,
  quantitiesOf,
  subtractQuantities,
  type Quantities,
} from '../../resources/quantities.ts';
import {allocatableTo, nonRevocable, stripped, unreserved} from '../../resources/select.ts';
import {
  addResources,
  containsResources,
  NO_RESOURCES,
  type Resources,
} from '../../resources/vector.ts';
import type {TwinCluster} from './twin-cluster.ts';
import {isBelow, pathsAbove, sortOrder} from './twin-order.ts';

// Orders.

export function sortedRoles(cluster: TwinCluster): readonly string[] {
  return sortOrder(cluster.roleOrder, {
    isActive: () => true,
    shareOf: (roles) =>
      dominantShare(
        cluster,
        cluster.sumHeld(({role}) => roles.includes(role)),
      ),
    weightOf: (node) => cluster.weights.get(node) ?? 1,
  });
}

export function sortedFrameworks(cluster: TwinCluster, role: string): readonly string[] {
  const order = cluster.frameworkOrders.get(role);
  if (order === undefined) return [];
  return sortOrder(order, {
    isActive: (framework) => cluster.isActive(framework, role),
    shareOf: (frameworks) => {
      const held = cluster.sumHeld(
        (one) => one.role === role && frameworks.includes(one.framework),
      );
      return dominantShare(cluster, held);
    },
    weightOf: () => 1,
  });
}

/** The greatest part of the whole cluster that any kind is. */
function dominantShare(cluster: TwinCluster, {scalars}: Resources): number {
  const {kinds, options, agents} = cluster;
  const totals = [...agents.values()].map(({total}) => stripped(total));
  const {scalars: pool} = totals.reduce(addResources, NO_RESOURCES);
  const shares = scalars.map((fixed, kind) => {
    const total = pool[kind] ?? 0;
    const isExcluded = options.fairSharingExcludes.includes(kinds.names[kind] ?? '');
    return total > 0 && !isExcluded ? fixed / total : 0;
  });
  return Math.max(0, ...shares);
}

/** The order of agents that does not depend on chance; undefined where it does. */
export function agentOrder(cluster: TwinCluster): readonly string[] | undefined {
  const names = [...cluster.agents.keys()];
  const rankOf = (name: string): number => {
    return makeRandom(cluster.seed, cluster.agent(name).info.id).uint32();
  };
  const freeOf = (name: string): number => {
    return dominantShare(cluster, stripped(cluster.available(name)));
  };
  switch (cluster.options.agentOrder) {
    case 'random':
      return undefined;
    case 'seeded':
      return names.sort((left, right) => rankOf(left) - rankOf(right));
    case 'packed':
      return names.sort(
        (left, right) => freeOf(left) - freeOf(right) || rankOf(left) - rankOf(right),
      );
  }
}

// Quotas.

function scalarsOf(cluster: TwinCluster, resources: Resources): Quantities {
  return quantitiesOf(stripped(resources), cluster.kinds);
}

/** What quota counts: scalars that nobody has reserved and that nobody can take back. */
export function countable(resources: Resources): Resources {
  const {scalars, special} = nonRevocable(unreserved(resources));
  return {...NO_RESOURCES, scalars, special: special.filter(({scalar}) => scalar > 0)};
}

export function quantitiesCounted(cluster: TwinCluster, resources: Resources): Quantities {
  return scalarsOf(cluster, countable(resources));
}

/** What a role has of its quota: all reservations, and all else that it is offered or uses. */
export function consumedBy(cluster: TwinCluster, role: string): Quantities {
  const isOf = (one: string): boolean => one === role || isBelow(one, role);
  const held = cluster.sumHeld((one) => isOf(one.role), countable);
  return addQuantities(scalarsOf(cluster, cluster.reservedTo(role)), scalarsOf(cluster, held));
}

/** What is promised to roles and not given to them so far. */
export function requiredHeadroom(cluster: TwinCluster): Quantities {
  let required: Quantities = {};
  for (const [role, {guarantees}] of cluster.quotas) {
    const missing = subtractQuantities(guarantees, consumedBy(cluster, role));
    required = addQuantities(required, missing);
  }
  return required;
}

/**
 * Not allocated, not reserved, not revocable, in the whole cluster: also on agents that are not
 * offered. What is used beyond a total that has shrunk is missing elsewhere, but unlike Mesos not
 * if it was on a disk of its own; and unlike Mesos what is used by a framework that is not known
 * (yet) is not free.
 */
export function freeHeadroom(cluster: TwinCluster): Quantities {
  let special = NO_RESOURCES;
  const plain: number[] = [];
  for (const [name, {total, held}] of cluster.agents) {
    const own = countable({...cluster.available(name), scalars: []});
    special = addResources(special, stripped(own));
    for (const [kind, fixed] of total.scalars.entries()) plain[kind] = (plain[kind] ?? 0) + fixed;
    for (const {resources} of held) {
      for (const [kind, fixed] of resources.scalars.entries()) {
        plain[kind] = (plain[kind] ?? 0) - fixed;
      }
    }
  }
  const scalars = cluster.kinds.names.map((_, kind) => {
    return Math.max(0, (plain[kind] ?? 0) + (special.scalars[kind] ?? 0));
  });
  return quantitiesOf({...NO_RESOURCES, scalars}, cluster.kinds);
}

/** A role with its own limits, and those above if they bind it, too. */
export function limitedRoles(cluster: TwinCluster, role: string): readonly string[] {
  const bound = cluster.options.nestedLimits ? [role, ...pathsAbove(role)] : [role];
  return bound.filter((one) => Object.keys(cluster.quotas.get(one)?.limits ?? {}).length > 0);
}

// Offers.

/** Agents that may be offered at all. */
export function isOfferable(cluster: TwinCluster, name: string): boolean {
  const {activated, info} = cluster.agent(name);
  const {whitelist} = cluster;
  return activated && (whitelist === null || whitelist.includes(info.hostname));
}

/** What makes an agent unfit as a whole for a framework in a role. */
export function isUnfit(
  cluster: TwinCluster,
  framework: string,
  role: string,
  name: string,
): boolean {
  const {info, capabilities, total} = cluster.agent(name);
  const {options} = cluster;
  const can = capabilitiesOf(cluster, framework);
  const hasGpus = (scalarsOf(cluster, total)['gpus'] ?? 0) > 0;
  if (options.filterGpuResources && hasGpus && !can('GPU_RESOURCES')) return true;
  const {region} = info;
  const isRemote =
    options.region !== undefined && region !== undefined && region !== options.region;
  if (isRemote && !can('REGION_AWARE')) return true;
  if (can('MULTI_ROLE') && !capabilities.includes('MULTI_ROLE')) return true;
  if (role.includes('/') && !capabilities.includes('HIERARCHICAL_ROLE')) return true;
  return !isWelcome(cluster, framework, role, name);
}

function capabilitiesOf(cluster: TwinCluster, framework: string): (one: string) => boolean {
  const {capabilities} = cluster.framework(framework).terms;
  return (one) => capabilities.includes(one);
}

/** The part of offer constraints that the properties use. */
interface RackConstraints {
  readonly role_constraints: Readonly<
    Record<
      string,
      {
        readonly groups: readonly {
          readonly attribute_constraints: readonly {
            readonly selector: {readonly attribute_name: string};
            readonly predicate:
              | {readonly text_equals: {readonly value: string}}
              | {readonly not_exists: object};
          }[];
        }[];
      }
    >
  >;
}

/** Whether offer constraints let the agent pass: one group of which all hold. */
function isWelcome(cluster: TwinCluster, framework: string, role: string, name: string): boolean {
  const constraints = cluster.framework(framework).terms.constraints as RackConstraints | undefined;
  const groups = constraints?.role_constraints[role]?.groups;
  if (groups === undefined) return true;
  const {attributes} = cluster.agent(name).info;
  return groups.some((group) =>
    group.attribute_constraints.every(({selector, predicate}) => {
      const value = attributes[selector.attribute_name];
      if ('not_exists' in predicate) return value === undefined;
      return value === predicate.text_equals.value;
    }),
  );
}

/** What a framework could be given of an agent in a role, were it not for quotas. */
export function usable(
  cluster: TwinCluster,
  framework: string,
  role: string,
  available: Resources,
): Resources {
  const can = capabilitiesOf(cluster, framework);
  const allocatable = allocatableTo(available, role);
  const special = allocatable.special.filter((entry) => {
    if (entry.special.revocable === true && !can('REVOCABLE_RESOURCES')) return false;
    if (entry.special.shared === true && !can('SHARED_RESOURCES')) return false;
    return entry.special.reservations.length <= 1 || can('RESERVATION_REFINEMENT');
  });
  return {...allocatable, special};
}

/** Whether something is enough to be offered. */
export function isEnough(
  cluster: TwinCluster,
  framework: string,
  role: string,
  offer: Resources,
): boolean {
  const {minAllocatable} = cluster.framework(framework).terms;
  const alternatives = minAllocatable[role] ?? cluster.options.minAllocatable;
  const quantities = quantitiesOf(offer, cluster.kinds);
  if (alternatives.length === 0) return true;
  return alternatives.some((alternative) => containsQuantities(quantities, alternative));
}

/** Whether the framework has refused as much, or more, of the agent. */
export function isRefused(
  cluster: TwinCluster,
  {framework, role, agent}: {framework: string; role: string; agent: string},
  offer: Resources,
): boolean {
  return cluster.framework(framework).filters.some((filter) => {
    if (filter.agent !== agent || filter.role !== role) return false;
    return containsResources(filter.refused, offer);
  });
}

/** Chance matters only where a kind is in several pieces, of which the twin is given none. */
export const NO_CHANCE: Random = makeRandom(0, 'twin');
