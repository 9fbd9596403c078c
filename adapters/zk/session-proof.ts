/**
 * Until when a session is proven to live. All instants are of one monotonic clock in ms.
 *
 * The leader of the ensemble ends a session when it has heard nothing of it for the session's
 * timeout. So it lives until (an instant, not before which the leader has heard of it) + timeout,
 * and this finds the latest such instant from what a client can see:
 *
 * - A connection is made only after the leader itself has renewed the session. It began before.
 * - Any request is heard by the server that we are connected to, between when it was sent and when
 *   its answer was here. A follower tells the leader with its next ping, every half tick.
 * - A write is answered only after the leader has handled it, and what a follower has told the
 *   leader before it forwarded the write has arrived before the write. So when a write is answered,
 *   the leader has heard of every request whose answer was here half a tick before the write was
 *   sent.
 *
 * A plain read proves nothing by itself: a follower that is cut off from the leader goes on
 * answering reads for a while.
 *
 * By default no session is shorter than two ticks, hence half a tick is at most a quarter of the
 * timeout: {@link REPORT_SHARE}. (With a `minSessionTimeout` below that, choose longer sessions.)
 */
const REPORT_SHARE = 1 / 4;

/** Requests closer together than this part of the timeout count as one. */
const GRAIN_SHARE = 1 / 64;

export class SessionProof {
  readonly #timeoutMs: number;
  /** Requests that have been answered, by both instants ascending. */
  #heard: {readonly sentAt: number; readonly answeredAt: number}[] = [];
  /** The leader has heard of the session at this instant or later. */
  #provenAt = -Infinity;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** The session lives at least until then. */
  get until(): number {
    return this.#provenAt + this.#timeoutMs;
  }

  /** A connection was made; the attempt began at `at`. */
  connected(at: number): void {
    this.#prove(at);
  }

  /** A request that was sent at `sentAt` is answered `now`. */
  answered(kind: 'read' | 'write', sentAt: number, now: number): void {
    if (kind === 'write') {
      const reportedAt = sentAt - this.#timeoutMs * REPORT_SHARE;
      const found = this.#heard.findLast(({answeredAt}) => answeredAt <= reportedAt);
      if (found !== undefined) this.#prove(found.sentAt);
    }
    const lastAt = this.#heard.at(-1)?.sentAt ?? this.#provenAt;
    if (sentAt >= lastAt + this.#timeoutMs * GRAIN_SHARE) {
      this.#heard.push({sentAt, answeredAt: now});
    }
  }

  #prove(at: number): void {
    if (at <= this.#provenAt) return;
    this.#provenAt = at;
    // What was heard before tells nothing new any more.
    this.#heard = this.#heard.filter(({sentAt}) => sentAt > at);
  }
}
