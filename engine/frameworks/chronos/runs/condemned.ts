/**
 * Tasks of runs that count no more, because their job was deleted or they were given up: they are
 * killed until they have ended, also by the leaders that come after.
 */
import {taskIdOf, type AgentId, type TaskId} from '../../../kernel/ids.ts';
import type {RecordStore} from '../jobs/job-book.ts';

export interface CondemnedTask {
  /** Names its record: ids of tasks may hold what a path must not. */
  readonly serial: number;
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
  /** Undefined: the executor's default. */
  readonly graceMs?: number | undefined;
  /** When its kill was sent last: ms since 1970. */
  readonly sentAt: number;
}

export class Condemned {
  readonly #store: RecordStore;
  readonly #kill: (taskId: TaskId, graceMs?: number) => void;
  readonly #clock: {readonly now: () => number; readonly retryMs: number};
  /** By the instants at which their kills were sent, oldest first. */
  readonly #tasks = new Map<TaskId, CondemnedTask>();

  /** A kill that nobody answers is sent again after `retryMs`. */
  constructor(
    store: RecordStore,
    kill: (taskId: TaskId, graceMs?: number) => void,
    clock: {readonly now: () => number; readonly retryMs: number},
    stored: readonly CondemnedTask[] = [],
  ) {
    this.#store = store;
    this.#kill = kill;
    this.#clock = clock;
    for (const task of stored) this.#tasks.set(taskIdOf(task.taskId), task);
  }

  /** When the next kill is to be sent again; Infinity: none is. */
  get nextAt(): number {
    for (const {sentAt} of this.#tasks.values()) return sentAt + this.#clock.retryMs;
    return Infinity;
  }

  /** It is killed now, and until it has ended. */
  add(taskId: TaskId, agentId: AgentId | undefined, graceMs?: number): void {
    const serial = this.#tasks.get(taskId)?.serial ?? this.#freeSerial();
    this.#send({serial, taskId, agentId, graceMs, sentAt: this.#clock.now()});
  }

  /** Not counted apart: what is there now must be enough to go on from. */
  #freeSerial(): number {
    let last = 0;
    for (const {serial} of this.#tasks.values()) last = Math.max(last, serial);
    return last + 1;
  }

  #send(task: CondemnedTask): void {
    const {serial, taskId, graceMs} = task;
    this.#tasks.delete(taskId);
    this.#tasks.set(taskId, task);
    this.#store.putRecord(`condemned/${serial}`, task);
    this.#kill(taskId, graceMs);
  }

  /** Its task has ended, or is not there. */
  ended(taskId: TaskId): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    this.#tasks.delete(taskId);
    this.#store.deleteRecord(`condemned/${task.serial}`);
  }

  /** Kills those once more of which nothing was heard. */
  killDue(): void {
    const now = this.#clock.now();
    while (this.nextAt <= now) this.#killFirst(now);
  }

  #killFirst(now: number): void {
    for (const task of this.#tasks.values()) {
      this.#send({...task, sentAt: now});
      return;
    }
  }

  /** Another leader kills all of them once more. */
  killAll(): void {
    const now = this.#clock.now();
    for (const task of [...this.#tasks.values()]) this.#send({...task, sentAt: now});
  }

  documents(): readonly CondemnedTask[] {
    return [...this.#tasks.values()];
  }
}
