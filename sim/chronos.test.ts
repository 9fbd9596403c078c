import test from 'ava';
import {temporalZones} from '../adapters/zones/temporal-zones.ts';
import {agentIdOf, frameworkIdOf, makeRandom, taskIdOf} from '../engine/index.ts';
import type {Input} from '../engine/index.ts';
import type {SimResult} from './result.ts';
import type {Scenario} from './scenario/schema.ts';
import {Simulation} from './simulation.ts';
import {NO_SUPPLIES} from './supplies.ts';
import {testPlanted, type Planted, type Shown} from './testing/planted.ts';
import {
  makeScenario,
  mixedScenario,
  resultOf,
  runChecked,
  throughJson,
} from './testing/scenarios.ts';
import {checkWorkloads} from './workload-check.ts';

const SUPPLIES = {...NO_SUPPLIES, timeZones: temporalZones};

type Fields = Readonly<Record<string, unknown>>;

/** Two days over the night in which the clocks of Berlin go forward. */
function written(more: Fields): Fields {
  return {
    start: '2026-03-28T00:00:00Z',
    until: '2026-03-30T00:00:00Z',
    cluster: {agents: [{name: 'node', count: 3, resources: 'cpus:4;mem:4096;disk:10000'}]},
    ...more,
  };
}

function run(more: Fields): SimResult {
  return resultOf(runChecked(makeScenario(written(more)), SUPPLIES));
}

const NIGHTLY = {
  name: 'nightly',
  command: 'dump',
  schedule: 'R/2026-03-28T02:30:00/P1D',
  scheduleTimeZone: 'Europe/Berlin',
};
const HOURLY = {name: 'hourly', command: 'rotate', schedule: 'R/2026-03-28T00:30:00Z/PT1H'};
const AFTER = {name: 'after', command: 'check', parents: ['nightly']};

/** A job's figures at the end: claimed, succeeded, failed, cancelled, retries, skipped, active. */
function figuresOf({schedules}: SimResult, job: string): readonly number[] {
  const entry = schedules?.list.find((other) => other.job === job);
  if (entry === undefined) return [];
  const {claimed, succeeded, failed, cancelled, retries, skipped, active} = entry;
  return [claimed, succeeded, failed, cancelled, retries, skipped, active];
}

test('jobs run on their schedule and after their parents, for a minute each', (t) => {
  const result = run({workloads: [{job: [NIGHTLY, AFTER, HOURLY]}]});
  t.deepEqual(figuresOf(result, 'nightly'), [2, 2, 0, 0, 0, 0, 0]);
  t.deepEqual(figuresOf(result, 'after'), [2, 2, 0, 0, 0, 0, 0]);
  t.deepEqual(figuresOf(result, 'hourly'), [48, 48, 0, 0, 0, 0, 0]);
  t.like(result.schedules, {jobs: 3, claimed: {slot: 50, manual: 0, child: 2}, skipped: {}});
  t.like(result.frameworks[0], {
    ...{name: 'chronos', kind: 'chronos', role: 'chronos'},
    tasks: {submitted: 52, placed: 52, finished: 52, running: 0, waiting: 0},
  });
  t.is(result.timeZones, temporalZones.version);
  t.is(result.start, '2026-03-28T00:00:00.000Z');
  t.deepEqual(result.assumptions, [
    'runs of 3 jobs (such as nightly) take one minute: no behaviour says how long',
  ]);
  // 52 minutes of a tenth of a cpu, in two days of twelve.
  const [cpus] = result.utilisation;
  t.true(Math.abs((cpus?.meanRatio ?? 0) - (52 * 0.1) / (2880 * 12)) < 1e-6);
});

test('an instant is a duration from the start of the run', (t) => {
  const [at, until] = ['2026-03-28T06:30:00+01:00', '2026-03-29T00:00:00Z'];
  const workloads = [{job: HOURLY, at}];
  const expect = [{at, metric: 'schedules.claimed', is: 0}];
  const byInstant = makeScenario(written({until, workloads, expect}));
  const later = {workloads: [{job: HOURLY, at: '5h30m'}], expect: [{...expect[0], at: '5h30m'}]};
  t.deepEqual(byInstant, makeScenario(written({until: '1d', ...later})));
  t.is(byInstant.startMs, Date.UTC(2026, 2, 28));
});

test('a job comes for each combination of values, numbers staying numbers', (t) => {
  const {workloads} = makeScenario(
    written({
      workloads: [
        {
          job: {name: 'j{n}', command: 'x {zone} ${HOME} {other}', cpus: '{cpus}', env: ['{n}']},
          forEach: {zone: ['a/b', 'c'], cpus: [1, 0.5]},
        },
      ],
    }),
  );
  const [workload] = workloads;
  t.deepEqual(workload?.kind === 'job' && workload.list, [
    {name: 'j1', command: 'x a/b ${HOME} {other}', cpus: 1, env: [1]},
    {name: 'j2', command: 'x a/b ${HOME} {other}', cpus: 0.5, env: [2]},
    {name: 'j3', command: 'x c ${HOME} {other}', cpus: 1, env: [3]},
    {name: 'j4', command: 'x c ${HOME} {other}', cpus: 0.5, env: [4]},
  ]);
});

test('behaviours find jobs by name, and failures are tried again as the options say', (t) => {
  const result = run({
    frameworks: {chronos: {type: 'chronos', retryDelay: '1m', disableAfterFailures: 3}},
    workloads: [{job: [{...HOURLY, retries: 1}, NIGHTLY]}],
    behaviours: [{match: 'job:hour*', duration: '5m', end: 'failed'}],
    expect: [{at: '2h50m', metric: 'jobs.hourly.retries', is: 3}],
  });
  t.deepEqual(figuresOf(result, 'hourly'), [3, 0, 3, 0, 3, 0, 0]);
  t.deepEqual(figuresOf(result, 'nightly'), [2, 2, 0, 0, 0, 0, 0]);
  t.deepEqual(
    result.expectations.map(({passed}) => passed),
    [true],
  );
  t.like(result.tasks, {finished: 2, failed: 6});
});

test('what runs into the next slot makes it wait, or be given up with a reason', (t) => {
  const long = [{match: '*', duration: '90m'}];
  const buffered = run({workloads: [{job: HOURLY}], behaviours: long});
  const [claimed = 0, , , , , skipped = 0] = figuresOf(buffered, 'hourly');
  t.true(claimed >= 31 && skipped >= 15 && claimed + skipped >= 47);
  t.deepEqual(Object.keys(buffered.schedules?.skipped ?? {}), ['overlap']);
  t.true((buffered.schedules?.lateness.maxMs ?? 0) >= 30 * 60_000);
  const overlap = {frameworks: {chronos: {type: 'chronos', overlap: 'allow'}}};
  const beside = run({...overlap, workloads: [{job: HOURLY}], behaviours: long});
  t.deepEqual(figuresOf(beside, 'hourly'), [48, 47, 0, 0, 0, 0, 1]);
  t.is(beside.schedules?.lateness.maxMs, 0);
});

test('jobs are run and killed by hand, and by any request', (t) => {
  const done = {method: 'PUT', path: '/v1/scheduler/job/success/nightly'};
  const result = run({
    workloads: [{job: [NIGHTLY, AFTER]}],
    behaviours: [{match: 'job:after', duration: '30m'}],
    events: [
      {at: '4h', run: {job: 'nightly', arguments: '--fast'}},
      {at: '4h10m', killTasks: {job: 'after'}},
      {at: '2026-03-28T06:00:00Z', request: done},
      {at: '7h', request: {method: 'GET', path: '/v1/scheduler/job/none', expect: 400}},
    ],
  });
  t.deepEqual(figuresOf(result, 'nightly'), [3, 3, 0, 0, 0, 0, 0]);
  t.deepEqual(figuresOf(result, 'after'), [4, 3, 0, 1, 0, 0, 0]);
  t.deepEqual(result.schedules?.claimed, {slot: 2, manual: 1, child: 4});
});

test('jobs of Metronome are submitted, changed, run and killed as its users do it', (t) => {
  const daily = (cron: string) => [{id: 'daily', cron, timezone: 'Europe/Berlin'}];
  const metronome = (cron: string) => ({
    id: 'metro',
    run: {cpus: 0.1, mem: 32, disk: 0, cmd: 'x'},
    schedules: daily(cron),
  });
  const result = run({
    workloads: [{job: metronome('30 2 * * *')}, {job: metronome('0 12 * * *'), at: '30h'}],
    events: [
      {at: '5h', run: {job: 'metro'}},
      {at: '5h', run: {job: 'metro'}},
      {at: '5h', failover: {}},
      {at: '5h20s', killTasks: {job: 'metro'}},
    ],
  });
  t.deepEqual(figuresOf(result, 'metro'), [5, 3, 0, 2, 0, 0, 0]);
  const refused = problemsOf({workloads: [{job: metronome('61 * * * *')}]});
  t.regex(refused[0] ?? '', /^workloads\[0\]\.job: metro: Object is not valid; .*cron/);
});

test('a job that is removed ends with its runs, and one that comes again is changed', (t) => {
  const result = run({
    workloads: [
      {job: [HOURLY, NIGHTLY]},
      {at: '1d', job: {...NIGHTLY, schedule: 'R/2026-03-28T02:30:00/PT6H'}},
    ],
    behaviours: [{match: 'job:hourly', duration: '10m'}],
    events: [{at: '1h35m', request: {method: 'DELETE', path: '/v1/scheduler/job/hourly'}}],
    expect: [
      {metric: 'events.JobUpdated', is: 1},
      {metric: 'tasks.killed', is: 1},
    ],
  });
  t.deepEqual(figuresOf(result, 'hourly'), [2, 1, 0, 1, 0, 0, 0]);
  t.true((figuresOf(result, 'nightly')[0] ?? 0) > 4);
  t.deepEqual(
    result.expectations.filter(({passed}) => !passed),
    [],
  );
  t.is(result.tasks.waiting, 0);
});

/** Leaders that change at any instant, and machines that go. */
const HARD: Fields = {
  workloads: [{job: [NIGHTLY, AFTER, {...HOURLY, schedule: 'R/2026-03-28T00:30:00Z/PT20M'}]}],
  behaviours: [
    {match: 'job:hourly', startup: '3s', duration: '10m', failure: {probability: 0.2}, stop: '5s'},
    {match: '*', duration: '40m'},
  ],
  events: [
    {at: '2026-03-28T00:30:00Z', failover: {}},
    {at: '2026-03-28T01:45:00Z', failover: {}},
    {at: '2026-03-29T01:30:00Z', failover: {}},
    {at: '2026-03-29T01:30:01Z', kill: {agents: {count: 2}, for: '20m'}},
    {at: '2026-03-29T01:31:00Z', failover: {}},
    {at: '2026-03-29T10:00:00Z', partition: {agents: 'all', for: '2h'}},
    {at: '2026-03-29T10:30:00Z', failover: {}},
  ],
};

test('changes of leaders and losses of machines lose no slot and run none twice', (t) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const result = run({...HARD, seed});
    const [claimed = 0, succeeded = 0, failed = 0, , , skipped = 0, active = 0] = figuresOf(
      result,
      'hourly',
    );
    t.true(claimed + skipped === 143 || claimed + skipped === 142, `seed ${seed}`);
    t.is(claimed, succeeded + failed + active, `seed ${seed}`);
    t.deepEqual(figuresOf(result, 'nightly'), [2, 2, 0, 0, figuresOf(result, 'nightly')[4], 0, 0]);
  }
});

const SLOW: Fields = {
  network: {delay: {exponential: {mean: '2s'}}, duplicate: 0.3},
  store: {latency: {exponential: {mean: '2s'}}},
};

test('slow stores, and updates that are late or come twice, break no promise', (t) => {
  for (const seed of [1, 2, 3]) {
    const result = run({...HARD, ...SLOW, seed});
    const [claimed = 0, , , , , skipped = 0] = figuresOf(result, 'hourly');
    t.true(claimed + skipped === 143 || claimed + skipped === 142, `seed ${seed}`);
    t.true((result.schedules?.lateness.p50Ms ?? 0) > 500);
    const {network, store} = makeScenario(written(SLOW));
    const slow = {...mixedScenario(seed), ...(network && {network}), ...(store && {store})};
    const quick = runChecked(mixedScenario(seed));
    t.not(runChecked(slow).hash.digits, quick.hash.digits);
  }
});

/** Twelve things that go wrong within seconds of some slot, when something happens. */
function disasters(seed: number): readonly Fields[] {
  const random = makeRandom(seed, 'disasters');
  return Array.from({length: 12}, () => {
    const at = `${1_800_000 + 1_200_000 * random.below(140) + random.below(20_000)}ms`;
    const agents = {count: 1 + random.below(3)};
    const kind = random.below(10);
    if (kind < 5) return {at, failover: {}};
    if (kind < 7) return {at, kill: {agents, for: '20m'}};
    return kind < 9 ? {at, partition: {agents, for: '25m'}} : {at, run: {job: 'hourly'}};
  });
}

test('whatever befalls leaders and machines, no slot is lost and jobs run alone', (t) => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const events = disasters(seed);
    const result = run({...HARD, ...(seed % 2 === 0 && SLOW), events, seed});
    const [claimed = 0, , , , , skipped = 0] = figuresOf(result, 'hourly');
    const slots = claimed - (result.schedules?.claimed.manual ?? 0) + skipped;
    t.true(slots === 143 || slots === 142, `seed ${seed}: ${slots}`);
  }
});

test('updates come in their order, each a delay late, and a copy behind its original', (t) => {
  const seen: string[] = [];
  const witness = {
    input: (now: number, input: Input): void => {
      if (input.kind === 'taskStatus') seen.push(`${now} ${input.state} ${input.updateId}`);
    },
    effect: () => {},
  };
  const once = {...HOURLY, schedule: 'R1/2026-03-28T00:30:00Z/PT1H'};
  const slow = {network: {delay: '2s', duplicate: 1}, store: {latency: '1s'}};
  const scenario = makeScenario(written({...slow, workloads: [{job: once}]}));
  new Simulation(scenario, SUPPLIES, {isChecking: true, witness}).run();
  // The claim and the launch are written together; each word takes two seconds.
  const began = 1_800_000 + 1000;
  t.deepEqual(seen, [
    `${began + 2000} TASK_RUNNING 1`,
    `${began + 2000} TASK_RUNNING 1`,
    `${began + 62_000} TASK_FINISHED 2`,
    `${began + 62_000} TASK_FINISHED 2`,
  ]);
});

test('a run that is taken apart in the middle goes on as if it were not', (t) => {
  for (const more of [HARD, {...HARD, ...SLOW}]) {
    const scenario = makeScenario(written(more));
    const whole = new Simulation(scenario, SUPPLIES);
    whole.run();
    for (const hours of [0.5, 1.8, 25.5004, 26, 34.6]) {
      const first = new Simulation(scenario, SUPPLIES);
      first.advanceTo(hours * 3_600_000);
      const second = throughJson(first);
      second.run();
      t.deepEqual(resultOf(second).schedules, resultOf(whole).schedules);
      t.is(second.hash.digits, whole.hash.digits, `cut after ${hours} h`);
    }
  }
});

function problemsOf(more: Fields): readonly string[] {
  const problems = checkWorkloads(makeScenario(written(more)), temporalZones);
  return problems.map(({path, message}) => `${path}: ${message}`);
}

test('jobs that Chronos refuses are told before the run', (t) => {
  const list = [{...NIGHTLY, scheduleTimeZone: 'Europe/Berlim'}, {...AFTER, name: 'b'}, HOURLY];
  const problems = problemsOf({workloads: [{job: HOURLY}, {job: list}]});
  t.is(problems.length, 2);
  t.regex(problems[0] ?? '', /^workloads\[1\]\.job: nightly: .*Europe\/Berlim/);
  t.regex(problems[1] ?? '', /^workloads\[1\]\.job: b: .*nightly/);
  t.deepEqual(problemsOf({workloads: [{job: AFTER, at: '1h'}, {job: NIGHTLY}]}), []);
  const body = NIGHTLY;
  const request = {method: 'POST', path: '/v1/scheduler/iso8601', body};
  const brought = {workloads: [{job: AFTER, at: '1h'}], events: [{at: '30m', request}]};
  t.deepEqual(problemsOf(brought), []);
  t.deepEqual(figuresOf(run(brought), 'after'), [2, 2, 0, 0, 0, 0, 0]);
});

test('what is refused in the middle of a run ends it with the reason', (t) => {
  const scenario: Scenario = makeScenario(
    written({
      workloads: [{job: HOURLY}],
      events: [
        {at: '1h', request: {method: 'DELETE', path: '/v1/scheduler/job/hourly'}},
        {at: '2h', run: {job: 'hourly'}},
        {at: '2h', request: {method: 'POST', path: '/v1/scheduler/iso8601', body: {name: 'x y'}}},
      ],
    }),
  );
  const {refused} = runChecked(scenario, SUPPLIES).world;
  t.deepEqual(
    refused.map(({label}) => label),
    ['runJob of hourly', 'POST /v1/scheduler/iso8601'],
  );
  t.regex(refused[1]?.message ?? '', /expected the status below 400, found 400: .*name/);
});

// The checker must find what is planted.

const frameworkId = frameworkIdOf('f');
const task = (due: number) => taskIdOf(`ct:${due}:0:j:`);

function defined(concurrent: boolean): Shown {
  const document = {name: 'j', definition: {form: 'chronos', name: 'j', concurrent}};
  return persisted(1, 'f/jobs/j', document);
}

function persisted(batch: number, path: string, document: unknown): Shown {
  return {effect: {kind: 'persist', batch, puts: [{path, document}], deletes: []}};
}

function recorded(due: number, attempt = 0): readonly Shown[] {
  const document = {jobName: 'j', due, attempt, tasks: [{id: task(due)}]};
  const batch = 10 + due;
  return [persisted(batch, `f/runs/j/${due}`, document), {input: {kind: 'recordsWritten', batch}}];
}

const launched = (due: number, agent = 'a'): Shown => ({
  effect: {
    kind: 'launchTask',
    agentId: agentIdOf(agent),
    frameworkId,
    taskId: task(due),
    name: 'j',
    origin: {kind: 'run', jobName: 'j', due, attempt: 0},
    resources: {scalars: {cpus: 1}},
  },
});
const ended = (due: number): Shown => ({
  input: {
    ...{kind: 'taskStatus', agentId: agentIdOf('a'), frameworkId, taskId: task(due)},
    ...{state: 'TASK_FINISHED', updateId: '1'},
  },
});
const claimed = (slot: number): Shown => ({
  effect: {kind: 'publish', frameworkId, event: {type: 'JobQueued', job: 'j', slot, due: slot}},
});
const told = (type: string): Shown => ({
  effect: {kind: 'publish', frameworkId, event: {type, job: 'j'}},
});
const given = (due: number): Shown => ({
  effect: {kind: 'publish', frameworkId, event: {type: 'JobFailed', job: 'j', due, attempt: 0}},
});
const registered = (agent: string, dues: readonly number[] = []): Shown => ({
  input: {
    kind: 'agentRegistered',
    agent: {id: agentIdOf(agent), hostname: agent, attributes: {}},
    resources: {scalars: {cpus: 1000}},
    tasks: dues.map((due) => ({
      ...{frameworkId, taskId: task(due), name: 'j', state: 'TASK_RUNNING' as const},
      origin: {kind: 'run' as const, jobName: 'j', due, attempt: 0},
      resources: {scalars: {cpus: 1}},
    })),
  },
});
const silent = (agent: string): Shown => ({
  input: {kind: 'agentDisconnected', agentId: agentIdOf(agent)},
});
const both = [defined(false), ...recorded(1), ...recorded(2), ...recorded(3)];

const planted: readonly Planted[] = [
  ['a run after the other', [...both, launched(1), ended(1), launched(2)], undefined],
  ['two runs of a job at once', [...both, launched(1), launched(2)], /:2:0:j: is launched beside/],
  [
    'two runs of a concurrent job',
    [defined(true), ...recorded(1), ...recorded(2), launched(1), launched(2)],
    undefined,
  ],
  ['a launch without a record', [defined(false), launched(1)], /before its run is recorded/],
  [
    'a launch whose record is not confirmed',
    [defined(false), ...recorded(1).slice(0, 1), launched(1)],
    /before its run is recorded/,
  ],
  ['a launch of another attempt', [...recorded(1, 1), launched(1)], /before its run is recorded/],
  ['a slot that is claimed twice', [claimed(1), claimed(2), claimed(1)], /slot 1 is claimed twice/],
  ['a slot of another schedule', [claimed(1), told('JobUpdated'), claimed(1)], undefined],
  [
    'a run in place of one that was given up out of reach',
    [...both, launched(1), silent('a'), given(1), registered('a', [1]), launched(2, 'b')],
    undefined,
  ],
  [
    'a run beside one that is back',
    [...both, launched(1), silent('a'), registered('a', [1]), launched(2, 'b')],
    /is launched beside ct:1/,
  ],
  [
    'a run beside one that was given up within reach',
    [...both, launched(1), given(1), launched(2, 'b')],
    /is launched beside ct:1/,
  ],
  [
    'a run after one that died with its agent',
    [...both, launched(1), registered('a'), launched(2)],
    undefined,
  ],
  [
    'a run of another job of the name',
    [...both, launched(1), told('JobRemoved'), launched(2)],
    undefined,
  ],
];

testPlanted([registered('a'), registered('b')], planted);
