/**
 * ISO 8601 periods as Joda-Time's `ISOPeriodFormat.standard` has them (reference/chronos.md, 2.1):
 * each number with a sign of its own, a fraction only of seconds, and `P` alone is nothing at all.
 */
import {DAY_MS} from '../../../kernel/calendar.ts';
import {excerpt} from '../../json/excerpt.ts';

/** Whole numbers, kept apart as they were written: `PT60M` is not `PT1H`. */
export interface Period {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  /** The seconds with their fraction, in ms. */
  readonly secondsMs: number;
}

const NUMBER = String.raw`([+-]?\d{1,10})`;
/** Its digits are counted apart: ten at most, on both sides of the point. */
const SECONDS = String.raw`([+-]?)(\d*)(?:[.,](\d*))?`;
/** Joda reads the letters in either case; the first one is checked by whoever splits a schedule. */
const PERIOD = new RegExp(
  `^P(?:${NUMBER}Y)?(?:${NUMBER}M)?(?:${NUMBER}W)?(?:${NUMBER}D)?` +
    `(?:T(?=.)(?:${NUMBER}H)?(?:${NUMBER}M)?(?:${SECONDS}S)?)?$`,
  'i',
);

const INT_MAX = 2 ** 31 - 1;
const DIGITS_MAX = 10;

export type PeriodResult =
  | {readonly ok: true; readonly period: Period}
  | {readonly ok: false; readonly message: string};

/** Refuses text that is no period, and numbers beyond 32 bits. */
export function parsePeriod(text: string): PeriodResult {
  const period = periodOf(PERIOD.exec(text) ?? []);
  if (period !== undefined) return {ok: true, period};
  const message = `expected a period such as P1D or PT30M, found ${JSON.stringify(excerpt(text))}`;
  return {ok: false, message};
}

function periodOf(match: readonly (string | undefined)[]): Period | undefined {
  if (match.length === 0) return undefined;
  const numbers = match.slice(1, 7).map((digits) => Number(digits ?? 0) + 0);
  if (numbers.some((value) => value > INT_MAX || value < -INT_MAX - 1)) return undefined;
  const secondsMs = secondsMsOf(match[7], match[8], match[9]);
  if (secondsMs === undefined) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0] = numbers;
  return {years, months, weeks, days, hours, minutes, secondsMs};
}

/** Cut to whole ms; 0 where there are no seconds, undefined where there are no digits. */
function secondsMsOf(
  sign: string | undefined,
  whole: string | undefined,
  fraction = '',
): number | undefined {
  if (sign === undefined || whole === undefined) return 0;
  const digits = whole.length + fraction.length;
  if (digits === 0 || digits > DIGITS_MAX || Number(whole) > INT_MAX) return undefined;
  const ms = Number(whole) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return sign === '-' && ms !== 0 ? -ms : ms;
}

/** The canonical text: fields of 0 are left out, `PT0S` is nothing at all. */
export function printPeriod(period: Period): string {
  const date =
    part(period.years, 'Y') +
    part(period.months, 'M') +
    part(period.weeks, 'W') +
    part(period.days, 'D');
  const time = part(period.hours, 'H') + part(period.minutes, 'M') + secondsText(period.secondsMs);
  if (date === '' && time === '') return 'PT0S';
  return time === '' ? `P${date}` : `P${date}T${time}`;
}

function part(value: number, letter: string): string {
  return value === 0 ? '' : `${value}${letter}`;
}

function secondsText(ms: number): string {
  if (ms === 0) return '';
  const size = Math.abs(ms);
  const rest = size % 1000;
  const fraction = rest === 0 ? '' : `.${`${rest}`.padStart(3, '0')}`;
  return `${ms < 0 ? '-' : ''}${Math.floor(size / 1000)}${fraction}S`;
}

/** What a period adds to a local date, and the time that passes besides. */
export interface Step {
  readonly months: number;
  readonly days: number;
  readonly elapsedMs: number;
}

export function stepOf(period: Period): Step {
  return {
    months: period.years * 12 + period.months,
    days: period.weeks * 7 + period.days,
    elapsedMs: period.hours * 3_600_000 + period.minutes * 60_000 + period.secondsMs,
  };
}

/**
 * Whether each repetition comes after the one before, whatever the calendar: no part of the step
 * goes back, and one goes forward. Neither `P` nor `P-1D` does, nor `P1M-31D`.
 */
export function movesForward(period: Period): boolean {
  const {months, days, elapsedMs} = stepOf(period);
  return Math.min(months, days, elapsedMs) >= 0 && Math.max(months, days, elapsedMs) > 0;
}

/** The length in ms with days of 24 hours; undefined where months or years belong to it. */
export function periodMs(period: Period): number | undefined {
  const {months, days, elapsedMs} = stepOf(period);
  return months === 0 ? days * DAY_MS + elapsedMs : undefined;
}

/** The length in ms with months of 28 days and days of 24 hours: the least it ordinarily is. */
export function nominalMsMin(period: Period): number {
  const {months, days, elapsedMs} = stepOf(period);
  return (months * 28 + days) * DAY_MS + elapsedMs;
}
