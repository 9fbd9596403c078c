/** Repeating intervals, `R[n]/[start]/period` (reference/chronos.md, 2.1 and 2.2). */
import {INSTANT_MS_MAX} from '../../../kernel/calendar.ts';
import {localText} from '../../../kernel/instants.ts';
import {fixedZone, offsetText, type Zone} from '../../../kernel/time-zones.ts';
import {parsePeriod, type Period} from './period.ts';
import {parseStart} from './start.ts';
import {excerpt} from '../../json/excerpt.ts';

export interface Interval {
  /** How many runs; null: without end. */
  readonly repetitions: number | null;
  /** The instant of the start. */
  readonly anchor: number;
  /**
   * The local time of the start as it was written: all slots keep to it, also where the start
   * itself fell into a gap and moved forward.
   */
  readonly anchorLocalMs: number;
  /** In force at the anchor, and taken again for local times that occur twice. */
  readonly anchorOffsetMs: number;
  readonly zone: Zone;
  readonly period: Period;
  /** The period as its author wrote it. */
  readonly periodText: string;
}

export type IntervalResult =
  | {readonly ok: true; readonly interval: Interval}
  /** The message names the part that is wrong and what was expected. */
  | {readonly ok: false; readonly message: string};

const PARTS = /^R(\d*)\/(.*)\/(P.*)$/s;
/** An empty start is as long ago, so that it is due at once. */
const EMPTY_START_AGO_MS = 1000;

/**
 * Reads a schedule. A `zone` keeps the local time that is written and replaces the offset; without
 * one the written offset holds for ever, and without either UTC. `now` is for an empty start.
 */
export function parseInterval(
  text: string,
  {zone, now}: {readonly zone: Zone | undefined; readonly now: number},
): IntervalResult {
  const parts = PARTS.exec(text);
  if (parts === null) return refused(`expected R[n]/[start]/period, found ${quoted(text)}`);
  const [, count = '', startText = '', periodText = ''] = parts;
  const repetitions = count === '' ? null : Number(count);
  if (repetitions !== null && repetitions > Number.MAX_SAFE_INTEGER) {
    return refused(
      `repetitions: expected at most ${Number.MAX_SAFE_INTEGER}, found ${excerpt(count)}`,
    );
  }
  const period = parsePeriod(periodText);
  if (!period.ok) return refused(`period: ${period.message}`);
  const start = startIn(startText, zone, now);
  if (start === undefined) {
    const such = 'a date and time such as 2014-03-08T20:00:00Z, or nothing';
    return refused(`start: expected ${such}, found ${quoted(startText)}`);
  }
  return {ok: true, interval: {repetitions, ...start, period: period.period, periodText}};
}

type Anchor = Pick<Interval, 'anchor' | 'anchorLocalMs' | 'anchorOffsetMs' | 'zone'>;

function startIn(text: string, wanted: Zone | undefined, now: number): Anchor | undefined {
  if (text === '') {
    const zone = wanted ?? fixedZone(0);
    const anchor = now - EMPTY_START_AGO_MS;
    const anchorOffsetMs = zone.offsetAt(anchor);
    return {anchor, anchorLocalMs: anchor + anchorOffsetMs, anchorOffsetMs, zone};
  }
  const start = parseStart(text);
  if (start === undefined || Math.abs(start.localMs) > INSTANT_MS_MAX) return undefined;
  const zone = wanted ?? fixedZone(start.offsetMs ?? 0);
  const anchor = zone.resolve(start.localMs, start.offsetMs);
  if (Math.abs(anchor) > INSTANT_MS_MAX) return undefined;
  const anchorOffsetMs = zone.offsetAt(anchor);
  return {anchor, anchorLocalMs: start.localMs, anchorOffsetMs, zone};
}

/**
 * The schedule from its next slot on: the local time in the zone with ms and the offset in force,
 * `Z` for none. The period is as it was written unless another text is given.
 */
export function printInterval(
  {zone, periodText}: Pick<Interval, 'zone' | 'periodText'>,
  rest: {
    readonly repetitions: number | null;
    readonly next: number;
    readonly periodText?: string;
  },
): string {
  const offsetMs = zone.offsetAt(rest.next);
  const start = localText(rest.next + offsetMs) + offsetText(offsetMs);
  return `R${rest.repetitions ?? ''}/${start}/${rest.periodText ?? periodText}`;
}

function refused(message: string): IntervalResult {
  return {ok: false, message};
}

function quoted(text: string): string {
  return JSON.stringify(excerpt(text));
}
