// The published package, as somebody gets it: packed, installed elsewhere, run from there.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import packageJson from '../package.json' with {type: 'json'};

const root = dirname(dirname(fileURLToPath(import.meta.url)));

type Outcome = {readonly code: number | null; readonly stdout: string; readonly stderr: string};

/** Our own Node comes first on PATH, since that is what the commands' first line asks for. */
function run(
  folder: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Outcome {
  const {status, stdout, stderr, error} = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      ...env,
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (error !== undefined) throw new Error(`${command} could not be run`, {cause: error});
  return {code: status, stdout, stderr};
}

function must(folder: string, command: string, args: readonly string[]): string {
  const {code, stdout, stderr} = run(folder, command, args);
  if (code === 0) return stdout;
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
}

function installPackage(folder: string): string {
  must(root, 'npm', ['pack', '--pack-destination', folder]);
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw new Error('npm pack made no package');
  const home = join(folder, 'elsewhere');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"name": "elsewhere", "private": true}\n');
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  must(home, 'npm', ['install', ...flags, join('..', packed)]);
  return home;
}

let folder: string;
let home: string;

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-package-'));
  home = installPackage(folder);
});

test.after.always(() => {
  rmSync(folder, {recursive: true, force: true});
});

function runBin(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Outcome {
  return run(home, join(home, 'node_modules', '.bin', name), args, env);
}

test('the installed package says its version', (t) => {
  t.deepEqual(runBin('drydock', ['--version']), {
    code: 0,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  });
});

test('the installed package runs a small scenario of its own', (t) => {
  const scenario = join(home, 'node_modules', 'drydock', 'scenarios', 'first.yaml');
  t.true(existsSync(scenario), 'the package lacks scenarios/first.yaml');
  const {code, stdout, stderr} = runBin('drydock', ['sim', scenario, '--json']);
  t.is(code, 0, stderr);
  t.is(typeof JSON.parse(stdout), 'object');
});

for (const suites of ['allocator', 'marathon']) {
  test(`the installed package runs its conformance cases of ${suites}`, (t) => {
    const cases = join(home, 'node_modules', 'drydock', 'conformance', suites);
    const {code, stdout, stderr} = runBin('drydock', [
      'conformance',
      cases,
      '--seeds',
      '1',
      '--json',
    ]);
    t.is(code, 0, stderr);
    const report = JSON.parse(stdout) as {
      readonly suites: readonly {readonly passed: number}[];
    };
    t.true(report.suites.reduce((sum, {passed}) => sum + passed, 0) > 100);
  });
}

test('the installed dcos has its commands, and says when no cluster answers', (t) => {
  const version = runBin('dcos', ['--version']);
  t.is(version.code, 0, version.stderr);
  t.is(version.stdout.split('\n')[0], `dcoscli.version=${packageJson.version}`);
  const help = runBin('dcos', ['marathon', 'app', 'add', '--help']);
  t.is(help.code, 0, help.stderr);
  t.regex(help.stdout, /^Usage: dcos marathon app add /);
  const nobody = join(home, 'nobody.toml');
  writeFileSync(nobody, '[core]\ndcos_url = "http://127.0.0.1:1"\n');
  const env = {DCOS_CONFIG: nobody};
  const {code, stdout, stderr} = runBin('dcos', ['node', 'list', '--json'], env);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /^Error: URL \[http:\/\/127\.0\.0\.1:1\/.+\] is unreachable: .+\n.+drydock up/);
});

test('a strict TypeScript project can import the installed package with its types', (t) => {
  const source =
    "import {createEngine} from 'drydock';\nexport const make: Function = createEngine;\n";
  writeFileSync(join(home, 'use.mts'), source);
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024'];
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const {code, stdout} = run(home, tsc, [...flags, '--types', '', 'use.mts']);
  t.is(stdout, '');
  t.is(code, 0);
});
