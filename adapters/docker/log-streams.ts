/** What the engine gives of a container's output: its log, or what comes from now on. */
import type {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import type {EngineClient} from './engine-client.ts';

export interface LogRange {
  /** Seconds since 1970, with nanoseconds. The engine looks for it from the log's beginning. */
  readonly since?: string | undefined;
  /** Only so many messages, the last ones. The engine looks for them from the log's end. */
  readonly tail?: number | undefined;
}

const OPEN_TIMEOUT_MS = 30_000;
const SMALL_PIECE_BYTES = 16_384;
const GATHER_MS = 10;

/** Goes on while the container runs. @throws as {@link EngineClient.stream}. */
export function openLog(
  client: EngineClient,
  containerId: string,
  signal: AbortSignal,
  {since, tail}: LogRange,
): Promise<NodeJS.ReadableStream> {
  return client.stream(signal, OPEN_TIMEOUT_MS, (docker, abortSignal) =>
    docker.getContainer(containerId).logs({
      follow: true,
      stdout: true,
      stderr: true,
      timestamps: true,
      ...(since === undefined ? {} : {since}),
      ...(tail === undefined ? {} : {tail}),
      abortSignal,
    }),
  );
}

/** @throws as {@link EngineClient.stream}. */
export function attachOutput(
  client: EngineClient,
  containerId: string,
  signal: AbortSignal,
): Promise<NodeJS.ReadableStream> {
  return client.stream(signal, OPEN_TIMEOUT_MS, (docker, abortSignal) =>
    docker
      .getContainer(containerId)
      .attach({stream: true, stdout: true, stderr: true, abortSignal}),
  );
}

/**
 * The engine sends line by line, and each piece costs several writes: lets what comes close
 * together come as one.
 */
export async function* readPieces(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  const readable = stream as Readable;
  for await (const chunk of readable as AsyncIterable<Buffer>) {
    // One read gives one line, even if there are more already.
    const length = readable.readableLength;
    const more = length > 0 ? (readable.read(length) as Buffer | null) : null;
    const piece = more === null ? chunk : Buffer.concat([chunk, more]);
    yield piece;
    if (piece.length < SMALL_PIECE_BYTES) await sleep(GATHER_MS);
  }
}
