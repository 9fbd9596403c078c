/** The story of hello_world.json as its author lives it: `drydock up`, `dcos`, a real container. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {connectDocker, importBusybox} from '../adapters/docker/testing/images.ts';
import {ask, BalancedClient} from './testing/balanced-client.ts';
import {until} from '../adapters/ports/testing/until.ts';
import {appOf, json, tasksOf, type TaskNow} from './testing/asking.ts';
import {runDcos, startUp, urlOf, type CommandResult, type Daemon} from './testing/daemons.ts';

const IMAGE = 'drydock-test/hello-world:1';
/** It goes on serving after the polite signal, as a server that drains does. */
const SERVE = 'CMD ["/bin/httpd", "-f", "-p", "80", "-h", "/bin"]';

const folder = mkdtempSync(join(tmpdir(), 'drydock-hello-'));
const dataDir = join(folder, 'data');
const helloFile = join(folder, 'hello_world.json');
const env = {DCOS_DIR: join(folder, 'dcos')};
let daemon: Daemon;
let url = '';

async function up(): Promise<void> {
  const size = ['--resources', 'cpus:64;mem:65536;disk:65536'];
  daemon = await startUp(dataDir, '--docker', 'on', '--log-level', 'warn', ...size);
  url = urlOf(daemon);
}

async function dcos(...args: readonly string[]): Promise<CommandResult> {
  const result = await runDcos(args, env);
  if (result.code !== 0) throw new Error(`dcos ${args.join(' ')}: ${JSON.stringify(result)}`);
  return result;
}

async function tasks(): Promise<readonly TaskNow[]> {
  return await tasksOf(url, '/hello_world');
}

async function healthy(): Promise<number> {
  return (await appOf(url, '/hello_world')).tasksHealthy;
}

async function deploymentsEnd(): Promise<void> {
  await until('the deployments end', async () => {
    const {body} = await json(`${url}/v2/deployments`);
    return (body as readonly unknown[]).length === 0;
  });
}

async function containers(): Promise<readonly {readonly Id: string}[]> {
  const docker = await connectDocker();
  return await docker.listContainers({all: true, filters: {ancestor: [IMAGE]}});
}

test.before(async () => {
  const docker = await connectDocker();
  await importBusybox(docker, IMAGE, [SERVE]);
  const hello = JSON.parse(
    readFileSync(new URL('../scenarios/hello_world.json', import.meta.url), 'utf8'),
  ) as {container: {docker: object}};
  const {container, ...rest} = hello;
  const changed = {
    ...rest,
    cpus: 0.1,
    mem: 32,
    container: {...container, docker: {...container.docker, image: IMAGE}},
    healthChecks: [
      {protocol: 'HTTP', path: '/sh', gracePeriodSeconds: 30, intervalSeconds: 1, portIndex: 0},
    ],
    upgradeStrategy: {minimumHealthCapacity: 0.6, maximumOverCapacity: 0.2},
  };
  writeFileSync(helloFile, JSON.stringify(changed));
  await up();
});

test.after.always(async () => {
  await daemon.stop();
  rmSync(folder, {recursive: true, force: true});
});

test.serial('hello_world.json is added by dcos, and its endpoint answers', async (t) => {
  await dcos('cluster', 'setup', url);
  await dcos('marathon', 'app', 'add', helloFile);
  await until('it is healthy', async () => (await healthy()) === 1);
  const [task] = await tasks();
  t.is(await ask(task?.host ?? '', task?.ports[0] ?? 0, '/sh'), '200');
});

test.serial('it is scaled to five', async (t) => {
  await deploymentsEnd();
  await dcos('marathon', 'app', 'update', '/hello_world', 'instances=5');
  await until('five are healthy', async () => (await healthy()) === 5);
  t.is((await containers()).length, 5);
});

test.serial('it is upgraded under load: no request fails, capacity is kept', async (t) => {
  await deploymentsEnd();
  const before = new Set((await tasks()).map(({id}) => id));
  const client = new BalancedClient(url, 'hello_world', '/sh');
  await client.start(4);
  await dcos('marathon', 'app', 'update', '/hello_world', 'env={"RELEASE":"2"}');
  await deploymentsEnd();
  const report = await client.stop();
  const after = await tasks();
  t.deepEqual(report.failures.slice(0, 5), []);
  t.true(report.healthyMin >= 3, `${report.healthyMin} were healthy`);
  t.true(report.requests > 100, `${report.requests} requests`);
  t.is(after.length, 5);
  t.true(after.every(({id}) => !before.has(id)));
});

test.serial('a container that is killed is replaced', async (t) => {
  const before = new Set((await tasks()).map(({id}) => id));
  const docker = await connectDocker();
  const [victim] = await containers();
  await docker.getContainer(victim?.Id ?? '').kill();
  await until('another one is healthy', async () => {
    const now = await tasks();
    return now.some(({id}) => !before.has(id)) && (await healthy()) === 5;
  });
  t.is((await tasks()).filter(({id}) => before.has(id)).length, 4);
});

test.serial(
  'after kill -9 of everything it is up again, with every container that ran',
  async (t) => {
    const before = (await containers()).map(({Id}) => Id).toSorted();
    daemon.kill('SIGKILL');
    await daemon.ended;
    await up();
    await until('all are healthy', async () => (await healthy()) === 5);
    t.deepEqual((await containers()).map(({Id}) => Id).toSorted(), before);
    t.regex(daemon.stdout, /5 tasks from before/);
  },
);

test.serial('a task’s output and a command inside it', async (t) => {
  await dcos('cluster', 'setup', url);
  const [task] = await tasks();
  const {stdout} = await dcos('task', 'exec', task?.id ?? '', 'echo', 'from', 'inside');
  t.is(stdout, 'from inside\n');
  const listed = await dcos('task', 'list', '--json');
  t.is((JSON.parse(listed.stdout) as readonly unknown[]).length, 5);
});

test.serial('it is removed: nothing is left in Docker', async (t) => {
  await dcos('marathon', 'app', 'remove', '/hello_world');
  await until('nothing is left', async () => (await containers()).length === 0);
  t.is((await json(`${url}/v2/apps/hello_world`)).status, 404);
});
