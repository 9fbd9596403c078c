import type {OfferOperation} from '../scheduler.ts';

/**
 * How often a framework has called the master, and what became of its offers: for metrics only. Not
 * part of the state, a restored engine counts anew.
 */
export interface CallTally {
  accepts: number;
  declines: number;
  revives: number;
  suppressions: number;
  kills: number;
  reconciliations: number;
  offersSent: number;
  offersAccepted: number;
  offersDeclined: number;
  offersRescinded: number;
  /** Launches apart: each task is one. */
  readonly operations: Record<OfferOperation['kind'], number>;
}

export function makeCallTally(): CallTally {
  return {
    accepts: 0,
    declines: 0,
    revives: 0,
    suppressions: 0,
    kills: 0,
    reconciliations: 0,
    offersSent: 0,
    offersAccepted: 0,
    offersDeclined: 0,
    offersRescinded: 0,
    operations: {reserve: 0, unreserve: 0, create: 0, destroy: 0},
  };
}
