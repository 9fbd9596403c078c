/** What is remarkable about a run that is foreseen, in words. */
import {dstNote, type DstNote, type Timetable, type Zone} from '../../engine/index.ts';
import {formatDuration} from '../report/format.ts';
import type {Fire, Skip} from './fires.ts';
import type {SeenJob} from './foresee.ts';
import {clockText, dayText} from './instants.ts';
import type {ClockChange, TimetableNote} from './timetable.ts';

/** What a change of the clock does to one slot. */
export interface ClockNote {
  readonly kind: 'merged' | 'once' | 'shifted' | 'twice';
  /** The local time that does not exist, or that comes twice. */
  readonly localMs: number;
  /** The local time of the slot. */
  readonly runsLocalMs: number;
  readonly occurrence: 'first' | 'second';
}

/** Undefined for a slot that no change of the clock touches. */
export function clockNote(slot: number, zone: Zone, timetable: Timetable): ClockNote | undefined {
  const note = dstNote(slot, zone, timetable);
  if (note === undefined) return undefined;
  const runsLocalMs = slot + zone.offsetAt(slot);
  if (note.kind !== 'repeated') {
    return {kind: note.kind, localMs: note.meantLocalMs, runsLocalMs, occurrence: 'first'};
  }
  const other = slot + otherBy(slot, zone, note);
  const kind = timetable.lastUntil(other) === other ? 'twice' : 'once';
  return {kind, localMs: runsLocalMs, runsLocalMs, occurrence: note.occurrence};
}

/** From one of two equal local times to the other, in ms. */
function otherBy(slot: number, zone: Zone, note: DstNote & {kind: 'repeated'}): number {
  const span = zone.spanAt(slot);
  if (note.occurrence === 'second') return span.offsetMs - span.beforeMs;
  return span.offsetMs - zone.spanAt(span.untilMs).offsetMs;
}

export function clockNoteText({kind, localMs, runsLocalMs, occurrence}: ClockNote): string {
  const [meant, runs] = [clockText(localMs), clockText(runsLocalMs)];
  switch (kind) {
    case 'shifted':
      return `${meant} does not exist: runs at ${runs}`;
    case 'merged':
      return `${meant} does not exist: one run for it and for ${runs}`;
    case 'once':
      return `${meant} comes twice: runs once, at the ${occurrence}`;
    case 'twice':
      return `${meant} comes twice: runs each time, this is the ${occurrence}`;
  }
}

/** All notes of a run, the clock's first. */
export function notesOf(fire: Fire, job: SeenJob, clock: ClockNote | undefined): TimetableNote[] {
  const notes: TimetableNote[] = [];
  if (clock !== undefined) notes.push({kind: clock.kind, text: clockNoteText(clock)});
  const {at, startAt, outcome, retries} = fire;
  if (startAt === undefined) {
    notes.push({kind: 'waits', text: 'waits for the run before, beyond the end'});
    return notes;
  }
  if (fire.replaces) notes.push({kind: 'replaces', text: 'replaces the run before'});
  else if (fire.isLate) notes.push({kind: 'late', text: 'makes up for a slot before its job came'});
  else if (startAt - at > FRESH_MS) {
    const text = `waits ${formatDuration(startAt - at)} for the run before`;
    notes.push({kind: 'waits', text});
  }
  if (fire.isBeside) notes.push({kind: 'beside', text: 'runs beside the run before'});
  if (retries > 0) {
    notes.push({kind: 'retried', text: `${retries} ${retries === 1 ? 'retry' : 'retries'}`});
  }
  if (outcome === 'replaced') notes.push({kind: 'replaced', text: 'killed for the next run'});
  if (outcome === 'failure') {
    const limit = job.rules.maxCompletionMs;
    const why = limit === undefined ? '' : `: killed after ${formatDuration(limit)}`;
    notes.push({kind: 'failed', text: `fails${why}`});
  }
  return notes;
}

/** Two children of one instant are told apart by ms; that is no waiting. */
const FRESH_MS = 999;

export function skipText({reason, kind}: Skip): string {
  if (reason === 'overlap') return 'skipped: the run before goes on';
  if (kind === 'child') return `not run: ${reason}`;
  return `skipped: ${reason}`;
}

interface Touched {
  readonly day: string;
  readonly zone: string;
  readonly kind: ClockNote['kind'];
  first: ClockNote;
  last: ClockNote;
}

/** Gathers what the changes of the clock do, day by day. */
export class ClockChanges {
  readonly #touched = new Map<string, Map<string, Touched>>();

  add(job: string, zone: string, note: ClockNote): void {
    const day = dayText(note.localMs);
    const key = `${day} ${zone} ${note.kind}`;
    let jobs = this.#touched.get(key);
    if (jobs === undefined) this.#touched.set(key, (jobs = new Map()));
    const known = jobs.get(job);
    if (known === undefined) {
      jobs.set(job, {day, zone, kind: note.kind, first: note, last: note});
    } else {
      if (note.localMs < known.first.localMs) known.first = note;
      if (note.localMs > known.last.localMs) known.last = note;
    }
  }

  /** By day, zone and time; jobs with the same text stand together. */
  list(): readonly ClockChange[] {
    const changes = new Map<string, ClockChange & {readonly jobs: string[]}>();
    const keys = [...this.#touched.keys()].sort();
    for (const key of keys) {
      for (const [job, {day, zone, kind, first, last}] of this.#touched.get(key) ?? []) {
        const text = spanText(kind, first, last);
        const group = `${key} ${text}`;
        const change = changes.get(group) ?? {day, zone, kind, text, jobs: []};
        changes.set(group, change);
        change.jobs.push(job);
      }
    }
    for (const {jobs} of changes.values()) jobs.sort();
    return [...changes.values()];
  }
}

function spanText(kind: ClockNote['kind'], first: ClockNote, last: ClockNote): string {
  if (first.localMs === last.localMs) {
    return kind === 'twice'
      ? `${clockText(first.localMs)} comes twice: runs each time`
      : clockNoteText(first);
  }
  const span = `${clockText(first.localMs)} to ${clockText(last.localMs)}`;
  switch (kind) {
    case 'shifted':
      return `${span} do not exist: runs from ${clockText(first.runsLocalMs)} on`;
    case 'merged':
      return `${span} do not exist: one run each for them and the times after the change`;
    case 'once':
      return `${span} come twice: runs once for each, at the ${first.occurrence}`;
    case 'twice':
      return `${span} come twice: runs each time`;
  }
}
