import type {ReadContext} from './read-context.ts';
import {milliseconds, RowReader} from './row-reader.ts';
import type {NumberRule} from './row-reader.ts';
import type {OutageTrace} from './trace.ts';

/**
 * Shares of hosts are read in billionths: a third of the hosts is 0.3333333333333333 in the
 * file.
 */
const billion = 1_000_000_000;
const shareOfHosts: NumberRule = {
  expected: 'a share of the hosts above 0 and at most 1',
  scale: billion,
  min: 1 / billion,
  max: 1,
  whole: false,
};

/**
 * Outages as OpenDC has them: `interval_since_previous_ms,duration_ms,intensity`. The interval
 * runs from the start of one outage to the start of the next. (The 4,069 outages of the Facebook
 * trace then span 447.5 days; from end to start they would span 564.)
 */
export function parseOutages({table, log, name}: ReadContext): OutageTrace {
  const at = (column: string): number => table.columns.indexOf(column);
  const [interval, duration, share] = [
    at('interval_since_previous_ms'),
    at('duration_ms'),
    at('intensity'),
  ];
  const rows = new RowReader(table, log);
  const outages: {startMs: number; durationMs: number; intensity: number}[] = [];
  let startMs = 0;
  while (rows.next()) {
    const intervalMs = rows.number(interval, milliseconds);
    const durationMs = rows.number(duration, milliseconds);
    const intensity = rows.number(share, shareOfHosts) / billion;
    // A skipped outage still lies between its neighbours, as far as its interval can be read.
    if (!Number.isNaN(intervalMs)) startMs += intervalMs;
    if (rows.isGood) outages.push({startMs, durationMs, intensity});
  }
  return {
    kind: 'outages',
    name,
    count: outages.length,
    startMs: Float64Array.from(outages, (outage) => outage.startMs),
    durationMs: Float64Array.from(outages, (outage) => outage.durationMs),
    intensity: Float64Array.from(outages, (outage) => outage.intensity),
    skipped: log.finish(table.file, outages.length),
  };
}
