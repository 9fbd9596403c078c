/**
 * Sets of integers as inclusive ranges, the way Mesos keeps ports: sorted, coalesced (adjacent
 * ranges are one), flat as `[begin, end, begin, end, …]`. Immutable; every function returns its
 * argument where nothing changes.
 */
export type Ranges = readonly number[];

/* oxlint-disable typescript/no-non-null-assertion -- hot loops; begins and ends come in pairs */

/**
 * Any list of inclusive ranges, overlapping or not, in canonical form. Each begin must be ≤ its
 * end.
 */
export function makeRanges(pairs: readonly (readonly [number, number])[]): Ranges {
  const sorted = [...pairs].sort((left, right) => left[0] - right[0] || left[1] - right[1]);
  const out: number[] = [];
  for (const [begin, end] of sorted) append(out, begin, end);
  return out;
}

/**
 * Adds a range whose begin is not below the last one's begin, melting it into the last where they
 * touch.
 */
function append(out: number[], begin: number, end: number): void {
  const last = out.length - 1;
  if (last > 0 && begin <= (out[last] as number) + 1) {
    if (end > (out[last] as number)) out[last] = end;
    return;
  }
  out.push(begin, end);
}

/** The union: O(n + m). */
export function addRanges(left: Ranges, right: Ranges): Ranges {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const out: number[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const takeLeft = r >= right.length || (l < left.length && left[l]! <= right[r]!);
    if (takeLeft) {
      append(out, left[l]!, left[l + 1]!);
      l += 2;
    } else {
      append(out, right[r]!, right[r + 1]!);
      r += 2;
    }
  }
  return out;
}

/** What is in `left` and not in `right`: O(n + m). */
export function subtractRanges(left: Ranges, right: Ranges): Ranges {
  if (left.length === 0 || right.length === 0) return left;
  const out: number[] = [];
  let r = 0;
  for (let l = 0; l < left.length; l += 2) {
    let begin = left[l]!;
    const end = left[l + 1]!;
    while (r < right.length && right[r + 1]! < begin) r += 2;
    let cut = r;
    while (cut < right.length && right[cut]! <= end) {
      if (right[cut]! > begin) out.push(begin, right[cut]! - 1);
      begin = right[cut + 1]! + 1;
      if (begin > end) break;
      cut += 2;
    }
    if (begin <= end) out.push(begin, end);
  }
  return out;
}

/** Whether every number of `inner` is in `outer`. */
export function containsRanges(outer: Ranges, inner: Ranges): boolean {
  let o = 0;
  for (let i = 0; i < inner.length; i += 2) {
    while (o < outer.length && outer[o + 1]! < inner[i]!) o += 2;
    if (o >= outer.length || outer[o]! > inner[i]! || outer[o + 1]! < inner[i + 1]!) return false;
  }
  return true;
}

export function containsNumber(ranges: Ranges, value: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (value < ranges[at]!) return false;
    if (value <= ranges[at + 1]!) return true;
  }
  return false;
}

/** How many numbers the ranges hold (the quantity of a ranges resource). */
export function countRanges(ranges: Ranges): number {
  let count = 0;
  for (let at = 0; at < ranges.length; at += 2) count += ranges[at + 1]! - ranges[at]! + 1;
  return count;
}

/** The `index`-th number in ascending order; `index` is from 0 to {@link countRanges} − 1. */
export function numberAt(ranges: Ranges, index: number): number {
  let left = index;
  for (let at = 0; at < ranges.length; at += 2) {
    const size = ranges[at + 1]! - ranges[at]! + 1;
    if (left < size) return ranges[at]! + left;
    left -= size;
  }
  return NaN;
}

export function equalRanges(left: Ranges, right: Ranges): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}

/** `[31000-31004, 31006-31006]`, as Mesos prints it. */
export function printRanges(ranges: Ranges): string {
  const parts: string[] = [];
  for (let at = 0; at < ranges.length; at += 2) parts.push(`${ranges[at]}-${ranges[at + 1]}`);
  return `[${parts.join(', ')}]`;
}

/** Flat ranges as pairs. */
export function pairsOf(ranges: Ranges): [number, number][] {
  const pairs: [number, number][] = [];
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at]!, ranges[at + 1]!]);
  return pairs;
}
