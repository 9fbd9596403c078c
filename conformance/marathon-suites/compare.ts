/**
 * How results are compared with what a case expects (`conformance/marathon/README.md`, section 2).
 * Every comparison answers with all that differs; an empty list means that it holds.
 */
import {UnknownInCase} from '../case.ts';

/** One place where a result is not what was expected. */
export interface Mismatch {
  /** Dotted, positions in lists as numbers; empty for the whole. */
  readonly path: string;
  /** Undefined: nothing should be there. */
  readonly expected: unknown;
  /** Undefined: nothing is there. */
  readonly actual: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A result as it would be read from JSON: what is undefined is not there. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** Deep equality; keys in any order, elements of lists in theirs. */
export function exact(expected: unknown, actual: unknown, path = ''): readonly Mismatch[] {
  const judged = judgePlaceholder(expected, actual, path);
  if (judged !== undefined) return judged;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [{path, expected, actual}];
    return eachPosition(expected, actual, path, exact);
  }
  if (!isFields(expected)) return expected === actual ? [] : [{path, expected, actual}];
  if (!isFields(actual)) return [{path, expected, actual}];
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    if (!Object.hasOwn(expected, name)) {
      return [{path: below(path, name), expected: undefined, actual: actual[name]}];
    }
    return exact(expected[name], actual[name], below(path, name));
  });
}

/** Where elements of a list are searched for instead of compared one by one. */
export interface SubsetOptions {
  /** Names of fields whose lists are searched: each element that is expected must fit one. */
  readonly searched?: ReadonlySet<string> | undefined;
}

/**
 * Every field that is expected is there and equal, recursively; lists have the same length, and
 * their elements are compared in the same way. `null` means no value.
 */
export function subset(
  expected: unknown,
  actual: unknown,
  path = '',
  options: SubsetOptions = {},
): readonly Mismatch[] {
  const judged = judgePlaceholder(expected, actual, path);
  if (judged !== undefined) return judged;
  if (expected === null) {
    return actual === null || actual === undefined ? [] : [{path, expected, actual}];
  }
  const inner = (want: unknown, got: unknown, at: string): readonly Mismatch[] =>
    subset(want, got, at, options);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [{path, expected, actual}];
    const name = path.slice(path.lastIndexOf('.') + 1);
    if (options.searched?.has(name) !== true) return eachPosition(expected, actual, path, inner);
    const fits = (want: unknown): boolean =>
      actual.some((got) => inner(want, got, '').length === 0);
    return expected.filter((want) => !fits(want)).map((want) => ({path, expected: [want], actual}));
  }
  if (!isFields(expected)) return expected === actual ? [] : [{path, expected, actual}];
  if (!isFields(actual)) return [{path, expected, actual}];
  return Object.entries(expected).flatMap(([name, value]) =>
    inner(value, actual[name], below(path, name)),
  );
}

/** None of these dotted paths exists; `at` is where the paths begin, for the message. */
export function absent(paths: readonly string[], actual: unknown, at = ''): readonly Mismatch[] {
  return paths.flatMap((path) => {
    const found = valueAt(actual, path);
    return found === undefined ? [] : [{path: below(at, path), expected: undefined, actual: found}];
  });
}

/** The same elements, in any order and however often. */
export function sameSet(
  expected: readonly unknown[],
  actual: readonly unknown[] | undefined,
  path: string,
): readonly Mismatch[] {
  const [want, got] = [setText(expected), setText(actual ?? [])];
  return actual !== undefined && want === got ? [] : [{path, expected, actual}];
}

/** All of `expected` are among `actual`. */
export function includes(
  expected: readonly unknown[],
  actual: readonly unknown[] | undefined,
  path: string,
): readonly Mismatch[] {
  const there = new Set((actual ?? []).map((item) => canonicalText(item)));
  const missing = expected.filter((item) => !there.has(canonicalText(item)));
  return missing.length === 0 ? [] : [{path, expected: missing, actual}];
}

/** One of several right answers. */
export function oneOf(
  choices: readonly unknown[],
  actual: unknown,
  path: string,
): readonly Mismatch[] {
  if (choices.some((choice) => exact(choice, actual).length === 0)) return [];
  return [{path, expected: {oneOf: choices}, actual}];
}

/** The value at a dotted path; undefined if there is none. The empty path is the whole. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '') return value;
  return path.split('.').reduce<unknown>((inner, name) => {
    if (Array.isArray(inner)) return /^\d+$/.test(name) ? inner[Number(name)] : undefined;
    return isFields(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined;
  }, value);
}

/** What differs, a line each. */
export function mismatchText({path, expected, actual}: Mismatch): string {
  const where = path === '' ? '' : `${path}: `;
  return `${where}expected ${shown(expected)}, got ${shown(actual)}`;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function below(path: string, name: string | number): string {
  return path === '' ? `${name}` : `${path}.${name}`;
}

function eachPosition(
  expected: readonly unknown[],
  actual: readonly unknown[],
  path: string,
  compare: (expected: unknown, actual: unknown, path: string) => readonly Mismatch[],
): readonly Mismatch[] {
  if (expected.length !== actual.length) return [{path, expected, actual}];
  return expected.flatMap((item, at) => compare(item, actual[at], below(path, at)));
}

/** Equal exactly for equal values; keys in order. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isFields(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

function setText(items: readonly unknown[]): string {
  return [...new Set(items.map((item) => canonicalText(item)))].sort().join('\n');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** What `expected` says if it is a placeholder; undefined if it is none. */
function judgePlaceholder(
  expected: unknown,
  actual: unknown,
  path: string,
): readonly Mismatch[] | undefined {
  if (typeof expected !== 'string' || !/^<[^<>]*>$/.test(expected)) return undefined;
  return fitsPlaceholder(expected, actual) ? [] : [{path, expected, actual}];
}

function fitsPlaceholder(placeholder: string, actual: unknown): boolean {
  switch (placeholder) {
    case '<uuid>':
      return typeof actual === 'string' && UUID.test(actual);
    case '<timestamp>':
      return typeof actual === 'string' && TIMESTAMP.test(actual);
    case '<string>':
      return typeof actual === 'string';
    case '<object>':
      return isFields(actual);
    case '<absent>':
      return actual === undefined;
    default: {
      const range = /^<port (\d+)-(\d+)>$/.exec(placeholder);
      if (range === null) throw new UnknownInCase(`unknown placeholder '${placeholder}'`);
      const port = typeof actual === 'number' && Number.isInteger(actual) ? actual : NaN;
      return port >= Number(range[1]) && port <= Number(range[2]);
    }
  }
}
