/**
 * What an agent runs, written down before it happens: so that the next process of this agent, and
 * the next master, know of every task and of every update that nobody has acknowledged yet (Mesos's
 * checkpointing and its status update manager, reference part 3.2).
 */
import {
  isTerminal,
  must,
  type FrameworkId,
  type TaskId,
  type TaskSpec,
  type TaskState,
} from '../../engine/index.ts';
import type {Store} from '../../adapters/ports/store.ts';
import type {ReportedStatus} from '../../api/cluster.ts';
import type {AgentOrder, StatusMessage} from '../link/messages.ts';

export type LaunchOrder = Extract<AgentOrder, {readonly kind: 'launchTask'}>;

/** A task as it is written down. */
export interface LedgerTask {
  readonly launch: LaunchOrder;
  /** As it is run: made when the launch came, so that a newer agent runs it as it was. */
  readonly spec: TaskSpec;
  /** Absolute path. */
  readonly sandbox: string;
  /** Whether an executor has it; before that it can be started anew. */
  readonly isHandedOver: boolean;
  readonly launchedAt: number;
  /** Every state that it was in, the latest last. */
  readonly statuses: readonly ReportedStatus[];
  /** Updates that are not acknowledged; only the first of them is on its way. */
  readonly pending: readonly StatusMessage[];
}

/** Names a task among all of an agent's. */
export function taskKey(frameworkId: string, taskId: string): string {
  return `${frameworkId}/${taskId}`;
}

const FOLDER = 'tasks/';

export class TaskLedger {
  readonly #store: Store;
  readonly #tasks = new Map<string, LedgerTask>();

  constructor(store: Store, documents: readonly (readonly [string, unknown])[]) {
    this.#store = store;
    for (const [path, document] of documents) {
      if (!path.startsWith(FOLDER)) continue;
      this.#tasks.set(path.slice(FOLDER.length), document as LedgerTask);
    }
  }

  get all(): ReadonlyMap<string, LedgerTask> {
    return this.#tasks;
  }

  get(frameworkId: FrameworkId, taskId: TaskId): LedgerTask | undefined {
    return this.#tasks.get(taskKey(frameworkId, taskId));
  }

  /** Resolves when it is written: only then may the task be started. */
  add(task: LedgerTask): Promise<void> {
    return this.#write(task);
  }

  handOver(task: LedgerTask): Promise<void> {
    return this.#write({...this.#current(task), isHandedOver: true});
  }

  /** An update for the master. Resolves when it may be sent. */
  push(task: LedgerTask, update: StatusMessage, at: number): Promise<void> {
    const {statuses, pending, ...rest} = this.#current(task);
    const {state, healthy, containerIp} = update;
    const last = statuses.at(-1);
    const status: ReportedStatus = {
      state,
      at,
      ...(healthy === undefined ? {} : {healthy}),
      ...given('containerIp', containerIp ?? last?.containerIp),
    };
    // As in Mesos, one entry for each state.
    const before = last?.state === state ? statuses.slice(0, -1) : statuses;
    return this.#write({...rest, statuses: [...before, status], pending: [...pending, update]});
  }

  /**
   * The first pending update has arrived. Answers whether it was that one; resolves `done` when it
   * is written. The task is forgotten with its last update.
   */
  acknowledge(task: LedgerTask, updateId: string): {isNews: boolean; done: Promise<void>} {
    const current = this.#current(task);
    const [head, ...pending] = current.pending;
    if (head?.updateId !== updateId) return {isNews: false, done: Promise.resolve()};
    if (isTerminal(head.state)) return {isNews: true, done: this.#remove(current)};
    return {isNews: true, done: this.#write({...current, pending})};
  }

  #current({launch}: LedgerTask): LedgerTask {
    const key = taskKey(launch.frameworkId, launch.taskId);
    return must(this.#tasks.get(key), `task ${key}`);
  }

  #write(task: LedgerTask): Promise<void> {
    const key = taskKey(task.launch.frameworkId, task.launch.taskId);
    this.#tasks.set(key, task);
    return this.#store.commit({puts: [{path: `${FOLDER}${key}`, document: task}], deletes: []});
  }

  #remove({launch}: LedgerTask): Promise<void> {
    const key = taskKey(launch.frameworkId, launch.taskId);
    this.#tasks.delete(key);
    return this.#store.commit({puts: [], deletes: [`${FOLDER}${key}`]});
  }
}

/** Whether it has ended, whether or not a master knows. */
export function hasEnded({statuses}: LedgerTask): boolean {
  const last = statuses.at(-1);
  return last !== undefined && isTerminal(last.state);
}

/**
 * The state that a master is told when the agent registers. A task whose end is not acknowledged is
 * told as it was before: its end follows, and a master that has never heard of it must not take it
 * for one that was never there.
 */
export function reportedState({statuses}: LedgerTask): TaskState {
  const alive = statuses.filter(({state}) => !isTerminal(state));
  return alive.at(-1)?.state ?? 'TASK_STAGING';
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({[key]: value} as Record<K, V>);
}
