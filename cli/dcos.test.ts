// The `dcos` command as a process.
import {spawn} from 'node:child_process';
import {closeSync, existsSync, openSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {Home} from './dcos/testing/run-dcos.ts';
import {scriptedServer} from './dcos/testing/scripted-server.ts';
import {M, filesOf} from './dcos/testing/scripts.ts';

const dcos = fileURLToPath(new URL('dcos.ts', import.meta.url));

interface Process {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function spawnDcos(
  t: ExecutionContext,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  react: (child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<Process> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [dcos, ...words], {
      env: {PATH: process.env['PATH'], ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({code, stdout, stderr}));
    react(child);
  });
}

test('the process says its version where no cluster was ever set up', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stdout} = await spawnDcos(t, ['--version'], {HOME: home.folder});
  t.is(code, 0);
  t.regex(stdout, /^dcoscli\.version=\d+\.\d+\.\d+\ndcos\.version=N\/A\n/);
});

test('output that cannot be written fails the process, and is told in a line', async (t) => {
  if (!existsSync('/dev/full')) {
    t.pass('this machine has no full device');
    return;
  }
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [dcos, 'config', 'keys'], {
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
  });
  closeSync(full);
  t.is(code, 1);
  t.regex(stderr, /^Error: the output cannot be written: ENOSPC[^\n]*\n$/);
});

test('the process outlives a reader that has enough, and stops to follow then', async (t) => {
  let size = 0;
  const server = await scriptedServer({
    ...filesOf({}),
    // It grows by a line whenever somebody looks.
    'GET /agent/S1/files/read': ({line}) => {
      if (line.includes('offset=-1')) size += 2;
      const offset = Number(/offset=(-?\d+)/.exec(line)?.[1]);
      return offset === -1
        ? {data: '', offset: size}
        : {data: 'x\n'.repeat((size - offset) / 2), offset};
    },
  });
  t.teardown(() => server.close());
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stderr} = await spawnDcos(
    t,
    ['task', 'log', '--follow', 'web.1'],
    {HOME: home.folder, DCOS_URL: server.url},
    (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
  );
  t.deepEqual([code, stderr], [0, '']);
});

test('the process ends by SIGINT with 130 while it waits for an answer', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  let interrupt = (): void => undefined;
  const server = await scriptedServer({[`GET ${M}/apps`]: () => interrupt()});
  t.teardown(() => server.close());
  const {code, stderr} = await spawnDcos(
    t,
    // One request only: the answer to another could end it first.
    ['marathon', 'app', 'list', '--json'],
    {HOME: home.folder, DCOS_URL: server.url},
    (child) => {
      interrupt = () => {
        child.kill('SIGINT');
        return undefined;
      };
    },
  );
  t.is(code, 130);
  t.is(stderr, 'Error: User interrupted command with Ctrl-C\n');
});
