/**
 * Passes a request on to another server, byte for byte, and its answer back while it comes. Each
 * has a connection of its own: one that was kept could be dead, and then nobody knows what became
 * of the request.
 */
import {Agent, request as httpRequest, type ClientRequest, type IncomingMessage} from 'node:http';
import {pipeline} from 'node:stream';
import {Fault, type FaultCode} from '../master-errors.ts';
import type {Exchange} from './exchange.ts';
import {hostPort} from './host-port.ts';
import {ClientGoneError, readBody} from './read-body.ts';

export interface Upstream {
  readonly hostname: string;
  readonly port: number;
  /** With its query, as it is to be sent. */
  readonly path: string;
  /** In place of those of the client; undefined: left out. By their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Added to the answer. */
  readonly answerHeaders: Readonly<Record<string, string>>;
}

export interface ForwardTerms {
  readonly connectMs: number;
  /** Without a byte of the answer, or between two; 0: for ever. */
  readonly silenceMs: number;
  /** Nobody listens there. */
  readonly refused: FaultCode;
  /** Anything else, before the answer has begun. */
  readonly failed: FaultCode;
}

const CONNECTIONS_MAX = 64;

const agent = new Agent({keepAlive: false, maxSockets: CONNECTIONS_MAX});

/**
 * Resolves when the answer has begun, or the client is gone.
 *
 * @throws Fault there is none.
 */
export async function forward(
  exchange: Exchange,
  upstream: Upstream,
  terms: ForwardTerms,
): Promise<void> {
  const {raw, reply} = exchange;
  const outgoing = open(exchange, upstream, terms);
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) outgoing.destroy();
  });
  const answer = await answerTo(exchange, outgoing, terms);
  if (answer === undefined) {
    reply.hijack();
    return;
  }
  const headers = [
    ...passedOn(answer.rawHeaders),
    ...Object.entries(upstream.answerHeaders).flat(),
    ...(hasBody(raw) && !raw.complete ? ['Connection', 'close'] : []),
  ];
  reply.hijack();
  void reply.code(answer.statusCode ?? 502);
  reply.raw.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
  reply.raw.flushHeaders();
  // Either side may go at any time; then the other one is cut off, too.
  pipeline(answer, reply.raw, () => {});
}

export interface FetchedAnswer {
  readonly status: number;
  /** Of its JSON; undefined if it has none. */
  readonly body: unknown;
}

/** More of an answer than this is not held. */
const FETCHED_BYTES_MAX = 1024 * 1024;

/**
 * The same for a question whose answer is to be changed on its way.
 *
 * @throws Fault there is none, or it cannot be read.
 */
export async function fetchAnswer(
  exchange: Exchange,
  upstream: Upstream,
  terms: ForwardTerms,
): Promise<FetchedAnswer> {
  const headers = {...upstream.headers, 'accept-encoding': undefined};
  const outgoing = open(exchange, {...upstream, headers}, terms);
  const answer = await answerTo(exchange, outgoing, terms);
  if (answer === undefined) throw new ClientGoneError();
  try {
    const body = await readBody(answer, FETCHED_BYTES_MAX);
    return {status: answer.statusCode ?? 502, body: JSON.parse(body.toString()) as unknown};
  } catch {
    throw new Fault(terms.failed);
  }
}

function open(exchange: Exchange, upstream: Upstream, {connectMs}: ForwardTerms): ClientRequest {
  const {raw, method} = exchange;
  const outgoing = httpRequest({
    agent,
    method,
    host: upstream.hostname,
    port: upstream.port,
    path: upstream.path,
    headers: forwardedHeaders(raw, upstream),
    setHost: false,
    timeout: connectMs,
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('it took too long')));
  if (!hasBody(raw)) return outgoing.end();
  // No pipeline: it would hang up on the client when the other side fails, without an answer.
  raw.pipe(outgoing);
  raw.once('close', () => {
    if (!raw.complete) outgoing.destroy();
  });
  return outgoing;
}

/** Undefined: the client went away first. */
function answerTo(
  {reply}: Exchange,
  outgoing: ClientRequest,
  {silenceMs, refused, failed}: ForwardTerms,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    outgoing.once('socket', (socket) => {
      socket.once('connect', () => outgoing.setTimeout(silenceMs));
    });
    outgoing.once('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (reply.raw.destroyed) resolve(undefined);
      else reject(new Fault(error.code === 'ECONNREFUSED' ? refused : failed));
    });
  });
}

export function hasBody({headers}: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return (headers['content-length'] ?? '0') !== '0';
}

/** Those that are about one connection only (RFC 9110, 7.6.1), or are answered already. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What a client sent, for another server. */
export function forwardedHeaders(
  raw: IncomingMessage,
  {hostname, port, headers}: Upstream,
): Record<string, string | string[]> {
  const named = (raw.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.includes(name)) continue;
    out[name] = value;
  }
  const {remoteAddress} = raw.socket;
  const before = out['x-forwarded-for'];
  out['x-forwarded-for'] = [before ?? [], remoteAddress ?? []].flat().join(', ');
  out['host'] = hostPort({hostname, port});
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) delete out[name];
    else out[name] = value;
  }
  return out;
}

/** Name, value, name, value …, as they were sent. */
function passedOn(rawHeaders: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) out.push(name, rawHeaders[at + 1] ?? '');
  }
  return out;
}
