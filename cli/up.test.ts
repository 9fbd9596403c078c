/** `drydock up`, `master`, `agent`, `keygen` as processes: starts, stops, and what is refused. */
import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {json, untilTasksRun} from '../server/testing/asking.ts';
import {startUp, urlOf, type Daemon} from '../server/testing/daemons.ts';

const run = promisify(execFile);
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SLEEP = 'exec sleep 1000';

function temp(): string {
  return mkdtempSync(join(tmpdir(), 'drydock-up-'));
}

function remove(folder: string): void {
  rmSync(folder, {recursive: true, force: true});
}

async function up(dataDir: string, ...more: readonly string[]): Promise<Daemon> {
  return await startUp(dataDir, '--docker', 'off', '--log-level', 'error', ...more);
}

/** The exit code and what was printed on stderr. */
async function refused(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly [code: number, stderr: string]> {
  try {
    await run(process.execPath, [join(ROOT, 'cli', 'drydock.ts'), ...args], {
      env: {...process.env, ...env},
      timeout: 60_000,
      // What spins does not hear SIGTERM.
      killSignal: 'SIGKILL',
    });
    return [0, ''];
  } catch (error) {
    const {code, stderr} = error as {code: number; stderr: string};
    return [code, stderr];
  }
}

test('tasks outlive a stop, are known at the next start, and end with --clean', async (t) => {
  const dataDir = temp();
  const first = await up(dataDir);
  const app = {id: '/a', cmd: SLEEP, cpus: 0.1, mem: 16, instances: 2};
  t.is((await json(`${urlOf(first)}/v2/apps`, 'POST', app)).status, 201);
  const before = (await untilTasksRun(urlOf(first), 2)).map(({id}) => id).toSorted();
  t.is(await first.stop(), 0);
  t.regex(first.stdout, /Stopped\. 2 tasks run on/);
  const second = await up(dataDir);
  t.regex(second.stdout, /2 tasks from before/);
  const after = (await untilTasksRun(urlOf(second), 2)).map(({id}) => id).toSorted();
  t.deepEqual(after, before);
  t.is(await second.stop(), 0);
  const third = await up(dataDir, '--clean');
  t.notRegex(third.stdout, /from before/);
  t.deepEqual((await json(`${urlOf(third)}/v2/apps`)).body, {apps: []});
  t.is(await third.stop(), 0);
  t.regex(third.stdout, /Stopped; no task was running\./);
  remove(dataDir);
});

test('--stop-tasks ends the tasks with the cluster', async (t) => {
  const dataDir = temp();
  const mark = join(dataDir, '..', `drydock-mark-${process.pid}`);
  const daemon = await up(dataDir, '--stop-tasks');
  const cmd = `trap 'echo ended > ${mark}; exit 0' TERM; sleep 1000 & wait`;
  await json(`${urlOf(daemon)}/v2/apps`, 'POST', {id: '/a', cmd, cpus: 0.1, mem: 16});
  await untilTasksRun(urlOf(daemon), 1);
  t.is(await daemon.stop(), 0);
  t.true(statSync(mark).isFile());
  remove(mark);
  remove(dataDir);
});

test('--agents divides the machine, and constraints can tell the agents apart', async (t) => {
  const dataDir = temp();
  const daemon = await up(dataDir, '--agents', '3', '--stop-tasks');
  const url = urlOf(daemon);
  await json(`${url}/v2/apps`, 'POST', {
    id: '/spread',
    cmd: SLEEP,
    cpus: 0.05,
    mem: 16,
    instances: 3,
    constraints: [['hostname', 'UNIQUE']],
  });
  const tasks = await untilTasksRun(url, 3);
  t.is(new Set(tasks.map(({host}) => host)).size, 3);
  const {body} = await json(`${url}/slaves`);
  const {slaves} = body as {slaves: readonly {resources: {ports: string; cpus: number}}[]};
  t.is(new Set(slaves.map(({resources}) => resources.ports)).size, 3);
  t.is(await daemon.stop(), 0);
  remove(dataDir);
});

test('a second process on the same folder is refused, and the first goes on', async (t) => {
  const dataDir = temp();
  const daemon = await up(dataDir);
  const [code, stderr] = await refused(['up', '--data-dir', dataDir, '--listen', '127.0.0.1:0']);
  t.is(code, 1);
  t.regex(stderr, /drydock\.db/);
  t.is((await json(`${urlOf(daemon)}/v2/apps`)).status, 200);
  t.is(await daemon.stop(), 0);
  remove(dataDir);
});

test('an address in use is told, and what to do', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const parent = temp();
  const dataDir = join(parent, 'new');
  const [code, stderr] = await refused([
    ...['up', '--data-dir', dataDir, '--docker', 'off', '--log-level', 'silent'],
    ...['--listen', `127.0.0.1:${port}`],
  ]);
  t.is(code, 1);
  t.is(
    stderr,
    `drydock: cannot listen on 127.0.0.1:${port}: another process listens there ` +
      '(choose another port with --listen)\n',
  );
  t.false(existsSync(dataDir), 'nothing is left of it');
  server.close();
  remove(parent);
});

test('an engine that was insisted on and is not there is told once', async (t) => {
  const dataDir = temp();
  const socket = `unix://${join(dataDir, 'nowhere.sock')}`;
  const [code, stderr] = await refused([
    ...['up', '--data-dir', join(dataDir, 'new'), '--listen', '127.0.0.1:0'],
    ...['--docker', 'on', '--docker-host', socket],
  ]);
  t.is(code, 1);
  t.is(
    stderr,
    `drydock: --docker on: the Docker engine does not answer: nobody listens at ${socket} ` +
      '(ENOENT). Is it running? (start one, or leave --docker away)\n',
  );
  remove(dataDir);
});

test('a folder with something else in it is left alone', async (t) => {
  const dataDir = temp();
  writeFileSync(join(dataDir, 'thesis.txt'), 'mine');
  for (const more of [[], ['--clean']]) {
    const [code, stderr] = await refused(['up', '--data-dir', dataDir, ...more]);
    t.is(code, 2);
    t.regex(stderr, /no data folder of Drydock: it has 'thesis\.txt' in it/);
  }
  t.true(statSync(join(dataDir, 'thesis.txt')).isFile());
  remove(dataDir);
});

test('logs for people are a line each, with the part that speaks', async (t) => {
  const dataDir = temp();
  const daemon = await startUp(dataDir, '--docker', 'off', '--log-format', 'pretty');
  t.is(await daemon.stop(), 0);
  const lines = daemon.stderr.trimEnd().split('\n');
  for (const line of lines) t.regex(line, /^\[\d\d:\d\d:\d\d\.\d{3}\] [A-Z]+: \S/);
  t.true(
    lines.some((line) => / INFO: agent-1: agent listens \{"address":/.test(line)),
    daemon.stderr,
  );
  remove(dataDir);
});

test('help of drydock fits 80 columns, and wrong usage leads to it', async (t) => {
  for (const name of ['up', 'master', 'agent', 'keygen']) {
    const {stdout} = await run(process.execPath, [join(ROOT, 'cli', 'drydock.ts'), name, '--help']);
    for (const line of stdout.split('\n')) t.true(line.length <= 80, line);
  }
  const [code, stderr] = await refused(['up', '--listn', 'x']);
  t.is(code, 2);
  t.is(
    stderr,
    "error: unknown option '--listn'\n(Did you mean --listen?)\nSee: drydock up --help\n",
  );
});

test('a folder that cannot be made is told in a line, and the start fails', async (t) => {
  const dataDir = temp();
  const file = join(dataDir, 'file');
  writeFileSync(file, '');
  for (const [path, problem] of [
    [file, 'there is a file of that name'],
    [join(file, 'below'), 'a part of the path is a file'],
    ['/proc/below/more', 'no folders can be made on that file system (ENOENT)'],
  ] as const) {
    if (path.startsWith('/proc') && process.platform !== 'linux') continue;
    const [code, stderr] = await refused(['up', '--data-dir', path, '--listen', '127.0.0.1:0']);
    t.is(code, 1);
    t.is(stderr, `drydock: --data-dir: cannot make ${path}: ${problem}\n`);
  }
  remove(dataDir);
});

const folder = temp();
const keyFile = join(folder, 'key');
mkdirSync(folder, {recursive: true});

test.serial('keygen makes a key that only its owner can read, and overwrites none', async (t) => {
  t.deepEqual(await refused(['keygen', keyFile]), [0, '']);
  t.is(statSync(keyFile).mode & 0o777, 0o600);
  const [code, stderr] = await refused(['keygen', keyFile]);
  t.is(code, 2);
  t.regex(stderr, /it is there already, and is left as it is/);
});

for (const [title, args, env, expected] of [
  ['a master without its settings', ['master'], {}, [/--zk: expected/, /--key-file: expected/]],
  [
    'an agent without its settings',
    ['agent'],
    {},
    [/--zk: expected/, /--work-dir: expected/, /--key-file: expected/],
  ],
  [
    'a wrong value in the environment',
    ['up'],
    {DRYDOCK_LISTEN: 'everywhere'},
    [/DRYDOCK_LISTEN: expected a host and a port/],
  ],
  [
    'what is missing, with a name in the environment that was meant to set it',
    ['master'],
    {DRYDOCK_ZKK: 'zk://zk1/drydock'},
    [/^drydock: DRYDOCK_ZKK: no such setting.* \(did you mean DRYDOCK_ZK\?\)\n.*--zk: expected/],
  ],
  ['a wrong size', ['up', '--agents', '0'], {}, [/--agents: expected a whole number from 1/]],
  [
    'resources that mean nothing',
    [
      ...['up', '--data-dir', join(folder, 'none'), '--resources', 'cpus=4'],
      ...['--listen', '127.0.0.1:0'],
    ],
    {},
    [/--resources: 'cpus=4' must have the form name:value/],
  ],
  [
    'a key that is none',
    ['agent', '--master', '127.0.0.1:1', '--work-dir', folder, '--key-file', '/dev/null'],
    {},
    [/\/dev\/null: expected at least 32 bytes in hexadecimal/],
  ],
] as const) {
  test.serial(`refused with exit code 2: ${title}`, async (t) => {
    const [code, stderr] = await refused(args, env);
    t.is(code, 2, stderr);
    for (const pattern of expected) t.regex(stderr, pattern);
  });
}

test.after.always(() => {
  remove(folder);
});
