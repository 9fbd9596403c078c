/** Cutting resources down to quantities or limits (Mesos, reference part 1.9). */
import type {Random} from '../kernel/random.ts';
import {quantitiesOf, type Limits, type Quantities} from './quantities.ts';
import {isCounted, makeEntries, quantityOf, type Entries, type Entry} from './special.ts';
import type {ScalarKinds} from './kinds.ts';
import type {Resources} from './vector.ts';

const NONE: readonly never[] = [];

/**
 * Keeps of the scalars, plain and special, at most `most[kind]`, and `otherwise` (0 or Infinity) of
 * the kinds beyond the list. What cannot be split is kept whole or not at all; where several
 * entries of one kind are too much together, they are visited in random order. Ranges and sets stay
 * as they are. Gives the same object when nothing is cut, and draws numbers only when something is
 * cut of several entries.
 */
export function shrink(
  resources: Resources,
  most: readonly number[],
  otherwise: number,
  random: Random,
): Resources {
  const {scalars, special} = resources;
  if (special.length > 0) return shrinkAll(resources, most, otherwise, random);
  // A plain loop with one copy at most: the allocator comes here for every agent it offers.
  let cut: number[] | undefined;
  for (let kind = 0; kind < scalars.length; kind += 1) {
    const limit = kind < most.length ? (most[kind] as number) : otherwise;
    if ((scalars[kind] as number) <= limit) continue;
    cut ??= [...scalars];
    cut[kind] = limit;
  }
  return cut === undefined ? resources : {...resources, scalars: cut};
}

/** A part that is visited on its own: what is plain of a kind, or one thing. */
type Unit = {readonly entry: Entry | undefined; readonly fixed: number; readonly isWhole: boolean};

function shrinkAll(
  resources: Resources,
  most: readonly number[],
  otherwise: number,
  random: Random,
): Resources {
  let scalars = resources.scalars;
  let special: Entries = resources.special;
  for (const kind of kindsOf(resources)) {
    const limit = kind < most.length ? (most[kind] as number) : otherwise;
    const plain = resources.scalars[kind] ?? 0;
    const entries = resources.special.filter((entry) => isScalar(entry, kind));
    const sum = entries.reduce((total, entry) => total + quantityOf(entry), plain);
    if (sum <= limit) continue;
    const kept = visit(unitsOf(plain, entries), limit, random);
    scalars = scalars.map((fixed, at) => (at === kind ? kept.plain : fixed));
    special = [...special.filter((entry) => !isScalar(entry, kind)), ...kept.entries];
  }
  if (scalars === resources.scalars && special === resources.special) return resources;
  return {...resources, scalars, special: makeEntries(special)};
}

function isScalar({special, scalar}: Entry, kind: number): boolean {
  return special.kind === kind && scalar > 0;
}

/** The kinds of which there is something, in order. */
function kindsOf({scalars, special}: Resources): readonly number[] {
  const kinds = new Set<number>();
  for (const [kind, fixed] of scalars.entries()) if (fixed > 0) kinds.add(kind);
  for (const entry of special) if (entry.scalar > 0) kinds.add(entry.special.kind);
  return [...kinds].sort((left, right) => left - right);
}

/** Copies of a shared volume are one thing, equal disks are several. */
function unitsOf(plain: number, entries: Entries): Unit[] {
  const units: Unit[] = plain > 0 ? [{entry: undefined, fixed: plain, isWhole: false}] : [];
  for (const entry of entries) {
    const isWhole = isCounted(entry.special);
    const unit = {entry, fixed: entry.scalar, isWhole};
    const isSeveral = isWhole && entry.special.shared !== true;
    if (!isSeveral) units.push(unit);
    else {
      for (let copy = 0; copy < entry.copies; copy += 1) {
        units.push({...unit, entry: {...entry, copies: 1}});
      }
    }
  }
  return units;
}

interface Kept {
  readonly plain: number;
  readonly entries: Entries;
}

/** Takes from the units, in random order, what fits into the limit. */
function visit(units: Unit[], limit: number, random: Random): Kept {
  shuffle(units, random);
  let left = limit;
  let plain = 0;
  const entries: Entry[] = [];
  for (const {entry, fixed, isWhole} of units) {
    const taken = fixed <= left ? fixed : isWhole ? 0 : left;
    if (taken === 0) continue;
    left -= taken;
    if (entry === undefined) plain += taken;
    else entries.push({...entry, scalar: taken});
  }
  return {plain, entries};
}

function shuffle(units: Unit[], random: Random): void {
  for (let last = units.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const moved = units[last] as Unit;
    units[last] = units[other] as Unit;
    units[other] = moved;
  }
}

/** At most these quantities: what they do not name is dropped. */
export function shrinkToQuantities(
  resources: Resources,
  quantities: Quantities,
  kinds: ScalarKinds,
  random: Random,
): Resources {
  const most = kinds.names.map((name) => named(quantities, name, 0));
  const kept = withinNames(resources, quantities, kinds, 0);
  return shrink(kept, most, 0, random);
}

/** At most these limits: what they do not name is kept. */
export function shrinkToLimits(
  resources: Resources,
  limits: Limits,
  kinds: ScalarKinds,
  random: Random,
): Resources {
  const most = kinds.names.map((name) => named(limits, name, Infinity));
  const kept = withinNames(resources, limits, kinds, Infinity);
  return shrink(kept, most, Infinity, random);
}

function named(amounts: Quantities, name: string, otherwise: number): number {
  return Object.hasOwn(amounts, name) ? (amounts[name] ?? otherwise) : otherwise;
}

/**
 * Ranges and sets of a name stay, all of them or none: Mesos knows no part of them that would be
 * the right one.
 */
function withinNames(
  resources: Resources,
  amounts: Quantities,
  kinds: ScalarKinds,
  otherwise: number,
): Resources {
  const {ranges, sets, special} = resources;
  const isPlain = special.every((entry) => entry.scalar > 0);
  if (ranges.length === 0 && sets.length === 0 && isPlain) return resources;
  const held = quantitiesOf(
    {scalars: NONE, ranges, sets, special: special.filter(({scalar}) => scalar === 0)},
    kinds,
  );
  const fits = (name: string): boolean => named(held, name, 0) <= named(amounts, name, otherwise);
  if (Object.keys(held).every(fits)) return resources;
  return {
    scalars: resources.scalars,
    ranges: ranges.filter(({name}) => fits(name)),
    sets: sets.filter(({name}) => fits(name)),
    special: special.filter((entry) => entry.scalar > 0 || fits(entry.special.name)),
  };
}
