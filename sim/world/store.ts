/** What has been written, for another leader that takes over. */
import type {Effect, FrameworkId, Input} from '../../engine/index.ts';

type Writes = Pick<Extract<Effect, {kind: 'persist'}>, 'deletes' | 'puts'>;
type StoredRecords = Extract<Input, {kind: 'frameworkFailedOver'}>['records'];

export class Store {
  readonly #isKeeping: boolean;
  readonly #records = new Map<string, unknown>();

  /** `isKeeping` false: nobody will ask, and nothing is kept. */
  constructor(isKeeping: boolean) {
    this.#isKeeping = isKeeping;
  }

  write({puts, deletes}: Writes): void {
    if (!this.#isKeeping) return;
    for (const {path, document} of puts) {
      this.#records.set(path, document);
    }
    for (const path of deletes) this.#records.delete(path);
  }

  /** Of a framework, as they come back from a disk. */
  records(framework: FrameworkId): StoredRecords {
    const own = [...this.#records].filter(([path]) => path.startsWith(`${framework}/`));
    return JSON.parse(JSON.stringify(own)) as StoredRecords;
  }

  snapshot(): StoredRecords {
    return [...this.#records];
  }

  restore(records: StoredRecords): void {
    for (const [path, document] of records) this.#records.set(path, document);
  }
}
