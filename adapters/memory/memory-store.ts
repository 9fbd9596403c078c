/**
 * The store that keeps its documents in memory: for tests, and for clusters that may forget. It is
 * fenced like the others; a `MemoryDisk` outlives the stores that are opened on it, and several
 * may be open on one, as masters are on an ensemble.
 */
import {freezeWrite, type FrozenWrite} from '../ports/frozen-write.ts';
import {
  type Store,
  type StoredDocument,
  StoreFencedError,
  StoreUnavailableError,
  type StoreWrite,
} from '../ports/store.ts';

/** What outlives a store: its documents as JSON text, so that nobody shares objects. */
export interface MemoryDisk {
  readonly texts: Map<string, string>;
  /** The latest that has been seen. */
  epoch: number;
}

export function makeMemoryDisk(): MemoryDisk {
  return {texts: new Map(), epoch: 0};
}

export function openMemoryStore(disk: MemoryDisk): Store {
  return new MemoryStore(disk);
}

class MemoryStore implements Store {
  readonly #disk: MemoryDisk;
  /** Of a write whose caller cannot know of it yet: what is called meanwhile stands behind it. */
  #failure: Error | undefined;
  #closed = false;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  async load(): Promise<readonly StoredDocument[]> {
    this.#checkOpen();
    const entries = [...this.#disk.texts].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([path, text]) => [path, JSON.parse(text) as unknown]);
  }

  async commit(write: StoreWrite): Promise<void> {
    this.#checkOpen();
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#apply(freezeWrite(write));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#failure = error;
      queueMicrotask(() => (this.#failure = undefined));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #apply({epoch, puts, deletes}: FrozenWrite): void {
    const disk = this.#disk;
    if (epoch !== undefined) {
      if (epoch < disk.epoch) throw new StoreFencedError(epoch, disk.epoch);
      disk.epoch = epoch;
    }
    for (const {path, text} of puts) disk.texts.set(path, text);
    for (const path of deletes) disk.texts.delete(path);
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
  }
}
