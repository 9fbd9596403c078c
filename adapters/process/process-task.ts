/** One task as a plain process: its launch, its end, and what is done to it in between. */
import {spawn} from 'node:child_process';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {appendFile, chown} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import type {TaskId} from '../../engine/index.ts';
import type {ExecutorNews, ExecutorTask, TaskUsage} from '../ports/executor.ts';
import type {UnixAccount} from '../ports/unix-account.ts';
import type {CgroupLimits, Cgroups, TaskCgroup} from './cgroups.ts';
import {argvOf, commandLine, environmentOf, wordsProblem} from './command-line.ts';
import {
  type Claim,
  type ControlFolder,
  type EventFile,
  keyOf,
  type TaskEvents,
} from './control-folder.ts';
import {exitWords} from './exit-words.ts';
import {
  childrenOf,
  isAlive,
  markOf,
  type ProcessMark,
  signalGroup,
  TICKS_PER_SECOND,
  usageBySession,
} from './proc.ts';
import {ownAccount, taskAccount} from './task-account.ts';
import {removeLeftover} from './remove-leftover.ts';
import type {Strays} from './strays.ts';
import {supervisorScript} from './supervisor-script.ts';
import {DEFAULT_PATH, type Tools} from './tools.ts';
import {linkVolumes} from './volume-links.ts';

/** What about tasks is the agent's to decide. */
export interface TaskSettings {
  readonly persistentRoot: string;
  readonly cfsQuota: boolean;
  readonly switchUser: boolean;
  readonly logBytesMax: number;
  readonly logFilesMax: number;
}

/** What a task needs of its executor. */
export interface TaskHost {
  readonly control: ControlFolder;
  readonly cgroups: Cgroups;
  readonly strays: Strays;
  readonly tools: Tools;
  readonly settings: TaskSettings;
  readonly bootId: string;
  readonly isClosed: boolean;
  tell(news: ExecutorNews): void;
  /** For whoever runs this machine. */
  complain(key: string, message: string): void;
  /** Ends commands beside the task. */
  endSessions(taskId: TaskId): void;
  /** Tells who runs this machine if it cannot be removed. */
  removeCgroup(key: string): Promise<void>;
  /** Resolves when it is this task's turn to start a process: starting them stops all else. */
  turn(): Promise<void>;
}

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
  readonly #cgroup: TaskCgroup;
  #phase: Phase = 'preparing';
  #supervisor: ProcessMark | undefined;
  #started: ProcessMark | undefined;
  #killDeadline: number | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #outputRead: (() => void) | undefined;
  #exitCode: number | undefined;

  constructor(task: ExecutorTask, host: TaskHost) {
    this.task = task;
    this.key = keyOf(task.spec.taskId);
    this.#host = host;
    this.#cgroup = host.cgroups.open(this.key);
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
    return this.#cgroup;
  }

  // Its launch.

  async launch(): Promise<void> {
    const {spec} = this.task;
    const argv = argvOf(spec);
    const problem = spec.problem ?? (argv === undefined ? undefined : wordsProblem(spec, argv));
    if (problem !== undefined) return this.#endAs('TASK_ERROR', 'REASON_TASK_INVALID', problem);
    try {
      await this.#prepare(argv);
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

  async #prepare(argv: readonly string[] | undefined): Promise<void> {
    const {spec, sandbox} = this.task;
    const {control, settings, tools} = this.#host;
    if (spec.container !== undefined || argv === undefined) {
      const {image = ''} = spec.container ?? {};
      throw new Error(`this agent runs plain processes only, not the image '${image}'`);
    }
    const account = await taskAccount(spec.user, settings.switchUser);
    if (account !== undefined) await chown(sandbox, account.uid, account.gid);
    // Of a task of this name that nobody has taken over.
    if (control.hasTask(this.key)) await removeLeftover(this.key, this.#host);
    const {persistentRoot} = settings;
    await linkVolumes(spec.volumes, {sandbox, account, persistentRoot});
    const line = commandLine({argv, env: this.#envFor(account), account, tty: spec.tty}, tools);
    makeCgroup(this.#cgroup, this.#limits());
    const script = supervisorScript({
      folder: control.taskFolder(this.key),
      events: join(control.events, this.key),
      ...{sandbox, mkfifo: tools.mkfifo, setsid: tools.setsid},
      joins: this.#cgroup.joinedBy,
      argv: line,
    });
    const {logBytesMax: bytesMax, logFilesMax: asideMax} = settings;
    control.write(this.key, script, {sandbox, bytesMax, asideMax});
  }

  #envFor(account: UnixAccount | undefined): Readonly<Record<string, string>> {
    const {spec, sandbox} = this.task;
    return environmentOf(spec.env, {sandbox, account: account ?? ownAccount()});
  }

  #limits(): CgroupLimits {
    const {cpus, memMiB, limits} = this.task.spec;
    const capped = this.#host.settings.cfsQuota ? cpus : null;
    const cpusMax = limits.cpus === undefined ? capped : limits.cpus;
    const memMiBMax = limits.memMiB === undefined ? memMiB : limits.memMiB;
    return {
      cpus,
      cpusMax: cpusMax ?? undefined,
      memBytesMax: memMiBMax === null ? undefined : Math.round(memMiBMax * 1024 * 1024),
    };
  }

  #spawnSupervisor(): void {
    const {control} = this.#host;
    const trouble = openSync(join(control.taskFolder(this.key), 'trouble'), 'a', 0o600);
    const child = spawn('/bin/sh', [control.scriptOf(this.key)], {
      cwd: '/',
      env: {PATH: DEFAULT_PATH, LC_ALL: 'C'},
      detached: true,
      stdio: ['ignore', 'ignore', trouble],
    });
    closeSync(trouble);
    child.unref();
    child.on('error', (error) => {
      void this.#endAs('TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', error.message);
    });
    if (child.pid === undefined) return;
    this.#supervisor = markOf(child.pid)[0];
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
    this.#started = events?.started;
    this.#phase = this.#started === undefined ? 'launched' : 'running';
    this.#supervisor = claim.bootId === bootId ? claim : undefined;
    this.#killDeadline = control.killDeadlineOf(this.key);
    if (events?.exitCode === undefined && this.#isSupervised) this.#tellPresent();
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
    if (this.#isEnding || this.#isSupervised) return;
    // It may have written how it ended just before it did so itself.
    const last = this.#host.control.allEvents().get(this.key);
    if (last?.exitCode !== undefined) this.sweep(last);
    else this.#onLost();
  }

  get #isSupervised(): boolean {
    return this.#supervisor !== undefined && isAlive(this.#supervisor);
  }

  #onStarted(started: ProcessMark | undefined): void {
    if (started === undefined || this.#phase !== 'launched') return;
    this.#started = started;
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
    if (this.#cgroup.isOutOfMemory) {
      const reason = 'REASON_CONTAINER_LIMITATION_MEMORY';
      return this.#endAs('TASK_FAILED', reason, `${this.#memoryWords()}; ${words}`);
    }
    return this.#endAs('TASK_FAILED', undefined, words);
  }

  #memoryWords(): string {
    const {memMiB, limits} = this.task.spec;
    const peak = this.#cgroup.memBytesPeak;
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
    const trouble = readTrouble(join(this.#host.control.taskFolder(this.key), 'trouble'));
    const message = `how the command ended is not known, its supervisor is gone${trouble}`;
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
    const hasGroup = this.#cgroup.joinedBy.length > 0;
    if (!hasGroup && this.#started !== undefined) await this.#host.strays.end(this.task.sandbox);
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

  /** All of it: also what has left the group of its leader. */
  #askToEnd(): void {
    if (this.#started !== undefined && this.#phase === 'running') {
      signalGroup(this.#started, 'SIGTERM');
      this.#cgroup.signalOutside(this.#started.pid, 'SIGTERM');
    }
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
    const supervisor = this.#supervisor;
    if (this.#started === undefined && supervisor !== undefined) {
      // On a full disk it cannot say what it has started.
      const children = childrenOf(supervisor.pid).flatMap(markOf);
      // Where it is still on its way, it shall not get there.
      signalGroup(supervisor, 'SIGKILL');
      for (const child of children) signalGroup(child, 'SIGKILL');
    }
    this.#killAll();
    this.#killTimer = setTimeout(() => this.#force(), AGAIN_MS);
  }

  #killAll(): void {
    this.#started ??= this.#host.control.startedOf(this.key);
    if (this.#started !== undefined) signalGroup(this.#started, 'SIGKILL');
    this.#cgroup.killAll();
  }

  /** Lets go of it. */
  close(): void {
    clearTimeout(this.#killTimer);
  }

  async usage(): Promise<TaskUsage | undefined> {
    const started = this.#started;
    if (started === undefined || this.#phase !== 'running') return undefined;
    const counted = this.#cgroup.usage();
    if (counted !== undefined) return counted;
    const session = (await usageBySession()).get(started.pid);
    if (session === undefined) return undefined;
    return {
      cpusUserSeconds: session.userTicks / TICKS_PER_SECOND,
      cpusSystemSeconds: session.systemTicks / TICKS_PER_SECOND,
      memRssBytes: session.rssBytes,
    };
  }

  /** The words of a command beside it. */
  async commandBeside(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    tty: boolean,
  ) {
    const {settings, tools} = this.#host;
    const account = await taskAccount(this.task.spec.user, settings.switchUser);
    const whole = {...this.#envFor(account), ...env};
    return commandLine({argv, env: whole, account, tty}, tools);
  }
}

function makeCgroup(group: TaskCgroup, limits: CgroupLimits): void {
  try {
    group.make(limits);
  } catch (error) {
    const {message} = error as Error;
    throw new Error(`its control group cannot be made: ${message}`, {cause: error});
  }
}

/** A claim is empty for a moment; for longer if its supervisor was killed in this moment. */
const CLAIM_ROUNDS = 100;
const CLAIM_PAUSE_MS = 10;

/** Who supervises the task; undefined: nobody does, and from now on nobody will. */
async function claimOrRevoke(key: string, control: ControlFolder): Promise<Claim | undefined> {
  for (let round = 0; round < CLAIM_ROUNDS; round += 1) {
    const claim = control.claimOf(key);
    if (claim === 'revoked') return undefined;
    if (claim !== undefined) return claim;
    if (control.revoke(key) || !control.isClaimed(key)) return undefined;
    await delay(CLAIM_PAUSE_MS);
  }
  return undefined;
}

function readTrouble(path: string): string {
  const text = readFileSync(path, 'utf8').trim();
  return text === '' ? '' : `: ${text}`;
}
