/**
 * Who gets what: roles and then frameworks by Dominant Resource Fairness or by chance, quota before
 * fairness, refused agents filtered; runs happen on events and periodically (Apache Mesos
 * `hierarchical.cpp`, reference part 1; docs/allocator.md tells the whole).
 *
 * The parts: `runner.ts` makes runs, each a `cycle.ts`; `candidates.ts` knows what they look at,
 * `holdings.ts` who has what, `subscribers.ts` who wants what, `role-tree.ts` counts quota, the
 * sorters keep the orders, `offer-filters.ts` and `inverse-offers.ts` what was refused.
 */
import {assert} from '../kernel/assert.ts';
import type {Random} from '../kernel/random.ts';
import type {AllocatorOptions} from '../options.ts';
import {applyConversion, type Conversion} from '../resources/operations.ts';
import type {Quantities} from '../resources/quantities.ts';
import type {ScalarKinds} from '../resources/kinds.ts';
import {
  addInto,
  containsResources,
  equalResources,
  isEmpty,
  scalarSums,
  type Resources,
} from '../resources/vector.ts';
import type {AgentInfo, Unavailability} from '../scheduler.ts';
import {AGENT_CAPABILITIES, AgentFacts, type AgentFactsSnapshot} from './agent-facts.ts';
import {WITH_GPUS, type AgentSlot} from './agent-table.ts';
import {Candidates, type CandidatesSnapshot} from './candidates.ts';
import type {Obstacle} from './cycle.ts';
import {
  explain,
  obstaclesOf,
  type Explanation,
  type ExplainParts,
  type Question,
} from './explain.ts';
import {Holdings, type HoldingsSnapshot} from './holdings.ts';
import {InverseOffers, type InverseOffersSnapshot} from './inverse-offers.ts';
import {OfferFilters, type OfferFiltersSnapshot} from './offer-filters.ts';
import {Orders, type OrdersSnapshot} from './orders.ts';
import type {Quota, RoleTree} from './role-tree.ts';
import {RunClock, type RunClockSnapshot} from './run-clock.ts';
import {Runner} from './runner.ts';
import {
  Subscribers,
  type FrameworkRow,
  type FrameworkTerms,
  type Subscriber,
  type SubscriberRow,
  type SubscribersSnapshot,
} from './subscribers.ts';
import type {
  AgentChange,
  AgentSetup,
  AgentUsage,
  AllocatorContext,
  Refusal,
  RunResult,
  Subscription,
  Usage,
} from './terms.ts';

/** A refused agent is kept away for this long at most. */
const REFUSE_MS_MAX = 365 * 24 * 3600 * 1000;
/** What a refusal that cannot be understood lasts. */
const REFUSE_MS_DEFAULT = 5000;

export interface AllocatorSnapshot {
  readonly holdings: HoldingsSnapshot;
  readonly facts: AgentFactsSnapshot;
  readonly filters: OfferFiltersSnapshot;
  readonly inverseOffers: InverseOffersSnapshot;
  readonly orders: OrdersSnapshot;
  readonly subscribers: SubscribersSnapshot;
  readonly candidates: CandidatesSnapshot;
  readonly clock: RunClockSnapshot;
  readonly random: readonly [number, number, number, number];
}

/** Roles that are not named are all roles. */
const ALL: readonly string[] = [];

export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #kinds: ScalarKinds;
  readonly #random: Random;
  readonly #seed: number;
  #holdings = new Holdings();
  #facts: AgentFacts;
  #filters = new OfferFilters();
  #inverseOffers = new InverseOffers();
  readonly #orders: Orders;
  #subscribers: Subscribers;
  #candidates = new Candidates();
  #clock: RunClock;
  #runner: Runner;

  constructor(options: AllocatorOptions, context: AllocatorContext) {
    const {kinds, random, seed, weights, startedAt} = context;
    this.#options = options;
    this.#kinds = kinds;
    this.#random = random;
    this.#seed = seed;
    this.#clock = new RunClock(options.allocationIntervalMs, startedAt);
    this.#facts = new AgentFacts({region: options.region, seed});
    this.#subscribers = new Subscribers(this.#rules());
    this.#orders = new Orders({
      sorter: options.sorter,
      random,
      excluded: options.fairSharingExcludes.map((name) => kinds.indexOf(name)),
    });
    for (const [name, weight] of weights) this.setWeight(name, weight);
    this.#runner = this.#makeRunner();
  }

  #rules(): ConstructorParameters<typeof Subscribers>[0] {
    const {minAllocatable, filterGpuResources} = this.#options;
    return {kinds: this.#kinds, minAllocatable, filterGpuResources};
  }

  #makeRunner(): Runner {
    return new Runner({
      options: this.#options,
      kinds: this.#kinds,
      random: this.#random,
      clock: this.#clock,
      holdings: this.#holdings,
      facts: this.#facts,
      filters: this.#filters,
      inverseOffers: this.#inverseOffers,
      orders: this.#orders,
      subscribers: this.#subscribers,
      candidates: this.#candidates,
      hold: this.#hold,
    });
  }

  // Agents.

  /** An agent joins; requests a run for it. */
  addAgent(info: AgentInfo, total: Resources, setup: AgentSetup = {}): AgentSlot {
    const {agents} = this.#holdings;
    const slot = agents.add(total);
    this.#facts.set(slot, info, setup.capabilities ?? AGENT_CAPABILITIES);
    this.#orders.pool.add(scalarSums(total), 1);
    this.#orders.roles.reserve(total, 1);
    this.#inverseOffers.setUnavailability(slot, setup.unavailability);
    for (const usage of setup.used ?? []) this.chargeUsage(slot, usage);
    this.#applyFacts(slot);
    this.#runner.resume(-Infinity);
    this.#candidates.request(slot);
    this.#quotaMayHaveRoom();
    return slot;
  }

  /** The agent leaves the cluster with everything that was allocated on it. */
  removeAgent(slot: AgentSlot): void {
    const {agents, ledger} = this.#holdings;
    const total = agents.totalOf(slot);
    for (const subscriber of ledger.holdersOn(slot)) {
      const row = this.#subscribers.row(subscriber);
      const held = ledger.heldBy(slot, subscriber);
      this.#unbook(row, slot, held);
      row.holdings -= 1;
      this.#release(row);
    }
    this.#orders.pool.add(scalarSums(total), -1);
    this.#orders.roles.reserve(total, -1);
    this.#holdings.remove(slot);
    this.#facts.remove(slot);
    this.#filters.dropAgent(slot);
    this.#inverseOffers.removeAgent(slot);
    this.#candidates.remove(slot);
    this.#quotaMayHaveRoom();
  }

  /** Something about an agent changes; requests a run for it if it really did. */
  updateAgent(slot: AgentSlot, change: AgentChange): boolean {
    const {info, capabilities} = this.#facts.of(slot);
    const newInfo = change.info ?? info;
    const newCapabilities = change.capabilities ?? capabilities;
    const total = this.#holdings.agents.totalOf(slot);
    const newTotal = change.total ?? total;
    const isOther = !isSameInfo(info, newInfo);
    const isChanged =
      isOther || newCapabilities.join() !== capabilities.join() || !equalResources(total, newTotal);
    if (!isChanged) return false;
    // Who refused it may like its new attributes.
    if (isOther) {
      this.#filters.dropAgent(slot);
      this.#inverseOffers.clearFiltersOn(slot);
    }
    this.#facts.set(slot, newInfo, newCapabilities);
    this.#setTotal(slot, newTotal);
    this.#applyFacts(slot);
    this.#candidates.request(slot);
    return true;
  }

  /** The resources of a provider join those of an agent. No run is requested. */
  addResourceProvider(slot: AgentSlot, total: Resources, used: readonly Usage[]): void {
    this.#setTotal(slot, total);
    for (const usage of used) this.chargeUsage(slot, usage);
    this.#refresh(slot);
    this.#candidates.change(slot);
  }

  #setTotal(slot: AgentSlot, total: Resources): void {
    const before = this.#holdings.agents.totalOf(slot);
    this.#orders.roles.reserve(total, 1);
    this.#orders.roles.reserve(before, -1);
    this.#orders.pool.replace(scalarSums(before), scalarSums(total));
    this.#holdings.setTotal(slot, total);
    this.#refresh(slot);
    this.#quotaMayHaveRoom();
  }

  /** A deactivated agent stays in the pool and is not offered. */
  setAgentActivated(slot: AgentSlot, activated: boolean): void {
    this.#facts.setActivated(slot, activated);
    this.#applyFacts(slot);
    if (activated) this.#candidates.change(slot);
  }

  /** Only agents with these host names are offered; null: all. Holds from the next run on. */
  setWhitelist(hostnames: readonly string[] | null): void {
    this.#facts.setWhitelist(hostnames);
    for (const slot of this.#holdings.agents.slots()) this.#applyFacts(slot);
    this.#candidates.changeAll();
  }

  /**
   * Plans maintenance, or takes the plan back; asks who holds anything there, and requests a run.
   */
  setUnavailability(slot: AgentSlot, unavailability: Unavailability | undefined): void {
    this.#inverseOffers.setUnavailability(slot, unavailability);
    this.#candidates.request(slot);
  }

  availableOn(slot: AgentSlot): Resources {
    return this.#holdings.agents.available(slot);
  }

  totalOn(slot: AgentSlot): Resources {
    return this.#holdings.agents.totalOf(slot);
  }

  #applyFacts(slot: AgentSlot): void {
    const {agents} = this.#holdings;
    agents.setOfferable(slot, this.#facts.isOfferable(slot));
    const gpus = agents.exclusionsOf(slot) & WITH_GPUS;
    agents.setExclusions(slot, this.#facts.exclusionsOf(slot) | gpus);
    this.#inverseOffers.touch(slot);
    this.#refresh(slot);
  }

  /** Files the agent as having something to give, or not. */
  #refresh(slot: AgentSlot): void {
    const {agents} = this.#holdings;
    this.#candidates.setFree(slot, agents.isOfferable(slot) && agents.hasAny(slot));
  }

  // Frameworks.

  /**
   * A framework subscribes; if it is active, requests a run over all agents. `used` is what it says
   * to use, by agents that are known; what agents said of it counts already.
   */
  addFramework(
    id: string,
    terms: FrameworkTerms,
    {active = true, used = []}: {active?: boolean; used?: readonly AgentUsage[]} = {},
  ): void {
    const framework = this.#subscribers.ensureFramework(id);
    assert(!framework.known, () => `framework ${id} is added twice`);
    framework.known = true;
    framework.active = active;
    for (const role of terms.roles) {
      const row = this.#subscribers.ensure(id, role);
      row.subscribed = true;
      row.suppressed = terms.suppressed.includes(role);
    }
    this.#subscribers.setTerms(framework, terms);
    for (const row of framework.subscribers.values()) {
      this.#track(row);
      if (row.holdings > 0) this.#bookAll(row);
    }
    // What agents said that it uses meets guarantees: less is held back for them.
    this.#quotaMayHaveRoom();
    for (const {agent, role, resources} of used) {
      const row = this.#subscribers.ensure(id, role);
      if (!isEmpty(this.#holdings.ledger.heldBy(agent, row.subscriber))) continue;
      this.#charge(row, agent, resources);
    }
    if (!active) return;
    this.#askAgain();
    this.#candidates.requestAll();
  }

  /** What agents said that a framework uses counts from now on in the orders. */
  #bookAll(row: SubscriberRow): void {
    const {ledger} = this.#holdings;
    for (const slot of ledger.agents()) {
      const held = ledger.heldBy(slot, row.subscriber);
      if (!isEmpty(held)) this.#orders.book(row, slot, held);
    }
  }

  /** New terms: roles, suppressed roles, capabilities, minima, constraints. Requests no run. */
  updateFramework(id: string, terms: FrameworkTerms): void {
    const framework = this.#framework(id);
    for (const row of [...framework.subscribers.values()]) {
      if (!row.subscribed || terms.roles.includes(row.role)) continue;
      row.subscribed = false;
      row.offersMax = Infinity;
      this.#filters.dropClient(row.subscriber);
      this.#reconsider(row);
      this.#release(row);
    }
    for (const role of terms.roles) {
      const row = this.#subscribers.ensure(id, role);
      const suppressed = terms.suppressed.includes(role);
      if (row.suppressed && !suppressed) this.#filters.dropClient(row.subscriber);
      row.subscribed = true;
      row.suppressed = suppressed;
      this.#track(row);
    }
    this.#subscribers.setTerms(framework, terms);
    this.#inverseOffers.clearFilters(framework.slot);
    this.#candidates.changeAll();
  }

  /**
   * The roles that a framework is in from now on. What is suppressed stays so; new roles are not,
   * and have no terms of their own. Requests no run.
   */
  setRoles(id: string, roles: readonly string[]): void {
    const {terms, subscribers} = this.#framework(id);
    const suppressed = [...subscribers.values()]
      .filter((row) => row.subscribed && row.suppressed && roles.includes(row.role))
      .map(({role}) => role);
    const minAllocatable = Object.fromEntries(
      Object.entries(terms.minAllocatable).filter(([role]) => roles.includes(role)),
    );
    this.updateFramework(id, {...terms, roles, suppressed, minAllocatable});
  }

  /** The roles that a framework is in. */
  rolesOf(id: string): readonly string[] {
    return this.#framework(id).terms.roles;
  }

  /** What it holds stays taken until it is recovered, but does not count in the orders any more. */
  removeFramework(id: string): void {
    const framework = this.#framework(id);
    const {ledger} = this.#holdings;
    framework.active = false;
    this.#inverseOffers.removeFramework(framework.slot);
    for (const row of [...framework.subscribers.values()]) {
      this.#filters.dropClient(row.subscriber);
      row.subscribed = false;
      row.offers = 0;
      row.offersMax = Infinity;
      this.#reconsider(row);
      if (row.holdings > 0) {
        for (const slot of ledger.agents()) {
          const held = ledger.heldBy(slot, row.subscriber);
          if (!isEmpty(held)) this.#unbook(row, slot, held);
        }
      }
      this.#orders.leave(row);
    }
    framework.known = false;
    for (const row of [...framework.subscribers.values()]) this.#subscribers.release(row);
    this.#subscribers.releaseFramework(framework);
    this.#quotaMayHaveRoom();
  }

  /** Requests a run over all agents. Suppressed roles stay so. */
  activateFramework(id: string): void {
    const framework = this.#framework(id);
    framework.active = true;
    for (const row of framework.subscribers.values()) this.#reconsider(row);
    this.#askAgain();
    this.#candidates.requestAll();
  }

  /** It is offered nothing, and its filters are forgotten; what it holds stays. */
  deactivateFramework(id: string): void {
    const framework = this.#framework(id);
    framework.active = false;
    for (const row of framework.subscribers.values()) {
      this.#filters.dropClient(row.subscriber);
      this.#reconsider(row);
    }
    this.#inverseOffers.clearFilters(framework.slot);
  }

  /** No offers for these roles (none named: all) until revived. Filters stay. */
  suppress(id: string, roles: readonly string[] = ALL): void {
    for (const row of this.#framework(id).subscribers.values()) {
      if (!isAmong(row, roles)) continue;
      row.suppressed = true;
      this.#reconsider(row);
    }
  }

  /**
   * Offers for these roles (none named: all) again: filters are forgotten (unless the options keep
   * them), and a run over all agents is requested.
   */
  revive(id: string, roles: readonly string[] = ALL): void {
    const framework = this.#framework(id);
    if (!this.#options.reviveKeepsFilters) this.#forgetRefusals(framework, roles);
    this.#unsuppress(framework, roles);
  }

  /** Unlike Mesos's REVIVE, takes back a suppression and leaves the filters (MESOS-9028). */
  unsuppress(id: string, roles: readonly string[] = ALL): void {
    this.#unsuppress(this.#framework(id), roles);
  }

  #unsuppress(framework: FrameworkRow, roles: readonly string[]): void {
    for (const row of framework.subscribers.values()) {
      if (!isAmong(row, roles)) continue;
      row.suppressed = false;
      this.#reconsider(row);
    }
    this.#candidates.requestAll();
  }

  /** Forgets what was refused in these roles (none named: all), and all answers on maintenance. */
  clearFilters(id: string, roles: readonly string[] = ALL): void {
    this.#forgetRefusals(this.#framework(id), roles);
    this.#candidates.changeAll();
  }

  #forgetRefusals(framework: FrameworkRow, roles: readonly string[]): void {
    for (const row of framework.subscribers.values()) {
      if (isAmong(row, roles)) this.#filters.dropClient(row.subscriber);
    }
    this.#inverseOffers.clearFilters(framework.slot);
  }

  /** The framework in one of its roles, as grants name it. */
  subscriberOf(id: string, role: string): Subscriber {
    const row = this.#framework(id).subscribers.get(role);
    assert(row !== undefined, () => `framework ${id} is not in role ${role}`);
    return row.subscriber;
  }

  /**
   * The framework in one of its roles, also if it has been removed, or was never known, and still
   * has something there.
   */
  findSubscriber(id: string, role: string): Subscriber | undefined {
    return this.#subscribers.framework(id)?.subscribers.get(role)?.subscriber;
  }

  /** The framework and role of a subscriber. */
  nameOf(subscriber: Subscriber): {readonly framework: string; readonly role: string} {
    const {framework, role} = this.#subscribers.row(subscriber);
    return {framework: framework.id, role};
  }

  /** See {@link FrameworkChange}; takes effect with the next run, and requests none. */
  setOffersMax(subscriber: Subscriber, offersMax: number): void {
    const row = this.#subscribers.row(subscriber);
    row.offersMax = offersMax;
    this.#reconsider(row);
  }

  /** The least that an offer to a subscriber must contain; null: the cluster's minimum. */
  setMinAllocatable(subscriber: Subscriber, alternatives: readonly Quantities[] | null): void {
    const {framework, role} = this.#subscribers.row(subscriber);
    const {[role]: _, ...others} = framework.terms.minAllocatable;
    const minAllocatable = alternatives === null ? others : {...others, [role]: alternatives};
    this.#subscribers.setTerms(framework, {...framework.terms, minAllocatable});
    this.#candidates.changeAll();
  }

  #framework(id: string): FrameworkRow {
    const framework = this.#subscribers.framework(id);
    assert(framework?.known === true, () => `no framework ${id}`);
    return framework;
  }

  /** Gives a subscriber its place in the orders. */
  #track(row: SubscriberRow): void {
    this.#orders.enter(row);
    this.#reconsider(row);
  }

  /** Takes a row out of the orders, and forgets it, when its last trace is gone. */
  #release(row: SubscriberRow): void {
    if (row.subscribed || row.holdings > 0) return;
    this.#orders.leave(row);
    this.#subscribers.release(row);
  }

  #reconsider(row: SubscriberRow): void {
    // Agents that nobody wanted were passed over meanwhile.
    if (this.#orders.reconsider(row)) this.#candidates.changeAll();
  }

  // Roles.

  /** Holds from the next run on. 1 is the default. */
  setWeight(role: string, weight: number): void {
    this.#orders.setWeight(role, weight);
  }

  /** Holds from the next run on. {@link NO_QUOTA} takes the quota away. */
  setQuota(role: string, quota: Quota): void {
    this.#orders.roles.setQuota(role, quota);
    this.#candidates.changeAll();
  }

  get roles(): RoleTree {
    return this.#orders.roles;
  }

  // Resources.

  /** An offer is over: accepted, declined or rescinded. */
  offerEnded(subscriber: Subscriber): void {
    const row = this.#subscribers.row(subscriber);
    row.offers -= 1;
    this.#reconsider(row);
  }

  /** Resources that are known to be used, of a task that its agent reported. */
  charge(subscriber: Subscriber, slot: AgentSlot, resources: Resources): void {
    this.#charge(this.#subscribers.row(subscriber), slot, resources);
  }

  /**
   * Resources that an agent says are used in a role, which the framework need not be in any more.
   * Answers who holds them.
   */
  chargeUsage(slot: AgentSlot, {framework, role, resources}: Usage): Subscriber {
    const row = this.#subscribers.ensure(framework, role);
    this.#charge(row, slot, resources);
    return row.subscriber;
  }

  #charge(row: SubscriberRow, slot: AgentSlot, resources: Resources): void {
    if (isEmpty(resources)) return;
    this.#hold(row, slot, resources);
    if (!row.framework.known) return;
    this.#track(row);
    this.#orders.book(row, slot, resources);
  }

  /** Resources come back to their agent. */
  recover(subscriber: Subscriber, slot: AgentSlot, resources: Resources): void {
    if (isEmpty(resources)) return;
    const row = this.#subscribers.row(subscriber);
    this.#unbook(row, slot, resources);
    if (this.#holdings.giveBack(slot, subscriber, resources)) {
      row.holdings -= 1;
      this.#release(row);
    }
    this.#refresh(slot);
    this.#candidates.change(slot);
    this.#quotaMayHaveRoom();
    if (this.#options.allocateOnRecovery) this.#candidates.request(slot);
  }

  /** Keeps the agent from the subscriber for `refuseMs` (one interval at least; 0 = not at all). */
  refuse(subscriber: Subscriber, slot: AgentSlot, refused: Resources, refusal: Refusal): void {
    const {refuseMs, now} = refusal;
    // A filter in a role that was left would outlive the subscriber, whose number is used again.
    if (refuseMs === 0 || !this.#subscribers.row(subscriber).subscribed) return;
    const interval = this.#options.allocationIntervalMs;
    const lifetime = Math.max(refusedFor(refuseMs), interval);
    this.#filters.add({
      client: subscriber,
      agent: slot,
      refused,
      expiresAt: now + lifetime,
      // A longer one was armed before the timer of the run at its end, whenever it was made.
      late: lifetime === interval && now === this.#clock.lastBatchAt,
    });
  }

  /**
   * Operations turn a part of what a subscriber holds, offered or used, into something else, and
   * the agent's total with it. `held` is what they are applied to. Returns what `held` became.
   */
  updateAllocation(
    subscriber: Subscriber,
    slot: AgentSlot,
    held: Resources,
    conversions: readonly Conversion[],
  ): Resources {
    const row = this.#subscribers.row(subscriber);
    let now = held;
    let total = this.#holdings.agents.totalOf(slot);
    for (const conversion of conversions) {
      now = converted(now, conversion);
      total = converted(total, conversion);
    }
    this.#orders.convert(row, slot, [held, now]);
    // While it changes hands nothing of it is anybody's.
    if (this.#holdings.giveBack(slot, subscriber, held)) row.holdings -= 1;
    this.#setTotal(slot, total);
    if (!isEmpty(now) && this.#holdings.take(slot, subscriber, now)) row.holdings += 1;
    this.#refresh(slot);
    this.#candidates.change(slot);
    this.#release(row);
    return now;
  }

  /**
   * Operations of an operator on what nobody holds. False, and nothing changed, when they need what
   * is not available.
   */
  updateAvailable(slot: AgentSlot, conversions: readonly Conversion[]): boolean {
    const {agents, ledger} = this.#holdings;
    let available = agents.available(slot);
    let total = agents.totalOf(slot);
    for (const conversion of conversions) {
      const {consumed} = conversion;
      if (!containsResources(available, consumed)) return false;
      const inUse = ledger.specialOn(slot).some((held) => {
        if (held.special.shared !== true) return false;
        return consumed.special.some(({special}) => special.key === held.special.key);
      });
      if (inUse) return false;
      available = converted(available, conversion);
      total = converted(total, conversion);
    }
    this.#setTotal(slot, total);
    this.#candidates.change(slot);
    return true;
  }

  /** Takes resources off an agent, for a subscriber. */
  readonly #hold = (row: SubscriberRow, slot: AgentSlot, resources: Resources): void => {
    if (this.#holdings.take(slot, row.subscriber, resources)) {
      row.holdings += 1;
      this.#inverseOffers.touch(slot);
    }
    this.#refresh(slot);
  };

  #unbook(row: SubscriberRow, slot: AgentSlot, resources: Resources): void {
    if (row.framework.known) this.#orders.unbook(row, slot, resources);
  }

  /** Limits and guarantees tie all agents together: what changes on one may free another. */
  #quotaMayHaveRoom(): void {
    if (this.#orders.roles.withQuota.length > 0) this.#candidates.changeAll();
  }

  // Maintenance.

  /** What a framework says to an inverse offer; it is not asked again for `refuseMs`. */
  answerInverseOffer(
    id: string,
    slot: AgentSlot,
    {accepted, refuseMs, now}: Refusal & {readonly accepted: boolean},
  ): void {
    const {slot: framework} = this.#framework(id);
    // A run in the instant of its end does not find it any more, whichever was there first.
    const answer = {accepted, at: now, refuseMs: refusedFor(refuseMs), late: false};
    this.#inverseOffers.answered(framework, slot, answer);
  }

  get inverseOffers(): InverseOffers {
    return this.#inverseOffers;
  }

  /** Somebody is there (again) who may hold something anywhere. */
  #askAgain(): void {
    for (const slot of this.#inverseOffers.agents) this.#inverseOffers.touch(slot);
  }

  // Recovery.

  /**
   * After a failover with quota: no runs until most of the agents that were there are back, or for
   * ten minutes, so that guarantees are not given away (Mesos `--allocator_recovery_timeout`).
   */
  awaitAgents(expected: number, now: number): void {
    const agents = Math.floor(expected * this.#options.recoveryFactor);
    if (this.#orders.roles.withQuota.length === 0 || this.#holdings.agents.count >= agents) return;
    this.#clock.holdOff(agents, now, this.#options.recoveryTimeoutMs);
  }

  // Runs.

  /** When the next run would have something to do; Infinity when none would. Never before `now`. */
  wakeAt(now: number): number {
    return this.#runner.wakeAt(now);
  }

  /** Makes the run that is due at `now`: the batch run, or the requested one. */
  run(now: number): RunResult {
    return this.#runner.run(now);
  }

  // Figures.

  /** Runs made so far; those of idle intervals, which nobody has called for, are not counted. */
  get runs(): number {
    return this.#clock.runs;
  }

  /** Runs up to `now` as Mesos counts them: see {@link RunClock.runsUntil}. */
  runsUntil(now: number): number {
    return this.#clock.runsUntil(now);
  }

  /** Why the last run gave what it gave; undefined: no such framework, role or agent. */
  explain(question: Question): Explanation | undefined {
    return explain(this.#explainParts(), question);
  }

  /**
   * Tells of each agent what keeps a subscriber from it; undefined: nothing but who comes first.
   */
  obstaclesOf(subscriber: Subscriber): (slot: AgentSlot) => Obstacle | undefined {
    return obstaclesOf(this.#explainParts(), this.#subscribers.row(subscriber));
  }

  #explainParts(): ExplainParts {
    return {
      cycle: this.#runner.cycleParts,
      roles: this.#orders.roles,
      subscribers: this.#subscribers,
      ledger: this.#holdings.ledger,
      lastRun: this.#runner.lastRun,
      heldOffUntil: this.#clock.heldOffUntil,
    };
  }

  /** Weighted dominant share of a role; undefined where it has no frameworks or shares. */
  roleShare(name: string): number | undefined {
    const frameworks = this.#orders.roles.get(name)?.frameworks;
    return frameworks === undefined
      ? undefined
      : this.#orders.roleSorter.shareOf(frameworks.client);
  }

  /** Offer filters that are in force at `now`, by role, of all roles that have any. */
  activeFilters(now: number): ReadonlyMap<string, number> {
    const expired = this.#filters.expiredBy(now);
    const counts = new Map<string, number>();
    for (const {subscriber, role} of this.#subscribers.all()) {
      const count = this.#filters.countOf(subscriber) - (expired.get(subscriber) ?? 0);
      if (count > 0) counts.set(role, (counts.get(role) ?? 0) + count);
    }
    return counts;
  }

  /** Offered and used scalars of a subscriber. */
  allocationOf(subscriber: Subscriber): ArrayLike<number> {
    const row = this.#subscribers.row(subscriber);
    const frameworks = this.#orders.roles.get(row.role)?.frameworks;
    return row.client < 0 || frameworks === undefined
      ? []
      : frameworks.sorter.allocationOf(row.client);
  }

  /** Offered and used scalars of exactly this role, by its place in the order of roles. */
  roleAllocation(name: string): ArrayLike<number> {
    const frameworks = this.#orders.roles.get(name)?.frameworks;
    return frameworks === undefined ? [] : this.#orders.roleSorter.allocationOf(frameworks.client);
  }

  /** Offered and used scalars of all agents, also by frameworks that are not known (any more). */
  offeredOrAllocated(): readonly number[] {
    const sums: number[] = [];
    for (const slot of this.#holdings.ledger.agents()) {
      addInto(sums, scalarSums(this.#holdings.ledger.heldOn(slot)), 1);
    }
    return sums;
  }

  /** Every framework in every role that it is subscribed to, in no particular order. */
  *subscriptions(): IterableIterator<Subscription> {
    for (const {framework, role, subscribed, suppressed} of this.#subscribers.all()) {
      if (subscribed) yield {framework: framework.id, role, suppressed};
    }
  }

  /** The part of the whole cluster that `scalars` are, by the greatest kind. */
  dominantShare(scalars: readonly number[]): number {
    return this.#orders.pool.dominantShare(scalars);
  }

  /** Totals of all agents, thousandths by kind. */
  get clusterTotals(): readonly number[] {
    return this.#orders.pool.totals;
  }

  snapshot(): AllocatorSnapshot {
    return {
      holdings: this.#holdings.snapshot(),
      facts: this.#facts.snapshot(),
      filters: this.#filters.snapshot(),
      inverseOffers: this.#inverseOffers.snapshot(),
      orders: this.#orders.snapshot(),
      subscribers: this.#subscribers.snapshot(),
      candidates: this.#candidates.snapshot(),
      clock: this.#clock.snapshot(),
      random: this.#random.state,
    };
  }

  /**
   * Puts a snapshot into an allocator that was made with the same options and `random` of its
   * state.
   */
  load(snapshot: AllocatorSnapshot): void {
    this.#holdings = Holdings.restore(snapshot.holdings);
    const {agents} = this.#holdings;
    for (const slot of agents.slots()) {
      this.#orders.pool.add(scalarSums(agents.totalOf(slot)), 1);
    }
    this.#facts = AgentFacts.restore(
      {region: this.#options.region, seed: this.#seed},
      snapshot.facts,
    );
    this.#filters = OfferFilters.restore(snapshot.filters);
    this.#inverseOffers = InverseOffers.restore(snapshot.inverseOffers);
    this.#subscribers = Subscribers.restore(this.#rules(), snapshot.subscribers);
    this.#orders.load(snapshot.orders, this.#subscribers.all());
    this.#candidates = Candidates.restore(snapshot.candidates);
    this.#clock = RunClock.restore(this.#options.allocationIntervalMs, snapshot.clock);
    this.#runner = this.#makeRunner();
  }
}

function converted(resources: Resources, conversion: Conversion): Resources {
  const result = applyConversion(resources, conversion);
  assert(result.ok, () => `a conversion that cannot be: ${result.ok ? '' : result.message}`);
  return result.resources;
}

/**
 * How long a refusal holds: what cannot be understood is the default, and a year is the longest.
 */
function refusedFor(refuseMs: number): number {
  return refuseMs >= 0 ? Math.min(refuseMs, REFUSE_MS_MAX) : REFUSE_MS_DEFAULT;
}

/** Whether a subscription is in one of these roles; none named: in any. */
function isAmong({subscribed, role}: SubscriberRow, roles: readonly string[]): boolean {
  return subscribed && (roles.length === 0 || roles.includes(role));
}

function isSameInfo(left: AgentInfo, right: AgentInfo): boolean {
  return (
    left.hostname === right.hostname &&
    left.region === right.region &&
    left.zone === right.zone &&
    JSON.stringify(left.attributes) === JSON.stringify(right.attributes)
  );
}
