/** Bodies of requests: read up to a limit, and made text that is safe to parse. */
import type {IncomingMessage} from 'node:http';
import {Fault} from '../master-errors.ts';
import {headerOf} from './exchange.ts';
import {JSON_LIMITS, jsonOffence} from './json-guard.ts';

/** The client went away before it had sent all; there is nobody to answer. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client went away');
    this.name = 'ClientGoneError';
  }
}

/**
 * So much of a body that nobody wants is let pass: many clients look for an answer only when they
 * have sent all, and a connection that is cut before that has none for them.
 */
export const LET_PASS_BYTES_MAX = 64 * 1024 * 1024;

/** What bodies that are on their way take of the memory, all together. */
export class BodyRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether one that has `own` bytes by now is too much; alone it never is. */
  isFullFor(own: number): boolean {
    return this.#bytes > this.#bytesMax && this.#bytes > own;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Of this process: thirty of the largest, and very many of those that people send. */
const ROOM = new BodyRoom(256 * 1024 * 1024);

/**
 * All of the body.
 *
 * @throws Fault it is larger than `bytesMax`, encoded in a way that is not known, or one too many.
 * @throws ClientGoneError it ended too early.
 */
export async function readBody(
  raw: IncomingMessage,
  bytesMax: number,
  room = ROOM,
): Promise<Buffer> {
  if (Number(headerOf(raw, 'content-length') ?? 0) > bytesMax) throw new Fault('bodyTooLarge');
  const encoding = headerOf(raw, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') throw new Fault('mediaType');
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      room.take(chunk.length);
      if (size > bytesMax) end(() => reject(new Fault('bodyTooLarge')));
      else if (room.isFullFor(size))
        end(() => reject(new Fault('bodiesFull', {'Retry-After': '1'})));
    };
    const onEnd = (): void => end(() => resolve(Buffer.concat(chunks, size)));
    const onGone = (): void => end(() => reject(new ClientGoneError()));
    const end = (settle: () => void): void => {
      raw.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // Whatever may still come is let pass, and an error of it is nobody's.
      raw.on('error', () => {});
      raw.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LET_PASS_BYTES_MAX) raw.destroy();
      });
      settle();
      room.giveBack(size);
      chunks.length = 0;
    };
    raw.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
    raw.resume();
  });
}

/** @throws Fault it is no UTF-8. */
export function textOfBody(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(body);
  } catch (error) {
    if (error instanceof TypeError) throw new Fault('notUtf8');
    throw error;
  }
}

/**
 * The body as text in which JSON may be looked for; undefined: there is none.
 *
 * @throws Fault as {@link readBody} and {@link textOfBody}, and if its JSON is a bomb.
 */
export async function readJsonText(
  raw: IncomingMessage,
  bytesMax: number,
): Promise<string | undefined> {
  const body = await readBody(raw, bytesMax);
  if (body.length === 0) return undefined;
  const text = textOfBody(body);
  const offence = jsonOffence(text, JSON_LIMITS);
  if (offence !== undefined) throw new Fault(offence);
  return text;
}
