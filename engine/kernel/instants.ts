/** Instants as the wire writes them, without a calendar library: proleptic Gregorian, UTC. */

const DAY_MS = 86_400_000;

/**
 * `2020-01-01T00:00:00.000Z` from ms since 1970 (Howard Hinnant's civil_from_days, public domain).
 */
export function isoInstant(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const clock = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60];
  const time = clock.map((value) => pad(Math.floor(value), 2)).join(':');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}T${time}.${pad(rest % 1000, 3)}Z`;
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
 * inverse of {@link isoInstant} (Howard Hinnant's days_from_civil, public domain).
 */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  const days = dayNumber(year ?? 0, month ?? 0, day ?? 0);
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

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Days since 1970-01-01; undefined for a day that does not exist. */
function dayNumber(year: number, month: number, day: number): number | undefined {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0);
  if (day < 1 || day > last) return undefined;
  // Years begin in March, so that the leap day is the last one.
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const shiftedMonth = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * shiftedMonth + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
