/**
 * What befalls agents: scripted faults, outages, and a failure process per agent. Faults may
 * overlap on an agent in any way: it is dead while a crash lies on it, and cut off while a
 * partition does.
 */
import {Random, makeRandom} from '../../engine/index.ts';
import type {RandomState} from '../../engine/index.ts';
import {draw} from '../random/distributions.ts';
import type {AgentSelection, FailureProcess, FaultKind} from '../scenario/schema.ts';
import type {AgentTable} from './agents.ts';
import {selectAgents} from './agent-selection.ts';
import type {InputPort, VirtualTasks} from './virtual-tasks.ts';
import {FAULT_ENDS, PROCESS_HEALS, PROCESS_STRIKES} from './world-queue.ts';
import type {WorldQueue} from './world-queue.ts';

export type PerAgentProcess = Extract<FailureProcess, {kind: 'perAgent'}>;

/** A failure process on one agent. */
interface Striker {
  readonly process: PerAgentProcess;
  readonly agent: number;
  random: Random;
}

/** A fault that will end. */
interface OpenFault {
  readonly fault: FaultKind;
  readonly agents: readonly number[];
}

export interface FaultsSnapshot {
  readonly open: readonly (OpenFault | null)[];
  readonly strikers: readonly RandomState[];
}

export interface FaultsParts {
  readonly port: InputPort;
  readonly queue: WorldQueue;
  readonly agents: AgentTable;
  readonly virtualTasks: VirtualTasks;
  readonly seed: number;
}

export class Faults {
  readonly #port: InputPort;
  readonly #queue: WorldQueue;
  readonly #agents: AgentTable;
  readonly #virtualTasks: VirtualTasks;
  readonly #seed: number;
  readonly #strikers: Striker[] = [];
  /** Indexed by the row in the queue; ended faults leave a hole that is used again. */
  #open: (OpenFault | null)[] = [];

  constructor(parts: FaultsParts) {
    this.#port = parts.port;
    this.#queue = parts.queue;
    this.#agents = parts.agents;
    this.#virtualTasks = parts.virtualTasks;
    this.#seed = parts.seed;
  }

  /**
   * Each agent of the process gets a stream of its own, so that one fewer agent re-rolls nobody
   * else.
   */
  addProcess(process: PerAgentProcess, index: number): void {
    const stream = `failures/${index}`;
    for (const agent of this.select(process.agents, `${stream}/agents`, false)) {
      const {hostname} = this.#agents.agents[agent] as AgentTable['agents'][number];
      const random = makeRandom(this.#seed, `${stream}/agent/${hostname}`);
      this.#strikers.push({process, agent, random});
    }
  }

  /** Draws the first strike of every process. Not after a restore: the queue has them then. */
  start(): void {
    for (let row = 0; row < this.#strikers.length; row += 1) this.#armStrike(0, row);
  }

  #armStrike(now: number, row: number): void {
    const {process, random} = this.#strikers[row] as Striker;
    const afterMs = Math.max(1, Math.round(draw(process.everyMs, random)));
    this.#queue.pushAgent(now + afterMs, PROCESS_STRIKES, row);
  }

  handle(now: number, kind: number, row: number): void {
    switch (kind) {
      case FAULT_ENDS: {
        const fault = this.#open[row];
        if (fault === null || fault === undefined) return;
        this.#open[row] = null;
        for (const agent of fault.agents) this.#lift(now, fault.fault, agent);
        return;
      }
      case PROCESS_STRIKES:
        this.#strike(now, row);
        return;
      default: {
        const {process, agent} = this.#strikers[row] as Striker;
        this.#lift(now, process.fault, agent);
        this.#armStrike(now, row);
      }
    }
  }

  #strike(now: number, row: number): void {
    const {process, agent, random} = this.#strikers[row] as Striker;
    if (process.forMs !== undefined) {
      const forMs = Math.max(1, Math.round(draw(process.forMs, random)));
      this.#queue.pushAgent(now + forMs, PROCESS_HEALS, row);
    }
    this.#lay(process.fault, agent);
  }

  /** A fault on many agents at once; `forMs` undefined: for ever. */
  begin(now: number, fault: FaultKind, agents: readonly number[], forMs: number | undefined): void {
    if (forMs !== undefined) {
      const hole = this.#open.indexOf(null);
      const row = hole < 0 ? this.#open.length : hole;
      this.#open[row] = {fault, agents};
      this.#queue.pushAgent(now + forMs, FAULT_ENDS, row);
    }
    for (const agent of agents) this.#lay(fault, agent);
  }

  /** `stream` names the occasion: the same one draws the same agents. */
  select(selection: AgentSelection, stream: string, isOnlyUp: boolean): readonly number[] {
    return selectAgents(this.#agents, selection, {
      random: makeRandom(this.#seed, stream),
      isOnlyUp,
    });
  }

  #lay(fault: FaultKind, agent: number): void {
    const agents = this.#agents;
    const wasUp = agents.isUp(agent);
    const counts = fault === 'crash' ? agents.crashes : agents.partitions;
    const before = counts[agent] as number;
    counts[agent] = before + 1;
    if (fault === 'crash' && before === 0) this.#virtualTasks.loseAll(agent);
    if (!wasUp) return;
    agents.wentDown(agent);
    const agentId = agents.ids[agent] as AgentTable['ids'][number];
    this.#port.deliver(
      fault === 'crash' ? {kind: 'agentDisconnected', agentId} : {kind: 'agentSilent', agentId},
    );
  }

  #lift(now: number, fault: FaultKind, agent: number): void {
    const agents = this.#agents;
    const counts = fault === 'crash' ? agents.crashes : agents.partitions;
    counts[agent] = (counts[agent] as number) - 1;
    if (!agents.isUp(agent)) return;
    agents.cameBack();
    this.#virtualTasks.register(now, agent);
  }

  snapshot(): FaultsSnapshot {
    return {
      open: this.#open.map((fault) => fault && {...fault, agents: [...fault.agents]}),
      strikers: this.#strikers.map(({random}) => random.state),
    };
  }

  restore(snapshot: FaultsSnapshot): void {
    this.#open = [...snapshot.open];
    for (const [row, state] of snapshot.strikers.entries()) {
      const striker = this.#strikers[row];
      if (striker !== undefined) striker.random = new Random(state);
    }
  }
}
