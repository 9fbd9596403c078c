/** Instants as text: printing and parsing against a calendar that counts day by day. */
import test from 'ava';
import fc from 'fast-check';
import {isoInstant, parseInstant} from './instants.ts';

const FIRST = -62_167_219_200_000; // 0000-01-01
const LAST = 253_402_300_799_999; // 9999-12-31

/** Slow and obvious: walks from 1970 to the day, a year and then a month at a time. */
function slowInstant(year: number, month: number, day: number, msOfDay: number): number {
  const isLeap = (y: number): boolean => y % (y % 100 === 0 ? 400 : 4) === 0;
  let days = 0;
  for (let y = 1970; y < year; y += 1) days += isLeap(y) ? 366 : 365;
  for (let y = year; y < 1970; y += 1) days -= isLeap(y) ? 366 : 365;
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  for (const length of lengths.slice(0, month - 1)) days += length;
  return (days + day - 1) * 86_400_000 + msOfDay;
}

// Seen to fail with `month < 2` for `month <= 2` in the shift of the year.
test('parsing agrees with counting days, from year 0 to 9999', (t) => {
  const day = fc.record({
    year: fc.integer({min: 0, max: 9999}),
    month: fc.integer({min: 1, max: 12}),
    day: fc.integer({min: 1, max: 28}),
    ms: fc.integer({min: 0, max: 86_399_999}),
  });
  fc.assert(
    fc.property(day, ({year, month, day: date, ms}) => {
      const expected = slowInstant(year, month, date, ms);
      const text = isoInstant(expected);
      t.is(parseInstant(text), expected);
      t.true(text.startsWith(`${`${year}`.padStart(4, '0')}-${`${month}`.padStart(2, '0')}-`));
    }),
  );
});

// Seen to fail with the fraction left out of the sum.
test('what is printed is parsed to the same instant', (t) => {
  fc.assert(
    fc.property(fc.integer({min: FIRST, max: LAST}), (ms) => {
      t.is(parseInstant(isoInstant(ms)), ms);
    }),
  );
});

const TEXTS: readonly (readonly [string, number | undefined])[] = [
  ['1970-01-01T00:00:00.000Z', 0],
  ['2020-01-01T00:00:00.000Z', 1_577_836_800_000],
  ['2020-01-01T00:00:00Z', 1_577_836_800_000],
  ['2020-01-01T00:00:00.5Z', 1_577_836_800_500],
  ['2020-01-01T00:00:00.123456Z', 1_577_836_800_123],
  ['2020-01-01T01:30:00.000+01:30', 1_577_836_800_000],
  ['2019-12-31T19:00:00.000-05:00', 1_577_836_800_000],
  ['2000-02-29T00:00:00.000Z', 951_782_400_000],
  ['1900-02-29T00:00:00.000Z', undefined],
  ['2021-02-29T00:00:00.000Z', undefined],
  ['2020-04-31T00:00:00.000Z', undefined],
  ['2020-13-01T00:00:00.000Z', undefined],
  ['2020-00-01T00:00:00.000Z', undefined],
  ['2020-01-00T00:00:00.000Z', undefined],
  ['2020-01-01T24:00:00.000Z', undefined],
  ['2020-01-01T00:60:00.000Z', undefined],
  ['2020-01-01T00:00:60.000Z', undefined],
  ['2020-01-01T00:00:00.000', undefined],
  ['2020-01-01 00:00:00.000Z', undefined],
  ['2020-01-01T00:00:00.000+25:00', undefined],
  ['2020-1-1T00:00:00.000Z', undefined],
  [' 2020-01-01T00:00:00.000Z', undefined],
  ['', undefined],
  ['nope', undefined],
];

for (const [text, expected] of TEXTS) {
  test(`'${text}' is ${expected ?? 'no instant'}`, (t) => t.is(parseInstant(text), expected));
}
