/** Figures: readings summed up. */
import type {Reading, Target} from './bench.ts';

/** One element of `--json`. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** In the order in which they were taken. */
  readonly samples: readonly number[];
}

export interface Verdict {
  readonly isMet: boolean;
  /**
   * Median ÷ target: what is above 1 is too much where the target is an upper bound, enough
   * otherwise.
   */
  readonly ratio: number;
}

export function figureOf({name, unit, values}: Reading): Figure {
  return {
    name,
    unit,
    median: medianOf(values),
    min: Math.min(...values),
    max: Math.max(...values),
    samples: values,
  };
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The medians decide: a single bad run on a shared machine says nothing. */
export function verdictOf({median}: Figure, {bound, value}: Target): Verdict {
  return {isMet: bound === 'atMost' ? median <= value : median >= value, ratio: median / value};
}

/** Element by element, as far as both go: both were measured in the same round. */
export function ratiosOf(above: readonly number[], below: readonly number[]): readonly number[] {
  return above.slice(0, below.length).map((value, round) => value / (below[round] ?? NaN));
}

/** Readings of the same name become one, in the order in which the names first came. */
export function gather(readings: readonly Reading[]): readonly Reading[] {
  const byName = new Map<string, Reading>();
  for (const reading of readings) {
    const known = byName.get(reading.name);
    const values = [...(known?.values ?? []), ...reading.values];
    byName.set(reading.name, {...reading, values});
  }
  return [...byName.values()];
}
