/** Suite `resources`: operations on resources, as far as they need no attributes of entries. */
import {
  addRanges,
  addResources,
  containsResources,
  countRanges,
  equalResources,
  NO_RESOURCES,
  parseAmounts,
  printAmounts,
  ScalarKinds,
  scalarOf,
  subtractRanges,
  subtractResources,
  type Ranges,
  type Resources,
} from '../engine/index.ts';
import {
  canonicalOf,
  Difference,
  fieldsOf,
  isSameNumber,
  listOf,
  mapOf,
  numberOf,
  resourcesOf,
  textOf,
  UnknownInCase,
} from './case.ts';
import type {Suite} from './suite.ts';

/** What an operation gives; `error` is a refusal by the engine. */
type Result =
  | {readonly kind: 'resources'; readonly value: Resources}
  | {readonly kind: 'plain'; readonly value: unknown}
  | {readonly kind: 'error'; readonly message: string};

type Operation = (args: readonly unknown[]) => Result;

export function makeResourcesSuite(): Suite {
  return new ResourcesSuite();
}

class ResourcesSuite implements Suite {
  readonly #kinds = new ScalarKinds();
  readonly #operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
    ['parse', (args) => this.#parse(args)],
    ['print', ([value]) => plain(printAmounts(this.#kinds.describe(this.#resources(value))))],
    ['entries', ([value]) => plain(this.#entriesOf(this.#resources(value)).length)],
    ['add', (args) => resources(args.map((arg) => this.#resources(arg)).reduce(addResources))],
    ['subtract', (args) => resources(this.#subtract(args.map((arg) => this.#resources(arg))))],
    ['accumulate', (args) => resources(this.#accumulate(args))],
    ['equal', ([l, r]) => plain(equalResources(this.#resources(l), this.#resources(r)))],
    ['contains', ([l, r]) => plain(containsResources(this.#resources(l), this.#resources(r)))],
    ['scalar', ([value, name]) => plain(this.#scalar(value, textOf(name, 'name')))],
    ['named', ([value, name]) => resources(this.#named(this.#resources(value), name))],
    ['names', ([value]) => plain(this.#entriesOf(this.#resources(value)).map(([name]) => name))],
    ['types', ([value]) => plain(Object.fromEntries(this.#entriesOf(this.#resources(value))))],
    ['addRanges', ([l, r]) => plain(this.#printed(addRanges(this.#ranges(l), this.#ranges(r))))],
    [
      'subtractRanges',
      ([l, r]) => plain(this.#printed(subtractRanges(this.#ranges(l), this.#ranges(r)))),
    ],
    ['subtractSet', ([l, r]) => plain(this.#subtractSet(l, r))],
  ]);

  flagsOf(): readonly string[] {
    return ['args', 'is', 'error'];
  }

  step(name: string, op: unknown, beside: Readonly<Record<string, unknown>>): void {
    if (name !== 'op') throw new UnknownInCase(`unknown step '${name}'`);
    const result = this.#apply(op, beside['args']);
    if (beside['error'] === true) {
      if (result.kind === 'error') return;
      throw new Difference(`${String(op)}: expected an error, got ${this.#show(result)}`);
    }
    if (!('is' in beside)) throw new UnknownInCase(`${String(op)}: neither 'is' nor 'error'`);
    const {is} = beside;
    if (this.#isSame(result, is)) return;
    throw new Difference(
      `${String(op)}: expected ${JSON.stringify(is)}, got ${this.#show(result)}`,
    );
  }

  #apply(op: unknown, args: unknown): Result {
    const operation = this.#operations.get(textOf(op, 'op'));
    if (operation === undefined) throw new UnknownInCase(`unknown operation '${String(op)}'`);
    return operation(listOf(args ?? [], `args of ${String(op)}`));
  }

  #isSame(result: Result, expected: unknown): boolean {
    switch (result.kind) {
      case 'resources':
        return equalResources(result.value, this.#resources(expected));
      case 'plain':
        if (typeof result.value === 'number' && typeof expected === 'number') {
          return isSameNumber(result.value, expected);
        }
        return sorted(result.value) === sorted(expected);
      case 'error':
        return false;
    }
  }

  #show(result: Result): string {
    if (result.kind === 'resources') return canonicalOf(result.value, this.#kinds);
    return result.kind === 'plain' ? JSON.stringify(result.value) : `error: ${result.message}`;
  }

  /** Text, a list that is summed up, or another operation. */
  #resources(value: unknown): Resources {
    if (Array.isArray(value)) {
      return value.map((part) => this.#resources(part)).reduce(addResources, NO_RESOURCES);
    }
    if (typeof value !== 'object' || value === null || !('op' in value)) {
      return resourcesOf(value, this.#kinds, 'resources');
    }
    const {op, args} = fieldsOf(value, 'argument', ['op', 'args']);
    const result = this.#apply(op, args);
    if (result.kind === 'resources') return result.value;
    throw new Difference(`${String(op)} as an argument: ${this.#show(result)}`);
  }

  #parse([text, ...others]: readonly unknown[]): Result {
    if (others.length > 0) throw new UnknownInCase('parse: a default role is not known');
    const parsed = parseAmounts(textOf(text, 'parse'));
    if (!parsed.ok) return {kind: 'error', message: parsed.message};
    return resources(this.#kinds.compile(parsed.amounts));
  }

  #entriesOf({scalars, ranges, sets}: Resources): [string, string][] {
    const entries: [string, string][] = [];
    for (const [kind, fixed] of scalars.entries()) {
      if (fixed !== 0) entries.push([this.#kinds.names[kind] ?? '', 'SCALAR']);
    }
    for (const {name} of ranges) entries.push([name, 'RANGES']);
    for (const {name} of sets) entries.push([name, 'SET']);
    return entries.sort((left, right) => (left[0] < right[0] ? -1 : 1));
  }

  /** The engine subtracts scalars only where they are there: what is more is not known to it. */
  #subtract([first = NO_RESOURCES, ...others]: readonly Resources[]): Resources {
    let left = first;
    for (const other of others) {
      for (const [kind, fixed] of other.scalars.entries()) {
        if (fixed <= scalarOf(left, kind)) continue;
        throw new UnknownInCase('subtract: more than there is');
      }
      left = subtractResources(left, other);
    }
    return left;
  }

  #accumulate([start, increment, count]: readonly unknown[]): Resources {
    const step = this.#resources(increment);
    const times = numberOf(count, 'accumulate');
    let sum = this.#resources(start);
    for (let done = 0; done < Math.abs(times); done += 1) {
      sum = times > 0 ? addResources(sum, step) : this.#subtract([sum, step]);
    }
    return sum;
  }

  #scalar(value: unknown, name: string): number | null {
    const fixed = scalarOf(this.#resources(value), this.#kinds.indexOf(name));
    return fixed === 0 ? null : fixed / 1000;
  }

  #named({scalars, ranges, sets}: Resources, name: unknown): Resources {
    const wanted = this.#kinds.indexOf(textOf(name, 'name'));
    return {
      scalars: scalars.map((fixed, kind) => (kind === wanted ? fixed : 0)),
      ranges: ranges.filter((entry) => entry.name === name),
      sets: sets.filter((entry) => entry.name === name),
    };
  }

  #ranges(text: unknown): Ranges {
    return this.#resources(`x:${textOf(text, 'ranges')}`).ranges[0]?.ranges ?? [];
  }

  #printed(ranges: Ranges): string {
    if (countRanges(ranges) === 0) return '[]';
    const value: Resources = {scalars: [], ranges: [{name: 'x', ranges}], sets: []};
    return canonicalOf(value, this.#kinds).slice('x:'.length);
  }

  #subtractSet(left: unknown, right: unknown): readonly string[] {
    const [from, what] = [left, right].map((text) => this.#resources(`x:${textOf(text, 'set')}`));
    return subtractResources(from ?? NO_RESOURCES, what ?? NO_RESOURCES).sets[0]?.items ?? [];
  }
}

const plain = (value: unknown): Result => ({kind: 'plain', value});
const resources = (value: Resources): Result => ({kind: 'resources', value});

/** JSON with the keys of maps in order. */
function sorted(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  const entries = Object.entries(mapOf(value, 'result'));
  return JSON.stringify(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}
