/**
 * Everything that can happen to the engine: facts in the past tense, and requests. Plain, JSON-able
 * data.
 */
import type {AgentId, FrameworkId, TaskId} from './kernel/ids.ts';
import type {QuotaConfig} from './options.ts';
import type {ProbeResult} from './probes.ts';
import type {Amounts} from './resources/amounts.ts';
import type {AgentInfo, StatusReason, TaskOrigin, TaskState, Unavailability} from './scheduler.ts';

/** A task that an agent says it has, when it registers (again). */
export interface AgentTask {
  readonly frameworkId: FrameworkId;
  readonly taskId: TaskId;
  readonly state: TaskState;
  readonly name: string;
  readonly origin: TaskOrigin;
  readonly resources: Amounts;
  /** As it was launched; absent: its framework's own. */
  readonly role?: string | undefined;
  /** The last result of checks that the agent makes; absent while unknown. */
  readonly healthy?: boolean | undefined;
  readonly containerIp?: string | undefined;
}

/** A job of one or many equal tasks, for the batch framework. */
export interface BatchJob {
  readonly id: string;
  /** How many tasks start together. */
  readonly tasks: number;
  /** What each of them needs. */
  readonly resources: Amounts;
  /** How long its owner thinks it runs: what backfilling plans with. Unknown = for ever. */
  readonly estimateMs?: number | undefined;
}

/** What an operator may ask of the master. */
export type OperatorRequest =
  /** All or nothing. `force`: also beyond what the cluster has or the role consumes. */
  | {
      readonly type: 'updateQuota';
      readonly configs: readonly QuotaConfig[];
      readonly force?: boolean | undefined;
    }
  /** role → weight; 1 is the default. */
  | {readonly type: 'updateWeights'; readonly weights: Readonly<Record<string, number>>}
  /** Host names of agents that may be offered; null: all. */
  | {readonly type: 'updateWhitelist'; readonly hostnames: readonly string[] | null}
  /** Null takes the plan back. */
  | {
      readonly type: 'updateUnavailability';
      readonly agentId: AgentId;
      readonly unavailability: Unavailability | null;
    };

export type Input =
  /** The time has come that `wakeAt` asked for. */
  | {readonly kind: 'tick'}
  /**
   * A new agent, or one that is back; `tasks` are all that it still runs or has not yet reported
   * the end of.
   */
  | {
      readonly kind: 'agentRegistered';
      readonly agent: AgentInfo;
      readonly resources: Amounts;
      readonly tasks: readonly AgentTask[];
    }
  /** The connection broke: no offers of it; after the ping timeouts it is unreachable. */
  | {readonly kind: 'agentDisconnected'; readonly agentId: AgentId}
  /** Pings are no longer answered, but the connection did not break: only the ping timeouts run. */
  | {readonly kind: 'agentSilent'; readonly agentId: AgentId}
  /** Pings are answered again before the timeouts ended. */
  | {readonly kind: 'agentHeard'; readonly agentId: AgentId}
  | {
      readonly kind: 'taskStatus';
      readonly agentId: AgentId;
      readonly frameworkId: FrameworkId;
      readonly taskId: TaskId;
      readonly state: TaskState;
      /**
       * Identity of this update for its acknowledgement; an agent repeats it until acknowledged.
       */
      readonly updateId: string;
      readonly reason?: StatusReason | undefined;
      readonly message?: string | undefined;
      readonly healthy?: boolean | undefined;
      readonly containerIp?: string | undefined;
    }
  /** Answers to `probe` effects; those of one instant belong into one input. */
  | {
      readonly kind: 'probeResults';
      readonly frameworkId: FrameworkId;
      readonly results: readonly ProbeResult[];
    }
  | {readonly kind: 'jobSubmitted'; readonly frameworkId: FrameworkId; readonly job: BatchJob}
  /** A request for a framework (of Marathon: see its requests.ts); answered by a `reply` effect. */
  | {
      readonly kind: 'request';
      readonly requestId: string;
      readonly frameworkId: FrameworkId;
      readonly request: unknown;
    }
  /**
   * Another process leads the framework now; it knows what these records say. They are all that the
   * store holds of it, at their paths there; others are passed over.
   */
  | {
      readonly kind: 'frameworkFailedOver';
      readonly frameworkId: FrameworkId;
      readonly records: readonly (readonly [path: string, document: unknown])[];
    }
  /** A request of an operator to the master; answered by an `operatorReply` effect. */
  | {
      readonly kind: 'operatorRequest';
      readonly requestId: string;
      readonly request: OperatorRequest;
    }
  /** The store has written a `persist` effect; batches are confirmed in order. */
  | {readonly kind: 'recordsWritten'; readonly batch: number}
  /**
   * The store has refused a `persist` effect: another leader, of a later epoch, writes there. As
   * with
   * `leadershipLost`, this engine is done: it takes no input and gives no effect any more.
   */
  | {readonly kind: 'recordsRefused'; readonly batch: number}
  /** This engine leads. Epochs only grow: every later leader has a greater one. */
  | {readonly kind: 'leadershipGained'; readonly epoch: number}
  /** It leads no more, or cannot prove that it does. Whoever leads next starts from the records. */
  | {readonly kind: 'leadershipLost'};

export type InputKind = Input['kind'];
