import {spawn} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import type {ConformanceReport} from '../conformance/run-folder.ts';
import {InvariantError} from '../engine/index.ts';
import type {SimResult} from '../sim/result.ts';
import {bugText} from './terminal/bug-text.ts';

const drydock = fileURLToPath(new URL('drydock.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** Sends SIGINT as soon as stderr holds this. */
  readonly interruptAt?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Closes the pipe of stdout at once. */
  readonly isUnread?: true;
}

function run(folder: string, words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [drydock, ...words], {
      cwd: folder,
      env: {...process.env, DRYDOCK_DATA: '', ...options.env},
    });
    if (options.isUnread === true) child.stdout.destroy();
    let [stdout, stderr, isInterrupted] = ['', '', false];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const {interruptAt} = options;
      if (isInterrupted || interruptAt === undefined || !stderr.includes(interruptAt)) return;
      isInterrupted = true;
      child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({code, stdout, stderr});
    });
  });
}

interface Files {
  readonly folder: string;
  readonly write: (name: string, content: string | Uint8Array) => string;
}

function withFiles(use: (files: Files) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-cli-'));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  return use({folder, write}).finally(() => {
    rmSync(folder, {recursive: true, force: true});
  });
}

const small = `
seed: 3
until: 1h
cluster:
  agents:
    - {name: node, count: 3, resources: cpus:2;mem:2048}
workloads:
  - name: jobs
    arrivals:
      interarrival: {exponential: {mean: 1m}}
      duration: {exponential: {mean: 2m}}
      resources: cpus:1;mem:128
`;

test('says its version', async (t) => {
  const {version} = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as {version: string};
  t.deepEqual(await run('.', ['--version']), {code: 0, stdout: `${version}\n`, stderr: ''});
});

test('runs a scenario and prints a table', (t) =>
  withFiles(async ({folder, write}) => {
    const {code, stdout} = await run(folder, ['sim', write('small.yaml', small), '--check']);
    t.is(code, 0);
    t.regex(stdout, /small · 1h of virtual time/);
    t.regex(stdout, /hash [0-9a-f]{16}/);
  }));

test('--json prints the result and nothing else, byte for byte the same each time', (t) =>
  withFiles(async ({folder, write}) => {
    const file = write('small.yaml', small);
    const [first, second, other] = await Promise.all([
      run(folder, ['sim', file, '--json']),
      run(folder, ['sim', file, '--json', '--quiet']),
      run(folder, ['sim', file, '--json', '--seed', '4']),
    ]);
    t.deepEqual([first.code, second.code, other.code], [0, 0, 0]);
    t.is(second.stdout, first.stdout);
    t.is(second.stderr, '');
    const result = JSON.parse(first.stdout) as SimResult;
    t.is(result.machine, undefined);
    t.is(result.seed, 3);
    t.not((JSON.parse(other.stdout) as SimResult).runHash, result.runHash);
  }));

test('--until ends a run elsewhere', (t) =>
  withFiles(async ({folder, write}) => {
    const file = write('small.yaml', small);
    const {stdout} = await run(folder, ['sim', file, '--json', '--until', '90s']);
    t.is((JSON.parse(stdout) as SimResult).endMs, 90_000);
  }));

test('--out writes three files and leaves nothing else behind', (t) =>
  withFiles(async ({folder, write}) => {
    const file = write('small.yaml', small);
    const {code} = await run(folder, ['sim', file, '--quiet', '--out', 'deep/out']);
    t.is(code, 0);
    const names = readdirSync(join(folder, 'deep/out')).sort();
    t.deepEqual(names, ['report.html', 'result.json', 'timeseries.csv']);
    const written = JSON.parse(
      readFileSync(join(folder, 'deep/out/result.json'), 'utf8'),
    ) as SimResult;
    t.is(typeof written.machine?.wallRealMs, 'number');
  }));

test('a failed expectation exits with 1 and says which, what and when', (t) =>
  withFiles(async ({folder, write}) => {
    const expectation = 'expect: [{at: 30m, metric: agents.up, is: 4}]';
    const file = write('small.yaml', `${small}${expectation}`);
    const {code, stderr} = await run(folder, ['sim', file, '--quiet']);
    t.is(code, 1);
    t.is(stderr, 'drydock: expectation failed: agents.up is 4 at 30m: found 3 at day 0 00:30\n');
  }));

const jobsHeader = 'id,submit_s,duration_s,tasks,cpus,mem_mb\n';
const jobsOf = (file: string): string =>
  small.replace(/workloads:[^]*/, `workloads: [{name: jobs, jobs: ${file}, format: jobs}]`);

const badInputs: readonly (readonly [
  title: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  message: RegExp,
])[] = [
  [
    'an unknown field',
    {'bad.yaml': small.replace('count: 3', 'cuont: 3')},
    /cluster\.agents\[0\]\.cuont: .*\(bad\.yaml:6:\d+\)/,
  ],
  ['a wrong type', {'bad.yaml': small.replace('seed: 3', 'seed: soon')}, /seed: .*:2:\d+\)/],
  [
    'a negative amount',
    {'bad.yaml': small.replace('cpus:2', 'cpus:-2')},
    /cluster\.agents\[0\]\.resources: .*negative/,
  ],
  ['a missing trace', {'bad.yaml': jobsOf('jobs.csv')}, /workloads\[0\]\.jobs: .*jobs\.csv/],
  [
    'a cyclic include',
    {'bad.yaml': `include: [other.yaml]\n${small}`, 'other.yaml': 'include: [bad.yaml]\n'},
    /bad\.yaml/,
  ],
  [
    'a truncated CSV',
    {'bad.yaml': jobsOf('jobs.csv'), 'jobs.csv': `${jobsHeader}1,0,5,1,1,10\n2,3,`},
    /workloads\[0\]\.jobs: .*\(jobs\.csv:3:\d+\)/,
  ],
  [
    'a truncated gzip',
    {
      'bad.yaml': jobsOf('jobs.csv.gz'),
      'jobs.csv.gz': gzipSync(`${jobsHeader}1,0,5,1,1,10\n`).subarray(0, 30),
    },
    /workloads\[0\]\.jobs: .*cut off/,
  ],
  [
    'a job bigger than any machine',
    {'bad.yaml': jobsOf('jobs.csv'), 'jobs.csv': `${jobsHeader}a,0,5,1,1,10\nb,1,5,1,3,10\n`},
    /job b \(row 2\) is bigger than any machine: a task takes cpus:3, the largest agent has cpus:2/,
  ],
  [
    'a job wider than the cluster',
    {'bad.yaml': jobsOf('jobs.csv'), 'jobs.csv': `${jobsHeader}a,0,5,7,1,10\n`},
    /job a \(row 1\) is too wide: 7 tasks at once, the whole cluster holds 6/,
  ],
  [
    'an app that Marathon refuses',
    {'bad.yaml': small.replace(/workloads:[^]*/, 'workloads: [{app: {id: /a, cpus: -1, cmd: x}}]')},
    /workloads\[0\]\.app\.cpus: /,
  ],
  [
    'an upgrade that Marathon refuses',
    {
      'bad.yaml': small.replace(
        /workloads:[^]*/,
        'workloads: [{app: {id: /a, cpus: 1, mem: 1, cmd: x}}]\n' +
          'events: [{at: 30m, upgrade: {app: /a, with: {cpus: -3}}}]',
      ),
    },
    /upgrade of \/a at 30m: .*\/cpus: /,
  ],
  [
    'an app file that is no JSON',
    {
      'bad.yaml': small.replace(/workloads:[^]*/, 'workloads: [{app: app.json}]'),
      'app.json': '{"id": "/a",}',
    },
    /workloads\[0\]\.app: .*app\.json:1:\d+\)/,
  ],
];

for (const [title, files, message] of badInputs) {
  test(`${title} exits with 2, one clear line and no output`, (t) =>
    withFiles(async ({folder, write}) => {
      for (const [name, content] of Object.entries(files)) write(name, content);
      const {code, stdout, stderr} = await run(folder, ['sim', 'bad.yaml', '--out', 'out']);
      t.is(code, 2, stderr);
      t.regex(stderr, message);
      t.is(stdout, '');
      t.false(existsSync(join(folder, 'out')));
      t.notRegex(stderr, /^\s+at /m, 'a stack trace is no message');
    }));
}

test('--lenient leaves out what is bad and counts it', (t) =>
  withFiles(async ({folder, write}) => {
    write('bad.yaml', jobsOf('jobs.csv'));
    write('jobs.csv', `${jobsHeader}a,0,5,1,1,10\nb,1,5,1,3,10\nc,2,x,1,1,10\n`);
    const {code, stdout} = await run(folder, ['sim', 'bad.yaml', '--lenient', '--json']);
    const {skippedRows, tasks} = JSON.parse(stdout) as SimResult;
    t.is(code, 0);
    t.deepEqual(skippedRows, {'jobs.csv': 2});
    t.is(tasks.finished, 1);
  }));

const steps = `
  - addAgent: {id: agent1, resources: "cpus:2;mem:1024"}
  - addFramework: {id: framework1, roles: [role1]}`;
const offer = (resources: string): string => `
  - expectOffers: [{framework: framework1, agents: {agent1: {role1: "${resources}"}}}]
`;
const head = (id: string): string => `id: ${id}\ntitle: one agent\nsuite: allocator\nsteps:`;
const good = `${head('XX-01')}${steps}${offer('cpus:2;mem:1024')}`;
const wrong = `${head('XX-02')}${steps}${offer('cpus:2;mem:512')}`;

test('conformance prints a table of suites and ends well when all cases hold', (t) =>
  withFiles(async ({folder, write}) => {
    write('XX-01-good.yaml', good);
    const {code, stdout, stderr} = await run(folder, ['conformance', '.', '--seeds', '2']);
    t.is(code, 0, stderr);
    t.regex(stdout, /│ suite +│ cases │ passed │ failed │/);
    t.regex(stdout, /│ allocator │ +1 │ +1 │ +0 │/);
    t.regex(stdout, /1 of 1 cases hold, with 2 seeds each/);
    t.is(stderr, '');
  }));

test('conformance shows what a failing case expects and what came, and exits with 1', (t) =>
  withFiles(async ({folder, write}) => {
    write('XX-01-good.yaml', good);
    write('XX-02-wrong.yaml', wrong);
    const {code, stdout} = await run(folder, ['conformance', '.']);
    t.is(code, 1);
    t.true(
      stdout.startsWith(
        [
          'XX-02 · XX-02-wrong.yaml',
          '  step 3 (expectOffers), seed 0: offers differ (- expected, + got)',
          '    to framework1:',
          '  -   agent1 for role1: cpus:2; mem:512',
          '  +   agent1 for role1: cpus:2; mem:1024',
          '',
        ].join('\n'),
      ),
      stdout,
    );
    t.regex(stdout, /│ allocator │ +2 │ +1 │ +1 │/);
    t.regex(stdout, /1 of 2 cases hold/);
  }));

test('conformance --json prints the counts and the failures, and nothing else', (t) =>
  withFiles(async ({folder, write}) => {
    write('XX-01-good.yaml', good);
    write('XX-02-wrong.yaml', wrong);
    write('XX-03-other.yaml', 'id: XX-03\nsuite: weather\nsteps: []\n');
    write('XX-04-no.yaml', 'id: XX-04\nsteps: [\n');
    const {code, stdout, stderr} = await run(folder, ['conformance', '.', '--json']);
    t.is(code, 1);
    t.is(stderr, '');
    const {suites} = JSON.parse(stdout) as ConformanceReport;
    const counts = suites.map(({suite, passed, failed}) => [suite, passed, failed]);
    t.deepEqual(counts, [
      ['(no suite)', 0, 1],
      ['allocator', 1, 1],
      ['weather', 0, 1],
    ]);
    const [unread, allocator, weather] = suites.map(({failures}) => failures);
    t.is(unread?.[0]?.file, 'XX-04-no.yaml');
    t.regex(unread?.[0]?.message ?? '', /^not YAML: /);
    t.deepEqual(Object.keys(allocator?.[0] ?? {}), ['id', 'file', 'message']);
    t.is(allocator?.[0]?.id, 'XX-02');
    t.regex(weather?.[0]?.message ?? '', /unknown suite "weather"; known are allocator, /);
  }));

test('conformance goes on with the other cases when one of them breaks the engine', (t) =>
  withFiles(async ({folder, write}) => {
    // Nothing can be given back twice: no case may do that.
    const recover = `
  - recover: {framework: framework1, agent: agent1, role: role1, resources: "cpus:2;mem:1024"}
  - recover: {framework: framework1, agent: agent1, role: role1, resources: "cpus:2;mem:1024"}
`;
    write('XX-01-broken.yaml', `${head('XX-01')}${steps}${recover}`);
    write('XX-02-good.yaml', good);
    const {code, stdout} = await run(folder, ['conformance', '.', '--seeds', '1']);
    t.is(code, 1);
    t.regex(stdout, /the engine broke: /);
    t.regex(stdout, /1 of 2 cases hold/);
  }));

test('conformance looks below the folder, too', (t) =>
  withFiles(async ({folder, write}) => {
    mkdirSync(join(folder, 'below'));
    write('below/XX-02-wrong.yaml', wrong);
    const {stdout} = await run(folder, ['conformance', '.', '--json']);
    const {suites} = JSON.parse(stdout) as ConformanceReport;
    t.is(suites[0]?.failures[0]?.file, 'below/XX-02-wrong.yaml');
  }));

const suiteFile = (then: string): string => `
suite: validate
formatVersion: 1
defaults: {config: {enabledFeatures: [], defaultNetworkName: null, defaultRole: '*'}}
cases:
- id: validate/planted
  title: planted
  when: {app: {id: /app, cmd: sleep 1000}}
  then: ${then}
- id: validate/id-a-b-is-refused
  title: an exception
  when: {app: {id: /a_b, cmd: sleep 1000}}
  then: {valid: false, status: 422, paths: [/id]}
- id: validate/rainy
  title: nobody offers that
  optional: rain
`;

test('conformance runs a suite of many cases, and names those it passes over', (t) =>
  withFiles(async ({folder, write}) => {
    write('validate.yaml', suiteFile('{valid: true}'));
    const {code, stdout, stderr} = await run(folder, ['conformance', '.', '--seeds', '2']);
    t.is(code, 0, stderr);
    t.regex(stdout, /│ validate │ +1 │ +1 │ +0 │/);
    t.regex(stdout, /\n1 exception:\n {2}validate\/id-a-b-is-refused: \S/);
    t.regex(stdout, /\n1 case skipped:\n {2}validate\/rainy: rain is optional, and not offered\n/);
  }));

test('conformance says of a case of a suite where it differs', (t) =>
  withFiles(async ({folder, write}) => {
    write('validate.yaml', suiteFile('{valid: false, paths: [/id]}'));
    const {code, stdout} = await run(folder, ['conformance', '.', '--json']);
    t.is(code, 1);
    const {suites} = JSON.parse(stdout) as ConformanceReport;
    const [suite] = suites;
    t.deepEqual(suite?.failures, [
      {
        id: 'validate/planted',
        file: 'validate.yaml',
        message: 'seed 0:\nvalid: expected false, got true\npaths: expected ["/id"], got []',
      },
    ]);
    t.deepEqual(suite?.skipped, [{id: 'validate/rainy', file: 'validate.yaml', option: 'rain'}]);
    t.is(suite?.exceptions.length, 1);
  }));

test('conformance refuses a suite file that is none, by file', (t) =>
  withFiles(async ({folder, write}) => {
    write('empty.yaml', 'suite: validate\nformatVersion: 1\ncases: []\n');
    write('other.yaml', 'suite: weather\nformatVersion: 1\ncases:\n- {id: weather/a, title: a}\n');
    const {code, stdout} = await run(folder, ['conformance', '.', '--json']);
    t.is(code, 1);
    const {suites} = JSON.parse(stdout) as ConformanceReport;
    t.deepEqual(
      suites.flatMap(({failures}) => failures.map(({id, message}) => [id, message.split(';')[0]])),
      [
        ['empty.yaml', 'there are no cases in it'],
        ['weather/a', 'unknown suite "weather"'],
      ],
    );
  }));

test('conformance without any case exits with 2 and says so', (t) =>
  withFiles(async ({folder}) => {
    const {code, stdout, stderr} = await run(folder, ['conformance', '.']);
    t.is(code, 2);
    t.is(stdout, '');
    t.is(stderr, 'drydock: .: no cases: there is no *.yaml file in it\n');
  }));

const badWords: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['an unknown option', ['sim', 'small.yaml', '--sede', '1']],
  ['a seed that is none', ['sim', 'small.yaml', '--seed', '-1']],
  ['a duration that is none', ['sim', 'small.yaml', '--until', 'soon']],
  ['no file', ['sim']],
  ['a file that is not there', ['sim', 'nowhere.yaml']],
  ['an unknown command', ['sail']],
  ['a data folder that is not there', ['start', 'nowhere']],
  ['a folder of cases that is not there', ['conformance', 'nowhere']],
  ['a file in place of a folder of cases', ['conformance', 'small.yaml']],
  ['no folder of cases', ['conformance']],
  ['no seed at all', ['conformance', '.', '--seeds', '0']],
];

for (const [title, words] of badWords) {
  test(`${title} exits with 2`, (t) =>
    withFiles(async ({folder, write}) => {
      write('small.yaml', small);
      const {code, stdout, stderr} = await run(folder, words);
      t.is(code, 2);
      t.is(stdout, '');
      t.not(stderr, '');
    }));
}

test('Ctrl-C writes what is known so far, says that it is partial, and exits with 130', (t) =>
  withFiles(async ({folder, write}) => {
    const file = write('long.yaml', small.replace('1h', '50000d'));
    const {code, stdout, stderr} = await run(folder, ['sim', file, '--out', 'out', '--json'], {
      interruptAt: 'running long',
    });
    t.is(code, 130, stderr);
    t.regex(stderr, /interrupted at day .*partial/);
    const result = JSON.parse(stdout) as SimResult;
    t.true(result.partial);
    t.true(result.endMs < 50_000 * 86_400_000);
    const names = readdirSync(join(folder, 'out')).sort();
    t.deepEqual(names, ['report.html', 'result.json', 'timeseries.csv']);
  }));

test('a bug is told with its seed, and with its place if it is no invariant', (t) => {
  const run = {name: 'first', seed: 7};
  const invariant = bugText(new InvariantError('at 5 ms: agent a gives too much'), run);
  t.regex(invariant, /bug of Drydock: at 5 ms: agent a gives too much\n/);
  t.regex(invariant, /scenario first, --seed 7, version \d/);
  t.notRegex(invariant, /drydock\.test/);
  t.regex(bugText(new TypeError('x'), run), /drydock\.test/);
});

const nightly = `
- name: nightly
  command: x
  cpus: 2
  schedule: R/2026-01-01T02:30:00/P1D
  scheduleTimeZone: Europe/Paris
- {name: after, command: x, parents: [nightly]}
`;

test('timetable shows runs before they happen, in the zones of their jobs', (t) =>
  withFiles(async ({folder, write}) => {
    const words = ['timetable', write('jobs.yaml', nightly), '--from', '2026-03-28', '--until'];
    const {code, stdout, stderr} = await run(folder, [...words, '3d', '--plot']);
    t.deepEqual([code, stderr], [0, '']);
    t.regex(stdout, /6 runs of 2 jobs · 2026-03-28 00:00 to 2026-03-31 00:00 UTC/);
    t.regex(stdout, /01:30 {2}2026-03-29 03:30 {2}Europe\/Paris {2}nightly .* does not exist/);
    t.regex(stdout, /01:31 .* after .* after nightly/);
    t.regex(stdout, /cpus: at most 2\n/);
  }));

test('timetable --json prints nothing else, and --html writes a page', (t) =>
  withFiles(async ({folder, write}) => {
    const words = ['timetable', write('jobs.yaml', nightly), '--from', '2026-03-28'];
    const history = {nightly: [{start: '2026-03-01T00:00:00Z', end: '2026-03-01T02:00:00Z'}]};
    const file = write('history.json', JSON.stringify(history));
    const more = ['--json', '--html', 'page.html', '--job', 'a*', '--history', file];
    const {code, stdout, stderr} = await run(folder, [...words, ...more, '--zone', 'Asia/Tokyo']);
    t.deepEqual([code, stderr], [0, 'drydock: wrote page.html\n']);
    const {fires} = JSON.parse(stdout) as {fires: readonly Record<string, unknown>[]};
    t.is(fires.length, 7);
    t.like(fires[0], {
      job: 'after',
      at: '2026-03-28T03:30:00.000Z',
      inZone: '2026-03-28T12:30:00.000',
    });
    t.regex(readFileSync(join(folder, 'page.html'), 'utf8'), /<title>Timetable from 2026-03-28/);
  }));

test('a reader that has enough is no failure, and hides none', (t) =>
  withFiles(async ({folder, write}) => {
    const sim = ['sim', '--json', '--quiet'];
    const failing = `${small}expect: [{at: 30m, metric: agents.up, is: 4}]`;
    const jobs = write('jobs.yaml', nightly);
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['timetable', jobs, '--until', '3000d', '--limit', '0'], 0, /^$/],
      [[...sim, write('good.yaml', small)], 0, /^$/],
      [[...sim, write('failing.yaml', failing)], 1, /^drydock: expectation failed: .*\n$/],
    ];
    for (const [words, expected, said] of cases) {
      const {code, stderr} = await run(folder, words, {isUnread: true});
      t.is(code, expected);
      t.regex(stderr, said);
    }
  }));

test('timetable refuses bad input with its file, place and field', (t) =>
  withFiles(async ({folder, write}) => {
    const good = write('good.yaml', nightly);
    const bad = write('bad.yaml', 'name: a\ncommand: x\nschedule: R/never/P1D\n');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[bad], /^drydock: schedule: Cannot parse schedule .*\(bad\.yaml:3:11\)\n$/],
      [[good, good], /^drydock: \[0\]\.name: there are two jobs of this name: nightly \(good/],
      [['none.yaml'], /file not found \(none\.yaml\)/],
      [[good, '--until', 'soon'], /^drydock: --until: expected an instant .* found soon\n$/],
      [[good, '--from', '2026-03-28', '--until', '2026-03-27'], /after --from/],
      [[good, '--from', 'now'], /expected an instant such as/],
      [[good, '--zone', 'Paris'], /^drydock: --zone: expected the id of a zone/],
      [[good, '--job', 'x*'], /^drydock: --job: expected a glob that a job matches, found x\*\n$/],
      [[write('small.yaml', small)], /^drydock: workloads: expected jobs of a Chronos, found none/],
    ];
    await Promise.all(
      cases.map(async ([words, expected]) => {
        const {code, stdout, stderr} = await run(folder, ['timetable', ...words]);
        t.deepEqual([code, stdout], [2, ''], words.join(' '));
        t.regex(stderr, expected);
      }),
    );
  }));
