/**
 * The offers that the batch framework holds, and what it has already planned to launch on each of
 * them.
 */
import type {OfferId} from '../../kernel/ids.ts';
import {containsResources, subtractResources, type Resources} from '../../resources/vector.ts';
import type {Offer, TaskLaunch} from '../../scheduler.ts';

export interface HeldOffer {
  readonly offer: Offer;
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
    this.#offers.push({offer, left: offer.resources, launches: []});
  }

  drop(offerId: OfferId): void {
    this.#offers = this.#offers.filter(({offer}) => offer.id !== offerId);
    this.#cursorNeeds = undefined;
  }

  /** Takes all offers that `leaves` answers true for, in order. */
  takeWhere(leaves: (held: HeldOffer) => boolean): HeldOffer[] {
    const taken = this.#offers.filter(leaves);
    if (taken.length > 0) this.#offers = this.#offers.filter((held) => !taken.includes(held));
    this.#cursorNeeds = undefined;
    return taken;
  }

  takeAll(): HeldOffer[] {
    const taken = this.#offers;
    this.#offers = [];
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
