/** From the PUT of an app to its answer, which comes when the change is written down. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {until} from '../../adapters/ports/testing/until.ts';
import {startEnsemble} from '../../adapters/zk/testing/ensemble.ts';
import {writeKeyFile} from '../../server/link/cluster-key.ts';
import {startDrydock} from '../../server/testing/daemons.ts';
import {demand, type Bench, type Reading} from '../bench.ts';
import {ask} from './http.ts';
import {startUpCluster} from './up-cluster.ts';

const CLIENTS = [1, 16, 64] as const;
const PUTS = 640;
const PUTS_QUICK = 128;
/** Nobody has so much: it is stored, and not started. */
const APP = {cmd: 'true', cpus: 1_000_000, mem: 32, instances: 1};

interface Target {
  readonly url: string;
  remove(): Promise<void>;
}

export type StoreKind = 'file' | 'zookeeper';

export function makeCommitBench(store: StoreKind): Bench {
  const name = `server/commit/${store}`;
  return {
    name,
    about: `PUT of an app to the committed answer, ${store} store, with 1, 16 and 64 clients`,
    rounds: 3,
    isWholeRun: false,
    skipReason: () => undefined,
    measure: async ({isQuick}) => {
      const target = store === 'file' ? await startUpCluster(['--docker', 'off']) : await onZk();
      const readings: Reading[] = [];
      for (const clients of CLIENTS) {
        const puts = isQuick ? PUTS_QUICK : PUTS;
        const times = await putMany(target.url, clients, puts);
        readings.push(
          {name: `${name}/${clients}/p50`, unit: 'ms', values: [quantile(times, 0.5)]},
          {name: `${name}/${clients}/p99`, unit: 'ms', values: [quantile(times, 0.99)]},
        );
      }
      await target.remove();
      return readings;
    },
  };
}

async function putMany(url: string, clients: number, puts: number): Promise<readonly number[]> {
  const times: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < puts) {
      const turn = next;
      next += 1;
      const id = `/c${clients}/app-${turn}`;
      const {status, text, ms} = await ask(`${url}/v2/apps${id}?force=true`, 'PUT', {id, ...APP});
      demand(status === 201, () => `PUT ${id}: ${status} ${text.slice(0, 200)}`);
      times.push(ms);
    }
  };
  await Promise.all(Array.from({length: clients}, client));
  await ask(`${url}/v2/groups/c${clients}?force=true`, 'DELETE');
  return times.toSorted((left, right) => left - right);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** One master on three servers. */
async function onZk(): Promise<Target> {
  const ensemble = await startEnsemble({servers: 3});
  const folder = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
  const keyFile = join(folder, 'key');
  writeKeyFile(keyFile);
  const daemon = await startDrydock(
    [
      ...['master', '--zk', `zk://${ensemble.connect}/drydock`, '--key-file', keyFile],
      ...['--listen', '127.0.0.1:0', '--log-format', 'json'],
    ],
    {ready: /"leading"/},
  );
  const address = /"address":"([^"]+)"/.exec(daemon.stderr)?.[1] ?? '';
  const url = `http://${address}`;
  await until('the master answers', async () => (await ask(`${url}/v2/apps`)).status === 200);
  return {
    url,
    async remove() {
      await daemon.stop();
      await ensemble.stop();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}
