/** Deployments of several apps, and what they can carry beyond Marathon's. */
import test from 'ava';
import {FakeCluster} from './testing/fake-cluster.ts';
import {APP, CHECKED, GROUP, cluster} from './testing/histories.ts';

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
  const crash = (count: number): void => {
    start(fake, false);
    const tasks = [...fake.tasks].filter(([, {launch}]) => {
      const {details} = launch as {details?: {cmd?: string}};
      return details?.cmd === 'exit 1';
    });
    for (const [id] of tasks.slice(0, count)) fake.status(id, 'TASK_FAILED');
  };
  crash(4);
  t.is(stateOf(fake), 'paused');
  t.deepEqual(ended(fake), ['deployment_paused: 3 instances failed, at most 2 may']);
  t.true(steer(fake, 'resume'));
  t.is(stateOf(fake), 'running');
  crash(2);
  t.is(stateOf(fake), 'running');
  crash(1);
  t.is(stateOf(fake), 'paused');
});

test('a paused deployment does not hear of its deadline, and gets it anew', (t) => {
  const fake = running(UPGRADE);
  fake.request({kind: 'appPut', app: CRASHING, terms: {deadlineSeconds: 60}});
  t.true(steer(fake, 'pause'));
  fake.advanceTo(fake.now + 120_000);
  t.is(stateOf(fake), 'paused');
  t.true(steer(fake, 'resume'));
  fake.advanceTo(fake.now + 59_000);
  t.is(stateOf(fake), 'running');
  fake.advanceTo(fake.now + 1000);
  t.deepEqual(ended(fake).at(-1), 'deployment_failed: Not done within 60 s');
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

/** Fails if an upgrade never looks again at old instances that are not well: `review`. */
test('what was never well is replaced, even where nothing may stand beside it', (t) => {
  const upgradeStrategy = {minimumHealthCapacity: 0, maximumOverCapacity: 0};
  const fake = cluster();
  fake.request({kind: 'appPut', app: {...UPGRADE, upgradeStrategy}});
  start(fake, false);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}, force: true});
  for (let round = 0; round < 10; round += 1) start(fake, true);
  t.deepEqual(ended(fake).at(-1), 'deployment_success');
  t.deepEqual(byVersion(fake), [4]);
});

/** Fails if `RestartAction` takes a new instance for one whatever its goal is. */
test('a new instance that somebody gives up does not count, and another one comes', (t) => {
  const fake = running({...CHECKED, instances: 1});
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}});
  fake.advanceTo(fake.now + 6000);
  fake.offer();
  const [, fresh = ''] = fake.tasks.keys();
  fake.status(fresh, 'TASK_UNREACHABLE');
  const instanceIds = [fresh.replace('._app.1', '')];
  fake.request({kind: 'instancesKill', instanceIds});
  fake.status(fresh, 'TASK_RUNNING', {healthy: true});
  t.deepEqual(ended(fake), [], 'it is not what was wanted');
  fake.runAll(true);
  t.deepEqual(ended(fake), ['deployment_success']);
  t.false(fake.tasks.has(fresh));
});

/** Fails if `Deployments.drain` decides after each report instead of after all of them. */
test('of what is told at once all is known before anything goes', (t) => {
  const healthChecks = [{protocol: 'TCP', port: 80, intervalSeconds: 10, gracePeriodSeconds: 0}];
  const upgradeStrategy = {minimumHealthCapacity: 1, maximumOverCapacity: 0};
  const fake = running({...APP, instances: 2, healthChecks, upgradeStrategy});
  const [sick, well] = [...fake.tasks.keys()];
  const probe = (): void => {
    fake.advanceTo(fake.now + 10_000);
    // Those of the new version are asked first; what they say must not end one that is well.
    fake.probes.sort((left, right) => Number(right.taskId !== sick) - Number(left.taskId !== sick));
    fake.answerProbes(({taskId}) =>
      taskId === sick && isSick ? {kind: 'failed', cause: 'no'} : {kind: 'connected'},
    );
  };
  let isSick = false;
  probe();
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}});
  fake.probes = [];
  start(fake, true);
  isSick = true;
  probe();
  t.deepEqual(fake.kills, [sick]);
  t.true(fake.tasks.has(well ?? ''));
});

/** Fails if an upgrade finishes while it is held: `RollingUpgrade`'s `#finishIfDone`. */
test('a paused upgrade is not done when it was complete, but when it is', (t) => {
  const fake = cluster();
  const unreachableStrategy = {inactiveAfterSeconds: 0, expungeAfterSeconds: 0};
  fake.request({kind: 'appPut', app: {...CHECKED, instances: 0, unreachableStrategy}});
  fake.request({kind: 'appPatch', appId: '/a', patch: {instances: 1, cmd: 'new'}});
  start(fake, false);
  t.true(steer(fake, 'pause'));
  const [task = ''] = fake.tasks.keys();
  fake.status(task, 'TASK_RUNNING', {healthy: true});
  fake.status(task, 'TASK_UNREACHABLE');
  fake.events.length = 0;
  t.true(steer(fake, 'resume'));
  t.deepEqual(ended(fake), ['deployment_resumed']);
  start(fake, true);
  t.deepEqual(ended(fake), ['deployment_resumed', 'deployment_success']);
});

/** Fails if a scale action never looks whether there are too many. */
test('what was lost and replaced, and comes back before its like can start, is enough', (t) => {
  const fake = cluster(1);
  const unreachableStrategy = {inactiveAfterSeconds: 1, expungeAfterSeconds: 900};
  const constraints = [['hostname', 'UNIQUE']];
  fake.request({kind: 'appPut', app: {...APP, constraints, unreachableStrategy}});
  fake.offer();
  const [task = ''] = fake.tasks.keys();
  fake.status(task, 'TASK_UNREACHABLE');
  fake.advanceTo(fake.now + 10_000);
  t.is(fake.marathon.instancesOf('/a').length, 2, 'another one waits');
  fake.status(task, 'TASK_RUNNING');
  t.deepEqual(ended(fake), ['deployment_success']);
  t.deepEqual([...fake.tasks.keys()], [task]);
  t.is(fake.marathon.instancesOf('/a').length, 1);
});

for (const [killSelection, place] of [
  ['YOUNGEST_FIRST', 3],
  ['OLDEST_FIRST', 0],
] as const) {
  test(`an upgrade ends first what the app says: ${killSelection}`, (t) => {
    const upgradeStrategy = {minimumHealthCapacity: 0.75, maximumOverCapacity: 0};
    const fake = running({...UPGRADE, killSelection, upgradeStrategy});
    const tasks = [...fake.tasks.keys()];
    fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}});
    t.deepEqual(fake.kills, [tasks[place]]);
  });
}

test('a removal does not wait for what is lost on the way', (t) => {
  const unreachableStrategy = {inactiveAfterSeconds: 300, expungeAfterSeconds: 600};
  const fake = running({...CHECKED, unreachableStrategy});
  fake.request({kind: 'appRemove', appId: '/a'});
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_UNREACHABLE');
  t.deepEqual(ended(fake), ['deployment_success']);
});

test('a paused scaling starts nothing, and goes on when resumed', (t) => {
  const fake = running({...CHECKED, instances: 1});
  fake.request({kind: 'appPatch', appId: '/a', patch: {instances: 2}});
  t.true(steer(fake, 'pause'));
  const [first = '', second = ''] = fake.marathon.instancesOf('/a').map(({id}) => id);
  fake.status(`${first}._app.1`, 'TASK_UNREACHABLE');
  t.deepEqual(
    fake.marathon.instancesOf('/a').map(({id}) => id),
    [second],
    'what is forgotten is not replaced for now',
  );
  t.true(steer(fake, 'resume'));
  fake.runAll(true);
  t.is(fake.tasks.size - 1, 2);
});

test('what a scaling lacks comes when what is too many has gone', (t) => {
  const fake = running({...CHECKED, instances: 3});
  fake.request({kind: 'appPatch', appId: '/a', patch: {instances: 2}});
  const [lost = ''] = fake.tasks.keys();
  fake.status(lost, 'TASK_UNREACHABLE');
  t.is(fake.marathon.instancesOf('/a').length, 2);
  fake.confirmKills();
  t.is(fake.marathon.instancesOf('/a').length, 2, 'one of them is new');
  t.is(fake.marathon.summaryOf('/a')?.scheduled, 1);
});

test('an app that failed and is removed leaves no launch delay behind', (t) => {
  const fake = running(CHECKED);
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_FAILED');
  const delays = (): readonly string[] =>
    [...fake.records.keys()].filter((path) => path.includes('backoff'));
  t.is(delays().length, 1);
  fake.request({kind: 'appRemove', appId: '/a'});
  t.deepEqual(delays(), []);
});

test('who is moved off a drained agent is not made to wait', (t) => {
  const fake = running({...CHECKED, backoffSeconds: 3600, maxLaunchDelaySeconds: 7200});
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_FAILED');
  fake.advanceTo(fake.now + 3_600_000);
  start(fake, true);
  for (const id of fake.tasks.keys()) {
    fake.status(id, 'TASK_KILLED', {reason: 'REASON_SLAVE_DRAINING'});
  }
  start(fake, true);
  t.is(fake.tasks.size, 1);
});

test('a service port that an app names is not given to another one of the same change', (t) => {
  const fake = cluster();
  const apps = [
    {...APP, id: 'a', portDefinitions: [{port: 0}]},
    {...APP, id: 'b', portDefinitions: [{port: 10_000}]},
  ];
  fake.request({kind: 'groupPut', group: {id: '/g', apps}});
  t.like(fake.marathon.app('/g/a'), {portDefinitions: [{port: 10_001}]});
});

test('beyond the most deployments a change is refused, unless it ends one by force', (t) => {
  const fake = new FakeCluster(1, {deploymentsMax: 1});
  t.true(fake.request({kind: 'appPut', app: APP}).ok);
  const refused = fake.request({kind: 'appPut', app: {...APP, id: '/b'}});
  t.is(refused.ok ? '' : refused.refusal.code, 'tooManyDeployments');
  t.true(fake.request({kind: 'appPatch', appId: '/a', patch: {cpus: 1}, force: true}).ok);
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
