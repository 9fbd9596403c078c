/**
 * What a Chronos tells of its jobs, for people, subscribers and reports. The names are those of
 * Chronos's own events; instants are ms since 1970.
 */
import type {SkipReason} from './schedule/lateness.ts';
import type {RunKind} from './runs/run.ts';

/** Which run is meant. */
export type RunRef = {
  readonly job: string;
  readonly due: number;
  readonly kind: RunKind;
  readonly attempt: number;
};

export type ChronosEvent =
  | {readonly type: 'JobCreated' | 'JobRemoved' | 'JobUpdated'; readonly job: string}
  /** It will not run by itself any more. */
  | {readonly type: 'JobDisabled'; readonly job: string; readonly cause: string}
  /** Slots are given up: `count` of them, from `first` to `last`. */
  | {
      readonly type: 'JobSkipped';
      readonly job: string;
      readonly first: number;
      readonly last: number;
      readonly count: number;
      readonly reason: SkipReason;
    }
  /** Its parents have succeeded, and yet it does not run for them. */
  | {
      readonly type: 'JobNotFired';
      readonly job: string;
      readonly at: number;
      readonly reason: 'disabled' | 'overlap' | 'updated';
    }
  /** Claimed; `slot` where it is for one. It starts when its job's other runs and offers let it. */
  | ({readonly type: 'JobQueued'; readonly slot?: number} & RunRef)
  /** Its task is launched. */
  | ({readonly type: 'JobLaunched'; readonly taskId: string; readonly host: string} & RunRef)
  /** The first sign of life of its task. */
  | ({readonly type: 'JobStarted'; readonly taskId: string} & RunRef)
  | ({readonly type: 'JobFinished'} & RunRef)
  /** An attempt has failed; `retryAt` if another one follows. */
  | ({readonly type: 'JobFailed'; readonly message: string; readonly retryAt?: number} & RunRef)
  /** No attempt is left. */
  | ({
      readonly type: 'JobRetriesExhausted';
      readonly message: string;
      readonly taskId: string;
    } & RunRef)
  /** It ended without having succeeded or failed: killed, or its job was disabled or deleted. */
  | ({readonly type: 'JobCancelled'; readonly cause: string} & RunRef)
  | {readonly type: 'JobQuarantined'; readonly job: string; readonly message: string};
