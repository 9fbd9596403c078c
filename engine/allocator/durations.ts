/** Durations of what happens again and again: the last hour of them, and how they are spread. */

/** How long a duration is remembered. */
const WINDOW_MS = 3_600_000;
/** Beyond this many they are thinned out. */
const SAMPLES_MAX = 1000;

/** Parts of the samples that are not above a percentile, by its name in metrics. */
const PERCENTILES: readonly (readonly [name: string, part: number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
  ['p9999', 0.9999],
];

interface Sample {
  readonly at: number;
  readonly ms: number;
}

/** Measured outside, since the engine has no clock; times are those of the engine's inputs. */
export class Durations {
  readonly #samples: Sample[] = [];
  #nextGone = 0;

  add(at: number, ms: number): void {
    this.#samples.push({at, ms});
    const old = this.#samples.findIndex((sample) => sample.at > at - WINDOW_MS);
    if (old > 0) this.#samples.splice(0, old);
    if (this.#samples.length > SAMPLES_MAX) this.#thinOut();
  }

  /** Forgets one sample: from the oldest on every other one goes, and then again. */
  #thinOut(): void {
    this.#samples.splice(this.#nextGone, 1);
    this.#nextGone = this.#nextGone + 1 < this.#samples.length ? this.#nextGone + 1 : 0;
  }

  /** The latest; undefined while there was none. */
  get last(): number | undefined {
    return this.#samples.at(-1)?.ms;
  }

  /** `count`, `min`, `max` and percentiles by name; as in Mesos, nothing for only one sample. */
  statistics(): ReadonlyMap<string, number> {
    const sorted = this.#samples.map(({ms}) => ms).sort((left, right) => left - right);
    const statistics = new Map<string, number>();
    const [min, max] = [sorted[0], sorted.at(-1)];
    if (min === undefined || max === undefined || sorted.length < 2) return statistics;
    statistics.set('count', sorted.length).set('min', min).set('max', max);
    for (const [name, part] of PERCENTILES) statistics.set(name, percentile(sorted, part));
    return statistics;
  }
}

/** Between the two samples nearest to the part, in proportion. */
function percentile(sorted: readonly number[], part: number): number {
  const position = part * (sorted.length - 1);
  const index = Math.floor(position);
  const low = sorted[index] ?? 0;
  const high = sorted[index + 1] ?? low;
  return low + (position - index) * (high - low);
}
