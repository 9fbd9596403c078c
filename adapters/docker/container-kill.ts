/**
 * The kill of one container: it is asked to end, and is ended by force when its grace is over. What
 * was ordered is written down, so that a later process goes on with it.
 */
import {readFile, rm, writeFile} from 'node:fs/promises';
import {inspectIfThere, signalContainer} from './containers.ts';
import {EngineRefusedError, LetGoError, type EngineClient} from './engine-client.ts';
import {fired} from './signals.ts';

export interface ContainerKillParts {
  readonly client: EngineClient;
  readonly containerName: string;
  /** Where it is written down. */
  readonly file: string;
  readonly onTrouble: (message: string) => void;
  /** It may not run any more, or was not to be reached. */
  readonly onDoubt: () => void;
}

const KILL_AGAIN_MS = 5_000;

export class ContainerKill {
  readonly #parts: ContainerKillParts;
  /** When it is killed by force, in ms since 1970; undefined: it is not to be killed. */
  #at: number | undefined;
  readonly #ordered = new AbortController();
  /** Fires when the force is to be used sooner than was said. */
  #hurry = new AbortController();

  constructor(parts: ContainerKillParts) {
    this.#parts = parts;
  }

  get isOrdered(): boolean {
    return this.#at !== undefined;
  }

  /** Fires when it is to be killed. */
  get ordered(): AbortSignal {
    return this.#ordered.signal;
  }

  /** A second order can only shorten the grace. @returns whether it is the first. */
  order(graceMs: number): boolean {
    const at = Date.now() + Math.max(graceMs, 0);
    const isFirst = this.#at === undefined;
    if (this.#at === undefined) {
      this.#at = at;
      this.#ordered.abort();
    } else if (at < this.#at) {
      this.#at = at;
      this.#hurry.abort();
    }
    return isFirst;
  }

  /** What a process before this one was told; there may be another order by now. */
  async resume(): Promise<void> {
    const {file} = this.#parts;
    this.#at = earliest(await readKill(file), this.#at);
    if (this.#at !== undefined) this.#ordered.abort();
  }

  /** Waits for the order, and then does what it takes until the container has ended. */
  async enforce(ended: AbortSignal): Promise<void> {
    const {client} = this.#parts;
    await fired(AbortSignal.any([this.ordered, ended, client.closed]));
    try {
      if (ended.aborted || client.closed.aborted) return;
      await this.#save();
      if (this.#at !== undefined && this.#at > Date.now()) await this.#askToEnd(ended);
      while (!ended.aborted) {
        await this.#signal('SIGKILL');
        await client.pause(KILL_AGAIN_MS, ended);
      }
    } catch (error) {
      if (!(error instanceof LetGoError)) throw error;
    }
  }

  /** What is written down of it. */
  async discard(): Promise<void> {
    await rm(this.#parts.file, {force: true});
  }

  async #askToEnd(ended: AbortSignal): Promise<void> {
    const {client, containerName} = this.#parts;
    const facts = await inspectIfThere(client, containerName);
    await this.#signal(facts?.stopSignal ?? 'SIGTERM');
    for (;;) {
      const leftMs = (this.#at ?? 0) - Date.now();
      if (leftMs <= 0 || ended.aborted) return;
      this.#hurry = new AbortController();
      await client.pause(leftMs, AbortSignal.any([ended, this.#hurry.signal]));
    }
  }

  async #signal(signal: string): Promise<void> {
    const {client, containerName, onTrouble, onDoubt} = this.#parts;
    try {
      await signalContainer(client, containerName, signal);
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error;
      // It is gone, or does not run any more: that is asked for. All else is tried again.
      const isGone = error.status === 404 || error.status === 409;
      if (!isGone) onTrouble(error.message);
      onDoubt();
    }
  }

  async #save(): Promise<void> {
    const {file, onTrouble} = this.#parts;
    try {
      await writeFile(file, String(this.#at));
    } catch (error) {
      onTrouble((error as Error).message);
    }
  }
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** Undefined: nobody wanted it killed. */
async function readKill(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
