/**
 * Sends updates until they are acknowledged: per task one at a time, again after 10 s, 20 s, … up
 * to ten minutes, and at once to a master that has just registered this agent (reference 3.2).
 */
import type {StatusMessage} from '../link/messages.ts';

const RETRY_MS_MIN = 10_000;
const RETRY_MS_MAX = 600_000;

export class UpdateSender {
  readonly #send: (update: StatusMessage) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(send: (update: StatusMessage) => void) {
    this.#send = send;
  }

  /** Sends the first pending update of a task, and goes on until {@link stop}. */
  start(task: string, update: StatusMessage, retryMs = RETRY_MS_MIN): void {
    this.stop(task);
    this.#send(update);
    const again = Math.min(2 * retryMs, RETRY_MS_MAX);
    this.#timers.set(
      task,
      setTimeout(() => this.start(task, update, again), retryMs),
    );
  }

  stop(task: string): void {
    clearTimeout(this.#timers.get(task));
    this.#timers.delete(task);
  }

  stopAll(): void {
    for (const task of [...this.#timers.keys()]) this.stop(task);
  }
}
