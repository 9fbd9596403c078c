/**
 * What is reserved for an instance with persistent volumes: exactly one agent's resources, which
 * wait for it when it has ended (reference parts 6.9 and 7.6).
 */
import type {Amounts} from '../../../resources/amounts.ts';
import type {AgentInfo} from '../../../scheduler.ts';
import type {WantedPort} from '../launch/ports.ts';

/** New: asked for, not seen yet. Launched: a task uses it. Suspended: it waits for the next one. */
export type ReservationState = 'New' | 'Launched' | 'Suspended';

export interface LocalVolume {
  readonly containerPath: string;
  readonly uuid: string;
  /** Under which the agent knows it. */
  readonly persistenceId: string;
}

export interface Reservation {
  readonly state: ReservationState;
  readonly agent: AgentInfo;
  /** Of the app's version for which it was made: it stays so. */
  readonly role: string;
  /** Exactly what is reserved, volumes included. */
  readonly resources: Amounts;
  readonly hostPorts: readonly WantedPort[];
  readonly volumes: readonly LocalVolume[];
}

export const RESERVATION_TIMER = 'reservation';

/** `--task_reservation_timeout`. */
export const RESERVATION_MS = 20_000;
