/**
 * What a suite offers to the runner. An adapter reads a case strictly, has the engine do what the
 * case says, and compares; the engine's part is apart from the expectation, so that a run cannot
 * look at what is expected of it.
 */
import {z} from 'zod';
import {mapOf, UnknownInCase} from '../case.ts';
import type {Mismatch} from './compare.ts';
import {withDefaults, type SuiteCase} from './suite-file.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A case that was read. */
export interface PreparedCase {
  /** What the engine makes of it with this seed: JSON-able data, the same each time. */
  run(seed: number): unknown;
  /** What of it differs from the expectation; `result` is as it came back from JSON. */
  judge(result: unknown): readonly Mismatch[];
}

export interface Adapter {
  /** @throws UnknownInCase for a field or value that the suite does not have */
  prepare(one: SuiteCase, defaults: Fields): PreparedCase;
}

export interface AdapterParts<Given, When, Then, Result> {
  readonly given: z.ZodType<Given>;
  readonly when: z.ZodType<When>;
  readonly expected: z.ZodType<Then>;
  /** Where the defaults of a suite are not simply those of `given`. */
  readonly merge?: (defaults: Fields, given: Fields) => Fields;
  readonly run: (input: {readonly given: Given; readonly when: When}, seed: number) => Result;
  readonly judge: (
    expected: Then,
    result: Result,
    input: {readonly given: Given; readonly when: When},
  ) => readonly Mismatch[];
}

export function makeAdapter<Given, When, Then, Result>({
  given,
  when,
  expected,
  merge = withDefaults,
  run,
  judge,
}: AdapterParts<Given, When, Then, Result>): Adapter {
  return {
    prepare(one, defaults) {
      const input = {
        given: read(given, merge(defaults, mapOf(one.given ?? {}, 'given')), 'given'),
        when: read(when, one.when, 'when'),
      };
      const wanted = read(expected, one.expected ?? {}, 'then');
      return {
        run: (seed) => run(input, seed),
        judge: (result) => judge(wanted, result as Result, input),
      };
    },
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({path, message}) => `${[what, ...path.map(String)].join('.')}: ${message}`,
  );
  throw new UnknownInCase(faults.join('\n'));
}

/** A stimulus that a suite does not need. */
export const nothing = z.undefined();
/** Anything that JSON can say, as fields. */
export const anyFields = z.record(z.string(), z.unknown());
