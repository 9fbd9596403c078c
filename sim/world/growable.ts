/** Typed arrays that grow: columns of tables whose number of rows is not known before the run. */

/** The same numbers in an array of at least `length`; what is new is 0. */
export function grownInt32(
  column: Int32Array<ArrayBuffer>,
  length: number,
): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(column);
  return grown;
}

export function grownFloat64(
  column: Float64Array<ArrayBuffer>,
  length: number,
): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(column);
  return grown;
}

export function grownUint8(
  column: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(column);
  return grown;
}

/** A list of doubles without an object per number. */
export class NumberList {
  #numbers = new Float64Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      this.#numbers = grownFloat64(this.#numbers, 2 * this.#length);
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  at(index: number): number {
    return this.#numbers[index] as number;
  }

  /** A sorted copy. */
  toSorted(): Float64Array {
    return this.#numbers.slice(0, this.#length).sort();
  }

  toArray(): number[] {
    return Array.from(this.#numbers.subarray(0, this.#length));
  }

  restore(numbers: readonly number[]): void {
    this.#numbers = new Float64Array(Math.max(256, numbers.length));
    this.#numbers.set(numbers);
    this.#length = numbers.length;
  }
}

/** Columns of a table by name. */
export type Columns = Readonly<Record<string, Int32Array | Float64Array | Uint8Array>>;

/** Columns as plain data. */
export type ColumnsSnapshot = Readonly<Record<string, readonly number[]>>;

/** The first `rows` entries of each column. */
export function columnsSnapshot(columns: Columns, rows: number): ColumnsSnapshot {
  const entries = Object.entries(columns);
  return Object.fromEntries(
    entries.map(([name, column]) => [name, Array.from(column.subarray(0, rows))]),
  );
}

/** Fills columns, which are long enough, with what a snapshot holds. */
export function restoreColumns(columns: Columns, snapshot: ColumnsSnapshot): void {
  for (const [name, column] of Object.entries(columns)) column.set(snapshot[name] ?? []);
}
