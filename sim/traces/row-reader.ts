import type {Table} from './csv-table.ts';
import type {ProblemLog} from './trace-error.ts';
import {quoteFound} from './trace-error.ts';

/** What a numeric cell may hold, and the integer it becomes. */
export interface NumberRule {
  /** In words, for messages. */
  readonly expected: string;
  /** The cell's value times this, rounded to an integer, is the result. */
  readonly scale: number;
  readonly min: number;
  readonly max?: number;
  /** Refuses 1.5. */
  readonly whole: boolean;
  /** The result for an empty cell; without it an empty cell is a problem. */
  readonly blank?: number;
}

export const seconds: NumberRule = {
  expected: 'a number of seconds, 0 or more',
  scale: 1000,
  min: 0,
  whole: false,
};
export const milliseconds: NumberRule = {
  expected: 'a whole number of milliseconds, 0 or more',
  scale: 1,
  min: 0,
  whole: true,
};
/** Cpus, GPUs, MB and the like, as thousandths. */
export const amount: NumberRule = {
  expected: 'a number, 0 or more',
  scale: 1000,
  min: 0,
  whole: false,
};
/** A count of devices or MB that the file gives in ones, as thousandths. */
export const wholeAmount: NumberRule = {
  expected: 'a whole number, 0 or more',
  scale: 1000,
  min: 0,
  whole: true,
};
/** A file's own thousandths, as they are. */
export const thousandths: NumberRule = {
  expected: 'a whole number of thousandths, 0 or more',
  scale: 1,
  min: 0,
  whole: true,
};
/** More tasks than this in one job (or nodes in one row) is a slip of the pen, not a cluster. */
export const taskCount: NumberRule = {
  expected: 'a whole number from 1 to 1000000',
  scale: 1,
  min: 1,
  max: 1_000_000,
  whole: true,
};

const decimal = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/u;

/**
 * Goes through the rows of a table, one at a time. Reading a cell never throws for what the cell
 * holds: it notes a problem, answers NaN or '', and `isGood` turns false for this row. All cells
 * of a row should be read before `isGood` is asked, so that one reading tells all that is wrong
 * with the row.
 */
export class RowReader {
  readonly #table: Table;
  readonly #log: ProblemLog;
  #row = -1;
  #cells: readonly string[] = [];
  #isGood = true;

  constructor(table: Table, log: ProblemLog) {
    this.#table = table;
    this.#log = log;
  }

  /** 1-based number of the current row among the rows after the header. */
  get rowNumber(): number {
    return this.#row + 1;
  }

  get isGood(): boolean {
    return this.#isGood;
  }

  /** Goes on to the next row that has as many cells as there are columns; false after the last. */
  next(): boolean {
    const {rows, columns} = this.#table;
    for (;;) {
      this.#row += 1;
      const cells = rows[this.#row];
      if (cells === undefined) return false;
      this.#cells = cells;
      this.#isGood = true;
      if (cells.length === columns.length) return true;
      this.#noteCellCount(cells.length, columns.length);
    }
  }

  /** The cell without the spaces around it; '' for a column the file does not have (-1). */
  text(cell: number): string {
    return this.#cells[cell]?.trim() ?? '';
  }

  /** As `text`, but an empty cell is a problem. */
  name(cell: number, what: string): string {
    const text = this.text(cell);
    if (text === '') this.problem(cell, what);
    return text;
  }

  number(cell: number, rule: NumberRule): number {
    const text = this.text(cell);
    if (text === '' && rule.blank !== undefined) return rule.blank;
    const value = decimal.test(text) ? Number(text) : Number.NaN;
    const result = Math.round(value * rule.scale);
    const isFit =
      value >= rule.min &&
      value <= (rule.max ?? Infinity) &&
      Number.isSafeInteger(result) &&
      (!rule.whole || Number.isInteger(value));
    if (isFit) return result;
    this.problem(cell, rule.expected);
    return Number.NaN;
  }

  /** Notes that a cell does not hold what it should. */
  problem(cell: number, expected: string): void {
    this.#note(cell, expected, quoteFound(this.text(cell)));
  }

  #noteCellCount(found: number, expected: number): void {
    const isLast = this.#row === this.#table.rows.length - 1;
    const isCut = found < expected && isLast;
    const ending = isCut ? ` in the last row: the file may be cut off here` : '';
    this.#note(Math.min(found, expected), `${expected} columns`, `${found}${ending}`);
  }

  #note(cell: number, expected: string, found: string): void {
    // Lenient or not, a row counts once, however much is wrong with it.
    if (this.#isGood) this.#log.addSkippedRow();
    this.#isGood = false;
    const row = this.#row;
    const {file, columns} = this.#table;
    this.#log.add(() => ({
      file,
      ...this.#table.placeOf(row, cell),
      columnName: columns[cell],
      expected,
      found,
    }));
  }
}
