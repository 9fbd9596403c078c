/**
 * Marathon as its reference tells it: the golden traces of its appendix D, by their numbers, and
 * the event orders of its part 8, by their letters. D8 and D9 are told where health is
 * (`health/health.test.ts`).
 */
import test from 'ava';
import type {FrameworkEvent, FrameworkReply} from '../../scheduler.ts';
import type {UpgradeStrategy} from './definition/app-definition.ts';
import {RollingUpgrade} from './deploy/rolling-upgrade.ts';
import {BACKOFF_TIMER} from './launch/launch-queue.ts';
import {FakeCluster} from './testing/fake-cluster.ts';
import {APP, CHECKED, cluster} from './testing/histories.ts';

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

const refusalOf = (reply: FrameworkReply): string => (reply.ok ? 'ok' : reply.refusal.code);

/** An event in a few words: its type and what it says. */
function words(event: FrameworkEvent): string {
  const {type} = event;
  const said = event['condition'] ?? event['taskStatus'] ?? event['alive'] ?? event['healthy'];
  const step = event['currentStep'] as {readonly actions: readonly {action: string}[]} | undefined;
  const action = step?.actions[0]?.action.replace('Application', '');
  const goal = (event['goal'] ?? 'Running') === 'Running' ? undefined : `(${event['goal']})`;
  const name = type.replace(/_event$/, '');
  return [name, said ?? action, goal].filter((word) => word !== undefined).join(' ');
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
    [...fake.tasks.keys()].map((id) => id.slice(-7)),
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

function contested(): FakeCluster {
  const fake = running(CHECKED, true);
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 2'}});
  fake.events.length = 0;
  return fake;
}

test('(f) D10: a change of a locked app is refused, and told of twice', (t) => {
  const fake = contested();
  const [first] = fake.marathon.deployments();
  const refused = fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'sleep 3'}});
  t.deepEqual(refused.ok ? [] : refused.refusal.deploymentIds, [first?.id]);
  t.deepEqual(told(fake), ['group_change_failed', 'deployment_failed']);
  const [change, deployment] = fake.events;
  t.regex(`${change?.['reason']}`, /^App is locked by one or more deployments\./);
  t.is(deployment?.['reason'], change?.['reason']);
  t.not(deployment?.['id'], first?.id);
  t.deepEqual(
    fake.marathon.deployments().map(({id}) => id),
    [first?.id],
  );
});

test('(g) D10: by force, the one before is cancelled and the new one runs to its end', (t) => {
  const fake = contested();
  const [first] = fake.marathon.deployments();
  const reply = fake.request({
    kind: 'appPatch',
    appId: '/a',
    patch: {cmd: 'sleep 3'},
    force: true,
  });
  t.deepEqual(
    told(fake),
    [
      'deployment_step_failure Restart',
      'deployment_failed',
      'remove_health_check',
      'group_change_success',
      'deployment_info Restart',
      'add_health_check',
      'instance_changed Scheduled',
    ].filter((type) => type !== 'remove_health_check'),
  );
  const [, cancelled] = fake.events;
  t.like(cancelled, {id: first?.id, reason: 'The upgrade has been cancelled'});
  fake.runAll(true);
  t.like(fake.events.at(-1), {
    type: 'deployment_success',
    id: reply.ok ? reply.deploymentId : undefined,
  });
  t.is(fake.tasks.size, 1);
});
