/**
 * The civil calendar in whole numbers: proleptic Gregorian, days counted from 1970-01-01.
 *
 * A local time is the ms of a wall clock written as if it were UTC; which instant that is, is for
 * a zone to say (time-zones.ts). The arithmetic is Howard Hinnant's (public domain).
 */

export const DAY_MS = 86_400_000;

/** How far from 1970 an instant may be, either way: 100,000,000 days, as in ECMAScript. */
export const INSTANT_MS_MAX = 8_640_000_000_000_000;

export interface CivilDay {
  readonly year: number;
  /** From 1 to 12. */
  readonly month: number;
  /** Of the month, from 1. */
  readonly day: number;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** 0 for a month that does not exist. */
export function daysInMonth(year: number, month: number): number {
  return (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && isLeapYear(year) ? 1 : 0);
}

/** Days since 1970-01-01; undefined for a day that does not exist. */
export function checkedDay(year: number, month: number, day: number): number | undefined {
  return day < 1 || day > daysInMonth(year, month) ? undefined : dayNumber(year, month, day);
}

/** Days since 1970-01-01 of a day that exists. */
export function dayNumber(year: number, month: number, day: number): number {
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

/** The inverse of {@link dayNumber}. */
export function civilDay(days: number): CivilDay {
  const shifted = days + 719_468;
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
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

/** From 0 for Sunday to 6 for Saturday. */
export function dayOfWeek(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}
