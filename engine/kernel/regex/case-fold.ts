/**
 * Letters that are the same when case is ignored, by Unicode's simple case folding: `k`, `K` and
 * the sign for kelvin are one. The data are those of the JavaScript runtime.
 */
import {uniteCodePoints, type CodePoints} from './code-points.ts';

/** Beyond it there are no letters with case. */
const CASED_MAX = 0x1ffff;

/** These two fold only in Turkish, or to several characters; simple folding leaves them alone. */
const FOLDS_TO_ITSELF: ReadonlySet<number> = new Set([0x130, 0x131]);

let known: ReadonlyMap<number, readonly number[]> | undefined;

/** The code points that equal `code` when case is ignored, itself among them. */
export function foldsOf(code: number): readonly number[] {
  known ??= collectFolds();
  return known.get(code) ?? [code];
}

/** The set and everything that equals one of it when case is ignored. */
export function foldCodePoints(set: CodePoints): CodePoints {
  known ??= collectFolds();
  const added: number[][] = [];
  let index = 0;
  for (const [code, folds] of known) {
    while (index < set.length && code > (set[index + 1] ?? 0)) index += 2;
    if (index >= set.length) break;
    if (code >= (set[index] ?? 0)) for (const fold of folds) added.push([fold, fold]);
  }
  return uniteCodePoints([set, ...added]);
}

/** Built at first need, since it takes some milliseconds; in order of code points. */
function collectFolds(): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (let code = 0; code <= CASED_MAX; code += 1) {
    const folded = foldOf(code);
    const group = groups.get(folded);
    if (group === undefined) groups.set(folded, [code]);
    else group.push(code);
  }
  const cased = [...groups.values()].filter((group) => group.length > 1);
  const entries = cased.flatMap((group) => group.map((code) => [code, group] as const));
  return new Map(entries.sort((left, right) => left[0] - right[0]));
}

/** Upper case first: so the variants of one letter, such as the two small sigmas, come together. */
function foldOf(code: number): number {
  if (FOLDS_TO_ITSELF.has(code)) return code;
  const upper = single(String.fromCodePoint(code).toUpperCase(), code);
  return single(String.fromCodePoint(upper).toLowerCase(), upper);
}

/** The code point of a text that has just one, else `otherwise`. */
function single(text: string, otherwise: number): number {
  const code = text.codePointAt(0) ?? otherwise;
  return text.length === (code > 0xffff ? 2 : 1) ? code : otherwise;
}
