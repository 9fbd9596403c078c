/**
 * What an agent still tells of tasks that are over: where the latest have their files, and how many
 * have ended in which way. For people and metrics only, so that it is not written down.
 */
import {
  isTerminal,
  type FrameworkId,
  type StatusReason,
  type TaskState,
} from '../../engine/index.ts';
import type {AgentTally} from '../../api/agent/agent-face-source.ts';
import type {LedgerTask} from './task-ledger.ts';

/** Of each framework: Mesos's `MAX_COMPLETED_EXECUTORS_PER_FRAMEWORK`. */
const TASKS_MAX = 150;

export class PastTasks implements AgentTally {
  readonly #tasks = new Map<FrameworkId, LedgerTask[]>();
  readonly #ends = new Map<TaskState, number>();
  #updates = 0;
  #launchErrors = 0;
  readonly #startedAt = performance.now();
  #recoveryMs = 0;

  /** All that an earlier process of this agent ran is known. */
  recovered(): void {
    this.#recoveryMs = performance.now() - this.#startedAt;
  }

  /** An update of a task was made. */
  updated(state: TaskState, reason: StatusReason | undefined): void {
    this.#updates += 1;
    if (isTerminal(state)) this.#ends.set(state, (this.#ends.get(state) ?? 0) + 1);
    if (reason === 'REASON_CONTAINER_LAUNCH_FAILED') this.#launchErrors += 1;
  }

  /** The agent forgets it: nobody has to be told of it any more. */
  forgotten(task: LedgerTask): void {
    const {frameworkId} = task.launch;
    const own = this.#tasks.get(frameworkId) ?? [];
    this.#tasks.set(frameworkId, own);
    own.push(task);
    if (own.length > TASKS_MAX) own.shift();
  }

  /** The latest of each framework, oldest first. */
  *tasks(): Iterable<LedgerTask> {
    for (const own of this.#tasks.values()) yield* own;
  }

  get ends(): ReadonlyMap<TaskState, number> {
    return this.#ends;
  }

  get updates(): number {
    return this.#updates;
  }

  get recoveryMs(): number {
    return this.#recoveryMs;
  }

  get launchErrors(): number {
    return this.#launchErrors;
  }
}
