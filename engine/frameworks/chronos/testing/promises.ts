/**
 * What a Chronos promises, in words (reference part 9.5, I1 to I9). A broken promise throws. Not
 * part of the engine.
 */
import {keeperOf, type Keep} from '../../testing/promises.ts';

export const PROMISES = {
  once: 'no slot of a job is claimed twice, and slots are claimed in order',
  repetitions: 'repetitions never rise but by an update',
  single: 'a job that is not concurrent has one task alive at most, by what the agents say',
  slots: 'each slot is claimed, skipped with an event, waiting or in the future',
  live: 'once all is calm, every slot is run in time, and nothing is stuck',
  edges: 'edge counters are what the log of outcomes says, and children fire by them',
  fence: 'a leader that was deposed does nothing any more',
  launches: 'a run is launched no more often than its retries allow, and no task twice',
  same: 'what is printed, recorded or snapshot is the same when it is read again',
  written: 'nothing is launched, killed or answered before it is written',
} as const;

/** Throws where a promise is broken. */
export const keep: Keep<keyof typeof PROMISES> = keeperOf(PROMISES);
