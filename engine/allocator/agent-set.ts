/** A set of agent slots that gives a random member in O(1): a dense list with positions. */
export class AgentSet {
  #members: Int32Array;
  /** Position + 1 in `#members`, 0 = not in the set. */
  #positions: Int32Array;
  #size = 0;

  constructor(members: readonly number[] = []) {
    this.#members = new Int32Array(Math.max(16, members.length));
    this.#positions = new Int32Array(16);
    for (const slot of members) this.add(slot);
  }

  get size(): number {
    return this.#size;
  }

  has(slot: number): boolean {
    return (this.#positions[slot] ?? 0) !== 0;
  }

  at(position: number): number {
    return this.#members[position] as number;
  }

  add(slot: number): void {
    if (slot >= this.#positions.length) this.#positions = grown(this.#positions, slot + 1);
    if (this.#positions[slot] !== 0) return;
    if (this.#size === this.#members.length) this.#members = grown(this.#members, this.#size + 1);
    this.#members[this.#size] = slot;
    this.#size += 1;
    this.#positions[slot] = this.#size;
  }

  /** Takes a slot out; the last member takes its place. */
  delete(slot: number): void {
    const position = (this.#positions[slot] ?? 0) - 1;
    if (position < 0) return;
    this.#size -= 1;
    const last = this.#members[this.#size] as number;
    this.#members[position] = last;
    this.#positions[last] = position + 1;
    this.#positions[slot] = 0;
  }

  /** Exchanges the members at two positions (a step of a shuffle). */
  swap(left: number, right: number): void {
    const atLeft = this.#members[left] as number;
    const atRight = this.#members[right] as number;
    this.#members[left] = atRight;
    this.#members[right] = atLeft;
    this.#positions[atRight] = left + 1;
    this.#positions[atLeft] = right + 1;
  }

  clear(): void {
    for (let position = 0; position < this.#size; position += 1) {
      this.#positions[this.#members[position] as number] = 0;
    }
    this.#size = 0;
  }

  /** Members in their present order, which is part of the state: draws depend on it. */
  toArray(): number[] {
    return Array.from(this.#members.subarray(0, this.#size));
  }
}

function grown(array: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(Math.max(2 * array.length, atLeast));
  out.set(array);
  return out;
}
