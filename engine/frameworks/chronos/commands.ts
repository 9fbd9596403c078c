/**
 * What users may change: jobs are submitted, removed, run by hand, killed, marked as successful.
 * All or nothing; what is refused has changed nothing (reference part 9.4, rules 7, 12 and 16).
 */
import type {Refusal, RefusedField} from '../../scheduler.ts';
import {admit} from './definition/admission.ts';
import {
  parentsOf,
  type ChronosDefinition,
  type JobDefinition,
} from './definition/job-definition.ts';
import {readTrigger} from './definition/trigger.ts';
import type {Job, JobCounters} from './jobs/job.ts';
import {
  changedSchedule,
  edgesOf,
  isSwitchedOff,
  newJob,
  printedSchedule,
  ready,
  writtenSchedule,
  type JobContext,
  type Readied,
} from './jobs/make-job.ts';
import type {ChronosParts} from './parts.ts';
import type {Claims} from './runs/claims.ts';
import type {Endings} from './runs/endings.ts';
import type {Lifecycle} from './runs/lifecycle.ts';
import {isLaunched, type Run} from './runs/run.ts';

export type CommandResult<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly refusal: ChronosRefusal};

/** Codes of refusals; the HTTP faces have a status for each. */
export type RefusalCode =
  | 'busy'
  | 'hasChildren'
  | 'invalid'
  | 'tooManyJobs'
  | 'unknownJob'
  | 'unknownRun';

export type ChronosRefusal = Refusal & {readonly code: RefusalCode};

/** What becomes of the children of a job that is deleted. */
export type Cascade = 'orphan' | 'reparent';

/** Where runs are made and ended. */
export interface RunParts {
  readonly claims: Claims;
  readonly endings: Endings;
  readonly lifecycle: Lifecycle;
  /** Tasks of jobs that are gone are killed until they have ended. */
  readonly condemn: (run: Run) => void;
}

export class Commands {
  readonly #parts: ChronosParts;
  readonly #context: JobContext;
  readonly #runs: RunParts;

  constructor(parts: ChronosParts, context: JobContext, runs: RunParts) {
    this.#parts = parts;
    this.#context = context;
    this.#runs = runs;
  }

  /** Creates the job, or gives it this definition. `counters`: what it claims to have counted. */
  submit(definition: JobDefinition, counters?: JobCounters): CommandResult<Job> {
    const checked = this.check(definition);
    if (!checked.ok) return checked;
    const readied = checked.value;
    const {book, options, publish} = this.#parts;
    const {name} = definition;
    const known = book.get(name);
    if (known !== undefined) {
      this.#update(known, readied);
      if (options.countersFromRequests && counters !== undefined) known.counters = counters;
      publish({type: 'JobUpdated', job: name});
      return {ok: true, value: known};
    }
    if (book.size >= options.jobsMax) {
      return refused('tooManyJobs', `there are ${book.size} jobs; no more are taken`);
    }
    const job = newJob(readied, book.takeRow(), this.#parts.now());
    if (options.countersFromRequests && counters !== undefined) job.counters = counters;
    book.add(job);
    book.changed(job);
    publish({type: 'JobCreated', job: name});
    return {ok: true, value: job};
  }

  /** Whether the definition could be submitted; changes nothing. */
  check(definition: JobDefinition): CommandResult<Readied> {
    const {book} = this.#parts;
    const known = {
      find: (name: string) => book.get(name)?.definition,
      hasChildren: (name: string) => book.childrenOf(name).length > 0,
    };
    const now = this.#parts.now();
    const read = readTrigger(definition, {...this.#context, now});
    const faults = [...(read.ok ? [] : read.faults), ...admit(definition, known)];
    if (!read.ok || faults.length > 0) return invalid(faults);
    return {ok: true, value: ready(definition, read.trigger, this.#context)};
  }

  #update(job: Job, readied: Readied): void {
    const {book, queue} = this.#parts;
    const {claims} = this.#runs;
    const waiting = [...job.runs.values()].filter(({state}) => state === 'queued');
    for (const _ of waiting) queue.left(job.spec.key);
    const isSameSchedule = this.#keepsSchedule(job, readied.definition);
    const isSameEdges = keepsEdges(job, readied);
    // What waited is told of by the schedule that it waited for.
    const isFireLost = !isSameEdges && job.fire !== undefined;
    if (!isSameSchedule || isFireLost) claims.dropWaiting(job, 'updated');
    const {trigger} = job;
    const keepsTrigger = isSameSchedule && job.schedule !== undefined;
    book.redefine(job, keepsTrigger ? {...readied, trigger} : readied);
    for (const run of waiting) queue.push(job, run);
    // What was wrong with it when it was read from the store has been mended.
    job.fault = undefined;
    if (!isSameSchedule) job.schedule = changedSchedule(job, this.#parts.now());
    if (!isSameEdges) job.edges = edgesOf(job.definition, job.rules);
    const isOff = isSwitchedOff(job.definition);
    if (isOff && !job.disabled) this.#switchOff(job);
    job.disabled = isOff;
    book.changed(job);
  }

  /** The same text again, or that of an answer, is no change: what was claimed stays claimed. */
  #keepsSchedule(job: Job, definition: JobDefinition): boolean {
    const written = writtenSchedule(definition);
    const {schedule} = job;
    if (written === undefined || schedule === undefined) return written === schedule;
    if (job.fault !== undefined || schedule.zone !== written.zone) return false;
    return written.text === schedule.submitted || written.text === printedSchedule(job);
  }

  /** What waits is dropped; what runs goes on. */
  #switchOff(job: Job): void {
    const {claims, endings} = this.#runs;
    job.disabled = true;
    claims.dropWaiting(job, 'disabled');
    // Metronome switches a schedule off, and not what it has started.
    if (job.definition.form === 'metronome') return;
    for (const run of [...job.runs.values()]) {
      if (!isLaunched(run) && run.kind !== 'manual') {
        endings.cancelled(job, run, 'its job was disabled');
      }
    }
  }

  /** Removes a job and kills what runs of it. */
  remove(name: string, cascade?: Cascade): CommandResult<Job> {
    const {book, options, publish} = this.#parts;
    const job = book.get(name);
    if (job === undefined) return unknownJob(name);
    const children = book.childrenOf(name).flatMap((child) => book.get(child) ?? []);
    const isConverting = cascade === undefined && options.deleteOfParents === 'convert';
    if (children.length > 0 && cascade === undefined && !isConverting) {
      const names = children.slice(0, 20).map((child) => child.name);
      const how = 'say ?cascade=reparent or ?cascade=orphan to delete it nevertheless';
      return refused('hasChildren', `jobs depend on ${name}: ${names.join(', ')}; ${how}`);
    }
    for (const child of children) this.#leaveParent(child, job, {cascade, isConverting});
    for (const run of job.runs.values()) {
      if (isLaunched(run)) this.#runs.condemn(run);
      if (run.state === 'queued') this.#parts.queue.left(job.spec.key);
    }
    book.remove(job);
    publish({type: 'JobRemoved', job: name});
    return {ok: true, value: job};
  }

  #leaveParent(
    child: Job,
    parent: Job,
    {cascade, isConverting}: {cascade: Cascade | undefined; isConverting: boolean},
  ): void {
    const {definition} = child;
    const others = (parentsOf(definition) ?? []).filter((name) => name !== parent.name);
    const inherited = cascade === 'orphan' ? [] : (parentsOf(parent.definition) ?? []);
    const parents = [...new Set([...others, ...inherited])].sort();
    const schedule = cascade === 'orphan' ? undefined : takesPlaceOf(parent, definition);
    const takesSchedule = schedule !== undefined && (isConverting || parents.length === 0);
    const next = switched(takesSchedule ? schedule : {...definition, parents}, child.disabled);
    const now = this.#parts.now();
    const read = readTrigger(next, {...this.#context, now, origin: 'storage'});
    this.#update(child, ready(next, read.ok ? read.trigger : {kind: 'hand'}, this.#context));
    child.fault = read.ok ? undefined : read.faults.map(({message}) => message).join('; ');
  }

  /**
   * Runs it now, whatever its schedule says, also while it is disabled. `strict`: only if it would
   * not have to wait for another run of it.
   */
  runNow(
    name: string,
    {text, isStrict}: {readonly text: string | undefined; readonly isStrict: boolean},
  ): CommandResult<{readonly job: Job; readonly run: Run}> {
    const job = this.#parts.book.get(name);
    if (job === undefined) return unknownJob(name);
    if (isStrict && !this.#runs.claims.isFree(job)) {
      return refused('busy', `a run of ${name} is active or waits already`);
    }
    return {ok: true, value: {job, run: this.#runs.claims.manual(job, text)}};
  }

  markSuccessful(name: string): CommandResult<Job> {
    const job = this.#parts.book.get(name);
    if (job === undefined) return unknownJob(name);
    this.#runs.endings.markedSuccessful(job);
    return {ok: true, value: job};
  }

  /** Ends all runs of a job: kills tasks, and drops what waits for an offer or a retry. */
  killRuns(name: string): CommandResult<Job> {
    const job = this.#parts.book.get(name);
    if (job === undefined) return unknownJob(name);
    for (const run of [...job.runs.values()]) this.#runs.lifecycle.kill(job, run, 'user');
    return {ok: true, value: job};
  }

  /** Ends one run. */
  stopRun(name: string, runId: string): CommandResult<Run> {
    const job = this.#parts.book.get(name);
    if (job === undefined) return unknownJob(name);
    for (const run of job.runs.values()) {
      if (run.id !== runId) continue;
      this.#runs.lifecycle.kill(job, run, 'user');
      return {ok: true, value: run};
    }
    return refused('unknownRun', `job ${name} has no active run ${runId}`);
  }

  /** A task of an active run has processed so many elements more. */
  addElements(name: string, taskId: string, count: number): CommandResult<Run> {
    const {book} = this.#parts;
    const job = book.get(name);
    if (job === undefined) return unknownJob(name);
    for (const run of job.runs.values()) {
      const task = run.tasks.find(({id}) => id === taskId);
      if (task === undefined) continue;
      task.elements = (task.elements ?? 0) + count;
      book.runChanged(job, run);
      return {ok: true, value: run};
    }
    return refused('unknownRun', `no active run of job ${name} has a task ${taskId}`);
  }
}

function keepsEdges(job: Job, {definition, rules}: Readied): boolean {
  const [before, after] = [parentsOf(job.definition), parentsOf(definition)];
  if (before === undefined || after === undefined) return before === after;
  return before.join('\n') === after.join('\n') && job.rules.barrier === rules.barrier;
}

/** The child with the schedule of its parent as it stands; undefined: the parent has none. */
function takesPlaceOf(parent: Job, child: JobDefinition): ChronosDefinition | undefined {
  const schedule = printedSchedule(parent);
  if (schedule === undefined || child.form !== 'chronos') return undefined;
  const {parents: _, ...rest} = child;
  return {...rest, schedule, scheduleTimeZone: parent.schedule?.zone ?? ''};
}

/** Its definition says whether it is disabled; what has disabled it since does not get lost. */
function switched(definition: JobDefinition, disabled: boolean): JobDefinition {
  return definition.form === 'chronos' ? {...definition, disabled} : definition;
}

function refused(code: RefusalCode, message: string): {ok: false; refusal: ChronosRefusal} {
  return {ok: false, refusal: {code, message}};
}

function invalid(errors: readonly RefusedField[]): {ok: false; refusal: ChronosRefusal} {
  const message = errors.map((fault) => `${fault.path}: ${fault.message}`).join('; ');
  return {ok: false, refusal: {code: 'invalid', message, errors}};
}

function unknownJob(name: string): {ok: false; refusal: ChronosRefusal} {
  return refused('unknownJob', `there is no job ${name}`);
}
