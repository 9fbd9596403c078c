/** Lets a number of things happen at once, the others in the order in which they came. */
import {LetGoError} from './engine-client.ts';

export class Gate {
  #free: number;
  readonly #waiting: {readonly enter: () => void; readonly signal: AbortSignal}[] = [];

  constructor(placesMax: number) {
    this.#free = placesMax;
  }

  /** @throws LetGoError if the signal has fired before there was a place. */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new LetGoError();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const refuse = (): void => {
      turn.reject(new LetGoError());
    };
    signal.addEventListener('abort', refuse, {once: true});
    this.#waiting.push({enter: turn.resolve, signal});
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', refuse);
    }
  }

  #leave(): void {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#free += 1;
        return;
      }
      // Who has gone meanwhile needs no place.
      if (next.signal.aborted) continue;
      next.enter();
      return;
    }
  }
}
