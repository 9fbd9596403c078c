/**
 * What follows from the end of a run: counters, children, history, and what waited for it
 * (reference part 9.4, rules 10 and 11).
 */
import {isExhausted, type Job, type JobCounters} from '../jobs/job.ts';
import type {ChronosParts} from '../parts.ts';
import type {Claims} from './claims.ts';
import {taskOf, type HistoryEntry, type Outcome, type Run} from './run.ts';

export class Endings {
  readonly #parts: ChronosParts;
  readonly #claims: Claims;

  constructor(parts: ChronosParts, claims: Claims) {
    this.#parts = parts;
    this.#claims = claims;
  }

  succeeded(job: Job, run: Run): void {
    const {book, publish} = this.#parts;
    this.#countSuccess(job);
    publish({type: 'JobFinished', ...refOf(run)});
    this.#close(job, run, 'success');
    this.#fireChildren(job, run.rootSlot);
    if (isExhausted(job) && !job.disabled) {
      job.disabled = true;
      book.changed(job);
      publish({type: 'JobDisabled', job: job.name, cause: 'its repetitions are exhausted'});
    }
    this.#claims.release(job);
  }

  /** No attempt is left. */
  failed(job: Job, run: Run, message: string): void {
    const {book, publish} = this.#parts;
    const now = this.#parts.now();
    const errorsSinceLastSuccess = job.counters.errorsSinceLastSuccess + 1;
    job.counters = {
      ...job.counters,
      errorCount: job.counters.errorCount + 1,
      errorsSinceLastSuccess,
      lastError: now,
    };
    book.changed(job);
    const {disableAfterFailures, softError} = job.rules;
    const isTooMany = disableAfterFailures > 0 && errorsSinceLastSuccess >= disableAfterFailures;
    const taskId = taskOf(run)?.id ?? '';
    run.message = message;
    this.#close(job, run, 'failure');
    if (isTooMany) {
      job.disabled = true;
      const cause = `${errorsSinceLastSuccess} runs in a row have failed: ${message}`;
      publish({type: 'JobDisabled', job: job.name, cause});
    } else publish({type: 'JobRetriesExhausted', ...refOf(run), message, taskId});
    if (softError) this.#fireChildren(job, run.rootSlot);
    if (isTooMany) this.#claims.dropWaiting(job, 'disabled');
    this.#claims.release(job);
  }

  /** It neither succeeded nor failed. Metronome counts such a run as failed. */
  cancelled(job: Job, run: Run, cause: string): void {
    if (job.definition.form === 'metronome') {
      const {counters} = job;
      const errorCount = counters.errorCount + 1;
      const errorsSinceLastSuccess = counters.errorsSinceLastSuccess + 1;
      const lastError = this.#parts.now();
      job.counters = {...counters, errorCount, errorsSinceLastSuccess, lastError};
    }
    run.message = cause;
    this.#parts.publish({type: 'JobCancelled', ...refOf(run), cause});
    this.#close(job, run, 'cancelled');
    this.#claims.release(job);
  }

  /** Somebody says that it has succeeded: it counts as a success, and as a start of its own. */
  markedSuccessful(job: Job): void {
    this.#countSuccess(job);
    job.edges?.claimed();
    this.#fireChildren(job, this.#parts.now());
  }

  #countSuccess(job: Job): void {
    const counters: JobCounters = {
      ...job.counters,
      successCount: job.counters.successCount + 1,
      errorsSinceLastSuccess: 0,
      lastSuccess: this.#parts.now(),
    };
    job.counters = counters;
    this.#parts.book.changed(job);
  }

  #close(job: Job, run: Run, outcome: Outcome): void {
    const {book, queue} = this.#parts;
    if (run.state === 'queued') queue.left(job.spec.key);
    book.dropRun(job, run);
    book.remember(job, entryOf(run, outcome, this.#parts.now()));
    book.changed(job);
  }

  #fireChildren({name}: Job, rootSlot: number): void {
    const {book} = this.#parts;
    for (const childName of book.childrenOf(name)) {
      const child = book.get(childName);
      if (child?.edges === undefined) continue;
      const isComplete = child.edges.succeeded({parent: name, rootSlot}, (parent) =>
        hasFailedLast(book.get(parent)),
      );
      book.changed(child);
      // What it counts goes on while it is disabled, but it does not run.
      const isOff = child.disabled || child.fault !== undefined;
      if (isComplete && !isOff) this.#claims.fire(child, rootSlot);
    }
  }
}

function hasFailedLast(job: Job | undefined): boolean {
  const {lastSuccess, lastError} = job?.counters ?? {};
  return lastError !== undefined && lastError > (lastSuccess ?? -Infinity);
}

function entryOf(run: Run, outcome: Outcome, endedAt: number): HistoryEntry {
  const {id, due, kind, claimedAt, message, attempt} = run;
  return {
    id,
    due,
    kind,
    claimedAt,
    endedAt,
    outcome,
    retries: attempt,
    why: outcome === 'success' ? undefined : message,
    arguments: run.arguments,
    tasks: run.tasks,
  };
}

/** The run, as events name it. */
export function refOf({jobName, due, kind, attempt}: Run): {
  readonly job: string;
  readonly due: number;
  readonly kind: Run['kind'];
  readonly attempt: number;
} {
  return {job: jobName, due, kind, attempt};
}
