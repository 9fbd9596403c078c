import {fileURLToPath} from 'node:url';
import test from 'ava';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../engine/index.ts';
import type {Effect} from '../engine/index.ts';
import {
  makeScenario,
  mixedScenario,
  resultOf,
  runChecked,
  throughJson,
} from './testing/scenarios.ts';
import {loadScenario} from './scenario/load.ts';
import type {Scenario} from './scenario/schema.ts';
import {Simulation} from './simulation.ts';
import {NO_SUPPLIES} from './supplies.ts';
import {parseTrace} from './traces/parse-trace.ts';
import type {ServiceTrace} from './traces/trace.ts';

test('the same scenario and seed give the same hash and the same result, byte for byte', (t) => {
  const first = runChecked(mixedScenario(1));
  const second = runChecked(mixedScenario(1));
  t.is(second.hash.digits, first.hash.digits);
  t.is(JSON.stringify(resultOf(second)), JSON.stringify(resultOf(first)));
  t.true(first.world.tally.total('placed') > 200);
});

const SHIPPED = [
  'first',
  'zone-loss',
  'quota',
  'rolling-upgrade',
  'crash-loop',
  'zone-loss-group-by',
  'persistent',
];

function shipped(name: string): Scenario {
  const file = fileURLToPath(new URL(`../scenarios/${name}.yaml`, import.meta.url));
  const loaded = loadScenario(file, {dataFolders: []});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

for (const name of SHIPPED) {
  test(`the scenario ${name} that comes with Drydock meets its expectations`, (t) => {
    const {expectations, world} = runChecked(shipped(name));
    t.deepEqual(world.refused, []);
    t.deepEqual(
      expectations.results().filter(({passed}) => !passed),
      [],
    );
  });
}

test('whether the run is checked changes nothing', (t) => {
  const plain = new Simulation(mixedScenario(1), NO_SUPPLIES);
  plain.run();
  t.is(plain.hash.digits, runChecked(mixedScenario(1)).hash.digits);
});

test('another seed gives another hash', (t) => {
  const digits = [1, 2, 3].map((seed) => runChecked(mixedScenario(seed)).hash.digits);
  t.is(new Set(digits).size, 3);
});

test('a snapshot taken anywhere, through JSON and restored, goes on to the same hash', (t) => {
  const whole = runChecked(mixedScenario(1));
  const expected = JSON.stringify(resultOf(whole));
  const steps = stepsOf(1);
  // From the first step to the last, in strides that fall on no rhythm of the run.
  for (let cut = 1; cut < steps; cut += Math.ceil(steps / 41)) {
    const before = new Simulation(mixedScenario(1), NO_SUPPLIES);
    before.advance(cut);
    const after = throughJson(before);
    after.run();
    t.is(after.hash.digits, whole.hash.digits, `cut after step ${cut}`);
    t.is(JSON.stringify(resultOf(after)), expected, `cut after step ${cut}`);
  }
});

test('what is reserved outlives snapshots, and in the end nothing is', (t) => {
  const scenario = shipped('persistent');
  const expected = runChecked(scenario).hash.digits;
  let simulation = new Simulation(scenario, NO_SUPPLIES);
  while (simulation.advance(53)) simulation = throughJson(simulation);
  t.is(simulation.hash.digits, expected);
  for (const [row, {resources}] of simulation.world.agents.agents.entries()) {
    const {scalars, special = []} = simulation.world.agents.resourcesOf(row);
    t.deepEqual({scalars, special}, {scalars: resources.scalars, special: []});
  }
});

const DATABASE = {
  id: '/data/db',
  role: 'data',
  cmd: 'serve',
  instances: 4,
  cpus: 2,
  mem: 4096,
  portDefinitions: [{port: 0}],
  constraints: [['hostname', 'UNIQUE']],
  container: {
    type: 'MESOS',
    volumes: [{containerPath: 'data', mode: 'RW', persistent: {type: 'root', size: 50_000}}],
  },
};

/** Everything happens to a database, and for the last hours nothing new. */
const troubled = (seed: number): Scenario => {
  const fault = {
    agents: 'all',
    every: {exponential: {mean: '2h'}},
    for: {uniform: {min: '1s', max: '30m'}},
  };
  return makeScenario({
    name: 'troubled',
    seed,
    until: '20h',
    cluster: {
      agents: [
        {name: 'node', count: 6, resources: 'cpus:8;mem:32768;disk:200000;ports:[31000-32000]'},
      ],
    },
    workloads: [
      {app: DATABASE},
      {app: {id: '/web', cmd: 'serve', instances: 20, cpus: 1, mem: 1024}},
    ],
    behaviours: [{match: '*', startup: {uniform: {min: '1s', max: '25s'}}}],
    failures: [
      {kind: 'crash', ...fault},
      {kind: 'partition', ...fault},
    ],
    events: [
      {at: '2h', upgrade: {app: '/data/db', with: {cmd: 'serve 2'}}},
      {at: '4h', scale: {app: '/data/db', instances: 2}},
      {at: '5h', killTasks: {app: '/data/db'}},
      {at: '6h', upgrade: {app: '/data/db', with: {cmd: 'serve 3'}}},
      {at: '9h', scale: {app: '/data/db', instances: 5}},
      {at: '12h', restart: {app: '/data/db'}},
    ],
  });
};

/** Seeded mistake that it finds: an agent that registers again forgets what was reserved on it. */
test('what is reserved on agents is what instances hold', (t) => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const {engine, world} = runChecked(troubled(seed));
    const instances =
      engine.view.marathon(frameworkIdOf('marathon'))?.instancesOf('/data/db') ?? [];
    const held = instances.map(({id, reservation}) => `${id} ${reservation?.agent.hostname}`);
    const reserved = new Set<string>();
    for (const [row, {hostname}] of world.agents.agents.entries()) {
      for (const {reservations} of world.agents.resourcesOf(row).special ?? []) {
        reserved.add(`${reservations?.at(-1)?.labels?.labels[1]?.value} ${hostname}`);
      }
    }
    t.is(held.length, 5, `seed ${seed}`);
    t.deepEqual([...reserved].toSorted(byText), held.toSorted(byText), `seed ${seed}`);
  }
});

const byText = (left: string, right: string): number => (left < right ? -1 : 1);

test('a run that is restored again and again is still the same run', (t) => {
  const expected = runChecked(mixedScenario(2)).hash.digits;
  let simulation = new Simulation(mixedScenario(2), NO_SUPPLIES);
  while (simulation.advance(397)) simulation = throughJson(simulation);
  t.is(simulation.hash.digits, expected);
});

test('what the world counts is what the engine says, whenever an instant is over', (t) => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const simulation = new Simulation(mixedScenario(seed), NO_SUPPLIES);
    while (simulation.advance(37)) {
      const {world, engine, now} = simulation;
      if (world.nextAt <= now || engine.wakeAt <= now) continue;
      const found = world.frameworkIds.map((_, index) => world.tally.of(index).waiting);
      const waiting = engine.view.explainWaiting();
      const expected = world.frameworkIds.map((id) =>
        waiting.reduce((sum, group) => sum + (group.frameworkId === id ? group.tasks : 0), 0),
      );
      t.deepEqual(found, expected, `waiting, seed ${seed} at ${now}`);
      for (const app of ['/web', '/api', '/flaky']) {
        const instances = engine.view.marathon(frameworkIdOf('marathon'))?.instancesOf(app) ?? [];
        t.deepEqual(
          world.apps[0]?.figuresOf(app),
          {
            instances: instances.length,
            tasks: instances.filter(({condition}) => condition !== 'Scheduled').length,
            running: instances.filter(({condition}) => condition === 'Running').length,
            healthy: instances.filter(({healthy}) => healthy === true).length,
            unhealthy: instances.filter(({healthy}) => healthy === false).length,
            restarts: world.apps[0]?.figuresOf(app).restarts ?? 0,
          },
          `${app}, seed ${seed} at ${now}`,
        );
      }
    }
  }
});

test('taking one workload away does not re-roll the others', (t) => {
  const whole = mixedScenario(5);
  const less = {...whole, workloads: whole.workloads.filter(({name}) => name !== 'app')};
  const jobsOf = (scenario: typeof whole): string[] => {
    const lines: string[] = [];
    const simulation = new Simulation({...scenario, events: []}, NO_SUPPLIES);
    const {world} = simulation;
    const submit = world.submit.bind(world);
    world.submit = (submission) => {
      lines.push(`${simulation.now} ${JSON.stringify(submission)}`);
      submit(submission);
    };
    simulation.run();
    return lines;
  };
  t.true(whole.workloads.length > less.workloads.length);
  t.deepEqual(jobsOf(less), jobsOf(whole));
});

test('a broken invariant stops a checked run with its instant', (t) => {
  const simulation = new Simulation(mixedScenario(1), NO_SUPPLIES, {isChecking: true});
  simulation.advance(500);
  // A launch that the engine never ordered, on an agent that is long full.
  const take = simulation.engine.takeEffects.bind(simulation.engine);
  const planted = [overload];
  let plantedAt = -1;
  simulation.engine.takeEffects = () => {
    if (planted.length > 0) plantedAt = simulation.now;
    return [...planted.splice(0), ...take()];
  };
  const error = t.throws(() => {
    simulation.run();
  });
  t.regex(error.message, new RegExp(`^at ${plantedAt} ms: agent node-0 gives [0-9]+ of cpus`));
});

const overload: Effect = {
  kind: 'launchTask',
  agentId: agentIdOf('node-0'),
  frameworkId: frameworkIdOf('marathon'),
  taskId: taskIdOf('planted'),
  name: 'planted',
  origin: {kind: 'app', appId: '/planted', version: '1'},
  resources: {scalars: {cpus: 9000}},
};

test('a run until idle ends when its last job is over, whatever else is still to come', (t) => {
  const scenario = makeScenario({
    until: 'idle',
    cluster: {agents: [{name: 'node', count: 2, resources: 'cpus:1'}]},
    workloads: [
      {
        name: 'jobs',
        arrivals: {interarrival: '10s', duration: '30s', resources: 'cpus:1', count: 3},
      },
    ],
    failures: [{agents: 'all', every: '10d', for: '1m'}],
  });
  // Jobs come at 10 s, 20 s and 30 s; the third finds room at 40 s.
  t.is(runChecked(scenario).now, 70_000);
});

test('a run until idle that cannot become idle ends, and says what waits', (t) => {
  const scenario = makeScenario({
    until: 'idle',
    cluster: {agents: [{name: 'node', count: 1, resources: 'cpus:1'}]},
    workloads: [
      {
        name: 'jobs',
        arrivals: {interarrival: '10s', duration: '1h', resources: 'cpus:1', count: 2},
      },
    ],
    events: [{at: '1m', kill: {agents: 'all'}}],
  });
  const {tasks, waitingReasons} = resultOf(runChecked(scenario));
  t.is(tasks.waiting, 2);
  t.is(
    waitingReasons.reduce((sum, reason) => sum + reason.tasks, 0),
    2,
  );
});

test('a behaviour for a version begins with the upgrade, not with a new size', (t) => {
  const scenario = makeScenario({
    until: '2h',
    cluster: {agents: [{name: 'node', count: 2, resources: 'cpus:8;mem:9000'}]},
    workloads: [{app: {id: '/web', instances: 2, cpus: 1, mem: 1, cmd: 'x', portDefinitions: []}}],
    behaviours: [{match: '/web', version: 2, duration: '10m', end: 'failed'}],
    events: [
      {at: '20m', scale: {app: '/web', instances: 3}},
      {at: '1h', upgrade: {app: '/web', with: {env: {A: 'b'}}}},
    ],
    expect: [{at: '1h', metric: 'tasks.failed', is: 0}],
  });
  const {tasks, expectations} = resultOf(runChecked(scenario));
  t.deepEqual(
    expectations.map(({passed}) => passed),
    [true],
  );
  t.true(tasks.failed >= 9, `${tasks.failed} failed`);
});

/** One app with an HTTP check every ten seconds. */
function checkedApp(app: object, rest: object): Scenario {
  return makeScenario({
    until: '1h',
    cluster: {
      agents: [{name: 'node', count: 4, resources: 'cpus:8;mem:9000;ports:[31000-31999]'}],
    },
    workloads: [
      {
        app: {
          id: '/web',
          instances: 4,
          cpus: 1,
          mem: 1,
          cmd: 'x',
          portDefinitions: [{port: 0}],
          healthChecks: [
            {protocol: 'HTTP', portIndex: 0, gracePeriodSeconds: 60, intervalSeconds: 10},
          ],
          ...app,
        },
      },
    ],
    ...rest,
  });
}

test('an app is as healthy as its tasks answer, and what stays sick is started anew', (t) => {
  const scenario = checkedApp(
    {},
    {
      behaviours: [{match: '/web', healthyAfter: '12s'}],
      events: [
        {at: '20m', health: {app: '/web', answer: 503}},
        {at: '40m', health: {app: '/web', answer: 'usual'}},
      ],
      expect: [
        {at: '14s', metric: 'apps./web.healthy', is: 0},
        {at: '16s', metric: 'apps./web.healthy', is: 4},
        {at: '20m20s', metric: 'apps./web.healthy', is: 0},
        {at: '20m30s', metric: 'tasks.killed', is: 0},
        {at: '20m40s', metric: 'tasks.killed', is: 4},
        {at: '42m', metric: 'apps./web.healthy', is: 4},
      ],
    },
  );
  const {expectations, tasks} = resultOf(runChecked(scenario));
  t.deepEqual(
    expectations.filter(({passed}) => !passed).map(({text, found}) => `${text}: ${found}`),
    [],
  );
  t.true(tasks.killed >= 8, 'they stay sick, so the new ones are killed too');
});

test('what cannot be reached does not answer, and is not killed for it while unreachable', (t) => {
  const scenario = checkedApp(
    {unreachableStrategy: 'disabled'},
    {events: [{at: '20m', partition: {agents: {count: 2}, for: '10m'}}]},
  );
  const {tasks} = resultOf(runChecked(scenario));
  // After 75 s the master gives the agents up: of the probes that fail until then, three count.
  t.is(tasks.killed, 0);
});

test('a deployment waits until what it started is ready', (t) => {
  const readinessChecks = [{portName: 'http', intervalSeconds: 10, timeoutSeconds: 5}];
  const portDefinitions = [{port: 0, name: 'http'}];
  const scenario = checkedApp(
    {readinessChecks, portDefinitions, healthChecks: []},
    {
      behaviours: [
        {match: '/web', version: 2, readyAfter: 'never'},
        {match: '/web', readyAfter: '45s'},
      ],
      events: [{at: '20m', upgrade: {app: '/web', with: {env: {A: 'b'}}}}],
      expect: [
        {at: '40s', metric: 'deployments.running', is: 1},
        {at: '55s', metric: 'deployments.running', is: 0},
        {at: 'end', metric: 'deployments.running', is: 1},
        {at: 'end', metric: 'tasks.killed', is: 0},
      ],
    },
  );
  const {expectations} = resultOf(runChecked(scenario));
  t.deepEqual(
    expectations.filter(({passed}) => !passed).map(({text, found}) => `${text}: ${found}`),
    [],
  );
});

test('under a guard an app that is sick as a whole is left alone', (t) => {
  const events = [{at: '20m', health: {app: '/web', answer: 'refused'}}];
  const killed = (rest: object): number =>
    resultOf(runChecked(checkedApp({}, {events, ...rest}))).tasks.killed;
  const frameworks = (healthKillShareMax: number) => ({
    frameworks: {marathon: {type: 'marathon', healthKillShareMax}},
  });
  t.true(killed({}) > 0);
  t.is(killed(frameworks(0.5)), 0);
  t.true(killed(frameworks(1)) > 0);
});

test('services follow their trace: as many instances as it says, when it says', (t) => {
  const header =
    'instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,' +
    'rdma_limit,memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,' +
    'creation_time,scheduled_time,deletion_time\n';
  const row = (name: string, created: string, deleted: string): string =>
    `${name},CN,app_0,1,1,0,0,0,0,1,1,1,1,2,${created},${created},${deleted}\n`;
  const trace = parseTrace(
    header + row('a', '', '') + row('b', '', '600') + row('c', '300', '') + row('d', '300', '900'),
    'services.csv',
  ) as ServiceTrace;
  const scenario = makeScenario({
    until: '20m',
    cluster: {agents: [{name: 'node', count: 2, resources: 'cpus:8;mem:9000;disk:9000'}]},
    workloads: [{name: 'dlrm', services: {synthesise: 'dlrm'}}],
    sample: {every: '1m'},
  });
  const services = new Map([['dlrm', trace]]);
  const simulation = runChecked(scenario, {...NO_SUPPLIES, services});
  const {series, tasks} = resultOf(simulation);
  t.deepEqual(series.runningTasks.slice(1, 5), [2, 2, 2, 2]);
  t.deepEqual(series.runningTasks.slice(6, 10), [4, 4, 4, 4]);
  t.deepEqual(series.runningTasks.slice(11, 15), [3, 3, 3, 3]);
  t.deepEqual(series.runningTasks.slice(16), [2, 2, 2, 2, 2]);
  t.is(tasks.killed, 2);
});

function stepsOf(seed: number): number {
  const simulation = new Simulation(mixedScenario(seed), NO_SUPPLIES);
  let steps = 0;
  while (simulation.advance(1)) steps += 1;
  return steps;
}
