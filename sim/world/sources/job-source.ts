/** Jobs of a trace. */
import type {Amounts} from '../../../engine/index.ts';
import type {JobsWorkload} from '../../scenario/schema.ts';
import {scaleArrivals} from '../../traces/scale-arrivals.ts';
import {jobId} from '../../traces/trace.ts';
import type {JobTrace} from '../../traces/trace.ts';
import {amountsOf} from '../cluster.ts';
import {taskName} from './source.ts';
import type {Source, WorldPort} from './source.ts';

export class JobSource implements Source {
  readonly #workload: JobsWorkload;
  readonly #framework: number;
  readonly #trace: JobTrace;
  readonly #count: number;
  readonly #shapes: JobShapes;
  #next = 0;

  constructor(workload: JobsWorkload, framework: number, trace: JobTrace) {
    this.#workload = workload;
    this.#framework = framework;
    this.#trace = workload.arrivalScale === 1 ? trace : scaleArrivals(trace, workload.arrivalScale);
    this.#count = Math.min(trace.count, workload.limit ?? Infinity);
    this.#shapes = jobShapes(workload, trace);
  }

  get nextAt(): number {
    if (this.#next >= this.#count) return Infinity;
    return this.#workload.atMs + (this.#trace.submitMs[this.#next] as number);
  }

  get jobsExpected(): number {
    return this.#count;
  }

  fire(now: number, port: WorldPort): void {
    const {name} = this.#workload;
    const {durationMs, tasks} = this.#trace;
    while (this.nextAt === now) {
      const index = this.#next;
      this.#next += 1;
      const runMs = durationMs[index] as number;
      port.submit({
        framework: this.#framework,
        workloadLength: name.length,
        durationMs: runMs,
        job: {
          id: taskName(name, jobId(this.#trace, index)),
          tasks: tasks[index] as number,
          resources: this.#shapes.amounts[this.#shapes.shapeOf[index] as number] as Amounts,
          estimateMs: runMs,
        },
      });
    }
  }

  snapshot(): number {
    return this.#next;
  }

  restore(snapshot: unknown): void {
    this.#next = snapshot as number;
  }
}

/** What one task of each job takes. Few shapes, many jobs: each shape is one object. */
export interface JobShapes {
  readonly shapeOf: Int32Array;
  readonly amounts: readonly Amounts[];
}

export function jobShapes(workload: JobsWorkload, trace: JobTrace): JobShapes {
  const shapeOf = new Int32Array(trace.count);
  const amounts: Amounts[] = [];
  const known = new Map<string, number>();
  const {cpusMilli, memMilli, diskMilli, gpusMilli} = trace;
  const {perTask} = workload;
  const column = (values: Float64Array | undefined, name: string, index: number): number =>
    values === undefined ? (perTask.scalars[name] ?? 0) : (values[index] as number);
  for (let index = 0; index < trace.count; index += 1) {
    const cpus = cpusMilli[index] as number;
    const mem = column(memMilli, 'mem', index);
    const disk = column(diskMilli, 'disk', index);
    const gpus = column(gpusMilli, 'gpus', index);
    const key = `${cpus} ${mem} ${disk} ${gpus}`;
    let shape = known.get(key);
    if (shape === undefined) {
      shape = amounts.length;
      known.set(key, shape);
      amounts.push(amountsOf({...perTask, scalars: {...perTask.scalars, cpus, mem, disk, gpus}}));
    }
    shapeOf[index] = shape;
  }
  return {shapeOf, amounts};
}
