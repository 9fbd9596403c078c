import {CsvError, parse} from 'csv-parse/sync';
import type {Options} from 'csv-parse/sync';
import {TraceError} from './trace-error.ts';

/** Lines and columns from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Rows of text cells under named columns, whatever separates them in the file. */
export interface Table {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /**
   * Where cell `cell` of row `row` (both from 0) begins; the end of the row if it has no such
   * cell.
   */
  placeOf(row: number, cell: number): Place;
}

// Columns are counted by us, because a short row must be told with its place. `info` and `raw`
// would give lines, but make reading three to five times slower; places are searched for when
// there is a problem.
const csvOptions: Options = {
  bom: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
};

/**
 * Reads comma-separated text (RFC 4180: quotes, doubled quotes inside) with a header line. Empty
 * lines are passed over; names of columns are trimmed.
 * @throws TraceError for an empty text, a misplaced quote, a column without a name or named twice
 */
export function parseCsvTable(text: string, file: string): Table {
  const records = parseRecords(text, file);
  const header = records[0];
  if (header === undefined) {
    throw new TraceError([
      {file, line: 1, column: 1, expected: 'a header line', found: 'an empty file'},
    ]);
  }
  const columns = header.map((name) => name.trim());
  for (const [cell, name] of columns.entries()) {
    const isTwice = columns.indexOf(name) !== cell;
    if (name !== '' && !isTwice) continue;
    const expected = 'a name for each column, each name once';
    const found = name === '' ? 'nothing' : `${JSON.stringify(name)} again`;
    throw new TraceError([{file, ...findCell(text, 0, cell), expected, found}]);
  }
  const placeOf = (row: number, cell: number): Place => findCell(text, row + 1, cell);
  return {file, columns, rows: records.slice(1), placeOf};
}

function parseRecords(text: string, file: string): readonly (readonly string[])[] {
  try {
    return parse(text, csvOptions);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // A stray quote may swallow any number of rows, so even a lenient reading stops at it.
    const records = typeof error['records'] === 'number' ? error['records'] : 0;
    const cell = typeof error['index'] === 'number' ? error['index'] : 0;
    const columnName = records === 0 ? undefined : parseHeader(text)[cell]?.trim();
    const expected = 'quotes around the whole cell or none';
    const found = quoteFaults.get(error.code) ?? error.message;
    throw new TraceError([{file, ...findCell(text, records, cell), columnName, expected, found}]);
  }
}

const quoteFaults: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'an opening quote that is never closed'],
  ['CSV_INVALID_CLOSING_QUOTE', 'text after the closing quote'],
  ['INVALID_OPENING_QUOTE', 'a quote inside an unquoted cell'],
]);

function parseHeader(text: string): readonly string[] {
  const [header = []] = parse(text, {...csvOptions, to: 1});
  return header;
}

/** Finds a cell again by the rules by which the text was read. Record 0 is the header. */
function findCell(text: string, record: number, cell: number): Place {
  let at = skipLineEnds(text, text.startsWith('\uFEFF') ? 1 : 0);
  for (let index = 0; index < record; index += 1) {
    at = endOfCell(text, at);
    while (text[at] === ',') at = endOfCell(text, at + 1);
    at = skipLineEnds(text, at);
  }
  for (let index = 0; index < cell; index += 1) {
    const end = endOfCell(text, at);
    if (text[end] !== ',') return placeAt(text, end);
    at = end + 1;
  }
  return placeAt(text, at);
}

function skipLineEnds(text: string, from: number): number {
  let at = from;
  while (text[at] === '\n' || text[at] === '\r') at += 1;
  return at;
}

function endOfCell(text: string, from: number): number {
  let at = from;
  if (text[at] === '"') {
    at += 1;
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote === -1) return text.length;
      at = quote + 1;
      if (text[at] !== '"') break;
      at += 1;
    }
  }
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return at;
}

/** The line and column of a character's offset. A byte order mark is no column. */
export function placeAt(text: string, offset: number): Place {
  let line = 1;
  let lineStart = text.startsWith('\uFEFF') ? 1 : 0;
  for (let at = lineStart; at < offset; at += 1) {
    const isLineEnd = text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n');
    if (!isLineEnd) continue;
    line += 1;
    lineStart = at + 1;
  }
  return {line, column: offset - lineStart + 1};
}
