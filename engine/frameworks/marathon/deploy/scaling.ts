/** Which instances go, and how many come, when an app is scaled (reference part 3.6). Pure. */
import {PriorityQueue} from '@datastructures-js/priority-queue';
import type {Condition, Goal} from '../instances/instances.ts';

/** What the choice looks at. */
export interface ScalableInstance {
  readonly id: string;
  readonly goal: Goal;
  readonly condition: Condition;
  readonly since: number;
  readonly stagedAt: number | undefined;
  readonly startedAt: number | undefined;
}

export interface ScalingRequest<T extends ScalableInstance> {
  readonly instances: Iterable<T>;
  readonly scaleTo: number;
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  /** Instances that have to go in any case, and are replaced where needed. */
  readonly toKill?: ReadonlySet<string> | undefined;
  /** Values of the fields that GROUP_BY constraints keep even; one function per constraint. */
  readonly groupedBy?: readonly ((instance: T) => string | undefined)[] | undefined;
}

export interface ScalingProposition<T> {
  /** In the order in which they go. */
  readonly decommission: readonly T[];
  readonly start: number;
}

export function isInPool({goal, condition}: {goal: Goal; condition: Condition}): boolean {
  return goal === 'Running' && condition !== 'UnreachableInactive';
}

/**
 * Named instances first, then what keeps groups even, then the least useful: not launched yet,
 * unreachable, staging, starting, running. Unlike Marathon, where what runs goes before what is not
 * launched yet. Among equals the kill selection decides, at last the id, so that the choice has no
 * accident in it. Health does not count. O(n log n) in the number of instances.
 */
export function proposeScaling<T extends ScalableInstance>(
  request: ScalingRequest<T>,
): ScalingProposition<T> {
  const {scaleTo, killSelection, toKill = new Set(), groupedBy = []} = request;
  const pool: T[] = [];
  for (const instance of request.instances) if (isInPool(instance)) pool.push(instance);
  const named = pool.filter(({id}) => toKill.has(id));
  const count = Math.max(pool.length - scaleTo, named.length);
  const start = scaleTo - pool.length + count;
  if (count === 0) return {decommission: [], start};
  const rest = pool
    .filter(({id}) => !toKill.has(id))
    .sort((left, right) => killOrder(left, right, killSelection));
  const even =
    groupedBy.length === 0 || count === pool.length
      ? []
      : keepEven(rest, count - named.length, groupedBy);
  const chosen = new Set(even);
  const others = rest.filter((instance) => !chosen.has(instance));
  return {decommission: [...named, ...even, ...others].slice(0, count), start};
}

function weight(condition: Condition): number {
  switch (condition) {
    case 'Scheduled':
      return 0;
    case 'Unreachable':
      return 1;
    case 'Provisioned':
    case 'Staging':
      return 2;
    case 'Starting':
      return 3;
    case 'Running':
      return 4;
    default:
      return 5;
  }
}

function killOrder(
  left: ScalableInstance,
  right: ScalableInstance,
  killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST',
): number {
  const byCondition = weight(left.condition) - weight(right.condition);
  if (byCondition !== 0) return byCondition;
  const mine = instantOf(left);
  const other = instantOf(right);
  if (mine === undefined || other === undefined) {
    if (mine !== other) return mine === undefined ? -1 : 1;
  } else if (mine !== other) {
    return killSelection === 'YOUNGEST_FIRST' ? other - mine : mine - other;
  }
  return left.id < right.id ? -1 : 1;
}

function instantOf({condition, stagedAt, since, startedAt}: ScalableInstance): number | undefined {
  switch (condition) {
    case 'Provisioned':
    case 'Staging':
      return stagedAt;
    case 'Starting':
      return since;
    default:
      return startedAt;
  }
}

/**
 * Takes members of the largest groups as long as every grouping becomes even by it, or more even
 * than it was at the beginning. May return fewer than asked. Instances that stand in the same
 * groups are one pile. With one grouping O(count × log piles), with several O(count × piles).
 */
function keepEven<T extends ScalableInstance>(
  instances: readonly T[],
  count: number,
  groupedBy: readonly ((instance: T) => string | undefined)[],
): readonly T[] {
  const groupings = groupedBy.map((valueOf) => new Grouping(instances, valueOf));
  const piles = pilesOf(instances, groupings);
  const choice = groupings.length === 1 ? new LargestFirst(piles, groupings) : undefined;
  const chosen: T[] = [];
  while (chosen.length < count) {
    const next = choice === undefined ? nextEven(piles, groupings) : choice.next();
    if (next === undefined) return chosen;
    chosen.push(next.members[next.taken] as T);
    next.taken += 1;
    groupings.forEach((grouping, at) => grouping.takeFrom(next.groups[at] as Group));
    choice?.changed(next);
  }
  return chosen;
}

/**
 * With one grouping every pile is a group: the largest is next, of equal ones the one whose first
 * member goes first. If nothing may be taken of it, nothing may be taken of any.
 */
class LargestFirst<T> {
  readonly #grouping: Grouping<T> | undefined;
  readonly #queue = new PriorityQueue<Pile<T>>(
    (left, right) => sizeOf(right) - sizeOf(left) || placeOf(left) - placeOf(right),
  );

  constructor(piles: readonly Pile<T>[], [grouping]: readonly Grouping<T>[]) {
    this.#grouping = grouping;
    for (const pile of piles) this.#queue.push(pile);
  }

  /** It has to be put back by {@link changed}. */
  next(): Pile<T> | undefined {
    const pile = this.#queue.pop();
    const [group] = pile?.groups ?? [];
    const isAllowed = group !== undefined && this.#grouping?.allows(group) === true;
    return pile !== null && isAllowed ? pile : undefined;
  }

  changed(pile: Pile<T>): void {
    if (pile.taken < pile.members.length) this.#queue.push(pile);
  }
}

function sizeOf({groups}: Pile<unknown>): number {
  return groups[0]?.size ?? 0;
}

function placeOf({places, taken}: Pile<unknown>): number {
  return places[taken] ?? Infinity;
}

/** Instances with the same value of a field. */
interface Group {
  readonly value: string;
  size: number;
}

/** Instances that no grouping tells apart, in the order in which they go. */
interface Pile<T> {
  /** One per grouping. */
  readonly groups: readonly Group[];
  readonly members: T[];
  /** Place of each among all instances. */
  readonly places: number[];
  taken: number;
}

/** Groups by one field, and how far apart their sizes are. */
class Grouping<T = unknown> {
  readonly #valueOf: (instance: T) => string | undefined;
  readonly #groups = new Map<string, Group>();
  /** Size → how many groups have it. */
  readonly #counts = new Map<number, number>();
  readonly #spreadBefore: number;
  #smallest = Infinity;
  largest = 0;
  /** Whether one group alone is the largest. */
  #isLargestAlone = false;

  constructor(instances: readonly T[], valueOf: (instance: T) => string | undefined) {
    this.#valueOf = valueOf;
    for (const instance of instances) this.groupOf(instance).size += 1;
    for (const {size} of this.#groups.values()) {
      this.#count(size, 1);
      this.largest = Math.max(this.largest, size);
      this.#smallest = Math.min(this.#smallest, size);
    }
    this.#isLargestAlone = this.#counts.get(this.largest) === 1;
    this.#spreadBefore = this.spread;
  }

  get spread(): number {
    return this.largest - this.#smallest;
  }

  /** Those that lack the field are a group, too. */
  groupOf(instance: T): Group {
    const value = this.#valueOf(instance) ?? '';
    const known = this.#groups.get(value) ?? {value, size: 0};
    this.#groups.set(value, known);
    return known;
  }

  /** Whether the groups would be even, or more even than at first, with one of this group gone. */
  allows({size}: Group): boolean {
    const largest = size === this.largest && this.#isLargestAlone ? size - 1 : this.largest;
    const after = largest - Math.min(this.#smallest, size - 1);
    return after <= 1 || after < this.#spreadBefore;
  }

  takeFrom(group: Group): void {
    this.#count(group.size, -1);
    group.size -= 1;
    this.#count(group.size, 1);
    if (this.#counts.get(this.largest) === 0) this.largest -= 1;
    this.#isLargestAlone = this.#counts.get(this.largest) === 1;
    this.#smallest = Math.min(this.#smallest, group.size);
  }

  #count(size: number, by: 1 | -1): void {
    this.#counts.set(size, (this.#counts.get(size) ?? 0) + by);
  }
}

function pilesOf<T>(
  instances: readonly T[],
  groupings: readonly Grouping<T>[],
): readonly Pile<T>[] {
  const piles = new Map<string, Pile<T>>();
  for (const [place, instance] of instances.entries()) {
    const groups = groupings.map((grouping) => grouping.groupOf(instance));
    const key = JSON.stringify(groups.map(({value}) => value));
    let pile = piles.get(key);
    if (pile === undefined) piles.set(key, (pile = {groups, members: [], places: [], taken: 0}));
    pile.members.push(instance);
    pile.places.push(place);
  }
  return [...piles.values()];
}

/** Members of the largest groups of the least even grouping first, then any other. */
function nextEven<T>(
  piles: readonly Pile<T>[],
  groupings: readonly Grouping<T>[],
): Pile<T> | undefined {
  let worst = 0;
  groupings.forEach(({spread}, at) => {
    if (spread > (groupings[worst]?.spread ?? 0)) worst = at;
  });
  const {largest, spread} = groupings[worst] as Grouping<T>;
  let best: Pile<T> | undefined;
  let bestPlace = Infinity;
  let isBestFirst = false;
  for (const pile of piles) {
    const place = pile.places[pile.taken];
    const isFirst = spread > 0 && pile.groups[worst]?.size === largest;
    if (place === undefined || (isBestFirst && !isFirst)) continue;
    if (isFirst === isBestFirst && place > bestPlace) continue;
    if (!groupings.every((grouping, at) => grouping.allows(pile.groups[at] as Group))) continue;
    best = pile;
    bestPlace = place;
    isBestFirst = isFirst;
  }
  return best;
}
