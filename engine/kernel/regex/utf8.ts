/** Texts and sets of characters as the bytes of UTF-8, on which programs work. */
import {CODE_POINT_MAX, rangesOf, type CodePoints} from './code-points.ts';

/** One byte: within the bounds, upper case letters counting as lower case where `folds`. */
export interface ByteRange {
  readonly low: number;
  readonly high: number;
  readonly folds: boolean;
}

const CONTINUATION: ByteRange = {low: 0x80, high: 0xbf, folds: false};

/**
 * All characters beyond ASCII. Texts are well-formed, so the three ranges may admit what is not:
 * that makes the most frequent set of all, `.`, a third as large.
 */
const BEYOND_ASCII: readonly (readonly ByteRange[])[] = [
  [{low: 0xc2, high: 0xdf, folds: false}, CONTINUATION],
  [{low: 0xe0, high: 0xef, folds: false}, CONTINUATION, CONTINUATION],
  [{low: 0xf0, high: 0xf4, folds: false}, CONTINUATION, CONTINUATION, CONTINUATION],
];

/** Last code points of one, two and three bytes. */
const LAST_OF_LENGTH: readonly number[] = [0x7f, 0x7ff, 0xffff];

export function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    // Half of a pair has no form in UTF-8; the replacement character takes its place.
    bytes.push(...encode(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code));
  }
  return Uint8Array.from(bytes);
}

/** The characters of a set as sequences of byte ranges, in ascending order. */
export function byteSequencesOf(set: CodePoints): readonly (readonly ByteRange[])[] {
  const ignoresCase = isSameForBothCases(set);
  const out: (readonly ByteRange[])[] = [];
  for (const [low, high] of rangesOf(set)) {
    // The lower case letters stand for both.
    if (ignoresCase && low >= 0x41 && high <= 0x5a) continue;
    addSequences(out, {low, high, folds: ignoresCase && needsFolding(low, high)});
  }
  return out;
}

/** Whether the set has each ASCII letter in both cases or in none. */
function isSameForBothCases(set: CodePoints): boolean {
  const ranges = rangesOf(set);
  const has = (code: number): boolean => ranges.some(([low, high]) => low <= code && code <= high);
  for (let upper = 0x41; upper <= 0x5a; upper += 1) {
    if (has(upper) !== has(upper + 0x20)) return false;
  }
  return true;
}

/** Whether the range has some ASCII letters, but not all of both cases. */
function needsFolding(low: number, high: number): boolean {
  const hasAll = low <= 0x41 && high >= 0x7a;
  const hasUpper = low <= 0x5a && high >= 0x41;
  const hasLower = low <= 0x7a && high >= 0x61;
  return !hasAll && (hasUpper || hasLower);
}

/** Splits a range of characters until all of its parts are ranges byte by byte. */
function addSequences(out: (readonly ByteRange[])[], range: ByteRange): void {
  const {low, high, folds} = range;
  if (low === 0x80 && high === CODE_POINT_MAX) {
    out.push(...BEYOND_ASCII);
    return;
  }
  const lastBelow = splitOf(low, high);
  if (lastBelow !== undefined) {
    addSequences(out, {low, high: lastBelow, folds});
    addSequences(out, {low: lastBelow + 1, high, folds});
    return;
  }
  const tops = encode(high);
  out.push(encode(low).map((byte, index) => ({low: byte, high: tops[index] ?? byte, folds})));
}

/** The last code point of the first part, where a range must be split. */
function splitOf(low: number, high: number): number | undefined {
  const lastOfLength = LAST_OF_LENGTH.find((last) => low <= last && last < high);
  if (lastOfLength !== undefined || high <= 0x7f) return lastOfLength;
  for (const bits of [6, 12, 18]) {
    const mask = (1 << bits) - 1;
    if (low >> bits === high >> bits) continue;
    if ((low & mask) !== 0) return low | mask;
    if ((high & mask) !== mask) return (high & ~mask) - 1;
  }
  return undefined;
}

function encode(code: number): number[] {
  if (code <= 0x7f) return [code];
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code <= 0x7ff) return [0xc0 | (code >> 6), tail(0)];
  if (code <= 0xffff) return [0xe0 | (code >> 12), tail(6), tail(0)];
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
}
