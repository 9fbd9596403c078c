/**
 * Shapes that take what Chronos' JSON library takes: a number for a text, "0.5" for a number, 1 for
 * true. Unlike Chronos, which turns what cannot be read into 0, false or an empty text, they refuse
 * it (reference part 1.1).
 */
import {refuse, type Fault, type Shape} from '../../json/json-shape.ts';

export interface LooseTextRule {
  readonly pattern?: RegExp;
  readonly isFilled?: true;
}

export function looseText({pattern, isFilled}: LooseTextRule = {}): Shape<string> {
  return (value, at, faults) => {
    const text = textOf(value);
    if (text === undefined) return refuse(faults, at, 'expected a text');
    if (isFilled === true && text === '') return refuse(faults, at, 'must not be empty');
    if (pattern?.test(text) === false) return refuse(faults, at, `must match ${pattern.source}`);
    return text;
  };
}

export function looseNumber(min: number, max: number): Shape<number> {
  return (value, at, faults) => bounded(numberOf(value), [min, max], at, faults);
}

/** What is behind the point is cut off. */
export function looseInteger(min: number, max: number): Shape<number> {
  return (value, at, faults) => {
    const given = numberOf(value);
    return bounded(given === undefined ? undefined : Math.trunc(given), [min, max], at, faults);
  };
}

export const looseFlag: Shape<boolean> = (value, at, faults) => {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (value === 'true' || value === 'false') return value === 'true';
  return refuse(faults, at, 'expected true or false');
};

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return NUMBER.test(text) ? Number(text) : undefined;
}

function bounded(
  value: number | undefined,
  [min, max]: readonly [number, number],
  at: string,
  faults: Fault[],
): number | undefined {
  if (value === undefined || !Number.isFinite(value)) {
    return refuse(faults, at, 'expected a number');
  }
  if (value < min) return refuse(faults, at, `must be at least ${min}`);
  if (value > max) return refuse(faults, at, `must be at most ${max}`);
  // There is no negative zero in a job.
  return value + 0;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['error.expected.jsarray', 'expected a list'],
  ['error.expected.jsobject', 'expected an object'],
  ['error.expected.jsstring', 'expected a text'],
]);

/** The codes of Marathon's API in words: Chronos' clients show messages to people. */
export function inWords({path, message}: Fault): Fault {
  return {path, message: TYPES.get(message) ?? message};
}
