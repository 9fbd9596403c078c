/**
 * When runs come into being: slots that fall due, parents that succeed, somebody's word; and what
 * becomes of them while another run of the job is active (reference part 9.4, rules 1 to 7). A
 * claim is recorded before anything is launched for it.
 */
import {isoInstant} from '../../../kernel/instants.ts';
import type {OverlapRule} from '../../../options.ts';
import {isActive, type Job, type ScheduleState} from '../jobs/job.ts';
import type {ChronosParts} from '../parts.ts';
import {dueSlots, type SkippedSlots, type SkipReason} from '../schedule/lateness.ts';
import type {Timetable} from '../schedule/timetable.ts';
import type {Run, RunKind} from './run.ts';

/** What a run is claimed for. */
interface Occasion {
  readonly kind: RunKind;
  readonly due: number;
  readonly rootSlot: number;
  readonly arguments?: string | undefined;
  readonly state: 'held' | 'queued';
}

export class Claims {
  readonly #parts: ChronosParts;
  /** Kills the active runs of a job for a newer one. */
  readonly #replace: (job: Job) => void;

  constructor(parts: ChronosParts, replace: (job: Job) => void) {
    this.#parts = parts;
    this.#replace = replace;
  }

  /** Looks at the schedule of a job: what is due by now waits, starts or is given up. */
  review(job: Job): void {
    const {schedule, trigger} = job;
    if (schedule === undefined || trigger.kind !== 'schedule') return;
    if (nextSlotOf(job) > this.#parts.now()) return;
    this.#takeDue(job, schedule, trigger.timetable);
    this.release(job);
  }

  #takeDue(job: Job, schedule: ScheduleState, timetable: Timetable): void {
    const {lateness, overlap} = job.rules;
    const isAll = lateness.catchup === 'all';
    const left = (schedule.left ?? Infinity) - (isAll ? schedule.pending.length : 0);
    const next = schedule.next ?? Infinity;
    const due = dueSlots(timetable, next, this.#parts.now(), {rule: lateness, left});
    schedule.next = due.next ?? null;
    this.#parts.book.changed(job);
    for (const skipped of due.skipped) this.#skip(job, schedule, skipped);
    // What was skipped may have taken the last repetitions (Chronos 2).
    const runs = schedule.left === null ? due.runs : due.runs.slice(0, schedule.left);
    this.#giveUp(job, schedule, due.runs.slice(runs.length), 'exhausted');
    if (runs.length === 0) return;
    const isBusy = overlap !== 'allow' && isActive(job);
    if (isBusy && overlap === 'skip') {
      this.#giveUp(job, schedule, runs, 'overlap');
    } else if (isAll) {
      const room = Math.max(0, lateness.catchupLimit - schedule.pending.length);
      schedule.pending = [...schedule.pending, ...runs.slice(0, room)];
      this.#giveUp(job, schedule, runs.slice(room), 'limit');
    } else {
      const replaced = schedule.pending;
      schedule.pending = runs;
      this.#giveUp(job, schedule, replaced, 'overlap');
    }
    if (isBusy && overlap === 'replace') this.#replace(job);
  }

  #giveUp(job: Job, schedule: ScheduleState, slots: readonly number[], reason: SkipReason): void {
    for (const skipped of neighbours(job, slots)) this.#skip(job, schedule, {...skipped, reason});
  }

  #skip(job: Job, schedule: ScheduleState, skipped: SkippedSlots): void {
    const takesRepetitions = this.#parts.options.skippedTakeRepetitions;
    if (takesRepetitions && schedule.left !== null) {
      schedule.left = Math.max(0, schedule.left - skipped.count);
    }
    this.#parts.publish({type: 'JobSkipped', job: job.name, ...skipped});
  }

  /** Slots and successes that wait are dropped; what is claimed stays. */
  dropWaiting(job: Job, reason: 'disabled' | 'updated'): void {
    const {schedule, fire} = job;
    if (schedule !== undefined && schedule.pending.length > 0) {
      const waiting = schedule.pending;
      schedule.pending = NONE;
      this.#giveUp(job, schedule, waiting, reason);
      this.#parts.book.changed(job);
    }
    if (fire === undefined) return;
    this.#parts.publish({type: 'JobNotFired', job: job.name, at: fire.at, reason});
    job.fire = undefined;
    this.#parts.book.changed(job);
  }

  /** Its parents have succeeded: it runs, or waits for its active run. */
  fire(job: Job, rootSlot: number): void {
    const at = this.#parts.now();
    const {overlap} = job.rules;
    const isBusy = overlap !== 'allow' && isActive(job);
    const dropped = isBusy && overlap === 'skip' ? {at} : job.fire;
    if (dropped !== undefined) {
      const reason = 'overlap';
      this.#parts.publish({type: 'JobNotFired', job: job.name, at: dropped.at, reason});
      if (dropped !== job.fire) return;
    }
    job.fire = {at, rootSlot};
    this.#parts.book.changed(job);
    if (isBusy && overlap === 'replace') this.#replace(job);
    this.release(job);
  }

  /** Whether a run by hand would start without waiting for another run of its job. */
  isFree(job: Job): boolean {
    return job.rules.manualOverlap === 'allow' || (!isActive(job) && earliest(job) === undefined);
  }

  /** Somebody wants it to run. It is claimed at once, whatever is active. */
  manual(job: Job, text: string | undefined): Run {
    const {manualOverlap} = job.rules;
    const isBusy = !this.isFree(job);
    const due = this.#freeDue(job, this.#parts.now());
    const occasion = {kind: 'manual', due, rootSlot: due, arguments: text} as const;
    const run = this.#claim(job, {...occasion, state: isBusy ? 'held' : 'queued'});
    if (isBusy && manualOverlap === 'replace') this.#replace(job);
    return run;
  }

  /** Lets what waits for the end of a run start, oldest first, as far as it may. */
  release(job: Job): void {
    for (;;) {
      const waiting = earliest(job);
      if (waiting === undefined) return;
      const rule = ruleFor(waiting.kind, job);
      if (rule !== 'allow' && isActive(job)) {
        if (rule === 'skip') this.#dropForOverlap(job, waiting);
        return;
      }
      this.#start(job, waiting);
    }
  }

  /** Only slots are dropped here: those that were due at once with one that has started. */
  #dropForOverlap(job: Job, {kind}: Waiting): void {
    const {schedule} = job;
    if (kind !== 'slot' || schedule === undefined) return;
    const dropped = schedule.pending;
    schedule.pending = NONE;
    this.#giveUp(job, schedule, dropped, 'overlap');
    this.#parts.book.changed(job);
  }

  #start(job: Job, waiting: Waiting): void {
    switch (waiting.kind) {
      case 'manual': {
        const {run} = waiting;
        run.state = 'queued';
        run.since = this.#parts.now();
        this.#parts.book.runChanged(job, run);
        this.#parts.queue.push(job, run);
        break;
      }
      case 'slot': {
        const {schedule, at} = waiting;
        schedule.pending = schedule.pending.length === 1 ? NONE : schedule.pending.slice(1);
        if (isTaken(job, at)) {
          this.#giveUp(job, schedule, [at], 'overlap');
          this.#parts.book.changed(job);
          break;
        }
        job.lastSlot = Math.max(job.lastSlot, at);
        if (schedule.left !== null) schedule.left = Math.max(0, schedule.left - 1);
        this.#claim(job, {kind: 'slot', due: at, rootSlot: at, state: 'queued'});
        break;
      }
      case 'child': {
        const {at, rootSlot} = waiting;
        job.fire = undefined;
        this.#claim(job, {kind: 'child', due: this.#freeDue(job, at), rootSlot, state: 'queued'});
        break;
      }
    }
  }

  #claim(job: Job, {kind, due, rootSlot, state, ...occasion}: Occasion): Run {
    const {book, queue, publish} = this.#parts;
    const now = this.#parts.now();
    const run: Run = {
      jobName: job.name,
      due,
      kind,
      id: this.#idOf(job, due),
      claimedAt: now,
      rootSlot,
      arguments: occasion.arguments,
      attempt: 0,
      state,
      since: now,
      tasks: NONE,
      retryAt: undefined,
      unreachableAt: undefined,
      killing: undefined,
      killSentAt: undefined,
      askAgainAt: undefined,
      message: undefined,
    };
    job.edges?.claimed();
    book.addRun(job, run);
    book.changed(job);
    if (state === 'queued') queue.push(job, run);
    const event = {type: 'JobQueued', job: job.name, due, kind, attempt: 0} as const;
    publish(kind === 'slot' ? {...event, slot: due} : event);
    return run;
  }

  /**
   * An instant that identifies a run that is for no slot: as asked, or as many ms later as it takes
   * to be no other run's and no slot's.
   */
  #freeDue(job: Job, at: number): number {
    const {trigger, runs} = job;
    const timetable = trigger.kind === 'schedule' ? trigger.timetable : undefined;
    let due = Math.max(at, job.lastDue + 1);
    while (runs.has(due) || timetable?.lastUntil(due) === due) due += 1;
    job.lastDue = due;
    return due;
  }

  /** Metronome's runs are called `20160715130259aBcDe`, those of Chronos by their instant. */
  #idOf({definition, name}: Job, due: number): string {
    if (definition.form === 'chronos') return `${due}`;
    const digits = isoInstant(due).replace(/\D/g, '').slice(0, 14);
    const random = this.#parts.random(`run/${name}/${due}`);
    const letters = Array.from({length: 5}, () => ALPHANUMERICS[random.below(62)]);
    return `${digits}${letters.join('')}`;
  }
}

const NONE: readonly never[] = [];

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Whether a run by hand or of a child bears this instant already, and its tasks the ids that those
 * of the slot would have: the schedule that has the slot came after it.
 */
function isTaken({lastDue, runs, history}: Job, at: number): boolean {
  if (at >= lastDue) return at === lastDue;
  return runs.has(at) || history.some(({due}) => due === at);
}

/** Slots of a job, ascending, in groups that have no other slot between them. */
function neighbours(
  {trigger}: Job,
  slots: readonly number[],
): readonly Omit<SkippedSlots, 'reason'>[] {
  const groups: {first: number; last: number; count: number}[] = [];
  for (const slot of slots) {
    const group = groups.at(-1);
    const isNext =
      trigger.kind === 'schedule' && group && trigger.timetable.nextAfter(group.last) === slot;
    if (group === undefined || isNext !== true) groups.push({first: slot, last: slot, count: 1});
    else {
      group.last = slot;
      group.count += 1;
    }
  }
  return groups;
}

/** The slot for which a job is to be looked at next; Infinity: none. */
export function nextSlotOf({schedule, rules, disabled, fault}: Job): number {
  if (schedule === undefined || disabled || fault !== undefined) return Infinity;
  const {left, pending, next} = schedule;
  // A newer slot takes the place of the one that waits, and its repetition.
  const taken = rules.lateness.catchup === 'all' ? pending.length : 0;
  return left !== null && left <= taken ? Infinity : (next ?? Infinity);
}

/** What waits for the end of an active run. */
type Waiting =
  | {readonly kind: 'manual'; readonly at: number; readonly run: Run}
  | {readonly kind: 'slot'; readonly at: number; readonly schedule: ScheduleState}
  | {readonly kind: 'child'; readonly at: number; readonly rootSlot: number};

function earliest({runs, schedule, fire}: Job): Waiting | undefined {
  let first: Waiting | undefined;
  if (fire !== undefined) first = {kind: 'child', ...fire};
  const slot = schedule?.pending[0];
  if (schedule !== undefined && slot !== undefined) first = {kind: 'slot', at: slot, schedule};
  for (const run of runs.values()) {
    if (run.state !== 'held') continue;
    if (first === undefined || run.claimedAt < first.at) {
      first = {kind: 'manual', at: run.claimedAt, run};
    }
    break;
  }
  return first;
}

function ruleFor(kind: RunKind, {rules}: Job): OverlapRule {
  return kind === 'manual' ? rules.manualOverlap : rules.overlap;
}
