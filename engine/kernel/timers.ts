/**
 * The engine's own timers: values in its state, not callbacks. Timers of one instant fire in the
 * order in which they were armed. Cancelling leaves the entry in the agenda, where it is passed
 * over when its time comes.
 */
import {Agenda, type AgendaSnapshot} from './agenda.ts';
import {assert} from './assert.ts';

export interface Timer {
  /** Who is called: a framework's id, or `master`. */
  readonly owner: string;
  readonly name: string;
  readonly subject: string;
}

export interface TimersSnapshot {
  readonly rows: readonly (Timer | null)[];
  readonly free: readonly number[];
  readonly agenda: AgendaSnapshot;
}

export class Timers {
  /** A row is either pending, or cancelled (undefined) and still in the agenda, or free. */
  readonly #rows: (Timer | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #pending = new Map<string, number>();
  #agenda = new Agenda();

  /**
   * When the next one is due; Infinity when none is pending. Drops cancelled entries on its way.
   */
  get nextAt(): number {
    while (this.#agenda.size > 0 && this.#rows[this.#agenda.nextPayload] === undefined) {
      this.#free.push(this.#agenda.pop());
    }
    return this.#agenda.nextAt;
  }

  /** Arms a timer; a pending one of the same owner, name and subject is replaced. */
  arm(owner: string, name: string, subject: string, at: number): void {
    assert(Number.isFinite(at), () => `timer ${owner}/${name}/${subject} at ${at}`);
    const key = keyOf(owner, name, subject);
    const known = this.#pending.get(key);
    if (known !== undefined) this.#rows[known] = undefined;
    const row = this.#free.pop() ?? this.#rows.length;
    this.#rows[row] = {owner, name, subject};
    this.#pending.set(key, row);
    this.#agenda.push(at, row);
  }

  cancel(owner: string, name: string, subject: string): void {
    const key = keyOf(owner, name, subject);
    const row = this.#pending.get(key);
    if (row === undefined) return;
    this.#rows[row] = undefined;
    this.#pending.delete(key);
  }

  /** Cancels all timers of an owner. */
  cancelAll(owner: string): void {
    for (const timer of this.#rows) {
      if (timer?.owner === owner) this.cancel(owner, timer.name, timer.subject);
    }
  }

  /** Takes the earliest timer that is due by `now`; undefined when there is none. */
  take(now: number): Timer | undefined {
    if (this.nextAt > now) return undefined;
    const row = this.#agenda.pop();
    const timer = this.#rows[row] as Timer;
    this.#rows[row] = undefined;
    this.#free.push(row);
    this.#pending.delete(keyOf(timer.owner, timer.name, timer.subject));
    return timer;
  }

  snapshot(): TimersSnapshot {
    return {
      rows: this.#rows.map((timer) => timer ?? null),
      free: [...this.#free],
      agenda: this.#agenda.snapshot(),
    };
  }

  static restore(snapshot: TimersSnapshot): Timers {
    const timers = new Timers();
    for (const [row, timer] of snapshot.rows.entries()) {
      timers.#rows.push(timer ?? undefined);
      if (timer === null) continue;
      timers.#pending.set(keyOf(timer.owner, timer.name, timer.subject), row);
    }
    timers.#free.push(...snapshot.free);
    timers.#agenda = Agenda.restore(snapshot.agenda);
    return timers;
  }
}

/** Owners and names hold no line feed, so the key is unambiguous. */
function keyOf(owner: string, name: string, subject: string): string {
  return `${owner}\n${name}\n${subject}`;
}
