/**
 * The nodes of an ensemble in memory, as ZooKeeper keeps them, and sessions that fail on purpose:
 * an answer gets lost with or without its transaction having been applied, and sessions end.
 */
import {setImmediate} from 'node:timers/promises';
import {ZkError} from '../zk-error.ts';
import type {ZkNode, ZkNodes, ZkOp} from '../zk-nodes.ts';

/** What befalls a transaction, or a write of one node. */
export type Fate =
  | 'answered'
  /** Not applied; the connection is lost. */
  | 'lost'
  /** Applied; the connection is lost before the answer. */
  | 'unanswered'
  /** Not applied; the session ends. */
  | 'ended'
  /** Applied; the session ends before the answer. */
  | 'ended unanswered'
  /** As `lost` and `ended`, but it arrives later, after the next few writes of anybody. */
  | 'late'
  | 'ended late';

const LATE_BY_MAX = 4;

interface Stored {
  readonly data: Buffer;
  readonly version: number;
}

export class FakeEnsemble {
  readonly #nodes = new Map<string, Stored>([['/', {data: Buffer.alloc(0), version: 0}]]);
  readonly #onTheirWay: {apply: () => void; by: number}[] = [];
  #late = 0;
  /** Of the requests so far, the largest, as ZooKeeper would have counted it. */
  requestBytesMax = 0;

  /** `fateOf` is asked for each write, counted from 0. */
  openSession(fateOf: (write: number) => Fate = () => 'answered'): ZkNodes {
    return new FakeSession(this, fateOf);
  }

  get(path: string): Stored | undefined {
    return this.#nodes.get(path);
  }

  /** Puts a version where nothing but years of writing would bring it. */
  setVersion(path: string, version: number): void {
    const node = this.#nodes.get(path);
    if (node !== undefined) this.#nodes.set(path, {...node, version});
  }

  childrenOf(path: string): readonly string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.#nodes.keys()]
      .filter((other) => other !== '/' && other.startsWith(prefix))
      .map((other) => other.slice(prefix.length))
      .filter((name) => !name.includes('/'));
  }

  apply(ops: readonly ZkOp[]): void {
    const bytes = ops.reduce((sum, op) => sum + op.path.length + dataOf(op).length + 60, 0);
    this.requestBytesMax = Math.max(this.requestBytesMax, bytes);
    const before = new Map(this.#nodes);
    for (const [at, op] of ops.entries()) {
      const problem = this.#applyOne(op);
      if (problem === undefined) continue;
      this.#nodes.clear();
      for (const [path, node] of before) this.#nodes.set(path, node);
      throw new ZkError(problem, `${problem} at ${op.path}`, {at});
    }
  }

  /** It arrives later, if it may then be applied. */
  delay(apply: () => void): void {
    this.#late += 1;
    this.#onTheirWay.push({apply, by: this.#late % (LATE_BY_MAX + 1)});
  }

  /** A write has been done: some of what is on its way may arrive. */
  advance(): void {
    for (const late of this.#onTheirWay.splice(0)) {
      late.by -= 1;
      if (late.by >= 0) {
        this.#onTheirWay.push(late);
        continue;
      }
      try {
        late.apply();
      } catch (error) {
        // Nobody is there any more to hear it.
        if (!(error instanceof ZkError)) throw error;
      }
    }
  }

  #applyOne(op: ZkOp): ZkError['kind'] | undefined {
    const node = this.#nodes.get(op.path);
    if (op.kind === 'create') {
      const parent = op.path.slice(0, op.path.lastIndexOf('/')) || '/';
      if (node !== undefined) return 'nodeExists';
      if (!this.#nodes.has(parent)) return 'noNode';
      this.#nodes.set(op.path, {data: op.data, version: 0});
      return undefined;
    }
    if (node === undefined) return 'noNode';
    if (op.kind === 'remove') {
      if (this.childrenOf(op.path).length > 0) return 'notEmpty';
      this.#nodes.delete(op.path);
      return undefined;
    }
    // As the client library does it: in a transaction, 0 asks for no version.
    const wanted = op.version ?? -1;
    if (wanted !== -1 && wanted !== 0 && wanted !== node.version) return 'badVersion';
    if (op.kind === 'set') {
      this.#nodes.set(op.path, {data: op.data, version: (node.version + 1) | 0});
    }
    return undefined;
  }
}

function dataOf(op: ZkOp): Buffer {
  return op.kind === 'create' || op.kind === 'set' ? op.data : Buffer.alloc(0);
}

class FakeSession implements ZkNodes {
  /** Of the wall clock. Long, for a store waits so long: machines of tests may be busy. */
  readonly timeoutMs = 60_000;
  readonly #ensemble: FakeEnsemble;
  readonly #fateOf: (write: number) => Fate;
  #writes = 0;
  #hasEnded = false;

  constructor(ensemble: FakeEnsemble, fateOf: (write: number) => Fate) {
    this.#ensemble = ensemble;
    this.#fateOf = fateOf;
  }

  async read(path: string): Promise<ZkNode | undefined> {
    await this.connected();
    const node = this.#ensemble.get(path);
    return node === undefined ? undefined : {...node, owner: undefined};
  }

  async children(path: string): Promise<readonly string[] | undefined> {
    await this.connected();
    return this.#ensemble.get(path) === undefined ? undefined : this.#ensemble.childrenOf(path);
  }

  async transact(ops: readonly ZkOp[]): Promise<void> {
    await this.#write(() => this.#ensemble.apply(ops));
  }

  async set(path: string, data: Buffer, version?: number): Promise<number> {
    return await this.#write(() => {
      // By itself, 0 asks for 0.
      const node = this.#ensemble.get(path);
      if (version === 0 && node !== undefined && node.version !== 0) {
        throw new ZkError('badVersion', `badVersion at ${path}`);
      }
      this.#ensemble.apply([{kind: 'set', path, data, version}]);
      return this.#ensemble.get(path)?.version ?? 0;
    });
  }

  async ensurePath(path: string): Promise<void> {
    await this.connected();
    const names = path.split('/').slice(1);
    for (const index of names.keys()) {
      const parent = `/${names.slice(0, index + 1).join('/')}`;
      if (this.#ensemble.get(parent) !== undefined) continue;
      this.#ensemble.apply([{kind: 'create', path: parent, data: Buffer.alloc(0)}]);
    }
  }

  async connected(): Promise<void> {
    if (this.#hasEnded) throw new ZkError('sessionEnded', 'the session has expired');
    await Promise.resolve();
  }

  async #write<T>(apply: () => T): Promise<T> {
    await this.connected();
    // Others get their turn, and timers theirs.
    await setImmediate();
    const fate = this.#fateOf(this.#writes);
    this.#writes += 1;
    if (fate === 'answered') {
      const result = apply();
      this.#ensemble.advance();
      return result;
    }
    if (fate === 'unanswered' || fate === 'ended unanswered') apply();
    if (fate === 'late' || fate === 'ended late') this.#ensemble.delay(apply);
    if (fate === 'lost' || fate === 'unanswered' || fate === 'late') {
      throw new ZkError('connectionLoss', 'the connection was lost');
    }
    this.#hasEnded = true;
    throw new ZkError('sessionEnded', 'the session has expired');
  }
}
