/** Which of many scheduled jobs a report tells one by one. */
import type {ScheduledJobResult, SchedulesResult} from '../result.ts';

/** Runs that failed or were cancelled, and slots that were given up. */
function troubles({failed, cancelled, skipped}: ScheduledJobResult): number {
  return failed + cancelled + skipped;
}

/** In their order: those with most troubles before others, and of equal ones the first. */
export function toldJobs(
  list: readonly ScheduledJobResult[],
  max: number,
): readonly ScheduledJobResult[] {
  if (list.length <= max) return list;
  const order = [...list.keys()].sort((left, right) => {
    const [one, other] = [list[left], list[right]] as [ScheduledJobResult, ScheduledJobResult];
    return troubles(other) - troubles(one) || left - right;
  });
  const told = new Set(order.slice(0, max));
  return list.filter((_, index) => told.has(index));
}

/** Figures of all jobs together, each with its path below `schedules` and its word. */
export function scheduleFigures(
  schedules: SchedulesResult,
): readonly (readonly [path: string, value: number, word: string])[] {
  const {claimed, skipped} = schedules;
  return [
    ['jobs', schedules.jobs, 'jobs'],
    ['claimed.slot', claimed.slot, 'runs for slots'],
    ['claimed.child', claimed.child, 'for parents'],
    ['claimed.manual', claimed.manual, 'by hand'],
    ['succeeded', schedules.succeeded, 'succeeded'],
    ['failed', schedules.failed, 'failed'],
    ['cancelled', schedules.cancelled, 'cancelled'],
    ['active', schedules.active, 'active'],
    ['retries', schedules.retries, 'retries'],
    ...Object.entries(skipped).map(
      ([reason, count]) => [`skipped.${reason}`, count, `slots skipped (${reason})`] as const,
    ),
  ];
}
