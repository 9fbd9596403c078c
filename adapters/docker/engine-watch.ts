/**
 * Watches this agent's containers at the engine: hears of their ends as they happen and, because
 * the engine may be away or drop what it says, compares at times with what it has.
 */
import {
  EngineAwayError,
  EngineRefusedError,
  isBrokenAnswer,
  LetGoError,
  type EngineClient,
} from './engine-client.ts';
import {AGENT_LABEL} from './container-identity.ts';
import {readLines} from './json-lines.ts';

/** What the engine lists of a container. */
export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  /** `created`, `running`, `paused`, `exited` … */
  readonly state: string;
}

export interface WatchOptions {
  readonly client: EngineClient;
  readonly agentId: string;
  /** A container has died or was removed; its exit code, if the engine has said it. */
  readonly onEnd: (containerId: string, exitCode: number | undefined) => void;
  /** It has wanted more memory than it may have; its end may have been told before. */
  readonly onOutOfMemory: (containerId: string) => void;
  /** What there is now. */
  readonly onList: (containers: readonly ListedContainer[]) => void;
  /** The engine has gone, or is back. */
  readonly onChange: (message: string) => void;
}

const LIST_TIMEOUT_MS = 60_000;
const COMPARE_EVERY_MS = 15_000;
const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

export class EngineWatch {
  readonly #options: WatchOptions;
  #isAway = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Until the client is closed. Never throws. */
  async run(): Promise<void> {
    await Promise.all([
      this.#untilClosed(() => this.#listen()),
      this.#untilClosed(() => this.#compare()),
    ]);
  }

  async #untilClosed(watch: () => Promise<void>): Promise<void> {
    const {client} = this.#options;
    try {
      for (let backoffMs = BACKOFF_MS_MIN; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)) {
        const beganAt = performance.now();
        await this.#guard(watch);
        if (performance.now() - beganAt > BACKOFF_MS_MAX) backoffMs = BACKOFF_MS_MIN;
        await client.pause(backoffMs);
      }
    } catch (error) {
      if (!(error instanceof LetGoError)) throw error;
    }
  }

  async #guard(watch: () => Promise<void>): Promise<void> {
    const {client, onChange} = this.#options;
    let why = 'the Docker engine has closed the connection';
    try {
      await watch();
    } catch (error) {
      if (client.closed.aborted) throw new LetGoError();
      const isOutside = error instanceof EngineAwayError || error instanceof EngineRefusedError;
      if (!isOutside && !isBrokenAnswer(error) && !(error instanceof SyntaxError)) throw error;
      if (isOutside) why = error.message;
    }
    if (this.#isAway) return;
    this.#isAway = true;
    onChange(why);
  }

  async #listen(): Promise<void> {
    const {client, agentId, onEnd, onOutOfMemory, onChange} = this.#options;
    const filters = {
      type: ['container'] as const,
      event: ['die', 'destroy', 'oom'],
      label: [`${AGENT_LABEL}=${agentId}`],
    };
    const stream = await client.stream(client.closed, LIST_TIMEOUT_MS, (docker, abortSignal) => {
      // The types do not know of the signal here, the code does.
      const options: object = {filters, abortSignal};
      return docker.getEvents(options);
    });
    if (this.#isAway) onChange('the Docker engine is back');
    this.#isAway = false;
    // What ended before was not heard of.
    await this.#list();
    for await (const line of readLines(stream)) {
      const {id, kind, exitCode} = readEvent(line);
      if (id === undefined) continue;
      if (kind === 'oom') onOutOfMemory(id);
      else onEnd(id, exitCode);
    }
  }

  async #compare(): Promise<void> {
    for (;;) {
      await this.#options.client.pause(COMPARE_EVERY_MS);
      await this.#list();
    }
  }

  async #list(): Promise<void> {
    const {client, agentId, onList} = this.#options;
    onList(await listContainers(client, agentId));
  }
}

/** All containers of an agent, those that do not run too. @throws as {@link EngineClient.ask}. */
export async function listContainers(
  client: EngineClient,
  agentId: string,
): Promise<readonly ListedContainer[]> {
  const found = await client.ask(LIST_TIMEOUT_MS, (docker, abortSignal) =>
    docker.listContainers({
      all: true,
      filters: {label: [`${AGENT_LABEL}=${agentId}`]},
      abortSignal,
    }),
  );
  return found.map(({Id, Names, State}) => ({
    id: Id,
    name: (Names[0] ?? '').replace(/^\//, ''),
    state: State,
  }));
}

interface ContainerEvent {
  readonly id: string | undefined;
  readonly kind: string | undefined;
  readonly exitCode: number | undefined;
}

function readEvent(line: unknown): ContainerEvent {
  const {Action, Actor} = line as {
    readonly Action?: string;
    readonly Actor?: {
      readonly ID?: string;
      readonly Attributes?: {readonly exitCode?: string};
    };
  };
  const exitCode = Actor?.Attributes?.exitCode;
  return {
    id: Actor?.ID,
    kind: Action,
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
  };
}
