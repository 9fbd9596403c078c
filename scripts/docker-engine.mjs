// Makes sure that a Docker engine answers while the tests run: the one that is there, or a private
// one with all of its files in a temporary folder, which is stopped and removed afterwards.
import {spawn, spawnSync} from 'node:child_process';
import {closeSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs';
import {request} from 'node:http';
import {join} from 'node:path';
import {say, SetupError} from './setup.mjs';
import {findOnPath} from './system-packages.mjs';

const SOCKET_DEFAULT = 'unix:///var/run/docker.sock';
const PING_MS_MAX = 5000;
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;
/** Set to 1: a private engine is started even if another one answers. */
const OWN_ENGINE = 'DRYDOCK_TEST_OWN_DOCKER';
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @param {(env: Record<string, string>) => Promise<number>} use is given what its children's
 *   environment must name; gives the exit code
 * @returns {Promise<number>} that code; 130 if it was interrupted before
 */
export async function withDockerEngine(use) {
  const host = await findEngine();
  if (host !== undefined && process.env[OWN_ENGINE] !== '1') return await use({DOCKER_HOST: host});
  // A signal must not end this process before the engine has been stopped.
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const engine = await startEngine({isAlone: host === undefined});
    try {
      return isInterrupted ? 130 : await use({DOCKER_HOST: engine.host});
    } finally {
      await engine.stop();
    }
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** @returns {Promise<string | undefined>} the DOCKER_HOST that answers */
async function findEngine() {
  const named = process.env.DOCKER_HOST;
  const host = named === undefined || named === '' ? SOCKET_DEFAULT : named;
  if (await answers(host)) return host;
  if (host === named) say(`no Docker engine answers at DOCKER_HOST=${named}`);
  return undefined;
}

/** @param {string} host as in DOCKER_HOST */
async function answers(host) {
  const [, socketPath] = /^unix:\/\/(.+)$/.exec(host) ?? [];
  if (socketPath !== undefined) return await answersPing({socketPath});
  const [, hostname, port] = /^(?:tcp|http):\/\/([^/:]+):(\d+)\/?$/.exec(host) ?? [];
  if (hostname !== undefined && !process.env.DOCKER_TLS_VERIFY) {
    return await answersPing({hostname, port});
  }
  // Encrypted, or by way of ssh: the client knows how.
  const options = {timeout: 2 * PING_MS_MAX, env: {...process.env, DOCKER_HOST: host}};
  return spawnSync('docker', ['version'], options).status === 0;
}

/** @param {import('node:http').RequestOptions} target */
function answersPing(target) {
  return new Promise((resolve) => {
    const asked = request({...target, path: '/_ping', timeout: PING_MS_MAX}, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    // A connection that ends without an answer is an error, too; after an answer this is too late.
    asked.on('close', () => resolve(false));
    asked.end();
  });
}

/**
 * The ways to start one, the best first: not every kernel and file system lets an engine have
 * overlay2 (a container's does not) or its rules in iptables. Without them ports are published by a
 * process for each, and containers do not get out, which no test wants.
 */
const waysAlone = [
  {driver: 'overlay2', iptables: true},
  {driver: 'overlay2', iptables: false},
  {driver: 'vfs', iptables: true},
  {driver: 'vfs', iptables: false},
];
/** Beside another engine: two cannot share a bridge, and would clear each other's rules away. */
const waysBeside = waysAlone.filter(({iptables}) => !iptables);

/** @param {{isAlone: boolean}} options */
async function startEngine({isAlone}) {
  const dockerd = findOnPath(['dockerd']);
  const hint =
    'start a Docker engine or point DOCKER_HOST at one; or run the tests as root, with dockerd ' +
    '(Debian: docker.io) on PATH: then they start their own';
  if (process.getuid?.() !== 0 || dockerd === undefined) {
    throw new SetupError('the tests run containers, and no Docker engine answers', hint);
  }
  let story = '';
  for (const way of isAlone ? waysAlone : waysBeside) {
    say(`starting a Docker engine for the tests (${way.driver}) …`);
    const engine = new PrivateEngine(dockerd, {...way, isAlone});
    if (await engine.start()) return engine;
    story = engine.story();
    await engine.stop();
  }
  process.stderr.write(`${story}\n`);
  throw new SetupError('dockerd does not start; the end of its log is above', hint);
}

class PrivateEngine {
  #dockerd;
  #way;
  // A short path: those of sockets must not be long.
  #folder = mkdtempSync('/tmp/drydock-docker-');
  #bridge;
  #child;
  #exited;

  /**
   * @param {string} dockerd
   * @param {{driver: string, iptables: boolean, isAlone: boolean}} way
   */
  constructor(dockerd, way) {
    this.#dockerd = dockerd;
    this.#way = way;
  }

  get host() {
    return `unix://${join(this.#folder, 'docker.sock')}`;
  }

  /** @returns {Promise<boolean>} whether it answers */
  async start() {
    if (!this.#way.isAlone) this.#bridge = makeBridge();
    const log = openSync(join(this.#folder, 'log'), 'a');
    // Should this process be killed outright, the kernel tells the engine to stop. It gets no
    // signal of the terminal: it has to be there until the tests have cleared up.
    const args = ['--pdeathsig', 'TERM', this.#dockerd, ...this.#arguments()];
    this.#child = spawn('setpriv', args, {stdio: ['ignore', log, log], detached: true});
    closeSync(log);
    const child = this.#child;
    this.#exited = new Promise((resolve) => {
      child.on('exit', resolve);
      child.on('error', resolve);
    });
    const giveUpAt = Date.now() + START_MS_MAX;
    const lives = () => child.pid !== undefined && child.exitCode === null && !child.signalCode;
    while (lives() && Date.now() < giveUpAt) {
      if (await answers(this.host)) return true;
      await pause(50);
    }
    return false;
  }

  async stop() {
    const child = this.#child;
    if (child?.pid !== undefined) {
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      await this.#exited;
      clearTimeout(patience);
    }
    unmountBelow(this.#folder);
    rmSync(this.#folder, {recursive: true, force: true, maxRetries: 3});
    if (this.#bridge !== undefined) ip('link', 'delete', this.#bridge);
  }

  /** The end of its log. */
  story() {
    return readFileSync(join(this.#folder, 'log'), 'utf8').slice(-3000);
  }

  #arguments() {
    const folder = this.#folder;
    const {driver, iptables} = this.#way;
    const id = folder.slice(folder.lastIndexOf('-') + 1);
    const options = {
      host: this.host,
      'data-root': join(folder, 'data'),
      'exec-root': join(folder, 'exec'),
      pidfile: join(folder, 'pid'),
      'storage-driver': driver,
      'shutdown-timeout': '2',
      // Where a containerd of the machine is used, others have their containers there as well.
      'containerd-namespace': `drydock-${id}`,
      'containerd-plugins-namespace': `drydock-plugins-${id}`,
      ...(iptables ? {} : {iptables: 'false', ip6tables: 'false', 'ip-masq': 'false'}),
      ...(this.#bridge === undefined ? {} : {bridge: this.#bridge}),
    };
    return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  }
}

/** @returns {string} the name of a new bridge, with addresses that nobody has */
function makeBridge() {
  const name = `drydock${process.pid % 100_000}`;
  const routes = ip('route').stdout;
  let subnet = 200;
  while (routes.includes(`10.213.${subnet}.`)) subnet += 1;
  ip('link', 'add', name, 'type', 'bridge');
  ip('address', 'add', `10.213.${subnet}.1/24`, 'dev', name);
  ip('link', 'set', name, 'up');
  return name;
}

function ip(...args) {
  const result = spawnSync('/bin/busybox', ['ip', ...args], {encoding: 'utf8'});
  if (result.status === 0) return result;
  throw new SetupError(
    `busybox ip ${args.join(' ')}: ${result.stderr.trim()}`,
    `without ${OWN_ENGINE} the engine that is there is used`,
  );
}

/** What a dead engine has left mounted: its files cannot be removed before. */
function unmountBelow(folder) {
  const mounted = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const paths = mounted.map((line) => line.split(' ')[1] ?? '').reverse();
  for (const path of paths) {
    if (path.startsWith(`${folder}/`)) spawnSync('umount', ['--lazy', path]);
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
