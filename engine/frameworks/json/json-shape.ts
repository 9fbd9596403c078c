/**
 * Shapes of JSON: what a value may look like, read and checked in one pass. A shape answers the
 * value in its typed form, with nested defaults filled in, or notes a fault by field path
 * (`/container/portMappings(0)/hostPort`).
 */

/**
 * One fault of a document: where, and what is wrong. Of kind `json` are values of a wrong JSON
 * type; their messages are the codes that Marathon's clients know (`error.expected.jsstring`).
 */
export interface Fault {
  readonly path: string;
  readonly message: string;
  readonly kind?: 'json' | undefined;
}

/**
 * Reads `value`, found at `at`; `undefined` after a fault, or where nothing was given and nothing
 * is due.
 */
export type Shape<T> = (value: unknown, at: string, faults: Fault[]) => T | undefined;

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type ValueOf<S> = S extends Shape<infer T> ? T : never;
/**
 * The object that two groups of fields describe: those always there, and those that may be absent.
 */
export type ObjectOf<Always extends Shapes, Maybe extends Shapes> = {
  readonly [K in keyof Always]: ValueOf<Always[K]>;
} & {readonly [K in keyof Maybe]?: ValueOf<Maybe[K]> | undefined};

/** Notes a fault; the empty path is the whole document. */
export function refuse(faults: Fault[], at: string, message: string): undefined {
  faults.push({path: at === '' ? '/' : at, message});
  return undefined;
}

/** Notes that a value is of the wrong JSON type. */
function refuseType(faults: Fault[], at: string, message: string): undefined {
  faults.push({path: at === '' ? '/' : at, message, kind: 'json'});
  return undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null is how the old API wrote "not given". */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export interface TextRule {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

export function text({min = 0, max = Infinity, pattern}: TextRule = {}): Shape<string> {
  return (value, at, faults) => {
    if (typeof value !== 'string') return refuseType(faults, at, 'error.expected.jsstring');
    if (value.length < min) {
      return refuse(
        faults,
        at,
        min === 1 ? 'must not be empty' : `needs at least ${min} characters`,
      );
    }
    if (value.length > max) return refuse(faults, at, `must have at most ${max} characters`);
    if (pattern !== undefined && !pattern.test(value)) {
      return refuse(faults, at, `must match ${pattern.source}`);
    }
    return value;
  };
}

export function number(min: number, max = Infinity): Shape<number> {
  return (value, at, faults) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return refuseType(faults, at, 'error.expected.jsnumber');
    }
    if (value < min) return refuse(faults, at, `must be at least ${min}`);
    if (value > max) return refuse(faults, at, `must be at most ${max}`);
    return value;
  };
}

/** `max` is by default the largest 32-bit integer, as in Marathon's API. */
export function integer(min: number, max = 2147483647): Shape<number> {
  const bounded = number(min, max);
  return (value, at, faults) => {
    if (typeof value === 'number' && !Number.isInteger(value)) {
      return refuseType(faults, at, 'error.expected.int');
    }
    return bounded(value, at, faults);
  };
}

export const flag: Shape<boolean> = (value, at, faults) =>
  typeof value === 'boolean' ? value : refuseType(faults, at, 'error.expected.jsboolean');

/** One of these texts; like Marathon, it takes them in any case. */
export function oneOf<T extends string>(...texts: readonly T[]): Shape<T> {
  return (value, at, faults) => {
    if (typeof value !== 'string') return refuseType(faults, at, 'error.expected.jsstring');
    const wanted = value.toLowerCase();
    return (
      texts.find((known) => known.toLowerCase() === wanted) ??
      refuse(faults, at, `expected one of: ${texts.join(', ')}`)
    );
  };
}

/** A text that a conversion understands; it answers undefined for others. */
export function converted<T>(convert: (text: string) => T | undefined, fault: string): Shape<T> {
  return (value, at, faults) => {
    if (typeof value !== 'string') return refuseType(faults, at, 'error.expected.jsstring');
    return convert(value) ?? refuse(faults, at, fault);
  };
}

export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, at, faults) => {
    if (!Array.isArray(value)) return refuseType(faults, at, 'error.expected.jsarray');
    const read = value.map((entry: unknown, index) => item(entry, `${at}(${index})`, faults));
    return read.every((entry) => entry !== undefined) ? read : undefined;
  };
}

/** A list that is a set: what is there twice counts once. */
export function setOf<T>(item: Shape<T>): Shape<readonly T[]> {
  const list = listOf(item);
  return (value, at, faults) => {
    const read = list(value, at, faults);
    if (read === undefined || read.length < 2) return read;
    return [...new Map(read.map((entry) => [JSON.stringify(entry), entry])).values()];
  };
}

export function mapOf<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at, faults) => {
    if (!isObject(value)) return refuseType(faults, at, 'error.expected.jsobject');
    const entries = Object.entries(value).map(
      ([key, entry]) => [key, item(entry, `${at}/${key}`, faults)] as const,
    );
    if (entries.some(([, entry]) => entry === undefined)) return undefined;
    return Object.fromEntries(entries) as Readonly<Record<string, T>>;
  };
}

/** A field that must be there. */
export function required<T>(shape: Shape<T>): Shape<T> {
  return (value, at, faults) =>
    isAbsent(value) ? refuse(faults, at, 'not defined') : shape(value, at, faults);
}

/** A field that takes `fallback` when it is not given. */
export function defaulted<T>(shape: Shape<T>, fallback: T): Shape<T> {
  return (value, at, faults) => (isAbsent(value) ? fallback : shape(value, at, faults));
}

/** The first shape that fits; `message` for a value that none does. */
export function either<A, B>(
  first: Shape<A>,
  second: Shape<B>,
  message: (value: unknown) => string,
): Shape<A | B> {
  return (value, at, faults) => {
    const tried: Fault[] = [];
    const one = first(value, at, tried);
    if (tried.length === 0) return one;
    // An object is surely meant for the shape of objects, so that shape's faults are the useful
    // ones.
    const other: Fault[] = [];
    const two = second(value, at, other);
    if (other.length === 0) return two;
    if (!isObject(value)) return refuse(faults, at, message(value));
    faults.push(...(other.every(({path}) => path === at) ? tried : other));
    return undefined;
  };
}

/**
 * An object: `always` holds required and defaulted fields, `maybe` those that may be absent. Other
 * fields are left out, as Marathon does.
 */
export function object<A extends Shapes, M extends Shapes>(
  always: A,
  maybe: M,
): Shape<ObjectOf<A, M>> {
  const solid = Object.entries(always);
  const optional = Object.entries(maybe);
  return (value, at, faults) => {
    if (!isObject(value)) return refuseType(faults, at, 'error.expected.jsobject');
    const before = faults.length;
    const out: Record<string, unknown> = {};
    for (const [name, shape] of solid) {
      out[name] = shape(own(value, name), `${at}/${name}`, faults);
    }
    for (const [name, shape] of optional) {
      const given = own(value, name);
      if (!isAbsent(given)) out[name] = shape(given, `${at}/${name}`, faults);
    }
    return faults.length === before ? (out as ObjectOf<A, M>) : undefined;
  };
}

function own(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
