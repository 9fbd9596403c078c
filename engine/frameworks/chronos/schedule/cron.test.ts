import test from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../../adapters/zones/temporal-zones.ts';
import {isoInstant, parseInstant} from '../../../kernel/instants.ts';
import {fixedZone, ZoneBook, type Zone} from '../../../kernel/time-zones.ts';
import {cronTimetable} from './cron-slots.ts';
import {parseCron, printCron, type Cron, type DayRule} from './cron.ts';
import {dstNote, type DstNote} from './dst-note.ts';
import {intervalTimetable} from './interval-slots.ts';
import {parseInterval} from './interval.ts';
import type {Timetable} from './timetable.ts';

const book = new ZoneBook(temporalZones);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

function ms(text: string): number {
  const value = parseInstant(text);
  if (value === undefined) throw new Error(`no instant: ${text}`);
  return value;
}

function zoneOf(id: string): Zone {
  const zone = book.find(id);
  if (zone === undefined) throw new Error(`no zone ${id}`);
  return zone;
}

function cronOf(text: string, rule: DayRule): Cron {
  const result = parseCron(text, rule);
  if (!result.ok) throw new Error(result.message);
  return result.cron;
}

const refused: readonly (readonly [text: string, words: RegExp])[] = [
  ['', /five or six fields/],
  ['* * * *', /five or six fields/],
  ['* * * * * 2020 *', /five or six fields/],
  ['60 * * * *', /^minute: .*0 to 59.*"60"/],
  ['-1 * * * *', /^minute: /],
  ['? * * * *', /^minute: /],
  ['*/0 * * * *', /^minute: /],
  ['*/61 * * * *', /^minute: /],
  ['5-1 * * * *', /^minute: /],
  ['1,,2 * * * *', /^minute: /],
  ['1.5 * * * *', /^minute: /],
  ['1- * * * *', /^minute: /],
  ['* 24 * * *', /^hour: .*0 to 23/],
  ['* MON * * *', /^hour: /],
  ['* * 0 * *', /^day of month: /],
  ['* * 32 * *', /^day of month: /],
  ['* * L-31 * *', /^day of month: /],
  ['* * W * *', /^day of month: /],
  ['* * 5L * *', /^day of month: /],
  ['* * 5#2 * *', /^day of month: /],
  ['* * ?/2 * *', /^day of month: /],
  ['* * * 13 *', /^month: .*JAN to DEC/],
  ['* * * 0 *', /^month: /],
  ['* * * MON *', /^month: /],
  ['* * * ? *', /^month: /],
  ['* * * * 8', /^day of week: /],
  ['* * * * L', /^day of week: .*5L/],
  ['* * * * 5#6', /^day of week: /],
  ['* * * * 5#0', /^day of week: /],
  ['* * * * 5W', /^day of week: /],
  ['* * * * FRI-MON', /^day of week: /],
  ['* * * * * 1969', /^year: .*1970 to 2099/],
  ['* * * * * 2100', /^year: /],
  ['0 0 30 2 *', /never such a day/],
  ['0 0 31 4,6,9,11 ?', /never such a day/],
  ['0 0 29 2 * 2023', /never such a day/],
  ['0 0 31W FEB *', /never such a day/],
];

for (const [text, words] of refused) {
  test(`cron ${JSON.stringify(text)} is refused with the field and what it may be`, (t) => {
    const result = parseCron(text, 'and');
    t.regex(result.ok ? 'it was read' : result.message, words);
  });
}

test('letters may be small, and blanks of any kind and number', (t) => {
  const cron = cronOf('  0   0\tl * fri,sAt ', 'or');
  t.is(printCron(cron), '0 0 L * FRI,SAT');
});

test('two restricted day fields must both match as in Metronome, one suffices as in Unix', (t) => {
  const days: readonly (readonly [text: string, rule: DayRule, days: Cron['days']])[] = [
    ['0 0 13 * FRI', 'and', 'both'],
    ['0 0 13 * FRI', 'or', 'either'],
    ['0 0 * * FRI', 'or', 'both'],
    ['0 0 */2 * FRI', 'or', 'both'],
    ['0 0 ? * FRI', 'or', 'both'],
    ['0 0 13 * ?', 'or', 'both'],
    ['0 0 13 * */2', 'or', 'both'],
  ];
  for (const [text, rule, expected] of days) t.is(cronOf(text, rule).days, expected, text);
});

test('days that a field names, through two months', (t) => {
  // March and April 2026 begin on a Sunday and on a Wednesday.
  const cases: readonly (readonly [
    monthDay: string,
    weekDay: string,
    march: string,
    april: string,
  ])[] = [
    ['L', '*', '31', '30'],
    ['L-3', '*', '28', '27'],
    ['L-30', '*', '1', ''],
    ['LW', '*', '31', '30'],
    ['15W', '*', '16', '15'],
    ['1W', '*', '2', '1'],
    ['31W', '*', '31', ''],
    ['1,15,L', '?', '1,15,31', '1,15,30'],
    ['10-30/10', '*', '10,20,30', '10,20,30'],
    ['25/3', '*', '25,28,31', '25,28'],
    ['*', '5L', '27', '24'],
    ['*', 'FRIL', '27', '24'],
    ['*', '5#2', '13', '10'],
    ['*', 'SUN#5', '29', ''],
    ['?', '0', '1,8,15,22,29', '5,12,19,26'],
    ['?', '7', '1,8,15,22,29', '5,12,19,26'],
    ['*', '6-7', '1,7,8,14,15,21,22,28,29', '4,5,11,12,18,19,25,26'],
    ['*', 'SAT-SUN', '1,7,8,14,15,21,22,28,29', '4,5,11,12,18,19,25,26'],
    ['*', 'SUN-SUN', '1,8,15,22,29', '5,12,19,26'],
    ['*', 'MON#1,FRIL', '2,27', '6,24'],
    ['*', '5/2', '6,13,20,27', '3,10,17,24'],
    ['13', 'FRI', '13', ''],
  ];
  for (const [monthDay, weekDay, march, april] of cases) {
    const timetable = cronTimetable(cronOf(`0 0 ${monthDay} * ${weekDay}`, 'and'), fixedZone(0));
    const found = [2, 3].map((month) => {
      const [from, until] = [Date.UTC(2026, month), Date.UTC(2026, month + 1)];
      const days = slotsIn(timetable, from, until - 1).map((at) => new Date(at).getUTCDate());
      t.is(timetable.count(from, until - 1), days.length);
      return days.join(',');
    });
    t.deepEqual(found, [march, april], `${monthDay} ${weekDay}`);
  }
});

/** All slots with from <= slot <= until, found forwards. */
function slotsIn(timetable: Timetable, from: number, until: number): readonly number[] {
  const slots: number[] = [];
  let slot = timetable.nextAfter(from - 1);
  while (slot !== undefined && slot <= until) {
    slots.push(slot);
    slot = timetable.nextAfter(slot);
  }
  return slots;
}

/** Cron, zone, from when, and the slots from then on. */
const overChanges: readonly (readonly [string, string, string, readonly string[]])[] = [
  // Skipped: once, later by the gap; and then back at its own time.
  ['30 2 * * *', 'Europe/Paris', '2026-03-28T12:00Z', ['29T01:30', '30T00:30', '31T00:30']],
  // Both of these are 03:30 that day.
  ['30 2,3 * * *', 'Europe/Paris', '2026-03-28T12:00Z', ['29T01:30', '30T00:30', '30T01:30']],
  ['0,30 2 * * *', 'Europe/Paris', '2026-03-28T12:00Z', ['29T01:00', '29T01:30', '30T00:00']],
  // Repeated: once, the first time.
  ['30 2 * * *', 'Europe/Paris', '2026-10-24T12:00Z', ['25T00:30', '26T01:30']],
  ['30 1-3 * * *', 'Europe/Paris', '2026-10-24T23:00Z', ['24T23:30', '25T00:30', '25T02:30']],
  // By elapsed time: both of the repeated hour, none of the skipped one.
  ['30 * * * *', 'Europe/Paris', '2026-10-24T23:45Z', ['25T00:30', '25T01:30', '25T02:30']],
  [
    '30 */2 * * *',
    'Europe/Paris',
    '2026-10-24T21:45Z',
    ['24T22:30', '25T00:30', '25T01:30', '25T03:30'],
  ],
  ['30 */2 * * *', 'Europe/Paris', '2026-03-28T22:45Z', ['28T23:30', '29T02:30']],
  ['0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00Z', ['04T03:00', '05T02:00']],
  ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['03T15:45', '04T15:15']],
  ['0 10 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', ['29T20:00', '30T20:00', '31T20:00']],
  ['0 10 30 12 ?', 'Pacific/Apia', '2011-12-29T12:00Z', ['30T20:00']],
  ['0 */6 30 12 ?', 'Pacific/Apia', '2011-12-30T09:00Z', []],
];

for (const [text, zone, from, expected] of overChanges) {
  test(`${text} in ${zone} from ${from} on runs at ${expected.join(', ') || 'no time'}`, (t) => {
    const timetable = cronTimetable(cronOf(text, 'and'), zoneOf(zone));
    const start = ms(from.replace('Z', ':00Z'));
    const slots = slotsIn(timetable, start, start + 3 * DAY_MS);
    const found = slots.slice(0, expected.length || undefined);
    t.deepEqual(
      found.map((slot) => isoInstant(slot).slice(8, 16)),
      [...expected],
    );
  });
}

test('a cron of certain years ends with them, and has none before', (t) => {
  const timetable = cronTimetable(cronOf('0 12 1 1 * 2020,2022', 'and'), fixedZone(0));
  const [first, last] = [ms('2020-01-01T12:00:00Z'), ms('2022-01-01T12:00:00Z')];
  t.is(timetable.first, undefined);
  t.is(timetable.nextAfter(-Infinity), first);
  t.is(timetable.nextAfter(first), last);
  t.is(timetable.nextAfter(last), undefined);
  t.is(timetable.lastUntil(Infinity), last);
  t.is(timetable.lastUntil(last - 1), first);
  t.is(timetable.lastUntil(first - 1), undefined);
  t.is(timetable.count(0, Number.MAX_SAFE_INTEGER), 2);
});

test('a rare day is found, also a Monday 29 February', (t) => {
  const timetable = cronTimetable(cronOf('0 0 29 2 MON', 'and'), zoneOf('Europe/Paris'));
  t.is(timetable.nextAfter(ms('2044-03-01T00:00:00Z')), ms('2072-02-28T23:00:00Z'));
  t.is(timetable.nextAfter(ms('2072-03-01T00:00:00Z')), ms('2112-02-28T23:00:00Z'));
  t.is(timetable.lastUntil(ms('2044-01-01T00:00:00Z')), ms('2016-02-28T23:00:00Z'));
});

// Random crons against a twin that looks at each minute.

/** A field as it is written, and which values it means. */
interface Field {
  readonly text: string;
  readonly has: (value: number) => boolean;
}

/** A day of the local calendar as the day fields see it. */
interface Day {
  readonly day: number;
  readonly weekday: number;
  readonly length: number;
}

function numbers(min: number, max: number): fc.Arbitrary<Field> {
  const value = fc.integer({min, max});
  const range = fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const item: fc.Arbitrary<Field> = fc.oneof(
    value.map((n) => ({text: `${n}`, has: (v: number) => v === n})),
    range.map(([a, b]) => ({text: `${a}-${b}`, has: (v: number) => v >= a && v <= b})),
    fc.tuple(range, fc.integer({min: 1, max: max - min})).map(([[a, b], step]) => ({
      text: `${a}-${b}/${step}`,
      has: (v: number) => v >= a && v <= b && (v - a) % step === 0,
    })),
    fc.tuple(value, fc.integer({min: 1, max: max - min})).map(([a, step]) => ({
      text: `${a}/${step}`,
      has: (v: number) => v >= a && (v - a) % step === 0,
    })),
  );
  return fc.array(item, {minLength: 1, maxLength: 3}).map((items) => ({
    text: items.map(({text}) => text).join(','),
    has: (v: number) => items.some(({has}) => has(v)),
  }));
}

function open(min: number, max: number): fc.Arbitrary<Field> {
  return fc.oneof(
    fc.constant({text: '*', has: () => true}),
    fc
      .integer({min: 1, max: max - min})
      .map((step) => ({text: `*/${step}`, has: (v: number) => (v - min) % step === 0})),
  );
}

interface DayField {
  readonly text: string;
  readonly has: (day: Day) => boolean;
}

function isWorkday({day, weekday}: Day, at: number): boolean {
  return ![0, 6].includes((((weekday + at - day) % 7) + 7) % 7);
}

/** The workday of the month that is nearest to `at`, which the month must have. */
function nearestWorkday(day: Day, at: number): number | undefined {
  if (at > day.length) return undefined;
  const all = Array.from({length: day.length}, (_, n) => n + 1).filter((n) => isWorkday(day, n));
  return all.sort((a, b) => Math.abs(a - at) - Math.abs(b - at))[0];
}

const monthDays: fc.Arbitrary<DayField> = fc.oneof(
  fc.constantFrom('*', '?').map((text) => ({text, has: () => true})),
  open(1, 31).map(({text, has}) => ({text, has: ({day}: Day) => has(day)})),
  numbers(1, 31).map(({text, has}) => ({text, has: ({day}: Day) => has(day)})),
  fc.integer({min: 0, max: 9}).map((n) => ({
    text: n === 0 ? 'L' : `L-${n}`,
    has: ({day, length}: Day) => day === length - n,
  })),
  fc.constant({text: 'LW', has: (d: Day) => d.day === nearestWorkdayBefore(d)}),
  fc
    .integer({min: 1, max: 31})
    .map((n) => ({text: `${n}W`, has: (d: Day) => d.day === nearestWorkday(d, n)})),
);

function nearestWorkdayBefore(day: Day): number {
  let last = day.length;
  while (!isWorkday(day, last)) last -= 1;
  return last;
}

const NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const weekDays: fc.Arbitrary<DayField> = fc.oneof(
  fc.constantFrom('*', '?').map((text) => ({text, has: () => true})),
  fc.constantFrom('MON-FRI', '1-5', 'mon,TUE,3-5').map((text) => ({
    text,
    has: ({weekday}: Day) => weekday >= 1 && weekday <= 5,
  })),
  fc
    .integer({min: 0, max: 7})
    .map((n) => ({text: `${n}`, has: ({weekday}: Day) => weekday === n % 7})),
  fc.tuple(fc.integer({min: 0, max: 6}), fc.integer({min: 1, max: 5})).map(([w, n]) => ({
    text: `${NAMES[w]}#${n}`,
    has: ({day, weekday}: Day) => weekday === w && Math.ceil(day / 7) === n,
  })),
  fc.integer({min: 0, max: 6}).map((w) => ({
    text: `${w}L`,
    has: ({day, weekday, length}: Day) => weekday === w && day + 7 > length,
  })),
);

interface Drawn {
  readonly text: string;
  readonly rule: DayRule;
  readonly has: (localMs: number) => boolean;
}

function drawn(
  [minute, hour, month]: readonly Field[],
  monthDay: DayField,
  weekDay: DayField,
  rule: DayRule,
): Drawn {
  const text = [minute, hour, monthDay, month, weekDay].map((field) => field?.text).join(' ');
  const isRestricted = (field: DayField): boolean => !/^[*?]/.test(field.text);
  const isEither = rule === 'or' && isRestricted(monthDay) && isRestricted(weekDay);
  const has = (localMs: number): boolean => {
    const date = new Date(localMs);
    const length = new Date(
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0),
    ).getUTCDate();
    const day = {day: date.getUTCDate(), weekday: date.getUTCDay(), length};
    const isDay = isEither
      ? monthDay.has(day) || weekDay.has(day)
      : monthDay.has(day) && weekDay.has(day);
    return (
      isDay &&
      minute?.has(date.getUTCMinutes()) === true &&
      hour?.has(date.getUTCHours()) === true &&
      month?.has(date.getUTCMonth() + 1) === true
    );
  };
  return {text, rule, has};
}

const every: Field = {text: '*', has: () => true};
const rules = fc.constantFrom<DayRule>('and', 'or');
/** Crons with slots on many days, for windows of a few days. */
const frequent = fc
  .tuple(
    fc.oneof(numbers(0, 59), open(0, 59)),
    fc.oneof(numbers(0, 23), numbers(0, 4), open(0, 23)),
    fc.oneof({weight: 3, arbitrary: fc.constant({text: '*', has: () => true})}, monthDays),
    fc.oneof({weight: 3, arbitrary: fc.constant({text: '?', has: () => true})}, weekDays),
    rules,
  )
  .map(([minute, hour, monthDay, weekDay, rule]) =>
    drawn([minute, hour, every], monthDay, weekDay, rule),
  );

/** Around some change of the clock, in a zone where changes are as odd as they come. */
const windows = fc
  .tuple(
    fc.constantFrom(
      'Europe/Paris',
      'America/New_York',
      'America/Sao_Paulo',
      'Australia/Lord_Howe',
      'Antarctica/Troll',
      'Africa/Casablanca',
      'Pacific/Apia',
      'Asia/Kathmandu',
    ),
    fc.integer({min: Date.UTC(2005, 0), max: Date.UTC(2025, 0)}),
    fc.integer({min: -3 * 1440, max: 1440}),
    fc.boolean(),
  )
  .map(([id, near, minutes, isLeap]) => {
    const zone = zoneOf(id);
    const from = id === 'Pacific/Apia' && isLeap ? Date.UTC(2011, 11, 1) : near;
    const change = zone.changes(from, from + 400 * DAY_MS)[0]?.at ?? near;
    return {id, zone, from: Math.floor(change / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS};
  });

const WINDOW_MS = 3 * DAY_MS;

/** All slots in the window, minute by minute. */
function slowSlots({text, has}: Drawn, id: string, from: number): readonly number[] {
  const slots = new Set<number>();
  const until = from + WINDOW_MS;
  if (text.split(' ')[1]?.startsWith('*') === true) {
    for (let at = from; at <= until; at += MINUTE_MS) {
      const time = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(id);
      if (has(at + time.offsetNanoseconds / 1e6)) slots.add(at);
    }
  } else {
    for (let local = from - 2 * DAY_MS; local <= until + 2 * DAY_MS; local += MINUTE_MS) {
      if (!has(local)) continue;
      const at = Temporal.Instant.fromEpochMilliseconds(local)
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime()
        .toZonedDateTime(id, {disambiguation: 'compatible'}).epochMilliseconds;
      if (at >= from && at <= until) slots.add(at);
    }
  }
  return [...slots].sort((a, b) => a - b);
}

test('the slots over a change of the clock are those found minute by minute', (t) => {
  fc.assert(
    fc.property(frequent, windows, (cron, {id, zone, from}) => {
      const parsed = parseCron(cron.text, cron.rule);
      // Such as 30 February: what is refused may have no slots.
      const slow = slowSlots(cron, id, from);
      const label = `${cron.text} (${cron.rule}) in ${id} from ${isoInstant(from)}`;
      if (!parsed.ok) {
        t.deepEqual(slow, [], `${label}: ${parsed.message}`);
        return;
      }
      const timetable = cronTimetable(parsed.cron, zone);
      const until = from + WINDOW_MS;
      t.deepEqual(slotsIn(timetable, from, until), slow, label);
      t.is(timetable.count(from, until), slow.length, label);
      const backwards: number[] = [];
      let slot = timetable.lastUntil(until);
      while (slot !== undefined && slot >= from) {
        backwards.unshift(slot);
        slot = timetable.lastUntil(slot - 1);
      }
      t.deepEqual(backwards, slow, label);
    }),
    {numRuns: 300},
  );
});

test('the days of any cron are those found day by day, through four years', (t) => {
  const days = fc
    .tuple(monthDays, fc.oneof(open(1, 12), numbers(1, 12)), weekDays, rules)
    .map(([monthDay, month, weekDay, rule]) => {
      const zero = {text: '0', has: (value: number) => value === 0};
      return drawn([zero, zero, month], monthDay, weekDay, rule);
    });
  const starts = fc.integer({min: 0, max: 36_500}).map((day) => day * DAY_MS);
  fc.assert(
    fc.property(days, starts, (cron, from) => {
      const until = from + 1461 * DAY_MS;
      const slow: number[] = [];
      for (let at = from; at <= until; at += DAY_MS) if (cron.has(at)) slow.push(at);
      const parsed = parseCron(cron.text, cron.rule);
      if (!parsed.ok) {
        t.deepEqual(slow, [], `${cron.text}: ${parsed.message}`);
        return;
      }
      const timetable = cronTimetable(parsed.cron, fixedZone(0));
      t.deepEqual(slotsIn(timetable, from, until), slow, cron.text);
      t.is(timetable.count(from, until), slow.length, cron.text);
      t.is(timetable.lastUntil(until) ?? 0, slow.at(-1) ?? timetable.lastUntil(from) ?? 0);
    }),
    {numRuns: 300},
  );
});

test('slots far from one another are found over many changes, in both directions', (t) => {
  fc.assert(
    fc.property(
      monthDays,
      fc.integer({min: 1, max: 12}),
      windows,
      (monthDay, month, {id, zone, from}) => {
        const text = `30 2 ${monthDay.text} ${month} ?`;
        const parsed = parseCron(text, 'and');
        if (!parsed.ok) return;
        const timetable = cronTimetable(parsed.cron, zone);
        let local = Math.floor(from / DAY_MS) * DAY_MS - 2 * DAY_MS + 150 * MINUTE_MS;
        const has = drawn(
          [every, every, {text: '', has: (value) => value === month}],
          monthDay,
          {text: '?', has: () => true},
          'and',
        ).has;
        let expected: number | undefined;
        while (expected === undefined || expected <= from) {
          local += DAY_MS;
          if (has(local)) expected = zone.resolve(local);
        }
        t.is(timetable.nextAfter(from), expected, `${text} in ${id} from ${isoInstant(from)}`);
        t.is(timetable.lastUntil(expected), expected);
        const before = timetable.lastUntil(expected - 1) ?? 0;
        t.is(timetable.nextAfter(before), expected);
        t.true(before <= from);
      },
    ),
    {numRuns: 200},
  );
});

test('what is printed is read as the same cron', (t) => {
  fc.assert(
    fc.property(frequent, ({text, rule}) => {
      const parsed = parseCron(text, rule);
      if (!parsed.ok) {
        t.regex(parsed.message, /never/);
        return;
      }
      const again = parseCron(printCron(parsed.cron), rule);
      t.deepEqual(again, parsed);
    }),
  );
});

const notes: readonly (readonly [
  schedule: string,
  zone: string,
  slot: string,
  note: Exclude<DstNote['kind'], 'repeated'> | 'first' | 'second' | undefined,
  meant?: string,
])[] = [
  ['30 2 * * *', 'Europe/Paris', '2026-03-29T01:30:00Z', 'shifted', '2026-03-29T02:30:00Z'],
  ['30 2,3 * * *', 'Europe/Paris', '2026-03-29T01:30:00Z', 'merged', '2026-03-29T02:30:00Z'],
  ['30 3 * * *', 'Europe/Paris', '2026-03-29T01:30:00Z', undefined],
  ['30 * * * *', 'Europe/Paris', '2026-03-29T01:30:00Z', undefined],
  ['30 2 * * *', 'Europe/Paris', '2026-03-30T00:30:00Z', undefined],
  ['30 2 * * *', 'Europe/Paris', '2026-10-25T00:30:00Z', 'first'],
  ['30 * * * *', 'Europe/Paris', '2026-10-25T00:30:00Z', 'first'],
  ['30 * * * *', 'Europe/Paris', '2026-10-25T01:30:00Z', 'second'],
  ['0 * * * *', 'Europe/Paris', '2026-10-25T00:00:00Z', 'first'],
  ['0 * * * *', 'Europe/Paris', '2026-10-25T02:00:00Z', undefined],
  ['0 * * * *', 'Europe/Paris', '2026-10-24T23:00:00Z', undefined],
  [
    'R/2016-03-26T02:30/P1D',
    'Europe/Paris',
    '2016-03-27T01:30:00Z',
    'shifted',
    '2016-03-27T02:30:00Z',
  ],
  [
    'R/2016-03-27T02:30/P1D',
    'Europe/Paris',
    '2016-03-27T01:30:00Z',
    'shifted',
    '2016-03-27T02:30:00Z',
  ],
  [
    'R1/2016-03-27T02:30/P',
    'Europe/Paris',
    '2016-03-27T01:30:00Z',
    'shifted',
    '2016-03-27T02:30:00Z',
  ],
  [
    'R/2016-02-27T02:30/P1M',
    'Europe/Paris',
    '2016-03-27T01:30:00Z',
    'shifted',
    '2016-03-27T02:30:00Z',
  ],
  ['R/2016-03-26T03:30/P1D', 'Europe/Paris', '2016-03-27T01:30:00Z', undefined],
  ['R/2016-03-27T00:30/PT1H', 'Europe/Paris', '2016-03-27T01:30:00Z', undefined],
  ['R/2016-10-29T02:30/P1D', 'Europe/Paris', '2016-10-30T00:30:00Z', 'first'],
  ['R/2016-10-30T02:30+01:00/P1D', 'Europe/Paris', '2016-10-30T01:30:00Z', 'second'],
  [
    'R/2011-12-29T10:00/P1D',
    'Pacific/Apia',
    '2011-12-30T20:00:00Z',
    'merged',
    '2011-12-30T10:00:00Z',
  ],
  ['R/2011-12-29T10:00/P2D', 'Pacific/Apia', '2011-12-30T20:00:00Z', undefined],
  [
    'R/2011-12-28T10:00/P2D',
    'Pacific/Apia',
    '2011-12-30T20:00:00Z',
    'shifted',
    '2011-12-30T10:00:00Z',
  ],
  ['R/2016-03-27T02:30+01:00/P1D', '', '2016-03-28T01:30:00Z', undefined],
];

for (const [schedule, id, slot, expected, meant] of notes) {
  test(`of ${schedule} in '${id}' the slot ${slot} is ${expected ?? 'an ordinary one'}`, (t) => {
    const zone = id === '' ? fixedZone(3_600_000) : zoneOf(id);
    const timetable = timetableOf(schedule, zone);
    t.is(timetable.lastUntil(ms(slot)), ms(slot));
    const note = dstNote(ms(slot), zone, timetable);
    t.is(note?.kind === 'repeated' ? note.occurrence : note?.kind, expected);
    if (meant !== undefined && note !== undefined && 'meantLocalMs' in note) {
      t.is(isoInstant(note.meantLocalMs), isoInstant(ms(meant)));
    }
  });
}

function timetableOf(schedule: string, zone: Zone): Timetable {
  if (!schedule.startsWith('R')) return cronTimetable(cronOf(schedule, 'and'), zone);
  const result = parseInterval(schedule, {zone, now: 0});
  if (!result.ok) throw new Error(result.message);
  return intervalTimetable(result.interval);
}
