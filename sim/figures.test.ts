import test from 'ava';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../engine/index.ts';
import type {Input} from '../engine/index.ts';
import {ExpectationWatch} from './expectation-watch.ts';
import {misfitJobs, Roominess, withoutJobs} from './fit.ts';
import {Gauge} from './measure.ts';
import {RunHash} from './run-hash.ts';
import {Sampler} from './sampler.ts';
import type {Expectation} from './scenario/schema.ts';
import {testPlanted, type Planted, type Shown} from './testing/planted.ts';
import {parseTrace} from './traces/parse-trace.ts';
import type {JobTrace} from './traces/trace.ts';
import {nearestRank, waitingHistogram, waitingStats} from './waiting.ts';
import {AgentTable} from './world/agents.ts';
import {NumberList} from './world/growable.ts';
import {mergePatch} from './world/sources/merge-patch.ts';

// Waiting times.

test('percentiles are by nearest rank', (t) => {
  const hundred = Float64Array.from({length: 100}, (_, index) => index + 1);
  t.deepEqual(
    [0.5, 0.9, 0.95, 0.99, 1].map((share) => nearestRank(hundred, share)),
    [50, 90, 95, 99, 100],
  );
  t.deepEqual(
    [0.5, 0.99].map((share) => nearestRank(Float64Array.of(7, 9), share)),
    [7, 9],
  );
  t.is(waitingStats(new Float64Array()).count, 0);
});

test('the histogram puts every wait into one bucket, waits of 0 into the first', (t) => {
  const waits = new NumberList();
  for (const waitedMs of [0, 0, 1, 2, 3, 5, 6, 999, 1000, 1001]) waits.push(waitedMs);
  const {upperMs, byFramework} = waitingHistogram([
    ['a', waits],
    ['b', new NumberList()],
  ]);
  t.deepEqual(upperMs, [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]);
  t.deepEqual(byFramework, {
    a: [2, 1, 1, 2, 1, 0, 0, 0, 0, 0, 2, 1],
    b: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  });
});

// Figures over time.

test('a mean is weighted by time and by what there was to use', (t) => {
  const gauge = new Gauge();
  gauge.set(0, 0.5);
  gauge.accrue(5, 10, 1000);
  gauge.set(1000, 0);
  gauge.accrue(0, 10, 3000);
  t.is(gauge.mean, 0.125);
  t.is(gauge.peak, 0.5);
  // Half the cluster is gone: what is left counts for less.
  gauge.set(4000, 1);
  gauge.accrue(5, 5, 1000);
  t.is(gauge.mean, 10 / 45);
  t.is(gauge.peakAt, 4000);
});

const twoAgents = ['a', 'b'].map((hostname) => ({
  hostname,
  group: 'g',
  zone: undefined,
  rack: undefined,
  region: undefined,
  attributes: {},
  resources: {scalars: {cpus: 2000}},
}));

const reading = (running: number) => ({
  running,
  waiting: 0,
  agentsUp: 2,
  usedRatio: [running / 4],
  shareRatio: [0.5],
});

test('samples show what held at their instant', (t) => {
  const agents = new AgentTable(twoAgents);
  const sampler = new Sampler({everyMs: 10, fillRows: 1}, agents);
  agents.usedCpus[0] = 1000;
  sampler.take(25, reading(1));
  agents.crashes[0] = 1;
  agents.crashes[1] = 1;
  sampler.finish(33, reading(2));
  t.deepEqual(sampler.series(['cpus', ''], ['batch']), {
    atMs: [0, 10, 20, 30, 33],
    runningTasks: [1, 1, 1, 2, 2],
    waitingTasks: [0, 0, 0, 0, 0],
    agentsUp: [2, 2, 2, 2, 2],
    usedRatio: {cpus: [0.25, 0.25, 0.25, 0.5, 0.5]},
    shareRatio: {batch: [0.5, 0.5, 0.5, 0.5, 0.5]},
  });
  t.deepEqual(sampler.fillMap().rows, ['a … b']);
  t.deepEqual(sampler.fillMap().cells, [[0.25, 0.25, 0.25, -1, -1]]);
});

test('a run of any length has a bounded number of points on an even grid', (t) => {
  const sampler = new Sampler({everyMs: 1, fillRows: 2}, new AgentTable(twoAgents));
  sampler.take(50_001, reading(1));
  const {atMs} = sampler.series([], []);
  t.true(atMs.length > 2000 && atMs.length < 4000);
  const [first = 0, second = 0] = atMs;
  t.true(atMs.every((at, index) => at === first + index * (second - first)));
  const {atMs: fillAt} = sampler.fillMap();
  t.true(fillAt.length > 100 && fillAt.length <= 400);
  const step = (fillAt[1] ?? 0) - (fillAt[0] ?? 0);
  t.true(fillAt.every((at, index) => at === index * step));
});

// Expectations.

const expectation = (when: Expectation['when']): Expectation => ({
  text: 'x is at most 1',
  when,
  metric: 'tasks.failed',
  comparator: 'atMost',
  value: 1,
});

/** The value is 0 from 0, 2 from 10, 1 from 20; the run ends at 30. */
const watched: readonly (readonly [Expectation['when'], number | undefined])[] = [
  [{kind: 'end'}, undefined],
  [{kind: 'at', atMs: 9}, undefined],
  [{kind: 'at', atMs: 10}, 10],
  [{kind: 'at', atMs: 19}, 19],
  [{kind: 'at', atMs: 20}, undefined],
  [{kind: 'at', atMs: 31}, 30],
  [{kind: 'always', sinceMs: 0}, 10],
  [{kind: 'always', sinceMs: 15}, 15],
  [{kind: 'always', sinceMs: 20}, undefined],
  [{kind: 'always', sinceMs: 0, untilMs: 9}, undefined],
  [{kind: 'always', sinceMs: 0, untilMs: 10}, 10],
];

for (const [when, failedAtMs] of watched) {
  const verdict = failedAtMs === undefined ? 'passes' : `fails at ${failedAtMs}`;
  test(`an expectation for ${JSON.stringify(when)} ${verdict}`, (t) => {
    const watch = new ExpectationWatch([expectation(when)]);
    watch.hold(0, 10, () => 0);
    watch.hold(10, 20, () => 2);
    watch.hold(20, 30, () => 1);
    watch.finish(30, false, () => 1);
    t.is(watch.results()[0]?.failedAtMs, failedAtMs);
  });
}

// The hash.

test('every field, their order and the instant count in the hash', (t) => {
  const status = (change: Partial<Extract<Input, {kind: 'taskStatus'}>>): Input => ({
    kind: 'taskStatus',
    agentId: agentIdOf('a'),
    frameworkId: frameworkIdOf('f'),
    taskId: taskIdOf('t'),
    state: 'TASK_RUNNING',
    updateId: '1',
    ...change,
  });
  const digits = (...inputs: readonly (readonly [number, Input])[]): string => {
    const hash = new RunHash();
    for (const [now, input] of inputs) hash.input(now, input);
    return hash.digits;
  };
  const all = [
    digits(),
    digits([1, status({})]),
    digits([2, status({})]),
    digits([1, status({updateId: '2'})]),
    digits([1, status({state: 'TASK_FAILED'})]),
    digits([1, status({healthy: true})]),
    digits([1, status({healthy: false})]),
    digits([1, {kind: 'tick'}], [1, status({})]),
    digits([1, status({})], [1, {kind: 'tick'}]),
    digits([1, status({agentId: agentIdOf('at'), taskId: taskIdOf('')})]),
    digits([
      1,
      {kind: 'request', requestId: 'r', frameworkId: frameworkIdOf('f'), request: {a: 1}},
    ]),
    digits([
      1,
      {kind: 'request', requestId: 'r', frameworkId: frameworkIdOf('f'), request: {a: 2}},
    ]),
  ];
  t.is(new Set(all).size, all.length);
  t.true(all.every((text) => /^[0-9a-f]{16}$/.test(text)));
});

// Apps and fits.

test('a merge patch is that of RFC 7396', (t) => {
  const app = {id: '/a', env: {A: '1', B: '2'}, args: ['x'], cpus: 1};
  t.deepEqual(mergePatch(app, {env: {B: null, C: '3'}, args: ['y'], cpus: null}), {
    id: '/a',
    env: {A: '1', C: '3'},
    args: ['y'],
  });
  t.deepEqual(mergePatch({env: 'text'}, {env: {A: {B: null}}}), {env: {A: {}}});
});

test('jobs that fit no agent or not the cluster are found and can be left out', (t) => {
  const text = 'id,submit_s,duration_s,tasks,cpus,mem_mb\na,0,1,4,1,0\nb,0,1,5,1,0\nc,0,1,1,3,0\n';
  const trace = parseTrace(text, 'jobs.csv') as JobTrace;
  const workload = {
    kind: 'jobs' as const,
    name: 'jobs',
    framework: 'batch',
    atMs: 0,
    source: {kind: 'file' as const, file: {written: 'jobs.csv', path: 'jobs.csv'}},
    arrivalScale: 1,
    perTask: {scalars: {cpus: 1000}, ranges: {}, sets: {}},
  };
  const {rows, messages} = misfitJobs(workload, trace, new Roominess(twoAgents));
  t.deepEqual([...rows], [1, 2]);
  t.deepEqual(messages, [
    'job b (row 2) is too wide: 5 tasks at once, the whole cluster holds 4',
    'job c (row 3) is bigger than any machine: a task takes cpus:3, the largest agent has cpus:2',
  ]);
  t.deepEqual(withoutJobs(trace, rows).ids, ['a']);
});

// The checker must find what is planted.

const of = (task: string, agent = 'a') => ({
  agentId: agentIdOf(agent),
  frameworkId: frameworkIdOf('f'),
  taskId: taskIdOf(task),
});
const registered = (agent: string): Shown => ({
  input: {
    kind: 'agentRegistered',
    agent: {id: agentIdOf(agent), hostname: agent, attributes: {}},
    resources: {scalars: {cpus: 2000}, ranges: {ports: [[1, 10]]}},
    tasks: [],
  },
});
const launch = (task: string, agent = 'a', cpus = 1000, port = 0): Shown => ({
  effect: {
    kind: 'launchTask',
    ...of(task, agent),
    name: task,
    origin: {kind: 'job', jobId: task, serial: 0, attempt: 0},
    resources: {scalars: {cpus}, ...(port > 0 && {ranges: {ports: [[port, port]]}})},
  },
});
const says = (task: string, state: 'TASK_RUNNING' | 'TASK_FINISHED', agent = 'a'): Shown => ({
  input: {kind: 'taskStatus', ...of(task, agent), state, updateId: '1'},
});
const acknowledged = (task: string): Shown => ({
  effect: {kind: 'acknowledgeStatus', ...of(task), updateId: '1'},
});

const planted: readonly Planted[] = [
  ['two tasks that fit', [launch('t', 'a', 1000, 1), launch('u', 'a', 1000, 2)], undefined],
  [
    'room that came back',
    [launch('t', 'a', 2000), says('t', 'TASK_FINISHED'), launch('u', 'a', 2000)],
    undefined,
  ],
  ['too much on an agent', [launch('t', 'a', 1500), launch('u', 'a', 600)], /gives 2100 of cpus/],
  ['a port twice', [launch('t', 'a', 1, 5), launch('u', 'a', 1, 5)], /gives ports of f\/u twice/],
  ['a port that is not there', [launch('t', 'a', 1, 11)], /gives ports/],
  ['a task in two places', [launch('t', 'a'), launch('t', 'b')], /is launched on b, but is on a/],
  [
    'a task that another agent reports',
    [launch('t'), says('t', 'TASK_RUNNING', 'b')],
    /reported by b/,
  ],
  [
    'life after the end',
    [launch('t'), says('t', 'TASK_FINISHED'), says('t', 'TASK_RUNNING')],
    /after its end/,
  ],
  [
    'a launch after the end',
    [launch('t'), says('t', 'TASK_FINISHED'), acknowledged('t'), launch('t')],
    /launched after its end/,
  ],
  ['an agent that nobody knows', [launch('t', 'c')], /unknown agent c/],
  [
    'a re-registration that frees',
    [launch('t', 'a', 2000), registered('a'), launch('u', 'a', 2000)],
    undefined,
  ],
];

testPlanted([registered('a'), registered('b')], planted);
