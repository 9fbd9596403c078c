/**
 * How this adapter talks to a Docker engine: every request has a time limit, and what goes wrong
 * is of two kinds. Either the engine has refused, or nobody knows whether it has done what it was
 * asked for. `dockerode` is loaded with the first request: that takes a fifth of a second.
 */
import {Agent as HttpAgent} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import type Docker from 'dockerode';

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
export class EngineAwayError extends Error {
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

/** What a request is given: it must pass the signal on, as `abortSignal`. */
export type EngineRequest<T> = (docker: Docker, signal: AbortSignal) => Promise<T>;

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

export class EngineClient {
  readonly #host: string | undefined;
  readonly #closing = new AbortController();
  /** Without keep-alive: after a restart of the engine, an idle connection is a trap. */
  readonly #agent = new HttpAgent({keepAlive: false});
  #docker: Promise<Docker> | undefined;

  constructor(host?: string) {
    this.#host = host;
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
    const giveUpAt = performance.now() + patienceMs;
    for (let backoffMs = BACKOFF_MS_MIN; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)) {
      try {
        return await this.ask(timeoutMs, request);
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
    this.#agent.destroy();
  }

  async #request<T>(limit: AbortSignal, request: EngineRequest<T>): Promise<T> {
    const signal = AbortSignal.any([this.closed, limit]);
    try {
      this.#docker ??= openDocker(this.#host, this.#agent);
      const docker = await this.#docker;
      signal.throwIfAborted();
      return await untilAborted(signal, request(docker, signal));
    } catch (error) {
      if (this.closed.aborted) throw new LetGoError();
      throw sorted(error, this.#host);
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

async function openDocker(host: string | undefined, agent: HttpAgent): Promise<Docker> {
  const {default: DockerClient} = await import('dockerode');
  try {
    // The types do not know of the agent.
    const options: object = {...connectionOf(host), agent};
    return new DockerClient(options);
  } catch (cause) {
    // An address that is none, certificates that cannot be read.
    throw new EngineAwayError(`no Docker engine can be asked: ${asError(cause).message}`, {cause});
  }
}

/** The library reads DOCKER_HOST by itself; what is given here must win over it. */
function connectionOf(host: string | undefined): Docker.DockerOptions {
  if (host === undefined) return {};
  if (host.startsWith('unix://')) return {host: undefined, socketPath: host.slice(7)};
  if (host.startsWith('/')) return {host: undefined, socketPath: host};
  const url = new URL(host.includes('://') ? host : `tcp://${host}`);
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  return {host: url.hostname, port: url.port === '' ? 2375 : url.port, protocol};
}

/** Every failure of the library or of its connection, as one of ours. */
function sorted(error: unknown, host: string | undefined): Error {
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
  return new EngineAwayError(`the Docker engine does not answer: ${whyNot(cause, host)}`, {cause});
}

function whyNot(error: NodeJS.ErrnoException, host: string | undefined): string {
  const where = host ?? process.env['DOCKER_HOST'] ?? '/var/run/docker.sock';
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
