/**
 * Steps of the form `{op, args, is}`, in suites that are nothing but operations: what an operation
 * gives, and whether it is what the case expects.
 */
import {
  equalResources,
  printQuantities,
  type Quantities,
  type Resources,
  type ScalarKinds,
} from '../engine/index.ts';
import {
  canonicalOf,
  Difference,
  fieldsOf,
  isSameNumber,
  listOf,
  mapOf,
  numberOf,
  RefusedValue,
  textOf,
  UnknownInCase,
} from './case.ts';
import type {Suite} from './suite.ts';

/** What an operation gives. */
export type Result =
  | {readonly kind: 'resources'; readonly value: Resources}
  /** By name, in thousandths. */
  | {readonly kind: 'amounts'; readonly value: Quantities}
  | {readonly kind: 'plain'; readonly value: unknown}
  /** What a case may write in several ways. */
  | {
      readonly kind: 'manyWays';
      readonly value: unknown;
      readonly isSame: (expected: unknown) => boolean;
    };

/** An operation with from `least` to `most` arguments. */
export interface Operation {
  readonly least: number;
  readonly most: number;
  /** @throws RefusedValue when the engine refuses */
  readonly run: (args: readonly unknown[]) => Result;
}

export type Operations = ReadonlyMap<string, Operation>;

/** What a suite of operations is made of. */
export interface Language {
  readonly operations: Operations;
  readonly kinds: ScalarKinds;
  /** Resources as the case writes them. */
  readonly resources: (value: unknown) => Resources;
}

/**
 * Makes an operation.
 * @throws RefusedValue when the engine refuses
 */
function apply(operations: Operations, op: unknown, args: unknown): Result {
  const name = textOf(op, 'op');
  const operation = operations.get(name);
  if (operation === undefined) throw new UnknownInCase(`unknown operation '${name}'`);
  const list = listOf(args ?? [], `args of ${name}`);
  if (list.length < operation.least || list.length > operation.most) {
    throw new UnknownInCase(`${name}: ${list.length} arguments`);
  }
  return operation.run(list);
}

/** What an argument gives that is an operation itself; `undefined` for any other. */
export function nested(operations: Operations, value: unknown): Result | undefined {
  if (typeof value !== 'object' || value === null || !('op' in value)) return undefined;
  const {op, args} = fieldsOf(value, 'argument', ['op', 'args']);
  return apply(operations, op, args);
}

export class OpSuite implements Suite {
  readonly #language: Language;

  constructor(language: Language) {
    this.#language = language;
  }

  flagsOf(): readonly string[] {
    return ['args', 'is', 'error', 'isOneOf', 'runs', 'eachSeen'];
  }

  step(name: string, op: unknown, beside: Readonly<Record<string, unknown>>): void {
    if (name !== 'op') throw new UnknownInCase(`unknown step '${name}'`);
    const {args, error} = beside;
    const expected = ['is', 'error', 'isOneOf'].filter((flag) => flag in beside);
    if (expected.length !== 1) {
      throw new UnknownInCase(`${String(op)}: expected one of 'is', 'error' and 'isOneOf'`);
    }
    if (('runs' in beside || 'eachSeen' in beside) && !('isOneOf' in beside)) {
      throw new UnknownInCase(`${String(op)}: 'runs' and 'eachSeen' belong to 'isOneOf'`);
    }
    if ('error' in beside) this.#expectError(op, args, error);
    else if ('is' in beside) this.#expect(op, args, beside['is']);
    else this.#expectOneOf(op, beside);
  }

  #expectError(op: unknown, args: unknown, error: unknown): void {
    if (error !== true) throw new UnknownInCase(`${String(op)}: 'error' is true or absent`);
    let result: Result;
    try {
      result = apply(this.#language.operations, op, args);
    } catch (caught) {
      if (caught instanceof RefusedValue) return;
      throw caught;
    }
    throw new Difference(`${String(op)}: expected an error, got ${this.#show(result)}`);
  }

  #expect(op: unknown, args: unknown, is: unknown): void {
    const result = this.#applied(op, args);
    if (this.#isSame(result, is)) return;
    const [wanted, got] = [JSON.stringify(is), this.#show(result)];
    throw new Difference(`${String(op)}: expected ${wanted}, got ${got}`);
  }

  #expectOneOf(op: unknown, beside: Readonly<Record<string, unknown>>): void {
    const {args, isOneOf, runs = 1, eachSeen = false} = beside;
    const list = listOf(isOneOf, 'isOneOf');
    const seen = new Set<number>();
    for (let run = 0; run < numberOf(runs, 'runs'); run += 1) {
      const result = this.#applied(op, args);
      const at = list.findIndex((expected) => this.#isSame(result, expected));
      if (at === -1) {
        const [wanted, got] = [JSON.stringify(list), this.#show(result)];
        throw new Difference(`${String(op)}: expected one of ${wanted}, got ${got}`);
      }
      seen.add(at);
    }
    if (eachSeen !== true || seen.size === list.length) return;
    const missing = list.filter((_, at) => !seen.has(at));
    throw new Difference(`${String(op)}: never gave ${JSON.stringify(missing)}`);
  }

  /** Where no refusal is expected. */
  #applied(op: unknown, args: unknown): Result {
    try {
      return apply(this.#language.operations, op, args);
    } catch (error) {
      if (!(error instanceof RefusedValue)) throw error;
      throw new Difference(`${String(op)}: refused: ${error.message}`, {cause: error});
    }
  }

  #isSame(result: Result, expected: unknown): boolean {
    switch (result.kind) {
      case 'resources':
        return (
          expected !== null && equalResources(result.value, this.#language.resources(expected))
        );
      case 'amounts':
        return isSameValue(numbersOf(result.value), mapOf(expected, 'is'));
      case 'plain':
        return isSameValue(result.value, expected);
      case 'manyWays':
        return result.isSame(expected);
    }
  }

  #show(result: Result): string {
    switch (result.kind) {
      case 'resources':
        return canonicalOf(result.value, this.#language.kinds);
      case 'amounts':
        return printQuantities(result.value);
      case 'plain':
      case 'manyWays':
        return JSON.stringify(result.value);
    }
  }
}

function numbersOf(amounts: Quantities): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(amounts).map(([name, fixed]) => [name, fixed / 1000]));
}

/** The same by structure; the order of keys does not count, and numbers may differ by a hair. */
export function isSameValue(left: unknown, right: unknown): boolean {
  if (typeof left === 'number' && typeof right === 'number') return isSameNumber(left, right);
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => isSameValue(item, right[at]));
  }
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  if (left === null || right === null) return left === right;
  if (Array.isArray(left) || Array.isArray(right)) return false;
  const [lefts, rights] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
  if (lefts.size !== rights.size) return false;
  return [...lefts].every(([key, item]) => rights.has(key) && isSameValue(item, rights.get(key)));
}
