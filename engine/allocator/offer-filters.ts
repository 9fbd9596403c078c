/**
 * What frameworks refused: a filter keeps an agent from a client (a framework in a role) until it
 * expires, as long as nothing beyond the refused resources is there (Mesos, reference part 1.11).
 *
 * Rows in typed columns behind an open-addressing index on (client, agent): tens of bytes a filter
 * and no object, since there can be one for every pair.
 */
import {Agenda, type AgendaSnapshot} from '../kernel/agenda.ts';
import {containsResources, type Resources} from '../resources/vector.ts';

const VOID = -1;

export interface OfferFiltersSnapshot {
  readonly rows: readonly (
    | readonly [client: number, agent: number, late: 0 | 1, Resources]
    | null
  )[];
  readonly expiresAt: readonly number[];
  readonly free: readonly number[];
  readonly agenda: AgendaSnapshot;
}

/** One filter: `client` does not want `refused` (or less) of `agent` before `expiresAt`. */
export interface OfferFilter {
  readonly client: number;
  readonly agent: number;
  readonly refused: Resources;
  readonly expiresAt: number;
  /** Made after the batch run of its instant: see {@link OfferFilters.expire}. */
  readonly late: boolean;
}

/** Called for every filter that has gone by itself. */
export type OnExpired = (agent: number) => void;

export class OfferFilters {
  #clients = new Int32Array(16).fill(VOID);
  #agents = new Int32Array(16);
  #expiresAt = new Float64Array(16);
  /** 1 = made after the batch run of its instant: see {@link expire}. */
  #late = new Uint8Array(16);
  readonly #refused: (Resources | undefined)[] = [];
  readonly #free: number[] = [];
  #rows = 0;
  /** Open addressing: row + 1, or 0. Twice as large as the rows at least. */
  #index = new Int32Array(64);
  #agenda = new Agenda();
  /** Filters in force per client. */
  readonly #counts: number[] = [];

  /** Instant of the next expiry; Infinity while there is no filter. */
  get nextExpiryAt(): number {
    return this.#agenda.nextAt;
  }

  countOf(client: number): number {
    return this.#counts[client] ?? 0;
  }

  add({client, agent, refused, expiresAt, late}: OfferFilter): void {
    const row = this.#takeRow();
    this.#clients[row] = client;
    this.#agents[row] = agent;
    this.#expiresAt[row] = expiresAt;
    this.#late[row] = late ? 1 : 0;
    this.#refused[row] = refused;
    if (2 * (this.#rows + 1) > this.#index.length) this.#rebuild(2 * this.#index.length);
    else this.#link(row);
    this.#agenda.push(expiresAt, row);
    this.#counts[client] = this.countOf(client) + 1;
  }

  /** Whether `client` has refused at least `offered` on this agent. */
  refuses(client: number, agent: number, offered: Resources): boolean {
    if ((this.#counts[client] ?? 0) === 0) return false;
    const index = this.#index;
    const mask = index.length - 1;
    for (let at = slotOf(client, agent, mask); index[at] !== 0; at = (at + 1) & mask) {
      const row = (index[at] as number) - 1;
      if (this.#clients[row] !== client || this.#agents[row] !== agent) continue;
      if (containsResources(this.#refused[row] as Resources, offered)) return true;
    }
    return false;
  }

  /**
   * Takes away what has expired. A filter that expires at the instant of a batch run is gone before
   * that run, unless it was made `late`, after the run one lifetime earlier: timers of one instant
   * fire in the order in which they were armed, and the run's timer was armed at the run before.
   */
  expire(now: number, beforeBatch: boolean, onExpired: OnExpired): void {
    const kept: number[] = [];
    while (this.#agenda.nextAt <= now) {
      const at = this.#agenda.nextAt;
      const row = this.#agenda.pop();
      if (this.#clients[row] === VOID || this.#expiresAt[row] !== at) continue;
      if (beforeBatch && at === now && this.#late[row] === 1) {
        kept.push(row);
        continue;
      }
      onExpired(this.#agents[row] as number);
      this.#remove(row);
    }
    for (const row of kept) this.#agenda.push(now, row);
  }

  /** Forgets all filters of a client: O(rows). */
  dropClient(client: number): void {
    if (this.countOf(client) === 0) return;
    for (let row = 0; row < this.#rows; row += 1) {
      if (this.#clients[row] === client) this.#remove(row);
    }
  }

  /** Forgets all filters on an agent: O(clients). */
  dropAgent(agent: number): void {
    for (let client = 0; client < this.#counts.length; client += 1) {
      let row = this.#find(client, agent);
      while (row !== VOID) {
        this.#remove(row);
        row = this.#find(client, agent);
      }
    }
  }

  #find(client: number, agent: number): number {
    if (this.countOf(client) === 0) return VOID;
    const index = this.#index;
    const mask = index.length - 1;
    for (let at = slotOf(client, agent, mask); index[at] !== 0; at = (at + 1) & mask) {
      const row = (index[at] as number) - 1;
      if (this.#clients[row] === client && this.#agents[row] === agent) return row;
    }
    return VOID;
  }

  #takeRow(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if (this.#rows === this.#clients.length) this.#growRows();
    const row = this.#rows;
    this.#rows += 1;
    return row;
  }

  #growRows(): void {
    const capacity = 2 * this.#clients.length;
    const clients = new Int32Array(capacity).fill(VOID);
    clients.set(this.#clients);
    this.#clients = clients;
    const agents = new Int32Array(capacity);
    agents.set(this.#agents);
    this.#agents = agents;
    const expiresAt = new Float64Array(capacity);
    expiresAt.set(this.#expiresAt);
    this.#expiresAt = expiresAt;
    const late = new Uint8Array(capacity);
    late.set(this.#late);
    this.#late = late;
  }

  #link(row: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let at = slotOf(this.#clients[row] as number, this.#agents[row] as number, mask);
    while (index[at] !== 0) at = (at + 1) & mask;
    index[at] = row + 1;
  }

  #rebuild(capacity: number): void {
    this.#index = new Int32Array(capacity);
    for (let row = 0; row < this.#rows; row += 1) if (this.#clients[row] !== VOID) this.#link(row);
  }

  #remove(row: number): void {
    const client = this.#clients[row] as number;
    this.#unlink(row);
    this.#clients[row] = VOID;
    this.#refused[row] = undefined;
    this.#counts[client] = this.countOf(client) - 1;
    this.#free.push(row);
  }

  /**
   * Deletes from the index by moving later entries of the probe run back, so that no tombstone is
   * needed.
   */
  #unlink(row: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = slotOf(this.#clients[row] as number, this.#agents[row] as number, mask);
    while (index[hole] !== row + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const other = (index[at] as number) - 1;
      const home = slotOf(this.#clients[other] as number, this.#agents[other] as number, mask);
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        index[hole] = other + 1;
        hole = at;
      }
    }
    index[hole] = 0;
  }

  snapshot(): OfferFiltersSnapshot {
    const rows = [];
    for (let row = 0; row < this.#rows; row += 1) {
      const refused = this.#refused[row];
      rows.push(
        this.#clients[row] === VOID || refused === undefined
          ? null
          : ([
              this.#clients[row] as number,
              this.#agents[row] as number,
              this.#late[row] === 1 ? 1 : 0,
              refused,
            ] as const),
      );
    }
    return {
      rows,
      expiresAt: Array.from(this.#expiresAt.subarray(0, this.#rows)),
      free: [...this.#free],
      agenda: this.#agenda.snapshot(),
    };
  }

  static restore(snapshot: OfferFiltersSnapshot): OfferFilters {
    const filters = new OfferFilters();
    for (const [row, entry] of snapshot.rows.entries()) {
      if (filters.#rows === filters.#clients.length) filters.#growRows();
      filters.#rows += 1;
      filters.#expiresAt[row] = snapshot.expiresAt[row] as number;
      if (entry === null) continue;
      const [client, agent, late, refused] = entry;
      filters.#clients[row] = client;
      filters.#agents[row] = agent;
      filters.#late[row] = late;
      filters.#refused[row] = refused;
      filters.#counts[client] = filters.countOf(client) + 1;
    }
    let capacity = 64;
    while (capacity < 2 * (filters.#rows + 1)) capacity *= 2;
    filters.#rebuild(capacity);
    filters.#free.push(...snapshot.free);
    filters.#agenda = Agenda.restore(snapshot.agenda);
    return filters;
  }
}

function slotOf(client: number, agent: number, mask: number): number {
  let hash = Math.imul(client, 0x9e3779b1) ^ Math.imul(agent, 0x85ebca6b);
  hash ^= hash >>> 15;
  return hash & mask;
}
