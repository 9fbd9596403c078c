/** Finds work that no cluster of this scenario could ever run, before the run begins. */
import {printThousandths} from '../engine/index.ts';
import type {Amounts} from '../engine/index.ts';
import type {JobsWorkload, PodsWorkload} from './scenario/schema.ts';
import {jobId} from './traces/trace.ts';
import type {JobTrace, PodTrace} from './traces/trace.ts';
import type {ClusterAgent} from './world/agents.ts';
import {jobShapes} from './world/sources/job-source.ts';
import {podAmounts} from './world/sources/pod-source.ts';

/** Rows of a trace that do not fit, and the first few of them in words. */
export interface Misfits {
  readonly rows: ReadonlySet<number>;
  readonly messages: readonly string[];
}

const MESSAGES_MAX = 5;

/** How many tasks of one shape the empty cluster holds, and what stops the first one. */
interface Room {
  readonly tasks: number;
  readonly lack: string;
}

/** Agents of one shape share one object, so few are looked at. */
export class Roominess {
  readonly #agents = new Map<Amounts, number>();
  readonly #rooms = new Map<Amounts, Room>();

  constructor(agents: readonly ClusterAgent[]) {
    for (const {resources} of agents) {
      this.#agents.set(resources, (this.#agents.get(resources) ?? 0) + 1);
    }
  }

  roomFor(needs: Amounts): Room {
    const known = this.#rooms.get(needs);
    if (known !== undefined) return known;
    let tasks = 0;
    for (const [total, count] of this.#agents) tasks += count * timesIn(total, needs);
    const room = {tasks, lack: tasks > 0 ? '' : this.#lackOf(needs)};
    this.#rooms.set(needs, room);
    return room;
  }

  #lackOf(needs: Amounts): string {
    for (const [name, amount] of Object.entries(needs.scalars)) {
      let largest = 0;
      for (const {scalars} of this.#agents.keys()) {
        largest = Math.max(largest, scalars[name] ?? 0);
      }
      if (amount <= largest) continue;
      const [asked, most] = [printThousandths(amount), printThousandths(largest)];
      return `takes ${name}:${asked}, the largest agent has ${name}:${most}`;
    }
    return 'takes more of several resources together than any agent has';
  }
}

function timesIn(total: Amounts, needs: Amounts): number {
  let times = Infinity;
  for (const [name, amount] of Object.entries(needs.scalars)) {
    if (amount > 0) times = Math.min(times, Math.floor((total.scalars[name] ?? 0) / amount));
  }
  return times;
}

export function misfitJobs(workload: JobsWorkload, trace: JobTrace, room: Roominess): Misfits {
  const {shapeOf, amounts} = jobShapes(workload, trace);
  const rows = new Set<number>();
  const messages: string[] = [];
  const count = Math.min(trace.count, workload.limit ?? Infinity);
  for (let index = 0; index < count; index += 1) {
    const needs = amounts[shapeOf[index] as number] as Amounts;
    const tasks = trace.tasks[index] as number;
    const {tasks: most, lack} = room.roomFor(needs);
    if (tasks <= most) continue;
    rows.add(index);
    if (messages.length >= MESSAGES_MAX) continue;
    const name = `job ${jobId(trace, index)} (row ${String(trace.rowOf[index])})`;
    messages.push(
      lack === ''
        ? `${name} is too wide: ${tasks} tasks at once, the whole cluster holds ${most}`
        : `${name} is bigger than any machine: a task ${lack}`,
    );
  }
  return {rows, messages};
}

export function misfitPods(workload: PodsWorkload, trace: PodTrace, room: Roominess): Misfits {
  const rows = new Set<number>();
  const messages: string[] = [];
  for (const [index, pod] of trace.pods.slice(0, workload.limit ?? Infinity).entries()) {
    const {tasks, lack} = room.roomFor(podAmounts(pod));
    if (tasks > 0) continue;
    rows.add(index);
    if (messages.length < MESSAGES_MAX) {
      messages.push(`pod ${pod.name} is bigger than any machine: it ${lack}`);
    }
  }
  return {rows, messages};
}

/** The trace without some of its jobs. */
export function withoutJobs(trace: JobTrace, rows: ReadonlySet<number>): JobTrace {
  const keeps = (_: unknown, index: number): boolean => !rows.has(index);
  return {
    ...trace,
    count: trace.count - rows.size,
    submitMs: trace.submitMs.filter(keeps),
    durationMs: trace.durationMs.filter(keeps),
    tasks: trace.tasks.filter(keeps),
    cpusMilli: trace.cpusMilli.filter(keeps),
    memMilli: trace.memMilli?.filter(keeps),
    diskMilli: trace.diskMilli?.filter(keeps),
    gpusMilli: trace.gpusMilli?.filter(keeps),
    userOf: trace.userOf.filter(keeps),
    ids: trace.ids?.filter(keeps),
    rowOf: trace.rowOf.filter(keeps),
  };
}
