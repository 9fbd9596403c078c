/**
 * Amounts by name alone, whatever they are made of: quantities (what is missing is 0) and limits
 * (what is missing is unlimited). In thousandths; ranges and sets count 1000 an item (Mesos,
 * reference part 2.6).
 */
import {countRanges} from './ranges.ts';
import {quantityOf} from './special.ts';
import {printThousandths, SCALAR_MAX} from './thousandths.ts';
import {parseValue} from './values.ts';
import type {Resources} from './vector.ts';

/** Quantities by resource name in thousandths (ranges and sets count 1000 per item). */
export type Quantities = Readonly<Record<string, number>>;

/** The most that is allowed, by resource name in thousandths; 0 allows nothing. */
export type Limits = Readonly<Record<string, number>>;

interface ParseError {
  readonly ok: false;
  readonly message: string;
}

export type QuantitiesResult = {readonly ok: true; readonly quantities: Quantities} | ParseError;

export type LimitsResult = {readonly ok: true; readonly limits: Limits} | ParseError;

/** Reads `cpus:10;ports:3`. The same name twice adds up, and 0 is nothing. */
export function parseQuantities(text: string): QuantitiesResult {
  const pairs = parsePairs(text);
  if (typeof pairs === 'string') return {ok: false, message: pairs};
  const sums = new Map<string, number>();
  for (const [name, fixed] of pairs) sums.set(name, (sums.get(name) ?? 0) + fixed);
  const tooMuch = [...sums].find(([, fixed]) => fixed > SCALAR_MAX);
  if (tooMuch !== undefined) return {ok: false, message: `'${tooMuch[0]}' is too much`};
  return {ok: true, quantities: quantitiesFrom(sums)};
}

/** Reads `cpus:10;mem:0`. The same name twice is refused, and 0 counts. */
export function parseLimits(text: string): LimitsResult {
  const pairs = parsePairs(text);
  if (typeof pairs === 'string') return {ok: false, message: pairs};
  const limits = new Map(pairs);
  if (limits.size < pairs.length) return {ok: false, message: 'a name has more than one limit'};
  return {ok: true, limits: recordOf(limits)};
}

function parsePairs(text: string): readonly (readonly [string, number])[] | string {
  const pairs: (readonly [string, number])[] = [];
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const [name = '', value = '', ...others] = part.split(':').map((side) => side.trim());
    if (name === '' || value === '' || others.length > 0) {
      return `'${part.trim()}' must have the form name:number`;
    }
    const parsed = parseValue(value);
    if (!parsed.ok || parsed.value.type !== 'SCALAR') {
      return `'${name}': '${value}' is not a number of at least 0`;
    }
    const fixed = Math.round(parsed.value.number * 1000);
    if (fixed > SCALAR_MAX) return `'${name}': ${value} is too much`;
    pairs.push([name, fixed]);
  }
  return pairs;
}

/** In order of names; the order of keys means nothing, but nobody shall see the one of making. */
function recordOf(map: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries(sortedPairs([...map]));
}

function quantitiesFrom(map: ReadonlyMap<string, number>): Quantities {
  return recordOf(new Map([...map].filter(([, fixed]) => fixed > 0)));
}

/** The amount of one name, which may be that of a method of all objects. */
function amountOf(record: Quantities | Limits, name: string, otherwise: number = 0): number {
  return Object.hasOwn(record, name) ? (record[name] ?? otherwise) : otherwise;
}

function sortedPairs(pairs: readonly [string, number][]): [string, number][] {
  return [...pairs].sort((left, right) => (left[0] < right[0] ? -1 : 1));
}

/** Everything that there is by name: reserved or not, revocable or not; a shared volume once. */
export function quantitiesOf(
  {scalars, ranges, sets, special}: Resources,
  kinds: {readonly names: readonly string[]},
): Quantities {
  const sums = new Map<string, number>();
  const add = (name: string, fixed: number): void => {
    sums.set(name, (sums.get(name) ?? 0) + fixed);
  };
  for (const [kind, fixed] of scalars.entries()) add(kinds.names[kind] ?? '', fixed);
  for (const {name, ranges: spans} of ranges) add(name, 1000 * countRanges(spans));
  for (const {name, items} of sets) add(name, 1000 * items.length);
  for (const entry of special) {
    const items = countRanges(entry.ranges) + entry.items.length;
    add(entry.special.name, quantityOf(entry) + 1000 * items);
  }
  return quantitiesFrom(sums);
}

export function addQuantities(left: Quantities, right: Quantities): Quantities {
  const sums = new Map(Object.entries(left));
  for (const [name, fixed] of Object.entries(right)) sums.set(name, (sums.get(name) ?? 0) + fixed);
  return quantitiesFrom(sums);
}

/** What would fall to 0 or below is gone. */
export function subtractQuantities(left: Quantities, right: Quantities): Quantities {
  const rests = Object.entries(left).map(
    ([name, fixed]) => [name, fixed - amountOf(right, name)] as const,
  );
  return quantitiesFrom(new Map(rests));
}

/** Whether `outer` has at least as much of everything in `inner`. */
export function containsQuantities(outer: Quantities, inner: Quantities): boolean {
  return Object.entries(inner).every(([name, fixed]) => fixed <= amountOf(outer, name));
}

/** `cpus:10; ports:3`, in order of names; `{}` for nothing. */
export function printQuantities(quantities: Quantities): string {
  const parts = sortedPairs(Object.entries(quantities)).map(
    ([name, fixed]) => `${name}:${printThousandths(fixed)}`,
  );
  return parts.length === 0 ? '{}' : parts.join('; ');
}

/** What the limits leave after the quantities: at least 0, for the same names. */
export function limitsMinus(limits: Limits, quantities: Quantities): Limits {
  const rests = Object.entries(limits).map(
    ([name, fixed]) => [name, Math.max(0, fixed - amountOf(quantities, name))] as const,
  );
  return recordOf(new Map(rests));
}

/** Whether everything that `inner` allows is allowed by `outer`. */
export function containsLimits(outer: Limits, inner: Limits): boolean {
  return Object.entries(outer).every(([name, fixed]) => amountOf(inner, name, Infinity) <= fixed);
}

/** Whether the quantities stay within the limits. */
export function withinLimits(limits: Limits, quantities: Quantities): boolean {
  return Object.entries(limits).every(([name, fixed]) => amountOf(quantities, name) <= fixed);
}
