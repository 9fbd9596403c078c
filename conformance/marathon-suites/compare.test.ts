import test from 'ava';
import {UnknownInCase} from '../case.ts';
import {absent, exact, includes, mismatchText, oneOf, sameSet, subset, valueAt} from './compare.ts';

type Row = readonly [title: string, expected: unknown, actual: unknown, differs: readonly string[]];

const UUID = '01234567-89ab-cdef-0123-456789abcdef';

/** `differs`: the paths that are reported; none where the comparison holds. */
const exactRows: readonly Row[] = [
  ['1 is 1.0', 1, 1.0, []],
  ['1 is not 2', 1, 2, ['']],
  ['a number is not its text', 1, '1', ['']],
  ['the order of keys is free', {a: 1, b: 2}, {b: 2, a: 1}, []],
  ['another value below', {a: {b: 1}}, {a: {b: 2}}, ['a.b']],
  ['a field too many', {a: 1}, {a: 1, b: 2}, ['b']],
  ['a field too few', {a: 1, b: 2}, {a: 1}, ['b']],
  ['the order of a list counts', [1, 2], [2, 1], ['0', '1']],
  ['a list that is longer', [1], [1, 2], ['']],
  ['a list in place of a map', {}, [], ['']],
  ['null is not an absent field', {a: null}, {}, ['a']],
  ['null is null', {a: null}, {a: null}, []],
];

const subsetRows: readonly Row[] = [
  ['a field more', {a: 1}, {a: 1, b: 2}, []],
  ['a field less', {a: 1}, {}, ['a']],
  ['another value below', {a: {b: 1}}, {a: {b: 2, c: 3}}, ['a.b']],
  ['elements as subsets', [{a: 1}], [{a: 1, b: 2}], []],
  ['an element that differs', [{a: 1}, {a: 2}], [{a: 1}, {a: 3}], ['1.a']],
  ['a list that is longer', [{a: 1}], [{a: 1}, {a: 2}], ['']],
  ['an empty list is empty', {a: []}, {a: [1]}, ['a']],
  ['null is null', {a: null}, {a: null}, []],
  ['null is an absent field', {a: null}, {}, []],
  ['null is no value', {a: null}, {a: 0}, ['a']],
  ['a text in place of a map', {a: {}}, {a: 'x'}, ['a']],
  ['a uuid', '<uuid>', UUID, []],
  ['no uuid', '<uuid>', UUID.slice(1), ['']],
  ['a timestamp', '<timestamp>', '2020-01-01T00:00:00.000Z', []],
  ['a timestamp without milliseconds', '<timestamp>', '2020-01-01T00:00:00Z', ['']],
  ['a text', '<string>', '', []],
  ['no text', '<string>', 1, ['']],
  ['an object', '<object>', {a: 1}, []],
  ['a list is no object', '<object>', [], ['']],
  ['something absent', {a: '<absent>'}, {}, []],
  ['something absent that is there', {a: '<absent>'}, {a: null}, ['a']],
  ['a port', '<port 31000-32000>', 32_000, []],
  ['a port out of range', '<port 31000-32000>', 32_001, ['']],
  ['no whole port', '<port 31000-32000>', 31_000.5, ['']],
  ['a placeholder in a longer text is none', 'id <uuid>', `id ${UUID}`, ['']],
];

for (const [title, expected, actual, differs] of exactRows) {
  test(`exact: ${title}`, (t) => {
    t.deepEqual(
      exact(expected, actual).map(({path}) => path),
      differs,
    );
  });
}

for (const [title, expected, actual, differs] of subsetRows) {
  test(`subset: ${title}`, (t) => {
    t.deepEqual(
      subset(expected, actual).map(({path}) => path),
      differs,
    );
  });
}

test('an unknown placeholder is refused, never passed over', (t) => {
  t.throws(() => subset({a: '<moon>'}, {a: '<moon>'}), {instanceOf: UnknownInCase});
});

test('lists that are searched hold what is expected anywhere', (t) => {
  const options = {searched: new Set(['details'])};
  const actual = {details: [{path: '/a', more: 1}, {path: '/b'}]};
  const differs = (expected: unknown): number => subset(expected, actual, '', options).length;
  t.is(differs({details: [{path: '/b'}]}), 0);
  t.is(differs({details: [{path: '/c'}]}), 1);
  t.is(differs({details: [{path: '/a', more: 2}]}), 1);
  t.is(subset({details: [{path: '/b'}]}, actual).length, 1, 'only where it is said');
});

test('absent: nothing at the paths, positions as numbers', (t) => {
  const actual = {a: [{b: 1}], n: null};
  t.deepEqual(absent(['x', 'a.1', 'a.0.c', 'a.b', 'a.length'], actual), []);
  t.deepEqual(
    absent(['a.0.b', 'n'], actual).map(({path}) => path),
    ['a.0.b', 'n'],
  );
  t.is(valueAt(actual, 'a.0.b'), 1);
});

test('sets: in any order and however often, and nothing else', (t) => {
  t.deepEqual(sameSet(['a', 'b'], ['b', 'a', 'b'], 's'), []);
  t.is(sameSet(['a', 'b'], ['a'], 's').length, 1);
  t.is(sameSet(['a'], ['a', 'b'], 's').length, 1);
  t.is(sameSet([], undefined, 's').length, 1);
});

test('includes: all that is named is there', (t) => {
  t.deepEqual(includes(['a'], ['b', 'a'], 's'), []);
  t.deepEqual(includes([], undefined, 's'), []);
  t.is(includes(['a', 'c'], ['b', 'a'], 's').length, 1);
  t.is(includes(['a'], undefined, 's').length, 1);
});

test('oneOf: exactly one of the right answers', (t) => {
  t.deepEqual(
    oneOf(
      [
        [1, 2],
        [2, 1],
      ],
      [2, 1],
      's',
    ),
    [],
  );
  t.is(
    oneOf(
      [
        [1, 2],
        [2, 1],
      ],
      [1],
      's',
    ).length,
    1,
  );
});

test('a mismatch is told with its place, what was expected and what came', (t) => {
  const [first] = subset({a: [{b: 1}]}, {a: [{}]});
  t.is(first && mismatchText(first), 'a.0.b: expected 1, got nothing');
});
