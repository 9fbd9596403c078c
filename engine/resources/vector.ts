/**
 * Resources inside the engine: scalars by dense kind index, in integer thousandths, so that the hot
 * paths add and compare numbers without looking at names. Values are immutable; agents keep their
 * own columns.
 *
 * What is reserved, revocable, shared or on a disk of its own stands beside it, in the list
 * `special` (see `special.ts`), which is empty for most agents and tasks.
 */
import {addRanges, containsRanges, subtractRanges, type Ranges} from './ranges.ts';
import {addEntries, containsEntries, quantityOf, subtractEntries, type Entries} from './special.ts';

/** Index of a scalar resource's name; dense from 0. */
export type ScalarKind = number;

/** A ranges resource (ports) and its numbers. */
export interface NamedRanges {
  readonly name: string;
  readonly ranges: Ranges;
}

/** A set resource and its items, sorted. */
export interface NamedSet {
  readonly name: string;
  readonly items: readonly string[];
}

/**
 * Amounts on the inside. `scalars` may be shorter than the number of kinds: what is missing is 0.
 */
export interface Resources {
  /** Thousandths by {@link ScalarKind}. */
  readonly scalars: readonly number[];
  /** Sorted by name, none empty. */
  readonly ranges: readonly NamedRanges[];
  /** Sorted by name, none empty. */
  readonly sets: readonly NamedSet[];
  /** Sorted by key, each key once, none empty. */
  readonly special: Entries;
}

const NONE: readonly never[] = [];

export const NO_RESOURCES: Resources = {scalars: NONE, ranges: NONE, sets: NONE, special: NONE};

/** Kind of `gpus`, which decides whether a framework may see an agent at all. */
export const GPUS: ScalarKind = 3;

/** The amount of one scalar kind. */
export function scalarOf(resources: Resources, kind: ScalarKind): number {
  return resources.scalars[kind] ?? 0;
}

/** The ranges of one name. */
export function rangesOf(resources: Resources, name: string): Ranges {
  for (const entry of resources.ranges) if (entry.name === name) return entry.ranges;
  return NONE;
}

/** Thousandths by kind: plain and special scalars together, a shared volume once. */
export function scalarSums(resources: Resources): readonly number[] {
  if (resources.special.length === 0) return resources.scalars;
  const sums = [...resources.scalars];
  for (const entry of resources.special) {
    const {kind} = entry.special;
    if (entry.scalar > 0) sums[kind] = (sums[kind] ?? 0) + quantityOf(entry);
  }
  for (let kind = 0; kind < sums.length; kind += 1) sums[kind] ??= 0;
  return sums;
}

/** Adds to (or, with −1, takes from) sums of thousandths by kind. */
export function addInto(sums: number[], scalars: readonly number[], sign: 1 | -1): void {
  for (let kind = 0; kind < scalars.length; kind += 1) {
    sums[kind] = (sums[kind] ?? 0) + sign * (scalars[kind] as number);
  }
}

export function addResources(left: Resources, right: Resources): Resources {
  return {
    scalars: addScalars(left.scalars, right.scalars),
    ranges: addNamedRanges(left.ranges, right.ranges),
    sets: addNamedSets(left.sets, right.sets),
    special: addEntries(left.special, right.special),
  };
}

/** `left` without `right`; what would fall to 0 or below is gone (Mesos, reference part 2.5). */
export function subtractResources(left: Resources, right: Resources): Resources {
  return {
    scalars: subtractScalars(left.scalars, right.scalars),
    ranges: subtractNamedRanges(left.ranges, right.ranges),
    sets: subtractNamedSets(left.sets, right.sets),
    special: subtractEntries(left.special, right.special),
  };
}

function addScalars(left: readonly number[], right: readonly number[]): readonly number[] {
  const length = Math.max(left.length, right.length);
  const out = new Array<number>(length);
  for (let kind = 0; kind < length; kind += 1) {
    out[kind] = (left[kind] ?? 0) + (right[kind] ?? 0);
  }
  return out;
}

function subtractScalars(left: readonly number[], right: readonly number[]): readonly number[] {
  const {length} = left;
  const out = new Array<number>(length);
  for (let kind = 0; kind < length; kind += 1) {
    out[kind] = Math.max(0, (left[kind] as number) - (right[kind] ?? 0));
  }
  return out;
}

/** Whether `outer` has at least everything of `inner`. */
export function containsResources(outer: Resources, inner: Resources): boolean {
  const {scalars} = inner;
  for (let kind = 0; kind < scalars.length; kind += 1) {
    if ((scalars[kind] as number) > (outer.scalars[kind] ?? 0)) return false;
  }
  for (const {name, ranges} of inner.ranges) {
    if (!containsRanges(rangesOf(outer, name), ranges)) return false;
  }
  for (const {name, items} of inner.sets) {
    const held = outer.sets.find((entry) => entry.name === name)?.items ?? NONE;
    if (!items.every((item) => held.includes(item))) return false;
  }
  return inner.special.length === 0 || containsEntries(outer.special, inner.special);
}

export function isEmpty(resources: Resources): boolean {
  const {scalars, ranges, sets, special} = resources;
  if (ranges.length > 0 || sets.length > 0 || special.length > 0) return false;
  for (let kind = 0; kind < scalars.length; kind += 1) if (scalars[kind] !== 0) return false;
  return true;
}

export function equalResources(left: Resources, right: Resources): boolean {
  return containsResources(left, right) && containsResources(right, left);
}

export function addNamedRanges(
  left: readonly NamedRanges[],
  right: readonly NamedRanges[],
): readonly NamedRanges[] {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  return mergeNamed(left, right, (name, mine, other) => ({
    name,
    ranges: addRanges(mine?.ranges ?? NONE, other?.ranges ?? NONE),
  }));
}

export function subtractNamedRanges(
  left: readonly NamedRanges[],
  right: readonly NamedRanges[],
): readonly NamedRanges[] {
  if (left.length === 0 || right.length === 0) return left;
  const out: NamedRanges[] = [];
  for (const entry of left) {
    const taken = right.find(({name}) => name === entry.name);
    const ranges = taken === undefined ? entry.ranges : subtractRanges(entry.ranges, taken.ranges);
    if (ranges.length > 0) out.push({name: entry.name, ranges});
  }
  return out;
}

export function addNamedSets(
  left: readonly NamedSet[],
  right: readonly NamedSet[],
): readonly NamedSet[] {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  return mergeNamed(left, right, (name, mine, other) => ({
    name,
    items: [...new Set([...(mine?.items ?? NONE), ...(other?.items ?? NONE)])].sort(),
  }));
}

export function subtractNamedSets(
  left: readonly NamedSet[],
  right: readonly NamedSet[],
): readonly NamedSet[] {
  if (left.length === 0 || right.length === 0) return left;
  const out: NamedSet[] = [];
  for (const entry of left) {
    const taken = right.find(({name}) => name === entry.name)?.items ?? NONE;
    const items = entry.items.filter((item) => !taken.includes(item));
    if (items.length > 0) out.push({name: entry.name, items});
  }
  return out;
}

function mergeNamed<T extends {readonly name: string}>(
  left: readonly T[],
  right: readonly T[],
  combine: (name: string, mine: T | undefined, other: T | undefined) => T,
): readonly T[] {
  const names = [...new Set([...left, ...right].map(({name}) => name))].sort();
  return names.map((name) =>
    combine(
      name,
      left.find((entry) => entry.name === name),
      right.find((entry) => entry.name === name),
    ),
  );
}
