/**
 * Makes runs when they are due: what expires before and after them, which agents they look at and
 * in which order, and who is asked to leave an agent (Mesos, reference parts 1.5, 1.6 and 1.16).
 */
import type {Random} from '../kernel/random.ts';
import type {AllocatorOptions} from '../options.ts';
import type {ScalarKinds} from '../resources/kinds.ts';
import {scalarSums, type Resources} from '../resources/vector.ts';
import type {AgentFacts} from './agent-facts.ts';
import type {AgentSlot} from './agent-table.ts';
import type {AgentOrder, Candidates} from './candidates.ts';
import {Cycle, type CycleParts, type Grant} from './cycle.ts';
import type {LastRun} from './explain.ts';
import type {Holdings} from './holdings.ts';
import type {InverseOffers} from './inverse-offers.ts';
import {attributesOf, excludes} from './offer-constraints.ts';
import type {OfferFilters} from './offer-filters.ts';
import type {Orders} from './orders.ts';
import type {RunClock} from './run-clock.ts';
import type {SubscriberRow, Subscribers} from './subscribers.ts';
import type {InverseGrant, RunResult} from './terms.ts';

const NOBODY: readonly never[] = [];
const NOTHING: RunResult = {grants: NOBODY, inverseOffers: NOBODY};

/** The state that runs are made on; the allocator owns it. */
export interface RunnerParts {
  readonly options: AllocatorOptions;
  readonly kinds: ScalarKinds;
  readonly random: Random;
  readonly clock: RunClock;
  readonly holdings: Holdings;
  readonly facts: AgentFacts;
  readonly filters: OfferFilters;
  readonly inverseOffers: InverseOffers;
  readonly orders: Orders;
  readonly subscribers: Subscribers;
  readonly candidates: Candidates;
  /** Takes resources off an agent, for a subscriber. */
  readonly hold: (row: SubscriberRow, slot: AgentSlot, resources: Resources) => void;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #cycle: Cycle;
  #lastRun: LastRun | undefined;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#cycle = new Cycle(this.cycleParts);
  }

  get lastRun(): LastRun | undefined {
    return this.#lastRun;
  }

  /** What a run, or an explanation of one, works on. */
  get cycleParts(): CycleParts {
    const {holdings, filters, random, orders, kinds, options, hold} = this.#parts;
    return {
      agents: holdings.agents,
      filters,
      random,
      orders,
      kinds,
      nestedLimits: options.nestedLimits,
      isExcluded: this.#isExcluded,
      hold,
      book: this.#book,
    };
  }

  /** When the next run would have something to do; Infinity when none would. Never before `now`. */
  wakeAt(now: number): number {
    const {clock, candidates, inverseOffers, orders, filters} = this.#parts;
    const {heldOffUntil} = clock;
    if (heldOffUntil !== undefined) return Math.max(now, heldOffUntil);
    if (candidates.runRequested) return now;
    const askAt = inverseOffers.dueCount > 0 ? now : inverseOffers.nextExpiryAt;
    const expiryAt = orders.wanting === 0 ? Infinity : filters.nextExpiryAt;
    const lookAt = orders.wanting > 0 && candidates.anyChanged ? now : expiryAt;
    const at = Math.min(askAt, lookAt);
    return at === Infinity ? Infinity : clock.batchAtOrAfter(Math.max(now, at));
  }

  /** Runs go on, if they were held off until now. */
  resume(now: number): void {
    const {clock, candidates, holdings} = this.#parts;
    if (!clock.release(holdings.agents.count, now)) return;
    // What was requested meanwhile waits for the next batch run, as everything does.
    candidates.putOff();
    candidates.changeAll();
  }

  /** Makes the run that is due at `now`: the batch run, or the requested one. */
  run(now: number): RunResult {
    const {clock, candidates, inverseOffers} = this.#parts;
    const isBatch = clock.batchAtOrAfter(now) === now;
    this.resume(now);
    if (clock.heldOffUntil !== undefined) {
      candidates.putOff();
      return NOTHING;
    }
    if (!isBatch && !candidates.runRequested) return NOTHING;
    this.#expireFilters(now, true);
    clock.begin(now, isBatch);
    const looksAt = inverseOffers.size > 0 ? this.#askable(isBatch) : undefined;
    const grants = this.#runCycle(now, isBatch);
    const asked = looksAt === undefined ? NOBODY : this.#ask(looksAt);
    if (isBatch) {
      clock.endBatch(now);
      this.#expireFilters(now, false);
    }
    return {grants, inverseOffers: asked};
  }

  #expireFilters(now: number, beforeBatch: boolean): void {
    const {filters, inverseOffers} = this.#parts;
    filters.expire(now, beforeBatch, this.#onExpired);
    inverseOffers.expire(now, beforeBatch);
  }

  #runCycle(now: number, isBatch: boolean): readonly Grant[] {
    const {candidates, orders} = this.#parts;
    const agents = candidates.count(isBatch);
    const cycle = this.#cycle.begin();
    if (orders.wanting === 0) candidates.putOff();
    else this.#handOut(cycle, isBatch);
    const {grants} = cycle;
    this.#lastRun = {at: now, isBatch, agents, grants: grants.length};
    for (const slot of cycle.agentsToLookAtAgain) candidates.change(slot);
    // What was given to a role below counts for its parent's quota from the next run on.
    if (grants.length > 0 && orders.roles.withQuota.length > 0) candidates.changeAll();
    return grants;
  }

  #handOut(cycle: Cycle, isBatch: boolean): void {
    const {candidates, orders} = this.#parts;
    const order = this.#agentOrder();
    if (cycle.isUnsatisfied) {
      for (const slot of candidates.list(isBatch, order)) {
        if (!cycle.isUnsatisfied || orders.wanting === 0) break;
        cycle.visitForGuarantees(slot);
      }
      // Nothing is held back any more, on whichever agent; agents whose totals have shrunk may have
      // kept more of it back than is promised.
      if (isBatch && !cycle.isHoldingBack) candidates.changeAll();
    }
    candidates.visit(isBatch, order, (slot) => {
      if (orders.wanting > 0) cycle.visitForShares(slot);
      return orders.wanting > 0;
    });
  }

  #agentOrder(): AgentOrder {
    const {options, facts, random, holdings, orders} = this.#parts;
    switch (options.agentOrder) {
      case 'random':
        return random;
      case 'seeded':
        return (left, right) => facts.compare(left, right);
      case 'packed': {
        const free = (slot: AgentSlot): number =>
          orders.pool.dominantShare(scalarSums(holdings.agents.available(slot)));
        return (left, right) => free(left) - free(right) || facts.compare(left, right);
      }
    }
  }

  /** Agents with planned maintenance that the run looks at. */
  #askable(isBatch: boolean): ReadonlySet<AgentSlot> {
    const {inverseOffers, candidates} = this.#parts;
    return new Set(inverseOffers.agents.filter((slot) => isBatch || candidates.isRequested(slot)));
  }

  /** Asks those who hold something on agents that will not be available, once each. */
  #ask(looksAt: ReadonlySet<AgentSlot>): readonly InverseGrant[] {
    const {inverseOffers, holdings, subscribers} = this.#parts;
    const asked: InverseGrant[] = [];
    for (const slot of inverseOffers.dueAgents) {
      if (!looksAt.has(slot)) continue;
      const unavailability = inverseOffers.unavailabilityOf(slot);
      inverseOffers.visited(slot);
      if (unavailability === undefined) continue;
      for (const subscriber of holdings.ledger.holdersOn(slot)) {
        const {framework} = subscribers.row(subscriber);
        if (!framework.active || !inverseOffers.mayAsk(framework.slot, slot)) continue;
        inverseOffers.asked(framework.slot, slot);
        asked.push({framework: framework.id, agent: slot, unavailability});
      }
    }
    return asked;
  }

  readonly #isExcluded = ({framework, role}: SubscriberRow, slot: AgentSlot): boolean => {
    const {constraints} = framework;
    if (constraints === undefined) return false;
    return excludes(constraints, role, attributesOf(this.#parts.facts.of(slot).info));
  };

  readonly #book = ({subscriber, agent, resources}: Grant, isOffer: boolean): void => {
    const {subscribers, orders, candidates} = this.#parts;
    const row = subscribers.row(subscriber);
    orders.book(row, agent, resources);
    if (isOffer) row.offers += 1;
    if (orders.reconsider(row)) candidates.changeAll();
  };

  readonly #onExpired = (slot: number): void => {
    this.#parts.candidates.change(slot);
  };
}
