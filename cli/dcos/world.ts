/**
 * What a run of `dcos` has around it, given to it as one value: tests run the command in their own
 * process, with an environment, files and streams of their own.
 */
import {homedir} from 'node:os';
import {EXIT_INTERRUPTED} from './failure.ts';

export interface Output {
  write(text: string | Uint8Array): void;
  /** Resolves when it takes more without keeping it in memory; at once if the reader has gone. */
  ready(): Promise<void>;
  readonly isTerminal: boolean;
  /** Of a terminal; undefined elsewhere. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Calls when a terminal has got another size; the answer ends it. */
  onResize(listener: () => void): () => void;
}

/** What is typed or piped in. */
export type Input = NodeJS.ReadableStream & {
  readonly isTTY?: boolean | undefined;
  /** Of terminals: keys come one by one, and none of them does anything by itself. */
  setRawMode?(isRaw: boolean): unknown;
};

/** 0: nothing; 1: which requests are made; 2: all of them. */
export type Verbosity = 0 | 1 | 2;

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Relative paths start here. */
  readonly folder: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted when nobody waits for the rest: by Ctrl-C, or because who reads stdout has gone. */
  readonly stop: AbortSignal;
  /** ms since 1970. */
  now(): number;
  /** Resolves early when the world stops. */
  sleep(ms: number): Promise<void>;
}

/** Why {@link World.stop} was aborted. */
export type StopReason = 'interrupted' | 'unread';

export function stopReason({stop}: World): StopReason | undefined {
  if (!stop.aborted) return undefined;
  return stop.reason === 'unread' ? 'unread' : 'interrupted';
}

/** The process itself. Ctrl-C asks it to stop; the second time it goes at once. */
export function realWorld(): World {
  const stopping = new AbortController();
  process.on('SIGINT', () => {
    if (stopping.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stopping.abort('interrupted');
  });
  process.stdout.on('close', () => {
    stopping.abort('unread');
  });
  return {
    env: process.env,
    home: homedir(),
    folder: process.cwd(),
    stdin: process.stdin,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    stop: stopping.signal,
    now: Date.now,
    sleep: (ms) => sleepUntil(stopping.signal, ms),
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write(text) {
      if (text.length > 0 && !stream.destroyed) stream.write(text);
    },
    ready() {
      if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          stream.off('drain', done);
          stream.off('close', done);
          resolve();
        };
        stream.on('drain', done);
        stream.on('close', done);
      });
    },
    // In a pipe it is undefined, whatever its type says.
    isTerminal: (stream.isTTY as boolean | undefined) === true,
    get columns() {
      return sizeOf(stream.columns);
    },
    get rows() {
      return sizeOf(stream.rows);
    },
    onResize(listener) {
      stream.on('resize', listener);
      return () => stream.off('resize', listener);
    },
  };
}

/** There are terminals that do not know their size, and say 0. */
function sizeOf(size: number | undefined): number | undefined {
  return size === undefined || size <= 0 ? undefined : size;
}

export function sleepUntil(stop: AbortSignal, ms: number): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
  });
}
