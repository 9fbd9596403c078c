/** The one place where scenarios meet the engine's text forms of resources. */
import {parseAmounts, parseLimits, parseQuantities, printThousandths} from '../../engine/index.ts';
import type {Amounts, Limits, Quantities} from '../../engine/index.ts';
import type {Resources} from './schema.ts';

/** What a text stands for, or what is wrong with it. */
export type Read<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly message: string};

export const NO_RESOURCES: Resources = {scalars: {}, ranges: {}, sets: {}};

const NOTHING = {ok: false, message: 'an amount above 0 is needed'} as const;

/**
 * Reads `cpus:4;cpus(db):8;mem:1024;ports:[31000-32000]`; scalars become integer thousandths, what
 * is reserved to a role stands apart.
 */
export function readAgentResources(text: string): Read<Resources> {
  const parsed = parseAmounts(text);
  if (!parsed.ok) return parsed;
  const {scalars, ranges = {}, sets = {}, special = []} = parsed.amounts;
  const value = {scalars, ranges, sets, ...(special.length > 0 && {special})};
  return isEmptyResources(value) ? NOTHING : {ok: true, value};
}

/** The same for what cannot be reserved, such as the needs of a task. */
export function readResources(text: string): Read<Resources> {
  const read = readAgentResources(text);
  const reserved = read.ok ? read.value.special?.[0] : undefined;
  if (reserved === undefined) return read;
  const role = reserved.reservations?.at(-1)?.role;
  const message = `'${reserved.name}(${role})': a reservation to a role is not possible here`;
  return {ok: false, message};
}

function isEmptyResources({scalars, ranges, sets, special = []}: Resources): boolean {
  return special.length === 0 && [scalars, ranges, sets].every((part) => isNothing(part));
}

const isNothing = (part: object): boolean => Object.keys(part).length === 0;

/** Reads `cpus:40;mem:65536`: numbers by name, of which 0 is nothing. */
export function readQuantities(text: string): Read<Quantities> {
  const parsed = parseQuantities(text);
  if (!parsed.ok) return parsed;
  const {quantities} = parsed;
  return isNothing(quantities) ? NOTHING : {ok: true, value: quantities};
}

/** Reads `cpus:60;gpus:0`: numbers by name, of which 0 allows nothing. */
export function readLimits(text: string): Read<Limits> {
  const parsed = parseLimits(text);
  if (!parsed.ok) return parsed;
  const {limits} = parsed;
  if (isNothing(limits)) return {ok: false, message: 'a limit is needed'};
  return {ok: true, value: limits};
}

/** Thousandths by name, reserved or not. */
export function totalScalars({scalars, special = []}: Amounts): Quantities {
  if (special.length === 0) return scalars;
  const totals: Record<string, number> = {...scalars};
  for (const {name, scalar} of special) {
    if (scalar === undefined) continue;
    totals[name] = (totals[name] ?? 0) + Math.round(scalar.value * 1000);
  }
  return totals;
}

/** `1500` thousandths → `1.5`. */
export const printScalar = printThousandths;
