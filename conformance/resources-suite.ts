/** Suite `resources`: operations on resources, their parts and their values. */
import {
  addQuantities,
  addRanges,
  addResources,
  allocatableTo,
  allocate,
  allocatedTo,
  applyOperation,
  containsLimits,
  containsQuantities,
  containsResources,
  downgrade,
  entriesOf,
  equalRanges,
  equalResources,
  findResources,
  isCounted,
  limitsMinus,
  makeRandom,
  named,
  nonRevocable,
  nonShared,
  parseAgentResources,
  parseLimits,
  parseQuantities,
  parseValue,
  persistentVolumes,
  popReservation,
  printAmounts,
  printQuantities,
  printRanges,
  pushReservation,
  quantitiesOf,
  readResource,
  reservationAncestor,
  reserved,
  revocable,
  ScalarKinds,
  scalarOf,
  shared,
  shrinkToLimits,
  shrinkToQuantities,
  stripped,
  subtractQuantities,
  subtractRanges,
  subtractResources,
  toUnreserved,
  unallocate,
  unreserved,
  withinLimits,
  type Entry,
  type Quantities,
  type Ranges,
  type Reservation,
  type Resources,
  type Value,
} from '../engine/index.ts';
import {
  fieldsOf,
  listOf,
  mapOf,
  numberOf,
  operationOf,
  RefusedValue,
  resourcesOf,
  textOf,
  UnknownInCase,
} from './case.ts';
import {isSameValue, nested, OpSuite, type Operation, type Result} from './op-suite.ts';
import type {Suite} from './suite.ts';

export function makeResourcesSuite(config: unknown, seed: number): Suite {
  fieldsOf(config, 'config', []);
  const reader = new Reader();
  const operations = new Map<string, Operation>([
    ...formOperations(reader),
    ...arithmeticOperations(reader),
    ...partOperations(reader),
    ...shrinkOperations(reader, seed),
    ...reservationOperations(reader),
    ...wireOperations(),
    ...valueOperations(),
    ...quantityOperations(reader),
    ...limitOperations(reader),
  ]);
  reader.operations = operations;
  const {kinds} = reader;
  return new OpSuite({operations, kinds, resources: (value) => reader.resources(value)});
}

/** Reads arguments; each may be an operation itself. */
class Reader {
  readonly kinds = new ScalarKinds();
  operations: ReadonlyMap<string, Operation> = new Map();

  /** Text, a map with attributes, a list that is summed up, or an operation. */
  resources(value: unknown): Resources {
    if (Array.isArray(value)) {
      const none: Resources = {scalars: [], ranges: [], sets: [], special: []};
      return value.map((part) => this.resources(part)).reduce(addResources, none);
    }
    const result = nested(this.operations, value);
    if (result === undefined) return resourcesOf(value, this.kinds, 'resources', ['allocation']);
    if (result.kind === 'resources') return result.value;
    throw new UnknownInCase(`${result.kind} where resources are expected`);
  }

  /** A text, or an operation that gives amounts by name. */
  amounts(value: unknown, parse: (text: string) => Quantities): Quantities {
    const result = nested(this.operations, value);
    if (result === undefined) return parse(textOf(value, 'quantities'));
    if (result.kind === 'amounts') return result.value;
    throw new UnknownInCase(`${result.kind} where amounts by name are expected`);
  }

  quantities(value: unknown): Quantities {
    return this.amounts(value, quantitiesFrom);
  }

  limits(value: unknown): Quantities {
    return this.amounts(value, limitsFrom);
  }
}

type Named = readonly (readonly [name: string, operation: Operation])[];

const plain = (value: unknown): Result => ({kind: 'plain', value});
const resources = (value: Resources): Result => ({kind: 'resources', value});
const amounts = (value: Quantities): Result => ({kind: 'amounts', value});

const ranges = (value: Ranges): Result => ({
  kind: 'manyWays',
  value: printRanges(value),
  isSame: (expected) => equalRanges(value, rangesOf(expected)),
});

/** A set as a list, in any order. */
const members = (value: readonly string[]): Result => ({
  kind: 'manyWays',
  value,
  isSame: (expected) => isSameSet(value, expected),
});

function isSameSet(items: readonly string[], expected: unknown): boolean {
  const others = listOf(expected, 'is').map((item) => textOf(item, 'is'));
  return isSameValue([...items].sort(), others.sort());
}

function rangesOf(text: unknown): Ranges {
  const {value} = must(parseValue(textOf(text, 'ranges')));
  if (value.type === 'RANGES') return value.ranges;
  throw new UnknownInCase(`'${String(text)}' where ranges are expected`);
}

/** An operation of a fixed number of arguments. */
function of(count: number, run: Operation['run']): Operation {
  return {least: count, most: count, run};
}

function atLeast(least: number, run: Operation['run']): Operation {
  return {least, most: Infinity, run};
}

/** What a parser or an operation of the engine gave, or its refusal as an error of the step. */
function must<T extends {readonly ok: true}>(
  result: T | {readonly ok: false; readonly message: string},
): T {
  if (result.ok) return result;
  throw new RefusedValue(result.message);
}

function quantitiesFrom(text: string): Quantities {
  return must(parseQuantities(text)).quantities;
}

function limitsFrom(text: string): Quantities {
  return must(parseLimits(text)).limits;
}

function formOperations(reader: Reader): Named {
  const {kinds} = reader;
  const entries = (value: unknown): readonly Entry[] => entriesOf(reader.resources(value), kinds);
  return [
    [
      'parse',
      {
        least: 1,
        most: 2,
        run: ([text, role = '*']) => {
          const parsed = parseAgentResources(textOf(text, 'parse'), textOf(role, 'role'));
          return resources(kinds.compile(must(parsed).amounts));
        },
      },
    ],
    ['print', of(1, ([value]) => plain(printAmounts(kinds.describe(reader.resources(value)))))],
    [
      'entries',
      of(1, ([value]) => plain(entries(value).reduce((sum, entry) => sum + thingsOf(entry), 0))),
    ],
    ['names', of(1, ([value]) => plain([...new Set(entries(value).map(nameOf))].sort()))],
    [
      'types',
      of(1, ([value]) =>
        plain(Object.fromEntries(entries(value).map((entry) => [nameOf(entry), typeOf(entry)]))),
      ),
    ],
    ['count', of(2, ([value, one]) => plain(countOf(entries(value), entries(one))))],
    ['scalar', of(2, ([value, name]) => plain(scalarNamed(reader.resources(value), name, kinds)))],
  ];
}

const nameOf = ({special}: Entry): string => special.name;

/** How many entries it is for Mesos: copies of a shared volume are one. */
function thingsOf({special, copies}: Entry): number {
  return special.shared === true ? 1 : copies;
}

function typeOf({ranges, items}: Entry): string {
  if (ranges.length > 0) return 'RANGES';
  return items.length > 0 ? 'SET' : 'SCALAR';
}

/** Copies of a shared entry; 1 for another one that is there with just this amount. */
function countOf(entries: readonly Entry[], wanted: readonly Entry[]): number {
  const [one, ...others] = wanted;
  if (one === undefined || others.length > 0) throw new UnknownInCase('count: not one entry');
  const held = entries.find(
    (entry) => entry.special.key === one.special.key && typeOf(entry) === typeOf(one),
  );
  if (held === undefined) return 0;
  if (held.special.shared === true) return held.copies;
  if (isCounted(held.special)) return 1;
  const isEqual =
    held.scalar === one.scalar &&
    held.ranges.join() === one.ranges.join() &&
    held.items.join() === one.items.join();
  return isEqual ? 1 : 0;
}

/** The sum of the scalars of a name; `null` for none. */
function scalarNamed(value: Resources, name: unknown, kinds: ScalarKinds): number | null {
  const fixed = scalarOf(stripped(value), kinds.indexOf(textOf(name, 'name')));
  return fixed === 0 ? null : fixed / 1000;
}

function arithmeticOperations(reader: Reader): Named {
  const read = (value: unknown): Resources => reader.resources(value);
  const all = (args: readonly unknown[]): readonly Resources[] => args.map(read);
  return [
    ['add', atLeast(1, (args) => resources(all(args).reduce(addResources)))],
    ['subtract', atLeast(2, (args) => resources(all(args).reduce(subtractResources)))],
    [
      'accumulate',
      of(3, ([start, increment, count]) => {
        const step = read(increment);
        const times = numberOf(count, 'accumulate');
        const move = times > 0 ? addResources : subtractResources;
        let sum = read(start);
        for (let done = 0; done < Math.abs(times); done += 1) sum = move(sum, step);
        return resources(sum);
      }),
    ],
    ['equal', of(2, ([left, right]) => plain(equalResources(read(left), read(right))))],
    ['contains', of(2, ([outer, inner]) => plain(containsResources(read(outer), read(inner))))],
    [
      'allDifferent',
      atLeast(1, (args) => {
        const list = all(args);
        return plain(
          list.every((one, at) => !list.slice(at + 1).some((other) => equalResources(one, other))),
        );
      }),
    ],
    [
      'containsQuantities',
      of(2, ([outer, inner]) => {
        const held = quantitiesOf(read(outer), reader.kinds);
        return plain(containsQuantities(held, reader.quantities(inner)));
      }),
    ],
  ];
}

/** Parts of resources: each by itself, or with a role. */
function partOperations(reader: Reader): Named {
  const parts: readonly (readonly [string, (value: Resources) => Resources])[] = [
    ['unreserved', unreserved],
    ['toUnreserved', toUnreserved],
    ['revocable', revocable],
    ['nonRevocable', nonRevocable],
    ['shared', shared],
    ['nonShared', nonShared],
    ['persistentVolumes', persistentVolumes],
    ['stripped', stripped],
    ['unallocate', unallocate],
  ];
  const {kinds} = reader;
  const forRole: readonly (readonly [string, (value: Resources, role: string) => Resources])[] = [
    ['allocatableTo', allocatableTo],
    ['allocate', (value, role) => allocate(value, role, kinds)],
    ['allocatedTo', allocatedTo],
    ['named', (value, name) => named(value, name, kinds.indexOf(name))],
  ];
  const read = (value: unknown): Resources => reader.resources(value);
  return [
    ...parts.map(
      ([name, part]) => [name, of(1, ([value]) => resources(part(read(value))))] as const,
    ),
    ...forRole.map(
      ([name, part]) =>
        [name, of(2, ([value, role]) => resources(part(read(value), textOf(role, name))))] as const,
    ),
    [
      'reserved',
      {
        least: 1,
        most: 2,
        run: ([value, role]) =>
          resources(reserved(read(value), role === undefined ? role : textOf(role, 'role'))),
      },
    ],
    [
      'find',
      of(2, ([value, target]) => {
        const found = findResources(read(value), read(target), kinds);
        return found === undefined ? plain(null) : resources(found);
      }),
    ],
  ];
}

function shrinkOperations(reader: Reader, seed: number): Named {
  const {kinds} = reader;
  const random = makeRandom(seed, 'shrink');
  return [
    [
      'shrinkToQuantities',
      of(2, ([value, most]) => {
        const quantities = reader.quantities(most);
        return resources(shrinkToQuantities(reader.resources(value), quantities, kinds, random));
      }),
    ],
    [
      'shrinkToLimits',
      of(2, ([value, most]) => {
        const limits = reader.limits(most);
        return resources(shrinkToLimits(reader.resources(value), limits, kinds, random));
      }),
    ],
  ];
}

function reservationOperations(reader: Reader): Named {
  const read = (value: unknown): Resources => reader.resources(value);
  return [
    [
      'pushReservation',
      of(2, ([value, reservation]) => {
        const pushed = pushReservation(read(value), reservationOf(reservation), reader.kinds);
        return resources(must(pushed).resources);
      }),
    ],
    ['popReservation', of(1, ([value]) => resources(must(popReservation(read(value))).resources))],
    [
      'reservationAncestor',
      of(2, ([left, right]) => resources(reservationAncestor(read(left), read(right)))),
    ],
    [
      'apply',
      of(2, ([value, operation]) => {
        const wanted = operationOf(operation, 'apply', read);
        return resources(must(applyOperation(read(value), wanted)).resources);
      }),
    ],
  ];
}

function reservationOf(value: unknown): Reservation {
  const what = 'reservation';
  const fields = fieldsOf(value, what, ['type', 'role'], ['principal', 'labels']);
  const {principal, labels} = fields;
  const type = textOf(fields['type'], what);
  if (type !== 'STATIC' && type !== 'DYNAMIC') throw new UnknownInCase(`${what}: type ${type}`);
  return {
    type,
    role: textOf(fields['role'], what),
    principal: principal === undefined ? undefined : textOf(principal, what),
    labels:
      labels === undefined
        ? undefined
        : Object.entries(mapOf(labels, what)).map(([key, text]) => [
            key,
            text === null ? null : textOf(text, what),
          ]),
  };
}

function wireOperations(): Named {
  return [
    [
      'validate',
      of(1, ([wire]) => {
        must(readResource(wire));
        return plain('valid');
      }),
    ],
    [
      'downgrade',
      of(1, ([wire]) => plain(must(downgrade(must(readResource(wire)).resource)).resource)),
    ],
  ];
}

function valueOperations(): Named {
  const items = (text: unknown): readonly string[] => {
    const {value} = must(parseValue(textOf(text, 'set')));
    if (value.type === 'SET') return value.items;
    throw new UnknownInCase(`'${String(text)}' where a set is expected`);
  };
  return [
    ['parseValue', of(1, ([text]) => valueOf(must(parseValue(textOf(text, 'value'))).value))],
    ['addRanges', of(2, ([l, r]) => ranges(addRanges(rangesOf(l), rangesOf(r))))],
    ['subtractRanges', of(2, ([l, r]) => ranges(subtractRanges(rangesOf(l), rangesOf(r))))],
    [
      'subtractSet',
      of(2, ([left, right]) => {
        const taken = items(right);
        return members(items(left).filter((item) => !taken.includes(item)));
      }),
    ],
  ];
}

/** A value as a case writes it: `{type, value}`. */
function valueOf(value: Value): Result {
  const own = contentOf(value);
  return {
    kind: 'manyWays',
    value: {type: value.type, value: own.value},
    isSame: (expected) => {
      const fields = fieldsOf(expected, 'is', ['type', 'value']);
      if (fields['type'] !== value.type) return false;
      const {value: wanted} = fields;
      return own.kind === 'manyWays' ? own.isSame(wanted) : isSameValue(own.value, wanted);
    },
  };
}

function contentOf(value: Value): Result {
  switch (value.type) {
    case 'SCALAR':
      return plain(value.number);
    case 'RANGES':
      return ranges(value.ranges);
    case 'SET':
      return members(value.items);
    case 'TEXT':
      return plain(value.text);
  }
}

function quantityOperations(reader: Reader): Named {
  const read = (value: unknown): Quantities => reader.quantities(value);
  return [
    ['quantities', of(1, ([text]) => amounts(quantitiesFrom(textOf(text, 'quantities'))))],
    [
      'quantitiesOf',
      of(1, ([value]) => amounts(quantitiesOf(reader.resources(value), reader.kinds))),
    ],
    ['addQuantities', atLeast(1, (args) => amounts(args.map(read).reduce(addQuantities)))],
    [
      'subtractQuantities',
      of(2, ([left, right]) => amounts(subtractQuantities(read(left), read(right)))),
    ],
    [
      'quantitiesContain',
      of(2, ([outer, inner]) => plain(containsQuantities(read(outer), read(inner)))),
    ],
    ['printQuantities', of(1, ([value]) => plain(printQuantities(read(value))))],
  ];
}

function limitOperations(reader: Reader): Named {
  const limits = (value: unknown): Quantities => reader.limits(value);
  const quantities = (value: unknown): Quantities => reader.quantities(value);
  return [
    ['limits', of(1, ([text]) => amounts(limitsFrom(textOf(text, 'limits'))))],
    [
      'limitsMinus',
      of(2, ([left, right]) => amounts(limitsMinus(limits(left), quantities(right)))),
    ],
    [
      'limitsContain',
      of(2, ([outer, inner]) => plain(containsLimits(limits(outer), limits(inner)))),
    ],
    [
      'limitsContainQuantities',
      of(2, ([outer, inner]) => plain(withinLimits(limits(outer), quantities(inner)))),
    ],
  ];
}
