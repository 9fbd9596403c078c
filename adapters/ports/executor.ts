/**
 * The executor port: what runs tasks on one machine. Plain processes and Docker keep the same
 * promises; one contract suite runs against both, and against the virtual agent of the simulator.
 */
import type {StatusReason, TaskId, TaskSpec, TaskState} from '../../engine/index.ts';

/** What an executor tells of a task. Per task: in order, the terminal one last and once. */
export interface ExecutorNews {
  readonly taskId: TaskId;
  readonly state: Extract<
    TaskState,
    | 'TASK_STARTING'
    | 'TASK_RUNNING'
    | 'TASK_KILLING'
    | 'TASK_FINISHED'
    | 'TASK_FAILED'
    | 'TASK_KILLED'
    | 'TASK_ERROR'
  >;
  readonly reason?: StatusReason | undefined;
  /** For people: exit code or signal, what could not be pulled. */
  readonly message?: string | undefined;
  /** Of its container, on a network of its own. */
  readonly containerIp?: string | undefined;
}

/** What an executor needs to find a task again after the agent's process was replaced. */
export interface ExecutorTask {
  readonly spec: TaskSpec;
  /** Absolute path of its sandbox: made by the agent, with `stdout` and `stderr` in it. */
  readonly sandbox: string;
}

/** How much of the machine a task uses now. */
export interface TaskUsage {
  readonly cpusUserSeconds: number;
  readonly cpusSystemSeconds: number;
  readonly memRssBytes: number;
}

export interface ExecResult {
  /** As wait(2) has it for processes: 0 to 255; 128 + the signal's number where one ended it. */
  readonly exitCode: number;
}

/** A command that is run beside a task, where the task is (its container, its sandbox). */
export interface ExecRequest {
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What runs the tasks does not answer now. Nothing is known of them, and they may be well. */
export class ExecutorAwayError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExecutorAwayError';
  }
}

/** A running `exec`. */
export interface ExecSession {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  resize(columns: number, rows: number): Promise<void>;
  /** Rejects with ExecutorAwayError if nobody can tell how it ended. */
  readonly ended: Promise<ExecResult>;
  /** Ends it by force. */
  kill(): void;
}

export interface Executor {
  /**
   * Starts a task. Never throws for what a user wrote: that ends as news (TASK_ERROR, TASK_FAILED
   * with a reason). The stages of a launch may take long (pull, fetch); a kill in between ends it.
   */
  launch(task: ExecutorTask): void;
  /**
   * Asks it to end, and makes it end after `graceMs`. A second kill with a shorter grace shortens
   * it. One that has ended, or is unknown, is no fault.
   */
  kill(taskId: TaskId, graceMs: number): void;
  /**
   * Takes over, after a restart of the agent, the tasks that an executor before it has started and
   * whose end nobody has told: news of each follow, at least its present state. One that ended
   * meanwhile is told with its exit code where that can be known; one that never started is told as
   * TASK_FAILED (REASON_EXECUTOR_TERMINATED). What it finds of this agent beside these is removed.
   */
  recover(tasks: readonly ExecutorTask[]): Promise<void>;
  /** @throws if the task does not run (any more); ExecutorAwayError. */
  exec(taskId: TaskId, request: ExecRequest): Promise<ExecSession>;
  /** Undefined if it does not run. */
  usage(taskId: TaskId): Promise<TaskUsage | undefined>;
  /** Removes what is left of a task that has ended (its container); the sandbox stays. */
  forget(taskId: TaskId): Promise<void>;
  /** Lets go of the tasks and leaves them running; news end. */
  close(): Promise<void>;
}
