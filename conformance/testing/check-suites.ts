/**
 * What is checked of every suite: its cases hold, and no part of what they expect is passed over.
 * Only tests use this.
 */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {parse} from 'yaml';
import {UnknownInCase} from '../case.ts';
import type {Adapter} from '../marathon-suites/adapter.ts';
import {plain} from '../marathon-suites/compare.ts';
import {runSuiteCase} from '../marathon-suites/run-suite-case.ts';
import {readSuiteFile, type SuiteCase, type SuiteFile} from '../marathon-suites/suite-file.ts';
import {EXCEPTIONS, OFFERED} from '../marathon-suites/suites.ts';

const SEEDS = 5;

export interface SuiteChecks {
  /** Folders of case files: the first one that is there is taken. */
  readonly folders: readonly URL[];
  readonly suites: ReadonlyMap<string, Adapter>;
  /** How many cases must be there, by suite: one that disappears is missed. */
  readonly counts: Readonly<Record<string, number>>;
  /** Places of expectations that leave something free. */
  readonly free?: RegExp;
}

/** Declares the tests. */
export function checkSuites({folders, suites, counts, free}: SuiteChecks): void {
  const files = suiteFiles(folders.find((url) => existsSync(url)));
  test('all suites are there with all their cases', (t) => {
    t.deepEqual(Object.fromEntries(files.map(({suite, cases}) => [suite, cases.length])), counts);
    t.deepEqual([...suites.keys()].sort(), Object.keys(counts));
  });
  for (const file of files) {
    for (const one of file.cases) {
      test(`${one.id} holds for every seed`, (t) => {
        const verdict = runSuiteCase(one, file, SEEDS);
        t.is(verdict.kind, expectedKind(one), 'message' in verdict ? verdict.message : undefined);
      });
    }
    const adapter = suites.get(file.suite);
    if (adapter === undefined) continue;
    test(`${file.suite}: no part of an expectation is passed over`, (t) => {
      t.deepEqual(unseenIn(file, adapter, free), []);
    });
  }
}

function suiteFiles(folder: URL | undefined): readonly SuiteFile[] {
  if (folder === undefined) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readSuiteFile(parse(readFileSync(new URL(name, folder), 'utf8'))));
}

function expectedKind({id, optional}: SuiteCase): 'exception' | 'skipped' | 'passed' {
  if (EXCEPTIONS.has(id)) return 'exception';
  return optional !== undefined && !OFFERED.has(optional) ? 'skipped' : 'passed';
}

/** The places of expectations that can be made wrong without anybody noticing. */
function unseenIn(file: SuiteFile, adapter: Adapter, free: RegExp | undefined): readonly string[] {
  const {defaults, cases} = file;
  return cases
    .filter(({id, optional}) => optional === undefined && !EXCEPTIONS.has(id))
    .flatMap((one) => {
      const result = plain(adapter.prepare(one, defaults).run(0));
      return [...wrongCases(one)]
        .filter(([path]) => free?.test(path) !== true)
        .filter(([, wrong]) => !isReported(adapter, wrong, {defaults, result}))
        .map(([path]) => `${one.id}${path}`);
    });
}

/** Every way in which one leaf of an expectation can be made wrong, with its path. */
function* mutations(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (Array.isArray(value)) {
    const special = wrongWhole(value, path);
    if (special !== undefined) {
      yield [path, special];
      return;
    }
    yield [path, [...value, otherThan(value[0])]];
    for (const [at, item] of value.entries()) {
      for (const [place, changed] of mutations(item, `${path}.${at}`)) {
        yield [place, value.with(at, changed)];
      }
    }
    return;
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      for (const [place, changed] of mutations(item, `${path}.${name}`)) {
        yield [place, {...value, [name]: changed}];
      }
    }
    return;
  }
  yield [path, otherThan(value)];
}

/** Lists that one wrong element does not make wrong. */
function wrongWhole(list: readonly unknown[], path: string): readonly unknown[] | undefined {
  // One of several right answers may well be wrong, and a range a little wider.
  if (path.endsWith('OneOf')) return [];
  if (path.endsWith('.inRanges')) return [[-2, -1]];
  // The whole is never absent.
  if (path.endsWith('.absent') || path.endsWith('.bodyAbsent')) return [...list, ''];
  return undefined;
}

function otherThan(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return value + 1;
    case 'boolean':
      return !value;
    case 'string':
      return value === '<absent>' ? 'there' : `${value}x`;
    default:
      return 1;
  }
}

/** A case with one part of what it expects made wrong; in some suites steps expect something. */
function* wrongCases(one: SuiteCase): Generator<readonly [path: string, wrong: SuiteCase]> {
  for (const [path, expected] of mutations(one.expected ?? {})) {
    yield [path, {...one, expected}];
  }
  const steps = Array.isArray(one.when) ? (one.when as readonly unknown[]) : [];
  for (const [at, step] of steps.entries()) {
    if (typeof step !== 'object' || step === null) continue;
    for (const name of ['expect', 'expectEvents']) {
      const expected: unknown = Reflect.get(step, name);
      if (expected === undefined) continue;
      for (const [path, changed] of mutations(expected, `.when.${at}.${name}`)) {
        yield [path, {...one, when: steps.with(at, {...step, [name]: changed})}];
      }
    }
  }
}

/** Whether a wrong expectation is reported that the result of the case does not fulfil. */
function isReported(
  adapter: Adapter,
  wrong: SuiteCase,
  {defaults, result}: {defaults: SuiteFile['defaults']; result: unknown},
): boolean {
  try {
    return adapter.prepare(wrong, defaults).judge(result).length > 0;
  } catch (error) {
    // A word that no expectation may have.
    if (error instanceof UnknownInCase) return true;
    throw error;
  }
}
