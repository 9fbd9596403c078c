/**
 * Turns sentences into kill calls: not more than a chunk unanswered at a time, and again when no
 * answer comes (reference part 3.9).
 */
import type {FrameworkServices} from '../../../scheduler.ts';
import {Fifo} from '../../../kernel/fifo.ts';

export interface KillOptions {
  /** `--kill_chunk_size`. */
  readonly chunkSize: number;
  /** `--kill_retry_timeout`. */
  readonly retryMs: number;
}

export const KILL_DEFAULTS: KillOptions = {chunkSize: 100, retryMs: 30_000};
export const KILL_TIMER = 'killRetry';

export interface KillSnapshot {
  readonly waiting: readonly string[];
  readonly inFlight: readonly (readonly [string, number])[];
}

/** What it needs of the engine: time and a timer. */
export type KillClock = Pick<FrameworkServices, 'now' | 'armTimer' | 'cancelTimer'>;

/** The kills of one Marathon: those that wait, in order, and those that are not answered. */
export class KillService {
  readonly #services: KillClock;
  readonly #send: (instanceId: string) => boolean;
  readonly #options: KillOptions;
  readonly #waiting: Fifo<string>;
  readonly #queued: Set<string>;
  /** Instance → when its kill was sent last; in the order of sending. */
  readonly #inFlight: Map<string, number>;

  /** `send` issues the kill of an instance's task and answers whether there was one to kill. */
  constructor(
    services: KillClock,
    send: (instanceId: string) => boolean,
    options: KillOptions = KILL_DEFAULTS,
    snapshot?: KillSnapshot,
  ) {
    this.#services = services;
    this.#send = send;
    this.#options = options;
    this.#waiting = new Fifo(snapshot?.waiting);
    this.#queued = new Set(snapshot?.waiting);
    this.#inFlight = new Map(snapshot?.inFlight);
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  request(instanceId: string): void {
    if (this.#queued.has(instanceId) || this.#inFlight.has(instanceId)) return;
    this.#queued.add(instanceId);
    this.#waiting.push(instanceId);
    this.#fill();
  }

  /** The task ended, or its instance is gone. */
  ended(instanceId: string): void {
    this.#queued.delete(instanceId);
    if (this.#inFlight.delete(instanceId)) this.#fill();
  }

  onTimer(): void {
    const now = this.#services.now();
    const late = [...this.#inFlight].filter(([, at]) => at + this.#options.retryMs < now);
    for (const [id] of late) {
      this.#inFlight.delete(id);
      if (this.#send(id)) this.#inFlight.set(id, now);
    }
    this.#fill();
    this.#arm();
  }

  #fill(): void {
    const wasIdle = this.#inFlight.size === 0;
    while (this.#inFlight.size < this.#options.chunkSize) {
      const id = this.#waiting.shift();
      if (id === undefined) break;
      if (!this.#queued.delete(id)) continue;
      if (this.#send(id)) this.#inFlight.set(id, this.#services.now());
    }
    if (this.#inFlight.size === 0) this.#services.cancelTimer(KILL_TIMER, '');
    else if (wasIdle) this.#arm();
  }

  /**
   * The first of those in flight is the oldest. One ms later, because Marathon asks for more than
   * the timeout.
   */
  #arm(): void {
    for (const at of this.#inFlight.values()) {
      this.#services.armTimer(KILL_TIMER, '', at + this.#options.retryMs + 1);
      return;
    }
  }

  snapshot(): KillSnapshot {
    return {
      waiting: this.#waiting.toArray().filter((id) => this.#queued.has(id)),
      inFlight: [...this.#inFlight],
    };
  }
}
