/**
 * The thread that owns the file store's database, so that no sync stops the master. It groups: the
 * writes that have arrived while one transaction was made durable become the next.
 */
import {type MessagePort, parentPort, receiveMessageOnPort, workerData} from 'node:worker_threads';
import type {FrozenWrite} from '../ports/frozen-write.ts';
import {describeError} from './database-errors.ts';
import {
  type Fence,
  type FileDatabase,
  type FileDatabaseOptions,
  openFileDatabase,
  type StoredText,
} from './file-database.ts';
import {FileStoreError, type FileStoreErrorKind} from './file-store-error.ts';

export interface WorkerData extends FileDatabaseOptions {
  readonly file: string;
}

/** They are answered in their order. */
export type DatabaseRequest =
  | {readonly kind: 'write'; readonly generation: number; readonly write: FrozenWrite}
  /** Holds the place of a write that is refused in any case. */
  | {readonly kind: 'refused'; readonly generation: number}
  | {readonly kind: 'load'}
  | {readonly kind: 'nextEpoch'}
  | {readonly kind: 'close'};

export type DatabaseAnswer =
  | {readonly kind: 'opened'}
  | {readonly kind: 'notOpened'; readonly error: FileStoreErrorKind; readonly message: string}
  /** So many writes are durable. */
  | {readonly kind: 'written'; readonly count: number}
  /** The next write is not kept, nor is any other of its generation. */
  | {readonly kind: 'failed'; readonly failure: WriteFailure}
  | {readonly kind: 'loaded'; readonly texts: readonly StoredText[]}
  | {readonly kind: 'epoch'; readonly epoch: number}
  /** Of a request that is no write. */
  | {readonly kind: 'unavailable'; readonly message: string};

export type WriteFailure =
  | {readonly kind: 'fenced'; readonly fence: Fence}
  | {readonly kind: 'refused'}
  /** SQLite could not write: nothing after it is taken until the store is opened again. */
  | {readonly kind: 'unavailable'; readonly message: string};

/** The first writes of a group wait for its last one, so it ends somewhere. */
const GROUP_WRITES_MAX = 256;

class DatabaseWorker {
  readonly #port: MessagePort;
  readonly #database: FileDatabase;
  /** How many writes the open transaction has, all of one generation. */
  #grouped = 0;
  #generation = 0;
  /** The writes of it that still arrive stood behind one that failed. */
  #failedGeneration = -1;

  constructor(port: MessagePort, database: FileDatabase) {
    this.#port = port;
    this.#database = database;
  }

  /** Takes all that has arrived, and makes it durable. */
  serveAll(first: DatabaseRequest): void {
    let next: {readonly message: DatabaseRequest} | undefined = {message: first};
    while (next !== undefined) {
      this.#serve(next.message);
      next = receiveMessageOnPort(this.#port) as typeof next;
    }
    this.#flush();
  }

  #serve(request: DatabaseRequest): void {
    if (request.kind === 'write') {
      this.#write(request.generation, request.write);
      return;
    }
    this.#flush();
    switch (request.kind) {
      case 'refused':
        if (request.generation === this.#failedGeneration) return;
        this.#fail(request.generation, {kind: 'refused'});
        return;
      case 'load':
        this.#answerOr(() => ({kind: 'loaded', texts: this.#database.load()}));
        return;
      case 'nextEpoch':
        this.#answerOr(() => {
          const epoch = this.#database.nextEpoch();
          this.#database.commit();
          return {kind: 'epoch', epoch};
        });
        return;
      case 'close':
        this.#database.close();
        this.#port.close();
        return;
    }
  }

  #write(generation: number, write: FrozenWrite): void {
    if (generation === this.#failedGeneration) return;
    this.#generation = generation;
    let fence: Fence | undefined;
    try {
      fence = this.#database.write(write);
    } catch (error) {
      this.#failGroup(error);
      return;
    }
    if (fence === undefined) {
      this.#grouped += 1;
      if (this.#grouped === GROUP_WRITES_MAX) this.#flush();
      return;
    }
    // What stands before it is kept.
    this.#flush();
    if (generation !== this.#failedGeneration) this.#fail(generation, {kind: 'fenced', fence});
  }

  #flush(): void {
    if (this.#grouped === 0) return;
    try {
      this.#database.commit();
    } catch (error) {
      this.#failGroup(error);
      return;
    }
    this.#answer({kind: 'written', count: this.#grouped});
    this.#grouped = 0;
  }

  #failGroup(error: unknown): void {
    this.#grouped = 0;
    this.#database.rollBack();
    this.#fail(this.#generation, {kind: 'unavailable', message: describeError(error)});
  }

  #fail(generation: number, failure: WriteFailure): void {
    this.#failedGeneration = generation;
    this.#answer({kind: 'failed', failure});
  }

  #answerOr(ask: () => DatabaseAnswer): void {
    let answer: DatabaseAnswer;
    try {
      answer = ask();
    } catch (error) {
      this.#database.rollBack();
      answer = {kind: 'unavailable', message: describeError(error)};
    }
    this.#answer(answer);
  }

  #answer(answer: DatabaseAnswer): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window.
    this.#port.postMessage(answer);
  }
}

function run(port: MessagePort, {file, ...options}: WorkerData): void {
  let database: FileDatabase;
  try {
    database = openFileDatabase(file, options);
  } catch (error) {
    if (!(error instanceof FileStoreError)) throw error;
    const {kind, message} = error;
    port.postMessage({kind: 'notOpened', error: kind, message} satisfies DatabaseAnswer);
    return;
  }
  const worker = new DatabaseWorker(port, database);
  port.on('message', (request: DatabaseRequest) => worker.serveAll(request));
  port.postMessage({kind: 'opened'} satisfies DatabaseAnswer);
}

if (parentPort === null) throw new Error('this file is the start of a worker thread');
run(parentPort, workerData as WorkerData);
