/**
 * When runs are due, and how many there have been: batch runs at every multiple of the interval
 * since the start, whether anybody is woken for them or not; none while they are held off after a
 * failover (Mesos, reference parts 1.5 and 1.15).
 */

/** Runs are held off until so many agents are back, or until this instant. */
interface Recovery {
  readonly agents: number;
  readonly until: number;
}

export interface RunClockSnapshot {
  readonly startedAt: number;
  readonly lastBatchAt: number;
  readonly runs: number;
  readonly batchRuns: number;
  readonly recovery: Recovery | null;
  /** Batch runs that were held off before, and since when they are now. */
  readonly heldOff: number;
  readonly heldOffSince: number | null;
}

export class RunClock {
  readonly #intervalMs: number;
  readonly #startedAt: number;
  #lastBatchAt: number;
  #runs = 0;
  #batchRuns = 0;
  #recovery: Recovery | null = null;
  #heldOff = 0;
  #heldOffSince: number | null = null;

  constructor(intervalMs: number, startedAt: number) {
    this.#intervalMs = intervalMs;
    this.#startedAt = startedAt;
    this.#lastBatchAt = startedAt;
  }

  /** The instant of the last batch run that was made. */
  get lastBatchAt(): number {
    return this.#lastBatchAt;
  }

  /** Runs made so far; those of idle intervals, which nobody has called for, are not counted. */
  get runs(): number {
    return this.#runs;
  }

  /**
   * Runs up to `now` as Mesos counts them: with the batch runs of idle intervals, and without those
   * that were held off after a failover.
   */
  runsUntil(now: number): number {
    const since = this.#heldOffSince;
    const heldOff = this.#heldOff + (since === null ? 0 : this.#batchesIn(since, now));
    return this.#runs - this.#batchRuns + this.#batchesIn(this.#startedAt, now) - heldOff;
  }

  /** The first batch run at or after `at` that has not been made. */
  batchAtOrAfter(at: number): number {
    const count = Math.max(1, Math.ceil((at - this.#startedAt) / this.#intervalMs));
    const batchAt = this.#startedAt + count * this.#intervalMs;
    return batchAt > this.#lastBatchAt ? batchAt : this.#lastBatchAt + this.#intervalMs;
  }

  /** Counts a run that begins. */
  begin(now: number, isBatch: boolean): void {
    this.#runs += 1;
    if (isBatch) this.#batchRuns += 1;
    if (this.#heldOffSince === null) return;
    const missed = this.#batchesIn(this.#heldOffSince, now) - (isBatch ? 1 : 0);
    this.#heldOff += missed;
    this.#heldOffSince = null;
  }

  /** A batch run is over: filters that are made from now on are younger than its timer. */
  endBatch(now: number): void {
    this.#lastBatchAt = now;
  }

  /** No runs until so many agents are there, or so much time is over. */
  holdOff(agents: number, now: number, timeoutMs: number): void {
    this.#recovery = {agents, until: now + timeoutMs};
    this.#heldOffSince ??= now;
  }

  /** When runs go on at the latest; undefined: they are not held off. */
  get heldOffUntil(): number | undefined {
    return this.#recovery?.until;
  }

  /** Whether runs were held off and go on now. */
  release(agents: number, now: number): boolean {
    const recovery = this.#recovery;
    if (recovery === null || (agents < recovery.agents && now < recovery.until)) return false;
    this.#recovery = null;
    return true;
  }

  /** Instants of batch runs after `from`, up to `to`. */
  #batchesIn(from: number, to: number): number {
    const count = (at: number): number => Math.floor((at - this.#startedAt) / this.#intervalMs);
    return count(to) - count(from);
  }

  snapshot(): RunClockSnapshot {
    return {
      startedAt: this.#startedAt,
      lastBatchAt: this.#lastBatchAt,
      runs: this.#runs,
      batchRuns: this.#batchRuns,
      recovery: this.#recovery,
      heldOff: this.#heldOff,
      heldOffSince: this.#heldOffSince,
    };
  }

  static restore(intervalMs: number, snapshot: RunClockSnapshot): RunClock {
    const clock = new RunClock(intervalMs, snapshot.startedAt);
    clock.#lastBatchAt = snapshot.lastBatchAt;
    clock.#runs = snapshot.runs;
    clock.#batchRuns = snapshot.batchRuns;
    clock.#recovery = snapshot.recovery;
    clock.#heldOff = snapshot.heldOff;
    clock.#heldOffSince = snapshot.heldOffSince;
    return clock;
  }
}
