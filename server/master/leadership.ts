/** Who leads the masters, as a master contends for it: by ZooKeeper, or alone. */
import {setTimeout} from 'node:timers/promises';
import type {Logger} from 'pino';
import type {Store} from '../../adapters/ports/store.ts';
import type {Address} from '../../api/cluster.ts';
import type {LeaderWatch} from '../agent/leader-link.ts';

/** One time of leading. */
export interface Term {
  /** Greater than that of every term before, of whichever master. */
  readonly epoch: number;
  readonly store: Store;
  /** Whether it can be proved now that nobody else leads. */
  isHeld(): boolean;
}

export interface Contender {
  elected(term: Term): void;
  /** The term is over; another election follows by itself. */
  lost(reason: string): void;
}

export interface Leadership extends LeaderWatch {
  contend(contender: Contender): Promise<void>;
  /** Gives the leadership up, if it is held, and contends again behind the others. */
  resign(reason: string): Promise<void>;
}

const RETRY_MS = 1000;

/** The only master: it leads from the start, with the next epoch of its store. */
export class SoleLeadership implements Leadership {
  readonly leader: Address;
  readonly #store: Store & {nextEpoch(): Promise<number>};
  readonly #log: Logger;
  #contender: Contender | undefined;

  constructor(self: Address, store: Store & {nextEpoch(): Promise<number>}, log: Logger) {
    this.leader = self;
    this.#store = store;
    this.#log = log;
  }

  onChange(): () => void {
    return () => undefined;
  }

  async contend(contender: Contender): Promise<void> {
    this.#contender = contender;
    const store = this.#store;
    contender.elected({epoch: await this.#nextEpoch(), store, isHeld: () => true});
  }

  /** Tried until it works: a full disk may have room again. */
  async #nextEpoch(): Promise<number> {
    for (;;) {
      try {
        return await this.#store.nextEpoch();
      } catch (error) {
        if (this.#contender === undefined) throw error;
        this.#log.error({err: error}, 'the store takes no writes; trying again');
        await setTimeout(RETRY_MS);
      }
    }
  }

  async resign(reason: string): Promise<void> {
    const contender = this.#contender;
    if (contender === undefined) return;
    contender.lost(reason);
    await this.contend(contender);
  }

  async close(): Promise<void> {
    this.#contender = undefined;
    await this.#store.close();
  }
}
