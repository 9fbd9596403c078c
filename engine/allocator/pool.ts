/** The resources of the whole cluster: what every share is a share of. */
export class Pool {
  /** Thousandths by kind. */
  readonly totals: number[] = [];
  /** Kinds that do not count in the dominant share. */
  readonly excluded: boolean[] = [];
  /** Grows with every change, so that sorters see that their shares are old. */
  version = 0;

  /** An agent's quantities join, or leave. */
  add(quantities: readonly number[], sign: 1 | -1): void {
    for (let kind = 0; kind < quantities.length; kind += 1) {
      this.totals[kind] = (this.totals[kind] ?? 0) + sign * (quantities[kind] as number);
    }
    this.version += 1;
  }

  /** An agent's quantities change. */
  replace(before: readonly number[], after: readonly number[]): void {
    const kinds = Math.max(before.length, after.length);
    let isSame = true;
    for (let kind = 0; kind < kinds; kind += 1) {
      const change = (after[kind] ?? 0) - (before[kind] ?? 0);
      this.totals[kind] = (this.totals[kind] ?? 0) + change;
      if (change !== 0) isSame = false;
    }
    if (!isSame) this.version += 1;
  }

  /** The greatest part of any one kind, as an exact IEEE quotient: 0 for an empty pool. */
  dominantShare(allocation: ArrayLike<number>): number {
    const totals = this.totals;
    let share = 0;
    for (let kind = 0; kind < allocation.length; kind += 1) {
      const total = totals[kind];
      if (total === undefined || total <= 0 || this.excluded[kind] === true) continue;
      const part = (allocation[kind] as number) / total;
      if (part > share) share = part;
    }
    return share;
  }
}
