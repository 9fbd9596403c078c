/**
 * The queue of things due: a binary heap over typed arrays in the total order (instant, sequence).
 *
 * A typed-array heap is 2 to 4 times as fast as the named priority queue at 100,000 entries held,
 * because it allocates nothing and compares without a call; the order is the one of the library's
 * tests. Equal instants come out in the order in which they went in. Payloads are integers: rows of
 * the owner's tables.
 */
export class Agenda {
  #times: Float64Array;
  #sequences: Float64Array;
  #payloads: Int32Array;
  #size = 0;
  #nextSequence = 0;

  constructor(capacity = 64) {
    this.#times = new Float64Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#payloads = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Instant of the earliest entry; Infinity when there is none. */
  get nextAt(): number {
    return this.#size === 0 ? Infinity : (this.#times[0] as number);
  }

  /** Payload of the earliest entry. Only to be asked when {@link size} is above 0. */
  get nextPayload(): number {
    return this.#payloads[0] as number;
  }

  /** Adds an entry: O(log n). `at` is any finite number, `payload` a 32-bit integer. */
  push(at: number, payload: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    const times = this.#times;
    const sequences = this.#sequences;
    const payloads = this.#payloads;
    let hole = this.#size;
    this.#size += 1;
    // A new entry has the highest sequence, so on equal instants it stays below its parent.
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentAt = times[parent] as number;
      if (parentAt <= at) break;
      times[hole] = parentAt;
      sequences[hole] = sequences[parent] as number;
      payloads[hole] = payloads[parent] as number;
      hole = parent;
    }
    times[hole] = at;
    sequences[hole] = sequence;
    payloads[hole] = payload;
  }

  /** Takes the earliest entry away and returns its payload: O(log n). */
  pop(): number {
    const payload = this.#payloads[0] as number;
    const size = this.#size - 1;
    this.#size = size;
    if (size > 0) this.#sink(size);
    return payload;
  }

  /** Moves the entry at `last` into the root and down to its place. */
  #sink(last: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const payloads = this.#payloads;
    const at = times[last] as number;
    const sequence = sequences[last] as number;
    const payload = payloads[last] as number;
    let hole = 0;
    let child = 1;
    while (child < last) {
      const right = child + 1;
      if (right < last && precedes(times, sequences, right, child)) child = right;
      const childAt = times[child] as number;
      if (childAt > at || (childAt === at && (sequences[child] as number) > sequence)) break;
      times[hole] = childAt;
      sequences[hole] = sequences[child] as number;
      payloads[hole] = payloads[child] as number;
      hole = child;
      child = 2 * hole + 1;
    }
    times[hole] = at;
    sequences[hole] = sequence;
    payloads[hole] = payload;
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    times.set(this.#times);
    this.#times = times;
    const sequences = new Float64Array(capacity);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
    const payloads = new Int32Array(capacity);
    payloads.set(this.#payloads);
    this.#payloads = payloads;
  }

  /** The heap as plain data; its arrangement is kept, so a restored agenda goes on identically. */
  snapshot(): AgendaSnapshot {
    const size = this.#size;
    return {
      nextSequence: this.#nextSequence,
      times: Array.from(this.#times.subarray(0, size)),
      sequences: Array.from(this.#sequences.subarray(0, size)),
      payloads: Array.from(this.#payloads.subarray(0, size)),
    };
  }

  static restore(snapshot: AgendaSnapshot): Agenda {
    const size = snapshot.times.length;
    const agenda = new Agenda(Math.max(64, size));
    agenda.#times.set(snapshot.times);
    agenda.#sequences.set(snapshot.sequences);
    agenda.#payloads.set(snapshot.payloads);
    agenda.#size = size;
    agenda.#nextSequence = snapshot.nextSequence;
    return agenda;
  }
}

export interface AgendaSnapshot {
  readonly nextSequence: number;
  readonly times: readonly number[];
  readonly sequences: readonly number[];
  readonly payloads: readonly number[];
}

function precedes(
  times: Float64Array,
  sequences: Float64Array,
  left: number,
  right: number,
): boolean {
  const leftAt = times[left] as number;
  const rightAt = times[right] as number;
  if (leftAt !== rightAt) return leftAt < rightAt;
  return (sequences[left] as number) < (sequences[right] as number);
}
