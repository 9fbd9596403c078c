/** Watches the expectations of a scenario while it runs and remembers when each failed first. */
import type {ExpectationResult} from './result.ts';
import {judge} from './scenario/expectations.ts';
import type {MetricReader} from './scenario/expectations.ts';
import type {Expectation} from './scenario/schema.ts';

interface Standing {
  isJudged: boolean;
  failedAtMs: number;
  found: string;
}

export type ExpectationWatchSnapshot = readonly Standing[];

const NOT_FAILED = -1;

export class ExpectationWatch {
  readonly #expectations: readonly Expectation[];
  #standings: Standing[];
  readonly isEmpty: boolean;

  constructor(expectations: readonly Expectation[]) {
    this.#expectations = expectations;
    this.isEmpty = expectations.length === 0;
    this.#standings = expectations.map(() => ({
      isJudged: false,
      failedAtMs: NOT_FAILED,
      found: '',
    }));
  }

  /** What `read` says holds from `from` until just before `before`. */
  hold(from: number, before: number, read: MetricReader): void {
    for (const [index, expectation] of this.#expectations.entries()) {
      const standing = this.#standings[index] as Standing;
      const {when} = expectation;
      if (standing.failedAtMs !== NOT_FAILED) continue;
      if (when.kind === 'always') {
        const at = Math.max(from, when.sinceMs);
        if (at < before && at <= (when.untilMs ?? Infinity)) {
          this.#judge(expectation, standing, at, read);
        }
      } else if (when.kind === 'at' && when.atMs >= from && when.atMs < before) {
        this.#judge(expectation, standing, when.atMs, read);
      }
    }
  }

  /**
   * The run is over; `isIdle`: nothing would change any more, so later instants look like the last
   * one.
   */
  finish(at: number, isIdle: boolean, read: MetricReader): void {
    this.hold(at, at + 1, read);
    for (const [index, expectation] of this.#expectations.entries()) {
      const standing = this.#standings[index] as Standing;
      if (standing.isJudged) continue;
      const {when} = expectation;
      if (when.kind === 'end' || isIdle) this.#judge(expectation, standing, at, read);
      else if (when.kind === 'at') {
        standing.failedAtMs = at;
        standing.found = 'the run ended before';
      }
    }
  }

  #judge(expectation: Expectation, standing: Standing, at: number, read: MetricReader): void {
    standing.isJudged = true;
    const verdict = judge(expectation, read);
    if (verdict.passed) return;
    standing.failedAtMs = at;
    standing.found = verdict.found;
  }

  results(): readonly ExpectationResult[] {
    return this.#expectations.map(({text}, index) => {
      const {failedAtMs, found} = this.#standings[index] as Standing;
      if (failedAtMs === NOT_FAILED) return {text, passed: true};
      return {text, passed: false, failedAtMs, found};
    });
  }

  snapshot(): ExpectationWatchSnapshot {
    return this.#standings.map((standing) => ({...standing}));
  }

  restore(snapshot: ExpectationWatchSnapshot): void {
    this.#standings = snapshot.map((standing) => ({...standing}));
  }
}
