// What the tests need beside npm's packages: Chromium, ZooKeeper, Docker. Debian's packages are
// installed when something is missing and this may be done; else it is said what to do.
import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {say, SetupError} from './setup.mjs';

/**
 * @typedef {object} Need
 * @property {string} name as people know it
 * @property {string} why what it is for, and that it is missing
 * @property {readonly string[]} packages
 * @property {string} hint
 */

/**
 * Finds a Chromium for the report's test, installing Debian's package when it may.
 * @returns {string} the path of its executable
 */
export function ensureChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new SetupError(
      `CHROMIUM_PATH names ${named}, which is not an executable file`,
      'point CHROMIUM_PATH at a Chromium or Chrome executable, or unset it',
    );
  }
  const found = findChromium();
  if (found !== undefined) return found;
  install({
    name: 'Chromium',
    why: 'the tests open the report in Chromium, and none was found',
    packages: ['chromium'],
    hint:
      'install Chromium (Debian: apt-get install chromium, as root) or set CHROMIUM_PATH ' +
      'to the executable of one you have',
  });
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new SetupError(
    'Chromium was installed but its executable is not on PATH',
    'set CHROMIUM_PATH to the executable',
  );
}

/** Tests start servers of their own, with Java: no service of the machine is used or needed. */
export function ensureZooKeeper() {
  const files = ['/usr/share/java/zookeeper.jar', '/usr/bin/java'];
  ensureFiles(files, {
    name: 'ZooKeeper',
    why: 'the tests start ZooKeeper servers, and it is not installed',
    packages: ['zookeeper'],
    hint: 'install ZooKeeper 3.8 (Debian: apt-get install zookeeper, as root)',
  });
}

/** Images for tests are made from busybox; some tests start and kill an engine of their own. */
export function ensureDocker() {
  const files = ['/usr/sbin/dockerd', '/usr/sbin/iptables', '/bin/busybox'];
  const isElsewhere = findOnPath(['dockerd']) !== undefined;
  ensureFiles(isElsewhere ? files.slice(1) : files, {
    name: 'Docker',
    why: 'the tests run containers, and the Docker engine or what it needs is not installed',
    packages: ['docker.io', 'iptables', 'busybox-static'].slice(isElsewhere ? 1 : 0),
    hint:
      'install a Docker engine and a static busybox ' +
      '(Debian: apt-get install docker.io iptables busybox-static, as root)',
  });
}

/**
 * @param {readonly string[]} names
 * @returns {string | undefined} the path of the first that is there
 */
export function findOnPath(names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
  for (const folder of folders) {
    for (const name of names) {
      if (folder !== '' && isExecutable(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

function findChromium() {
  return findOnPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);
}

/**
 * @param {readonly string[]} files
 * @param {Need} need
 */
function ensureFiles(files, need) {
  if (files.every((file) => existsSync(file))) return;
  install(need);
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length === 0) return;
  throw new SetupError(
    `${need.name} was installed, but there is no ${missing.join(' and no ')}`,
    need.hint,
  );
}

let isListUpdated = false;

/** @param {Need} need */
function install({name, why, packages, hint}) {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    throw new SetupError(why, hint);
  }
  say(`installing ${name} (apt-get install ${packages.join(' ')}), this happens once …`);
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive'};
  const stdio = ['ignore', 2, 2];
  if (!isListUpdated) spawnSync('apt-get', ['update', '-q'], {env, stdio});
  isListUpdated = true;
  const args = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  if (spawnSync('apt-get', args, {env, stdio}).status === 0) return;
  throw new SetupError(`apt-get could not install ${name}; its own messages are above`, hint);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
