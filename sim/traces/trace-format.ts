import type {Table} from './csv-table.ts';
import {TraceError} from './trace-error.ts';

/** The formats that the readers know, by the names a scenario calls them. */
export type TraceFormat = (typeof traceFormats)[number];

export const traceFormats = [
  'swf',
  'lcg',
  'surf',
  'jobs',
  'dlrm',
  'openb-pods',
  'openb-nodes',
  'spot-nodes',
  'nodes',
  'outages',
] as const;

/** Formats with a header line. */
export type CsvFormat = Exclude<TraceFormat, 'swf'>;

interface Header {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Whether a column of any other name may stand there too. */
  readonly isOpen: boolean;
}

const closed = (...required: readonly string[]): Header => ({
  required,
  optional: [],
  isOpen: false,
});

/** Columns may stand in any order. */
const headers: ReadonlyMap<CsvFormat, Header> = new Map<CsvFormat, Header>([
  ['lcg', closed('submit_s', 'runtime_s', 'user', 'partition')],
  ['surf', closed('id', 'submit_ms', 'duration_ms', 'cpu_count', 'cpu_capacity_mhz', 'mem_mb')],
  [
    'jobs',
    {
      required: ['id', 'submit_s', 'duration_s', 'tasks', 'cpus', 'mem_mb'],
      optional: ['disk_mb', 'gpus', 'user'],
      isOpen: false,
    },
  ],
  [
    'dlrm',
    closed(
      'instance_sn',
      'role',
      'app_name',
      ...['cpu', 'gpu', 'rdma', 'memory', 'disk'].flatMap((kind) => [
        `${kind}_request`,
        `${kind}_limit`,
      ]),
      'max_instance_per_node',
      'creation_time',
      'scheduled_time',
      'deletion_time',
    ),
  ],
  [
    'openb-pods',
    closed(
      'name',
      'cpu_milli',
      'memory_mib',
      'num_gpu',
      'gpu_milli',
      'gpu_spec',
      'qos',
      'pod_phase',
      'creation_time',
      'deletion_time',
      'scheduled_time',
    ),
  ],
  ['openb-nodes', closed('sn', 'cpu_milli', 'memory_mib', 'gpu', 'model')],
  ['spot-nodes', closed('gpu_model', 'gpu_capacity_num', 'cpu_num', 'node_name')],
  ['nodes', {required: ['hostname', 'cpus', 'mem_mb'], optional: [], isOpen: true}],
  ['outages', closed('interval_since_previous_ms', 'duration_ms', 'intensity')],
]);

/** Near misses of an open header's resource columns, which else would silently be attributes. */
const mistakenColumns: ReadonlyMap<string, string> = new Map([
  ['cpu', 'cpus'],
  ['mem', 'mem_mb'],
  ['memory', 'mem_mb'],
  ['memory_mb', 'mem_mb'],
  ['disk', 'disk_mb'],
  ['gpu', 'gpus'],
  ['scalar:', 'scalar:NAME'],
]);

interface HeaderFit {
  readonly format: CsvFormat;
  readonly shared: number;
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
}

function fitHeader(format: CsvFormat, columns: readonly string[]): HeaderFit {
  const {required, optional, isOpen} = headers.get(format) ?? closed();
  const isUnknown = (column: string): boolean =>
    isOpen ? mistakenColumns.has(column) : !required.includes(column) && !optional.includes(column);
  return {
    format,
    shared: required.filter((column) => columns.includes(column)).length,
    missing: required.filter((column) => !columns.includes(column)),
    unknown: columns.filter(isUnknown),
  };
}

/**
 * SWF has no header that must be there: a comment of its kind, or a first line of 18 numbers,
 * betrays it.
 */
export function isSwf(text: string): boolean {
  const firstLine = /\S[^\r\n]*/u.exec(text)?.[0] ?? '';
  return (
    firstLine.startsWith(';') || /^(?:-?\d+(?:\.\d+)?\s+){17}-?\d+(?:\.\d+)?\s*$/u.test(firstLine)
  );
}

/**
 * The format whose columns are all there. What else stands in the header is for `checkHeader` to
 * judge.
 * @throws TraceError when that is true of no format, or of several
 */
export function detectCsvFormat(table: Table): CsvFormat {
  const fits = [...headers.keys()].map((format) => fitHeader(format, table.columns));
  const [first, second] = fits.filter((fit) => fit.missing.length === 0);
  const place = {file: table.file, ...table.placeOf(-1, 0)};
  if (first !== undefined && second !== undefined) {
    const expected = 'a header that only one format has (state the format to settle it)';
    const found = `one that fits both ${first.format} and ${second.format}`;
    throw new TraceError([{...place, expected, found}]);
  }
  if (first !== undefined) return first.format;
  const expected = `the header of a known trace (${traceFormats.join(', ')})`;
  // Of equally near formats the one that lacks least; then the order of the list decides.
  const [nearest] = fits.sort(
    (left, right) => right.shared - left.shared || faultCount(left) - faultCount(right),
  );
  const found =
    nearest === undefined || nearest.shared === 0
      ? headerText(table.columns)
      : `one that is nearest to ${nearest.format}: ${faultText(nearest)}`;
  throw new TraceError([{...place, expected, found}]);
}

/** @throws TraceError unless the header is that of `format`. */
export function checkHeader(table: Table, format: CsvFormat): void {
  const fit = fitHeader(format, table.columns);
  if (faultCount(fit) === 0) return;
  const {required = [], optional = []} = headers.get(format) ?? {};
  const names = [...required, ...optional.map((column) => `[${column}]`)].join(',');
  const expected = `the header of ${format} (${names})`;
  const place = table.placeOf(-1, Math.max(0, table.columns.indexOf(fit.unknown[0] ?? '')));
  throw new TraceError([{file: table.file, ...place, expected, found: faultText(fit)}]);
}

function faultCount(fit: HeaderFit): number {
  return fit.missing.length + fit.unknown.length;
}

function faultText({missing, unknown}: HeaderFit): string {
  const parts = [];
  if (missing.length > 0) parts.push(`no column ${missing.join(', ')}`);
  for (const column of unknown) {
    const meant = mistakenColumns.get(column);
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    parts.push(`an unknown column ${JSON.stringify(column)}${hint}`);
  }
  return parts.join(' and ');
}

const columnsTold = 6;

function headerText(columns: readonly string[]): string {
  const told = columns.slice(0, columnsTold).map((column) => column.slice(0, 20));
  return JSON.stringify(`${told.join(',')}${columns.length > columnsTold ? ',…' : ''}`);
}
