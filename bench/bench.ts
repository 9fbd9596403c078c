/**
 * What suites are made of: benches that yield readings, and targets that figures are held against.
 */

/** Values of one thing measured, in the order in which they were taken. */
export interface Reading {
  /** Stable: figures of different commits are compared by it. */
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

export interface BenchContext {
  /**
   * Less work and fewer runs, to see that everything works; such figures are not to be compared.
   */
  readonly isQuick: boolean;
  /** Where the traces are; absent: nowhere. */
  readonly dataFolder: string | undefined;
  /** Where a whole run must leave a CPU profile. */
  readonly profileFile: string | undefined;
}

export interface Bench {
  /** Begins with the name of its suite. The names of its readings begin with its own. */
  readonly name: string;
  readonly about: string;
  /**
   * How often it is measured. Benches of a suite take turns, so that a noisy minute hits all of
   * them.
   */
  readonly rounds: number;
  /** Whether it runs a process of its own that can be profiled. */
  readonly isWholeRun: boolean;
  /** Why it cannot run here; undefined: it can. */
  skipReason(context: BenchContext): string | undefined;
  /** Measures once, and throws {@link WrongRunError} if what was measured did the wrong thing. */
  measure(context: BenchContext): readonly Reading[] | Promise<readonly Reading[]>;
}

export interface Target {
  /** Of a figure. */
  readonly name: string;
  readonly bound: 'atMost' | 'atLeast';
  readonly value: number;
}

/** What another program takes for the same. */
export interface Comparison {
  /** The program's name. */
  readonly with: string;
  /** By name of a figure, in its unit. */
  readonly figures: ReadonlyMap<string, number>;
}

export interface Suite {
  readonly name: string;
  readonly about: string;
  readonly benches: readonly Bench[];
  readonly targets: readonly Target[];
  readonly comparison?: Comparison | undefined;
  /** Readings that follow from others, such as the ratio of two; what is missing was skipped. */
  derive(valuesOf: (name: string) => readonly number[] | undefined): readonly Reading[];
}

/** A run whose answer is wrong: its time means nothing. */
export class WrongRunError extends Error {
  override readonly name = 'WrongRunError';
}

export function demand(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new WrongRunError(message());
}
