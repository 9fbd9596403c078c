/**
 * The only file access of the trace readers: bytes in, text out; and the readers by kind on
 * top.
 */
import {Buffer, constants as bufferConstants} from 'node:buffer';
import {readFileSync} from 'node:fs';
import {constants as zlibConstants, gunzipSync} from 'node:zlib';
import {placeAt} from './csv-table.ts';
import {parseTrace} from './parse-trace.ts';
import type {TraceOptions} from './parse-trace.ts';
import type {JobTrace, NodeList, OutageTrace, PodTrace, ServiceTrace, Trace} from './trace.ts';
import {TraceError} from './trace-error.ts';

/** A compressed file that grows beyond what one string can hold is refused, not tried. */
const textBytesMax = Math.min(512 * 1024 * 1024, bufferConstants.MAX_STRING_LENGTH);

/**
 * Reads a trace from a file, plain or gzip (told by the content, not by the name).
 * @throws TraceError for a file that is missing, damaged, cut off, or not as its format wants it
 */
export function readTrace(path: string, options: TraceOptions = {}): Trace {
  return parseTrace(readTraceText(path), path, options);
}

export function readJobTrace(path: string, options: TraceOptions = {}): JobTrace {
  return ofKind(readTrace(path, options), 'jobs', path);
}

export function readServiceTrace(path: string, options: TraceOptions = {}): ServiceTrace {
  return ofKind(readTrace(path, options), 'services', path);
}

export function readPodTrace(path: string, options: TraceOptions = {}): PodTrace {
  return ofKind(readTrace(path, options), 'pods', path);
}

export function readNodeList(path: string, options: TraceOptions = {}): NodeList {
  return ofKind(readTrace(path, options), 'nodes', path);
}

export function readOutageTrace(path: string, options: TraceOptions = {}): OutageTrace {
  return ofKind(readTrace(path, options), 'outages', path);
}

function ofKind<Kind extends Trace['kind']>(
  trace: Trace,
  kind: Kind,
  path: string,
): Extract<Trace, {readonly kind: Kind}> {
  if (trace.kind !== kind) {
    throw new TraceError([{file: path, expected: `a trace of ${kind}`, found: trace.kind}]);
  }
  return trace as Extract<Trace, {readonly kind: Kind}>;
}

/** The text of a file, decompressed where it is gzip. @throws TraceError */
export function readTraceText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = errorCode(error);
    const found = missingFiles.get(code) ?? `an error (${code})`;
    throw new TraceError([{file: path, expected: 'a file that can be read', found}]);
  }
  return decodeText(bytes, path);
}

const missingFiles: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'none of this name'],
  ['EISDIR', 'a folder'],
  ['EACCES', 'one that this user may not read'],
]);

function decodeText(bytes: Uint8Array, file: string): string {
  // A file of a single byte 1f is the shortest cut-off gzip there is.
  const isGzip = bytes[0] === 0x1f && (bytes.length === 1 || bytes[1] === 0x8b);
  const plain = isGzip ? unzip(bytes, file) : bytes;
  if (plain.length > textBytesMax) throw tooLarge(file);
  return new TextDecoder('utf-8', {ignoreBOM: true}).decode(plain);
}

function unzip(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, {maxOutputLength: textBytesMax});
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file);
    const expected = 'a complete gzip file';
    if (code !== 'Z_BUF_ERROR') {
      const detail = error instanceof Error ? error.message : code;
      throw new TraceError([{file, expected, found: `damaged data (${detail})`}]);
    }
    const text = readableStart(bytes);
    const found = 'one whose compressed data ends here: it was cut off';
    throw new TraceError([{file, ...placeAt(text, text.length), expected, found}]);
  }
}

/** What can be read of a gzip file that was cut off. */
function readableStart(bytes: Uint8Array): string {
  const options = {maxOutputLength: textBytesMax, finishFlush: zlibConstants.Z_SYNC_FLUSH};
  return Buffer.from(gunzipSync(bytes, options)).toString('utf8');
}

function tooLarge(file: string): TraceError {
  const expected = `at most ${textBytesMax} bytes of text`;
  return new TraceError([{file, expected, found: 'more'}]);
}

function errorCode(error: unknown): string {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return hasCode ? String(error.code) : String(error);
}
