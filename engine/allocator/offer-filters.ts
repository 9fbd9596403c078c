/**
 * What frameworks refused: a filter keeps an agent from a client (a framework in a role) until it
 * expires, as long as nothing beyond the refused resources is there (Mesos, reference part 1.11).
 *
 * There can be one for every pair, so a filter is a row of numbers: 32 bytes, 6 to 13 more in an
 * open-addressing index on (client, agent), and no object. Refused resources are shared.
 *
 * Unlike Mesos, where every decline makes a filter of its own, an equal refusal prolongs the one
 * that is there. What is refused, and until when, is the same; but a framework that declines what
 * its tasks leave over, for a year, does not grow a heap of filters that all say one thing and are
 * all looked at by every check. {@link OfferFilters.countOf} counts different refusals.
 */
import {containsResources, type Resources} from '../resources/vector.ts';
import {CommonRefusals, DIFFERENT, everyBit, type Bits} from './common-refusals.ts';
import {ExpiryQueue, NONE, type ExpiryQueueSnapshot} from './expiry-queue.ts';
import {AGENT, CLIENT, FilterRows, LATE, REFUSED} from './filter-rows.ts';
import {InternedResources} from './interned-resources.ts';

/** Columns by row. */
export interface OfferFiltersSnapshot {
  readonly clients: readonly number[];
  readonly agents: readonly number[];
  readonly expiresAt: readonly number[];
  readonly late: readonly (0 | 1)[];
  /** Places in `resources`. */
  readonly refused: readonly number[];
  readonly resources: readonly Resources[];
  readonly queue: ExpiryQueueSnapshot;
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

/** All lengths are powers of 2. */
const SLOTS_MIN = 64;

export class OfferFilters {
  readonly #rows = new FilterRows();
  readonly #queue = new ExpiryQueue(this.#rows);
  readonly #refused = new InternedResources();
  readonly #common = new CommonRefusals();
  /**
   * Row + 1, or 0; five of eight are taken at most, and a sixteenth at least. The upper bits, which
   * row numbers do not need, are those of the hash, so that hardly any row is looked at in vain.
   */
  #slots = new Int32Array(SLOTS_MIN);
  /** Filters in force per client. */
  readonly #counts: number[] = [];
  /** Above all agents that have ever been refused. */
  #agentsEnd = 0;
  /** The last comparison: an agent is offered to one client after the other. */
  #comparedRefused: Resources | undefined;
  #comparedOffered: Resources | undefined;
  #comparison = false;

  /** Filters in force. */
  get size(): number {
    return this.#rows.length;
  }

  /**
   * Instant of the next expiry, or an earlier one if that filter has been dropped; Infinity while
   * there is no filter.
   */
  get nextExpiryAt(): number {
    return this.#rows.length === 0 ? Infinity : this.#queue.nextAt;
  }

  countOf(client: number): number {
    return this.#counts[client] ?? 0;
  }

  add({client, agent, refused, expiresAt, late}: OfferFilter): void {
    const rows = this.#rows;
    if (8 * (rows.length + 1) > 5 * this.#slots.length) this.#rebuild(2 * this.#slots.length);
    const resources = this.#refused.acquire(refused);
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashOf(client, agent);
    let at = hash & mask;
    for (; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (((slot ^ hash) & ~mask) !== 0) continue;
      const row = (slot & mask) - 1;
      if (rows.word(row, CLIENT) !== client || rows.word(row, AGENT) !== agent) continue;
      if (rows.word(row, REFUSED) !== resources) continue;
      this.#refused.release(resources);
      this.#prolong(row, expiresAt, late);
      return;
    }
    const row = rows.push(client, agent, resources, late);
    rows.setExpiresAt(row, expiresAt);
    slots[at] = (hash & ~mask) | (row + 1);
    this.#queue.add(row);
    this.#common.add(client, agent, resources);
    this.#counts[client] = this.countOf(client) + 1;
    if (agent >= this.#agentsEnd) this.#agentsEnd = agent + 1;
  }

  /** Of two filters the one that goes later stays; of one instant that is the late one. */
  #prolong(row: number, expiresAt: number, late: boolean): void {
    const before = this.#rows.expiresAt(row);
    if (expiresAt < before || (expiresAt === before && !late)) return;
    this.#queue.remove(row);
    this.#rows.setExpiresAt(row, expiresAt);
    this.#rows.setWord(row, LATE, late ? 1 : 0);
    this.#queue.add(row);
  }

  /**
   * Whether `client` has refused at least `offered` on this agent. `offered` must not be changed
   * afterwards: the next question about the same object may be answered without looking into it.
   */
  refuses(client: number, agent: number, offered: Resources): boolean {
    if ((this.#counts[client] ?? 0) === 0) return false;
    const rows = this.#rows;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashOf(client, agent);
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (((slot ^ hash) & ~mask) !== 0) continue;
      const row = (slot & mask) - 1;
      if (rows.word(row, CLIENT) !== client || rows.word(row, AGENT) !== agent) continue;
      if (this.#contains(this.#refused.of(rows.word(row, REFUSED)), offered)) return true;
    }
    return false;
  }

  /**
   * Whether all of these clients (one at least) have refused at least `offered` on this agent, if
   * that can be told at a glance. Undefined where it cannot, which is a matter of filters that have
   * gone, too, and no part of a snapshot: nothing that others can see may depend on it.
   */
  refuseAllAtAGlance(clients: Bits, agent: number, offered: Resources): boolean | undefined {
    const resources = this.#common.resourcesOf(agent);
    if (resources === DIFFERENT) return undefined;
    if (resources < 0 || !this.#common.areRefusedBy(agent, clients)) return false;
    return this.#contains(this.#refused.of(resources), offered);
  }

  /** The same for certain: asks for one client after the other. */
  refuseAll(clients: Bits, agent: number, offered: Resources): boolean {
    return everyBit(clients, (client) => this.refuses(client, agent, offered));
  }

  /** Until when {@link refuses} says so; -Infinity where it does not. */
  refusedUntil(client: number, agent: number, offered: Resources): number {
    const found: number[] = [];
    this.#collect(client, agent, found);
    let until = -Infinity;
    for (const row of found) {
      if (!this.#contains(this.#refused.of(this.#rows.word(row, REFUSED)), offered)) continue;
      until = Math.max(until, this.#rows.expiresAt(row));
    }
    return until;
  }

  #contains(refused: Resources, offered: Resources): boolean {
    if (refused === offered) return true;
    if (refused !== this.#comparedRefused || offered !== this.#comparedOffered) {
      this.#comparedRefused = refused;
      this.#comparedOffered = offered;
      this.#comparison = containsResources(refused, offered);
    }
    return this.#comparison;
  }

  /**
   * Takes away what has expired. A filter that expires at the instant of a batch run is gone before
   * that run, unless it was made `late`, after the run one lifetime earlier: timers of one instant
   * fire in the order in which they were armed, and the run's timer was armed at the run before.
   */
  expire(now: number, beforeBatch: boolean, onExpired: OnExpired): void {
    const rows = this.#rows;
    this.#queue.advance(now);
    let row = this.#queue.firstDue;
    while (row !== NONE) {
      const next = this.#queue.after(row);
      const at = rows.expiresAt(row);
      if (at > now || (beforeBatch && at === now && rows.word(row, LATE) === 1)) {
        row = next;
        continue;
      }
      onExpired(rows.word(row, AGENT));
      // The last row is about to take this one's place.
      const isNextMoved = next === rows.length - 1;
      this.#remove(row);
      if (!isNextMoved) row = next;
    }
  }

  /**
   * Filters by client whose time is over at `now` and that {@link expire} has not taken away so
   * far. O(filters) where there are any.
   */
  expiredBy(now: number): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    if (this.nextExpiryAt > now) return counts;
    for (let row = 0; row < this.#rows.length; row += 1) {
      if (this.#rows.expiresAt(row) > now) continue;
      const client = this.#rows.word(row, CLIENT);
      counts.set(client, (counts.get(client) ?? 0) + 1);
    }
    return counts;
  }

  /** Forgets all filters of a client: O(agents), or O(filters) if those are fewer. */
  dropClient(client: number): void {
    this.#removeAll(this.#rowsOf(client));
  }

  /** Forgets all filters on an agent: O(clients), or O(filters) if those are fewer. */
  dropAgent(agent: number): void {
    this.#removeAll(this.#rowsOn(agent));
  }

  /** From the last one down, so that the row that fills a hole is never one that is to go. */
  #removeAll(rows: number[]): void {
    rows.sort(descending);
    for (const row of rows) this.#remove(row);
  }

  /** The filters of a client, by agent and expiry. */
  filtersOf(client: number): readonly OfferFilter[] {
    return this.#describe(this.#rowsOf(client));
  }

  /** The filters on an agent, by client and expiry. */
  filtersOn(agent: number): readonly OfferFilter[] {
    return this.#describe(this.#rowsOn(agent));
  }

  #describe(rows: number[]): readonly OfferFilter[] {
    return rows
      .sort((left, right) => left - right)
      .map((row) => this.#filterAt(row))
      .sort(
        (left, right) =>
          left.agent - right.agent ||
          left.client - right.client ||
          left.expiresAt - right.expiresAt,
      );
  }

  #filterAt(row: number): OfferFilter {
    return {
      client: this.#rows.word(row, CLIENT),
      agent: this.#rows.word(row, AGENT),
      refused: this.#refused.of(this.#rows.word(row, REFUSED)),
      expiresAt: this.#rows.expiresAt(row),
      late: this.#rows.word(row, LATE) === 1,
    };
  }

  #rowsOf(client: number): number[] {
    const found: number[] = [];
    const count = this.countOf(client);
    if (count === 0) return found;
    if (this.#rows.length <= this.#agentsEnd) return this.#rowsWith(CLIENT, client);
    for (let agent = 0; found.length < count; agent += 1) this.#collect(client, agent, found);
    return found;
  }

  #rowsOn(agent: number): number[] {
    const found: number[] = [];
    if (agent >= this.#agentsEnd) return found;
    if (this.#rows.length <= this.#counts.length) return this.#rowsWith(AGENT, agent);
    for (let client = 0; client < this.#counts.length; client += 1) {
      if (this.countOf(client) > 0) this.#collect(client, agent, found);
    }
    return found;
  }

  #rowsWith(field: number, value: number): number[] {
    const found: number[] = [];
    for (let row = 0; row < this.#rows.length; row += 1) {
      if (this.#rows.word(row, field) === value) found.push(row);
    }
    return found;
  }

  #collect(client: number, agent: number, found: number[]): void {
    const rows = this.#rows;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashOf(client, agent);
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (((slot ^ hash) & ~mask) !== 0) continue;
      const row = (slot & mask) - 1;
      if (rows.word(row, CLIENT) === client && rows.word(row, AGENT) === agent) found.push(row);
    }
  }

  #remove(row: number): void {
    const rows = this.#rows;
    const client = rows.word(row, CLIENT);
    this.#common.remove(client, rows.word(row, AGENT));
    this.#freeSlot(this.#slotOf(row));
    this.#queue.remove(row);
    this.#refused.release(rows.word(row, REFUSED));
    this.#counts[client] = this.countOf(client) - 1;
    const last = rows.length - 1;
    if (row !== last) {
      const slot = this.#slotOf(last);
      this.#slots[slot] = (this.#slots[slot] as number) - last + row;
      rows.copy(last, row);
      this.#queue.moved(row);
    }
    rows.pop();
    const {length} = this.#slots;
    if (length > SLOTS_MIN && 16 * rows.length < length) {
      this.#rebuild(Math.max(SLOTS_MIN, length / 4));
    }
  }

  #hashOf(row: number): number {
    return hashOf(this.#rows.word(row, CLIENT), this.#rows.word(row, AGENT));
  }

  #slotOf(row: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = this.#hashOf(row) & mask;
    while (((slots[at] as number) & mask) !== row + 1) at = (at + 1) & mask;
    return at;
  }

  /** Moves later entries of the probe run back into the hole, so that no tombstone is needed. */
  #freeSlot(freed: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = freed;
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      const home = this.#hashOf((slot & mask) - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slot;
      hole = at;
    }
    slots[hole] = 0;
  }

  #rebuild(length: number): void {
    const slots = new Int32Array(length);
    const mask = length - 1;
    this.#slots = slots;
    for (let row = 0; row < this.#rows.length; row += 1) {
      const hash = this.#hashOf(row);
      let at = hash & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = (hash & ~mask) | (row + 1);
    }
  }

  snapshot(): OfferFiltersSnapshot {
    const places = new Map<number, number>();
    const column = <T>(valueOf: (row: number) => T): T[] =>
      Array.from({length: this.#rows.length}, (_, row) => valueOf(row));
    const refused = column((row) => {
      const number = this.#rows.word(row, REFUSED);
      const place = places.get(number) ?? places.size;
      places.set(number, place);
      return place;
    });
    return {
      clients: column((row) => this.#rows.word(row, CLIENT)),
      agents: column((row) => this.#rows.word(row, AGENT)),
      expiresAt: column((row) => this.#rows.expiresAt(row)),
      late: column((row) => (this.#rows.word(row, LATE) === 1 ? 1 : 0)),
      refused,
      resources: [...places.keys()].map((number) => this.#refused.of(number)),
      queue: this.#queue.snapshot(),
    };
  }

  /** The same rows in the same order, so that all that follows is the same too. */
  static restore(snapshot: OfferFiltersSnapshot): OfferFilters {
    const filters = new OfferFilters();
    const rows = filters.#rows;
    for (const [at, client] of snapshot.clients.entries()) {
      const agent = snapshot.agents[at] as number;
      const refused = filters.#refused.acquire(
        snapshot.resources[snapshot.refused[at] as number] as Resources,
      );
      const row = rows.push(client, agent, refused, snapshot.late[at] === 1);
      rows.setExpiresAt(row, snapshot.expiresAt[at] as number);
      filters.#common.add(client, agent, refused);
      filters.#counts[client] = filters.countOf(client) + 1;
      filters.#agentsEnd = Math.max(filters.#agentsEnd, agent + 1);
    }
    filters.#queue.restore(snapshot.queue);
    let length = SLOTS_MIN;
    while (8 * rows.length > 5 * length) length *= 2;
    filters.#rebuild(length);
    return filters;
  }
}

function descending(left: number, right: number): number {
  return right - left;
}

function hashOf(client: number, agent: number): number {
  let hash = Math.imul(client, 0x9e3779b1) ^ Math.imul(agent, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return hash ^ (hash >>> 15);
}
