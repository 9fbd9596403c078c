/**
 * One agent's tasks: launches and kills come in, updates go out. It writes down, fetches, hands to
 * the right executor, checks health, and forgets what is over.
 */
import {randomUUID} from 'node:crypto';
import {appendFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {
  isTerminal,
  must,
  taskSpecOf,
  type AgentId,
  type FrameworkId,
  type StatusReason,
  type TaskId,
  type TaskSpec,
  type TaskState,
} from '../../engine/index.ts';
import type {Executor, ExecutorNews} from '../../adapters/ports/executor.ts';
import type {StatusMessage} from '../link/messages.ts';
import {TaskExecutors, type Executors} from './executors.ts';
import {PastTasks} from './past-tasks.ts';
import type {Sandboxes} from './sandboxes.ts';
import {checkTask} from './task-checks.ts';
import {
  hasEnded,
  taskKey,
  type LaunchOrder,
  type LedgerTask,
  type TaskLedger,
} from './task-ledger.ts';
import {UpdateSender} from './update-sender.ts';

export interface RunnerParts {
  readonly agentId: AgentId;
  readonly ledger: TaskLedger;
  readonly sandboxes: Sandboxes;
  readonly executors: (onNews: (news: ExecutorNews) => void) => Promise<Executors>;
  /** Fetches what a task wants in its sandbox; rejects with a message for its owner. */
  readonly fetch: (spec: TaskSpec, sandbox: string, signal: AbortSignal) => Promise<void>;
  /** Environment that this agent adds to every task's. */
  readonly env: Readonly<Record<string, string>>;
  readonly send: (update: StatusMessage) => void;
  readonly now: () => number;
  /** The checkpoint cannot be written any more: nothing may go on. */
  readonly failed: (error: unknown) => void;
  readonly log: Logger;
}

/** What is said of a task beside its state. */
type Remark = Partial<Pick<StatusMessage, 'containerIp' | 'healthy' | 'message' | 'reason'>>;

/** What cannot be found again by what is written down. */
interface Moment {
  readonly abort: AbortController;
  /** Ends its health checks. */
  stopChecks?: (() => void) | undefined;
  /** It was given up for its health: its end says so. */
  isUnhealthy?: boolean | undefined;
}

export class TaskRunner {
  readonly past = new PastTasks();
  readonly #parts: RunnerParts;
  readonly #sender: UpdateSender;
  readonly #moments = new Map<string, Moment>();
  readonly #byTaskId = new Map<TaskId, FrameworkId>();
  #executors: TaskExecutors | undefined;
  #isClosing = false;

  private constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#sender = new UpdateSender(parts.send);
  }

  /** Takes up what the ledger says: tasks that run are found again, others are started. */
  static async start(parts: RunnerParts): Promise<TaskRunner> {
    const runner = new TaskRunner(parts);
    await runner.#recover();
    runner.past.recovered();
    return runner;
  }

  async #recover(): Promise<void> {
    const {ledger, executors} = this.#parts;
    this.#executors = new TaskExecutors(await executors((news) => this.#news(news)));
    const running = [...ledger.all.values()].filter((task) => !hasEnded(task));
    for (const {launch} of ledger.all.values()) this.#know(launch);
    const handedOver = running.filter(({isHandedOver}) => isHandedOver);
    const {log} = this.#parts;
    log.info({tasks: ledger.all.size, running: running.length}, 'tasks recovered');
    const processes = handedOver.filter(({spec}) => spec.container === undefined);
    await this.#executors.recoverProcesses(processes);
    await this.#recoverContainers(handedOver.filter(({spec}) => spec.container !== undefined));
    for (const task of running) if (!task.isHandedOver) this.#prepare(task);
  }

  async #recoverContainers(tasks: readonly LedgerTask[]): Promise<void> {
    const found = await must(this.#executors, 'executors').recoverContainers(tasks);
    if (found.kind === 'dropped') {
      const message = 'its container is not looked after: this agent uses no Docker engine now';
      for (const task of tasks) {
        this.#update(task, 'TASK_FAILED', {reason: 'REASON_EXECUTOR_TERMINATED', message});
      }
    } else if (found.kind === 'awaited') {
      this.#parts.log.warn(
        {tasks: tasks.length, why: found.why},
        'tasks are in containers and no Docker engine answers: they are known again when one does',
      );
      found.known.catch((error: unknown) => {
        if (!this.#isClosing) this.#parts.failed(error);
      });
    }
  }

  #know({frameworkId, taskId}: LaunchOrder): Moment {
    const moment: Moment = {abort: new AbortController()};
    this.#moments.set(taskKey(frameworkId, taskId), moment);
    this.#byTaskId.set(taskId, frameworkId);
    return moment;
  }

  get tasks(): Iterable<LedgerTask> {
    return this.#parts.ledger.all.values();
  }

  find(taskId: TaskId): LedgerTask | undefined {
    const frameworkId = this.#byTaskId.get(taskId);
    return frameworkId && this.#parts.ledger.get(frameworkId, taskId);
  }

  executorOf({spec}: LedgerTask): Executor | undefined {
    return this.#executors?.of(spec);
  }

  /** The master has registered this agent: it is told what it has not acknowledged. */
  connected(): void {
    this.#sender.connected([...this.tasks].flatMap(({pending}) => pending.slice(0, 1)));
  }

  disconnected(): void {
    this.#sender.disconnected();
  }

  launch(launch: LaunchOrder): void {
    const {ledger, sandboxes, env, now, log} = this.#parts;
    const {frameworkId, taskId} = launch;
    if (ledger.get(frameworkId, taskId) !== undefined) {
      log.warn({taskId}, 'a launch came twice; the task is known');
      return;
    }
    const made = taskSpecOf(launch);
    const spec = {...made, env: {...env, MESOS_FRAMEWORK_ID: frameworkId, ...made.env}};
    const task: LedgerTask = {
      launch,
      spec,
      sandbox: sandboxes.plan({frameworkId, taskId}),
      isHandedOver: false,
      launchedAt: now(),
      statuses: [],
      pending: [],
    };
    this.#know(launch);
    log.info({taskId, name: launch.name}, 'launching');
    this.#after(ledger.add(task), () => this.#prepare(task));
  }

  /** Makes the sandbox, fetches, and hands it over; a kill on the way ends it. */
  #prepare(task: LedgerTask): void {
    const {spec, sandbox} = task;
    if (spec.problem !== undefined) {
      this.#update(task, 'TASK_ERROR', {reason: 'REASON_TASK_INVALID', message: spec.problem});
      return;
    }
    const {signal} = this.#momentOf(task).abort;
    const ready = this.#parts.sandboxes.make(sandbox).then(async () => {
      const executor = await must(this.#executors, 'executors').forLaunch(spec);
      await this.#parts.fetch(spec, sandbox, signal);
      return executor;
    });
    ready.then(
      (executor) => this.#handOver(task, executor),
      (error: unknown) => {
        if (this.#isClosing) return;
        if (signal.aborted) this.#killedEarly(task);
        else this.#launchFailed(task, (error as Error).message);
      },
    );
  }

  #handOver(task: LedgerTask, executor: Executor): void {
    if (this.#isClosing) return;
    if (this.#momentOf(task).abort.signal.aborted) {
      this.#killedEarly(task);
      return;
    }
    this.#after(this.#parts.ledger.handOver(task), () => {
      executor.launch({spec: task.spec, sandbox: task.sandbox});
      // A kill that came while it was being written down has found no executor.
      if (this.#momentOf(task).abort.signal.aborted) executor.kill(task.launch.taskId, 0);
    });
  }

  /** Said in its sandbox, too, where people look for what went wrong. */
  #launchFailed(task: LedgerTask, message: string): void {
    const {log} = this.#parts;
    const noted = appendFile(join(task.sandbox, 'stderr'), `${message}\n`);
    const missing = (error: unknown): void => log.debug({err: error}, 'not said in the sandbox');
    this.#after(noted.catch(missing), () => {
      if (this.#isClosing) return;
      this.#update(task, 'TASK_FAILED', {reason: 'REASON_CONTAINER_LAUNCH_FAILED', message});
    });
  }

  #killedEarly(task: LedgerTask): void {
    const message = 'Task killed before it was started';
    this.#update(task, 'TASK_KILLED', {reason: 'REASON_TASK_KILLED_DURING_LAUNCH', message});
  }

  kill(frameworkId: FrameworkId, taskId: TaskId, graceMs: number | undefined): void {
    const task = this.#parts.ledger.get(frameworkId, taskId);
    if (task === undefined) {
      this.#parts.log.warn({taskId}, 'a kill for a task that is not here');
      return;
    }
    if (hasEnded(task)) return;
    this.#parts.log.info({taskId}, 'killing');
    this.#momentOf(task).abort.abort();
    if (task.isHandedOver) this.executorOf(task)?.kill(taskId, graceMs ?? task.spec.graceMs);
  }

  acknowledge(frameworkId: FrameworkId, taskId: TaskId, updateId: string): void {
    const {ledger} = this.#parts;
    const task = ledger.get(frameworkId, taskId);
    if (task === undefined) return;
    const {isNews, done} = ledger.acknowledge(task, updateId);
    if (!isNews) return;
    const key = taskKey(frameworkId, taskId);
    this.#sender.stop(key);
    const left = ledger.get(frameworkId, taskId);
    if (left === undefined) {
      this.past.forgotten(task);
      this.#forget(task);
    }
    const head = left?.pending[0];
    this.#after(done, () => {
      if (head !== undefined) this.#sender.offer(head);
    });
  }

  #forget(task: LedgerTask): void {
    const {frameworkId, taskId} = task.launch;
    this.#moments.delete(taskKey(frameworkId, taskId));
    this.#byTaskId.delete(taskId);
    void this.#removeRest(task);
  }

  async #removeRest(task: LedgerTask): Promise<void> {
    const {taskId} = task.launch;
    if (!task.isHandedOver) return;
    try {
      await this.executorOf(task)?.forget(taskId);
    } catch (error) {
      this.#parts.log.warn({taskId, err: error}, 'what is left of a task cannot be removed');
    }
  }

  #news({taskId, state, ...remark}: ExecutorNews): void {
    const task = this.find(taskId);
    if (task === undefined || hasEnded(task)) return;
    const last = task.statuses.at(-1);
    const isRepeated =
      last?.state === state &&
      (remark.containerIp === undefined || remark.containerIp === last.containerIp);
    if (!isRepeated) this.#update(task, state, remark);
    // After a restart of the agent, it is told again that it runs.
    if (state === 'TASK_RUNNING') this.#check(task);
  }

  /** Updates of one task are sent one after the other: what waits before it is sent first. */
  #update(task: LedgerTask, state: TaskState, remark: Remark): void {
    const {agentId, ledger, sandboxes, now, log} = this.#parts;
    const {frameworkId, taskId} = task.launch;
    const moment = this.#momentOf(task);
    if (isTerminal(state)) moment.stopChecks?.();
    const update: StatusMessage = {
      kind: 'taskStatus',
      agentId,
      frameworkId,
      taskId,
      state,
      updateId: randomUUID(),
      ...remark,
      ...(moment.isUnhealthy === true && isTerminal(state) ? unhealthy(remark.message) : {}),
    };
    const {reason, message, healthy} = update;
    log.info({taskId, state, reason, message, healthy}, 'task');
    this.past.updated(state, reason);
    if (isTerminal(state)) sandboxes.leave(task.sandbox);
    const isFirst = this.#pendingOf(task) === 0;
    const done = ledger.push(task, update, now());
    this.#after(done, () => {
      if (isFirst) this.#sender.offer(update);
    });
  }

  #pendingOf({launch}: LedgerTask): number {
    return this.#parts.ledger.get(launch.frameworkId, launch.taskId)?.pending.length ?? 0;
  }

  #check(task: LedgerTask): void {
    const {spec, launch} = task;
    const moment = this.#momentOf(task);
    if (spec.healthChecks.length === 0 || moment.stopChecks !== undefined) return;
    const executor = this.executorOf(task);
    moment.stopChecks = checkTask(this.find(launch.taskId) ?? task, executor, {
      result: (healthy) => {
        const reason: StatusReason = 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED';
        const now = this.find(launch.taskId);
        if (now === undefined || hasEnded(now)) return;
        this.#update(now, 'TASK_RUNNING', {reason, healthy});
      },
      giveUp: () => {
        moment.isUnhealthy = true;
        executor?.kill(launch.taskId, spec.graceMs);
      },
    });
  }

  #momentOf({launch}: LedgerTask): Moment {
    const key = taskKey(launch.frameworkId, launch.taskId);
    return this.#moments.get(key) ?? this.#know(launch);
  }

  /** Nothing may follow from what is not written down. */
  #after(written: Promise<void>, then: () => void): void {
    written.then(then, this.#parts.failed);
  }

  /**
   * Kills all that runs; resolves when everything has ended and nothing but sandboxes is left. That
   * masters do not know of the ends yet is in the ledger.
   */
  async killAll(): Promise<void> {
    for (const {launch} of [...this.tasks]) {
      this.kill(launch.frameworkId, launch.taskId, undefined);
    }
    while ([...this.tasks].some((task) => !hasEnded(task))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await Promise.all([...this.tasks].map((task) => this.#removeRest(task)));
  }

  /** Leaves everything running. */
  async close(): Promise<void> {
    this.disconnected();
    this.#isClosing = true;
    for (const {stopChecks, abort} of this.#moments.values()) {
      stopChecks?.();
      // What is being fetched is fetched again by the next process.
      abort.abort();
    }
    await this.#executors?.close();
  }
}

/** It was given up for its health; how it ended then is of less interest. */
function unhealthy(end: string | undefined): Remark {
  const why = 'Killed for its health: a check failed too often';
  return {healthy: false, message: end === undefined ? why : `${why}; ${end}`};
}
