/**
 * Reads patterns in the syntax of RE2 (github.com/google/re2/wiki/Syntax), as of the release that
 * Mesos 1.11 is built with: Perl's, without what cannot be matched in linear time.
 */
import {foldsOf} from './case-fold.ts';
import {ALL_CODE_POINTS, codePointsOf, otherCodePoints} from './code-points.ts';
import {Cursor, type PatternFault} from './cursor.ts';
import {parseClass, parseEscape, parseNamedClass} from './parse-class.ts';
import {
  choiceOf,
  concatOf,
  copiesOf,
  repeatOf,
  setOf,
  type Assertion,
  type SyntaxTree,
} from './syntax-tree.ts';

/** Most copies that a counted repetition may make, those that it stands in multiplied. */
const COPIES_MAX = 1000;

/** How deep groups may nest: reading them is recursive, and must not use up the stack. */
const NESTING_MAX = 500;

interface Flags {
  /** `i`: ignore case. */
  readonly folds: boolean;
  /** `m`: `^` and `$` match at lines. */
  readonly multiLine: boolean;
  /** `s`: `.` matches the end of a line too. */
  readonly dotAll: boolean;
  /** `U`: repetitions prefer fewer, and with a `?` more. */
  readonly ungreedy: boolean;
}

const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map([
  ['i', 'folds'],
  ['m', 'multiLine'],
  ['s', 'dotAll'],
  ['U', 'ungreedy'],
]);

const ANY_BUT_NEWLINE = otherCodePoints([0x0a, 0x0a]);

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['\\A', 'textBegin'],
  ['\\z', 'textEnd'],
  ['\\b', 'wordBoundary'],
  ['\\B', 'noWordBoundary'],
]);

export type ParseResult =
  | {readonly ok: true; readonly tree: SyntaxTree}
  | {readonly ok: false; readonly fault: PatternFault};

export function parsePattern(pattern: string): ParseResult {
  const lone = /\p{Cs}/u.exec(pattern);
  if (lone !== null) return {ok: false, fault: {message: 'invalid UTF-8', at: lone.index}};
  const parser = new Parser(new Cursor(pattern));
  const tree = parser.parse();
  return parser.fault === undefined ? {ok: true, tree} : {ok: false, fault: parser.fault};
}

class Parser {
  readonly #cursor: Cursor;
  #flags: Flags = {folds: false, multiLine: false, dotAll: false, ungreedy: false};
  #nesting = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  get fault(): PatternFault | undefined {
    return this.#cursor.fault;
  }

  parse(): SyntaxTree {
    const tree = this.#choice();
    // Only a bracket that was never opened ends a choice before the end of the pattern.
    if (!this.#cursor.isAtEnd) this.#failWhole('unexpected )', this.#cursor.at);
    return tree;
  }

  #choice(): SyntaxTree {
    const options = [this.#concat()];
    while (this.#cursor.take('|')) options.push(this.#concat());
    return choiceOf(options);
  }

  #concat(): SyntaxTree {
    const cursor = this.#cursor;
    const parts: SyntaxTree[] = [];
    // Where the last repetition ended, and its own begin: one may not follow another at once.
    let repeat = {begin: 0, end: -1};
    while (!cursor.isAtEnd && !cursor.startsWith('|') && !cursor.startsWith(')')) {
      const begin = cursor.at;
      if (!this.#repetition(parts, repeat)) this.#part(parts);
      else repeat = {begin, end: cursor.at};
    }
    return concatOf(parts);
  }

  /** Reads a repetition that comes next and applies it to the last part. */
  #repetition(parts: SyntaxTree[], before: {begin: number; end: number}): boolean {
    const cursor = this.#cursor;
    const begin = cursor.at;
    // A brace that opens no counts is an ordinary character, and so are counts with leading zeros.
    const match = cursor.takeMatch(/([*+?]|\{(0|[1-9]\d{0,8})(?:(,)(0|[1-9]\d{0,8})?)?\})(\??)/y);
    if (match === undefined) return false;
    const [, operator = '', least, comma, most, question] = match;
    const min = operator === '+' ? 1 : Number(least ?? 0);
    const max = operator === '?' ? 1 : boundOf(least, comma, most);
    if (before.end === begin) {
      cursor.fail('bad repetition operator', before.begin);
      return true;
    }
    const [last] = parts.slice(-1);
    if (least !== undefined && (max < min || min > COPIES_MAX || !isCount(max))) {
      cursor.fail('invalid repetition size', begin);
    } else if (last === undefined) {
      cursor.fail('no argument for repetition operator', begin);
    } else {
      const lazy = (question === '?') !== this.#flags.ungreedy;
      const tree = repeatOf({of: last, min, max, lazy});
      if (copiesOf(tree) > COPIES_MAX) cursor.fail('invalid repetition size', begin);
      parts[parts.length - 1] = tree;
    }
    return true;
  }

  /** Reads what comes next: mostly one part, none for flags, several for `\Q…\E`. */
  #part(parts: SyntaxTree[]): void {
    const cursor = this.#cursor;
    if (cursor.startsWith('(')) {
      const group = this.#group();
      if (group !== undefined) parts.push(group);
    } else if (cursor.startsWith('[')) {
      parts.push(setOf(parseClass(cursor, this.#flags.folds)));
    } else if (cursor.take('.')) {
      parts.push(setOf(this.#flags.dotAll ? ALL_CODE_POINTS : ANY_BUT_NEWLINE));
    } else if (cursor.take('^')) {
      parts.push(assertion(this.#flags.multiLine ? 'lineBegin' : 'textBegin'));
    } else if (cursor.take('$')) {
      parts.push(assertion(this.#flags.multiLine ? 'lineEnd' : 'textEnd'));
    } else if (cursor.take('\\Q')) {
      this.#quoted(parts);
    } else if (cursor.startsWith('\\')) {
      parts.push(this.#escape());
    } else {
      parts.push(this.#literal(cursor.next()?.codePointAt(0) ?? 0));
    }
  }

  #quoted(parts: SyntaxTree[]): void {
    while (!this.#cursor.isAtEnd && !this.#cursor.take('\\E')) {
      parts.push(this.#literal(this.#cursor.next()?.codePointAt(0) ?? 0));
    }
  }

  #literal(code: number): SyntaxTree {
    const codes = this.#flags.folds ? foldsOf(code) : [code];
    return setOf(codePointsOf(codes.map((same) => [same, same])));
  }

  #escape(): SyntaxTree {
    const cursor = this.#cursor;
    if (cursor.take('\\C')) return {kind: 'byte'};
    const letters = cursor.text.slice(cursor.at, cursor.at + 2);
    const known = ASSERTIONS.get(letters);
    if (known !== undefined) {
      cursor.take(letters);
      return assertion(known);
    }
    const named = parseNamedClass(cursor, this.#flags.folds);
    return named === undefined ? this.#literal(parseEscape(cursor)) : setOf(named);
  }

  /** A group, or flags for the rest of the group around them. */
  #group(): SyntaxTree | undefined {
    const cursor = this.#cursor;
    const begin = cursor.at;
    const outer = this.#flags;
    cursor.take('(');
    const isCapture = !cursor.take('?') || this.#name(begin);
    if (!isCapture && this.#setFlags(begin) === 'rest') return undefined;
    this.#nesting += 1;
    if (this.#nesting > NESTING_MAX) cursor.failWith('groups are nested too deeply', begin);
    const tree = this.#choice();
    this.#nesting -= 1;
    if (!cursor.take(')')) this.#failWhole('missing )', begin);
    this.#flags = outer;
    return isCapture ? {kind: 'capture', of: tree} : tree;
  }

  /** `P<name>`. What a group captured is never asked for, so its name is only checked. */
  #name(begin: number): boolean {
    const cursor = this.#cursor;
    if (!cursor.take('P<')) return false;
    const isValid = cursor.takeMatch(/\w+>/y) !== undefined;
    if (!isValid) {
      cursor.takeMatch(/[^>]*>?/y);
      cursor.fail('invalid named capture group', begin);
    }
    return true;
  }

  /** `i-s:` opens a group with these flags, `i-s)` sets them for the rest of the group around. */
  #setFlags(begin: number): 'group' | 'rest' {
    const cursor = this.#cursor;
    const isWellFormed = /[imsU]*(?:-[imsU]+)?[:)]/y;
    isWellFormed.lastIndex = cursor.at;
    if (!isWellFormed.test(cursor.text)) {
      cursor.takeMatch(/[imsU-]*[^]?/y);
      cursor.fail('invalid perl operator', begin);
      return 'rest';
    }
    let isOn = true;
    for (let letter = cursor.next(); letter !== ':' && letter !== ')'; letter = cursor.next()) {
      const name = FLAG_NAMES.get(letter ?? '');
      if (name === undefined) isOn = false;
      else this.#flags = {...this.#flags, [name]: isOn};
    }
    return cursor.text[cursor.at - 1] === ':' ? 'group' : 'rest';
  }

  /** A fault that the whole pattern shows best. */
  #failWhole(message: string, at: number): void {
    this.#cursor.failWith(`${message}: ${this.#cursor.text}`, at);
  }
}

function assertion(kind: Assertion): SyntaxTree {
  return {kind: 'assert', assertion: kind};
}

/** The upper bound of `{n}`, `{n,}` and `{n,m}`; of `*` and `+` none. */
function boundOf(least?: string, comma?: string, most?: string): number {
  if (least === undefined || (comma !== undefined && most === undefined)) return Infinity;
  return Number(most ?? least);
}

/** Whether a bound is none, or a number of copies that may be made. */
function isCount(max: number): boolean {
  return max === Infinity || max <= COPIES_MAX;
}
