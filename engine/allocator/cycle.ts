/**
 * One allocation run: agents are handed out one after the other, first to roles whose guarantees
 * are not met, then by fair share (Mesos `hierarchical.cpp` `__allocate`, reference parts 1.6 to
 * 1.8).
 *
 * While an agent is handed out the orders of roles and frameworks stand still, as in Mesos, which
 * sorts once per agent: what was given is booked when the agent is done.
 */
import type {Random} from '../kernel/random.ts';
import {shrink} from '../resources/shrink.ts';
import {addEntries, type Entries} from '../resources/special.ts';
import type {ScalarKinds} from '../resources/kinds.ts';
import {
  addResources,
  isEmpty,
  scalarSums,
  subtractResources,
  type Resources,
} from '../resources/vector.ts';
import {
  NO_HIERARCHICAL_ROLE,
  NO_MULTI_ROLE,
  REMOTE,
  WITH_GPUS,
  type AgentSlot,
  type AgentTable,
} from './agent-table.ts';
import {meetsMinimum, type Minimum} from './minimum.ts';
import type {OfferFilters} from './offer-filters.ts';
import type {Orders} from './orders.ts';
import {hasQuota, quotaCharged, type Role} from './role-tree.ts';
import {countablePart, offerableTo, usableBy, withoutCountable} from './shares-of-agent.ts';
import type {RoleFrameworks, SubscriberRow} from './subscribers.ts';

/** What one subscriber gets of one agent. */
export interface Grant {
  readonly subscriber: number;
  readonly agent: AgentSlot;
  readonly resources: Resources;
}

/** What a run works on; the allocator owns it. */
export interface CycleParts {
  readonly agents: AgentTable;
  readonly filters: OfferFilters;
  readonly random: Random;
  readonly orders: Orders;
  readonly kinds: ScalarKinds;
  /** Unlike Mesos, limits bind all roles below. */
  readonly nestedLimits: boolean;
  /** Whether offer constraints keep the agent from the subscriber. */
  isExcluded(row: SubscriberRow, slot: AgentSlot): boolean;
  /** Takes resources off an agent, for a subscriber. */
  hold(row: SubscriberRow, slot: AgentSlot, resources: Resources): void;
  /** Books what was held in the orders; `isOffer`: it makes an offer of its own. */
  book(grant: Grant, isOffer: boolean): void;
}

/** What quotas say at some point of a run: thousandths by kind. */
export interface Headroom {
  /** Promised to roles and not met so far. */
  readonly required: readonly number[];
  /** Free for everybody: not allocated, not reserved, not revocable. */
  readonly available: readonly number[];
}

/** Why a subscriber would not be given what an agent has. */
export type Obstacle =
  /** The agent has gpus, is of another region, or cannot do what the framework needs. */
  | {readonly kind: 'gpus' | 'region' | 'multiRole' | 'hierarchicalRole'}
  | {readonly kind: 'offerConstraints'}
  /** Deactivated, or not on the whitelist. */
  | {readonly kind: 'notOffered'}
  | {readonly kind: 'nothingFree'}
  /** What is free is reserved to other roles, or is of no use to the framework. */
  | {readonly kind: 'notForRole'}
  | {readonly kind: 'belowMinimum'}
  /** The limits of its role leave nothing, or too little. */
  | {readonly kind: 'limit'}
  /** What is free is needed for the guarantees of other roles. */
  | {readonly kind: 'headroom'}
  /** It has refused the agent. */
  | {readonly kind: 'filtered'; readonly untilMs: number};

/** What a role whose guarantees are not met is given of an agent. */
interface GuaranteedPart {
  readonly guaranteed: Resources;
  /** With what it is given beyond that: all that quota counts. */
  readonly counted: Resources;
  readonly offer: Resources;
}

export class Cycle {
  readonly #parts: CycleParts;
  readonly #required: number[] = [];
  readonly #available: number[] = [];
  /** Available beyond what is required: all that may be given while anything is required. */
  readonly #surplus: number[] = [];
  #isHoldingBack = false;
  #hasSurplus = true;
  /** Roles with frameworks whose guarantees are not met. */
  #unsatisfied = 0;
  /** Shared volumes that were offered: one copy per agent and run. */
  readonly #offeredShared = new Map<AgentSlot, Entries>();
  #grants: Grant[] = [];
  /** Roles with quota, and the number of kinds, at the beginning of the run. */
  #rolesWithQuota: readonly Role[] = [];
  #kinds = 0;
  /** Grants of the first stage by subscriber and agent: the second may add to them. */
  readonly #guaranteed = new Map<string, number>();
  /** Given of the agent that is being handed out, and not booked yet. */
  readonly #unbooked: {readonly grant: Grant; readonly isOffer: boolean}[] = [];

  #lastOffer: Resources | undefined;
  #lastMinimum: Minimum | undefined;
  #lastMeets = false;

  constructor(parts: CycleParts) {
    this.#parts = parts;
  }

  /** Forgets the last run and begins another. Costs nothing where no role has a quota. */
  begin(): this {
    const {agents, orders, kinds} = this.#parts;
    this.#grants = [];
    // Clearing an empty map is not free.
    if (this.#offeredShared.size > 0) this.#offeredShared.clear();
    if (this.#guaranteed.size > 0) this.#guaranteed.clear();
    this.#rolesWithQuota = orders.roles.withQuota;
    this.#kinds = kinds.count;
    this.#unsatisfied = 0;
    this.#isHoldingBack = false;
    if (this.#rolesWithQuota.length === 0) return this;
    for (let kind = 0; kind < this.#kinds; kind += 1) {
      this.#available[kind] = agents.headroom[kind] ?? 0;
      this.#required[kind] = 0;
    }
    for (const role of this.#rolesWithQuota) this.#countQuota(role);
    this.#weighHeadroom();
    return this;
  }

  /** Agents of which a shared volume was offered: the next run may offer it to somebody else. */
  get agentsToLookAtAgain(): Iterable<AgentSlot> {
    return this.#offeredShared.keys();
  }

  /** What has been given so far. */
  get grants(): readonly Grant[] {
    return this.#grants;
  }

  get headroom(): Headroom {
    if (this.#rolesWithQuota.length > 0) {
      return {required: [...this.#required], available: [...this.#available]};
    }
    return {required: [], available: [...this.#parts.agents.headroom]};
  }

  /** Whether anything is kept back for guarantees. */
  get isHoldingBack(): boolean {
    return this.#isHoldingBack;
  }

  /** Whether a role with frameworks waits for its guarantees. */
  get isUnsatisfied(): boolean {
    return this.#unsatisfied > 0;
  }

  /** What a role with quota consumes at the beginning of the run. */
  #countQuota(role: Role): void {
    for (let kind = 0; kind < this.#kinds; kind += 1) {
      role.consumed[kind] = quotaCharged(role, kind);
      this.#required[kind] = (this.#required[kind] as number) + missingOf(role, kind);
    }
    if (role.frameworks !== undefined && isUnsatisfied(role)) this.#unsatisfied += 1;
    role.hasRoom = this.#findRoom(role);
  }

  /**
   * Whether the limits of a role let it have anything that agents have. (Not: that is free, which
   * may be nothing in sum where one agent lacks what another one has.)
   */
  #findRoom(role: Role): boolean {
    if (role.quota.limits.length === 0) return true;
    const {totals} = this.#parts.orders.pool;
    for (let kind = 0; kind < totals.length; kind += 1) {
      if ((totals[kind] as number) > 0 && roomOf(role, kind) > 0) return true;
    }
    return false;
  }

  #weighHeadroom(): void {
    this.#isHoldingBack = false;
    this.#hasSurplus = false;
    for (let kind = 0; kind < this.#kinds; kind += 1) {
      const required = this.#required[kind] as number;
      const surplus = (this.#available[kind] as number) - required;
      this.#surplus[kind] = Math.max(0, surplus);
      if (required > 0) this.#isHoldingBack = true;
      if (surplus > 0) this.#hasSurplus = true;
    }
  }

  // Stage 1.

  /** Hands the agent out to roles whose guarantees are not met. */
  visitForGuarantees(slot: AgentSlot): void {
    if (this.#isRefused(slot)) return;
    const {agents, orders} = this.#parts;
    const {roleSorter, roleOf} = orders;
    roleSorter.start();
    for (let client = roleSorter.next(); client >= 0; client = roleSorter.next()) {
      if (this.#unsatisfied === 0 || !agents.hasAny(slot)) break;
      const role = roleOf[client] as Role;
      if (isUnsatisfied(role)) this.#guarantee(role, slot);
    }
    this.#bookAgent();
  }

  #guarantee(role: Role, slot: AgentSlot): void {
    const {sorter, rows} = role.frameworks as RoleFrameworks;
    let whole = this.#allocatable(role, slot);
    sorter.start();
    for (let client = sorter.next(); client >= 0; client = sorter.next()) {
      if (isEmpty(whole) || !isUnsatisfied(role)) break;
      const row = rows[client] as SubscriberRow;
      if (!this.#mayHave(row, slot)) continue;
      this.#guaranteeTo(row, role, slot, usableBy(row.framework, whole));
      whole = this.#allocatable(role, slot);
    }
  }

  #guaranteeTo(row: SubscriberRow, role: Role, slot: AgentSlot, usable: Resources): void {
    const part = this.#guaranteeOf(role, usable);
    if (part === undefined || !this.#takes(row, slot, part.offer)) return;
    const {guaranteed, counted, offer} = part;
    this.#guaranteed.set(`${row.subscriber} ${slot}`, this.#grants.length);
    this.#give(row, slot, offer);
    const wasUnsatisfied = isUnsatisfied(role);
    for (let one: Role | undefined = role; one !== undefined; one = one.parent) {
      this.#consume(one, counted);
    }
    if (wasUnsatisfied && !isUnsatisfied(role)) this.#unsatisfied -= 1;
    this.#lower(this.#required, guaranteed);
    this.#lower(this.#available, counted);
    this.#weighHeadroom();
  }

  /**
   * A part of the guarantee, what quota does not count, and more as far as nobody is promised it;
   * undefined where nothing of `usable` is guaranteed.
   */
  #guaranteeOf(role: Role, usable: Resources): GuaranteedPart | undefined {
    const {random} = this.#parts;
    const kinds = this.#kinds;
    const countable = countablePart(usable);
    const missing: number[] = [];
    for (let kind = 0; kind < kinds; kind += 1) missing.push(missingOf(role, kind));
    const guaranteed = shrink(countable, missing, 0, random);
    // An agent that has only reservations for the role waits for the second stage.
    if (isEmpty(guaranteed)) return undefined;
    let more = subtractResources(countable, guaranteed);
    if (role.quota.limits.length > 0) {
      const met = scalarSums(guaranteed);
      const room: number[] = [];
      for (let kind = 0; kind < kinds; kind += 1) room.push(roomOf(role, kind) - (met[kind] ?? 0));
      more = shrink(more, room, Infinity, random);
    }
    if (this.#isHoldingBack) more = shrink(more, this.#surplus, 0, random);
    const counted = addResources(guaranteed, more);
    const rest = withoutCountable(usable, ({special, scalar}) => {
      return special.role === role.name || special.revocable === true || scalar === 0;
    });
    return {guaranteed, counted, offer: addResources(counted, rest)};
  }

  // Stage 2.

  /** Hands the agent out by fair share. */
  visitForShares(slot: AgentSlot): void {
    if (this.#isRefused(slot)) return;
    const {agents, orders} = this.#parts;
    const {roleSorter, roleOf} = orders;
    // Only where there is nothing but what quota counts can quota keep everything.
    const isScalarsOnly = this.#rolesWithQuota.length > 0 && agents.isScalarsOnly(slot);
    roleSorter.start();
    for (let client = roleSorter.next(); client >= 0; client = roleSorter.next()) {
      if (isScalarsOnly && this.#isHoldingBack && !this.#hasSurplus) break;
      const role = roleOf[client] as Role;
      if (isScalarsOnly && !this.#hasRoom(role)) continue;
      this.#share(role, slot);
      if (!agents.hasAny(slot)) break;
    }
    this.#bookAgent();
  }

  #hasRoom(role: Role): boolean {
    if (!this.#parts.nestedLimits) return role.hasRoom;
    for (let one: Role | undefined = role; one !== undefined; one = one.parent) {
      if (!one.hasRoom) return false;
    }
    return true;
  }

  #share(role: Role, slot: AgentSlot): void {
    const {sorter, rows} = role.frameworks as RoleFrameworks;
    let whole = this.#allocatable(role, slot);
    if (isEmpty(whole)) return;
    sorter.start();
    for (let client = sorter.next(); client >= 0; client = sorter.next()) {
      const row = rows[client] as SubscriberRow;
      if (!this.#mayHave(row, slot)) continue;
      const offer = this.#chopped(role, usableBy(row.framework, whole));
      if (!this.#takes(row, slot, offer)) continue;
      this.#give(row, slot, offer);
      this.#chargeShare(role, offer);
      whole = this.#allocatable(role, slot);
      if (isEmpty(whole)) return;
    }
  }

  /** As much of `usable` as limits allow and guarantees of others leave over. */
  #chopped(role: Role, usable: Resources): Resources {
    const limited = this.#limited(role, usable);
    return this.#isHoldingBack ? this.#cut(limited, this.#surplus, 0) : limited;
  }

  #limited(role: Role, usable: Resources): Resources {
    const room = this.#roomUpwards(role);
    return room === undefined ? usable : this.#cut(usable, room, Infinity);
  }

  /** Cuts what quota counts down to `most`. */
  #cut(usable: Resources, most: readonly number[], otherwise: number): Resources {
    const counted = shrink(countablePart(usable), most, otherwise, this.#parts.random);
    return addResources(
      counted,
      withoutCountable(usable, () => true),
    );
  }

  /** What limits leave to a role by kind; undefined where there is no limit. */
  #roomUpwards(role: Role): readonly number[] | undefined {
    let room: number[] | undefined;
    for (let one: Role | undefined = role; one !== undefined; one = one.parent) {
      if (one.quota.limits.length > 0) {
        room ??= new Array<number>(this.#kinds).fill(Infinity);
        for (let kind = 0; kind < room.length; kind += 1) {
          room[kind] = Math.min(room[kind] as number, roomOf(one, kind));
        }
      }
      if (!this.#parts.nestedLimits) break;
    }
    return room;
  }

  /** Counts what a role was given beyond guarantees. */
  #chargeShare(role: Role, offer: Resources): void {
    if (this.#rolesWithQuota.length === 0) return;
    const counted = countablePart(offer);
    for (let one: Role | undefined = role; one !== undefined; one = one.parent) {
      this.#consume(one, counted);
      // Unlike its own, quota of a role above is counted only from the next run on, as in Mesos.
      if (!this.#parts.nestedLimits) break;
    }
    this.#lower(this.#available, counted);
    this.#weighHeadroom();
  }

  // Both.

  /**
   * Whether all who take offers have refused whatever they could be given of the agent: then it is
   * passed over. Whoever hands it out instead finds nobody either, so a glance will do; but to hand
   * it out may draw numbers, and then all that follows depends on the answer.
   */
  #isRefused(slot: AgentSlot): boolean {
    const {agents, filters, orders} = this.#parts;
    if (filters.size === 0) return false;
    const available = agents.available(slot);
    const isSeen = filters.refuseAllAtAGlance(orders.wantingBits, slot, available);
    if (isSeen !== undefined || !this.#mayDraw(available)) return isSeen === true;
    return filters.refuseAll(orders.wantingBits, slot, available);
  }

  /** Whether handing this out may draw numbers: for the orders, or to cut several things. */
  #mayDraw({special}: Resources): boolean {
    if (this.#parts.orders.drawsNumbers) return true;
    return special.length > 0 && this.#rolesWithQuota.length > 0;
  }

  /** Whether a subscriber can have the agent at all. */
  #mayHave(row: SubscriberRow, slot: AgentSlot): boolean {
    if ((this.#parts.agents.exclusionsOf(slot) & row.excludes) !== 0) return false;
    return row.framework.constraints === undefined || !this.#parts.isExcluded(row, slot);
  }

  /** What a role may have of an agent, without shared volumes that were offered in this run. */
  #allocatable(role: Role, slot: AgentSlot): Resources {
    const available = this.#parts.agents.available(slot);
    if (available.special.length === 0) return available;
    return offerableTo(available, role.name, this.#offeredShared.get(slot));
  }

  /** Whether a subscriber would take this offer: it is large enough, and was not refused. */
  #takes(row: SubscriberRow, slot: AgentSlot, offer: Resources): boolean {
    if (isEmpty(offer) || !this.#meetsMinimum(offer, row.minimum)) return false;
    return !this.#parts.filters.refuses(row.subscriber, slot, offer);
  }

  /** Remembers the last answer: an agent is offered to one after the other, mostly unchanged. */
  #meetsMinimum(offer: Resources, minimum: Minimum): boolean {
    if (offer !== this.#lastOffer || minimum !== this.#lastMinimum) {
      this.#lastOffer = offer;
      this.#lastMinimum = minimum;
      this.#lastMeets = meetsMinimum(offer, minimum);
    }
    return this.#lastMeets;
  }

  #give(row: SubscriberRow, slot: AgentSlot, resources: Resources): void {
    const {subscriber} = row;
    this.#parts.hold(row, slot, resources);
    if (resources.special.length > 0) this.#rememberShared(slot, resources.special);
    const grant: Grant = {subscriber, agent: slot, resources};
    const before =
      this.#guaranteed.size === 0 ? undefined : this.#guaranteed.get(`${subscriber} ${slot}`);
    const known = before === undefined ? undefined : this.#grants[before];
    this.#unbooked.push({grant, isOffer: known === undefined});
    if (before === undefined || known === undefined) {
      this.#grants.push(grant);
      return;
    }
    this.#grants[before] = {...known, resources: addResources(known.resources, resources)};
  }

  /**
   * What keeps a subscriber from an agent at this point of the run; undefined: nothing but who
   * comes before it. Draws numbers if a limit cuts indivisible things.
   */
  obstacle(row: SubscriberRow, role: Role, slot: AgentSlot): Obstacle | undefined {
    const {agents, filters} = this.#parts;
    if (!agents.isOfferable(slot)) return {kind: 'notOffered'};
    const excluded = agents.exclusionsOf(slot) & row.excludes;
    for (const [bit, kind] of EXCLUSION_KINDS) if ((excluded & bit) !== 0) return {kind};
    if (!this.#mayHave(row, slot)) return {kind: 'offerConstraints'};
    if (!agents.hasAny(slot)) return {kind: 'nothingFree'};
    const usable = usableBy(row.framework, this.#allocatable(role, slot));
    if (isEmpty(usable)) return {kind: 'notForRole'};
    if (!meetsMinimum(usable, row.minimum)) return {kind: 'belowMinimum'};
    const limited = this.#limited(role, usable);
    if (isEmpty(limited) || !meetsMinimum(limited, row.minimum)) return {kind: 'limit'};
    // What is held back for its own guarantee is for it.
    const guarantee = isUnsatisfied(role) ? this.#guaranteeOf(role, usable)?.offer : undefined;
    const ends: number[] = [];
    for (const offer of [guarantee, this.#chopped(role, usable)]) {
      if (offer === undefined || isEmpty(offer) || !meetsMinimum(offer, row.minimum)) continue;
      ends.push(filters.refusedUntil(row.subscriber, slot, offer));
    }
    if (ends.length === 0) return {kind: 'headroom'};
    const untilMs = Math.min(...ends);
    return untilMs === -Infinity ? undefined : {kind: 'filtered', untilMs};
  }

  #rememberShared(slot: AgentSlot, special: Entries): void {
    const shared = special.filter((entry) => entry.special.shared === true);
    if (shared.length === 0) return;
    this.#offeredShared.set(slot, addEntries(this.#offeredShared.get(slot) ?? [], shared));
  }

  #bookAgent(): void {
    for (const {grant, isOffer} of this.#unbooked) this.#parts.book(grant, isOffer);
    this.#unbooked.length = 0;
  }

  #consume(role: Role, counted: Resources): void {
    if (!hasQuota(role)) return;
    for (const [kind, fixed] of scalarSums(counted).entries()) {
      role.consumed[kind] = (role.consumed[kind] ?? 0) + fixed;
    }
    role.hasRoom = this.#findRoom(role);
  }

  #lower(headroom: number[], resources: Resources): void {
    for (const [kind, fixed] of scalarSums(resources).entries()) {
      headroom[kind] = (headroom[kind] ?? 0) - fixed;
    }
  }
}

const EXCLUSION_KINDS = [
  [WITH_GPUS, 'gpus'],
  [REMOTE, 'region'],
  [NO_MULTI_ROLE, 'multiRole'],
  [NO_HIERARCHICAL_ROLE, 'hierarchicalRole'],
] as const;

/** Thousandths that a role is promised beyond what it consumes. */
function missingOf({quota, consumed}: Role, kind: number): number {
  return Math.max(0, (quota.guarantees[kind] ?? 0) - (consumed[kind] ?? 0));
}

function isUnsatisfied(role: Role): boolean {
  const {guarantees} = role.quota;
  for (let kind = 0; kind < guarantees.length; kind += 1) {
    if (missingOf(role, kind) > 0) return true;
  }
  return false;
}

/** Thousandths that a role's own limits leave to it. */
function roomOf({quota, consumed}: Role, kind: number): number {
  return Math.max(0, (quota.limits[kind] ?? Infinity) - (consumed[kind] ?? 0));
}
