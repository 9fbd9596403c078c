/**
 * Resources that many filters have in common: equal ones are kept once and counted, and have a
 * number for as long as anybody uses them.
 */
import {equalResources, type Resources} from '../resources/vector.ts';

const NONE = -1;

export class InternedResources {
  readonly #held: (Resources | undefined)[] = [];
  readonly #uses: number[] = [];
  readonly #hashes: number[] = [];
  /** First number of each hash; the others follow in `#nextOfHash`. */
  readonly #firstOfHash = new Map<number, number>();
  readonly #nextOfHash: number[] = [];
  readonly #free: number[] = [];
  /** Those asked for last: offers of an agent are refused one after the other. */
  #lastNumber = NONE;

  /** How many different ones there are. */
  get size(): number {
    return this.#held.length - this.#free.length;
  }

  of(number: number): Resources {
    return this.#held[number] as Resources;
  }

  /** The number of these resources, or of equal ones; one more use. */
  acquire(resources: Resources): number {
    const last = this.#lastNumber;
    const number =
      last !== NONE && this.#held[last] === resources ? last : this.#numberOf(resources);
    this.#uses[number] = (this.#uses[number] as number) + 1;
    this.#lastNumber = number;
    return number;
  }

  #numberOf(resources: Resources): number {
    const hash = hashOf(resources);
    const first = this.#firstOfHash.get(hash) ?? NONE;
    for (let known = first; known !== NONE; known = this.#nextOfHash[known] as number) {
      if (equalResources(this.of(known), resources)) return known;
    }
    const number = this.#free.pop() ?? this.#held.length;
    this.#held[number] = resources;
    this.#uses[number] = 0;
    this.#hashes[number] = hash;
    this.#nextOfHash[number] = first;
    this.#firstOfHash.set(hash, number);
    return number;
  }

  /** One use less; without any the resources are forgotten, and the number becomes another's. */
  release(number: number): void {
    const uses = (this.#uses[number] as number) - 1;
    this.#uses[number] = uses;
    if (uses > 0) return;
    this.#unlink(number);
    this.#held[number] = undefined;
    this.#free.push(number);
  }

  #unlink(number: number): void {
    const hash = this.#hashes[number] as number;
    const next = this.#nextOfHash[number] as number;
    let before = this.#firstOfHash.get(hash) as number;
    if (before === number) {
      if (next === NONE) this.#firstOfHash.delete(hash);
      else this.#firstOfHash.set(hash, next);
      return;
    }
    while (this.#nextOfHash[before] !== number) before = this.#nextOfHash[before] as number;
    this.#nextOfHash[before] = next;
  }
}

/** The same for equal resources, and rarely for others; zeros at the end make no difference. */
function hashOf({scalars, ranges, sets, special}: Resources): number {
  let hash = 0;
  for (let kind = 0; kind < scalars.length; kind += 1) {
    const fixed = scalars[kind] as number;
    if (fixed !== 0) hash = mix(hash + kind, fixed);
  }
  for (const {ranges: spans} of ranges) {
    for (let at = 0; at < spans.length; at += 1) hash = mix(hash, spans[at] as number);
  }
  for (const {items} of sets) hash = mix(hash, items.length);
  for (const {special: identity, copies} of special) {
    hash = mix(mix(hash, identity.key.length), copies);
  }
  return hash;
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
