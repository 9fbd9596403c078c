/**
 * Cron expressions as Metronome has them (reference/chronos.md, 8.2): minute, hour, day of month,
 * month, day of week, and optionally the year.
 */

/**
 * What two restricted day fields mean. `or`: either one suffices, as in Unix; a field that begins
 * with `*` or `?` does not count as restricted. `and`: both must match, as in Metronome.
 */
export type DayRule = 'and' | 'or';

/** One way to name days of a month; months that lack the day have none. */
export type MonthDay =
  | {readonly kind: 'day'; readonly day: number}
  /** `L`, and `L-3`: days before the last one. */
  | {readonly kind: 'last'; readonly before: number}
  /** `LW`. */
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

export interface Cron {
  /** Ascending, as all lists of numbers here. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** The hour field begins with `*`: slots go by elapsed time, not by the clock on the wall. */
  readonly everyHour: boolean;
  readonly months: readonly number[];
  /** Undefined: every day. */
  readonly monthDays: readonly MonthDay[] | undefined;
  /** Undefined: every day. */
  readonly weekDays: readonly WeekDay[] | undefined;
  /** Whether a day must match both lists, or one of them is enough. */
  readonly days: 'both' | 'either';
  /** Undefined: every year. */
  readonly years: readonly number[] | undefined;
  /** The fields as written, in capitals. */
  readonly fields: readonly string[];
}

export type CronResult =
  | {readonly ok: true; readonly cron: Cron}
  /** The message names the field that is wrong and what was expected. */
  | {readonly ok: false; readonly message: string};
