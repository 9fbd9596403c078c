/**
 * What a container has written, message by message, as the engine's logs give it with timestamps:
 * a message is a line or, of a very long line, a part.
 */

export type StreamName = 'stdout' | 'stderr';

export interface LogMessage {
  readonly stream: StreamName;
  /** `2030-01-02T03:04:05.123456789Z`; all parts of one line bear the same. Empty: not known. */
  readonly at: string;
  readonly data: Buffer;
}

export interface MessageReader {
  /** Gives the messages that are complete with this chunk. */
  push(chunk: Buffer): readonly LogMessage[];
  /** There is no more: gives what is left. */
  flush(): readonly LogMessage[];
}

const HEADER_BYTES = 8;
const STAMP_BYTES = 30;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z $/;
/** The engine cuts lines into parts of this size. */
const PART_BYTES = 16_384;
const NEWLINE = 10;

/**
 * Without a terminal, the engine sends frames: which stream, how long, the message.
 *
 * @param stamped false: what is attached to, rather than logs, bears no timestamps.
 */
export function makeFrameReader(stamped: boolean): MessageReader {
  let rest: Buffer = Buffer.alloc(0);
  const push = (chunk: Buffer): readonly LogMessage[] => {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const messages: LogMessage[] = [];
    let from = 0;
    while (buffer.length >= from + HEADER_BYTES) {
      const end = from + HEADER_BYTES + buffer.readUInt32BE(from + 4);
      if (buffer.length < end) break;
      const stream = buffer[from] === 2 ? 'stderr' : 'stdout';
      const payload = buffer.subarray(from + HEADER_BYTES, end);
      messages.push(stamped ? split(stream, payload) : {stream, at: '', data: payload});
      from = end;
    }
    rest = buffer.subarray(from);
    return messages;
  };
  // A frame is whole, or it is none.
  return {push, flush: () => []};
}

function split(stream: StreamName, payload: Buffer): LogMessage {
  const space = payload.indexOf(32);
  const at = payload.toString('latin1', 0, space);
  return {stream, at, data: payload.subarray(space + 1)};
}

/** With a terminal there are no frames, and one stream: messages begin with their timestamps. */
export function makeTerminalReader(): MessageReader {
  let rest: Buffer = Buffer.alloc(0);
  const push = (chunk: Buffer): readonly LogMessage[] => {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const messages: LogMessage[] = [];
    let from = 0;
    for (;;) {
      const end = endOfMessage(buffer, from);
      if (end === undefined) break;
      messages.push(split('stdout', buffer.subarray(from, end)));
      from = end;
    }
    rest = buffer.subarray(from);
    return messages;
  };
  // The last line may lack its end.
  const flush = (): readonly LogMessage[] =>
    rest.length > STAMP_BYTES ? [split('stdout', rest)] : [];
  return {push, flush};
}

/** What is attached to a terminal bears no timestamps, and no frames either. */
export function makeRawReader(): MessageReader {
  return {push: (chunk) => [{stream: 'stdout', at: '', data: chunk}], flush: () => []};
}

/** Undefined: not all of it is there yet. */
function endOfMessage(buffer: Buffer, from: number): number | undefined {
  const textAt = from + STAMP_BYTES + 1;
  const newline = buffer.indexOf(NEWLINE, textAt);
  const partEnd = textAt + PART_BYTES;
  if (newline >= 0 && newline < partEnd) return newline + 1;
  // What is left without a newline is the end of the output, or a part: then the next part follows
  // with the same timestamp.
  const nextText = partEnd + STAMP_BYTES + 1;
  if (buffer.length < nextText) return undefined;
  const stamp = buffer.toString('latin1', from, textAt);
  const isPart = STAMP.test(stamp) && buffer.toString('latin1', partEnd, nextText) === stamp;
  if (isPart) return partEnd;
  return newline < 0 ? undefined : newline + 1;
}
