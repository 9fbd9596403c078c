/**
 * The runs of Chronos's jobs, followed through the events that Chronos publishes: what was claimed,
 * how it ended, how late it started, and which slots were given up.
 */
import type {FrameworkEvent} from '../../engine/index.ts';
import {RUN_COUNTS} from '../result.ts';
import type {RunCounts, ScheduledJobResult, SchedulesResult} from '../result.ts';
import {waitingStats} from '../waiting.ts';
import {NumberList} from './growable.ts';
import type {FrameworkTally} from './tally.ts';

type Counts = {-readonly [Figure in keyof RunCounts]: number};

interface OpenRun {
  readonly claimedAt: number;
  /** Whether it has a task now. */
  isLaunched: boolean;
  /** Whether it ever had one. */
  wasLaunched: boolean;
}

/** What is followed of one framework. */
interface Followed {
  readonly tally: FrameworkTally;
  readonly name: string;
  readonly jobs: Map<string, Counts>;
  /** Job → its runs that are not over, by what they are due for. */
  readonly open: Map<string, Map<number, OpenRun>>;
}

const KINDS = ['slot', 'manual', 'child'] as const;

export interface RunMeterSnapshot {
  readonly jobs: readonly (readonly [framework: number, job: string, counts: Counts])[];
  readonly open: readonly (readonly [framework: number, job: string, due: number, OpenRun])[];
  readonly byKind: readonly (readonly [string, number])[];
  readonly skipped: readonly (readonly [string, number])[];
  readonly lateness: readonly number[];
}

/** Told one by one; the totals count all. */
const LIST_MAX = 1000;

const NOTHING: Readonly<Counts> = {
  claimed: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  retries: 0,
  skipped: 0,
  active: 0,
};

export class RunMeter {
  /** By framework; those that are no Chronos stay empty. */
  readonly #followed: readonly Followed[];
  /** The wall-clock instant of virtual time 0. */
  readonly #startMs: number;
  readonly #totals: Counts = {...NOTHING};
  readonly #byKind = new Map<string, number>(KINDS.map((kind) => [kind, 0]));
  readonly #skipped = new Map<string, number>();
  /** From the slot to the launch, of each run that was for one. */
  readonly lateness = new NumberList();

  constructor(tallies: readonly FrameworkTally[], names: readonly string[], startMs: number) {
    this.#startMs = startMs;
    this.#followed = tallies.map((tally, index) => ({
      tally,
      name: names[index] ?? '',
      jobs: new Map(),
      open: new Map(),
    }));
  }

  /** Figures of a job, of whichever framework. */
  figureOf(job: string, figure: keyof RunCounts): number {
    let sum = 0;
    for (const {jobs} of this.#followed) sum += jobs.get(job)?.[figure] ?? 0;
    return sum;
  }

  total(figure: keyof RunCounts): number {
    return this.#totals[figure];
  }

  #count(followed: Followed, job: string, figure: keyof RunCounts, count = 1): void {
    countsOf(followed, job)[figure] += count;
    this.#totals[figure] += count;
  }

  observe(now: number, framework: number, event: FrameworkEvent): void {
    const followed = this.#followed[framework] as Followed;
    const job = String(event['job']);
    switch (event.type) {
      case 'JobCreated':
        countsOf(followed, job);
        return;
      case 'JobQueued':
        this.#claimed(now, followed, event);
        return;
      case 'JobLaunched':
        this.#launched(now, followed, event);
        return;
      case 'JobFinished':
        this.#over(now, followed, event);
        this.#count(followed, job, 'succeeded');
        return;
      case 'JobFailed':
        this.#failed(now, followed, event);
        return;
      case 'JobCancelled':
        this.#over(now, followed, event);
        this.#count(followed, job, 'cancelled');
        return;
      case 'JobRemoved':
        this.#removed(followed, job);
        return;
      case 'JobSkipped': {
        const count = Number(event['count']);
        this.#count(followed, job, 'skipped', count);
        const reason = String(event['reason']);
        this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + count);
        return;
      }
      default:
    }
  }

  /** A run that was claimed, or of whose claim nobody heard: the leader that made it is gone. */
  #claimed(now: number, followed: Followed, event: FrameworkEvent): OpenRun {
    const job = String(event['job']);
    const due = Number(event['due']);
    const runs = followed.open.get(job) ?? new Map<number, OpenRun>();
    followed.open.set(job, runs);
    const known = runs.get(due);
    if (known !== undefined) return known;
    const run = {claimedAt: now, isLaunched: false, wasLaunched: false};
    runs.set(due, run);
    this.#count(followed, job, 'claimed');
    this.#count(followed, job, 'active');
    followed.tally.submitted += 1;
    followed.tally.waiting += 1;
    const kind = String(event['kind']);
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
    return run;
  }

  #launched(now: number, followed: Followed, event: FrameworkEvent): void {
    const run = this.#claimed(now, followed, event);
    // A launch that never reached its agent is made again.
    if (!run.isLaunched) followed.tally.waiting -= 1;
    run.isLaunched = true;
    if (run.wasLaunched) return;
    run.wasLaunched = true;
    followed.tally.placed += 1;
    followed.tally.waits.push(now - run.claimedAt);
    if (event['kind'] === 'slot') this.lateness.push(now + this.#startMs - Number(event['due']));
  }

  #failed(now: number, followed: Followed, event: FrameworkEvent): void {
    const job = String(event['job']);
    if (event['retryAt'] === undefined) {
      this.#over(now, followed, event);
      this.#count(followed, job, 'failed');
      return;
    }
    const run = this.#claimed(now, followed, event);
    this.#count(followed, job, 'retries');
    if (run.isLaunched) followed.tally.waiting += 1;
    run.isLaunched = false;
  }

  #over(now: number, followed: Followed, event: FrameworkEvent): void {
    const job = String(event['job']);
    const run = this.#claimed(now, followed, event);
    if (!run.isLaunched) followed.tally.waiting -= 1;
    followed.open.get(job)?.delete(Number(event['due']));
    this.#count(followed, job, 'active', -1);
  }

  /** Its runs end with it, without a word on each. */
  #removed(followed: Followed, job: string): void {
    for (const run of followed.open.get(job)?.values() ?? []) {
      if (!run.isLaunched) followed.tally.waiting -= 1;
      this.#count(followed, job, 'active', -1);
      this.#count(followed, job, 'cancelled');
    }
    followed.open.delete(job);
  }

  /** Undefined: there was no job. */
  get result(): SchedulesResult | undefined {
    const jobs = this.#followed.reduce((sum, followed) => sum + followed.jobs.size, 0);
    if (jobs === 0) return undefined;
    const list = this.#followed.flatMap((followed) => listOf(followed));
    return {
      jobs,
      claimed: Object.fromEntries(this.#byKind) as unknown as SchedulesResult['claimed'],
      succeeded: this.total('succeeded'),
      failed: this.total('failed'),
      cancelled: this.total('cancelled'),
      retries: this.total('retries'),
      active: this.total('active'),
      skipped: Object.fromEntries([...this.#skipped].sort(([a], [b]) => (a < b ? -1 : 1))),
      lateness: waitingStats(this.lateness.toSorted()),
      list: list.slice(0, LIST_MAX),
    };
  }

  snapshot(): RunMeterSnapshot {
    const entries = [...this.#followed.entries()];
    return {
      jobs: entries.flatMap(([index, {jobs}]) =>
        [...jobs].map(([job, counts]) => [index, job, {...counts}] as const),
      ),
      open: entries.flatMap(([index, {open}]) =>
        [...open].flatMap(([job, runs]) =>
          [...runs].map(([due, run]) => [index, job, due, {...run}] as const),
        ),
      ),
      byKind: [...this.#byKind],
      skipped: [...this.#skipped],
      lateness: this.lateness.toArray(),
    };
  }

  /** The tallies have their own snapshot. */
  restore({jobs, open, byKind, skipped, lateness}: RunMeterSnapshot): void {
    for (const [index, job, counts] of jobs) {
      this.#followed[index]?.jobs.set(job, {...counts});
      for (const figure of RUN_COUNTS) this.#totals[figure] += counts[figure];
    }
    for (const [index, job, due, run] of open) {
      const followed = this.#followed[index];
      if (followed === undefined) continue;
      const runs = followed.open.get(job) ?? new Map<number, OpenRun>();
      followed.open.set(job, runs);
      runs.set(due, {...run});
    }
    for (const [kind, count] of byKind) this.#byKind.set(kind, count);
    for (const [reason, count] of skipped) this.#skipped.set(reason, count);
    this.lateness.restore(lateness);
  }
}

function countsOf({jobs}: Followed, job: string): Counts {
  let counts = jobs.get(job);
  if (counts === undefined) {
    counts = {...NOTHING};
    jobs.set(job, counts);
  }
  return counts;
}

function listOf({name, jobs}: Followed): readonly ScheduledJobResult[] {
  return [...jobs]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([job, counts]) => ({job, framework: name, ...counts}));
}
