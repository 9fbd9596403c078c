/** Pods of a trace, as jobs of one task: a stream to place, or by the trace's own clock. */
import type {Amounts} from '../../../engine/index.ts';
import type {PodsWorkload} from '../../scenario/schema.ts';
import type {Pod, PodTrace} from '../../traces/trace.ts';
import {taskName} from './source.ts';
import type {Source, WorldPort} from './source.ts';

export class PodSource implements Source {
  readonly #workload: PodsWorkload;
  readonly #framework: number;
  readonly #pods: readonly Pod[];
  readonly #amounts = new Map<string, Amounts>();
  #next = 0;

  constructor(workload: PodsWorkload, framework: number, trace: PodTrace) {
    this.#workload = workload;
    this.#framework = framework;
    this.#pods = trace.pods.slice(0, workload.limit ?? Infinity);
  }

  get nextAt(): number {
    const pod = this.#pods[this.#next];
    if (pod === undefined) return Infinity;
    const {atMs, everyMs, timing} = this.#workload;
    return atMs + (timing === 'stream' ? this.#next * everyMs : pod.createdAtMs);
  }

  get jobsExpected(): number {
    return this.#pods.length;
  }

  fire(now: number, port: WorldPort): void {
    while (this.nextAt === now) {
      const pod = this.#pods[this.#next] as Pod;
      this.#next += 1;
      const durationMs = this.#durationOf(pod);
      const estimateMs = durationMs < 0 ? undefined : durationMs;
      port.submit({
        framework: this.#framework,
        workloadLength: this.#workload.name.length,
        durationMs,
        job: {
          id: taskName(this.#workload.name, pod.name),
          tasks: 1,
          resources: this.#amountsOf(pod),
          estimateMs,
        },
      });
    }
  }

  /**
   * A stream only fills the cluster; otherwise a pod lives as long as it did once it was placed.
   */
  #durationOf(pod: Pod): number {
    if (this.#workload.timing === 'stream' || pod.deletedAtMs === Infinity) return -1;
    return Math.max(0, pod.deletedAtMs - (pod.scheduledAtMs ?? pod.createdAtMs));
  }

  #amountsOf(pod: Pod): Amounts {
    const amounts = podAmounts(pod);
    const key = JSON.stringify(amounts);
    const known = this.#amounts.get(key);
    if (known !== undefined) return known;
    this.#amounts.set(key, amounts);
    return amounts;
  }

  snapshot(): number {
    return this.#next;
  }

  restore(snapshot: unknown): void {
    this.#next = snapshot as number;
  }
}

export function podAmounts({cpusMilli, memMilli, gpusMilli}: Pod): Amounts {
  const scalars = {
    ...(cpusMilli > 0 && {cpus: cpusMilli}),
    ...(memMilli > 0 && {mem: memMilli}),
    ...(gpusMilli > 0 && {gpus: gpusMilli}),
  };
  return {scalars};
}
