/**
 * The cluster as the HTTP faces see it: who leads, what may be asked of the engine, and what has
 * happened. The master process implements it; nothing is decided behind these faces.
 */
import type {
  AgentId,
  Effect,
  EngineView,
  FrameworkEvent,
  FrameworkId,
  FrameworkReply,
  HttpAnswer,
  HttpRequest,
  Input,
  OperatorRequest,
  TaskId,
  TaskState,
} from '../engine/index.ts';

/** `host:port` and its parts, as others reach it. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** A master or an agent, as Mesos's `pid`s have it. */
export interface Place extends Address {
  /** Undefined: nobody knows it, and the host name has to do. */
  readonly ip?: string | undefined;
}

/** A master of the cluster. */
export interface MasterIdentity extends Place {
  /** A new one with every start of the process. */
  readonly id: string;
  readonly version: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** When it was elected; undefined: it does not lead. */
  readonly electedAt?: number | undefined;
}

export interface Cluster {
  readonly self: MasterIdentity;
  /** Who leads, as far as this process knows; undefined: nobody. */
  readonly leader: Address | undefined;
  /** Whether it is this process, and its engine is up: only then the next four may be used. */
  readonly isLeader: boolean;
  /** The flags that it was started with, by their names; secrets are not among them. */
  readonly flags: Readonly<Record<string, string>>;
  readonly names: {readonly marathon: FrameworkId; readonly chronos: FrameworkId};
  /** Reading. */
  readonly view: EngineView;
  /**
   * Asks a framework over its HTTP API. A change is answered when it is written down.
   *
   * @throws NotLeadingError it stopped leading before that; nothing is known of the change.
   */
  request(frameworkId: FrameworkId, request: HttpRequest): Promise<HttpAnswer>;
  /** @throws NotLeadingError as {@link request}. */
  operatorRequest(request: OperatorRequest): Promise<FrameworkReply>;
  /** What a framework publishes from now on; the answer ends it. */
  onEvent(frameworkId: FrameworkId, listener: (event: FrameworkEvent) => void): () => void;
  /** Called when this process stops leading, and when it stops: long answers must end then. */
  onEnd(listener: () => void): () => void;
  /** Everything that passes between the engine and the world, from the next leadership on too. */
  witness(witness: Witness): void;
  /**
   * Gives the leadership up, soon: what is being answered still goes out. Only where
   * {@link isLeader}.
   */
  abdicate(): void;
  /** Where an agent serves its own HTTP face, and what it must be shown to answer. */
  agentAccess(agentId: AgentId): AgentAccess | undefined;
}

/** As the simulator's: somebody who sees all that passes. */
export interface Witness {
  /** A new engine is up: what was seen of the one before is void. */
  started(now: number): void;
  input(now: number, input: Input): void;
  effect(now: number, effect: Effect): void;
  /** An agent has registered, just before its input. */
  agent(now: number, report: AgentReport): void;
  /** How long something took. */
  measured(now: number, what: Measured, ms: number): void;
}

/**
 * What only the world can time: reading the records of a term, a run of the allocator, and how
 * long after its instant it came.
 */
export type Measured = 'allocation' | 'allocationDelay' | 'recordsRead';

export interface AgentAccess {
  /** `http://host:port` */
  readonly origin: string;
  /** Headers that prove that a master asks. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What an agent tells of itself beside what the engine needs. */
export interface AgentReport extends Place {
  readonly agentId: AgentId;
  readonly version: string;
  /** When its process started. */
  readonly startedAt: number;
  readonly tasks: readonly ReportedTask[];
}

export interface ReportedTask {
  readonly frameworkId: FrameworkId;
  readonly taskId: TaskId;
  /** As in its `launchTask`. */
  readonly details: unknown;
  readonly statuses: readonly ReportedStatus[];
}

export interface ReportedStatus {
  readonly state: TaskState;
  /** ms since 1970. */
  readonly at: number;
  readonly healthy?: boolean | undefined;
  readonly containerIp?: string | undefined;
}

/** This process leads no more. */
export class NotLeadingError extends Error {
  constructor() {
    super('this master does not lead (any more)');
    this.name = 'NotLeadingError';
  }
}
