/** Suite `parse`: the text of a schedule to its parts, or invalid. */
import {z} from 'zod';
import {isoInstant, printInterval, printPeriod} from '../../engine/index.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {subset} from '../marathon-suites/compare.ts';
import {instant, instantMs} from './instants.ts';
import {readSchedule} from './schedules.ts';

interface ParseResult {
  readonly ok: boolean;
  readonly repetitions?: number | null;
  readonly start?: string;
  readonly period?: string;
  readonly printed?: string;
}

export const parse = makeAdapter({
  given: z.strictObject({
    scheduleTimeZone: z.string(),
    legacyZoneAliases: z.boolean().default(false),
    now: instantMs,
  }),
  when: z.strictObject({parse: z.string()}),
  expected: z.strictObject({
    ok: z.boolean(),
    repetitions: z.int().nullable().optional(),
    start: instant.optional(),
    period: z.string().optional(),
    printed: z.string().optional(),
  }),
  run: ({given: {scheduleTimeZone, legacyZoneAliases, now}, when}): ParseResult => {
    const names = legacyZoneAliases ? 'oldJava' : 'iana';
    const interval = readSchedule(when.parse, {scheduleTimeZone, names, now});
    if (interval === undefined) return {ok: false};
    const {repetitions, anchor} = interval;
    const period = printPeriod(interval.period);
    const printed = printInterval(interval, {repetitions, next: anchor, periodText: period});
    return {ok: true, repetitions, start: isoInstant(anchor), period, printed};
  },
  judge: (then, result) => subset(then, result),
});
