/** The local times that a cron names, in order and without regard to any zone. */
import {DAY_MS} from '../../../kernel/calendar.ts';
import {CronCalendar} from './cron-calendar.ts';
import type {Cron} from './cron.ts';

const MINUTE_MS = 60_000;

/** Local times are ms (calendar.ts); all that are named are whole minutes. */
export class CronClock {
  readonly #calendar: CronCalendar;
  readonly #hours: readonly number[];
  readonly #minutes: readonly number[];

  constructor(cron: Cron) {
    this.#calendar = new CronCalendar(cron);
    this.#hours = cron.hours;
    this.#minutes = cron.minutes;
  }

  has(localMs: number): boolean {
    const day = Math.floor(localMs / DAY_MS);
    const minute = (localMs - day * DAY_MS) / MINUTE_MS;
    return this.#calendar.has(day) && this.#nextMinute(minute) === minute;
  }

  /** The first from `localMs` on. */
  next(localMs: number): number | undefined {
    const day = Math.floor(localMs / DAY_MS);
    if (this.#calendar.has(day)) {
      const minute = this.#nextMinute(Math.ceil((localMs - day * DAY_MS) / MINUTE_MS));
      if (minute !== undefined) return day * DAY_MS + minute * MINUTE_MS;
    }
    const later = this.#calendar.next(day + 1);
    return later === undefined
      ? undefined
      : later * DAY_MS + (this.#nextMinute(0) ?? 0) * MINUTE_MS;
  }

  /** The last up to `localMs`. */
  previous(localMs: number): number | undefined {
    const day = Math.floor(localMs / DAY_MS);
    if (this.#calendar.has(day)) {
      const minute = this.#minuteBefore(Math.floor((localMs - day * DAY_MS) / MINUTE_MS) + 1);
      if (minute !== undefined) return day * DAY_MS + minute * MINUTE_MS;
    }
    const earlier = this.#calendar.previous(day - 1);
    if (earlier === undefined) return undefined;
    return earlier * DAY_MS + (this.#minuteBefore(DAY_MS / MINUTE_MS) ?? 0) * MINUTE_MS;
  }

  /** How many there are with fromMs <= time < untilMs. */
  count(fromMs: number, untilMs: number): number {
    if (untilMs <= fromMs) return 0;
    const [first, last] = [Math.floor(fromMs / DAY_MS), Math.floor(untilMs / DAY_MS)];
    const days = this.#calendar.count(first, last);
    return (
      days * this.#hours.length * this.#minutes.length +
      this.#countBefore(last, untilMs) -
      this.#countBefore(first, fromMs)
    );
  }

  /** Of one day, before a time in it. */
  #countBefore(day: number, localMs: number): number {
    if (!this.#calendar.has(day)) return 0;
    const end = Math.ceil((localMs - day * DAY_MS) / MINUTE_MS);
    const hour = Math.floor(end / 60);
    const at = lowerBound(this.#hours, hour);
    const rest = this.#hours[at] === hour ? lowerBound(this.#minutes, end - hour * 60) : 0;
    return at * this.#minutes.length + rest;
  }

  /** The first minute of a day from this one on. */
  #nextMinute(minuteOfDay: number): number | undefined {
    const hour = Math.floor(minuteOfDay / 60);
    let at = lowerBound(this.#hours, hour);
    if (this.#hours[at] === hour) {
      const minute = this.#minutes[lowerBound(this.#minutes, minuteOfDay - hour * 60)];
      if (minute !== undefined) return hour * 60 + minute;
      at += 1;
    }
    const later = this.#hours[at];
    return later === undefined ? undefined : later * 60 + (this.#minutes[0] ?? 0);
  }

  /** The last minute of a day before this one. */
  #minuteBefore(minuteOfDay: number): number | undefined {
    const hour = Math.floor(minuteOfDay / 60);
    const at = lowerBound(this.#hours, hour);
    if (this.#hours[at] === hour) {
      const minute = this.#minutes[lowerBound(this.#minutes, minuteOfDay - hour * 60) - 1];
      if (minute !== undefined) return hour * 60 + minute;
    }
    const earlier = this.#hours[at - 1];
    return earlier === undefined ? undefined : earlier * 60 + (this.#minutes.at(-1) ?? 0);
  }
}

/** How many of these numbers, which ascend, are less than `value`. */
function lowerBound(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
