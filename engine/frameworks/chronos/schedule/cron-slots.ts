/**
 * The slots of a cron in a zone.
 *
 * Where the hour is restricted, slots go by the clock on the wall: a local time that is skipped
 * runs once, later by the length of the gap; one that occurs twice runs once, the first time. Where
 * the hour field begins with `*`, slots go by elapsed time: both of a repeated hour run, and none
 * of a skipped one (the classic rule of cron daemons; reference/chronos.md, 9.2).
 */
import {INSTANT_MS_MAX} from '../../../kernel/calendar.ts';
import type {Zone, ZoneSpan} from '../../../kernel/time-zones.ts';
import {CronClock} from './cron-clock.ts';
import type {Cron} from './cron.ts';
import type {Timetable} from './timetable.ts';

export function cronTimetable(cron: Cron, zone: Zone): Timetable {
  const clock = new CronClock(cron);
  const slots = cron.everyHour ? elapsedSlots(clock) : wallSlots(clock);
  return {
    first: undefined,
    nextAfter: (ms) => nextFrom(slots, zone, Math.max(ms + 1, -INSTANT_MS_MAX)),
    lastUntil: (ms) => lastUntil(slots, zone, Math.min(ms, INSTANT_MS_MAX)),
    count(fromMs, untilMs) {
      const from = Math.max(fromMs, -INSTANT_MS_MAX);
      return countIn(slots, zone, from, Math.min(untilMs, INSTANT_MS_MAX) + 1);
    },
    names: (localMs) => !cron.everyHour && clock.has(localMs),
  };
}

/** The slots within one span of a zone, in which one offset holds. */
interface SpanSlots {
  /** The local times that matter, without regard to the zone. */
  readonly clock: CronClock;
  /** The least slot from `ms` on, which is in the span; one past its end is none. */
  next(span: ZoneSpan, ms: number): number | undefined;
  /** The greatest slot up to `ms`, which is in the span; one before its start is none. */
  previous(span: ZoneSpan, ms: number): number | undefined;
  /** Slots with fromMs <= slot < untilMs, both within the span. */
  count(span: ZoneSpan, fromMs: number, untilMs: number): number;
}

function elapsedSlots(clock: CronClock): SpanSlots {
  return {
    clock,
    next: ({offsetMs}, ms) => minus(clock.next(ms + offsetMs), offsetMs),
    previous: ({offsetMs}, ms) => minus(clock.previous(ms + offsetMs), offsetMs),
    count: ({offsetMs}, fromMs, untilMs) => clock.count(fromMs + offsetMs, untilMs + offsetMs),
  };
}

function wallSlots(clock: CronClock): SpanSlots {
  return {
    clock,
    next(span, ms) {
      const {fromMs, offsetMs, beforeMs} = span;
      const plain = minus(clock.next(Math.max(ms, freshFrom(span)) + offsetMs), offsetMs);
      if (ms >= gapUntil(span)) return plain;
      const skipped = clock.next(ms + beforeMs);
      if (skipped === undefined || skipped >= fromMs + offsetMs) return plain;
      return Math.min(skipped - beforeMs, plain ?? Infinity);
    },
    previous(span, ms) {
      const {fromMs, offsetMs, beforeMs} = span;
      const found = minus(clock.previous(ms + offsetMs), offsetMs);
      const plain = found !== undefined && found >= freshFrom(span) ? found : undefined;
      if (gapUntil(span) === fromMs) return plain;
      const skipped = clock.previous(Math.min(ms, gapUntil(span) - 1) + beforeMs);
      if (skipped === undefined || skipped < fromMs + beforeMs) return plain;
      return Math.max(skipped - beforeMs, plain ?? -Infinity);
    },
    count(span, fromMs, untilMs) {
      const {offsetMs, beforeMs} = span;
      const plain = clock.count(Math.max(fromMs, freshFrom(span)) + offsetMs, untilMs + offsetMs);
      let count = plain;
      const end = Math.min(untilMs, gapUntil(span)) + beforeMs;
      let skipped = fromMs + beforeMs < end ? clock.next(fromMs + beforeMs) : undefined;
      while (skipped !== undefined && skipped < end) {
        // It may fall on a time that is a slot anyway.
        if (!clock.has(skipped - beforeMs + offsetMs)) count += 1;
        skipped = clock.next(skipped + 1);
      }
      return count;
    },
  };
}

/** From here on the local times of a span did not occur before: after the hour that is repeated. */
function freshFrom({fromMs, offsetMs, beforeMs}: ZoneSpan): number {
  return fromMs + Math.max(0, beforeMs - offsetMs);
}

/** Until here the times of a span are also those that the local times of its gap move to. */
function gapUntil({fromMs, offsetMs, beforeMs}: ZoneSpan): number {
  return fromMs + Math.max(0, offsetMs - beforeMs);
}

function minus(localMs: number | undefined, offsetMs: number): number | undefined {
  return localMs === undefined ? undefined : localMs - offsetMs;
}

/** No offset differs from another by as much. */
const OFFSETS_MS_APART = 3 * 86_400_000;

function nextFrom(slots: SpanSlots, zone: Zone, fromMs: number): number | undefined {
  let ms = fromMs;
  while (ms <= INSTANT_MS_MAX) {
    const span = zone.spanAt(ms);
    const found = slots.next(span, ms);
    if (found !== undefined && found < span.untilMs)
      return found <= INSTANT_MS_MAX ? found : undefined;
    // Far from a change no later span has local times from before; what it has comes after those
    // that were looked for in vain.
    const isFar = span.untilMs - ms > OFFSETS_MS_APART;
    if (isFar && found === undefined) return undefined;
    ms = isFar ? Math.max(span.untilMs, (found ?? 0) - OFFSETS_MS_APART) : span.untilMs;
  }
  return undefined;
}

function lastUntil(slots: SpanSlots, zone: Zone, untilMs: number): number | undefined {
  let ms = untilMs;
  while (ms >= -INSTANT_MS_MAX) {
    const span = zone.spanAt(ms);
    const found = slots.previous(span, ms);
    if (found !== undefined && found >= span.fromMs) return found;
    const local = slots.clock.previous(ms + span.offsetMs);
    const isFar = ms - span.fromMs > OFFSETS_MS_APART;
    if (isFar && local === undefined) return undefined;
    const nearest = (local ?? 0) - span.offsetMs + OFFSETS_MS_APART;
    ms = isFar ? Math.min(span.fromMs - 1, nearest) : span.fromMs - 1;
  }
  return undefined;
}

function countIn(slots: SpanSlots, zone: Zone, fromMs: number, untilMs: number): number {
  let count = 0;
  let ms = fromMs;
  while (ms < untilMs) {
    const span = zone.spanAt(ms);
    const end = Math.min(untilMs, span.untilMs);
    count += slots.count(span, ms, end);
    ms = end;
  }
  return count;
}
