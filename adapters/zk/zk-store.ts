/**
 * The store on a ZooKeeper ensemble. How documents become nodes is told in store-layout.ts, how
 * large writes stay whole in store-tree.ts, how deposed writers are shut out in guarded-writer.ts.
 *
 * Calls stand in one queue. While a transaction is under way those behind it gather; what stands at
 * the head then goes as one transaction, as far as one is large enough. A store belongs to one
 * session: when that ends, or nothing is answered for longer than the patience lasts, the store
 * has failed for good, and who wants to go on opens another, in a session that lives.
 */
import {randomUUID} from 'node:crypto';
import {freezeOrRefuse, type FrozenWrite} from '../ports/frozen-write.ts';
import {
  type Store,
  type StoredDocument,
  StoreFencedError,
  StoreRefusedError,
  StoreUnavailableError,
  type StoreWrite,
} from '../ports/store.ts';
import {GuardedWriter, NotAppliedError} from './guarded-writer.ts';
import {StoreLayout} from './store-layout.ts';
import {standBack, StoreTree, type TextChanges, type TreeLimits} from './store-tree.ts';
import type {ZkNodes} from './zk-nodes.ts';

export interface ZkStoreLimits extends TreeLimits {
  /** Of a document's JSON text. */
  readonly documentBytes: number;
  /** Of all texts of one write. */
  readonly writeBytes: number;
}

export interface ZkStoreOptions {
  /** A session. It is not closed with the store. */
  readonly nodes: ZkNodes;
  /** The folder that the store has to itself. */
  readonly path: string;
  /** The node of the epoch, which the election raises. Its folder must be there. */
  readonly epochPath: string;
  /** How long to go without any answer; by default as long as the session's timeout. */
  readonly patienceMs?: number | undefined;
  readonly limits?: ZkStoreLimits | undefined;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** A node and a request may have 1 MB each, and a request has more than its data. */
export const ZK_STORE_LIMITS: ZkStoreLimits = {
  valueBytes: 512 * KIB,
  transactionBytes: 640 * KIB,
  transactionOps: 2000,
  documentBytes: 16 * MIB,
  writeBytes: 128 * MIB,
};

const PATH_BYTES_MAX = 16 * KIB;
const OVERTAKEN_MAX = 20;

export function openZkStore(options: ZkStoreOptions): Store {
  return new ZkStore(options);
}

type Item = LoadItem | WriteItem;

interface LoadItem {
  readonly kind: 'load';
  readonly resolve: (documents: readonly StoredDocument[]) => void;
  readonly reject: (error: Error) => void;
}

interface WriteItem {
  readonly kind: 'write';
  /** Or why it cannot be kept: its turn has to come before that is said. */
  readonly write: FrozenWrite | StoreRefusedError;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Batch {
  readonly items: readonly WriteItem[];
  readonly epoch: number | undefined;
  readonly changes: TextChanges;
}

class ZkStore implements Store {
  readonly #limits: ZkStoreLimits;
  readonly #writer: GuardedWriter;
  readonly #tree: StoreTree;
  readonly #patience: Patience;
  #queue: Item[] = [];
  #working: Promise<void> | undefined;
  /** Why nothing can be asked of it any more. */
  #failure: StoreUnavailableError | undefined;

  constructor({nodes, path, epochPath, patienceMs, limits = ZK_STORE_LIMITS}: ZkStoreOptions) {
    const id = randomUUID();
    const layout = new StoreLayout(path);
    let blobs = 0;
    this.#limits = limits;
    this.#patience = new Patience(patienceMs ?? nodes.timeoutMs);
    this.#writer = new GuardedWriter({nodes, writerPath: layout.writer, epochPath, id});
    this.#tree = new StoreTree({
      nodes,
      layout,
      limits,
      writer: this.#writer,
      makeBlobId: () => {
        blobs += 1;
        return `${id}-${blobs}`;
      },
      onProgress: () => this.#patience.renew(),
    });
  }

  load(): Promise<readonly StoredDocument[]> {
    return new Promise((resolve, reject) => this.#enqueue({kind: 'load', resolve, reject}));
  }

  commit(write: StoreWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      const frozen = freezeOrRefuse(write, (one) => checkSize(one, this.#limits));
      this.#enqueue({kind: 'write', write: frozen, resolve, reject});
    });
  }

  async close(): Promise<void> {
    await this.#working;
    this.#failure ??= new StoreUnavailableError('the store is closed');
  }

  #enqueue(item: Item): void {
    if (this.#failure !== undefined) {
      item.reject(this.#failure);
      return;
    }
    this.#queue.push(item);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // What is called in the same instant goes together.
    await Promise.resolve();
    for (let [head] = this.#queue; head !== undefined; [head] = this.#queue) {
      if (head.kind === 'load') await this.#load(head);
      else if (head.write instanceof StoreRefusedError) this.#failWrites(head.write);
      else await this.#write(this.#takeBatch());
    }
    this.#working = undefined;
  }

  async #load(item: LoadItem): Promise<void> {
    this.#queue.shift();
    try {
      const texts = await this.#patience.during(this.#tree.load());
      const entries = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
      item.resolve(entries.map(([path, text]) => [path, JSON.parse(text) as unknown]));
    } catch (error) {
      const problem = this.#fail(error);
      item.reject(problem);
    }
  }

  async #write({items, epoch, changes}: Batch): Promise<void> {
    const committed = () => {
      for (const {resolve} of items) resolve();
    };
    try {
      await this.#patience.during(this.#apply(changes, epoch, committed));
    } catch (error) {
      const problem = error instanceof StoreFencedError ? error : this.#fail(error);
      for (const {reject} of items) reject(problem);
      this.#failWrites(problem);
    }
  }

  async #apply(
    changes: TextChanges,
    epoch: number | undefined,
    committed: () => void,
  ): Promise<void> {
    let isCommitted = false;
    const commit = () => {
      isCommitted = true;
      committed();
    };
    for (let tries = 0; tries < OVERTAKEN_MAX; tries += 1) {
      await standBack(tries);
      try {
        // Before anything is read: who still leads in an earlier epoch must not get in between.
        if (epoch !== undefined && epoch > this.#writer.epoch) await this.#tree.raise(epoch);
        if (!this.#tree.isCurrent) await this.#tree.load();
        // Loading has carried on what there was of it.
        if (isCommitted) return;
        if (this.#writer.isFenced(epoch)) throw new NotAppliedError('fenced');
        await this.#tree.apply(changes, epoch, commit);
        return;
      } catch (error) {
        if (!(error instanceof NotAppliedError)) throw error;
        if (error.reason === 'fenced') throw new StoreFencedError(epoch ?? 0, this.#writer.epoch);
      }
    }
    throw new StoreUnavailableError('others write to the same place all the while');
  }

  /** From the head on: at least one write, and as many behind it as go with it. */
  #takeBatch(): Batch {
    const items: WriteItem[] = [];
    const changes = new Map<string, string | undefined>();
    let epoch: number | undefined;
    let bytes = 0;
    for (const item of this.#queue) {
      if (item.kind === 'load' || item.write instanceof StoreRefusedError) break;
      const {write} = item;
      bytes += bytesOf(write);
      const ops = changes.size + write.puts.length + write.deletes.length;
      const isFull =
        bytes > this.#limits.transactionBytes / 2 || ops > this.#limits.transactionOps / 3;
      // A later epoch may be refused, or shut out the others, by itself only.
      const isOther = write.epoch !== epoch && write.epoch !== undefined;
      if (items.length > 0 && (isFull || isOther)) break;
      epoch ??= write.epoch;
      items.push(item);
      for (const {path, text} of write.puts) changes.set(path, text);
      for (const path of write.deletes) changes.set(path, undefined);
    }
    this.#queue = this.#queue.slice(items.length);
    return {items, epoch, changes};
  }

  /** The writes that stand in the queue fail with the one before them. */
  #failWrites(error: Error): void {
    for (const item of this.#queue) if (item.kind === 'write') item.reject(error);
    this.#queue = this.#queue.filter(({kind}) => kind === 'load');
  }

  /** An outside failure: for good. */
  #fail(error: unknown): StoreUnavailableError {
    const failure = asUnavailable(error);
    this.#failure ??= failure;
    this.#writer.stop();
    for (const item of this.#queue) item.reject(failure);
    this.#queue = [];
    return failure;
  }
}

function asUnavailable(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreUnavailableError(message, {cause: error});
}

function bytesOf({puts, deletes}: FrozenWrite): number {
  const texts = puts.reduce((sum, {path, text}) => sum + path.length + Buffer.byteLength(text), 0);
  return deletes.reduce((sum, path) => sum + path.length, texts);
}

/** @throws StoreRefusedError */
function checkSize(write: FrozenWrite, limits: ZkStoreLimits): void {
  for (const path of [...write.puts.map(({path}) => path), ...write.deletes]) {
    if (Buffer.byteLength(path) <= PATH_BYTES_MAX) continue;
    const shown = `${path.slice(0, 40)}…`;
    throw new StoreRefusedError(`${shown}: a path may have ${PATH_BYTES_MAX} bytes at most`);
  }
  for (const {path, text} of write.puts) {
    const bytes = Buffer.byteLength(text);
    if (bytes <= limits.documentBytes) continue;
    const most = `at most ${limits.documentBytes} bytes`;
    throw new StoreRefusedError(`${path}: a document may have ${most} of JSON, this has ${bytes}`);
  }
  const bytes = bytesOf(write);
  if (bytes <= limits.writeBytes) return;
  throw new StoreRefusedError(`a write may have ${limits.writeBytes} bytes, this has ${bytes}`);
}

/** Waits for what makes progress, and no longer. */
class Patience {
  readonly #ms: number;
  #renewedAt = 0;

  constructor(ms: number) {
    this.#ms = ms;
  }

  renew(): void {
    this.#renewedAt = performance.now();
  }

  async during<T>(work: Promise<T>): Promise<T> {
    this.renew();
    const over = Promise.withResolvers<never>();
    const leftMs = () => this.#renewedAt + this.#ms - performance.now();
    const check = () => {
      if (leftMs() > 0) {
        timer = setTimeout(check, leftMs());
        return;
      }
      // If it was this process that was busy, an answer may be here that nobody has read yet.
      setImmediate(() => {
        if (leftMs() > 0) check();
        else
          over.reject(new StoreUnavailableError(`ZooKeeper has not answered for ${this.#ms} ms`));
      });
    };
    let timer = setTimeout(check, this.#ms);
    try {
      return await Promise.race([work, over.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
