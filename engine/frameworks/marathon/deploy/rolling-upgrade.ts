/**
 * Replaces the instances of an app by those of a new version, keeping enough of them healthy and
 * not having too many (reference part 3.5). Pure: events in, decisions out; who asks carries them
 * out.
 *
 * Invariant: no decision lowers the number of healthy instances with goal Running below
 * `minHealthy`, or below what there was at the beginning where that was less; and no launch raises
 * old (not yet gone) plus new ones above `maxCapacity`.
 */
import type {UpgradeStrategy} from '../definition/app-definition.ts';
import {Fifo} from '../../../kernel/fifo.ts';

export interface UpgradeOptions {
  /** How many instances of the new version are wanted. */
  readonly instances: number;
  readonly strategy: UpgradeStrategy;
  /** Bound to its agents: one instance less for a while, never one more. */
  readonly resident: boolean;
  readonly hasReadinessCheck: boolean;
}

/** An instance that is there when the upgrade begins. */
export interface UpgradeInstance {
  readonly id: string;
  readonly isNew: boolean;
  readonly hasGoalRunning: boolean;
  /** By its health checks; without any, whatever has goal Running counts as healthy. */
  readonly healthy: boolean;
  /** A new one that needs no kill any more for being ready; ignored for old ones. */
  readonly ready: boolean;
}

export type UpgradeEvent =
  /** A new instance runs and its health checks, if any, are positive. */
  | {readonly kind: 'newHealthy'; readonly id: string}
  | {readonly kind: 'newUnhealthy'; readonly id: string}
  | {readonly kind: 'newReady'; readonly id: string}
  /** A new instance ended by itself and is relaunched under its id. */
  | {readonly kind: 'newDied'; readonly id: string}
  /** A new instance is gone for good, by somebody else's will. */
  | {readonly kind: 'newGone'; readonly id: string}
  | {readonly kind: 'oldHealthChanged'; readonly id: string; readonly healthy: boolean}
  /** An old instance with goal Running ended, or cannot be reached. */
  | {readonly kind: 'oldDied'; readonly id: string}
  /** An old instance that is not wanted any more has ended. */
  | {readonly kind: 'oldGone'; readonly id: string};

export interface UpgradeDecisions {
  /** Old instances to be killed, their goal becoming terminal. */
  readonly kill: readonly string[];
  /** Old instances that have ended already and must not be relaunched. */
  readonly decommission: readonly string[];
  /**
   * How many new instances to put into the launch queue; answered by {@link
   * RollingUpgrade.launched}.
   */
  readonly launch: number;
  readonly finished: boolean;
}

export interface UpgradeCapacity {
  readonly minHealthy: number;
  readonly maxCapacity: number;
  readonly killNow: number;
}

/**
 * The numbers with which an upgrade begins; products are IEEE doubles, not rounded before ceil and
 * floor.
 */
export function upgradeCapacity(
  {instances, strategy, resident}: UpgradeOptions,
  present: number,
  healthy: number,
): UpgradeCapacity {
  const minHealthy = Math.ceil(instances * strategy.minimumHealthCapacity);
  let maxCapacity = Math.floor(instances * (1 + strategy.maximumOverCapacity));
  let killNow = Math.max(0, healthy - minHealthy);
  if (minHealthy === maxCapacity && maxCapacity <= healthy) {
    if (resident) killNow = healthy - minHealthy + 1;
    else maxCapacity += 1;
  }
  if (instances < present) killNow = Math.max(present - instances, killNow);
  return {minHealthy, maxCapacity, killNow};
}

/** Residents go one below when they cannot go one above. */
function healthyFloor(
  {resident}: UpgradeOptions,
  {minHealthy, maxCapacity}: UpgradeCapacity,
  healthy: number,
): number {
  const mustGoBelow = resident && minHealthy === maxCapacity;
  return Math.min(mustGoBelow ? minHealthy - 1 : minHealthy, healthy);
}

export interface UpgradeSnapshot {
  readonly options: UpgradeOptions;
  readonly capacity: UpgradeCapacity;
  /** No kill may leave fewer healthy instances. */
  readonly healthyFloor: number;
  readonly killQueue: readonly string[];
  readonly old: readonly (readonly [string, boolean])[];
  readonly sentenced: readonly string[];
  readonly fresh: readonly (readonly [string, FreshState])[];
  readonly started: number;
  readonly finished: boolean;
}

/** What is known of a new instance. */
interface FreshState {
  readonly healthy: boolean;
  readonly ready: boolean;
  /** It has been healthy and ready, and an old one was asked to go for it. */
  readonly counted: boolean;
}

const UNSEEN: FreshState = {healthy: false, ready: false, counted: false};

export class RollingUpgrade {
  readonly #options: UpgradeOptions;
  #capacity: UpgradeCapacity;
  #healthyFloor: number;
  /**
   * Old instances in the order in which they go; entries of those already gone are used up without
   * a kill.
   */
  #killQueue: Fifo<string>;
  /** Old instances that had goal Running and are not gone: id → healthy. */
  readonly #old: Map<string, boolean>;
  readonly #sentenced: Set<string>;
  readonly #fresh: Map<string, FreshState>;
  #started: number;
  #counted = 0;
  #healthyOld = 0;
  #healthyFresh = 0;
  #finished: boolean;

  constructor(snapshot: UpgradeSnapshot) {
    this.#options = snapshot.options;
    this.#capacity = snapshot.capacity;
    this.#healthyFloor = snapshot.healthyFloor;
    this.#killQueue = new Fifo(snapshot.killQueue);
    this.#old = new Map(snapshot.old);
    this.#sentenced = new Set(snapshot.sentenced);
    this.#fresh = new Map(snapshot.fresh);
    this.#started = snapshot.started;
    this.#finished = snapshot.finished;
    for (const [id, healthy] of this.#old) {
      if (healthy && !this.#sentenced.has(id)) this.#healthyOld += 1;
    }
    for (const {healthy, counted} of this.#fresh.values()) {
      if (healthy) this.#healthyFresh += 1;
      if (counted) this.#counted += 1;
    }
  }

  /**
   * Begins an upgrade; idempotent over restarts, because new instances that are there already count
   * as started.
   */
  static start(
    options: UpgradeOptions,
    present: readonly UpgradeInstance[],
  ): {readonly upgrade: RollingUpgrade; readonly decisions: UpgradeDecisions} {
    const wanted = present.filter(({hasGoalRunning}) => hasGoalRunning);
    const healthy = wanted.filter((instance) => instance.healthy).length;
    const old = wanted.filter(({isNew}) => !isNew);
    const fresh = wanted.filter(({isNew}) => isNew);
    const capacity = upgradeCapacity(options, present.length, healthy);
    const upgrade = new RollingUpgrade({
      options,
      capacity,
      healthyFloor: healthyFloor(options, capacity, healthy),
      killQueue: [
        ...old.filter((instance) => !instance.healthy),
        ...old.filter((instance) => instance.healthy),
      ].map(({id}) => id),
      old: old.map((instance) => [instance.id, instance.healthy]),
      sentenced: [],
      fresh: fresh.map(({id, healthy: well, ready}) => [
        id,
        {healthy: well, ready, counted: well && (ready || !options.hasReadinessCheck)},
      ]),
      started: fresh.length,
      finished: options.instances === 0,
    });
    return {upgrade, decisions: upgrade.#begin()};
  }

  get isFinished(): boolean {
    return this.#finished;
  }

  get capacity(): UpgradeCapacity {
    return this.#capacity;
  }

  /** How many new instances have not been launched yet. */
  get unlaunched(): number {
    return Math.max(0, this.#options.instances - this.#started);
  }

  isOld(id: string): boolean {
    return this.#old.has(id);
  }

  #begin(): UpgradeDecisions {
    if (this.#finished) return this.#answer({});
    const kill: string[] = [];
    for (let count = 0; count < this.#capacity.killNow; count += 1) this.#sentence(kill);
    return this.#answer({kill, launch: this.#launch()});
  }

  /** Names of instances that were launched for an earlier decision. */
  launched(ids: readonly string[]): void {
    for (const id of ids) this.#fresh.set(id, UNSEEN);
  }

  on(event: UpgradeEvent): UpgradeDecisions {
    if (this.#finished) return this.#answer({});
    switch (event.kind) {
      case 'newHealthy':
        return this.#freshChanged(event.id, {healthy: true});
      case 'newUnhealthy':
        return this.#freshChanged(event.id, {healthy: false});
      case 'newReady':
        return this.#freshChanged(event.id, {ready: true});
      case 'newDied':
        this.#forget(event.id);
        if (this.#fresh.has(event.id)) this.#fresh.set(event.id, UNSEEN);
        return this.#answer({});
      case 'newGone':
        if (!this.#fresh.has(event.id)) return this.#answer({});
        this.#forget(event.id);
        this.#fresh.delete(event.id);
        this.#started -= 1;
        return this.#answer({launch: this.#launch()});
      case 'oldHealthChanged':
        this.#setOldHealth(event.id, event.healthy);
        return this.#answer({});
      case 'oldDied':
        if (!this.#old.has(event.id)) return this.#answer({});
        this.#setOldHealth(event.id, false);
        return this.#answer({decommission: [event.id]});
      case 'oldGone':
        this.#setOldHealth(event.id, false);
        this.#old.delete(event.id);
        this.#sentenced.delete(event.id);
        return this.#answer({launch: this.#launch()});
    }
  }

  /**
   * Looks again whether something can be done, when nothing is under way. Unlike Marathon, whose
   * numbers are computed once, so that an upgrade that begins while instances are unhealthy may
   * stand still for ever.
   */
  review(): UpgradeDecisions {
    const {size} = this.#old;
    const idle = this.#sentenced.size === 0 && this.#counted === this.#started;
    if (this.#finished || !idle || size === 0) return this.#answer({});
    const healthy = this.#healthyOld + this.#healthyFresh;
    const before = this.#capacity;
    this.#capacity = upgradeCapacity(this.#options, size + this.#started, healthy);
    this.#healthyFloor = healthyFloor(this.#options, this.#capacity, healthy);
    this.#capacity = {
      ...this.#capacity,
      maxCapacity: Math.max(before.maxCapacity, this.#capacity.maxCapacity),
    };
    const launch = this.#launch();
    const kill: string[] = [];
    if (launch === 0) {
      const order = [...this.#old.keys()].sort((left, right) => this.#byHealth(left, right));
      this.#killQueue = new Fifo(order);
      for (let count = 0; count < this.#capacity.killNow; count += 1) this.#sentence(kill);
    }
    return this.#answer({kill, launch});
  }

  #byHealth(left: string, right: string): number {
    const difference = Number(this.#old.get(left)) - Number(this.#old.get(right));
    if (difference !== 0) return difference;
    return left < right ? -1 : 1;
  }

  #freshChanged(id: string, change: Partial<FreshState>): UpgradeDecisions {
    const known = this.#fresh.get(id);
    if (known === undefined) return this.#answer({});
    const next = {...known, ...change};
    this.#healthyFresh += Number(next.healthy) - Number(known.healthy);
    const isReady = next.ready || !this.#options.hasReadinessCheck;
    const counts = !known.counted && next.healthy && isReady;
    this.#fresh.set(id, counts ? {...next, counted: true} : next);
    if (!counts) return this.#answer({});
    this.#counted += 1;
    const kill: string[] = [];
    this.#sentence(kill);
    return this.#answer({kill});
  }

  #forget(id: string): void {
    const known = this.#fresh.get(id);
    if (known === undefined) return;
    if (known.healthy) this.#healthyFresh -= 1;
    if (known.counted) this.#counted -= 1;
  }

  #setOldHealth(id: string, healthy: boolean): void {
    const known = this.#old.get(id);
    if (known === undefined || known === healthy) return;
    this.#old.set(id, healthy);
    if (!this.#sentenced.has(id)) this.#healthyOld += healthy ? 1 : -1;
  }

  /**
   * Uses up the next entry of the queue, unless killing that instance would leave too few healthy
   * ones.
   */
  #sentence(kill: string[]): void {
    const id = this.#killQueue.peek();
    if (id === undefined) return;
    const healthy = this.#old.get(id);
    const isThere = healthy !== undefined && !this.#sentenced.has(id);
    const margin = this.#healthyOld + this.#healthyFresh - this.#healthyFloor;
    if (isThere && healthy && margin < 1) return;
    this.#killQueue.shift();
    if (!isThere) return;
    if (healthy) this.#healthyOld -= 1;
    this.#sentenced.add(id);
    kill.push(id);
  }

  #launch(): number {
    const room = Math.max(0, this.#capacity.maxCapacity - this.#old.size - this.#started);
    const count = Math.min(this.unlaunched, room);
    this.#started += count;
    return count;
  }

  #answer(decisions: Partial<Omit<UpgradeDecisions, 'finished'>>): UpgradeDecisions {
    if (this.#counted >= this.#options.instances && this.#old.size === 0) this.#finished = true;
    const {kill = [], decommission = [], launch = 0} = decisions;
    return {kill, decommission, launch, finished: this.#finished};
  }

  snapshot(): UpgradeSnapshot {
    return {
      options: this.#options,
      capacity: this.#capacity,
      healthyFloor: this.#healthyFloor,
      killQueue: this.#killQueue.toArray(),
      old: [...this.#old],
      sentenced: [...this.#sentenced],
      fresh: [...this.#fresh],
      started: this.#started,
      finished: this.#finished,
    };
  }
}
