/** One client of `/v2/events`: what it wants to hear, and what it has not taken yet. */
import type {ServerResponse} from 'node:http';
import type {StreamLimits} from '../gateway-options.ts';

/** As Jetty keeps streams alive: an empty line, which ends no event. */
const HEARTBEAT = '\r\n';

/** An event as it is written, once for all who hear it. */
export interface Frame {
  /** Later ones have larger numbers. */
  readonly serial: number;
  readonly bytes: Buffer;
  /** How many streams have it and could not write it yet. */
  holders: number;
}

/** What streams have not written yet, each event once, however many wait with it. */
export class FrameRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  hold(frame: Frame): void {
    if (frame.holders === 0) this.#bytes += frame.bytes.length;
    frame.holders += 1;
  }

  release(frame: Frame): void {
    frame.holders -= 1;
    if (frame.holders === 0) this.#bytes -= frame.bytes.length;
  }
}

export interface Wishes {
  /** Empty: all. */
  readonly types: readonly string[];
  /** Plans without what was before and what is to be. */
  readonly lightPlans: boolean;
}

export class EventStream {
  readonly lightPlans: boolean;
  readonly #response: ServerResponse;
  readonly #types: ReadonlySet<string>;
  readonly #limits: StreamLimits;
  readonly #heart: NodeJS.Timeout;
  readonly #room: FrameRoom;
  /** What is not written yet, the oldest first. */
  readonly #held = new Set<Frame>();
  /** Those of them that are not even begun. */
  #waiting: Frame[] = [];
  #waitingBytes = 0;
  /** Whether the client is slower than what is written to it. */
  #isFull = false;

  constructor(
    response: ServerResponse,
    {types, lightPlans}: Wishes,
    {limits, room}: {readonly limits: StreamLimits; readonly room: FrameRoom},
  ) {
    this.lightPlans = lightPlans;
    this.#response = response;
    this.#types = new Set(types);
    this.#limits = limits;
    this.#room = room;
    this.#heart = setInterval(() => this.#beat(), limits.heartbeatMs);
    this.#heart.unref();
    response.on('drain', () => this.#drain());
    response.on('close', () => {
      clearInterval(this.#heart);
      this.#releaseAll();
    });
    response.on('error', () => response.destroy());
  }

  wants(type: string): boolean {
    return this.#types.size === 0 || this.#types.has(type);
  }

  /** The oldest that is not written yet. */
  get oldest(): Frame | undefined {
    return this.#held.values().next().value;
  }

  send(frame: Frame): void {
    if (this.#response.destroyed) return;
    this.#held.add(frame);
    this.#room.hold(frame);
    if (!this.#isFull) {
      this.#write(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.bytes.length;
    const {waitingMax, waitingBytesMax} = this.#limits;
    const isTooSlow = this.#waiting.length > waitingMax || this.#waitingBytes > waitingBytesMax;
    if (isTooSlow) this.cut();
  }

  #write(frame: Frame): void {
    this.#isFull = !this.#response.write(frame.bytes, () => this.#release(frame));
  }

  #release(frame: Frame): void {
    if (this.#held.delete(frame)) this.#room.release(frame);
  }

  #releaseAll(): void {
    for (const frame of this.#held) this.#release(frame);
    this.#waiting = [];
  }

  /** Not more than it takes: all that is written is held for this client alone. */
  #drain(): void {
    this.#isFull = false;
    let written = 0;
    for (const frame of this.#waiting) {
      if (this.#isFull) break;
      this.#write(frame);
      this.#waitingBytes -= frame.bytes.length;
      written += 1;
    }
    this.#waiting.splice(0, written);
  }

  /** Hangs up: the client is too slow. */
  cut(): void {
    this.#response.destroy();
    this.#releaseAll();
  }

  #beat(): void {
    if (!this.#isFull) this.#isFull = !this.#response.write(HEARTBEAT);
  }

  end(): void {
    this.#response.end();
  }
}
