/** Drives executors of one agent for the contract suite, and keeps what they tell. */
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {frameworkIdOf, taskIdOf, type TaskId, type TaskSpec} from '../../../engine/index.ts';
import type {Executor, ExecutorNews, ExecutorTask} from '../executor.ts';
import {forkExecutor, type OpenExecutor, type RemoteExecutor} from './remote-executor.ts';

/** What one agent has of the machine, empty at first. */
export interface ExecutorBed {
  /** An absolute path; sandboxes are made in it. */
  readonly folder: string;
  /** What all tasks here have, such as their image. */
  readonly terms: Partial<TaskSpec>;
  /**
   * A module that exports `openExecutor: OpenExecutor`, and what that is called with: it may be
   * opened here, and in a process that gets killed. Always the same agent; never two at a time.
   */
  readonly module: URL;
  readonly argument: unknown;
  /** What there still is of the tasks of this agent beside their sandboxes, in words. */
  leftovers(): Promise<readonly string[]>;
  /** Removes everything, running tasks too. Every executor is closed or dead by then. */
  cleanUp(): Promise<void>;
}

/** Long enough for two slow cores that others use as well. */
export const PATIENCE_MS = 120_000;

/** The terms of a task that most promises are about. */
interface Wanted extends Partial<TaskSpec> {
  readonly shell?: string;
}

/** Drives executors on one bed, one after the other, and keeps the news of all of them. */
export class Agent {
  readonly bed: ExecutorBed;
  readonly #news: ExecutorNews[] = [];
  readonly #listeners = new Set<() => void>();
  #executor: Promise<Executor> | undefined;
  #remote: Promise<RemoteExecutor> | undefined;
  #serial = 0;

  constructor(bed: ExecutorBed) {
    this.bed = bed;
  }

  readonly #hear = (news: ExecutorNews): void => {
    this.#news.push(news);
    for (const listener of this.#listeners) listener();
  };

  /** The executor in this process, opened when it is first wanted. */
  executor(): Promise<Executor> {
    this.#executor ??= this.#openHere();
    return this.#executor;
  }

  async #openHere(): Promise<Executor> {
    const {openExecutor} = (await import(this.bed.module.href)) as {openExecutor: OpenExecutor};
    return openExecutor(this.bed.argument, this.#hear);
  }

  /** An executor in a process of its own. */
  remote(): Promise<RemoteExecutor> {
    const {module, argument} = this.bed;
    this.#remote ??= forkExecutor({module, argument}, this.#hear);
    return this.#remote;
  }

  /** With a sandbox, and with a name of its own. */
  async task({shell, ...wanted}: Wanted = {}): Promise<ExecutorTask> {
    this.#serial += 1;
    const taskId = taskIdOf(`task.${this.#serial}:of-${process.pid}`);
    const sandbox = join(this.bed.folder, `sandbox-${this.#serial}`);
    await mkdir(sandbox, {recursive: true});
    const spec: TaskSpec = {
      ...{frameworkId: frameworkIdOf('framework'), taskId, name: 'task'},
      ...{command: {kind: 'shell', text: shell ?? 'exit 0'}, env: {}, fetch: []},
      ...{cpus: 0.1, memMiB: 64, diskMiB: 0, limits: {}, ports: [], volumes: [], labels: {}},
      ...{graceMs: 3000, healthChecks: [], tty: false},
      ...this.bed.terms,
      ...wanted,
    };
    return {spec, sandbox};
  }

  async launch(wanted: Wanted): Promise<ExecutorTask> {
    const executor = await this.executor();
    const task = await this.task(wanted);
    executor.launch(task);
    return task;
  }

  newsOf(taskId: TaskId): readonly ExecutorNews[] {
    return this.#news.filter((news) => news.taskId === taskId);
  }

  statesOf(taskId: TaskId): readonly string[] {
    return this.newsOf(taskId).map(({state}) => state);
  }

  /** Waits for news of the task in this state; those before `from` do not count. */
  async until(taskId: TaskId, isIt: (news: ExecutorNews) => boolean, from = 0) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.newsOf(taskId).slice(from).find(isIt);
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        const done = (): void => {
          this.#listeners.delete(done);
          signal.removeEventListener('abort', done);
          if (!signal.aborted) return resolve();
          const heard = JSON.stringify(this.newsOf(taskId));
          reject(new Error(`no such news of ${taskId} in time; heard: ${heard}`));
        };
        this.#listeners.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }

  running({spec}: ExecutorTask, from = 0): Promise<ExecutorNews> {
    return this.until(spec.taskId, ({state}) => state === 'TASK_RUNNING', from);
  }

  ended({spec}: ExecutorTask): Promise<ExecutorNews> {
    return this.until(spec.taskId, isEnd);
  }

  /** Lets go of its tasks. */
  async close(): Promise<void> {
    const executor = this.#executor;
    this.#executor = undefined;
    await (await executor)?.close();
  }

  /** As `kill -9` does. */
  async crash(): Promise<void> {
    const remote = this.#remote;
    this.#remote = undefined;
    await (await remote)?.crash();
  }

  async shutDown(): Promise<void> {
    await this.crash();
    await this.close();
  }
}

const ENDS = new Set(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR']);

export function isEnd({state}: ExecutorNews): boolean {
  return ENDS.has(state);
}
