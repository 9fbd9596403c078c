/**
 * Micro-benchmarks: one small thing done over and over, measured by the `benchmark` package in a
 * process of its own, so that what ran before has neither warmed nor spoilt it.
 */
import {demand} from './bench.ts';
import type {Bench, Reading} from './bench.ts';
import {medianOf} from './statistics.ts';
import {runWhole} from './whole-run.ts';

const PROGRAM = new URL('./micro-run.ts', import.meta.url);

/** How a part of the core is measured. */
export interface Micro {
  readonly name: string;
  readonly about: string;
  /** Of one call of `run`. The time is given for one of these. */
  readonly operations: number;
  readonly unit: 'ns' | 'µs';
  make(): MicroSubject;
}

export interface MicroSubject {
  run(): void;
  /**
   * After all calls: throws {@link WrongRunError} if the state is not what the calls must have made
   * it.
   */
  check(): void;
}

export function makeMicroBench(micro: Micro): Bench {
  const {name, about, unit, operations} = micro;
  return {
    name,
    about,
    rounds: 5,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}): readonly Reading[] => {
      const {stdout} = runWhole({
        program: PROGRAM,
        arguments: [name, isQuick ? 'quick' : 'full'],
        profileFile,
      });
      const seconds: unknown = JSON.parse(stdout);
      demand(isNumbers(seconds), () => `${name}: no samples`);
      const perSecond = unit === 'ns' ? 1e9 : 1e6;
      // One value a round: samples of one process are too much alike to count as many.
      return [{name, unit, values: [(medianOf(seconds) * perSecond) / operations]}];
    },
  };
}

function isNumbers(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')
  );
}
