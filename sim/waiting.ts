/** Distributions of waiting times: exact figures and the histogram of the report. */
import type {WaitingHistogram, WaitingStats} from './result.ts';
import type {NumberList} from './world/growable.ts';

const NOBODY: WaitingStats = {
  count: 0,
  countWaited: 0,
  meanMs: 0,
  p50Ms: 0,
  p90Ms: 0,
  p95Ms: 0,
  p99Ms: 0,
  maxMs: 0,
};

/** The smallest of the sorted numbers that at least this share of them does not exceed. */
export function nearestRank(sorted: Float64Array, share: number): number {
  const rank = Math.max(1, Math.ceil(sorted.length * share - 1e-9));
  return sorted[Math.min(rank, sorted.length) - 1] ?? 0;
}

export function waitingStats(sorted: Float64Array): WaitingStats {
  const count = sorted.length;
  if (count === 0) return NOBODY;
  let sum = 0;
  let countWaited = 0;
  for (const waitedMs of sorted) {
    sum += waitedMs;
    if (waitedMs > 0) countWaited += 1;
  }
  return {
    count,
    countWaited,
    meanMs: sum / count,
    p50Ms: nearestRank(sorted, 0.5),
    p90Ms: nearestRank(sorted, 0.9),
    p95Ms: nearestRank(sorted, 0.95),
    p99Ms: nearestRank(sorted, 0.99),
    maxMs: sorted[count - 1] ?? 0,
  };
}

/** Several lists in one, sorted. */
export function sortedTogether(lists: readonly NumberList[]): Float64Array {
  const parts = lists.map((list) => list.toSorted());
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const all = new Float64Array(parts.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}

/** Statistics of a list that grows, made again only when it has grown. */
export class LiveWaiting {
  readonly #lists: readonly NumberList[];
  #stats = NOBODY;

  constructor(lists: readonly NumberList[]) {
    this.#lists = lists;
  }

  get stats(): WaitingStats {
    const count = this.#lists.reduce((sum, {length}) => sum + length, 0);
    if (count !== this.#stats.count) this.#stats = waitingStats(sortedTogether(this.#lists));
    return this.#stats;
  }
}

/** 0, then three bounds a decade from a millisecond on, as far as the longest wait. */
export function waitingHistogram(
  byName: readonly (readonly [name: string, waits: NumberList])[],
): WaitingHistogram {
  const sorted = byName.map(([name, waits]) => [name, waits.toSorted()] as const);
  const longest = Math.max(0, ...sorted.map(([, waits]) => waits.at(-1) ?? 0));
  const upperMs = [0];
  for (let decade = 1; (upperMs.at(-1) ?? 0) < longest; decade *= 10) {
    upperMs.push(decade, 2 * decade, 5 * decade);
  }
  while (upperMs.length > 1 && (upperMs.at(-2) ?? 0) >= longest) upperMs.pop();
  const byFramework = Object.fromEntries(
    sorted.map(([name, waits]) => [name, countsUpTo(waits, upperMs)]),
  );
  return {upperMs, byFramework};
}

function countsUpTo(sorted: Float64Array, upperMs: readonly number[]): readonly number[] {
  let at = 0;
  return upperMs.map((upper) => {
    const from = at;
    while (at < sorted.length && (sorted[at] as number) <= upper) at += 1;
    return at - from;
  });
}
