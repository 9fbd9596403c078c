/**
 * A conformance case as data, and what every suite does with it: definitions, fields, durations,
 * resources. The format is that of `conformance/README.md`.
 */
import {
  addResources,
  NO_RESOURCES,
  parseAmounts,
  parseQuantities,
  printAmounts,
  printRanges,
  readResource,
  toWire,
  type Operation,
  type Quantities,
  type Resources,
  type ScalarKinds,
  type WireResource,
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
  override readonly name: string = 'UnknownInCase';
}

/** A value that the engine refuses: where a case expects that, it is well. */
export class RefusedValue extends UnknownInCase {}

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

export function booleanOf(value: unknown, what: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new UnknownInCase(`${what}: expected true or false, not ${JSON.stringify(value)}`);
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

/** Attributes that entries of a resources value may have in every suite. */
const ATTRIBUTES: readonly string[] = [
  'reservations',
  'persistence',
  'containerPath',
  'hostPath',
  'mode',
  'source',
  'revocable',
  'shared',
  'copies',
  'provider',
];

/**
 * A resources value: a text, a map of a text and attributes, or a list of such. `further` are
 * attributes that only one suite knows.
 * @throws RefusedValue when the engine refuses the resources
 */
export function resourcesOf(
  value: unknown,
  kinds: ScalarKinds,
  what: string,
  further: readonly string[] = [],
): Resources {
  if (Array.isArray(value)) {
    return value
      .map((part) => resourcesOf(part, kinds, what, further))
      .reduce(addResources, NO_RESOURCES);
  }
  if (typeof value === 'string') return kinds.compile(parsedAmounts(value, what));
  const fields = fieldsOf(value, what, ['of'], [...ATTRIBUTES, ...further]);
  const {of, copies = 1} = fields;
  const special: WireResource[] = [];
  for (const wire of toWire(parsedAmounts(textOf(of, `${what}.of`), what))) {
    const resource = withAttributes(wire, fields, what);
    for (let copy = 0; copy < numberOf(copies, `${what}.copies`); copy += 1) special.push(resource);
  }
  return kinds.compile({scalars: {}, special});
}

function parsedAmounts(text: string, what: string) {
  const parsed = parseAmounts(text);
  if (!parsed.ok) throw new RefusedValue(`${what}: ${parsed.message}`);
  return parsed.amounts;
}

function withAttributes(wire: WireResource, fields: Fields, what: string): WireResource {
  const {reservations, revocable, shared, provider, allocation} = fields;
  const disk = diskOf(fields, what);
  const stack = reservations === undefined ? undefined : listOf(reservations, what);
  const read = readResource({
    ...wire,
    ...(stack !== undefined && {reservations: stack.map((item) => wireOfReservation(item, what))}),
    ...(disk !== undefined && {disk}),
    ...(isSet(revocable, `${what}.revocable`) && {revocable: {}}),
    ...(isSet(shared, `${what}.shared`) && {shared: {}}),
    ...(provider !== undefined && {provider_id: {value: provider}}),
    ...(allocation !== undefined && {allocation_info: {role: allocation}}),
  });
  if (!read.ok) throw new RefusedValue(`${what}: ${read.message}`);
  return read.resource;
}

function isSet(value: unknown, what: string): boolean {
  if (value === undefined || value === true) return value === true;
  throw new UnknownInCase(`${what}: expected true`);
}

/** A reservation in the v1 JSON form; its labels are a map, `null` for one without value. */
function wireOfReservation(value: unknown, what: string): Fields {
  const {labels, ...fields} = fieldsOf(
    value,
    `${what}.reservations`,
    ['type', 'role'],
    ['principal', 'labels'],
  );
  if (labels === undefined) return fields;
  const wires = Object.entries(mapOf(labels, `${what}.labels`)).map(([key, text]) =>
    text === null ? {key} : {key, value: text},
  );
  return {...fields, labels: {labels: wires}};
}

function diskOf(fields: Fields, what: string): Fields | undefined {
  const {persistence, containerPath, hostPath, mode = 'RW', source} = fields;
  if (persistence === undefined && containerPath === undefined && source === undefined) {
    return undefined;
  }
  return {
    ...(persistence !== undefined && {persistence: {id: persistence}}),
    ...(containerPath !== undefined && {
      volume: {
        mode,
        container_path: containerPath,
        ...(hostPath !== undefined && {host_path: hostPath}),
      },
    }),
    ...(source !== undefined && {source: sourceOf(source, `${what}.source`)}),
  };
}

function sourceOf(value: unknown, what: string): Fields {
  const {root, ...source} = fieldsOf(value, what, ['type'], ['root', 'id', 'profile', 'vendor']);
  if (root === undefined) return source;
  return {...source, [source['type'] === 'PATH' ? 'path' : 'mount']: {root}};
}

/** Operations as the cases name them, with the resources that each is about. */
const OPERATIONS = ['reserve', 'unreserve', 'create', 'destroy'] as const;

/** An operation: a map of one key. `read` reads resources. */
export function operationOf(
  value: unknown,
  what: string,
  read: (value: unknown, what: string) => Resources,
): Operation {
  const fields = fieldsOf(value, what, [], [...OPERATIONS, 'convert']);
  const [name, ...others] = Object.keys(fields);
  if (name === undefined || others.length > 0) {
    throw new UnknownInCase(`${what}: expected one operation`);
  }
  const kind = OPERATIONS.find((one) => one === name);
  if (kind !== undefined) return {kind, resources: read(fields[kind], `${what}.${kind}`)};
  const convert = fieldsOf(fields['convert'], `${what}.convert`, ['consumed', 'converted']);
  return {
    kind: 'convert',
    consumed: read(convert['consumed'], `${what}.consumed`),
    converted: read(convert['converted'], `${what}.converted`),
  };
}

/** Resources in a form that is equal exactly for equal resources. */
export function canonicalOf(resources: Resources, kinds: ScalarKinds): string {
  const {special, ...plain} = resources;
  const texts = special.map(({special: {key}, scalar, ranges, items, copies}) => {
    const amount = [scalar / 1000, printRanges(ranges), `{${items.join(', ')}}`].join(' ');
    return `${copies} x ${key}: ${amount}`;
  });
  const isPlain = special.length === 0;
  const text = printAmounts(kinds.describe(isPlain ? resources : {...plain, special: []}));
  return [text, ...texts].join('; ');
}

/** Quantities `name:number` joined by `;`, in thousandths. */
export function quantitiesOf(value: unknown, what: string): Quantities {
  const parsed = parseQuantities(textOf(value, what));
  if (!parsed.ok) throw new RefusedValue(`${what}: ${parsed.message}`);
  return parsed.quantities;
}

/** Whether two numbers count as equal in a case. */
export function isSameNumber(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-9;
}
