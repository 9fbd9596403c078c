/**
 * Orders the clients of one level (roles, or the frameworks of one role) by Dominant Resource
 * Fairness: weighted dominant share, then lifetime number of allocations, then path (Mesos
 * `drf/sorter.cpp`, reference part 1.2; Ghodsi et al., NSDI'11).
 *
 * The order is kept up to date by moving one client at a time (O(log n) comparisons and one block
 * move); only a change of the pool, which changes every share, makes it sort anew, and not before
 * somebody asks.
 */
import {assert} from '../kernel/assert.ts';

/** Dense index of a client in its sorter; reused after {@link DrfSorter.remove}. */
export type Client = number;

/** The resources of the whole cluster: what every share is a share of. Owned by the allocator. */
export class Pool {
  /** Thousandths by kind. */
  readonly totals: number[] = [];
  /** Kinds that do not count in the dominant share. */
  readonly excluded: boolean[] = [];
  /** Grows with every change, so that sorters see that their shares are old. */
  version = 0;

  add(scalars: readonly number[], sign: 1 | -1): void {
    for (let kind = 0; kind < scalars.length; kind += 1) {
      this.totals[kind] = (this.totals[kind] ?? 0) + sign * (scalars[kind] as number);
    }
    this.version += 1;
  }

  /** The greatest part of any one kind, as an exact IEEE quotient: 0 for an empty pool. */
  dominantShare(allocation: readonly number[]): number {
    const totals = this.totals;
    let share = 0;
    for (let kind = 0; kind < allocation.length; kind += 1) {
      const total = totals[kind];
      if (total === undefined || total <= 0 || this.excluded[kind] === true) continue;
      const part = (allocation[kind] as number) / total;
      if (part > share) share = part;
    }
    return share;
  }
}

interface ClientRecord {
  path: string;
  weight: number;
  active: boolean;
  /** How often it was given something: never goes down, decides between equal shares. */
  count: number;
  share: number;
  /** Thousandths by kind. */
  readonly allocation: number[];
}

export interface DrfSorterSnapshot {
  readonly clients: readonly (Readonly<Omit<ClientRecord, 'share'>> | null)[];
  /** Slots to be reused, the next one last. */
  readonly free: readonly Client[];
}

export class DrfSorter {
  readonly #pool: Pool;
  readonly #clients: (ClientRecord | undefined)[] = [];
  readonly #free: Client[] = [];
  /**
   * The active clients in order, valid up to `#activeCount` while `#sortedFor` is the pool's
   * version.
   */
  #order = new Int32Array(8);
  #activeCount = 0;
  #sortedFor = -1;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** A new, inactive client. */
  add(path: string, weight = 1): Client {
    const client = this.#free.pop() ?? this.#clients.length;
    this.#clients[client] = {path, weight, active: false, count: 0, share: 0, allocation: []};
    return client;
  }

  remove(client: Client): void {
    this.deactivate(client);
    this.#clients[client] = undefined;
    this.#free.push(client);
  }

  activate(client: Client): void {
    const record = this.#record(client);
    if (record.active) return;
    record.active = true;
    if (this.#isSorted()) this.#insert(client, record);
    this.#activeCount += 1;
  }

  deactivate(client: Client): void {
    const record = this.#record(client);
    if (!record.active) return;
    if (this.#isSorted()) this.#takeOut(client, record);
    record.active = false;
    this.#activeCount -= 1;
  }

  setWeight(client: Client, weight: number): void {
    this.#change(client, (record) => {
      record.weight = weight;
    });
  }

  /** The client was given `scalars`: its share grows, and its count by one. */
  allocated(client: Client, scalars: readonly number[]): void {
    this.#change(client, (record) => {
      addInto(record.allocation, scalars, 1);
      record.count += 1;
    });
  }

  /** The client gave `scalars` back. Its count stays. */
  unallocated(client: Client, scalars: readonly number[]): void {
    this.#change(client, (record) => addInto(record.allocation, scalars, -1));
  }

  /** Weighted dominant share of a client at this moment. */
  shareOf(client: Client): number {
    const record = this.#record(client);
    return this.#pool.dominantShare(record.allocation) / record.weight;
  }

  /** What a client has, in thousandths by kind. */
  allocationOf(client: Client): readonly number[] {
    return this.#record(client).allocation;
  }

  get activeCount(): number {
    return this.#activeCount;
  }

  /**
   * The active clients, lowest share first. Valid until the next change; only the first
   * `activeCount` count.
   */
  sorted(): Int32Array {
    if (!this.#isSorted()) this.#sortAnew();
    return this.#order;
  }

  #record(client: Client): ClientRecord {
    const record = this.#clients[client];
    assert(record !== undefined, () => `no client ${client} in the sorter`);
    return record;
  }

  #isSorted(): boolean {
    return this.#sortedFor === this.#pool.version;
  }

  #change(client: Client, change: (record: ClientRecord) => void): void {
    const record = this.#record(client);
    const moves = record.active && this.#isSorted();
    if (moves) {
      this.#takeOut(client, record);
      this.#activeCount -= 1;
    }
    change(record);
    record.share = this.#pool.dominantShare(record.allocation) / record.weight;
    if (moves) {
      this.#insert(client, record);
      this.#activeCount += 1;
    }
  }

  #sortAnew(): void {
    const order: Client[] = [];
    for (const [client, record] of this.#clients.entries()) {
      if (record === undefined) continue;
      record.share = this.#pool.dominantShare(record.allocation) / record.weight;
      if (record.active) order.push(client);
    }
    order.sort((left, right) => compare(this.#record(left), this.#record(right)));
    if (this.#order.length < order.length) this.#order = new Int32Array(2 * order.length);
    this.#order.set(order);
    this.#sortedFor = this.#pool.version;
  }

  /** Puts a client, which counts as not yet in the order, at its place. */
  #insert(client: Client, record: ClientRecord): void {
    const size = this.#activeCount;
    record.share = this.#pool.dominantShare(record.allocation) / record.weight;
    if (size === this.#order.length) {
      const order = new Int32Array(2 * size);
      order.set(this.#order);
      this.#order = order;
    }
    const place = this.#placeOf(record, size);
    this.#order.copyWithin(place + 1, place, size);
    this.#order[place] = client;
  }

  #takeOut(client: Client, record: ClientRecord): void {
    const place = this.#placeOf(record, this.#activeCount);
    assert(this.#order[place] === client, 'a sorter order lost a client');
    this.#order.copyWithin(place, place + 1, this.#activeCount);
  }

  /** How many of the first `size` clients come before `record`. */
  #placeOf(record: ClientRecord, size: number): number {
    const order = this.#order;
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#clients[order[middle] as number] as ClientRecord;
      if (compare(other, record) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  snapshot(): DrfSorterSnapshot {
    return {
      clients: this.#clients.map((record) => {
        if (record === undefined) return null;
        const {path, weight, active, count, allocation} = record;
        return {path, weight, active, count, allocation: [...allocation]};
      }),
      free: [...this.#free],
    };
  }

  static restore(pool: Pool, snapshot: DrfSorterSnapshot): DrfSorter {
    const sorter = new DrfSorter(pool);
    for (const client of snapshot.clients) {
      const record =
        client === null ? undefined : {...client, share: 0, allocation: [...client.allocation]};
      sorter.#clients.push(record);
      if (record?.active === true) sorter.#activeCount += 1;
    }
    sorter.#free.push(...snapshot.free);
    return sorter;
  }
}

function compare(left: ClientRecord, right: ClientRecord): number {
  if (left.share !== right.share) return left.share - right.share;
  if (left.count !== right.count) return left.count - right.count;
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}

function addInto(sums: number[], scalars: readonly number[], sign: 1 | -1): void {
  for (let kind = 0; kind < scalars.length; kind += 1) {
    sums[kind] = (sums[kind] ?? 0) + sign * (scalars[kind] as number);
  }
}
