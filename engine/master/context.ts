/** What the parts of the master need of the engine around them. */
import type {Effect} from '../effects.ts';
import type {FrameworkId, TaskId} from '../kernel/ids.ts';
import type {Timers} from '../kernel/timers.ts';
import type {ScalarKinds} from '../resources/kinds.ts';

export interface MasterContext {
  readonly kinds: ScalarKinds;
  readonly timers: Timers;
  now(): number;
  emit(effect: Effect): void;
  /** The launch of a task that is not there any more must not go out, if it still waits to. */
  withdraw(frameworkId: FrameworkId, taskId: TaskId): void;
  /** Records the master's document at `master/<path>`: effects of this step wait for it. */
  putRecord(path: string, document: unknown): void;
  deleteRecord(path: string): void;
}

/** Owner of the master's timers; no framework's id is empty. */
export const MASTER_TIMERS = '';
