/**
 * Replaces the instances of an app by those of a new version, keeping enough of them healthy and
 * not having too many (reference part 3.5). Pure: events in, decisions out; who asks carries them
 * out.
 *
 * Invariant: no decision lowers the number of healthy instances with goal Running below
 * `minHealthy`, or below what there was at the beginning where that was less; and no launch raises
 * old (not yet gone) plus new ones above `maxCapacity`.
 *
 * What an upgrade will do follows from its {@link UpgradeRecord} and the instances as they are, so
 * that it goes on after a restore as if nothing had happened.
 */
import type {AppDefinition, UpgradeStrategy} from '../definition/app-definition.ts';
import {KillOrder, type Candidate} from './kill-order.ts';

export interface UpgradeOptions {
  /** How many instances of the new version are wanted. */
  readonly instances: number;
  readonly strategy: UpgradeStrategy;
  readonly killSelection: AppDefinition['killSelection'];
  /** Bound to its agents: one instance less for a while, never one more. */
  readonly resident: boolean;
}

/** An instance that is there when the upgrade begins, or goes on after a restore. */
export interface UpgradeInstance {
  readonly id: string;
  /** The order of creation. */
  readonly serial: number;
  readonly isNew: boolean;
  readonly hasGoalRunning: boolean;
  /** By its health checks; without any, whatever has goal Running counts as healthy. */
  readonly healthy: boolean;
  /** A new one that has been healthy, and ready if there is a check for that. */
  readonly proven: boolean;
}

/** What an upgrade has to be told of, as it happens. */
export type UpgradeEvent =
  /** The health of a new instance, and whether it is proven by now. */
  | {
      readonly kind: 'newChanged';
      readonly id: string;
      readonly healthy: boolean;
      readonly proven: boolean;
    }
  /** A new instance ended by itself and is relaunched under its id. */
  | {readonly kind: 'newDied'; readonly id: string}
  /** A new instance is gone for good, by somebody else's will. */
  | {readonly kind: 'newGone'; readonly id: string}
  | {readonly kind: 'oldHealthChanged'; readonly id: string; readonly healthy: boolean}
  /** An old instance that is not wanted any more has not ended yet, or is back. */
  | {readonly kind: 'oldDying'; readonly id: string; readonly serial: number}
  /** An old instance with goal Running ended, or cannot be reached. */
  | {readonly kind: 'oldDied'; readonly id: string}
  /**
   * An old instance that is not wanted any more has ended; or cannot be reached, so that it remains
   * but is not waited for.
   */
  | {readonly kind: 'oldGone'; readonly id: string; readonly remains?: boolean};

/** What is to be done now; each decision is told once. */
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

/** The numbers that an upgrade keeps to, in instances (reference part 3.5). */
export interface UpgradeCapacity {
  readonly minHealthy: number;
  readonly maxCapacity: number;
  readonly killNow: number;
}

/** What an upgrade has to remember beside the instances; it changes rarely. */
export interface UpgradeRecord {
  readonly options: UpgradeOptions;
  readonly capacity: UpgradeCapacity;
  /** No kill may leave fewer healthy instances. */
  readonly healthyFloor: number;
  /** Old instances that may stay however many new ones come, and new ones that do not count. */
  readonly base: {readonly old: number; readonly proven: number};
  /** How many new instances may be started for now: a canary; `null` = all. */
  readonly ceiling: number | null;
  /** Old instances of which it takes no notice: removed before it began, or out of reach. */
  readonly leftovers: readonly string[];
}

/**
 * The numbers with which an upgrade begins; products are IEEE doubles, not rounded before ceil and
 * floor.
 */
export function upgradeCapacity(
  {instances, strategy, resident}: Pick<UpgradeOptions, 'instances' | 'resident' | 'strategy'>,
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

interface FreshState {
  readonly healthy: boolean;
  readonly proven: boolean;
}

const UNSEEN: FreshState = {healthy: false, proven: false};

/**
 * One replacement under way. It keeps no instance, only what it has decided (reference part 3.5).
 */
export class RollingUpgrade {
  #record: UpgradeRecord;
  readonly #order: KillOrder<Candidate>;
  /** Old instances that are not gone. */
  readonly #old = new Map<string, Candidate>();
  /** Those of them that were asked to go. */
  readonly #sentenced = new Set<string>();
  readonly #fresh = new Map<string, FreshState>();
  #started = 0;
  #proven = 0;
  #healthyOld = 0;
  #healthyFresh = 0;
  #isHeld: boolean;
  #finished = false;

  private constructor(record: UpgradeRecord, present: readonly UpgradeInstance[], isHeld: boolean) {
    this.#record = record;
    this.#isHeld = isHeld;
    this.#order = new KillOrder(
      record.options.killSelection,
      ({id}) => this.#old.has(id) && !this.#sentenced.has(id),
    );
    const leftovers = new Set(record.leftovers);
    for (const instance of present) {
      // One that was taken over into the new version is none any more.
      if (instance.isNew || !leftovers.has(instance.id)) this.#admit(instance);
    }
    this.#finishIfDone();
  }

  #admit({id, serial, isNew, hasGoalRunning, healthy, proven}: UpgradeInstance): void {
    if (isNew) {
      if (!hasGoalRunning) return;
      this.#fresh.set(id, {healthy, proven});
      this.#started += 1;
      if (healthy) this.#healthyFresh += 1;
      if (proven) this.#proven += 1;
      return;
    }
    const candidate = {id, serial, healthy};
    this.#old.set(id, candidate);
    if (!hasGoalRunning) {
      this.#sentenced.add(id);
      return;
    }
    if (healthy) this.#healthyOld += 1;
    this.#order.add(candidate);
  }

  /**
   * Begins an upgrade; idempotent over restarts, because new instances that are there already count
   * as started.
   */
  static start(
    options: UpgradeOptions,
    present: readonly UpgradeInstance[],
    canary?: number,
  ): {readonly upgrade: RollingUpgrade; readonly decisions: UpgradeDecisions} {
    const wanted = present.filter(({hasGoalRunning}) => hasGoalRunning);
    const healthy = wanted.filter((instance) => instance.healthy).length;
    const old = wanted.filter(({isNew}) => !isNew).length;
    const capacity = upgradeCapacity(options, present.length, healthy);
    const record: UpgradeRecord = {
      options,
      capacity,
      healthyFloor: healthyFloor(options, capacity, healthy),
      base: {old, proven: 0},
      ceiling: canary ?? null,
      leftovers: present
        .filter(({isNew, hasGoalRunning}) => !isNew && !hasGoalRunning)
        .map(({id}) => id),
    };
    const upgrade = new RollingUpgrade(record, present, false);
    return {upgrade, decisions: upgrade.decide()};
  }

  /** Goes on where it was, given the instances as they are. */
  static restore(
    record: UpgradeRecord,
    present: readonly UpgradeInstance[],
    isHeld: boolean,
  ): RollingUpgrade {
    return new RollingUpgrade(record, present, isHeld);
  }

  get record(): UpgradeRecord {
    return this.#record;
  }

  get isFinished(): boolean {
    return this.#finished;
  }

  get capacity(): UpgradeCapacity {
    return this.#record.capacity;
  }

  /** How many new instances have not been launched yet. */
  get unlaunched(): number {
    return Math.max(0, this.#record.options.instances - this.#started);
  }

  /** Whether the canary is out and proven: the rest waits for a word. */
  get awaitsConfirmation(): boolean {
    const {ceiling, options} = this.#record;
    return ceiling !== null && ceiling < options.instances && this.#proven >= ceiling;
  }

  isOld(id: string): boolean {
    return this.#old.has(id);
  }

  /** Decides nothing until {@link resume}, but takes note of what happens. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Goes on, with as many new instances as are wanted if `isConfirmed`. */
  resume(isConfirmed: boolean): UpgradeDecisions {
    this.#isHeld = false;
    if (isConfirmed) this.#record = {...this.#record, ceiling: null};
    return this.decide();
  }

  /** Names of instances that were launched for an earlier decision. */
  launched(ids: readonly string[]): void {
    for (const id of ids) this.#fresh.set(id, UNSEEN);
  }

  on(event: UpgradeEvent): UpgradeDecisions {
    const decommission = this.note(event);
    return {...this.decide(), decommission};
  }

  /**
   * Takes note of an event, so that of several at once none is decided upon before all are known.
   * Answers old instances that have ended already and must not be relaunched.
   */
  note(event: UpgradeEvent): readonly string[] {
    switch (event.kind) {
      case 'newChanged':
        this.#setFresh(event.id, event);
        break;
      case 'newDied':
        this.#setFresh(event.id, UNSEEN);
        break;
      case 'newGone':
        this.#setFresh(event.id, UNSEEN);
        if (this.#fresh.delete(event.id)) this.#started -= 1;
        break;
      case 'oldHealthChanged':
        this.#setOldHealth(event.id, event.healthy);
        break;
      case 'oldDying':
        this.#oldDying(event.id, event.serial);
        break;
      case 'oldDied':
        this.#setOldHealth(event.id, false);
        return this.#old.has(event.id) && !this.#isHeld ? [event.id] : [];
      case 'oldGone':
        this.#setOldHealth(event.id, false);
        this.#sentenced.delete(event.id);
        if (this.#old.delete(event.id) && event.remains === true) this.#leave(event.id);
        break;
    }
    return [];
  }

  /**
   * Looks again whether something can be done, when nothing is under way. Unlike Marathon, whose
   * numbers are computed once, so that an upgrade that begins while instances are unhealthy may
   * stand still for ever: old ones that are not well go, because nobody misses them.
   */
  review(): UpgradeDecisions {
    const {size} = this.#old;
    const isIdle = this.#sentenced.size === 0 && this.#proven === this.#started;
    if (this.#finished || this.#isHeld || !isIdle || size === 0) return this.decide();
    const {options, capacity: before} = this.#record;
    const healthy = this.#healthyOld + this.#healthyFresh;
    const now = upgradeCapacity(options, size + this.#started, healthy);
    const capacity = {
      ...now,
      maxCapacity: Math.max(before.maxCapacity, now.maxCapacity),
      killNow: Math.max(now.killNow, size - this.#healthyOld),
    };
    this.#record = {...this.#record, capacity, healthyFloor: healthyFloor(options, now, healthy)};
    const launch = this.#launch();
    if (launch > 0) return this.#answer([], launch);
    this.#record = {...this.#record, base: {old: size, proven: this.#proven}};
    return this.decide();
  }

  /** Takes no notice of an instance from now on, also after a restore. */
  #leave(id: string): void {
    this.#record = {...this.#record, leftovers: [...this.#record.leftovers, id]};
  }

  #setFresh(id: string, {healthy, proven}: FreshState): void {
    const known = this.#fresh.get(id);
    if (known === undefined) return;
    this.#healthyFresh += Number(healthy) - Number(known.healthy);
    this.#proven += Number(proven) - Number(known.proven);
    this.#fresh.set(id, {healthy, proven});
  }

  /** It takes room until it is gone. */
  #oldDying(id: string, serial: number): void {
    if (this.#record.leftovers.includes(id)) return;
    this.#setOldHealth(id, false);
    this.#old.set(id, {id, serial, healthy: false});
    this.#sentenced.add(id);
  }

  #setOldHealth(id: string, healthy: boolean): void {
    const known = this.#old.get(id);
    if (known === undefined || known.healthy === healthy) return;
    known.healthy = healthy;
    if (this.#sentenced.has(id)) return;
    this.#healthyOld += healthy ? 1 : -1;
    this.#order.add(known);
  }

  /** What is to be done, by all that was noted. */
  decide(): UpgradeDecisions {
    if (this.#finished || this.#isHeld) return this.#answer([], 0);
    return this.#answer(this.#sentence(), this.#launch());
  }

  /**
   * As many old ones stay as the proven new ones cannot stand for yet; and none goes that would
   * leave too few healthy ones.
   */
  #sentence(): readonly string[] {
    const {base, capacity, healthyFloor: floor} = this.#record;
    const staying = base.old - capacity.killNow - (this.#proven - base.proven);
    const kill: string[] = [];
    while (this.#old.size - this.#sentenced.size > Math.max(0, staying)) {
      const next = this.#order.first();
      if (next === undefined) break;
      if (next.healthy && this.#healthyOld + this.#healthyFresh - 1 < floor) break;
      if (next.healthy) this.#healthyOld -= 1;
      this.#sentenced.add(next.id);
      kill.push(next.id);
    }
    return kill;
  }

  #launch(): number {
    const {capacity, ceiling} = this.#record;
    const room = capacity.maxCapacity - this.#old.size - this.#started;
    const allowed = ceiling === null ? Infinity : ceiling - this.#started;
    const count = Math.max(0, Math.min(this.unlaunched, room, allowed));
    this.#started += count;
    return count;
  }

  #answer(kill: readonly string[], launch: number): UpgradeDecisions {
    this.#finishIfDone();
    return {kill, decommission: [], launch, finished: this.#finished};
  }

  /** What is held may come undone before it goes on. */
  #finishIfDone(): void {
    if (this.#isHeld) return;
    const {instances} = this.#record.options;
    if (instances === 0 || (this.#proven >= instances && this.#old.size === 0)) {
      this.#finished = true;
    }
  }
}
