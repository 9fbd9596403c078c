/**
 * The virtual agents: rows of columns, in the order in which they register. An agent has no timer
 * and no object of its own; what befalls it is counted, so that faults may overlap on it in any
 * way.
 */
import {agentIdOf} from '../../engine/index.ts';
import type {AgentId, AgentInfo, Amounts} from '../../engine/index.ts';
import {totalScalars} from '../scenario/amounts.ts';

/** An agent as the scenario gives it. */
export interface ClusterAgent {
  readonly hostname: string;
  /** Name of its group. */
  readonly group: string;
  readonly zone: string | undefined;
  readonly rack: string | undefined;
  readonly region: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly resources: Amounts;
}

export interface AgentTableSnapshot {
  readonly crashes: readonly number[];
  readonly partitions: readonly number[];
  readonly connections: readonly number[];
  readonly lost: number;
  readonly returned: number;
  readonly down: number;
  /** By row: what each has, where anything was reserved or let go. */
  readonly reserved: readonly (readonly [number, Amounts])[];
}

export class AgentTable {
  readonly agents: readonly ClusterAgent[];
  readonly ids: readonly AgentId[];
  readonly infos: readonly AgentInfo[];
  /** Faults that lie on each agent now. */
  readonly crashes: Int32Array;
  readonly partitions: Int32Array;
  /** How often each agent's connection to the master has broken. */
  readonly connections: Int32Array;
  /** First of the agent's tasks, a row of the task table; -1: none. */
  readonly firstTask: Int32Array;
  readonly cpus: Float64Array;
  /** Thousandths of cpus that tasks on the agent hold. */
  readonly usedCpus: Float64Array;
  lost = 0;
  returned = 0;
  #down = 0;
  /** What an agent keeps on its disk of what was reserved there, through every fault. */
  readonly #reserved = new Map<number, Amounts>();
  readonly #rows = new Map<string, number>();

  constructor(agents: readonly ClusterAgent[]) {
    this.agents = agents;
    this.ids = agents.map(({hostname}) => agentIdOf(hostname));
    this.infos = agents.map((agent, row) => infoOf(agent, this.ids[row] as AgentId));
    this.crashes = new Int32Array(agents.length);
    this.partitions = new Int32Array(agents.length);
    this.connections = new Int32Array(agents.length);
    this.firstTask = new Int32Array(agents.length).fill(-1);
    this.cpus = Float64Array.from(agents, ({resources}) => totalScalars(resources)['cpus'] ?? 0);
    this.usedCpus = new Float64Array(agents.length);
    for (const [row, id] of this.ids.entries()) this.#rows.set(id, row);
  }

  get count(): number {
    return this.agents.length;
  }

  /** Agents that the master can talk to. */
  get up(): number {
    return this.agents.length - this.#down;
  }

  rowOf(id: AgentId): number {
    return this.#rows.get(id) as number;
  }

  isUp(row: number): boolean {
    return this.crashes[row] === 0 && this.partitions[row] === 0;
  }

  /** Everything that an agent has, reserved or not. */
  resourcesOf(row: number): Amounts {
    return this.#reserved.get(row) ?? (this.agents[row] as ClusterAgent).resources;
  }

  /** Something was reserved or let go: this is what the agent has now. */
  reserve(row: number, resources: Amounts): void {
    this.#reserved.set(row, resources);
  }

  wentDown(row: number): void {
    this.connections[row] = (this.connections[row] as number) + 1;
    this.lost += 1;
    this.#down += 1;
  }

  cameBack(): void {
    this.returned += 1;
    this.#down -= 1;
  }

  snapshot(): AgentTableSnapshot {
    return {
      crashes: Array.from(this.crashes),
      partitions: Array.from(this.partitions),
      connections: Array.from(this.connections),
      lost: this.lost,
      returned: this.returned,
      down: this.#down,
      reserved: [...this.#reserved],
    };
  }

  /** Tasks link themselves to their agents again: see the task table. */
  restore(snapshot: AgentTableSnapshot): void {
    this.crashes.set(snapshot.crashes);
    this.partitions.set(snapshot.partitions);
    this.connections.set(snapshot.connections);
    this.lost = snapshot.lost;
    this.returned = snapshot.returned;
    this.#down = snapshot.down;
    for (const [row, resources] of snapshot.reserved) this.#reserved.set(row, resources);
  }
}

/**
 * Constraints may name `rack` and `zone` as attributes too, as clusters without fault domains do.
 */
function infoOf(agent: ClusterAgent, id: AgentId): AgentInfo {
  const {hostname, rack, zone, region, attributes} = agent;
  return {
    id,
    hostname,
    attributes: {
      ...(zone !== undefined && {zone}),
      ...(rack !== undefined && {rack}),
      ...attributes,
    },
    ...(region !== undefined && {region}),
    ...(zone !== undefined && {zone}),
  };
}
