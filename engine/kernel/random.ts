/**
 * Seeded randomness: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32-style mixing
 * of a 53-bit seed and a stream name.
 *
 * Every entity draws from a stream of its own, `makeRandom(seed, 'allocator')`, so that taking one
 * entity out of a run does not change the draws of the others.
 */
import {assert} from './assert.ts';

/** The four words of the generator: plain data, part of every snapshot. */
export type RandomState = readonly [number, number, number, number];

/** A stream of random integers. Not safe for secrets. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(state: RandomState) {
    [this.#a, this.#b, this.#c, this.#counter] = state;
  }

  /** The next 32 random bits as an integer from 0 to 2³² − 1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /**
   * An integer from 0 to `bound` − 1, without bias (draws beyond the last full multiple are thrown
   * away). `bound` must be from 1 to 2³².
   */
  below(bound: number): number {
    const limit = 4294967296 - (4294967296 % bound);
    assert(limit > 0, () => `a bound is from 1 to 2³², not ${bound}`);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /**
   * A double in [0, 1) with 53 random bits. For the simulator's distributions; the engine uses
   * integers.
   */
  float(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** The state from which `new Random(state)` goes on with the same draws. */
  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }
}

/** The stream `name` of `seed` (any safe integer). Equal arguments give equal draws. */
export function makeRandom(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  const low = seed | 0;
  const high = Math.floor(seed / 4294967296) | 0;
  const random = new Random([mix(low ^ hash), mix(high + 0x9e3779b9), mix(hash), 1]);
  // The first outputs of sfc32 still show the seed; the author's own seeding discards 12.
  for (let round = 0; round < 12; round += 1) random.uint32();
  return random;
}

function mix(value: number): number {
  let word = (value + 0x9e3779b9) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return word ^ (word >>> 15);
}
