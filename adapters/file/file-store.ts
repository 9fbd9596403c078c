/**
 * The embedded store: one SQLite database in a folder, for a cluster with one master. What is
 * acknowledged survives a kill at any instant and the loss of power.
 *
 * A worker thread owns the database. On the master's own thread each commit would stop everything
 * for a sync, and a checkpoint or a slow disk makes that tens of milliseconds and more. The thread
 * costs about a tenth of a millisecond per commit (measured: 0.26 instead of 0.16 ms); the writes
 * that arrive during one sync share the next, so many writers hardly notice. This side only keeps
 * the calls in their order and settles their promises.
 */
import {once} from 'node:events';
import {resolve} from 'node:path';
import {Worker} from 'node:worker_threads';
import {freezeOrRefuse, type FrozenWrite} from '../ports/frozen-write.ts';
import {
  type Store,
  type StoredDocument,
  StoreFencedError,
  StoreRefusedError,
  StoreUnavailableError,
  type StoreWrite,
} from '../ports/store.ts';
import type {DatabaseAnswer, DatabaseRequest, WorkerData, WriteFailure} from './database-worker.ts';
import {FileStoreError} from './file-store-error.ts';

export interface FileStore extends Store {
  /**
   * The epoch of a master that starts to lead: one more than any that was seen, and durable. Writes
   * of earlier ones are fenced from then on.
   *
   * @throws StoreUnavailableError
   */
  nextEpoch(): Promise<number>;
}

export interface FileStoreOptions {
  readonly logger?: FileStoreLogger | undefined;
  /** Makes the disk seem full when the file has so many pages of 4 KiB; for tests only. */
  readonly pageCountMaxForTests?: number | undefined;
}

/** Pino's loggers fit. */
export interface FileStoreLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A limit that no document should come near; SQLite's own is a billion bytes. */
export const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Opens the store in a folder (its file is `drydock.db`), made if there is none, and checks all of
 * it. One store at a time can have it open.
 *
 * @throws FileStoreError and leaves all as it was.
 */
export async function openFileStore(
  folder: string,
  {logger, pageCountMaxForTests}: FileStoreOptions = {},
): Promise<FileStore> {
  const file = resolve(folder, 'drydock.db');
  const worker = new Worker(workerFile(), {
    name: 'file-store',
    workerData: {file, pageCountMaxForTests} satisfies WorkerData,
    // Those of this process may be about its own program (`--eval`).
    execArgv: [],
  });
  const exited = new Promise<void>((settle) => worker.once('exit', () => settle()));
  const [answer] = (await once(worker, 'message')) as [DatabaseAnswer];
  if (answer.kind === 'notOpened') {
    await exited;
    throw new FileStoreError(answer.error, answer.message);
  }
  logger?.info({file}, 'The store is open.');
  return new WorkerFileStore(file, {worker, exited, logger});
}

/** As source it is TypeScript, in the package it is not. */
function workerFile(): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./database-worker.${ending}`, import.meta.url);
}

/** A call that the worker has not answered, in the order of the calls. */
type Call = WriteCall | ReadCall;

interface WriteCall {
  readonly kind: 'write';
  readonly written: PromiseWithResolvers<void>;
  /** Why it is going to be refused, when those before it are settled. */
  readonly refusal: StoreRefusedError | undefined;
}

interface ReadCall {
  readonly kind: 'read';
  readonly answered: PromiseWithResolvers<DatabaseAnswer>;
}

interface StoreParts {
  readonly worker: Worker;
  readonly exited: Promise<void>;
  readonly logger: FileStoreLogger | undefined;
}

class WorkerFileStore implements FileStore {
  readonly #file: string;
  readonly #worker: Worker;
  readonly #logger: FileStoreLogger | undefined;
  readonly #exited: Promise<void>;
  #calls: Call[] = [];
  /** Changes when a write fails: the worker drops those that stood behind it by that. */
  #generation = 0;
  /** Why nothing can be written any more. */
  #broken: string | undefined;
  /** Why nothing can be read either. */
  #dead: StoreUnavailableError | undefined;
  #closing = false;

  constructor(file: string, {worker, exited, logger}: StoreParts) {
    this.#file = file;
    this.#worker = worker;
    this.#logger = logger;
    this.#exited = exited;
    worker.on('message', (answer: DatabaseAnswer) => this.#take(answer));
    worker.on('error', (error: Error) => this.#lose(error));
    worker.unref();
  }

  async load(): Promise<readonly StoredDocument[]> {
    const answer = await this.#ask({kind: 'load'});
    if (answer.kind !== 'loaded') throw new Error(`a load was answered with ${answer.kind}`);
    return answer.texts.map(([path, text]) => [path, JSON.parse(text) as unknown]);
  }

  async nextEpoch(): Promise<number> {
    this.#checkWritable();
    const answer = await this.#ask({kind: 'nextEpoch'});
    if (answer.kind !== 'epoch') throw new Error(`an epoch was answered with ${answer.kind}`);
    return answer.epoch;
  }

  async commit(write: StoreWrite): Promise<void> {
    this.#checkWritable();
    const written = Promise.withResolvers<void>();
    const generation = this.#generation;
    const frozen = freezeOrRefuse(write, checkSizes);
    if (frozen instanceof StoreRefusedError) {
      this.#call({kind: 'write', written, refusal: frozen}, {kind: 'refused', generation});
    } else {
      const request = {kind: 'write', generation, write: frozen} as const;
      this.#call({kind: 'write', written, refusal: undefined}, request);
    }
    await written.promise;
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#worker.ref();
      this.#send({kind: 'close'});
    }
    await this.#exited;
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (this.#broken !== undefined) throw new StoreUnavailableError(this.#broken);
  }

  #checkOpen(): void {
    if (this.#closing) throw new StoreUnavailableError(`${this.#file} is closed`);
  }

  async #ask(request: DatabaseRequest): Promise<DatabaseAnswer> {
    this.#checkOpen();
    if (this.#dead !== undefined) throw this.#dead;
    const answered = Promise.withResolvers<DatabaseAnswer>();
    this.#call({kind: 'read', answered}, request);
    const answer = await answered.promise;
    if (answer.kind === 'unavailable') throw new StoreUnavailableError(answer.message);
    return answer;
  }

  #call(call: Call, request: DatabaseRequest): void {
    // A store that nobody waits for does not keep the process alive.
    if (this.#calls.length === 0) this.#worker.ref();
    this.#calls.push(call);
    this.#send(request);
  }

  #send(request: DatabaseRequest): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window.
    this.#worker.postMessage(request);
  }

  #take(answer: DatabaseAnswer): void {
    switch (answer.kind) {
      case 'written':
        for (const call of this.#calls.splice(0, answer.count)) asWrite(call).written.resolve();
        break;
      case 'failed':
        this.#fail(answer.failure);
        break;
      default: {
        const [call] = this.#calls.splice(0, 1);
        if (call?.kind !== 'read') throw new Error(`nobody has asked for ${answer.kind}`);
        call.answered.resolve(answer);
      }
    }
    if (this.#calls.length === 0 && !this.#closing) this.#worker.unref();
  }

  /** The first call has failed; the writes behind it share its error. */
  #fail(failure: WriteFailure): void {
    const failed = asWrite(this.#calls[0]);
    const error = failed.refusal ?? this.#errorOf(failure);
    const behind = this.#calls.filter(({kind}) => kind === 'write');
    this.#calls = this.#calls.filter(({kind}) => kind !== 'write');
    this.#generation += 1;
    for (const call of behind) asWrite(call).written.reject(error);
  }

  #errorOf(failure: WriteFailure): Error {
    switch (failure.kind) {
      case 'fenced':
        return new StoreFencedError(failure.fence.epoch, failure.fence.seen);
      case 'unavailable':
        return this.#break(failure.message, undefined);
      case 'refused':
        throw new Error('a write was refused that nothing is wrong with');
    }
  }

  /** From here on nothing is written until somebody opens the store again. */
  #break(message: string, cause: unknown): StoreUnavailableError {
    const untilWhen = 'nothing is written any more until the store is opened again';
    this.#broken = `cannot write to ${this.#file}: ${message}; ${untilWhen}`;
    this.#logger?.error({file: this.#file, err: cause}, this.#broken);
    return new StoreUnavailableError(this.#broken, {cause});
  }

  /** The worker has died. */
  #lose(cause: Error): void {
    this.#dead = this.#break(cause.message, cause);
    for (const call of this.#calls.splice(0)) {
      if (call.kind === 'write') call.written.reject(this.#dead);
      else call.answered.reject(this.#dead);
    }
  }
}

function asWrite(call: Call | undefined): WriteCall {
  if (call?.kind !== 'write') throw new Error('an answer to a write that was not called');
  return call;
}

/** @throws StoreRefusedError */
function checkSizes({puts}: FrozenWrite): void {
  for (const {path, text} of puts) checkSize(path, text);
}

function checkSize(path: string, text: string): void {
  // A character has three bytes at most; counting them all would cost more than the limit saves.
  if (text.length * 3 <= DOCUMENT_BYTES_MAX) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= DOCUMENT_BYTES_MAX) return;
  const message = `${path}: a document of ${bytes} bytes, more than ${DOCUMENT_BYTES_MAX}`;
  throw new StoreRefusedError(message);
}
