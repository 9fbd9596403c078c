/**
 * Builds the program of a pattern as a graph of instructions, the way Thompson did (1968): each
 * part of a pattern becomes a fragment with one entry and loose ends, which the next part ties up.
 */
import type {Assertion} from './syntax-tree.ts';
import type {ByteRange} from './utf8.ts';

export type Instruction =
  | {readonly kind: 'fail'}
  | {readonly kind: 'match'}
  /** Goes on at both. */
  | {readonly kind: 'split'; next: number; other: number}
  | {readonly kind: 'byte'; readonly range: ByteRange; next: number}
  | {readonly kind: 'assert'; readonly assertion: Assertion; next: number}
  /** Begin or end of a capture: nobody asks for it, but its room is counted. */
  | {readonly kind: 'mark'; next: number}
  | {readonly kind: 'nop'; next: number};

/** An end to be tied: the next instruction of one, or the other of a split. */
interface LooseEnd {
  readonly at: number;
  readonly side: 'next' | 'other';
}

export interface Fragment {
  readonly entry: number;
  readonly ends: readonly LooseEnd[];
}

/** Nothing matches. Undefined too where the room is used up, see {@link Instructions.isFull}. */
export type MaybeFragment = Fragment | undefined;

/** The instruction that nothing can be reached from; an end that is not tied leads to it. */
const FAIL = 0;

export class Instructions {
  readonly #max: number;
  readonly #list: Instruction[] = [];
  #isFull = false;

  constructor(max: number) {
    this.#max = max;
    this.#push({kind: 'fail'});
  }

  /** Whether more was asked for than there is room for: the program is then of no use. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get list(): readonly Instruction[] {
    return this.#list;
  }

  /** Takes room without using it. */
  reserve(count: number): void {
    if (this.#list.length + count > this.#max) this.#isFull = true;
  }

  nop(): Fragment {
    return this.#single({kind: 'nop', next: FAIL});
  }

  match(): Fragment {
    return {entry: this.#push({kind: 'match'}), ends: []};
  }

  byte(range: ByteRange): Fragment {
    return this.#single({kind: 'byte', range, next: FAIL});
  }

  assert(assertion: Assertion): Fragment {
    return this.#single({kind: 'assert', assertion, next: FAIL});
  }

  /** One after the other. */
  concat(left: MaybeFragment, right: MaybeFragment): MaybeFragment {
    if (left === undefined || right === undefined) return undefined;
    this.#tie(left.ends, right.entry);
    return {entry: left.entry, ends: right.ends};
  }

  /** Either. */
  either(left: MaybeFragment, right: MaybeFragment): MaybeFragment {
    if (left === undefined || right === undefined) return left ?? right;
    const entry = this.#push({kind: 'split', next: left.entry, other: right.entry});
    return {entry, ends: [...left.ends, ...right.ends]};
  }

  optional(of: MaybeFragment): Fragment {
    if (of === undefined) return this.nop();
    const entry = this.#push({kind: 'split', next: of.entry, other: FAIL});
    return {entry, ends: [{at: entry, side: 'other'}, ...of.ends]};
  }

  /** Any number of times, even none. */
  star(of: MaybeFragment): Fragment {
    if (of === undefined) return this.nop();
    const entry = this.#push({kind: 'split', next: of.entry, other: FAIL});
    this.#tie(of.ends, entry);
    return {entry, ends: [{at: entry, side: 'other'}]};
  }

  /** At least once: a star with another entry. */
  plus(of: MaybeFragment): MaybeFragment {
    return of === undefined ? undefined : {entry: of.entry, ends: this.star(of).ends};
  }

  capture(of: MaybeFragment): MaybeFragment {
    if (of === undefined) return undefined;
    const entry = this.#push({kind: 'mark', next: of.entry});
    const end = this.#single({kind: 'mark', next: FAIL});
    this.#tie(of.ends, end.entry);
    return {entry, ends: end.ends};
  }

  #single(instruction: Instruction): Fragment {
    const entry = this.#push(instruction);
    return {entry, ends: [{at: entry, side: 'next'}]};
  }

  #push(instruction: Instruction): number {
    if (this.#list.length >= this.#max) {
      this.#isFull = true;
      return FAIL;
    }
    return this.#list.push(instruction) - 1;
  }

  #tie(ends: readonly LooseEnd[], target: number): void {
    for (const {at, side} of ends) {
      const instruction = this.#list[at];
      if (instruction === undefined || !('next' in instruction)) continue;
      if (side === 'next') instruction.next = target;
      else if (instruction.kind === 'split') instruction.other = target;
    }
  }
}
