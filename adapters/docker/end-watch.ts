/** Waits for the end of one container, and finds out how it ended. */
import {type ContainerFacts, inspectContainer} from './containers.ts';
import {EngineRefusedError, LetGoError, type EngineClient} from './engine-client.ts';
import {fired} from './signals.ts';
import type {ContainerEnd} from './task-end.ts';

export interface EndWatchParts {
  readonly client: EngineClient;
  readonly containerName: string;
  /** Then nobody asks why it was ended by force. */
  readonly wasKilled: () => boolean;
  readonly onTrouble: (message: string) => void;
}

const ASK_AGAIN_MS = 1_000;
/** Of a process that was killed by force. */
const EXIT_KILLED = 137;
/** How long it may take to hear that it was the kernel, for memory. */
const REASON_MS_MAX = 1_000;

export class EndWatch {
  readonly #parts: EndWatchParts;
  /** Resolves when it may have ended. */
  #hint = Promise.withResolvers<void>();
  #saidExitCode: number | undefined;
  /** Fires when it has wanted more memory than it may have. */
  readonly #outOfMemory = new AbortController();

  constructor(parts: EndWatchParts) {
    this.#parts = parts;
  }

  /** Somebody has heard, or suspects, that its container has ended. */
  mayHaveEnded(exitCode?: number): void {
    this.#saidExitCode = exitCode ?? this.#saidExitCode;
    this.#hint.resolve();
  }

  wasOutOfMemory(): void {
    this.#outOfMemory.abort();
  }

  /** @throws LetGoError once the client is closed. */
  async untilEnded(): Promise<ContainerEnd> {
    const {client} = this.#parts;
    for (;;) {
      await Promise.race([this.#hint.promise, fired(client.closed)]);
      if (client.closed.aborted) throw new LetGoError();
      this.#hint = Promise.withResolvers();
      const end = await this.#findEnd();
      if (end !== undefined) return end;
    }
  }

  /** @returns undefined: it runs, or that cannot be told now. */
  async #findEnd(): Promise<ContainerEnd | undefined> {
    const {client, containerName, onTrouble} = this.#parts;
    try {
      const facts = await inspectContainer(client, containerName);
      if (facts.isRunning) return undefined;
      // An engine that died while it started it does not know that it ran.
      if (facts.state === 'created') return {...facts, exitCode: this.#saidExitCode};
      return {...facts, isOutOfMemory: await this.#isOutOfMemory(facts)};
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error;
      if (error.status === 404) {
        return {exitCode: this.#saidExitCode, isOutOfMemory: false, error: ''};
      }
      onTrouble(error.message);
      await client.pause(ASK_AGAIN_MS);
      this.mayHaveEnded();
      return undefined;
    }
  }

  /** The engine hears of the kernel's reason by another way than of the end, often later. */
  async #isOutOfMemory({exitCode, isOutOfMemory}: ContainerFacts): Promise<boolean> {
    const {client, wasKilled} = this.#parts;
    const {signal} = this.#outOfMemory;
    const isUnexplained = exitCode === EXIT_KILLED && !wasKilled() && !isOutOfMemory;
    if (isUnexplained) await client.pause(REASON_MS_MAX, signal);
    return isOutOfMemory || signal.aborted;
  }
}
