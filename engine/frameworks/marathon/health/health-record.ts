/**
 * What is known of one instance by one health check, and what a result makes of it (reference part
 * 4.3). Pure.
 */

/** Instants in ms. A check that has had no result has no record. */
export interface HealthRecord {
  readonly firstSuccess: number | undefined;
  /** The success that last changed anything else than this instant; see {@link latestSuccess}. */
  readonly lastSuccess: number | undefined;
  readonly lastFailure: number | undefined;
  readonly lastFailureCause: string | undefined;
  readonly consecutiveFailures: number;
  /**
   * The success that was seen last. Kept apart and changed in place, because 100,000 instances that
   * are well every few seconds must not be written to the store for it; nothing is decided by it.
   */
  latestSuccess: number | undefined;
}

/** A record as it is written to the store: without what changes with every good result. */
export interface HealthRecordDocument {
  readonly firstSuccess?: number | undefined;
  readonly lastSuccess?: number | undefined;
  readonly lastFailure?: number | undefined;
  readonly lastFailureCause?: string | undefined;
  readonly consecutiveFailures: number;
}

const NOTHING_KNOWN: HealthRecord = {
  firstSuccess: undefined,
  lastSuccess: undefined,
  lastFailure: undefined,
  lastFailureCause: undefined,
  consecutiveFailures: 0,
  latestSuccess: undefined,
};

/** What a probe said of an instance. */
export type Verdict =
  | {readonly kind: 'healthy'}
  | {readonly kind: 'unhealthy'; readonly cause: string}
  /** Says nothing (HTTP 1xx, where the check wants that). */
  | {readonly kind: 'ignored'};

/** By what a result is judged. */
export interface HealthTerms {
  readonly graceMs: number;
  /** 0: never kill. */
  readonly failuresMax: number;
  /** Others are not judged. */
  readonly isRunning: boolean;
  /** When condition or agent-reported health of the instance last changed. */
  readonly since: number;
}

/** What follows from a result. */
export interface HealthStep {
  readonly next: HealthRecord;
  /** A failure that counts: it is told of. */
  readonly failed: boolean;
  readonly kill: boolean;
  /** The new value, if it changed. */
  readonly alive: boolean | undefined;
}

/** The last success is strictly later than the last failure (reference part 4.3). */
export function isAlive(record: HealthRecord | undefined): boolean {
  if (record?.lastSuccess === undefined) return false;
  return record.lastFailure === undefined || record.lastSuccess > record.lastFailure;
}

/** What the result of a probe changes; undefined when it is ignored. */
export function takeVerdict(
  record: HealthRecord | undefined,
  verdict: Verdict,
  now: number,
  terms: HealthTerms,
): HealthStep | undefined {
  if (verdict.kind === 'ignored' || !terms.isRunning) return undefined;
  const before = record ?? NOTHING_KNOWN;
  if (verdict.kind === 'healthy') return stepTo(before, succeeded(before, now));
  // Time to come up, which is over for good with the first success.
  if (before.firstSuccess === undefined && terms.since + terms.graceMs > now) return undefined;
  const {consecutiveFailures} = before;
  // Before this failure is counted, as the running code of Marathon has it: its documentation said
  // that the failure number `failuresMax` kills.
  const kill = terms.failuresMax > 0 && consecutiveFailures >= terms.failuresMax;
  return {...stepTo(before, failedNow(before, verdict.cause, now)), failed: true, kill};
}

/** A result that an agent reports: it has done the waiting and counting, and kills by itself. */
export function takeReport(
  record: HealthRecord | undefined,
  healthy: boolean,
  now: number,
): HealthRecord {
  const before = record ?? NOTHING_KNOWN;
  return healthy ? succeeded(before, now) : failedNow(before, REPORTED_CAUSE, now);
}

const REPORTED_CAUSE = 'the agent reports it as unhealthy';

function succeeded(before: HealthRecord, now: number): HealthRecord {
  return {
    ...before,
    firstSuccess: before.firstSuccess ?? now,
    lastSuccess: now,
    consecutiveFailures: 0,
    latestSuccess: now,
  };
}

function failedNow(before: HealthRecord, cause: string, now: number): HealthRecord {
  return {
    ...before,
    lastFailure: now,
    lastFailureCause: cause,
    consecutiveFailures: before.consecutiveFailures + 1,
  };
}

function stepTo(before: HealthRecord, next: HealthRecord): HealthStep {
  const alive = isAlive(next);
  const changed = alive === isAlive(before) ? undefined : alive;
  return {next, failed: false, kill: false, alive: changed};
}

export function recordOf(record: HealthRecord): HealthRecordDocument {
  const {latestSuccess: _, ...rest} = record;
  return rest;
}

/** A record as it was read from the store. */
export function healthRecordFrom(document: HealthRecordDocument): HealthRecord {
  const {firstSuccess, lastSuccess, lastFailure, lastFailureCause, consecutiveFailures} = document;
  return {
    firstSuccess,
    lastSuccess,
    lastFailure,
    lastFailureCause,
    consecutiveFailures,
    latestSuccess: lastSuccess,
  };
}
