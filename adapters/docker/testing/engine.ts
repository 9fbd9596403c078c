/**
 * An engine of a test's own, which it may stop, kill and start again: a `dockerd` with all of its
 * files in a temporary folder, and in a network of its own, so that it leaves the bridge of the
 * machine's engine alone. Ports of its containers cannot be reached from outside.
 */
import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {openSync, closeSync} from 'node:fs';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import type Docker from 'dockerode';
import {connectDocker} from './images.ts';
import {until} from '../../ports/testing/until.ts';

const run = promisify(execFile);
const START_MS_MAX = 90_000;

export interface EngineOptions {
  /** Containers go on while the engine is away. */
  readonly liveRestore: boolean;
  /** Where it keeps what containers say: `json-file` or, nowhere, `none`. */
  readonly logDriver?: string | undefined;
}

export class TestEngine {
  readonly folder: string;
  readonly docker: Docker;
  readonly #options: EngineOptions;
  #process: ChildProcess | undefined;

  constructor(folder: string, docker: Docker, options: EngineOptions) {
    this.folder = folder;
    this.docker = docker;
    this.#options = options;
  }

  get socket(): string {
    return socketIn(this.folder);
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const {folder} = this;
    const log = openSync(join(folder, 'log'), 'a');
    const script = '/bin/busybox ip link set lo up; exec dockerd "$@"';
    const args = ['--net', 'sh', '-c', script, 'sh', ...this.#arguments()];
    const child = spawn('unshare', args, {stdio: ['ignore', log, log]});
    closeSync(log);
    this.#process = child;
    const failed = once(child, 'error').then(([error]) => error as Error);
    const giveUpAt = Date.now() + START_MS_MAX;
    while (!(await this.#answers())) {
      const isLate = Date.now() > giveUpAt || child.exitCode !== null;
      const error = isLate ? new Error(await this.#logTail()) : await soon(failed);
      if (error !== undefined) throw new Error('dockerd does not start', {cause: error});
    }
  }

  /** As its service manager does it. */
  async shutDown(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** As `kill -9` does. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL');
    // What runs its containers dies with it, and the next engine must not take its number for
    // that of a process which still runs: nobody may have buried it yet.
    const pidFile = join(this.folder, 'exec', 'containerd', 'containerd.pid');
    const pid = await readFile(pidFile, 'utf8').catch(() => '');
    if (pid !== '') await until(`the end of ${pid}`, async () => !(await isAlive(pid.trim())));
    await rm(pidFile, {force: true});
  }

  /** It stands still: connections are accepted, but nothing is answered. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Removes everything. */
  async destroy(): Promise<void> {
    this.goOn();
    if (!(await this.#answers())) {
      await this.crash();
      await rm(join(this.folder, 'pid'), {force: true});
      await this.start();
    }
    for (const {Id} of await this.docker.listContainers({all: true})) {
      await this.docker.getContainer(Id).remove({force: true, v: true});
    }
    await this.shutDown();
    await unmountBelow(this.folder);
    await rm(this.folder, {recursive: true, force: true});
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.docker.ping();
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return false;
    }
  }

  #arguments(): readonly string[] {
    const {folder} = this;
    const options = {
      host: `unix://${this.socket}`,
      'data-root': join(folder, 'data'),
      'exec-root': join(folder, 'exec'),
      pidfile: join(folder, 'pid'),
      iptables: 'false',
      'ip-forward': 'false',
      'ip-masq': 'false',
      'live-restore': String(this.#options.liveRestore),
      'log-driver': this.#options.logDriver ?? 'json-file',
      'shutdown-timeout': '5',
    };
    return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  }

  async #logTail(): Promise<string> {
    return (await readFile(join(this.folder, 'log'), 'utf8')).slice(-4000);
  }
}

/** Starts one. A short path: those of sockets must not be long. */
export async function startEngine(options: EngineOptions): Promise<TestEngine> {
  const folder = await mkdtemp('/tmp/dd-');
  const engine = new TestEngine(folder, await connectDocker(socketIn(folder)), options);
  await engine.start();
  return engine;
}

async function isAlive(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+Z/m.test(status);
}

function socketIn(folder: string): string {
  return join(folder, 'd.sock');
}

/** A moment, or what comes within it. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, delay(100, undefined)]);
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const paths = mounts.split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const path of paths
    .filter((one) => one.startsWith(`${folder}/`))
    .toSorted()
    .toReversed()) {
    await run('umount', ['--lazy', path]);
  }
}
