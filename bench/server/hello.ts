/** hello_world from its PUT to TASK_RUNNING, beside a bare `docker run` of the same image. */
import {spawnSync} from 'node:child_process';
import {BUSYBOX_IMAGE, connectDocker, ensureBusybox} from '../../adapters/docker/testing/images.ts';
import {until} from '../../adapters/ports/testing/until.ts';
import {untilNoTasks} from '../../server/testing/asking.ts';
import {demand, type Bench} from '../bench.ts';
import {askJson} from './http.ts';
import {startUpCluster} from './up-cluster.ts';

const STARTS = 10;
const STARTS_QUICK = 2;
const SLEEP = 'exec sleep 1000';
const LOOK_EVERY_MS = 5;

const APP = {
  cmd: SLEEP,
  cpus: 0.1,
  mem: 32,
  instances: 1,
  taskKillGracePeriodSeconds: 0,
  container: {
    type: 'DOCKER',
    docker: {image: BUSYBOX_IMAGE, network: 'BRIDGE', portMappings: [{containerPort: 80}]},
  },
};

export function makeHelloBench(): Bench {
  const name = 'server/hello';
  return {
    name,
    about: 'an app with an image from PUT to TASK_RUNNING, and docker run of the same, in turns',
    rounds: 3,
    isWholeRun: false,
    skipReason: () => (spawnSync('docker', ['version']).status === 0 ? undefined : 'no Docker'),
    measure: async ({isQuick}) => {
      await ensureBusybox(await connectDocker());
      const cluster = await startUpCluster(['--docker', 'on', '--resources', 'cpus:64;mem:65536']);
      const ours: number[] = [];
      const bare: number[] = [];
      for (let turn = 0; turn < (isQuick ? STARTS_QUICK : STARTS); turn += 1) {
        ours.push(await startApp(cluster.url, `/hello-${turn}`));
        bare.push(runBare(turn));
      }
      await cluster.remove();
      return [
        {name: `${name}/ours`, unit: 'ms', values: ours},
        {name: `${name}/bare`, unit: 'ms', values: bare},
        {name: `${name}/added`, unit: 'ms', values: ours.map((ms, at) => ms - (bare[at] ?? 0))},
      ];
    },
  };
}

/** Until the answers show it running; then it is removed again, so that each start is alone. */
async function startApp(url: string, id: string): Promise<number> {
  const startedAt = performance.now();
  await askJson(`${url}/v2/apps${id}`, 'PUT', {id, ...APP});
  const runs = async (): Promise<boolean> => {
    const {app} = (await askJson(`${url}/v2/apps${id}`)) as {app: {tasksRunning: number}};
    return app.tasksRunning === 1;
  };
  await until(`${id} runs`, runs, {everyMs: LOOK_EVERY_MS});
  const ms = performance.now() - startedAt;
  await askJson(`${url}/v2/apps${id}`, 'DELETE');
  await untilNoTasks(url);
  return ms;
}

function runBare(turn: number): number {
  const name = `drydock-bench-${process.pid}-${turn}`;
  const published = ['--publish', '127.0.0.1:0:80'];
  const args = ['run', '--detach', '--name', name, ...published, '--entrypoint', '/bin/sh'];
  const startedAt = performance.now();
  const {status, stderr} = spawnSync('docker', [...args, BUSYBOX_IMAGE, '-c', SLEEP]);
  const ms = performance.now() - startedAt;
  demand(status === 0, () => `docker run: ${stderr.toString()}`);
  spawnSync('docker', ['rm', '--force', name]);
  return ms;
}
