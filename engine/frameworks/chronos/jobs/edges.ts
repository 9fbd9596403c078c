/**
 * When a job that has parents runs: what is counted of their successes, and when that is enough
 * (reference parts 3.2 and 9.4, rule 11). Pure.
 */
import type {BarrierRule} from '../../../options.ts';

/** Successes of roots that not all parents have seen yet are forgotten beyond so many. */
export const CYCLES_MAX = 100;

export interface EdgesDocument {
  /** Parent → its successes since the child was claimed last. */
  readonly counts: readonly (readonly [parent: string, count: number])[];
  /** Barrier `cycle`: slot of the root → parents that have succeeded for it; oldest first. */
  readonly cycles: readonly (readonly [rootSlot: number, parents: readonly string[]])[];
}

/** One success of a parent. */
export interface ParentSuccess {
  readonly parent: string;
  /** Slot from which the parent's run descends. */
  readonly rootSlot: number;
}

/** The incoming edges of one job. */
export class Edges {
  readonly #barrier: BarrierRule;
  readonly #counts: Map<string, number>;
  readonly #cycles: Map<number, Set<string>>;

  constructor(parents: readonly string[], barrier: BarrierRule, stored?: EdgesDocument) {
    this.#barrier = barrier;
    this.#counts = new Map(parents.map((parent) => [parent, 0]));
    for (const [parent, count] of stored?.counts ?? []) {
      if (this.#counts.has(parent)) this.#counts.set(parent, count);
    }
    this.#cycles = new Map(stored?.cycles.map(([slot, names]) => [slot, new Set(names)]));
  }

  get parents(): readonly string[] {
    return [...this.#counts.keys()];
  }

  countOf(parent: string): number {
    return this.#counts.get(parent) ?? 0;
  }

  /**
   * Counts a success, and answers whether the job is to run for it. `hasFailed` says of a parent
   * whether its latest run has failed: only barrier `latest` asks.
   */
  succeeded({parent, rootSlot}: ParentSuccess, hasFailed: (parent: string) => boolean): boolean {
    const before = this.#counts.get(parent);
    if (before === undefined) return false;
    if (this.#counts.size === 1) return true;
    const count = before + 1;
    this.#counts.set(parent, count);
    switch (this.#barrier) {
      case 'counters':
        return count === Math.min(...this.#counts.values());
      case 'latest':
        return [...this.#counts].every(([name, seen]) => seen > 0 && !hasFailed(name));
      case 'cycle':
        return this.#completes(parent, rootSlot);
    }
  }

  #completes(parent: string, rootSlot: number): boolean {
    const seen = this.#cycles.get(rootSlot) ?? new Set();
    this.#cycles.set(rootSlot, seen.add(parent));
    if (seen.size < this.#counts.size) {
      for (const slot of this.#cycles.keys()) {
        if (this.#cycles.size <= CYCLES_MAX) break;
        this.#cycles.delete(slot);
      }
      return false;
    }
    this.#cycles.delete(rootSlot);
    return true;
  }

  /** The job is claimed: from here on everything counts for its next run. */
  claimed(): void {
    for (const parent of this.#counts.keys()) this.#counts.set(parent, 0);
  }

  document(): EdgesDocument {
    return {
      counts: [...this.#counts],
      cycles: [...this.#cycles].map(([slot, names]) => [slot, [...names]]),
    };
  }
}
