/**
 * Sets of code points as inclusive ranges, flat as `[low, high, low, high, …]`, sorted, and never
 * touching each other. Immutable.
 */
export type CodePoints = readonly number[];

export const CODE_POINT_MAX = 0x10ffff;

export const ALL_CODE_POINTS: CodePoints = [0, CODE_POINT_MAX];

export type CodePointRange = readonly [low: number, high: number];

/** Any list of inclusive ranges, overlapping or not, as a set. */
export function codePointsOf(ranges: readonly CodePointRange[]): CodePoints {
  const sorted = [...ranges].sort((left, right) => left[0] - right[0] || left[1] - right[1]);
  const out: number[] = [];
  for (const [low, high] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && low <= last + 1) out[out.length - 1] = Math.max(last, high);
    else out.push(low, high);
  }
  return out;
}

export function rangesOf(set: CodePoints): CodePointRange[] {
  const out: CodePointRange[] = [];
  for (let index = 0; index < set.length; index += 2) {
    out.push([set[index] ?? 0, set[index + 1] ?? 0]);
  }
  return out;
}

export function uniteCodePoints(sets: readonly CodePoints[]): CodePoints {
  return codePointsOf(sets.flatMap((set) => rangesOf(set)));
}

/** All code points that are not in the set. */
export function otherCodePoints(set: CodePoints): CodePoints {
  const out: number[] = [];
  let next = 0;
  for (const [low, high] of rangesOf(set)) {
    if (next < low) out.push(next, low - 1);
    next = high + 1;
  }
  if (next <= CODE_POINT_MAX) out.push(next, CODE_POINT_MAX);
  return out;
}

export function equalCodePoints(left: CodePoints, right: CodePoints): boolean {
  return left.length === right.length && left.every((bound, index) => bound === right[index]);
}
