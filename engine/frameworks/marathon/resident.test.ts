/** Apps with persistent volumes: their instances stay where their data is. */
import test from 'ava';
import fc from 'fast-check';
import {frameworkIdOf} from '../../kernel/ids.ts';
import {makeRandom} from '../../kernel/random.ts';
import {ScalarKinds} from '../../resources/kinds.ts';
import {applyOperation} from '../../resources/operations.ts';
import {equalResources, isEmpty, NO_RESOURCES, type Resources} from '../../resources/vector.ts';
import type {WireDiskSource, WireResource} from '../../resources/wire-form.ts';
import type {OfferOperation} from '../../scheduler.ts';
import type {PersistentVolume} from './definition/app-definition.ts';
import type {Documents} from './documents.ts';
import type {Instance} from './instances/instances.ts';
import {release, reserve, reservedIn} from './launch/reserve.ts';
import {pickDisks} from './launch/volumes.ts';
import {FakeCluster} from './testing/fake-cluster.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 150);
const SEED = process.env['FC_SEED'] === undefined ? {} : {seed: Number(process.env['FC_SEED'])};

const framework = {frameworkId: frameworkIdOf('marathon'), role: 'web'};

const AGENTS = ['a1', 'a2', 'a3'];
const ID = '/web/db';

const APP = {
  id: ID,
  role: 'web',
  cmd: 'serve',
  cpus: 1,
  mem: 64,
  instances: 1,
  portDefinitions: [{port: 0}],
  constraints: [['hostname', 'UNIQUE']],
  container: {
    type: 'MESOS',
    volumes: [{containerPath: 'data', mode: 'RW', persistent: {size: 10}}],
  },
};

function cluster(agents = AGENTS): FakeCluster {
  const fake = new FakeCluster(1);
  for (const name of agents) fake.agent(name, 'cpus:4;mem:4096;disk:100;ports:[31000-32000]');
  return fake;
}

const instancesOf = (fake: FakeCluster): readonly Readonly<Instance>[] =>
  fake.marathon.instancesOf(ID);

function running(instances = 1, agents = AGENTS): FakeCluster {
  const fake = cluster(agents);
  fake.request({kind: 'appPut', app: {...APP, instances}});
  fake.runAll();
  return fake;
}

/** The agent and the volumes of an instance. */
const dataOf = ({reservation}: Readonly<Instance>): unknown => [
  reservation?.agent.hostname,
  reservation?.volumes.map(({persistenceId}) => persistenceId),
];

const states = (fake: FakeCluster): readonly string[] =>
  instancesOf(fake).map(({condition, goal, reservation}) =>
    [condition, goal, reservation?.state ?? '-'].join(' '),
  );

function only(fake: FakeCluster): Readonly<Instance> {
  const [instance, ...others] = instancesOf(fake);
  if (instance === undefined || others.length > 0) throw new Error('not one instance');
  return instance;
}

const taskOf = ({id, incarnation}: Readonly<Instance>): string => `${id}._app.${incarnation}`;

test('first everything is reserved, then the instance is launched on exactly that', (t) => {
  const fake = cluster();
  fake.request({kind: 'appPut', app: APP});
  fake.advanceTo(5000);
  fake.offer();
  t.deepEqual(states(fake), ['Scheduled Running New']);
  t.is(fake.tasks.size, 0);
  fake.offer();
  t.deepEqual(states(fake), ['Provisioned Running Launched']);
  const instance = only(fake);
  const launch = fake.tasks.get(taskOf(instance))?.launch;
  t.true(
    equalResources(
      launch?.resources ?? NO_RESOURCES,
      fake.kinds.compile(instance.reservation?.resources ?? {scalars: {}}),
    ),
  );
  t.deepEqual(
    launch?.resources.scalars.filter((amount) => amount > 0),
    [],
  );
  const [volume] = instance.reservation?.volumes ?? [];
  t.is(volume?.persistenceId, `web_db#data#${volume?.uuid}`);
});

test('what has ended is launched again where its data is', (t) => {
  const fake = running();
  const before = only(fake);
  const data = dataOf(before);
  fake.status(taskOf(before), 'TASK_FAILED');
  t.deepEqual(states(fake), ['Scheduled Running Suspended']);
  fake.advanceTo(fake.now + 5000);
  fake.runAll();
  t.deepEqual(states(fake), ['Running Running Launched']);
  t.is(only(fake).incarnation, 2);
  t.deepEqual(dataOf(only(fake)), data);
});

test('an upgrade kills first, and the new version takes the data over', (t) => {
  const fake = running();
  const {id} = only(fake);
  const data = dataOf(only(fake));
  fake.request({kind: 'appPut', app: {...APP, cmd: 'serve better'}});
  t.deepEqual(fake.kills, [`${id}._app.1`]);
  fake.runAll();
  t.deepEqual(states(fake), ['Running Running Launched']);
  t.is(only(fake).id, id);
  t.is(only(fake).spec.app.definition.cmd, 'serve better');
  t.deepEqual(dataOf(only(fake)), data);
  t.is(fake.marathon.deployments().length, 0);
});

test('who is scaled down keeps the data, and who is scaled up gets it back', (t) => {
  const fake = running(3);
  const data = instancesOf(fake).map((instance) => JSON.stringify(dataOf(instance)));
  fake.request({kind: 'appPatch', appId: ID, patch: {instances: 1}});
  fake.runAll();
  t.deepEqual(states(fake).toSorted(), [
    'Killed Stopped Suspended',
    'Killed Stopped Suspended',
    'Running Running Launched',
  ]);
  fake.request({kind: 'appPatch', appId: ID, patch: {instances: 3}});
  fake.runAll();
  t.is(fake.tasks.size, 3);
  const texts = instancesOf(fake).map((instance) => JSON.stringify(dataOf(instance)));
  t.deepEqual(texts.toSorted(), data.toSorted());
});

const reservedAnywhere = (fake: FakeCluster): boolean =>
  AGENTS.some((name) => fake.totalOn(name).special.length > 0);

test('with the app goes everything that is reserved for it, stopped instances included', (t) => {
  const fake = running(3);
  fake.request({kind: 'appPatch', appId: ID, patch: {instances: 1}});
  fake.runAll();
  fake.request({kind: 'appRemove', appId: ID});
  fake.runAll();
  t.false(reservedAnywhere(fake));
  fake.advanceTo(fake.now + 10_000);
  t.false(fake.roles.has('web'), 'its role is left');
  t.deepEqual(
    [...fake.records.keys()].filter((path) => /instances|leftovers/.test(path)),
    [],
  );
});

test('who is wiped starts with new volumes', (t) => {
  const fake = running();
  const {id} = only(fake);
  const data = dataOf(only(fake));
  fake.request({kind: 'http', method: 'DELETE', path: `/v2/apps${ID}/tasks?wipe=true`});
  fake.runAll();
  t.not(only(fake).id, id);
  t.notDeepEqual(dataOf(only(fake)), data);
  t.is(
    AGENTS.flatMap((name) => fake.totalOn(name).special).filter(
      ({special}) => special.persistence !== undefined,
    ).length,
    1,
  );
});

test('whose agent is gone for good starts elsewhere; whose is away is waited for', (t) => {
  const fake = running();
  const before = only(fake);
  fake.status(taskOf(before), 'TASK_UNREACHABLE');
  fake.advanceTo(fake.now + 86_400_000);
  fake.request({kind: 'instancesKill', instanceIds: [before.id]});
  t.deepEqual(states(fake), ['Unreachable Running Launched']);
  fake.status(taskOf(before), 'TASK_GONE_BY_OPERATOR');
  t.deepEqual(states(fake), ['Scheduled Running -']);
});

test('what nobody shows in time is given up, and reserved anew', (t) => {
  const fake = cluster();
  fake.request({kind: 'appPut', app: APP});
  fake.advanceTo(5000);
  fake.offer();
  const data = dataOf(only(fake));
  fake.advanceTo(24_999);
  t.deepEqual(states(fake), ['Scheduled Running New']);
  fake.advanceTo(25_000);
  t.deepEqual(states(fake), ['Scheduled Running -']);
  fake.runAll();
  t.deepEqual(states(fake), ['Running Running Launched']);
  t.notDeepEqual(dataOf(only(fake)), data);
  holdsWhatIsReserved(fake);
  t.is(fake.marathon.instancesOf(ID).length, 1);
});

test('what is reserved keeps its place: one a host', (t) => {
  const fake = cluster(['a1']);
  fake.request({kind: 'appPut', app: {...APP, instances: 2}});
  fake.advanceTo(5000);
  fake.offer();
  t.deepEqual(states(fake), ['Scheduled Running New', 'Scheduled Running -']);
  fake.runAll();
  t.is(fake.tasks.size, 1);
});

test('a task shows its volumes, and the queue says who waits for an agent', (t) => {
  const fake = running();
  const instance = only(fake);
  const answer = fake.marathon.get({path: `/v2/apps${ID}/tasks`});
  const [volume] = instance.reservation?.volumes ?? [];
  const {tasks} = JSON.parse(JSON.stringify(answer.body)) as {tasks: {localVolumes: unknown}[]};
  t.deepEqual(tasks[0]?.localVolumes, [{runSpecId: ID, ...volume}]);
  fake.status(taskOf(instance), 'TASK_FAILED');
  fake.advanceTo(fake.now + 5000);
  t.deepEqual(
    fake.marathon.waiting().map(({reason}) => reason),
    ['waits for its agent, where its volumes are'],
  );
});

const disk = (mb: number, source: object): WireResource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: {value: mb},
  disk: {source: source as WireDiskSource},
});

const DISKS: readonly {
  readonly title: string;
  readonly special: readonly WireResource[];
  readonly persistent: PersistentVolume;
  /** MB of each volume that is made. */
  readonly volumes: readonly number[];
}[] = [
  {title: 'the root disk', special: [], persistent: {type: 'root', size: 10}, volumes: [10]},
  {
    title: 'all of a MOUNT disk',
    special: [disk(500, {type: 'MOUNT', mount: {root: '/m'}})],
    persistent: {type: 'mount', size: 10},
    volumes: [500],
  },
  {
    title: 'a part of a PATH disk',
    special: [disk(500, {type: 'PATH', path: {root: '/p'}})],
    persistent: {type: 'path', size: 10},
    volumes: [10],
  },
  {
    title: 'two disks of the same path',
    special: [
      disk(8, {type: 'PATH', path: {root: '/p'}, id: 'x'}),
      disk(500, {type: 'PATH', path: {root: '/p'}, id: 'y'}),
    ],
    persistent: {type: 'path', size: 10},
    volumes: [8, 2],
  },
];

for (const {title, special, persistent, volumes} of DISKS) {
  test(`what is reserved on ${title} is found by its labels, and given back whole`, (t) => {
    const kinds = new ScalarKinds();
    const ranges = {ports: [[31_000, 32_000]] as const};
    const offered = kinds.compile({scalars: {cpus: 4000, disk: 100_000}, ranges, special});
    const volume = {containerPath: 'data', mode: 'RW', persistent} as const;
    const definition = {id: ID, container: {type: 'MESOS', volumes: [volume]} as const};
    const disks = pickDisks([persistent], offered);
    const plain = kinds.compile({scalars: {cpus: 1000}, ranges: {ports: [[31_000, 31_000]]}});
    const made = reserve(
      {...framework, instanceId: 'i'},
      definition,
      {plain, disks: disks ?? []},
      {kinds, random: makeRandom(1, 'volumes')},
    );
    const applied = made.operations.reduce(after, offered);
    t.true(equalResources(reservedIn(applied, framework).get('i') ?? NO_RESOURCES, made.resources));
    t.deepEqual(
      made.resources.special
        .filter((entry) => entry.special.persistence !== undefined)
        .map(({scalar}) => scalar / 1000)
        .toSorted((left, right) => right - left),
      volumes,
    );
    t.true(equalResources(release(made.resources).reduce(after, applied), offered));
  });
}

function after(resources: Resources, operation: OfferOperation): Resources {
  const applied = applyOperation(resources, operation);
  if (!applied.ok) throw new Error(applied.message);
  return applied.resources;
}

// Anything that can happen.

const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(40)), {minLength: 5, maxLength: 60});

function act(fake: FakeCluster, kind: number, pick: number): void {
  const tasks = [...fake.tasks.keys()];
  const task = tasks[pick % Math.max(1, tasks.length)];
  switch (kind) {
    case 0:
    case 1:
      fake.request({kind: 'appPut', app: {...APP, instances: pick % 4, cmd: `c${pick % 3}`}});
      break;
    case 2:
      fake.request({kind: 'appPatch', appId: ID, patch: {instances: pick % 4}});
      break;
    case 3:
      if (task !== undefined) fake.status(task, 'TASK_RUNNING');
      break;
    case 4:
      if (task !== undefined) fake.status(task, pick % 2 === 0 ? 'TASK_FAILED' : 'TASK_FINISHED');
      break;
    case 5:
      if (task !== undefined) fake.status(task, 'TASK_UNREACHABLE');
      break;
    case 6:
      if (task !== undefined) fake.status(task, 'TASK_GONE_BY_OPERATOR');
      break;
    case 7:
      fake.request({kind: 'appRemove', appId: ID, force: true});
      break;
    case 8: {
      const query = pick % 2 === 0 ? '?wipe=true' : '';
      fake.request({kind: 'http', method: 'DELETE', path: `/v2/apps${ID}/tasks${query}`});
      break;
    }
    case 9:
      fake.confirmKills();
      break;
    case 10:
      succeed(fake, pick % 2 === 0);
      break;
    case 11:
      fake.advanceTo(fake.now + 1000 * pick);
      break;
  }
  fake.offer();
}

/** Another leader knows the same of instances and reservations. */
function succeed(fake: FakeCluster, isFromRecords: boolean): void {
  const before = documents(fake);
  if (isFromRecords) fake.failOver();
  else fake.restoreMarathon();
  const after = documents(fake);
  if (before !== after) throw new Error(`${before}\n!=\n${after}`);
}

function documents(fake: FakeCluster): string {
  const {roster, leftovers} = fake.marathon.snapshot() as Documents;
  const parts = [...roster.instances, ...leftovers].map((part) => JSON.stringify(inOrder(part)));
  return parts.toSorted().join('\n');
}

/** What is undefined and what is absent is the same in a record. */
const inOrder = (part: object): unknown =>
  Object.entries(part)
    .filter(([, value]) => value !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));

/** No reservation is used by two, or by a task on other resources; none is lost. */
function keepsReservations(fake: FakeCluster): void {
  const volumes = new Set<string>();
  for (const {id, reservation, incarnation} of instancesOf(fake)) {
    const task = fake.tasks.get(`${id}._app.${incarnation}`);
    if (reservation === undefined) {
      if (task !== undefined) throw new Error(`${id} runs without a reservation`);
      continue;
    }
    for (const {persistenceId} of reservation.volumes) {
      if (volumes.has(persistenceId)) throw new Error(`${persistenceId} twice`);
      volumes.add(persistenceId);
    }
    const own = fake.kinds.compile(reservation.resources);
    if (task !== undefined && !equalResources(task.launch.resources, own)) {
      throw new Error(`${id} runs on something else`);
    }
    const there = reservedIn(fake.totalOn(reservation.agent.hostname), framework).get(id);
    if (there === undefined || !equalResources(there, own)) {
      throw new Error(`${id} has lost its reservation`);
    }
  }
}

const placesOf = (fake: FakeCluster): readonly string[] =>
  instancesOf(fake).flatMap(({id, reservation}) =>
    reservation === undefined ? [] : [`${id} on ${reservation.agent.hostname}`],
  );

/** Of every instance that has ever used its reservation, gone or not. */
const dataById = (fake: FakeCluster) =>
  new Map(
    instancesOf(fake).flatMap((instance) => {
      const {id, reservation} = instance;
      if (reservation === undefined) return [[id, {place: '', data: undefined}] as const];
      const isUsed = reservation.state !== 'New';
      const place = `${id} on ${reservation.agent.hostname}`;
      return [[id, {place, data: isUsed ? JSON.stringify(dataOf(instance)) : undefined}] as const];
    }),
  );

/** Nothing is reserved that no instance holds, but for what is `gone` with its agent. */
function holdsWhatIsReserved(fake: FakeCluster, gone: readonly string[] = []): void {
  const held = new Set([...placesOf(fake), ...gone]);
  for (const name of AGENTS) {
    const total = fake.totalOn(name);
    for (const [id] of reservedIn(total, framework)) {
      if (!held.has(`${id} on ${name}`)) throw new Error(`${id} is still reserved on ${name}`);
    }
    const nobody = total.special.some(({special}) => special.reservations.length === 0);
    if (nobody || isEmpty(total)) throw new Error(`${name} has something of nobody`);
  }
}

function calmDown(fake: FakeCluster): void {
  for (let round = 0; round < 4; round += 1) {
    for (const [id, {state}] of [...fake.tasks]) {
      if (state === 'TASK_UNREACHABLE') fake.status(id, 'TASK_RUNNING');
    }
    fake.runAll();
    fake.advanceTo(fake.now + 400_000);
    fake.runAll();
  }
}

/**
 * Seeded mistakes that it finds: a stopped instance forgets its reservation when a new version
 * takes it over; what is left of a forgotten instance not remembered; what waits for a stopped
 * instance given back; a snapshot without those that wait for an agent.
 */
test('no reservation is lost or used by two, and in the end none is nobody’s', (t) => {
  fc.assert(
    fc.property(steps, (list) => {
      const fake = running(3);
      const gone: string[] = [];
      for (const [kind, pick] of list) {
        const before = dataById(fake);
        act(fake, kind, pick);
        const after = dataById(fake);
        for (const [id, {place, data}] of before) {
          if (data === undefined) continue;
          const isKept = after.get(id)?.data === data;
          if (kind === 6 && !isKept) gone.push(place);
          else if (after.has(id) && !isKept) throw new Error(`${id} has lost its data`);
        }
        keepsReservations(fake);
      }
      calmDown(fake);
      keepsReservations(fake);
      holdsWhatIsReserved(fake, gone);
      const wanted = fake.marathon.summaryOf(ID)?.instances ?? 0;
      if (fake.tasks.size !== wanted) {
        throw new Error(`${fake.tasks.size} run, ${wanted} are wanted: ${states(fake).join(', ')}`);
      }
    }),
    {numRuns: RUNS, ...SEED},
  );
  t.pass();
});
