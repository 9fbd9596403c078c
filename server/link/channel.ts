/**
 * A two-way connection of JSON messages: over a socket, one message a line, or inside a process.
 * Messages arrive in order and once; when it has ended, for whatever reason, both sides hear so.
 */
import type {Duplex} from 'node:stream';

export interface Channel {
  /** Nothing happens where it has ended. */
  send(message: unknown): void;
  end(): void;
  readonly isOpen: boolean;
}

/** What its owner hears. Nothing is said after `ended`, and never from within a call of its own. */
export interface ChannelListener {
  message(value: unknown): void;
  ended(reason: string): void;
}

/** More in one message is no message of ours. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;
/** A peer that takes nothing while so much waits is dead, or will never catch up. */
const WAITING_BYTES_MAX = 256 * 1024 * 1024;

/** A channel over a stream that is connected. */
export function openLineChannel(stream: Duplex, listener: ChannelListener): Channel {
  let parts: Buffer[] = [];
  let bytes = 0;
  let isOpen = true;
  const finish = (reason: string): void => {
    if (!isOpen) return;
    isOpen = false;
    stream.destroy();
    listener.ended(reason);
  };
  const line = (raw: Buffer): void => {
    if (!isOpen) return;
    const parsed = parse(raw.toString('utf8'));
    if (parsed === undefined) finish('a message is not JSON');
    else listener.message(parsed.value);
  };
  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at));
      line(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      parts = [];
      bytes = 0;
      from = at + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > LINE_BYTES_MAX) finish(`a message of more than ${LINE_BYTES_MAX} bytes`);
  });
  stream.on('error', (error) => finish(error.message));
  stream.on('end', () => finish('the other side ended the connection'));
  stream.on('close', () => finish('the connection broke'));
  return {
    send(message) {
      if (!isOpen) return;
      stream.write(`${JSON.stringify(message)}\n`);
      if (stream.writableLength > WAITING_BYTES_MAX) {
        setImmediate(() => finish('the other side takes nothing any more'));
      }
    },
    end() {
      if (!isOpen) return;
      isOpen = false;
      stream.end(() => stream.destroy());
    },
    get isOpen() {
      return isOpen;
    },
  };
}

function parse(text: string): {readonly value: unknown} | undefined {
  try {
    return {value: JSON.parse(text)};
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Two ends inside this process. Messages pass as JSON, so that nothing is shared. */
export function openChannelPair(
  near: ChannelListener,
  far: ChannelListener,
): {readonly near: Channel; readonly far: Channel} {
  let isOpen = true;
  const endTowards = (other: ChannelListener): Channel => ({
    send(message) {
      if (!isOpen) return;
      const text = JSON.stringify(message);
      setImmediate(() => {
        if (isOpen) other.message(JSON.parse(text));
      });
    },
    end() {
      if (!isOpen) return;
      isOpen = false;
      setImmediate(() => other.ended('the other side ended the connection'));
    },
    get isOpen() {
      return isOpen;
    },
  });
  return {near: endTowards(far), far: endTowards(near)};
}
