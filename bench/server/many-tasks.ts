/** So many sleeping processes on one agent: from the PUT until all of them run. */
import {until} from '../../adapters/ports/testing/until.ts';
import {demand, type Bench} from '../bench.ts';
import {askJson} from './http.ts';
import {startUpCluster} from './up-cluster.ts';

const TASKS = 1000;
const TASKS_QUICK = 50;

export function makeManyTasksBench(): Bench {
  const name = `server/tasks/${TASKS}`;
  return {
    name,
    about: `${TASKS} sleeping process tasks on one agent: time until all run`,
    rounds: 3,
    isWholeRun: false,
    skipReason: () => undefined,
    measure: async ({isQuick}) => {
      const instances = isQuick ? TASKS_QUICK : TASKS;
      const resources = 'cpus:64;mem:65536;disk:65536;ports:[20000-29999]';
      const cluster = await startUpCluster(['--docker', 'off', '--resources', resources]);
      const app = {id: '/many', cmd: 'exec sleep 1000', cpus: 0.01, mem: 1, instances};
      const startedAt = performance.now();
      await askJson(`${cluster.url}/v2/apps/many`, 'PUT', app);
      await until('all run', async () => (await runningOf(cluster.url)) === instances, {
        everyMs: 100,
        patienceMs: 600_000,
      });
      const seconds = (performance.now() - startedAt) / 1000;
      demand((await runningOf(cluster.url)) === instances, () => 'some do not run any more');
      await cluster.remove();
      return [
        {name: `${name}/time`, unit: 's', values: [seconds]},
        {name: `${name}/rate`, unit: '/s', values: [instances / seconds]},
      ];
    },
  };
}

async function runningOf(url: string): Promise<number> {
  const {app} = (await askJson(`${url}/v2/apps/many`)) as {app: {tasksRunning: number}};
  return app.tasksRunning;
}
