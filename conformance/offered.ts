/** What frameworks hold because a run offered it, and have not used or given back. */
import {
  addResources,
  containsResources,
  nonRevocable,
  NO_RESOURCES,
  quantitiesOf,
  subtractResources,
  unreserved,
  type AgentSlot,
  type Resources,
  type ScalarKinds,
} from '../engine/index.ts';

/** Who holds it, and where. */
export interface Place {
  readonly framework: string;
  readonly role: string;
  readonly agent: AgentSlot;
}

export class Offered {
  readonly #held = new Map<string, readonly [place: Place, resources: Resources]>();

  add(place: Place, resources: Resources): void {
    this.#set(place, addResources(this.#of(place), resources));
  }

  /** Given back: beyond what was offered, it was used. */
  subtract(place: Place, resources: Resources): void {
    this.#set(place, subtractResources(this.#of(place), resources));
  }

  /** Operations on what is held: it stays offered where it was. */
  convert(place: Place, held: Resources, became: Resources): void {
    const before = this.#of(place);
    if (!containsResources(before, held)) return;
    this.#set(place, addResources(subtractResources(before, held), became));
  }

  /** Forgets what an agent or a framework has had. */
  drop(isGone: (place: Place) => boolean): void {
    for (const [key, [place]] of this.#held) if (isGone(place)) this.#held.delete(key);
  }

  /** Role → thousandths by kind of what nobody has reserved and nobody can revoke. */
  byRole(kinds: ScalarKinds): ReadonlyMap<string, readonly number[]> {
    const sums = new Map<string, Resources>();
    for (const [{role}, resources] of this.#held.values()) {
      const counted = unreserved(nonRevocable(resources));
      sums.set(role, addResources(sums.get(role) ?? NO_RESOURCES, counted));
    }
    return new Map(
      [...sums].map(([role, resources]) => {
        const quantities = quantitiesOf(resources, kinds);
        return [role, kinds.names.map((name) => quantities[name] ?? 0)] as const;
      }),
    );
  }

  #of(place: Place): Resources {
    return this.#held.get(keyOf(place))?.[1] ?? NO_RESOURCES;
  }

  #set(place: Place, resources: Resources): void {
    this.#held.set(keyOf(place), [place, resources]);
  }
}

function keyOf({framework, role, agent}: Place): string {
  return JSON.stringify([framework, role, agent]);
}
