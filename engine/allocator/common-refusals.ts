/**
 * Who has refused one and the same thing of an agent. Where all filters on an agent are of equal
 * resources, the usual case, a bit for each client tells at a glance whether anybody is left to
 * offer it to: a cluster that nobody wants is passed over without asking for each pair.
 */

const NOTHING = -1;
/**
 * Filters of different resources, now or at some time since there was none: no answer. Which are
 * still there would have to be counted for each agent and resources.
 */
export const DIFFERENT = -2;

/** A set of dense numbers, 32 to a word. */
export type Bits = Uint32Array;

export class CommonRefusals {
  /** By agent: number of the refused resources, {@link NOTHING} or {@link DIFFERENT}. */
  #refused = new Int32Array(16).fill(NOTHING);
  /** By agent: how many filters there are. */
  #counts = new Int32Array(16);
  /** By agent: clients that have refused, `#stride` words each; none where resources differ. */
  #clients: Bits = new Uint32Array(16);
  #stride = 1;

  /** A new filter of resources of this number; a client has one for each number. */
  add(client: number, agent: number, resources: number): void {
    if (agent >= this.#counts.length || client >>> 5 >= this.#stride) this.#grow(agent, client);
    const count = (this.#counts[agent] as number) + 1;
    this.#counts[agent] = count;
    if (count === 1) this.#refused[agent] = resources;
    if (this.#refused[agent] === resources) {
      const at = agent * this.#stride + (client >>> 5);
      this.#clients[at] = (this.#clients[at] as number) | (1 << (client & 31));
      return;
    }
    this.#refused[agent] = DIFFERENT;
    this.#clients.fill(0, agent * this.#stride, (agent + 1) * this.#stride);
  }

  remove(client: number, agent: number): void {
    const count = (this.#counts[agent] as number) - 1;
    this.#counts[agent] = count;
    const at = agent * this.#stride + (client >>> 5);
    this.#clients[at] = (this.#clients[at] as number) & ~(1 << (client & 31));
    if (count === 0) this.#refused[agent] = NOTHING;
  }

  /**
   * Number of the resources that are refused by all who refuse anything; below 0: there is none, or
   * {@link DIFFERENT} ones.
   */
  resourcesOf(agent: number): number {
    return this.#refused[agent] ?? NOTHING;
  }

  /** Whether all of these clients have refused them. */
  areRefusedBy(agent: number, clients: Bits): boolean {
    const from = agent * this.#stride;
    for (let word = 0; word < clients.length; word += 1) {
      const refusing = word < this.#stride ? (this.#clients[from + word] as number) : 0;
      if (((clients[word] as number) & ~refusing) !== 0) return false;
    }
    return true;
  }

  /** Makes room for an agent and a client. */
  #grow(agent: number, client: number): void {
    const before = this.#counts.length;
    const agents = agent < before ? before : Math.max(agent + 1, 2 * before);
    const word = client >>> 5;
    const stride = word < this.#stride ? this.#stride : Math.max(word + 1, 2 * this.#stride);
    const refused = new Int32Array(agents).fill(NOTHING);
    refused.set(this.#refused);
    const counts = new Int32Array(agents);
    counts.set(this.#counts);
    const clients = new Uint32Array(agents * stride);
    for (let one = 0; one < before; one += 1) {
      const from = one * this.#stride;
      clients.set(this.#clients.subarray(from, from + this.#stride), one * stride);
    }
    this.#refused = refused;
    this.#counts = counts;
    this.#clients = clients;
    this.#stride = stride;
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

/** Whether all numbers of a set, from the greatest down, pass a test. */
export function everyBit(bits: Bits, passes: (number: number) => boolean): boolean {
  for (let word = bits.length - 1; word >= 0; word -= 1) {
    for (let left = bits[word] as number; left !== 0;) {
      const bit = 31 - Math.clz32(left);
      if (!passes(32 * word + bit)) return false;
      left &= ~(1 << bit);
    }
  }
  return true;
}

export function clearBit(bits: Bits, number: number): void {
  const word = number >>> 5;
  if (word < bits.length) bits[word] = (bits[word] as number) & ~(1 << (number & 31));
}
