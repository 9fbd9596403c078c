/** Counts what passes between the engine and the world, for metrics: since this master leads. */
import {
  Durations,
  type AgentId,
  type Effect,
  type FrameworkId,
  type Input,
  type StatusReason,
  type TaskState,
} from '../../engine/index.ts';
import type {AgentReport, Measured, Place, Witness} from '../cluster.ts';
import type {EndCause, LossListener} from './task-book.ts';

export type CountedInput = Input['kind'];
export type CountedEffect = Effect['kind'];

/** What its registrations tell of an agent. */
export interface SeenAgent {
  /** First and last, ms since 1970. */
  readonly registeredAt?: number | undefined;
  readonly lastAt?: number | undefined;
  readonly address?: Place | undefined;
}

/** What is counted for each framework. */
export interface FrameworkCounts {
  launches: number;
  /** Updates of its tasks that agents have sent, repeated ones too. */
  updates: number;
  acknowledgements: number;
  /** Of its tasks, by state. */
  readonly ends: Map<TaskState, number>;
  /** Published ones, by type. */
  readonly events: Map<string, number>;
}

export class ClusterCounts implements LossListener, Witness {
  readonly inputs = new Map<CountedInput, number>();
  readonly effects = new Map<CountedEffect, number>();
  /** Ends of tasks, and losses, by state. */
  readonly ends = new Map<TaskState, number>();
  /** Ends by `state source reason`, as Mesos's metrics name them. */
  readonly reasons = new Map<string, number>();
  readonly #frameworks = new Map<string, FrameworkCounts>();
  registrations = 0;
  reregistrations = 0;
  readonly agents = new Map<AgentId, SeenAgent>();
  /** How often an agent was given up. */
  unreachable = 0;
  /** Records that were written, and how many writes. */
  recordsWritten = 0;
  startedAt = 0;
  /** Undefined: nobody has told. */
  recordsReadMs: number | undefined;
  /** Writes that are under way, by their batches: since when. */
  readonly #writes = new Map<number, number>();
  writeMs = new Durations();
  allocationMs = new Durations();
  allocationDelayMs = new Durations();

  started(now: number): void {
    for (const map of [this.inputs, this.effects, this.ends, this.reasons]) map.clear();
    this.#frameworks.clear();
    this.agents.clear();
    this.registrations = 0;
    this.reregistrations = 0;
    this.unreachable = 0;
    this.recordsWritten = 0;
    this.startedAt = now;
    this.recordsReadMs = undefined;
    this.#writes.clear();
    this.writeMs = new Durations();
    this.allocationMs = new Durations();
    this.allocationDelayMs = new Durations();
  }

  input(now: number, input: Input): void {
    increase(this.inputs, input.kind);
    if (input.kind === 'agentRegistered') this.#registered(now, input.agent.id);
    if (input.kind === 'taskStatus') this.of(input.frameworkId).updates += 1;
    if (input.kind === 'recordsWritten') this.#written(now, input.batch);
  }

  #registered(now: number, id: AgentId): void {
    const known = this.agents.get(id);
    if (known?.registeredAt === undefined) this.registrations += 1;
    else this.reregistrations += 1;
    const registeredAt = known?.registeredAt ?? now;
    this.agents.set(id, {...known, registeredAt, lastAt: now});
  }

  #written(now: number, batch: number): void {
    const since = this.#writes.get(batch);
    if (since === undefined) return;
    this.#writes.delete(batch);
    this.writeMs.add(now, now - since);
  }

  /** How many writes are under way. */
  get writesWaiting(): number {
    return this.#writes.size;
  }

  /** Each end once, though agents repeat what nobody has acknowledged: the task book tells. */
  ended(frameworkId: FrameworkId, state: TaskState, {source, reason}: EndCause): void {
    increase(this.ends, state);
    increase(this.of(frameworkId).ends, state);
    if (reason === undefined) return;
    const told = source === 'agent' && OF_EXECUTORS.has(reason) ? 'executor' : SOURCES[source];
    increase(this.reasons, `${state} ${told} ${reason}`);
  }

  gaveUp(): void {
    this.unreachable += 1;
  }

  effect(now: number, effect: Effect): void {
    increase(this.effects, effect.kind);
    switch (effect.kind) {
      case 'launchTask':
        this.of(effect.frameworkId).launches += 1;
        break;
      case 'acknowledgeStatus':
        this.of(effect.frameworkId).acknowledgements += 1;
        break;
      case 'publish':
        increase(this.of(effect.frameworkId).events, effect.event.type);
        break;
      case 'persist':
        this.#writes.set(effect.batch, now);
        this.recordsWritten += effect.puts.length + effect.deletes.length;
        break;
      default:
        break;
    }
  }

  agent(_now: number, {agentId, hostname, ip, port}: AgentReport): void {
    const address = {hostname, ip, port};
    this.agents.set(agentId, {...this.agents.get(agentId), address});
  }

  measured(now: number, what: Measured, ms: number): void {
    switch (what) {
      case 'recordsRead':
        this.recordsReadMs = ms;
        break;
      case 'allocation':
        this.allocationMs.add(now, ms);
        break;
      case 'allocationDelay':
        this.allocationDelayMs.add(now, ms);
        break;
      default:
        what satisfies never;
    }
  }

  /** Of those that have done anything. */
  get frameworks(): ReadonlyMap<string, FrameworkCounts> {
    return this.#frameworks;
  }

  /** Of one framework. */
  of(frameworkId: string): FrameworkCounts {
    const known = this.#frameworks.get(frameworkId);
    if (known !== undefined) return known;
    const counts: FrameworkCounts = {
      launches: 0,
      updates: 0,
      acknowledgements: 0,
      ends: new Map(),
      events: new Map(),
    };
    this.#frameworks.set(frameworkId, counts);
    return counts;
  }
}

/** As Mesos calls them. */
const SOURCES = {agent: 'slave', master: 'master'} as const;

/** What an executor tells of itself; the rest is the agent's word (reference 3.1). */
const OF_EXECUTORS: ReadonlySet<StatusReason> = new Set([
  'REASON_COMMAND_EXECUTOR_FAILED',
  'REASON_MAX_COMPLETION_TIME_REACHED',
  'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED',
]);

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function countOf<K>(counts: ReadonlyMap<K, number>, key: K): number {
  return counts.get(key) ?? 0;
}
