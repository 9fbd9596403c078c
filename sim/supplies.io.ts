/**
 * Reads or synthesises everything that a scenario refers to. All problems are gathered, none is
 * thrown.
 */
import {temporalZones} from '../adapters/zones/temporal-zones.ts';
import {makeRandom} from '../engine/index.ts';
import {misfitJobs, misfitPods, Roominess, withoutJobs} from './fit.ts';
import type {Misfits} from './fit.ts';
import type {
  AgentGroup,
  FailureProcess,
  FileRef,
  Scenario,
  ScenarioProblem,
  Workload,
} from './scenario/schema.ts';
import type {Supplies} from './supplies.ts';
import {readTrace} from './traces/read-file.ts';
import {
  synthesiseJobs,
  synthesiseNodes,
  synthesiseOutages,
  synthesiseServices,
} from './traces/synthesise.ts';
import {TraceError} from './traces/trace-error.ts';
import type {TraceFormat} from './traces/trace-format.ts';
import type {
  JobTrace,
  NodeList,
  OutageTrace,
  PodTrace,
  ServiceTrace,
  Trace,
} from './traces/trace.ts';
import type {ClusterAgent} from './world/agents.ts';
import {makeCluster} from './world/cluster.ts';

export interface SupplyOptions {
  /** Bad rows, and work that fits no machine, are left out and counted. */
  readonly isLenient: boolean;
}

export type SupplyResult =
  | {readonly ok: true; readonly supplies: Supplies}
  | {readonly ok: false; readonly problems: readonly ScenarioProblem[]};

export function loadSupplies(scenario: Scenario, options: SupplyOptions): SupplyResult {
  const loading = new Loading(scenario.seed, options);
  for (const group of scenario.agents) loading.addNodes(group);
  for (const [index, workload] of scenario.workloads.entries()) {
    loading.addWorkload(workload, index);
  }
  for (const [index, failure] of scenario.failures.entries()) loading.addFailure(failure, index);
  if (loading.problems.length === 0) {
    loading.checkFits(scenario.workloads, makeCluster(scenario.agents, loading.nodes));
  }
  const {problems} = loading;
  return problems.length > 0 ? {ok: false, problems} : {ok: true, supplies: loading};
}

class Loading implements Supplies {
  readonly nodes = new Map<string, NodeList>();
  readonly jobs = new Map<string, JobTrace>();
  readonly services = new Map<string, ServiceTrace>();
  readonly pods = new Map<string, PodTrace>();
  readonly outages = new Map<number, OutageTrace>();
  readonly skippedRows: Record<string, number> = {};
  readonly timeZones = temporalZones;
  readonly notes: string[] = [];
  readonly problems: ScenarioProblem[] = [];
  readonly #seed: number;
  readonly #isLenient: boolean;
  /** A file that is named twice is read once. */
  readonly #read = new Map<string, Trace>();

  constructor(seed: number, {isLenient}: SupplyOptions) {
    this.#seed = seed;
    this.#isLenient = isLenient;
  }

  addNodes(group: AgentGroup): void {
    if (group.kind === 'uniform') return;
    if (group.kind === 'synthesised') {
      this.notes.push(`agents ${group.name}: made up from the published statistics of the trace`);
      this.nodes.set(group.name, synthesiseNodes(this.#random(`agents/${group.name}`)));
      return;
    }
    const path = `cluster.agents: ${group.name}`;
    const list = this.#readAs('nodes', group.file, group.format, path);
    if (list !== undefined) this.nodes.set(group.name, list);
  }

  addWorkload(workload: Workload, index: number): void {
    if (!('source' in workload)) return;
    const {name, source} = workload;
    const path = `workloads[${index}].${workload.kind}`;
    if (source.kind === 'synthesised') {
      this.notes.push(`workload ${name}: made up from the published statistics of the trace`);
      const random = this.#random(`workload/${name}/synthesise`);
      if (workload.kind === 'jobs') this.jobs.set(name, synthesiseJobs(random, source.count));
      else this.services.set(name, synthesiseServices(random));
      return;
    }
    const {file, format} = source;
    if (workload.kind === 'jobs') {
      const trace = this.#readAs('jobs', file, format, path);
      if (trace !== undefined) this.jobs.set(name, trace);
    } else if (workload.kind === 'services') {
      const trace = this.#readAs('services', file, format, path);
      if (trace !== undefined) this.services.set(name, trace);
    } else {
      const trace = this.#readAs('pods', file, format, path);
      if (trace !== undefined) this.#addPods(name, trace);
    }
  }

  #addPods(name: string, trace: PodTrace): void {
    this.pods.set(name, trace);
    const picky = trace.pods.filter(({gpuModels}) => gpuModels.length > 0).length;
    if (picky > 0) {
      this.notes.push(`workload ${name}: ${picky} pods name models of GPUs, which are not heeded`);
    }
  }

  addFailure(failure: FailureProcess, index: number): void {
    if (failure.kind !== 'outages') return;
    const {source} = failure;
    if (source.kind === 'synthesised') {
      this.notes.push('outages: made up from the published statistics of the trace');
      this.outages.set(index, synthesiseOutages(this.#random(`failures/${index}/synthesise`)));
      return;
    }
    const path = `failures[${index}].outages`;
    const trace = this.#readAs('outages', source.file, source.format, path);
    if (trace !== undefined) this.outages.set(index, trace);
  }

  #random(stream: string): ReturnType<typeof makeRandom> {
    return makeRandom(this.#seed, stream);
  }

  #readAs<Kind extends Trace['kind']>(
    kind: Kind,
    file: FileRef,
    format: TraceFormat | undefined,
    path: string,
  ): Extract<Trace, {readonly kind: Kind}> | undefined {
    const trace = this.#readOnce(file, format, path);
    if (trace === undefined) return undefined;
    if (trace.kind === kind) return trace as Extract<Trace, {readonly kind: Kind}>;
    const message = `expected a trace of ${kind}, found ${trace.kind}`;
    this.problems.push({path, message, file: file.path});
    return undefined;
  }

  #readOnce(file: FileRef, format: TraceFormat | undefined, path: string): Trace | undefined {
    const key = `${format ?? ''} ${file.path}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    try {
      const trace = readTrace(file.path, {format, lenient: this.#isLenient});
      this.#read.set(key, trace);
      this.#skip(file.written, trace.skipped.rows);
      return trace;
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      for (const problem of error.problems) {
        const {line, column, columnName, expected, found} = problem;
        const name = columnName === undefined ? '' : `${columnName}: `;
        this.problems.push({
          path,
          message: `${name}expected ${expected}, found ${found}`,
          file: problem.file,
          ...(line !== undefined && {line}),
          ...(column !== undefined && {column}),
        });
      }
      return undefined;
    }
  }

  #skip(file: string, rows: number): void {
    if (rows > 0) this.skippedRows[file] = (this.skippedRows[file] ?? 0) + rows;
  }

  /** Work that fits no machine would wait for ever, and everything behind it. */
  checkFits(workloads: readonly Workload[], agents: readonly ClusterAgent[]): void {
    const room = new Roominess(agents);
    for (const [index, workload] of workloads.entries()) {
      const path = `workloads[${index}].${workload.kind}`;
      const {name} = workload;
      if (workload.kind === 'jobs') {
        const trace = this.jobs.get(name);
        if (trace === undefined) continue;
        const misfits = misfitJobs(workload, trace, room);
        if (this.#accept(misfits, workload.source, path)) {
          if (misfits.rows.size > 0) this.jobs.set(name, withoutJobs(trace, misfits.rows));
        }
      } else if (workload.kind === 'pods') {
        const trace = this.pods.get(name);
        if (trace === undefined) continue;
        const misfits = misfitPods(workload, trace, room);
        if (this.#accept(misfits, workload.source, path)) {
          const pods = trace.pods.filter((_, row) => !misfits.rows.has(row));
          this.pods.set(name, {...trace, pods});
        }
      }
    }
  }

  /** Whether the run can go on without the misfits. */
  #accept(
    {rows, messages}: Misfits,
    source: Extract<Workload, {kind: 'jobs' | 'pods'}>['source'],
    path: string,
  ): boolean {
    const file = source.kind === 'file' ? source.file : undefined;
    if (this.#isLenient) {
      this.#skip(file?.written ?? 'synthesised', rows.size);
      return true;
    }
    const place = file === undefined ? {} : {file: file.path};
    for (const message of messages) this.problems.push({path, message, ...place});
    const more = rows.size - messages.length;
    if (more > 0) this.problems.push({path, message: `${more} more jobs do not fit`, ...place});
    return rows.size === 0;
  }
}
