/**
 * Marathon as its reference tells it: the golden traces of its appendix D, by their numbers, and
 * the event orders of its part 8, by their letters. D8 and D9 are told where health is
 * (`health/health.test.ts`).
 */
import test from 'ava';
import type {FrameworkEvent} from '../../scheduler.ts';
import type {UpgradeStrategy} from './definition/app-definition.ts';
import {RollingUpgrade} from './deploy/rolling-upgrade.ts';
import {BACKOFF_TIMER} from './launch/launch-queue.ts';
import type {FakeCluster} from './testing/fake-cluster.ts';
import {APP, CHECKED, GROUP, cluster} from './testing/histories.ts';

const PROBED = {
  ...APP,
  portDefinitions: [{port: 0}],
  healthChecks: [
    {protocol: 'HTTP', gracePeriodSeconds: 10, intervalSeconds: 10, maxConsecutiveFailures: 3},
  ],
};

/** A cluster on which the app runs; what was told until then is forgotten. */
function running(app: object, healthy?: boolean): FakeCluster {
  const fake = cluster();
  fake.request({kind: 'appPut', app});
  fake.runAll(healthy);
  fake.advanceTo(fake.now + 10_000);
  answer(fake, true);
  fake.events.length = 0;
  return fake;
}

function answer(fake: FakeCluster, isWell: boolean): void {
  fake.answerProbes(() =>
    isWell ? {kind: 'http', status: 200} : {kind: 'failed', cause: 'no answer'},
  );
}

/** Whatever is launched runs. */
function runStaged(fake: FakeCluster, healthy?: boolean): void {
  for (const [id, {state}] of fake.tasks) {
    if (state !== 'TASK_STAGING') continue;
    fake.status(id, 'TASK_RUNNING', healthy === undefined ? {} : {healthy});
  }
}

/** An event in a few words: its type and what it says. */
function words(event: FrameworkEvent): string {
  const {type} = event;
  const {condition, taskStatus, alive, healthy, goal} = event;
  const step = event['currentStep'] as {readonly actions: readonly {action: string}[]} | undefined;
  const action = step?.actions[0]?.action.replace('Application', '');
  const said = [type.replace(/_event$/, ''), condition, taskStatus, alive, healthy, action];
  if (goal !== 'Running' && typeof goal === 'string') said.push(`(${goal})`);
  return said
    .filter((word) => word !== undefined && word !== null)
    .map(String)
    .join(' ');
}

const told = (fake: FakeCluster): readonly string[] => fake.events.map(words);

const times = (count: number, ...list: readonly string[]): readonly string[] =>
  Array.from({length: count}, () => list).flat();

function created(): FakeCluster {
  const fake = cluster(1);
  const body = JSON.stringify({...PROBED, instances: 2});
  fake.request({kind: 'http', method: 'POST', path: '/v2/apps', body});
  fake.offer();
  runStaged(fake);
  fake.advanceTo(fake.now + 5000);
  answer(fake, true);
  return fake;
}

test('(a) D1: creating an app: a start step and a scale step that waits for all', (t) => {
  const fake = created();
  t.deepEqual(told(fake), [
    'group_change_success',
    'deployment_info Start',
    'add_health_check',
    'deployment_step_success Start',
    'deployment_info Scale',
    ...times(2, 'instance_changed Scheduled'),
    'api_post',
    ...times(2, 'instance_changed Provisioned'),
    ...times(2, 'status_update TASK_RUNNING', 'instance_changed Running'),
    ...times(2, 'health_status_changed true', 'instance_health_changed true'),
    'deployment_step_success Scale',
    'deployment_success',
  ]);
  t.deepEqual(fake.marathon.deployments(), []);
});

function upgraded(): FakeCluster {
  const fake = running({...CHECKED, instances: 2}, true);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 2'}});
  fake.offer();
  runStaged(fake, true);
  for (let at = 0; at < 2; at += 1) {
    const [id = ''] = fake.kills.splice(0, 1);
    fake.status(id, 'TASK_KILLED');
  }
  return fake;
}

test('(b) a rolling upgrade: an old one goes for each new one that is well', (t) => {
  t.deepEqual(told(upgraded()), [
    'group_change_success',
    'deployment_info Restart',
    'add_health_check',
    ...times(2, 'instance_changed Scheduled'),
    ...times(2, 'instance_changed Provisioned'),
    ...times(
      2,
      'status_update TASK_RUNNING',
      'instance_changed Running',
      'instance_health_changed true',
      'instance_changed Running (Decommissioned)',
    ),
    'status_update TASK_KILLED',
    'instance_changed Killed (Decommissioned)',
    'status_update TASK_KILLED',
    'instance_changed Killed (Decommissioned)',
    'remove_health_check',
    'deployment_step_success Restart',
    'deployment_success',
  ]);
});

function failed(): FakeCluster {
  const fake = running(APP);
  const [id = ''] = fake.tasks.keys();
  fake.status(id, 'TASK_FAILED');
  fake.advanceTo(fake.now + 6000);
  fake.offer();
  runStaged(fake);
  return fake;
}

test('(c) a task that fails comes again under its instance, and no deployment is told of', (t) => {
  t.deepEqual(told(failed()), [
    'status_update TASK_FAILED',
    'instance_changed Failed',
    'instance_changed Scheduled',
    'instance_changed Provisioned',
    'status_update TASK_RUNNING',
    'instance_changed Running',
  ]);
});

function killedForHealth(): FakeCluster {
  const fake = running(PROBED);
  for (let failures = 0; failures < 4; failures += 1) {
    fake.advanceTo(fake.nextTimerAt('healthCheck') ?? fake.now);
    answer(fake, false);
  }
  fake.confirmKills();
  fake.advanceTo(fake.now + 5000);
  fake.offer();
  runStaged(fake);
  return fake;
}

test('(d) a task that is dead is killed with the failure after the last, and comes again', (t) => {
  const fake = killedForHealth();
  t.deepEqual(told(fake), [
    'failed_health_check',
    'health_status_changed false',
    'instance_health_changed false',
    ...times(3, 'failed_health_check'),
    'unhealthy_instance_kill',
    'status_update TASK_KILLED',
    'instance_changed Killed',
    'instance_changed Scheduled',
    'instance_health_changed',
    'instance_changed Provisioned',
    'status_update TASK_RUNNING',
    'instance_changed Running',
  ]);
  t.deepEqual(
    [...fake.tasks.keys()].map((id) => id.slice(-6)),
    ['_app.2'],
  );
});

function removed(): FakeCluster {
  const fake = running({...CHECKED, instances: 2}, true);
  fake.request({kind: 'appRemove', appId: '/a'});
  fake.confirmKills();
  return fake;
}

test('(e) removing an app: no checks, then kills, then the end', (t) => {
  t.deepEqual(told(removed()), [
    'group_change_success',
    'deployment_info Stop',
    'remove_health_check',
    ...times(2, 'instance_changed Running (Decommissioned)'),
    ...times(2, 'status_update TASK_KILLED', 'instance_changed Killed (Decommissioned)'),
    'app_terminated',
    'deployment_step_success Stop',
    'deployment_success',
  ]);
});

/** A deployment has begun. */
function begun(): FakeCluster {
  const fake = running(CHECKED, true);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 2'}});
  return fake;
}

/** It is under way, and what was told of it is forgotten. */
function contested(): FakeCluster {
  const fake = begun();
  fake.events.length = 0;
  return fake;
}

function forced(): FakeCluster {
  const fake = contested();
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 3'}, force: true});
  return fake;
}

test('(f) D10: a change of a locked app is refused, and told of twice', (t) => {
  const fake = contested();
  const [first] = fake.marathon.deployments();
  const refused = fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 3'}});
  t.deepEqual(refused.ok ? [] : refused.refusal.deploymentIds, [first?.id]);
  t.deepEqual(told(fake), ['group_change_failed', 'deployment_failed']);
  const [change, deployment] = fake.events;
  t.regex(String(change?.['reason']), /^App is locked by one or more deployments\./);
  t.is(deployment?.['reason'], change?.['reason']);
  t.not(deployment?.['id'], first?.id);
  t.deepEqual(
    fake.marathon.deployments().map(({id}) => id),
    [first?.id],
  );
});

test('(g) D10: by force, the one before is cancelled and the new one runs to its end', (t) => {
  const fake = forced();
  t.deepEqual(told(fake), [
    'deployment_step_failure Restart',
    'deployment_failed',
    'group_change_success',
    'deployment_info Restart',
    'add_health_check',
    // One more than is wanted is there, and this one is not well.
    'instance_changed Scheduled (Decommissioned)',
    'remove_health_check',
    'instance_changed Scheduled',
  ]);
  const [, cancelled] = fake.events;
  const [second] = fake.marathon.deployments();
  t.is(cancelled?.['reason'], 'The upgrade has been cancelled');
  t.not(cancelled?.['id'], second?.id);
  fake.runAll(true);
  t.like(fake.events.at(-1), {type: 'deployment_success', id: second?.id});
  t.is(fake.tasks.size, 1);
});

/** Upgrades as conversations: what is killed and launched after each step. */
function upgradeLog(fake: FakeCluster, patch: object): string[] {
  const log: string[] = [];
  const note = (what: string): void => {
    fake.offer();
    const fresh = fake.marathon
      .instancesOf('/a')
      .filter(({spec}) => spec.app.version === fake.marathon.summaryOf('/a')?.version);
    log.push(`${what}: kills ${fake.kills.length}, new ${fresh.length}`);
  };
  fake.advanceTo(fake.now + 60_000);
  fake.request({kind: 'appPatch', appId: '/a', patch});
  note('start');
  for (let round = 0; round < 20 && fake.marathon.deployments().length > 0; round += 1) {
    fake.advanceTo(fake.now + 5000);
    if (fake.kills.length > 0) {
      fake.confirmKills();
      note('killed');
      continue;
    }
    const next = [...fake.tasks].find(([, {state}]) => state === 'TASK_STAGING');
    if (next === undefined) {
      note('idle');
      continue;
    }
    fake.status(next[0], 'TASK_RUNNING', {healthy: true});
    note('healthy');
  }
  return log;
}

const UPGRADES: readonly [string, number, UpgradeStrategy, readonly string[]][] = [
  [
    'D2: 3 instances, 1/1: all new ones at once, one old one goes for each that is healthy',
    3,
    {minimumHealthCapacity: 1, maximumOverCapacity: 1},
    [
      'start: kills 0, new 3',
      'healthy: kills 1, new 3',
      'killed: kills 0, new 3',
      'healthy: kills 1, new 3',
      'killed: kills 0, new 3',
      'healthy: kills 1, new 3',
      'killed: kills 0, new 3',
    ],
  ],
  [
    'D3: 3 instances, 0.5/0: one goes first, then one comes for each that has gone',
    3,
    {minimumHealthCapacity: 0.5, maximumOverCapacity: 0},
    [
      'start: kills 1, new 0',
      'killed: kills 0, new 1',
      'healthy: kills 1, new 1',
      'killed: kills 0, new 2',
      'healthy: kills 1, new 2',
      'killed: kills 0, new 3',
      'healthy: kills 0, new 3',
    ],
  ],
  [
    'D4: 1 instance, 0.5/0: over capacity by one for a while',
    1,
    {minimumHealthCapacity: 0.5, maximumOverCapacity: 0},
    ['start: kills 0, new 1', 'healthy: kills 1, new 1', 'killed: kills 0, new 1'],
  ],
];

for (const [title, instances, upgradeStrategy, expected] of UPGRADES) {
  test(title, (t) => {
    const fake = running({...CHECKED, instances, upgradeStrategy}, true);
    t.deepEqual(upgradeLog(fake, {env: {V: '2'}}), expected);
    const summary = fake.marathon.summaryOf('/a');
    t.is(summary?.healthy, instances);
    t.is(fake.tasks.size, instances);
  });
}

test('D4: a resident goes first, and comes again where it was', (t) => {
  const {upgrade, decisions} = RollingUpgrade.start(
    {
      instances: 1,
      strategy: {minimumHealthCapacity: 0.5, maximumOverCapacity: 0},
      resident: true,
      killSelection: 'YOUNGEST_FIRST',
    },
    [{id: 'old', serial: 1, isNew: false, hasGoalRunning: true, healthy: true, proven: true}],
  );
  t.like(decisions, {kill: ['old'], launch: 0});
  t.like(upgrade.on({kind: 'oldGone', id: 'old'}), {launch: 1, finished: false});
  upgrade.launched(['new']);
  t.true(upgrade.on({kind: 'newChanged', id: 'new', healthy: true, proven: true}).finished);
});

test('D5: a crashing new version keeps its id and waits; a forced way back replaces all', (t) => {
  const upgradeStrategy = {minimumHealthCapacity: 0.5, maximumOverCapacity: 0};
  const fake = running({...CHECKED, instances: 3, upgradeStrategy}, true);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'crash'}});
  fake.advanceTo(fake.now + 5000);
  fake.confirmKills();
  const launched: string[] = [];
  const waits: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    fake.advanceTo(fake.now + 10_000);
    fake.offer();
    const [id = ''] = [...fake.tasks].find(([, {state}]) => state === 'TASK_STAGING') ?? [];
    launched.push(id);
    fake.status(id, 'TASK_RUNNING');
    fake.status(id, 'TASK_FAILED');
    waits.push((fake.nextTimerAt(BACKOFF_TIMER) ?? 0) - fake.now);
  }
  const [base = ''] = launched[0]?.split('._app.') ?? [];
  t.deepEqual(launched, [`${base}._app.1`, `${base}._app.2`, `${base}._app.3`]);
  t.deepEqual(waits, [1000, 1150, 1323]);
  t.is(fake.marathon.deployments().length, 1);
  t.is(fake.marathon.summaryOf('/a')?.healthy, 2);
  const back = {kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 1000'}};
  t.false(fake.request(back).ok);
  const before = [...fake.tasks.keys()];
  t.true(fake.request({...back, force: true}).ok);
  for (let round = 0; round < 5; round += 1) {
    fake.runAll(true);
    fake.advanceTo(fake.now + 30_000);
  }
  t.is(fake.tasks.size, 3);
  t.false(
    before.some((id) => fake.tasks.has(id)),
    'those of the same definition are old, too',
  );
  t.deepEqual(fake.marathon.deployments(), []);
});

test('D6: the k-th relaunch of a crash loop waits 1.15^(k-1) s, at most 300 s', (t) => {
  const fake = cluster(1);
  fake.request({kind: 'appPut', app: APP});
  const waits: number[] = [];
  for (let launch = 0; launch < 42; launch += 1) {
    fake.offer();
    const [id = ''] = [...fake.tasks.keys()];
    fake.status(id, 'TASK_RUNNING');
    fake.advanceTo(fake.now + 100);
    fake.status(id, 'TASK_FAILED');
    const until = fake.nextTimerAt(BACKOFF_TIMER) ?? 0;
    waits.push(until - fake.now);
    fake.advanceTo(until - 1);
    t.regex(fake.marathon.waiting()[0]?.reason ?? '', /^in back-off for \d+ s$/);
    // The throttle on revives is longer than the first delays.
    fake.advanceTo(until + 5000);
  }
  t.deepEqual(waits.slice(0, 5), [1000, 1150, 1323, 1521, 1750]);
  t.deepEqual(waits.slice(-2), [267_864, 300_000], '41st and 42nd');
});

test('D7: scaling down takes the unreachable and the youngest', (t) => {
  const unreachableStrategy = {inactiveAfterSeconds: 300, expungeAfterSeconds: 600};
  const fake = cluster();
  fake.request({kind: 'appPut', app: {...APP, instances: 5, unreachableStrategy}});
  fake.offer();
  const tasks = [...fake.tasks.keys()];
  for (const id of tasks) {
    fake.advanceTo(fake.now + 1000);
    fake.status(id, 'TASK_RUNNING');
  }
  fake.status(tasks[4] ?? '', 'TASK_UNREACHABLE');
  fake.request({kind: 'appPatch', appId: '/a', patch: {instances: 2}});
  t.deepEqual(fake.kills, [tasks[3], tasks[2]]);
  fake.confirmKills();
  t.deepEqual(fake.marathon.deployments(), []);
  t.is(fake.marathon.instancesOf('/a').length, 3, 'the unreachable one stays known');
  fake.status(tasks[4] ?? '', 'TASK_RUNNING');
  t.deepEqual(fake.kills, [tasks[4]], 'and is killed when it returns');
});

test('D11: layers of a group start one after another, and end in one step', (t) => {
  const fake = cluster();
  t.true(fake.request({kind: 'groupPut', group: GROUP}).ok);
  const steps = (): unknown =>
    fake.marathon
      .deployments()[0]
      ?.steps.map((step) => step.map(({action, app}) => `${action} ${app}`));
  t.deepEqual(steps(), [
    ['StartApplication /g/db', 'StartApplication /g/frontend', 'StartApplication /g/service'],
    ['ScaleApplication /g/db'],
    ['ScaleApplication /g/service'],
    ['ScaleApplication /g/frontend'],
  ]);
  const start = (healthy: boolean): void => {
    fake.advanceTo(fake.now + 6000);
    fake.offer();
    runStaged(fake, healthy);
  };
  start(false);
  start(false);
  t.is(fake.tasks.size, 1, 'nobody starts before the database is healthy');
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_RUNNING', {healthy: true});
  start(true);
  t.is(fake.tasks.size, 2);
  start(true);
  t.is(fake.tasks.size, 3);
  t.is(fake.marathon.deployments().length, 0);
  fake.request({kind: 'groupRemove', groupId: '/g'});
  t.deepEqual(steps(), [
    ['StopApplication /g/db', 'StopApplication /g/frontend', 'StopApplication /g/service'],
  ]);
  fake.confirmKills();
  t.is(fake.tasks.size, 0);
  t.deepEqual(fake.marathon.apps(), []);
});

/** Of each instance its condition and its goal, in the order in which they came. */
const states = (fake: FakeCluster): readonly string[] =>
  fake.marathon.instancesOf('/a').map(({condition, goal}) => `${condition} ${goal}`);

test('D12: unreachable 10/300: replaced after 10 s, and the youngest goes when it returns', (t) => {
  const unreachableStrategy = {inactiveAfterSeconds: 10, expungeAfterSeconds: 300};
  const fake = running({...APP, unreachableStrategy});
  const [lost = ''] = fake.tasks.keys();
  const lostAt = fake.now;
  fake.status(lost, 'TASK_UNREACHABLE');
  fake.advanceTo(lostAt + 9999);
  t.deepEqual(states(fake), ['Unreachable Running']);
  fake.advanceTo(lostAt + 10_000);
  t.deepEqual(states(fake), ['UnreachableInactive Running', 'Scheduled Running']);
  fake.offer();
  runStaged(fake);
  fake.advanceTo(lostAt + 299_999);
  fake.status(lost, 'TASK_RUNNING');
  t.deepEqual(states(fake), ['Running Running', 'Running Decommissioned']);
  fake.confirmKills();
  t.deepEqual([...fake.tasks.keys()], [lost]);
});

test('D12: unreachable 0/0: forgotten and replaced at once, and killed when it returns', (t) => {
  const unreachableStrategy = {inactiveAfterSeconds: 0, expungeAfterSeconds: 0};
  const fake = running({...APP, unreachableStrategy});
  const [lost = ''] = fake.tasks.keys();
  fake.status(lost, 'TASK_UNREACHABLE');
  t.deepEqual(states(fake), ['Scheduled Running']);
  t.false(fake.marathon.instancesOf('/a').some(({id}) => lost.startsWith(id)));
  fake.status(lost, 'TASK_RUNNING');
  t.deepEqual(fake.kills, [lost]);
});

test('D13: a service port that is free again is the next to be given', (t) => {
  const fake = cluster();
  const {portDefinitions: _none, ...app} = APP;
  const ports = (id: string): unknown => {
    const definitions = fake.marathon.app(id)?.['portDefinitions'] as {readonly port: number}[];
    return definitions.map(({port}) => port);
  };
  for (const id of ['/a', '/b']) fake.request({kind: 'appPut', app: {...app, id}});
  t.deepEqual([ports('/a'), ports('/b')], [[10_000], [10_001]]);
  fake.request({kind: 'appRemove', appId: '/a'});
  fake.request({kind: 'appPut', app: {...app, id: '/c'}});
  t.deepEqual(ports('/c'), [10_000]);
  const portDefinitions = [{port: 10_001}, {port: 0}];
  fake.request({kind: 'appPatch', appId: '/b', patch: {portDefinitions}, force: true});
  t.deepEqual(ports('/b'), [10_001, 10_002]);
});

/** An app that waits for its launch delay of 60 s. */
function delayed(): FakeCluster {
  const fake = cluster(1);
  fake.request({kind: 'appPut', app: {...APP, backoffSeconds: 60}});
  fake.offer();
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_FAILED');
  return fake;
}

test('D14: scaling keeps a launch delay, a new configuration has none, a restart ends it', (t) => {
  const reasons = (fake: FakeCluster): readonly string[] =>
    fake.marathon.waiting().map(({tasks, reason}) => `${tasks} ${reason}`);
  const scaled = delayed();
  t.deepEqual(reasons(scaled), ['1 in back-off for 60 s']);
  scaled.request({kind: 'appPatch', appId: '/a', patch: {instances: 3}, force: true});
  t.deepEqual(reasons(scaled), ['3 in back-off for 60 s']);
  const changed = delayed();
  changed.request({kind: 'appPatch', appId: '/a', patch: {labels: {a: 'b'}}, force: true});
  changed.advanceTo(changed.now + 5000);
  changed.offer();
  t.is(
    [...changed.tasks.values()].filter(({launch}) => launch.taskId.endsWith('.1')).length,
    1,
    'it starts at once',
  );
  const restarted = delayed();
  restarted.request({kind: 'appRestart', appId: '/a', force: true});
  t.false(reasons(restarted).some((reason) => reason.includes('back-off')));
});

/** A deployment that is stopped by a word and goes on with one. */
function steered(): FakeCluster {
  const fake = contested();
  const [deployment] = fake.marathon.deployments();
  for (const action of ['pause', 'resume']) {
    fake.request({kind: 'deployment', deploymentId: deployment?.id, action});
  }
  return fake;
}

/** More are dead than may be killed for it, and then they are not. */
function guarded(): FakeCluster {
  const labels = {DRYDOCK_HEALTH_KILL_SHARE_MAX: '0.5'};
  const fake = running({...PROBED, instances: 2, labels});
  for (const isWell of [false, true]) {
    fake.advanceTo(fake.nextTimerAt('healthCheck') ?? fake.now);
    answer(fake, isWell);
  }
  return fake;
}

/** The end of a task that nobody knows. */
function surprised(): FakeCluster {
  const unreachableStrategy = {inactiveAfterSeconds: 0, expungeAfterSeconds: 0};
  const fake = running({...APP, unreachableStrategy});
  const [id = ''] = fake.tasks.keys();
  fake.status(id, 'TASK_UNREACHABLE');
  fake.status(id, 'TASK_FAILED');
  return fake;
}

function refused(): FakeCluster {
  const fake = contested();
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 3'}});
  return fake;
}

/** Fields beside type and time, as part 8 has them; with a question mark: where there is any. */
const FIELDS: Readonly<Record<string, string>> = {
  api_post_event: 'clientIp uri appDefinition',
  group_change_success: 'groupId version',
  group_change_failed: 'groupId version reason',
  deployment_info: 'plan currentStep',
  deployment_step_success: 'plan currentStep',
  deployment_step_failure: 'plan currentStep',
  deployment_success: 'id plan',
  deployment_failed: 'id plan reason?',
  status_update_event: 'slaveId taskId taskStatus message appId host ipAddresses ports version',
  // Unlike in Marathon with its goal.
  instance_changed_event: 'instanceId condition goal runSpecId agentId? host? runSpecVersion',
  instance_health_changed_event: 'instanceId runSpecId healthy runSpecVersion',
  unknown_instance_terminated_event: 'instanceId runSpecId condition',
  add_health_check_event: 'appId version healthCheck',
  remove_health_check_event: 'appId',
  failed_health_check_event: 'appId taskId healthCheck',
  health_status_changed_event: 'appId instanceId version alive',
  unhealthy_instance_kill_event: 'appId taskId instanceId version reason host slaveId?',
  app_terminated_event: 'appId',
  // Marathon has none of these.
  deployment_paused: 'id plan reason?',
  deployment_resumed: 'id plan reason?',
  health_kill_suspended_event: 'appId unhealthy instances shareMax',
  health_kill_resumed_event: 'appId unhealthy instances shareMax',
};

test('every event has the fields of its type, and no others', (t) => {
  const letters = [created, upgraded, failed, killedForHealth, removed, refused, forced];
  const runs = [...letters, begun, steered, guarded, surprised];
  const events = runs.flatMap((run) => run().events);
  for (const event of events) {
    const fields = (FIELDS[event.type] ?? `unknown: ${event.type}`).split(' ');
    const given = Object.keys(event).filter((name) => name !== 'type');
    const missing = fields.filter((name) => !name.endsWith('?') && !given.includes(name));
    const more = given.filter((name) => !fields.includes(name) && !fields.includes(`${name}?`));
    t.deepEqual([...missing, ...more], [], event.type);
  }
  const seen = new Set(events.map(({type}) => type));
  t.deepEqual(
    Object.keys(FIELDS).filter((type) => !seen.has(type)),
    [],
  );
});

test('plans and steps are told in their short form', (t) => {
  const info = begun().events.find(({type}) => type === 'deployment_info');
  const plan = info?.['plan'] as object;
  const actions = [{action: 'RestartApplication', app: '/a'}];
  t.deepEqual(Object.keys(plan).toSorted(), ['id', 'steps', 'version']);
  t.like(plan, {steps: [{actions}]});
  t.deepEqual(info?.['currentStep'], {actions});
});
