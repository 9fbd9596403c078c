/** Masters and agents together, on machines that are tables: what they promise each other. */
import test, {type ExecutionContext} from 'ava';
import {until} from '../adapters/ports/testing/until.ts';
import {must} from '../engine/index.ts';
import {appOf, json} from './testing/asking.ts';
import {SmallCluster, type SmallAgent, type SmallMaster} from './testing/small-cluster.ts';

interface Scene {
  readonly cluster: SmallCluster;
  readonly master: SmallMaster;
  readonly agent: SmallAgent;
}

const APP = {id: '/web', cmd: 'sleep 1000', cpus: 0.1, mem: 32, instances: 3};

/** One master that leads, and one agent; all of it ends with the test. */
async function scene(t: ExecutionContext): Promise<Scene> {
  const cluster = new SmallCluster();
  t.teardown(() => cluster.close());
  const master = await cluster.addMaster('m1');
  const agent = await cluster.addAgent('a1');
  master.elect();
  await until('the agent registers', () => agent.agent.isRegistered);
  return {cluster, master, agent};
}

async function running(url: string): Promise<number> {
  return (await appOf(url, APP.id)).tasksRunning;
}

async function deploy({master}: Pick<Scene, 'master'>): Promise<void> {
  const {status} = await json(`${master.url}/v2/apps`, 'POST', APP);
  if (status !== 201) throw new Error(`POST answered ${status}`);
  await until('all run', async () => (await running(master.url)) === APP.instances);
}

test('an app is deployed, scaled and removed', async (t) => {
  const {master, agent} = await scene(t);
  await deploy({master});
  t.is(agent.machine.running.size, 3);
  t.is((await json(`${master.url}/v2/apps/web`, 'PUT', {instances: 5})).status, 200);
  await until('five run', async () => (await running(master.url)) === 5);
  t.is((await json(`${master.url}/v2/apps/web`, 'DELETE')).status, 200);
  await until('none is left', () => agent.machine.running.size === 0);
  await until('nothing is left in the ledger', () => [...agent.agent.runner.tasks].length === 0);
});

test("tasks find the variables of Mesos's agents, and the role that they are of", async (t) => {
  const {master, agent} = await scene(t);
  await deploy({master});
  const {spec} = must([...agent.machine.running.values()][0], 'a task');
  const {info, options} = agent.agent;
  const found = Object.entries(spec.env).filter(([name]) => name.startsWith('MESOS_'));
  t.deepEqual(Object.fromEntries(found), {
    MESOS_FRAMEWORK_ID: 'marathon',
    MESOS_EXECUTOR_ID: spec.taskId,
    MESOS_TASK_ID: spec.taskId,
    MESOS_ALLOCATION_ROLE: '*',
    MESOS_SLAVE_ID: info.id,
    MESOS_SLAVE_PID: `slave(1)@a1:${options.port}`,
    MESOS_AGENT_ENDPOINT: `a1:${options.port}`,
    MESOS_CHECKPOINT: '1',
    MESOS_HTTP_COMMAND_EXECUTOR: '0',
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
    MESOS_RECOVERY_TIMEOUT: '15mins',
    MESOS_SUBSCRIPTION_BACKOFF_MAX: '2secs',
  });
});

test('a task that dies is replaced', async (t) => {
  const {master, agent} = await scene(t);
  await json(`${master.url}/v2/apps`, 'POST', {...APP, backoffSeconds: 0});
  await until('all run', async () => (await running(master.url)) === 3);
  const first = must([...agent.machine.running.keys()][0], 'a task');
  agent.machine.end(first, 'TASK_FAILED');
  await until('another one runs', () => agent.machine.running.size === 3);
  t.false(agent.machine.running.has(first));
});

test('another master leads on: no task ends, none is started twice', async (t) => {
  const {cluster, master, agent} = await scene(t);
  await deploy({master});
  const next = await cluster.addMaster('m2');
  const tasks = [...agent.machine.running.keys()].sort();
  next.elect();
  await until('the agent registers there', () => next.master.isLeader && agent.agent.isRegistered);
  await until('all are known there', async () => (await running(next.url)) === 3);
  t.is((await json(`${next.url}/v2/apps/web`, 'PUT', {instances: 4})).status, 200);
  await until('it acts', () => agent.machine.running.size === 4);
  t.deepEqual(
    tasks.filter((id) => !agent.machine.running.has(id)),
    [],
  );
  t.true([...agent.machine.starts.values()].every((count) => count === 1));
});

test('a master that was replaced without hearing of it changes nothing', async (t) => {
  const {cluster, master, agent} = await scene(t);
  await deploy({master});
  const next = await cluster.addMaster('m2');
  cluster.ballot.deposeUntold();
  next.elect();
  await until('the agent registers there', () => next.master.isLeader && agent.agent.isRegistered);
  // A follower now: it passes on what it is asked.
  const {status} = await json(`${master.url}/v2/apps/web`, 'PUT', {instances: 1});
  t.is(status, 200);
  await until('the leader did it', () => agent.machine.running.size === 1);
  t.false(master.master.isLeader);
});

test('the agent is started anew: its tasks run on and are known', async (t) => {
  const {master, agent} = await scene(t);
  await deploy({master});
  const again = await agent.restart();
  await until('it registers', () => again.agent.isRegistered);
  await until('all are known', async () => (await running(master.url)) === 3);
  t.is(agent.machine.running.size, 3);
  t.true([...agent.machine.starts.values()].every((count) => count === 1));
});

test('a task that ends while agent and master are away is told to the next master', async (t) => {
  const {cluster, master, agent} = await scene(t);
  const job = await json(`${master.url}/v1/scheduler/iso8601`, 'POST', {
    name: 'once',
    command: 'true',
    schedule: 'R1//PT1M',
    cpus: 0.1,
    mem: 32,
  });
  t.is(job.status, 204, JSON.stringify(job.body));
  await until('it runs', () => agent.machine.running.size === 1);
  await until('its start is acknowledged', () =>
    [...agent.agent.runner.tasks].every(({pending}) => pending.length === 0),
  );
  cluster.ballot.depose();
  const taskId = must([...agent.machine.running.keys()][0], 'a task');
  agent.machine.end(taskId, 'TASK_FINISHED');
  const again = await agent.restart();
  const next = await cluster.addMaster('m2');
  next.elect();
  await until('the agent registers there', () => again.agent.isRegistered);
  await until('its end is known', async () => {
    const {body} = await json(`${next.url}/v1/scheduler/jobs/search?name=once`);
    return (body as readonly {successCount: number}[])[0]?.successCount === 1;
  });
  t.is(agent.machine.starts.get(taskId), 1);
  t.is(agent.machine.starts.size, 1);
});

test('an agent that is silent becomes unreachable, and comes back', async (t) => {
  const {master, agent} = await scene(t);
  await json(`${master.url}/v2/apps`, 'POST', {
    ...APP,
    unreachableStrategy: {inactiveAfterSeconds: 0, expungeAfterSeconds: 0},
  });
  await until('all run', async () => (await running(master.url)) === 3);
  await agent.stop();
  await until('it is unreachable', () =>
    [...master.master.view.agents()].every(({state}) => state === 'unreachable'),
  );
  const again = await agent.restart();
  await until('it registers', () => again.agent.isRegistered);
  await until('three run', async () => (await running(master.url)) === 3);
  t.is([...master.master.view.agents()].filter(({state}) => state === 'active').length, 1);
});
