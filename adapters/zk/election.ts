/**
 * The election over all sessions of a process: who leads, for everybody; and for a master, leading
 * itself, again and again. The nodes are those of Mesos, see members.ts and master-info.ts.
 */
import {Candidacy} from './candidacy.ts';
import {detectLeader} from './leader-detector.ts';
import type {Lease} from './lease.ts';
import type {MasterInfo} from './master-info.ts';
import type {ZkSession} from './session.ts';
import {SessionKeeper} from './session-keeper.ts';
import type {ZkUrl} from './zk-url.ts';

export interface ElectionOptions {
  readonly zk: ZkUrl;
  /** As wished: the servers decide (2 to 20 of their ticks, by default). */
  readonly sessionTimeoutMs: number;
  /** For each attempt to open a session; by default as long as a session lasts, 10 s at least. */
  readonly connectTimeoutMs?: number | undefined;
}

export interface LeaderListener {
  /** Who leads now, as far as is known; at each change. */
  leaderChanged(leader: MasterInfo | undefined): void;
  /** What went wrong, for the log. It is tried again by itself. */
  notice(text: string): void;
}

/** One time of leading. */
export interface Leadership {
  /** Greater than that of all before. */
  readonly epoch: number;
  readonly lease: Lease;
  /** That the lease is on: a store in it fails when it ends. */
  readonly session: ZkSession;
  /** Of the node that holds the epoch, for the store to check. */
  readonly epochPath: string;
}

export interface CandidateListener extends LeaderListener {
  elected(leadership: Leadership): void;
  /** Once after `elected`. The lease is over. The process stands in line again by itself. */
  lost(reason: string): void;
}

/** Watches who leads. */
export class LeaderWatcher {
  readonly #keeper: SessionKeeper;
  readonly #teller: LeaderTeller;

  constructor(options: ElectionOptions, listener: LeaderListener) {
    const teller = new LeaderTeller(listener);
    this.#teller = teller;
    this.#keeper = new SessionKeeper({
      ...sessionOptions(options),
      pace: 'watcher',
      notice: (text) => listener.notice(text),
      use: (session) =>
        detectLeader({session, folder: options.zk.path}, (leader) => teller.tell(leader)),
    });
  }

  /** As told last. */
  get leader(): MasterInfo | undefined {
    return this.#teller.leader;
  }

  /** Nothing is told after it. */
  async close(): Promise<void> {
    this.#teller.stop();
    await this.#keeper.close();
  }
}

/** Watches who leads, and is a candidate. */
export class ElectionCandidate {
  readonly #options: ElectionOptions;
  readonly #info: MasterInfo;
  readonly #listener: CandidateListener;
  readonly #teller: LeaderTeller;
  readonly #keeper: SessionKeeper;
  #candidacy: Candidacy | undefined;
  #isLeading = false;
  #isClosed = false;

  constructor(options: ElectionOptions, info: MasterInfo, listener: CandidateListener) {
    this.#options = options;
    this.#info = info;
    this.#listener = listener;
    this.#teller = new LeaderTeller(listener);
    this.#keeper = new SessionKeeper({
      ...sessionOptions(options),
      notice: (text) => listener.notice(text),
      use: (session) => this.#use(session),
    });
  }

  get leader(): MasterInfo | undefined {
    return this.#teller.leader;
  }

  /** Gives the leadership up, if it is held, and stands in line again behind the others. */
  resign(reason: string): void {
    if (this.#isLeading) this.#candidacy?.end(reason);
  }

  /** Nothing is told after it, not even that a leadership is lost. Its lease is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#teller.stop();
    this.#candidacy?.end('this master is being stopped');
    await this.#keeper.close();
  }

  /** Settles when the session is of no more use. */
  async #use(session: ZkSession): Promise<void> {
    const folder = this.#options.zk.path;
    const epochPath = `${folder}/epoch`;
    const over = Promise.withResolvers<void>();
    this.#candidacy = new Candidacy(
      {session, folder, epochPath, info: this.#info},
      {
        elected: (epoch, lease) => {
          if (this.#isClosed) return;
          this.#isLeading = true;
          this.#listener.elected({epoch, lease, session, epochPath});
        },
        over: (reason) => {
          const wasLeading = this.#isLeading;
          this.#isLeading = false;
          // The session goes with it, so that whoever is next need not wait for its end.
          over.resolve();
          if (this.#isClosed) return;
          if (wasLeading) this.#listener.lost(reason);
          else this.#listener.notice(`not a candidate any more: ${reason}`);
        },
      },
    );
    const detecting = detectLeader({session, folder}, (leader) => this.#teller.tell(leader));
    await Promise.race([detecting, over.promise]);
  }
}

function sessionOptions({zk, ...options}: ElectionOptions) {
  const {sessionTimeoutMs, connectTimeoutMs} = options;
  return {
    zk,
    sessionTimeoutMs,
    connectTimeoutMs: connectTimeoutMs ?? Math.max(10_000, sessionTimeoutMs),
  };
}

/** Tells what is new, over all sessions. */
class LeaderTeller {
  readonly #listener: LeaderListener;
  leader: MasterInfo | undefined;
  #isStopped = false;

  constructor(listener: LeaderListener) {
    this.#listener = listener;
  }

  tell(leader: MasterInfo | undefined): void {
    if (this.#isStopped || JSON.stringify(leader) === JSON.stringify(this.leader)) return;
    this.leader = leader;
    this.#listener.leaderChanged(leader);
  }

  stop(): void {
    this.#isStopped = true;
  }
}
