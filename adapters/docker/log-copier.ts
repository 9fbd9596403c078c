/**
 * Copies what a container says into `stdout` and `stderr` of its sandbox while it runs, and goes on
 * where it stopped when the engine or this process was away meanwhile. How far it came is written
 * beside, after each piece; what was written behind that is recognized by what it says.
 */
import {open, readFile, type FileHandle} from 'node:fs/promises';
import {join} from 'node:path';
import {addAbortSignal, type Readable} from 'node:stream';
import {
  EngineAwayError,
  EngineRefusedError,
  isBrokenAnswer,
  LetGoError,
  type EngineClient,
} from './engine-client.ts';
import {type CursorState, followsOn, LogCursor, NOTHING_COPIED, sinceOf} from './log-cursor.ts';
import {
  type LogMessage,
  makeFrameReader,
  makeRawReader,
  makeTerminalReader,
  type MessageReader,
  type StreamName,
} from './log-messages.ts';
import {attachOutput, openLog, readPieces} from './log-streams.ts';
import {OutputFile, readBeyond, type OutputLimits, type OutputMark} from './output-file.ts';
import {Silence} from './silence.ts';

export interface LogCopierOptions extends OutputLimits {
  readonly client: EngineClient;
  readonly containerId: string;
  readonly sandbox: string;
  readonly tty: boolean;
  /** Where it is written down how far it came. */
  readonly placesFile: string;
  /** The engine keeps nothing of it (log driver `none`): all there is is what comes while here. */
  readonly isUnkept: boolean;
  readonly onTrouble: (message: string) => void;
}

/** How far one stream has come, in the log and in its file. */
interface Place extends CursorState, OutputMark {}

interface Output {
  readonly file: OutputFile;
  readonly cursor: LogCursor;
  /** Where it was when it was opened. */
  readonly opened: OutputMark;
}

/** How long a stream is read. */
interface Patience {
  readonly signal: AbortSignal;
  /** Something has come. */
  readonly heard: () => void;
}

type Outputs = Readonly<Record<StreamName, Output>>;

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;
/** The container has ended and nothing has come for so long: nothing more will. */
const SILENCE_MS = 2_000;
/** How many messages of a log's end are read in turn, for those that were missed. */
const TAILS = [500, 50_000];
const TAIL_BYTES_MAX = 16 * 1024 * 1024;
/** Room enough for the two places, so that writing them anew is one small write. */
const PLACES_BYTES = 512;

export class LogCopier {
  readonly #options: LogCopierOptions;
  #isUnkept: boolean;
  #outputs: Outputs | undefined;
  #places: FileHandle | undefined;
  #attached: NodeJS.ReadableStream | undefined;
  readonly #told = new Set<string>();

  constructor(options: LogCopierOptions) {
    this.#options = options;
    this.#isUnkept = options.isUnkept;
  }

  /** Before the container is started: what is in the files by then is not of the container. */
  async prepare(): Promise<void> {
    await this.#open();
    if (!this.#isUnkept) return;
    try {
      const {client, containerId} = this.#options;
      this.#attached = await attachOutput(client, containerId, client.closed);
    } catch (error) {
      const isOutside = error instanceof EngineAwayError || error instanceof EngineRefusedError;
      if (!isOutside) throw error;
      this.#trouble(`its first output may be missing: ${error.message}`);
    }
  }

  /** Copies until the container has ended, and then all that is left. Never throws. */
  async run(ended: AbortSignal): Promise<void> {
    const {client} = this.#options;
    try {
      let backoffMs = BACKOFF_MS_MIN;
      for (;;) {
        const isLast = ended.aborted;
        const beganAt = performance.now();
        const isDone = await this.#pass(ended);
        if (isLast && isDone) return;
        // It was being read in peace until now.
        if (performance.now() - beganAt > BACKOFF_MS_MAX) backoffMs = BACKOFF_MS_MIN;
        await client.pause(backoffMs, isLast ? undefined : ended);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
      }
    } catch (error) {
      if (!(error instanceof LetGoError)) throw error;
    } finally {
      await this.#close();
    }
  }

  /** Of a container that was never started: nobody runs it. */
  async abandon(): Promise<void> {
    await this.#close();
  }

  /** Reads once; true: to the end, or there is no way of reading more. */
  async #pass(ended: AbortSignal): Promise<boolean> {
    const {client} = this.#options;
    try {
      if (this.#outputs === undefined) await this.#open();
      await this.#read(ended);
      return true;
    } catch (error) {
      if (client.closed.aborted) throw new LetGoError();
      // The container has ended just now.
      if (error instanceof LetGoError) return false;
      if (error instanceof EngineRefusedError) return this.#refused(error);
      if (error instanceof EngineAwayError || isBrokenAnswer(error)) return false;
      const {syscall, message} = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      this.#trouble(`its output cannot be written: ${message}`);
      return false;
    }
  }

  #refused(error: EngineRefusedError): boolean {
    // The container is gone, and its log with it.
    if (error.status === 404) return true;
    if (this.#isUnkept || !/does not support reading/.test(error.message)) {
      this.#trouble(`its output cannot be read: ${error.message}`);
      return true;
    }
    this.#isUnkept = true;
    return false;
  }

  #trouble(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#options.onTrouble(message);
  }

  /**
   * While the container runs its log is followed, and then until the engine has no more. That may
   * leave out what was written last, so when all is over it is read once more: only its end where
   * that will do, for an engine looks for what is new from the beginning on.
   */
  async #read(ended: AbortSignal): Promise<void> {
    const {closed} = this.#options.client;
    const silence = new Silence(SILENCE_MS, ended);
    const signal = AbortSignal.any([closed, silence.signal]);
    const patience = {signal, heard: () => silence.heard()};
    try {
      if (this.#isUnkept) await this.#readAttached(ended, patience);
      else if (!ended.aborted) await this.#readNew(patience);
      else if (!(await this.#readEnd())) {
        const reader = await this.#readNew({signal: closed, heard: () => undefined});
        await this.#take(reader.flush());
      }
    } finally {
      silence.stop();
    }
  }

  /** @returns what may hold the beginning of a message. */
  async #readNew(patience: Patience): Promise<MessageReader> {
    const {client, containerId, tty} = this.#options;
    const outputs = Object.values(this.#mustBeOpen());
    const since = sinceOf(outputs.map(({cursor}) => cursor.state));
    for (const {cursor} of outputs) cursor.rewind();
    const stream = await openLog(client, containerId, patience.signal, {since});
    const reader = tty ? makeTerminalReader() : makeFrameReader(true);
    await this.#copy(stream, reader, patience);
    return reader;
  }

  /** False: what is missing is, or may be, more than that. */
  async #readEnd(): Promise<boolean> {
    const {stdout, stderr} = this.#mustBeOpen();
    if (stdout.cursor.state.at === '' && stderr.cursor.state.at === '') return false;
    for (const tail of TAILS) {
      const batches = await this.#findEnd(tail);
      if (batches === undefined) continue;
      for (const {cursor} of [stdout, stderr]) cursor.rewind();
      for (const batch of batches) await this.#take(batch);
      return true;
    }
    return false;
  }

  /** @returns undefined: something may be missing before it. */
  async #findEnd(tail: number): Promise<readonly (readonly LogMessage[])[] | undefined> {
    const {client, containerId, tty} = this.#options;
    const {stdout, stderr} = this.#mustBeOpen();
    const reader = tty ? makeTerminalReader() : makeFrameReader(true);
    const batches: (readonly LogMessage[])[] = [];
    let bytes = 0;
    const stream = await openLog(client, containerId, client.closed, {tail});
    for await (const piece of readPieces(stream)) {
      bytes += piece.length;
      if (bytes > TAIL_BYTES_MAX) return undefined;
      batches.push(reader.push(piece));
    }
    batches.push(reader.flush());
    const messages = batches.flat();
    const copied = {stdout: stdout.cursor.state, stderr: stderr.cursor.state};
    const isWhole = messages.length < tail;
    return isWhole || followsOn(copied, messages) ? batches : undefined;
  }

  async #readAttached(ended: AbortSignal, patience: Patience): Promise<void> {
    const {client, containerId, tty} = this.#options;
    if (ended.aborted && this.#attached === undefined) return;
    const stream = this.#attached ?? (await attachOutput(client, containerId, patience.signal));
    this.#attached = undefined;
    // One that was attached to before the start knows nothing of this patience.
    addAbortSignal(patience.signal, stream as Readable);
    await this.#copy(stream, tty ? makeRawReader() : makeFrameReader(false), patience);
  }

  async #copy(
    stream: NodeJS.ReadableStream,
    reader: MessageReader,
    {signal, heard}: Patience,
  ): Promise<void> {
    try {
      for await (const piece of readPieces(stream)) {
        heard();
        await this.#take(reader.push(piece));
        if (signal.aborted) return;
      }
    } catch (error) {
      // Whatever an aborted stream says, it has been aborted. Closed files are another matter.
      if (!signal.aborted || this.#outputs === undefined) throw error;
    }
  }

  async #take(messages: readonly LogMessage[]): Promise<void> {
    const outputs = this.#mustBeOpen();
    const pieces: Record<StreamName, Buffer[]> = {stdout: [], stderr: []};
    for (const message of messages) {
      pieces[message.stream].push(outputs[message.stream].cursor.take(message));
    }
    try {
      await append(outputs.stdout, pieces.stdout);
      await append(outputs.stderr, pieces.stderr);
      if (messages.length > 0) await this.#savePlaces();
    } catch (error) {
      // The cursors are ahead of the files now; what is in those is found out anew.
      await this.#close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const {placesFile} = this.#options;
    const places = await readPlaces(placesFile);
    this.#outputs = {
      stdout: await this.#openOutput('stdout', places?.stdout),
      stderr: await this.#openOutput('stderr', places?.stderr),
    };
    this.#places = await open(placesFile, places === undefined ? 'w+' : 'r+');
    if (places === undefined) await this.#savePlaces();
  }

  async #openOutput(stream: StreamName, place: Place | undefined): Promise<Output> {
    const path = join(this.#options.sandbox, stream);
    const beyond = place === undefined ? Buffer.alloc(0) : await readBeyond(path, place);
    const file = await OutputFile.open(path, this.#options);
    const cursor = new LogCursor(place ?? NOTHING_COPIED, beyond);
    return {file, cursor, opened: place ?? file.mark};
  }

  async #savePlaces(): Promise<void> {
    const {stdout, stderr} = this.#mustBeOpen();
    const places = {stdout: placeOf(stdout), stderr: placeOf(stderr)};
    const text = JSON.stringify(places).padEnd(PLACES_BYTES);
    await this.#places?.write(Buffer.from(text), 0, PLACES_BYTES, 0);
  }

  #mustBeOpen(): Outputs {
    if (this.#outputs === undefined) throw new Error('the output files are not open');
    return this.#outputs;
  }

  async #close(): Promise<void> {
    const outputs = this.#outputs;
    this.#outputs = undefined;
    await outputs?.stdout.file.close();
    await outputs?.stderr.file.close();
    await this.#places?.close();
    this.#places = undefined;
  }
}

/** While it is not clear whose the end of the file is, the place is before it. */
function placeOf({file, cursor, opened}: Output): Place {
  if (cursor.isSettled) return {...cursor.state, ...file.mark};
  const {inode, bytes} = opened;
  return {...cursor.state, inode, bytes: bytes + cursor.recognizedBytes};
}

async function append({file}: Output, pieces: readonly Buffer[]): Promise<void> {
  const data = Buffer.concat(pieces);
  if (data.length > 0) await file.append(data);
}

type Places = Readonly<Record<StreamName, Place>>;

async function readPlaces(path: string): Promise<Places | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Places;
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    // It was being made when the process or the machine died: nothing had been copied by then.
    if (isAbsent || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
