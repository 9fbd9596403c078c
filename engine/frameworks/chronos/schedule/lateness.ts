/**
 * Which of the slots that are due are run, and which are given up, and why (reference part 9.4,
 * rules 3 and 4). Pure.
 */
import type {CatchupRule} from '../../../options.ts';
import type {Timetable} from './timetable.ts';

export interface LatenessRule {
  readonly catchup: CatchupRule;
  /** How many slots `all` runs at most. */
  readonly catchupLimit: number;
  /** A slot is considered while it is younger than this; undefined: at any age. */
  readonly epsilonMs: number | undefined;
}

/**
 * Why slots are not run. `late`: older than epsilon; `missed`: a newer one is run for them;
 * `limit`: more than catch-up may run; `exhausted`: no repetition is left; `overlap`: a run was
 * active;
 * `disabled`: the job was disabled while they waited; `updated`: the schedule was changed.
 */
export type SkipReason =
  | 'disabled'
  | 'exhausted'
  | 'late'
  | 'limit'
  | 'missed'
  | 'overlap'
  | 'updated';

/** Neighbouring slots that were given up for one reason; `first` and `last` are instants. */
export interface SkippedSlots {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly reason: SkipReason;
}

export interface DueSlots {
  /** In order; more than one only with catch-up `all`. */
  readonly runs: readonly number[];
  /** In order of time. */
  readonly skipped: readonly SkippedSlots[];
  /** The first slot after all of these; undefined: there is none any more. */
  readonly next: number | undefined;
}

/** Catch-up `none` takes a slot that is no older than this: timers and clocks are not exact. */
const PUNCTUAL_MS = 1000;

/**
 * Divides the slots from `next` up to `now`, both included. `left`: how many runs there may be at
 * most. A slot is due at its very millisecond, unlike in historic Chronos, which needed it to be
 * over.
 */
export function dueSlots(
  timetable: Timetable,
  next: number,
  now: number,
  {rule, left}: {readonly rule: LatenessRule; readonly left: number},
): DueSlots {
  const newest = timetable.lastUntil(now);
  if (newest === undefined || newest < next) return {runs: [], skipped: [], next};
  const after = timetable.nextAfter(newest);
  if (left === 0) {
    return {runs: [], skipped: skippedOf(timetable, next, newest, 'exhausted'), next: after};
  }
  const eligible = firstEligible(timetable, next, now, rule);
  if (eligible === undefined || eligible > newest) {
    return {runs: [], skipped: skippedOf(timetable, next, newest, 'late'), next: after};
  }
  const late = eligible > next ? until(timetable, next, eligible, 'late') : [];
  if (rule.catchup !== 'all') {
    const missed = newest > eligible ? until(timetable, eligible, newest, 'missed') : [];
    return {runs: [newest], skipped: [...late, ...missed], next: after};
  }
  const runs: number[] = [];
  let slot: number | undefined = eligible;
  while (slot !== undefined && slot <= newest && runs.length < Math.min(rule.catchupLimit, left)) {
    runs.push(slot);
    slot = timetable.nextAfter(slot);
  }
  const reason = runs.length === left ? 'exhausted' : 'limit';
  const rest =
    slot === undefined || slot > newest ? [] : skippedOf(timetable, slot, newest, reason);
  return {runs, skipped: [...late, ...rest], next: after};
}

function firstEligible(
  timetable: Timetable,
  next: number,
  now: number,
  {catchup, epsilonMs = Infinity}: LatenessRule,
): number | undefined {
  // Younger than epsilon, in whole ms; and as punctual as catch-up `none` asks for.
  const ageMax = Math.min(epsilonMs - 1, catchup === 'none' ? PUNCTUAL_MS : Infinity);
  const oldest = now - ageMax;
  return oldest <= next ? next : timetable.nextAfter(oldest - 1);
}

/** The slots before `end`, which is one itself. */
function until(
  timetable: Timetable,
  first: number,
  end: number,
  reason: SkipReason,
): readonly SkippedSlots[] {
  const last = timetable.lastUntil(end - 1);
  return last === undefined || last < first ? [] : skippedOf(timetable, first, last, reason);
}

function skippedOf(
  timetable: Timetable,
  first: number,
  last: number,
  reason: SkipReason,
): readonly SkippedSlots[] {
  return [{first, last, count: timetable.count(first, last), reason}];
}
