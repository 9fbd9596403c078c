/**
 * Resources at the edge: plain JSON-able data by name, the form of inputs, effects and scenario
 * files. Inside, the engine works on {@link Resources} (see `vector.ts`), whose scalars are indexed
 * by kind.
 */
import {addRanges, makeRanges, pairsOf, printRanges, type Ranges} from './ranges.ts';

/**
 * Scalars in thousandths (1 cpu = 1000, 1 MB = 1000); ranges inclusive; sets of texts. Absent =
 * nothing.
 */
export interface Amounts {
  readonly scalars: Readonly<Record<string, number>>;
  readonly ranges?: Readonly<Record<string, readonly (readonly [number, number])[]>> | undefined;
  readonly sets?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** A refused text or JSON: what is wrong with which part of it. */
export interface AmountsError {
  readonly ok: false;
  readonly message: string;
}

export type AmountsResult = {readonly ok: true; readonly amounts: Amounts} | AmountsError;

/** The largest scalar, in thousandths: beyond it integers in a double are not exact. */
export const SCALAR_MAX = Number.MAX_SAFE_INTEGER;

/**
 * A number of a scalar resource in thousandths, rounded half away from zero (Mesos: `llround(value
 * × 1000)`). Refused: not finite, negative, too large, and above 0 but rounding to 0.
 */
export function thousandths(value: number): number | undefined {
  if (!Number.isFinite(value) || value < 0) return undefined;
  const fixed = Math.round(value * 1000);
  if (fixed > SCALAR_MAX || (value > 0 && fixed === 0)) return undefined;
  return fixed;
}

/** `1501` → `1.501`, `2000` → `2`: the shortest decimal form. */
export function printThousandths(fixed: number): string {
  const whole = Math.floor(fixed / 1000);
  const rest = fixed - whole * 1000;
  if (rest === 0) return `${whole}`;
  return `${whole}.${`${rest}`.padStart(3, '0').replace(/0+$/, '')}`;
}

type Value =
  | {readonly kind: 'scalar'; readonly fixed: number}
  | {readonly kind: 'ranges'; readonly pairs: [number, number][]}
  | {readonly kind: 'set'; readonly items: string[]};

/**
 * Reads the text form `cpus:4;mem:1024;ports:[31000-32000];disks:{sda,sdb}` (reference: Mesos, part
 * 2.3). The same name twice adds up; with two different types it is refused; `(*)` may follow a
 * name.
 */
export function parseAmounts(text: string): AmountsResult {
  const scalars = new Map<string, number>();
  const ranges = new Map<string, Ranges>();
  const sets = new Map<string, Set<string>>();
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const entry = parseEntry(part.replace(/\s+/g, ''));
    if (typeof entry === 'string') return {ok: false, message: entry};
    const {name, value} = entry;
    const known = [scalars.has(name), ranges.has(name), sets.has(name)].indexOf(true);
    const own = ['scalar', 'ranges', 'set'].indexOf(value.kind);
    if (known !== -1 && known !== own) {
      return {ok: false, message: `'${name}' is given with two different types`};
    }
    switch (value.kind) {
      case 'scalar':
        if (addScalar(scalars, name, value.fixed)) break;
        return {ok: false, message: `'${name}' is more than ${printThousandths(SCALAR_MAX)}`};
      case 'ranges':
        ranges.set(name, addRanges(ranges.get(name) ?? [], makeRanges(value.pairs)));
        break;
      case 'set': {
        const items = sets.get(name) ?? new Set();
        for (const item of value.items) items.add(item);
        sets.set(name, items);
        break;
      }
    }
  }
  return {ok: true, amounts: canonical(scalars, ranges, sets)};
}

function canonical(
  scalars: ReadonlyMap<string, number>,
  ranges: ReadonlyMap<string, Ranges>,
  sets: ReadonlyMap<string, ReadonlySet<string>>,
): Amounts {
  const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
    [...map].sort((left, right) => (left[0] < right[0] ? -1 : 1));
  return {
    scalars: Object.fromEntries(byName(scalars).filter(([, fixed]) => fixed !== 0)),
    ranges: Object.fromEntries(
      byName(ranges)
        .filter(([, spans]) => spans.length > 0)
        .map(([name, spans]) => [name, pairsOf(spans)]),
    ),
    sets: Object.fromEntries(
      byName(sets)
        .filter(([, items]) => items.size > 0)
        .map(([name, items]) => [name, [...items].sort()]),
    ),
  };
}

function parseEntry(part: string): {name: string; value: Value} | string {
  const colon = part.indexOf(':');
  if (colon < 0) return `'${part}' must have the form name:value`;
  const head = /^([^()]+)(?:\(([^()]+)\))?$/.exec(part.slice(0, colon));
  if (head === null) return `'${part.slice(0, colon)}' is not a resource name`;
  const [, name = '', role] = head;
  if (role !== undefined && role !== '*') {
    return `'${part}': a reservation to a role is not possible here`;
  }
  const value = parseValue(part.slice(colon + 1));
  return typeof value === 'string' ? `'${name}': ${value}` : {name, value};
}

function parseValue(text: string): Value | string {
  if (text.startsWith('[')) return parseRangesValue(text);
  if (text.startsWith('{')) {
    if (!/^\{[^{}]*\}$/.test(text)) return `'${text}' is not a set like {a,b}`;
    return {
      kind: 'set',
      items: text
        .slice(1, -1)
        .split(',')
        .filter((item) => item !== ''),
    };
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    return `bad type for a resource: '${text}' is neither a number, nor ranges, nor a set`;
  }
  const value = Number(text);
  if (value < 0) return `${text} is negative`;
  const fixed = thousandths(value);
  if (fixed === undefined) return `${text} is not an amount (three decimals, up to 9e12)`;
  return {kind: 'scalar', fixed};
}

function parseRangesValue(text: string): Value | string {
  const opened = text.split('[').length;
  if (!text.endsWith(']') || opened !== text.split(']').length) {
    return `'${text}' is not a list of ranges like [1-5, 7-10]`;
  }
  const pairs: [number, number][] = [];
  for (const item of text.replace(/[[\]]/g, '').split(',')) {
    if (item === '') continue;
    const bounds = /^(\d+)-(\d+)$/.exec(item);
    const begin = Number(bounds?.[1]);
    const end = Number(bounds?.[2]);
    if (bounds === null || begin > end || end > SCALAR_MAX) {
      return `'${item}' is not a range like 31000-32000`;
    }
    pairs.push([begin, end]);
  }
  return {kind: 'ranges', pairs};
}

/**
 * The text form, in order of type and name: `cpus:4; mem:1024; ports:[31000-32000]`; `{}` for
 * nothing.
 */
export function printAmounts(amounts: Amounts): string {
  const parts: string[] = [];
  for (const [name, fixed] of sortedEntries(amounts.scalars)) {
    if (fixed !== 0) parts.push(`${name}:${printThousandths(fixed)}`);
  }
  for (const [name, pairs] of sortedEntries(amounts.ranges ?? {})) {
    if (pairs.length > 0) parts.push(`${name}:${printRanges(makeRanges(pairs))}`);
  }
  for (const [name, items] of sortedEntries(amounts.sets ?? {})) {
    if (items.length > 0) parts.push(`${name}:{${items.join(', ')}}`);
  }
  return parts.length === 0 ? '{}' : parts.join('; ');
}

/** One resource of the Mesos v1 JSON form, as far as it needs no reservation, disk or provider. */
export interface WireResource {
  readonly name: string;
  readonly type: 'SCALAR' | 'RANGES' | 'SET';
  readonly scalar?: {readonly value: number} | undefined;
  readonly ranges?: {readonly range: readonly {begin: number; end: number}[]} | undefined;
  readonly set?: {readonly item: readonly string[]} | undefined;
}

/** The v1 JSON form, names in order of type and name. */
export function toWire(amounts: Amounts): WireResource[] {
  const out: WireResource[] = [];
  for (const [name, fixed] of sortedEntries(amounts.scalars)) {
    out.push({name, type: 'SCALAR', scalar: {value: fixed / 1000}});
  }
  for (const [name, pairs] of sortedEntries(amounts.ranges ?? {})) {
    const range = pairs.map(([begin, end]) => ({begin, end}));
    out.push({name, type: 'RANGES', ranges: {range}});
  }
  for (const [name, items] of sortedEntries(amounts.sets ?? {})) {
    out.push({name, type: 'SET', set: {item: items}});
  }
  return out;
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort((left, right) => (left[0] < right[0] ? -1 : 1));
}

/** Reads the v1 JSON form: a list of resources. The message names the index of the bad one. */
export function fromWire(wire: unknown): AmountsResult {
  if (!Array.isArray(wire)) return {ok: false, message: 'expected a list of resources'};
  const scalars = new Map<string, number>();
  const ranges = new Map<string, Ranges>();
  const sets = new Map<string, Set<string>>();
  for (const [index, entry] of wire.entries()) {
    const message = readWire(entry, scalars, ranges, sets);
    if (message !== undefined) return {ok: false, message: `[${index}]: ${message}`};
  }
  return {ok: true, amounts: canonical(scalars, ranges, sets)};
}

function readWire(
  entry: unknown,
  scalars: Map<string, number>,
  ranges: Map<string, Ranges>,
  sets: Map<string, Set<string>>,
): string | undefined {
  if (typeof entry !== 'object' || entry === null) return 'expected an object';
  const resource = entry as Partial<WireResource>;
  const {name, type} = resource;
  if (typeof name !== 'string' || name === '') return 'name: expected a non-empty text';
  for (const unsupported of ['reservations', 'reservation', 'disk', 'revocable', 'provider_id']) {
    if (unsupported in entry) return `${unsupported}: not possible here`;
  }
  switch (type) {
    case 'SCALAR': {
      const value = resource.scalar?.value;
      const fixed = typeof value === 'number' ? thousandths(value) : undefined;
      if (fixed === undefined) return 'scalar.value: expected an amount of at least 0';
      return addScalar(scalars, name, fixed) ? undefined : `scalar.value: too much ${name}`;
    }
    case 'RANGES': {
      const pairs = pairsOfWire(resource.ranges?.range);
      if (pairs === undefined) return 'ranges.range: expected {begin, end} pairs';
      ranges.set(name, addRanges(ranges.get(name) ?? [], makeRanges(pairs)));
      return undefined;
    }
    case 'SET': {
      const items: unknown = resource.set?.item;
      if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
        return 'set.item: expected a list of texts';
      }
      const known = sets.get(name) ?? new Set<string>();
      for (const item of items) known.add(item);
      sets.set(name, known);
      return undefined;
    }
    default:
      return 'type: expected SCALAR, RANGES or SET';
  }
}

function pairsOfWire(range: unknown): [number, number][] | undefined {
  if (!Array.isArray(range)) return undefined;
  const pairs: [number, number][] = [];
  for (const entry of range as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null) return undefined;
    const {begin, end} = entry as {readonly begin?: unknown; readonly end?: unknown};
    if (!isNatural(begin) || !isNatural(end) || begin > end) return undefined;
    pairs.push([begin, end]);
  }
  return pairs;
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Adds to the amount of `name`; false when the sum would no longer be exact. */
function addScalar(scalars: Map<string, number>, name: string, fixed: number): boolean {
  const sum = (scalars.get(name) ?? 0) + fixed;
  if (sum > SCALAR_MAX) return false;
  scalars.set(name, sum);
  return true;
}
