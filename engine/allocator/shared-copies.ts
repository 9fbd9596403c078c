/**
 * Copies of shared volumes that a client holds: one volume counts once on its agent, however many
 * copies of it are held (Mesos, reference part 1.2).
 */
import type {Entry} from '../resources/special.ts';

/** Copies of one volume on one agent. */
export interface Copies {
  readonly agent: number;
  /** Identity of the volume. */
  readonly key: string;
  /** What it counts as, once. */
  readonly kind: number;
  readonly scalar: number;
  readonly copies: number;
}

export class SharedCopies {
  readonly #byAgent = new Map<number, Map<string, Copies>>();

  constructor(copies: Iterable<Copies> = []) {
    for (const one of copies) this.#set(one);
  }

  /** Adds the copies of an entry; whether there was none before. */
  add(agent: number, {special, scalar, copies}: Entry): boolean {
    const {key, kind} = special;
    const before = this.#byAgent.get(agent)?.get(key)?.copies ?? 0;
    this.#set({agent, key, kind, scalar, copies: before + copies});
    return before === 0;
  }

  /** Takes copies away; whether none is left. */
  take(agent: number, key: string, copies: number): boolean {
    const known = this.#byAgent.get(agent)?.get(key);
    if (known === undefined) return false;
    if (known.copies > copies) {
      this.#set({...known, copies: known.copies - copies});
      return false;
    }
    const volumes = this.#byAgent.get(agent);
    volumes?.delete(key);
    if (volumes?.size === 0) this.#byAgent.delete(agent);
    return true;
  }

  #set(copies: Copies): void {
    const volumes = this.#byAgent.get(copies.agent);
    if (volumes === undefined) this.#byAgent.set(copies.agent, new Map([[copies.key, copies]]));
    else volumes.set(copies.key, copies);
  }

  *all(): IterableIterator<Copies> {
    for (const volumes of this.#byAgent.values()) yield* volumes.values();
  }
}
