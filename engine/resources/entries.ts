/**
 * Resources as one list of entries, where also what is plain is an entry, and back. For what is
 * done by identity: reserving, allocating, finding. Never in hot paths.
 */
import {addRanges, type Ranges} from './ranges.ts';
import {
  isCounted,
  isPlain,
  makeEntries,
  makeSpecial,
  quantityOf,
  type Entries,
  type Entry,
  type Traits,
} from './special.ts';
import type {Resources} from './vector.ts';

/** What is needed of the scalar kinds: their names and indices. */
export interface KindNames {
  readonly names: readonly string[];
  indexOf(name: string): number;
}

const NONE: readonly never[] = [];

/** The resources that the entries make up together. */
export function assemble(entries: Entries): Resources {
  const scalars: number[] = [];
  const ranges = new Map<string, Ranges>();
  const sets = new Map<string, ReadonlySet<string>>();
  const special: Entry[] = [];
  for (const entry of entries) {
    const {name, kind} = entry.special;
    if (!isPlain(entry.special)) {
      special.push(entry);
      continue;
    }
    if (entry.scalar > 0) {
      while (scalars.length <= kind) scalars.push(0);
      scalars[kind] = (scalars[kind] as number) + entry.scalar;
    }
    if (entry.ranges.length > 0) {
      ranges.set(name, addRanges(ranges.get(name) ?? NONE, entry.ranges));
    }
    if (entry.items.length > 0) {
      sets.set(name, new Set([...(sets.get(name) ?? NONE), ...entry.items]));
    }
  }
  return {
    scalars,
    ranges: [...ranges].sort(byName).map(([name, spans]) => ({name, ranges: spans})),
    sets: [...sets].sort(byName).map(([name, items]) => ({name, items: [...items].sort()})),
    special: makeEntries(special),
  };
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1;
}

/** All of it as entries: plain scalars by kind, ranges and sets by name, then what is special. */
export function entriesOf(resources: Resources, kinds: KindNames): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [kind, fixed] of resources.scalars.entries()) {
    if (fixed > 0) entries.push({...plainEntry(kinds.names[kind] ?? '', kind), scalar: fixed});
  }
  for (const {name, ranges} of resources.ranges) {
    entries.push({...plainEntry(name, kinds.indexOf(name)), ranges});
  }
  for (const {name, items} of resources.sets) {
    entries.push({...plainEntry(name, kinds.indexOf(name)), items});
  }
  return [...entries, ...resources.special];
}

function plainEntry(name: string, kind: number): Entry {
  const special = makeSpecial({name, reservations: NONE}, kind, 0);
  return {special, scalar: 0, ranges: NONE, items: NONE, copies: 1};
}

/**
 * The entry with another identity. Things that are counted no longer become one amount, and a
 * volume that is none any more loses its path.
 */
export function changed(entry: Entry, traits: Partial<Traits>): Entry {
  const special = makeSpecial({...entry.special, ...traits}, entry.special.kind, entry.scalar);
  const {source, persistence, bareDisk} = special;
  const isDisk = source !== undefined || persistence !== undefined || bareDisk === true;
  const volume = isDisk ? entry.volume : undefined;
  if (isCounted(special)) {
    const isSame = special.shared === entry.special.shared;
    return {...entry, special, volume, copies: isSame ? entry.copies : 1};
  }
  return {...entry, special, volume, scalar: quantityOf(entry), copies: 1};
}
