/**
 * Sends updates until they are acknowledged: per task one at a time, again after 10 s, 20 s, … up
 * to ten minutes, and at once to a master that has just registered this agent (reference 3.2).
 */
import type {StatusMessage} from '../link/messages.ts';
import {taskKey} from './task-ledger.ts';

const RETRY_MS_MIN = 10_000;
const RETRY_MS_MAX = 600_000;

export class UpdateSender {
  readonly #send: (update: StatusMessage) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isConnected = false;

  constructor(send: (update: StatusMessage) => void) {
    this.#send = send;
  }

  /** To a master. @param heads the first pending update of each task that has one. */
  connected(heads: readonly StatusMessage[]): void {
    this.#stopAll();
    this.#isConnected = true;
    for (const update of heads) this.offer(update);
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#stopAll();
  }

  /** The first pending update of its task. Without a master it waits for the next one. */
  offer(update: StatusMessage): void {
    if (this.#isConnected) this.#start(taskKey(update.frameworkId, update.taskId), update);
  }

  /** It was acknowledged. */
  stop(task: string): void {
    clearTimeout(this.#timers.get(task));
    this.#timers.delete(task);
  }

  #start(task: string, update: StatusMessage, retryMs = RETRY_MS_MIN): void {
    this.stop(task);
    this.#send(update);
    const again = Math.min(2 * retryMs, RETRY_MS_MAX);
    this.#timers.set(
      task,
      setTimeout(() => this.#start(task, update, again), retryMs),
    );
  }

  #stopAll(): void {
    for (const task of [...this.#timers.keys()]) this.stop(task);
  }
}
