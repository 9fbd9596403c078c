/**
 * Jobs in order of arrival. Taking the first is O(1); taking or putting back in the middle is O(n)
 * and rare.
 */
import type {TaskId} from '../../kernel/ids.ts';
import type {Amounts} from '../../resources/amounts.ts';
import type {Resources} from '../../resources/vector.ts';

/** A job that waits or runs. */
export interface Job {
  readonly id: string;
  /** Order of arrival. */
  readonly serial: number;
  readonly tasks: number;
  readonly amounts: Amounts;
  readonly resources: Resources;
  /** Infinity when its owner gave none. */
  readonly estimateMs: number;
  /** How often it was put back because an agent was lost. */
  relaunches: number;
  startedAt: number;
  /** Of a job of several tasks, the ids of those that were launched and have not ended. */
  liveTasks: Set<TaskId> | undefined;
  /** Set when the job must not go on: its other tasks are being killed. */
  ending: 'failed' | 'requeued' | undefined;
  /**
   * Agents of its tasks, in order of launch: what backfilling knows about when resources come back.
   */
  agents: readonly string[];
}

export class JobQueue {
  #jobs: (Job | undefined)[] = [];
  #head = 0;
  #holes = 0;

  get size(): number {
    return this.#jobs.length - this.#head - this.#holes;
  }

  get first(): Job | undefined {
    this.#skipHoles();
    return this.#jobs[this.#head];
  }

  /** Adds at the end; serials must not go down. */
  push(job: Job): void {
    this.#jobs.push(job);
  }

  takeFirst(): Job | undefined {
    this.#skipHoles();
    const job = this.#jobs[this.#head];
    if (job === undefined) return undefined;
    this.#jobs[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#jobs.length) this.#compact();
    return job;
  }

  /** Puts a job back at the place that its serial gives it. */
  putBack(job: Job): void {
    this.#compact();
    let place = this.#jobs.findIndex((other) => (other as Job).serial > job.serial);
    if (place < 0) place = this.#jobs.length;
    this.#jobs.splice(place, 0, job);
  }

  /**
   * Walks the jobs behind the first one in order; `visit` answers whether it took the job out of
   * the queue, or `stop` to end the walk.
   */
  visitOthers(visit: (job: Job) => 'keep' | 'take' | 'stop'): void {
    this.#skipHoles();
    for (let at = this.#head + 1; at < this.#jobs.length; at += 1) {
      const job = this.#jobs[at];
      if (job === undefined) continue;
      const verdict = visit(job);
      if (verdict === 'stop') return;
      if (verdict === 'take') {
        this.#jobs[at] = undefined;
        this.#holes += 1;
      }
    }
    if (this.#holes * 2 > this.#jobs.length) this.#compact();
  }

  toArray(): Job[] {
    return this.#jobs.slice(this.#head).filter((job) => job !== undefined);
  }

  #skipHoles(): void {
    while (this.#holes > 0 && this.#head < this.#jobs.length) {
      if (this.#jobs[this.#head] !== undefined) return;
      this.#head += 1;
      this.#holes -= 1;
    }
  }

  #compact(): void {
    this.#jobs = this.toArray();
    this.#head = 0;
    this.#holes = 0;
  }
}
