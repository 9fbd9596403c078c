/** Deployments of several apps, and what they can carry beyond Marathon's. */
import test from 'ava';
import type {FakeCluster} from './testing/fake-cluster.ts';
import {APP, CHECKED, cluster} from './testing/histories.ts';

const GROUP = {
  id: '/g',
  apps: [
    {...CHECKED, id: 'db'},
    {...CHECKED, id: 'service', dependencies: ['db']},
    {...CHECKED, id: 'frontend', dependencies: ['service']},
  ],
};

function running(app: object): FakeCluster {
  const fake = cluster();
  fake.request({kind: 'appPut', app});
  fake.runAll(true);
  fake.events.length = 0;
  return fake;
}

/** Starts what waits, and says how each task of the app is from now on. */
function start(fake: FakeCluster, healthy: boolean): void {
  fake.advanceTo(fake.now + 6000);
  fake.confirmKills();
  fake.offer();
  for (const [id, {state}] of fake.tasks) {
    if (state === 'TASK_STAGING') fake.status(id, 'TASK_RUNNING', {healthy});
  }
}

/** version → how many tasks there are of it. */
function byVersion(fake: FakeCluster): readonly number[] {
  const counts = new Map<string, number>();
  for (const {launch} of fake.tasks.values()) {
    const version = launch.origin.kind === 'app' ? launch.origin.version : '';
    counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return [...counts].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, n]) => n);
}

const stateOf = (fake: FakeCluster): string | undefined =>
  fake.marathon.deployments()[0]?.progress.state;

const idOf = (fake: FakeCluster): string | undefined => fake.marathon.deployments()[0]?.id;

const steer = (fake: FakeCluster, action: string): boolean =>
  fake.request({kind: 'deployment', deploymentId: idOf(fake), action}).ok;

const ended = (fake: FakeCluster): readonly string[] =>
  fake.events
    .filter(({type}) => /^deployment_(failed|success|paused|resumed)$/.test(type))
    .map(({type, reason}) => (typeof reason === 'string' ? `${type}: ${reason}` : type));

test('D11: layers of a group start one after another, and end in one step', (t) => {
  const fake = cluster();
  t.true(fake.request({kind: 'groupPut', group: GROUP}).ok);
  const steps = fake.marathon
    .deployments()[0]
    ?.steps.map((step) => step.map(({action, app}) => `${action} ${app}`));
  t.deepEqual(steps, [
    ['StartApplication /g/db', 'StartApplication /g/frontend', 'StartApplication /g/service'],
    ['ScaleApplication /g/db'],
    ['ScaleApplication /g/service'],
    ['ScaleApplication /g/frontend'],
  ]);
  start(fake, false);
  start(fake, false);
  t.is(fake.tasks.size, 1, 'nobody starts before the database is healthy');
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_RUNNING', {healthy: true});
  start(fake, true);
  t.is(fake.tasks.size, 2);
  start(fake, true);
  t.is(fake.tasks.size, 3);
  t.is(fake.marathon.deployments().length, 0);
  fake.request({kind: 'groupRemove', groupId: '/g'});
  t.deepEqual(
    fake.marathon.deployments()[0]?.steps.map((step) => step.map(({action}) => action)),
    [['StopApplication', 'StopApplication', 'StopApplication']],
  );
  fake.confirmKills();
  t.is(fake.tasks.size, 0);
  t.deepEqual(fake.marathon.apps(), []);
});

test('a change of a group leaves the apps alone that it does not change', (t) => {
  const fake = cluster();
  const apps = ['a', 'b', 'c'].map((id) => ({...APP, id}));
  fake.request({kind: 'groupPut', group: {id: '/g', apps}});
  fake.runAll();
  const before = fake.marathon.instancesOf('/g/a').map(({id}) => id);
  const changed = [apps[0], {...apps[1], cmd: 'sleep 2'}];
  fake.request({kind: 'groupPut', group: {id: '/g', apps: changed}});
  fake.runAll();
  t.deepEqual(
    fake.marathon.instancesOf('/g/a').map(({id}) => id),
    before,
  );
  t.deepEqual(
    fake.marathon.apps().map(({id}) => id),
    ['/g/a', '/g/b'],
  );
  t.is(fake.marathon.app('/g/b')?.['cmd'], 'sleep 2');
});

test('a refused group leaves nothing behind', (t) => {
  const fake = cluster();
  const cyclic = [
    {...APP, id: 'a', dependencies: ['b']},
    {...APP, id: 'b', dependencies: ['a']},
  ];
  const records = JSON.stringify([...fake.records]);
  t.false(fake.request({kind: 'groupPut', group: {id: '/g', apps: cyclic}}).ok);
  t.deepEqual(fake.marathon.apps(), []);
  t.is(JSON.stringify([...fake.records]), records);
});

const UPGRADE = {...CHECKED, instances: 4};
const CRASHING = {...UPGRADE, cmd: 'exit 1'};

test('a deadline ends a deployment and leaves everything as it is', (t) => {
  const fake = running(UPGRADE);
  fake.request({kind: 'appPut', app: CRASHING, terms: {deadlineSeconds: 60}});
  start(fake, false);
  fake.advanceTo(fake.now + 60_000);
  t.deepEqual(ended(fake), ['deployment_failed: Not done within 60 s']);
  t.is(fake.marathon.deployments().length, 0);
  t.is(fake.marathon.app('/a')?.['cmd'], 'exit 1');
});

test('a deployment in time does not hear of its deadline', (t) => {
  const fake = running(UPGRADE);
  fake.request({kind: 'appPut', app: {...UPGRADE, cmd: 'x'}, terms: {deadlineSeconds: 60}});
  fake.runAll(true);
  fake.advanceTo(fake.now + 120_000);
  t.deepEqual(ended(fake), ['deployment_success']);
});

test('a deployment that fails is rolled back, and what still runs stays', (t) => {
  const fake = running(UPGRADE);
  const before = [...fake.tasks.keys()];
  const strategy = {minimumHealthCapacity: 0.5, maximumOverCapacity: 0};
  const app = {...CRASHING, upgradeStrategy: strategy};
  const terms = {deadlineSeconds: 60, onFailure: 'rollback'};
  fake.request({kind: 'appPut', app, terms});
  start(fake, false);
  start(fake, false);
  t.deepEqual(byVersion(fake), [2, 2]);
  fake.advanceTo(fake.now + 60_000);
  fake.runAll(true);
  t.deepEqual(ended(fake), ['deployment_failed: Not done within 60 s', 'deployment_success']);
  t.is(fake.marathon.app('/a')?.['cmd'], APP.cmd);
  t.is(fake.tasks.size, 4);
  t.is(
    before.filter((id) => fake.tasks.has(id)).length,
    2,
    'tasks of the old definition are not restarted',
  );
});

test('failures beyond the maximum pause; resumed, they are counted anew', (t) => {
  const fake = running(UPGRADE);
  const terms = {failuresMax: 2, onFailure: 'pause'};
  fake.request({kind: 'appPut', app: {...CRASHING, backoffSeconds: 0}, terms});
  const crash = (): void => {
    start(fake, false);
    for (const [id, {launch}] of fake.tasks) {
      const {details} = launch as {details?: {cmd?: string}};
      if (details?.cmd === 'exit 1') fake.status(id, 'TASK_FAILED');
    }
  };
  crash();
  t.is(stateOf(fake), 'paused');
  t.deepEqual(ended(fake), ['deployment_paused: 3 instances failed, at most 2 may']);
  t.true(steer(fake, 'resume'));
  t.is(stateOf(fake), 'running');
  crash();
  t.is(stateOf(fake), 'paused');
});

test('a paused upgrade starts and ends nothing, and goes on when resumed', (t) => {
  const fake = running(UPGRADE);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}});
  start(fake, false);
  t.true(steer(fake, 'pause'));
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_RUNNING', {healthy: true});
  for (let round = 0; round < 5; round += 1) start(fake, true);
  t.deepEqual(byVersion(fake), [4, 4]);
  const [old] = [...fake.tasks.keys()];
  fake.status(old ?? '', 'TASK_FAILED');
  t.deepEqual(byVersion(fake), [3, 4]);
  start(fake, true);
  t.deepEqual(byVersion(fake), [4, 4], 'what ends by itself is replaced by its like');
  fake.failOver();
  t.is(stateOf(fake), 'paused');
  t.true(steer(fake, 'resume'));
  fake.runAll(true);
  t.deepEqual(byVersion(fake), [4]);
  t.deepEqual(ended(fake).at(-1), 'deployment_success');
});

test('a canary is proven before the rest follows', (t) => {
  const fake = running(UPGRADE);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}, terms: {canary: 1}});
  start(fake, false);
  t.deepEqual(byVersion(fake), [4, 1]);
  t.is(stateOf(fake), 'running', 'it is not proven yet');
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_RUNNING', {healthy: true});
  t.is(stateOf(fake), 'awaitingConfirmation');
  for (let round = 0; round < 3; round += 1) start(fake, true);
  t.deepEqual(byVersion(fake), [3, 1]);
  fake.failOver();
  t.is(stateOf(fake), 'awaitingConfirmation');
  t.true(steer(fake, 'resume'));
  fake.runAll(true);
  t.deepEqual(byVersion(fake), [4]);
});

test('step by step, each step waits for a word', (t) => {
  const fake = cluster();
  fake.request({kind: 'groupPut', group: GROUP, terms: {stepByStep: true}});
  for (const tasks of [0, 1, 2]) {
    fake.runAll(true);
    t.is(stateOf(fake), 'awaitingConfirmation');
    t.is(fake.tasks.size, tasks);
    t.true(steer(fake, 'resume'));
  }
  fake.runAll(true);
  t.is(fake.tasks.size, 3);
  t.is(fake.marathon.deployments().length, 0);
});

test('undoing a deployment undoes what it did, and nothing else', (t) => {
  const fake = running(APP);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cpus: 1000}});
  fake.request({kind: 'appPut', app: {...APP, id: '/other'}});
  start(fake, true);
  t.true(steer(fake, 'rollBack'));
  fake.runAll();
  t.is(fake.marathon.app('/a')?.['cpus'], APP.cpus);
  t.is(fake.marathon.app('/other')?.['tasksRunning'], 1);
  t.is(fake.tasks.size, 2);
  t.is(fake.marathon.deployments().length, 0);
});

test('undoing a removal brings the app back as it was', (t) => {
  const fake = running({...APP, instances: 2, labels: {a: '1'}});
  fake.request({kind: 'appRemove', appId: '/a'});
  t.is(fake.marathon.app('/a'), undefined);
  t.true(steer(fake, 'rollBack'));
  fake.runAll();
  t.like(fake.marathon.app('/a'), {instances: 2, labels: {a: '1'}, tasksRunning: 2});
});

for (const [what, terms, path] of [
  ['an unknown field', {deadline: 5}, '/terms/deadline'],
  ['a deadline of nothing', {deadlineSeconds: 0}, '/terms/deadlineSeconds'],
  ['an unknown policy', {onFailure: 'retry'}, '/terms/onFailure'],
  ['a list', [], '/terms'],
] as const) {
  test(`terms are refused by the path of the field: ${what}`, (t) => {
    const reply = cluster().request({kind: 'appPut', app: APP, terms});
    t.false(reply.ok);
    if (!reply.ok) t.is(reply.refusal.errors?.[0]?.path, path);
  });
}
