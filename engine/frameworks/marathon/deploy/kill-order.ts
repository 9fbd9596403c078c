/**
 * Which old instance goes next: those that are not well first, then as the app's kill selection
 * says; the serial, which is unique, decides. Unlike Marathon, which never asks the kill selection
 * in an upgrade and orders by a comparator that is no order (reference part 3.5, appendix A 4, 17).
 */
import {PriorityQueue} from '@datastructures-js/priority-queue';

export interface Candidate {
  readonly id: string;
  /** The order of creation. */
  readonly serial: number;
  healthy: boolean;
}

export class KillOrder<T extends Candidate> {
  readonly #ill: PriorityQueue<T>;
  readonly #well: PriorityQueue<T>;
  readonly #isEligible: (candidate: T) => boolean;

  /** Candidates that are not eligible (any more) are dropped when they are met. */
  constructor(
    killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST',
    isEligible: (candidate: T) => boolean,
  ) {
    const sign = killSelection === 'OLDEST_FIRST' ? 1 : -1;
    const byAge = (left: T, right: T): number => sign * (left.serial - right.serial);
    this.#ill = new PriorityQueue(byAge);
    this.#well = new PriorityQueue(byAge);
    this.#isEligible = isEligible;
  }

  /** A candidate, or one whose health changed. */
  add(candidate: T): void {
    (candidate.healthy ? this.#well : this.#ill).push(candidate);
  }

  /** The next one, without taking it. */
  first(): T | undefined {
    return this.#firstOf(this.#ill, false) ?? this.#firstOf(this.#well, true);
  }

  #firstOf(queue: PriorityQueue<T>, healthy: boolean): T | undefined {
    for (;;) {
      const candidate = queue.front();
      if (candidate === null) return undefined;
      if (candidate.healthy === healthy && this.#isEligible(candidate)) return candidate;
      queue.pop();
    }
  }
}
