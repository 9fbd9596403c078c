/**
 * The one interface between the master and whoever schedules on it: Marathon, Chronos, batch, and
 * later external frameworks over the v1 HTTP API. A framework sees offers and updates, and answers
 * through its driver; it has no other way to the allocator or to agents (Mesos scheduler API,
 * reference part 4.1).
 */
import type {AgentId, FrameworkId, OfferId, TaskId} from './kernel/ids.ts';
import type {Random} from './kernel/random.ts';
import type {TimeZones} from './kernel/time-zones.ts';
import type {Probe, ProbeResult} from './probes.ts';
import type {Operation} from './resources/operations.ts';
import type {Quantities} from './resources/quantities.ts';
import type {ScalarKinds} from './resources/kinds.ts';
import type {Resources} from './resources/vector.ts';

export type {Quantities};

/** An attribute of an agent, by Mesos's four types. */
export type AttributeValue =
  | string
  | number
  | {readonly ranges: readonly (readonly [number, number])[]}
  | {readonly set: readonly string[]};

/** What is known of an agent beside its resources. */
export interface AgentInfo {
  readonly id: AgentId;
  readonly hostname: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
}

/** Free resources of one agent, held for one framework in one role until it answers. */
export interface Offer {
  readonly id: OfferId;
  readonly frameworkId: FrameworkId;
  readonly role: string;
  readonly agent: AgentInfo;
  readonly resources: Resources;
  /** Maintenance that is planned for the agent. */
  readonly unavailability?: Unavailability | undefined;
}

/** When an agent is planned to be away. */
export interface Unavailability {
  readonly startMs: number;
  /** Absent: for good. */
  readonly durationMs?: number | undefined;
}

/** A request to leave an agent before it is not available any more. */
export interface InverseOffer {
  readonly agent: AgentInfo;
  readonly unavailability: Unavailability;
}

/** States of a task (Mesos, reference part 3.1). */
export type TaskState =
  | 'TASK_STAGING'
  | 'TASK_STARTING'
  | 'TASK_RUNNING'
  | 'TASK_KILLING'
  | 'TASK_FINISHED'
  | 'TASK_FAILED'
  | 'TASK_KILLED'
  | 'TASK_ERROR'
  | 'TASK_LOST'
  | 'TASK_DROPPED'
  | 'TASK_UNREACHABLE'
  | 'TASK_GONE'
  | 'TASK_GONE_BY_OPERATOR'
  | 'TASK_UNKNOWN';

/**
 * Why a status was sent; Mesos's names without `REASON_` in front are not used: the wire names
 * stand here.
 */
export type StatusReason = `REASON_${string}`;

/** News of one task, as a framework gets it. */
export interface StatusUpdate {
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
  /** As the task was launched; absent where the master does not know the task. */
  readonly origin?: TaskOrigin | undefined;
  readonly state: TaskState;
  readonly source: 'SOURCE_MASTER' | 'SOURCE_AGENT' | 'SOURCE_EXECUTOR';
  readonly reason?: StatusReason | undefined;
  readonly message?: string | undefined;
  /** Present where the framework must acknowledge; absent on updates that the master made up. */
  readonly updateId?: string | undefined;
  /** Result of health checks that the agent runs; absent while unknown. */
  readonly healthy?: boolean | undefined;
  readonly containerIp?: string | undefined;
}

/** What a task is an instance of. */
export type TaskOrigin =
  | {readonly kind: 'app'; readonly appId: string; readonly version: string}
  | {
      readonly kind: 'job';
      readonly jobId: string;
      /** Order of arrival at its framework, from 0: a job's number, where its id is its name. */
      readonly serial: number;
      /** How often the job was started before. */
      readonly attempt: number;
    }
  /** A run of a job of a Chronos: `due`, ms since 1970, tells it from others of its job. */
  | {
      readonly kind: 'run';
      readonly jobName: string;
      readonly due: number;
      /** How often the run was started before. */
      readonly attempt: number;
    };

/** A task to be launched on an offer. */
export interface TaskLaunch {
  readonly taskId: TaskId;
  /** Name shown to people, not unique. */
  readonly name: string;
  readonly origin: TaskOrigin;
  readonly resources: Resources;
  /**
   * Everything the executor needs (command, container, env, labels): JSON-able, opaque to the
   * master.
   */
  readonly details?: unknown;
}

/** What a framework may do with what it is offered, beside launching. */
export type OfferOperation = Extract<
  Operation,
  {readonly kind: 'create' | 'destroy' | 'reserve' | 'unreserve'}
>;

/** What a framework may change about itself while subscribed (Mesos: UPDATE_FRAMEWORK). */
export interface FrameworkChange {
  /**
   * All roles that it wants to be in from now on. Offers in roles that it leaves are taken back;
   * what its tasks use there stays theirs.
   */
  readonly roles?: readonly string[] | undefined;
  /** The role that the rest is about; absent: all of its roles. */
  readonly role?: string | undefined;
  /**
   * Alternatives, one of which an offer must contain; an empty list is no minimum; `null` the
   * cluster's.
   */
  readonly minAllocatable?: readonly Quantities[] | null | undefined;
  /**
   * How many offers it wants to hold at most. Mesos knows no such bound (its constant of 50 is
   * unused); with it a framework that needs one task is not handed the whole cluster. Infinity is
   * Mesos's behaviour.
   */
  readonly offersMax?: number | undefined;
}

/** The calls of a framework to the master; the verbs of Mesos's v1 scheduler API. */
export interface SchedulerDriver {
  /**
   * Launches tasks on offers of one agent and role, and declines what they leave with a filter of
   * `refuseMs` (default 5 s, 0 = none). Answers with updates; an invalid offer gives TASK_DROPPED
   * for each task.
   *
   * `operations` are made before, in their order; one that cannot be made is left out without a
   * word, and what needs it fails. What they have changed and nobody uses comes back unfiltered.
   */
  accept(
    offerIds: readonly OfferId[],
    launches: readonly TaskLaunch[],
    refuseMs?: number,
    operations?: readonly OfferOperation[],
  ): void;
  /**
   * Gives offers back; the agent is not offered again to this framework for `refuseMs` (default 5
   * s).
   */
  decline(offerIds: readonly OfferId[], refuseMs?: number): void;
  /** Confirms an update that has an `updateId`; the next one of that task may then come. */
  acknowledge(update: StatusUpdate): void;
  kill(taskId: TaskId, graceMs?: number): void;
  /** Wants no offers until {@link revive}; as the next three, in these roles, or in all. */
  suppress(roles?: readonly string[]): void;
  /** Wants offers, and forgets what it declined. */
  revive(roles?: readonly string[]): void;
  /** Unlike {@link revive}, wants offers again and keeps what it declined (MESOS-9028). */
  unsuppress(roles?: readonly string[]): void;
  /** Forgets what it declined. */
  clearFilters(roles?: readonly string[]): void;
  /**
   * Answers inverse offers: whether it will leave these agents in time. It is not asked again for
   * `refuseMs` (default 5 s).
   */
  answerInverseOffers(agentIds: readonly AgentId[], accepted: boolean, refuseMs?: number): void;
  updateFramework(change: FrameworkChange): void;
  /**
   * Asks for the state of tasks; an empty list asks for all (implicit). Answers come as updates.
   */
  reconcile(tasks: readonly {taskId: TaskId; agentId?: AgentId | undefined}[]): void;
}

/**
 * What the engine gives every framework beside the driver: time, timers, chance, records, events.
 */
export interface FrameworkServices {
  readonly id: FrameworkId;
  /** The role as which it was introduced; it may enter others. */
  readonly role: string;
  readonly driver: SchedulerDriver;
  readonly kinds: ScalarKinds;
  /** Instant of the step that is being made: integer ms since the epoch of the run. */
  now(): number;
  /** When that epoch was: ms since 1970. */
  readonly epochMs: number;
  /** Rules of time zones. */
  readonly timeZones: TimeZones;
  /**
   * Calls `onTimer(name, subject)` at `at`; replaces a pending timer of the same name and subject.
   */
  armTimer(name: string, subject: string, at: number): void;
  cancelTimer(name: string, subject: string): void;
  /** A fresh stream; the same name gives the same draws, so name it after entity and occasion. */
  random(stream: string): Random;
  /**
   * Records this framework's document at `path`, below its id in the store; effects of this step
   * wait for it to be written.
   */
  putRecord(path: string, document: unknown): void;
  deleteRecord(path: string): void;
  /** Asks tasks how they are; each answer comes once, by {@link Framework.probeResults}. */
  probe(probes: readonly Probe[]): void;
  /** An event for people and subscribers; `type` is the wire name. */
  publish(event: FrameworkEvent): void;
  /** Answers a request; released after the records of the step are written. */
  reply(requestId: string, reply: FrameworkReply): void;
}

export interface FrameworkEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The answer to a request: data, or a refusal that the HTTP face maps to a status. */
export type FrameworkReply =
  | {readonly ok: true; readonly body: unknown; readonly deploymentId?: string | undefined}
  | {readonly ok: false; readonly refusal: Refusal};

/** What is wrong with one field of a request, by its path (`/container/docker/image`). */
export interface RefusedField {
  readonly path: string;
  readonly message: string;
  /** `json`: the value is of a wrong JSON type. */
  readonly kind?: 'json' | undefined;
}

/** Why a request was refused. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly errors?: readonly RefusedField[] | undefined;
  readonly deploymentIds?: readonly string[] | undefined;
}

/** Tasks that wait for the same reason: what `why is it waiting` is made of. */
export interface WaitingGroup {
  readonly tasks: number;
  /** One of them: an instance or job id. */
  readonly example: string;
  /**
   * What the framework itself knows: behind another job, in back-off, no agent meets a constraint.
   */
  readonly reason: string;
  /** Where it waits for resources: in which role; absent: in the framework's own. */
  readonly role?: string | undefined;
  /** What one of the tasks needs, where it waits for resources: the cluster says what lacks. */
  readonly needs?: Resources | undefined;
}

/**
 * A framework inside the engine. All its calls come from the master, never while it is being
 * called.
 */
export interface Framework {
  /** Once, at the start, before any offer. */
  registered(): void;
  /** Offers of one allocation run. Each must sooner or later be accepted or declined. */
  resourceOffers(offers: readonly Offer[]): void;
  /** Agents that it uses will not be available; absent: it does not care. */
  inverseOffers?(offers: readonly InverseOffer[]): void;
  /** An offer was taken back: it can no longer be accepted. */
  offerRescinded(offerId: OfferId): void;
  statusUpdate(update: StatusUpdate): void;
  onTimer(name: string, subject: string): void;
  /** Answers to probes; absent: it never asks. */
  probeResults?(results: readonly ProbeResult[]): void;
  /**
   * A request addressed to this framework; bad content is answered with a refusal, never thrown.
   */
  onRequest(requestId: string, request: unknown): void;
  /** Tasks that wait, in groups, most tasks first. */
  waiting(): readonly WaitingGroup[];
  /** Plain JSON-able data; the constructor of the framework takes it back. */
  snapshot(): unknown;
}

/** How a framework is introduced to the master. */
export interface FrameworkInfo {
  readonly id: FrameworkId;
  readonly name: string;
  readonly role: string;
  /** Without GPU_RESOURCES a framework is not offered agents that have gpus. */
  readonly capabilities: readonly FrameworkCapability[];
}

export type FrameworkCapability =
  | 'GPU_RESOURCES'
  | 'PARTITION_AWARE'
  | 'MULTI_ROLE'
  | 'TASK_KILLING_STATE';
