/**
 * What the allocator knows of agents: scalars as flat columns (slot × kind), so that a scan over
 * thousands of agents reads memory in order; everything else in plain lists. Slots are dense and
 * reused.
 */
import {assert} from '../kernel/assert.ts';
import {
  addNamedRanges,
  addNamedSets,
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

interface AgentRow {
  readonly total: Resources;
  readonly activated: boolean;
  readonly available: Resources;
}

export interface AgentTableSnapshot {
  readonly rows: readonly (AgentRow | null)[];
  readonly free: readonly AgentSlot[];
}

export class AgentTable {
  /** Kinds that a row has room for; rows are laid out anew when more become known. */
  #stride = 4;
  #capacity = 16;
  /** Unallocated thousandths, `slot × stride + kind`. */
  #available = new Float64Array(64);
  readonly #ranges: (readonly NamedRanges[])[] = [];
  readonly #sets: (readonly NamedSet[])[] = [];
  readonly #totals: (Resources | undefined)[] = [];
  #activated = new Uint8Array(16);
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
    this.#activated[slot] = 1;
    this.#ranges[slot] = total.ranges;
    this.#sets[slot] = total.sets;
    const from = slot * this.#stride;
    this.#available.fill(0, from, from + this.#stride);
    this.#available.set(total.scalars, from);
    return slot;
  }

  remove(slot: AgentSlot): void {
    this.#totals[slot] = undefined;
    this.#activated[slot] = 0;
    this.#free.push(slot);
  }

  /**
   * Replaces the total; what was allocated stays so, and availability never falls below nothing.
   */
  setTotal(slot: AgentSlot, total: Resources): void {
    const before = this.totalOf(slot);
    this.#fit(total);
    const from = slot * this.#stride;
    for (let kind = 0; kind < this.#stride; kind += 1) {
      const used = (before.scalars[kind] ?? 0) - (this.#available[from + kind] as number);
      this.#available[from + kind] = Math.max(0, (total.scalars[kind] ?? 0) - used);
    }
    const usedRanges = subtractNamedRanges(before.ranges, this.#ranges[slot] ?? NONE);
    const usedSets = subtractNamedSets(before.sets, this.#sets[slot] ?? NONE);
    this.#ranges[slot] = subtractNamedRanges(total.ranges, usedRanges);
    this.#sets[slot] = subtractNamedSets(total.sets, usedSets);
    this.#totals[slot] = total;
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
    return this.#activated[slot] === 1;
  }

  setActivated(slot: AgentSlot, activated: boolean): void {
    this.#activated[slot] = activated ? 1 : 0;
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
      scalars[kind] = this.#available[from + kind] as number;
    }
    return {scalars, ranges: this.#ranges[slot] ?? NONE, sets: this.#sets[slot] ?? NONE};
  }

  /** Everything available is taken. */
  takeAll(slot: AgentSlot): void {
    const from = slot * this.#stride;
    this.#available.fill(0, from, from + this.#stride);
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
    if (resources.ranges.length > 0) {
      this.#ranges[slot] = addNamedRanges(this.#ranges[slot] ?? NONE, resources.ranges);
    }
    if (resources.sets.length > 0) {
      this.#sets[slot] = addNamedSets(this.#sets[slot] ?? NONE, resources.sets);
    }
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
    const activated = new Uint8Array(capacity);
    activated.set(this.#activated);
    this.#available = available;
    this.#activated = activated;
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
              available: this.availableResources(slot),
            },
      ),
      free: [...this.#free],
    };
  }

  static restore(snapshot: AgentTableSnapshot): AgentTable {
    const table = new AgentTable();
    for (const [slot, row] of snapshot.rows.entries()) {
      table.add(row?.total ?? {scalars: [], ranges: [], sets: []});
      if (row === null) {
        table.#totals[slot] = undefined;
        table.#activated[slot] = 0;
        continue;
      }
      table.setActivated(slot, row.activated);
      table.takeAll(slot);
      table.#fit(row.available);
      table.giveBack(slot, row.available);
    }
    table.#free.push(...snapshot.free);
    return table;
  }
}
