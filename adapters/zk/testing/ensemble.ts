/**
 * Real ZooKeeper ensembles for tests: on free loopback ports, in a temp folder, one JVM per server.
 *
 * The JVMs are started directly, without zkServer.sh: then their process ids are known, signals hit
 * them and not a shell, and no start script runs first. With a small heap, one collector thread and
 * only the quick compiler a server answers after 0.2 s and costs a quarter of a second of CPU.
 *
 * A guardian, a shell that reads from a pipe, outlives the test process for an instant: when the
 * pipe ends, for whatever reason, it kills what is still there and removes the folder.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, existsSync, openSync, readFileSync} from 'node:fs';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer, connect as connectSocket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

export interface EnsembleServer {
  /** `host:port` for clients. */
  readonly address: string;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: its connections stay open, and it says nothing. */
  pause(): void;
  resume(): void;
  /** Starts it again after a kill, on its ports and its data. Waits until it serves. */
  start(): Promise<void>;
}

export interface Ensemble {
  /** `host:port,host:port,…` */
  readonly connect: string;
  readonly servers: readonly EnsembleServer[];
  server(index: number): EnsembleServer;
  /** The index of the server that leads the ensemble now. */
  leader(): Promise<number>;
  stop(): Promise<void>;
}

export interface EnsembleOptions {
  readonly servers: 1 | 3;
  /** Sessions last at least two ticks. */
  readonly tickMs?: number | undefined;
  /** Of each server; 128 hold some 30,000 documents. */
  readonly heapMiB?: number | undefined;
}

const START_TRIES_MAX = 3;
const SERVE_MS_MAX = 60_000;

/** @throws if there is no ZooKeeper or no Java on this machine, with what to do. */
export async function startEnsemble(options: EnsembleOptions): Promise<Ensemble> {
  const classPath = findClassPath();
  // Between finding a free port and listening on it, somebody else may have taken it.
  for (let tries = 1; ; tries += 1) {
    const ensemble = await RunningEnsemble.prepare(options, classPath);
    try {
      await Promise.all(ensemble.servers.map((server) => server.start()));
      return ensemble;
    } catch (error) {
      await ensemble.stop();
      if (tries === START_TRIES_MAX) throw error;
    }
  }
}

function findClassPath(): string {
  // Debian's package names its libraries in the manifest of this file. The second logs.
  const jars = ['/usr/share/java/zookeeper.jar', '/usr/share/java/slf4j-simple.jar'];
  const [zookeeper] = jars;
  if (zookeeper !== undefined && existsSync(zookeeper) && existsSync('/usr/bin/java')) {
    return jars.filter((jar) => existsSync(jar)).join(':');
  }
  throw new Error(
    "these tests run on a real ZooKeeper, and there is none: install Debian's package " +
      '"zookeeper" (apt-get install --no-install-recommends zookeeper), as `npm test` does as root',
  );
}

class RunningEnsemble implements Ensemble {
  readonly servers: readonly Server[];
  readonly #folder: string;
  readonly #guardian: Guardian;

  private constructor(servers: readonly Server[], folder: string, guardian: Guardian) {
    this.servers = servers;
    this.#folder = folder;
    this.#guardian = guardian;
  }

  static async prepare(options: EnsembleOptions, classPath: string) {
    const {servers: count, tickMs = 500, heapMiB = 128} = options;
    const folder = await mkdtemp(join(tmpdir(), 'drydock-zookeeper-'));
    const guardian = new Guardian(folder);
    const ports = await findFreePorts(3 * count);
    const members = Array.from({length: count}, (_, index) => ({
      client: ports[3 * index] ?? 0,
      quorum: ports[3 * index + 1] ?? 0,
      election: ports[3 * index + 2] ?? 0,
    }));
    const servers: Server[] = [];
    for (const [index, {client}] of members.entries()) {
      const home = join(folder, String(index + 1));
      await mkdir(home);
      await writeFile(join(home, 'myid'), `${index + 1}\n`);
      await writeFile(join(home, 'zoo.cfg'), configOf(home, client, tickMs, members));
      servers.push(new Server({home, port: client, classPath, heapMiB, guardian}));
    }
    return new RunningEnsemble(servers, folder, guardian);
  }

  get connect(): string {
    return this.servers.map(({address}) => address).join(',');
  }

  server(index: number): EnsembleServer {
    const server = this.servers[index];
    if (server === undefined) throw new RangeError(`this ensemble has no server ${index}`);
    return server;
  }

  async leader(): Promise<number> {
    const modes = await Promise.all(this.servers.map((server) => server.mode()));
    const found = modes.findIndex((mode) => mode === 'leader' || mode === 'standalone');
    if (found === -1) throw new Error(`no server leads: ${modes.join(', ')}`);
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await this.#guardian.end();
    await rm(this.#folder, {recursive: true, force: true});
  }
}

interface Member {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

function configOf(home: string, port: number, tickMs: number, members: readonly Member[]): string {
  const lines = [
    `dataDir=${home}`,
    `tickTime=${tickMs}`,
    'initLimit=40',
    'syncLimit=4',
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
    'maxClientCnxns=0',
    'maxSessionTimeout=60000',
  ];
  if (members.length > 1) {
    for (const [index, {quorum, election}] of members.entries()) {
      lines.push(`server.${index + 1}=127.0.0.1:${quorum}:${election}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

interface ServerParts {
  readonly home: string;
  readonly port: number;
  readonly classPath: string;
  readonly heapMiB: number;
  readonly guardian: Guardian;
}

class Server implements EnsembleServer {
  readonly address: string;
  readonly #parts: ServerParts;
  #child: ChildProcess | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.address = `127.0.0.1:${parts.port}`;
  }

  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error('this server has not been stopped');
    const {home, classPath, heapMiB, guardian} = this.#parts;
    const log = openSync(join(home, 'log'), 'a');
    const args = [
      `-Xmx${heapMiB}m`,
      ...JVM_ARGS,
      '-cp',
      classPath,
      MAIN_CLASS,
      join(home, 'zoo.cfg'),
    ];
    const child = spawn('/usr/bin/java', args, {stdio: ['ignore', log, log], detached: true});
    closeSync(log);
    await once(child, 'spawn');
    this.#child = child;
    guardian.add(child);
    await this.#untilItServes(child);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    this.#parts.guardian.remove(child);
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** `leader`, `follower` or `standalone`; `none`: it does not serve. */
  async mode(): Promise<string> {
    return /^Mode: (.+)$/m.exec(await ask(this.#parts.port, 'srvr'))?.[1] ?? 'none';
  }

  async #untilItServes(child: ChildProcess): Promise<void> {
    const giveUpAt = performance.now() + SERVE_MS_MAX;
    while ((await this.mode()) === 'none') {
      if (this.#child !== child) throw new Error('the server was stopped while it started');
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || performance.now() > giveUpAt) throw new Error(this.#storyOf(child));
      await sleep(20);
    }
  }

  #storyOf(child: ChildProcess): string {
    const log = readFileSync(join(this.#parts.home, 'log'), 'utf8').slice(-2000);
    const end = child.exitCode ?? child.signalCode;
    const what = end === null ? `does not serve after ${SERVE_MS_MAX} ms` : `has ended (${end})`;
    return `a ZooKeeper server ${what}; its log ends so:\n${log}`;
  }
}

const MAIN_CLASS = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
const JVM_ARGS = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Dzookeeper.jmx.log4j.disable=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  // A log of 64 MiB is laid out at once otherwise, and each write waits for the disk. What is in
  // the system's cache survives the death of a process, and no test pulls the plug.
  '-Dzookeeper.preAllocSize=4096',
  '-Dzookeeper.forceSync=no',
];

/** A four-letter word and its answer; empty if the server says nothing for a second. */
function ask(port: number, word: string): Promise<string> {
  return new Promise((resolve) => {
    const parts: string[] = [];
    const socket = connectSocket({port, host: '127.0.0.1'}, () => socket.end(word));
    socket.setEncoding('utf8');
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (part: string) => parts.push(part));
    // A refused connection ends in `close` as well.
    socket.on('error', () => parts.splice(0));
    socket.on('close', () => resolve(parts.join('')));
  });
}

async function findFreePorts(count: number): Promise<readonly number[]> {
  const listeners = Array.from({length: count}, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => {
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('no port was given');
    return address.port;
  });
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')));
  return ports;
}

/** Kills the servers and removes the folder when this process ends without doing so itself. */
class Guardian {
  readonly #shell: ChildProcess;

  constructor(folder: string) {
    this.#shell = spawn('/bin/sh', ['-c', GUARDIAN_SCRIPT, 'guardian', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#shell.stdin?.on('error', () => this.#shell.kill());
    this.#shell.unref();
  }

  add({pid}: ChildProcess): void {
    this.#shell.stdin?.write(`add ${pid}\n`);
  }

  remove({pid}: ChildProcess): void {
    this.#shell.stdin?.write(`remove ${pid}\n`);
  }

  /** Nothing is left to guard. */
  async end(): Promise<void> {
    const gone = once(this.#shell, 'exit');
    this.#shell.ref();
    this.#shell.stdin?.end('end\n');
    await gone;
  }
}

/** A child is its own process group: the group is what is killed. */
const GUARDIAN_SCRIPT = `
pids=" "
while read -r what pid; do
  case $what in
    add) pids="$pids$pid " ;;
    remove) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
    end) exit ;;
  esac
done
for pid in $pids; do kill -9 -"$pid"; done
sleep 0.2
rm -rf "$1"
`;
