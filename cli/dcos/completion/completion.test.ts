// Completion: what is suggested, and that shells understand how it is asked for.
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {Home} from '../testing/run-dcos.ts';
import {scriptedServer, type Script} from '../testing/scripted-server.ts';

const IDS: Script = {
  'GET /service/marathon/v2/apps': {json: {apps: [{id: '/web'}, {id: '/shop/web'}]}},
  'GET /service/marathon/v2/groups': {
    json: {id: '/', groups: [{id: '/shop', groups: [{id: '/shop/db', groups: []}]}]},
  },
  'GET /service/marathon/v2/deployments': {json: [{id: 'd1'}]},
  'GET /service/metronome/v1/jobs': {json: [{id: 'nightly'}]},
  'GET /mesos/master/tasks': {json: {tasks: [{id: 'web.1'}, {id: 'db.1'}]}},
  'GET /mesos/master/slaves': {json: {slaves: [{id: 'S1'}]}},
  'GET /mesos/master/frameworks': {json: {frameworks: [{id: 'F1'}]}},
};

async function complete(
  t: ExecutionContext,
  typed: string,
  {shell = 'bash', script = IDS}: {readonly shell?: string; readonly script?: Script} = {},
): Promise<readonly string[]> {
  const server = await scriptedServer(script);
  const home = new Home();
  t.teardown(async () => {
    await server.close();
    home.remove();
  });
  // As the scripts ask: fish leaves a word out that is not begun, the others send it empty.
  const words = `dcos ${typed}`.split(' ');
  const isBegun = words.at(-1) !== '';
  const given = shell === 'fish' && !isBegun ? words.slice(0, -1) : words;
  const {code, stdout} = await home.run(['completion-server', '--', ...given], {
    env: {
      DCOS_URL: server.url,
      SHELL: shell,
      COMP_CWORD: `${shell === 'fish' ? given.length : words.length - 1}`,
      COMP_LINE: `dcos ${typed}`,
      COMP_POINT: `${`dcos ${typed}`.length}`,
    },
  });
  t.is(code, 0);
  return stdout.split('\n').slice(0, -1);
}

const cases: readonly (readonly [typed: string, expected: readonly string[]])[] = [
  ['', ['cluster', 'auth', 'config', 'marathon', 'job', 'task', 'node', 'service', 'completion']],
  ['ma', ['marathon']],
  ['marathon de', ['deployment', 'debug', 'delay']],
  [
    'marathon app ',
    [
      'add',
      'list',
      'show',
      'endpoints',
      'update',
      'start',
      'stop',
      'restart',
      'kill',
      'remove',
      'version',
    ],
  ],
  ['marathon app show ', ['/web', '/shop/web']],
  ['marathon app show /s', ['/shop/web']],
  ['marathon app endpoints /s', ['/shop/web']],
  ['help marathon de', ['deployment', 'debug', 'delay']],
  ['marathon app show --app-version -1 /w', ['/web']],
  ['marathon app show --app-version=-1 /w', ['/web']],
  ['marathon app show /web ', []],
  ['marathon app kill --', ['--scale', '--host', '--json', '--help']],
  ['marathon app kill --s', ['--scale']],
  ['marathon app add ', ['__tabtab_complete_files__']],
  ['marathon group show ', ['/shop', '/shop/db']],
  ['marathon deployment watch ', ['d1']],
  ['marathon task kill web.1 ', ['web.1', 'db.1']],
  ['job run ', ['nightly']],
  ['job show ', ['runs', 'nightly']],
  ['job schedule add nightly ', ['__tabtab_complete_files__']],
  ['task log d', ['db.1']],
  ['task list --agent-id ', ['S1']],
  ['node log ', ['S1']],
  ['service shutdown ', ['F1']],
  ['config set core.t', ['core.timeout']],
  ['cluster setup x --ca-certs ', ['__tabtab_complete_files__']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['nonsense ', []],
];

for (const [typed, expected] of cases) {
  test(`dcos ${typed}▁ is completed`, async (t) => {
    t.deepEqual(await complete(t, typed), expected);
  });
}

test('zsh and fish are told what each command is for', async (t) => {
  t.deepEqual(await complete(t, 'marathon app v', {shell: 'zsh'}), [
    'version:Look at what an app was before.',
  ]);
  t.deepEqual(await complete(t, 'node', {shell: '/usr/bin/fish'}), [
    'node\tLook at the machines of the cluster.',
  ]);
  t.deepEqual(await complete(t, 'marathon app version ', {shell: 'fish'}), [
    'list\tList the versions of an app, the newest first, as JSON.',
  ]);
});

test('a cluster that does not answer leaves the rest of completion as it is', async (t) => {
  t.deepEqual(await complete(t, 'marathon app show ', {script: {}}), []);
  t.deepEqual(await complete(t, 'job show ', {script: {}}), ['runs']);
});

test('another shell has no completion, which is told', async (t) => {
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stderr} = await home.run(['completion', 'tcsh']);
  t.is(code, 1);
  t.is(stderr, "Error: there is no completion for 'tcsh'\nThere is one for bash, zsh, fish.\n");
});

function bash(
  args: readonly string[],
  stdin: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', args, {
      env: {...process.env, ...env},
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`bash ended with ${code}: ${stderr}`));
    });
    child.stdin.end(stdin);
  });
}

test('the script for bash is one, and completes', async (t) => {
  const home = new Home();
  const server = await scriptedServer(IDS);
  t.teardown(async () => {
    await server.close();
    home.remove();
  });
  const {stdout: script} = await home.run(['completion', 'bash']);
  await bash(['-n'], script);
  const file = fileURLToPath(new URL('../../dcos.ts', import.meta.url));
  home.write('dcos', `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`);
  const ask = `
    chmod +x "${join(home.folder, 'dcos')}"
    PATH="${home.folder}:$PATH"
    ${script}
    complete -p dcos
    COMP_WORDS=(dcos marathon app show /w) COMP_CWORD=4
    COMP_LINE="dcos marathon app show /w" COMP_POINT=25
    _dcos_completion
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = await bash(['--norc', '-s'], ask, {DCOS_URL: server.url, HOME: home.folder});
  t.is(said, 'complete -o default -F _dcos_completion dcos\n/web\n');
});

for (const [shell, beginning] of [
  ['zsh', '#compdef dcos\n'],
  ['fish', '###-begin-dcos-completion-###\nfunction _dcos_completion\n'],
] as const) {
  test(`the script for ${shell} asks dcos itself`, async (t) => {
    const home = new Home();
    t.teardown(() => home.remove());
    const {code, stdout} = await home.run(['completion', shell]);
    t.is(code, 0);
    t.true(stdout.startsWith(beginning), stdout);
    t.regex(stdout, /dcos completion-server -- /);
    t.notRegex(stdout, /\{(pkgname|completer)\}/);
  });
}
