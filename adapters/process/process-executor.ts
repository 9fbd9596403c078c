/**
 * The executor port for plain processes. Each task has a small supervisor of its own that outlives
 * the agent (`supervisor-script.ts`), and all of them have one keeper of their logs
 * (`log-keeper.ts`); they meet in a folder (`control-folder.ts`).
 */
import {createHash} from 'node:crypto';
import {type FSWatcher, realpathSync, watch} from 'node:fs';
import type {TaskId} from '../../engine/index.ts';
import type {
  ExecRequest,
  ExecSession,
  Executor,
  ExecutorNews,
  ExecutorTask,
  TaskUsage,
} from '../ports/executor.ts';
import {Cgroups, type Isolation} from './cgroups.ts';
import {ControlFolder, keyOf, parseEventFile} from './control-folder.ts';
import {openSession} from './exec-session.ts';
import {KeeperGuard} from './keeper-guard.ts';
import {readBootId} from './proc.ts';
import {ProcessTask} from './process-task.ts';
import {endSupervisor, removeLeftover} from './remove-leftover.ts';
import {Strays} from './strays.ts';
import type {TaskHost, TaskSettings} from './task-host.ts';
import {findTools} from './tools.ts';

export interface ProcessExecutorOptions {
  /** A folder of its own, on a local disk, that is there after a restart of the agent. */
  readonly controlDir: string;
  /** Where persistent volumes are: folders called by their ids, encoded as parts of a URI. */
  readonly persistentRoot: string;
  /** Whether tasks are kept to their memory and cpus: where that can be done, or not at all. */
  readonly cgroups: 'auto' | 'off';
  /** Tasks get no more than their cpus even if others are idle (Mesos `cgroups_enable_cfs`). */
  readonly cfsQuota: boolean;
  /** Whether tasks run as the users that they name (Mesos `switch_user`, which is on). */
  readonly switchUser: boolean;
  /** No file with output gets longer. */
  readonly logBytesMax?: number | undefined;
  /** How many older ones are kept beside. */
  readonly logFilesMax?: number | undefined;
  /** What an operator wants to know: a log keeper that ended, a control group that stays. */
  readonly onProgress?: ((about: string, message: string) => void) | undefined;
}

const LOG_BYTES_MAX = 10 * 1024 * 1024;
const LOG_FILES_MAX = 9;

export interface ProcessExecutor extends Executor {
  /** What tasks are kept to on this machine. */
  readonly isolation: Isolation;
}

/** @throws if no processes can be run on this machine. */
export function makeProcessExecutor(
  options: ProcessExecutorOptions,
  onNews: (news: ExecutorNews) => void,
): ProcessExecutor {
  return new Processes(options, onNews);
}

/** In case that the kernel told of too much at once, or a supervisor is gone without a word. */
const SWEEP_MS = 2000;

class Processes implements ProcessExecutor, TaskHost {
  readonly control: ControlFolder;
  readonly cgroups: Cgroups;
  readonly strays = new Strays();
  readonly tools = findTools();
  readonly settings: TaskSettings;
  readonly bootId = readBootId();
  readonly #onNews: (news: ExecutorNews) => void;
  readonly #onProgress: (about: string, message: string) => void;
  readonly #keeper: KeeperGuard;
  readonly #watcher: FSWatcher;
  readonly #sweeping: NodeJS.Timeout;
  readonly #tasks = new Map<string, ProcessTask>();
  /** With the task that each is beside. */
  readonly #sessions = new Map<ExecSession, TaskId>();
  #lastTurn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ProcessExecutorOptions, onNews: (news: ExecutorNews) => void) {
    const {controlDir, onProgress = () => undefined} = options;
    const {logBytesMax = LOG_BYTES_MAX, logFilesMax = LOG_FILES_MAX} = options;
    this.settings = {...options, logBytesMax, logFilesMax};
    this.#onNews = onNews;
    this.#onProgress = onProgress;
    this.control = new ControlFolder(controlDir);
    this.control.create();
    this.cgroups =
      options.cgroups === 'off' ? Cgroups.none('switched off') : Cgroups.find(nameOf(controlDir));
    const {control, tools} = this;
    const onProblem = (message: string): void => onProgress('log keeper', message);
    this.#keeper = new KeeperGuard({control, tools, onProblem});
    this.#watcher = watch(control.events, (_kind, name) => this.#notice(name));
    this.#watcher.on('error', ({message}) => onProgress('tasks', `cannot be watched: ${message}`));
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  get isolation(): Isolation {
    return this.cgroups.isolation;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  tell(news: ExecutorNews): void {
    if (!this.#isClosed) this.#onNews(news);
  }

  complain(key: string, message: string): void {
    this.#onProgress(key, message);
  }

  endSessions(taskId: TaskId): void {
    for (const [session, of] of this.#sessions) if (of === taskId) session.kill();
  }

  turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(
      () => new Promise<void>((resolve) => void setImmediate(resolve)),
    );
    return this.#lastTurn;
  }

  async removeCgroup(key: string): Promise<void> {
    try {
      if (!(await this.cgroups.open(key).remove())) this.#onProgress(key, STUCK);
    } catch (error) {
      // The task has ended all the same.
      this.#onProgress(key, `its control group cannot be removed: ${(error as Error).message}`);
    }
  }

  launch(given: ExecutorTask): void {
    const key = keyOf(given.spec.taskId);
    // It runs already: never twice.
    if (this.#isClosed || this.#tasks.has(key)) return;
    this.#keeper.start();
    const task = new ProcessTask(given, this);
    this.#tasks.set(key, task);
    void task.launch();
  }

  kill(taskId: TaskId, graceMs: number): void {
    this.#tasks.get(keyOf(taskId))?.kill(graceMs);
  }

  async recover(given: readonly ExecutorTask[]): Promise<void> {
    const known = new Set(given.map(({spec}) => keyOf(spec.taskId)));
    const left = new Set([...this.control.keys(), ...this.cgroups.keys()]);
    for (const key of this.#tasks.keys()) left.delete(key);
    if (left.size > 0) this.#keeper.start();
    const events = this.control.allEvents();
    const adopted = given.map(async (task) => {
      const key = keyOf(task.spec.taskId);
      if (this.#tasks.has(key)) return;
      const known = new ProcessTask(task, this);
      this.#tasks.set(key, known);
      await known.adopt(events.get(key));
    });
    await Promise.all(adopted);
    const others = [...left].filter((key) => !known.has(key));
    for (const key of others) {
      if (!(await removeLeftover(key, this))) this.#onProgress(key, STUCK);
    }
  }

  async exec(taskId: TaskId, {argv, env = {}, tty}: ExecRequest): Promise<ExecSession> {
    const task = this.#tasks.get(keyOf(taskId));
    const isRunning = (): boolean => task?.isRunning === true;
    const refusal = `task ${taskId} does not run, no command can be run beside it`;
    if (task === undefined || !isRunning()) throw new Error(refusal);
    const line = await task.commandBeside(argv, env, tty);
    if (!isRunning()) throw new Error(refusal);
    const session = openSession({
      ...{line, tty, cwd: task.task.sandbox, stty: this.tools.stty},
      joins: task.cgroup.joinedBy,
    });
    this.#sessions.set(session, taskId);
    void session.ended.then(() => this.#sessions.delete(session));
    return session;
  }

  async usage(taskId: TaskId): Promise<TaskUsage | undefined> {
    return this.#tasks.get(keyOf(taskId))?.usage();
  }

  async forget(taskId: TaskId): Promise<void> {
    const key = keyOf(taskId);
    const task = this.#tasks.get(key);
    if (task !== undefined && !task.isOver) return;
    this.#tasks.delete(key);
    await this.removeCgroup(key);
    // It may wait for a log keeper that never came.
    endSupervisor(key, this);
    this.control.remove(key, task?.exitCode);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watcher.close();
    clearInterval(this.#sweeping);
    for (const task of this.#tasks.values()) task.close();
    for (const session of this.#sessions.keys()) session.kill();
    await Promise.all([...this.#sessions.keys()].map(({ended}) => ended));
    this.#keeper.stop();
    if (this.cgroups.keys().length === 0) this.cgroups.removeAll();
  }

  #notice(name: string | null): void {
    const event = name === null ? undefined : parseEventFile(name);
    if (event === undefined) this.#sweep();
    else this.#tasks.get(event.key)?.notice(event);
  }

  #sweep(): void {
    if (this.#isClosed) return;
    const events = this.control.allEvents();
    for (const task of this.#tasks.values()) task.sweep(events.get(task.key));
  }
}

const STUCK = 'its control group cannot be removed: something in it does not end';

/** Agents of one machine share the tree of control groups: by their folders they are told apart. */
function nameOf(controlDir: string): string {
  return createHash('sha256').update(realpathSync(controlDir)).digest('hex').slice(0, 16);
}
