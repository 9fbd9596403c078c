/** Runs all case files of a folder, and counts what holds and what does not. */
import {readdirSync, readFileSync} from 'node:fs';
import {join, relative, sep} from 'node:path';
import {parse, YAMLParseError} from 'yaml';
import {UnknownInCase, type Verdict} from './case.ts';
import {runSuiteCase} from './marathon-suites/run-suite-case.ts';
import {isSuiteFile, readSuiteFile} from './marathon-suites/suite-file.ts';
import {runCase} from './run-case.ts';

export interface CaseFailure {
  readonly id: string;
  /** From the folder on, with slashes. */
  readonly file: string;
  /** Where it fails and what is different, in several lines. */
  readonly message: string;
}

/** A case that was not run: it is optional, and the engine does not offer `option`. */
export interface SkippedCase {
  readonly id: string;
  readonly file: string;
  readonly option: string;
}

/** A case that contradicts another demand, and fails as was to be expected. */
export interface ExceptedCase {
  readonly id: string;
  readonly file: string;
  readonly reason: string;
}

export interface SuiteReport {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly CaseFailure[];
  readonly skipped: readonly SkippedCase[];
  readonly exceptions: readonly ExceptedCase[];
}

/** Suites by name; their cases by file. */
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

interface Tally {
  passed: number;
  readonly failures: CaseFailure[];
  readonly skipped: SkippedCase[];
  readonly exceptions: ExceptedCase[];
}

/** Runs every case once for each seed from 0 to `seeds` − 1: it holds if it holds for all. */
export function runFiles(
  files: readonly string[],
  folder: string,
  seeds: number,
): ConformanceReport {
  const suites = new Map<string, Tally>();
  for (const path of files) {
    const file = relative(folder, path).split(sep).join('/');
    for (const judgement of judge(readFileSync(path, 'utf8'), seeds)) {
      const {suite} = judgement;
      const tally = suites.get(suite) ?? {passed: 0, failures: [], skipped: [], exceptions: []};
      suites.set(suite, tally);
      count(tally, judgement, file);
    }
  }
  const byName = [...suites].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    suites: byName.map(([suite, {passed, failures, skipped, exceptions}]) => ({
      suite,
      passed,
      failed: failures.length,
      failures,
      skipped,
      exceptions,
    })),
  };
}

function count(tally: Tally, {id = '', outcome}: Judgement, file: string): void {
  const at = {id: id === '' ? file : id, file};
  switch (outcome.kind) {
    case 'passed':
      tally.passed += 1;
      break;
    case 'failed':
      tally.failures.push({...at, message: outcome.message});
      break;
    case 'skipped':
      tally.skipped.push({...at, option: outcome.option});
      break;
    case 'exception':
      tally.exceptions.push({...at, reason: outcome.reason});
      break;
  }
}

interface Judgement {
  readonly suite: string;
  /** Undefined where the file does not tell. */
  readonly id: string | undefined;
  readonly outcome: ReturnType<typeof runSuiteCase>;
}

/** One for each case of the file, or one for the file where it cannot be read. */
function judge(text: string, seeds: number): readonly Judgement[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const message = `not YAML: ${error.message.trimEnd()}`;
    return [{suite: NO_SUITE, id: undefined, outcome: {kind: 'failed', message}}];
  }
  const suite = textIn(document, 'suite') ?? NO_SUITE;
  if (isSuiteFile(document)) return judgeSuiteFile(document, suite, seeds);
  const message = failureOf(document, seeds);
  const outcome =
    message === undefined ? ({kind: 'passed'} as const) : ({kind: 'failed', message} as const);
  return [{suite, id: textIn(document, 'id'), outcome}];
}

/** Files of many cases each. */
function judgeSuiteFile(document: unknown, suite: string, seeds: number): readonly Judgement[] {
  try {
    const file = readSuiteFile(document);
    return file.cases.map((one) => ({
      suite,
      id: one.id,
      outcome: runSuiteCase(one, file, seeds),
    }));
  } catch (error) {
    if (!(error instanceof UnknownInCase)) throw error;
    return [{suite, id: undefined, outcome: {kind: 'failed', message: error.message}}];
  }
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
