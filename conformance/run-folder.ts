/** Runs all case files of a folder, and counts what holds and what does not. */
import {readdirSync, readFileSync} from 'node:fs';
import {join, relative, sep} from 'node:path';
import {parse, YAMLParseError} from 'yaml';
import type {Verdict} from './case.ts';
import {runCase} from './run-case.ts';

export interface CaseFailure {
  readonly id: string;
  /** From the folder on, with slashes. */
  readonly file: string;
  /** Where it fails and what is different, in several lines. */
  readonly message: string;
}

export interface SuiteReport {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly CaseFailure[];
}

/** Suites by name; failures by file. */
export interface ConformanceReport {
  readonly suites: readonly SuiteReport[];
}

/** A file that cannot be read as a case counts as a failure of this suite. */
const NO_SUITE = '(no suite)';

/** Files of cases below a folder, sorted. */
export function caseFilesIn(folder: string): readonly string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Runs every case once for each seed from 0 to `seeds` − 1: it holds if it holds for all. */
export function runFiles(
  files: readonly string[],
  folder: string,
  seeds: number,
): ConformanceReport {
  const suites = new Map<string, {passed: number; failures: CaseFailure[]}>();
  for (const path of files) {
    const file = relative(folder, path).split(sep).join('/');
    const {suite, id, message} = judge(readFileSync(path, 'utf8'), seeds);
    const tally = suites.get(suite) ?? {passed: 0, failures: []};
    suites.set(suite, tally);
    if (message === undefined) tally.passed += 1;
    else tally.failures.push({id: id ?? file, file, message});
  }
  const byName = [...suites].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    suites: byName.map(([suite, {passed, failures}]) => ({
      suite,
      passed,
      failed: failures.length,
      failures,
    })),
  };
}

interface Judgement {
  readonly suite: string;
  /** Undefined where the file does not tell. */
  readonly id: string | undefined;
  /** Undefined if the case holds. */
  readonly message: string | undefined;
}

function judge(text: string, seeds: number): Judgement {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return {suite: NO_SUITE, id: undefined, message: `not YAML: ${error.message.trimEnd()}`};
  }
  const suite = textIn(document, 'suite') ?? NO_SUITE;
  return {suite, id: textIn(document, 'id'), message: failureOf(document, seeds)};
}

function textIn(document: unknown, field: string): string | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const value: unknown = Reflect.get(document, field);
  return typeof value === 'string' ? value : undefined;
}

/** How the case fails with the first seed that makes it fail. */
function failureOf(document: unknown, seeds: number): string | undefined {
  let first: string | undefined;
  let failed = 0;
  for (let seed = 0; seed < seeds; seed += 1) {
    const verdict = verdictOf(document, seed);
    if (verdict.kind === 'passed') continue;
    failed += 1;
    first ??= `${placeOf(document, verdict.step)}, seed ${seed}: ${verdict.message}`;
    // What is not known is not known with any other seed either.
    if (verdict.kind === 'refused') return first;
  }
  if (first === undefined || failed === seeds) return first;
  return `${first}\n(fails with ${failed} of ${seeds} seeds)`;
}

/** What breaks the engine is a failure of the case, too: the others are still to be run. */
function verdictOf(document: unknown, seed: number): Verdict {
  try {
    return runCase(document, seed);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {kind: 'failed', step: 0, message: `the engine broke: ${text}`};
  }
}

/** The number of a step, from 1, and its name. */
function placeOf(document: unknown, step: number): string {
  if (step === 0) return 'head';
  const steps: unknown = Reflect.get(document as object, 'steps');
  const raw: unknown = Array.isArray(steps) ? steps[step - 1] : undefined;
  const name = typeof raw === 'object' && raw !== null ? Object.keys(raw)[0] : undefined;
  const what = name === 'op' ? (textIn(raw, 'op') ?? name) : name;
  return what === undefined ? `step ${step}` : `step ${step} (${what})`;
}
