/**
 * One ZooKeeper session from its beginning to its end, in promises. It moves from server to server
 * by itself; when it has expired it is over, and who wants to go on opens another.
 */
import zookeeper, {type Client, type Exception, type Stat, type State} from 'node-zookeeper-client';
import {
  aclOf,
  addOp,
  EMPTY_NODE,
  errorOf,
  indexOfFailure,
  LOST_BEFORE_ANSWER,
  messageOf,
  nodeOf,
  type NodeAccess,
} from './client-forms.ts';
import {createMendedClient, type MendedClient} from './client-mends.ts';
import {SessionProof} from './session-proof.ts';
import {isZkError, ZkError} from './zk-error.ts';
import type {ZkNode, ZkNodes, ZkOp} from './zk-nodes.ts';
import type {ZkUrl} from './zk-url.ts';

export interface ZkSessionOptions {
  readonly zk: Pick<ZkUrl, 'servers' | 'credentials'>;
  /** As wished; the servers decide (2 to 20 of their ticks, by default). */
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How closely the connection is watched; a leader's by default. */
  readonly pace?: keyof typeof PACES | undefined;
}

export type ZkSessionEnd = 'expired' | 'closed' | 'login refused';

/** @throws ZkError `unreachable`: no server has taken us in time. */
export async function openZkSession(options: ZkSessionOptions): Promise<ZkSession> {
  const session = new ZkSession(options);
  try {
    await session.established;
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

/**
 * As parts of the timeout: how often something is asked, and after how long without any answer
 * another server is tried. A leader has to be elsewhere while its lease still lasts; those who only
 * watch are many, and have time.
 */
const PACES = {
  leader: {beat: 1 / 8, silence: 1 / 4},
  watcher: {beat: 1 / 3, silence: 1 / 3},
} as const;
const CLOSE_MS_MAX = 1000;

interface Waiting {
  readonly sentAt: number;
  readonly reject: (error: ZkError) => void;
}

type ClientError = Error | Exception | null;
type Answer<T> = (error: ClientError, value: T) => void;

export class ZkSession implements ZkNodes {
  readonly established: Promise<void>;
  readonly ended: Promise<ZkSessionEnd>;
  readonly #options: ZkSessionOptions;
  readonly #pace: (typeof PACES)[keyof typeof PACES];
  readonly #mended: MendedClient;
  readonly #client: Client;
  readonly #acls: Readonly<Record<NodeAccess, zookeeper.ACL[]>>;
  /** Those that the library has, in their order. */
  readonly #waiting = new Set<Waiting>();
  readonly #connecting = Promise.withResolvers<void>();
  readonly #ending = Promise.withResolvers<ZkSessionEnd>();
  #connection = unwatched();
  #isConnected = false;
  #end: ZkSessionEnd | undefined;
  #timeoutMs: number;
  #proof: SessionProof | undefined;
  #lastSentAt = 0;
  #lastAnswerAt = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #watchEveryMs = 0;
  #watchedAt = 0;

  constructor(options: ZkSessionOptions) {
    const {servers, credentials} = options.zk;
    this.#options = options;
    this.#pace = PACES[options.pace ?? 'leader'];
    const open = credentials === undefined;
    this.#acls = {ours: aclOf(open, 'ours'), readable: aclOf(open, 'readable')};
    this.#timeoutMs = options.sessionTimeoutMs;
    this.#mended = createMendedClient(servers.join(','), options.sessionTimeoutMs);
    this.#client = this.#mended.client;
    this.established = this.#connecting.promise;
    this.ended = this.#ending.promise;
    if (credentials !== undefined) {
      const login = Buffer.from(`${credentials.user}:${credentials.password}`);
      this.#client.addAuthInfo('digest', login);
    }
    this.#client.on('state', (state: State) => this.#onState(state));
    this.#client.connect();
    this.#setWatchdog(Math.min(200, options.connectTimeoutMs));
    this.#giveUpConnecting();
  }

  /** 16 hexadecimal digits, as in {@link ZkNode.owner}. */
  get id(): string {
    return this.#client.getSessionId().toString('hex');
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Until this instant of `performance.now()` no ensemble can have ended the session. */
  get provenUntil(): number {
    return this.isOver ? -Infinity : (this.#proof?.until ?? -Infinity);
  }

  async connected(): Promise<void> {
    await this.#connection.promise;
  }

  async read(path: string, changed?: () => void): Promise<ZkNode | undefined> {
    return await this.#untilAnswered(async () => {
      try {
        return await this.#ask<ZkNode>('read', path, (done) => {
          const take = (error: ClientError, data: Buffer | undefined, stat: Stat) => {
            done(error, error === null ? nodeOf(data, stat) : EMPTY_NODE);
          };
          if (changed === undefined) this.#client.getData(path, take);
          else this.#client.getData(path, () => changed(), take);
        });
      } catch (error) {
        if (isZkError(error, 'noNode')) return undefined;
        throw error;
      }
    });
  }

  async children(path: string, changed?: () => void): Promise<readonly string[] | undefined> {
    return await this.#untilAnswered(async () => {
      try {
        return await this.#ask<readonly string[]>('read', path, (done) => {
          if (changed === undefined) this.#client.getChildren(path, done);
          else this.#client.getChildren(path, () => changed(), done);
        });
      } catch (error) {
        if (isZkError(error, 'noNode')) return undefined;
        throw error;
      }
    });
  }

  /** Ephemeral, with ten digits appended. Gives the whole path. */
  async createEphemeralSequential(path: string, data: Buffer, access: NodeAccess): Promise<string> {
    const mode = zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL;
    return await this.#ask<string>('write', path, (done) => {
      this.#client.create(path, data, this.#acls[access], mode, done);
    });
  }

  async set(path: string, data: Buffer, version = -1): Promise<number> {
    const stat = await this.#ask<Stat>('write', path, (done) => {
      this.#client.setData(path, data, version, done);
    });
    return stat.version;
  }

  async transact(ops: readonly ZkOp[], access: NodeAccess = 'ours'): Promise<void> {
    let failedAt: number | undefined;
    try {
      await this.#ask<undefined>('write', ops[0]?.path ?? '/', (done) => {
        const transaction = this.#client.transaction();
        for (const op of ops) addOp(transaction, op, this.#acls[access]);
        transaction.commit((error: ClientError, results: unknown) => {
          failedAt = indexOfFailure(results);
          done(error ?? null, undefined);
        });
      });
    } catch (error) {
      if (!isZkError(error) || failedAt === undefined) throw error;
      const path = ops[failedAt]?.path ?? '/';
      const {kind, cause} = error;
      throw new ZkError(kind, messageOf(kind, path, cause), {cause, at: failedAt});
    }
  }

  async ensurePath(path: string, access: NodeAccess = 'ours'): Promise<void> {
    const names = path.split('/').slice(1);
    for (let depth = 1; depth <= names.length; depth += 1) {
      const parent = `/${names.slice(0, depth).join('/')}`;
      await this.#untilAnswered(async () => {
        if (await this.#exists(parent)) return;
        try {
          await this.transact([{kind: 'create', path: parent, data: Buffer.alloc(0)}], access);
        } catch (error) {
          if (!isZkError(error, 'nodeExists')) throw error;
        }
      });
    }
  }

  /**
   * A transaction that changes nothing. The library has no `sync`; this is more: it is answered by
   * the leader with a majority behind it, so it renews {@link provenUntil}, and what is read after
   * it is not older than when it was called. An answer of "no" serves as well.
   */
  async prove(): Promise<void> {
    await this.#untilAnswered(async () => {
      try {
        await this.transact([{kind: 'check', path: '/'}]);
      } catch (error) {
        if (!isZkError(error, 'noAuth', 'noNode')) throw error;
      }
    });
  }

  /** Tells the servers, if there is a connection, so that ephemeral nodes are gone at once. */
  async close(): Promise<void> {
    if (this.#end === undefined) {
      const wasConnected = this.#isConnected;
      this.#finish('closed');
      if (wasConnected) {
        const disconnected = new Promise<void>((resolve) => {
          this.#client.once('disconnected', resolve);
          setTimeout(resolve, CLOSE_MS_MAX).unref();
        });
        this.#client.close();
        await disconnected;
      }
    }
    this.#mended.abandon();
  }

  async #exists(path: string): Promise<boolean> {
    const stat = await this.#ask<Stat | null>('read', path, (done) =>
      this.#client.exists(path, done),
    );
    return stat !== null;
  }

  /** Asks again after each lost connection: only for what may be done twice. */
  async #untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.connected();
      try {
        return await ask();
      } catch (error) {
        if (!isZkError(error, 'connectionLoss')) throw error;
      }
    }
  }

  async #ask<T>(kind: 'read' | 'write', path: string, send: (done: Answer<T>) => void): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      if (this.#end !== undefined) throw sessionEnded(this.#end);
      if (!this.#isConnected) throw connectionLost(this.#mended.trouble);
      const sentAt = performance.now();
      const waiting = {sentAt, reject};
      this.#lastSentAt = sentAt;
      this.#waiting.add(waiting);
      send((error, value) => {
        this.#waiting.delete(waiting);
        const problem = error === null ? undefined : errorOf(error, path);
        if (!isZkError(problem, 'connectionLoss', 'sessionEnded')) {
          this.#lastAnswerAt = performance.now();
          this.#proof?.answered(kind, sentAt, this.#lastAnswerAt);
        }
        if (problem === undefined) resolve(value);
        else reject(problem);
      });
    });
  }

  #onState(state: State): void {
    const {State} = zookeeper;
    if (this.#end !== undefined) return;
    if (state === State.SYNC_CONNECTED) this.#onConnected();
    else if (state === State.DISCONNECTED) this.#onDisconnected();
    else if (state === State.EXPIRED) this.#finish('expired');
    else if (state === State.AUTH_FAILED) this.#finish('login refused');
  }

  #onConnected(): void {
    this.#timeoutMs = this.#client.getSessionTimeout();
    this.#proof ??= new SessionProof(this.#timeoutMs);
    this.#proof.connected(this.#mended.attemptAt);
    this.#lastAnswerAt = performance.now();
    this.#isConnected = true;
    this.#setWatchdog(this.#timeoutMs * (this.#pace.beat / 4));
    this.#connecting.resolve();
    this.#connection.resolve();
  }

  #onDisconnected(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#connection = unwatched();
    // The library has told all, but for a request whose answer it could not read: it forgets it.
    this.#rejectWaiting(new ZkError('connectionLoss', LOST_BEFORE_ANSWER));
  }

  #finish(end: ZkSessionEnd): void {
    this.#end = end;
    this.#isConnected = false;
    clearInterval(this.#watchdog);
    const error = sessionEnded(end);
    this.#connecting.reject(error);
    // Those who wait for a connection, those who will, and those who wait for an answer.
    this.#connection.reject(error);
    this.#connection = unwatched();
    this.#connection.reject(error);
    this.#rejectWaiting(error);
    this.#ending.resolve(end);
    if (end !== 'closed') this.#mended.abandon();
  }

  #rejectWaiting(error: ZkError): void {
    for (const {reject} of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #giveUpConnecting(): void {
    const {connectTimeoutMs, zk} = this.#options;
    const timer = setTimeout(() => {
      const last = this.#mended.trouble === undefined ? '' : ` (${this.#mended.trouble})`;
      const where = `no ZooKeeper server of ${zk.servers.join(',')}`;
      const message = `${where} has answered within ${connectTimeoutMs} ms${last}`;
      this.#connecting.reject(new ZkError('unreachable', message));
    }, connectTimeoutMs);
    const stop = () => clearTimeout(timer);
    this.established.then(stop, stop);
  }

  #setWatchdog(everyMs: number): void {
    clearInterval(this.#watchdog);
    this.#watchEveryMs = Math.max(10, everyMs);
    this.#watchedAt = performance.now();
    this.#watchdog = setInterval(() => this.#watch(), this.#watchEveryMs);
  }

  /** The library itself never gives up a server that has stopped to answer. */
  #watch(): void {
    const now = performance.now();
    const wasBusy = now - this.#watchedAt > 2 * this.#watchEveryMs + 50;
    this.#watchedAt = now;
    // It was this process that did nothing: answers may be here, unread.
    if (wasBusy) return;
    const silenceMs = this.#timeoutMs * this.#pace.silence;
    if (!this.#isConnected) {
      if (now - this.#mended.attemptAt > Math.max(silenceMs, 200)) this.#mended.dropConnection();
      return;
    }
    const [oldest] = this.#waiting;
    if (oldest !== undefined && now - Math.max(oldest.sentAt, this.#lastAnswerAt) > silenceMs) {
      this.#mended.dropConnection();
    } else if (now - this.#lastSentAt >= this.#timeoutMs * this.#pace.beat) {
      this.#exists('/').catch((error: unknown) => {
        // A lost connection is no news here, and a session's end is told by `ended`.
        if (!isZkError(error)) throw error;
      });
    }
  }
}

/** Whose rejection may go unheard: nobody may be waiting for a connection when a session ends. */
function unwatched(): PromiseWithResolvers<void> {
  const parts = Promise.withResolvers<void>();
  parts.promise.catch(() => undefined);
  return parts;
}

function connectionLost(trouble: string | undefined): ZkError {
  const why = trouble === undefined ? '' : ` (${trouble})`;
  return new ZkError('connectionLoss', `there is no connection to ZooKeeper now${why}`);
}

function sessionEnded(end: ZkSessionEnd): ZkError {
  const how = end === 'expired' ? 'has expired' : end === 'closed' ? 'was closed' : 'is refused';
  return new ZkError('sessionEnded', `the ZooKeeper session ${how}`);
}
