/**
 * Tells the master which offers are wanted, role by role: none when nothing can be launched, else
 * such as fit at least one waiting instance, and not more than there are instances (reference part
 * 6.7). Changes are throttled; silence is not. Roles that nobody uses any more are left.
 *
 * Where offers come and none fits, more of the cluster is asked for at a time, up to all of it:
 * else an instance that fits on one agent in 10,000 (UNIQUE on an almost full cluster) would be
 * shown one agent per allocation, and the filters of the first ones declined would be over before
 * the last one had been seen.
 *
 * Where none comes because none would fit, a few of any size are asked for once, so that what
 * waits can say what is missing.
 */
import type {FrameworkServices, Quantities} from '../../../scheduler.ts';
import type {LaunchQueue, RoleQueue} from './launch-queue.ts';
import type {RoleCounts} from './role-counts.ts';

/** Above this many different needs one lower bound stands for all. */
const ALTERNATIVES_MAX = 32;

/**
 * By how much more is asked for after offers in vain, and the factor at which that is the whole
 * cluster.
 */
const STRETCH = 4;
const STRETCH_MAX = STRETCH ** 10;

/** So many offers of any size are looked at where no others come. */
const LOOK_OFFERS = 5;

/** Of a role, by its name. */
export const DEMAND_TIMER = 'demand';
export const LOOK_TIMER = 'look';

interface RoleDemand {
  readonly role: string;
  isSuppressed: boolean;
  /** The last update sent, as text; a cheap way to see that nothing changed. */
  sent: string;
  changedAt: number | null;
  isArmed: boolean;
  /** Offers wanted per instance. */
  stretch: number;
  /** Whether offers of any size are asked for. */
  isLooking: boolean;
}

export interface DemandSnapshot {
  readonly roles: readonly Readonly<RoleDemand>[];
}

/** What demand follows from. */
export interface DemandParts {
  readonly queue: LaunchQueue;
  /** Roles of apps and instances. */
  readonly inUse: RoleCounts;
  /** Whether offers of a role are wanted whatever is launched: something is to be let go of. */
  readonly hasLeftovers: (role: string) => boolean;
  /** Throttle of changes. */
  readonly intervalMs: number;
}

export class Demand {
  readonly #services: FrameworkServices;
  readonly #queue: LaunchQueue;
  readonly #inUse: RoleCounts;
  readonly #hasLeftovers: (role: string) => boolean;
  readonly #intervalMs: number;
  /** By role: those that the framework is subscribed to. */
  readonly #roles = new Map<string, RoleDemand>();
  #followed = -1;

  constructor(
    services: FrameworkServices,
    {queue, inUse, hasLeftovers, intervalMs}: DemandParts,
    snapshot?: DemandSnapshot,
  ) {
    this.#services = services;
    this.#queue = queue;
    this.#inUse = inUse;
    this.#hasLeftovers = hasLeftovers;
    this.#intervalMs = intervalMs;
    if (snapshot === undefined) this.#enter(services.role);
    for (const demand of snapshot?.roles ?? []) this.#roles.set(demand.role, {...demand});
    if (snapshot !== undefined) this.#followed = inUse.version;
  }

  /** To be called after everything that can have changed the launch queue. */
  settle(): void {
    if (this.#inUse.version !== this.#followed) this.#followRoles();
    if (!this.#queue.hasTouched) return;
    for (const waiting of this.#queue.takeTouched()) {
      const demand = this.#roles.get(waiting.role);
      if (demand !== undefined) this.#settleRole(demand, waiting);
    }
  }

  /** Enters the roles that came into use, and leaves those that nobody uses any more. */
  #followRoles(): void {
    const isFirst = this.#followed < 0;
    this.#followed = this.#inUse.version;
    const own = this.#services.role;
    const wanted = [own, ...this.#inUse.roles.filter((role) => role !== own)];
    const left = [...this.#roles.keys()].filter((role) => !wanted.includes(role));
    const entered = wanted.filter((role) => !this.#roles.has(role));
    // The master may know roles of a leader before this one.
    if (left.length === 0 && entered.length === 0 && !isFirst) return;
    this.#services.driver.updateFramework({roles: wanted});
    for (const role of left) {
      this.#services.cancelTimer(DEMAND_TIMER, role);
      this.#services.cancelTimer(LOOK_TIMER, role);
      this.#roles.delete(role);
      this.#queue.dropRole(role);
    }
    for (const role of entered) this.#enter(role);
  }

  #enter(role: string): void {
    this.#roles.set(role, {
      role,
      isSuppressed: false,
      sent: '',
      changedAt: null,
      isArmed: false,
      stretch: 1,
      isLooking: false,
    });
    this.#queue.touch(role);
  }

  #settleRole(demand: RoleDemand, waiting: RoleQueue): void {
    if (!this.#isWanted(waiting)) {
      if (demand.isSuppressed) return;
      this.#services.driver.suppress([demand.role]);
      this.#services.cancelTimer(LOOK_TIMER, demand.role);
      demand.isSuppressed = true;
      return;
    }
    if (demand.isArmed || !(waiting.hasNews || demand.isSuppressed)) return;
    const due = demand.changedAt === null ? 0 : demand.changedAt + this.#intervalMs;
    if (this.#services.now() >= due) {
      this.#ask(demand, waiting);
      return;
    }
    this.#services.armTimer(DEMAND_TIMER, demand.role, due);
    demand.isArmed = true;
  }

  /** The throttle of a role is open again. */
  onTimer(role: string): void {
    const demand = this.#roles.get(role);
    if (demand === undefined) return;
    demand.isArmed = false;
    const waiting = this.#queue.role(role);
    if (this.#isWanted(waiting)) this.#ask(demand, waiting);
  }

  /** Offers of a role were answered. */
  answered(role: string, used: boolean): void {
    const demand = this.#roles.get(role);
    if (demand === undefined || demand.isSuppressed) return;
    const waiting = this.#queue.role(role);
    if (demand.isLooking) {
      demand.isLooking = false;
      this.#send(demand, waiting);
      return;
    }
    // Not throttled: it happens ten times at most until something is new.
    if (used || !this.#isWanted(waiting) || demand.stretch >= STRETCH_MAX) {
      if (used && this.#isBound(waiting)) this.#send(demand, waiting);
      return;
    }
    demand.stretch *= STRETCH;
    this.#send(demand, waiting);
  }

  #isWanted(waiting: RoleQueue): boolean {
    return this.#queue.launchableIn(waiting) > 0 || this.#hasLeftovers(waiting.role);
  }

  /** Whether only certain agents will do, which nobody can name to the master. */
  #isBound(waiting: RoleQueue): boolean {
    if (this.#hasLeftovers(waiting.role)) return true;
    return waiting.open.some(({bound}) => bound.size > 0);
  }

  /** A while after the last change: has everything that waits seen an offer? */
  look(role: string): void {
    const demand = this.#roles.get(role);
    if (demand === undefined || demand.isSuppressed || demand.isArmed) return;
    const waiting = this.#queue.role(role);
    if (waiting.open.every(({stats}) => stats.processed > 0)) return;
    demand.isLooking = true;
    this.#send(demand, waiting);
  }

  #send(demand: RoleDemand, waiting: RoleQueue): void {
    const {role, isLooking, stretch} = demand;
    const isAny = this.#hasLeftovers(role);
    const minAllocatable = isAny ? NO_MINIMUM : isLooking ? null : minAllocatableOf(waiting);
    const wanted = this.#isBound(waiting) ? Infinity : this.#queue.launchableIn(waiting) * stretch;
    const offersMax = isLooking ? LOOK_OFFERS : wanted;
    const sent = JSON.stringify([minAllocatable, offersMax]);
    if (sent === demand.sent) return;
    this.#services.driver.updateFramework({role, minAllocatable, offersMax});
    demand.sent = sent;
  }

  #ask(demand: RoleDemand, waiting: RoleQueue): void {
    const {role} = demand;
    const isNew = waiting.hasNews || demand.isSuppressed;
    const now = this.#services.now();
    waiting.hasNews = false;
    demand.isLooking = false;
    // What finds nothing still needs to see more of the cluster, however often others bring news:
    // else one that crashes again and again would hide the one agent that another waits for.
    const isContent = waiting.open.every(({stats}) => stats.unused === 0);
    if (isNew && isContent) demand.stretch = 1;
    this.#send(demand, waiting);
    if (isNew) this.#services.driver.revive([role]);
    demand.isSuppressed = false;
    demand.changedAt = now;
    this.#services.armTimer(LOOK_TIMER, role, now + this.#intervalMs);
  }

  snapshot(): DemandSnapshot {
    return {roles: [...this.#roles.values()].map((demand) => ({...demand}))};
  }
}

const NO_MINIMUM: readonly Quantities[] = [];

function minAllocatableOf({open}: RoleQueue): readonly Quantities[] {
  const byKey = new Map<string, Quantities>();
  for (const {spec} of open) byKey.set(spec.quantitiesKey, spec.quantities);
  const distinct = [...byKey]
    .sort((left, right) => (left[0] < right[0] ? -1 : 1))
    .map(([, quantities]) => quantities);
  return distinct.length > ALTERNATIVES_MAX ? [lowerBound(distinct)] : distinct;
}

/** What every one of the needs has at least. */
function lowerBound(needs: readonly Quantities[]): Quantities {
  const [first = {}, ...others] = needs;
  const bound = Object.entries(first).map(
    ([name, amount]) =>
      [name, others.reduce((least, other) => Math.min(least, other[name] ?? 0), amount)] as const,
  );
  return Object.fromEntries(bound.filter(([, amount]) => amount > 0));
}
