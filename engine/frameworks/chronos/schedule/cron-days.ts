/** The two day fields of a cron, and what they may say beyond numbers. */
import {numbersOf, parseNumber, parseRange, type NumberField} from './cron-numbers.ts';

/** One way to name days of a month; months that lack the day have none. */
export type MonthDay =
  | {readonly kind: 'day'; readonly day: number}
  /** `L`, and `L-3`: days before the last one. */
  | {readonly kind: 'last'; readonly before: number}
  /** `LW`: the last day from Monday to Friday. */
  | {readonly kind: 'lastWorkday'}
  /** `15W`: the day from Monday to Friday that is nearest, within the month. */
  | {readonly kind: 'nearestWorkday'; readonly day: number};

/** One way to name days of the week; 0 is Sunday. */
export type WeekDay =
  | {readonly kind: 'every'; readonly weekday: number}
  /** `5L`: the last Friday of the month. */
  | {readonly kind: 'last'; readonly weekday: number}
  /** `5#2`: the second Friday of the month. */
  | {readonly kind: 'nth'; readonly weekday: number; readonly nth: number};

const MONTH_DAY: NumberField = {name: 'day of month', min: 1, max: 31, names: [], namedFrom: 0};

/** Undefined for text that is no such list. */
export function parseMonthDays(text: string): readonly MonthDay[] | undefined {
  return listOf(text, monthDaysOf);
}

function monthDaysOf(item: string): readonly MonthDay[] | undefined {
  if (item === 'LW') return [{kind: 'lastWorkday'}];
  const last = /^L(?:-(\d{1,2}))?$/.exec(item);
  if (last !== null) {
    const before = Number(last[1] ?? 0);
    return before <= 30 ? [{kind: 'last', before}] : undefined;
  }
  if (item.endsWith('W')) {
    const day = parseNumber(item.slice(0, -1), MONTH_DAY);
    return day === undefined ? undefined : [{kind: 'nearestWorkday', day}];
  }
  const range = parseRange(item, MONTH_DAY);
  return range && numbersOf(range).map((day) => ({kind: 'day', day}));
}

/** Sunday is 0 and 7, so that a range may begin and end with it. */
const WEEK_DAY: NumberField = {
  name: 'day of week',
  min: 0,
  max: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  namedFrom: 0,
};

/** Undefined for text that is no such list. */
export function parseWeekDays(text: string): readonly WeekDay[] | undefined {
  return listOf(text, weekDaysOf);
}

function weekDaysOf(item: string): readonly WeekDay[] | undefined {
  const nth = /^(\w+)#([1-5])$/.exec(item);
  if (nth !== null) {
    const weekday = parseNumber(nth[1] ?? '', WEEK_DAY);
    return weekday === undefined
      ? undefined
      : [{kind: 'nth', weekday: weekday % 7, nth: Number(nth[2])}];
  }
  if (item.endsWith('L')) {
    const weekday = parseNumber(item.slice(0, -1), WEEK_DAY);
    return weekday === undefined ? undefined : [{kind: 'last', weekday: weekday % 7}];
  }
  // A week that is counted to its end has seven days, and not Sunday twice; SAT-SUN ends with 7.
  const isOpen = /^(\*|\w+\/)/.test(item);
  const range = parseRange(item.replace(/^(?!SUN-|0-)(.+)-(SUN|0)(?=\/|$)/, '$1-7'), WEEK_DAY);
  if (range === undefined) return undefined;
  const to = isOpen ? Math.max(6, range.from) : range.to;
  return numbersOf({...range, to}).map((value) => ({kind: 'every', weekday: value % 7}));
}

function listOf<Item>(
  text: string,
  itemsOf: (item: string) => readonly Item[] | undefined,
): readonly Item[] | undefined {
  const found: Item[] = [];
  for (const item of text.split(',')) {
    const items = itemsOf(item);
    if (items === undefined) return undefined;
    found.push(...items);
  }
  return found;
}
