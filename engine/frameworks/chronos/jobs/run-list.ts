/**
 * The runs of one job by their `due`, in order of their claims. Nearly always there is one or none:
 * a list costs less than a hash table, whose buckets are made anew after every few runs and live
 * long enough to be a burden to the collector.
 */
import type {Run} from '../runs/run.ts';

/** Above this many a run is looked up, below it is searched for. */
const SEARCHED_MAX = 8;

export class RunList {
  #runs: Run[] = [];
  #byDue: Map<number, Run> | undefined;

  get size(): number {
    return this.#byDue?.size ?? this.#runs.length;
  }

  get(due: number): Run | undefined {
    if (this.#byDue !== undefined) return this.#byDue.get(due);
    for (const run of this.#runs) if (run.due === due) return run;
    return undefined;
  }

  has(due: number): boolean {
    return this.get(due) !== undefined;
  }

  /** `due` is no other run's. */
  add(run: Run): void {
    if (this.#byDue !== undefined) {
      this.#byDue.set(run.due, run);
      return;
    }
    this.#runs.push(run);
    if (this.#runs.length <= SEARCHED_MAX) return;
    this.#byDue = new Map(this.#runs.map((known) => [known.due, known]));
    this.#runs = [];
  }

  delete(due: number): void {
    if (this.#byDue !== undefined) {
      this.#byDue.delete(due);
      if (this.#byDue.size === 0) this.#byDue = undefined;
      return;
    }
    const at = this.#runs.findIndex((run) => run.due === due);
    if (at >= 0) this.#runs.splice(at, 1);
  }

  values(): Iterable<Run> {
    return this.#byDue?.values() ?? this.#runs;
  }
}
