/**
 * Which filters expire when: a radix queue, threaded through the rows of the filters.
 *
 * A row waits in the bucket of the highest bit in which its instant differs from the `base`, an
 * instant that follows the clock. When the clock turns a bit on, the buckets below that bit are
 * due as a whole, and the bucket of the bit is dealt out to those below. So a row moves to a lower
 * bucket some ten times in its life, always along a list, and adding and removing take constant
 * time; a heap is as small, but at ten million rows each of its moves is two cache misses, and
 * there are two dozen to a filter.
 */
import {NEXT, PREVIOUS, type FilterRows} from './filter-rows.ts';

/** No row. */
export const NONE = -1;

/** 0: due; 1 to 32: the bits of the low half of an instant; then those of the high half. */
const BUCKETS = 65;
const HALF = 2 ** 32;

export interface ExpiryQueueSnapshot {
  readonly base: number;
  /** Of buckets that are not empty. */
  readonly earliest: readonly (readonly [bucket: number, at: number])[];
  /** All rows, bucket by bucket. */
  readonly rows: readonly number[];
}

export class ExpiryQueue {
  readonly #rows: FilterRows;
  readonly #heads = new Int32Array(BUCKETS).fill(NONE);
  readonly #tails = new Int32Array(BUCKETS).fill(NONE);
  /** Not above the instants of the bucket; below them where rows have been removed. */
  readonly #earliest = new Float64Array(BUCKETS).fill(Infinity);
  /** An integer. No bucket but the first has an instant at or below it. */
  #base = 0;

  constructor(rows: FilterRows) {
    this.#rows = rows;
  }

  /** Not after the next expiry; Infinity when nothing waits. */
  get nextAt(): number {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      if (this.#heads[bucket] !== NONE) return this.#earliest[bucket] as number;
    }
    return Infinity;
  }

  /** A row joins, behind those of the same instant. */
  add(row: number): void {
    this.#addTo(this.#bucketOf(row), row);
  }

  #addTo(bucket: number, row: number): void {
    const rows = this.#rows;
    const tail = this.#tails[bucket] as number;
    rows.setWord(row, PREVIOUS, tail);
    rows.setWord(row, NEXT, NONE);
    if (tail === NONE) this.#heads[bucket] = row;
    else rows.setWord(tail, NEXT, row);
    this.#tails[bucket] = row;
    const at = rows.expiresAt(row);
    if (at < (this.#earliest[bucket] as number)) this.#earliest[bucket] = at;
  }

  /** A row leaves, its instant the same as when it joined. */
  remove(row: number): void {
    const before = this.#rows.word(row, PREVIOUS);
    const after = this.#rows.word(row, NEXT);
    this.#tellNeighbours(row, after, before);
    if (before === NONE && after === NONE) this.#earliest[this.#bucketOf(row)] = Infinity;
  }

  /** A row has been copied, and its new number is this. */
  moved(row: number): void {
    this.#tellNeighbours(row, row, row);
  }

  /** What is before the row, and what is behind it, hears whom to hold on to instead. */
  #tellNeighbours(row: number, next: number, previous: number): void {
    const before = this.#rows.word(row, PREVIOUS);
    const after = this.#rows.word(row, NEXT);
    if (before === NONE) this.#heads[this.#bucketOf(row)] = next;
    else this.#rows.setWord(before, NEXT, next);
    if (after === NONE) this.#tails[this.#bucketOf(row)] = previous;
    else this.#rows.setWord(after, PREVIOUS, previous);
  }

  #bucketOf(row: number): number {
    return bucketOf(Math.floor(this.#rows.expiresAt(row)), this.#base);
  }

  /** Brings what is due at `now` to the list that {@link firstDue} begins. */
  advance(now: number): void {
    const base = Math.floor(now);
    const split = bucketOf(base, this.#base);
    if (split === 0) return;
    this.#base = base;
    for (let bucket = 1; bucket < split; bucket += 1) this.#makeDue(bucket);
    let row = this.#heads[split] as number;
    this.#empty(split);
    while (row !== NONE) {
      const after = this.#rows.word(row, NEXT);
      this.add(row);
      row = after;
    }
  }

  /** Appends a bucket to the first one. */
  #makeDue(bucket: number): void {
    const head = this.#heads[bucket] as number;
    if (head === NONE) return;
    const tail = this.#tails[0] as number;
    if (tail === NONE) this.#heads[0] = head;
    else {
      this.#rows.setWord(tail, NEXT, head);
      this.#rows.setWord(head, PREVIOUS, tail);
    }
    this.#tails[0] = this.#tails[bucket] as number;
    this.#earliest[0] = Math.min(this.#earliest[0] as number, this.#earliest[bucket] as number);
    this.#empty(bucket);
  }

  #empty(bucket: number): void {
    this.#heads[bucket] = NONE;
    this.#tails[bucket] = NONE;
    this.#earliest[bucket] = Infinity;
  }

  /**
   * The first row whose instant has begun; {@link NONE} if there is none. Its fraction of a
   * millisecond may still be ahead.
   */
  get firstDue(): number {
    return this.#heads[0] as number;
  }

  /** The row behind one. */
  after(row: number): number {
    return this.#rows.word(row, NEXT);
  }

  snapshot(): ExpiryQueueSnapshot {
    const earliest: [number, number][] = [];
    const rows: number[] = [];
    for (const [bucket, head] of this.#heads.entries()) {
      if (head !== NONE) earliest.push([bucket, this.#earliest[bucket] as number]);
      for (let row = head; row !== NONE; row = this.after(row)) rows.push(row);
    }
    return {base: this.#base, earliest, rows};
  }

  /** Takes up rows that are back already. */
  restore({base, earliest, rows}: ExpiryQueueSnapshot): void {
    this.#base = base;
    for (const row of rows) this.add(row);
    for (const [bucket, at] of earliest) this.#earliest[bucket] = at;
  }
}

/** 0 if `at` is not after `base`, else 1 + the highest bit in which they differ. Integers. */
function bucketOf(at: number, base: number): number {
  if (at <= base) return 0;
  const high = Math.floor(at / HALF) ^ Math.floor(base / HALF);
  if (high !== 0) return 64 - Math.clz32(high);
  return 32 - Math.clz32((at >>> 0) ^ (base >>> 0));
}
