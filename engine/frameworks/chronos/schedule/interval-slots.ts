/**
 * The slots of a repeating interval: anchor + k × period, each computed from the anchor, so that
 * neither the ends of months nor changes of the clock make them drift (reference/chronos.md, 2.7).
 */
import {
  civilDay,
  DAY_MS,
  dayNumber,
  daysInMonth,
  INSTANT_MS_MAX,
} from '../../../kernel/calendar.ts';
import type {Zone} from '../../../kernel/time-zones.ts';
import type {Interval} from './interval.ts';
import {movesForward, stepOf, type Step} from './period.ts';
import type {Timetable} from './timetable.ts';

/** A period that does not move forward has the anchor alone. */
export function intervalTimetable(interval: Interval): Timetable {
  return movesForward(interval.period)
    ? timetableOf(interval.anchor, slotsOf(interval))
    : onceAt(interval);
}

/** anchor + k × period, for k from 0; for equal instants there are several k. */
export function slotAt(interval: Interval, k: number): number {
  return slotsOf(interval).at(k);
}

function slotsOf(interval: Interval): Slots {
  const step = stepOf(interval.period);
  return step.months === 0 && step.days === 0
    ? evenly(interval, step.elapsedMs)
    : byDays(interval, step);
}

function onceAt({anchor, anchorLocalMs}: Interval): Timetable {
  return {
    first: anchor,
    nextAfter: (ms) => (ms < anchor ? anchor : undefined),
    lastUntil: (ms) => (ms < anchor ? undefined : anchor),
    count: (fromMs, untilMs) => (fromMs <= anchor && anchor <= untilMs ? 1 : 0),
    names: (localMs) => localMs === anchorLocalMs,
  };
}

/** The k-th instants from k = 0 on: they never fall, and may be equal. */
interface Slots {
  at(k: number): number;
  /** The greatest k whose instant is not after `ms`, which is not before the anchor. */
  upTo(ms: number): number;
  /** How many k from `fromMs` to `untilMs` share their instant with k − 1. */
  repeats(fromMs: number, untilMs: number): number;
  names(localMs: number): boolean;
}

function timetableOf(anchor: number, slots: Slots): Timetable {
  return {
    first: anchor,
    nextAfter(ms) {
      if (ms < anchor) return anchor;
      const next = slots.at(slots.upTo(Math.min(ms, INSTANT_MS_MAX)) + 1);
      return next <= INSTANT_MS_MAX ? next : undefined;
    },
    lastUntil: (ms) =>
      ms < anchor ? undefined : slots.at(slots.upTo(Math.min(ms, INSTANT_MS_MAX))),
    count(fromMs, untilMs) {
      const [from, until] = [Math.max(fromMs, anchor), Math.min(untilMs, INSTANT_MS_MAX)];
      if (until < from) return 0;
      const before = from === anchor ? -1 : slots.upTo(from - 1);
      return slots.upTo(until) - before - slots.repeats(from, until);
    },
    names: (localMs) => slots.names(localMs),
  };
}

/** A period of hours and less is elapsed time and asks no zone. */
function evenly({anchor}: Interval, elapsedMs: number): Slots {
  return {
    at: (k) => anchor + k * elapsedMs,
    upTo: (ms) => {
      // Both the difference and its remainder are exact, and so is the quotient.
      const sinceMs = ms - anchor;
      return (sinceMs - (sinceMs % elapsedMs)) / elapsedMs;
    },
    repeats: () => 0,
    names: () => false,
  };
}

/** The average month of 400 years. */
const MONTH_MS = (146_097 / 4800) * DAY_MS;

function byDays(interval: Interval, step: Step): Slots {
  const {anchor, anchorLocalMs, anchorOffsetMs, zone} = interval;
  const {months, days, elapsedMs} = step;
  const averageMs = months * MONTH_MS + days * DAY_MS + elapsedMs;
  const date = civilDay(Math.floor(anchorLocalMs / DAY_MS));
  const timeOfDayMs = anchorLocalMs - Math.floor(anchorLocalMs / DAY_MS) * DAY_MS;
  const monthNumber = date.year * 12 + date.month - 1;

  const localAt = (k: number): number => {
    if (months === 0) return anchorLocalMs + k * days * DAY_MS;
    const month = monthNumber + k * months;
    const year = Math.floor(month / 12);
    const monthOfYear = month - year * 12 + 1;
    const day = Math.min(date.day, daysInMonth(year, monthOfYear));
    return (dayNumber(year, monthOfYear, day) + k * days) * DAY_MS + timeOfDayMs;
  };
  const at = (k: number): number => {
    if (k === 0) return anchor;
    const localMs = localAt(k);
    if (localMs > INSTANT_MS_MAX) return Infinity;
    return zone.resolve(localMs, anchorOffsetMs) + k * elapsedMs;
  };
  return {
    at,
    upTo(ms) {
      // No slot is further from an even course than the months and the offsets make it, so a guess
      // is a few steps away at most.
      let k = Math.max(0, Math.floor((ms + zone.offsetAt(ms) - anchorLocalMs) / averageMs));
      while (at(k + 1) <= ms) k += 1;
      while (k > 0 && at(k) > ms) k -= 1;
      return k;
    },
    repeats: (fromMs, untilMs) =>
      months === 0 && days === 1 && elapsedMs === 0
        ? skippedDays(zone, anchorLocalMs, fromMs, untilMs)
        : 0,
    names(localMs) {
      if (elapsedMs !== 0 || localMs < anchorLocalMs) return false;
      const guess = Math.floor((localMs - anchorLocalMs) / averageMs);
      return [-1, 0, 1, 2].some((more) => guess + more >= 0 && localAt(guess + more) === localMs);
    },
  };
}

/**
 * How many slots of a daily schedule fall on the instant of the slot before: one wherever a zone
 * left out a whole day, as Apia did on 2011-12-30. A day is the longest gap there ever was.
 */
function skippedDays(zone: Zone, anchorLocalMs: number, fromMs: number, untilMs: number): number {
  let count = 0;
  for (const {at, beforeMs, afterMs} of zone.changes(fromMs - DAY_MS, untilMs + 1)) {
    if (afterMs - beforeMs < DAY_MS) continue;
    const k = Math.ceil((at + beforeMs - anchorLocalMs) / DAY_MS);
    const instant = anchorLocalMs + k * DAY_MS - beforeMs;
    if (k >= 0 && instant >= fromMs && instant <= untilMs) count += 1;
  }
  return count;
}
