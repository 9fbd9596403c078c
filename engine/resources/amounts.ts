/**
 * Resources at the edge: plain JSON-able data by name, the form of inputs, effects and scenario
 * files. Inside, the engine works on {@link Resources} (see `vector.ts`), whose scalars are indexed
 * by kind.
 */
import {printEntry} from './print-entry.ts';
import {makeRanges, pairsOf, printRanges} from './ranges.ts';
import {DEFAULT_ROLE, validRole} from './role-names.ts';
import {addEntry, isPlain, makeEntries, makeSpecial, type Entry} from './special.ts';
import {printThousandths, SCALAR_MAX, thousandths} from './thousandths.ts';
import {parseValue, type Value} from './values.ts';
import {entryOfWire, wiresOfEntry, type WireResource} from './wire-form.ts';

/**
 * Scalars in thousandths (1 cpu = 1000, 1 MB = 1000); ranges inclusive; sets of texts. What is
 * reserved, on a disk of its own, revocable, shared, of a provider or allocated is in `special`, in
 * the Mesos v1 JSON form; there copies of a shared volume are written once each. Absent = nothing.
 */
export interface Amounts {
  readonly scalars: Readonly<Record<string, number>>;
  readonly ranges?: Readonly<Record<string, readonly (readonly [number, number])[]>> | undefined;
  readonly sets?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly special?: readonly WireResource[] | undefined;
}

/** A refused text or JSON: what is wrong with which part of it. */
export interface AmountsError {
  readonly ok: false;
  readonly message: string;
}

export type AmountsResult = {readonly ok: true; readonly amounts: Amounts} | AmountsError;

/**
 * Reads the text form `cpus:4;mem(web):1024;ports:[31000-32000];disks:{sda,sdb}` (reference: Mesos,
 * part 2.3). A role behind a name makes a static reservation; what names none is reserved to
 * `defaultRole`, `*` is nobody. The same name twice adds up; with two different types it is
 * refused.
 */
export function parseAmounts(text: string, defaultRole: string = DEFAULT_ROLE): AmountsResult {
  const sum = new AmountsSum();
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const entry = parseEntry(part.trim(), defaultRole);
    if (typeof entry === 'string') return {ok: false, message: entry};
    const message = sum.add(entry.entry, entry.type);
    if (message !== undefined) return {ok: false, message};
  }
  return {ok: true, amounts: sum.amounts};
}

function parseEntry(
  part: string,
  defaultRole: string,
): {readonly entry: Entry; readonly type: Value['type']} | string {
  const colon = part.indexOf(':');
  if (colon < 0) return `'${part}' must have the form name:value`;
  const head = /^([^()]+)(?:\(([^()]+)\))?$/.exec(part.slice(0, colon).trim());
  if (head === null) return `'${part.slice(0, colon)}' is not a resource name`;
  const name = (head[1] ?? '').trim();
  if (name === '') return `'${part.slice(0, colon)}' is not a resource name`;
  const role = (head[2] ?? defaultRole).trim();
  if (!validRole(role)) return `'${part}': '${role}' is not a name of a role`;
  const value = parseAmount(part.slice(colon + 1));
  if (typeof value === 'string') return `'${name}': ${value}`;
  const reservations = role === DEFAULT_ROLE ? [] : [{type: 'STATIC' as const, role}];
  const special = makeSpecial({name, reservations}, 0, 0);
  return {entry: {special, ...value, copies: 1}, type: value.type};
}

/** A value that can be an amount, or why it cannot. */
function parseAmount(
  written: string,
): (Pick<Entry, 'scalar' | 'ranges' | 'items'> & {readonly type: Value['type']}) | string {
  const parsed = parseValue(written);
  const nothing = {scalar: 0, ranges: [], items: []};
  const badType = (text: string): string =>
    `bad type for a resource: '${text}' is neither a number, nor ranges, nor a set`;
  if (!parsed.ok) return written.trim() === '' ? badType('') : parsed.message;
  const {value} = parsed;
  switch (value.type) {
    case 'SCALAR': {
      const scalar = thousandths(value.number);
      if (scalar !== undefined) return {...nothing, type: value.type, scalar};
      return `${written.trim()} is not an amount (three decimals, up to 9e12)`;
    }
    case 'RANGES':
      return {...nothing, type: value.type, ranges: value.ranges};
    case 'SET':
      return {...nothing, type: value.type, items: value.items};
    case 'TEXT':
      return /^-\.?\d/.test(value.text) ? `${value.text} is negative` : badType(value.text);
  }
}

/** Adds up entries, plain or special, to amounts. */
export class AmountsSum {
  readonly #types = new Map<string, Value['type']>();
  readonly #entries = new Map<string, Entry>();

  /** Adds an entry; or says why it cannot be added to what is there. */
  add(entry: Entry, type: Value['type']): string | undefined {
    const {name, key} = entry.special;
    if ((this.#types.get(name) ?? type) !== type) {
      return `'${name}' is given with two different types`;
    }
    this.#types.set(name, type);
    const known = this.#entries.get(key);
    const sum = known === undefined ? entry : addEntry(known, entry);
    if (sum.scalar * sum.copies > SCALAR_MAX) {
      return `'${name}' is more than ${printThousandths(SCALAR_MAX)}`;
    }
    this.#entries.set(key, sum);
    return undefined;
  }

  /** What is there, by type and name, without what is nothing. */
  get amounts(): Amounts {
    const scalars: [string, number][] = [];
    const ranges: [string, [number, number][]][] = [];
    const sets: [string, readonly string[]][] = [];
    const special: Entry[] = [];
    for (const entry of this.#entries.values()) {
      const {name} = entry.special;
      if (!isPlain(entry.special)) special.push(entry);
      else if (entry.scalar > 0) scalars.push([name, entry.scalar]);
      else if (entry.ranges.length > 0) ranges.push([name, pairsOf(entry.ranges)]);
      else if (entry.items.length > 0) sets.push([name, entry.items]);
    }
    const wires = makeEntries(special).flatMap(wiresOfEntry);
    return {
      scalars: Object.fromEntries(scalars.sort(byName)),
      ranges: Object.fromEntries(ranges.sort(byName)),
      sets: Object.fromEntries(sets.sort(byName)),
      ...(wires.length > 0 ? {special: wires} : {}),
    };
  }
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1;
}

/**
 * The text form, in order of type and name, what is plain before what is special: `cpus:4;
 * cpus(reservations: [(STATIC,web)]):2; ports:[31000-32000]`; `{}` for nothing.
 */
export function printAmounts(amounts: Amounts): string {
  const special = makeEntries((amounts.special ?? []).map((wire) => entryOfWire(wire, 0)));
  const scalars = special.filter(({scalar}) => scalar > 0).map(printed);
  for (const [name, fixed] of Object.entries(amounts.scalars)) {
    if (fixed !== 0) scalars.push([name, '', `${name}:${printThousandths(fixed)}`]);
  }
  const ranges = special.filter((entry) => entry.ranges.length > 0).map(printed);
  for (const [name, pairs] of Object.entries(amounts.ranges ?? {})) {
    if (pairs.length > 0) ranges.push([name, '', `${name}:${printRanges(makeRanges(pairs))}`]);
  }
  const sets = special.filter(({items}) => items.length > 0).map(printed);
  for (const [name, items] of Object.entries(amounts.sets ?? {})) {
    if (items.length > 0) sets.push([name, '', `${name}:{${items.join(', ')}}`]);
  }
  const parts = [scalars, ranges, sets].flatMap((lines) => lines.sort(inOrder));
  return parts.length === 0 ? '{}' : parts.map(([, , text]) => text).join('; ');
}

type Printed = [name: string, key: string, text: string];

function printed(entry: Entry): Printed {
  return [entry.special.name, entry.special.key, printEntry(entry)];
}

function inOrder([name, key]: Printed, [otherName, otherKey]: Printed): number {
  if (name !== otherName) return name < otherName ? -1 : 1;
  return key < otherKey ? -1 : 1;
}
