/**
 * Who holds what on which agent, offered or used alike. Holders are dense numbers: subscribers in
 * the allocator.
 */
import {assert} from '../kernel/assert.ts';
import {addEntries, type Entries} from '../resources/special.ts';
import {
  addResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../resources/vector.ts';
import {addInto} from './client-tree.ts';

export type Holder = number;

/** By agent: its holders, each with what it holds. */
export type LedgerSnapshot = readonly (readonly (readonly [Holder, Resources])[])[];

/**
 * What a holder has: somebody else's value as long as it is one, then a sum of the ledger's own.
 */
interface Held {
  readonly holder: Holder;
  value: Resources;
  /** Scalars of `value`, where they are the ledger's own and may be written. */
  own: number[] | undefined;
}

export class Ledger {
  /** By agent; few holders each, so a list is searched. */
  readonly #held: Held[][] = [];

  /** Adds to what a holder has; whether it had nothing there before. */
  add(agent: number, holder: Holder, resources: Resources): boolean {
    const list = (this.#held[agent] ??= []);
    const held = find(list, holder);
    if (held === undefined) {
      list.push({holder, value: resources, own: undefined});
      return true;
    }
    change(held, resources, 1);
    return false;
  }

  /** Takes from what a holder has; whether nothing is left. */
  subtract(agent: number, holder: Holder, resources: Resources): boolean {
    const list = this.#held[agent] ?? [];
    const held = find(list, holder);
    assert(held !== undefined, 'a holder gives back what it does not have');
    if (held.value !== resources) {
      change(held, resources, -1);
      if (!isEmpty(held.value)) return false;
    }
    // The order of holders is that of their coming: it is part of the state.
    if (held === list.at(-1)) list.pop();
    else list.splice(list.indexOf(held), 1);
    return true;
  }

  /** Valid until the next change. */
  heldBy(agent: number, holder: Holder): Resources {
    return find(this.#held[agent] ?? [], holder)?.value ?? NO_RESOURCES;
  }

  /** Whether anybody holds anything on an agent. */
  isHeld(agent: number): boolean {
    return (this.#held[agent]?.length ?? 0) > 0;
  }

  /** Holders on an agent, in order of their coming. */
  holdersOn(agent: number): readonly Holder[] {
    return (this.#held[agent] ?? []).map(({holder}) => holder);
  }

  /** All that anybody holds on an agent. */
  heldOn(agent: number): Resources {
    return (this.#held[agent] ?? []).map(({value}) => value).reduce(addResources, NO_RESOURCES);
  }

  /** All special things that anybody holds on an agent. */
  specialOn(agent: number): Entries {
    let sum: Entries = NO_RESOURCES.special;
    for (const {value} of this.#held[agent] ?? []) sum = addEntries(sum, value.special);
    return sum;
  }

  /** Agents that have holders, ascending. */
  agents(): readonly number[] {
    const agents: number[] = [];
    for (let agent = 0; agent < this.#held.length; agent += 1) {
      if (this.isHeld(agent)) agents.push(agent);
    }
    return agents;
  }

  /** Forgets an agent and all that is held there. */
  removeAgent(agent: number): void {
    this.#held[agent] = [];
  }

  snapshot(): LedgerSnapshot {
    return Array.from(this.#held, (list) =>
      (list ?? []).map(({holder, value}) => {
        return [holder, {...value, scalars: [...value.scalars]}] as const;
      }),
    );
  }

  static restore(snapshot: LedgerSnapshot): Ledger {
    const ledger = new Ledger();
    for (const [agent, held] of snapshot.entries()) {
      ledger.#held[agent] = [];
      for (const [holder, resources] of held) ledger.add(agent, holder, resources);
    }
    return ledger;
  }
}

function find(list: readonly Held[], holder: Holder): Held | undefined {
  for (let at = 0; at < list.length; at += 1) {
    const held = list[at] as Held;
    if (held.holder === holder) return held;
  }
  return undefined;
}

/** Tasks come and go: after the first change a holder's scalars are written in place. */
function change(held: Held, resources: Resources, sign: 1 | -1): void {
  const {value} = held;
  const own = held.own ?? [...value.scalars];
  addInto(own, resources.scalars, sign);
  for (let kind = 0; kind < own.length; kind += 1) {
    assert((own[kind] as number) >= 0, 'a holder gives back more than it has');
  }
  const isPlain =
    resources.ranges.length === 0 && resources.sets.length === 0 && resources.special.length === 0;
  if (isPlain && held.own !== undefined) return;
  const others = isPlain
    ? value
    : sign > 0
      ? addResources(value, resources)
      : subtractResources(value, resources);
  held.own = own;
  held.value = {...others, scalars: own};
}
