/**
 * Judging an `expect` against the figures of a run. Pure; the simulator says when and reads the
 * figures.
 */
import {printDuration} from './durations.ts';
import type {Comparator, Expectation, ExpectationTime} from './schema.ts';

/** The value of a metric now; `undefined` when it has none (a percentile of nothing, say). */
export type MetricReader = (name: string) => number | undefined;

export type Verdict =
  | {readonly passed: true}
  /** `found` as it is printed. */
  | {readonly passed: false; readonly found: string};

/**
 * A metric without a value passes no expectation. Comparisons are exact; use two bounds for
 * fractions.
 */
export function judge(
  expectation: Pick<Expectation, 'metric' | 'comparator' | 'value'>,
  read: MetricReader,
): Verdict {
  const found = read(expectation.metric);
  if (found === undefined || Number.isNaN(found)) return {passed: false, found: 'no value'};
  return holds(found, expectation.comparator, expectation.value)
    ? {passed: true}
    : {passed: false, found: String(found)};
}

/** Whether an `always` expectation is to be judged at this instant. */
export function isWatching(when: ExpectationTime, nowMs: number): boolean {
  if (when.kind !== 'always') return false;
  return nowMs >= when.sinceMs && (when.untilMs === undefined || nowMs <= when.untilMs);
}

/** `tasks.failed is 0 at the end`. */
export function expectationText(
  metric: string,
  comparator: Comparator,
  value: number,
  when: ExpectationTime,
): string {
  return `${metric} ${COMPARATOR_WORDS[comparator]} ${value} ${timeText(when)}`;
}

const COMPARATOR_WORDS: Readonly<Record<Comparator, string>> = {
  is: 'is',
  isNot: 'is not',
  atLeast: 'is at least',
  atMost: 'is at most',
  above: 'is above',
  below: 'is below',
};

function timeText(when: ExpectationTime): string {
  switch (when.kind) {
    case 'end':
      return 'at the end';
    case 'at':
      return `at ${printDuration(when.atMs)}`;
    case 'always': {
      const since = when.sinceMs === 0 ? '' : ` from ${printDuration(when.sinceMs)}`;
      const until = when.untilMs === undefined ? '' : ` until ${printDuration(when.untilMs)}`;
      return `always${since}${until}`;
    }
    default:
      return when satisfies never;
  }
}

function holds(found: number, comparator: Comparator, value: number): boolean {
  switch (comparator) {
    case 'is':
      return found === value;
    case 'isNot':
      return found !== value;
    case 'atLeast':
      return found >= value;
    case 'atMost':
      return found <= value;
    case 'above':
      return found > value;
    case 'below':
      return found < value;
    default:
      return comparator satisfies never;
  }
}
