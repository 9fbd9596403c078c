/**
 * What the allocator knows of agents: scalars as flat columns (slot × kind), so that a scan over
 * thousands of agents reads memory in order; everything else in plain lists. Slots are dense and
 * reused.
 */
import {assert} from '../kernel/assert.ts';
import {isUnreserved, quantityOf, type Entries, type Entry} from '../resources/special.ts';
import {
  addNamedRanges,
  addNamedSets,
  GPUS,
  NO_RESOURCES,
  scalarSums,
  type NamedRanges,
  type NamedSet,
  type Resources,
  subtractNamedRanges,
  subtractNamedSets,
} from '../resources/vector.ts';

/** Dense index of an agent. */
export type AgentSlot = number;

const NONE: readonly never[] = [];

/** What makes an agent unfit as a whole for some frameworks: bits of {@link exclusionsOf}. */
export const WITH_GPUS = 1;
export const REMOTE = 2;
export const NO_MULTI_ROLE = 4;
export const NO_HIERARCHICAL_ROLE = 8;
const EXCLUSIONS = WITH_GPUS | REMOTE | NO_MULTI_ROLE | NO_HIERARCHICAL_ROLE;

/** Not deactivated, and on the whitelist if there is one. */
const OFFERABLE = 16;

/** Items that are used on an agent and no longer in its total. */
interface Surplus {
  readonly ranges: readonly NamedRanges[];
  readonly sets: readonly NamedSet[];
}

interface AgentRow {
  readonly total: Resources;
  readonly flags: number;
  /** Scalars below 0 where more is used than there is. */
  readonly available: Resources;
  readonly surplus: Surplus | null;
}

export interface AgentTableSnapshot {
  readonly rows: readonly (AgentRow | null)[];
  readonly free: readonly AgentSlot[];
}

export class AgentTable {
  /** Kinds that a row has room for; rows are laid out anew when more become known. */
  #stride = 4;
  #capacity = 16;
  /**
   * Unallocated thousandths, `slot × stride + kind`; below 0 where the total has shrunk below what
   * is used, so that what comes back fills the gap first.
   */
  #available = new Float64Array(64);
  readonly #ranges: (readonly NamedRanges[])[] = [];
  readonly #sets: (readonly NamedSet[])[] = [];
  readonly #special: Entries[] = [];
  /** Almost always empty: only agents whose total has shrunk below what is used. */
  readonly #surplus = new Map<AgentSlot, Surplus>();
  readonly #totals: (Resources | undefined)[] = [];
  /** Bits: {@link OFFERABLE} and exclusions. */
  #flags = new Uint8Array(16);
  readonly #free: AgentSlot[] = [];
  /** What is available as a value, made when somebody asks; undefined since it changed. */
  readonly #values: (Resources | undefined)[] = [];
  /**
   * Thousandths by kind of all agents that nobody has reserved, that cannot be revoked and that are
   * not allocated: what guarantees can be met from.
   */
  readonly headroom: number[] = [];

  /** A new row: all of it is available. */
  add(total: Resources): AgentSlot {
    const slot = this.#free.pop() ?? this.#totals.length;
    if (slot >= this.#capacity) this.#layOut(2 * this.#capacity, this.#stride);
    this.#fit(total);
    this.#totals[slot] = total;
    this.#flags[slot] = OFFERABLE | gpusFlag(total);
    this.#ranges[slot] = total.ranges;
    this.#sets[slot] = total.sets;
    this.#special[slot] = NONE;
    const from = slot * this.#stride;
    this.#available.fill(0, from, from + this.#stride);
    this.#addScalars(slot, total.scalars, 1);
    this.setSpecial(slot, total.special);
    this.allBack(slot);
    return slot;
  }

  remove(slot: AgentSlot): void {
    this.setSpecial(slot, NONE);
    for (let kind = 0; kind < this.#stride; kind += 1)
      this.#addScalar(slot, kind, -this.#at(slot, kind));
    this.#values[slot] = undefined;
    this.#totals[slot] = undefined;
    this.#surplus.delete(slot);
    this.#flags[slot] = 0;
    this.#free.push(slot);
  }

  /**
   * Replaces the total; what was allocated stays so, and what is more than the new total is not
   * available again when it comes back. The caller sets what is special ({@link setSpecial}).
   */
  setTotal(slot: AgentSlot, total: Resources): void {
    const before = this.totalOf(slot);
    this.#fit(total);
    for (let kind = 0; kind < this.#stride; kind += 1) {
      this.#addScalar(slot, kind, (total.scalars[kind] ?? 0) - (before.scalars[kind] ?? 0));
    }
    const surplus = this.#surplus.get(slot);
    const ranges = addNamedRanges(
      subtractNamedRanges(before.ranges, this.#ranges[slot] ?? NONE),
      surplus?.ranges ?? NONE,
    );
    const sets = addNamedSets(
      subtractNamedSets(before.sets, this.#sets[slot] ?? NONE),
      surplus?.sets ?? NONE,
    );
    this.#ranges[slot] = subtractNamedRanges(total.ranges, ranges);
    this.#sets[slot] = subtractNamedSets(total.sets, sets);
    this.#setSurplus(slot, {
      ranges: subtractNamedRanges(ranges, total.ranges),
      sets: subtractNamedSets(sets, total.sets),
    });
    this.#totals[slot] = total;
    this.#values[slot] = undefined;
    this.setExclusions(slot, (this.exclusionsOf(slot) & ~WITH_GPUS) | gpusFlag(total));
  }

  #setSurplus(slot: AgentSlot, surplus: Surplus): void {
    if (surplus.ranges.length === 0 && surplus.sets.length === 0) this.#surplus.delete(slot);
    else this.#surplus.set(slot, surplus);
  }

  /** How many agents there are. */
  get count(): number {
    return this.#totals.length - this.#free.length;
  }

  has(slot: AgentSlot): boolean {
    return this.#totals[slot] !== undefined;
  }

  totalOf(slot: AgentSlot): Resources {
    const total = this.#totals[slot];
    assert(total !== undefined, () => `no agent in slot ${slot}`);
    return total;
  }

  isOfferable(slot: AgentSlot): boolean {
    return ((this.#flags[slot] ?? 0) & OFFERABLE) !== 0;
  }

  setOfferable(slot: AgentSlot, offerable: boolean): void {
    this.#flags[slot] = this.exclusionsOf(slot) | (offerable ? OFFERABLE : 0);
  }

  /** What makes the agent unfit for some frameworks: a column, asked at every visit. */
  exclusionsOf(slot: AgentSlot): number {
    return (this.#flags[slot] ?? 0) & EXCLUSIONS;
  }

  setExclusions(slot: AgentSlot, exclusions: number): void {
    this.#flags[slot] = ((this.#flags[slot] ?? 0) & ~EXCLUSIONS) | exclusions;
  }

  /** Whether anything at all is available. */
  hasAny(slot: AgentSlot): boolean {
    const from = slot * this.#stride;
    for (let at = from; at < from + this.#stride; at += 1) {
      if ((this.#available[at] as number) > 0) return true;
    }
    return (
      (this.#ranges[slot] ?? NONE).length > 0 ||
      (this.#special[slot] ?? NONE).length > 0 ||
      (this.#sets[slot] ?? NONE).length > 0
    );
  }

  /** Whether nothing but plain scalars is available. */
  isScalarsOnly(slot: AgentSlot): boolean {
    return (
      (this.#ranges[slot] ?? NONE).length === 0 &&
      (this.#special[slot] ?? NONE).length === 0 &&
      (this.#sets[slot] ?? NONE).length === 0
    );
  }

  /** What is available, as a value: the same object until it changes. */
  available(slot: AgentSlot): Resources {
    const known = this.#values[slot];
    if (known !== undefined) return known;
    const from = slot * this.#stride;
    const scalars = new Array<number>(this.#stride);
    for (let kind = 0; kind < this.#stride; kind += 1) {
      scalars[kind] = Math.max(0, this.#available[from + kind] as number);
    }
    const value: Resources = {
      scalars,
      ranges: this.#ranges[slot] ?? NONE,
      sets: this.#sets[slot] ?? NONE,
      special: this.#special[slot] ?? NONE,
    };
    this.#values[slot] = value;
    return value;
  }

  /**
   * A part of what is available is taken. Whether it was all of it, the usual case; if not, what of
   * it is special, the caller sets ({@link setSpecial}).
   */
  take(slot: AgentSlot, resources: Resources): boolean {
    if (resources === this.#values[slot]) {
      this.#addScalars(slot, resources.scalars, -1);
      this.#ranges[slot] = NONE;
      this.#sets[slot] = NONE;
      // Shared volumes stay, however many have them.
      const {special} = resources;
      if (special.length > 0) this.setSpecial(slot, special.filter(isShared));
      return true;
    }
    this.#addScalars(slot, resources.scalars, -1);
    const ranges = this.#ranges[slot] ?? NONE;
    const sets = this.#sets[slot] ?? NONE;
    this.#ranges[slot] = subtractNamedRanges(ranges, resources.ranges);
    this.#sets[slot] = subtractNamedSets(sets, resources.sets);
    if (resources.ranges !== ranges || resources.sets !== sets) {
      this.#noteSurplus(slot, {
        ranges: subtractNamedRanges(resources.ranges, ranges),
        sets: subtractNamedSets(resources.sets, sets),
      });
    }
    return false;
  }

  /** What is taken without being there is not there when it comes back. */
  #noteSurplus(slot: AgentSlot, {ranges, sets}: Surplus): void {
    if (ranges.length === 0 && sets.length === 0) return;
    const before = this.#surplus.get(slot);
    this.#setSurplus(slot, {
      ranges: addNamedRanges(before?.ranges ?? NONE, ranges),
      sets: addNamedSets(before?.sets ?? NONE, sets),
    });
  }

  /** Nobody holds anything: what is available is the total itself, the same object. */
  allBack(slot: AgentSlot): void {
    const total = this.totalOf(slot);
    if (this.#special[slot] !== total.special) this.setSpecial(slot, total.special);
    this.#values[slot] = total;
  }

  /** What is available of special things: depends on what holders have, which is not known here. */
  setSpecial(slot: AgentSlot, special: Entries): void {
    this.#countHeadroom(this.#special[slot] ?? NONE, -1);
    this.#countHeadroom(special, 1);
    this.#special[slot] = special;
    this.#values[slot] = undefined;
  }

  #countHeadroom(special: Entries, sign: 1 | -1): void {
    for (const entry of special) {
      const {kind, revocable} = entry.special;
      if (entry.scalar === 0 || revocable === true || !isUnreserved(entry.special)) continue;
      this.headroom[kind] = (this.headroom[kind] ?? 0) + sign * quantityOf(entry);
    }
  }

  /** Resources come back. */
  giveBack(slot: AgentSlot, resources: Resources): void {
    this.#addScalars(slot, resources.scalars, 1);
    const surplus = this.#surplus.get(slot);
    const {ranges, sets} = surplus === undefined ? resources : this.#drop(slot, resources, surplus);
    if (ranges.length > 0) {
      this.#ranges[slot] = addNamedRanges(this.#ranges[slot] ?? NONE, ranges);
    }
    if (sets.length > 0) {
      this.#sets[slot] = addNamedSets(this.#sets[slot] ?? NONE, sets);
    }
  }

  /** Takes what is no longer in the agent's total out of what comes back. */
  #drop(slot: AgentSlot, {ranges, sets}: Surplus, surplus: Surplus): Surplus {
    this.#setSurplus(slot, {
      ranges: subtractNamedRanges(surplus.ranges, ranges),
      sets: subtractNamedSets(surplus.sets, sets),
    });
    return {
      ranges: subtractNamedRanges(ranges, surplus.ranges),
      sets: subtractNamedSets(sets, surplus.sets),
    };
  }

  /** Slots in use, ascending. */
  slots(): AgentSlot[] {
    const slots: AgentSlot[] = [];
    for (const [slot, total] of this.#totals.entries()) if (total !== undefined) slots.push(slot);
    return slots;
  }

  #at(slot: AgentSlot, kind: number): number {
    return this.#available[slot * this.#stride + kind] as number;
  }

  #addScalar(slot: AgentSlot, kind: number, change: number): void {
    const at = slot * this.#stride + kind;
    this.#available[at] = (this.#available[at] as number) + change;
    this.headroom[kind] = (this.headroom[kind] ?? 0) + change;
  }

  #addScalars(slot: AgentSlot, scalars: readonly number[], sign: 1 | -1): void {
    this.#values[slot] = undefined;
    for (let kind = 0; kind < scalars.length; kind += 1) {
      this.#addScalar(slot, kind, sign * (scalars[kind] as number));
    }
  }

  #fit(resources: Resources): void {
    if (resources.scalars.length > this.#stride) {
      this.#layOut(this.#capacity, resources.scalars.length);
    }
  }

  #layOut(capacity: number, stride: number): void {
    const available = new Float64Array(capacity * stride);
    for (let slot = 0; slot < this.#capacity; slot += 1) {
      const from = slot * this.#stride;
      available.set(this.#available.subarray(from, from + this.#stride), slot * stride);
    }
    const flags = new Uint8Array(capacity);
    flags.set(this.#flags);
    this.#available = available;
    this.#flags = flags;
    this.#capacity = capacity;
    this.#stride = stride;
  }

  snapshot(): AgentTableSnapshot {
    return {
      rows: this.#totals.map((total, slot) =>
        total === undefined
          ? null
          : {
              total,
              flags: this.#flags[slot] ?? 0,
              available: this.#rawAvailable(slot),
              surplus: this.#surplus.get(slot) ?? null,
            },
      ),
      free: [...this.#free],
    };
  }

  #rawAvailable(slot: AgentSlot): Resources {
    const from = slot * this.#stride;
    return {
      ...this.available(slot),
      scalars: Array.from(this.#available.subarray(from, from + this.#stride)),
    };
  }

  static restore(snapshot: AgentTableSnapshot): AgentTable {
    const table = new AgentTable();
    for (const [slot, row] of snapshot.rows.entries()) {
      table.add(row?.available ?? NO_RESOURCES);
      table.#flags[slot] = row?.flags ?? 0;
      table.#totals[slot] = row?.total;
      // What was added is only the part that is available, of which scalars may be below 0.
      table.#values[slot] = undefined;
      if (row === null) continue;
      if (row.surplus !== null) table.#surplus.set(slot, row.surplus);
    }
    table.#free.push(...snapshot.free);
    return table;
  }
}

/** Whoever they are reserved to. */
function isShared({special}: Entry): boolean {
  return special.shared === true;
}

function gpusFlag(total: Resources): number {
  return (scalarSums(total)[GPUS] ?? 0) > 0 ? WITH_GPUS : 0;
}
