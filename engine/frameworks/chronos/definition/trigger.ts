/** What makes a job run, read out of its definition: a timetable, its parents, or a hand alone. */
import type {ChronosOptions} from '../../../options.ts';
import type {Zone, ZoneBook} from '../../../kernel/time-zones.ts';
import {refuse, type Fault} from '../../json/json-shape.ts';
import {cronTimetable} from '../schedule/cron-slots.ts';
import {parseCron, type DayRule} from '../schedule/cron.ts';
import {intervalTimetable} from '../schedule/interval-slots.ts';
import {parseInterval, printInterval, type Interval} from '../schedule/interval.ts';
import {nominalMsMin} from '../schedule/period.ts';
import type {Timetable} from '../schedule/timetable.ts';
import {parentsOf, type ChronosDefinition, type JobDefinition} from './job-definition.ts';
import {excerpt} from '../../json/excerpt.ts';

export interface ScheduleTrigger {
  readonly kind: 'schedule';
  readonly timetable: Timetable;
  /** As written; null: endless. */
  readonly repetitions: number | null;
  /** In which it counts its days. */
  readonly zone: Zone;
  /** Undefined: it is a cron. */
  readonly interval: Interval | undefined;
  /** The schedule with its start written out; the same text at any later time is the same slots. */
  readonly anchored: string;
}

export type Trigger =
  | ScheduleTrigger
  | {readonly kind: 'parents'; readonly parents: readonly string[]}
  | {readonly kind: 'hand'};

export interface TriggerContext {
  readonly zones: ZoneBook;
  /** Ms since 1970: what a schedule without a start begins at. */
  readonly now: number;
  readonly options: Pick<ChronosOptions, 'legacyZoneNames'>;
  /** What was accepted once is not asked again for its start. Absent: it comes from a user. */
  readonly origin?: 'storage' | undefined;
}

export type TriggerResult =
  | {readonly ok: true; readonly trigger: Trigger}
  | {readonly ok: false; readonly faults: readonly Fault[]};

export function readTrigger(definition: JobDefinition, context: TriggerContext): TriggerResult {
  const parents = parentsOf(definition);
  if (parents !== undefined && parents.length > 0) {
    return {ok: true, trigger: {kind: 'parents', parents}};
  }
  const faults: Fault[] = [];
  const trigger = scheduleOf(definition, context, faults);
  if (faults.length > 0) return {ok: false, faults};
  return {ok: true, trigger: trigger ?? {kind: 'hand'}};
}

/** The schedule as it stands: its next slot and what is left of its repetitions in it. */
export function printSchedule(
  {interval, anchored}: ScheduleTrigger,
  {left, next}: {readonly left: number | null; readonly next: number},
): string {
  return interval === undefined ? anchored : printInterval(interval, {repetitions: left, next});
}

function scheduleOf(
  definition: JobDefinition,
  context: TriggerContext,
  faults: Fault[],
): ScheduleTrigger | undefined {
  if (definition.form === 'chronos') return chronosSchedule(definition, context, faults);
  const [schedule] = definition.schedules;
  if (schedule === undefined) return undefined;
  const {cron, timezone} = schedule;
  const at = '/schedules(0)';
  const zone = context.zones.find(timezone);
  if (zone === undefined) refuse(faults, `${at}/timezone`, unknownZone(timezone));
  const place = {at: `${at}/cron`, faults, now: context.now};
  return zone && cronTrigger({text: cron, anchored: cron, dayRule: 'and', zone}, place);
}

/** What begins so is a cron, by the rules of Unix: unlike Chronos, which knows intervals alone. */
const CRON = 'cron:';

function chronosSchedule(
  {schedule, scheduleTimeZone}: ChronosDefinition,
  context: TriggerContext,
  faults: Fault[],
): ScheduleTrigger | undefined {
  if (schedule === undefined) return undefined;
  const {zones, now, options} = context;
  const names = options.legacyZoneNames ? 'oldJava' : 'iana';
  const zone = scheduleTimeZone === '' ? undefined : zones.find(scheduleTimeZone, names);
  if (zone === undefined && scheduleTimeZone !== '') {
    refuse(faults, '/scheduleTimeZone', unknownZone(scheduleTimeZone));
  }
  const at = '/schedule';
  if (schedule.startsWith(CRON)) {
    const text = schedule.slice(CRON.length).trim();
    const inZone = zone ?? zones.find('UTC');
    if (inZone === undefined) return refuse(faults, at, unknownZone('UTC'));
    const place = {at, faults, now};
    return cronTrigger({text, anchored: schedule, dayRule: 'or', zone: inZone}, place);
  }
  const parsed = parseInterval(schedule, {zone, now});
  if (!parsed.ok) {
    return refuse(faults, at, `Cannot parse schedule '${excerpt(schedule)}': ${parsed.message}`);
  }
  const {interval} = parsed;
  refusePeriod(interval, at, faults);
  const isStartEmpty = EMPTY_START.test(schedule);
  if (!isStartEmpty && context.origin !== 'storage' && interval.anchor < START_MS_MIN) {
    refuse(faults, at, 'the start must not be before 1970-01-01T00:00:01.000Z');
  }
  const {repetitions, anchor} = interval;
  return {
    kind: 'schedule',
    timetable: intervalTimetable(interval),
    repetitions,
    zone: interval.zone,
    interval,
    anchored: isStartEmpty ? printInterval(interval, {repetitions, next: anchor}) : schedule,
  };
}

const EMPTY_START = /^R\d*\/\//;
const START_MS_MIN = 1000;
const PERIOD_MS_MIN = 1000;

/** A schedule that comes once at most needs no period. */
function refusePeriod({repetitions, period}: Interval, at: string, faults: Fault[]): void {
  if (repetitions !== null && repetitions <= 1) return;
  if (Object.values(period).some((part: number) => part < 0)) {
    refuse(faults, at, 'no part of the period may be negative');
  } else if (nominalMsMin(period) < PERIOD_MS_MIN) {
    refuse(faults, at, 'the period must be at least one second, PT1S');
  }
}

interface CronSource {
  readonly text: string;
  readonly anchored: string;
  readonly dayRule: DayRule;
  readonly zone: Zone;
}

function cronTrigger(
  {text, anchored, dayRule, zone}: CronSource,
  {at, faults, now}: {readonly at: string; readonly faults: Fault[]; readonly now: number},
): ScheduleTrigger | undefined {
  const parsed = parseCron(text, dayRule);
  if (!parsed.ok) {
    return refuse(faults, at, `Can not read cron expression "${excerpt(text)}": ${parsed.message}`);
  }
  const timetable = cronTimetable(parsed.cron, zone);
  if (timetable.nextAfter(now) === undefined && timetable.lastUntil(now) === undefined) {
    return refuse(faults, at, `there is no such day: "${excerpt(text)}"`);
  }
  return {kind: 'schedule', timetable, repetitions: null, zone, interval: undefined, anchored};
}

function unknownZone(id: string): string {
  const shown = JSON.stringify(excerpt(id));
  return `No time zone found with this id: ${shown}; expected one like Europe/Paris`;
}
