/** What the allocator is told and what it answers, in its callers' terms. */
import type {Random} from '../kernel/random.ts';
import type {ScalarKinds} from '../resources/kinds.ts';
import type {Resources} from '../resources/vector.ts';
import type {AgentInfo, Unavailability} from '../scheduler.ts';
import type {AgentCapability} from './agent-facts.ts';
import type {AgentSlot} from './agent-table.ts';
import type {Grant} from './cycle.ts';

/** What an allocator works with. */
export interface AllocatorContext {
  readonly kinds: ScalarKinds;
  /** Decides the order in which agents are visited. */
  readonly random: Random;
  /** Of the fixed order of agents, where that is asked for. */
  readonly seed: number;
  /** role → weight, 1 where absent. */
  readonly weights: ReadonlyMap<string, number>;
  /** The first batch run is one interval later. */
  readonly startedAt: number;
}

/** Resources that a framework uses on an agent. */
export interface Usage {
  readonly framework: string;
  readonly role: string;
  readonly resources: Resources;
}

/** What may be known of an agent that joins, beside its resources. */
export interface AgentSetup {
  /** All where absent. */
  readonly capabilities?: readonly AgentCapability[] | undefined;
  readonly unavailability?: Unavailability | undefined;
  /** Part of the total; frameworks may still be unknown. */
  readonly used?: readonly Usage[] | undefined;
}

/** What may change about an agent; absent: stays. */
export interface AgentChange {
  readonly info?: AgentInfo | undefined;
  readonly capabilities?: readonly AgentCapability[] | undefined;
  readonly total?: Resources | undefined;
}

/** What a framework says to use on an agent. */
export interface AgentUsage {
  readonly agent: AgentSlot;
  readonly role: string;
  readonly resources: Resources;
}

/** How long a refused agent is kept away, and since when. */
export interface Refusal {
  readonly refuseMs: number;
  readonly now: number;
}

/** A framework is asked to give an agent up, because it will not be available. */
export interface InverseGrant {
  readonly framework: string;
  readonly agent: AgentSlot;
  readonly unavailability: Unavailability;
}

/** What came of a run. */
export interface RunResult {
  readonly grants: readonly Grant[];
  readonly inverseOffers: readonly InverseGrant[];
}

/** A framework in one of its roles. */
export interface Subscription {
  readonly framework: string;
  readonly role: string;
  readonly suppressed: boolean;
}
