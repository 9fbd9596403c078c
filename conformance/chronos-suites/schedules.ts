/** How the suites of Chronos read schedules: with the rules of the real time zones. */
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {
  intervalTimetable,
  parseInterval,
  ZoneBook,
  type Interval,
  type ZoneNames,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';

const book = new ZoneBook(temporalZones);

export interface ScheduleTerms {
  /** Empty: none is given. */
  readonly scheduleTimeZone: string;
  readonly names: ZoneNames;
  /** Ms since 1970. */
  readonly now: number;
}

/** Undefined for text that cannot be read, and for a zone that there is not. */
export function readSchedule(
  text: string,
  {scheduleTimeZone, names, now}: ScheduleTerms,
): Interval | undefined {
  const zone = scheduleTimeZone === '' ? undefined : book.find(scheduleTimeZone, names);
  if (zone === undefined && scheduleTimeZone !== '') return undefined;
  const result = parseInterval(text, {zone, now});
  return result.ok ? result.interval : undefined;
}

/** The first slot of a schedule that says when it starts. */
export function firstSlotOf(schedule: string, scheduleTimeZone = ''): number {
  const interval = readSchedule(schedule, {scheduleTimeZone, names: 'iana', now: 0});
  const first = interval && intervalTimetable(interval).first;
  if (first === undefined) throw new UnknownInCase(`given.schedule: cannot read ${schedule}`);
  return first;
}
