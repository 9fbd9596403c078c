/**
 * A cluster of real processes on loopback: an ensemble of ZooKeeper servers, masters and agents,
 * each of which a test can kill, stop and start.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {freePorts} from '../../adapters/ports/testing/free-ports.ts';
import {until} from '../../adapters/ports/testing/until.ts';
import {startEnsemble, type Ensemble} from '../../adapters/zk/testing/ensemble.ts';
import {writeKeyFile} from '../link/cluster-key.ts';
import {isUnanswered} from './asking.ts';
import {startDrydock, type Daemon} from './daemons.ts';

export const SESSION_MS = 4000;
const TICK_MS = 500;

export interface RealOptions {
  readonly masters: number;
  readonly agents: number;
  /** Further flags of agents. */
  readonly agentFlags?: readonly string[];
  readonly sessionMs?: number;
}

export interface Node {
  readonly name: string;
  readonly url: string;
  /** Undefined while it is not running. */
  daemon: Daemon | undefined;
  start(): Promise<void>;
}

export class RealCluster {
  readonly ensemble: Ensemble;
  readonly masters: readonly Node[];
  readonly agents: readonly Node[];
  readonly #folder: string;

  private constructor(
    ensemble: Ensemble,
    folder: string,
    nodes: {readonly masters: readonly Node[]; readonly agents: readonly Node[]},
  ) {
    this.ensemble = ensemble;
    this.#folder = folder;
    this.masters = nodes.masters;
    this.agents = nodes.agents;
  }

  static async start({
    masters,
    agents,
    agentFlags = [],
    sessionMs = SESSION_MS,
  }: RealOptions): Promise<RealCluster> {
    const ensemble = await startEnsemble({servers: 3, tickMs: TICK_MS});
    const folder = mkdtempSync(join(tmpdir(), 'drydock-real-'));
    const keyFile = join(folder, 'key');
    writeKeyFile(keyFile);
    const session = `${sessionMs}ms`;
    const common = [
      ...['--zk', `zk://${ensemble.connect}/drydock`],
      ...['--zk-session-timeout', session],
      ...['--key-file', keyFile],
      ...['--log-format', 'json'],
    ];
    const ports = await freePorts(masters + agents);
    const nodes = {
      masters: ports.slice(0, masters).map((port, at) => {
        const address = `127.0.0.1:${port}`;
        // Long enough for a process to start on a machine that has much else to do.
        const pings = ['--agent-ping-timeout', '5s', '--max-agent-ping-timeouts', '6'];
        const args = ['master', ...common, '--listen', address, ...pings];
        return makeNode(`master-${at + 1}`, address, [...args, '--cluster', 'test'], /listens/);
      }),
      agents: ports.slice(masters).map((port, at) => {
        const address = `127.0.1.${at + 1}:${port}`;
        const workDir = join(folder, `agent-${at + 1}`);
        const range = `ports:[${31_000 + at * 300}-${31_299 + at * 300}]`;
        const resources = ['--resources', `cpus:32;mem:32768;disk:32768;${range}`];
        const args = ['agent', ...common, '--listen', address, '--work-dir', workDir];
        return makeNode(
          `agent-${at + 1}`,
          address,
          [...args, ...resources, ...agentFlags],
          /listens/,
        );
      }),
    };
    const cluster = new RealCluster(ensemble, folder, nodes);
    await Promise.all([...nodes.masters, ...nodes.agents].map((node) => node.start()));
    return cluster;
  }

  /** The master that says of itself that it leads; waits for one. */
  async leader(): Promise<Node> {
    return await until('a master leads', async () => {
      for (const node of this.masters) {
        if (node.daemon !== undefined && (await leads(node))) return node;
      }
      return undefined;
    });
  }

  async close(): Promise<void> {
    const daemons = [...this.agents, ...this.masters].flatMap(({daemon}) => daemon ?? []);
    for (const daemon of daemons) daemon.kill('SIGKILL');
    await Promise.all(daemons.map(({ended}) => ended));
    await this.ensemble.stop();
    rmSync(this.#folder, {recursive: true, force: true});
  }
}

function makeNode(name: string, address: string, args: readonly string[], ready: RegExp): Node {
  const node: Node = {
    name,
    url: `http://${address}`,
    daemon: undefined,
    async start() {
      const daemon = await startDrydock(args, {ready});
      node.daemon = daemon;
      void forgetEnded(node, daemon);
    },
  };
  return node;
}

async function forgetEnded(node: Node, daemon: Daemon): Promise<void> {
  await daemon.ended;
  if (node.daemon === daemon) node.daemon = undefined;
}

const ASK_MS = 1000;

/** Whether it leads, by its own metrics; one that does not answer soon does not. */
async function leads({url}: Node): Promise<boolean> {
  try {
    const response = await fetch(`${url}/metrics/snapshot`, {signal: AbortSignal.timeout(ASK_MS)});
    const metrics = (await response.json()) as Readonly<Record<string, number>>;
    return metrics['master/elected'] === 1;
  } catch (error) {
    if (isUnanswered(error)) return false;
    throw error;
  }
}
