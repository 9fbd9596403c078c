/** What foreseen runs ask of the cluster over time, in thousandths, so that sums are exact. */
import type {Span} from './fires.ts';
import type {Window} from './plan.ts';

/** What one run of a job holds: thousandths by resource. */
export type Needs = ReadonlyMap<string, number>;

export type NeedsOf = (job: string) => Needs;

/** The load of one resource. */
export interface ResourceLoad {
  readonly resource: string;
  readonly peak: number;
  /** The first instant of the peak. */
  readonly peakAt: number;
  /** What each job has of the peak, most first. */
  readonly peakJobs: readonly JobAmount[];
  /** Over all of the window. */
  readonly mean: number;
}

export interface JobAmount {
  readonly job: string;
  readonly amount: number;
}

/** The load in equal parts of the window. */
export interface LoadSeries {
  readonly resource: string;
  readonly stepMs: number;
  /** Means over each part. */
  readonly mean: readonly number[];
  /** The most at any instant of each part. */
  readonly peak: readonly number[];
  /** Means of the jobs with the most, and of all others together where there are any. */
  readonly byJob: readonly {readonly job: string; readonly mean: readonly number[]}[];
}

/** What stands for the jobs that are not told one by one. */
export const OTHERS = 'others';

/** Each resource that any span holds, in the order in which jobs name them. */
export function loadOf(
  spans: readonly Span[],
  needsOf: NeedsOf,
  window: Window,
): readonly ResourceLoad[] {
  const resources = new Set<string>();
  for (const {job} of spans) for (const name of needsOf(job).keys()) resources.add(name);
  return [...resources].map((resource) => {
    const amountOf = (job: string): number => needsOf(job).get(resource) ?? 0;
    return resourceLoad(resource, clipped(spans, amountOf, window), window);
  });
}

/** A span within the window, and how much it holds. */
interface Piece {
  readonly job: string;
  readonly startAt: number;
  readonly endAt: number;
  readonly amount: number;
}

function clipped(
  spans: readonly Span[],
  amountOf: (job: string) => number,
  {fromMs, untilMs}: Window,
): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const {job, startAt, endAt} of spans) {
    const [start, end] = [Math.max(startAt, fromMs), Math.min(endAt, untilMs)];
    const amount = amountOf(job);
    if (start < end && amount > 0) pieces.push({job, startAt: start, endAt: end, amount});
  }
  return pieces.sort((one, two) => one.startAt - two.startAt);
}

function resourceLoad(
  resource: string,
  pieces: readonly Piece[],
  {fromMs, untilMs}: Window,
): ResourceLoad {
  let [peak, peakAt, total] = [0, fromMs, 0];
  follow(pieces, (at, load) => {
    if (load > peak) [peak, peakAt] = [load, at];
  });
  const atPeak = new Map<string, number>();
  for (const {job, startAt, endAt, amount} of pieces) {
    total += amount * (endAt - startAt);
    if (startAt > peakAt || endAt <= peakAt) continue;
    atPeak.set(job, (atPeak.get(job) ?? 0) + amount);
  }
  const peakJobs = most(atPeak);
  return {resource, peak, peakAt, peakJobs, mean: total / Math.max(1, untilMs - fromMs)};
}

/** Tells the load from each instant on at which it may change, once for all that happens there. */
function follow(pieces: readonly Piece[], tell: (at: number, load: number) => void): void {
  const ends = pieces.toSorted((one, two) => one.endAt - two.endAt);
  let [load, started, ended] = [0, 0, 0];
  while (ended < ends.length) {
    const startAt = pieces[started]?.startAt ?? Infinity;
    const at = Math.min(startAt, ends[ended]?.endAt ?? Infinity);
    for (let end = ends[ended]; end?.endAt === at; end = ends[ended]) {
      load -= end.amount;
      ended += 1;
    }
    for (let start = pieces[started]; start?.startAt === at; start = pieces[started]) {
      load += start.amount;
      started += 1;
    }
    tell(at, load);
  }
}

function most(amounts: ReadonlyMap<string, number>): readonly JobAmount[] {
  return [...amounts]
    .map(([job, amount]) => ({job, amount}))
    .sort((one, two) => two.amount - one.amount || (one.job < two.job ? -1 : 1));
}

export interface SeriesOptions {
  readonly window: Window;
  /** Parts of the window. */
  readonly count: number;
  /** Jobs told one by one. */
  readonly jobsMax: number;
}

/** One resource over time, in `count` equal parts. */
export function seriesOf(
  resource: string,
  spans: readonly Span[],
  needsOf: NeedsOf,
  {window, count, jobsMax}: SeriesOptions,
): LoadSeries {
  const {fromMs, untilMs} = window;
  const stepMs = Math.max(1, (untilMs - fromMs) / count);
  const pieces = clipped(spans, (job) => needsOf(job).get(resource) ?? 0, window);
  const totals = new Map<string, number>();
  for (const {job, startAt, endAt, amount} of pieces) {
    totals.set(job, (totals.get(job) ?? 0) + amount * (endAt - startAt));
  }
  const told = most(totals).map(({job}) => job);
  const isOne = told.length <= jobsMax + 1;
  const alone = new Set(isOne ? told : told.slice(0, jobsMax));
  const byJob = new Map([...alone].map((job) => [job, new Means(count, stepMs)]));
  if (!isOne) byJob.set(OTHERS, new Means(count, stepMs));
  const all = new Means(count, stepMs);
  for (const {job, startAt, endAt, amount} of pieces) {
    const [start, end] = [startAt - fromMs, endAt - fromMs];
    all.add(start, end, amount);
    byJob.get(alone.has(job) ? job : OTHERS)?.add(start, end, amount);
  }
  return {
    resource,
    stepMs,
    mean: all.values(),
    peak: peaks(pieces, {fromMs, count, stepMs}),
    byJob: [...byJob].map(([job, means]) => ({job, mean: means.values()})),
  };
}

/** Adds up what intervals bring to each part, in constant time for each of them. */
class Means {
  readonly #stepMs: number;
  /** Amount × ms in the parts where intervals begin and end. */
  readonly #edges: Float64Array;
  /** By how much the amount over whole parts grows from a part to the next. */
  readonly #steps: Float64Array;

  constructor(count: number, stepMs: number) {
    this.#stepMs = stepMs;
    this.#edges = new Float64Array(count);
    this.#steps = new Float64Array(count + 1);
  }

  /** Ms from the start of the window. */
  add(startMs: number, endMs: number, amount: number): void {
    const lastPart = this.#edges.length - 1;
    const first = Math.min(lastPart, Math.floor(startMs / this.#stepMs));
    const last = Math.min(lastPart, Math.floor(endMs / this.#stepMs));
    if (first === last) {
      this.#grow(first, amount * (endMs - startMs));
      return;
    }
    this.#grow(first, amount * ((first + 1) * this.#stepMs - startMs));
    this.#grow(last, amount * (endMs - last * this.#stepMs));
    this.#steps[first + 1] = (this.#steps[first + 1] ?? 0) + amount;
    this.#steps[last] = (this.#steps[last] ?? 0) - amount;
  }

  #grow(part: number, by: number): void {
    this.#edges[part] = (this.#edges[part] ?? 0) + by;
  }

  values(): readonly number[] {
    let whole = 0;
    return Array.from(this.#edges, (edge, part) => {
      whole += this.#steps[part] ?? 0;
      return whole + edge / this.#stepMs;
    });
  }
}

interface Parts {
  readonly fromMs: number;
  readonly count: number;
  readonly stepMs: number;
}

function peaks(pieces: readonly Piece[], {fromMs, count, stepMs}: Parts): readonly number[] {
  const values = new Array<number>(count).fill(0);
  let [load, part] = [0, 0];
  follow(pieces, (at, next) => {
    const reached = Math.min(count - 1, Math.floor((at - fromMs) / stepMs));
    // What went on until now reaches into every part on the way.
    for (let on = part; on <= reached; on += 1) {
      const isAtBorder = on === reached && at - fromMs <= reached * stepMs;
      if (!isAtBorder) values[on] = Math.max(values[on] ?? 0, load);
    }
    [load, part] = [next, reached];
    values[part] = Math.max(values[part] ?? 0, load);
  });
  return values;
}
