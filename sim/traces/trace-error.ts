import type {SkippedRows, TraceProblem} from './trace.ts';

/** A strict reading gives up after so many problems; a file with more has one cause, not many. */
const strictProblemsMax = 20;
/** A lenient reading keeps the first few and counts the rest. */
const lenientProblemsKept = 5;
const foundTextMax = 60;

/** `file:line:column (name): expected …, found …`, as far as each is known. */
export function problemText(problem: TraceProblem): string {
  const {file, line, column, columnName, expected, found} = problem;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const name = columnName === undefined ? '' : ` (${columnName})`;
  return `${place}${name}: expected ${expected}, found ${found}`;
}

/** A file that cannot be used. The message has one line per problem. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly problems: readonly TraceProblem[];

  constructor(problems: readonly TraceProblem[], ending?: string) {
    const lines = problems.map(problemText);
    super((ending === undefined ? lines : [...lines, ending]).join('\n'));
    this.problems = problems;
  }
}

/** A piece of the file as it stands in a message: quoted, and no longer than a glance. */
export function quoteFound(text: string): string {
  if (text.trim() === '') return 'nothing';
  return JSON.stringify(text.length > foundTextMax ? `${text.slice(0, foundTextMax)}…` : text);
}

/** Takes the problems of one file's rows and decides when they are too many. */
export class ProblemLog {
  readonly #lenient: boolean;
  readonly #problems: TraceProblem[] = [];
  #skippedRows = 0;

  constructor(lenient: boolean) {
    this.#lenient = lenient;
  }

  /**
   * The place of a problem costs a search through the text: `problem` is called only if it is
   * kept.
   */
  add(problem: () => TraceProblem): void {
    if (this.#lenient && this.#problems.length >= lenientProblemsKept) return;
    this.#problems.push(problem());
    if (!this.#lenient && this.#problems.length >= strictProblemsMax) {
      throw new TraceError(this.#problems, `stopped after ${strictProblemsMax} problems`);
    }
  }

  addSkippedRow(): void {
    this.#skippedRows += 1;
  }

  /**
   * To be called after the last row. @throws TraceError in a strict reading with problems, or
   * if no row is left.
   */
  finish(file: string, rowsKept: number): SkippedRows {
    if (!this.#lenient && this.#problems.length > 0) throw new TraceError(this.#problems);
    if (rowsKept === 0) {
      const found =
        this.#skippedRows === 0 ? 'none' : `${this.#skippedRows} rows, none of them usable`;
      throw new TraceError([{file, expected: 'at least one row', found}, ...this.#problems]);
    }
    return {rows: this.#skippedRows, first: this.#problems};
  }
}
