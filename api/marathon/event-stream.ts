/** One client of `/v2/events`: what it wants to hear, and what it has not taken yet. */
import type {ServerResponse} from 'node:http';
import type {StreamLimits} from '../gateway-options.ts';

/** As Jetty keeps streams alive: an empty line, which ends no event. */
const HEARTBEAT = '\r\n';

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
  #waiting: string[] = [];
  #waitingBytes = 0;
  /** Whether the client is slower than what is written to it. */
  #isFull = false;

  constructor(response: ServerResponse, {types, lightPlans}: Wishes, limits: StreamLimits) {
    this.lightPlans = lightPlans;
    this.#response = response;
    this.#types = new Set(types);
    this.#limits = limits;
    this.#heart = setInterval(() => this.#beat(), limits.heartbeatMs);
    this.#heart.unref();
    response.on('drain', () => this.#drain());
    response.on('close', () => clearInterval(this.#heart));
    response.on('error', () => response.destroy());
  }

  wants(type: string): boolean {
    return this.#types.size === 0 || this.#types.has(type);
  }

  send(frame: string): void {
    if (!this.#isFull) {
      this.#isFull = !this.#response.write(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    const {waitingMax, waitingBytesMax} = this.#limits;
    const isTooSlow = this.#waiting.length > waitingMax || this.#waitingBytes > waitingBytesMax;
    if (isTooSlow) this.#response.destroy();
  }

  #drain(): void {
    const frames = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isFull = frames.length > 0 && !this.#response.write(frames.join(''));
  }

  #beat(): void {
    if (!this.#isFull) this.#isFull = !this.#response.write(HEARTBEAT);
  }

  end(): void {
    this.#response.end();
  }
}
