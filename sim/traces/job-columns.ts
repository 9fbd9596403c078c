import type {JobTrace, SkippedRows} from './trace.ts';

/** One job, while its columns are being built. Amounts are per task. */
export interface JobRow {
  readonly rowNumber: number;
  readonly submitMs: number;
  readonly durationMs: number;
  readonly tasks: number;
  readonly cpusMilli: number;
  readonly user: string;
  readonly id?: string | undefined;
  readonly memMilli?: number | undefined;
  readonly diskMilli?: number | undefined;
  readonly gpusMilli?: number | undefined;
}

/** What is known of the trace as a whole once its rows are read. */
export interface JobTraceEnd {
  readonly name: string;
  readonly skipped: SkippedRows;
  readonly omitted?: number | undefined;
  readonly machineProcessors?: number | undefined;
}

/** Gathers jobs in the order of the file and hands them out in order of submission. */
export class JobColumns {
  readonly #rows: JobRow[] = [];
  readonly #ids = new Set<string>();

  get count(): number {
    return this.#rows.length;
  }

  hasId(id: string): boolean {
    return this.#ids.has(id);
  }

  add(row: JobRow): void {
    this.#rows.push(row);
    if (row.id !== undefined) this.#ids.add(row.id);
  }

  finish(end: JobTraceEnd): JobTrace {
    // The sort is stable: jobs submitted at one instant keep the order of their rows.
    const rows = this.#rows.sort((left, right) => left.submitMs - right.submitMs);
    const users = internUsers(rows);
    return {
      kind: 'jobs',
      name: end.name,
      count: rows.length,
      submitMs: Float64Array.from(rows, (row) => row.submitMs),
      durationMs: Float64Array.from(rows, (row) => row.durationMs),
      tasks: Int32Array.from(rows, (row) => row.tasks),
      cpusMilli: Float64Array.from(rows, (row) => row.cpusMilli),
      memMilli: optionalColumn(rows, (row) => row.memMilli),
      diskMilli: optionalColumn(rows, (row) => row.diskMilli),
      gpusMilli: optionalColumn(rows, (row) => row.gpusMilli),
      userOf: users.userOf,
      users: users.names,
      ids: this.#ids.size === 0 ? undefined : rows.map((row) => row.id ?? ''),
      rowOf: Int32Array.from(rows, (row) => row.rowNumber),
      omitted: end.omitted ?? 0,
      machineProcessors: end.machineProcessors,
      skipped: end.skipped,
    };
  }
}

/** A format has a column in all rows or in none. */
function optionalColumn(
  rows: readonly JobRow[],
  value: (row: JobRow) => number | undefined,
): Float64Array | undefined {
  const [first] = rows;
  if (first === undefined || value(first) === undefined) return undefined;
  return Float64Array.from(rows, (row) => value(row) ?? 0);
}

function internUsers(rows: readonly JobRow[]): {userOf: Int32Array; names: string[]} {
  const indexOf = new Map<string, number>();
  const userOf = new Int32Array(rows.length);
  for (const [at, {user}] of rows.entries()) {
    const index = indexOf.get(user) ?? indexOf.size;
    indexOf.set(user, index);
    userOf[at] = index;
  }
  return {userOf, names: [...indexOf.keys()]};
}
