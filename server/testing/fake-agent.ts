/** A real agent, but for its machine, which is a table, and its store, which is in memory. */
import type {Logger} from 'pino';
import {openMemoryStore, type MemoryDisk} from '../../adapters/memory/memory-store.ts';
import {parseAmounts} from '../../engine/index.ts';
import {Agent} from '../agent/agent.ts';
import {makeClock} from '../clock.ts';
import type {LeaderWatch} from '../leader-watch.ts';
import {openLineChannel} from '../link/channel.ts';
import type {ClusterKey} from '../link/cluster-key.ts';
import {connectSecurely} from '../link/secure.ts';
import {FakeExecutor, type FakeMachine} from './fake-executor.ts';

export interface FakeAgentParts {
  readonly name: string;
  readonly workDir: string;
  /** `cpus:8;mem:8192` */
  readonly resources: string;
  readonly machine: FakeMachine;
  readonly disk: MemoryDisk;
  readonly watch: LeaderWatch;
  readonly key: ClusterKey;
  readonly log: Logger;
}

export async function startFakeAgent(parts: FakeAgentParts): Promise<Agent> {
  const {name, workDir, machine, disk, watch, key, log} = parts;
  const parsed = parseAmounts(parts.resources);
  if (!parsed.ok) throw new Error(parsed.message);
  return await Agent.start(
    {
      workDir,
      hostname: name,
      port: 0,
      resources: parsed.amounts,
      attributes: {},
      gcDelayMs: 1_000_000,
      version: '0.0.0',
    },
    {
      store: openMemoryStore(disk),
      watch,
      open: async (leader, listener) =>
        openLineChannel(await connectSecurely(leader, key), listener),
      makeExecutors: async (_agent, onNews) => {
        const executor = new FakeExecutor(machine, onNews);
        return {process: executor, docker: executor, whyNoDocker: async () => undefined};
      },
      fetch: async () => undefined,
      clock: makeClock(),
      failed: (error) => {
        throw error;
      },
      log,
    },
  );
}
