/** The Docker engine goes away below a running cluster, and comes back: the state converges. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {startEngine, type TestEngine} from '../adapters/docker/testing/engine.ts';
import {BUSYBOX_IMAGE, importBusybox} from '../adapters/docker/testing/images.ts';
import {until} from '../adapters/ports/testing/until.ts';
import {json, tasksOf} from './testing/asking.ts';
import {startUp, urlOf} from './testing/daemons.ts';

const INSTANCES = 3;

const APP = {
  id: '/web',
  cmd: 'exec sleep 1000',
  cpus: 0.1,
  mem: 32,
  instances: INSTANCES,
  backoffSeconds: 0,
  container: {type: 'DOCKER', docker: {image: BUSYBOX_IMAGE, network: 'HOST'}},
};

async function taskIds(url: string): Promise<readonly string[]> {
  return (await tasksOf(url, APP.id))
    .filter(({state}) => state === 'TASK_RUNNING')
    .map(({id}) => id)
    .toSorted();
}

async function runningContainers({docker}: TestEngine): Promise<readonly string[]> {
  const found = await docker.listContainers({filters: {label: ['drydock.task']}});
  return found.map(({Labels}) => Labels['drydock.task'] ?? '').toSorted();
}

for (const liveRestore of [false, true]) {
  const title = liveRestore
    ? 'containers that outlive their engine are the same tasks afterwards'
    : 'containers that end with their engine are replaced when it is back';
  test.serial(title, async (t) => {
    t.timeout(240_000);
    const folder = mkdtempSync(join(tmpdir(), 'drydock-restart-'));
    const engine = await startEngine({liveRestore});
    await importBusybox(engine.docker, BUSYBOX_IMAGE);
    const daemon = await startUp(
      folder,
      ...['--docker', 'on', '--docker-host', `unix://${engine.socket}`, '--log-level', 'warn'],
    );
    const url = urlOf(daemon);
    t.is((await json(`${url}/v2/apps`, 'POST', APP)).status, 201);
    await until('all run', async () => (await taskIds(url)).length === INSTANCES);
    const before = await taskIds(url);
    if (liveRestore) await engine.crash();
    else await engine.shutDown();
    await engine.start();
    await until('what is known is what runs', async () => {
      const [known, running] = [await taskIds(url), await runningContainers(engine)];
      return known.length === INSTANCES && known.join() === running.join();
    });
    const after = await taskIds(url);
    const kept = after.filter((id) => before.includes(id));
    t.deepEqual(kept, liveRestore ? before : []);
    await json(`${url}/v2/apps/web`, 'DELETE');
    await until('nothing is left', async () => {
      const all = await engine.docker.listContainers({all: true});
      return all.length === 0;
    });
    t.is(await daemon.stop(), 0);
    await engine.destroy();
    rmSync(folder, {recursive: true, force: true});
  });
}
