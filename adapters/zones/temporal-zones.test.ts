import test from 'ava';
import fc from 'fast-check';
import {ZoneBook, type Zone} from '../../engine/index.ts';
import {temporalZones} from './temporal-zones.ts';

const book = new ZoneBook(temporalZones);

function zoneOf(id: string): Zone {
  const zone = book.find(id);
  if (zone === undefined) throw new Error(`no zone ${id}`);
  return zone;
}

/** Zones whose rules are odd in some way; drawn more often than the rest. */
const ODD = [
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/Sao_Paulo',
  'Antarctica/Troll',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Europe/Dublin',
  'Pacific/Apia',
  'Pacific/Kwajalein',
  'UTC',
];
const ALL = Intl.supportedValuesOf('timeZone').filter((id) => book.find(id) !== undefined);
const zoneIds = fc.oneof(fc.constantFrom(...ODD), fc.constantFrom(...ALL));
/** Mostly of our time, sometimes as far away as an instant can be. */
const instants = fc.oneof(
  fc.integer({min: Date.UTC(1900, 0), max: Date.UTC(2100, 0)}),
  fc.integer({min: Date.UTC(2005, 0), max: Date.UTC(2030, 0)}),
  fc.integer({min: -8_640_000_000_000_000, max: 8_640_000_000_000_000}),
);

function offsetByTemporal(id: string, ms: number): number {
  const time = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(id);
  return time.offsetNanoseconds / 1e6;
}

/** What Intl knows of it: whole minutes since 1970. */
function offsetByIntl(id: string, ms: number): string {
  const format = new Intl.DateTimeFormat('en-US', {timeZone: id, timeZoneName: 'longOffset'});
  const name = format.formatToParts(ms).find(({type}) => type === 'timeZoneName')?.value ?? '';
  return name.replace('GMT', '') || '+00:00';
}

function minutesText(offsetMs: number): string {
  const minutes = Math.floor(Math.abs(offsetMs) / 60_000);
  const two = (value: number): string => `${value}`.padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

test('most zones that Node names are zones by their IANA name', (t) => {
  t.true(ALL.length > 380, `only ${ALL.length}`);
  t.regex(temporalZones.version, /^20\d\d[a-z]$/);
});

test('an id is matched exactly, and an offset is none', (t) => {
  const known = ['UTC', 'GMT', 'Etc/GMT+5', 'Asia/Calcutta', 'Asia/Kolkata', 'Europe/Kyiv', 'CET'];
  for (const id of known) t.truthy(book.find(id), id);
  const unknown = ['utc', 'europe/paris', '+01:00', 'Z', '', 'Mars/Olympus', 'GMT+5', 'PST', 'BST'];
  for (const id of unknown) t.is(book.find(id), undefined, id);
});

test('the offset of any instant is what Temporal says', (t) => {
  fc.assert(
    fc.property(zoneIds, fc.array(instants, {minLength: 1, maxLength: 8}), (id, times) => {
      const zone = zoneOf(id);
      for (const ms of times) t.is(zone.offsetAt(ms), offsetByTemporal(id, ms), `${id} ${ms}`);
    }),
    {numRuns: 500},
  );
});

test('the offset of an instant of our time is what Intl says', (t) => {
  const ours = fc.integer({min: Date.UTC(1973, 0), max: Date.UTC(2100, 0)});
  fc.assert(
    fc.property(zoneIds, ours, (id, ms) => {
      t.is(minutesText(zoneOf(id).offsetAt(ms)), offsetByIntl(id, ms), `${id} ${ms}`);
    }),
    {numRuns: 500},
  );
});

test('a local time has the instant that Temporal finds, also close to changes', (t) => {
  const days = fc.integer({min: -2 * 86_400_000, max: 2 * 86_400_000});
  fc.assert(
    fc.property(zoneIds, instants, days, (id, near, shift) => {
      const zone = zoneOf(id);
      const [change] = zone.changes(near, near + 400 * 86_400_000);
      const local = Math.trunc((change?.at ?? near) + zone.offsetAt(near) + shift);
      if (Math.abs(local) > 8_630_000_000_000_000) return;
      const plain = Temporal.Instant.fromEpochMilliseconds(local)
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime();
      const wanted = plain.toZonedDateTime(id, {disambiguation: 'compatible'});
      t.is(zone.resolve(local), wanted.epochMilliseconds, `${id} ${plain.toString()}`);
      const later = plain.toZonedDateTime(id, {disambiguation: 'later'});
      if (!later.toPlainDateTime().equals(plain)) return;
      const preferred = offsetByTemporal(id, later.epochMilliseconds);
      t.is(zone.resolve(local, preferred), later.epochMilliseconds, `${id} ${plain.toString()}`);
    }),
    {numRuns: 1000},
  );
});

test('changes are those with from <= at < until, with the offsets on either side', (t) => {
  const hour = 3_600_000;
  const apia = Date.UTC(2011, 11, 30, 10);
  const zone = zoneOf('Pacific/Apia');
  const leap = {at: apia, beforeMs: -10 * hour, afterMs: 14 * hour};
  t.deepEqual(zone.changes(apia, apia + 1), [leap]);
  t.deepEqual(zone.changes(apia - 1, apia), []);
  t.deepEqual(zone.changes(apia + 1, apia + 2), []);
  t.is(zone.resolve(Date.UTC(2011, 11, 30, 12)), Date.UTC(2011, 11, 30, 22));

  const howe = zoneOf('Australia/Lord_Howe').changes(Date.UTC(2016, 0), Date.UTC(2017, 0));
  t.deepEqual(
    howe.map(({beforeMs, afterMs}) => (afterMs - beforeMs) / hour),
    [-0.5, 0.5],
  );
  fc.assert(
    fc.property(zoneIds, instants, (id, from) => {
      const some = zoneOf(id);
      let last = from - 1;
      for (const {at, beforeMs, afterMs} of some.changes(from, from + 3e11)) {
        t.true(at > last && at < from + 3e11);
        t.is(some.offsetAt(at - 1), beforeMs);
        t.is(some.offsetAt(at), afterMs);
        t.not(beforeMs, afterMs);
        last = at;
      }
    }),
    {numRuns: 200},
  );
});

test('old Java reads three letters as a region, and GMT+5 as an offset', (t) => {
  const summer = Date.UTC(2016, 6, 15);
  const cases: readonly (readonly [id: string, hours: number | undefined])[] = [
    ['PST', -7],
    ['EST', -4],
    ['MST', -6],
    ['HST', -10],
    ['BST', 6],
    ['IST', 5.5],
    ['ECT', 2],
    ['GMT+5', 5],
    ['GMT-11', -11],
    ['GMT+05:30', 5.5],
    ['GMT+0530', 5.5],
    ['GMT+24', undefined],
    ['GMT+5:60', undefined],
    ['Europe/Paris', 2],
    ['Mars/Olympus', undefined],
  ];
  for (const [id, hours] of cases) {
    const offset = book.find(id, 'oldJava')?.offsetAt(summer);
    t.is(offset, hours === undefined ? undefined : hours * 3_600_000, id);
  }
  for (const id of ['EST', 'MST', 'HST']) t.is(book.find(id), undefined, id);
});
