/**
 * A conformance case as data, and what every suite does with it: definitions, fields, durations,
 * resources. The format is that of `conformance/README.md`.
 */
import {
  parseAmounts,
  printAmounts,
  type Quantities,
  type Resources,
  type ScalarKinds,
} from '../engine/index.ts';

export interface Case {
  readonly id: string;
  readonly title: string;
  readonly suite: string;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  readonly define?: Readonly<Record<string, unknown>> | undefined;
  readonly steps: readonly unknown[];
}

/** How a case went. `step` counts from 1; 0 is the head of the case. */
export type Verdict =
  | {readonly kind: 'passed'}
  /** What came out differs from what the case expects. */
  | {readonly kind: 'failed'; readonly step: number; readonly message: string}
  /** The case has a step, field or value that this runner does not know. */
  | {readonly kind: 'refused'; readonly step: number; readonly message: string};

/** Something in a case that the runner does not know: never passed over. */
export class UnknownInCase extends Error {
  override readonly name = 'UnknownInCase';
}

/** An expectation that does not hold. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

type Fields = Readonly<Record<string, unknown>>;

/** The value as a map, or an error that names `what`. */
export function mapOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnknownInCase(`${what}: expected a map, not ${JSON.stringify(value)}`);
  }
  return value as Fields;
}

/** A map of just these fields: all of `required`, and any of `optional`. */
export function fieldsOf(
  value: unknown,
  what: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields {
  const map = mapOf(value, what);
  for (const name of Object.keys(map)) {
    if (required.includes(name) || optional.includes(name)) continue;
    throw new UnknownInCase(`${what}: unknown field '${name}'`);
  }
  for (const name of required) {
    if (!(name in map)) throw new UnknownInCase(`${what}: field '${name}' is missing`);
  }
  return map;
}

export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new UnknownInCase(`${what}: expected a text, not ${JSON.stringify(value)}`);
}

export function numberOf(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  throw new UnknownInCase(`${what}: expected a number, not ${JSON.stringify(value)}`);
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new UnknownInCase(`${what}: expected a list, not ${JSON.stringify(value)}`);
}

export function textsOf(value: unknown, what: string): readonly string[] {
  return listOf(value, what).map((item) => textOf(item, what));
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `1s`, `365d` in milliseconds. */
export function durationMs(value: unknown, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(textOf(value, what));
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new UnknownInCase(`${what}: '${String(value)}' is not a duration`);
  }
  return Number(match[1]) * unit;
}

/** Puts definitions in place of `$name`, everywhere; definitions may refer to each other. */
export function resolve(value: unknown, define: Fields, open: readonly string[] = []): unknown {
  if (typeof value === 'string' && value.startsWith('$')) {
    const name = value.slice(1);
    if (!(name in define)) throw new UnknownInCase(`'${value}' is not defined`);
    if (open.includes(name)) throw new UnknownInCase(`'${value}' refers to itself`);
    return resolve(define[name], define, [...open, name]);
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, define, open));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolve(item, define, open)]),
  );
}

/** A resources value. Attributes and roles of entries are not known to the engine so far. */
export function resourcesOf(value: unknown, kinds: ScalarKinds, what: string): Resources {
  if (Array.isArray(value)) {
    throw new UnknownInCase(`${what}: sums of resources with attributes are not known`);
  }
  if (typeof value !== 'string') {
    throw new UnknownInCase(`${what}: attributes of resources are not known`);
  }
  const parsed = parseAmounts(value);
  if (!parsed.ok) throw new UnknownInCase(`${what}: ${parsed.message}`);
  return kinds.compile(parsed.amounts);
}

/** Resources in a form that is equal exactly for equal resources. */
export function canonicalOf(resources: Resources, kinds: ScalarKinds): string {
  return printAmounts(kinds.describe(resources));
}

/** Quantities `name:number` joined by `;`, in thousandths. */
export function quantitiesOf(value: unknown, what: string): Quantities {
  const out: Record<string, number> = {};
  for (const part of textOf(value, what).replaceAll(/\s+/g, '').split(';')) {
    if (part === '') continue;
    const match = /^([^:]+):(\d+(?:\.\d+)?)$/.exec(part);
    if (match === null) throw new UnknownInCase(`${what}: '${part}' is not a quantity`);
    const [, name = '', number] = match;
    out[name] = (out[name] ?? 0) + Math.round(Number(number) * 1000);
  }
  return out;
}

/** Whether two numbers count as equal in a case. */
export function isSameNumber(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-9;
}
