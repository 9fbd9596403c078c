/** The parts of a pattern that stand for one character: escapes and classes in brackets. */
import {foldCodePoints} from './case-fold.ts';
import {CODE_POINT_MAX, otherCodePoints, uniteCodePoints, type CodePoints} from './code-points.ts';
import type {Cursor} from './cursor.ts';
import {PERL_CLASSES, POSIX_CLASSES, unicodeClass} from './named-classes.ts';

const NONE: CodePoints = [];

const C_ESCAPES: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
]);

/** A named class that comes next: `\d`, `\W`, `\pL`, `\P{Greek}`. */
export function parseNamedClass(cursor: Cursor, folds: boolean): CodePoints | undefined {
  const begin = cursor.at;
  const perl = cursor.takeMatch(/\\([dswDSW])/y);
  if (perl !== undefined) {
    const [, letter = ''] = perl;
    const set = PERL_CLASSES.get(letter.toLowerCase()) ?? NONE;
    return signed(set, letter !== letter.toLowerCase(), folds);
  }
  const unicode = cursor.takeMatch(/\\([pP])(?:\{(\^?)([^}]*)\}|([^{]))/uy);
  if (unicode === undefined) {
    if (!cursor.startsWith('\\p') && !cursor.startsWith('\\P')) return undefined;
    cursor.takeMatch(/[^]*/y);
    cursor.fail('invalid character class range', begin);
    return NONE;
  }
  const [, letter, caret, name, short] = unicode;
  const set = unicodeClass(name ?? short ?? '');
  if (set === undefined) cursor.fail('invalid character class range', begin);
  return signed(set ?? NONE, (letter === 'P') !== (caret === '^'), folds);
}

/** Named classes with all that equals a member when case is ignored, which takes time to find. */
const foldedClasses = new WeakMap<CodePoints, CodePoints>();

/** Without case the complement leaves out all that equals a member, so fold first. */
function signed(set: CodePoints, isNegated: boolean, folds: boolean): CodePoints {
  const folded = folds ? (foldedClasses.get(set) ?? foldCodePoints(set)) : set;
  if (folds) foldedClasses.set(set, folded);
  return isNegated ? otherCodePoints(folded) : folded;
}

/** A class in brackets; the cursor stands at the opening one. */
export function parseClass(cursor: Cursor, folds: boolean): CodePoints {
  const begin = cursor.at;
  cursor.take('[');
  const isNegated = cursor.take('^');
  const members: CodePoints[] = [];
  // A closing bracket in the first place is a member.
  while (!cursor.isAtEnd && (members.length === 0 || !cursor.startsWith(']'))) {
    const named = parsePosixClass(cursor, folds) ?? parseNamedClass(cursor, folds);
    members.push(named ?? parseRange(cursor, folds, begin));
  }
  if (!cursor.take(']')) cursor.fail('missing ]', begin);
  const set = uniteCodePoints(members);
  return isNegated ? otherCodePoints(set) : set;
}

/** `[:name:]`; without its end, the bracket is an ordinary member. */
function parsePosixClass(cursor: Cursor, folds: boolean): CodePoints | undefined {
  const begin = cursor.at;
  const match = cursor.takeMatch(/\[:(\^?)([^]*?):\]/y);
  if (match === undefined) return undefined;
  const [, caret, name = ''] = match;
  const set = POSIX_CLASSES.get(name);
  if (set === undefined) cursor.fail('invalid character class range', begin);
  return signed(set ?? NONE, caret === '^', folds);
}

/** One member or `low-high`; a hyphen before the closing bracket is a member. */
function parseRange(cursor: Cursor, folds: boolean, classBegin: number): CodePoints {
  const begin = cursor.at;
  const low = parseMember(cursor, classBegin);
  let high = low;
  if (cursor.takeMatch(/-(?=[^\]])/y) !== undefined) high = parseMember(cursor, classBegin);
  if (high < low) cursor.fail('invalid character class range', begin);
  return folds ? foldCodePoints([low, high]) : [low, high];
}

function parseMember(cursor: Cursor, classBegin: number): number {
  if (cursor.isAtEnd) cursor.fail('missing ]', classBegin);
  return cursor.startsWith('\\') ? parseEscape(cursor) : (cursor.next()?.codePointAt(0) ?? 0);
}

/** `\n`, `\x{1F600}`, `\*`: an escape that means one character; the cursor stands at `\`. */
export function parseEscape(cursor: Cursor): number {
  const begin = cursor.at;
  cursor.take('\\');
  if (cursor.isAtEnd) {
    cursor.failWith('trailing \\', begin);
    return 0;
  }
  // A single digit that is not 0 would refer back to a group, which cannot be done in linear time.
  const octal = cursor.takeMatch(/[1-7][0-7]{1,2}|0[0-7]{0,2}/y);
  if (octal !== undefined) return Number.parseInt(octal[0], 8);
  const hex = cursor.takeMatch(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/y);
  const code = Number.parseInt(hex?.[1] ?? hex?.[2] ?? '', 16);
  if (code <= CODE_POINT_MAX) return code;
  const character = hex === undefined ? (cursor.next() ?? '') : '';
  const known = C_ESCAPES.get(character);
  if (known !== undefined) return known;
  if (/[^0-9A-Za-z\u0080-\u{10ffff}]/u.test(character)) return character.codePointAt(0) ?? 0;
  cursor.fail('invalid escape sequence', begin);
  return 0;
}
