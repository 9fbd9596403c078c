/**
 * Resources that are more than a name and an amount: reserved, revocable, on a disk of their own,
 * volumes, shared, of a provider (Mesos, reference parts 2.4 and 2.5). Few agents have many of
 * them, so they are short lists beside the flat scalars, and what they are is a text that can be
 * compared at once.
 */
import {addRanges, containsRanges, subtractRanges, type Ranges} from './ranges.ts';

/** One reservation of a stack; the outermost comes first, every later one refines it. */
export interface Reservation {
  readonly type: 'STATIC' | 'DYNAMIC';
  readonly role: string;
  readonly principal?: string | undefined;
  readonly labels?: Labels | undefined;
}

/** A label without value has `null`. Their order is kept, but tells nothing apart. */
export type Labels = readonly (readonly [key: string, value: string | null])[];

/** Where a disk comes from; absent: the agent's work folder. */
export interface DiskSource {
  readonly type: 'PATH' | 'MOUNT' | 'BLOCK' | 'RAW';
  readonly root?: string | undefined;
  readonly id?: string | undefined;
  readonly profile?: string | undefined;
  readonly vendor?: string | undefined;
  readonly metadata?: Labels | undefined;
}

/** What an identity is made of; all absent would be a plain resource. */
export interface Traits {
  readonly name: string;
  readonly reservations: readonly Reservation[];
  readonly source?: DiskSource | undefined;
  /** Persistent volume: its id, and who made it (which is no part of the identity). */
  readonly persistence?: {readonly id: string; readonly principal?: string | undefined} | undefined;
  /**
   * Disk information with neither source nor persistence, just a path in a container: Mesos tells
   * it apart from none.
   */
  readonly bareDisk?: boolean | undefined;
  readonly revocable?: boolean | undefined;
  readonly shared?: boolean | undefined;
  readonly provider?: string | undefined;
  /** The role that it is allocated to, where that is part of the value. */
  readonly allocation?: string | undefined;
}

/** An identity: two entries can be added if, and only if, their keys are equal. */
export interface Special extends Traits {
  /** Everything that makes it what it is. Entries are sorted by it. */
  readonly key: string;
  /** Kind of the plain scalar of this name: what it counts as in shares and quota. */
  readonly kind: number;
  /** Whom it is reserved to: the role of the last reservation. */
  readonly role: string | undefined;
  /** Reserved below a reservation. */
  readonly refined: boolean;
  /**
   * Thousandths of a thing that is given whole or not at all (volumes, MOUNT and BLOCK disks, RAW
   * disks with an id), which is part of its identity; 0 for what can be split.
   */
  readonly size: number;
}

/** Where a volume appears in a container: carried along, and no part of the identity. */
export interface VolumeInfo {
  readonly mode: 'RW' | 'RO';
  readonly containerPath: string;
  readonly hostPath?: string | undefined;
}

/** An amount of something special. */
export interface Entry {
  readonly special: Special;
  /** Thousandths; for things with a size, of one of them; 0 for ranges and sets. */
  readonly scalar: number;
  readonly ranges: Ranges;
  readonly items: readonly string[];
  /** How many equal things or shared copies; 1 for what can be split. */
  readonly copies: number;
  readonly volume?: VolumeInfo | undefined;
}

export type Entries = readonly Entry[];

/** Whether it is nothing but a name and an amount, which belong into the flat parts. */
export function isPlain(traits: Traits): boolean {
  return (
    traits.reservations.length === 0 &&
    traits.source === undefined &&
    traits.persistence === undefined &&
    traits.bareDisk !== true &&
    traits.revocable !== true &&
    traits.shared !== true &&
    traits.provider === undefined &&
    traits.allocation === undefined
  );
}

/** Whether nobody has reserved it. */
export function isUnreserved(special: Special): boolean {
  return special.role === undefined;
}

/** Whether it can only be taken as a whole. */
function isIndivisible({source, persistence}: Traits): boolean {
  if (persistence !== undefined) return true;
  if (source === undefined) return false;
  if (source.type === 'MOUNT' || source.type === 'BLOCK') return true;
  return source.type === 'RAW' && source.id !== undefined;
}

/** Makes an identity. `kind` is that of the name; `scalar` 0 for ranges and sets. */
export function makeSpecial(traits: Traits, kind: number, scalar: number): Special {
  const {name, reservations, source, persistence, provider, allocation} = traits;
  const bareDisk = isBareDisk(traits);
  const revocable = traits.revocable === true;
  const shared = traits.shared === true;
  const size = isIndivisible(traits) ? scalar : 0;
  return {
    key: keyOf(traits, size),
    kind,
    role: reservations.at(-1)?.role,
    refined: reservations.length > 1,
    size,
    name,
    reservations,
    source,
    persistence,
    bareDisk,
    revocable,
    shared,
    provider,
    allocation,
  };
}

function isBareDisk({source, persistence, bareDisk}: Traits): boolean {
  return bareDisk === true && source === undefined && persistence === undefined;
}

/** Everything that tells two things apart, once and in a fixed order. */
function keyOf(traits: Traits, size: number): string {
  const {name, reservations, source, persistence, revocable, shared, provider, allocation} = traits;
  return JSON.stringify([
    name,
    reservations.map(reservationKey),
    source === undefined
      ? null
      : [
          source.type,
          source.root ?? null,
          source.id ?? null,
          source.profile ?? null,
          source.vendor ?? null,
          labelsKey(source.metadata),
        ],
    // Mesos compares the ids only: who destroys a volume need not know who made it.
    persistence?.id ?? null,
    isBareDisk(traits),
    revocable === true,
    shared === true,
    provider ?? null,
    allocation ?? null,
    size,
  ]);
}

/** Everything that tells two reservations apart. */
export function reservationKey({type, role, principal, labels}: Reservation): string {
  return JSON.stringify([type, role, principal ?? null, labelsKey(labels)]);
}

/** Labels in order, so that equal ones have equal keys; none at all is not an empty list. */
function labelsKey(labels: Labels | undefined): readonly string[] | null {
  return labels === undefined ? null : labels.map((label) => JSON.stringify(label)).sort();
}

/** Entries in canonical form: sorted by key, equal keys added up, nothing empty. */
export function makeEntries(entries: Entries): Entries {
  const byKey = new Map<string, Entry>();
  for (const entry of entries) {
    if (isNothing(entry)) continue;
    const {key} = entry.special;
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? entry : addEntry(known, entry));
  }
  return [...byKey.values()].sort((left, right) => (left.special.key < right.special.key ? -1 : 1));
}

/** The sum: equal things are added up. O(n + m). */
export function addEntries(left: Entries, right: Entries): Entries {
  if (left.length === 0) {
    return right.some(isNothing) ? right.filter((entry) => !isNothing(entry)) : right;
  }
  if (right.length === 0) return left;
  const out: Entry[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const mine = left[l];
    const other = right[r];
    if (other === undefined || (mine !== undefined && mine.special.key < other.special.key)) {
      out.push(mine as Entry);
      l += 1;
    } else if (mine === undefined || other.special.key < mine.special.key) {
      if (!isNothing(other)) out.push(other);
      r += 1;
    } else {
      out.push(addEntry(mine, other));
      l += 1;
      r += 1;
    }
  }
  return out;
}

/** The sum of two entries of one key. */
export function addEntry(left: Entry, right: Entry): Entry {
  if (isCounted(left.special)) return {...left, copies: left.copies + right.copies};
  return {
    ...left,
    scalar: left.scalar + right.scalar,
    ranges: addRanges(left.ranges, right.ranges),
    items:
      right.items.length === 0 ? left.items : [...new Set([...left.items, ...right.items])].sort(),
  };
}

/** Whether entries of it are counted, not measured. */
export function isCounted(special: Special): boolean {
  return special.size > 0 || special.shared === true;
}

export function isNothing(entry: Entry): boolean {
  if (entry.copies === 0) return true;
  return entry.scalar === 0 && entry.ranges.length === 0 && entry.items.length === 0;
}

/**
 * `left` without `right`; what would fall to nothing or below is gone. Things of another key are
 * not touched. O(n + m).
 */
export function subtractEntries(left: Entries, right: Entries): Entries {
  if (left.length === 0 || right.length === 0) return left;
  const out: Entry[] = [];
  let r = 0;
  for (const mine of left) {
    while (r < right.length && (right[r] as Entry).special.key < mine.special.key) r += 1;
    const other = right[r];
    if (other === undefined || other.special.key !== mine.special.key) {
      out.push(mine);
      continue;
    }
    const rest = subtractEntry(mine, other);
    if (rest !== undefined) out.push(rest);
  }
  return out;
}

function subtractEntry(left: Entry, right: Entry): Entry | undefined {
  if (isCounted(left.special)) {
    const copies = left.copies - right.copies;
    return copies > 0 ? {...left, copies} : undefined;
  }
  const scalar = Math.max(0, left.scalar - right.scalar);
  const ranges = subtractRanges(left.ranges, right.ranges);
  const items =
    right.items.length === 0
      ? left.items
      : left.items.filter((item) => !right.items.includes(item));
  const rest = {...left, scalar, ranges, items};
  return isNothing(rest) ? undefined : rest;
}

/** Whether `outer` has at least everything of `inner`. O(n + m). */
export function containsEntries(outer: Entries, inner: Entries): boolean {
  let o = 0;
  for (const wanted of inner) {
    const {key} = wanted.special;
    while (o < outer.length && (outer[o] as Entry).special.key < key) o += 1;
    const held = outer[o];
    if (held === undefined || held.special.key !== key || !holds(held, wanted)) return false;
  }
  return true;
}

function holds(held: Entry, wanted: Entry): boolean {
  if (isCounted(held.special)) return held.copies >= wanted.copies;
  if (held.scalar < wanted.scalar || !containsRanges(held.ranges, wanted.ranges)) return false;
  return wanted.items.every((item) => held.items.includes(item));
}

/**
 * Thousandths that an entry counts as in shares, quota and totals: every copy of a thing, and a
 * shared one once.
 */
export function quantityOf({special, scalar, copies}: Entry): number {
  return special.shared === true ? scalar : scalar * copies;
}
