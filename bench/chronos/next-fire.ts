/** The next slot of schedules that began fifty years ago, asked for at instants all over a year. */
import {
  cronTimetable,
  intervalTimetable,
  makeRandom,
  parseCron,
  parseInterval,
  ZoneBook,
  type Timetable,
} from '../../engine/index.ts';
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {demand} from '../bench.ts';
import type {Micro, MicroSubject} from '../micro-bench.ts';
import {EPOCH_MS, YEAR_MS} from './jobs.ts';

const QUESTIONS = 1000;

interface Case {
  readonly name: string;
  readonly about: string;
  readonly schedule: string;
  readonly zone: string;
}

const CASES: readonly Case[] = [
  ['second', 'every second', 'R/1976-01-31T02:30:00/PT1S', 'UTC'],
  ['day', 'every day at half past two', 'R/1976-01-31T02:30:00/P1D', 'Europe/Paris'],
  ['month', 'every month on the 31st', 'R/1976-01-31T02:30:00/P1M', 'America/Sao_Paulo'],
  ['cron', 'a cron, at two on weekdays', '0 2 * * MON-FRI', 'Europe/Paris'],
].map(([name = '', about = '', schedule = '', zone = '']) => ({name, about, schedule, zone}));

export const CHRONOS_MICROS: readonly Micro[] = CASES.map((given) => ({
  name: `chronos/next-fire/${given.name}`,
  about: `the next slot, anchored 50 years ago: ${given.about} (${given.zone})`,
  operations: QUESTIONS,
  unit: 'µs',
  make: () => makeNextFire(given),
}));

function timetableOf({schedule, zone: id}: Case): Timetable {
  const zone = new ZoneBook(temporalZones).find(id);
  demand(zone !== undefined, () => `no zone ${id}`);
  if (!schedule.startsWith('R')) {
    const cron = parseCron(schedule, 'or');
    demand(cron.ok, () => `no cron ${schedule}`);
    return cronTimetable(cron.cron, zone);
  }
  const read = parseInterval(schedule, {zone, now: EPOCH_MS});
  demand(read.ok, () => `no interval ${schedule}`);
  return intervalTimetable(read.interval);
}

function makeNextFire(given: Case): MicroSubject {
  const timetable = timetableOf(given);
  const random = makeRandom(1, given.name);
  // A year has more ms than one draw can tell apart.
  const instants = Float64Array.from(
    {length: QUESTIONS},
    () => EPOCH_MS + random.below(YEAR_MS / 1000) * 1000 + random.below(1000),
  );
  let sum = 0;
  return {
    run: () => {
      sum = 0;
      for (const at of instants) sum += (timetable.nextAfter(at) ?? 0) - at;
    },
    check: () => {
      // Each answer is a slot, after the question, and the first such one.
      let expected = 0;
      for (const at of instants) {
        const next = timetable.nextAfter(at) ?? 0;
        const isFirst = next > at && timetable.lastUntil(next - 1) === timetable.lastUntil(at);
        demand(isFirst, () => `${given.name}: ${next} is not the first slot after ${at}`);
        expected += next - at;
      }
      demand(sum === expected, () => `${given.name}: ${sum}, not ${expected}`);
    },
  };
}
