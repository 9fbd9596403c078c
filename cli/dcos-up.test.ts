// The `dcos` command against a whole cluster with plain processes, as `drydock up` starts it.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {startUp, urlOf, type Daemon} from '../server/testing/daemons.ts';
import {Home, type Ended, type RunTerms} from './dcos/testing/run-dcos.ts';

let folder: string;
let daemon: Daemon;
let url: string;
let home: Home;

/** With a token: every request must show it. */
const TOKEN = 'a-token-of-this-cluster';

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcos-up-'));
  home = new Home();
  home.write('token', `${TOKEN}\n`);
  writeFileSync(join(folder, 'tokens'), `${TOKEN}\n`, {mode: 0o600});
  daemon = await startUp(
    join(folder, 'data'),
    ...['--docker', 'off', '--log-format', 'json'],
    ...['--agents', '2', '--resources', 'cpus:4;mem:2048;disk:1000;ports:[42000-42099]'],
    ...['--cluster', 'harbour', '--token-file', join(folder, 'tokens')],
  );
  url = urlOf(daemon);
  const {code, stderr} = await home.run(['cluster', 'setup', url, '--token-file', 'token']);
  if (code !== 0) throw new Error(stderr);
});

test.after.always(async () => {
  await endAll();
  await daemon?.stop();
  home?.remove();
  rmSync(folder, {recursive: true, force: true});
});

/** So that no task outlives the cluster. */
async function endAll(): Promise<void> {
  if (url === '') return;
  await dcos('marathon group remove / --force');
  for (let looks = 0; looks < 200; looks += 1) {
    if ((await dcos('task list -q')).stdout === '') return;
    await sleep(100);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Sleeps take their time: the cluster lives by the clock of the machine. */
function dcos(words: string | readonly string[], terms: RunTerms = {}): Promise<Ended> {
  const list = typeof words === 'string' ? words.split(' ') : words;
  return home.run(list, {sleepMs: (ms) => ms, ...terms});
}

async function good(t: ExecutionContext, words: string | readonly string[], terms?: RunTerms) {
  const {code, stdout, stderr} = await dcos(words, terms);
  t.is(code, 0, `${String(words)}\n${stdout}\n${stderr}`);
  return stdout;
}

const JSON_OF = async <T>(t: ExecutionContext, words: string): Promise<T> =>
  JSON.parse(await good(t, words)) as T;

/** Adds an app and waits until its deployment is over. */
async function deploy(t: ExecutionContext, app: object): Promise<void> {
  const said = await good(t, 'marathon app add', {stdin: JSON.stringify(app)});
  const [, id = ''] = /^Created deployment (\S+)\n$/.exec(said) ?? [];
  await good(t, ['marathon', 'deployment', 'watch', '--interval', '0.1', id]);
}

const SLEEP = {cpus: 0.1, mem: 32, cmd: 'echo up; echo oops >&2; sleep 1000'};

test('the cluster is known by its name, and wants the token', async (t) => {
  t.regex(await good(t, 'cluster list'), /^ +NAME .*\n\* +harbour +\S+ +AVAILABLE +2\.1\.0 +http/);
  t.regex(await good(t, '--version'), /\ndcos\.version=2\.1\.0\n/);
  const other = new Home();
  const {code, stderr} = await other.run(['marathon', 'app', 'list'], {env: {DCOS_URL: url}});
  t.is(code, 1);
  t.is(stderr, 'Error: Authentication failed. Please run `dcos auth login`\n');
  other.write('token', TOKEN);
  const login = await other.run(['auth', 'login', '--token-file', 'token'], {env: {DCOS_URL: url}});
  t.is(login.stdout, 'Login successful!\n');
  t.is((await other.run(['marathon', 'app', 'list', '-q'])).code, 0, 'the url is kept with it');
  other.remove();
});

test('an app is added, scaled, restarted, stopped, started, killed and removed', async (t) => {
  await deploy(t, {id: '/life', ...SLEEP});
  t.regex(
    await good(t, 'marathon app list'),
    /\n\/life +32 +0\.1 +1\/1 +--- +--- +false +MESOS +echo/,
  );
  const again = await dcos('marathon app add', {stdin: JSON.stringify({id: '/life', ...SLEEP})});
  t.regex(again.stderr, /^Error: Application '\/life' already exists\n/);
  const changed = await JSON_OF<{deploymentId: string}>(
    t,
    'marathon app update life instances=2 --json',
  );
  await good(t, `marathon deployment watch --interval 0.1 ${changed.deploymentId}`);
  t.is((await JSON_OF<unknown[]>(t, 'marathon task list life --json')).length, 2);
  t.is((await JSON_OF<unknown[]>(t, 'marathon app version list life')).length, 2);
  const before = await JSON_OF<{instances: number}>(t, 'marathon app show --app-version=-1 life');
  t.is(before.instances, 1);
  for (const [words, instances] of [
    ['restart', 2],
    ['stop', 0],
    ['start', 1],
  ] as const) {
    const {deploymentId} = await JSON_OF<{deploymentId: string}>(
      t,
      `marathon app ${words} life --json`,
    );
    await good(t, `marathon deployment watch --interval 0.1 ${deploymentId}`);
    const app = await JSON_OF<{tasksRunning: number}>(t, 'marathon app show life');
    t.is(app.tasksRunning, instances, words);
  }
  t.regex(await good(t, 'marathon app kill life'), /^Killed tasks: \[\{.*"appId":"\/life"/);
  t.is(await good(t, 'marathon app remove life'), '');
  t.regex((await dcos('marathon app show life')).stderr, /^Error: App '\/life' does not exist\n$/);
});

test('a definition that is refused is told field by field', async (t) => {
  const {code, stderr} = await dcos('marathon app add', {
    stdin: '{"id": "/bad", "cmd": "x", "cpus": -1, "container": {"docker": {"network": "NOPE"}}}',
  });
  t.is(code, 1);
  t.regex(stderr, /^Error: .*\n(.*\n)* {2}\/container\/docker\/network: /);
});

test('an app without a place tells why, and its lock names the deployment', async (t) => {
  await good(t, 'marathon app add', {stdin: JSON.stringify({id: '/vast', ...SLEEP, cpus: 64})});
  const why = await good(t, 'marathon debug why vast');
  t.regex(why, /No agent is large enough: an instance wants cpus 64, .* is cpus 4, mem 2048/);
  const deployment = (await good(t, 'marathon deployment list vast -q')).trim();
  const {code, stderr} = await dcos('marathon app update vast cpus=2');
  t.is(code, 1);
  t.true(
    stderr.startsWith(
      'Error: changes blocked: deployment already in progress for app\n' +
        `  deployment ${deployment}\n`,
    ),
  );
  t.regex(await good(t, 'marathon debug list'), /\n\/vast /);
  t.regex(await good(t, `marathon deployment rollback ${deployment}`), /"deploymentId": /);
  t.is((await dcos(`marathon deployment watch ${deployment}`)).code, 0);
});

test('a rolled back deployment is told to have failed by who watches it', async (t) => {
  const said = await good(t, 'marathon app add', {
    stdin: JSON.stringify({id: '/undone', ...SLEEP, cpus: 64}),
  });
  const [, id = ''] = /deployment (\S+)/.exec(said) ?? [];
  let hasUndone = false;
  const {code, stderr} = await dcos(['marathon', 'deployment', 'watch', id], {
    seen: (text) => {
      if (hasUndone || !text.includes('step')) return;
      hasUndone = true;
      setTimeout(() => void dcos(`marathon deployment rollback ${id}`), 300);
    },
  });
  t.is(code, 1);
  t.regex(stderr, new RegExp(`^Error: deployment ${id} has failed: `));
});

test('groups are added, listed, scaled and removed', async (t) => {
  const group = {
    id: '/fleet',
    apps: [
      {id: 'one', ...SLEEP},
      {id: 'two', ...SLEEP},
    ],
  };
  const {deploymentId} = JSON.parse(
    await good(t, 'marathon group add --json', {stdin: JSON.stringify(group)}),
  ) as {deploymentId: string};
  await good(t, `marathon deployment watch --interval 0.1 ${deploymentId}`);
  t.regex(await good(t, 'marathon group list'), /\n\/fleet +2 +false\n/);
  const scaled = await JSON_OF<{deploymentId: string}>(t, 'marathon group scale fleet 2 --json');
  await good(t, `marathon deployment watch --interval 0.1 ${scaled.deploymentId}`);
  t.is((await JSON_OF<unknown[]>(t, 'marathon task list fleet/one --json')).length, 2);
  t.is(await good(t, 'marathon group remove fleet'), '');
});

test('a task is looked into: its logs, its files, commands beside it', async (t) => {
  await deploy(t, {id: '/open', ...SLEEP});
  const [, host = '', user = '', id = ''] =
    /\nopen +(\S+) +(\S+) +RUNNING +(\S+)/.exec(await good(t, 'task list open')) ?? [];
  t.deepEqual([host.startsWith('127.0.0.'), user], [true, 'root']);
  t.is(await good(t, `task log ${id}`), 'up\n');
  t.is(await good(t, 'task log open.*_app.1 stderr'), 'oops\n');
  t.is(await good(t, 'task ls open'), 'stderr  stdout\n');
  t.regex(await good(t, 'task ls --long open'), /\n-rw\S+ +1 +\d+ +\d+ +3 +\S+ +stdout\n/);
  t.is(await good(t, ['task', 'exec', id, 'cat', 'stdout']), 'up\n');
  const failing = await dcos(['task', 'exec', id, 'sh', '-c', 'echo a; echo b >&2; exit 7']);
  t.deepEqual(failing, {code: 7, stdout: 'a\n', stderr: 'b\n'});
  t.is(
    await good(t, ['task', 'exec', '-i', id, 'cat'], {stdin: 'x'.repeat(300_000)}),
    'x'.repeat(300_000),
  );
  t.regex(await good(t, ['task', 'exec', '--tty', id, 'tty']), /^\/dev\//);
  const missing = await dcos(['task', 'exec', id, 'no-such-program']);
  t.not(missing.code, 0);
  await good(t, ['task', 'download', 'open', 'std*', '--target-dir', 'copy']);
  t.is(readFileSync(join(home.folder, 'copy', 'stdout'), 'utf8'), 'up\n');
  const interrupted = await dcos(['task', 'exec', id, 'sh', '-c', 'echo on; sleep 1000'], {
    seen: (text, stop) => {
      if (text === 'on\n') stop.abort('interrupted');
    },
  });
  t.is(interrupted.code, 130);
});

test('task log --follow ends with its task, and has all that it wrote', async (t) => {
  await deploy(t, {
    id: '/count',
    ...SLEEP,
    cmd: 'for i in 1 2 3 4; do echo $i; sleep 0.5; done; sleep 1000',
  });
  const id = (await good(t, 'task list count -q')).trim();
  let isRemoved = false;
  const followed = await good(t, `task log --follow ${id}`, {
    seen: (text) => {
      if (isRemoved || !text.includes('4')) return;
      isRemoved = true;
      void dcos('marathon app remove count');
    },
  });
  t.is(followed, '1\n2\n3\n4\n');
  t.regex(await good(t, 'task list --completed count'), /\ncount .* KILLED /);
  t.is(await good(t, `task log ${id}`), '1\n2\n3\n4\n', 'the sandbox outlives the task');
});

test('a job is added with its schedule, run, looked at, and removed', async (t) => {
  const job = {
    id: 'tidy.up',
    run: {cmd: 'echo swept', cpus: 0.1, mem: 32},
    schedules: [{id: 'nightly', cron: '0 2 * * *', timezone: 'Europe/Paris'}],
  };
  t.is(await good(t, 'job add', {stdin: JSON.stringify(job)}), '');
  t.regex(await good(t, 'job list'), /\ntidy\.up +Scheduled +N\/A\n/);
  t.regex(
    await good(t, 'job schedule show tidy.up'),
    /\nnightly +0 2 \* \* \* +True +\S+ +ALLOW\n/,
  );
  const run = (await good(t, 'job run tidy.up')).trim();
  for (;;) {
    const history = await good(t, 'job history tidy.up -q');
    if (history.includes(run)) break;
    await sleep(100);
  }
  t.regex(await good(t, 'job list'), /\ntidy\.up +Scheduled +Success\n/);
  t.is(await good(t, `task log tidy.up_${run}`), 'swept\n');
  t.is(await good(t, 'job queue -q'), '');
  t.is((await dcos('job kill tidy.up nope')).code, 1);
  t.is(await good(t, 'job schedule remove tidy.up nightly'), '');
  t.regex(await good(t, 'job list'), /\ntidy\.up +Unscheduled /);
  t.is(await good(t, 'job remove tidy.up'), '');
  t.regex((await dcos('job show tidy.up')).stderr, /^Error: job "tidy\.up" does not exist\n$/);
});

test('nodes and services are listed', async (t) => {
  const nodes = (await good(t, 'node list')).split('\n');
  t.is(nodes.length, 5, 'a header, two agents, one master');
  t.regex(nodes.join('\n'), / agent +ACTIVE /);
  t.regex(nodes.join('\n'), / master \(leader\) /);
  t.regex(await good(t, 'node list --field resources.cpus'), /RESOURCES\.CPUS\n.* 4\n/);
  t.regex(await good(t, 'service list'), /\nmarathon +\S+ +True +\d+ /);
  t.is(await good(t, 'marathon ping --once'), 'Marathon ping response[1x]: "pong"\n');
  t.regex(await good(t, 'marathon leader show'), /^HOST .*\n127\.0\.0\.1 /);
  const log = await dcos('node log --leader');
  t.is(log.code, 1);
  t.regex(log.stderr, /^Error: The leading master keeps no log file\.\n/);
});

test('ids of the cluster complete what is typed', async (t) => {
  await deploy(t, {id: '/typed', ...SLEEP});
  const complete = async (...words: readonly string[]): Promise<string> =>
    good(t, ['completion-server', '--', 'dcos', ...words], {
      env: {COMP_CWORD: `${words.length}`, SHELL: '/bin/bash'},
    });
  t.is(await complete('marathon', 'app', 'show', '/ty'), '/typed\n');
  t.regex(await complete('task', 'log', 'typed'), /^typed\.instance-\S+\n$/);
});
