/**
 * Who gets which agent: two levels, roles and then frameworks, each by Dominant Resource Fairness;
 * refused agents are filtered; runs happen on events and periodically (Apache Mesos
 * `hierarchical.cpp`, reference part 1).
 *
 * An agent that gave nothing in a run would give nothing in the next one unless something about it,
 * its filters or the frameworks changed. So runs look only at agents that changed, or at all when a
 * framework began to want; the offers are those of a run over everything, and an idle cluster costs
 * nothing.
 */
import {assert} from '../kernel/assert.ts';
import type {Random} from '../kernel/random.ts';
import type {AllocatorOptions} from '../options.ts';
import type {Resources, ScalarKinds} from '../resources/vector.ts';
import type {Quantities} from '../scheduler.ts';
import {AgentSet} from './agent-set.ts';
import {AgentTable, type AgentSlot, type AgentTableSnapshot} from './agent-table.ts';
import {DrfSorter, Pool, type Client, type DrfSorterSnapshot} from './drf-sorter.ts';
import {compileMinimum, meetsMinimum, type Minimum} from './minimum.ts';
import {OfferFilters, type OfferFiltersSnapshot} from './offer-filters.ts';

/** Dense index of a framework in one of its roles. */
export type Subscriber = number;

/** All free resources of one agent, given to one subscriber. */
export interface Grant {
  readonly subscriber: Subscriber;
  readonly agent: AgentSlot;
  readonly resources: Resources;
}

/** A refused agent is kept away for this long at least: 365 days is the longest. */
const REFUSE_MS_MAX = 365 * 24 * 3600 * 1000;

interface Role {
  readonly name: string;
  /** Its place in the role sorter. */
  readonly client: Client;
  readonly sorter: DrfSorter;
  /** Subscriber by client of the role's own sorter. */
  readonly subscribers: Map<Client, Subscriber>;
}

interface SubscriberRow {
  readonly framework: string;
  readonly role: string;
  /** Its place in its role's sorter. */
  readonly client: Client;
  readonly gpus: boolean;
  suppressed: boolean;
  offersMax: number;
  /** Offers that it holds. */
  offers: number;
  /** null: the cluster's minimum. */
  minAllocatable: readonly Quantities[] | null;
}

/** What an allocator works with. */
export interface AllocatorContext {
  readonly kinds: ScalarKinds;
  /** Decides the order in which agents are visited. */
  readonly random: Random;
  /** role → weight, 1 where absent. */
  readonly weights: ReadonlyMap<string, number>;
  /** The first batch run is one interval later. */
  readonly startedAt: number;
}

/** How long a refused agent is kept away, and since when. */
export interface Refusal {
  readonly refuseMs: number;
  readonly now: number;
}

export interface AllocatorSnapshot {
  readonly agents: AgentTableSnapshot;
  readonly filters: OfferFiltersSnapshot;
  readonly roleSorter: DrfSorterSnapshot;
  readonly roles: readonly {
    readonly name: string;
    readonly client: Client;
    readonly sorter: DrfSorterSnapshot;
    readonly subscribers: readonly (readonly [Client, Subscriber])[];
  }[];
  readonly subscribers: readonly (Readonly<Omit<SubscriberRow, 'offersMax'>> & {
    /** null stands for no bound, which JSON cannot write. */
    readonly offersMax: number | null;
  })[];
  readonly sets: {
    readonly withFree: readonly AgentSlot[];
    readonly changed: readonly AgentSlot[];
    readonly requested: readonly AgentSlot[];
  };
  readonly allChanged: boolean;
  readonly allRequested: boolean;
  readonly runRequested: boolean;
  readonly startedAt: number;
  readonly lastBatchAt: number;
  readonly runs: number;
  readonly random: readonly [number, number, number, number];
}

export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #kinds: ScalarKinds;
  readonly #random: Random;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #pool = new Pool();
  #agents = new AgentTable();
  #filters = new OfferFilters();
  #roleSorter = new DrfSorter(this.#pool);
  readonly #roles = new Map<string, Role>();
  /** Role by client of the role sorter. */
  readonly #roleOf: Role[] = [];
  readonly #subscribers: SubscriberRow[] = [];
  readonly #minimums: Minimum[] = [];
  #clusterMinimum: Minimum = [];
  /** Kinds known when the minimums were compiled. */
  #minimumKinds = -1;
  /** Subscribers that take offers now. */
  #wanting = 0;
  /** Activated agents that have anything left. */
  #withFree = new AgentSet();
  /** To be looked at by the next batch run. */
  #changed = new AgentSet();
  /** To be looked at by the run that was requested. */
  #requested = new AgentSet();
  #allChanged = false;
  #allRequested = false;
  #runRequested = false;
  #startedAt: number;
  #lastBatchAt: number;
  #runs = 0;

  constructor(options: AllocatorOptions, context: AllocatorContext) {
    const {kinds, random, weights, startedAt} = context;
    this.#options = options;
    this.#kinds = kinds;
    this.#random = random;
    this.#weights = weights;
    this.#startedAt = startedAt;
    this.#lastBatchAt = startedAt;
    for (const name of options.fairSharingExcludes) {
      this.#pool.excluded[kinds.indexOf(name)] = true;
    }
  }

  // Agents.

  /** An agent joins with its total resources, all of them free; requests a run for it. */
  addAgent(total: Resources): AgentSlot {
    const slot = this.#agents.add(total);
    this.#pool.add(total.scalars, 1);
    this.#refresh(slot);
    this.#request(slot);
    return slot;
  }

  /** The agent leaves the cluster. Everything allocated on it must have been recovered before. */
  removeAgent(slot: AgentSlot): void {
    this.#pool.add(this.#agents.totalOf(slot).scalars, -1);
    this.#agents.remove(slot);
    this.#filters.dropAgent(slot);
    this.#withFree.delete(slot);
    this.#changed.delete(slot);
    this.#requested.delete(slot);
  }

  setAgentTotal(slot: AgentSlot, total: Resources): void {
    this.#pool.add(this.#agents.totalOf(slot).scalars, -1);
    this.#pool.add(total.scalars, 1);
    this.#agents.setTotal(slot, total);
    this.#refresh(slot);
    this.#request(slot);
  }

  /** A deactivated agent stays in the pool and is not offered. */
  setAgentActivated(slot: AgentSlot, activated: boolean): void {
    this.#agents.setActivated(slot, activated);
    this.#refresh(slot);
    if (activated) this.#changed.add(slot);
  }

  availableOn(slot: AgentSlot): Resources {
    return this.#agents.availableResources(slot);
  }

  totalOn(slot: AgentSlot): Resources {
    return this.#agents.totalOf(slot);
  }

  // Frameworks.

  /** A framework subscribes to a role; requests a run over all agents. */
  addSubscriber(framework: string, roleName: string, gpus: boolean): Subscriber {
    const role = this.#roles.get(roleName) ?? this.#addRole(roleName);
    const subscriber = this.#subscribers.length;
    const client = role.sorter.add(framework);
    role.subscribers.set(client, subscriber);
    this.#subscribers.push({
      framework,
      role: roleName,
      client,
      gpus,
      suppressed: true,
      offersMax: Infinity,
      offers: 0,
      minAllocatable: null,
    });
    this.#minimumKinds = -1;
    this.revive(subscriber);
    return subscriber;
  }

  #addRole(name: string): Role {
    const client = this.#roleSorter.add(name, this.#weights.get(name) ?? 1);
    const role: Role = {name, client, sorter: new DrfSorter(this.#pool), subscribers: new Map()};
    this.#roles.set(name, role);
    this.#roleOf[client] = role;
    return role;
  }

  /** No offers until revived. Filters stay. */
  suppress(subscriber: Subscriber): void {
    const row = this.#row(subscriber);
    const wanted = wants(row);
    row.suppressed = true;
    this.#wantsChanged(row, wanted);
  }

  /** Wants offers again, forgets its filters, and requests a run over all agents. */
  revive(subscriber: Subscriber): void {
    const row = this.#row(subscriber);
    const wanted = wants(row);
    row.suppressed = false;
    this.#filters.dropClient(subscriber);
    this.#wantsChanged(row, wanted);
    this.#allRequested = true;
    this.#runRequested = true;
  }

  /** See {@link FrameworkChange}; takes effect with the next run, and requests none. */
  setOffersMax(subscriber: Subscriber, offersMax: number): void {
    const row = this.#row(subscriber);
    const wanted = wants(row);
    row.offersMax = offersMax;
    this.#wantsChanged(row, wanted);
  }

  setMinAllocatable(subscriber: Subscriber, alternatives: readonly Quantities[] | null): void {
    this.#row(subscriber).minAllocatable = alternatives;
    this.#minimumKinds = -1;
    this.#allChanged = true;
  }

  #row(subscriber: Subscriber): SubscriberRow {
    const row = this.#subscribers[subscriber];
    assert(row !== undefined, () => `no subscriber ${subscriber}`);
    return row;
  }

  /** Keeps the orders free of those who take nothing, so that a run does not walk past them. */
  #wantsChanged(row: SubscriberRow, wanted: boolean): void {
    if (wants(row) === wanted) return;
    const role = this.#roles.get(row.role) as Role;
    if (wanted) {
      this.#wanting -= 1;
      role.sorter.deactivate(row.client);
      if (role.sorter.activeCount === 0) this.#roleSorter.deactivate(role.client);
      return;
    }
    this.#wanting += 1;
    role.sorter.activate(row.client);
    this.#roleSorter.activate(role.client);
    // Agents that nobody wanted were passed over meanwhile.
    this.#allChanged = true;
  }

  // Resources.

  /** An offer is over: accepted, declined or rescinded. */
  offerEnded(subscriber: Subscriber): void {
    const row = this.#row(subscriber);
    const wanted = wants(row);
    row.offers -= 1;
    this.#wantsChanged(row, wanted);
  }

  /** Resources that are known to be used, of a task that its agent reported. */
  charge(subscriber: Subscriber, slot: AgentSlot, resources: Resources): void {
    this.#agents.take(slot, resources);
    this.#allocated(this.#row(subscriber), resources.scalars);
    this.#refresh(slot);
  }

  /** Resources come back to their agent. */
  recover(subscriber: Subscriber, slot: AgentSlot, resources: Resources): void {
    const row = this.#row(subscriber);
    const role = this.#roles.get(row.role) as Role;
    role.sorter.unallocated(row.client, resources.scalars);
    this.#roleSorter.unallocated(role.client, resources.scalars);
    this.#agents.giveBack(slot, resources);
    this.#refresh(slot);
    this.#changed.add(slot);
    if (this.#options.allocateOnRecovery) this.#request(slot);
  }

  /** Keeps the agent from the subscriber for `refuseMs` (one interval at least; 0 = not at all). */
  refuse(subscriber: Subscriber, slot: AgentSlot, refused: Resources, refusal: Refusal): void {
    const {refuseMs, now} = refusal;
    if (refuseMs === 0) return;
    const asked = refuseMs > 0 ? Math.min(refuseMs, REFUSE_MS_MAX) : 5000;
    const interval = this.#options.allocationIntervalMs;
    const lifetime = Math.max(asked, interval);
    this.#filters.add({
      client: subscriber,
      agent: slot,
      refused,
      expiresAt: now + lifetime,
      // A longer one was armed before the timer of the run at its end, whenever it was made.
      late: lifetime === interval && now === this.#lastBatchAt,
    });
  }

  #allocated(row: SubscriberRow, scalars: readonly number[]): void {
    const role = this.#roles.get(row.role) as Role;
    role.sorter.allocated(row.client, scalars);
    this.#roleSorter.allocated(role.client, scalars);
  }

  /** Files the agent as having something to give, or not. */
  #refresh(slot: AgentSlot): void {
    if (this.#agents.isActivated(slot) && this.#hasAny(slot)) this.#withFree.add(slot);
    else this.#withFree.delete(slot);
  }

  #hasAny(slot: AgentSlot): boolean {
    const {scalars, offset, ranges, sets} = this.#agents.available(slot);
    const kinds = this.#pool.totals.length;
    for (let kind = 0; kind < kinds; kind += 1) {
      if ((scalars[offset + kind] ?? 0) > 0) return true;
    }
    return ranges.length > 0 || sets.length > 0;
  }

  #request(slot: AgentSlot): void {
    this.#requested.add(slot);
    this.#runRequested = true;
  }

  // Runs.

  /** When the next run would have something to do; Infinity when none would. Never before `now`. */
  wakeAt(now: number): number {
    if (this.#runRequested) return now;
    if (this.#wanting === 0) return Infinity;
    if (this.#allChanged || this.#changed.size > 0) return this.#batchAtOrAfter(now);
    const expiryAt = this.#filters.nextExpiryAt;
    return expiryAt === Infinity ? Infinity : this.#batchAtOrAfter(Math.max(now, expiryAt));
  }

  #batchAtOrAfter(at: number): number {
    const interval = this.#options.allocationIntervalMs;
    const count = Math.max(1, Math.ceil((at - this.#startedAt) / interval));
    const batchAt = this.#startedAt + count * interval;
    return batchAt > this.#lastBatchAt ? batchAt : this.#lastBatchAt + interval;
  }

  /** Makes the run that is due at `now`: the batch run, or the requested one. */
  run(now: number): readonly Grant[] {
    const isBatch = this.#batchAtOrAfter(now) === now;
    if (!isBatch && !this.#runRequested) return [];
    this.#compileMinimums();
    this.#filters.expire(now, true, this.#onExpired);
    const grants: Grant[] = [];
    this.#runs += 1;
    if (this.#wanting === 0) this.#putOff();
    else this.#runOver(isBatch, grants);
    this.#runRequested = false;
    if (isBatch) {
      this.#lastBatchAt = now;
      this.#filters.expire(now, false, this.#onExpired);
    }
    return grants;
  }

  /**
   * Nobody wants anything: what was to be looked at waits for a batch run that has somebody to
   * serve.
   */
  #putOff(): void {
    if (this.#allRequested) this.#allChanged = true;
    this.#allRequested = false;
    this.#requestedAreChanged();
  }

  #requestedAreChanged(): void {
    for (let at = 0; at < this.#requested.size; at += 1) this.#changed.add(this.#requested.at(at));
    this.#requested.clear();
  }

  #runOver(isBatch: boolean, grants: Grant[]): void {
    const all = this.#allRequested || (isBatch && this.#allChanged);
    if (all) {
      this.#visitAll(grants);
      this.#allRequested = false;
      // A run that ended early, because nobody wanted more, has not seen the rest; but whoever
      // comes to want later makes all agents count as changed again.
      this.#allChanged = false;
      this.#changed.clear();
      this.#requested.clear();
    } else if (isBatch) {
      this.#requestedAreChanged();
      this.#visitSet(this.#changed, grants);
    } else {
      this.#visitSet(this.#requested, grants);
      this.#requestedAreChanged();
    }
  }

  readonly #onExpired = (slot: number): void => {
    this.#changed.add(slot);
  };

  /**
   * Visits agents with anything free in random order: a shuffle that stops when nobody wants more.
   */
  #visitAll(grants: Grant[]): void {
    const free = this.#withFree;
    let next = 0;
    while (next < free.size && this.#wanting > 0) {
      free.swap(next, next + this.#random.below(free.size - next));
      const slot = free.at(next);
      this.#visit(slot, grants);
      // A granted agent has left the set, and another has taken its position.
      if (free.has(slot)) next += 1;
    }
  }

  #visitSet(set: AgentSet, grants: Grant[]): void {
    while (set.size > 0 && this.#wanting > 0) {
      const slot = set.at(this.#random.below(set.size));
      set.delete(slot);
      if (set !== this.#changed) this.#changed.delete(slot);
      if (this.#withFree.has(slot)) this.#visit(slot, grants);
    }
  }

  /** Gives all that an agent has free to the first that may and wants to have it. */
  #visit(slot: AgentSlot, grants: Grant[]): void {
    const roles = this.#roleSorter.sorted();
    const roleCount = this.#roleSorter.activeCount;
    for (let roleAt = 0; roleAt < roleCount; roleAt += 1) {
      const role = this.#roleOf[roles[roleAt] as number] as Role;
      const clients = role.sorter.sorted();
      const clientCount = role.sorter.activeCount;
      for (let clientAt = 0; clientAt < clientCount; clientAt += 1) {
        const subscriber = role.subscribers.get(clients[clientAt] as number) as Subscriber;
        if (!this.#mayHave(subscriber, slot)) continue;
        const resources = this.#agents.availableResources(slot);
        if (this.#filters.refuses(subscriber, slot, resources)) continue;
        this.#grant(subscriber, slot, resources, grants);
        return;
      }
    }
  }

  /** Whether a subscriber can use what the agent has, filters apart. */
  #mayHave(subscriber: Subscriber, slot: AgentSlot): boolean {
    const row = this.#subscribers[subscriber] as SubscriberRow;
    if (this.#options.filterGpuResources && !row.gpus && this.#agents.hasGpus(slot)) return false;
    return meetsMinimum(this.#agents.available(slot), this.#minimums[subscriber] as Minimum);
  }

  #grant(subscriber: Subscriber, slot: AgentSlot, resources: Resources, grants: Grant[]): void {
    const row = this.#subscribers[subscriber] as SubscriberRow;
    this.#agents.takeAll(slot);
    this.#withFree.delete(slot);
    this.#allocated(row, resources.scalars);
    row.offers += 1;
    if (!wants(row)) this.#wantsChanged(row, true);
    grants.push({subscriber, agent: slot, resources});
  }

  #compileMinimums(): void {
    if (this.#minimumKinds === this.#kinds.count) return;
    this.#clusterMinimum = compileMinimum(this.#options.minAllocatable, this.#kinds);
    for (const [subscriber, {minAllocatable}] of this.#subscribers.entries()) {
      this.#minimums[subscriber] =
        minAllocatable === null
          ? this.#clusterMinimum
          : compileMinimum(minAllocatable, this.#kinds);
    }
    this.#minimumKinds = this.#kinds.count;
  }

  // Figures.

  /** Runs made so far. */
  get runs(): number {
    return this.#runs;
  }

  /** Weighted dominant share of a role; 0 for an unknown one. */
  roleShare(name: string): number {
    const role = this.#roles.get(name);
    return role === undefined ? 0 : this.#roleSorter.shareOf(role.client);
  }

  get roleNames(): readonly string[] {
    return [...this.#roles.keys()];
  }

  /** Offer filters of a role's frameworks; one that expired counts until the next run. */
  filterCount(name: string): number {
    let count = 0;
    for (const [subscriber, {role}] of this.#subscribers.entries()) {
      if (role === name) count += this.#filters.countOf(subscriber);
    }
    return count;
  }

  /** Offered and used scalars of a subscriber. */
  allocationOf(subscriber: Subscriber): readonly number[] {
    const row = this.#row(subscriber);
    return (this.#roles.get(row.role) as Role).sorter.allocationOf(row.client);
  }

  /** The part of the whole cluster that `scalars` are, by the greatest kind. */
  dominantShare(scalars: readonly number[]): number {
    return this.#pool.dominantShare(scalars);
  }

  /** Totals of all agents, thousandths by kind. */
  get clusterTotals(): readonly number[] {
    return this.#pool.totals;
  }

  snapshot(): AllocatorSnapshot {
    return {
      agents: this.#agents.snapshot(),
      filters: this.#filters.snapshot(),
      roleSorter: this.#roleSorter.snapshot(),
      roles: [...this.#roles.values()].map(({name, client, sorter, subscribers}) => ({
        name,
        client,
        sorter: sorter.snapshot(),
        subscribers: [...subscribers],
      })),
      subscribers: this.#subscribers.map((row) => ({
        ...row,
        offersMax: row.offersMax === Infinity ? null : row.offersMax,
      })),
      sets: {
        withFree: this.#withFree.toArray(),
        changed: this.#changed.toArray(),
        requested: this.#requested.toArray(),
      },
      allChanged: this.#allChanged,
      allRequested: this.#allRequested,
      runRequested: this.#runRequested,
      startedAt: this.#startedAt,
      lastBatchAt: this.#lastBatchAt,
      runs: this.#runs,
      random: this.#random.state,
    };
  }

  /**
   * Puts a snapshot into an allocator that was made with the same options and `random` of its
   * state.
   */
  load(snapshot: AllocatorSnapshot): void {
    this.#agents = AgentTable.restore(snapshot.agents);
    for (const slot of this.#agents.slots()) this.#pool.add(this.#agents.totalOf(slot).scalars, 1);
    this.#filters = OfferFilters.restore(snapshot.filters);
    this.#roleSorter = DrfSorter.restore(this.#pool, snapshot.roleSorter);
    for (const {name, client, sorter, subscribers} of snapshot.roles) {
      const role: Role = {
        name,
        client,
        sorter: DrfSorter.restore(this.#pool, sorter),
        subscribers: new Map(subscribers),
      };
      this.#roles.set(name, role);
      this.#roleOf[client] = role;
    }
    for (const row of snapshot.subscribers) {
      this.#subscribers.push({...row, offersMax: row.offersMax ?? Infinity});
    }
    this.#wanting = this.#subscribers.filter(wants).length;
    this.#withFree = new AgentSet(snapshot.sets.withFree);
    this.#changed = new AgentSet(snapshot.sets.changed);
    this.#requested = new AgentSet(snapshot.sets.requested);
    this.#allChanged = snapshot.allChanged;
    this.#allRequested = snapshot.allRequested;
    this.#runRequested = snapshot.runRequested;
    this.#startedAt = snapshot.startedAt;
    this.#lastBatchAt = snapshot.lastBatchAt;
    this.#runs = snapshot.runs;
  }
}

function wants(row: SubscriberRow): boolean {
  return !row.suppressed && row.offers < row.offersMax;
}
