/**
 * The offers that the batch framework holds, agent by agent, and what it has already planned to
 * launch on each of them.
 */
import type {AgentId, OfferId} from '../../kernel/ids.ts';
import {
  addResources,
  containsResources,
  subtractResources,
  type Resources,
} from '../../resources/vector.ts';
import type {Offer, TaskLaunch} from '../../scheduler.ts';

/**
 * What is offered of one agent: in several offers when its resources came back one after the other.
 * They count as one, since a task may need more than each of them.
 */
export interface HeldOffer {
  readonly agentId: AgentId;
  readonly offers: Offer[];
  /** What is left beside the planned launches. */
  left: Resources;
  readonly launches: TaskLaunch[];
}

/** How many tasks of this size fit beside each other. */
export function tasksThatFit(left: Resources, needs: Resources): number {
  if (needs.ranges.length > 0 || needs.sets.length > 0) {
    return containsResources(left, needs) ? 1 : 0;
  }
  let count = Infinity;
  const {scalars} = needs;
  for (let kind = 0; kind < scalars.length; kind += 1) {
    const need = scalars[kind] as number;
    if (need > 0) count = Math.min(count, Math.floor((left.scalars[kind] ?? 0) / need));
  }
  return count === Infinity ? 0 : count;
}

export class HeldOffers {
  #offers: HeldOffer[] = [];
  readonly #byAgent = new Map<AgentId, HeldOffer>();
  /** Offers before this one have no room for `#cursorNeeds`: found once, not again for each job. */
  #cursor = 0;
  #cursorNeeds: Resources | undefined;

  get size(): number {
    return this.#offers.length;
  }

  get all(): readonly HeldOffer[] {
    return this.#offers;
  }

  add(offer: Offer): void {
    const known = this.#byAgent.get(offer.agent.id);
    if (known === undefined) {
      const agentId = offer.agent.id;
      const held = {agentId, offers: [offer], left: offer.resources, launches: []};
      this.#offers.push(held);
      this.#byAgent.set(agentId, held);
      return;
    }
    known.offers.push(offer);
    known.left = addResources(known.left, offer.resources);
    this.#cursorNeeds = undefined;
  }

  /** An offer is gone. Launches are planned and sent at once, so that none can be lost with it. */
  drop(offerId: OfferId): void {
    const held = this.#offers.find(({offers}) => offers.some(({id}) => id === offerId));
    if (held === undefined) return;
    const [gone] = held.offers.splice(
      held.offers.findIndex(({id}) => id === offerId),
      1,
    );
    if (gone !== undefined) held.left = subtractResources(held.left, gone.resources);
    if (held.offers.length === 0) this.takeWhere((other) => other === held);
    this.#cursorNeeds = undefined;
  }

  /** Takes all that `leaves` answers true for, in order. */
  takeWhere(leaves: (held: HeldOffer) => boolean): HeldOffer[] {
    const taken: HeldOffer[] = [];
    const kept: HeldOffer[] = [];
    for (const held of this.#offers) (leaves(held) ? taken : kept).push(held);
    for (const {agentId} of taken) this.#byAgent.delete(agentId);
    this.#offers = kept;
    this.#cursorNeeds = undefined;
    return taken;
  }

  takeAll(): HeldOffer[] {
    const taken = this.#offers;
    this.#offers = [];
    this.#byAgent.clear();
    this.#cursorNeeds = undefined;
    return taken;
  }

  /**
   * Finds room for `count` tasks at once, first fit in order of arrival: a list with one entry per
   * task, or undefined when not all of them fit (all or none).
   */
  place(needs: Resources, count: number): HeldOffer[] | undefined {
    if (this.#cursorNeeds !== needs) {
      this.#cursorNeeds = needs;
      this.#cursor = 0;
    }
    const places: HeldOffer[] = [];
    for (let at = this.#cursor; at < this.#offers.length; at += 1) {
      const held = this.#offers[at] as HeldOffer;
      let room = tasksThatFit(held.left, needs);
      if (room === 0 && at === this.#cursor) this.#cursor += 1;
      for (; room > 0 && places.length < count; room -= 1) places.push(held);
      if (places.length === count) return places;
    }
    return undefined;
  }
}

/** Books a launch on an offer. */
export function plan(held: HeldOffer, launch: TaskLaunch): void {
  held.left = subtractResources(held.left, launch.resources);
  held.launches.push(launch);
}
