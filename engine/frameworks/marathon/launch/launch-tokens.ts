/**
 * A limit on launches: so many in a period, and one more for each instance that comes to run
 * (reference part 5.3). Unlike Marathon's it is off by default.
 */
import type {LaunchOptions} from './offer-terms.ts';

export interface LaunchTokensSnapshot {
  readonly left: number;
  readonly refilledAt: number;
}

export class LaunchTokens {
  /** Infinity: no limit. */
  readonly #tokens: number;
  readonly #refreshMs: number;
  #left: number;
  /** A whole number of periods after the start. */
  #refilledAt: number;

  constructor(
    {launchTokens, launchTokenRefreshMs}: LaunchOptions,
    now: number,
    snapshot?: LaunchTokensSnapshot,
  ) {
    this.#tokens = launchTokens ?? Infinity;
    this.#refreshMs = launchTokenRefreshMs;
    this.#left = this.#tokens === Infinity ? Infinity : (snapshot?.left ?? this.#tokens);
    this.#refilledAt = snapshot?.refilledAt ?? now;
  }

  get isLimited(): boolean {
    return this.#tokens !== Infinity;
  }

  left(now: number): number {
    this.#refill(now);
    return this.#left;
  }

  /** When there are all of them again. */
  nextRefillAt(now: number): number {
    this.#refill(now);
    return this.#refilledAt + this.#refreshMs;
  }

  take(now: number): void {
    this.#refill(now);
    this.#left -= 1;
  }

  /** An instance runs: one more launch. */
  give(now: number): void {
    this.#refill(now);
    this.#left += 1;
  }

  #refill(now: number): void {
    if (!this.isLimited || now < this.#refilledAt + this.#refreshMs) return;
    const periods = Math.floor((now - this.#refilledAt) / this.#refreshMs);
    this.#refilledAt += periods * this.#refreshMs;
    this.#left = this.#tokens;
  }

  snapshot(): LaunchTokensSnapshot | undefined {
    return this.isLimited ? {left: this.#left, refilledAt: this.#refilledAt} : undefined;
  }
}
