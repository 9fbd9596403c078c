/** One task as a plain process: its launch, its end, and what is done to it in between. */
import {appendFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ExecutorNews, ExecutorTask, TaskUsage} from '../ports/executor.ts';
import type {TaskCgroup} from './cgroups.ts';
import {argvOf, commandLine, wordsProblem} from './command-line.ts';
import {type EventFile, keyOf, type TaskEvents} from './control-folder.ts';
import {exitWords} from './exit-words.ts';
import {markOf, type ProcessMark} from './proc.ts';
import {taskAccount} from './task-account.ts';
import {claimOrRevoke} from './task-claim.ts';
import type {TaskHost} from './task-host.ts';
import {prepareTask, readTrouble, spawnSupervisor, taskEnvironment} from './task-launch.ts';
import {TaskProcesses} from './task-processes.ts';

/**
 * `preparing`: nothing runs; `launched`: its supervisor does; `running`: it does; `ending`: it does
 * not any more, and its output is read to the end.
 */
type Phase = 'preparing' | 'launched' | 'running' | 'ending' | 'over';

/** How long the last output may take: long only where the log keeper has to be started anew. */
const OUTPUT_MS = 60_000;
/** What was killed may take its time, in the kernel; meanwhile it is killed again. */
const AGAIN_MS = 1000;
/** setTimeout's. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class ProcessTask {
  readonly task: ExecutorTask;
  readonly key: string;
  readonly #host: TaskHost;
  readonly #processes: TaskProcesses;
  #phase: Phase = 'preparing';
  #killDeadline: number | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #outputRead: (() => void) | undefined;
  #exitCode: number | undefined;

  constructor(task: ExecutorTask, host: TaskHost) {
    this.task = task;
    this.key = keyOf(task.spec.taskId);
    this.#host = host;
    this.#processes = new TaskProcesses(host.cgroups.open(this.key));
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  get #isEnding(): boolean {
    return this.#phase === 'ending' || this.#phase === 'over';
  }

  get isRunning(): boolean {
    return this.#phase === 'running';
  }

  /** As its supervisor wrote it down. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  get cgroup(): TaskCgroup {
    return this.#processes.cgroup;
  }

  // Its launch.

  async launch(): Promise<void> {
    const {spec} = this.task;
    const argv = argvOf(spec);
    const problem = spec.problem ?? (argv === undefined ? undefined : wordsProblem(spec, argv));
    if (problem !== undefined) return this.#endAs('TASK_ERROR', 'REASON_TASK_INVALID', problem);
    try {
      await prepareTask(this.task, argv, this.cgroup, this.#host);
      await this.#host.turn();
      // The next executor will find that it never started.
      if (this.#host.isClosed) return undefined;
      if (this.#killDeadline !== undefined) return this.#endUnstarted();
      return this.#spawnSupervisor();
    } catch (error) {
      if (this.#killDeadline !== undefined) return this.#endUnstarted();
      const {message} = error as Error;
      await this.#note(message);
      return this.#endAs('TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', message);
    }
  }

  /** In its sandbox, where people look for what went wrong. */
  async #note(message: string): Promise<void> {
    try {
      await appendFile(join(this.task.sandbox, 'stderr'), `${message}\n`);
    } catch (error) {
      this.#host.complain(this.key, (error as Error).message);
    }
  }

  #spawnSupervisor(): void {
    const {control} = this.#host;
    const child = spawnSupervisor(this.key, control);
    child.on('error', (error) => {
      void this.#endAs('TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', error.message);
    });
    if (child.pid === undefined) return;
    [this.#processes.supervisor] = markOf(child.pid);
    this.#phase = 'launched';
    child.on('exit', () => {
      if (!this.#isEnding && !this.#host.isClosed) this.sweep(control.allEvents().get(this.key));
    });
    this.#tell('TASK_STARTING');
  }

  /** Takes over what an executor before has started, or wanted to start. */
  async adopt(events: TaskEvents | undefined): Promise<void> {
    const {control, bootId} = this.#host;
    const claim = await claimOrRevoke(this.key, control);
    if (claim === undefined) {
      const message = 'it was not started before its executor ended';
      return this.#endAs('TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', message);
    }
    this.#processes.started = events?.started;
    this.#phase = events?.started === undefined ? 'launched' : 'running';
    this.#processes.supervisor = claim.bootId === bootId ? claim : undefined;
    this.#killDeadline = control.killDeadlineOf(this.key);
    if (events?.exitCode === undefined && this.#processes.isSupervised) this.#tellPresent();
    this.sweep(events);
    if (this.#killDeadline !== undefined) this.#askToEnd();
    return undefined;
  }

  #tellPresent(): void {
    if (this.#killDeadline !== undefined) this.#tell('TASK_KILLING');
    else this.#tell(this.#phase === 'running' ? 'TASK_RUNNING' : 'TASK_STARTING');
  }

  // What its supervisor wrote down.

  /** A file of it has appeared, has changed, or is gone. */
  notice(event: EventFile): void {
    const {control} = this.#host;
    if (this.#phase === 'preparing' || this.#phase === 'over') return;
    if (event.kind === 'started') this.#onStarted(control.startedOf(this.key));
    else if (event.kind === 'logs' && !control.hasLogs(this.key)) this.#outputRead?.();
    else if (event.kind === 'exit' && control.hasExit(this.key, event.code)) {
      this.#onExit(event.code);
    }
  }

  /** All that there is of it. */
  sweep(events: TaskEvents | undefined): void {
    if (this.#phase === 'preparing' || this.#phase === 'over') return;
    if (events?.exitCode !== undefined) {
      this.#onExit(events.exitCode);
      if (!events.hasLogs) this.#outputRead?.();
      return;
    }
    this.#onStarted(events?.started);
    if (this.#isEnding || this.#processes.isSupervised) return;
    // It may have written how it ended just before it did so itself.
    const last = this.#host.control.allEvents().get(this.key);
    if (last?.exitCode !== undefined) this.sweep(last);
    else this.#onLost();
  }

  #onStarted(started: ProcessMark | undefined): void {
    if (started === undefined || this.#phase !== 'launched') return;
    this.#processes.started = started;
    this.#phase = 'running';
    if (this.#killDeadline === undefined) this.#tell('TASK_RUNNING');
    else this.#askToEnd();
  }

  #onExit(code: number): void {
    if (this.#isEnding) return;
    this.#onStarted(this.#host.control.startedOf(this.key));
    this.#phase = 'ending';
    this.#exitCode = code;
    clearTimeout(this.#killTimer);
    void this.#end(code);
  }

  async #end(code: number): Promise<void> {
    if (this.#host.control.hasLogs(this.key)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, OUTPUT_MS);
        timer.unref();
        this.#outputRead = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const words = exitWords(code);
    if (this.#killDeadline !== undefined) return this.#endAs('TASK_KILLED', undefined, words);
    if (code === 0) return this.#endAs('TASK_FINISHED', undefined, words);
    if (this.cgroup.isOutOfMemory) {
      const reason = 'REASON_CONTAINER_LIMITATION_MEMORY';
      return this.#endAs('TASK_FAILED', reason, `${this.#memoryWords()}; ${words}`);
    }
    return this.#endAs('TASK_FAILED', undefined, words);
  }

  #memoryWords(): string {
    const {memMiB, limits} = this.task.spec;
    const peak = this.cgroup.memBytesPeak;
    const used = peak === undefined ? '' : ` Maximum Used: ${Math.ceil(peak / 1024 / 1024)}MB`;
    return `Memory limit exceeded: Requested: ${limits.memMiB ?? memMiB}MB${used}`;
  }

  /** Its supervisor is gone and has left no word. */
  #onLost(): void {
    this.#killAll();
    if (this.#killDeadline !== undefined) {
      void this.#endAs('TASK_KILLED', undefined, 'Command was killed with its supervisor');
      return;
    }
    const trouble = readTrouble(this.key, this.#host.control);
    const why = 'how the command ended is not known, its supervisor is gone';
    const message = trouble === '' ? why : `${why}: ${trouble}`;
    void this.#endAs('TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', message);
  }

  #endUnstarted(): Promise<void> {
    const reason = 'REASON_TASK_KILLED_DURING_LAUNCH';
    return this.#endAs('TASK_KILLED', reason, 'killed before it was started');
  }

  async #endAs(
    state: ExecutorNews['state'],
    reason: ExecutorNews['reason'],
    message: string,
  ): Promise<void> {
    // The next executor will find it as it is.
    if (this.#phase === 'over' || this.#host.isClosed) return;
    this.#phase = 'over';
    clearTimeout(this.#killTimer);
    this.#host.endSessions(this.task.spec.taskId);
    const {cgroup, started} = this.#processes;
    const hasGroup = cgroup.joinedBy.length > 0;
    if (!hasGroup && started !== undefined) await this.#host.strays.end(this.task.sandbox);
    await this.#host.removeCgroup(this.key);
    this.#tell(state, reason, message);
  }

  #tell(state: ExecutorNews['state'], reason?: ExecutorNews['reason'], message?: string): void {
    const {taskId} = this.task.spec;
    this.#host.tell({
      taskId,
      state,
      ...(reason === undefined ? {} : {reason}),
      ...(message === undefined ? {} : {message}),
    });
  }

  // What is done to it.

  kill(graceMs: number): void {
    if (this.#isEnding) return;
    const deadline = Date.now() + Math.max(0, graceMs);
    if (this.#killDeadline !== undefined && this.#killDeadline <= deadline) return;
    const isFirst = this.#killDeadline === undefined;
    this.#killDeadline = deadline;
    if (this.#phase === 'preparing') return;
    const {control} = this.#host;
    if (this.#phase === 'launched' && control.revoke(this.key)) {
      void this.#endUnstarted();
      return;
    }
    try {
      control.orderKill(this.key, deadline);
    } catch (error) {
      // It is killed all the same, by this process.
      this.#host.complain(this.key, `its kill is not written down: ${(error as Error).message}`);
    }
    if (!isFirst) return this.#armKill();
    this.#tell('TASK_KILLING');
    return this.#askToEnd();
  }

  #askToEnd(): void {
    if (this.#phase === 'running') this.#processes.askToEnd();
    this.#armKill();
  }

  #armKill(): void {
    clearTimeout(this.#killTimer);
    if (this.#phase !== 'launched' && this.#phase !== 'running') return;
    const leftMs = Math.max(0, (this.#killDeadline ?? 0) - Date.now());
    this.#killTimer = setTimeout(() => this.#force(), Math.min(leftMs, TIMER_MS_MAX));
  }

  #force(): void {
    if (this.#host.isClosed) return;
    if (Date.now() < (this.#killDeadline ?? 0)) {
      this.#armKill();
      return;
    }
    this.#processes.killUnsaid();
    this.#killAll();
    this.#killTimer = setTimeout(() => this.#force(), AGAIN_MS);
  }

  #killAll(): void {
    this.#processes.started ??= this.#host.control.startedOf(this.key);
    this.#processes.killAll();
  }

  /** Lets go of it. */
  close(): void {
    clearTimeout(this.#killTimer);
  }

  async usage(): Promise<TaskUsage | undefined> {
    return this.#phase === 'running' ? this.#processes.usage() : undefined;
  }

  /** The words of a command beside it. */
  async commandBeside(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    tty: boolean,
  ) {
    const {settings, tools} = this.#host;
    const account = await taskAccount(this.task.spec.user, settings.switchUser);
    const whole = {...taskEnvironment(this.task, account), ...env};
    return commandLine({argv, env: whole, account, tty}, tools);
  }
}
