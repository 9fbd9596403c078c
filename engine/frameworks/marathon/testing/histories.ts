/** Random histories of a Marathon on a small cluster, for properties. Not part of the engine. */
import type {TaskState} from '../../../scheduler.ts';
import {FakeCluster} from './fake-cluster.ts';

export const APP = {id: '/a', cmd: 'sleep 1000', cpus: 0.1, mem: 32, portDefinitions: []};
export const CHECKED = {...APP, healthChecks: [{protocol: 'COMMAND', command: {value: 'true'}}]};

/** Each app waits for the one before it. */
export const GROUP = {
  id: '/g',
  apps: [
    {...CHECKED, id: 'db'},
    {...CHECKED, id: 'service', dependencies: ['db']},
    {...CHECKED, id: 'frontend', dependencies: ['service']},
  ],
};

export function cluster(
  agents = 3,
  resources = 'cpus:4;mem:4096;ports:[31000-32000]',
): FakeCluster {
  const fake = new FakeCluster();
  for (let at = 1; at <= agents; at += 1) fake.agent(`a${at}`, resources);
  return fake;
}

/** One thing that can happen to the whole: drawn as numbers, so that a failing list shrinks. */
export function act(fake: FakeCluster, kind: number, pick: number): void {
  const tasks = [...fake.tasks.keys()];
  const task = tasks[pick % Math.max(1, tasks.length)];
  const app = `/a${pick % 3}`;
  const states: readonly TaskState[] = [
    'TASK_FAILED',
    'TASK_FINISHED',
    'TASK_KILLED',
    'TASK_UNREACHABLE',
    'TASK_LOST',
  ];
  switch (kind) {
    case 0:
      fake.request({
        kind: 'appPut',
        app: {
          ...CHECKED,
          id: app,
          instances: pick % 4,
          cpus: 0.5,
          constraints: [['hostname', 'MAX_PER', '2']],
          unreachableStrategy: {inactiveAfterSeconds: 20, expungeAfterSeconds: 60},
          cmd: `run ${pick % 2}`,
          portDefinitions: [{port: 0}],
        },
        force: pick % 2 === 0,
      });
      return;
    case 1:
      fake.request({kind: 'appPatch', appId: app, patch: {instances: pick % 6}, force: true});
      return;
    case 2:
      fake.request({kind: 'appPatch', appId: app, patch: {env: {V: `${pick}`}}});
      return;
    case 3:
      fake.request({kind: pick % 4 === 0 ? 'appRemove' : 'appRestart', appId: app});
      return;
    case 4:
    case 5:
      fake.offer();
      return;
    case 6:
    case 7:
      if (task !== undefined) fake.status(task, 'TASK_RUNNING', {healthy: pick % 5 !== 0});
      return;
    case 8:
      if (task !== undefined) fake.status(task, states[pick % states.length] ?? 'TASK_FAILED');
      return;
    case 9:
      fake.confirmKills();
      return;
    default:
      fake.advanceTo(fake.now + pick * 500);
  }
}

/** The world is kind from now on: everything runs, time passes, and nothing is left to be done. */
export function calmDown(fake: FakeCluster): void {
  for (const [id, {state}] of fake.tasks) {
    if (state === 'TASK_UNREACHABLE') fake.status(id, 'TASK_LOST');
  }
  for (let round = 0; round < 30; round += 1) {
    fake.advanceTo(fake.now + 61_000);
    for (const id of fake.tasks.keys()) fake.status(id, 'TASK_RUNNING', {healthy: true});
    fake.runAll(true);
  }
}
