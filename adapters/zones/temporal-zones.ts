/** The time zone rules that come with Node, asked by way of the built-in `Temporal`. */
import type {TimeZones, ZoneOffsets} from '../../engine/index.ts';

const NS_PER_MS = 1_000_000;
/** `Temporal` knows no instant further from 1970 than this. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/**
 * The rules of the tz database inside Node. Ids are matched exactly: `europe/paris`, which Temporal
 * reads, is no zone here, and neither is `+01:00`. Links such as `Asia/Calcutta` are zones of
 * their own.
 */
export const temporalZones: TimeZones = {
  version: process.versions['tz'] ?? 'unknown',
  offsets: (zone, fromMs, untilMs) => {
    const start = startIn(zone, Math.max(fromMs, -INSTANT_MS_MAX));
    return start === undefined ? undefined : offsetsFrom(start, untilMs);
  },
};

function startIn(zone: string, fromMs: number): Temporal.ZonedDateTime | undefined {
  // An offset is an id to Temporal, but names no zone.
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.min(fromMs, INSTANT_MS_MAX));
  try {
    const start = instant.toZonedDateTimeISO(zone);
    return start.timeZoneId === zone ? start : undefined;
  } catch (error) {
    // That is how Temporal says that it does not know a zone.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function offsetsFrom(start: Temporal.ZonedDateTime, untilMs: number): ZoneOffsets {
  const changes: {readonly at: number; readonly offsetMs: number}[] = [];
  let next = start.getTimeZoneTransition('next');
  while (next !== null && next.epochMilliseconds < untilMs) {
    changes.push({at: next.epochMilliseconds, offsetMs: offsetMsOf(next)});
    next = next.getTimeZoneTransition('next');
  }
  return {offsetMs: offsetMsOf(start), changes};
}

function offsetMsOf(time: Temporal.ZonedDateTime): number {
  return time.offsetNanoseconds / NS_PER_MS;
}
