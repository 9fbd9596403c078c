/**
 * What the rules need to know of a cluster, as plain data under plain names: who is there, who
 * holds what, what was refused. Nothing is derived here that can be computed when it is asked for,
 * but what only history knows: how often somebody was given something, which runs are wanted, and
 * which filters are still in force (Mesos, reference parts 1.1 to 1.16).
 */
import type {AllocatorOptions} from '../../options.ts';
import type {Limits, Quantities} from '../../resources/quantities.ts';
import {nonShared, shared, stripped} from '../../resources/select.ts';
import type {ScalarKinds} from '../../resources/kinds.ts';
import {
  addResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../../resources/vector.ts';
import type {AgentInfo, Unavailability} from '../../scheduler.ts';
import type {FrameworkTerms} from '../subscribers.ts';
import {
  addClient,
  copyOrder,
  countAllocation,
  isBelow,
  makeOrder,
  removeClient,
  type TwinOrder,
} from './twin-order.ts';

/** What a framework has on an agent in one of its roles. */
export interface Held {
  readonly framework: string;
  readonly role: string;
  readonly resources: Resources;
}

export interface TwinAgent {
  info: AgentInfo;
  capabilities: readonly string[];
  total: Resources;
  activated: boolean;
  unavailability: Unavailability | undefined;
  held: readonly Held[];
  /** Frameworks that have been asked to leave and have not answered. */
  readonly asked: Set<string>;
}

/** Until `at`; `late`: also in the run of that very instant (see `#until`). */
interface Until {
  readonly at: number;
  readonly late: boolean;
}

interface TwinFilter {
  readonly agent: string;
  readonly role: string;
  readonly refused: Resources;
  readonly until: Until;
}

export interface TwinFramework {
  active: boolean;
  terms: FrameworkTerms;
  readonly suppressed: Set<string>;
  filters: readonly TwinFilter[];
  inverseFilters: readonly {readonly agent: string; readonly until: Until}[];
}

export interface TwinQuota {
  readonly guarantees: Quantities;
  readonly limits: Limits;
}

/** Offers that a framework has in a role, and wants at most. */
interface OfferCount {
  readonly now: number;
  readonly max: number;
}

export interface TwinSetup {
  readonly options: AllocatorOptions;
  readonly kinds: ScalarKinds;
  readonly seed: number;
}

const NO_OFFERS: OfferCount = {now: 0, max: Infinity};
const YEAR_MS = 365 * 24 * 3600 * 1000;

export class TwinCluster {
  readonly options: AllocatorOptions;
  readonly kinds: ScalarKinds;
  readonly seed: number;
  readonly agents = new Map<string, TwinAgent>();
  /** Those that are subscribed; others may hold something all the same. */
  readonly frameworks = new Map<string, TwinFramework>();
  readonly weights = new Map<string, number>();
  readonly quotas = new Map<string, TwinQuota>();
  whitelist: readonly string[] | null = null;
  roleOrder: TwinOrder = makeOrder();
  readonly frameworkOrders = new Map<string, TwinOrder>();
  /** By framework and role. */
  readonly #offers = new Map<string, OfferCount>();
  /** Whether a run is wanted at once, and for which agents. */
  isRunRequested = false;
  requested = new Set<string>();
  paused: {readonly agents: number; readonly until: number} | null = null;
  lastBatchAt = 0;
  runs = 0;

  constructor({options, kinds, seed}: TwinSetup) {
    this.options = options;
    this.kinds = kinds;
    this.seed = seed;
  }

  /** Another one of the same state, to try a run on. */
  copy(): TwinCluster {
    const copy = new TwinCluster(this);
    for (const [name, agent] of this.agents) {
      copy.agents.set(name, {...agent, asked: new Set(agent.asked)});
    }
    for (const [name, framework] of this.frameworks) {
      copy.frameworks.set(name, {...framework, suppressed: new Set(framework.suppressed)});
    }
    for (const [role, weight] of this.weights) copy.weights.set(role, weight);
    for (const [role, quota] of this.quotas) copy.quotas.set(role, quota);
    for (const [key, count] of this.#offers) copy.#offers.set(key, count);
    for (const [role, order] of this.frameworkOrders) {
      copy.frameworkOrders.set(role, copyOrder(order));
    }
    copy.roleOrder = copyOrder(this.roleOrder);
    copy.whitelist = this.whitelist;
    copy.isRunRequested = this.isRunRequested;
    copy.requested = new Set(this.requested);
    copy.paused = this.paused;
    copy.lastBatchAt = this.lastBatchAt;
    copy.runs = this.runs;
    return copy;
  }

  agent(name: string): TwinAgent {
    return found(this.agents.get(name), name);
  }

  framework(name: string): TwinFramework {
    return found(this.frameworks.get(name), name);
  }

  // Who holds what.

  /** Nothing that is used is available, but shared volumes are, however many copies are used. */
  available(name: string): Resources {
    const {total, held} = this.agent(name);
    const used = held.map(({resources}) => nonShared(resources)).reduce(addResources, NO_RESOURCES);
    return addResources(subtractResources(nonShared(total), used), shared(total));
  }

  heldBy(framework: string, role: string, name: string): Resources {
    const isSame = (one: Held): boolean => one.framework === framework && one.role === role;
    return this.agent(name).held.find(isSame)?.resources ?? NO_RESOURCES;
  }

  setHeld(framework: string, role: string, name: string, resources: Resources): void {
    const agent = this.agent(name);
    const others = agent.held.filter((one) => one.framework !== framework || one.role !== role);
    agent.held = isEmpty(resources) ? others : [...others, {framework, role, resources}];
  }

  /**
   * Scalars that `counts` picks of what is held by frameworks that are subscribed: a shared volume
   * once per agent.
   */
  sumHeld(
    picks: (held: Held) => boolean,
    part: (resources: Resources) => Resources = (resources) => resources,
  ): Resources {
    let sum = NO_RESOURCES;
    for (const {held} of this.agents.values()) {
      const onAgent = held
        .filter((one) => this.frameworks.has(one.framework) && picks(one))
        .map(({resources}) => part(resources))
        .reduce(addResources, NO_RESOURCES);
      sum = addResources(sum, stripped(onAgent));
    }
    return sum;
  }

  /**
   * Whether a framework has a place in the order of a role: it is in it, or has something of it.
   */
  #isTracked(framework: string, role: string): boolean {
    const known = this.frameworks.get(framework);
    if (known === undefined) return false;
    if (known.terms.roles.includes(role)) return true;
    return [...this.agents.keys()].some((name) => !isEmpty(this.heldBy(framework, role, name)));
  }

  /** To be called when roles of frameworks or holdings have changed: places come and go. */
  #seat(): void {
    for (const [role, order] of this.frameworkOrders) {
      for (const client of [...order.clients]) {
        if (!this.#isTracked(client, role)) removeClient(order, client);
      }
      if (order.clients.size > 0) continue;
      this.frameworkOrders.delete(role);
      removeClient(this.roleOrder, role);
    }
    for (const key of [...this.#offers.keys()]) {
      const [framework = '', role = ''] = key.split(' ');
      if (!this.#isTracked(framework, role)) this.#offers.delete(key);
    }
    for (const [name, {terms}] of this.frameworks) {
      const held = [...this.agents.values()].flatMap((agent) => agent.held);
      const roles = held.filter(({framework}) => framework === name).map(({role}) => role);
      for (const role of new Set([...terms.roles, ...roles])) this.#seatIn(role, name);
    }
  }

  #seatIn(role: string, framework: string): void {
    const order = this.frameworkOrders.get(role) ?? makeOrder();
    if (order.clients.has(framework)) return;
    if (order.clients.size === 0) addClient(this.roleOrder, role);
    addClient(order, framework);
    this.frameworkOrders.set(role, order);
  }

  /** A framework gets something: by an offer, or because it is found to use it. */
  hold({framework, role, resources}: Held, name: string): void {
    if (isEmpty(resources)) return;
    this.setHeld(
      framework,
      role,
      name,
      addResources(this.heldBy(framework, role, name), resources),
    );
    this.#count(framework, role);
  }

  #count(framework: string, role: string): void {
    if (!this.frameworks.has(framework)) return;
    this.#seat();
    countAllocation(this.roleOrder, role);
    countAllocation(found(this.frameworkOrders.get(role), role), framework);
  }

  recover(held: Held, name: string): void {
    const {framework, role, resources} = held;
    const before = this.heldBy(framework, role, name);
    this.setHeld(framework, role, name, subtractResources(before, resources));
    this.#seat();
    if (this.options.allocateOnRecovery) this.#request(name);
  }

  /** A part of what a framework holds becomes something else, and the agent's total with it. */
  replaceHeld(before: Held, name: string, after: Resources, total: Resources): void {
    const {framework, role, resources} = before;
    const others = subtractResources(this.heldBy(framework, role, name), resources);
    this.setHeld(framework, role, name, addResources(others, after));
    this.agent(name).total = total;
    this.#seat();
  }

  // Agents.

  /** `used` is what frameworks use there already, known ones or not. */
  addAgent(
    name: string,
    agent: Omit<TwinAgent, 'asked' | 'activated' | 'held'>,
    used: readonly Held[],
  ): void {
    this.agents.set(name, {...agent, activated: true, held: [], asked: new Set()});
    for (const held of used) this.hold(held, name);
    if (this.paused !== null && this.agents.size >= this.paused.agents) this.paused = null;
    this.#request(name);
  }

  removeAgent(name: string): void {
    this.agents.delete(name);
    this.requested.delete(name);
    this.#dropFilters(name);
    this.#seat();
  }

  #dropFilters(agent: string): void {
    for (const framework of this.frameworks.values()) {
      framework.filters = framework.filters.filter((one) => one.agent !== agent);
      framework.inverseFilters = framework.inverseFilters.filter((one) => one.agent !== agent);
    }
  }

  /** Something about an agent has changed; new attributes make frameworks think again. */
  changeAgent(
    name: string,
    change: Partial<Pick<TwinAgent, 'info' | 'capabilities' | 'total'>>,
  ): void {
    Object.assign(this.agent(name), change);
    if (change.info !== undefined) this.#dropFilters(name);
    this.#request(name);
  }

  addResourceProvider(name: string, total: Resources, used: readonly Held[]): void {
    this.agent(name).total = total;
    for (const held of used) this.hold(held, name);
  }

  setUnavailability(name: string, unavailability: Unavailability | undefined): void {
    const agent = this.agent(name);
    agent.unavailability = unavailability;
    agent.asked.clear();
    for (const framework of this.frameworks.values()) {
      framework.inverseFilters = framework.inverseFilters.filter((one) => one.agent !== name);
    }
    this.#request(name);
  }

  // Frameworks.

  /** `used` counts where nothing is known of the framework in this role on the agent so far. */
  addFramework(
    name: string,
    terms: FrameworkTerms,
    {active, used}: {active: boolean; used: readonly (Held & {readonly agent: string})[]},
  ): void {
    const suppressed = new Set(terms.suppressed);
    this.frameworks.set(name, {active, terms, suppressed, filters: [], inverseFilters: []});
    this.#seat();
    for (const {held} of this.agents.values()) {
      for (const {framework, role} of held) if (framework === name) this.#count(name, role);
    }
    for (const {agent, ...held} of used) {
      if (isEmpty(this.heldBy(name, held.role, agent))) this.hold(held, agent);
    }
    if (active) this.#requestAll();
  }

  /**
   * Roles that are suppressed no longer are revived; all answers on maintenance are forgotten, and
   * what was wanted at most in a role that is left.
   */
  updateFramework(name: string, terms: FrameworkTerms): void {
    const framework = this.framework(name);
    for (const role of framework.terms.roles) {
      if (!terms.roles.includes(role)) this.setOffers(name, role, {max: Infinity});
    }
    const before = new Set(framework.suppressed);
    framework.filters = framework.filters.filter(({role}) => {
      return terms.roles.includes(role) && (!before.has(role) || terms.suppressed.includes(role));
    });
    framework.inverseFilters = [];
    framework.suppressed.clear();
    for (const role of terms.suppressed) framework.suppressed.add(role);
    framework.terms = terms;
    this.#seat();
  }

  /** What it holds stays taken, but is nobody's in the orders. */
  removeFramework(name: string): void {
    this.frameworks.delete(name);
    for (const {asked} of this.agents.values()) asked.delete(name);
    this.#seat();
  }

  setActive(name: string, active: boolean): void {
    const framework = this.framework(name);
    framework.active = active;
    if (active) {
      this.#requestAll();
      return;
    }
    framework.filters = [];
    framework.inverseFilters = [];
  }

  /** Roles of a framework: those that are named, or all. */
  rolesOf(name: string, roles: readonly string[]): readonly string[] {
    const {terms} = this.framework(name);
    return roles.length === 0 ? terms.roles : terms.roles.filter((role) => roles.includes(role));
  }

  suppress(name: string, roles: readonly string[]): void {
    for (const role of this.rolesOf(name, roles)) this.framework(name).suppressed.add(role);
  }

  revive(name: string, roles: readonly string[]): void {
    this.unsuppress(name, roles);
    if (!this.options.reviveKeepsFilters) this.clearFilters(name, roles);
  }

  unsuppress(name: string, roles: readonly string[]): void {
    for (const role of this.rolesOf(name, roles)) this.framework(name).suppressed.delete(role);
    this.#requestAll();
  }

  clearFilters(name: string, roles: readonly string[]): void {
    const framework = this.framework(name);
    const cleared = this.rolesOf(name, roles);
    framework.filters = framework.filters.filter(({role}) => !cleared.includes(role));
    framework.inverseFilters = [];
  }

  /** Whether a framework takes offers in a role now. */
  isActive(name: string, role: string): boolean {
    const framework = this.frameworks.get(name);
    if (framework === undefined || !framework.active) return false;
    const {now, max} = this.offersOf(name, role);
    return framework.terms.roles.includes(role) && !framework.suppressed.has(role) && now < max;
  }

  offersOf(framework: string, role: string): OfferCount {
    return this.#offers.get(`${framework} ${role}`) ?? NO_OFFERS;
  }

  setOffers(framework: string, role: string, change: Partial<OfferCount>): void {
    const offers = {...this.offersOf(framework, role), ...change};
    this.#offers.set(`${framework} ${role}`, offers);
  }

  countOffer(framework: string, role: string, change: 1 | -1): void {
    this.setOffers(framework, role, {now: this.offersOf(framework, role).now + change});
  }

  // Refusals.

  /** An offer filter lives an interval at least; -1 and NaN stand for five seconds. */
  refuse({framework, role, resources}: Held, agent: string, refuseMs: number, now: number): void {
    const known = this.frameworks.get(framework);
    if (refuseMs === 0 || known === undefined || !known.terms.roles.includes(role)) return;
    const asked = refuseMs > 0 ? Math.min(refuseMs, YEAR_MS) : 5000;
    const until = this.#until(now, Math.max(asked, this.options.allocationIntervalMs));
    known.filters = [...known.filters, {agent, role, refused: resources, until}];
  }

  /** A filter of inverse offers lives as long as it says, and no run at its end finds it. */
  answerInverse(framework: string, agent: string, refuseMs: number, now: number): void {
    const {unavailability, asked} = this.agent(agent);
    if (unavailability === undefined) return;
    asked.delete(framework);
    if (refuseMs === 0) return;
    const known = this.framework(framework);
    const until = {at: now + refuseMs, late: false};
    known.inverseFilters = [...known.inverseFilters, {agent, until}];
  }

  /**
   * Timers of one instant fire in the order in which they were armed, and that of a run is armed
   * one interval before it, right after the run of that instant: a filter that was made later
   * outlives the run at its end.
   */
  #until(now: number, lifetime: number): Until {
    const at = now + lifetime;
    const armedAt = at - this.options.allocationIntervalMs;
    return {at, late: now > armedAt || (now === armedAt && now === this.lastBatchAt)};
  }

  /** Takes away the filters that are gone before (or after) a run. */
  expire(now: number, when: 'before' | 'after'): void {
    const stays = ({until}: {readonly until: Until}): boolean =>
      until.at > now || (until.at === now && until.late && when === 'before');
    for (const framework of this.frameworks.values()) {
      framework.filters = framework.filters.filter(stays);
      framework.inverseFilters = framework.inverseFilters.filter(stays);
    }
  }

  // Which runs are wanted.

  /** While runs are held off requests are lost: the batch run looks at everything. */
  #request(...agents: readonly string[]): void {
    if (this.paused !== null) return;
    this.isRunRequested = true;
    for (const agent of agents) this.requested.add(agent);
  }

  #requestAll(): void {
    this.#request(...this.agents.keys());
  }

  /** After a failover with quota: until 80 % of the agents are back, or for ten minutes. */
  awaitAgents(expected: number, now: number): void {
    const {recoveryFactor, recoveryTimeoutMs} = this.options;
    const agents = Math.floor(expected * recoveryFactor);
    if (this.quotas.size === 0 || this.agents.size >= agents) return;
    this.paused = {agents, until: now + recoveryTimeoutMs};
  }

  // Roles.

  setQuota(role: string, quota: TwinQuota | undefined): void {
    if (quota === undefined) this.quotas.delete(role);
    else this.quotas.set(role, quota);
  }

  /** Reservations to a role and to roles below on all agents, allocated or not. */
  reservedTo(role: string): Resources {
    let sum = NO_RESOURCES;
    for (const {total} of this.agents.values()) {
      const special = total.special.filter(({special: {role: owner}}) => {
        return owner !== undefined && (owner === role || isBelow(owner, role));
      });
      sum = addResources(sum, stripped({...NO_RESOURCES, special}));
    }
    return sum;
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the twin knows no ${name}`);
  return value;
}
