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
import {startChecks} from './health-checks.ts';
import {PastTasks} from './past-tasks.ts';
import type {Sandboxes} from './sandboxes.ts';
import {
  hasEnded,
  taskKey,
  type LaunchOrder,
  type LedgerTask,
  type TaskLedger,
} from './task-ledger.ts';
import {UpdateSender} from './update-sender.ts';

/** Which executor runs what: images in containers, all else as processes. */
export interface Executors {
  readonly process: Executor;
  /** Undefined: no Docker engine is ever used here. */
  readonly docker: Executor | undefined;
  /** Why `docker` cannot be used: asked again each time; undefined once an engine has answered. */
  readonly whyNoDocker: () => Promise<string | undefined>;
}

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
  #executors: Executors | undefined;
  /** Resolves when containers of an earlier process were taken up, or removed. */
  #containersKnown: Promise<void> | undefined;
  #isConnected = false;
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
    this.#executors = await executors((news) => this.#news(news));
    const running = [...ledger.all.values()].filter((task) => !hasEnded(task));
    for (const {launch} of ledger.all.values()) this.#know(launch);
    const handedOver = running.filter(({isHandedOver}) => isHandedOver);
    const {process} = this.#executors;
    const {log} = this.#parts;
    log.info({tasks: ledger.all.size, running: running.length}, 'tasks recovered');
    await process.recover(handedOver.filter(({spec}) => spec.container === undefined));
    await this.#recoverContainers(handedOver.filter(({spec}) => spec.container !== undefined));
    for (const task of running) if (!task.isHandedOver) this.#prepare(task);
  }

  /** An engine that is away may have kept its containers: until it is back, nothing is known. */
  async #recoverContainers(tasks: readonly LedgerTask[]): Promise<void> {
    const {docker, whyNoDocker} = must(this.#executors, 'executors');
    if (docker === undefined) {
      const message = 'its container is not looked after: this agent uses no Docker engine now';
      for (const task of tasks) {
        this.#update(task, 'TASK_FAILED', {reason: 'REASON_EXECUTOR_TERMINATED', message});
      }
      return;
    }
    const why = await whyNoDocker();
    if (why === undefined) {
      this.#containersKnown = docker.recover(tasks);
      await this.#containersKnown;
    } else if (tasks.length > 0) {
      this.#parts.log.warn(
        {tasks: tasks.length, why},
        'tasks are in containers and no Docker engine answers: they are known again when one does',
      );
      this.#containersKnown = docker.recover(tasks);
      this.#containersKnown.catch((error: unknown) => {
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
    return spec.container === undefined ? this.#executors?.process : this.#executors?.docker;
  }

  /** The master has registered this agent: it is told what it has not acknowledged. */
  connected(): void {
    this.#isConnected = true;
    for (const {launch, pending} of this.tasks) {
      const [head] = pending;
      if (head !== undefined) this.#offer(head);
      else this.#sender.stop(taskKey(launch.frameworkId, launch.taskId));
    }
  }

  /** Without a master it waits in the ledger for the next one. */
  #offer(update: StatusMessage): void {
    if (this.#isConnected) this.#sender.start(taskKey(update.frameworkId, update.taskId), update);
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#sender.stopAll();
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
      const executor = await this.#executorFor(spec);
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

  /** @throws where an image cannot be run. */
  async #executorFor({container}: TaskSpec): Promise<Executor> {
    const {docker, process, whyNoDocker} = must(this.#executors, 'executors');
    if (container === undefined) return process;
    const why = await whyNoDocker();
    if (docker === undefined || why !== undefined) {
      throw new Error(`image '${container.image}' cannot be run: ${why}`);
    }
    this.#containersKnown ??= docker.recover([]);
    await this.#containersKnown;
    return docker;
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
      if (head !== undefined) this.#offer(head);
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
      if (isFirst) this.#offer(update);
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
    moment.stopChecks = startChecks({
      checks: spec.healthChecks,
      containerIp: ownAddressOf(this.find(launch.taskId)),
      exec: async (argv, timeoutMs) => {
        const session = await executor?.exec(launch.taskId, {argv, tty: false});
        if (session === undefined) return 1;
        session.stdout.resume();
        session.stderr.resume();
        const timer = setTimeout(() => session.kill(), timeoutMs);
        const {exitCode} = await session.ended;
        clearTimeout(timer);
        return exitCode;
      },
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
    await this.#executors?.process.close();
    await this.#executors?.docker?.close();
  }
}

/** It was given up for its health; how it ended then is of less interest. */
function unhealthy(end: string | undefined): Remark {
  const why = 'Killed for its health: a check failed too often';
  return {healthy: false, message: end === undefined ? why : `${why}; ${end}`};
}

/** Undefined on the network of this machine. */
function ownAddressOf(task: LedgerTask | undefined): string | undefined {
  if (task?.spec.container?.network.mode === 'host') return undefined;
  return task?.statuses.at(-1)?.containerIp;
}
