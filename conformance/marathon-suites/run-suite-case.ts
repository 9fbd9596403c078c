/** Runs one case of a suite file with all its seeds, twice with each. */
import {Difference, UnknownInCase} from '../case.ts';
import {CHRONOS_SUITES} from '../chronos-suites/suites.ts';
import type {Adapter, PreparedCase} from './adapter.ts';
import {mismatchText, type Mismatch} from './compare.ts';
import type {SuiteCase, SuiteFile} from './suite-file.ts';
import {EXCEPTIONS, MARATHON_SUITES, OFFERED, type Exception} from './suites.ts';

export type SuiteVerdict =
  | {readonly kind: 'passed'}
  | {readonly kind: 'failed'; readonly message: string}
  /** Optional, and the engine does not offer that. */
  | {readonly kind: 'skipped'; readonly option: string}
  /** It fails just as its exception says. */
  | {readonly kind: 'exception'; readonly reason: string};

type SuiteHead = Pick<SuiteFile, 'suite' | 'defaults'> & Partial<Pick<SuiteFile, 'prefix'>>;

/** How the case goes with the seeds from 0 to `seeds` − 1. */
export function runSuiteCase(one: SuiteCase, file: SuiteHead, seeds: number): SuiteVerdict {
  const {optional} = one;
  if (optional !== undefined && !OFFERED.has(optional)) return {kind: 'skipped', option: optional};
  const adapter = adapterOf(file);
  if (adapter === undefined) {
    const known = [...MARATHON_SUITES.keys(), ...CHRONOS_SUITES.keys()].join(', ');
    const name = JSON.stringify(file.suite);
    return failed(`unknown suite ${name}; known with many cases a file are ${known}`);
  }
  try {
    return runPrepared(adapter.prepare(one, file.defaults), EXCEPTIONS.get(one.id), seeds);
  } catch (error) {
    if (error instanceof UnknownInCase) return failed(error.message);
    throw error;
  }
}

/** Both have a suite `http`; Chronos's is the one that names the prefix of its paths. */
function adapterOf({suite, prefix}: SuiteHead): Adapter | undefined {
  const marathons = prefix === undefined ? MARATHON_SUITES.get(suite) : undefined;
  return marathons ?? CHRONOS_SUITES.get(suite);
}

/** A case that was read, with all seeds. */
export function runPrepared(
  prepared: PreparedCase,
  exception: Exception | undefined,
  seeds: number,
): SuiteVerdict {
  let first: string | undefined;
  let failures = 0;
  for (let seed = 0; seed < seeds; seed += 1) {
    const message = differenceWith(prepared, exception, seed);
    if (message === undefined) continue;
    failures += 1;
    first ??= `seed ${seed}:\n${message}`;
  }
  if (first !== undefined) {
    const some = failures === seeds ? '' : `\n(fails with ${failures} of ${seeds} seeds)`;
    return failed(`${first}${some}`);
  }
  return exception === undefined ? {kind: 'passed'} : {kind: 'exception', reason: exception.reason};
}

/** What is wrong with one seed; undefined if nothing is. */
function differenceWith(
  prepared: PreparedCase,
  exception: Exception | undefined,
  seed: number,
): string | undefined {
  let text: string;
  try {
    text = JSON.stringify(prepared.run(seed));
    const again = JSON.stringify(prepared.run(seed));
    if (text !== again) return `two runs differ:\n- ${text}\n+ ${again}`;
  } catch (error) {
    if (error instanceof UnknownInCase) throw error;
    if (error instanceof Difference) return error.message;
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `the engine broke: ${told}`;
  }
  const mismatches = prepared.judge(JSON.parse(text));
  return excused(mismatches, exception).map(mismatchText).join('\n') || undefined;
}

/** What remains; an exception that is not needed remains, too. */
function excused(
  mismatches: readonly Mismatch[],
  exception: Exception | undefined,
): readonly Mismatch[] {
  if (exception === undefined) return mismatches;
  const covers = (place: string, {path}: Mismatch): boolean =>
    path === place || path.startsWith(`${place}.`);
  const {paths} = exception;
  const idle = paths.filter((place) => !mismatches.some((one) => covers(place, one)));
  return [
    ...mismatches.filter((one) => !paths.some((place) => covers(place, one))),
    ...idle.map((path) => ({
      path,
      expected: 'a difference, for it is an exception',
      actual: 'none',
    })),
  ];
}

function failed(message: string): SuiteVerdict {
  return {kind: 'failed', message};
}
