/**
 * What the trace readers hand out. Amounts are integer thousandths (1 cpu = 1000, 1 MB = 1000, 1
 * GPU = 1000), times integer milliseconds from the trace's own start. Big things are columns: one
 * array per field, one index per job.
 */

/** A fault in a file, in words for the person who owns the file. Lines and columns count from 1. */
export interface TraceProblem {
  readonly file: string;
  /** Line in the uncompressed text; absent when the fault is the file's as a whole. */
  readonly line?: number | undefined;
  /** Character in that line. */
  readonly column?: number | undefined;
  /** Name of the column, as the header (or the format's own definition) has it. */
  readonly columnName?: string | undefined;
  readonly expected: string;
  readonly found: string;
}

/**
 * Rows left out by a lenient reading, with the first few reasons. `rows` is 0 after a strict
 * one.
 */
export interface SkippedRows {
  readonly rows: number;
  readonly first: readonly TraceProblem[];
}

/** Batch jobs in order of submission; jobs of one instant keep the order of their rows. */
export interface JobTrace {
  readonly kind: 'jobs';
  readonly name: string;
  readonly count: number;
  readonly submitMs: Float64Array;
  readonly durationMs: Float64Array;
  /** Tasks that start together; the processors of a job in SWF. At least 1. */
  readonly tasks: Int32Array;
  /** Per task. A processor of SWF or LCG is one cpu: 1000. */
  readonly cpusMilli: Float64Array;
  /** Per task, as the next two; absent: the trace says nothing of it. */
  readonly memMilli: Float64Array | undefined;
  readonly diskMilli: Float64Array | undefined;
  readonly gpusMilli: Float64Array | undefined;
  /** Index into `users`. */
  readonly userOf: Int32Array;
  readonly users: readonly string[];
  /** Absent when the trace numbers nothing: see `jobId`. */
  readonly ids: readonly string[] | undefined;
  /** 1-based number of the job's row among the rows of the file. */
  readonly rowOf: Int32Array;
  /** Jobs that the archive itself marks as unknown or partial (SWF), left out without complaint. */
  readonly omitted: number;
  /**
   * Processors of the machine the trace was taken on, where its header says so (SWF's
   * MaxProcs).
   */
  readonly machineProcessors: number | undefined;
  readonly skipped: SkippedRows;
}

/** The name of job `index`: its id in the trace, or the number of its row. */
export function jobId(trace: JobTrace, index: number): string {
  return trace.ids?.[index] ?? String(trace.rowOf[index]);
}

/**
 * Instances of one shape of one role of one application: a Marathon app whose size changes with
 * time.
 */
export interface Service {
  /** A valid Marathon path: `/dlrm/app-0/cn`, and `/dlrm/app-0/cn-2` for a second shape. */
  readonly id: string;
  readonly app: string;
  readonly role: string;
  /** Per instance. */
  readonly cpusMilli: number;
  readonly memMilli: number;
  readonly diskMilli: number;
  readonly gpusMilli: number;
  readonly rdmaMilli: number;
  /** At most so many instances on one agent (Marathon's MAX_PER hostname); absent: no limit. */
  readonly maxPerNode: number | undefined;
  /** One entry per instance, in order of creation. 0: was running at the start. */
  readonly createdAtMs: Float64Array;
  /** Infinity: still running at the end. */
  readonly deletedAtMs: Float64Array;
}

/**
 * How long the trace's own scheduler took from creation to placement, over the instances that
 * tell.
 */
export interface WaitFigures {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface ServiceTrace {
  readonly kind: 'services';
  readonly name: string;
  readonly services: readonly Service[];
  readonly instances: number;
  /** The last instant of which the trace speaks. */
  readonly endMs: number;
  /** Absent for synthesised services. */
  readonly waits: WaitFigures | undefined;
  readonly skipped: SkippedRows;
}

export interface Pod {
  readonly name: string;
  readonly cpusMilli: number;
  readonly memMilli: number;
  /** Whole GPUs that the pod spreads over; 0, or the count of devices. */
  readonly gpuCount: number;
  /** Share of each of these GPUs; below 1000 only where `gpuCount` is 1. */
  readonly gpuMilliEach: number;
  /** `gpuCount` × `gpuMilliEach`. */
  readonly gpusMilli: number;
  /** Models the pod accepts; empty: any. */
  readonly gpuModels: readonly string[];
  readonly qos: string;
  readonly phase: string;
  readonly createdAtMs: number;
  /** Infinity: still there at the end. */
  readonly deletedAtMs: number;
  /** Absent: never placed. */
  readonly scheduledAtMs: number | undefined;
}

/** Pods in order of creation; pods of one instant keep the order of their rows. */
export interface PodTrace {
  readonly kind: 'pods';
  readonly name: string;
  readonly pods: readonly Pod[];
  readonly skipped: SkippedRows;
}

export interface TraceNode {
  readonly name: string;
  /**
   * Thousandths by resource name: `cpus`, `mem`, `disk`, `gpus`, … Absent: the trace says
   * nothing of it.
   */
  readonly scalars: ReadonlyMap<string, number>;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface NodeList {
  readonly kind: 'nodes';
  readonly name: string;
  readonly nodes: readonly TraceNode[];
  readonly skipped: SkippedRows;
}

/** Outages in order of their start. They may overlap. */
export interface OutageTrace {
  readonly kind: 'outages';
  readonly name: string;
  readonly count: number;
  readonly startMs: Float64Array;
  readonly durationMs: Float64Array;
  /** Share of the hosts that are down, above 0 and at most 1. */
  readonly intensity: Float64Array;
  readonly skipped: SkippedRows;
}

export type Trace = JobTrace | ServiceTrace | PodTrace | NodeList | OutageTrace;
