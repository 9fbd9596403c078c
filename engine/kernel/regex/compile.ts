/** Turns the tree of a pattern into a program. */
import {Instructions, type Fragment, type MaybeFragment} from './instructions.ts';
import {flatten, type Program} from './program.ts';
import {
  EMPTY,
  concatOf,
  mergeRepeats,
  repeatOf,
  type Repeat,
  type SyntaxTree,
} from './syntax-tree.ts';
import {byteSequencesOf, type ByteRange} from './utf8.ts';

/** A pattern of the form `^literal…` is a text to begin with and a program for the rest. */
export interface CompiledPattern {
  readonly prefix: readonly ByteRange[];
  readonly program: Program;
}

const ANY_BYTE: ByteRange = {low: 0, high: 0xff, folds: false};

/** How deep captures and sequences are searched for an anchor at their edge, as RE2 does. */
const ANCHOR_DEPTH_MAX = 4;

/** Undefined where the program would have more than `instructionsMax` instructions. */
export function compilePattern(
  tree: SyntaxTree,
  instructionsMax: number,
): CompiledPattern | undefined {
  const {prefix, rest} = takePrefix(tree);
  const begun = withoutAnchor(rest, 'textBegin', 0);
  const both = withoutAnchor(begun ?? rest, 'textEnd', 0);
  const compiler = new Compiler(instructionsMax);
  const program = compiler.compile(both ?? begun ?? rest, begun !== undefined);
  return program === undefined ? undefined : {prefix, program};
}

/** Takes `^` and the literal after it off a sequence that begins with them. */
function takePrefix(tree: SyntaxTree): {prefix: readonly ByteRange[]; rest: SyntaxTree} {
  const parts = tree.kind === 'concat' ? tree.parts : [];
  const begin = parts.findIndex((part) => !isAnchor(part, 'textBegin'));
  if (begin <= 0) return {prefix: [], rest: tree};
  const prefix: ByteRange[] = [];
  let end = begin;
  for (const part of parts.slice(begin)) {
    const literal = literalOf(part);
    if (literal === undefined) break;
    prefix.push(...literal);
    end += 1;
  }
  return prefix.length === 0 ? {prefix, rest: tree} : {prefix, rest: concatOf(parts.slice(end))};
}

/** The bytes of a single character, which may be an ASCII letter in both cases. */
function literalOf(tree: SyntaxTree): readonly ByteRange[] | undefined {
  if (tree.kind !== 'set') return undefined;
  const [low, high, other, otherHigh] = tree.set;
  const isOne = tree.set.length === 2 && low === high;
  const isPair = tree.set.length === 4 && low === high && other === otherHigh;
  const [sequence, ...others] = isOne || isPair ? byteSequencesOf(tree.set) : [];
  return others.length === 0 ? sequence : undefined;
}

function isAnchor(tree: SyntaxTree, assertion: 'textBegin' | 'textEnd'): boolean {
  return tree.kind === 'assert' && tree.assertion === assertion;
}

/** The tree without the anchor at its edge, or undefined; a whole text matches both or neither. */
function withoutAnchor(
  tree: SyntaxTree,
  anchor: 'textBegin' | 'textEnd',
  depth: number,
): SyntaxTree | undefined {
  if (depth >= ANCHOR_DEPTH_MAX) return undefined;
  if (isAnchor(tree, anchor)) return EMPTY;
  if (tree.kind === 'capture') {
    const of = withoutAnchor(tree.of, anchor, depth + 1);
    return of === undefined ? undefined : {kind: 'capture', of};
  }
  if (tree.kind !== 'concat') return undefined;
  const edge = anchor === 'textBegin' ? 0 : tree.parts.length - 1;
  const part = withoutAnchor(tree.parts[edge] ?? EMPTY, anchor, depth + 1);
  return part === undefined ? undefined : concatOf(tree.parts.with(edge, part));
}

class Compiler {
  readonly #instructions: Instructions;
  /** Parts that make no instruction must not make endless work either. */
  #visits: number;

  constructor(instructionsMax: number) {
    this.#instructions = new Instructions(instructionsMax);
    this.#visits = 2 * instructionsMax;
  }

  compile(tree: SyntaxTree, isAnchored: boolean): Program | undefined {
    const body = this.#tree(tree);
    const whole = this.#instructions.concat(body, this.#instructions.match());
    // RE2 also makes the loop that finds a pattern within a text: one byte and one split.
    if (!isAnchored) this.#instructions.reserve(2);
    if (this.#instructions.isFull || this.#visits < 0) return undefined;
    return flatten(this.#instructions.list, whole?.entry, isAnchored);
  }

  #tree(tree: SyntaxTree): MaybeFragment {
    if (tree.kind !== 'set') this.#visits -= 1;
    if (this.#instructions.isFull || this.#visits < 0) return undefined;
    switch (tree.kind) {
      case 'empty':
        return this.#instructions.nop();
      case 'set':
        return new SetCompiler(this.#instructions).compile(byteSequencesOf(tree.set));
      case 'byte':
        return this.#instructions.byte(ANY_BYTE);
      case 'assert':
        return this.#instructions.assert(tree.assertion);
      case 'capture':
        return this.#instructions.capture(this.#tree(tree.of));
      case 'repeat':
        return this.#repeat(tree);
      case 'concat':
        return this.#concat(mergeRepeats(tree.parts));
      case 'choice': {
        const options = tree.options.map((option) => this.#tree(option));
        return options.reduce((left, right) => this.#instructions.either(left, right));
      }
    }
  }

  #concat(parts: readonly SyntaxTree[]): MaybeFragment {
    return parts
      .map((part) => this.#tree(part))
      .reduce((left, right) => this.#instructions.concat(left, right));
  }

  /** `x{2,}` is `xx+`, and `x{2,5}` is `xx(x(x(x)?)?)?`: the fewest states at a time. */
  #repeat({of, min, max, lazy}: Repeat): MaybeFragment {
    if (max === Infinity && min === 0) return this.#instructions.star(this.#tree(of));
    if (max === Infinity && min === 1) return this.#instructions.plus(this.#tree(of));
    if (min === 0) return this.#optionals(of, max, lazy);
    if (max === Infinity) {
      const last = repeatOf({of, min: 1, max, lazy});
      return this.#concat([...this.#copies(of, min - 1), last]);
    }
    const required = this.#concat(this.#copies(of, min));
    if (max === min) return required;
    return this.#instructions.concat(required, this.#optionals(of, max - min, lazy));
  }

  #copies(of: SyntaxTree, count: number): SyntaxTree[] {
    return Array.from({length: count}, () => of);
  }

  #optionals(of: SyntaxTree, count: number, lazy: boolean): MaybeFragment {
    if (count === 1) {
      const last = repeatOf({of, min: 0, max: 1, lazy});
      if (last.kind === 'repeat' && last.max === Infinity) return this.#tree(last);
    }
    const first = this.#tree(of);
    if (count === 1) return this.#instructions.optional(first);
    const rest = this.#optionals(of, count - 1, lazy);
    return this.#instructions.optional(this.#instructions.concat(first, rest));
  }
}

/**
 * The alternatives of one set. What begins alike is written once, and so is what goes on alike:
 * most characters of a script differ in a byte or two.
 */
class SetCompiler {
  readonly #instructions: Instructions;
  readonly #known = new Map<string, number>();
  readonly #ends: Fragment['ends'][] = [];

  constructor(instructions: Instructions) {
    this.#instructions = instructions;
  }

  compile(sequences: readonly (readonly ByteRange[])[]): MaybeFragment {
    if (sequences.length === 0) return undefined;
    const entry = this.#branches(sequences);
    return {entry, ends: this.#ends.flat()};
  }

  /** Where to go on with any of the sequences, which are sorted and not empty. */
  #branches(sequences: readonly (readonly ByteRange[])[]): number {
    const key = JSON.stringify(sequences);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    let whole: MaybeFragment;
    for (let begin = 0; begin < sequences.length && !this.#instructions.isFull;) {
      const [first = ANY_BYTE] = sequences[begin] ?? [];
      let end = begin + 1;
      while (isSameRange(sequences[end]?.[0], first)) end += 1;
      const tails = sequences.slice(begin, end).map((sequence) => sequence.slice(1));
      whole = this.#instructions.either(whole, this.#branch(first, tails));
      begin = end;
    }
    const entry = whole?.entry ?? 0;
    this.#known.set(key, entry);
    return entry;
  }

  /** One byte, and what follows it. The ends of all branches are kept together. */
  #branch(first: ByteRange, tails: readonly (readonly ByteRange[])[]): MaybeFragment {
    const isLast = tails[0]?.length === 0;
    const next = isLast ? undefined : {entry: this.#branches(tails), ends: []};
    const branch = this.#instructions.byte(first);
    if (next !== undefined) return this.#instructions.concat(branch, next);
    this.#ends.push(branch.ends);
    return {entry: branch.entry, ends: []};
  }
}

function isSameRange(left: ByteRange | undefined, right: ByteRange): boolean {
  return left?.low === right.low && left.high === right.high && left.folds === right.folds;
}
