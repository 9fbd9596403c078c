/**
 * One run of the twin: all candidates, one after the other, each with all roles and frameworks in
 * an order that is found anew (Mesos, reference parts 1.6 to 1.8 and 1.16).
 */
import {
  addQuantities,
  limitsMinus,
  subtractQuantities,
  type Quantities,
} from '../../resources/quantities.ts';
import {shrinkToLimits, shrinkToQuantities} from '../../resources/shrink.ts';
import {shared} from '../../resources/select.ts';
import {
  addResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../../resources/vector.ts';
import type {Held, TwinCluster} from './twin-cluster.ts';
import {pathsAbove} from './twin-order.ts';
import {
  agentOrder,
  consumedBy,
  countable,
  freeHeadroom,
  isEnough,
  isOfferable,
  isRefused,
  isUnfit,
  limitedRoles,
  NO_CHANCE,
  quantitiesCounted,
  requiredHeadroom,
  sortedFrameworks,
  sortedRoles,
  usable,
} from './twin-rules.ts';

/** What a framework gets of an agent in a role. */
export interface TwinGrant extends Held {
  readonly agent: string;
}

/** A framework is asked to leave an agent. */
export interface TwinQuestion {
  readonly framework: string;
  readonly agent: string;
}

export class TwinRun {
  readonly #cluster: TwinCluster;
  readonly #candidates: readonly string[];
  /** By role with quota. */
  readonly #consumed = new Map<string, Quantities>();
  #required: Quantities;
  #free: Quantities;
  /** Shared volumes are offered once per agent and run. */
  readonly #offeredShared = new Map<string, Resources>();
  readonly #grants: TwinGrant[] = [];

  /** `cluster` is changed by the run. */
  constructor(cluster: TwinCluster, candidates: readonly string[]) {
    this.#cluster = cluster;
    this.#candidates = candidates;
    for (const role of cluster.quotas.keys()) this.#consumed.set(role, consumedBy(cluster, role));
    this.#required = requiredHeadroom(cluster);
    this.#free = freeHeadroom(cluster);
  }

  /** Offers of one framework, role and agent are one, made when its first part is given. */
  get grants(): readonly TwinGrant[] {
    const merged = new Map<string, TwinGrant>();
    for (const grant of this.#grants) {
      const {framework, role, agent, resources} = grant;
      const key = `${framework} ${role} ${agent}`;
      const before = merged.get(key)?.resources ?? NO_RESOURCES;
      merged.set(key, {...grant, resources: addResources(before, resources)});
    }
    return [...merged.values()];
  }

  /** Guarantees first, then fair share; where chance orders the agents, as these lists say. */
  handOut(byChance: readonly [readonly string[], readonly string[]]): void {
    for (const agent of this.#inOrder(byChance[0])) this.#guarantee(agent);
    for (const agent of this.#inOrder(byChance[1])) this.#share(agent);
  }

  #inOrder(byChance: readonly string[]): readonly string[] {
    const order = agentOrder(this.#cluster) ?? byChance;
    return order.filter((agent) => {
      return this.#candidates.includes(agent) && isOfferable(this.#cluster, agent);
    });
  }

  /** The first stage for an agent. */
  #guarantee(agent: string): void {
    const cluster = this.#cluster;
    for (const role of sortedRoles(cluster)) {
      const guarantees = cluster.quotas.get(role)?.guarantees ?? {};
      for (const framework of sortedFrameworks(cluster, role)) {
        const missing = subtractQuantities(guarantees, this.#consumedBy(role));
        if (isNothing(missing)) break;
        const {counted, rest} = this.#usable(framework, role, agent);
        const promised = shrinkToQuantities(counted, missing, cluster.kinds, NO_CHANCE);
        if (isEmpty(promised)) continue;
        const promisedQuantities = quantitiesCounted(cluster, promised);
        let more = subtractResources(counted, promised);
        more = this.#withinLimits(role, more, promisedQuantities);
        more = this.#withinHeadroom(more);
        // What a role above has reserved waits for the second stage.
        const special = rest.special.filter((entry) => {
          const {role: owner, revocable} = entry.special;
          return owner === role || revocable === true || entry.scalar === 0;
        });
        const given = addResources(promised, more);
        const offer = addResources(given, {...rest, special});
        if (!this.#give({framework, role, agent, resources: offer})) continue;
        for (const one of [role, ...pathsAbove(role)]) this.#consume(one, given);
        this.#required = subtractQuantities(this.#required, promisedQuantities);
        this.#free = subtractQuantities(this.#free, quantitiesCounted(cluster, given));
      }
    }
  }

  /** The second stage for an agent. */
  #share(agent: string): void {
    const cluster = this.#cluster;
    for (const role of sortedRoles(cluster)) {
      for (const framework of sortedFrameworks(cluster, role)) {
        const {counted, rest} = this.#usable(framework, role, agent);
        const given = this.#withinHeadroom(this.#withinLimits(role, counted, {}));
        const offer = addResources(given, rest);
        if (!this.#give({framework, role, agent, resources: offer})) continue;
        const isCounted = cluster.options.nestedLimits || cluster.quotas.has(role);
        if (isCounted) for (const one of [role, ...pathsAbove(role)]) this.#consume(one, given);
        this.#free = subtractQuantities(this.#free, quantitiesCounted(cluster, given));
      }
    }
  }

  #consumedBy(role: string): Quantities {
    return this.#consumed.get(role) ?? {};
  }

  #consume(role: string, given: Resources): void {
    const consumed = this.#consumed.get(role);
    if (consumed === undefined) return;
    this.#consumed.set(role, addQuantities(consumed, quantitiesCounted(this.#cluster, given)));
  }

  /** What a framework could be given now: the part that quota counts, and the rest. */
  #usable(
    framework: string,
    role: string,
    agent: string,
  ): {readonly counted: Resources; readonly rest: Resources} {
    const cluster = this.#cluster;
    if (isUnfit(cluster, framework, role, agent)) {
      return {counted: NO_RESOURCES, rest: NO_RESOURCES};
    }
    const offered = this.#offeredShared.get(agent) ?? NO_RESOURCES;
    const available = subtractResources(cluster.available(agent), offered);
    const all = usable(cluster, framework, role, available);
    const counted = countable(all);
    return {counted, rest: subtractResources(all, counted)};
  }

  /** As much as limits leave when `before` is given, too. */
  #withinLimits(role: string, resources: Resources, before: Quantities): Resources {
    const {kinds, quotas} = this.#cluster;
    let kept = resources;
    for (const one of limitedRoles(this.#cluster, role)) {
      const consumed = addQuantities(this.#consumedBy(one), before);
      const room = limitsMinus(quotas.get(one)?.limits ?? {}, consumed);
      kept = shrinkToLimits(kept, room, kinds, NO_CHANCE);
    }
    return kept;
  }

  /** As much as is left over when all guarantees are met. */
  #withinHeadroom(resources: Resources): Resources {
    if (isNothing(this.#required)) return resources;
    const surplus = subtractQuantities(this.#free, this.#required);
    return shrinkToQuantities(resources, surplus, this.#cluster.kinds, NO_CHANCE);
  }

  /** Makes the offer, if it is enough and has not been refused. */
  #give(grant: TwinGrant): boolean {
    const {framework, role, agent, resources} = grant;
    const cluster = this.#cluster;
    if (isEmpty(resources) || !isEnough(cluster, framework, role, resources)) return false;
    if (isRefused(cluster, grant, resources)) return false;
    const isNew = !this.#grants.some((one) => {
      return one.framework === framework && one.role === role && one.agent === agent;
    });
    this.#grants.push(grant);
    cluster.hold(grant, agent);
    if (isNew) cluster.countOffer(framework, role, 1);
    const offered = this.#offeredShared.get(agent) ?? NO_RESOURCES;
    this.#offeredShared.set(agent, addResources(offered, shared(resources)));
    return true;
  }

  /** Asks who has anything on agents that will be away, also where they are not offered. */
  ask(): readonly TwinQuestion[] {
    const questions: TwinQuestion[] = [];
    for (const agent of this.#candidates) {
      const {unavailability, held, asked} = this.#cluster.agent(agent);
      if (unavailability === undefined) continue;
      for (const framework of new Set(held.map((one) => one.framework))) {
        const known = this.#cluster.frameworks.get(framework);
        if (known === undefined || !known.active || asked.has(framework)) continue;
        if (known.inverseFilters.some((filter) => filter.agent === agent)) continue;
        asked.add(framework);
        questions.push({framework, agent});
      }
    }
    return questions;
  }
}

function isNothing(quantities: Quantities): boolean {
  return Object.values(quantities).every((fixed) => fixed === 0);
}
