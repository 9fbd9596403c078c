/**
 * How this adapter talks to a Docker engine: every request has a time limit, and what goes wrong
 * is of two kinds. Either the engine has refused, or nobody knows whether it has done what it was
 * asked for. `dockerode` is loaded with the first request: that takes a fifth of a second.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type Docker from 'dockerode';
import {ExecutorAwayError} from '../ports/executor.ts';
import {Connection} from './connection.ts';

/** The engine answered that it will not, or cannot. */
export class EngineRefusedError extends Error {
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineRefusedError';
    this.status = status;
  }
}

/** Nobody answered, or not in time: the engine may have done what it was asked for, or not. */
export class EngineAwayError extends ExecutorAwayError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineAwayError';
  }
}

/** Whoever asked has let go of it meanwhile; nothing is to be done or told any more. */
export class LetGoError extends Error {
  constructor() {
    super('let go');
    this.name = 'LetGoError';
  }
}

/** Whether this is how a connection fails that breaks in the middle of an answer. */
export function isBrokenAnswer(error: unknown): boolean {
  const {code = ''} = error as NodeJS.ErrnoException;
  return /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_.*)$/.test(code);
}

/** What a request is given: it must pass the signal on, as `abortSignal`. */
export type EngineRequest<T> = (docker: Docker, signal: AbortSignal) => Promise<T>;

const PATIENCE_MS = 60_000;
const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

export class EngineClient {
  /** How long the engine may be away while a task is launched. */
  readonly patienceMs: number;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  #docker: Promise<Docker> | undefined;

  /** @param host as in DOCKER_HOST, which is asked if this is absent. */
  constructor(host: string | undefined, patienceMs = PATIENCE_MS) {
    this.#connection = new Connection(host);
    this.patienceMs = patienceMs;
  }

  /** Fires when this is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws EngineRefusedError, EngineAwayError; LetGoError once it is closed. */
  async ask<T>(timeoutMs: number, request: EngineRequest<T>): Promise<T> {
    return this.#request(AbortSignal.timeout(timeoutMs), request);
  }

  /**
   * As {@link ask}, and asks again, with back-off, for as long as the engine is away.
   *
   * @param patienceMs how long it may be away; then it is thrown after all.
   */
  async insist<T>(timeoutMs: number, request: EngineRequest<T>, patienceMs = Infinity): Promise<T> {
    return this.persist(patienceMs, () => this.ask(timeoutMs, request));
  }

  /** As {@link insist}, of something that needs more than one request. */
  async persist<T>(patienceMs: number, work: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + patienceMs;
    for (let backoffMs = BACKOFF_MS_MIN; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof EngineAwayError)) throw error;
        if (performance.now() + backoffMs > giveUpAt) throw error;
      }
      await this.pause(backoffMs);
    }
  }

  /**
   * A long answer, as a stream. It has no time limit but for its beginning; `signal` ends it.
   *
   * @throws as {@link ask}, and LetGoError if `signal` has fired.
   */
  async stream(
    signal: AbortSignal,
    timeoutMs: number,
    request: EngineRequest<NodeJS.ReadableStream>,
  ): Promise<NodeJS.ReadableStream> {
    // The signal stays with the answer, so the time limit must go once that has begun.
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(timeoutError());
    }, timeoutMs);
    try {
      return await this.#request(AbortSignal.any([signal, late.signal]), request);
    } catch (error) {
      if (signal.aborted) throw new LetGoError();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws LetGoError if it is closed meanwhile. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const both = signal === undefined ? this.closed : AbortSignal.any([this.closed, signal]);
    try {
      await sleep(ms, undefined, {signal: both});
    } catch (error) {
      if (this.closed.aborted) throw new LetGoError();
      if (signal?.aborted !== true) throw error;
    }
  }

  /** Ends all requests and streams. */
  close(): void {
    this.#closing.abort();
    this.#connection.close();
  }

  async #request<T>(limit: AbortSignal, request: EngineRequest<T>): Promise<T> {
    const signal = AbortSignal.any([this.closed, limit]);
    try {
      this.#docker ??= openDocker(this.#connection);
      const docker = await this.#docker;
      signal.throwIfAborted();
      return await untilAborted(signal, request(docker, signal));
    } catch (error) {
      if (this.closed.aborted) throw new LetGoError();
      throw sorted(error, this.#connection.where);
    }
  }
}

/** The library's promise never settles if a connection breaks in the middle of an answer. */
async function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(asError(signal.reason));
  };
  signal.addEventListener('abort', onAbort, {once: true});
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function timeoutError(): Error {
  return new DOMException('The operation timed out.', 'TimeoutError');
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

async function openDocker(connection: Connection): Promise<Docker> {
  const {default: DockerClient} = await import('dockerode');
  try {
    return new DockerClient(connection.options());
  } catch (cause) {
    // An address that is none, certificates that cannot be read.
    throw new EngineAwayError(`no Docker engine can be asked: ${asError(cause).message}`, {cause});
  }
}

/** Every failure of the library or of its connection, as one of ours. */
function sorted(error: unknown, where: string): Error {
  const cause = asError(error);
  const {statusCode, json} = cause as {statusCode?: number; json?: {message?: string} | null};
  if (statusCode !== undefined) {
    const said = json?.message ?? cause.message.replace(/^\(HTTP code \d+\) [^-]*- /, '');
    return new EngineRefusedError(statusCode, said.trim(), {cause});
  }
  const {code} = cause as NodeJS.ErrnoException;
  if (cause.name === 'TimeoutError') {
    return new EngineAwayError('the Docker engine did not answer in time', {cause});
  }
  if (cause.name === 'AbortError') return new LetGoError();
  if (code === undefined && !(cause instanceof SyntaxError)) return cause;
  return new EngineAwayError(`the Docker engine does not answer: ${whyNot(cause, where)}`, {cause});
}

function whyNot(error: NodeJS.ErrnoException, where: string): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `nobody listens at ${where} (${error.code}). Is it running?`;
    case 'EACCES':
      return `this user may not open ${where} (EACCES). Is it in the group "docker"?`;
    default:
      return `${error.message} (at ${where})`;
  }
}
