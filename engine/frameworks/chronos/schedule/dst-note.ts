/** What to tell about a slot that a change of the clock has touched. */
import type {Zone} from '../../../kernel/time-zones.ts';
import type {Timetable} from './timetable.ts';

/** Local times are ms as in calendar.ts. */
export type DstNote =
  /** The local time that was meant is skipped that day, so the slot moved forward. */
  | {readonly kind: 'shifted'; readonly meantLocalMs: number}
  /** Two local times fall on this one instant, one of them skipped: there is one slot, not two. */
  | {readonly kind: 'merged'; readonly meantLocalMs: number}
  /** The local time of the slot occurs twice, and this is one of the two. */
  | {readonly kind: 'repeated'; readonly occurrence: 'first' | 'second'};

/** Undefined for a slot with nothing to tell. */
export function dstNote(
  slot: number,
  zone: Zone,
  timetable: Pick<Timetable, 'names'>,
): DstNote | undefined {
  const {fromMs, untilMs, offsetMs, beforeMs} = zone.spanAt(slot);
  if (slot < fromMs + (offsetMs - beforeMs) && timetable.names(slot + beforeMs)) {
    const kind = timetable.names(slot + offsetMs) ? 'merged' : 'shifted';
    return {kind, meantLocalMs: slot + beforeMs};
  }
  if (slot < fromMs + (beforeMs - offsetMs)) return {kind: 'repeated', occurrence: 'second'};
  if (untilMs === Infinity) return undefined;
  const backMs = offsetMs - zone.spanAt(untilMs).offsetMs;
  return slot >= untilMs - backMs ? {kind: 'repeated', occurrence: 'first'} : undefined;
}
