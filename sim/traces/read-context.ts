import type {Table} from './csv-table.ts';
import type {ProblemLog} from './trace-error.ts';

/** What the reader of one format works on. */
export interface ReadContext {
  readonly table: Table;
  readonly log: ProblemLog;
  /** The trace's name: the file's without folder and endings. */
  readonly name: string;
}
