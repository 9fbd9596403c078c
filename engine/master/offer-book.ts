/** The offers that are out: each is held by one framework, and ends exactly once. */
import type {Allocator} from '../allocator/allocator.ts';
import type {Grant} from '../allocator/cycle.ts';
import type {Subscriber} from '../allocator/subscribers.ts';
import {offerIdOf, type OfferId} from '../kernel/ids.ts';
import type {MasterOptions} from '../options.ts';
import {addResources, type Resources} from '../resources/vector.ts';
import type {Offer} from '../scheduler.ts';
import {MASTER_TIMERS, type MasterContext} from './context.ts';
import {
  linkOffer,
  offersOf,
  unlinkOffer,
  type AgentRecord,
  type FrameworkRecord,
  type OfferRecord,
} from './records.ts';

export const OFFER_TIMER = 'offerTimeout';

export class OfferBook {
  readonly #context: MasterContext;
  readonly #allocator: Allocator;
  readonly #timeoutMs: number | undefined;
  readonly #mergeOffers: boolean;
  readonly #offers = new Map<OfferId, OfferRecord>();
  #next = 0;

  constructor(
    context: MasterContext,
    allocator: Allocator,
    {offerTimeoutMs, mergeOffers}: Pick<MasterOptions, 'offerTimeoutMs' | 'mergeOffers'>,
  ) {
    this.#context = context;
    this.#allocator = allocator;
    this.#timeoutMs = offerTimeoutMs;
    this.#mergeOffers = mergeOffers;
  }

  get all(): ReadonlyMap<OfferId, OfferRecord> {
    return this.#offers;
  }

  /** The next offer's serial number. */
  get next(): number {
    return this.#next;
  }

  /** Makes what the allocator granted an offer. */
  open(
    framework: FrameworkRecord,
    role: string,
    agent: AgentRecord,
    {subscriber, resources}: Grant,
  ): Offer {
    const offer: Offer = {
      id: offerIdOf(this.#next),
      frameworkId: framework.info.id,
      role,
      agent: agent.info,
      resources: this.#mergeOffers ? this.#withdrawInto(subscriber, agent, resources) : resources,
      unavailability: this.#allocator.inverseOffers.unavailabilityOf(agent.slot),
    };
    this.#next += 1;
    framework.tally.offersSent += 1;
    this.#file({offer, framework, subscriber, agent, next: undefined});
    if (this.#timeoutMs !== undefined) {
      const at = this.#context.now() + this.#timeoutMs;
      this.#context.timers.arm(MASTER_TIMERS, OFFER_TIMER, `${offer.id}`, at);
    }
    return offer;
  }

  /** Adds what is offered of the agent in this role already; those offers are taken back. */
  #withdrawInto(subscriber: Subscriber, agent: AgentRecord, resources: Resources): Resources {
    let sum = resources;
    for (const record of offersOf(agent)) {
      if (record.subscriber !== subscriber) continue;
      this.close(record);
      record.framework.scheduler.offerRescinded(record.offer.id);
      sum = addResources(record.offer.resources, sum);
    }
    return sum;
  }

  #file(record: OfferRecord): void {
    this.#offers.set(record.offer.id, record);
    linkOffer(record);
  }

  /** The offer's record, if this framework holds it. */
  heldBy(framework: FrameworkRecord, offerId: OfferId): OfferRecord | undefined {
    const record = this.#offers.get(offerId);
    return record?.framework === framework ? record : undefined;
  }

  /** The offer is over; its resources are the caller's to book or to give back. */
  close(record: OfferRecord): void {
    const {offer, subscriber} = record;
    this.#offers.delete(offer.id);
    unlinkOffer(record);
    if (this.#timeoutMs !== undefined) {
      this.#context.timers.cancel(MASTER_TIMERS, OFFER_TIMER, `${offer.id}`);
    }
    this.#allocator.offerEnded(subscriber);
  }

  /** Returns resources of a closed offer, and keeps the agent from the framework for `refuseMs`. */
  giveBack({agent, subscriber}: OfferRecord, resources: Resources, refuseMs: number): void {
    const now = this.#context.now();
    this.#allocator.refuse(subscriber, agent.slot, resources, {refuseMs, now});
    this.#allocator.recover(subscriber, agent.slot, resources);
  }

  decline(record: OfferRecord, refuseMs: number): void {
    this.close(record);
    this.giveBack(record, record.offer.resources, refuseMs);
  }

  /**
   * Takes an offer back; its framework is told, and gets no filter. Nothing happens if the offer is
   * over: of several that are taken back a framework may decline the second when told of the first.
   */
  rescind(record: OfferRecord): void {
    if (!this.#offers.has(record.offer.id)) return;
    this.decline(record, 0);
    record.framework.tally.offersRescinded += 1;
    record.framework.scheduler.offerRescinded(record.offer.id);
  }

  rescindAllOf(agent: AgentRecord): void {
    for (const record of offersOf(agent)) this.rescind(record);
  }

  /** An offer that nobody has answered in time. */
  timedOut(offerId: OfferId): void {
    const record = this.#offers.get(offerId);
    if (record !== undefined) this.rescind(record);
  }

  /** Files the offers of a snapshot, oldest first. */
  load(next: number, offers: readonly (readonly [Offer, FrameworkRecord, AgentRecord])[]): void {
    this.#next = next;
    for (const [offer, framework, agent] of offers) {
      const subscriber = this.#allocator.subscriberOf(framework.info.id, offer.role);
      this.#file({offer, framework, subscriber, agent, next: undefined});
    }
  }
}
