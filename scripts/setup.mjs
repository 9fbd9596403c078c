// Makes sure that everything the two commands need is installed. Plain JavaScript for Node >= 18:
// this is the one part that runs before our own runtime is there.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const nodeBinary = join(root, 'node_modules', '.bin', 'node');

const nodeMajorMin = 26;
const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules', '.package-lock.json');
const stampFile = join(root, 'node_modules', '.drydock-installed');

/** An outside failure that the reader can mend: `hint` says how. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint) {
    super(message);
    this.name = 'SetupError';
    this.hint = hint;
  }
}

/** Everything said here goes to stderr: stdout belongs to the job itself. */
export function say(text) {
  process.stderr.write(`drydock: ${text}\n`);
}

/** Runs `main` and turns what it throws into a message, a hint and exit code 1. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof SetupError) say(`hint: ${error.hint}`);
    process.exitCode = 1;
  }
}

/**
 * Installs the packages of package-lock.json unless they are there. The stamp is the hash of the
 * lock file, kept inside node_modules so that deleting the folder forgets it too.
 */
export function ensureInstalled() {
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (readStamp() !== wanted) {
    if (!holdsLockedPackages()) installPackages();
    writeFileSync(stampFile, `${wanted}\n`);
  }
  ensureNode();
}

/** The environment for children: our own Node first on PATH. */
export function childEnv() {
  const bin = dirname(nodeBinary);
  return {...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`};
}

function readStamp() {
  return existsSync(stampFile) ? readFileSync(stampFile, 'utf8').trim() : '';
}

/**
 * Whether somebody has already run npm by hand: npm ends each whole installation by writing what
 * it installed into node_modules/.package-lock.json. Optional packages of other platforms lack.
 */
function holdsLockedPackages() {
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const held = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, {version, optional}]) => {
    if (path === '') return true;
    return path in held ? held[path].version === version : optional === true;
  });
}

function installPackages() {
  say('installing the packages of package-lock.json (npm ci) …');
  // Engine warnings are hushed: the host's Node installs, our own pinned one then runs.
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status === 0) return;
  const cause = result.error === undefined ? `exit code ${result.status}` : result.error.message;
  throw new SetupError(
    `npm ci failed (${cause}); its own messages are above`,
    'the first run needs the network and npm >= 9: check the connection and any proxy or ' +
      'registry setting of npm, then run the same command again',
  );
}

function ensureNode() {
  const result = spawnSync(nodeBinary, ['--version'], {encoding: 'utf8'});
  const version = result.status === 0 ? result.stdout.trim() : 'none';
  if (Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= nodeMajorMin) return;
  throw new SetupError(
    `node_modules/.bin/node should be Node ${nodeMajorMin} or newer, but is ${version}`,
    'npm may have skipped the install script of the package "node": delete node_modules and run ' +
      "the same command again with npm's ignore-scripts setting off",
  );
}
