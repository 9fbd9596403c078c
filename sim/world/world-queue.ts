/**
 * What is due in the virtual world, in a total order: instant, then lane, then the order of
 * arrival.
 *
 * Lanes give the kinds of one instant their order: what tasks do comes before what happens to
 * agents, and both before arrivals (which the sources keep themselves), so that a job that ends and
 * a job that comes at one instant meet as the reference schedules have it. An entry is a row and a
 * kind packed into one integer: nothing is allocated for it.
 */
import {Agenda} from '../../engine/index.ts';
import type {AgendaSnapshot} from '../../engine/index.ts';

/** Kinds of the task lane; the row is a task's. */
export const TASK_STARTED = 0;
export const TASK_ENDED = 1;
export const TASK_KILLED = 2;
/** Its agent looks how it is. */
export const TASK_TURNS = 3;
/** An update that waited for the acknowledgement of the one before. */
export const TASK_REPORTS = 4;
/** The store has written; the row is meaningless. */
export const STORE_WROTE = 5;
/** The row is one of answers, not of a task. */
export const PROBES_ANSWERED = 6;
/** Its agent has found it sick for too long. */
export const TASK_CONDEMNED = 7;

/** Kinds of the agent lane: rows of faults and of failure processes. */
export const FAULT_ENDS = 0;
export const PROCESS_STRIKES = 1;
export const PROCESS_HEALS = 2;
/** The row is one of letters (`update-network.ts`). */
export const UPDATE_ARRIVES = 3;

const kindBits = 3;
const kindMask = 7;

export const kindOf = (entry: number): number => entry & kindMask;
export const rowOf = (entry: number): number => entry >>> kindBits;

export interface WorldQueueSnapshot {
  readonly tasks: AgendaSnapshot;
  readonly agents: AgendaSnapshot;
}

export class WorldQueue {
  #tasks = new Agenda(1024);
  #agents = new Agenda(1024);

  /** Instant of the earliest entry; Infinity when there is none. */
  get nextAt(): number {
    const tasksAt = this.#tasks.nextAt;
    const agentsAt = this.#agents.nextAt;
    return tasksAt <= agentsAt ? tasksAt : agentsAt;
  }

  /** Whether the earliest entry is of the task lane. */
  get isTaskNext(): boolean {
    return this.#tasks.nextAt <= this.#agents.nextAt;
  }

  pushTask(at: number, kind: number, row: number): void {
    this.#tasks.push(at, (row << kindBits) | kind);
  }

  pushAgent(at: number, kind: number, row: number): void {
    this.#agents.push(at, (row << kindBits) | kind);
  }

  popTask(): number {
    return this.#tasks.pop();
  }

  popAgent(): number {
    return this.#agents.pop();
  }

  snapshot(): WorldQueueSnapshot {
    return {tasks: this.#tasks.snapshot(), agents: this.#agents.snapshot()};
  }

  restore(snapshot: WorldQueueSnapshot): void {
    this.#tasks = Agenda.restore(snapshot.tasks);
    this.#agents = Agenda.restore(snapshot.agents);
  }
}
