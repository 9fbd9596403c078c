import {parseCsvTable} from './csv-table.ts';
import {parseLcgJobs, parsePlainJobs, parseSurfJobs} from './job-csv.ts';
import {parseOpenbNodes, parsePlainNodes, parseSpotNodes} from './node-csv.ts';
import {parseOutages} from './outage-csv.ts';
import {parseOpenbPods} from './pod-csv.ts';
import type {ReadContext} from './read-context.ts';
import {parseDlrmServices} from './service-csv.ts';
import {parseSwfJobs, parseSwfTable} from './swf.ts';
import type {Trace} from './trace.ts';
import {ProblemLog} from './trace-error.ts';
import {checkHeader, detectCsvFormat, isSwf} from './trace-format.ts';
import type {CsvFormat, TraceFormat} from './trace-format.ts';

export interface TraceOptions {
  /** Absent: told by the header. */
  readonly format?: TraceFormat | undefined;
  /** Leaves bad rows out and counts them (`skipped`) instead of refusing the file. */
  readonly lenient?: boolean | undefined;
}

const csvParsers: Readonly<Record<CsvFormat, (context: ReadContext) => Trace>> = {
  lcg: parseLcgJobs,
  surf: parseSurfJobs,
  jobs: parsePlainJobs,
  dlrm: parseDlrmServices,
  'openb-pods': parseOpenbPods,
  'openb-nodes': parseOpenbNodes,
  'spot-nodes': parseSpotNodes,
  nodes: parsePlainNodes,
  outages: parseOutages,
};

/**
 * Reads the text of a trace; `file` is its name in messages, and names the trace.
 * @throws TraceError with up to 20 problems: the text is not in the format, or has bad rows and is
 * read strictly
 */
export function parseTrace(text: string, file: string, options: TraceOptions = {}): Trace {
  const log = new ProblemLog(options.lenient === true);
  const name = traceName(file);
  const stated = options.format ?? (isSwf(text) ? 'swf' : undefined);
  if (stated === 'swf') {
    return parseSwfJobs({table: parseSwfTable(text, file), log, name}, text);
  }
  const table = parseCsvTable(text, file);
  const format = stated ?? detectCsvFormat(table);
  checkHeader(table, format);
  return csvParsers[format]({table, log, name});
}

function traceName(file: string): string {
  const base = file.split(/[/\\]/u).at(-1) ?? file;
  return base.replace(/\.gz$/u, '').replace(/\.(?:csv|swf|txt)$/u, '');
}
