import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {parseAmounts, printAmounts, type Amounts} from './amounts.ts';
import {
  addRanges,
  containsNumber,
  containsRanges,
  countRanges,
  equalRanges,
  makeRanges,
  numberAt,
  printRanges,
  subtractRanges,
  type Ranges,
} from './ranges.ts';
import {printThousandths, SCALAR_MAX, thousandths} from './thousandths.ts';
import {ScalarKinds} from './kinds.ts';
import {
  addResources,
  containsResources,
  equalResources,
  isEmpty,
  NO_RESOURCES,
  scalarOf,
  subtractResources,
  type Resources,
} from './vector.ts';
import {fromWire, toWire} from './wire.ts';

// Scalars.

const roundings: readonly (readonly [value: number, fixed: number | undefined])[] = [
  [0, 0],
  [-0, 0],
  [1, 1000],
  [1.5011, 1501],
  [1.5015, 1502],
  [1.2344, 1234],
  [1.2345, 1235],
  [0.0005, 1],
  [0.0004, undefined],
  [0.00001, undefined],
  [7.6e-313, undefined],
  [99999999999.9994, 99999999999999],
  [1000001, 1000001000],
  [9e12, 9e15],
  [9.1e12, undefined],
  [-1, undefined],
  [-0.0001, undefined],
  [NaN, undefined],
  [Infinity, undefined],
];

for (const [value, fixed] of roundings) {
  test(`${Object.is(value, -0) ? '-0' : value} is ${fixed ?? 'no amount'} in thousandths`, (t) => {
    const got = thousandths(value);
    // Without a sign on nothing: 0 + 0.
    t.is(got === undefined ? undefined : got + 0, fixed);
  });
}

test('thousandths are printed in the shortest decimal form', (t) => {
  const printed = [0, 1, 10, 100, 1000, 1500, 1234, 1000001000, 99999999999999];
  t.deepEqual(printed.map(printThousandths), [
    '0',
    '0.001',
    '0.01',
    '0.1',
    '1',
    '1.5',
    '1.234',
    '1000001',
    '99999999999.999',
  ]);
});

/**
 * Up to 2⁵¹ the quotient in a double is exact enough. Seen to fail when `thousandths` truncates:
 * 1.001 × 1000 is a bit less than 1001.
 */
test('every amount in thousandths is read back from what is printed', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(10_000), fc.nat(2 ** 51)), (fixed) => {
      check.equal(thousandths(Number(printThousandths(fixed))), fixed);
    }),
    {numRuns: 1000},
  );
  t.pass();
});

test('100,000 additions of 1.001 and as many subtractions leave exactly what was there', (t) => {
  const kinds = new ScalarKinds();
  const step = kinds.compile({scalars: {cpus: 1001}});
  let sum = step;
  for (let done = 0; done < 100_000; done += 1) sum = addResources(sum, step);
  t.is(scalarOf(sum, 0), 100_101_001);
  for (let done = 0; done < 100_000; done += 1) sum = subtractResources(sum, step);
  t.true(equalResources(sum, step));
});

test('ten times 0.1 is 1', (t) => {
  const parsed = parseAmounts(Array.from({length: 10}, () => 'cpus:0.1').join(';'));
  t.deepEqual(parsed, {ok: true, amounts: {scalars: {cpus: 1000}, ranges: {}, sets: {}}});
});

// Text.

const texts: readonly (readonly [text: string, printed: string])[] = [
  ['', '{}'],
  [' ; ;', '{}'],
  ['cpus:4;mem:1024;ports:[31000-32000]', 'cpus:4; mem:1024; ports:[31000-32000]'],
  ['mem:1024;cpus:4', 'cpus:4; mem:1024'],
  [' cpus : 4 ; ports : [ 1 - 2 , 4 - 5 ] ', 'cpus:4; ports:[1-2, 4-5]'],
  ['cpus(*):4', 'cpus:4'],
  ['cpus:1;cpus:1.5', 'cpus:2.5'],
  ['cpus:0;ports:[];disks:{}', '{}'],
  ['cpus:1e3;mem:.5;disk:2.', 'cpus:1000; disk:2; mem:0.5'],
  ['cpus:+1', 'cpus:1'],
  ['ports:[7-8, 1-4, [8-10], 4-5]', 'ports:[1-5, 7-10]'],
  ['ports:[1-2];ports:[3-4]', 'ports:[1-4]'],
  ['disks:{b,a,b}', 'disks:{a, b}'],
  ['disks:{a};disks:{b}', 'disks:{a, b}'],
  ['zones:1;disks:{sda1};ports:[1-1]', 'zones:1; ports:[1-1]; disks:{sda1}'],
];

for (const [text, printed] of texts) {
  test(`'${text}' is ${printed}`, (t) => {
    const parsed = parseAmounts(text);
    t.true(parsed.ok);
    if (parsed.ok) t.is(printAmounts(parsed.amounts), printed);
  });
}

const badTexts: readonly (readonly [text: string, message: RegExp])[] = [
  ['cpus', /'cpus' must have the form name:value/],
  [':1', /'' is not a resource name/],
  ['cpus(role1)', /'cpus\(role1\)' must have the form/],
  ['cpus(role1:1', /'cpus\(role1' is not a resource name/],
  ['cpus)(role1:1', /is not a resource name/],
  ['cpus(a b):1', /'a b' is not a name of a role/],
  ['cpus(a/*):1', /'a\/\*' is not a name of a role/],
  ['cpus:1:2', /'cpus': .*'1:2' is neither a number, nor ranges, nor a set/],
  ['cpus:many', /'cpus': bad type/],
  ['cpus:inf', /'cpus': bad type/],
  ['cpus:nan', /'cpus': bad type/],
  ['cpus:infinity', /'cpus': bad type/],
  ['cpus:0x10', /'cpus': bad type/],
  ['cpus:', /'cpus': bad type/],
  ['mem:1;cpus:-1', /'cpus': -1 is negative/],
  ['cpus:0.00001', /'cpus': 0.00001 is not an amount/],
  ['cpus:7.6e-313', /'cpus': 7.6e-313 is not an amount/],
  ['cpus:1e400', /'cpus': 1e400 is not an amount/],
  ['cpus:9e12;cpus:9e12', /'cpus' is more than 9007199254740.991/],
  ['foo:1;foo:[0-1]', /'foo' is given with two different types/],
  ['foo:{a};foo:1', /'foo' is given with two different types/],
  ['disks:{aa,b}}', /'disks': '\{aa,b\}\}' is not a set/],
  ['ports:[1-2]]', /'ports': '\[1-2\]\]' is not a list of ranges/],
  ['ports:[1-2b]', /'ports': '1-2b' is not a range/],
  ['ports:[2-1]', /'ports': '2-1' is not a range/],
  ['ports:[-1-2]', /'ports': '-1-2' is not a range/],
  ['ports:[1]', /'ports': '1' is not a range/],
  ['ports:[1-99999999999999999]', /'ports': '1-99999999999999999' is not a range/],
];

for (const [text, message] of badTexts) {
  test(`'${text}' is refused by name`, (t) => {
    const parsed = parseAmounts(text);
    t.false(parsed.ok);
    if (!parsed.ok) t.regex(parsed.message, message);
  });
}

const names = fc.constantFrom('cpus', 'mem', 'gpus', 'ports', 'disks', '10', '9', 'öl');
const pairs = fc
  .tuple(fc.nat(40), fc.nat(4))
  .map(([begin, more]): readonly [number, number] => [begin, begin + more]);

/** Amounts in no particular order; a name has one type. */
const amountsArbitrary: fc.Arbitrary<Amounts> = fc.record({
  scalars: fc.dictionary(names, fc.nat(5000)),
  ranges: fc.dictionary(
    names.map((name) => `r${name}`),
    fc.array(pairs, {maxLength: 5}),
  ),
  sets: fc.dictionary(
    names.map((name) => `s${name}`),
    fc.array(fc.constantFrom('a', 'b', 'c'), {maxLength: 4}),
  ),
});

/** Seen to fail when a printed set keeps its braces out, and when `toWire` writes thousandths. */
test('what is printed or written as JSON is read back as the same amounts', (t) => {
  const kinds = new ScalarKinds();
  fc.assert(
    fc.property(amountsArbitrary, (amounts) => {
      const resources = kinds.compile(amounts);
      const ways = [
        parseAmounts(printAmounts(amounts).replace('{}', '')),
        fromWire(toWire(amounts)),
      ];
      if (printAmounts(amounts) === '{}') ways.shift();
      for (const back of ways) {
        check.ok(back.ok);
        if (back.ok) check.ok(equalResources(kinds.compile(back.amounts), resources));
      }
      check.ok(equalResources(kinds.compile(kinds.describe(resources)), resources));
    }),
  );
  t.pass();
});

/** Seen to fail when a range may end before it begins, and when a set may hold braces. */
test('parsing never throws, takes only sane amounts, and reads again what it prints', (t) => {
  const word = fc.constantFrom('1', '2', '-', '[', ']', '{', '}', ',', '(*)', '.', 'e', ':', ';');
  const words = fc.array(word, {maxLength: 6}).map((parts) => parts.join(''));
  const bracketed = fc
    .tuple(fc.constantFrom(...['[', '{']), words, fc.constantFrom(...[']', '}']))
    .map((parts) => parts.join(''));
  const spans = fc
    .array(fc.tuple(fc.nat(9), fc.nat(9)), {maxLength: 3})
    .map((bounds) => `[${bounds.map((pair) => pair.join('-')).join(', ')}]`);
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.oneof(words, bracketed, spans).map((value) => `x:${value}`),
        {maxLength: 3},
      )
      .map((parts) => parts.join(';')),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseAmounts(input);
      if (!parsed.ok) return parsed.message !== '';
      const {scalars, ranges = {}, sets = {}} = parsed.amounts;
      for (const fixed of Object.values(scalars)) {
        check.ok(Number.isSafeInteger(fixed) && fixed > 0);
      }
      for (const [begin, end] of Object.values(ranges).flat()) {
        check.ok(begin >= 0 && begin <= end);
      }
      for (const item of Object.values(sets).flat()) check.doesNotMatch(item, /[{}]/);
      const printed = printAmounts(parsed.amounts);
      if (printed === '{}') return true;
      const again = parseAmounts(printed);
      return again.ok && printAmounts(again.amounts) === printed;
    }),
    {numRuns: 3000},
  );
  t.pass();
});

// The JSON form.

test('the v1 JSON form names type and value, scalars before ranges before sets', (t) => {
  const amounts: Amounts = {
    scalars: {mem: 64_000, cpus: 1500},
    ranges: {ports: [[1, 2]]},
    sets: {disks: ['sda']},
  };
  t.deepEqual(toWire(amounts), [
    {name: 'cpus', type: 'SCALAR', scalar: {value: 1.5}},
    {name: 'mem', type: 'SCALAR', scalar: {value: 64}},
    {name: 'ports', type: 'RANGES', ranges: {range: [{begin: 1, end: 2}]}},
    {name: 'disks', type: 'SET', set: {item: ['sda']}},
  ]);
});

const badWires: readonly (readonly [title: string, wire: unknown, message: string])[] = [
  ['no list', {}, 'expected a list of resources'],
  ['an entry that is no object', [null], '[0]: expected an object'],
  ['no name', [{type: 'SCALAR', scalar: {value: 1}}], '[0]: name: expected a non-empty text'],
  ['an empty name', [{name: '', type: 'SCALAR'}], '[0]: name: expected a non-empty text'],
  ['no type', [{name: 'x'}], '[0]: type: expected SCALAR, RANGES or SET'],
  ['a text', [{name: 'x', type: 'TEXT'}], '[0]: type: expected SCALAR, RANGES or SET'],
  [
    'a negative scalar',
    [
      {name: 'cpus', type: 'SCALAR', scalar: {value: 1}},
      {name: 'mem', type: 'SCALAR', scalar: {value: -1}},
    ],
    '[1]: scalar.value: expected an amount of at least 0',
  ],
  [
    'a scalar as text',
    [{name: 'cpus', type: 'SCALAR', scalar: {value: '1'}}],
    '[0]: scalar.value: expected an amount of at least 0',
  ],
  [
    'a sum beyond exactness',
    [
      {name: 'cpus', type: 'SCALAR', scalar: {value: 9e12}},
      {name: 'cpus', type: 'SCALAR', scalar: {value: 9e12}},
    ],
    "[1]: 'cpus' is more than 9007199254740.991",
  ],
  [
    'a range upside down',
    [{name: 'p', type: 'RANGES', ranges: {range: [{begin: 2, end: 1}]}}],
    '[0]: ranges.range: expected {begin, end} pairs',
  ],
  [
    'a range below 0',
    [{name: 'p', type: 'RANGES', ranges: {range: [{begin: -2, end: 1}]}}],
    '[0]: ranges.range: expected {begin, end} pairs',
  ],
  [
    'a range that is nothing',
    [{name: 'p', type: 'RANGES', ranges: {range: [null]}}],
    '[0]: ranges.range: expected {begin, end} pairs',
  ],
  [
    'ranges that are no list',
    [{name: 'p', type: 'RANGES', ranges: {range: 'x'}}],
    '[0]: ranges.range: expected {begin, end} pairs',
  ],
  [
    'a set of numbers',
    [{name: 's', type: 'SET', set: {item: [1]}}],
    '[0]: set.item: expected a list of texts',
  ],
];

for (const [title, wire, message] of badWires) {
  test(`JSON with ${title} is refused, with the place`, (t) => {
    t.deepEqual(fromWire(wire), {ok: false, message});
  });
}

/** Seen to fail before `fromWire` looked at the entries of ranges: it threw on `null`. */
test('reading JSON never throws', (t) => {
  const part = fc.oneof(fc.anything({maxDepth: 3}), fc.constantFrom('x', 1, null));
  const entry = fc.record({
    name: fc.oneof(part, fc.constant('x')),
    type: fc.constantFrom('SCALAR', 'RANGES', 'SET'),
    scalar: fc.oneof(part, fc.record({value: part})),
    ranges: fc.oneof(part, fc.record({range: fc.oneof(part, fc.array(part))})),
    set: fc.oneof(part, fc.record({item: fc.oneof(part, fc.array(part))})),
  });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.array(entry)), (wire) => {
      check.equal(typeof fromWire(wire).ok, 'boolean');
    }),
    {numRuns: 500},
  );
  t.pass();
});

// Ranges against sets of numbers.

const numbersOf = (ranges: Ranges): Set<number> => {
  const numbers = new Set<number>();
  for (let at = 0; at < ranges.length; at += 2) {
    const end = ranges[at + 1] ?? NaN;
    for (let value = ranges[at] ?? NaN; value <= end; value += 1) numbers.add(value);
  }
  return numbers;
};

const rangesOfNumbers = (numbers: readonly number[]): Ranges =>
  makeRanges(numbers.map((value) => [value, value] as const));

const isCanonical = (ranges: Ranges): boolean =>
  ranges.length % 2 === 0 &&
  ranges.every((bound, at) => {
    if (at === 0) return true;
    const before = ranges[at - 1] ?? NaN;
    return at % 2 === 1 ? before <= bound : before + 1 < bound;
  });

const rangesArbitrary = fc.array(pairs, {maxLength: 8}).map(makeRanges);

/**
 * Seen to fail when `append` melts only overlapping and not adjacent ranges, when `subtractRanges`
 * loses what is left before a cut, and when `containsRanges` looks only at the end of an outer
 * range.
 */
test('ranges do what sets of numbers do, and stay sorted and coalesced', (t) => {
  fc.assert(
    fc.property(rangesArbitrary, rangesArbitrary, (left, right) => {
      const [lefts, rights] = [numbersOf(left), numbersOf(right)];
      const sum = addRanges(left, right);
      const difference = subtractRanges(left, right);
      for (const ranges of [left, sum, difference]) check.ok(isCanonical(ranges), ranges.join(' '));
      check.deepEqual(sum, rangesOfNumbers([...lefts, ...rights]));
      check.deepEqual(
        difference,
        rangesOfNumbers([...lefts].filter((value) => !rights.has(value))),
      );
      check.equal(
        containsRanges(left, right),
        [...rights].every((value) => lefts.has(value)),
      );
      check.equal(equalRanges(left, right), [...lefts].join(' ') === [...rights].join(' '));
      check.equal(countRanges(left), lefts.size);
      for (let value = -1; value < 50; value += 1) {
        check.equal(containsNumber(left, value), lefts.has(value));
      }
      const ordered = [...lefts].sort((a, b) => a - b);
      check.deepEqual(
        ordered.map((_, index) => numberAt(left, index)),
        ordered,
      );
      check.equal(numberAt(left, lefts.size), NaN);
    }),
    {numRuns: 500},
  );
  t.pass();
});

test('ranges are printed as Mesos prints them', (t) => {
  t.is(printRanges(makeRanges([])), '[]');
  t.is(
    printRanges(
      makeRanges([
        [31006, 31006],
        [31000, 31004],
      ]),
    ),
    '[31000-31004, 31006-31006]',
  );
});

// Resources.

const kinds = new ScalarKinds();
const resourcesArbitrary = amountsArbitrary.map((amounts) => kinds.compile(amounts));

/** Where names and items do not matter: a resource as a map from name to amount or numbers. */
const flat = ({scalars, ranges, sets}: Resources): Map<string, number> => {
  const out = new Map<string, number>();
  scalars.forEach((fixed, kind) => {
    if (fixed !== 0) out.set(`${kind}`, fixed);
  });
  for (const {name, ranges: spans} of ranges) {
    for (const value of numbersOf(spans)) out.set(`${name} ${value}`, 1);
  }
  for (const {name, items} of sets) for (const item of items) out.set(`${name} ${item}`, 1);
  return out;
};

/**
 * Seen to fail when `addNamedRanges` forgets a name that only the right side has, when
 * `containsResources` leaves sets out, and when `subtractNamedSets` keeps an empty set.
 */
test('resources do what maps of amounts and items do', (t) => {
  fc.assert(
    fc.property(resourcesArbitrary, resourcesArbitrary, (left, right) => {
      const [lefts, rights] = [flat(left), flat(right)];
      const isScalar = (key: string): boolean => !key.includes(' ');
      const sum = new Map(lefts);
      for (const [key, fixed] of rights) {
        sum.set(key, isScalar(key) ? (lefts.get(key) ?? 0) + fixed : 1);
      }
      const together = addResources(left, right);
      check.ok(equalMaps(flat(together), sum));
      const holds = [...rights].every(([key, fixed]) => (lefts.get(key) ?? 0) >= fixed);
      check.equal(containsResources(left, right), holds);
      check.equal(isEmpty(left), lefts.size === 0);
      check.equal(equalResources(left, right), equalMaps(lefts, rights));
      check.ok(containsResources(together, left) && containsResources(together, right));
      const rest = subtractResources(together, right);
      const expected = new Map(
        [...sum]
          .map(([key, fixed]) => [key, fixed - (rights.get(key) ?? 0)] as const)
          .filter(([, fixed]) => fixed > 0),
      );
      check.ok(equalMaps(flat(rest), expected));
      for (const {ranges} of rest.ranges) check.ok(ranges.length > 0);
      for (const {items} of rest.sets) check.ok(items.length > 0);
    }),
    {numRuns: 300},
  );
  t.pass();
});

function equalMaps(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

test('nothing contains only nothing, and takes nothing away', (t) => {
  const some = kinds.compile({scalars: {cpus: 1}, ranges: {ports: [[1, 1]]}, sets: {disks: ['a']}});
  t.true(isEmpty(NO_RESOURCES));
  t.true(containsResources(some, NO_RESOURCES));
  t.false(containsResources(NO_RESOURCES, some));
  t.true(equalResources(subtractResources(some, NO_RESOURCES), some));
  t.true(isEmpty(subtractResources(some, some)));
});

test('scalar kinds keep their index, and the four known ones are the first', (t) => {
  const own = new ScalarKinds();
  t.deepEqual(own.names, ['cpus', 'mem', 'disk', 'gpus']);
  t.is(own.indexOf('licences'), 4);
  t.is(own.indexOf('cpus'), 0);
  t.is(own.indexOf('licences'), 4);
  t.deepEqual(new ScalarKinds(own.names).names, own.names);
  t.is(SCALAR_MAX, Number.MAX_SAFE_INTEGER);
});
