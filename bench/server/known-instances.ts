/** The memory of a master that knows very many instances, all of them running. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {until} from '../../adapters/ports/testing/until.ts';
import {demand, type Bench, type Reading} from '../bench.ts';
import {askJson} from './http.ts';

const MASTER = fileURLToPath(new URL('./big-master.ts', import.meta.url));
const AGENTS = fileURLToPath(new URL('./many-agents.ts', import.meta.url));
const APPS = 10_000;
const APPS_QUICK = 100;
const INSTANCES = 10;

export function makeKnownInstancesBench(): Bench {
  const name = `server/known/${APPS}x${INSTANCES}`;
  return {
    name,
    about: `a master with ${APPS} apps of ${INSTANCES} instances, on 100 agents without processes`,
    rounds: 1,
    isWholeRun: false,
    skipReason: () => undefined,
    measure: async ({isQuick}) => await measure(name, isQuick ? APPS_QUICK : APPS),
  };
}

async function measure(name: string, apps: number): Promise<readonly Reading[]> {
  const master = spawn(process.execPath, [MASTER], {stdio: ['pipe', 'pipe', 'inherit']});
  const [said] = (await once(master.stdout, 'data')) as [Buffer];
  const {port, keyFile} = JSON.parse(said.toString()) as {port: number; keyFile: string};
  const agents = spawn(process.execPath, [AGENTS, String(port), keyFile], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(agents.stdout, 'data');
  const url = `http://127.0.0.1:${port}`;
  const list = Array.from({length: apps}, (_, at) => {
    return {id: `app-${at}`, cmd: 'sleep', cpus: 0.01, mem: 1, instances: INSTANCES};
  });
  const startedAt = performance.now();
  await askJson(`${url}/v2/groups`, 'PUT', {id: '/', apps: list});
  await until('all run', async () => (await runningTasks(url)) === apps * INSTANCES, {
    everyMs: 1000,
    patienceMs: 600_000,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const {rss, peak} = memoryOf(master.pid ?? 0);
  // Their pipes are what they live by.
  agents.stdin.end();
  master.stdin.end();
  await Promise.all([once(agents, 'exit'), once(master, 'exit')]);
  return [
    {name: `${name}/memory`, unit: 'MiB', values: [rss]},
    {name: `${name}/memory-peak`, unit: 'MiB', values: [peak]},
    {name: `${name}/deploy-time`, unit: 's', values: [seconds]},
  ];
}

async function runningTasks(url: string): Promise<number> {
  const metrics = (await askJson(`${url}/metrics/snapshot`)) as Record<string, number>;
  return metrics['master/tasks_running'] ?? 0;
}

function memoryOf(pid: number): {readonly rss: number; readonly peak: number} {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (key: string): number => {
    const kib = Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    demand(kib > 0, () => `no ${key} of process ${pid}`);
    return kib / 1024;
  };
  return {rss: field('VmRSS'), peak: field('VmHWM')};
}
