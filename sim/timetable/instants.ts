/** How a timetable reads and writes instants: as short as they are exact. */
import {localText, parseInstant} from '../../engine/index.ts';
import {parseDuration} from '../scenario/durations.ts';

/** `2026-03-29 02:30`, and as much of `02:30:07.250` as is not zero. */
export function shortText(localMs: number): string {
  const text = localText(localMs).replace('T', ' ');
  if (localMs % 60_000 === 0) return text.slice(0, -7);
  return localMs % 1000 === 0 ? text.slice(0, -4) : text;
}

/** The time of day of {@link shortText}. */
export function clockText(localMs: number): string {
  return shortText(localMs).split(' ')[1] ?? '';
}

/** `2026-03-29`. */
export function dayText(localMs: number): string {
  return localText(localMs).slice(0, 10);
}

/** An instant as people write it: a day, or a day and a time, in UTC where no offset is given. */
export function readInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, day, minutes = '00:00', seconds = ':00', offset = 'Z'] = match;
  return parseInstant(`${day}T${minutes}${seconds}${offset}`);
}

/** An instant, or a duration after `fromMs`. */
export function readEnd(text: string, fromMs: number): number | undefined {
  const durationMs = parseDuration(text);
  return durationMs === undefined ? readInstant(text) : fromMs + durationMs;
}
