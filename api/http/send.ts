/**
 * Puts answers on the wire byte for byte: media types without additions, empty bodies without a
 * type, gzip where it was asked for.
 */
import {promisify} from 'node:util';
import {gzip} from 'node:zlib';
import type {FastifyReply} from 'fastify';
import type {HttpAnswer} from '../../engine/index.ts';
import {faultBody, type Fault} from '../master-errors.ts';
import type {HeldAnswer} from './answer-room.ts';
import {headerOf, isRead, type Exchange} from './exchange.ts';
import {ClientGoneError} from './read-body.ts';

const compress = promisify(gzip);

/** Below this nothing is gained by compressing (libprocess has the same bound). */
const GZIP_BYTES_MIN = 1024;

export async function sendAnswer(exchange: Exchange, answer: HttpAnswer): Promise<void> {
  const {reply} = exchange;
  void reply.code(answer.status);
  for (const [name, value] of Object.entries(answer.headers)) setHeader(reply, name, value);
  await sendBytes(exchange, bytesOf(answer));
}

/** Fastify writes all names in lower case, and scripts look for `Location:`. */
export function setHeader(reply: FastifyReply, name: string, value: string): void {
  if (name.toLowerCase() === 'content-type') void reply.header(name, value);
  else reply.raw.setHeader(name, value);
}

/** The JSON of a body, its text where it is one already, or nothing. */
function bytesOf({headers, body}: HttpAnswer): Buffer | undefined {
  if (body === undefined) return undefined;
  const isText = typeof body === 'string' && !isJson(headers);
  return Buffer.from(isText ? body : JSON.stringify(body));
}

function isJson(headers: HttpAnswer['headers']): boolean {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === 'content-type');
  return name !== undefined && /\bjson\b/.test(headers[name] ?? '');
}

/** The status and headers stand in the reply already. */
export async function sendBytes(exchange: Exchange, bytes: Buffer | undefined): Promise<void> {
  const {reply, method} = exchange;
  if (bytes === undefined || method === 'HEAD') {
    if (bytes !== undefined) void reply.header('content-length', bytes.length);
    end(reply);
    return;
  }
  const {socket} = exchange.raw;
  if (socket.destroyed) throw new ClientGoneError();
  const to = {socket, response: reply.raw, isRead: isRead(exchange)};
  const held = exchange.answers.hold(to, bytes.length);
  if (bytes.length < GZIP_BYTES_MIN || !acceptsGzip(exchange)) {
    sendHeld(exchange, held, bytes);
    return;
  }
  const packed = await compress(bytes);
  exchange.answers.resize(held, packed.length);
  void reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding');
  sendHeld(exchange, held, packed);
}

function sendHeld({reply, answers}: Exchange, held: HeldAnswer, bytes: Buffer): void {
  void reply.header('content-length', bytes.length).send(answers.bodyOf(held, bytes));
}

function end(reply: FastifyReply): void {
  void reply.send();
}

/** Whether gzip is named with a weight above 0 (RFC 9110, 12.5.3). */
function acceptsGzip({raw}: Exchange): boolean {
  return (headerOf(raw, 'accept-encoding') ?? '').split(',').some((coding) => {
    const [name = '', ...parameters] = coding.split(';').map((part) => part.trim().toLowerCase());
    return (
      (name === 'gzip' || name === '*') && !parameters.some((text) => /^q=0(\.0*)?$/.test(text))
    );
  });
}

export async function sendFault(exchange: Exchange, fault: Fault): Promise<void> {
  await sendAnswer(exchange, {
    status: fault.status,
    headers: {'Content-Type': 'application/json', ...fault.headers},
    body: faultBody(fault.code),
  });
}
