/**
 * Times of a run that are written as instants: they become durations from the scenario's start
 * before anything else looks at them, so that everything behind knows durations only.
 */
import {parseInstant} from '../../engine/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Lists of maps, and the fields of these that hold a time of the run. */
const MOMENTS: readonly (readonly [list: string, fields: readonly string[]])[] = [
  ['workloads', ['at']],
  ['events', ['at']],
  ['expect', ['at', 'since', 'until']],
];

/**
 * The scenario as it was written, with durations where it has instants. One that is before the
 * start stays as it is, and so does everything in a scenario whose start is none: the schema says
 * what it expects instead.
 */
export function withoutInstants(value: unknown): unknown {
  if (!isFields(value)) return value;
  const {start = '1970-01-01T00:00:00Z'} = value;
  const startMs = typeof start === 'string' ? parseInstant(start) : undefined;
  if (startMs === undefined) return value;
  const changed: Record<string, unknown> = {...value};
  if ('until' in value) changed['until'] = sinceStart(value['until'], startMs);
  for (const [list, names] of MOMENTS) {
    const entries = value[list];
    if (!Array.isArray(entries)) continue;
    changed[list] = entries.map((entry: unknown) => {
      if (!isFields(entry)) return entry;
      const present = names.filter((name) => Object.hasOwn(entry, name));
      const times = present.map((name) => [name, sinceStart(entry[name], startMs)] as const);
      return {...entry, ...Object.fromEntries(times)};
    });
  }
  return changed;
}

function sinceStart(value: unknown, startMs: number): unknown {
  const ms = typeof value === 'string' ? parseInstant(value) : undefined;
  return ms === undefined || ms < startMs ? value : `${ms - startMs}ms`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
