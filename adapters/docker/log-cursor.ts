/**
 * How far one stream of a container has been copied, so that whoever reads its log again neither
 * misses nor doubles a message.
 */
import type {LogMessage, StreamName} from './log-messages.ts';

export interface CursorState {
  /** Timestamp of the last message; empty: there was none yet. */
  readonly at: string;
  /** How many with this timestamp have been taken. */
  readonly count: number;
  /** The last one was not the end of its line: what follows bears the same timestamp. */
  readonly open: boolean;
}

export const NOTHING_COPIED: CursorState = {at: '', count: 0, open: false};

const NEWLINE = 10;

export class LogCursor {
  #state: CursorState;
  /** What may already be in the file, though it was not written down that it is. */
  #beyond: Buffer;
  #recognizedBytes = 0;
  /** Where the reading began, until the first message that is new. */
  #from: CursorState | undefined;
  #seen = 0;

  constructor(state: CursorState, beyond: Buffer) {
    this.#state = state;
    this.#beyond = beyond;
  }

  get state(): CursorState {
    return this.#state;
  }

  /** Nothing is in the file of which it is not clear whether it was copied. */
  get isSettled(): boolean {
    return this.#beyond.length === 0;
  }

  /** How much of what was found in the file has been recognized since. */
  get recognizedBytes(): number {
    return this.#recognizedBytes;
  }

  /** The log is read (again), from some message at or before this place. */
  rewind(): void {
    this.#from = this.#state.at === '' ? undefined : this.#state;
    this.#seen = 0;
  }

  /** What is to be written of a message: nothing, if it was read or written before. */
  take(message: LogMessage): Buffer {
    const {at, data} = message;
    if (this.#isOld(at)) return data.subarray(0, 0);
    const open = data.at(-1) !== NEWLINE;
    this.#state = {at, count: at === this.#state.at ? this.#state.count + 1 : 1, open};
    return this.#withoutWritten(data);
  }

  #isOld(at: string): boolean {
    if (this.#from === undefined) return false;
    if (at < this.#from.at) return true;
    if (at === this.#from.at && this.#seen < this.#from.count) {
      this.#seen += 1;
      return true;
    }
    // From here on all are new, even if the machine's clock was set back among them.
    this.#from = undefined;
    return false;
  }

  #withoutWritten(data: Buffer): Buffer {
    if (this.#beyond.length === 0) return data;
    const length = Math.min(this.#beyond.length, data.length);
    const isSame = this.#beyond.subarray(0, length).equals(data.subarray(0, length));
    if (isSame) this.#recognizedBytes += length;
    // Otherwise somebody else has written there: what the container says comes behind it.
    this.#beyond = isSame ? this.#beyond.subarray(length) : this.#beyond.subarray(0, 0);
    return isSame ? data.subarray(length) : data;
  }
}

/**
 * Whether nothing is missing between what was copied and these messages, the last ones of the log,
 * and all with the timestamp of the last that was copied are among them, or none.
 */
export function followsOn(
  copied: Readonly<Record<StreamName, CursorState>>,
  messages: readonly LogMessage[],
): boolean {
  const [first] = messages;
  // Within a stream timestamps rise, so an older message was copied.
  if (first === undefined || first.at >= copied[first.stream].at) return false;
  const other = messages.find(({stream}) => stream !== first.stream);
  return other === undefined || other.at !== copied[other.stream].at;
}

/** Before the last message of both streams, which are written to the log by turns. */
const MARGIN_MS = 5_000;

/**
 * From when the log is to be read, as the engine takes it: seconds since 1970, with nanoseconds.
 * Undefined: from its beginning.
 */
export function sinceOf(cursors: readonly CursorState[]): string | undefined {
  const last = cursors.map(({at}) => at).reduce((a, b) => (a < b ? b : a), '');
  if (last === '') return undefined;
  const margin = new Date(Date.parse(`${last.slice(0, 19)}Z`) - MARGIN_MS).toISOString();
  const open = cursors.filter((cursor) => cursor.open).map(({at}) => at);
  const since = [`${margin.slice(0, 19)}.000000000Z`, ...open].reduce((a, b) => (b < a ? b : a));
  return `${Date.parse(`${since.slice(0, 19)}Z`) / 1000}.${since.slice(20, 29)}`;
}
