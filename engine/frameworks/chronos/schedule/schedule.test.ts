import test from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../../adapters/zones/temporal-zones.ts';
import {isoInstant, parseInstant} from '../../../kernel/instants.ts';
import {fixedZone, ZoneBook, type Zone} from '../../../kernel/time-zones.ts';
import {intervalTimetable} from './interval-slots.ts';
import {parseInterval, printInterval, type Interval} from './interval.ts';
import {movesForward, parsePeriod, printPeriod, stepOf, type Period} from './period.ts';
import {parseStart} from './start.ts';

const book = new ZoneBook(temporalZones);
const NOW = ms('2012-01-01T00:00:05Z');
const DAY_MS = 86_400_000;

function ms(text: string): number {
  const value = parseInstant(text);
  if (value === undefined) throw new Error(`no instant: ${text}`);
  return value;
}

function zoneOf(id: string): Zone | undefined {
  if (id === '') return undefined;
  const zone = book.find(id, 'oldJava');
  if (zone === undefined) throw new Error(`no zone ${id}`);
  return zone;
}

function intervalOf(text: string, zone = ''): Interval {
  const result = parseInterval(text, {zone: zoneOf(zone), now: NOW});
  if (!result.ok) throw new Error(result.message);
  return result.interval;
}

function periodOf(text: string): Period {
  const result = parsePeriod(text);
  if (!result.ok) throw new Error(result.message);
  return result.period;
}

const periodTexts: readonly (readonly [text: string, canonical: string | undefined])[] = [
  ['P', 'PT0S'],
  ['P1Y2M3W4DT5H6M7S', 'P1Y2M3W4DT5H6M7S'],
  ['PT60M', 'PT60M'],
  ['P1M', 'P1M'],
  ['PT1M', 'PT1M'],
  ['PT1.5S', 'PT1.500S'],
  ['PT1,25S', 'PT1.250S'],
  ['PT.5S', 'PT0.500S'],
  ['PT1.S', 'PT1S'],
  ['PT0.0019S', 'PT0.001S'],
  ['PT-0.5S', 'PT-0.500S'],
  ['PT-61.25S', 'PT-61.250S'],
  ['P-1D', 'P-1D'],
  ['P+1D', 'P1D'],
  ['P-0D', 'PT0S'],
  ['P01D', 'P1D'],
  ['P1dt2h', 'P1DT2H'],
  ['P0DT0S', 'PT0S'],
  ['P2147483647D', 'P2147483647D'],
  ['P2147483648D', undefined],
  ['PT', undefined],
  ['P1DT', undefined],
  ['P1', undefined],
  ['P1.5D', undefined],
  ['PT1.5M', undefined],
  ['P1H', undefined],
  ['P1D1M', undefined],
  ['PTS', undefined],
  ['PT.S', undefined],
  ['P--1D', undefined],
  ['P0001-00-00', undefined],
  [' P1D', undefined],
  ['P1D ', undefined],
  ['1D', undefined],
  ['', undefined],
];

for (const [text, canonical] of periodTexts) {
  test(`period ${JSON.stringify(text)} is ${canonical ?? 'refused'}`, (t) => {
    const result = parsePeriod(text);
    t.is(result.ok ? printPeriod(result.period) : undefined, canonical);
  });
}

const startTexts: readonly (readonly [text: string, local: string | undefined, offset?: number])[] =
  [
    ['2014', '2014-01-01T00:00:00.000Z'],
    ['2014-03', '2014-03-01T00:00:00.000Z'],
    ['2014-03-08', '2014-03-08T00:00:00.000Z'],
    ['2014-3-8', '2014-03-08T00:00:00.000Z'],
    ['2014-W10', '2014-03-03T00:00:00.000Z'],
    ['2014-W10-6', '2014-03-08T00:00:00.000Z'],
    ['2009-W01-1', '2008-12-29T00:00:00.000Z'],
    ['2015-W53-7', '2016-01-03T00:00:00.000Z'],
    ['2014-W53', undefined],
    ['2014-W10-8', undefined],
    ['2014-067', '2014-03-08T00:00:00.000Z'],
    ['2016-366', '2016-12-31T00:00:00.000Z'],
    ['2014-366', undefined],
    ['2014-000', undefined],
    ['T12:00Z', '1970-01-01T12:00:00.000Z', 0],
    ['T', undefined],
    ['2014-03-08T', '2014-03-08T00:00:00.000Z'],
    ['2014-03-08TZ', '2014-03-08T00:00:00.000Z', 0],
    ['2014-03-08T20', '2014-03-08T20:00:00.000Z'],
    ['2014-03-08t20:01z', '2014-03-08T20:01:00.000Z', 0],
    ['2014-03-08T20:01:02', '2014-03-08T20:01:02.000Z'],
    ['2014-03-08T20:01:02.5', '2014-03-08T20:01:02.500Z'],
    ['2014-03-08T20:01:02,123456', '2014-03-08T20:01:02.123Z'],
    ['2014-03-08T20:01:02.9999', '2014-03-08T20:01:02.999Z'],
    ['2014-03-08T20.5', '2014-03-08T20:30:00.000Z'],
    // Each digit is cut to whole ms: nine times 3, not 3.6, and a tenth of that.
    ['2014-03-08T20.0000009', '2014-03-08T20:00:00.002Z'],
    ['2014-03-08T20:01.25', '2014-03-08T20:01:15.000Z'],
    ['2014-03-08T20:00:00+05:30', '2014-03-08T20:00:00.000Z', 19_800_000],
    ['2014-03-08T20:00:00+0530', '2014-03-08T20:00:00.000Z', 19_800_000],
    ['2014-03-08T20:00:00-08', '2014-03-08T20:00:00.000Z', -28_800_000],
    ['2014-03-08T20:00:00-00:00', '2014-03-08T20:00:00.000Z', 0],
    ['2014-03-08T20:00:00+00:09:21', '2014-03-08T20:00:00.000Z', 561_000],
    ['2014-03-08T20:00:00+5', undefined],
    ['2014-03-08T20:00:00+05:3', undefined],
    ['2014-03-08T20:00:00+24:00', undefined],
    ['2014-03-08T20:00:00+05:60', undefined],
    ['2014-03-08T24:00', undefined],
    ['2014-03-08T20:60', undefined],
    ['2014-03-08T20:00:60', undefined],
    ['2014-02-30', undefined],
    ['2014-13-01', undefined],
    ['2014-00-01', undefined],
    ['2014-03-08 20:00', undefined],
    ['2014-03-08Z', undefined],
    ['20140308T200000Z', undefined],
    ['2014-03-08T2000', undefined],
    ['x', undefined],
  ];

for (const [text, local, offset] of startTexts) {
  test(`start ${text} is ${local ?? 'refused'}`, (t) => {
    const start = parseStart(text);
    t.is(start && isoInstant(start.localMs), local);
    t.is(start?.offsetMs, offset);
  });
}

const refused: readonly (readonly [text: string, words: RegExp])[] = [
  ['', /^expected R\[n\]/],
  ['FOO', /^expected R\[n\]/],
  ['r5/2012-01-01T00:00:00Z/P1D', /^expected R\[n\]/],
  [' R/2012-01-01T00:00:00Z/P1D', /^expected R\[n\]/],
  ['R-1/2012-01-01T00:00:00Z/P1D', /^expected R\[n\]/],
  ['R/2012-01-01T00:00:00Z/p1D', /^expected R\[n\]/],
  ['R/2012-01-01T00:00:00Z/2012-01-02T00:00:00Z', /^expected R\[n\]/],
  ['R/2012-01-01/P1D/P1D', /^start: .*2012-01-01\/P1D/],
  ['R/2012-02-30/P1D', /^start: .*2012-02-30/],
  ['R/999999/P1D', /^start: .*999999/],
  ['R/2012-01-01/P1', /^period: .*P1/],
  ['R/2012-01-01/P1D ', /^period: /],
  ['R9007199254740992/2012-01-01/P1D', /^repetitions: .*9007199254740991/],
];

for (const [text, words] of refused) {
  test(`schedule ${JSON.stringify(text)} is refused with a reason`, (t) => {
    const result = parseInterval(text, {zone: undefined, now: NOW});
    t.regex(result.ok ? 'it was read' : result.message, words);
  });
}

const printed: readonly (readonly [text: string, zone: string, printed: string])[] = [
  ['R05/2012-01-01T00:00:00Z/P1D', '', 'R5/2012-01-01T00:00:00.000Z/P1D'],
  ['R/2012-01-01T00:00:00Z/PT1.5S', '', 'R/2012-01-01T00:00:00.000Z/PT1.5S'],
  ['R0/2012-01-01/P', '', 'R0/2012-01-01T00:00:00.000Z/P'],
  ['R1//P1D', '', 'R1/2012-01-01T00:00:04.000Z/P1D'],
  ['R1//P1D', 'Asia/Kathmandu', 'R1/2012-01-01T05:45:04.000+05:45/P1D'],
  ['R/2012-01-01T00:00:00+0530/P1D', '', 'R/2012-01-01T00:00:00.000+05:30/P1D'],
  ['R/2012-01-01T00:00:00+00:00/P1D', '', 'R/2012-01-01T00:00:00.000Z/P1D'],
  ['R/2012-01-01T12:00:00-08:00/P1D', 'Europe/London', 'R/2012-01-01T12:00:00.000Z/P1D'],
  ['R/2012-07-01T12:00:00Z/P1D', 'Europe/London', 'R/2012-07-01T12:00:00.000+01:00/P1D'],
  ['R/2014-10-10T18:32:00Z/PT60M', 'PST', 'R/2014-10-10T18:32:00.000-07:00/PT60M'],
  ['R/2016-11-15T12:00:00Z/P1D', 'GMT+5', 'R/2016-11-15T12:00:00.000+05:00/P1D'],
  ['R/2016-10-30T02:30:00Z/P1D', 'Europe/Paris', 'R/2016-10-30T02:30:00.000+02:00/P1D'],
  ['R/2016-10-30T02:30:00+01:00/P1D', 'Europe/Paris', 'R/2016-10-30T02:30:00.000+01:00/P1D'],
  ['R/2016-03-27T02:30:00Z/P1D', 'Europe/Paris', 'R/2016-03-27T03:30:00.000+02:00/P1D'],
];

for (const [text, zone, expected] of printed) {
  test(`schedule ${text} in zone '${zone}' is stored as ${expected}`, (t) => {
    const interval = intervalOf(text, zone);
    const {repetitions, anchor} = interval;
    t.is(printInterval(interval, {repetitions, next: anchor}), expected);
  });
}

/** Schedule, zone, an instant, and the slots after it. */
const nextSlots: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['R/2012-01-01T00:00:00Z/PT1H', '', '2012-01-01T01:59:59.999Z', ['2012-01-01T02:00:00Z']],
  ['R/2012-01-01T00:00:00Z/PT1H', '', '2012-01-01T02:00:00Z', ['2012-01-01T03:00:00Z']],
  [
    'R/2016-01-31T00:00:00Z/P1M',
    '',
    '2016-01-31T00:00:05Z',
    ['2016-02-29T00:00:00Z', '2016-03-31T00:00:00Z', '2016-04-30T00:00:00Z'],
  ],
  ['R/2017-01-01T00:00:00Z/P1M', '', '2017-01-31T12:00:00Z', ['2017-02-01T00:00:00Z']],
  ['R/2017-01-01T00:00:00Z/P1M', '', '2017-03-01T00:00:01Z', ['2017-04-01T00:00:00Z']],
  ['R/2012-01-01T00:00:01.000Z/P1M', '', '2017-01-31T12:34:56Z', ['2017-02-01T00:00:01Z']],
  [
    'R/2016-02-29T00:00:00Z/P1Y',
    '',
    '2016-02-29T00:00:05Z',
    [
      '2017-02-28T00:00:00Z',
      '2018-02-28T00:00:00Z',
      '2019-02-28T00:00:00Z',
      '2020-02-29T00:00:00Z',
    ],
  ],
  [
    'R/2016-11-30T00:00:00Z/P3M',
    '',
    '2016-11-30T00:00:05Z',
    ['2017-02-28T00:00:00Z', '2017-05-30T00:00:00Z', '2017-08-30T00:00:00Z'],
  ],
  [
    'R/2016-01-31T00:00:00Z/P1M2D',
    '',
    '2016-01-31T00:00:05Z',
    ['2016-03-02T00:00:00Z', '2016-04-04T00:00:00Z', '2016-05-06T00:00:00Z'],
  ],
  ['R/2016-12-05T22:00:00Z/P2W', '', '2017-01-02T22:00:00Z', ['2017-01-16T22:00:00Z']],
  ['R/2016-12-05T22:00:00Z/P1DT12H', '', '2016-12-09T22:00:03Z', ['2016-12-10T10:00:00Z']],
  ['R/2016-03-12T02:30:00-08:00/P1D', '', '2016-03-13T10:30:05Z', ['2016-03-14T10:30:00Z']],
  [
    'R/2016-03-12T02:30:00-08:00/P1D',
    'America/Los_Angeles',
    '2016-03-12T00:00:00Z',
    ['2016-03-12T10:30:00Z', '2016-03-13T10:30:00Z', '2016-03-14T09:30:00Z'],
  ],
  [
    'R/2016-03-12T02:30:00-08:00/PT24H',
    'America/Los_Angeles',
    '2016-03-12T10:30:00Z',
    ['2016-03-13T10:30:00Z', '2016-03-14T10:30:00Z'],
  ],
  [
    'R/2016-11-06T00:30:00-07:00/PT1H',
    'America/Los_Angeles',
    '2016-11-06T07:30:00Z',
    ['2016-11-06T08:30:00Z', '2016-11-06T09:30:00Z', '2016-11-06T10:30:00Z'],
  ],
  [
    'R/2016-10-15T00:00:00-03:00/P1D',
    'America/Sao_Paulo',
    '2016-10-15T00:00:00Z',
    ['2016-10-15T03:00:00Z', '2016-10-16T03:00:00Z', '2016-10-17T02:00:00Z'],
  ],
  [
    'R/2016-10-01T02:15:00+10:30/P1D',
    'Australia/Lord_Howe',
    '2016-09-30T00:00:00Z',
    ['2016-09-30T15:45:00Z', '2016-10-01T15:45:00Z', '2016-10-02T15:15:00Z'],
  ],
  [
    'R/2011-12-29T10:00:00-10:00/P1D',
    'Pacific/Apia',
    '2011-12-01T00:00:00Z',
    ['2011-12-29T20:00:00Z', '2011-12-30T20:00:00Z', '2011-12-31T20:00:00Z'],
  ],
  ['R/1940-01-01T00:00:00Z/P1D', '', '2012-06-01T00:00:00Z', ['2012-06-02T00:00:00Z']],
  ['R/1970-01-01T00:00:00Z/PT1S', '', '2020-06-01T00:00:00.500Z', ['2020-06-01T00:00:01Z']],
  ['R/2012-01-01T00:00:00Z/P', '', '2011-12-31T00:00:00Z', ['2012-01-01T00:00:00Z']],
];

for (const [text, zone, now, expected] of nextSlots) {
  test(`after ${now}, ${text} in zone '${zone}' runs at ${expected[0] ?? 'no time'}`, (t) => {
    const timetable = intervalTimetable(intervalOf(text, zone));
    let at: number | undefined = ms(now);
    for (const slot of expected) {
      at = timetable.nextAfter(at ?? Infinity);
      t.is(at, ms(slot));
    }
  });
}

test('a period that does not move forward has the anchor alone', (t) => {
  for (const period of ['P', 'P-1D', 'PT-1S', 'P1M-31D', 'P1DT-24H', 'PT60M', 'PT1H-60M']) {
    const timetable = intervalTimetable(intervalOf(`R/2012-01-01/${period}`));
    const forward = period === 'PT60M';
    t.is(movesForward(periodOf(period)), forward, period);
    const anchor = ms('2012-01-01T00:00:00Z');
    t.is(timetable.first, anchor);
    t.is(timetable.nextAfter(anchor), forward ? anchor + 3_600_000 : undefined, period);
    t.is(timetable.lastUntil(anchor - 1), undefined);
    t.is(timetable.count(anchor, anchor), 1);
    t.is(timetable.count(anchor + 1, anchor + 2), 0);
  }
});

test('slots end where time does', (t) => {
  for (const period of ['PT1S', 'P1D', 'P1M', 'P2147483647Y', 'P9Y', 'P1DT2147483647H']) {
    const timetable = intervalTimetable(intervalOf(`R/2012-01-01/${period}`, 'Europe/Paris'));
    const end = 8_640_000_000_000_000;
    t.is(timetable.nextAfter(end), undefined, period);
    t.is(timetable.nextAfter(Infinity), undefined, period);
    const last = timetable.lastUntil(Infinity) ?? 0;
    t.true(last >= (timetable.first ?? 0) && last <= end, period);
    t.is(timetable.nextAfter(last), undefined, period);
    t.is(timetable.nextAfter(last - 1), last, period);
  }
});

// The laws at the end of reference 2.6, against a twin that asks Temporal for each slot in turn.

const ZONES = [
  '',
  'UTC',
  'Europe/Paris',
  'Europe/London',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Asia/Kathmandu',
  'Pacific/Apia',
];
const zoneIds = fc.constantFrom(...ZONES);
const anchors = fc.oneof(
  fc.integer({min: Date.UTC(1971, 0), max: Date.UTC(2025, 0)}),
  fc.integer({min: 0, max: 2880}).map((n) => Date.UTC(2011, 11, 28) + n * 900_000),
  fc.integer({min: 0, max: 2880}).map((n) => Date.UTC(2016, 9, 1) + n * 900_000),
  fc
    .constantFrom('2016-01-31', '2016-02-29', '2015-12-30', '1999-08-31')
    .map((day) => Date.parse(day)),
);
const small = (max: number): fc.Arbitrary<number> =>
  fc.oneof({weight: 2, arbitrary: fc.constant(0)}, fc.integer({min: 0, max}));
const forward = fc
  .record({
    years: small(3),
    months: small(14),
    weeks: small(6),
    days: fc.oneof(fc.constantFrom(0, 1), small(40)),
    hours: small(50),
    minutes: small(100),
    secondsMs: fc.oneof(small(90), fc.constant(0)).map((s) => s * 1000),
  })
  .filter(movesForward);
const anyPeriod = fc.record({
  years: fc.integer({min: -5, max: 5}),
  months: fc.integer({min: -2147483648, max: 2147483647}),
  weeks: small(9),
  days: fc.integer({min: -40, max: 40}),
  hours: fc.integer({min: -40, max: 40}),
  minutes: small(100),
  secondsMs: fc.integer({min: -2_000_000, max: 2_000_000}),
});

function made(localMs: number, zone: string, period: Period): Interval {
  return intervalOf(`R/${isoInstant(localMs).slice(0, -1)}/${printPeriod(period)}`, zone);
}

/** The distinct slots up to an instant, and one more; stepped one by one. */
function slowSlots(interval: Interval, untilMs: number): readonly number[] {
  const {months, days, elapsedMs} = stepOf(interval.period);
  const id = ZONES.includes(interval.zone.id) ? interval.zone.id : 'UTC';
  const anchor = Temporal.Instant.fromEpochMilliseconds(interval.anchorLocalMs)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime();
  const slots: number[] = [];
  for (let k = 0; ; k += 1) {
    const local = anchor.add({months: k * months}).add({days: k * days});
    const earlier = local.toZonedDateTime(id, {disambiguation: 'compatible'});
    const later = local.toZonedDateTime(id, {disambiguation: 'later'});
    const isAnchors = later.offsetNanoseconds / 1e6 === interval.anchorOffsetMs;
    const isReal = later.toPlainDateTime().equals(local);
    const chosen = isReal && isAnchors ? later : earlier;
    const slot = chosen.epochMilliseconds + k * elapsedMs;
    if (slot !== slots.at(-1)) slots.push(slot);
    if (slot > untilMs) return slots;
  }
}

test('slots are those of stepping from the anchor, strictly increasing, whenever asked', (t) => {
  const span = fc.nat({max: 400 * DAY_MS});
  fc.assert(
    fc.property(anchors, zoneIds, forward, fc.tuple(span, span), (local, zone, period, spans) => {
      const interval = made(local, zone, period);
      const timetable = intervalTimetable(interval);
      const {months, days, elapsedMs} = stepOf(period);
      const stepMs = months * 30 * DAY_MS + days * DAY_MS + elapsedMs;
      // Some 60 slots at most, for the twin is slow.
      const [from, until] = spans
        .map((ms) => interval.anchor + (ms % (60 * stepMs)))
        .sort((a, b) => a - b);
      const slots = slowSlots(interval, until ?? 0);
      const label = `${zone} ${isoInstant(local)} ${printPeriod(period)}`;
      for (const [at, slot] of slots.entries()) {
        if (at > 0) t.true(slot > (slots[at - 1] ?? 0), label);
        t.is(timetable.nextAfter(slot - 1), slot, label);
        t.is(timetable.lastUntil(slot), slot, label);
        t.is(timetable.lastUntil(slot - 1), slots[at - 1], label);
      }
      t.is(
        timetable.nextAfter(from ?? 0),
        slots.find((slot) => slot > (from ?? 0)),
        label,
      );
      const inside = slots.filter((slot) => slot >= (from ?? 0) && slot <= (until ?? 0));
      t.is(timetable.count(from ?? 0, until ?? 0), inside.length, label);
    }),
    {numRuns: 400},
  );
});

test('counting is adding up what the next slots are, over decades and a day left out', (t) => {
  const instant = fc.integer({min: Date.UTC(2005, 0), max: Date.UTC(2018, 0)});
  fc.assert(
    fc.property(anchors, zoneIds, instant, instant, (local, zone, a, b) => {
      const timetable = intervalTimetable(made(local, zone, periodOf('P1D')));
      const [from, until] = [Math.min(a, b), Math.max(a, b)];
      let count = 0;
      let slot = timetable.nextAfter(from - 1);
      while (slot !== undefined && slot <= until) {
        count += 1;
        slot = timetable.nextAfter(slot);
      }
      t.is(timetable.count(from, until), count, `${zone} ${isoInstant(local)}`);
    }),
    {numRuns: 60},
  );
});

test('of a day that was left out one slot is counted, whichever side of it is looked at', (t) => {
  const daily = intervalTimetable(intervalOf('R/2011-12-28T10:00/P1D', 'Pacific/Apia'));
  const cases: readonly (readonly [from: string, until: string, count: number])[] = [
    ['2011-12-28T20:00:00Z', '2012-01-01T20:00:00Z', 5],
    ['2011-12-28T20:00:00Z', '2011-12-30T19:59:59Z', 2],
    ['2011-12-28T20:00:00Z', '2011-12-30T20:00:00Z', 3],
    ['2011-12-30T10:00:00Z', '2011-12-30T20:00:00Z', 1],
    ['2011-12-30T12:00:00Z', '2011-12-31T20:00:00Z', 2],
    ['2011-12-30T20:00:00Z', '2011-12-30T20:00:00Z', 1],
    ['2011-12-30T20:00:01Z', '2011-12-31T20:00:00Z', 1],
    ['2011-12-31T00:00:00Z', '2012-01-01T20:00:00Z', 2],
  ];
  for (const [from, until, count] of cases) {
    t.is(daily.count(ms(from), ms(until)), count, `${from} ${until}`);
  }
  const later = intervalTimetable(intervalOf('R/2011-12-31T10:00/P1D', 'Pacific/Apia'));
  t.is(later.count(ms('2011-12-01T00:00:00Z'), ms('2012-01-01T20:00:00Z')), 3);
});

test('without changes of the clock P1D is PT24H', (t) => {
  const instant = fc.integer({min: Date.UTC(1960, 0), max: Date.UTC(2060, 0)});
  fc.assert(
    fc.property(anchors, fc.constantFrom('', 'UTC', 'Etc/GMT+5'), instant, (local, zone, at) => {
      const days = intervalTimetable(made(local, zone, periodOf('P1D')));
      const hours = intervalTimetable(made(local, zone, periodOf('PT24H')));
      t.is(days.nextAfter(at), hours.nextAfter(at));
      t.is(days.lastUntil(at), hours.lastUntil(at));
      t.is(days.count(at - 1e10, at), hours.count(at - 1e10, at));
    }),
  );
});

test('a daily slot has the local time of the anchor wherever that exists', (t) => {
  const instant = fc.integer({min: Date.UTC(1971, 0), max: Date.UTC(2040, 0)});
  const hours = fc.integer({min: 0, max: 16}).map((quarters) => quarters * 900_000);
  fc.assert(
    fc.property(hours, zoneIds, instant, (timeOfDayMs, id, near) => {
      const interval = made(Date.UTC(1971, 0) + timeOfDayMs, id, periodOf('P1D'));
      const {zone, anchorLocalMs} = interval;
      const [change] = zone.changes(near, near + 400 * DAY_MS);
      const slot = intervalTimetable(interval).nextAfter((change?.at ?? near) - DAY_MS / 2) ?? 0;
      const sinceMs = slot + zone.offsetAt(slot) - anchorLocalMs;
      const meant = anchorLocalMs + Math.floor(sinceMs / DAY_MS) * DAY_MS;
      const instantMeant = zone.resolve(meant);
      const exists = instantMeant + zone.offsetAt(instantMeant) === meant;
      t.is(sinceMs % DAY_MS === 0, exists, `${id} ${isoInstant(slot)}`);
    }),
    {numRuns: 1000},
  );
});

test('what is printed is read as the same', (t) => {
  const count = fc.oneof(fc.constant(null), fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER));
  fc.assert(
    fc.property(anchors, zoneIds, anyPeriod, count, (at, id, period, repetitions) => {
      t.deepEqual(periodOf(printPeriod(period)), period);
      const zone = zoneOf(id) ?? fixedZone((at % 1440) * 60_000 - 43_200_000);
      const periodText = printPeriod(period);
      const text = printInterval({zone, periodText}, {repetitions, next: at});
      const result = parseInterval(text, {zone: id === '' ? undefined : zone, now: NOW});
      if (!result.ok) throw new Error(result.message);
      const {interval} = result;
      t.is(interval.anchor, at, text);
      t.is(interval.zone.id, zone.id);
      t.deepEqual([interval.repetitions, interval.period], [repetitions, period]);
      t.is(printInterval(interval, {repetitions, next: interval.anchor}), text);
    }),
    {numRuns: 500},
  );
});
