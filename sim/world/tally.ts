/**
 * What is counted while a run goes on: tasks by framework, jobs, waiting times. Exact, not sampled.
 */
import {TASK_COUNTS, type TaskCounts} from '../result.ts';
import {NumberList} from './growable.ts';

export type TaskFigure = (typeof TASK_COUNTS)[number];

/** Counts of one framework; those of now (`running`, `waiting`) go up and down. */
export type FrameworkTally = {-readonly [Figure in keyof TaskCounts]: number} & {
  /**
   * From arrival (or from being scheduled) to the first launch, of each task; virtual milliseconds.
   */
  readonly waits: NumberList;
  /** Instant of the last end of a task; 0 before there is one. */
  lastEndAt: number;
};

export interface JobTally {
  submitted: number;
  finished: number;
  failed: number;
  running: number;
  waiting: number;
  waited: number;
  lastEndAt: number;
  /** One entry per job that was started. */
  readonly waits: NumberList;
}

export interface TallySnapshot {
  readonly frameworks: readonly {readonly counts: readonly number[]; readonly waits: number[]}[];
  readonly jobs: {readonly counts: readonly number[]; readonly waits: number[]};
}

export class Tally {
  readonly frameworks: readonly FrameworkTally[];
  readonly jobs: JobTally = {
    submitted: 0,
    finished: 0,
    failed: 0,
    running: 0,
    waiting: 0,
    waited: 0,
    lastEndAt: 0,
    waits: new NumberList(),
  };

  constructor(frameworks: number) {
    this.frameworks = Array.from({length: frameworks}, () => ({
      submitted: 0,
      placed: 0,
      finished: 0,
      failed: 0,
      killed: 0,
      lost: 0,
      running: 0,
      waiting: 0,
      waits: new NumberList(),
      lastEndAt: 0,
    }));
  }

  of(framework: number): FrameworkTally {
    return this.frameworks[framework] as FrameworkTally;
  }

  /** One figure over all frameworks. */
  total(figure: TaskFigure): number {
    let sum = 0;
    for (const tally of this.frameworks) sum += tally[figure];
    return sum;
  }

  counts(framework: number): TaskCounts {
    const tally = this.of(framework);
    return Object.fromEntries(
      TASK_COUNTS.map((figure) => [figure, tally[figure]]),
    ) as unknown as TaskCounts;
  }

  totals(): TaskCounts {
    return Object.fromEntries(
      TASK_COUNTS.map((figure) => [figure, this.total(figure)]),
    ) as unknown as TaskCounts;
  }

  snapshot(): TallySnapshot {
    const {jobs} = this;
    return {
      frameworks: this.frameworks.map((tally) => ({
        counts: [...TASK_COUNTS.map((figure) => tally[figure]), tally.lastEndAt],
        waits: tally.waits.toArray(),
      })),
      jobs: {
        counts: [
          ...[jobs.submitted, jobs.finished, jobs.failed, jobs.running],
          ...[jobs.waiting, jobs.waited, jobs.lastEndAt],
        ],
        waits: jobs.waits.toArray(),
      },
    };
  }

  restore(snapshot: TallySnapshot): void {
    for (const [index, {counts, waits}] of snapshot.frameworks.entries()) {
      const tally = this.of(index);
      for (const [at, figure] of TASK_COUNTS.entries()) tally[figure] = counts[at] ?? 0;
      tally.lastEndAt = counts[TASK_COUNTS.length] ?? 0;
      tally.waits.restore(waits);
    }
    const {jobs} = this;
    const [submitted = 0, finished = 0, failed = 0, running = 0, ...rest] = snapshot.jobs.counts;
    const [waiting = 0, waited = 0, lastEndAt = 0] = rest;
    Object.assign(jobs, {submitted, finished, failed, running, waiting, waited, lastEndAt});
    jobs.waits.restore(snapshot.jobs.waits);
  }
}
