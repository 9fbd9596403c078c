/**
 * Draws without replacement, each time with a chance in proportion to the weights that are left: a
 * weighted shuffle that costs O(log n) for each item that is really asked for (a Fenwick tree of
 * sums; the distribution is that of Efraimidis and Spirakis' keys, which Mesos uses).
 */
import type {Random} from '../kernel/random.ts';

export class WeightedDraw {
  readonly #random: Random;
  /** Weights as they were set. */
  readonly #weights: number[];
  /** Fenwick tree over the weights, from index 1; as set, and as drawn from. */
  readonly #sums: Float64Array;
  readonly #left: Float64Array;
  readonly #drawn: Uint8Array;
  /** Greatest power of two that is not above the number of items. */
  readonly #top: number;
  readonly #total: number;
  #totalLeft = 0;
  #remaining = 0;

  constructor(weights: readonly number[], random: Random) {
    this.#random = random;
    this.#weights = [...weights];
    const size = weights.length;
    this.#sums = new Float64Array(size + 1);
    for (let at = 1; at <= size; at += 1) {
      this.#sums[at] = (this.#sums[at] as number) + (weights[at - 1] as number);
      const parent = at + (at & -at);
      if (parent > size) continue;
      this.#sums[parent] = (this.#sums[parent] as number) + (this.#sums[at] as number);
    }
    this.#left = new Float64Array(size + 1);
    this.#drawn = new Uint8Array(size);
    this.#top = size === 0 ? 0 : 2 ** Math.floor(Math.log2(size));
    this.#total = weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** Puts everything back. O(n), a copy. */
  restart(): void {
    this.#left.set(this.#sums);
    this.#drawn.fill(0);
    this.#totalLeft = this.#total;
    this.#remaining = this.#weights.length;
  }

  /** The index of the next item; -1 when all are drawn. */
  next(): number {
    if (this.#remaining === 0) return -1;
    let target = this.#random.float() * this.#totalLeft;
    let at = 0;
    for (let step = this.#top; step > 0; step >>= 1) {
      const sum = this.#left[at + step];
      if (sum === undefined || sum > target) continue;
      target -= sum;
      at += step;
    }
    // Sums that were rounded may lead to an item that is gone, or beyond the last one.
    const size = this.#weights.length;
    let item = Math.min(at, size - 1);
    while (this.#drawn[item] === 1) item = (item + 1) % size;
    this.#take(item);
    return item;
  }

  #take(item: number): void {
    const weight = this.#weights[item] as number;
    this.#drawn[item] = 1;
    this.#remaining -= 1;
    this.#totalLeft -= weight;
    for (let at = item + 1; at < this.#left.length; at += at & -at) {
      this.#left[at] = (this.#left[at] as number) - weight;
    }
  }
}
