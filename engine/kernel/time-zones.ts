/**
 * What the engine knows of time zones: rules that are given to it, and their use.
 *
 * The rules change with editions of the tz database, so they are no part of the engine: whoever
 * makes one gives it a {@link TimeZones}, a pure function of its arguments.
 */
import {assert, must} from './assert.ts';
import {oldJavaOffset, oldJavaRegion} from './old-java-zones.ts';

/** Time zone rules, given to the engine at construction. */
export interface TimeZones {
  /** Edition of the tz database (say "2026a"); recorded with every run. */
  readonly version: string;
  /**
   * The offsets of a zone in [fromMs, untilMs); undefined: there is no such zone. Ids are those of
   * IANA with its links, matched exactly, and `UTC` is always one.
   */
  offsets(zone: string, fromMs: number, untilMs: number): ZoneOffsets | undefined;
}

export interface ZoneOffsets {
  /** ms east of UTC in force at `fromMs`. */
  readonly offsetMs: number;
  /** What is in force from `at` on; ascending, all of them after `fromMs`. */
  readonly changes: readonly {readonly at: number; readonly offsetMs: number}[];
}

export interface ZoneChange {
  readonly at: number;
  /** ms east of UTC until then, and from then on. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** A stretch of time with one offset; it may end, and another begin, where nothing changes. */
export interface ZoneSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  /** ms east of UTC from `fromMs` on, until `untilMs`. */
  readonly offsetMs: number;
  /** What was in force before. */
  readonly beforeMs: number;
}

/** A zone with its rules at hand. Instants and local times are whole ms (calendar.ts). */
export interface Zone {
  readonly id: string;
  /** ms east of UTC in force at an instant. */
  offsetAt(ms: number): number;
  /**
   * The instant of a local time. One that is skipped moves forward by the length of the gap; of one
   * that occurs twice it is that with `preferredOffsetMs` if it has one, else the first.
   */
  resolve(localMs: number, preferredOffsetMs?: number): number;
  /** The span that an instant is in. */
  spanAt(ms: number): ZoneSpan;
  /** The changes of offset with fromMs <= at < untilMs, ascending. */
  changes(fromMs: number, untilMs: number): readonly ZoneChange[];
}

/** Knows UTC alone: for an engine that is given no rules. */
export const UTC_ONLY: TimeZones = {
  version: 'none',
  offsets: (zone) => (zone === 'UTC' || zone === 'GMT' ? {offsetMs: 0, changes: []} : undefined),
};

/** A zone of one offset for ever; its id is `UTC` for 0, else `+05:30` and the like. */
export function fixedZone(offsetMs: number): Zone {
  const span = {fromMs: -Infinity, untilMs: Infinity, offsetMs, beforeMs: offsetMs};
  return {
    id: offsetMs === 0 ? 'UTC' : offsetText(offsetMs),
    offsetAt: () => offsetMs,
    resolve: (localMs) => localMs - offsetMs,
    spanAt: () => span,
    changes: () => [],
  };
}

/** `Z` for 0, else `+05:30`, with seconds and ms where there are some: `+00:09:21`. */
export function offsetText(offsetMs: number): string {
  if (offsetMs === 0) return 'Z';
  const size = Math.abs(offsetMs);
  const seconds = Math.floor(size / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const texts = parts.map((part) => `${part}`.padStart(2, '0'));
  const [rest, shown] = [size % 1000, size % 60_000 === 0 ? 2 : 3];
  const fraction = rest === 0 ? '' : `.${`${rest}`.padStart(3, '0')}`;
  return `${offsetMs < 0 ? '-' : '+'}${texts.slice(0, shown).join(':')}${fraction}`;
}

/** How long an era is: 70 years. Rules are asked for one era at a time. */
const ERA_MS = 2 ** 41;
/** No local time is as far as this from UTC, and no two offsets are as far from one another. */
const OFFSET_MS_LIMIT = 26 * 3_600_000;

/** One era of a zone: its spans, and where each begins. */
interface Era {
  readonly starts: Float64Array;
  readonly spans: readonly ZoneSpan[];
}

/**
 * A zone whose rules are loaded era by era and kept. The span that was looked at last is
 * remembered, for most questions are about instants close to one another.
 */
class RuledZone implements Zone {
  readonly id: string;
  readonly #timeZones: TimeZones;
  readonly #eras = new Map<number, Era>();
  #span: ZoneSpan;

  constructor(id: string, timeZones: TimeZones) {
    this.id = id;
    this.#timeZones = timeZones;
    this.#span = this.#find(0);
  }

  spanAt(ms: number): ZoneSpan {
    const span = this.#span;
    if (ms >= span.fromMs && ms < span.untilMs) return span;
    this.#span = this.#find(ms);
    return this.#span;
  }

  offsetAt(ms: number): number {
    return this.spanAt(ms).offsetMs;
  }

  resolve(localMs: number, preferredOffsetMs?: number): number {
    const {fromMs, untilMs, offsetMs} = this.#span;
    const guess = localMs - offsetMs;
    // So far from both ends of a span no other can have the same local time.
    const isSafe = guess >= fromMs + 2 * OFFSET_MS_LIMIT && guess < untilMs - 2 * OFFSET_MS_LIMIT;
    return isSafe ? guess : this.#resolveSlowly(localMs, preferredOffsetMs);
  }

  changes(fromMs: number, untilMs: number): readonly ZoneChange[] {
    const changes: ZoneChange[] = [];
    let span = this.spanAt(fromMs - 1);
    while (span.untilMs < untilMs) {
      const at = span.untilMs;
      span = this.spanAt(at);
      const {beforeMs, offsetMs} = span;
      // At the border of two eras nothing need change.
      if (offsetMs !== beforeMs) changes.push({at, beforeMs, afterMs: offsetMs});
    }
    return changes;
  }

  #resolveSlowly(localMs: number, preferredOffsetMs: number | undefined): number {
    let first: number | undefined;
    let shifted: number | undefined;
    let span = this.spanAt(localMs - OFFSET_MS_LIMIT);
    for (;;) {
      const {fromMs, untilMs, offsetMs, beforeMs} = span;
      const instant = localMs - offsetMs;
      if (instant >= fromMs && instant < untilMs) {
        if (offsetMs === preferredOffsetMs) return instant;
        first ??= instant;
      }
      if (localMs >= fromMs + beforeMs && localMs < fromMs + offsetMs) {
        shifted ??= localMs - beforeMs;
      }
      if (untilMs > localMs + OFFSET_MS_LIMIT) break;
      span = this.spanAt(untilMs);
    }
    const instant = first ?? shifted;
    assert(instant !== undefined, () => `${this.id} has no instant for the local time ${localMs}`);
    return instant;
  }

  #find(ms: number): ZoneSpan {
    const number = Math.floor(ms / ERA_MS);
    const {starts, spans} = this.#eras.get(number) ?? this.#load(number);
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= ms) low = middle;
      else high = middle;
    }
    return must(spans[low], 'a span of the era');
  }

  #load(number: number): Era {
    const fromMs = number * ERA_MS;
    const untilMs = fromMs + ERA_MS;
    const before = must(this.#timeZones.offsets(this.id, fromMs - 1, fromMs), this.id);
    const {offsetMs, changes} = must(this.#timeZones.offsets(this.id, fromMs, untilMs), this.id);
    const starts = Float64Array.of(fromMs, ...changes.map(({at}) => at));
    const offsets = [before.offsetMs, offsetMs, ...changes.map((change) => change.offsetMs)];
    const spans = Array.from(starts, (start, at) => ({
      fromMs: start,
      untilMs: starts[at + 1] ?? untilMs,
      offsetMs: offsets[at + 1] ?? 0,
      beforeMs: offsets[at] ?? 0,
    }));
    const era = {starts, spans};
    this.#eras.set(number, era);
    return era;
  }
}

/** Whose names a zone is looked up by: those of IANA alone, or those of old Java before them. */
export type ZoneNames = 'iana' | 'oldJava';

/** The zones of one engine, each made once. */
export class ZoneBook {
  readonly #timeZones: TimeZones;
  readonly #zones = new Map<string, Zone>();

  constructor(timeZones: TimeZones) {
    this.#timeZones = timeZones;
  }

  /** Edition of the rules. */
  get version(): string {
    return this.#timeZones.version;
  }

  /**
   * The zone of this name; undefined if there is none. By IANA's names alone, `EST`, `MST` and
   * `HST` are refused as well: IANA has them as fixed offsets, old Java as regions with daylight
   * saving, so whoever writes one may mean either.
   */
  find(id: string, names: ZoneNames = 'iana'): Zone | undefined {
    const region = oldJavaRegion(id);
    if (names === 'iana') return region === undefined ? this.#byIana(id) : undefined;
    const offsetMs = oldJavaOffset(id);
    return offsetMs === undefined ? this.#byIana(region ?? id) : fixedZone(offsetMs);
  }

  #byIana(id: string): Zone | undefined {
    const known = this.#zones.get(id);
    if (known !== undefined) return known;
    if (this.#timeZones.offsets(id, 0, 1) === undefined) return undefined;
    const zone = new RuledZone(id, this.#timeZones);
    this.#zones.set(id, zone);
    return zone;
  }
}
