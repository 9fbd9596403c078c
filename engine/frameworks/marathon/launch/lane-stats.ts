/**
 * What became of the offers that a lane was shown since its launch attempt began: what `/v2/queue`
 * tells (reference part 5.4). An offer counts once for a lane, however many instances it took.
 */
import {must} from '../../../kernel/assert.ts';
import type {AgentId} from '../../../kernel/ids.ts';
import type {SeenOffer} from '../../placement/offer-left.ts';
import {firstReason, REASONS, UNFULFILLED_CONSTRAINT, type Refusal} from './reasons.ts';

/** An offer that was of no use. */
export interface UnusedOffer {
  readonly offer: SeenOffer;
  readonly refusal: Refusal;
  readonly at: number;
}

/** So many of a lane's last unused offers are shown whole. */
const UNUSED_KEPT = 5;

/** Agents whose last offer is known; those seen later do not count in the summary of these. */
const AGENTS_MAX = 16_384;
/** Bytes of all lanes together, one for each lane and agent; what is beyond does not count. */
const MARKS_MAX = 1 << 25;

/** The agents that offers came from, as small numbers that all lanes share. */
export class SeenAgents {
  readonly #slots = new Map<AgentId, number>();
  #marks = 0;

  constructor(agents: readonly AgentId[] = []) {
    for (const agent of agents) this.#slots.set(agent, this.#slots.size);
  }

  /** The agent's number; -1 for one too many. */
  slotOf(agent: AgentId): number {
    const known = this.#slots.get(agent);
    if (known !== undefined) return known;
    if (this.#slots.size >= AGENTS_MAX) return -1;
    this.#slots.set(agent, this.#slots.size);
    return this.#slots.size - 1;
  }

  /** Room for marks; false when there is none. */
  reserve(bytes: number): boolean {
    if (this.#marks + bytes > MARKS_MAX) return false;
    this.#marks += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#marks -= bytes;
  }

  /** When nothing waits, nothing need be known. */
  clear(): void {
    this.#slots.clear();
  }

  snapshot(): readonly AgentId[] {
    return [...this.#slots.keys()];
  }
}

export interface LaneStatsSnapshot {
  readonly processed: number;
  readonly unused: number;
  readonly lastUsedAt: number | null;
  readonly lastUnusedAt: number | null;
  readonly declined: readonly number[];
  readonly broken: readonly number[];
  /** One letter for each agent. */
  readonly marks: string;
  /** `offer`: index in a list that all lanes share. */
  readonly recent: readonly (Omit<UnusedOffer, 'offer'> & {readonly offer: number})[];
}

/** What the last offer of an agent came to: nothing seen, used, or refused for reason n − 2. */
const USED = 1;
const REFUSED = 2;
const MARK_LETTERS = 97;

/** The counters of one launch attempt; changed with every offer that is looked at. */
export class LaneStats {
  readonly #agents: SeenAgents;
  processed = 0;
  unused = 0;
  lastUsedAt: number | undefined;
  lastUnusedAt: number | undefined;
  /** Unused offers by the reason that counted. */
  readonly declined: number[] = REASONS.map(() => 0);
  /** Unused offers by the constraint that they broke first: by index. */
  readonly broken: number[] = [];
  /** By slot of the agent. */
  #marks = new Uint8Array(0);
  /** How many agents have which mark. */
  readonly #marked: number[] = Array.from({length: REFUSED + REASONS.length}, () => 0);
  #recent: UnusedOffer[] = [];

  constructor(agents: SeenAgents) {
    this.#agents = agents;
  }

  load(snapshot: LaneStatsSnapshot, offers: readonly SeenOffer[]): void {
    this.processed = snapshot.processed;
    this.unused = snapshot.unused;
    this.lastUsedAt = snapshot.lastUsedAt ?? undefined;
    this.lastUnusedAt = snapshot.lastUnusedAt ?? undefined;
    this.declined.splice(0, Infinity, ...snapshot.declined);
    this.broken.push(...snapshot.broken);
    this.#recent = snapshot.recent.map(({offer, refusal, at}) => {
      return {offer: must(offers[offer], 'an unused offer'), refusal, at};
    });
    this.#agents.reserve(snapshot.marks.length);
    this.#marks = new Uint8Array(snapshot.marks.length);
    for (let slot = 0; slot < snapshot.marks.length; slot += 1) {
      const mark = snapshot.marks.charCodeAt(slot) - MARK_LETTERS;
      if (mark > 0) this.#mark(slot, mark);
    }
  }

  used(slot: number, now: number): void {
    this.processed += 1;
    this.lastUsedAt = now;
    this.#mark(slot, USED);
  }

  /** `broken`: index of the constraint that was broken first; -1 where none was. */
  refused(slot: number, unused: UnusedOffer, broken: number): void {
    const reason = firstReason(unused.refusal);
    this.processed += 1;
    this.unused += 1;
    this.lastUnusedAt = unused.at;
    this.declined[reason] = (this.declined[reason] ?? 0) + 1;
    if (broken >= 0 && 1 << reason === UNFULFILLED_CONSTRAINT) {
      while (this.broken.length <= broken) this.broken.push(0);
      this.broken[broken] = (this.broken[broken] as number) + 1;
    }
    this.#mark(slot, REFUSED + reason);
    if (this.#recent.length === UNUSED_KEPT) this.#recent.shift();
    this.#recent.push(unused);
  }

  #mark(slot: number, mark: number): void {
    if (slot < 0) return;
    if (slot >= this.#marks.length && !this.#grow(slot)) return;
    const before = this.#marks[slot] as number;
    if (before === mark) return;
    this.#marks[slot] = mark;
    if (before > 0) this.#marked[before] = (this.#marked[before] as number) - 1;
    this.#marked[mark] = (this.#marked[mark] as number) + 1;
  }

  #grow(slot: number): boolean {
    let length = Math.max(16, this.#marks.length);
    while (length <= slot) length *= 2;
    if (!this.#agents.reserve(length - this.#marks.length)) return false;
    const marks = new Uint8Array(length);
    marks.set(this.#marks);
    this.#marks = marks;
    return true;
  }

  /** The launch attempt is over. */
  release(): void {
    this.#agents.release(this.#marks.length);
  }

  /** Agents whose last offer was refused, by the reason that counted. */
  get declinedLast(): readonly number[] {
    return this.#marked.slice(REFUSED);
  }

  /** Agents whose last offer is known. */
  get agents(): number {
    return this.#marked.reduce((sum, count) => sum + count, 0);
  }

  /** The last unused offers, latest first. */
  get recent(): readonly UnusedOffer[] {
    return this.#recent.toReversed();
  }

  /** `indexOf` files an offer in the list that all lanes share. */
  snapshot(indexOf: (offer: SeenOffer) => number): LaneStatsSnapshot {
    return {
      processed: this.processed,
      unused: this.unused,
      lastUsedAt: this.lastUsedAt ?? null,
      lastUnusedAt: this.lastUnusedAt ?? null,
      declined: [...this.declined],
      broken: [...this.broken],
      marks: String.fromCharCode(...this.#marks.map((mark) => mark + MARK_LETTERS)),
      recent: this.#recent.map(({offer, ...unused}) => ({...unused, offer: indexOf(offer)})),
    };
  }
}
