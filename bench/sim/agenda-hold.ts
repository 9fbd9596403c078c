/**
 * The hold model of event queues: with so many entries held, the earliest is taken and a new one
 * added, some random time later. Our agenda and the library's queue do exactly the same.
 */
import {PriorityQueue} from '@datastructures-js/priority-queue';
import {Agenda, makeRandom} from '../../engine/index.ts';
import {demand} from '../bench.ts';
import type {MicroSubject} from '../micro-bench.ts';

/** Drawn before the measuring; the length is a power of 2, to go round by a mask. */
const DELAYS = 65_536;

/** Exponential with a mean of a second, in whole ms: some meet at one instant, as in runs. */
function drawDelays(): Float64Array {
  const random = makeRandom(1, 'agenda-hold');
  return Float64Array.from({length: DELAYS}, () =>
    Math.round(-1000 * Math.log(1 - random.float())),
  );
}

/** A queue of integers by time, first in first out at one instant. */
interface Held {
  push(at: number, payload: number): void;
  /** Instant of the next entry, which `pop` then returns. */
  readonly nextAt: number;
  pop(): number;
}

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly payload: number;
}

function makeLibraryQueue(): Held {
  const queue = new PriorityQueue<Entry>(
    (left, right) => left.at - right.at || left.sequence - right.sequence,
  );
  let nextSequence = 0;
  return {
    push: (at, payload) => {
      queue.enqueue({at, sequence: nextSequence, payload});
      nextSequence += 1;
    },
    get nextAt() {
      return queue.front()?.at ?? Infinity;
    },
    pop: () => queue.dequeue()?.payload ?? -1,
  };
}

export function makeAgendaHold(held: number, holds: number): MicroSubject {
  return makeHold(() => new Agenda(), held, holds);
}

export function makeLibraryHold(held: number, holds: number): MicroSubject {
  return makeHold(makeLibraryQueue, held, holds);
}

function makeHold(makeQueue: () => Held, held: number, holds: number): MicroSubject {
  const delays = drawDelays();
  const holder = makeHolder(makeQueue(), held, delays);
  let calls = 0;
  return {
    run: () => {
      holder.hold(holds);
      calls += 1;
    },
    check: () => {
      // A short run on both kinds must go the same way; the long one must have made all its holds.
      const length = 2 * held;
      const ours = makeHolder(new Agenda(), held, delays).hold(length);
      const theirs = makeHolder(makeLibraryQueue(), held, delays).hold(length);
      demand(ours === theirs, () => `agenda and library differ: ${ours}, ${theirs}`);
      demand(calls > 0 && holder.holds === calls * holds, () => 'holds are missing');
    },
  };
}

interface Holder {
  readonly holds: number;
  /** Makes so many holds; returns a checksum of the order so far. */
  hold(count: number): number;
}

function makeHolder(queue: Held, held: number, delays: Float64Array): Holder {
  const mask = DELAYS - 1;
  for (let payload = 0; payload < held; payload += 1) {
    queue.push(delays[payload & mask] as number, payload);
  }
  let checksum = 0;
  let holds = 0;
  return {
    get holds() {
      return holds;
    },
    hold: (count) => {
      for (let hold = 0; hold < count; hold += 1) {
        const at = queue.nextAt;
        const payload = queue.pop();
        checksum = (Math.imul(checksum, 31) + payload) | 0;
        queue.push(at + (delays[(held + holds) & mask] as number), payload);
        holds += 1;
      }
      return checksum;
    },
  };
}
