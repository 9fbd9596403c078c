/**
 * What the HTTP API reads and writes: queries, paths, selectors, bodies, and the forms of answers.
 */
import test from 'ava';
import fc from 'fast-check';
import type {App} from '../definition/app-definition.ts';
import {normaliseApp} from '../definition/normalise.ts';
import {appInfo} from './app-info.ts';
import {parseAppEmbed, parseGroupEmbed} from './embed.ts';
import {groupForm, type GroupFacts} from './group-form.ts';
import {created, deployed, invalid} from './http-form.ts';
import {noContent, parseBody, unknownRoute, wrongMethod} from '../../http/answers.ts';
import {NESTING_MAX, parseJsonText} from '../../json/json-text.ts';
import {matchesSelectors, parseLabelSelectors} from './label-selector.ts';
import {flagOf, parseQuery, valueOf, valuesOf} from '../../http/query.ts';
import {hasTask, instanceOfTask, taskForm, taskStateOf, type InstanceFacts} from './task-form.ts';
import {taskStats, type StatsTask} from './task-stats.ts';

const T0 = 1_577_836_800_000; // 2020-01-01

const FLAGS: readonly (readonly [string, boolean, boolean])[] = [
  ['', false, false],
  ['', true, true],
  ['force', false, true],
  ['force=', false, true],
  ['force=true', false, true],
  ['force=True', false, true],
  ['force=false', true, false],
  ['force=False', true, false],
  ['force=1', true, false],
  ['force=true&force=false', false, true],
  ['x=force', false, false],
];

for (const [query, absent, expected] of FLAGS) {
  test(`?${query} is ${expected} where ${absent} is the default`, (t) => {
    t.is(flagOf(parseQuery(query), 'force', absent), expected);
  });
}

test('names may come again, with brackets, and encoded', (t) => {
  const query = parseQuery('embed=a&embed=b%20c&status%5B%5D=x&status=y+z&&label=a%3D%3D1&p=50%');
  t.deepEqual(valuesOf(query, 'embed'), ['a', 'b c']);
  t.deepEqual(valuesOf(query, 'status'), ['y z', 'x']);
  t.is(valueOf(query, 'label'), 'a==1');
  t.is(valueOf(query, 'p'), '50%');
  t.is(valueOf(query, 'none'), undefined);
});

// Seen to fail with `+` decoded after the escapes, so that `%2B` became a space.
test('a query that is encoded is read as it was meant', (t) => {
  const pairs = fc.array(fc.tuple(fc.string({minLength: 1}), fc.string()), {maxLength: 5});
  fc.assert(
    fc.property(pairs, fc.boolean(), (list, isForm) => {
      const encode = (text: string): string => {
        const encoded = encodeURIComponent(text);
        return isForm ? encoded.replaceAll('%20', '+') : encoded;
      };
      const query = parseQuery(
        list.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'),
      );
      for (const [name] of list) {
        const values = list.filter(([other]) => other === name).map(([, value]) => value);
        t.deepEqual(query.get(name), values);
      }
    }),
  );
});

test('embedding knows every prefix, and ignores what it does not know', (t) => {
  const nothing = parseAppEmbed([]);
  t.true(Object.values(nothing).every((value) => !value));
  for (const prefix of ['', 'app.', 'apps.', 'group.apps.']) {
    t.deepEqual(parseAppEmbed([`${prefix}tasks`]), {...nothing, tasks: true, deployments: true});
    t.deepEqual(parseAppEmbed([`${prefix}taskStats`, 'x']), {
      ...nothing,
      taskStats: true,
      tasksStats: prefix !== 'app.',
    });
    t.deepEqual(parseAppEmbed([`${prefix}counts`, `${prefix}readiness`]), {
      ...nothing,
      counts: true,
      readiness: true,
    });
    t.deepEqual(parseAppEmbed([`${prefix}failures`], ['counts']), {
      ...nothing,
      counts: true,
      tasks: true,
      deployments: true,
      lastTaskFailure: true,
    });
  }
  const all = {apps: true, pods: true, groups: true, app: nothing};
  t.deepEqual(parseGroupEmbed([]), all);
  t.deepEqual(parseGroupEmbed(['group.apps', 'group.apps.counts']), {
    apps: true,
    pods: false,
    groups: false,
    app: {...nothing, counts: true},
  });
});

const LABELS = {a: '1', 'x y': 'b,c', empty: ''};
const SELECTORS: readonly (readonly [string, boolean | 'refused'])[] = [
  ['', true],
  ['a', true],
  ['b', false],
  ['a==1', true],
  ['a == 1', true],
  ['a!=1', false],
  ['a!=2', true],
  ['b!=1', false],
  ['a in (1, 2)', true],
  ['a in(1)', true],
  ['a in (2)', false],
  ['a in ()', false],
  ['a notin ()', true],
  ['a notin (1,2)', false],
  ['a notin (2)', true],
  ['b notin (2)', false],
  ['a,a==1,a in (1)', true],
  ['a,b', false],
  ['x\\ y==b\\,c', true],
  ['\\a', true],
  ['in', false],
  [' a ', true],
  ['a=1', 'refused'],
  ['a==', 'refused'],
  ['a in', 'refused'],
  ['a in (1', 'refused'],
  ['a in (1,)', 'refused'],
  ['a,', 'refused'],
  ['a b', 'refused'],
  ['(a)', 'refused'],
  ['a/b', 'refused'],
  ['a\\', 'refused'],
];

for (const [text, expected] of SELECTORS) {
  test(`the selector '${text}' is ${expected}`, (t) => {
    const parsed = parseLabelSelectors(text);
    t.is(parsed.ok ? matchesSelectors(parsed.selectors, LABELS) : 'refused', expected);
    if (parsed.ok) return;
    t.true(parsed.message.startsWith(`Can not parse label selector ${text}. Reason: `));
  });
}

interface PlainSelector {
  readonly key: string;
  readonly sign: string;
  readonly values: readonly string[];
}

// Seen to fail with `notin` true of labels that are not there, and with escapes kept in terms.
test('a selector that is written down selects what it says', (t) => {
  const term = fc.constantFrom(
    'a',
    'b',
    'in',
    'notin',
    'x y',
    '(',
    ',',
    '==',
    '\\',
    'ü',
    'a-b.c_d',
  );
  const selector: fc.Arbitrary<PlainSelector> = fc.oneof(
    fc.record({key: term, sign: fc.constant('exists'), values: fc.constant([])}),
    fc.record({
      key: term,
      sign: fc.constantFrom('==', '!='),
      values: fc.array(term, {minLength: 1, maxLength: 1}),
    }),
    fc.record({
      key: term,
      sign: fc.constantFrom('in', 'notin'),
      values: fc.array(term, {maxLength: 3}),
    }),
  );
  const escape = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, '\\$&');
  const write = ({key, sign, values}: PlainSelector, gap: string): string => {
    const terms = values.map(escape);
    if (sign === 'exists') return escape(key);
    if (sign === '==' || sign === '!=') return [escape(key), sign, terms[0]].join(gap);
    return `${escape(key)} ${sign}${gap}(${terms.join(`${gap},`)})`;
  };
  const naive = ({key, sign, values}: PlainSelector, labels: Map<string, string>): boolean => {
    const value = labels.get(key);
    if (value === undefined) return false;
    if (sign === 'exists') return true;
    return sign === '==' || sign === 'in' ? values.includes(value) : !values.includes(value);
  };
  const labelled = fc.array(fc.tuple(term, term), {maxLength: 4}).map((list) => new Map(list));
  const list = fc.array(selector, {minLength: 1, maxLength: 3});
  fc.assert(
    fc.property(list, labelled, fc.constantFrom('', ' ', '\t\n'), (wanted, labels, gap) => {
      const text = wanted.map((one) => write(one, gap)).join(`${gap},${gap}`);
      const parsed = parseLabelSelectors(text);
      if (!parsed.ok) return t.fail(parsed.message);
      const expected = wanted.every((one) => naive(one, labels));
      return t.is(matchesSelectors(parsed.selectors, Object.fromEntries(labels)), expected, text);
    }),
  );
});

const TEXTS: readonly (readonly [string, string])[] = [
  ['{', 'Unexpected end of the text at line 1, column 2'],
  ['{"a":1,}', 'Expected the name of a field in double quotes at line 1, column 8'],
  ['{"a" 1}', 'Expected a colon at line 1, column 6'],
  ['[1 2]', 'Expected a comma or a closing bracket at line 1, column 4'],
  ['[1,]', 'Expected a value at line 1, column 4'],
  ['{\n  "a": nope\n}', 'Expected a value at line 2, column 8'],
  ['{} x', 'Unexpected text after the value at line 1, column 4'],
  ['"a\nb"', 'Expected a value at line 1, column 1'],
  ['[}', 'Expected a value at line 1, column 2'],
  ['['.repeat(300), `Nested deeper than ${NESTING_MAX} brackets at line 1, column 257`],
];

for (const [text, message] of TEXTS) {
  test(`${JSON.stringify(text.slice(0, 20))} is no JSON: ${message}`, (t) => {
    t.deepEqual(parseJsonText(text), {ok: false, message});
    const answer = parseBody(text);
    t.deepEqual(answer.ok ? undefined : answer.answer.body, {
      message: 'Invalid JSON',
      details: message,
    });
    t.is(answer.ok ? 0 : answer.answer.status, 400);
  });
}

test('an empty body is told so', (t) => {
  for (const body of [undefined, '', ' \n']) {
    const parsed = parseBody(body);
    t.is(parsed.ok ? 0 : parsed.answer.status, 400);
    t.like(parsed.ok ? {} : parsed.answer.body, {message: 'Please specify data in JSON format'});
  }
});

test('a long text is read without a deep stack', (t) => {
  const text = JSON.stringify({a: 'x'.repeat(2_000_000), b: '\n'.repeat(500_000)});
  t.true(parseJsonText(text).ok);
  t.false(parseJsonText(text.slice(0, -3)).ok);
});

// Seen to fail with a comma taken before a closing bracket, and with `01` taken for a number.
test('a text is JSON exactly if the runtime says so', (t) => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    ',]',
    ',}',
    '"\\u00e9"',
    '"\\x"',
    '1',
    '-0.5e+3',
    '01',
    '.5',
    'true',
    'nul',
    'null',
    ' ',
    '\n',
    '\u00a0',
  );
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.array(piece, {maxLength: 2}), fc.nat(2))
    .map(([text, at, pieces, cut]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + pieces.join('') + text.slice(place + cut);
    });
  const soup = fc.array(piece, {maxLength: 8}).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.oneof(broken, soup, fc.json()), (text) => {
      let expected: unknown;
      let isJson = true;
      try {
        expected = JSON.parse(text) as unknown;
      } catch {
        isJson = false;
      }
      const parsed = parseJsonText(text);
      t.is(parsed.ok, isJson, JSON.stringify(text));
      if (parsed.ok) t.deepEqual(parsed.value, expected);
    }),
    {numRuns: 2000},
  );
});

test('answers are not cached, and carry what clients look for', (t) => {
  const result = {version: '2020-01-01T00:00:00.000Z', deploymentId: 'd1'};
  t.deepEqual(created('/a', result), {
    status: 201,
    headers: {
      'Cache-Control': 'no-cache, no-store, must-revalidate',
      Pragma: 'no-cache',
      Expires: '0',
      'Content-Type': 'application/json',
      Location: '/a',
      'Marathon-Deployment-Id': 'd1',
    },
    body: result,
  });
  t.like(deployed(result), {status: 200, body: result});
  t.deepEqual(created('/a', result, {id: '/a'}).body, {id: '/a'});
  t.false('Content-Type' in noContent.headers);
  t.is(noContent.body, undefined);
  t.is(unknownRoute('/x').status, 404);
  t.is(wrongMethod(['GET', 'PUT']).headers['Allow'], 'GET, HEAD, OPTIONS, PUT');
  t.is(wrongMethod(['PUT']).headers['Allow'], 'OPTIONS, PUT');
});

test('faults are told by path, and those of JSON types under another title', (t) => {
  const faults = [
    {path: '/a', message: 'x'},
    {path: '/', message: 'y'},
    {path: '/a', message: 'z'},
    {path: '/a', message: 'x'},
  ];
  t.deepEqual(invalid(faults).body, {
    message: 'Object is not valid',
    details: [
      {path: '/a', errors: ['x', 'z']},
      {path: '/', errors: ['y']},
    ],
  });
  const read = normaliseApp(
    {id: 123},
    {mesosBridgeName: 'b', defaultRole: '*', enabledFeatures: []},
  );
  t.deepEqual(invalid(read.ok ? [] : read.faults), {
    ...invalid([]),
    body: {
      message: 'Invalid JSON',
      details: [{path: '/id', errors: ['error.expected.jsstring']}],
    },
  });
});

function app(body: object): App {
  const read = normaliseApp(body, {mesosBridgeName: 'b', defaultRole: '*', enabledFeatures: []});
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return {definition: read.value, version: T0, lastScalingAt: T0, lastConfigChangeAt: T0 - 1000};
}

const SHOWN = app({id: '/g/a', cmd: 'x', portDefinitions: [{port: 10_000}]});

const INSTANCE: InstanceFacts = {
  id: 'g_a.instance-5c1f',
  incarnation: 2,
  condition: 'Running',
  agentId: 'S0',
  host: 'agent1',
  region: undefined,
  zone: 'z1',
  hostPorts: [31_045, null],
  containerIp: '172.17.0.3',
  stagedAt: T0,
  startedAt: T0 + 3000,
  spec: {app: SHOWN, appId: '/g/a', versionText: '2020-01-01T00:00:00.000Z'},
};

test('a task is shown as in the samples', (t) => {
  const health = [
    {
      alive: true,
      consecutiveFailures: 0,
      firstSuccess: '2020-01-01T00:00:00.000Z',
      lastSuccess: '2020-01-01T00:00:00.001Z',
      instanceId: 'g_a.instance-5c1f',
    },
  ];
  t.deepEqual(taskForm(INSTANCE, {health}), {
    ipAddresses: [{ipAddress: '172.17.0.3', protocol: 'IPv4'}],
    stagedAt: '2020-01-01T00:00:00.000Z',
    state: 'TASK_RUNNING',
    ports: [31_045],
    startedAt: '2020-01-01T00:00:03.000Z',
    version: '2020-01-01T00:00:00.000Z',
    id: 'g_a.instance-5c1f._app.2',
    appId: '/g/a',
    slaveId: 'S0',
    host: 'agent1',
    servicePorts: [10_000],
    healthCheckResults: health,
    zone: 'z1',
    role: '*',
  });
  const bare = taskForm({...INSTANCE, startedAt: undefined, containerIp: undefined});
  t.false('startedAt' in bare || 'healthCheckResults' in bare || 'localVolumes' in bare);
  t.deepEqual(bare['ipAddresses'], []);
  const volumes = [{containerPath: 'data', uuid: 'u', persistenceId: 'p'}];
  t.deepEqual(taskForm(INSTANCE, {localVolumes: volumes})['localVolumes'], [
    {runSpecId: '/g/a', containerPath: 'data', uuid: 'u', persistenceId: 'p'},
  ]);
  t.deepEqual(taskForm({...INSTANCE, containerIp: 'fd00::1'})['ipAddresses'], [
    {ipAddress: 'fd00::1', protocol: 'IPv6'},
  ]);
});

test('both kinds of unreachable look the same, and waiting instances have no task', (t) => {
  t.is(taskStateOf('Unreachable'), 'TASK_UNREACHABLE');
  t.is(taskStateOf('UnreachableInactive'), 'TASK_UNREACHABLE');
  t.is(taskStateOf('Provisioned'), 'TASK_STAGING');
  t.true(hasTask(INSTANCE));
  t.false(hasTask({...INSTANCE, condition: 'Scheduled'}));
  t.false(hasTask({...INSTANCE, incarnation: 0}));
  t.is(instanceOfTask('g_a.instance-5c1f._app.2'), 'g_a.instance-5c1f');
  t.is(instanceOfTask('g_a.instance-5c1f'), 'g_a.instance-5c1f');
  t.is(instanceOfTask('invalidTaskId'), undefined);
});

test('an app shows what is embedded, and statistics under both names', (t) => {
  const plain = appInfo(SHOWN);
  t.is(plain['version'], '2020-01-01T00:00:00.000Z');
  t.deepEqual(plain['versionInfo'], {
    lastScalingAt: '2020-01-01T00:00:00.000Z',
    lastConfigChangeAt: '2019-12-31T23:59:59.000Z',
  });
  for (const name of ['tasksRunning', 'deployments', 'tasks', 'tasksStats', 'lastTaskFailure']) {
    t.false(name in plain, name);
  }
  const full = appInfo(SHOWN, {
    counts: {staged: 1, running: 2, healthy: 3, unhealthy: 4},
    deploymentIds: ['d'],
    tasks: [],
    readiness: [{name: 'r', taskId: 't', ready: false}],
    taskStats: {},
    tasksStats: {},
  });
  t.like(full, {
    tasksStaged: 1,
    tasksRunning: 2,
    tasksHealthy: 3,
    tasksUnhealthy: 4,
    deployments: [{id: 'd'}],
    tasks: [],
    readinessCheckResults: [{name: 'r', taskId: 't', ready: false}],
    tasksStats: {},
    taskStats: {},
  });
});

const TASK: StatsTask = {
  version: T0,
  startedAt: T0,
  isStaged: false,
  isRunning: true,
  healthy: true,
};

test('statistics tell old from new, and how long tasks have lived', (t) => {
  const tasks = [
    TASK,
    {...TASK, startedAt: T0 + 4000, healthy: undefined},
    {...TASK, version: T0 - 5000, startedAt: T0 - 5000, healthy: false},
    {...TASK, startedAt: undefined, isRunning: false, isStaged: true, healthy: undefined},
  ];
  const versions = {lastScalingAt: T0, lastConfigChangeAt: T0 - 1000};
  const stats = taskStats(tasks, versions, T0 + 10_000);
  t.deepEqual(stats.totalSummary?.stats, {
    counts: {staged: 1, running: 3, healthy: 1, unhealthy: 1},
    lifeTime: {averageSeconds: (10 + 6 + 15) / 3, medianSeconds: 10},
  });
  t.deepEqual(stats.withOutdatedConfig?.stats, {
    counts: {staged: 0, running: 1, healthy: 0, unhealthy: 1},
    lifeTime: {averageSeconds: 15, medianSeconds: 15},
  });
  t.deepEqual(stats.withLatestConfig, stats.startedAfterLastScaling);
  t.deepEqual(taskStats([], versions, T0), {});
});

test('a group shows those parts that are asked for, at every depth', (t) => {
  const inner: GroupFacts<string> = {
    id: '/g/h',
    apps: ['/g/h/a'],
    groups: [],
    dependencies: ['/x'],
    enforceRole: false,
    version: T0,
  };
  const group = {...inner, id: '/g', apps: [], groups: [inner], enforceRole: true};
  const form = (apps: boolean, groups: boolean): unknown =>
    groupForm(group, {apps, pods: true, groups}, (id) => ({id}));
  const version = '2020-01-01T00:00:00.000Z';
  const rest = {pods: [], dependencies: ['/x'], version};
  t.deepEqual(form(true, true), {
    id: '/g',
    apps: [],
    groups: [{id: '/g/h', apps: [{id: '/g/h/a'}], groups: [], enforceRole: false, ...rest}],
    enforceRole: true,
    ...rest,
  });
  t.deepEqual(form(false, false), {id: '/g', enforceRole: true, ...rest});
});
