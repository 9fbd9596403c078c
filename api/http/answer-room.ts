/**
 * What answers that are not taken yet hold of the memory, all together. Over its limit, those who
 * have taken nothing for a while are cut off, the longest first; if that does not help, whoever
 * asks for something large is told to come again.
 */
import type {ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {Readable} from 'node:stream';
import {Fault} from '../master-errors.ts';

/** Smaller ones are never refused: health must be told whatever else goes on. */
const SMALL_BYTES_MAX = 16 * 1024;

/** So much is handed to a connection at a time: each is a sign that its client takes something. */
const SLICE_BYTES = 256 * 1024;

export interface AnswerLimits {
  /** Of all answers that wait for their clients. */
  readonly answersBytesMax: number;
  /** While there is no room: who has taken nothing for so long is cut off. */
  readonly answerPatienceMs: number;
}

/** To whom an answer goes. */
export interface AnswerTo {
  readonly socket: unknown;
  readonly response: ServerResponse;
  /** Whether nothing is changed by asking once more: else a refusal would say too much. */
  readonly isRead: boolean;
}

/** One answer on its way. */
export interface HeldAnswer {
  readonly socket: Socket | undefined;
  bytes: number;
  /** When its client last took something, by `performance.now()`. */
  takenAt: number;
  readonly release: () => void;
}

export class AnswerRoom {
  readonly #limits: AnswerLimits;
  /** Whose client has taken nothing for the longest time is first. */
  readonly #held = new Set<HeldAnswer>();
  #bytes = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /**
   * Counts an answer until its client has it or is gone.
   *
   * @throws Fault it is large, and there is no room.
   */
  hold({response, isRead, ...to}: AnswerTo, bytes: number): HeldAnswer {
    // Requests that tests inject have no connection.
    const socket = to.socket instanceof Socket ? to.socket : undefined;
    const mayRefuse = isRead && bytes > SMALL_BYTES_MAX;
    this.#makeRoom(bytes, mayRefuse);
    if (mayRefuse && this.#isTooMuch(bytes)) throw new Fault('answersFull', {'Retry-After': '1'});
    const release = (): void => {
      if (!this.#held.delete(held)) return;
      this.#bytes -= held.bytes;
      response.off('finish', release);
      // Responses that wait for others on their connection get no `close` from Node.
      socket?.off('close', release);
    };
    const held: HeldAnswer = {socket, bytes, takenAt: performance.now(), release};
    this.#held.add(held);
    this.#bytes += bytes;
    response.once('finish', release);
    socket?.once('close', release);
    return held;
  }

  /** It has become another one: compressed. */
  resize(held: HeldAnswer, bytes: number): void {
    if (!this.#held.has(held)) return;
    this.#bytes += bytes - held.bytes;
    held.bytes = bytes;
  }

  /** Much is sent piece by piece, as its client takes it. */
  bodyOf(held: HeldAnswer, bytes: Buffer): Buffer | Readable {
    if (bytes.length <= SLICE_BYTES) return bytes;
    const options = {objectMode: false, highWaterMark: SLICE_BYTES};
    return Readable.from(this.#slices(held, bytes), options);
  }

  *#slices(held: HeldAnswer, bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      held.takenAt = performance.now();
      if (this.#held.delete(held)) this.#held.add(held);
      yield bytes.subarray(at, at + SLICE_BYTES);
    }
  }

  /** One answer alone is never too much. */
  #isTooMuch(more: number): boolean {
    return this.#bytes > 0 && this.#bytes + more > this.#limits.answersBytesMax;
  }

  #makeRoom(more: number, mayRefuse: boolean): void {
    const patient = performance.now() - this.#limits.answerPatienceMs;
    for (const {socket, takenAt, release} of this.#held) {
      if (!this.#isTooMuch(more) || (mayRefuse && takenAt > patient)) return;
      release();
      socket?.destroy();
    }
  }
}
