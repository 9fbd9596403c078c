/**
 * Cron expressions as Metronome has them (reference/chronos.md, 8.2): minute, hour, day of month,
 * month, day of week, and optionally the year.
 */
import {CronCalendar, type CronDays} from './cron-calendar.ts';
import {parseMonthDays, parseWeekDays} from './cron-days.ts';
import {parseNumbers, type NumberField} from './cron-numbers.ts';
import {excerpt} from '../../json/excerpt.ts';

/**
 * What two restricted day fields mean. `or`: either one suffices, as in Unix; a field that begins
 * with `*` or `?` does not count as restricted. `and`: both must match, as in Metronome.
 */
export type DayRule = 'and' | 'or';

export interface Cron extends CronDays {
  /** Ascending, as all lists of numbers here. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** The hour field begins with `*`: slots go by elapsed time, not by the clock on the wall. */
  readonly everyHour: boolean;
  /** The fields as written, in capitals. */
  readonly fields: readonly string[];
}

export type CronResult =
  | {readonly ok: true; readonly cron: Cron}
  /** The message names the field that is wrong and what was expected. */
  | {readonly ok: false; readonly message: string};

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');

const MINUTE: NumberField = {name: 'minute', min: 0, max: 59, names: [], namedFrom: 0};
const HOUR: NumberField = {name: 'hour', min: 0, max: 23, names: [], namedFrom: 0};
const MONTH: NumberField = {name: 'month', min: 1, max: 12, names: MONTHS, namedFrom: 1};
const YEAR: NumberField = {name: 'year', min: 1970, max: 2099, names: [], namedFrom: 0};

const SETS = 'lists of numbers, ranges and steps such as 10-30/5';

/**
 * Reads five or six fields; names and letters may be small. Refused as well are expressions that
 * name no day that ever comes, such as 30 February.
 */
export function parseCron(text: string, dayRule: DayRule): CronResult {
  const fields = text.trim().toUpperCase().split(/\s+/);
  if (fields.length < 5 || fields.length > 6) {
    const five = 'minute, hour, day of month, month, day of week, and perhaps the year';
    return refused(`expected five or six fields (${five}), found ${JSON.stringify(excerpt(text))}`);
  }
  const [minuteText = '', hourText = '', monthDayText = '', monthText = ''] = fields;
  const [, , , , weekDayText = '', yearText] = fields;
  const minutes = parseNumbers(minuteText, MINUTE);
  if (minutes === undefined) return refusedField(MINUTE, minuteText);
  const hours = parseNumbers(hourText, HOUR);
  if (hours === undefined) return refusedField(HOUR, hourText);
  const monthDays = dayField(monthDayText, parseMonthDays);
  if (!monthDays.ok) return refusedDays('day of month', monthDayText, '1 to 31, L, L-3, LW, 15W');
  const months = parseNumbers(monthText, MONTH);
  if (months === undefined) return refusedField(MONTH, monthText);
  const weekDays = dayField(weekDayText, parseWeekDays);
  if (!weekDays.ok) {
    return refusedDays('day of week', weekDayText, '0 to 7 or SUN to SAT, 5L, 5#2');
  }
  const years = yearOf(yearText);
  if (years === 'wrong') return refusedField(YEAR, yearText ?? '');
  const isEither = dayRule === 'or' && isRestricted(monthDayText) && isRestricted(weekDayText);
  const cron: Cron = {
    minutes,
    hours,
    everyHour: hourText.startsWith('*'),
    months,
    monthDays: monthDays.days,
    weekDays: weekDays.days,
    days: isEither ? 'either' : 'both',
    years,
    fields,
  };
  return new CronCalendar(cron).hasDays ? {ok: true, cron} : refused(noDay(text));
}

/** Text that is read as the same cron, under the same rule. */
export function printCron(cron: Cron): string {
  return cron.fields.join(' ');
}

function isRestricted(text: string): boolean {
  return !/^[*?]/.test(text);
}

type DayField<Day> =
  | {readonly ok: true; readonly days: readonly Day[] | undefined}
  | {readonly ok: false};

function dayField<Day>(
  text: string,
  parse: (text: string) => readonly Day[] | undefined,
): DayField<Day> {
  if (text === '*' || text === '?') return {ok: true, days: undefined};
  const days = parse(text);
  return days === undefined ? {ok: false} : {ok: true, days};
}

function yearOf(text: string | undefined): readonly number[] | undefined | 'wrong' {
  if (text === undefined || text === '*') return undefined;
  return parseNumbers(text, YEAR) ?? 'wrong';
}

function refusedField({name, min, max, names}: NumberField, found: string): CronResult {
  const named = names.length > 0 ? ` or ${names[0]} to ${names.at(-1)}` : '';
  const shown = JSON.stringify(excerpt(found));
  return refused(`${name}: expected * or ${SETS}, from ${min} to ${max}${named}, found ${shown}`);
}

function refusedDays(name: string, found: string, forms: string): CronResult {
  return refused(
    `${name}: expected *, ? or ${SETS}; of ${forms}; found ${JSON.stringify(excerpt(found))}`,
  );
}

function noDay(text: string): string {
  const never = 'there is never such a day';
  return `day of month, month, day of week: ${never}, found ${JSON.stringify(excerpt(text))}`;
}

function refused(message: string): CronResult {
  return {ok: false, message};
}
