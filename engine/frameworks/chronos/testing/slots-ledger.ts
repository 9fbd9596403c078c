/**
 * I4: every slot of every timetable, counted by the twin, is claimed once, skipped by an event with
 * a reason, waiting, or in the future. Not part of the engine.
 */
import {must} from '../../../kernel/assert.ts';
import type {ChronosEvent} from '../events.ts';
import type {JobDocument} from '../jobs/job.ts';
import {parsePeriod, periodMs} from '../schedule/period.ts';
import type {Checker, Model} from './model.ts';
import {keep} from './promises.ts';
import {twinSlots} from './slots-twin.ts';

const DAY_MS = 86_400_000;

/** The slots of one schedule, as far as they were looked at. */
class Slots {
  readonly #model: Model;
  readonly #schedule: {readonly text: string; readonly zone: string};
  readonly #fromMs: number;
  #untilMs = -Infinity;
  #slots: readonly number[] = [];

  constructor(
    model: Model,
    schedule: {readonly text: string; readonly zone: string},
    fromMs: number,
  ) {
    this.#model = model;
    this.#schedule = schedule;
    this.#fromMs = fromMs;
  }

  /** Those of a stretch, both ends included. */
  between(fromMs: number, untilMs: number): readonly number[] {
    if (untilMs > this.#untilMs) {
      this.#untilMs = untilMs + DAY_MS;
      const stretch = {fromMs: this.#fromMs, untilMs: this.#untilMs};
      this.#slots = twinSlots(this.#model.world.timeZones, this.#schedule, stretch);
    }
    return this.#slots.filter((slot) => slot >= fromMs && slot <= untilMs);
  }

  firstFrom(ms: number): number | undefined {
    for (let days = 1; days < 500; days *= 4) {
      const [first] = this.between(ms, ms + days * DAY_MS);
      if (first !== undefined) return first;
    }
    return undefined;
  }
}

/** Where the schedule of a job stands. */
interface Ledger {
  readonly key: string;
  readonly slots: Slots;
  /** Due, and neither claimed nor skipped. */
  readonly open: Set<number>;
  next: number;
}

/** Another key is another schedule. */
export function scheduleKey(job: JobDocument | undefined): string | undefined {
  const schedule = job?.schedule;
  return schedule && JSON.stringify([schedule.submitted, schedule.zone, schedule.anchored]);
}

export function slotsAreAccounted(model: Model): Checker {
  const ledgers = new Map<string, Ledger>();
  /** The latest slot that was claimed, under whatever schedule: none up to it comes again. */
  const claimed = new Map<string, number>();
  return {
    fact: (fact) => {
      for (const [name, before] of fact.jobsBefore) {
        const after = model.jobs.get(name);
        if (before === undefined) claimed.delete(name);
        const isOther = scheduleKey(before) !== scheduleKey(after);
        const events = fact.events.filter((event) => event.job === name);
        const isOld = (event: ChronosEvent): boolean =>
          isOther && event.type === 'JobSkipped' && event.reason === 'updated';
        const ledger = ledgers.get(name);
        if (ledger !== undefined) enter(ledger, name, events.filter(isOld));
        // What waited when its job was deleted is gone with it.
        if (isOther && after !== undefined) {
          const left = [...(ledger?.open ?? [])].join();
          keep(left === '', 'slots', () => `${name} was changed: nothing said of ${left}`);
        }
        if (isOther) ledgers.delete(name);
        if (isOther && after?.schedule !== undefined) {
          ledgers.set(name, openLedger(model, after, [fact.wallMs, claimed.get(name) ?? 0]));
        }
        const current = ledgers.get(name);
        if (current === undefined || after?.schedule === undefined) continue;
        const due = advance(current, after, fact.wallMs);
        const own = events.filter((event) => !isOld(event));
        enter(current, name, own);
        checkAges(model, after, own, {due, wallMs: fact.wallMs});
        for (const event of own) {
          if (event.type !== 'JobQueued' || event.slot === undefined) continue;
          claimed.set(name, Math.max(claimed.get(name) ?? 0, event.slot));
        }
        const [open, pending] = [[...current.open], [...after.schedule.pending]];
        keep(
          open.join() === pending.join(),
          'slots',
          () => `${name}: ${open.join()} are neither claimed nor skipped, ${pending.join()} wait`,
        );
      }
    },
  };
}

function openLedger(
  model: Model,
  job: JobDocument,
  [wallMs, claimed]: readonly [wallMs: number, claimed: number],
): Ledger {
  const {anchored, zone} = must(job.schedule, job.name);
  const isInterval = anchored.startsWith('R');
  const slots = new Slots(model, {text: anchored, zone}, wallMs - 40 * DAY_MS);
  const epsilonMs = epsilonOf(job, model);
  const young = !isInterval ? wallMs : epsilonMs === undefined ? 0 : wallMs - epsilonMs + 1;
  const since = Math.max(young, claimed + 1, wallMs - 40 * DAY_MS);
  return {
    key: must(scheduleKey(job), job.name),
    slots,
    open: new Set(),
    next: must(slots.firstFrom(since), `a slot of ${anchored}`),
  };
}

function epsilonOf({definition}: JobDocument, {options}: Model): number | undefined {
  if (definition.form === 'metronome') return undefined;
  if (definition.epsilon === undefined) return options.epsilonMs;
  const parsed = parsePeriod(definition.epsilon);
  return parsed.ok ? periodMs(parsed.period) : undefined;
}

/** The schedule goes on: what lies between has become due, and `next` is a slot itself. */
function advance(ledger: Ledger, {name, schedule}: JobDocument, wallMs: number): readonly number[] {
  const next = schedule?.next ?? wallMs + 1;
  const {slots, open} = ledger;
  keep(next >= ledger.next, 'slots', () => `${name}: next goes from ${ledger.next} to ${next}`);
  const due = slots.between(ledger.next, next - 1);
  for (const slot of due) {
    keep(slot <= wallMs, 'slots', () => `${name}: ${slot} is over at ${wallMs}`);
    open.add(slot);
  }
  const isSlot = slots.between(next, next).length === 1;
  keep(isSlot || schedule?.next === null, 'slots', () => `${name}: ${next} is no slot`);
  ledger.next = next;
  return due;
}

/** How late a slot may be where none is made up for. */
const PUNCTUAL_MS = 1000;

/** What has become due is run or waits if it is young enough, and else it is late. */
function checkAges(
  model: Model,
  job: JobDocument,
  events: readonly ChronosEvent[],
  {due, wallMs}: {readonly due: readonly number[]; readonly wallMs: number},
): void {
  const {definition, name} = job;
  const own = definition.form === 'chronos' ? definition.catchup : model.options.metronomeCatchup;
  const catchup = own ?? model.options.catchup;
  const epsilonMs = epsilonOf(job, model) ?? Infinity;
  const isLate = (slot: number): boolean =>
    wallMs - slot >= epsilonMs || (catchup === 'none' && wallMs - slot > PUNCTUAL_MS);
  const late = events.flatMap((event) =>
    event.type === 'JobSkipped' && event.reason === 'late' ? [event] : [],
  );
  const exhausted = events.some(
    (event) => event.type === 'JobSkipped' && event.reason === 'exhausted',
  );
  if (exhausted) return;
  for (const slot of due) {
    const isSkipped = late.some(({first, last}) => first <= slot && slot <= last);
    keep(
      isSkipped === isLate(slot),
      'slots',
      () => `${name}: ${slot} ${isSkipped ? 'counts' : 'does not count'} as late at ${wallMs}`,
    );
  }
}

function enter(ledger: Ledger, name: string, events: readonly ChronosEvent[]): void {
  const {open, slots} = ledger;
  for (const event of events) {
    if (event.type === 'JobQueued' && event.slot !== undefined) {
      keep(open.delete(event.slot), 'slots', () => `${name}: ${event.slot} was claimed, not due`);
    }
    if (event.type !== 'JobSkipped') continue;
    const {first, last, count, reason} = event;
    const skipped = slots.between(first, last);
    keep(
      skipped.length === count,
      'slots',
      () => `${name}: ${count} of ${skipped.length} slots skipped (${reason}: ${first} to ${last})`,
    );
    for (const slot of skipped) {
      keep(open.delete(slot), 'slots', () => `${name}: ${slot} was skipped (${reason}), not due`);
    }
  }
}
