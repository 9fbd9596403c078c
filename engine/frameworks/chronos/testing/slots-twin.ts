/**
 * The slots of a schedule by the dumbest rules: one repetition after the other, one minute after
 * the other. It knows the forms that random jobs have, and nothing of how the engine finds slots.
 * Not part of the engine.
 */
import type {TimeZones} from '../../../kernel/time-zones.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Where a zone stands in a stretch of time. */
class TwinZone {
  readonly #starts: readonly {readonly at: number; readonly offsetMs: number}[];

  constructor(zones: TimeZones, id: string, fromMs: number, untilMs: number) {
    const known = zones.offsets(id, fromMs, untilMs);
    if (known === undefined) throw new Error(`no zone ${id}`);
    this.#starts = [{at: -Infinity, offsetMs: known.offsetMs}, ...known.changes];
  }

  offsetAt(ms: number): number {
    return this.#starts.findLast(({at}) => at <= ms)?.offsetMs ?? 0;
  }

  /** Skipped local times move on by the gap; of two instants it is the preferred or the first. */
  resolve(localMs: number, preferredMs?: number): number {
    const offsets = new Set(this.#starts.map(({offsetMs}) => offsetMs));
    const instants = [...offsets]
      .map((offsetMs) => localMs - offsetMs)
      .filter((instant) => instant + this.offsetAt(instant) === localMs)
      .sort((one, two) => one - two);
    const preferred = instants.find((instant) => this.offsetAt(instant) === preferredMs);
    const [first] = instants;
    if (first !== undefined) return preferred ?? first;
    const gap = this.#starts.find(({at, offsetMs}) => {
      const before = this.offsetAt(at - 1);
      return at + before <= localMs && localMs < at + offsetMs;
    });
    if (gap === undefined) throw new Error(`no instant for ${localMs}`);
    return localMs - this.offsetAt(gap.at - 1);
  }
}

/** A stretch of time; both ends belong to it. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Ascending, each once. */
export function twinSlots(
  zones: TimeZones,
  {text, zone}: {readonly text: string; readonly zone: string},
  stretch: Stretch,
): readonly number[] {
  const slots = text.startsWith('R')
    ? intervalSlots(zones, {text, zone}, stretch)
    : cronSlots(zones, {text: text.replace('cron:', ''), zone}, stretch);
  const {fromMs, untilMs} = stretch;
  const inside = slots.filter((slot) => slot >= fromMs && slot <= untilMs);
  return [...new Set(inside)].sort((one, two) => one - two);
}

const TIME = String.raw`(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)(Z|[+-]\d+:\d+)?`;
const PERIOD = String.raw`P(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?`;
const INTERVAL = new RegExp(`^R\\d*/${TIME}/${PERIOD}$`);

function intervalSlots(
  zones: TimeZones,
  {text, zone}: {readonly text: string; readonly zone: string},
  {fromMs, untilMs}: Stretch,
): readonly number[] {
  const match = INTERVAL.exec(text);
  if (match === null) throw new Error(`the twin does not know ${text}`);
  const [year = 0, month = 0, day = 0, ...clock] = match.slice(1, 8).map(Number);
  const [months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(9)
    .map((digits) => Number(digits ?? 0));
  const [hour = 0, minute = 0, second = 0, milli = 0] = clock;
  const timeMs = hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + milli;
  const written = offsetOf(match[8]);
  const startMs = dayOf(year, month, day) * DAY_MS + timeMs;
  const span = {from: Math.min(startMs, fromMs) - 40 * DAY_MS, until: untilMs + 400 * DAY_MS};
  const place = zone === '' ? undefined : new TwinZone(zones, zone, span.from, span.until);
  const resolve = (localMs: number, preferred: number | undefined): number =>
    place === undefined ? localMs - (written ?? 0) : place.resolve(localMs, preferred);
  const anchor = resolve(startMs, written);
  const anchorOffset = place?.offsetAt(anchor);
  const slots: number[] = [];
  for (let k = 0; ; k += 1) {
    const at = month - 1 + k * months;
    const [inYear, inMonth] = [year + Math.floor(at / 12), (at % 12) + 1];
    const length = dayOf(inYear, inMonth + 1, 1) - dayOf(inYear, inMonth, 1);
    const date = dayOf(inYear, inMonth, Math.min(day, length)) + k * days;
    const elapsed = k * (hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1000);
    const local = date * DAY_MS + timeMs;
    const slot = k === 0 || months + days === 0 ? anchor : resolve(local, anchorOffset);
    if (slot + elapsed > untilMs) return slots;
    slots.push(slot + elapsed);
  }
}

function offsetOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'Z') return 0;
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number);
  return (text.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

/** Days since 1970, by counting; `month` may be 13. */
function dayOf(year: number, month: number, day: number): number {
  const [y, m] = month > 12 ? [year + 1, month - 12] : [year, month];
  let days = day - 1;
  for (let at = 1970; at < y; at += 1) days += isLeap(at) ? 366 : 365;
  const lengths = [31, isLeap(y) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  for (const length of lengths.slice(0, m - 1)) days += length;
  return days;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Crons of minutes, hours and days of the week: a number, a star or a step each. */
function cronSlots(
  zones: TimeZones,
  {text, zone}: {readonly text: string; readonly zone: string},
  {fromMs, untilMs}: Stretch,
): readonly number[] {
  const [minute = '*', hour = '*', , , weekday = '*'] = text.trim().split(/\s+/);
  const place = new TwinZone(
    zones,
    zone === '' ? 'UTC' : zone,
    fromMs - 40 * DAY_MS,
    untilMs + 40 * DAY_MS,
  );
  const matches = (localMs: number): boolean =>
    isIn(minute, Math.floor(localMs / MINUTE_MS) % 60) &&
    isIn(hour, Math.floor(localMs / HOUR_MS) % 24) &&
    isIn(weekday, (Math.floor(localMs / DAY_MS) + 4) % 7);
  const slots: number[] = [];
  const isElapsed = hour.startsWith('*');
  // By the clock on the wall where hours are named: those of all local times near the stretch.
  const margin = isElapsed ? 0 : 2 * DAY_MS;
  const first = Math.floor((fromMs - margin) / MINUTE_MS) * MINUTE_MS;
  for (let ms = first; ms <= untilMs + margin; ms += MINUTE_MS) {
    if (isElapsed && matches(ms + place.offsetAt(ms))) slots.push(ms);
    if (!isElapsed && matches(ms)) slots.push(place.resolve(ms));
  }
  return slots;
}

function isIn(field: string, value: number): boolean {
  if (field === '*') return true;
  const step = /^\*\/(\d+)$/.exec(field);
  return step === null ? Number(field) === value : value % Number(step[1]) === 0;
}
