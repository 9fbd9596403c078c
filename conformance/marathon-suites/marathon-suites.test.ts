import {existsSync, readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {parse} from 'yaml';
import {UnknownInCase} from '../case.ts';
import type {Adapter} from './adapter.ts';
import {plain} from './compare.ts';
import {runSuiteCase} from './run-suite-case.ts';
import {readSuiteFile, type SuiteCase, type SuiteFile} from './suite-file.ts';
import {EXCEPTIONS, MARATHON_SUITES, OFFERED} from './suites.ts';

const SEEDS = 5;

/** The cases as they were delivered, where they lie beside the tree; else the project's copy. */
const FOLDER = ['../../../shared/conformance/marathon/', '../marathon/']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

function suiteFiles(): readonly SuiteFile[] {
  if (FOLDER === undefined) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readSuiteFile(parse(readFileSync(new URL(name, FOLDER), 'utf8'))));
}

const files = suiteFiles();

/** How many cases must be there: one that disappears is missed. */
const COUNTS: Readonly<Record<string, number>> = {
  backoff: 23,
  constraints: 72,
  health: 28,
  http: 67,
  killservice: 13,
  matching: 36,
  normalise: 48,
  plan: 25,
  ports: 22,
  revert: 11,
  scale: 27,
  scenarios: 26,
  serviceports: 16,
  unreachable: 16,
  upgrade: 47,
  validate: 109,
  versioninfo: 10,
};

test('all suites are there with all their cases', (t) => {
  t.deepEqual(Object.fromEntries(files.map(({suite, cases}) => [suite, cases.length])), COUNTS);
  t.deepEqual([...MARATHON_SUITES.keys()].sort(), Object.keys(COUNTS));
});

for (const file of files) {
  for (const one of file.cases) {
    test(`${one.id} holds for every seed`, (t) => {
      const verdict = runSuiteCase(one, file, SEEDS);
      const expected = EXCEPTIONS.has(one.id)
        ? 'exception'
        : one.optional !== undefined && !OFFERED.has(one.optional)
          ? 'skipped'
          : 'passed';
      t.is(verdict.kind, expected, 'message' in verdict ? verdict.message : undefined);
    });
  }
}

/** Places that leave something free, and expect nothing. */
const FREE = /\.unorderedPrefix$/;

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

for (const file of files) {
  const adapter = MARATHON_SUITES.get(file.suite);
  if (adapter === undefined) continue;
  test(`${file.suite}: no part of an expectation is passed over`, (t) => {
    const unseen = file.cases
      .filter(({id, optional}) => optional === undefined && !EXCEPTIONS.has(id))
      .flatMap((one) => {
        const {defaults} = file;
        const result = plain(adapter.prepare(one, defaults).run(0));
        return [...wrongCases(one)]
          .filter(([path]) => !FREE.test(path))
          .filter(([, wrong]) => !isReported(adapter, wrong, {defaults, result}))
          .map(([path]) => `${one.id}${path}`);
      });
    t.deepEqual(unseen, []);
  });
}
