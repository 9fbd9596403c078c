/**
 * Who is asked to leave an agent before its maintenance: an inverse offer per (framework, agent) at
 * a time, what frameworks answered, and for how long they want to be left in peace (Mesos,
 * reference part 1.16).
 *
 * The allocator asks {@link InverseOffers.mayAsk} for the active frameworks that hold anything on
 * an agent, in runs over agents that are {@link InverseOffers.isDue due}: whatever could let
 * somebody be asked makes its agent due, so that an idle cluster has nothing to look at.
 */
import {NO_RESOURCES} from '../resources/vector.ts';
import type {Unavailability} from '../scheduler.ts';
import {OfferFilters, type OfferFiltersSnapshot} from './offer-filters.ts';

/** What a framework last said of the maintenance of an agent. */
export interface InverseOfferStatus {
  readonly framework: number;
  readonly accepted: boolean;
  readonly at: number;
}

export interface InverseOfferAnswer {
  readonly accepted: boolean;
  /** Now. */
  readonly at: number;
  /** From now on it is not asked again for so long; 0: it may be asked by the next run. */
  readonly refuseMs: number;
  /**
   * Whether a batch run at the end of this time still finds it: the run's timer is older than the
   * answer. So it is if the time is shorter than an interval, or an interval and the answer comes
   * after the batch run of its instant.
   */
  readonly late: boolean;
}

interface Maintenance {
  readonly unavailability: Unavailability;
  /** Frameworks that have been asked and have not answered. */
  readonly asked: Set<number>;
  readonly statuses: Map<number, InverseOfferStatus>;
}

export interface InverseOffersSnapshot {
  readonly agents: readonly {
    readonly agent: number;
    readonly unavailability: Unavailability;
    readonly asked: readonly number[];
    readonly statuses: readonly InverseOfferStatus[];
  }[];
  readonly filters: OfferFiltersSnapshot;
  readonly due: readonly number[];
}

export class InverseOffers {
  readonly #agents = new Map<number, Maintenance>();
  /** They refuse nothing in particular, so that only their time counts. Clients are frameworks. */
  #filters = new OfferFilters();
  readonly #due = new Set<number>();

  /**
   * Plans or revokes maintenance. Everybody is to think again: answers, questions and filters are
   * forgotten, also if nothing has changed.
   */
  setUnavailability(agent: number, unavailability: Unavailability | undefined): void {
    this.removeAgent(agent);
    if (unavailability === undefined) return;
    this.#agents.set(agent, {unavailability, asked: new Set(), statuses: new Map()});
    this.#due.add(agent);
  }

  unavailabilityOf(agent: number): Unavailability | undefined {
    return this.#agents.get(agent)?.unavailability;
  }

  /** How many agents have planned maintenance. */
  get size(): number {
    return this.#agents.size;
  }

  /** Agents with planned maintenance, ascending. */
  get agents(): readonly number[] {
    return [...this.#agents.keys()].sort(ascending);
  }

  // What a run has to look at.

  /** Agents where somebody might be asked now, ascending. */
  get dueAgents(): readonly number[] {
    return [...this.#due].sort(ascending);
  }

  get dueCount(): number {
    return this.#due.size;
  }

  isDue(agent: number): boolean {
    return this.#due.has(agent);
  }

  /** A framework has been activated, or has begun to hold something on the agent. */
  touch(agent: number): void {
    if (this.#agents.has(agent)) this.#due.add(agent);
  }

  /** All frameworks that may be asked at the agent have been. */
  visited(agent: number): void {
    this.#due.delete(agent);
  }

  /** Whether there is maintenance to tell of, no question open, and no filter in force. */
  mayAsk(framework: number, agent: number): boolean {
    const maintenance = this.#agents.get(agent);
    if (maintenance === undefined || maintenance.asked.has(framework)) return false;
    return !this.#filters.refuses(framework, agent, NO_RESOURCES);
  }

  asked(framework: number, agent: number): void {
    this.#agents.get(agent)?.asked.add(framework);
  }

  // What comes back.

  /**
   * An answer. One that nobody waits for is no status, but its filter counts, as in Mesos; and
   * where no maintenance is planned (any more) it means nothing.
   */
  answered(framework: number, agent: number, answer: InverseOfferAnswer): void {
    const maintenance = this.#agents.get(agent);
    if (maintenance === undefined) return;
    const {accepted, at, refuseMs, late} = answer;
    if (maintenance.asked.delete(framework)) {
      maintenance.statuses.set(framework, {framework, accepted, at});
    }
    if (refuseMs === 0) {
      this.#due.add(agent);
      return;
    }
    const expiresAt = at + refuseMs;
    this.#filters.add({client: framework, agent, refused: NO_RESOURCES, expiresAt, late});
  }

  /** The question was taken back, or has timed out: neither a status nor a filter. */
  rescinded(framework: number, agent: number): void {
    if (this.#agents.get(agent)?.asked.delete(framework) === true) this.#due.add(agent);
  }

  /** The last answers to what is planned now, by framework. */
  statusesOf(agent: number): readonly InverseOfferStatus[] {
    const statuses = [...(this.#agents.get(agent)?.statuses.values() ?? [])];
    return statuses.sort((left, right) => left.framework - right.framework);
  }

  // Filters.

  /**
   * Not after the end of the next filter; Infinity while there is none. Its end starts no run: the
   * next batch run may ask again.
   */
  get nextExpiryAt(): number {
    return this.#filters.nextExpiryAt;
  }

  /** To be called around runs just as {@link OfferFilters.expire}. */
  expire(now: number, beforeBatch: boolean): void {
    this.#filters.expire(now, beforeBatch, this.#onExpired);
  }

  readonly #onExpired = (agent: number): void => {
    this.#due.add(agent);
  };

  /** REVIVE, a change of the framework, its deactivation. */
  clearFilters(framework: number): void {
    if (this.#filters.countOf(framework) === 0) return;
    for (const {agent} of this.#filters.filtersOf(framework)) this.#due.add(agent);
    this.#filters.dropClient(framework);
  }

  /** A change of the agent's attributes. */
  clearFiltersOn(agent: number): void {
    this.#filters.dropAgent(agent);
    this.touch(agent);
  }

  removeAgent(agent: number): void {
    this.#agents.delete(agent);
    this.#due.delete(agent);
    this.#filters.dropAgent(agent);
  }

  /** Unlike Mesos, which keeps its last answers, since the number may become another's. */
  removeFramework(framework: number): void {
    this.#filters.dropClient(framework);
    for (const {asked, statuses} of this.#agents.values()) {
      asked.delete(framework);
      statuses.delete(framework);
    }
  }

  snapshot(): InverseOffersSnapshot {
    return {
      agents: [...this.#agents].map(([agent, {unavailability, asked, statuses}]) => ({
        agent,
        unavailability,
        asked: [...asked],
        statuses: [...statuses.values()],
      })),
      filters: this.#filters.snapshot(),
      due: [...this.#due],
    };
  }

  static restore(snapshot: InverseOffersSnapshot): InverseOffers {
    const offers = new InverseOffers();
    for (const {agent, unavailability, asked, statuses} of snapshot.agents) {
      offers.#agents.set(agent, {
        unavailability,
        asked: new Set(asked),
        statuses: new Map(statuses.map((status) => [status.framework, status])),
      });
    }
    offers.#filters = OfferFilters.restore(snapshot.filters);
    for (const agent of snapshot.due) offers.#due.add(agent);
    return offers;
  }
}

function ascending(left: number, right: number): number {
  return left - right;
}
