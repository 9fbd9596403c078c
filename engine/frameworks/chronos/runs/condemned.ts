/**
 * Tasks of runs that count no more, because their job was deleted: they are killed until they have
 * ended, also by the leaders that come after.
 */
import {taskIdOf, type AgentId, type TaskId} from '../../../kernel/ids.ts';
import type {RecordStore} from '../jobs/job-book.ts';

export interface CondemnedTask {
  /** Names its record: ids of tasks may hold what a path must not. */
  readonly serial: number;
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
}

export class Condemned {
  readonly #store: RecordStore;
  readonly #kill: (taskId: TaskId) => void;
  readonly #tasks = new Map<TaskId, CondemnedTask>();
  #nextSerial: number;

  constructor(
    store: RecordStore,
    kill: (taskId: TaskId) => void,
    stored: readonly CondemnedTask[] = [],
  ) {
    this.#store = store;
    this.#kill = kill;
    for (const task of stored) this.#tasks.set(taskIdOf(task.taskId), task);
    this.#nextSerial = 1 + Math.max(0, ...stored.map(({serial}) => serial));
  }

  get size(): number {
    return this.#tasks.size;
  }

  add(taskId: TaskId, agentId: AgentId | undefined): void {
    const task = {serial: this.#nextSerial, taskId, agentId};
    this.#nextSerial += 1;
    this.#tasks.set(taskId, task);
    this.#store.putRecord(`condemned/${task.serial}`, task);
    this.#kill(taskId);
  }

  /** Its task has ended, or is not there. */
  ended(taskId: TaskId): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    this.#tasks.delete(taskId);
    this.#store.deleteRecord(`condemned/${task.serial}`);
  }

  /** Kills those that are left once more. */
  killAll(): void {
    for (const taskId of this.#tasks.keys()) this.#kill(taskId);
  }

  documents(): readonly CondemnedTask[] {
    return [...this.#tasks.values()];
  }
}
