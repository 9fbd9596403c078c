/**
 * Agents that were given up, and for how long they are remembered (the collection of Mesos's
 * registry, reference part 3.5). Mesos looks every `--registry_gc_interval`; here an agent is due
 * at the instant at which it is too old, or one too many.
 */
import type {AgentId} from '../kernel/ids.ts';

export interface UnreachableLimits {
  readonly ageMs: number;
  readonly count: number;
}

export class UnreachableAgents {
  readonly #limits: UnreachableLimits;
  /** Since when, the longest first. */
  readonly #since = new Map<AgentId, number>();

  constructor(limits: UnreachableLimits) {
    this.#limits = limits;
  }

  /** Those of before must have been given up before. */
  add(id: AgentId, since: number): void {
    this.#since.set(id, since);
  }

  delete(id: AgentId): void {
    this.#since.delete(id);
  }

  sinceOf(id: AgentId): number | undefined {
    return this.#since.get(id);
  }

  /** When the next one is due, as long as none is added or taken; undefined: never. */
  get nextAt(): number | undefined {
    const [oldest] = this.#since.values();
    if (oldest === undefined) return undefined;
    return this.#since.size > this.#limits.count ? oldest : oldest + this.#limits.ageMs;
  }

  /** Takes one that is to be forgotten by `now`; undefined: there is none. */
  takeDue(now: number): AgentId | undefined {
    const {nextAt} = this;
    if (nextAt === undefined || nextAt > now) return undefined;
    const [id] = this.#since.keys();
    if (id !== undefined) this.#since.delete(id);
    return id;
  }
}
