import test from 'ava';
import {parse} from 'yaml';
import {UnknownInCase} from '../case.ts';
import type {PreparedCase} from './adapter.ts';
import {runPrepared, runSuiteCase} from './run-suite-case.ts';
import {isSuiteFile, readSuiteFile, withDefaults} from './suite-file.ts';
import type {Exception} from './suites.ts';

const one = parse(`
id: scale/x
title: x
given: {instances: [], scaleTo: 0}
then: {start: 0}
`) as {readonly given: object};
const file = {suite: 'scale', formatVersion: 1, cases: [one]};

const badFiles: readonly (readonly [title: string, document: unknown, message: RegExp])[] = [
  ['another version of the format', {...file, formatVersion: 2}, /^formatVersion 2: /],
  ['no version of the format', {suite: 'scale', cases: [one]}, /'formatVersion' is missing/],
  ['an unknown field', {...file, colour: 1}, /unknown field 'colour'/],
  ['no cases', {...file, cases: []}, /no cases/],
  ['cases that are no list', {...file, cases: {}}, /cases: expected a list/],
  ['a case without an id', {...file, cases: [{title: 'x'}]}, /case 1: field 'id' is missing/],
  ['an id of another suite', {...file, cases: [{...one, id: 'ports/x'}]}, /does not begin with/],
  ['one id twice', {...file, cases: [one, one]}, /two cases have the id 'scale\/x'/],
  ['an unknown field of a case', {...file, cases: [{...one, weather: 1}]}, /field 'weather'/],
];

for (const [title, document, message] of badFiles) {
  test(`a suite file is refused with ${title}`, (t) => {
    t.true(isSuiteFile(document));
    t.throws(() => readSuiteFile(document), {instanceOf: UnknownInCase, message});
  });
}

const defaults = {killSelection: 'YOUNGEST_FIRST', toKill: [], constraints: [], instance: {}};

const badCases: readonly (readonly [title: string, change: object, message: RegExp])[] = [
  ['a field of the situation', {given: {...one.given, moon: 1}}, /^given: .*moon/],
  ['a value of the situation', {given: {...one.given, scaleTo: 'many'}}, /^given\.scaleTo: /],
  ['a stimulus', {when: {at: 0}}, /^when: /],
  ['a field of the expectation', parse('then: {start: 0, stop: 1}') as object, /^then: .*stop/],
];

for (const [title, change, message] of badCases) {
  test(`a case is refused with ${title} that its suite does not have`, (t) => {
    const {cases} = readSuiteFile({...file, cases: [{...one, ...change}]});
    const verdict = cases[0] && runSuiteCase(cases[0], {suite: 'scale', defaults}, 1);
    t.is(verdict?.kind, 'failed');
    t.regex(verdict !== undefined && 'message' in verdict ? verdict.message : '', message);
  });
}

test('a suite that is not known is refused by name', (t) => {
  const {cases} = readSuiteFile({...file, suite: 'weather', cases: [{...one, id: 'weather/x'}]});
  const verdict = cases[0] && runSuiteCase(cases[0], {suite: 'weather', defaults: {}}, 1);
  t.regex(
    verdict !== undefined && 'message' in verdict ? verdict.message : '',
    /^unknown suite "weather"; known .* are backoff, /,
  );
});

test('a file that names the prefix of its paths is no suite of Marathon', (t) => {
  const {cases, prefix} = readSuiteFile({...file, prefix: '/v1/scheduler'});
  t.is(prefix, '/v1/scheduler');
  const verdict = cases[0] && runSuiteCase(cases[0], {suite: 'scale', prefix, defaults}, 1);
  t.regex(verdict !== undefined && 'message' in verdict ? verdict.message : '', /^unknown suite/);
});

test('an optional case is skipped where the engine does not offer the option', (t) => {
  const {cases} = readSuiteFile({...file, cases: [{...one, optional: 'rain'}]});
  t.deepEqual(cases[0] && runSuiteCase(cases[0], {suite: 'scale', defaults}, 1), {
    kind: 'skipped',
    option: 'rain',
  });
});

test('defaults are merged field by field, one level deep in each object', (t) => {
  const merged = withDefaults(
    {app: {cpus: 1, deep: {a: 1}}, list: [1], name: 'x'},
    {app: {deep: {b: 2}}, list: [], other: null},
  );
  t.deepEqual(merged, {app: {cpus: 1, deep: {b: 2}}, list: [], name: 'x', other: null});
});

/** A case whose result differs at the given paths. */
function differing(paths: readonly string[]): PreparedCase {
  return {
    run: () => ({}),
    judge: () => paths.map((path) => ({path, expected: 1, actual: 2})),
  };
}

const exception: Exception = {reason: 'so it is', paths: ['a', 'b.0']};

type Kind = ReturnType<typeof runPrepared>['kind'];

const exceptions: readonly (readonly [title: string, paths: readonly string[], kind: Kind])[] = [
  ['fails just where it says', ['a.x', 'b.0'], 'exception'],
  ['fails elsewhere, too', ['a', 'b.0', 'c'], 'failed'],
  ['fails at a place that is only spelled like it', ['a', 'b.0', 'ab'], 'failed'],
  ['holds at one of its places', ['a'], 'failed'],
  ['holds', [], 'failed'],
];

for (const [title, paths, kind] of exceptions) {
  test(`an exception that ${title}: ${kind}`, (t) => {
    t.is(runPrepared(differing(paths), exception, 2).kind, kind);
  });
}

test('two runs with one seed that differ are a failure', (t) => {
  let runs = 0;
  const restless: PreparedCase = {
    run: () => {
      runs += 1;
      return {runs};
    },
    judge: () => [],
  };
  const verdict = runPrepared(restless, undefined, 1);
  t.regex('message' in verdict ? verdict.message : '', /two runs differ/);
});

test('it is said how many seeds a case fails with', (t) => {
  const fickle: PreparedCase = {
    run: (seed) => seed,
    judge: (seed) => (seed === 1 ? [{path: 'x', expected: 1, actual: 2}] : []),
  };
  t.deepEqual(runPrepared(fickle, undefined, 3), {
    kind: 'failed',
    message: 'seed 1:\nx: expected 1, got 2\n(fails with 1 of 3 seeds)',
  });
});

test('what breaks the engine is a failure of the case', (t) => {
  const broken: PreparedCase = {
    run: () => {
      throw new Error('boom');
    },
    judge: () => [],
  };
  const verdict = runPrepared(broken, undefined, 1);
  t.regex('message' in verdict ? verdict.message : '', /the engine broke: Error: boom/);
});
