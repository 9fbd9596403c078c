/** Who leads the masters, as a master contends for it: by ZooKeeper, or alone. */
import {setTimeout} from 'node:timers/promises';
import type {Logger} from 'pino';
import type {Store} from '../../adapters/ports/store.ts';
import type {Address} from '../../api/cluster.ts';
import type {LeaderWatch} from '../leader-watch.ts';

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

/** A store that a master has to itself. */
export type SoleStore = Store & {nextEpoch(): Promise<number>};

/** The only master: it leads from the start, with the next epoch of its store. */
export class SoleLeadership implements Leadership {
  readonly leader: Address;
  readonly #log: Logger;
  /** Opens the store anew: one that has failed takes nothing any more. */
  readonly #reopen: () => Promise<SoleStore>;
  #store: SoleStore;
  #contender: Contender | undefined;
  #isClosed = false;

  constructor(
    self: Address,
    {store, reopen}: {readonly store: SoleStore; readonly reopen: () => Promise<SoleStore>},
    log: Logger,
  ) {
    this.leader = self;
    this.#store = store;
    this.#reopen = reopen;
    this.#log = log;
  }

  onChange(): () => void {
    return () => undefined;
  }

  async contend(contender: Contender): Promise<void> {
    this.#contender = contender;
    const store = this.#store;
    contender.elected({epoch: await store.nextEpoch(), store, isHeld: () => true});
  }

  /** Tried until it works: a full disk may have room again. */
  async resign(reason: string): Promise<void> {
    const contender = this.#contender;
    if (contender === undefined) return;
    contender.lost(reason);
    await this.#store.close();
    for (;;) {
      await setTimeout(RETRY_MS);
      if (this.#isClosed) return;
      try {
        this.#store = await this.#reopen();
        await this.contend(contender);
        return;
      } catch (error) {
        this.#log.error({err: error}, 'the store cannot be opened again; trying on');
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#store.close();
  }
}
