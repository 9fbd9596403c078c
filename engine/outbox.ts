/**
 * Write before act: effects of a step that recorded something are held until the store has
 * confirmed it, and so is everything after them, since a kill must not overtake its launch. A step
 * that records nothing while nothing is held passes straight through (docs/architecture.md).
 */
import type {Effect} from './effects.ts';
import {assert} from './kernel/assert.ts';
import {Fifo} from './kernel/fifo.ts';
import type {FrameworkId, TaskId} from './kernel/ids.ts';

interface Held {
  /**
   * Confirmation that these effects wait for; 0 = none of their own, only for those before them.
   */
  readonly batch: number;
  readonly effects: Effect[];
}

export interface OutboxSnapshot {
  readonly ready: readonly Effect[];
  readonly held: readonly Held[];
  readonly nextBatch: number;
  readonly written: number;
  /** Of its leadership; absent: nobody gave it one. */
  readonly epoch?: number | undefined;
  readonly isDeposed?: boolean | undefined;
}

const NOTHING: readonly never[] = [];

export class Outbox {
  #ready: Effect[] = [];
  #step: Effect[] = [];
  #writes = new StepWrites();
  /** As many as there are writes under way: thousands, when much happens at one instant. */
  #held = new Fifo<Held>();
  #nextBatch = 1;
  #written = 0;
  #epoch: number | undefined;
  #isDeposed = false;

  /** Whether nothing comes out any more, because another one leads. */
  get isDeposed(): boolean {
    return this.#isDeposed;
  }

  /** What is written from here on carries this epoch. */
  lead(epoch: number): void {
    const before = this.#epoch ?? -Infinity;
    assert(epoch > before, () => `epoch ${epoch} after ${before}`);
    this.#epoch = epoch;
  }

  /** What is held is never let go, and nothing is taken any more: somebody else may be acting. */
  depose(): void {
    this.#isDeposed = true;
    this.#ready = [];
    this.#step = [];
    this.#writes = new StepWrites();
    this.#held = new Fifo();
  }

  /** An effect of the present step. */
  add(effect: Effect): void {
    this.#step.push(effect);
  }

  /** A record to be written by the present step; the last word on a path counts. */
  put(path: string, document: unknown): void {
    this.#writes.put(path, document);
  }

  delete(path: string): void {
    this.#writes.delete(path);
  }

  /**
   * Ends the step: what it wrote goes out first, what it did follows now or when that is confirmed.
   */
  endStep(): void {
    const effects = this.#step;
    const writes = this.#writes;
    if (writes.isEmpty && this.#held.size === 0) {
      if (this.#ready.length === 0) {
        this.#step = this.#ready;
        this.#ready = effects;
      } else {
        for (const effect of effects) this.#ready.push(effect);
        effects.length = 0;
      }
      return;
    }
    this.#step = [];
    this.#held.push({batch: writes.isEmpty ? 0 : this.#persist(writes), effects});
  }

  #persist(writes: StepWrites): number {
    const batch = this.#nextBatch;
    this.#nextBatch += 1;
    const epoch = this.#epoch === undefined ? {} : {epoch: this.#epoch};
    this.#ready.push({kind: 'persist', batch, ...epoch, ...writes.take()});
    this.#writes = new StepWrites();
    return batch;
  }

  /** The store has written `batch` and all before it. */
  written(batch: number): void {
    assert(batch < this.#nextBatch, () => `batch ${batch} was never sent`);
    this.#written = Math.max(this.#written, batch);
    for (let held = this.#held.peek(); held !== undefined; held = this.#held.peek()) {
      if (held.batch > this.#written) return;
      if (this.#ready.length === 0) this.#ready = held.effects;
      else for (const effect of held.effects) this.#ready.push(effect);
      this.#held.shift();
    }
  }

  /** Takes a launch back that is held: its task was given up before it was sent. */
  withdraw(frameworkId: FrameworkId, taskId: TaskId): void {
    for (const {effects} of this.#held.toArray()) {
      const at = effects.findIndex(
        (effect) =>
          effect.kind === 'launchTask' &&
          effect.taskId === taskId &&
          effect.frameworkId === frameworkId,
      );
      if (at >= 0) effects.splice(at, 1);
    }
  }

  /** Everything that may be carried out now, in order. */
  take(): readonly Effect[] {
    const ready = this.#ready;
    // Not the list itself, to which later steps add.
    if (ready.length === 0) return NOTHING;
    this.#ready = [];
    return ready;
  }

  snapshot(): OutboxSnapshot {
    assert(this.#step.length === 0, 'a snapshot in the middle of a step');
    return {
      ready: [...this.#ready],
      held: this.#held.toArray().map(copyOf),
      nextBatch: this.#nextBatch,
      written: this.#written,
      ...(this.#epoch === undefined ? {} : {epoch: this.#epoch}),
      ...(this.#isDeposed ? {isDeposed: true} : {}),
    };
  }

  static restore(snapshot: OutboxSnapshot): Outbox {
    const outbox = new Outbox();
    outbox.#ready = [...snapshot.ready];
    outbox.#held = new Fifo(snapshot.held.map(copyOf));
    outbox.#nextBatch = snapshot.nextBatch;
    outbox.#written = snapshot.written;
    outbox.#epoch = snapshot.epoch;
    outbox.#isDeposed = snapshot.isDeposed ?? false;
    return outbox;
  }
}

/** Lists that are held become the list that later effects are added to. */
function copyOf({batch, effects}: Held): Held {
  return {batch, effects: [...effects]};
}

type Persist = Extract<Effect, {kind: 'persist'}>;

/** Above this many writes of a step paths are looked up, below it they are compared. */
const COMPARED_MAX = 8;

/**
 * What one step writes. Most steps write a few records: comparing their paths, which mostly differ
 * in length, is many times as fast as hashing them, for they are strings that were just put
 * together.
 */
class StepWrites {
  readonly #puts: {readonly path: string; document: unknown}[] = [];
  readonly #deletes: string[] = [];
  /** The same, once there are many. */
  #many: {readonly puts: Map<string, unknown>; readonly deletes: Set<string>} | undefined;

  get isEmpty(): boolean {
    if (this.#many !== undefined) return this.#many.puts.size + this.#many.deletes.size === 0;
    return this.#puts.length === 0 && this.#deletes.length === 0;
  }

  put(path: string, document: unknown): void {
    if (this.#many !== undefined) {
      this.#many.deletes.delete(path);
      this.#many.puts.set(path, document);
      return;
    }
    for (const put of this.#puts) {
      if (put.path !== path) continue;
      put.document = document;
      return;
    }
    const deleted = this.#deletes.indexOf(path);
    if (deleted >= 0) this.#deletes.splice(deleted, 1);
    this.#puts.push({path, document});
    this.#grow();
  }

  delete(path: string): void {
    if (this.#many !== undefined) {
      this.#many.puts.delete(path);
      this.#many.deletes.add(path);
      return;
    }
    const put = this.#puts.findIndex((known) => known.path === path);
    if (put >= 0) this.#puts.splice(put, 1);
    if (!this.#deletes.includes(path)) this.#deletes.push(path);
    this.#grow();
  }

  #grow(): void {
    if (this.#puts.length + this.#deletes.length <= COMPARED_MAX) return;
    const puts = new Map(this.#puts.map(({path, document}) => [path, document]));
    this.#many = {puts, deletes: new Set(this.#deletes)};
  }

  /** In the order in which paths came first; each path once. */
  take(): Pick<Persist, 'deletes' | 'puts'> {
    if (this.#many === undefined) return {puts: this.#puts, deletes: this.#deletes};
    const {puts, deletes} = this.#many;
    return {
      puts: [...puts].map(([path, document]) => ({path, document})),
      deletes: [...deletes],
    };
  }
}
