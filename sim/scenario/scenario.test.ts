import test from 'ava';
import fc from 'fast-check';
import {jsonSyntaxProblem} from './json-syntax.ts';
import {DEFAULT_BEHAVIOUR, makeBehaviourFinder} from './behaviours.ts';
import {parseDuration, printDuration} from './durations.ts';
import {expectationText, isWatching, judge} from './expectations.ts';
import {metricNames, parseMetric} from './metrics.ts';
import {placeOf} from './places.ts';
import type {Behaviour, Comparator, ExpectationTime, UniformAgents} from './schema.ts';

const durations: readonly (readonly [string, number | undefined])[] = [
  ['250ms', 250],
  ['5s', 5000],
  ['3m', 180_000],
  ['2h', 7_200_000],
  ['31d', 2_678_400_000],
  ['2w', 1_209_600_000],
  ['1h30m', 5_400_000],
  ['15.5d', 1_339_200_000],
  ['0.3s', 300],
  ['71.429s', 71_429],
  ['0s', 0],
  ['0.5ms', undefined],
  ['', undefined],
  ['5', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['s', undefined],
  ['P1D', undefined],
  ['1e3s', undefined],
  ['99999999999999999w', undefined],
];

for (const [text, expected] of durations) {
  test(`the duration "${text}" is ${expected ?? 'refused'}`, (t) => {
    t.is(parseDuration(text), expected);
  });
}

test('a printed duration is read back as the same', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (durationMs) => {
      t.is(parseDuration(printDuration(durationMs)), durationMs);
    }),
    {seed: 1},
  );
});

const comparisons: readonly (readonly [
  Comparator,
  number,
  readonly [boolean, boolean, boolean],
])[] = [
  ['is', 5, [false, true, false]],
  ['isNot', 5, [true, false, true]],
  ['atLeast', 5, [false, true, true]],
  ['atMost', 5, [true, true, false]],
  ['above', 5, [false, false, true]],
  ['below', 5, [true, false, false]],
];

for (const [comparator, value, expected] of comparisons) {
  test(`${comparator} ${value} judges 4, 5 and 6`, (t) => {
    const verdicts = [4, 5, 6].map(
      (found) => judge({metric: 'tasks.failed', comparator, value}, () => found).passed,
    );
    t.deepEqual(verdicts, [...expected]);
  });
}

test('a metric without a value passes nothing, and a failure says what was found', (t) => {
  const expectation = {metric: 'waiting.p50Seconds', comparator: 'isNot', value: 0} as const;
  t.deepEqual(
    judge(expectation, () => undefined),
    {passed: false, found: 'no value'},
  );
  t.deepEqual(
    judge(expectation, () => Number.NaN),
    {passed: false, found: 'no value'},
  );
  t.deepEqual(
    judge(expectation, () => 0),
    {passed: false, found: '0'},
  );
});

const times: readonly (readonly [ExpectationTime, string, readonly number[]])[] = [
  [{kind: 'end'}, 'x is 1 at the end', []],
  [{kind: 'at', atMs: 60_000}, 'x is 1 at 1m', []],
  [{kind: 'always', sinceMs: 0}, 'x is 1 always', [0, 1000, 2000, 3000]],
  [{kind: 'always', sinceMs: 1000, untilMs: 2000}, 'x is 1 always from 1s until 2s', [1000, 2000]],
];

for (const [when, text, watched] of times) {
  test(`"${text}" watches at its time`, (t) => {
    t.is(expectationText('x', 'is', 1, when), text);
    t.deepEqual(
      [0, 1000, 2000, 3000].filter((nowMs) => isWatching(when, nowMs)),
      [...watched],
    );
  });
}

const metrics: readonly (readonly [string, unknown])[] = [
  ['tasks.failed', {kind: 'tasks', figure: 'failed'}],
  ['waiting.p99Seconds', {kind: 'waiting', figure: 'p99Seconds'}],
  ['utilisation.cpus', {kind: 'utilisation', resource: 'cpus', figure: 'now'}],
  ['utilisation.cpus.mean', {kind: 'utilisation', resource: 'cpus', figure: 'mean'}],
  ['apps./shop/v1.2/web.running', {kind: 'apps', app: '/shop/v1.2/web', figure: 'running'}],
  ['apps./shop/web.zones.north', {kind: 'appZone', app: '/shop/web', zone: 'north'}],
  ['apps.web.healthy', {kind: 'apps', app: '/web', figure: 'healthy'}],
  ['frameworks.batch.share', {kind: 'frameworks', framework: 'batch', figure: 'share'}],
  ['frameworks.my.batch.waiting', {kind: 'frameworks', framework: 'my.batch', figure: 'waiting'}],
  [
    'frameworks.batch.waiting.maxSeconds',
    {kind: 'frameworkWaiting', framework: 'batch', figure: 'maxSeconds'},
  ],
  ['roles.services.share', {kind: 'roles', role: 'services', figure: 'share'}],
  ['roles.eng/web.v2.used.cpus', {kind: 'roleUse', role: 'eng/web.v2', resource: 'cpus'}],
  ['jobs.waited', {kind: 'jobs', figure: 'waited'}],
  ['jobs.waiting', {kind: 'jobs', figure: 'waiting'}],
  ['jobs.waiting.meanSeconds', {kind: 'jobsWaiting', figure: 'meanSeconds'}],
  ['deployments.running', {kind: 'deployments', figure: 'running'}],
  ['deployments.paused', {kind: 'deployments', figure: 'paused'}],
  ['events.deployment_success', {kind: 'events', type: 'deployment_success'}],
  ['events.deployment', undefined],
  ['apps.zones.north', undefined],
  ['agents.lost', {kind: 'agents', figure: 'lost'}],
  ['tasks', undefined],
  ['tasks.failed.now', undefined],
  ['utilisation', undefined],
  ['utilisation.cpus.p99', undefined],
  ['frameworks.share', undefined],
  ['roles.used.cpus', undefined],
  ['roles.eng.used', undefined],
  ['apps.running', undefined],
];

for (const [name, expected] of metrics) {
  test(`the metric ${name} is ${expected === undefined ? 'none' : 'known'}`, (t) => {
    t.deepEqual(parseMetric(name) as unknown, expected);
  });
}

test('every listed metric can be asked for', (t) => {
  for (const name of metricNames())
    t.not(parseMetric(name.replaceAll(/[<>]/g, '')), undefined, name);
});

const behaviour = (match: string, version?: number): Behaviour => ({
  ...DEFAULT_BEHAVIOUR,
  match,
  ...(version !== undefined && {version}),
});

test('the first behaviour that matches holds; a version narrows it', (t) => {
  const find = makeBehaviourFinder([
    behaviour('/shop/web', 2),
    behaviour('/shop/*'),
    behaviour('job:nightly/?'),
    behaviour('/a.b'),
  ]);
  t.is(find('/shop/web', 2).match, '/shop/web');
  t.is(find('/shop/web', 1).match, '/shop/*');
  t.is(find('/shop/deep/er', 1).match, '/shop/*');
  t.is(find('job:nightly/7', 1).match, 'job:nightly/?');
  t.is(find('job:nightly/17', 1), DEFAULT_BEHAVIOUR);
  t.is(find('/aXb', 1), DEFAULT_BEHAVIOUR);
});

test('a behaviour may be of definitions that have some fields, which jobs have not', (t) => {
  const bad = {...behaviour('*'), with: {cmd: 'bad'}};
  const find = makeBehaviourFinder([bad, behaviour('/a')]);
  t.is(
    find('/a', 1, ({cmd}) => cmd === 'bad'),
    bad,
  );
  t.is(find('/a', 1, () => false).with, undefined);
  t.is(find('job:a/1', 1), DEFAULT_BEHAVIOUR);
});

const group = (zones: readonly string[], racks: readonly string[]): UniformAgents => ({
  kind: 'uniform',
  name: 'n',
  count: 6,
  attributes: {},
  zones,
  racks,
  resources: {scalars: {cpus: 1000}, ranges: {}, sets: {}},
});

test('agents are dealt round robin over racks, and racks over zones', (t) => {
  const both = group(['x', 'y'], ['r0', 'r1', 'r2']);
  t.deepEqual(
    [0, 1, 2, 3].map((index) => placeOf(both, index)),
    [
      {hostname: 'n-0', zone: 'x', rack: 'r0'},
      {hostname: 'n-1', zone: 'y', rack: 'r1'},
      {hostname: 'n-2', zone: 'x', rack: 'r2'},
      {hostname: 'n-3', zone: 'x', rack: 'r0'},
    ],
  );
  t.deepEqual(placeOf(group(['x', 'y'], []), 3), {hostname: 'n-3', zone: 'y'});
  t.deepEqual(placeOf(group([], ['r0']), 3), {hostname: 'n-3', rack: 'r0'});
  t.deepEqual(placeOf(group([], []), 3), {hostname: 'n-3'});
});

const notJson: readonly (readonly [string, string, number, number])[] = [
  ['', 'the text ends at line 1: expected a value', 1, 1],
  ['{"a": 1', 'the text ends at line 1 while "{" of line 1 is still open', 1, 8],
  [
    '{"a": "b',
    'the text ends at line 1 while "{" of line 1 and """ of line 1 are still open',
    1,
    9,
  ],
  ['{"a": 1,}', 'expected a name in quotes, found "}"', 1, 9],
  ['[1, 2,\n]', 'expected a value, found "]"', 2, 1],
  ["{'a': 1}", 'expected a name in quotes or "}", found "\'"', 1, 2],
  ['{"a" 1}', 'expected ":", found "1"', 1, 6],
  ['[1 2]', 'expected "," or the closing bracket, found "2"', 1, 4],
  ['[1}', 'expected "," or the closing bracket, found "}"', 1, 3],
  ['{} {}', 'expected nothing more, found "{"', 1, 4],
  ['[01]', 'expected a value or "]", found "01"', 1, 2],
];

for (const [text, message, line, column] of notJson) {
  test(`what is not JSON is told with its place: ${JSON.stringify(text)}`, (t) => {
    const {message: found, ...place} = jsonSyntaxProblem(text) ?? {message: 'none'};
    t.is(found, `not JSON: ${message}`);
    t.deepEqual(place, {line, column});
  });
}

test('the JSON scanner agrees with JSON.parse, also with one character changed', (t) => {
  const text = fc.json({maxDepth: 4});
  const change = fc.record({
    text,
    at: fc.nat(),
    by: fc.constantFrom('', '"', '{', ']', ',', ':', '0', 'x', '\\'),
  });
  fc.assert(
    fc.property(change, ({text: before, at, by}) => {
      const place = at % (before.length + 1);
      const changed = before.slice(0, place) + by + before.slice(place + 1);
      for (const candidate of [before, changed]) {
        t.is(jsonSyntaxProblem(candidate) === undefined, isJson(candidate), candidate);
      }
    }),
    {seed: 1, numRuns: 2000},
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
