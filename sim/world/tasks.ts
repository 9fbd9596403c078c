/**
 * The tasks on the virtual agents: rows of columns, reused once a task is forgotten.
 *
 * A row lives until its last status is acknowledged (or its agent dies) and no entry of the queue
 * speaks of it any more: `due` counts these entries, so that a row is never reused under an entry
 * that is still to come.
 */
import type {Effect, TaskId, TaskState} from '../../engine/index.ts';
import type {AgentTable} from './agents.ts';
import {
  columnsSnapshot,
  restoreColumns,
  type Columns,
  type ColumnsSnapshot,
  grownFloat64,
  grownInt32,
  grownUint8,
} from './growable.ts';
import type {TaskHealth} from './health-plan.ts';

export const FREE = 0;
export const STAGING = 1;
export const RUNNING = 2;
/** Over; the last status is not yet acknowledged. */
export const ENDED = 3;
/** Nobody asks for it any more, but an entry of the queue still names the row. */
export const FORGOTTEN = 4;

/** Codes of what a status can say; the index is the code. */
export const STATUS_STATES: readonly TaskState[] = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_RUNNING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
];
export const SAYS_STARTING = 1;
export const SAYS_RUNNING = 2;
export const SAYS_HEALTHY = 3;
export const SAYS_SICK = 4;
export const SAYS_KILLING = 5;
/** This and what is above it: the last word. */
export const SAYS_FINISHED = 6;
export const SAYS_FAILED = 7;
export const SAYS_KILLED = 8;

/** Bits of `toSay`: statuses that wait to be sent, and that the one on its way must be repeated. */
export const RUNNING_BIT = 1;
export const HEALTHY_BIT = 2;
export const END_BIT = 4;
export const REPEAT_BIT = 8;
export const SICK_BIT = 16;
export const STARTING_BIT = 32;
export const KILLING_BIT = 64;

/** What a task will do, in virtual milliseconds; -1: never. */
export interface TaskPlan {
  /** Whether it says at once that it is starting. */
  saysStarting: boolean;
  /** Whether it says that it is being killed. */
  saysKilling: boolean;
  startupMs: number;
  /** From running to its end. */
  durationMs: number;
  /** SAYS_FINISHED or SAYS_FAILED. */
  end: number;
  /** From a kill to its end, unless the grace it is given is shorter. */
  stopMs: number;
  /** How it will be, if somebody asks for its health. */
  health: TaskHealth | null;
}

/** The order by which a task came: kept, because an agent that registers again tells all of it. */
export type Launch = Extract<Effect, {kind: 'launchTask'}>;

/** A task that is about to be added. */
export interface NewTask {
  readonly launch: Launch;
  readonly framework: number;
  readonly agent: number;
  /** Row of its job; -1 for instances of apps. */
  readonly job: number;
  readonly cpus: number;
}

export interface TaskTableSnapshot {
  readonly launches: readonly (Launch | null)[];
  readonly health: readonly (TaskHealth | null)[];
  /** Rows in columns; free rows are among them. */
  readonly columns: ColumnsSnapshot;
  readonly firstTask: readonly number[];
  readonly free: readonly number[];
}

export class TaskTable {
  readonly #agents: AgentTable;
  readonly #rows: readonly Map<string, number>[];
  #capacity = 1024;
  /** Rows ever used. */
  #size = 0;
  #free: number[] = [];
  launches: (Launch | null)[] = [];
  /** Null: nobody has asked for it. */
  health: (TaskHealth | null)[] = [];
  framework = new Int32Array(this.#capacity);
  /** Row of its job, while that is not over; -1 for instances of apps. */
  job = new Int32Array(this.#capacity);
  agent = new Int32Array(this.#capacity);
  cpus = new Float64Array(this.#capacity);
  state = new Uint8Array(this.#capacity);
  /** Planned end, or the real one once it is over. */
  end = new Uint8Array(this.#capacity);
  durationMs = new Float64Array(this.#capacity);
  stopMs = new Float64Array(this.#capacity);
  /** 1: it will say when it is being killed; 0: it will not, or has said so. */
  saysKilling = new Uint8Array(this.#capacity);
  /** When it began to run; meaningless before. */
  runningAt = new Float64Array(this.#capacity);
  toSay = new Uint8Array(this.#capacity);
  /** Number and code of the status on its way; 0: none. */
  sentSerial = new Int32Array(this.#capacity);
  sentCode = new Uint8Array(this.#capacity);
  /** Statuses sent so far. */
  serial = new Int32Array(this.#capacity);
  due = new Int32Array(this.#capacity);
  #next = new Int32Array(this.#capacity);
  #previous = new Int32Array(this.#capacity);

  constructor(agents: AgentTable, frameworks: number) {
    this.#agents = agents;
    this.#rows = Array.from({length: frameworks}, () => new Map<string, number>());
  }

  /** The row that an answer of the engine is most probably about: that of the last status sent. */
  likelyRow = 0;

  /** The row of a task; -1 when there is none. */
  rowOf(framework: number, id: TaskId): number {
    const likely = this.likelyRow;
    if (this.launches[likely]?.taskId === id && this.framework[likely] === framework) return likely;
    return (this.#rows[framework] as Map<string, number>).get(id) ?? -1;
  }

  add(task: NewTask, plan: TaskPlan): number {
    const row = this.#free.pop() ?? this.#newRow();
    const {agent, framework, launch} = task;
    this.launches[row] = launch;
    this.framework[row] = framework;
    this.agent[row] = agent;
    this.job[row] = task.job;
    this.cpus[row] = task.cpus;
    this.state[row] = STAGING;
    this.end[row] = plan.end;
    this.durationMs[row] = plan.durationMs;
    this.stopMs[row] = plan.stopMs;
    this.saysKilling[row] = plan.saysKilling ? 1 : 0;
    this.health[row] = plan.health;
    this.toSay[row] = 0;
    this.sentSerial[row] = 0;
    this.sentCode[row] = 0;
    this.serial[row] = 0;
    this.due[row] = 0;
    this.#link(row, agent);
    this.#agents.usedCpus[agent] = (this.#agents.usedCpus[agent] as number) + task.cpus;
    (this.#rows[framework] as Map<string, number>).set(launch.taskId, row);
    return row;
  }

  #link(row: number, agent: number): void {
    const {firstTask} = this.#agents;
    const first = firstTask[agent] as number;
    this.#next[row] = first;
    this.#previous[row] = -1;
    if (first >= 0) this.#previous[first] = row;
    firstTask[agent] = row;
  }

  /** The next task of the same agent; -1 after the last. */
  nextOnAgent(row: number): number {
    return this.#next[row] as number;
  }

  /**
   * The task no longer exists for anybody. The row is reused once no entry of the queue names it.
   */
  forget(row: number): void {
    const agent = this.agent[row] as number;
    const next = this.#next[row] as number;
    const previous = this.#previous[row] as number;
    if (next >= 0) this.#previous[next] = previous;
    if (previous >= 0) this.#next[previous] = next;
    else this.#agents.firstTask[agent] = next;
    const launch = this.launches[row] as Launch;
    (this.#rows[this.framework[row] as number] as Map<string, number>).delete(launch.taskId);
    this.launches[row] = null;
    this.health[row] = null;
    this.state[row] = FORGOTTEN;
    this.toSay[row] = 0;
    this.sentSerial[row] = 0;
    this.release(row);
  }

  /** What a task that is over held is free again on its agent. */
  freeResources(row: number): void {
    const {usedCpus} = this.#agents;
    const agent = this.agent[row] as number;
    usedCpus[agent] = (usedCpus[agent] as number) - (this.cpus[row] as number);
  }

  release(row: number): void {
    if (this.state[row] !== FORGOTTEN || (this.due[row] as number) > 0) return;
    this.state[row] = FREE;
    this.#free.push(row);
  }

  #newRow(): number {
    const row = this.#size;
    this.#size += 1;
    if (row === this.#capacity) this.#grow(2 * this.#capacity);
    return row;
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    this.framework = grownInt32(this.framework, capacity);
    this.agent = grownInt32(this.agent, capacity);
    this.job = grownInt32(this.job, capacity);
    this.cpus = grownFloat64(this.cpus, capacity);
    this.state = grownUint8(this.state, capacity);
    this.end = grownUint8(this.end, capacity);
    this.durationMs = grownFloat64(this.durationMs, capacity);
    this.stopMs = grownFloat64(this.stopMs, capacity);
    this.saysKilling = grownUint8(this.saysKilling, capacity);
    this.runningAt = grownFloat64(this.runningAt, capacity);
    this.toSay = grownUint8(this.toSay, capacity);
    this.sentSerial = grownInt32(this.sentSerial, capacity);
    this.sentCode = grownUint8(this.sentCode, capacity);
    this.serial = grownInt32(this.serial, capacity);
    this.due = grownInt32(this.due, capacity);
    this.#next = grownInt32(this.#next, capacity);
    this.#previous = grownInt32(this.#previous, capacity);
  }

  /** Columns of plain numbers, by name: what a snapshot is made of. */
  #columns(): Columns {
    return {
      framework: this.framework,
      agent: this.agent,
      job: this.job,
      cpus: this.cpus,
      state: this.state,
      end: this.end,
      durationMs: this.durationMs,
      stopMs: this.stopMs,
      saysKilling: this.saysKilling,
      runningAt: this.runningAt,
      toSay: this.toSay,
      sentSerial: this.sentSerial,
      sentCode: this.sentCode,
      serial: this.serial,
      due: this.due,
      next: this.#next,
      previous: this.#previous,
    };
  }

  snapshot(): TaskTableSnapshot {
    const columns = columnsSnapshot(this.#columns(), this.#size);
    return {
      launches: this.launches.slice(0, this.#size),
      health: this.health.slice(0, this.#size).map((health) => health && {...health}),
      columns,
      firstTask: Array.from(this.#agents.firstTask),
      free: [...this.#free],
    };
  }

  restore(snapshot: TaskTableSnapshot): void {
    this.#size = snapshot.launches.length;
    this.#grow(Math.max(1024, this.#size));
    this.launches = [...snapshot.launches];
    this.health = snapshot.health.map((health) => health && {...health});
    restoreColumns(this.#columns(), snapshot.columns);
    this.#free = [...snapshot.free];
    this.#agents.firstTask.set(snapshot.firstTask);
    this.#agents.usedCpus.fill(0);
    for (let row = 0; row < this.#size; row += 1) {
      const state = this.state[row] as number;
      if (state === FREE || state === FORGOTTEN) continue;
      const rows = this.#rows[this.framework[row] as number] as Map<string, number>;
      rows.set((this.launches[row] as Launch).taskId, row);
      if (state === ENDED) continue;
      const agent = this.agent[row] as number;
      const {usedCpus} = this.#agents;
      usedCpus[agent] = (usedCpus[agent] as number) + (this.cpus[row] as number);
    }
  }
}
