/**
 * What every run keeps, whatever the order of agents, roles and frameworks: the checks that need no
 * oracle, and so hold for random sorters and for disks that cannot be split, too.
 */
import type {Quantities} from '../../resources/quantities.ts';
import {nonShared, shared} from '../../resources/select.ts';
import {
  addResources,
  containsResources,
  isEmpty,
  NO_RESOURCES,
  type Resources,
} from '../../resources/vector.ts';
import type {TwinCluster} from './twin-cluster.ts';
import {isBelow} from './twin-order.ts';
import {
  consumedBy,
  freeHeadroom,
  isEnough,
  isOfferable,
  isRefused,
  isUnfit,
  quantitiesCounted,
  requiredHeadroom,
  usable,
} from './twin-rules.ts';
import type {TwinGrant} from './twin-run.ts';

/** What a run has broken; undefined: nothing. `cluster` is as it was before, and stays so. */
export function brokenPromise(
  cluster: TwinCluster,
  grants: readonly TwinGrant[],
): string | undefined {
  const after = cluster.copy();
  const offeredShared = new Map<string, Resources>();
  for (const grant of grants) {
    const {agent, resources} = grant;
    const wrong = brokenByGrant(after, grant);
    if (wrong !== undefined) return `${grant.framework} in ${grant.role} on ${agent}: ${wrong}`;
    const offered = offeredShared.get(agent) ?? NO_RESOURCES;
    const isTwice = shared(resources).special.some((entry) =>
      offered.special.some(({special}) => special.key === entry.special.key),
    );
    if (isTwice) return `${agent}: a shared volume is offered twice`;
    offeredShared.set(agent, addResources(offered, shared(resources)));
    after.hold(grant, agent);
    after.countOffer(grant.framework, grant.role, 1);
  }
  return brokenLimit(cluster, grants) ?? brokenGuarantee(cluster, after);
}

function brokenByGrant(cluster: TwinCluster, grant: TwinGrant): string | undefined {
  const {framework, role, agent, resources} = grant;
  if (isEmpty(resources)) return 'an offer of nothing';
  if (!isOfferable(cluster, agent)) return 'the agent may not be offered';
  if (!cluster.isActive(framework, role)) return 'it wants nothing';
  if (isUnfit(cluster, framework, role, agent)) return 'the agent is not for it';
  if (!isEnough(cluster, framework, role, resources)) return 'too little';
  if (isRefused(cluster, grant, resources)) return 'it has refused that';
  const part = usable(cluster, framework, role, cluster.available(agent));
  return containsResources(part, resources) ? undefined : 'more than it could have';
}

/** No role is offered more than its limits; with nested limits, neither are the roles below. */
function brokenLimit(cluster: TwinCluster, grants: readonly TwinGrant[]): string | undefined {
  const {nestedLimits} = cluster.options;
  for (const [role, {limits}] of cluster.quotas) {
    const own = grants.filter((grant) => {
      return grant.role === role || (nestedLimits && isBelow(grant.role, role));
    });
    const offered = quantitiesCounted(
      cluster,
      own.map(({resources}) => resources).reduce(addResources, NO_RESOURCES),
    );
    const consumed = consumedBy(cluster, role);
    for (const [name, limit] of Object.entries(limits)) {
      const more = offered[name] ?? 0;
      if (more > 0 && (consumed[name] ?? 0) + more > limit) return `${role}: the limit of ${name}`;
    }
  }
  return undefined;
}

/** Where enough was free for all that is promised, enough is left. */
function brokenGuarantee(before: TwinCluster, after: TwinCluster): string | undefined {
  const surplus = (cluster: TwinCluster): ((name: string) => number) => {
    const free: Quantities = freeHeadroom(cluster);
    const required: Quantities = requiredHeadroom(cluster);
    return (name) => (free[name] ?? 0) - (required[name] ?? 0);
  };
  const was = surplus(before);
  const is = surplus(after);
  const broken = before.kinds.names.find((name) => was(name) >= 0 && is(name) < 0);
  return broken && `too little ${broken} is left for guarantees`;
}

/** Whether no more is held on an agent than there is. */
export function isWithinTotal(cluster: TwinCluster, name: string): boolean {
  const {total, held} = cluster.agent(name);
  const used = held.map(({resources}) => nonShared(resources)).reduce(addResources, NO_RESOURCES);
  return containsResources(nonShared(total), used);
}
