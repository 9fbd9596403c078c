/** What a Chronos in a calm world is going to do, put together from its events. */
import type {ChronosEvent} from '../../engine/index.ts';

/** A run that is foreseen. Instants are ms since 1970. */
export interface Fire {
  readonly job: string;
  /** Its slot; of a child, when its parents let it go. */
  readonly at: number;
  readonly kind: 'child' | 'slot';
  /** When its first attempt starts; undefined: not before the timetable ends. */
  startAt: number | undefined;
  /** When its last attempt ends; beyond the end of the timetable: is expected to. */
  endAt: number | undefined;
  outcome: 'failure' | 'replaced' | 'success';
  /** Attempts after the first one. */
  retries: number;
  /** Another run of its job goes on when it starts. */
  isBeside: boolean;
  /** The run before was killed for it. */
  replaces: boolean;
  /** It makes up for a slot that was past when its job was submitted. */
  readonly isLate: boolean;
}

/** Slots, or successes of parents, for which nothing runs. */
export interface Skip {
  readonly job: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly kind: 'child' | 'slot';
  readonly reason: string;
}

/** Time during which a task holds what its job needs. */
export interface Span {
  readonly job: string;
  readonly startAt: number;
  endAt: number;
}

/** More than that nobody looks at, and no memory holds. */
export const FIRES_MAX = 1_000_000;

/** Gathers fires, skips and spans while events come. */
export class FireRecorder {
  readonly fires: Fire[] = [];
  readonly skips: Skip[] = [];
  readonly spans: Span[] = [];
  readonly #durationMsOf: (job: string) => number;
  readonly #beginMs: number;
  /** Runs that are not over, by their jobs and `due`. */
  readonly #open = new Map<string, Map<number, Open>>();
  /** Job → when a run of it was killed for a newer one. */
  readonly #replacedAt = new Map<string, number>();

  /** Nothing is foreseen before `beginMs`. */
  constructor(durationMsOf: (job: string) => number, beginMs: number) {
    this.#durationMsOf = durationMsOf;
    this.#beginMs = beginMs;
  }

  /** Whether there are more than {@link FIRES_MAX}. */
  get isFull(): boolean {
    return this.fires.length + this.skips.length > FIRES_MAX;
  }

  take(event: ChronosEvent, now: number): void {
    switch (event.type) {
      case 'JobQueued':
        if (event.attempt === 0) this.#claimed(event.job, event.due, event.slot !== undefined);
        break;
      case 'JobLaunched':
        this.#launched(event, now);
        break;
      case 'JobFinished':
        this.#ended(event, now, 'success');
        break;
      case 'JobFailed':
        this.#ended(event, now, 'failure');
        break;
      case 'JobRetriesExhausted':
        this.#runsOf(event.job).delete(event.due);
        break;
      case 'JobCancelled':
        this.#ended(event, now, 'replaced');
        this.#replacedAt.set(event.job, now);
        break;
      case 'JobSkipped': {
        const {job, first, last, count, reason} = event;
        this.skips.push({job, first, last, count, reason, kind: 'slot'});
        break;
      }
      case 'JobNotFired': {
        const {job, at, reason} = event;
        this.skips.push({job, first: at, last: at, count: 1, reason, kind: 'child'});
        break;
      }
      default:
    }
  }

  /** A slot or a success that still waits for a run when the timetable ends. */
  waits(job: string, at: number, kind: Fire['kind']): void {
    this.fires.push(this.#newFire(job, at, kind));
  }

  #claimed(job: string, due: number, isSlot: boolean): void {
    const fire = this.#newFire(job, due, isSlot ? 'slot' : 'child');
    this.fires.push(fire);
    this.#runsOf(job).set(due, {fire, span: undefined});
  }

  #launched({job, due, attempt}: RunRef, now: number): void {
    const runs = this.#runsOf(job);
    const open = runs.get(due);
    if (open === undefined) return;
    const {fire} = open;
    if (attempt === 0) {
      fire.startAt = now;
      fire.replaces = this.#replacedAt.get(job) === now;
      fire.isBeside = [...runs.values()].some(({span}) => span !== undefined);
    }
    const span = {job, startAt: now, endAt: now + this.#durationMsOf(job)};
    fire.retries = attempt;
    fire.endAt = span.endAt;
    open.span = span;
    this.spans.push(span);
  }

  #ended({job, due}: RunRef, now: number, outcome: Fire['outcome']): void {
    const runs = this.#runsOf(job);
    const open = runs.get(due);
    if (open === undefined) return;
    open.fire.outcome = outcome;
    if (open.span !== undefined) {
      open.span.endAt = now;
      open.fire.endAt = now;
    }
    // A run that is tried again comes back by its next launch.
    open.span = undefined;
    if (outcome !== 'failure') runs.delete(due);
  }

  #newFire(job: string, at: number, kind: Fire['kind']): Fire {
    return {
      ...{job, at, kind},
      startAt: undefined,
      endAt: undefined,
      outcome: 'success',
      retries: 0,
      isBeside: false,
      replaces: false,
      isLate: at < this.#beginMs,
    };
  }

  #runsOf(job: string): Map<number, Open> {
    let runs = this.#open.get(job);
    if (runs === undefined) this.#open.set(job, (runs = new Map()));
    return runs;
  }
}

type RunRef = {readonly job: string; readonly due: number; readonly attempt: number};

interface Open {
  readonly fire: Fire;
  /** While a task of it runs. */
  span: Span | undefined;
}
