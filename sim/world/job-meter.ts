/**
 * Jobs between their submission and their end: counts and waiting times, from what the world itself
 * sees.
 */
import type {FrameworkEvent} from '../../engine/index.ts';
import type {JobTable} from './jobs.ts';
import type {Submission} from './sources/source.ts';
import type {Tally} from './tally.ts';

export class JobMeter {
  readonly #jobs: JobTable;
  readonly #tally: Tally;

  constructor(jobs: JobTable, tally: Tally) {
    this.#jobs = jobs;
    this.#tally = tally;
  }

  submitted(now: number, submission: Submission): void {
    this.#jobs.add({...submission, submittedAt: now});
    const {framework, job} = submission;
    const tally = this.#tally.of(framework);
    tally.submitted += job.tasks;
    tally.waiting += job.tasks;
    this.#tally.jobs.submitted += 1;
    this.#tally.jobs.waiting += 1;
  }

  /** A task of the job is launched; only the first attempt counts as the end of its waiting. */
  launched(now: number, row: number, attempt: number): void {
    const jobs = this.#jobs;
    const tally = this.#tally.of(jobs.framework[row] as number);
    const waitedMs = now - (jobs.submittedAt[row] as number);
    const unlaunched = jobs.unlaunched[row] as number;
    tally.waiting -= 1;
    if (attempt === 0) {
      tally.placed += 1;
      tally.waits.push(waitedMs);
    }
    if (unlaunched === jobs.tasks[row]) {
      this.#tally.jobs.waiting -= 1;
      this.#tally.jobs.running += 1;
      if (attempt === 0) this.#started(waitedMs);
    }
    jobs.unlaunched[row] = unlaunched - 1;
  }

  #started(waitedMs: number): void {
    this.#tally.jobs.waits.push(waitedMs);
    if (waitedMs > 0) this.#tally.jobs.waited += 1;
  }

  observe(now: number, framework: number, event: FrameworkEvent): void {
    switch (event.type) {
      case 'job_finished':
        this.#tally.jobs.finished += 1;
        this.#ended(now, this.#jobs.rowOf(framework, event['serial'] as number));
        return;
      case 'job_failed':
        this.#tally.jobs.failed += 1;
        this.#ended(now, this.#jobs.rowOf(framework, event['serial'] as number));
        return;
      case 'job_requeued':
        this.#requeued(this.#jobs.rowOf(framework, event['serial'] as number));
        return;
      default:
    }
  }

  #ended(now: number, row: number): void {
    const {jobs} = this.#tally;
    // Tasks of a failed job that were never launched wait no more.
    const left = this.#jobs.unlaunched[row] as number;
    this.#tally.of(this.#jobs.framework[row] as number).waiting -= left;
    if (left === this.#jobs.tasks[row]) jobs.waiting -= 1;
    else jobs.running -= 1;
    jobs.lastEndAt = now;
    this.#jobs.remove(row);
  }

  #requeued(row: number): void {
    const {unlaunched, tasks, framework} = this.#jobs;
    const left = unlaunched[row] as number;
    if (left !== tasks[row]) {
      this.#tally.jobs.running -= 1;
      this.#tally.jobs.waiting += 1;
    }
    this.#tally.of(framework[row] as number).waiting += (tasks[row] as number) - left;
    unlaunched[row] = tasks[row] as number;
  }
}
