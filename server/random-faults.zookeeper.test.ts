/**
 * Round after round a fault drawn by chance, on a real cluster that has apps and jobs to run: what
 * was acknowledged is never lost, and nothing runs twice. `FAULT_ROUNDS` and `FAULT_SEED` make it
 * longer, or the same again.
 */
import {setTimeout} from 'node:timers/promises';
import test from 'ava';
import {until} from '../adapters/ports/testing/until.ts';
import {makeRandom, type Random} from '../engine/index.ts';
import {AcknowledgedChanges} from './testing/acknowledged-changes.ts';
import {appOf, isUnanswered, json, untilNoTasks} from './testing/asking.ts';
import {RealCluster, type Node} from './testing/real-cluster.ts';
import {repeated, StartsFile} from './testing/starts-file.ts';

const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 20);
const SEED = Number(process.env['FAULT_SEED'] ?? 1);
const SESSION_MS = 3000;
const LIFE_SECONDS = 900;
const JOBS = 4;

interface Fault {
  readonly name: string;
  readonly happen: (cluster: RealCluster, random: Random) => Promise<void>;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

async function killed(node: Node): Promise<void> {
  node.daemon?.kill('SIGKILL');
  await node.daemon?.ended;
}

async function crash(node: Node): Promise<void> {
  await killed(node);
  await node.start();
}

async function standStill({daemon}: Node, ms: number): Promise<void> {
  daemon?.kill('SIGSTOP');
  await setTimeout(ms);
  daemon?.kill('SIGCONT');
}

const FAULTS: readonly Fault[] = [
  {name: 'the leader crashes', happen: async (cluster) => crash(await cluster.leader())},
  {
    name: 'any master crashes',
    happen: (cluster, random) => crash(pick(random, cluster.masters)),
  },
  {
    name: 'the leader stands still beyond its session',
    happen: async (cluster) => standStill(await cluster.leader(), SESSION_MS + 1000),
  },
  {
    name: 'the leader stands still for a moment',
    happen: async (cluster, random) => standStill(await cluster.leader(), random.below(1000)),
  },
  {name: 'an agent crashes', happen: (cluster, random) => crash(pick(random, cluster.agents))},
  {
    name: 'an agent stands still',
    happen: (cluster, random) => standStill(pick(random, cluster.agents), random.below(3000)),
  },
  {
    name: 'a ZooKeeper server crashes',
    happen: async ({ensemble}, random) => {
      const server = pick(random, ensemble.servers);
      await server.kill();
      await setTimeout(random.below(1000));
      await server.start();
    },
  },
  {
    name: 'a ZooKeeper server stands still',
    happen: async ({ensemble}, random) => {
      const server = pick(random, ensemble.servers);
      server.pause();
      // Shorter than the others' patience: a leader of ZooKeeper 3.8 that stood still for longer
      // and is found again may wait for ever for answers that were given meanwhile.
      await setTimeout(random.below(1000));
      server.resume();
    },
  },
  {
    name: 'the leader and an agent crash together',
    happen: async (cluster, random) => {
      const nodes = [await cluster.leader(), pick(random, cluster.agents)];
      await Promise.all(nodes.map(killed));
      await Promise.all(nodes.map((node) => node.start()));
    },
  },
];

async function putApp(
  cluster: RealCluster,
  app: Readonly<Record<string, unknown>> & {readonly id: string},
): Promise<void> {
  await until(`${app.id} is taken`, async () => {
    const {url} = await cluster.leader();
    try {
      const {status} = await json(`${url}/v2/apps${app.id}?force=true`, 'PUT', app);
      return status === 200 || status === 201;
    } catch (error) {
      if (isUnanswered(error)) return false;
      throw error;
    }
  });
}

async function addJobs(cluster: RealCluster, runs: StartsFile): Promise<void> {
  const {url} = await cluster.leader();
  for (let job = 0; job < JOBS; job += 1) {
    const {status} = await json(`${url}/v1/scheduler/iso8601`, 'POST', {
      name: `job-${job}`,
      command: runs.command('true'),
      schedule: 'R//PT2S',
      retries: 0,
      cpus: 0.1,
      mem: 32,
      disk: 0,
    });
    if (status !== 204) throw new Error(`job-${job}: ${status}`);
  }
}

/** A slot of a job, by the id of a task: `ct:<due>:<attempt>:<job>:`. */
function slotOf(taskId: string): string {
  const [, due, , job] = taskId.split(':');
  return `${job}@${due}`;
}

const TITLE = `${ROUNDS} rounds of faults by seed ${SEED}: nothing is lost, nothing runs twice`;

test(TITLE, async (t) => {
  // From one assertion to the next: each round has one.
  t.timeout(300_000);
  const random = makeRandom(SEED, 'faults');
  const [apps, runs] = [new StartsFile(), new StartsFile()];
  const cluster = await RealCluster.start({
    masters: 3,
    agents: 3,
    agentFlags: ['--docker', 'off'],
    sessionMs: SESSION_MS,
  });
  const changes = new AcknowledgedChanges('/changes', () =>
    cluster.masters.flatMap(({daemon, url}) => (daemon === undefined ? [] : [url])),
  );
  await addJobs(cluster, runs);
  changes.start();
  for (let round = 0; round < ROUNDS; round += 1) {
    const fault = pick(random, FAULTS);
    const instances = 3 + random.below(10);
    t.log(`round ${round}: ${fault.name}, then ${instances} instances`);
    const cmd = apps.command(`exec sleep ${LIFE_SECONDS}`);
    const env = {ROUND: `${round - (round % 3)}`};
    const happening = fault.happen(cluster, random);
    await putApp(cluster, {id: '/web', cmd, env, cpus: 0.1, mem: 32, instances});
    await happening;
    await until(`round ${round} settles`, async () => {
      const {url} = await cluster.leader();
      const {tasksRunning, deployments} = await appOf(url, '/web');
      return tasksRunning === instances && deployments.length === 0;
    });
    t.deepEqual(apps.doubled, []);
  }
  await changes.stop();
  const {url} = await cluster.leader();
  t.deepEqual(await changes.lost(url), []);
  t.true(changes.acknowledged.size > 0);
  t.deepEqual(runs.doubled, [], 'a task was started twice');
  t.deepEqual(repeated(runs.ids.map(slotOf)), [], 'a slot was run twice');
  t.true(runs.ids.length > ROUNDS, `${runs.ids.length} runs`);
  t.log(`${changes.attempts} changes, ${runs.ids.length} runs, ${apps.ids.length} starts`);
  await json(`${url}/v2/groups?force=true`, 'DELETE');
  for (let job = 0; job < JOBS; job += 1) {
    await json(`${url}/v1/scheduler/job/job-${job}`, 'DELETE');
  }
  await untilNoTasks(url);
  await cluster.close();
  apps.remove();
  runs.remove();
});
