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
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {makeGateway} from '../../api/gateway.ts';
import {parseAmounts, type Amounts} from '../../engine/index.ts';
import {Agent} from '../agent/agent.ts';
import {makeClock} from '../clock.ts';
import {openLineChannel} from '../link/channel.ts';
import {connectSecurely, makeClusterKey, makeSecureServer} from '../link/secure.ts';
import {openSharedPort, type SharedPort} from '../link/shared-port.ts';
import type {Address} from '../../api/cluster.ts';
import type {Contender, Leadership} from '../master/leadership.ts';
import {Master} from '../master/master.ts';
import {FakeExecutor, FakeMachine} from './fake-executor.ts';

const LOG = pino({level: process.env['DRYDOCK_TEST_LOG'] ?? 'silent'});
const KEY = makeClusterKey();
const PING_MS = 200;
const PINGS_MAX = 5;

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

  /** `silently`: it is not told, as when it was stopped meanwhile. */
  depose(silently = false): void {
    const reign = this.#reigning;
    this.#reigning = undefined;
    this.leader = undefined;
    if (reign === undefined) return;
    reign.isHeld = false;
    if (!silently) reign.contender.lost('deposed by the test');
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
    const shared = await openSharedPort('127.0.0.1', 0, 1000);
    const address = {hostname: '127.0.0.1', port: shared.port};
    let contender: Contender | undefined;
    const {ballot, disk} = this;
    const leadership: Leadership = {
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
      close: async () => undefined,
    };
    const master = new Master({
      self: {id: name, ...address, version: '0.0.0', startedAt: 0},
      leadership,
      options: {
        allocator: {allocationIntervalMs: 50, allocateOnRecovery: true},
        master: {
          agentPingTimeoutMs: PING_MS,
          agentPingTimeoutsMax: PINGS_MAX,
          registry: 'stored',
        },
        frameworks: [
          {id: 'marathon', type: 'marathon', role: '*', marathon: {reviveIntervalMs: 100}},
          {id: 'chronos', type: 'chronos', role: '*'},
        ],
      },
      flags: {},
      timeZones: temporalZones,
      clock: makeClock(),
      proof: () => ({}),
      log: LOG.child({master: name}),
    });
    await this.#serve(master, shared);
    await master.start();
    return {
      master,
      url: `http://127.0.0.1:${shared.port}`,
      elect: () => {
        if (contender !== undefined) ballot.elect(address, contender, openMemoryStore(disk));
      },
    };
  }

  async #serve(master: Master, shared: SharedPort): Promise<void> {
    const gateway = makeGateway(master);
    await gateway.ready();
    const agents = makeSecureServer(KEY, (socket) => {
      master.acceptAgent((listener) => openLineChannel(socket, listener));
    });
    shared.serve({http: gateway.server, agents});
    this.#closers.push(async () => {
      await master.close();
      await gateway.close();
      await shared.close();
    });
  }

  addAgent(
    name: string,
    resources = 'cpus:8;mem:8192;disk:8192;ports:[31000-31999]',
  ): Promise<SmallAgent> {
    const amounts = parseAmounts(resources);
    if (!amounts.ok) throw new Error(amounts.message);
    return this.#startAgent(name, amounts.amounts, new FakeMachine(), makeMemoryDisk());
  }

  async #startAgent(
    name: string,
    resources: Amounts,
    machine: FakeMachine,
    disk: MemoryDisk,
  ): Promise<SmallAgent> {
    const {ballot} = this;
    const agent = await Agent.start(
      {
        workDir: join(this.#folder, name),
        hostname: name,
        port: 0,
        resources,
        attributes: {},
        gcDelayMs: 1_000_000,
        version: '0.0.0',
      },
      {
        store: openMemoryStore(disk),
        watch: {
          get leader() {
            return ballot.leader;
          },
          onChange: (listener) => ballot.watch(listener),
          close: done,
        },
        open: async ({hostname, port}, listener) =>
          openLineChannel(await connectSecurely({host: hostname, port}, KEY), listener),
        makeExecutors: async (_agent, onNews) => {
          const executor = new FakeExecutor(machine, onNews);
          return {process: executor, docker: executor};
        },
        fetch: done,
        clock: makeClock(),
        failed: (error) => {
          throw error;
        },
        log: LOG.child({agent: name}),
      },
    );
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
        return await this.#startAgent(name, resources, machine, disk);
      },
    };
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
    rmSync(this.#folder, {recursive: true, force: true});
  }
}

async function done(): Promise<void> {}
