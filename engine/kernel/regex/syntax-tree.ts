/**
 * What a pattern means, as a tree. A single character is a set of one; alternatives that begin
 * alike are written with their common beginning in front, as RE2 does, so that a list of names
 * costs about as many instructions as it has letters that differ.
 */
import {equalCodePoints, uniteCodePoints, type CodePoints} from './code-points.ts';

/** Conditions on a position, which take no character. */
export type Assertion =
  | 'textBegin'
  | 'textEnd'
  | 'lineBegin'
  | 'lineEnd'
  | 'wordBoundary'
  | 'noWordBoundary';

export type SyntaxTree =
  | {readonly kind: 'empty'}
  /** One character of a set; of an empty one none, so that nothing matches. */
  | {readonly kind: 'set'; readonly set: CodePoints}
  /** `\C`: one byte, also of a character that has several. */
  | {readonly kind: 'byte'}
  | {readonly kind: 'assert'; readonly assertion: Assertion}
  | {readonly kind: 'capture'; readonly of: SyntaxTree}
  | Repeat
  | {readonly kind: 'concat'; readonly parts: readonly SyntaxTree[]}
  | {readonly kind: 'choice'; readonly options: readonly SyntaxTree[]};

export interface Repeat {
  readonly kind: 'repeat';
  readonly of: SyntaxTree;
  readonly min: number;
  /** Infinity for `*`, `+` and `{n,}`. */
  readonly max: number;
  /** Prefers fewer. Without effect on whether a whole text matches; it decides what is merged. */
  readonly lazy: boolean;
}

export const EMPTY: SyntaxTree = {kind: 'empty'};

export function setOf(set: CodePoints): SyntaxTree {
  return {kind: 'set', set};
}

/** A sequence; sequences inside of it are laid open. */
export function concatOf(parts: readonly SyntaxTree[]): SyntaxTree {
  const [first = EMPTY, ...others] = parts.flatMap((part) =>
    part.kind === 'concat' ? part.parts : [part],
  );
  return others.length === 0 ? first : {kind: 'concat', parts: [first, ...others]};
}

/**
 * `*`, `+`, `?` and counted repetition. A star of a star is a star, and so on for all three of the
 * unbounded forms, as long as both prefer the same.
 */
export function repeatOf({of, min, max, lazy}: Omit<Repeat, 'kind'>): SyntaxTree {
  if (of.kind === 'empty' || max === 0) return EMPTY;
  if (min === 1 && max === 1) return of;
  if (isOperator(min, max) && of.kind === 'repeat' && isOperator(of.min, of.max)) {
    if (of.lazy === lazy) {
      const isSame = of.min === min && of.max === max;
      return isSame ? of : {kind: 'repeat', of: of.of, min: 0, max: Infinity, lazy};
    }
  }
  return {kind: 'repeat', of, min, max, lazy};
}

/** Whether the bounds are those of `*`, `+` or `?`. */
function isOperator(min: number, max: number): boolean {
  return (max === Infinity && min <= 1) || (min === 0 && max === 1);
}

/** Alternatives, in short form: see the head of this file. */
export function choiceOf(options: readonly SyntaxTree[]): SyntaxTree {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]));
  const [first = EMPTY, ...others] = mergeSets(takeOutPrefixes(flat));
  return others.length === 0 ? first : {kind: 'choice', options: [first, ...others]};
}

/** Writes neighbours that begin alike as their common beginning and a choice of what follows. */
function takeOutPrefixes(options: readonly SyntaxTree[]): SyntaxTree[] {
  const lists = options.map((option) => partsOf(option));
  const out: SyntaxTree[] = [];
  for (let begin = 0; begin < lists.length;) {
    let end = begin + 1;
    while (end < lists.length && isSharedAt(lists, begin, end, 0)) end += 1;
    const run = lists.slice(begin, end);
    begin = end;
    const [head = []] = run;
    if (run.length === 1) {
      out.push(concatOf(head));
      continue;
    }
    let shared = 1;
    while (isSharedByAll(run, shared)) shared += 1;
    const rests = run.map((parts) => concatOf(parts.slice(shared)));
    out.push(concatOf([...head.slice(0, shared), choiceOf(rests)]));
  }
  return out;
}

function partsOf(tree: SyntaxTree): readonly SyntaxTree[] {
  if (tree.kind === 'concat') return tree.parts;
  return tree.kind === 'empty' ? [] : [tree];
}

function isSharedByAll(lists: readonly (readonly SyntaxTree[])[], at: number): boolean {
  return lists.every((_, other) => isSharedAt(lists, 0, other, at));
}

function isSharedAt(
  lists: readonly (readonly SyntaxTree[])[],
  one: number,
  other: number,
  at: number,
): boolean {
  const left = lists[one]?.[at];
  const right = lists[other]?.[at];
  return left !== undefined && right !== undefined && isSamePart(left, right);
}

/**
 * Whether two parts are the same and may be shared by alternatives: single characters, sets,
 * assertions, and these repeated a fixed number of times.
 */
function isSamePart(left: SyntaxTree, right: SyntaxTree): boolean {
  switch (left.kind) {
    case 'set':
      return right.kind === 'set' && equalCodePoints(left.set, right.set);
    case 'byte':
      return right.kind === 'byte';
    case 'assert':
      return right.kind === 'assert' && left.assertion === right.assertion;
    case 'repeat':
      return (
        right.kind === 'repeat' &&
        left.min === left.max &&
        left.min === right.min &&
        left.max === right.max &&
        left.lazy === right.lazy &&
        isSingle(left.of) &&
        isSamePart(left.of, right.of)
      );
    case 'empty':
    case 'capture':
    case 'concat':
    case 'choice':
      return false;
  }
}

/** Whether the tree takes exactly one character or byte. */
function isSingle(tree: SyntaxTree): boolean {
  return tree.kind === 'set' || tree.kind === 'byte';
}

/** Makes neighbouring sets one. */
function mergeSets(options: readonly SyntaxTree[]): SyntaxTree[] {
  const out: SyntaxTree[] = [];
  for (const option of options) {
    const last = out.at(-1);
    if (option.kind === 'set' && last?.kind === 'set') {
      out[out.length - 1] = setOf(uniteCodePoints([last.set, option.set]));
    } else out.push(option);
  }
  return out;
}

/** Makes a repeated character and the same one after it one repetition: `a*aa+` is `a{2,}`. */
export function mergeRepeats(parts: readonly SyntaxTree[]): SyntaxTree[] {
  const out: SyntaxTree[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    const merged = last?.kind === 'repeat' && isSingle(last.of) ? merge(last, part) : undefined;
    if (merged === undefined) out.push(part);
    else out[out.length - 1] = merged;
  }
  return out;
}

function merge(left: Repeat, right: SyntaxTree): Repeat | undefined {
  if (isSamePart(left.of, right)) return {...left, min: left.min + 1, max: left.max + 1};
  if (right.kind !== 'repeat' || right.lazy !== left.lazy) return undefined;
  if (!isSamePart(left.of, right.of)) return undefined;
  return {...left, min: left.min + right.min, max: left.max + right.max};
}

/** How many copies of its innermost part the nested counted repetitions of a tree make. */
export function copiesOf(tree: SyntaxTree): number {
  switch (tree.kind) {
    case 'repeat':
      return Math.max(1, tree.max === Infinity ? tree.min : tree.max) * copiesOf(tree.of);
    case 'capture':
      return copiesOf(tree.of);
    case 'concat':
      return tree.parts.reduce((most, part) => Math.max(most, copiesOf(part)), 1);
    case 'choice':
      return tree.options.reduce((most, option) => Math.max(most, copiesOf(option)), 1);
    case 'empty':
    case 'set':
    case 'byte':
    case 'assert':
      return 1;
  }
}
