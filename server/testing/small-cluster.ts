/**
 * Masters and agents in this process, as real as they are but for their machines, which are tables:
 * connections are TLS over loopback, the store is shared by all masters, and who leads is said by
 * the test.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import {
  makeMemoryDisk,
  openMemoryStore,
  type MemoryDisk,
} from '../../adapters/memory/memory-store.ts';
import type {Store} from '../../adapters/ports/store.ts';
import type {Address} from '../../api/cluster.ts';
import type {Agent} from '../agent/agent.ts';
import {readSettings, type SettingValues} from '../config/setting.ts';
import {MASTER_SETTINGS} from '../config/tables.ts';
import {makeClusterKey} from '../link/cluster-key.ts';
import type {Contender} from '../master/leadership.ts';
import type {Master} from '../master/master.ts';
import {startMasterProcess} from '../processes/master-process.ts';
import {startFakeAgent} from './fake-agent.ts';
import {FakeMachine} from './fake-executor.ts';

const LOG = pino({level: process.env['DRYDOCK_TEST_LOG'] ?? 'silent'});
const KEY = makeClusterKey();
const SETTINGS = quickSettings();

/** Those of a real master, but quick. */
function quickSettings(): SettingValues<typeof MASTER_SETTINGS> {
  const flags = {
    listen: '127.0.0.1:0',
    'allocation-interval': '50ms',
    'agent-ping-timeout': '200ms',
    'min-revive-offers-interval': '100ms',
  };
  const read = readSettings(MASTER_SETTINGS, {flags, env: {}});
  if (!read.ok) throw new Error(read.problems.join('; '));
  return read.values;
}

/** Who leads is what the test says. */
class Ballot {
  leader: Address | undefined;
  epoch = 0;
  readonly #listeners = new Set<() => void>();
  #reigning: {readonly contender: Contender; isHeld: boolean} | undefined;

  elect(address: Address, contender: Contender, store: Store): void {
    this.depose();
    this.epoch += 1;
    const reign = {contender, isHeld: true};
    this.#reigning = reign;
    this.leader = address;
    for (const listener of this.#listeners) listener();
    contender.elected({epoch: this.epoch, store, isHeld: () => reign.isHeld});
  }

  depose(): void {
    this.deposeUntold()?.lost('deposed by the test');
  }

  /** The one who led is not told, as when it was stopped meanwhile. */
  deposeUntold(): Contender | undefined {
    const reign = this.#reigning;
    this.#reigning = undefined;
    this.leader = undefined;
    if (reign !== undefined) reign.isHeld = false;
    return reign?.contender;
  }

  resign(contender: Contender): void {
    if (this.#reigning?.contender === contender) this.depose();
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface SmallMaster {
  readonly master: Master;
  readonly url: string;
  elect(): void;
}

export interface SmallAgent {
  readonly agent: Agent;
  readonly machine: FakeMachine;
  /** Stops the agent; what runs on its machine runs on. */
  stop(): Promise<void>;
  /** Another process of the same agent. */
  restart(): Promise<SmallAgent>;
}

export class SmallCluster {
  readonly ballot = new Ballot();
  readonly disk = makeMemoryDisk();
  readonly #folder = mkdtempSync(join(tmpdir(), 'drydock-small-'));
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #agents = new Set<Agent>();

  async addMaster(name: string): Promise<SmallMaster> {
    const {ballot, disk} = this;
    let elect = (): void => undefined;
    const running = await startMasterProcess({
      settings: SETTINGS,
      key: KEY,
      tokens: [],
      makeLeadership: async (self) => {
        let contender: Contender | undefined;
        elect = () => {
          if (contender !== undefined) ballot.elect(self, contender, openMemoryStore(disk));
        };
        return {
          get leader() {
            return ballot.leader;
          },
          onChange: (listener) => ballot.watch(listener),
          contend: async (given) => {
            contender = given;
          },
          resign: async () => {
            if (contender !== undefined) ballot.resign(contender);
          },
          close: done,
        };
      },
      version: '0.0.0',
      log: LOG.child({master: name}),
    });
    this.#closers.push(() => running.close());
    const {master, url} = running;
    return {master, url, elect};
  }

  addAgent(name: string): Promise<SmallAgent> {
    return this.#startAgent(name, new FakeMachine(), makeMemoryDisk());
  }

  async #startAgent(name: string, machine: FakeMachine, disk: MemoryDisk): Promise<SmallAgent> {
    const {ballot} = this;
    const agent = await startFakeAgent({
      name,
      workDir: join(this.#folder, name),
      resources: 'cpus:8;mem:8192;disk:8192;ports:[31000-31999]',
      machine,
      disk,
      watch: {
        get leader() {
          return ballot.leader;
        },
        onChange: (listener) => ballot.watch(listener),
        close: done,
      },
      key: KEY,
      log: LOG.child({agent: name}),
    });
    this.#agents.add(agent);
    const stop = async (): Promise<void> => {
      if (this.#agents.delete(agent)) await agent.close();
    };
    this.#closers.unshift(stop);
    return {
      agent,
      machine,
      stop,
      restart: async () => {
        await stop();
        return await this.#startAgent(name, machine, disk);
      },
    };
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
    rmSync(this.#folder, {recursive: true, force: true});
  }
}

async function done(): Promise<void> {}
