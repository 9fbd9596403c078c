/** Always a session: another follows when one has ended, or could not be opened. */
import {openZkSession, type ZkSession, type ZkSessionOptions} from './session.ts';
import {isZkError} from './zk-error.ts';

export interface SessionKeeperOptions extends ZkSessionOptions {
  /** A new session. It is closed, and another opened, when what this gives is settled. */
  readonly use: (session: ZkSession) => Promise<void>;
  /** What went wrong, for the log. */
  readonly notice: (text: string) => void;
}

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5000;

export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #running: Promise<void>;
  readonly #closing = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let pauseMs = PAUSE_MS_MIN; !this.#isClosed;) {
      const session = await this.#open();
      if (session === undefined) {
        pauseMs = Math.min(PAUSE_MS_MAX, 2 * pauseMs);
      } else {
        const startedAt = performance.now();
        await this.#use(session);
        // One that fails as soon as it is there must not be opened again without end.
        const hasLasted = performance.now() - startedAt > session.timeoutMs;
        pauseMs = hasLasted ? PAUSE_MS_MIN : Math.min(PAUSE_MS_MAX, 2 * pauseMs);
      }
      if (!this.#isClosed) await this.#pause(pauseMs);
    }
  }

  async #open(): Promise<ZkSession | undefined> {
    const opening = openZkSession(this.#options);
    try {
      await Promise.race([opening, this.#closing.promise]);
      if (!this.#isClosed) return await opening;
      // It fails or succeeds in its own time, and nobody waits for it.
      opening.then(
        (session) => session.close(),
        () => undefined,
      );
    } catch (error) {
      if (!isZkError(error)) throw error;
      this.#options.notice(error.message);
    }
    return undefined;
  }

  async #use(session: ZkSession): Promise<void> {
    const {use, notice} = this.#options;
    try {
      await Promise.race([use(session), session.ended, this.#closing.promise]);
      const end = session.isOver ? await session.ended : 'closed';
      if (end !== 'closed') notice(`the ZooKeeper session has ended: ${end}`);
    } catch (error) {
      notice(error instanceof Error ? error.message : String(error));
    }
    await session.close();
  }

  async #pause(ms: number): Promise<void> {
    const pause = Promise.withResolvers<void>();
    const timer = setTimeout(pause.resolve, ms);
    await Promise.race([pause.promise, this.#closing.promise]);
    clearTimeout(timer);
  }
}
