/** splitmix64 (Steele, Lea, Flood 2014), by which the scenarios of the reference draw. */
const MASK = 2n ** 64n - 1n;

export class SplitMix64 {
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt(seed);
  }

  /** The next 64 bits modulo `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let word = this.#state;
    word = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return Number((word ^ (word >> 31n)) % BigInt(bound));
  }
}
