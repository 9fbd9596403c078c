/**
 * Launch delays of configurations that fail (reference parts 5.1 and 5.2). Delays are whole
 * nanoseconds, cut off at every step, so that they grow exactly as Marathon's do; instants are
 * milliseconds.
 */
import type {Condition} from '../instances/instances.ts';

export interface BackoffRule {
  readonly backoffSeconds: number;
  readonly backoffFactor: number;
  readonly maxLaunchDelaySeconds: number;
}

export interface Delay {
  readonly referenceMs: number;
  readonly delayNs: number;
  readonly delayNsMax: number;
}

/** What a change of an instance's condition does to the delay of its configuration. */
export type BackoffEffect = 'add' | 'advance' | 'none';

/** What a new condition of an instance does to the delay of its configuration (part 5.1). */
export function backoffEffect(condition: Condition): BackoffEffect {
  switch (condition) {
    case 'Dropped':
    case 'Error':
    case 'Failed':
    case 'Gone':
    case 'Finished':
      return 'add';
    case 'Provisioned':
    case 'Staging':
    case 'Starting':
    case 'Running':
      return 'advance';
    case 'Scheduled':
    case 'Killed':
    case 'Killing':
    case 'Unknown':
    case 'Unreachable':
    case 'UnreachableInactive':
      return 'none';
  }
}

/** When a delay is over: ns after ms, rounded up to the ms in which a launch may happen. */
export function deadlineMs({referenceMs, delayNs}: Delay): number {
  return referenceMs + Math.ceil(delayNs / 1e6);
}

/** Where delays are recorded: at this path, followed by the key of the configuration. */
export const BACKOFF_RECORDS = 'backoff';

/** The delays that were recorded, of all records by path. */
export function recordedDelays(
  records: Iterable<readonly [path: string, document: unknown]>,
): BackoffSnapshot {
  const delays: (readonly [string, Delay])[] = [];
  for (const [path, document] of records) {
    if (!path.startsWith(`${BACKOFF_RECORDS}/`)) continue;
    delays.push([path.slice(BACKOFF_RECORDS.length), document as Delay]);
  }
  return {delays, sizeSwept: delays.length};
}

/** Delays by configuration; what has not been touched for its maximum is forgotten. */
export class BackoffTable {
  readonly #delays: Map<string, Delay>;
  readonly #changed: (key: string, delay: Delay | undefined) => void;
  #sizeSwept: number;

  /** `changed` is told of every change of a delay; undefined: there is none any more. */
  constructor(
    snapshot?: BackoffSnapshot,
    changed: (key: string, delay: Delay | undefined) => void = () => {},
  ) {
    this.#delays = new Map(snapshot?.delays);
    this.#changed = changed;
    this.#sizeSwept = snapshot?.sizeSwept ?? 0;
  }

  /** The delay of a configuration, even if it is over; undefined if there is none (any more). */
  get(key: string, nowMs: number): Delay | undefined {
    const delay = this.#delays.get(key);
    return delay === undefined || isForgotten(delay, nowMs) ? undefined : delay;
  }

  /** An instance failed: the first delay, or the next one. */
  add(key: string, rule: BackoffRule, nowMs: number): void {
    const known = this.get(key, nowMs);
    const delayNsMax = rule.maxLaunchDelaySeconds * 1e9;
    const next =
      known === undefined
        ? rule.backoffSeconds * 1e9
        : Math.floor(known.delayNs * rule.backoffFactor);
    this.#set(key, {referenceMs: nowMs, delayNs: Math.min(delayNsMax, next), delayNsMax});
    this.#sweep(nowMs);
  }

  /** An instance came on: the same delay, counted from now. */
  advance(key: string, nowMs: number): void {
    const known = this.get(key, nowMs);
    if (known === undefined || known.referenceMs === nowMs) return;
    this.#set(key, {...known, referenceMs: nowMs});
  }

  reset(key: string): void {
    if (this.#delays.delete(key)) this.#changed(key, undefined);
  }

  #set(key: string, delay: Delay): void {
    this.#delays.set(key, delay);
    this.#changed(key, delay);
  }

  /** Drops what {@link get} would not show anyway, each time the table has doubled. */
  #sweep(nowMs: number): void {
    if (this.#delays.size < 2 * this.#sizeSwept + 64) return;
    for (const [key, delay] of this.#delays) if (isForgotten(delay, nowMs)) this.reset(key);
    this.#sizeSwept = this.#delays.size;
  }

  snapshot(): BackoffSnapshot {
    return {delays: [...this.#delays], sizeSwept: this.#sizeSwept};
  }
}

export interface BackoffSnapshot {
  readonly delays: readonly (readonly [string, Delay])[];
  readonly sizeSwept: number;
}

function isForgotten({referenceMs, delayNsMax}: Delay, nowMs: number): boolean {
  return nowMs > referenceMs + delayNsMax / 1e6;
}
