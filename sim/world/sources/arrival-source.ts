/** Jobs that arrive at random. */
import {Random, makeRandom} from '../../../engine/index.ts';
import type {Amounts, RandomState} from '../../../engine/index.ts';
import {draw} from '../../random/distributions.ts';
import type {ArrivalsWorkload} from '../../scenario/schema.ts';
import {amountsOf} from '../cluster.ts';
import type {Source, WorldPort} from './source.ts';

interface ArrivalSnapshot {
  readonly submitted: number;
  readonly exactAt: number;
  readonly streams: readonly [RandomState, RandomState, RandomState];
}

export class ArrivalSource implements Source {
  readonly #workload: ArrivalsWorkload;
  readonly #framework: number;
  readonly #resources: Amounts;
  readonly #countMax: number;
  readonly #untilMs: number;
  /** One stream per purpose: another distribution of durations leaves the arrivals as they are. */
  #interarrivals: Random;
  #sizes: Random;
  #durations: Random;
  #submitted = 0;
  /** Not rounded, so that rounding does not shift the rate. */
  #exactAt: number;

  constructor(workload: ArrivalsWorkload, framework: number, seed: number) {
    this.#workload = workload;
    this.#framework = framework;
    this.#resources = amountsOf(workload.resources);
    this.#countMax = workload.count ?? Infinity;
    this.#untilMs = workload.untilMs ?? Infinity;
    const stream = `workload/${workload.name}`;
    this.#interarrivals = makeRandom(seed, `${stream}/interarrival`);
    this.#sizes = makeRandom(seed, `${stream}/tasks`);
    this.#durations = makeRandom(seed, `${stream}/duration`);
    this.#exactAt = workload.atMs + draw(workload.interarrivalMs, this.#interarrivals);
  }

  get nextAt(): number {
    if (this.#submitted >= this.#countMax) return Infinity;
    const at = Math.round(this.#exactAt);
    return at < this.#untilMs ? at : Infinity;
  }

  get jobsExpected(): number {
    return this.#countMax === Infinity ? 0 : this.#countMax;
  }

  fire(now: number, port: WorldPort): void {
    const {interarrivalMs, name, tasks, durationMs} = this.#workload;
    while (this.nextAt === now) {
      this.#submitted += 1;
      const runMs = Math.round(draw(durationMs, this.#durations));
      const size = Math.max(1, Math.round(draw(tasks, this.#sizes)));
      this.#exactAt += draw(interarrivalMs, this.#interarrivals);
      port.submit({
        framework: this.#framework,
        workloadLength: name.length,
        durationMs: runMs,
        job: {
          id: `${name}.${this.#submitted}`,
          tasks: size,
          resources: this.#resources,
          estimateMs: runMs,
        },
      });
    }
  }

  snapshot(): ArrivalSnapshot {
    return {
      submitted: this.#submitted,
      exactAt: this.#exactAt,
      streams: [this.#interarrivals.state, this.#sizes.state, this.#durations.state],
    };
  }

  restore(snapshot: unknown): void {
    const {submitted, exactAt, streams} = snapshot as ArrivalSnapshot;
    this.#submitted = submitted;
    this.#exactAt = exactAt;
    this.#interarrivals = new Random(streams[0]);
    this.#sizes = new Random(streams[1]);
    this.#durations = new Random(streams[2]);
  }
}
