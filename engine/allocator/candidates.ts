/**
 * Which agents the next run looks at. An agent that gave nothing in a run would give nothing in the
 * next one unless something about it, its filters, the frameworks or the quotas changed: so runs
 * look only at agents that changed, or at all when something changed for all. The offers are those
 * of a run over everything, and an idle cluster costs nothing.
 */
import type {Random} from '../kernel/random.ts';
import {AgentSet} from './agent-set.ts';
import type {AgentSlot} from './agent-table.ts';

export interface CandidatesSnapshot {
  readonly withFree: readonly AgentSlot[];
  readonly changed: readonly AgentSlot[];
  readonly requested: readonly AgentSlot[];
  readonly allChanged: boolean;
  readonly allRequested: boolean;
  readonly runRequested: boolean;
}

/**
 * In which order a run visits agents: by chance, or by a rank (lowest first) that is never equal.
 */
export type AgentOrder = Random | ((left: AgentSlot, right: AgentSlot) => number);

/** Visits an agent; false ends the run early, because nobody wants more. */
export type Visit = (slot: AgentSlot) => boolean;

export class Candidates {
  /** Agents that may be offered and have anything left. */
  #withFree = new AgentSet();
  /** To be looked at by the next batch run. */
  #changed = new AgentSet();
  /** To be looked at by the run that was requested. */
  #requested = new AgentSet();
  #allChanged = false;
  #allRequested = false;
  #runRequested = false;

  /** Whether a run is wanted at once. */
  get runRequested(): boolean {
    return this.#runRequested;
  }

  /** Whether the next batch run has anything to look at. */
  get anyChanged(): boolean {
    return this.#allChanged || this.#changed.size > 0;
  }

  isRequested(slot: AgentSlot): boolean {
    return this.#allRequested || this.#requested.has(slot);
  }

  /** Files an agent as having something to give, or not. */
  setFree(slot: AgentSlot, hasFree: boolean): void {
    if (hasFree) this.#withFree.add(slot);
    else this.#withFree.delete(slot);
  }

  remove(slot: AgentSlot): void {
    this.#withFree.delete(slot);
    this.#changed.delete(slot);
    this.#requested.delete(slot);
  }

  /** The next batch run looks at the agent. */
  change(slot: AgentSlot): void {
    this.#changed.add(slot);
  }

  /** The next batch run looks at all agents. */
  changeAll(): void {
    this.#allChanged = true;
  }

  /** A run looks at the agent at once. */
  request(slot: AgentSlot): void {
    this.#requested.add(slot);
    this.#runRequested = true;
  }

  /** A run looks at all agents at once. */
  requestAll(): void {
    this.#allRequested = true;
    this.#runRequested = true;
  }

  /** What was requested waits for a batch run: nobody wants anything now, or runs are held off. */
  putOff(): void {
    if (this.#allRequested) this.#allChanged = true;
    this.#allRequested = false;
    this.#runRequested = false;
    for (let at = 0; at < this.#requested.size; at += 1) this.#changed.add(this.#requested.at(at));
    this.#requested.clear();
  }

  /** How many agents the run that is due would look at, at most. */
  count(isBatch: boolean): number {
    if (this.#isAll(isBatch)) return this.#withFree.size;
    return isBatch ? this.#changed.size + this.#requested.size : this.#requested.size;
  }

  #isAll(isBatch: boolean): boolean {
    return this.#allRequested || (isBatch && this.#allChanged);
  }

  /** Agents that the run that is due looks at, in the order of its visits; they stay candidates. */
  list(isBatch: boolean, order: AgentOrder): AgentSlot[] {
    const slots = this.#isAll(isBatch)
      ? this.#withFree.toArray()
      : [...new Set([...this.#requested.toArray(), ...(isBatch ? this.#changed.toArray() : [])])];
    const free = slots.filter((slot) => this.#withFree.has(slot));
    if (typeof order === 'function') return free.sort(order);
    for (let at = free.length - 1; at > 0; at -= 1) {
      const other = order.below(at + 1);
      const slot = free[at] as AgentSlot;
      free[at] = free[other] as AgentSlot;
      free[other] = slot;
    }
    return free;
  }

  /** Visits the agents of the run that is due; what was seen is no candidate any more. */
  visit(isBatch: boolean, order: AgentOrder, visit: Visit): void {
    if (typeof order === 'function') this.#visitInOrder(isBatch, order, visit);
    else if (this.#isAll(isBatch)) this.#visitAllByChance(order, visit);
    else this.#visitSomeByChance(isBatch, order, visit);
    // A run that ended early, because nobody wanted more, has not seen the rest; but whoever comes
    // to want later makes all agents count as changed again.
    if (this.#isAll(isBatch)) {
      this.#allChanged = false;
      this.#changed.clear();
      this.#requested.clear();
    }
    this.#allRequested = false;
    this.putOff();
  }

  #visitInOrder(isBatch: boolean, order: AgentOrder, visit: Visit): void {
    for (const slot of this.list(isBatch, order)) {
      this.#changed.delete(slot);
      this.#requested.delete(slot);
      if (!visit(slot)) return;
    }
  }

  /** A shuffle that stops when nobody wants more. */
  #visitAllByChance(random: Random, visit: Visit): void {
    const free = this.#withFree;
    let next = 0;
    while (next < free.size) {
      free.swap(next, next + random.below(free.size - next));
      const slot = free.at(next);
      if (!visit(slot)) return;
      // An agent that has nothing left has gone, and another has taken its position.
      if (free.has(slot)) next += 1;
    }
  }

  #visitSomeByChance(isBatch: boolean, random: Random, visit: Visit): void {
    if (isBatch) this.putOff();
    const set = isBatch ? this.#changed : this.#requested;
    while (set.size > 0) {
      const slot = set.at(random.below(set.size));
      set.delete(slot);
      this.#changed.delete(slot);
      if (this.#withFree.has(slot) && !visit(slot)) return;
    }
  }

  snapshot(): CandidatesSnapshot {
    return {
      withFree: this.#withFree.toArray(),
      changed: this.#changed.toArray(),
      requested: this.#requested.toArray(),
      allChanged: this.#allChanged,
      allRequested: this.#allRequested,
      runRequested: this.#runRequested,
    };
  }

  static restore(snapshot: CandidatesSnapshot): Candidates {
    const candidates = new Candidates();
    candidates.#withFree = new AgentSet(snapshot.withFree);
    candidates.#changed = new AgentSet(snapshot.changed);
    candidates.#requested = new AgentSet(snapshot.requested);
    candidates.#allChanged = snapshot.allChanged;
    candidates.#allRequested = snapshot.allRequested;
    candidates.#runRequested = snapshot.runRequested;
    return candidates;
  }
}
