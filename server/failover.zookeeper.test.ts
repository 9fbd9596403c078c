/**
 * A real cluster on loopback, and what must survive: three ZooKeeper servers, three masters, three
 * agents, each killed or stopped in turn. A task writes its id down when it starts: that is what is
 * believed, not what masters say.
 */
import test from 'ava';
import {until} from '../adapters/ports/testing/until.ts';
import {AcknowledgedChanges} from './testing/acknowledged-changes.ts';
import {appOf, json, tasksOf, untilNoTasks} from './testing/asking.ts';
import {RealCluster, SESSION_MS} from './testing/real-cluster.ts';
import {StartsFile} from './testing/starts-file.ts';

const starts = new StartsFile();
let cluster: RealCluster;

/** Tasks must not outlive the test, whatever became of it. */
const LIFE_SECONDS = 600;

test.before(async () => {
  cluster = await RealCluster.start({masters: 3, agents: 3, agentFlags: ['--docker', 'off']});
});

test.after.always(async () => {
  const {url} = await cluster.leader();
  await json(`${url}/v2/groups?force=true`, 'DELETE');
  await untilNoTasks(url);
  await cluster.close();
  starts.remove();
});

function runningMasters(): readonly string[] {
  return cluster.masters.flatMap(({daemon, url}) => (daemon === undefined ? [] : [url]));
}

async function deploy(id: string, instances: number, more: object = {}): Promise<void> {
  const {url} = await cluster.leader();
  const cmd = starts.command(`exec sleep ${LIFE_SECONDS}`);
  const app = {id, cmd, cpus: 0.1, mem: 32, instances, ...more};
  const {status, body} = await json(`${url}/v2/apps`, 'POST', app);
  if (status !== 201) throw new Error(`POST: ${status} ${JSON.stringify(body)}`);
  await settled(id, instances);
}

/** Deployed, and all of it runs. */
async function settled(id: string, instances: number): Promise<void> {
  await until(`${id} runs ${instances} times and nothing is deployed`, async () => {
    const {url} = await cluster.leader();
    const {tasksRunning, deployments} = await appOf(url, id);
    return tasksRunning === instances && deployments.length === 0;
  });
}

async function taskIds(id: string): Promise<readonly string[]> {
  const {url} = await cluster.leader();
  return (await tasksOf(url, id)).map((task) => task.id).toSorted();
}

test.serial(
  'the leader is killed during an upgrade of 30: it goes on, nothing is doubled',
  async (t) => {
    await deploy('/up', 30);
    const old = await taskIds('/up');
    const changes = new AcknowledgedChanges('/changes', runningMasters);
    const first = await cluster.leader();
    await json(`${first.url}/v2/apps/up`, 'PUT', {env: {RELEASE: '2'}});
    changes.start();
    await until('the upgrade has begun', () => starts.ids.length > 30);
    const killedAt = performance.now();
    first.daemon?.kill('SIGKILL');
    await first.daemon?.ended;
    const next = await cluster.leader();
    const tookMs = performance.now() - killedAt;
    await settled('/up', 30);
    await changes.stop();
    const now = await taskIds('/up');
    t.not(next, first);
    t.log(`another master led after ${Math.round(tookMs)} ms, sessions last ${SESSION_MS} ms`);
    t.deepEqual(starts.doubled, []);
    t.deepEqual(
      now.filter((id) => old.includes(id)),
      [],
    );
    // Each of the 30 was started once, and none of the new ones had to be replaced.
    const replacements = starts.ids.filter((id) => id.startsWith('up.') && !old.includes(id));
    t.deepEqual(replacements.toSorted(), now);
    t.true(changes.acknowledged.size > 0);
    t.deepEqual(await changes.lost(next.url), []);
    await first.start();
  },
);

test.serial('one ZooKeeper server is killed: changes are acknowledged all the same', async (t) => {
  const changes = new AcknowledgedChanges('/one-server', runningMasters);
  await cluster.ensemble.server(0).kill();
  await until('a change is acknowledged', () => changes.change());
  await until('and others', async () => {
    await changes.change();
    return changes.acknowledged.size === 7;
  });
  t.deepEqual(await changes.lost((await cluster.leader()).url), []);
  await cluster.ensemble.server(0).start();
});

test.serial(
  'two servers are killed: nothing is acknowledged or lost, and it goes on after',
  async (t) => {
    await deploy('/steady', 6);
    const before = await taskIds('/steady');
    const changes = new AcknowledgedChanges('/two-servers', runningMasters);
    await until('changes are acknowledged', async () => {
      await changes.change();
      return changes.acknowledged.size === 7;
    });
    await Promise.all([cluster.ensemble.server(0).kill(), cluster.ensemble.server(1).kill()]);
    // What was under way may still have been written by those that are left.
    await changes.change();
    const known = new Map(changes.acknowledged);
    for (let attempt = 0; attempt < 3; attempt += 1) t.false(await changes.change());
    t.deepEqual(changes.acknowledged, known);
    await Promise.all([cluster.ensemble.server(0).start(), cluster.ensemble.server(1).start()]);
    const {url} = await cluster.leader();
    await settled('/steady', 6);
    t.deepEqual(await changes.lost(url), []);
    t.deepEqual(await taskIds('/steady'), before);
    await until('changes are acknowledged again', () => changes.change());
    t.deepEqual(starts.doubled, []);
  },
);

test.serial(
  'the leader stands still beyond its session: it comes back as a follower',
  async (t) => {
    const paused = await cluster.leader();
    paused.daemon?.kill('SIGSTOP');
    // Which is when its session has ended.
    let next = paused;
    await until('another one leads', async () => {
      for (const node of cluster.masters.filter((one) => one !== paused)) {
        const {body} = await json(`${node.url}/metrics/snapshot`);
        if ((body as Record<string, number>)['master/elected'] === 1) next = node;
      }
      return next !== paused;
    });
    t.is((await json(`${next.url}/v2/apps/steady`, 'PUT', {instances: 7})).status, 200);
    paused.daemon?.kill('SIGCONT');
    await until('it follows', async () => {
      const {body} = await json(`${paused.url}/v2/leader`);
      return `http://${(body as {leader: string}).leader}` === next.url;
    });
    await settled('/steady', 7);
    t.not(paused.daemon, undefined);
    t.deepEqual(starts.doubled, []);
  },
);

test.serial('an agent is killed and started again: its tasks run on, and are known', async (t) => {
  const before = await taskIds('/steady');
  const [agent] = cluster.agents;
  agent?.daemon?.kill('SIGKILL');
  await agent?.daemon?.ended;
  await agent?.start();
  await settled('/steady', 7);
  t.deepEqual(await taskIds('/steady'), before);
  // A change that needs the agent's word on every task of it.
  const {url} = await cluster.leader();
  await json(`${url}/v2/apps/steady`, 'PUT', {instances: 0});
  await settled('/steady', 0);
  t.deepEqual(starts.doubled, []);
});
