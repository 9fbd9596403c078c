/**
 * Start times as Joda-Time's `ISODateTimeFormat.dateTimeParser` reads them (reference/chronos.md,
 * 2.1): dates of a year, a month, a day, a week or a day of the year; times down to hours, minutes
 * or seconds, the last of them with a fraction. Like Joda, numbers may want their leading zeros and
 * letters may be small.
 */
import {checkedDay, DAY_MS, dayNumber, dayOfWeek, isLeapYear} from '../../../kernel/calendar.ts';

export interface StartTime {
  /** What the clock on the wall shows, in ms (calendar.ts). */
  readonly localMs: number;
  /** ms east of UTC, where the text says so. */
  readonly offsetMs: number | undefined;
}

const YEAR = String.raw`([+-]?\d{1,9})`;
const DATE = `${YEAR}(?:-W(\\d{1,2})(?:-(\\d))?|-(\\d{3})|-(\\d{1,2})(?:-(\\d{1,2}))?)?`;
const FRACTION = String.raw`(?:[.,](\d{1,9}))`;
const TIME =
  String.raw`(\d{1,2})(?:${FRACTION}|:(\d{1,2})` +
  String.raw`(?:${FRACTION}|:(\d{1,2})${FRACTION}?)?)?`;
/** What may follow the hours of an offset, with colons and without. */
const COLONS = String.raw`:\d\d(?::\d\d(?:[.,]\d{1,3})?)?`;
const COMPACT = String.raw`\d\d(?:\d\d(?:\d{1,3})?)?`;
const OFFSET = `(Z|[+-]\\d\\d(?:${COLONS}|${COMPACT})?)`;

const DATE_OPTIONAL_TIME = new RegExp(`^${DATE}(?:T(?:${TIME})?${OFFSET}?)?$`, 'i');
const TIME_ALONE = new RegExp(`^T${TIME}${OFFSET}?$`, 'i');

/** Undefined for other text, and for days and times that do not exist. */
export function parseStart(text: string): StartTime | undefined {
  const alone = TIME_ALONE.exec(text);
  if (alone !== null) return startOf(0, alone.slice(1));
  const match = DATE_OPTIONAL_TIME.exec(text);
  if (match === null) return undefined;
  const day = dayOf(match.slice(1, 7));
  return day === undefined ? undefined : startOf(day, match.slice(7));
}

type Parts = readonly (string | undefined)[];

function startOf(day: number, parts: Parts): StartTime | undefined {
  const clock = clockMs(parts.slice(0, 6));
  const offset = parts[6];
  const offsetMs = offset === undefined ? undefined : parseOffset(offset);
  if (clock === undefined || (offset !== undefined && offsetMs === undefined)) return undefined;
  return {localMs: day * DAY_MS + clock, offsetMs};
}

/** Days since 1970-01-01. */
function dayOf([yearText, week, weekday, ordinal, month, day]: Parts): number | undefined {
  const year = Number(yearText);
  if (week !== undefined) return dayOfWeekDate(year, Number(week), Number(weekday ?? 1));
  if (ordinal !== undefined) {
    const number = Number(ordinal);
    if (number < 1 || number > (isLeapYear(year) ? 366 : 365)) return undefined;
    return dayNumber(year, 1, 1) + number - 1;
  }
  return checkedDay(year, Number(month ?? 1), Number(day ?? 1));
}

function dayOfWeekDate(year: number, week: number, weekday: number): number | undefined {
  const start = firstMonday(year);
  const weeks = (firstMonday(year + 1) - start) / 7;
  if (week < 1 || week > weeks || weekday < 1 || weekday > 7) return undefined;
  return start + (week - 1) * 7 + weekday - 1;
}

/** The Monday of a year's first week, which is that with 4 January in it. */
function firstMonday(year: number): number {
  const fourth = dayNumber(year, 1, 4);
  return fourth - ((dayOfWeek(fourth) + 6) % 7);
}

/** ms since midnight. */
function clockMs([hour, hourPart, minute, minutePart, second, secondPart]: Parts):
  | number
  | undefined {
  const [hours, minutes, seconds] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return (
    (hours * 60 + minutes) * 60_000 +
    seconds * 1000 +
    fractionMs(hourPart, 3_600_000) +
    fractionMs(minutePart, 60_000) +
    fractionMs(secondPart, 1000)
  );
}

/** Digit by digit, each cut as Joda cuts it. */
function fractionMs(digits: string | undefined, unitMs: number): number {
  let tenths = 0;
  let worth = unitMs;
  for (const digit of digits ?? '') {
    tenths += Number(digit) * worth;
    worth = Math.floor(worth / 10);
  }
  return Math.floor(tenths / 10);
}

/** ms east of UTC of `Z`, `+05`, `+0530`, `-08:00:30.5` and the like. */
function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const digits = text.slice(1).replaceAll(/[:.,]/g, '');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2, 4))];
  const seconds = Number(digits.slice(4, 6));
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const fraction = Number(digits.slice(6).padEnd(3, '0'));
  const size = (hours * 60 + minutes) * 60_000 + seconds * 1000 + fraction;
  return text.startsWith('-') && size !== 0 ? -size : size;
}
