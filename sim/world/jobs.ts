/** The jobs that are not over: rows of columns, found by their number at their framework. */
import type {BatchJob} from '../../engine/index.ts';
import {
  columnsSnapshot,
  restoreColumns,
  type Columns,
  type ColumnsSnapshot,
  grownFloat64,
  grownInt32,
} from './growable.ts';

export interface JobTableSnapshot {
  readonly ids: readonly string[];
  readonly columns: ColumnsSnapshot;
  readonly free: readonly number[];
  /** Jobs submitted so far, by framework. */
  readonly submitted: readonly number[];
}

/** A job and what the world knows of it beyond what the framework is told. */
export interface NewJob {
  readonly framework: number;
  readonly job: BatchJob;
  /** How long each of its tasks runs; -1: for ever. */
  readonly durationMs: number;
  readonly submittedAt: number;
  /** Length of the workload's name, with which the id begins. */
  readonly workloadLength: number;
}

export class JobTable {
  #capacity = 1024;
  #size = 0;
  #free: number[] = [];
  #open = 0;
  /**
   * Row by the serial that the framework gives a job, which is its order of arrival; four bytes a
   * job that ever came, and no search.
   */
  readonly #rows: Int32Array<ArrayBuffer>[] = [];
  /** Jobs submitted so far, by framework. */
  readonly #submitted: number[] = [];
  ids: string[] = [];
  framework = new Int32Array(this.#capacity);
  serial = new Int32Array(this.#capacity);
  submittedAt = new Float64Array(this.#capacity);
  durationMs = new Float64Array(this.#capacity);
  tasks = new Int32Array(this.#capacity);
  /** Tasks of the present attempt that are not launched. */
  unlaunched = new Int32Array(this.#capacity);
  workloadLength = new Int32Array(this.#capacity);

  /** Jobs that are neither finished nor failed. */
  get open(): number {
    return this.#open;
  }

  /** The row of a job that is not over. */
  rowOf(framework: number, serial: number): number {
    return this.#rows[framework]?.[serial] ?? -1;
  }

  add({framework, job, durationMs, submittedAt, workloadLength}: NewJob): number {
    const row = this.#free.pop() ?? this.#newRow();
    this.ids[row] = job.id;
    this.framework[row] = framework;
    this.submittedAt[row] = submittedAt;
    this.durationMs[row] = durationMs;
    this.tasks[row] = job.tasks;
    this.unlaunched[row] = job.tasks;
    this.workloadLength[row] = workloadLength;
    const serial = this.#submitted[framework] ?? 0;
    this.#submitted[framework] = serial + 1;
    this.serial[row] = serial;
    this.#file(framework, serial, row);
    return row;
  }

  #file(framework: number, serial: number, row: number): void {
    let rows = this.#rows[framework] ?? new Int32Array(1024);
    if (serial >= rows.length) rows = grownInt32(rows, Math.max(2 * rows.length, serial + 1));
    rows[serial] = row;
    this.#rows[framework] = rows;
    this.#open += 1;
  }

  /** What behaviours call a job: `job:<workload>/<id>`. */
  subjectOf(row: number): string {
    const id = this.ids[row] as string;
    const length = this.workloadLength[row] as number;
    return `job:${id.slice(0, length)}/${id.slice(length + 1)}`;
  }

  remove(row: number): void {
    this.#open -= 1;
    this.#free.push(row);
  }

  #newRow(): number {
    const row = this.#size;
    this.#size += 1;
    if (row === this.#capacity) this.#grow(2 * this.#capacity);
    return row;
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    this.framework = grownInt32(this.framework, capacity);
    this.serial = grownInt32(this.serial, capacity);
    this.submittedAt = grownFloat64(this.submittedAt, capacity);
    this.durationMs = grownFloat64(this.durationMs, capacity);
    this.tasks = grownInt32(this.tasks, capacity);
    this.unlaunched = grownInt32(this.unlaunched, capacity);
    this.workloadLength = grownInt32(this.workloadLength, capacity);
  }

  #columns(): Columns {
    return {
      framework: this.framework,
      serial: this.serial,
      submittedAt: this.submittedAt,
      durationMs: this.durationMs,
      tasks: this.tasks,
      unlaunched: this.unlaunched,
      workloadLength: this.workloadLength,
    };
  }

  snapshot(): JobTableSnapshot {
    const columns = columnsSnapshot(this.#columns(), this.#size);
    const ids = this.ids.slice(0, this.#size);
    return {
      ids,
      columns,
      free: [...this.#free],
      submitted: Array.from(this.#submitted, (count) => count ?? 0),
    };
  }

  restore(snapshot: JobTableSnapshot): void {
    this.#size = snapshot.ids.length;
    this.#grow(Math.max(1024, this.#size));
    this.ids = [...snapshot.ids];
    restoreColumns(this.#columns(), snapshot.columns);
    this.#free = [...snapshot.free];
    const free = new Set(this.#free);
    this.#submitted.push(...snapshot.submitted);
    for (let row = 0; row < this.#size; row += 1) {
      if (free.has(row)) continue;
      this.#file(this.framework[row] as number, this.serial[row] as number, row);
    }
  }
}
