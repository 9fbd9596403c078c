/**
 * The table behind the offer filters: 32 bytes a row, half a cache line, in pages. It grows and
 * shrinks by a page, so nothing is ever copied and no memory is held for rows that are not there.
 */

/** 32-bit fields of a row. The instant takes the last two words. */
export const CLIENT = 0;
export const AGENT = 1;
/** Number of the refused resources. */
export const REFUSED = 2;
/** 1 = made after the batch run of its instant. */
export const LATE = 3;
/** Neighbours in the expiry queue. */
export const NEXT = 4;
export const PREVIOUS = 5;

const WORDS_BITS = 3;
const WORDS = 1 << WORDS_BITS;
/** Place of the instant in a row, counted in doubles. */
const INSTANT = 3;
const PAGE_BITS = 14;
const PAGE_ROWS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;
const FIRST_ROWS = 64;

/** Rows 0 to `length` − 1, without holes: who removes one moves the last one to its place. */
export class FilterRows {
  readonly #words: Int32Array[] = [];
  /** The same pages again. */
  readonly #instants: Float64Array[] = [];
  #length = 0;
  #capacity = 0;

  get length(): number {
    return this.#length;
  }

  word(row: number, field: number): number {
    const page = this.#words[row >>> PAGE_BITS] as Int32Array;
    return page[((row & PAGE_MASK) << WORDS_BITS) + field] as number;
  }

  setWord(row: number, field: number, value: number): void {
    const page = this.#words[row >>> PAGE_BITS] as Int32Array;
    page[((row & PAGE_MASK) << WORDS_BITS) + field] = value;
  }

  expiresAt(row: number): number {
    const page = this.#instants[row >>> PAGE_BITS] as Float64Array;
    return page[((row & PAGE_MASK) << (WORDS_BITS - 1)) + INSTANT] as number;
  }

  setExpiresAt(row: number, at: number): void {
    const page = this.#instants[row >>> PAGE_BITS] as Float64Array;
    page[((row & PAGE_MASK) << (WORDS_BITS - 1)) + INSTANT] = at;
  }

  /** A new last row; its instant and neighbours are yet to be set. */
  push(client: number, agent: number, refused: number, late: boolean): number {
    const row = this.#length;
    if (row === this.#capacity) this.#grow();
    this.#length = row + 1;
    const page = this.#words[row >>> PAGE_BITS] as Int32Array;
    const at = (row & PAGE_MASK) << WORDS_BITS;
    page[at + CLIENT] = client;
    page[at + AGENT] = agent;
    page[at + REFUSED] = refused;
    page[at + LATE] = late ? 1 : 0;
    return row;
  }

  /** The last row goes. One page too many is kept, so that the edge of a page costs nothing. */
  pop(): void {
    this.#length -= 1;
    if (this.#capacity - this.#length < 2 * PAGE_ROWS) return;
    this.#words.pop();
    this.#instants.pop();
    this.#capacity -= PAGE_ROWS;
  }

  copy(from: number, to: number): void {
    const source = this.#words[from >>> PAGE_BITS] as Int32Array;
    const target = this.#words[to >>> PAGE_BITS] as Int32Array;
    const read = (from & PAGE_MASK) << WORDS_BITS;
    const write = (to & PAGE_MASK) << WORDS_BITS;
    for (let word = 0; word < WORDS; word += 1)
      target[write + word] = source[read + word] as number;
  }

  /** The first page starts small, since most allocators have few filters. */
  #grow(): void {
    const isFirst = this.#capacity < PAGE_ROWS;
    const rows = isFirst ? Math.max(FIRST_ROWS, 2 * this.#capacity) : PAGE_ROWS;
    const page = new Int32Array(rows << WORDS_BITS);
    const at = isFirst ? 0 : this.#words.length;
    const before = this.#words[at];
    if (before !== undefined) page.set(before);
    this.#words[at] = page;
    this.#instants[at] = new Float64Array(page.buffer);
    this.#capacity += before === undefined ? rows : rows - this.#capacity;
  }
}
