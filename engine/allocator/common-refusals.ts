/**
 * Who has refused one and the same thing of an agent. Where all filters on an agent are of equal
 * resources, the usual case, a bit for each client tells at a glance whether anybody is left to
 * offer it to: a cluster that nobody wants is passed over without asking for each pair.
 */

const NOTHING = -1;
/** Filters of different resources: no answer. */
const DIFFERENT = -2;

/** A set of dense numbers, 32 to a word. */
export type Bits = Uint32Array;

export class CommonRefusals {
  /** By agent: number of the refused resources, {@link NOTHING} or {@link DIFFERENT}. */
  #refused = new Int32Array(16).fill(NOTHING);
  /** By agent: how many filters there are. */
  #counts = new Int32Array(16);
  /** By agent: clients that have refused; empty where resources differ. */
  readonly #clients: Bits[] = [];

  /** A new filter of resources of this number; a client has one for each number. */
  add(client: number, agent: number, resources: number): void {
    if (agent >= this.#counts.length) this.#grow(agent + 1);
    const count = (this.#counts[agent] as number) + 1;
    this.#counts[agent] = count;
    if (count === 1) this.#refused[agent] = resources;
    if (this.#refused[agent] === resources) {
      this.#clients[agent] = withBit(this.#clients[agent] ?? NO_BITS, client);
      return;
    }
    this.#refused[agent] = DIFFERENT;
    this.#clients[agent] = NO_BITS;
  }

  remove(client: number, agent: number): void {
    const count = (this.#counts[agent] as number) - 1;
    this.#counts[agent] = count;
    if (this.#refused[agent] !== DIFFERENT) clearBit(this.#clients[agent] ?? NO_BITS, client);
    if (count === 0) this.#refused[agent] = NOTHING;
  }

  /** Number of the resources that are refused by all who refuse anything; below 0: none. */
  resourcesOf(agent: number): number {
    return this.#refused[agent] ?? NOTHING;
  }

  /** Whether all of these clients have refused them. */
  areRefusedBy(agent: number, clients: Bits): boolean {
    const refusing = this.#clients[agent] ?? NO_BITS;
    for (let word = 0; word < clients.length; word += 1) {
      if (((clients[word] as number) & ~(refusing[word] ?? 0)) !== 0) return false;
    }
    return true;
  }

  #grow(agents: number): void {
    const length = Math.max(agents, 2 * this.#counts.length);
    const refused = new Int32Array(length).fill(NOTHING);
    refused.set(this.#refused);
    this.#refused = refused;
    const counts = new Int32Array(length);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

export const NO_BITS: Bits = new Uint32Array(0);

/** The set with a number in it: the same array, or a longer one. */
export function withBit(bits: Bits, number: number): Bits {
  const word = number >>> 5;
  let out = bits;
  if (word >= bits.length) {
    out = new Uint32Array(Math.max(word + 1, 2 * bits.length));
    out.set(bits);
  }
  out[word] = (out[word] as number) | (1 << (number & 31));
  return out;
}

export function clearBit(bits: Bits, number: number): void {
  const word = number >>> 5;
  if (word < bits.length) bits[word] = (bits[word] as number) & ~(1 << (number & 31));
}
