/** From zod's issues to one message per slip, with the path of the field as people write it. */
import type {z} from 'zod';
import {foundText} from './fields.ts';

export type FieldPath = readonly (string | number)[];

/** A problem before its place in a file is known. */
export interface FieldProblem {
  readonly path: FieldPath;
  readonly message: string;
  /** The problem is the field's name, not its value. */
  readonly ofName?: boolean;
}

type Issue = z.core.$ZodIssue;
type UnionIssue = Extract<Issue, {code: 'invalid_union'}>;

/** `cluster.agents[2].resources`; names that are no plain words are quoted. */
export function pathText(path: FieldPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** The value at a path; `undefined` where there is none. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** All problems that zod's issues stand for; `root` is the value that was parsed. */
export function problemsOf(issues: readonly Issue[], root: unknown): FieldProblem[] {
  return problemsBelow(issues, [], root);
}

/** Where a field is unknown, what else is said of the map around it would only repeat that. */
function problemsBelow(issues: readonly Issue[], above: FieldPath, root: unknown): FieldProblem[] {
  const unknown = new Set(
    issues.filter(({code}) => code === 'unrecognized_keys').map(({path}) => path.join('/')),
  );
  return issues
    .filter(({code, path}) => code !== 'custom' || !unknown.has(path.join('/')))
    .flatMap((issue) => problemsOfIssue(issue, above, root));
}

function problemsOfIssue(issue: Issue, above: FieldPath, root: unknown): FieldProblem[] {
  const path = [...above, ...(issue.path as (string | number)[])];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const lines = issue.message.split('\n');
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        message: lines[index] ?? 'unknown field',
        ofName: true,
      }));
    }
    case 'invalid_union':
      return problemsOfUnion(issue, path, root);
    case 'invalid_key':
      return [{path, message: issue.issues[0]?.message ?? issue.message, ofName: true}];
    default:
      return [{path, message: messageOf(issue, valueAt(root, path))}];
  }
}

/**
 * The problems of the alternative that was most likely meant. When several are as likely, the
 * union's own text (ours begin with `expected`) says what can stand there.
 */
function problemsOfUnion(issue: UnionIssue, path: FieldPath, root: unknown): FieldProblem[] {
  const value = valueAt(root, path);
  const distances = issue.errors.map((errors) => distanceOf(errors, value));
  const closest = Math.min(...distances);
  const best = issue.errors.filter((_, index) => distances[index] === closest);
  const [only, ...others] = best;
  if (only !== undefined && others.length === 0) {
    return problemsBelow(only, path, root);
  }
  if (value === undefined) return [{path, message: `missing: ${expectedText(issue, best)}`}];
  return [{path, message: `${expectedText(issue, best)}, found ${unionFoundText(value)}`}];
}

function expectedText(issue: UnionIssue, alternatives: readonly Issue[][]): string {
  if (issue.message.startsWith('expected')) return issue.message.replace(/, found .*$/, '');
  const kinds = alternatives.map(([first]) =>
    first?.code === 'invalid_type' ? KIND_TEXTS[first.expected] : undefined,
  );
  return `expected ${[...new Set(kinds.filter((kind) => kind !== undefined))].join(' or ')}`;
}

/** For a map that fits no alternative its fields say more than "a map". */
function unionFoundText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return foundText(value);
  const names = Object.keys(value);
  return names.length === 0 ? 'an empty map' : names.join(', ');
}

/**
 * How far a value is from an alternative. A wrong kind of value weighs most, then what is wrong
 * with the value as a whole, then missing and unknown fields; a wrong value in a known field weighs
 * least, because the field's name shows which alternative was meant.
 */
function distanceOf(errors: readonly Issue[], value: unknown): number {
  let distance = 0;
  for (const error of errors) {
    const isWhole = error.path.length === 0;
    if (error.code === 'unrecognized_keys') distance += 10 * error.keys.length;
    else if (isWhole && (error.code !== 'custom' || isWrongKind(error, value))) distance += 1000;
    else if (isWhole) distance += 50;
    else if (valueAt(value, error.path as FieldPath) === undefined) distance += 10;
    else distance += 1;
  }
  return distance;
}

function isWrongKind(error: Extract<Issue, {code: 'custom'}>, value: unknown): boolean {
  return error.params?.['isLeaf'] === true && typeof value === 'object' && value !== null;
}

const KIND_TEXTS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map of fields',
  record: 'a map of fields',
};

interface Bound {
  readonly inclusive?: boolean | undefined;
}

const atLeast = ({inclusive}: Bound): string => (inclusive === true ? 'of at least' : 'above');
const atMost = ({inclusive}: Bound): string => (inclusive === true ? 'of at most' : 'below');

function messageOf(issue: Issue, value: unknown): string {
  const found = foundText(value);
  switch (issue.code) {
    case 'invalid_type': {
      const expected = KIND_TEXTS[issue.expected] ?? issue.expected;
      return value === undefined
        ? `missing: expected ${expected}`
        : `expected ${expected}, found ${found}`;
    }
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      const expected = issue.values.length === 1 ? values : `one of ${values}`;
      return value === undefined
        ? `missing: expected ${expected}`
        : `expected ${expected}, found ${found}`;
    }
    case 'too_small':
      if (issue.origin === 'string') return 'expected a text that is not empty';
      if (issue.origin === 'array') return `expected at least ${issue.minimum} in the list`;
      return `expected a number ${atLeast(issue)} ${issue.minimum}, found ${found}`;
    case 'too_big':
      if (issue.origin === 'array') return `expected at most ${issue.maximum} in the list`;
      return `expected a number ${atMost(issue)} ${issue.maximum}, found ${found}`;
    default:
      return issue.message;
  }
}
