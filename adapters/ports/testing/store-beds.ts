/** Where the contract's tests keep their stores: a place that can be opened again and again. */
import type {Store} from '../store.ts';

/** A place to store in, empty at first. */
export interface StoreBed {
  /** On what the stores before it have left. Unless beds are shared, those are closed. */
  open(): Promise<Store>;
  /** Removes the place. Every store is closed by then. */
  cleanUp(): Promise<void>;
}

export type MakeBed = () => Promise<StoreBed>;

/** Remembers what was opened, so that a promise that is broken leaves nothing open. */
export class OpenStores {
  readonly #bed: StoreBed;
  readonly #open = new Set<Store>();

  constructor(bed: StoreBed) {
    this.#bed = bed;
  }

  async open(): Promise<Store> {
    const store = await this.#bed.open();
    this.#open.add(store);
    return store;
  }

  async close(store: Store): Promise<void> {
    this.#open.delete(store);
    await store.close();
  }

  async reopen(store: Store): Promise<Store> {
    await this.close(store);
    return await this.open();
  }

  async closeAll(): Promise<void> {
    for (const store of this.#open) await this.close(store);
  }
}

export async function withBed(
  makeStore: MakeBed,
  use: (stores: OpenStores) => Promise<void>,
): Promise<void> {
  const bed = await makeStore();
  try {
    const stores = new OpenStores(bed);
    try {
      await use(stores);
    } finally {
      await stores.closeAll();
    }
  } finally {
    await bed.cleanUp();
  }
}
