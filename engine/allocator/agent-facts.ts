/**
 * What the allocator knows of agents beside their resources: who they are, what they can do, and
 * whether they may be offered at all.
 */
import {must} from '../kernel/assert.ts';
import {makeRandom} from '../kernel/random.ts';
import type {AgentInfo} from '../scheduler.ts';
import {NO_HIERARCHICAL_ROLE, NO_MULTI_ROLE, REMOTE, type AgentSlot} from './agent-table.ts';

/** What an agent can do (Mesos `SlaveInfo.Capability`); the first two decide who is offered it. */
export const AGENT_CAPABILITIES = [
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
  'RESOURCE_PROVIDER',
  'RESIZE_VOLUME',
  'AGENT_OPERATION_FEEDBACK',
  'AGENT_DRAINING',
  'TASK_RESOURCE_LIMITS',
] as const;

export type AgentCapability = (typeof AGENT_CAPABILITIES)[number];

interface AgentFact {
  readonly info: AgentInfo;
  readonly capabilities: readonly AgentCapability[];
  readonly activated: boolean;
}

export interface AgentFactsSnapshot {
  readonly agents: readonly (AgentFact | null)[];
  readonly whitelist: readonly string[] | null;
}

/** How agents are judged. */
export interface AgentRules {
  /** Agents of other regions are remote; undefined: none is. */
  readonly region: string | undefined;
  readonly seed: number;
}

export class AgentFacts {
  readonly #rules: AgentRules;
  readonly #facts: (AgentFact | undefined)[] = [];
  /** A place in a fixed order of all agents, drawn from the seed and the agent's id. */
  readonly #ranks: number[] = [];
  #whitelist: ReadonlySet<string> | null = null;

  constructor(rules: AgentRules) {
    this.#rules = rules;
  }

  set(slot: AgentSlot, info: AgentInfo, capabilities: readonly AgentCapability[]): void {
    const activated = this.#facts[slot]?.activated ?? true;
    this.#facts[slot] = {info, capabilities, activated};
    this.#ranks[slot] = makeRandom(this.#rules.seed, info.id).uint32();
  }

  remove(slot: AgentSlot): void {
    this.#facts[slot] = undefined;
  }

  of(slot: AgentSlot): AgentFact {
    return must(this.#facts[slot], `agent in slot ${slot}`);
  }

  setActivated(slot: AgentSlot, activated: boolean): void {
    this.#facts[slot] = {...this.of(slot), activated};
  }

  /** Host names of agents that may be offered; null: all. */
  setWhitelist(hostnames: readonly string[] | null): void {
    this.#whitelist = hostnames === null ? null : new Set(hostnames);
  }

  isOfferable(slot: AgentSlot): boolean {
    const {info, activated} = this.of(slot);
    return activated && (this.#whitelist === null || this.#whitelist.has(info.hostname));
  }

  /** Why frameworks of some kinds cannot have the agent: bits of agent-table.ts, gpus apart. */
  exclusionsOf(slot: AgentSlot): number {
    const {info, capabilities} = this.of(slot);
    const {region} = this.#rules;
    const isRemote = region !== undefined && info.region !== undefined && info.region !== region;
    return (
      (isRemote ? REMOTE : 0) |
      (capabilities.includes('MULTI_ROLE') ? 0 : NO_MULTI_ROLE) |
      (capabilities.includes('HIERARCHICAL_ROLE') ? 0 : NO_HIERARCHICAL_ROLE)
    );
  }

  /** Which of two agents comes first in the fixed order. */
  compare(left: AgentSlot, right: AgentSlot): number {
    const byRank = (this.#ranks[left] as number) - (this.#ranks[right] as number);
    if (byRank !== 0) return byRank;
    return this.of(left).info.id < this.of(right).info.id ? -1 : 1;
  }

  snapshot(): AgentFactsSnapshot {
    return {
      agents: Array.from(this.#facts, (fact) => fact ?? null),
      whitelist: this.#whitelist === null ? null : [...this.#whitelist],
    };
  }

  static restore(rules: AgentRules, snapshot: AgentFactsSnapshot): AgentFacts {
    const facts = new AgentFacts(rules);
    for (const [slot, fact] of snapshot.agents.entries()) {
      if (fact === null) continue;
      facts.#facts[slot] = fact;
      facts.#ranks[slot] = makeRandom(rules.seed, fact.info.id).uint32();
    }
    facts.setWhitelist(snapshot.whitelist);
    return facts;
  }
}
