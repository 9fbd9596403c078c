/**
 * `/files/browse`, `/files/read`, `/files/download` and `/files/debug`, as Mesos has them
 * (`files/files.cpp`).
 */
import {basename} from 'node:path';
import {pipeline} from 'node:stream';
import type {Exchange, Face} from '../http/exchange.ts';
import {HTTP_LIMITS} from '../http/limits.ts';
import {queryOf} from '../http/raw-path.ts';
import {limitStall} from '../http/stall.ts';
import {sendJson} from '../mesos/jsonp.ts';
import {sendEmpty, sendText} from '../mesos/send-text.ts';
import {attachment, fileForm, mediaTypeOf} from './file-form.ts';
import {
  listFolder,
  openWithin,
  type FileRoots,
  type OpenFile,
  type RootedPath,
} from './file-roots.ts';

/** Of one answer to read: 16 pages. */
const READ_BYTES_MAX = 16 * 4096;

/** By the names of the endpoints. */
export function filesEndpoints(roots: FileRoots): ReadonlyMap<string, Face> {
  return new Map<string, Face>([
    ['/files/browse', (exchange) => withFile(exchange, roots, browse)],
    ['/files/read', (exchange) => read(exchange, roots)],
    ['/files/download', (exchange) => withFile(exchange, roots, download)],
    ['/files/debug', (exchange) => debug(exchange, roots)],
  ]);
}

interface Found {
  readonly exchange: Exchange;
  /** As it was asked for, without slashes at its end. */
  readonly path: string;
  readonly at: RootedPath;
  readonly file: OpenFile;
}

/** Answers what cannot be opened; `use` has the file until it is done with it. */
async function withFile(
  exchange: Exchange,
  roots: FileRoots,
  use: (found: Found) => Promise<void>,
): Promise<void> {
  const path = (queryOf(exchange.path).get('path') ?? '').replace(/(?<=.)\/+$/, '');
  if (path === '') return sendText(exchange, 400, "Expecting 'path=value' in query.\n");
  const at = roots.resolve(path);
  const opened = at && (await openWithin(at));
  if (at === undefined || opened === undefined) return sendEmpty(exchange, 404);
  if (!opened.ok) {
    if (opened.problem === 'missing') return sendEmpty(exchange, 404);
    return sendText(exchange, 400, `'${path}' is inaccessible.\n`);
  }
  const {file} = opened;
  try {
    return await use({exchange, path, at, file});
  } finally {
    await file.handle.close();
  }
}

/** What is no folder has nothing in it. */
async function browse({exchange, path, at, file}: Found): Promise<void> {
  const listed = file.stats.isDirectory() ? await listFolder(file, at.root) : [];
  const forms = listed.map(({name, stats}) => fileForm(`${path}/${name}`, stats));
  return sendJson(exchange, JSON.stringify(forms));
}

async function read(exchange: Exchange, roots: FileRoots): Promise<void> {
  const query = queryOf(exchange.path);
  const offset = integerOf(query.get('offset'));
  if (offset === undefined) return sendText(exchange, 400, 'Failed to parse offset.\n');
  if (offset < -1) return sendText(exchange, 400, `Negative offset provided: ${offset}.\n`);
  const length = integerOf(query.get('length'));
  if (length === undefined) return sendText(exchange, 400, 'Failed to parse length.\n');
  if (length < -1) return sendText(exchange, 400, `Negative length provided: ${length}.\n`);
  return withFile(exchange, roots, async ({file}) => {
    if (file.stats.isDirectory()) return sendText(exchange, 400, 'Cannot read a directory.\n');
    return sendJson(exchange, await readPart(file, offset, length));
  });
}

/** -1 if it is not given; undefined if it is no integer. */
function integerOf(text: string | null): number | undefined {
  if (text === null) return -1;
  const number = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

/**
 * A part of a file as JSON: offset -1 asks only for its size, length -1 for as much as there is.
 * Bytes that are no UTF-8 stand there as they are, as Mesos sends them; a character is not cut in
 * two.
 */
async function readPart(
  {handle, stats}: OpenFile,
  offset: number,
  length: number,
): Promise<Buffer> {
  const {size} = stats;
  if (offset === -1 || offset >= size) return partForm(Buffer.alloc(0), size);
  const wanted = Math.min(length === -1 ? size - offset : length, READ_BYTES_MAX);
  const {buffer, bytesRead} = await handle.read(Buffer.alloc(wanted), 0, wanted, offset);
  return partForm(wholeCharacters(buffer.subarray(0, bytesRead)), offset);
}

/** Each byte as the character of its number: so none is changed, and the rest is JSON. */
function partForm(data: Buffer, offset: number): Buffer {
  const text = JSON.stringify({data: data.toString('latin1'), offset});
  return Buffer.from(text, 'latin1');
}

/** Without the beginning of a character at the end, unless that is all there is. */
function wholeCharacters(data: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, data.length - 1); back += 1) {
    const byte = data[data.length - back] ?? 0;
    if (byte < 0x80) return data;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < length ? data.subarray(0, data.length - back) : data;
  }
  return data;
}

/** Streams what the file has now; what is written meanwhile is not part of the answer. */
async function download({exchange, file}: Found): Promise<void> {
  limitStall(exchange.raw, HTTP_LIMITS.answerStallMs);
  const {handle, stats, realPath} = file;
  if (stats.isDirectory()) return sendText(exchange, 400, 'Cannot download a directory.\n');
  const {reply, method} = exchange;
  const name = basename(realPath);
  reply.hijack();
  void reply.code(200);
  reply.raw.writeHead(200, {
    'Content-Type': mediaTypeOf(name),
    'Content-Disposition': attachment(name),
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': stats.size,
  });
  if (method === 'HEAD' || stats.size === 0) {
    reply.raw.end();
    return;
  }
  await new Promise<void>((resolve) => {
    const source = handle.createReadStream({start: 0, end: stats.size - 1, autoClose: false});
    source.once('end', () => {
      // A file that has become shorter cannot fill the length that was promised.
      if (source.bytesRead < stats.size) reply.raw.destroy();
    });
    pipeline(source, reply.raw, () => resolve());
  });
}

function debug(exchange: Exchange, roots: FileRoots): Promise<void> {
  return sendJson(exchange, JSON.stringify(Object.fromEntries(roots.list())));
}
