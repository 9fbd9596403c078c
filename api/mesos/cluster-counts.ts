/** Counts what passes between the engine and the world, for metrics: since this master leads. */
import {type AgentId, type Effect, type Input, type TaskState} from '../../engine/index.ts';
import type {Address, AgentReport, Witness} from '../cluster.ts';
import type {LossListener} from './task-book.ts';

export type CountedInput = Input['kind'];
export type CountedEffect = Effect['kind'];

/** What its registrations tell of an agent. */
export interface SeenAgent {
  /** First and last, ms since 1970. */
  readonly registeredAt?: number | undefined;
  readonly lastAt?: number | undefined;
  readonly address?: Address | undefined;
  readonly version?: string | undefined;
}

export class ClusterCounts implements LossListener, Witness {
  readonly inputs = new Map<CountedInput, number>();
  readonly effects = new Map<CountedEffect, number>();
  /** Ends of tasks, and losses, by state. */
  readonly ends = new Map<TaskState, number>();
  /** Ends by `state reason`. */
  readonly reasons = new Map<string, number>();
  /** Per framework. */
  readonly launches = new Map<string, number>();
  /** Published ones, per framework and type. */
  readonly events = new Map<string, Map<string, number>>();
  registrations = 0;
  reregistrations = 0;
  readonly agents = new Map<AgentId, SeenAgent>();
  /** How often an agent was given up. */
  unreachable = 0;
  /** Records that were written, and how many writes. */
  recordsWritten = 0;
  startedAt = 0;

  started(now: number): void {
    for (const map of [this.inputs, this.effects, this.ends, this.reasons, this.launches]) {
      map.clear();
    }
    this.agents.clear();
    this.events.clear();
    this.registrations = 0;
    this.reregistrations = 0;
    this.unreachable = 0;
    this.recordsWritten = 0;
    this.startedAt = now;
  }

  input(now: number, input: Input): void {
    increase(this.inputs, input.kind);
    if (input.kind === 'agentRegistered') this.#registered(now, input.agent.id);
  }

  #registered(now: number, id: AgentId): void {
    const known = this.agents.get(id);
    if (known?.registeredAt === undefined) this.registrations += 1;
    else this.reregistrations += 1;
    const registeredAt = known?.registeredAt ?? now;
    this.agents.set(id, {...known, registeredAt, lastAt: now});
  }

  /** Each end once, though agents repeat what nobody has acknowledged: the task book tells. */
  ended(state: TaskState, reason: string | undefined): void {
    increase(this.ends, state);
    const short = (reason ?? '').replace(/^REASON_/, '').toLowerCase();
    if (short !== '') increase(this.reasons, `${state} ${short}`);
  }

  gaveUp(): void {
    this.unreachable += 1;
  }

  effect(_now: number, effect: Effect): void {
    increase(this.effects, effect.kind);
    if (effect.kind === 'launchTask') increase(this.launches, effect.frameworkId);
    if (effect.kind === 'publish') this.#published(effect.frameworkId, effect.event.type);
    if (effect.kind === 'persist') {
      this.recordsWritten += effect.puts.length + effect.deletes.length;
    }
  }

  #published(frameworkId: string, type: string): void {
    const types = this.events.get(frameworkId) ?? new Map<string, number>();
    this.events.set(frameworkId, types);
    increase(types, type);
  }

  agent(_now: number, {agentId, hostname, port, version}: AgentReport): void {
    this.agents.set(agentId, {...this.agents.get(agentId), address: {hostname, port}, version});
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function countOf<K>(counts: ReadonlyMap<K, number>, key: K): number {
  return counts.get(key) ?? 0;
}
