import test from 'ava';
import fc from 'fast-check';
import {civilDay, DAY_MS, dayNumber, dayOfWeek, daysInMonth} from './calendar.ts';
import {fixedZone, offsetText, UTC_ONLY, ZoneBook, type TimeZones} from './time-zones.ts';

const HOUR_MS = 3_600_000;
const ERA_MS = 2 ** 41;

/** One zone, `Test/Zone`, that begins with +1 h; remembers what it was asked. */
function rulesOf(
  changes: readonly {readonly at: number; readonly hours: number}[],
  asked: number[] = [],
): TimeZones {
  const offsetMs = (ms: number): number =>
    (changes.findLast(({at}) => at <= ms)?.hours ?? 1) * HOUR_MS;
  return {
    version: 'test',
    offsets(zone, fromMs, untilMs) {
      if (zone !== 'Test/Zone') return undefined;
      asked.push(fromMs);
      const inside = changes.filter(({at}) => at > fromMs && at < untilMs);
      const told = inside.map(({at}) => ({at, offsetMs: offsetMs(at)}));
      return {offsetMs: offsetMs(fromMs), changes: told};
    },
  };
}

function zoneWith(...args: Parameters<typeof rulesOf>): ReturnType<typeof fixedZone> {
  const zone = new ZoneBook(rulesOf(...args)).find('Test/Zone');
  if (zone === undefined) throw new Error('there is no such zone');
  return zone;
}

test('an engine without rules knows UTC, and no other zone', (t) => {
  const book = new ZoneBook(UTC_ONLY);
  t.is(book.find('UTC')?.offsetAt(1e12), 0);
  t.is(book.find('UTC')?.resolve(1e12), 1e12);
  t.is(book.find('Europe/Paris'), undefined);
  t.is(book.version, 'none');
});

test('a fixed offset holds for ever, and is named by itself', (t) => {
  const zone = fixedZone(5.5 * HOUR_MS);
  t.is(zone.id, '+05:30');
  t.is(fixedZone(0).id, 'UTC');
  t.is(zone.resolve(5.5 * HOUR_MS), 0);
  t.deepEqual(zone.changes(-1e15, 1e15), []);
});

test('offsets are written to the minute, and further where they must', (t) => {
  const cases: readonly (readonly [ms: number, text: string])[] = [
    [0, 'Z'],
    [HOUR_MS, '+01:00'],
    [-HOUR_MS / 2, '-00:30'],
    [561_000, '+00:09:21'],
    [-57_360_000, '-15:56'],
    [1, '+00:00:00.001'],
    [-60_500, '-00:01:00.500'],
  ];
  for (const [ms, text] of cases) t.is(offsetText(ms), text);
});

test('a change is the same wherever it falls, also between what is loaded at once', (t) => {
  for (const at of [0, 1, ERA_MS, ERA_MS - 1, ERA_MS + 1, -ERA_MS, 5e11]) {
    const zone = zoneWith([
      {at: at - 1e10, hours: 2},
      {at, hours: 3},
      {at: at + 1e10, hours: 1},
    ]);
    t.deepEqual(zone.changes(at - 1e9, at + 1e9), [
      {at, beforeMs: 2 * HOUR_MS, afterMs: 3 * HOUR_MS},
    ]);
    t.is(zone.changes(at - 2e10, at + 2e10).length, 3);
    t.deepEqual([zone.offsetAt(at - 1), zone.offsetAt(at)], [2 * HOUR_MS, 3 * HOUR_MS]);
    // The hour that is skipped begins at local time at + 2 h.
    t.is(zone.resolve(at + 2 * HOUR_MS - 1), at - 1);
    t.is(zone.resolve(at + 2 * HOUR_MS), at);
    t.is(zone.resolve(at + 2.5 * HOUR_MS), at + HOUR_MS / 2);
    t.is(zone.resolve(at + 3 * HOUR_MS), at);
    // And two hours are repeated at the end.
    const end = at + 1e10;
    t.is(zone.resolve(end + 2 * HOUR_MS), end - HOUR_MS);
    t.is(zone.resolve(end + 2 * HOUR_MS, HOUR_MS), end + HOUR_MS);
    t.is(zone.resolve(end + 2 * HOUR_MS, 2 * HOUR_MS), end - HOUR_MS);
    t.is(zone.resolve(end + 3 * HOUR_MS, 3 * HOUR_MS), end + 2 * HOUR_MS);
    const {fromMs, untilMs, offsetMs, beforeMs} = zone.spanAt(at);
    t.is(fromMs, at);
    t.true(untilMs > at && untilMs <= end);
    t.deepEqual([offsetMs, beforeMs], [3 * HOUR_MS, 2 * HOUR_MS]);
  }
});

test('rules are asked for once, era by era', (t) => {
  const asked: number[] = [];
  const zone = zoneWith([{at: 1e12, hours: 2}], asked);
  const before = asked.length;
  for (let ms = 0; ms < ERA_MS; ms += 1e9) zone.offsetAt(ms);
  t.is(asked.length, before);
  zone.offsetAt(ERA_MS);
  const then = asked.length;
  t.true(then > before && then <= before + 2);
  zone.resolve(1e12 + HOUR_MS);
  zone.offsetAt(ERA_MS + 1e9);
  t.is(asked.length, then);
});

test('days and civil dates are one another, as the calendar of ECMAScript has them', (t) => {
  fc.assert(
    fc.property(fc.integer({min: -99_999_900, max: 99_999_900}), (day) => {
      const date = new Date(day * DAY_MS);
      const civil = civilDay(day);
      const wanted = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      t.deepEqual([civil.year, civil.month, civil.day], wanted);
      t.is(dayNumber(civil.year, civil.month, civil.day), day);
      t.is(dayOfWeek(day), date.getUTCDay());
      const last = new Date(date);
      last.setUTCMonth(date.getUTCMonth() + 1, 0);
      t.is(daysInMonth(civil.year, civil.month), last.getUTCDate());
    }),
    {numRuns: 1000},
  );
});
