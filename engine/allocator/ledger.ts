/**
 * Who holds what on which agent, offered or used alike. Holders are dense numbers: subscribers in
 * the allocator.
 */
import {assert} from '../kernel/assert.ts';
import {addEntries, type Entries} from '../resources/special.ts';
import {
  addInto,
  addResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../resources/vector.ts';

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

/** No holder in the columns. */
const NOBODY = -1;

export class Ledger {
  /**
   * By agent: who holds plain scalars there, alone; the usual case, in columns that a cluster full
   * of tasks does not push out of the caches.
   */
  #holders = new Int32Array(16).fill(NOBODY);
  #scalars = new Float64Array(64);
  #stride = 4;
  /** By agent: all others; few holders each, so a list is searched. */
  readonly #lists: (Held[] | undefined)[] = [];

  /** Adds to what a holder has; whether it had nothing there before. */
  add(agent: number, holder: Holder, resources: Resources): boolean {
    if (this.#isListed(agent) || !isPlain(resources))
      return this.#addToList(agent, holder, resources);
    const {scalars} = resources;
    this.#makeRoom(agent, scalars.length);
    const alone = this.#holders[agent] as number;
    if (alone !== NOBODY && alone !== holder) return this.#addToList(agent, holder, resources);
    this.#holders[agent] = holder;
    const from = agent * this.#stride;
    for (let kind = 0; kind < scalars.length; kind += 1) {
      this.#scalars[from + kind] =
        (this.#scalars[from + kind] as number) + (scalars[kind] as number);
    }
    return alone === NOBODY;
  }

  /** Takes from what a holder has; whether nothing is left. */
  subtract(agent: number, holder: Holder, resources: Resources): boolean {
    if (this.#isListed(agent)) return this.#subtractFromList(agent, holder, resources);
    assert(this.#holders[agent] === holder, 'a holder gives back what it does not have');
    assert(isPlain(resources), 'a holder gives back more than it has');
    const {scalars} = resources;
    this.#makeRoom(agent, scalars.length);
    const from = agent * this.#stride;
    let isLeft = false;
    for (let kind = 0; kind < this.#stride; kind += 1) {
      const left = (this.#scalars[from + kind] as number) - (scalars[kind] ?? 0);
      assert(left >= 0, 'a holder gives back more than it has');
      this.#scalars[from + kind] = left;
      if (left > 0) isLeft = true;
    }
    if (!isLeft) this.#holders[agent] = NOBODY;
    return !isLeft;
  }

  #isListed(agent: number): boolean {
    const list = this.#lists[agent];
    return list !== undefined && list.length > 0;
  }

  #makeRoom(agent: number, kinds: number): void {
    const agents = this.#holders.length;
    if (agent < agents && kinds <= this.#stride) return;
    const length = agent < agents ? agents : Math.max(agent + 1, 2 * agents);
    const stride = Math.max(kinds, this.#stride);
    const holders = new Int32Array(length).fill(NOBODY);
    holders.set(this.#holders);
    const scalars = new Float64Array(length * stride);
    for (let one = 0; one < agents; one += 1) {
      const from = one * this.#stride;
      scalars.set(this.#scalars.subarray(from, from + this.#stride), one * stride);
    }
    this.#holders = holders;
    this.#scalars = scalars;
    this.#stride = stride;
  }

  /** What is in the columns goes to the list, in front of whoever came later. */
  #listOf(agent: number): Held[] {
    const list = (this.#lists[agent] ??= []);
    const holder = this.#holders[agent] ?? NOBODY;
    if (holder === NOBODY) return list;
    const own = this.#column(agent);
    list.unshift({holder, value: {...NO_RESOURCES, scalars: own}, own});
    this.#holders[agent] = NOBODY;
    this.#scalars.fill(0, agent * this.#stride, (agent + 1) * this.#stride);
    return list;
  }

  #column(agent: number): number[] {
    const from = agent * this.#stride;
    return Array.from(this.#scalars.subarray(from, from + this.#stride));
  }

  #addToList(agent: number, holder: Holder, resources: Resources): boolean {
    const list = this.#listOf(agent);
    const held = find(list, holder);
    if (held === undefined) {
      list.push({holder, value: resources, own: undefined});
      return true;
    }
    change(held, resources, 1);
    return false;
  }

  #subtractFromList(agent: number, holder: Holder, resources: Resources): boolean {
    const list = this.#listOf(agent);
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
    if (this.#holders[agent] === holder) return {...NO_RESOURCES, scalars: this.#column(agent)};
    return find(this.#lists[agent] ?? [], holder)?.value ?? NO_RESOURCES;
  }

  /** Whether anybody holds anything on an agent. */
  isHeld(agent: number): boolean {
    return (this.#holders[agent] ?? NOBODY) !== NOBODY || this.#isListed(agent);
  }

  /** Holders on an agent, in order of their coming. */
  holdersOn(agent: number): readonly Holder[] {
    const alone = this.#holders[agent] ?? NOBODY;
    return alone === NOBODY ? (this.#lists[agent] ?? []).map(({holder}) => holder) : [alone];
  }

  /** All that anybody holds on an agent. */
  heldOn(agent: number): Resources {
    return this.holdersOn(agent)
      .map((holder) => this.heldBy(agent, holder))
      .reduce(addResources, NO_RESOURCES);
  }

  /** All special things that anybody holds on an agent. */
  specialOn(agent: number): Entries {
    let sum: Entries = NO_RESOURCES.special;
    for (const {value} of this.#lists[agent] ?? []) sum = addEntries(sum, value.special);
    return sum;
  }

  /** Agents that have holders, ascending. */
  agents(): readonly number[] {
    const agents: number[] = [];
    const end = Math.max(this.#holders.length, this.#lists.length);
    for (let agent = 0; agent < end; agent += 1) if (this.isHeld(agent)) agents.push(agent);
    return agents;
  }

  /** Forgets an agent and all that is held there. */
  removeAgent(agent: number): void {
    this.#lists[agent] = undefined;
    if ((this.#holders[agent] ?? NOBODY) === NOBODY) return;
    this.#holders[agent] = NOBODY;
    this.#scalars.fill(0, agent * this.#stride, (agent + 1) * this.#stride);
  }

  snapshot(): LedgerSnapshot {
    const agents = this.agents();
    return Array.from({length: (agents.at(-1) ?? -1) + 1}, (_, agent) =>
      this.holdersOn(agent).map((holder) => {
        const value = this.heldBy(agent, holder);
        return [holder, {...value, scalars: [...value.scalars]}] as const;
      }),
    );
  }

  static restore(snapshot: LedgerSnapshot): Ledger {
    const ledger = new Ledger();
    for (const [agent, held] of snapshot.entries()) {
      for (const [holder, resources] of held) ledger.add(agent, holder, resources);
    }
    return ledger;
  }
}

/** Whether it is nothing but scalars that are only a name and an amount. */
function isPlain({ranges, sets, special}: Resources): boolean {
  return ranges.length === 0 && sets.length === 0 && special.length === 0;
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
  if (isPlain(resources) && held.own !== undefined) return;
  const others = isPlain(resources)
    ? value
    : sign > 0
      ? addResources(value, resources)
      : subtractResources(value, resources);
  held.own = own;
  held.value = {...others, scalars: own};
}
