/**
 * Which days a cron means. A month has the same days in all years that begin on the same weekday
 * and are as long: fourteen kinds of years are all there are.
 */
import {
  civilDay,
  DAY_MS,
  dayNumber,
  dayOfWeek,
  daysInMonth,
  INSTANT_MS_MAX,
  isLeapYear,
} from '../../../kernel/calendar.ts';
import {unreachable} from '../../../kernel/assert.ts';
import type {MonthDay, WeekDay} from './cron-days.ts';

export interface CronDays {
  readonly months: readonly number[];
  /** Undefined: every day. */
  readonly monthDays: readonly MonthDay[] | undefined;
  /** Undefined: every day. */
  readonly weekDays: readonly WeekDay[] | undefined;
  /** Whether a day must be in both lists, or one of them is enough. */
  readonly days: 'both' | 'either';
  /** Undefined: every year. */
  readonly years: readonly number[] | undefined;
}

const YEAR_KINDS = 14;
/** Years beyond these have no instants. */
const YEAR_MIN = civilDay(-INSTANT_MS_MAX / DAY_MS).year;
const YEAR_MAX = civilDay(INSTANT_MS_MAX / DAY_MS).year;

/** Days are counted from 1970-01-01 (calendar.ts). */
export class CronCalendar {
  readonly #days: CronDays;
  readonly #years: ReadonlySet<number> | undefined;
  readonly #yearMin: number;
  readonly #yearMax: number;
  /** Bit d − 1 of entry `kind * 12 + month − 1` is day d; filled kind by kind. */
  readonly #masks = new Int32Array(YEAR_KINDS * 12);
  /** Days of a whole year by kind; −1: not filled yet. */
  readonly #totals = new Int32Array(YEAR_KINDS).fill(-1);

  constructor(days: CronDays) {
    this.#days = days;
    this.#years = days.years && new Set(days.years);
    this.#yearMin = Math.max(YEAR_MIN, days.years?.[0] ?? YEAR_MIN);
    this.#yearMax = Math.min(YEAR_MAX, days.years?.at(-1) ?? YEAR_MAX);
  }

  /** Whether there is any such day. */
  get hasDays(): boolean {
    // 400 years have years of all kinds, and begin again after that.
    const last = Math.min(this.#yearMax, this.#yearMin + 400);
    for (let year = this.#yearMin; year <= last; year += 1) {
      if (this.#totalOf(year) > 0) return true;
    }
    return false;
  }

  has(day: number): boolean {
    const civil = civilDay(day);
    return (this.#maskOf(civil.year, civil.month) & (1 << (civil.day - 1))) !== 0;
  }

  /** The first of these days from `day` on. */
  next(day: number): number | undefined {
    const civil = civilDay(day);
    let {year, month} = civil;
    let from = civil.day - 1;
    if (year < this.#yearMin) [year, month, from] = [this.#yearMin, 1, 0];
    for (; year <= this.#yearMax; year += 1) {
      if (this.#totalOf(year) > 0) {
        for (; month <= 12; month += 1) {
          const left = this.#maskOf(year, month) & (-1 << from);
          if (left !== 0) return dayNumber(year, month, 32 - Math.clz32(left & -left));
          from = 0;
        }
      }
      [month, from] = [1, 0];
    }
    return undefined;
  }

  /** The last of these days up to `day`. */
  previous(day: number): number | undefined {
    const civil = civilDay(day);
    let {year, month} = civil;
    let until = civil.day;
    if (year > this.#yearMax) [year, month, until] = [this.#yearMax, 12, 31];
    for (; year >= this.#yearMin; year -= 1) {
      if (this.#totalOf(year) > 0) {
        for (; month >= 1; month -= 1) {
          const left = this.#maskOf(year, month) & (-1 >>> (32 - until));
          if (left !== 0) return dayNumber(year, month, 32 - Math.clz32(left));
          until = 31;
        }
      }
      [month, until] = [12, 31];
    }
    return undefined;
  }

  /** How many of these days there are from `from` to the day before `until`. */
  count(from: number, until: number): number {
    if (until <= from) return 0;
    const [start, end] = [civilDay(from), civilDay(until)];
    let count =
      this.#countOfYear(end.year, end.month, end.day) -
      this.#countOfYear(start.year, start.month, start.day);
    const last = Math.min(end.year - 1, this.#yearMax);
    for (let year = Math.max(start.year, this.#yearMin); year <= last; year += 1) {
      count += this.#totalOf(year);
    }
    return count;
  }

  /** Days of a year before a day of it. */
  #countOfYear(year: number, month: number, day: number): number {
    let count = bits(this.#maskOf(year, month) & ~(-1 << (day - 1)));
    for (let before = 1; before < month; before += 1) count += bits(this.#maskOf(year, before));
    return count;
  }

  #maskOf(year: number, month: number): number {
    if (this.#totalOf(year) === 0) return 0;
    return this.#masks[kindOf(year) * 12 + month - 1] ?? 0;
  }

  #totalOf(year: number): number {
    if (this.#years !== undefined && !this.#years.has(year)) return 0;
    const kind = kindOf(year);
    const total = this.#totals[kind] ?? 0;
    return total === -1 ? this.#fill(kind, year) : total;
  }

  #fill(kind: number, year: number): number {
    let total = 0;
    for (const month of this.#days.months) {
      const mask = monthMask(
        this.#days,
        daysInMonth(year, month),
        dayOfWeek(dayNumber(year, month, 1)),
      );
      this.#masks[kind * 12 + month - 1] = mask;
      total += bits(mask);
    }
    this.#totals[kind] = total;
    return total;
  }
}

function kindOf(year: number): number {
  return dayOfWeek(dayNumber(year, 1, 1)) * 2 + (isLeapYear(year) ? 1 : 0);
}

/** How many bits are set. */
function bits(mask: number): number {
  let value = mask - ((mask >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return (((value + (value >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** `first`: the weekday of the first of the month. */
function monthMask({monthDays, weekDays, days}: CronDays, length: number, first: number): number {
  const all = -1 >>> (32 - length);
  const byMonth = monthDays?.reduce((mask, item) => mask | monthDayMask(item, length, first), 0);
  const byWeek = weekDays?.reduce((mask, item) => mask | weekDayMask(item, length, first), 0);
  if (days === 'either') return (byMonth ?? all) | (byWeek ?? all);
  return (byMonth ?? all) & (byWeek ?? all);
}

function monthDayMask(item: MonthDay, length: number, first: number): number {
  switch (item.kind) {
    case 'day':
      return dayBit(item.day, length);
    case 'last':
      return dayBit(length - item.before, length);
    case 'lastWorkday':
      return dayBit(workdayNear(length, length, first), length);
    case 'nearestWorkday':
      return item.day > length ? 0 : dayBit(workdayNear(item.day, length, first), length);
    default:
      return unreachable(item);
  }
}

function workdayNear(day: number, length: number, first: number): number {
  const weekday = (first + day - 1) % 7;
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function weekDayMask(item: WeekDay, length: number, first: number): number {
  const earliest = ((item.weekday - first + 7) % 7) + 1;
  switch (item.kind) {
    case 'every': {
      let mask = 0;
      for (let day = earliest; day <= length; day += 7) mask |= dayBit(day, length);
      return mask;
    }
    case 'last':
      return dayBit(earliest + 7 * Math.floor((length - earliest) / 7), length);
    case 'nth':
      return dayBit(earliest + 7 * (item.nth - 1), length);
    default:
      return unreachable(item);
  }
}

/** 0 for a day that the month lacks. */
function dayBit(day: number, length: number): number {
  return day < 1 || day > length ? 0 : 1 << (day - 1);
}
