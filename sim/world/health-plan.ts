/** How well a task will be, as it is drawn when it is launched. */
import type {HealthAnswer} from '../scenario/schema.ts';

/**
 * The health of a task over its life: drawn once, in virtual milliseconds from running; -1: never.
 */
export interface TaskHealth {
  readonly healthyMs: number;
  /** From then on it is not healthy any more. */
  readonly sickMs: number;
  /** Once healthy it is so for this long, then sick for `sickForMs`, and so on; -1: it stays. */
  readonly wellForMs: number;
  readonly sickForMs: number;
  readonly readyMs: number;
  /** What it answers while it is not healthy. */
  readonly sickAnswer: HealthAnswer;
  /** The check that its agent makes, if any. */
  readonly byAgent: AgentCheck | null;
  /** What its agent said last; null: nothing. */
  said: boolean | null;
  /** Since when its agent finds it sick; -1: it does not. */
  sickSince: number;
}

export interface AgentCheck {
  readonly graceMs: number;
  readonly intervalMs: number;
  /** So many failures, and the executor kills it. */
  readonly failuresMax: number;
}
