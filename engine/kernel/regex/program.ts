/**
 * Programs, and how they run. A program is a list of steps per state: what may happen there without
 * further choice, RE2's flattened form. Running it keeps the set of states that can be reached at a
 * position and goes through the text once (Pike's machine, without captures): the time is at most
 * the size of the program times the length of the text, whatever the pattern.
 */
import {must} from '../assert.ts';
import type {Instruction} from './instructions.ts';
import type {Assertion} from './syntax-tree.ts';
import type {ByteRange} from './utf8.ts';

type Step =
  | {readonly kind: 'byte'; readonly range: ByteRange; readonly next: number}
  | {readonly kind: 'assert'; readonly assertion: Assertion; readonly next: number}
  | {readonly kind: 'jump'; readonly next: number}
  | {readonly kind: 'match'}
  | {readonly kind: 'fail'};

export interface Program {
  /** Steps of each state; the first state is where a run begins. No states match nothing. */
  readonly states: readonly (readonly Step[])[];
  /** RE2's `ProgramSize`: see {@link flatten}. */
  readonly size: number;
}

/**
 * Makes states out of instructions. A state begins where an instruction that is no split goes on,
 * and where ways of several states come together; splits vanish, since a state lists all their
 * outcomes. The size is the number of steps, and beside them those that RE2 has and we do not need:
 * one that fails, and, unless the pattern is anchored at its begin, a jump and a byte for the loop
 * that finds it within a text.
 */
export function flatten(
  instructions: readonly Instruction[],
  entry: number | undefined,
  isAnchored: boolean,
): Program {
  if (entry === undefined) return {states: [], size: 1};
  const graph = new Graph(instructions);
  const heads = graph.headsFrom(graph.skipNops(entry));
  const states = [...heads.keys()].map((head) => graph.stepsOf(head, heads));
  const steps = states.reduce((sum, state) => sum + state.length, 0);
  return {states, size: steps + (isAnchored ? 1 : 3)};
}

/** Numbers of states by their first instruction, in order. */
type Heads = Map<number, number>;

class Graph {
  readonly #instructions: readonly Instruction[];

  constructor(instructions: readonly Instruction[]) {
    this.#instructions = instructions;
  }

  skipNops(at: number): number {
    let target = at;
    for (let found = this.#at(target); found.kind === 'nop'; found = this.#at(target)) {
      target = found.next;
    }
    return target;
  }

  headsFrom(entry: number): Heads {
    const heads: Heads = new Map([[entry, 0]]);
    const splitsBefore = new Map<number, number[]>();
    const reached = this.#reach(entry, (at, found) => {
      if (found.kind !== 'split') {
        const targets = this.#targetsOf(found);
        for (const target of targets) if (!heads.has(target)) heads.set(target, heads.size);
        return targets;
      }
      const targets = this.#targetsOf(found);
      for (const target of targets) {
        const before = splitsBefore.get(target);
        if (before === undefined) splitsBefore.set(target, [at]);
        else before.push(at);
      }
      return targets;
    });
    if (reached.size > 0) this.#addMeetings(heads, entry, splitsBefore);
    return heads;
  }

  /** Adds the places that are reached from splits of several states, last instructions first. */
  #addMeetings(heads: Heads, entry: number, splitsBefore: Map<number, number[]>): void {
    for (const head of [...heads.keys()].sort((left, right) => right - left)) {
      if (head === entry) continue;
      const inside = this.#withinState(head, heads);
      for (const at of inside) {
        const isMet = (splitsBefore.get(at) ?? []).some((split) => !inside.has(split));
        if (isMet && !heads.has(at)) heads.set(at, heads.size);
      }
    }
  }

  /** What is reached from a head by splits alone, up to and with the heads of other states. */
  #withinState(head: number, heads: Heads): Set<number> {
    return this.#reach(head, (at, found) => {
      const isInside = found.kind === 'split' && (at === head || !heads.has(at));
      return isInside ? this.#targetsOf(found) : [];
    });
  }

  stepsOf(head: number, heads: Heads): Step[] {
    const steps: Step[] = [];
    this.#reach(head, (at, found) => {
      const other = at === head ? undefined : heads.get(at);
      if (other === undefined && found.kind === 'split') return this.#targetsOf(found);
      steps.push(other === undefined ? this.#stepOf(found, heads) : {kind: 'jump', next: other});
      return [];
    });
    return steps;
  }

  #stepOf(found: Instruction, heads: Heads): Step {
    const [target = 0] = this.#targetsOf(found);
    const next = heads.get(target) ?? 0;
    switch (found.kind) {
      case 'byte':
        return {kind: 'byte', range: found.range, next};
      case 'assert':
        return {kind: 'assert', assertion: found.assertion, next};
      case 'mark':
      case 'nop':
      case 'split':
        return {kind: 'jump', next};
      case 'match':
      case 'fail':
        return {kind: found.kind};
    }
  }

  /** Visits all that `expand` leads to, in the order of preference. */
  #reach(from: number, expand: (at: number, found: Instruction) => readonly number[]): Set<number> {
    const reached = new Set<number>();
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (reached.has(at)) continue;
      reached.add(at);
      open.push(...expand(at, this.#at(at)).toReversed());
    }
    return reached;
  }

  #targetsOf(found: Instruction): readonly number[] {
    if (!('next' in found)) return [];
    const next = this.skipNops(found.next);
    return found.kind === 'split' ? [next, this.skipNops(found.other)] : [next];
  }

  #at(at: number): Instruction {
    return must(this.#instructions[at], `instruction ${at}`);
  }
}

export interface Run {
  readonly isMatch: boolean;
  /** Steps that were looked at: at most the program's size for each position of the text. */
  readonly steps: number;
}

/** Whether the program matches all of `bytes` from `begin` on. */
export function runProgram({states}: Program, bytes: Uint8Array, begin: number): Run {
  let steps = 0;
  let current: number[] = states.length === 0 ? [] : [0];
  let queued = new Set(current);
  for (let at = begin; current.length > 0; at += 1) {
    const following = new Set<number>();
    // Jumps append to the list while it is gone through.
    for (const state of current) {
      for (const step of must(states[state], 'state')) {
        steps += 1;
        if (step.kind === 'byte') {
          if (at < bytes.length && accepts(step.range, bytes[at] ?? 0)) following.add(step.next);
        } else if (step.kind === 'match') {
          if (at === bytes.length) return {isMatch: true, steps};
        } else if (step.kind !== 'fail') {
          if (step.kind === 'assert' && !holds(step.assertion, bytes, at)) continue;
          if (!queued.has(step.next)) current.push(step.next);
          queued.add(step.next);
        }
      }
    }
    current = [...following];
    queued = following;
  }
  return {isMatch: false, steps};
}

export function accepts({low, high, folds}: ByteRange, byte: number): boolean {
  const folded = folds && byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
  return low <= folded && folded <= high;
}

function holds(assertion: Assertion, bytes: Uint8Array, at: number): boolean {
  switch (assertion) {
    case 'textBegin':
      return at === 0;
    case 'textEnd':
      return at === bytes.length;
    case 'lineBegin':
      return at === 0 || bytes[at - 1] === 0x0a;
    case 'lineEnd':
      return at === bytes.length || bytes[at] === 0x0a;
    case 'wordBoundary':
      return isWord(bytes[at - 1]) !== isWord(bytes[at]);
    case 'noWordBoundary':
      return isWord(bytes[at - 1]) === isWord(bytes[at]);
  }
}

/** ASCII letters, digits and `_`, as in `\w`. */
function isWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const letter = byte | 0x20;
  return isDigit || (letter >= 0x61 && letter <= 0x7a && byte >= 0x41) || byte === 0x5f;
}
