/**
 * The wire of a command that is run beside a task: after the upgrade of an HTTP connection both
 * sides send frames, each a type in one byte, its length in four (big-endian), and so many bytes.
 * The first frame of the client is the request; the last of the agent is the exit or the failure.
 */
import {z} from 'zod';

/** What stands in `Upgrade` and in the answer's. */
export const EXEC_PROTOCOL = 'drydock-exec';

/** Below the agent's (or `/agent/ID` at a master's) address. */
export const EXEC_PATH = '/drydock/v1/exec';

/** From client to agent, and from agent to client. */
const TYPES = {
  request: 1,
  stdin: 2,
  stdinEnd: 3,
  resize: 4,
  kill: 5,
  stdout: 16,
  stderr: 17,
  exit: 18,
  failure: 19,
  /** Either way; answers nothing, keeps the connection alive. */
  heartbeat: 32,
} as const;

const FRAME_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES = 5;

export type ExecFrame =
  | {readonly kind: 'request'; readonly request: ExecWish}
  | {readonly kind: 'stdin'; readonly data: Buffer}
  | {readonly kind: 'stdinEnd'}
  | {readonly kind: 'resize'; readonly columns: number; readonly rows: number}
  | {readonly kind: 'kill'}
  | {readonly kind: 'stdout'; readonly data: Buffer}
  | {readonly kind: 'stderr'; readonly data: Buffer}
  | {readonly kind: 'exit'; readonly exitCode: number}
  | {readonly kind: 'failure'; readonly message: string}
  | {readonly kind: 'heartbeat'};

export type ExecFrameKind = ExecFrame['kind'];

const wish = z.strictObject({
  taskId: z.string().min(1).max(1024),
  /** Where two frameworks have a task of this id. */
  frameworkId: z.string().min(1).max(1024).optional(),
  argv: z.array(z.string()).min(1).max(10_000),
  tty: z.boolean(),
  env: z.record(z.string(), z.string()).optional(),
});

const size = z.strictObject({
  columns: z.int().min(1).max(10_000),
  rows: z.int().min(1).max(10_000),
});

/** What is to be run, and beside which task. */
export type ExecWish = z.infer<typeof wish>;

/** The other side does not keep to the protocol. */
export class ExecProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExecProtocolError';
  }
}

export function encodeFrame(frame: ExecFrame): Buffer {
  const payload = payloadOf(frame);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(TYPES[frame.kind], 0);
  header.writeUInt32BE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

function payloadOf(frame: ExecFrame): Buffer {
  switch (frame.kind) {
    case 'request':
      return Buffer.from(JSON.stringify(frame.request));
    case 'stdin':
    case 'stdout':
    case 'stderr':
      return frame.data;
    case 'resize':
      return Buffer.from(JSON.stringify({columns: frame.columns, rows: frame.rows}));
    case 'exit': {
      const code = Buffer.alloc(4);
      code.writeInt32BE(frame.exitCode);
      return code;
    }
    case 'failure':
      return Buffer.from(frame.message);
    case 'heartbeat':
    case 'kill':
    case 'stdinEnd':
      return Buffer.alloc(0);
  }
}

/** Frames for data of any length, none larger than a frame may be. */
export function* dataFrames(
  kind: 'stderr' | 'stdin' | 'stdout',
  data: Buffer,
): IterableIterator<Buffer> {
  for (let at = 0; at < data.length; at += FRAME_BYTES_MAX) {
    yield encodeFrame({kind, data: data.subarray(at, at + FRAME_BYTES_MAX)});
  }
}

/** Takes bytes as they come, gives frames as they are complete. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @throws ExecProtocolError what comes is no frame; nothing can be read any more. */
  *push(chunk: Buffer): IterableIterator<ExecFrame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= HEADER_BYTES) {
      const header = this.#peek(HEADER_BYTES);
      const length = header.readUInt32BE(1);
      if (length > FRAME_BYTES_MAX) {
        throw new ExecProtocolError(
          `a frame of ${length} bytes; at most ${FRAME_BYTES_MAX} can be`,
        );
      }
      if (this.#size < HEADER_BYTES + length) return;
      const whole = this.#peek(HEADER_BYTES + length);
      this.#drop(whole.length);
      yield frameOf(whole.readUInt8(0), whole.subarray(HEADER_BYTES));
    }
  }

  #peek(length: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) return first.subarray(0, length);
    const all = Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [all];
    return all.subarray(0, length);
  }

  #drop(length: number): void {
    const [first, ...others] = this.#chunks;
    this.#size -= length;
    const rest = first?.subarray(length);
    this.#chunks = rest === undefined || rest.length === 0 ? others : [rest, ...others];
  }
}

const KINDS: ReadonlyMap<number, ExecFrameKind> = new Map(
  Object.entries(TYPES).map(([kind, type]) => [type, kind as ExecFrameKind]),
);

function frameOf(type: number, payload: Buffer): ExecFrame {
  const kind = KINDS.get(type);
  switch (kind) {
    case undefined:
      throw new ExecProtocolError(`a frame of the unknown type ${type}`);
    case 'request':
      return {kind, request: parsed(wish, payload)};
    case 'resize':
      return {kind, ...parsed(size, payload)};
    case 'stdin':
    case 'stdout':
    case 'stderr':
      return {kind, data: payload};
    case 'exit':
      if (payload.length !== 4) throw new ExecProtocolError('an exit code of a wrong length');
      return {kind, exitCode: payload.readInt32BE(0)};
    case 'failure':
      return {kind, message: payload.toString()};
    case 'heartbeat':
    case 'kill':
    case 'stdinEnd':
      return {kind};
  }
}

function parsed<T>(shape: z.ZodType<T>, payload: Buffer): T {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch (error) {
    throw new ExecProtocolError(`a frame is no JSON: ${(error as Error).message}`);
  }
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ExecProtocolError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`);
}
