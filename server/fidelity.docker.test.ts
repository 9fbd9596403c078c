/**
 * The same story on real containers and in the simulator: twenty instances are deployed, upgraded,
 * and some of them killed. With start-up times as they were measured, every instance has the same
 * events in the same order, and deployments take as long.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type Docker from 'dockerode';
import {connectDocker, importBusybox} from '../adapters/docker/testing/images.ts';
import {Simulation} from '../sim/simulation.ts';
import {NO_SUPPLIES} from '../sim/supplies.ts';
import {makeScenario} from '../sim/testing/scenarios.ts';
import {until} from '../adapters/ports/testing/until.ts';
import {appOf, json, tasksOf, untilNoTasks} from './testing/asking.ts';
import {startUp, urlOf} from './testing/daemons.ts';
import {
  delaysBetween,
  deploymentTimes,
  EventLog,
  storiesOf,
  tallyOf,
  type TimedEvent,
} from './testing/event-log.ts';

const IMAGE = 'drydock-test/fidelity:1';
const INSTANCES = 20;
const KILLED = 4;
const SEEDS = 15;
const WARM_SECONDS = 2;
/** Start-up times are drawn as if each were for itself; on a busy machine they are not. */
const ATTEMPTS = 3;
const DIFFERENCE_MAX = 0.2;

const APP = {
  id: '/story',
  instances: INSTANCES,
  cpus: 0.1,
  mem: 16,
  // It needs a while until it serves, and ends as soon as it is asked to, whatever its grace.
  cmd: `trap 'exit 0' TERM; sleep ${WARM_SECONDS} & wait; httpd -p 80 -h /bin; sleep 1000 & wait`,
  taskKillGracePeriodSeconds: 60,
  container: {
    type: 'DOCKER',
    docker: {image: IMAGE, network: 'BRIDGE', portMappings: [{containerPort: 80}]},
  },
  healthChecks: [{protocol: 'HTTP', path: '/sh', intervalSeconds: 1, portIndex: 0}],
  upgradeStrategy: {minimumHealthCapacity: 0.5, maximumOverCapacity: 0.2},
};

const UPGRADE = {env: {RELEASE: '2'}};

/** Instances that are healthy when nothing is being deployed. */
async function healthy(url: string): Promise<number> {
  const {tasksHealthy, deployments} = await appOf(url, APP.id);
  return deployments.length === 0 ? tasksHealthy : 0;
}

/** Those of an agent whose files are in this folder. */
async function containersOf(docker: Docker, folder: string): Promise<readonly string[]> {
  const all = await docker.listContainers({all: true, filters: {label: ['drydock.agent']}});
  const ours = all.filter(({Mounts}) => Mounts.some(({Source}) => Source?.startsWith(folder)));
  return ours.map(({Id}) => Id);
}

/** As it goes on real containers. */
async function realEvents(): Promise<readonly TimedEvent[]> {
  const docker = await connectDocker();
  await importBusybox(docker, IMAGE);
  const folder = mkdtempSync(join(tmpdir(), 'drydock-fidelity-'));
  const size = ['--resources', 'cpus:64;mem:65536;disk:65536'];
  const daemon = await startUp(folder, '--docker', 'on', '--log-level', 'warn', ...size);
  try {
    const events = await tellStory(urlOf(daemon));
    // They go after the ends of their tasks were acknowledged: a moment later.
    await until('its containers are removed', async () => {
      return (await containersOf(docker, folder)).length === 0;
    });
    return events;
  } finally {
    await daemon.stop();
    for (const id of await containersOf(docker, folder)) {
      await docker.getContainer(id).remove({force: true, v: true});
    }
    rmSync(folder, {recursive: true, force: true});
  }
}

async function tellStory(url: string): Promise<readonly TimedEvent[]> {
  const log = new EventLog();
  await log.open(url);
  const allHealthy = (): Promise<unknown> =>
    until('all are healthy', async () => (await healthy(url)) === INSTANCES);
  await json(`${url}/v2/apps`, 'POST', APP);
  await allHealthy();
  await json(`${url}/v2/apps/story`, 'PUT', UPGRADE);
  await allHealthy();
  const ids = (await tasksOf(url, APP.id)).map(({id}) => id);
  await json(`${url}/v2/tasks/delete`, 'POST', {ids: ids.slice(0, KILLED)});
  await until('they are replaced', async () => {
    const running = log.events.filter(({fields}) => fields['taskStatus'] === 'TASK_RUNNING');
    return running.length >= 2 * INSTANCES + KILLED && (await healthy(url)) === INSTANCES;
  });
  await log.stop();
  await json(`${url}/v2/apps/story`, 'DELETE');
  await untilNoTasks(url);
  return log.events;
}

interface Measured {
  readonly startups: readonly [first: readonly number[], second: readonly number[]];
  readonly stops: readonly number[];
}

function choice(values: readonly number[]): object {
  return {choice: {values: values.map((ms) => `${Math.max(0, Math.round(ms))}ms`)}};
}

/** As the simulator tells it, with what was measured. */
function simulatedEvents({startups, stops}: Measured, seed: number): readonly TimedEvent[] {
  const scenario = makeScenario({
    seed,
    until: '10m',
    cluster: {
      agents: [{name: 'node', count: 1, resources: 'cpus:64;mem:65536;ports:[31000-32000]'}],
    },
    frameworks: {marathon: {type: 'marathon', reviveInterval: '500ms', usedOfferRefuse: 0}},
    workloads: [{app: APP}],
    allocator: {onRecovery: true},
    behaviours: startups.map((startup, index) => ({
      match: '/story',
      version: index + 1,
      saysStarting: true,
      saysKilling: true,
      healthyAfter: `${WARM_SECONDS}s`,
      startup: choice(startup),
      stop: choice(stops),
    })),
    events: [
      {at: '2m', upgrade: {app: '/story', with: UPGRADE}},
      {at: '6m', killTasks: {app: '/story', count: KILLED}},
    ],
  });
  const events: TimedEvent[] = [];
  const simulation = new Simulation(scenario, NO_SUPPLIES, {
    isChecking: true,
    witness: {
      input: () => undefined,
      effect: (at, effect) => {
        if (effect.kind !== 'publish') return;
        events.push({at, type: effect.event.type, fields: effect.event});
      },
    },
  });
  simulation.run();
  return events;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

/** The largest difference of a deployment's time, as a share of the real one. */
function differenceOf(
  t: ExecutionContext,
  real: readonly TimedEvent[],
  runs: readonly (readonly TimedEvent[])[],
): number {
  const differences = deploymentTimes(real).map((realMs, index) => {
    const simulatedMs = median(runs.map((events) => deploymentTimes(events)[index] ?? 0));
    t.log(`deployment ${index + 1}: ${realMs} ms for real, ${simulatedMs} ms simulated`);
    return Math.abs(simulatedMs - realMs) / realMs;
  });
  return Math.max(...differences);
}

test('real containers and the simulator tell the same story, in the same time', async (t) => {
  // From one assertion to the next: each attempt has one.
  t.timeout(300_000);
  const differences: number[] = [];
  while (differences.length < ATTEMPTS && !differences.some((one) => one <= DIFFERENCE_MAX)) {
    const real = await realEvents();
    const stories = storiesOf(real);
    const startups = delaysBetween(stories, 'is Provisioned', 'TASK_RUNNING');
    const measured: Measured = {
      startups: [startups.slice(0, INSTANCES), startups.slice(INSTANCES)],
      // Of those that the upgrade has stopped: their last `Running` is that they are to stop.
      stops: delaysBetween(stories.slice(0, INSTANCES), 'is Running', 'TASK_KILLED'),
    };
    const runs = Array.from({length: SEEDS}, (_, seed) => simulatedEvents(measured, seed + 1));
    t.deepEqual(tallyOf(storiesOf(runs[0] ?? [])), tallyOf(stories));
    differences.push(differenceOf(t, real, runs));
  }
  t.true(
    differences.some((one) => one <= DIFFERENCE_MAX),
    `differences: ${differences.join(', ')}`,
  );
});
