/** The list that every dashboard asks for, again and again. */
import {demand, type Bench} from '../bench.ts';
import {ask, askJson} from './http.ts';
import {startUpCluster} from './up-cluster.ts';

const APPS = 1000;
const ASKS = 20;

export function makeListAppsBench(): Bench {
  const name = `server/list-apps/${APPS}`;
  return {
    name,
    about: `GET /v2/apps of ${APPS} apps`,
    rounds: 3,
    isWholeRun: false,
    skipReason: () => undefined,
    measure: async () => {
      const cluster = await startUpCluster(['--docker', 'off']);
      const apps = Array.from({length: APPS}, (_, at) => {
        return {id: `app-${at}`, cmd: 'true', cpus: 1_000_000, mem: 32, instances: 1};
      });
      await askJson(`${cluster.url}/v2/groups`, 'PUT', {id: '/', apps});
      const times: number[] = [];
      for (let turn = 0; turn < ASKS; turn += 1) {
        const {status, text, ms} = await ask(`${cluster.url}/v2/apps`);
        const {apps: listed} = JSON.parse(text) as {apps: readonly unknown[]};
        demand(status === 200 && listed.length === APPS, () => `${status}, ${listed.length} apps`);
        times.push(ms);
      }
      await cluster.remove();
      return [{name: `${name}/time`, unit: 'ms', values: times}];
    },
  };
}
