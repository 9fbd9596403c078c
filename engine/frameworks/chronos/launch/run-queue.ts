/**
 * Runs that wait for an offer. Two classes, first come first served in each; who fits nowhere holds
 * up nobody, and who has waited long enough in the normal class waits in the high one (reference
 * part 9.4, rule 6). Runs that need the same stand in one lane: what is of no use to the first of
 * them is of no use to any, so an offer is compared with lanes and not with runs.
 */
import {must} from '../../../kernel/assert.ts';
import {Fifo} from '../../../kernel/fifo.ts';
import type {Job} from '../jobs/job.ts';
import type {Run} from '../runs/run.ts';
import type {LaunchSpec} from './launch-spec.ts';

/** A run in its place; it counts only while its run waits since the same instant. */
export interface Waiter {
  readonly job: Job;
  readonly run: Run;
  /** `run.since` when it came. */
  readonly since: number;
}

export interface Lane {
  readonly spec: LaunchSpec;
  /** High class, normal class. */
  readonly classes: readonly [Fifo<Waiter>, Fifo<Waiter>];
  /** Runs that wait in it. */
  size: number;
  /** What the lane's last offer lacked, since something new came. */
  refusal: string | undefined;
  /** Offers that it was shown in vain since then. */
  refused: number;
}

/** Above this many kinds of needs, empty lanes are forgotten. */
const LANES_MAX = 1000;

/** Who waits, lane by lane: their jobs and instants, in order. */
export type QueueSnapshot = readonly {
  readonly key: string;
  readonly classes: readonly (readonly (readonly [job: string, due: number, since: number])[])[];
  readonly size: number;
  readonly refusal: string | undefined;
  readonly refused: number;
}[];

export class RunQueue {
  readonly #agingMs: number;
  /** Those that are empty wait for the next run that needs the same. */
  readonly #lanes = new Map<string, Lane>();
  /** Lanes in which somebody waits. */
  #open: Lane[] = [];
  #size = 0;
  /** Whether somebody came since it was last set to false. */
  hasNews = false;

  constructor(agingMs: number) {
    this.#agingMs = agingMs;
  }

  get size(): number {
    return this.#size;
  }

  /** Those in which somebody waits, in no order that matters. */
  get lanes(): readonly Lane[] {
    return this.#open;
  }

  laneOf({spec}: Job): Lane | undefined {
    return this.#lanes.get(spec.key);
  }

  /** A run has become `queued`. */
  push(job: Job, run: Run): void {
    const {spec, rules} = job;
    let lane = this.#lanes.get(spec.key);
    if (lane === undefined) {
      const classes = [new Fifo<Waiter>(), new Fifo<Waiter>()] as const;
      lane = {spec, classes, size: 0, refusal: undefined, refused: 0};
      this.#lanes.set(spec.key, lane);
    }
    if (lane.size === 0) this.#open.push(lane);
    lane.classes[rules.isHighPriority ? 0 : 1].push({job, run, since: run.since});
    lane.size += 1;
    lane.refusal = undefined;
    lane.refused = 0;
    this.#size += 1;
    this.hasNews = true;
  }

  /** A run is `queued` no longer, or its job needs something else now (`key`: what it needed). */
  left(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    lane.size -= 1;
    this.#size -= 1;
    if (lane.size > 0) return;
    this.#open = this.#open.filter((open) => open !== lane);
    if (this.#lanes.size > LANES_MAX) this.#lanes.delete(key);
  }

  /** Who is next among lanes that `isOpen`: undefined when nobody is. */
  first(isOpen: (lane: Lane) => boolean, now: number): {lane: Lane; waiter: Waiter} | undefined {
    let best: {lane: Lane; waiter: Waiter} | undefined;
    for (const lane of this.#open) {
      if (!isOpen(lane)) continue;
      for (const fifo of lane.classes) {
        const waiter = firstOf(fifo, lane.spec.key);
        if (waiter === undefined) continue;
        if (best === undefined || this.#precedes(waiter, best.waiter, now)) best = {lane, waiter};
      }
    }
    return best;
  }

  snapshot(): QueueSnapshot {
    return this.#open.map(({spec, classes, size, refusal, refused}) => ({
      key: spec.key,
      classes: classes.map((fifo) =>
        fifo.toArray().map(({job, run, since}) => [job.name, run.due, since] as const),
      ),
      size,
      refusal,
      refused,
    }));
  }

  /** `find` answers the run again; those that are gone were passed over before. */
  restore(
    snapshot: QueueSnapshot,
    find: (job: string, due: number) => Pick<Waiter, 'job' | 'run'> | undefined,
  ): void {
    for (const {key, classes, size, refusal, refused} of snapshot) {
      const [high = [], normal = []] = classes.map((waiters) =>
        waiters.flatMap(([name, due, since]) => {
          const found = find(name, due);
          return found === undefined ? [] : [{...found, since}];
        }),
      );
      const one = [...high, ...normal].find(({job}) => job.spec.key === key);
      const {spec} = must(one, `a run that waits in lane ${key}`).job;
      const fifos = [new Fifo(high), new Fifo(normal)] as const;
      const lane = {spec, classes: fifos, size, refusal, refused};
      this.#lanes.set(key, lane);
      this.#open.push(lane);
      this.#size += size;
    }
  }

  #precedes(one: Waiter, two: Waiter, now: number): boolean {
    const first = this.#isHigh(one, now);
    if (first !== this.#isHigh(two, now)) return first;
    if (one.since !== two.since) return one.since < two.since;
    if (one.job.name !== two.job.name) return one.job.name < two.job.name;
    return one.run.due < two.run.due;
  }

  #isHigh({job, since}: Waiter, now: number): boolean {
    return job.rules.isHighPriority || now - since >= this.#agingMs;
  }
}

/** The first that still waits; who left is taken out on the way. */
function firstOf(fifo: Fifo<Waiter>, key: string): Waiter | undefined {
  for (;;) {
    const waiter = fifo.peek();
    if (waiter === undefined) return undefined;
    const {job, run, since} = waiter;
    const isWaiting = run.state === 'queued' && run.since === since;
    if (isWaiting && job.spec.key === key && job.runs.get(run.due) === run) return waiter;
    fifo.shift();
  }
}
