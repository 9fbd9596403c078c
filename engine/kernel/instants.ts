/** Instants as the wire writes them, without a calendar library: proleptic Gregorian, UTC. */
import {checkedDay, civilDay, DAY_MS} from './calendar.ts';

/** `2020-01-01T00:00:00.000Z` from ms since 1970. */
export function isoInstant(ms: number): string {
  return `${localText(ms)}Z`;
}

/** `2020-01-01T00:00:00.000`: a local time (calendar.ts) without a word on where. */
export function localText(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const {year, month, day} = civilDay(days);
  const clock = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60];
  const time = clock.map((value) => pad(Math.floor(value), 2)).join(':');
  const date = `${year < 0 ? '-' : ''}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return `${date}T${time}.${pad(rest % 1000, 3)}`;
}

function pad(value: number, width: number): string {
  return `${value}`.padStart(width, '0');
}

/** `YYYY-MM-DDThh:mm:ss`, an optional fraction, and `Z` or a numeric offset. */
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * The ms since 1970 of an instant as RFC 3339 writes it, cut to whole ms; undefined for any other
 * text, and for days and times that do not exist (30 February, 24:00:00, a leap second). The
 * inverse of {@link isoInstant}.
 */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  const days = checkedDay(year ?? 0, month ?? 0, day ?? 0);
  if (days === undefined) return undefined;
  if (!isClock(hour ?? 0, minute ?? 0) || (second ?? 0) > 59) return undefined;
  const offsetHour = Number(match[9] ?? 0);
  const offsetMinute = Number(match[10] ?? 0);
  if (!isClock(offsetHour, offsetMinute)) return undefined;
  const offset = (offsetHour * 60 + offsetMinute) * (match[8] === '-' ? -60_000 : 60_000);
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const clock = ((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0);
  return days * DAY_MS + clock * 1000 + fraction - offset;
}

function isClock(hour: number, minute: number): boolean {
  return hour <= 23 && minute <= 59;
}
