/**
 * Everything the engine can want of the world: orders, to be carried out in this order. Plain,
 * JSON-able data.
 */
import type {AgentId, FrameworkId, TaskId} from './kernel/ids.ts';
import type {Probe} from './probes.ts';
import type {Amounts} from './resources/amounts.ts';
import type {FrameworkEvent, FrameworkReply, OfferOperation, TaskOrigin} from './scheduler.ts';

export type Effect =
  | {
      readonly kind: 'launchTask';
      readonly agentId: AgentId;
      readonly frameworkId: FrameworkId;
      readonly taskId: TaskId;
      readonly name: string;
      readonly origin: TaskOrigin;
      readonly resources: Amounts;
      /** Where it is another one than the framework's own: the agent tells it when it registers. */
      readonly role?: string | undefined;
      readonly details?: unknown;
    }
  /**
   * An agent has reserved, or has let go of, a part of what it has, and made or destroyed volumes.
   * Such orders must not get lost: an agent that is away gets them when it is back.
   */
  | {
      readonly kind: 'applyOperations';
      readonly agentId: AgentId;
      /** In their order. */
      readonly operations: readonly {
        readonly kind: OfferOperation['kind'];
        readonly resources: Amounts;
      }[];
      /** All that it has then: what it says when it registers again. */
      readonly resources: Amounts;
    }
  | {
      readonly kind: 'killTask';
      readonly agentId: AgentId;
      readonly frameworkId: FrameworkId;
      readonly taskId: TaskId;
      /** From the polite signal to the hard one; absent = the executor's default. */
      readonly graceMs?: number | undefined;
    }
  | {
      readonly kind: 'acknowledgeStatus';
      readonly agentId: AgentId;
      readonly frameworkId: FrameworkId;
      readonly taskId: TaskId;
      readonly updateId: string;
    }
  /**
   * To be written as one transaction; answered by `recordsWritten`, until then later effects are
   * held.
   */
  | {
      readonly kind: 'persist';
      readonly batch: number;
      /** Of the leader; a store that has seen a later one refuses it by `recordsRefused`. */
      readonly epoch?: number | undefined;
      readonly puts: readonly {readonly path: string; readonly document: unknown}[];
      readonly deletes: readonly string[];
    }
  | {
      readonly kind: 'reply';
      readonly requestId: string;
      readonly frameworkId: FrameworkId;
      readonly reply: FrameworkReply;
    }
  | {
      readonly kind: 'operatorReply';
      readonly requestId: string;
      readonly reply: FrameworkReply;
    }
  /** Questions to be asked at once; each is answered, failed ones too, by `probeResults`. */
  | {
      readonly kind: 'probe';
      readonly frameworkId: FrameworkId;
      readonly probes: readonly Probe[];
    }
  | {
      readonly kind: 'publish';
      readonly frameworkId: FrameworkId;
      readonly event: FrameworkEvent;
    };

export type EffectKind = Effect['kind'];
