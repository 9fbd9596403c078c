/**
 * An executor whose tasks are entries of a table outside of it, as processes and containers are
 * outside of an agent: they run until they are killed, also while no agent is there.
 */
import type {
  ExecRequest,
  ExecSession,
  Executor,
  ExecutorNews,
  ExecutorTask,
} from '../../adapters/ports/executor.ts';
import type {TaskId} from '../../engine/index.ts';

/** What runs on a machine, whoever watches it. */
export class FakeMachine {
  readonly running = new Map<TaskId, ExecutorTask>();
  /** How often each task was started. */
  readonly starts = new Map<TaskId, number>();
  readonly #watchers = new Set<(news: ExecutorNews) => void>();

  start(task: ExecutorTask): void {
    const {taskId} = task.spec;
    this.running.set(taskId, task);
    this.starts.set(taskId, (this.starts.get(taskId) ?? 0) + 1);
    this.#tell({taskId, state: 'TASK_RUNNING'});
  }

  end(taskId: TaskId, state: 'TASK_FAILED' | 'TASK_FINISHED' | 'TASK_KILLED'): void {
    if (this.running.delete(taskId)) this.#tell({taskId, state});
  }

  watch(watcher: (news: ExecutorNews) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #tell(news: ExecutorNews): void {
    for (const watcher of [...this.#watchers]) watcher(news);
  }
}

export class FakeExecutor implements Executor {
  readonly #machine: FakeMachine;
  readonly #onNews: (news: ExecutorNews) => void;
  readonly #unwatch: () => void;

  constructor(machine: FakeMachine, onNews: (news: ExecutorNews) => void) {
    this.#machine = machine;
    this.#onNews = onNews;
    this.#unwatch = machine.watch(onNews);
  }

  launch(task: ExecutorTask): void {
    this.#machine.start(task);
  }

  kill(taskId: TaskId): void {
    this.#machine.end(taskId, 'TASK_KILLED');
  }

  async recover(tasks: readonly ExecutorTask[]): Promise<void> {
    for (const {spec} of tasks) {
      const state = this.#machine.running.has(spec.taskId) ? 'TASK_RUNNING' : 'TASK_FAILED';
      this.#onNews({taskId: spec.taskId, state});
    }
  }

  async exec(_taskId: TaskId, _request: ExecRequest): Promise<ExecSession> {
    throw new Error('nothing can be run beside these tasks');
  }

  async usage(): Promise<undefined> {
    return undefined;
  }

  async forget(_taskId: TaskId): Promise<void> {}

  async close(): Promise<void> {
    this.#unwatch();
  }
}
