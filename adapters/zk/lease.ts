/**
 * What allows a leader to act: the proof that its session lives. It is asked for before anything
 * is done, and is over the instant the proof is too old, whatever has stopped the process or the
 * servers meanwhile: it compares with a monotonic clock at the time of asking.
 *
 * Once over it stays so, even if the session turns out to have lived on.
 */
import {isZkError} from './zk-error.ts';
import type {ZkSession} from './session.ts';

export type LeaseSession = Pick<
  ZkSession,
  'ended' | 'isConnected' | 'isOver' | 'provenUntil' | 'prove' | 'timeoutMs'
>;

/** A proof is asked for so often, as a part of the session's timeout. */
const PROVE_SHARE = 1 / 8;
/**
 * It is over so long before the session could end, as a part of its timeout: for what is done just
 * after asking, and for clocks that do not run alike.
 */
const MARGIN_SHARE = 1 / 12;

export class Lease {
  /** Why it is over. Said at the latest when it is first found to be. */
  readonly lost: Promise<string>;
  readonly #session: LeaseSession;
  readonly #marginMs: number;
  readonly #losing = Promise.withResolvers<string>();
  readonly #proving: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isProving = false;

  constructor(session: LeaseSession) {
    this.#session = session;
    this.#marginMs = session.timeoutMs * MARGIN_SHARE;
    this.lost = this.#losing.promise;
    this.#proving = setInterval(() => void this.#prove(), session.timeoutMs * PROVE_SHARE);
    void session.ended.then((end) => this.#lose(`the ZooKeeper session has ended: ${end}`));
    void this.#prove();
    this.#watch();
  }

  /** Of `performance.now()`; -Infinity: it is over. */
  get validUntil(): number {
    return this.isHeld() ? this.#session.provenUntil - this.#marginMs : -Infinity;
  }

  isHeld(): boolean {
    if (this.#isOver) return false;
    if (performance.now() < this.#session.provenUntil - this.#marginMs) return true;
    const how = this.#session.isConnected ? 'in time' : 'since the connection was lost';
    this.#lose(`ZooKeeper has not confirmed the session ${how}`);
    return false;
  }

  /** Gives it up. */
  release(reason: string): void {
    this.#lose(reason);
  }

  async #prove(): Promise<void> {
    if (this.#isProving || this.#isOver) return;
    this.#isProving = true;
    try {
      await this.#session.prove();
    } catch (error) {
      // That the session has ended is told by itself.
      if (isZkError(error, 'sessionEnded')) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#lose(`ZooKeeper does not confirm the session: ${reason}`);
    } finally {
      this.#isProving = false;
    }
  }

  /** Says so in time when it runs out and nobody asks. */
  #watch(): void {
    if (!this.isHeld()) return;
    const leftMs = this.#session.provenUntil - this.#marginMs - performance.now();
    this.#timer = setTimeout(() => this.#watch(), Math.max(1, leftMs));
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#proving);
    clearTimeout(this.#timer);
    this.#losing.resolve(reason);
  }
}
