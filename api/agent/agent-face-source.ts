/** What an agent's HTTP face needs to know of the agent; the agent's process implements it. */
import type {
  AgentInfo,
  Amounts,
  Effect,
  FrameworkId,
  TaskId,
  TaskState,
} from '../../engine/index.ts';
import type {Address, Place, ReportedStatus} from '../cluster.ts';

export interface AgentFaceSource {
  /** As it registers. */
  readonly info: AgentInfo;
  /** Where its face is. */
  readonly address: Place;
  readonly version: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** All that it has. */
  readonly resources: Amounts;
  /** Whether a master takes its word at the moment, and which. */
  readonly master: Address | undefined;
  /** The flags that it was started with; secrets are not among them. */
  readonly flags: Readonly<Record<string, string>>;
  /** Absolute path: sandboxes are below it, as `slaves/S/frameworks/F/executors/T/runs/C`. */
  readonly workDir: string;
  /** How long sandboxes of ended tasks are kept. */
  readonly sandboxAgeMsMax: number;
  /** Its own log, if it is kept in a file. */
  readonly logFile: string | undefined;
  /** Those that it runs, and those of its past that it still remembers. */
  tasks(): Iterable<AgentFaceTask>;
  /** Since its process started. */
  readonly tally: AgentTally;
  /** What a task uses now; undefined if it does not run. */
  usage(task: TaskName): Promise<AgentTaskUsage | undefined>;
  /** Runs a command beside a task. @throws an error whose message may be shown, if it cannot. */
  exec(task: TaskName, request: AgentExecRequest): Promise<AgentExecSession>;
}

export interface AgentTally {
  /** How long it took to know what an earlier process ran. */
  readonly recoveryMs: number;
  /** Of tasks, by the state in which they ended. */
  readonly ends: ReadonlyMap<TaskState, number>;
  /** Updates of tasks. */
  readonly updates: number;
  readonly launchErrors: number;
}

export interface TaskName {
  readonly frameworkId: FrameworkId;
  readonly taskId: TaskId;
}

export interface AgentFaceTask {
  /** As it was launched. */
  readonly launch: Extract<Effect, {readonly kind: 'launchTask'}>;
  readonly state: TaskState;
  readonly launchedAt: number;
  /** Every state that it was in, the latest last. */
  readonly statuses: readonly ReportedStatus[];
  /** Absolute path. */
  readonly sandbox: string;
}

export interface AgentTaskUsage {
  readonly cpusUserSeconds: number;
  readonly cpusSystemSeconds: number;
  readonly memRssBytes: number;
}

export interface AgentExecRequest {
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** As the executor port has it. */
export interface AgentExecSession {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  resize(columns: number, rows: number): Promise<void>;
  readonly ended: Promise<{readonly exitCode: number}>;
  kill(): void;
}
