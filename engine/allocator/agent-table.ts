/**
 * What the allocator knows of agents: scalars as flat columns (slot × kind), so that a scan over
 * thousands of agents reads memory in order; everything else in plain lists. Slots are dense and
 * reused.
 */
import {assert} from '../kernel/assert.ts';
import {
  addNamedRanges,
  addNamedSets,
  GPUS,
  scalarOf,
  type NamedRanges,
  type NamedSet,
  type Resources,
  subtractNamedRanges,
  subtractNamedSets,
} from '../resources/vector.ts';
import type {Holding} from './minimum.ts';

/** Dense index of an agent. */
export type AgentSlot = number;

const NONE: readonly never[] = [];

const ACTIVATED = 1;
const WITH_GPUS = 2;

/** Items that are used on an agent and no longer in its total. */
interface Surplus {
  readonly ranges: readonly NamedRanges[];
  readonly sets: readonly NamedSet[];
}

interface AgentRow {
  readonly total: Resources;
  readonly activated: boolean;
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
  /** Almost always empty: only agents whose total has shrunk below what is used. */
  readonly #surplus = new Map<AgentSlot, Surplus>();
  readonly #totals: (Resources | undefined)[] = [];
  /** Bits: {@link ACTIVATED}, {@link WITH_GPUS}. */
  #flags = new Uint8Array(16);
  readonly #free: AgentSlot[] = [];
  /** Reused, so that looking at an agent costs nothing. */
  readonly #holding = {
    scalars: this.#available as ArrayLike<number>,
    offset: 0,
    ranges: NONE as readonly NamedRanges[],
    sets: NONE as readonly NamedSet[],
  };

  /** A new row; what is `used` already is not available. */
  add(total: Resources): AgentSlot {
    const slot = this.#free.pop() ?? this.#totals.length;
    if (slot >= this.#capacity) this.#layOut(2 * this.#capacity, this.#stride);
    this.#fit(total);
    this.#totals[slot] = total;
    this.#flags[slot] = ACTIVATED | (scalarOf(total, GPUS) > 0 ? WITH_GPUS : 0);
    this.#ranges[slot] = total.ranges;
    this.#sets[slot] = total.sets;
    const from = slot * this.#stride;
    this.#available.fill(0, from, from + this.#stride);
    this.#available.set(total.scalars, from);
    return slot;
  }

  remove(slot: AgentSlot): void {
    this.#totals[slot] = undefined;
    this.#surplus.delete(slot);
    this.#flags[slot] = 0;
    this.#free.push(slot);
  }

  /**
   * Replaces the total; what was allocated stays so, and what is more than the new total is not
   * available again when it comes back.
   */
  setTotal(slot: AgentSlot, total: Resources): void {
    const before = this.totalOf(slot);
    this.#fit(total);
    const from = slot * this.#stride;
    for (let kind = 0; kind < this.#stride; kind += 1) {
      const change = (total.scalars[kind] ?? 0) - (before.scalars[kind] ?? 0);
      this.#available[from + kind] = (this.#available[from + kind] as number) + change;
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
    const others = (this.#flags[slot] ?? 0) & ~WITH_GPUS;
    this.#flags[slot] = scalarOf(total, GPUS) > 0 ? others | WITH_GPUS : others;
  }

  #setSurplus(slot: AgentSlot, surplus: Surplus): void {
    if (surplus.ranges.length === 0 && surplus.sets.length === 0) this.#surplus.delete(slot);
    else this.#surplus.set(slot, surplus);
  }

  has(slot: AgentSlot): boolean {
    return this.#totals[slot] !== undefined;
  }

  totalOf(slot: AgentSlot): Resources {
    const total = this.#totals[slot];
    assert(total !== undefined, () => `no agent in slot ${slot}`);
    return total;
  }

  isActivated(slot: AgentSlot): boolean {
    return ((this.#flags[slot] ?? 0) & ACTIVATED) !== 0;
  }

  /** Whether its total has gpus: a column of its own, asked at every visit. */
  hasGpus(slot: AgentSlot): boolean {
    return ((this.#flags[slot] ?? 0) & WITH_GPUS) !== 0;
  }

  setActivated(slot: AgentSlot, activated: boolean): void {
    const others = (this.#flags[slot] ?? 0) & ~ACTIVATED;
    this.#flags[slot] = activated ? others | ACTIVATED : others;
  }

  /** A view of what is available; valid until the next call of any method. */
  available(slot: AgentSlot): Holding {
    const holding = this.#holding;
    holding.scalars = this.#available;
    holding.offset = slot * this.#stride;
    holding.ranges = this.#ranges[slot] ?? NONE;
    holding.sets = this.#sets[slot] ?? NONE;
    return holding;
  }

  /** What is available, as a value. */
  availableResources(slot: AgentSlot): Resources {
    const from = slot * this.#stride;
    const scalars = new Array<number>(this.#stride);
    for (let kind = 0; kind < this.#stride; kind += 1) {
      scalars[kind] = Math.max(0, this.#available[from + kind] as number);
    }
    return {scalars, ranges: this.#ranges[slot] ?? NONE, sets: this.#sets[slot] ?? NONE};
  }

  /** Everything available is taken. */
  takeAll(slot: AgentSlot): void {
    const available = this.#available;
    const from = slot * this.#stride;
    for (let at = from; at < from + this.#stride; at += 1) {
      if ((available[at] as number) > 0) available[at] = 0;
    }
    this.#ranges[slot] = NONE;
    this.#sets[slot] = NONE;
  }

  /** A part of what is available is taken. */
  take(slot: AgentSlot, resources: Resources): void {
    this.#addScalars(slot, resources.scalars, -1);
    this.#ranges[slot] = subtractNamedRanges(this.#ranges[slot] ?? NONE, resources.ranges);
    this.#sets[slot] = subtractNamedSets(this.#sets[slot] ?? NONE, resources.sets);
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

  #addScalars(slot: AgentSlot, scalars: readonly number[], sign: 1 | -1): void {
    const available = this.#available;
    const from = slot * this.#stride;
    for (let kind = 0; kind < scalars.length; kind += 1) {
      available[from + kind] =
        (available[from + kind] as number) + sign * (scalars[kind] as number);
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
              activated: this.isActivated(slot),
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
      ...this.availableResources(slot),
      scalars: Array.from(this.#available.subarray(from, from + this.#stride)),
    };
  }

  static restore(snapshot: AgentTableSnapshot): AgentTable {
    const table = new AgentTable();
    for (const [slot, row] of snapshot.rows.entries()) {
      table.add(row?.total ?? {scalars: [], ranges: [], sets: []});
      if (row === null) {
        table.#totals[slot] = undefined;
        table.#flags[slot] = 0;
        continue;
      }
      table.setActivated(slot, row.activated);
      table.takeAll(slot);
      table.#fit(row.available);
      table.giveBack(slot, row.available);
      if (row.surplus !== null) table.#surplus.set(slot, row.surplus);
    }
    table.#free.push(...snapshot.free);
    return table;
  }
}
