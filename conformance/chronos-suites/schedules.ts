/** How the suites of Chronos read schedules: with the rules of the real time zones. */
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {parseInterval, ZoneBook, type Interval, type ZoneNames} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';

const book = new ZoneBook(temporalZones);

export interface ScheduleTerms {
  /** Empty: none is given. */
  readonly scheduleTimeZone: string;
  readonly names: ZoneNames;
  /** Ms since 1970. */
  readonly now: number;
}

/** Undefined for text that cannot be read. */
export function readSchedule(
  text: string,
  {scheduleTimeZone, names, now}: ScheduleTerms,
): Interval | undefined {
  const zone = scheduleTimeZone === '' ? undefined : book.find(scheduleTimeZone, names);
  if (zone === undefined && scheduleTimeZone !== '') {
    throw new UnknownInCase(`given.scheduleTimeZone: there is no zone '${scheduleTimeZone}'`);
  }
  const result = parseInterval(text, {zone, now});
  return result.ok ? result.interval : undefined;
}
