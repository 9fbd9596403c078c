/** What the parts of the master need of the engine around them. */
import type {Effect} from '../effects.ts';
import type {Timers} from '../kernel/timers.ts';
import type {ScalarKinds} from '../resources/kinds.ts';

export interface MasterContext {
  readonly kinds: ScalarKinds;
  readonly timers: Timers;
  now(): number;
  emit(effect: Effect): void;
  /** Records the master's document at `master/<path>`: effects of this step wait for it. */
  putRecord(path: string, document: unknown): void;
  deleteRecord(path: string): void;
}

/** Owner of the master's timers; no framework's id is empty. */
export const MASTER_TIMERS = '';
