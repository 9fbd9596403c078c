/**
 * What Chronos does not show, and what its users ask for: when a job fires next, what became of its
 * runs, and what waits for what (reference part 9.1).
 */
import {isoInstant, localText, parseInstant} from '../../../kernel/instants.ts';
import {offsetText} from '../../../kernel/time-zones.ts';
import {ok, type HttpAnswer} from '../../http/answers.ts';
import {textAt, type Call} from '../../http/call.ts';
import {valueOf} from '../../http/query.ts';
import type {Route} from '../../http/routes.ts';
import type {ScheduleTrigger} from '../definition/trigger.ts';
import type {ChronosParts} from '../parts.ts';
import {comingSlots} from '../jobs/coming-slots.ts';
import {dstNote, type DstNote} from '../schedule/dst-note.ts';
import {badRequest, unknownJob} from './answer-form.ts';
import {chronosJob, chronosJobs} from './job-form.ts';
import {countOf} from './numbers.ts';
import {activeRunForm, endedRunForm, waitingForms} from './run-form.ts';

export class RunsResource {
  readonly #parts: ChronosParts;

  constructor(parts: ChronosParts) {
    this.#parts = parts;
  }

  routes(prefix: string): readonly Route[] {
    return [
      ['GET', `${prefix}/job/fires/{name}`, (call) => this.#fires(call)],
      ['GET', `${prefix}/job/history/{name}`, (call) => this.#history(call)],
      ['GET', `${prefix}/queue`, () => this.#queue()],
    ];
  }

  /** What it would do by its schedule, also while it is disabled. */
  #fires(call: Call): HttpAnswer {
    const job = chronosJob(this.#parts.book, textAt(call, 'name'));
    if (job === undefined) return unknownJob(call);
    const count = countOf(call.query, 'count', {absent: 5, min: 1, max: FIRES_MAX});
    if (!count.ok) return badRequest(count.message);
    const text = valueOf(call.query, 'from');
    const from = text === undefined ? -Infinity : parseInstant(text);
    if (from === undefined) {
      return badRequest(`from: expected an instant such as ${isoInstant(0)}, found ${text}`);
    }
    const {name, disabled, schedule, trigger} = job;
    const slots = comingSlots(job, {from, countMax: count.value});
    const fires = trigger.kind === 'schedule' ? slots.map((slot) => fireForm(slot, trigger)) : [];
    return ok({job: name, disabled, repetitionsLeft: schedule?.left ?? null, fires});
  }

  #history(call: Call): HttpAnswer {
    const job = chronosJob(this.#parts.book, textAt(call, 'name'));
    if (job === undefined) return unknownJob(call);
    const active = [...job.runs.values()].map((run) => activeRunForm(job, run, this.#parts.queue));
    return ok({job: job.name, active, ended: job.history.map(endedRunForm).reverse()});
  }

  #queue(): HttpAnswer {
    const {book, queue} = this.#parts;
    return ok(chronosJobs(book).flatMap((job) => waitingForms(job, queue)));
  }
}

/** The most that an answer tells. */
const FIRES_MAX = 1000;

function fireForm(slot: number, {zone, timetable}: ScheduleTrigger): object {
  const offsetMs = zone.offsetAt(slot);
  return {
    utc: isoInstant(slot),
    local: localText(slot + offsetMs),
    zone: zone.id,
    offset: offsetText(offsetMs),
    note: noteForm(dstNote(slot, zone, timetable)),
  };
}

function noteForm(note: DstNote | undefined): object | null {
  if (note === undefined) return null;
  if (note.kind === 'repeated') return note;
  return {kind: note.kind, meantLocal: localText(note.meantLocalMs)};
}
