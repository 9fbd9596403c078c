/**
 * What an executor has to run, in one form for apps, Chronos jobs and Metronome jobs. Plain,
 * JSON-able data: an agent checkpoints it.
 */
import type {TaskId, FrameworkId} from '../kernel/ids.ts';

export interface TaskSpec {
  readonly frameworkId: FrameworkId;
  readonly taskId: TaskId;
  /** For people. */
  readonly name: string;
  readonly command: TaskCommand;
  /** Complete but for what only the agent knows (MESOS_SANDBOX …). */
  readonly env: Readonly<Record<string, string>>;
  /** As whom; absent: as whom the agent runs, or the image says. */
  readonly user?: string | undefined;
  /** Fetched into the sandbox before it starts. */
  readonly fetch: readonly FetchedUri[];
  readonly cpus: number;
  readonly memMiB: number;
  readonly diskMiB: number;
  /** More than `cpus` and `memMiB`, where the definition allows it; null: without limit. */
  readonly limits: {readonly cpus?: number | null; readonly memMiB?: number | null};
  /** Host ports that are the task's, in order. */
  readonly ports: readonly number[];
  /** Absent: a plain process. */
  readonly container?: ContainerSpec | undefined;
  /** Of a plain process; those of a container are in `container`. */
  readonly volumes: readonly ContainerVolume[];
  readonly labels: Readonly<Record<string, string>>;
  /** From the polite signal to the hard one. */
  readonly graceMs: number;
  /** Checks that the agent makes and reports with the task's status. */
  readonly healthChecks: readonly AgentHealthCheck[];
  readonly tty: boolean;
  /**
   * Why it cannot be run at all; then it ends as TASK_ERROR with this message, and the rest of the
   * spec is not to be relied on.
   */
  readonly problem?: string | undefined;
}

export type TaskCommand =
  /** By `/bin/sh -c`. */
  | {readonly kind: 'shell'; readonly text: string}
  /** A program and its arguments; in an image its entry point is not used. */
  | {readonly kind: 'program'; readonly argv: readonly string[]}
  /** What the image does by itself, with these arguments if there are any. */
  | {readonly kind: 'image'; readonly arguments: readonly string[]};

export interface FetchedUri {
  readonly uri: string;
  /** Unpacked, where its name is that of an archive. */
  readonly extract: boolean;
  readonly executable: boolean;
  readonly cache: boolean;
  /** Below the sandbox; absent: the last part of the URI's path. */
  readonly destPath?: string | undefined;
}

export interface ContainerSpec {
  readonly image: string;
  readonly forcePull: boolean;
  readonly privileged: boolean;
  readonly network: ContainerNetwork;
  /** Of bridge and user networks: host ports as they were given to the task. */
  readonly portMappings: readonly ContainerPort[];
  /** As `docker run` takes them: `{key: 'cap-add', value: 'SYS_ADMIN'}`. */
  readonly parameters: readonly {readonly key: string; readonly value: string}[];
  readonly volumes: readonly ContainerVolume[];
}

export type ContainerNetwork =
  | {readonly mode: 'bridge' | 'host' | 'none'}
  | {readonly mode: 'user'; readonly name: string};

export interface ContainerPort {
  readonly containerPort: number;
  /** Absent: not published. */
  readonly hostPort?: number | undefined;
  readonly protocol: 'tcp' | 'udp';
}

export interface ContainerVolume {
  /** Absolute, or below the sandbox, wherever the container has that. */
  readonly containerPath: string;
  readonly mode: 'RO' | 'RW';
  readonly source:
    | {readonly kind: 'host'; readonly path: string}
    /** Below the sandbox (never `..`), to be made if it is not there; gone with the task. */
    | {readonly kind: 'sandbox'; readonly path: string}
    /** A named volume of the engine. */
    | {
        readonly kind: 'external';
        readonly name: string;
        readonly driver: string;
        readonly options: Readonly<Record<string, string>>;
      }
    /** A persistent volume of the agent, by its id. */
    | {readonly kind: 'persistent'; readonly id: string};
}

/** Where a check goes: to the loopback address as the task sees it. */
export interface CheckedPort {
  /** Where the task listens: in its container, if that has a network of its own. */
  readonly port: number;
  /** Where that is published on the agent; absent: it is not, or the network is the host's. */
  readonly hostPort?: number | undefined;
  readonly ipProtocol: 'IPv4' | 'IPv6';
}

/** A check that the agent makes (reference mesos 3.9); times in ms. */
export interface AgentHealthCheck {
  readonly check:
    | {readonly kind: 'command'; readonly command: TaskCommand}
    | (CheckedPort & {
        readonly kind: 'http';
        readonly scheme: 'http' | 'https';
        readonly path: string;
      })
    | (CheckedPort & {readonly kind: 'tcp'});
  readonly delayMs: number;
  readonly gracePeriodMs: number;
  readonly intervalMs: number;
  /** 0: none. */
  readonly timeoutMs: number;
  /** 0: never killed for it. */
  readonly failuresMax: number;
}
