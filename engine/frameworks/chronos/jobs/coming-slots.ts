/** What a schedule will run if nothing comes in between. */
import type {Job} from './job.ts';

/**
 * The slots of a job that are neither claimed nor skipped, from an instant on, as many as its
 * repetitions are enough for and `countMax` at most. Those that wait for an active run to end are
 * not among them.
 */
export function comingSlots(
  {schedule, trigger}: Pick<Job, 'schedule' | 'trigger'>,
  {from, countMax}: {readonly from: number; readonly countMax: number},
): readonly number[] {
  if (schedule === undefined || trigger.kind !== 'schedule') return [];
  const {next, left, pending} = schedule;
  if (next === null) return [];
  const {timetable} = trigger;
  const passed = from > next && left !== null ? timetable.count(next, from - 1) : 0;
  const room = (left ?? Infinity) - pending.length - passed;
  const slots: number[] = [];
  let slot = from > next ? timetable.nextAfter(from - 1) : next;
  while (slot !== undefined && slots.length < Math.min(room, countMax)) {
    slots.push(slot);
    slot = timetable.nextAfter(slot);
  }
  return slots;
}
