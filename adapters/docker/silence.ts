/** Nothing has come for a while after the end: there is nothing more to wait for. */
export class Silence {
  readonly #ms: number;
  readonly #ended: AbortSignal;
  readonly #fallen = new AbortController();
  readonly #onEnd = (): void => this.heard();
  #timer: NodeJS.Timeout | undefined;

  /** @param ended from when on somebody waits. */
  constructor(ms: number, ended: AbortSignal) {
    this.#ms = ms;
    this.#ended = ended;
    ended.addEventListener('abort', this.#onEnd, {once: true});
    this.heard();
  }

  /** Fires when it has been silent for so long. */
  get signal(): AbortSignal {
    return this.#fallen.signal;
  }

  heard(): void {
    if (!this.#ended.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fallen.abort(), this.#ms);
    this.#timer.unref();
  }

  /** Nobody waits any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#ended.removeEventListener('abort', this.#onEnd);
  }
}
