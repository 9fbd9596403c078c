/**
 * The store port: what survives a master, written before anybody acts on it (docs/architecture.md).
 * Memory, a file and a ZooKeeper ensemble keep the same promises; one contract suite runs against
 * all of them.
 */

/** A small JSON document and where it is kept: `marathon/apps/a`, `master/agents/S1`. */
export type StoredDocument = readonly [path: string, document: unknown];

/** What becomes one transaction: all of it is written, or nothing. */
export interface StoreWrite {
  /**
   * Of the leader that writes. Epochs only grow: a store that has seen a later one refuses this.
   * Absent: nobody else can write there.
   */
  readonly epoch?: number | undefined;
  readonly puts: readonly {readonly path: string; readonly document: unknown}[];
  /** Paths that hold nothing are no fault. A path stands in one of the two lists only. */
  readonly deletes: readonly string[];
}

export interface Store {
  /** Everything in it, in the order of the paths (compared with `<`). */
  load(): Promise<readonly StoredDocument[]>;
  /**
   * Resolves when the write cannot get lost any more. Several may be under way: they take effect in
   * the order of the calls, and one that fails takes those behind it with it.
   *
   * @throws StoreFencedError a later epoch has been here; nothing was written, nor will be.
   * @throws StoreUnavailableError whether it was written is not known; who writes must stop.
   * @throws StoreRefusedError the write itself cannot be kept (too large); nothing was written.
   */
  commit(write: StoreWrite): Promise<void>;
  /** Waits for what is under way, then lets go of everything. Nothing may be called after it. */
  close(): Promise<void>;
}

/** Somebody else leads, with a later epoch. */
export class StoreFencedError extends Error {
  readonly epoch: number;

  constructor(epoch: number, seen: number) {
    super(`the store has seen epoch ${seen}; a write of epoch ${epoch} is refused`);
    this.name = 'StoreFencedError';
    this.epoch = epoch;
  }
}

/** An outside failure: the disk is full, the ensemble has no quorum. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}

/** A write that this store cannot take, now or later. */
export class StoreRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreRefusedError';
  }
}
