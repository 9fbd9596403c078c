/**
 * What must be mended inside node-zookeeper-client 1.1.3 before a cluster can depend on it. It
 * cannot be had from outside, so this file, and no other, reaches into the library's connection
 * manager; its version is pinned. What was found there, reading lib/ConnectionManager.js:
 *
 * - A server that accepts a connection and then says nothing (stopped, hung, cut off) is never
 *   given up. {@link MendedClient.dropConnection} is what the session's watchdog calls.
 * - What is queued but not sent when a connection is lost stays queued, while what was sent before
 *   it fails; it goes out first on the next connection, before the session has logged in there.
 *   Here all of it fails, in its order.
 * - Half an answer that is left of a lost connection is taken for the beginning of the next one.
 * - Answers that come together are taken apart by recursion, copying what is left each time.
 * - An error code that the library does not know (a moved session, say) is thrown out of the
 *   socket's handler and ends the process. Here it ends the connection.
 * - Request numbers grow beyond 32 bits after some weeks, and are then refused by Buffer.
 * - The time limit of an attempt to connect outlives it, and then ends a later connection.
 * - Each request is a write to the socket of its own. Here those of one turn of the event loop are
 *   written together.
 * - Closing while there is no connection throws or talks out of turn.
 */
import {type Client, createClient} from 'node-zookeeper-client';
import type {Socket} from 'node:net';

export interface MendedClient {
  readonly client: Client;
  /** Ends the connection, or the attempt to make one; another server is tried. */
  dropConnection(): void;
  /** When (`performance.now()`) the present connection, or attempt, began. */
  readonly attemptAt: number;
  /** What the last attempt to connect has come to, in words. */
  readonly trouble: string | undefined;
  /** Ends for good, without a word to the servers. */
  abandon(): void;
}

/** The library's own names. */
interface ConnectionManager {
  state: number;
  xid: number;
  socket?: Socket;
  pendingBuffer: Buffer | null;
  readonly pendingQueue: unknown[];
  readonly packetQueue: {readonly queue: unknown[]};
  connectTimeoutHandler: NodeJS.Timeout | null;
  connect(): void;
  findNextServer(found: (server: unknown) => void): void;
  onSocketConnected(): void;
  onSocketData(buffer: Buffer): void;
  onSocketClosed(hasError: boolean): void;
  onSocketError(error: Error): void;
}

const XID_MAX = 2 ** 30;

export function createMendedClient(servers: string, sessionTimeoutMs: number): MendedClient {
  const options = {sessionTimeout: sessionTimeoutMs, spinDelay: 300, retries: 0};
  const client = createClient(servers, options);
  const {connectionManager} = client as unknown as {connectionManager: ConnectionManager};
  return new Mends(client, connectionManager);
}

class Mends implements MendedClient {
  readonly client: Client;
  readonly #manager: ConnectionManager;
  #isAbandoned = false;
  attemptAt = performance.now();
  trouble: string | undefined;

  constructor(client: Client, manager: ConnectionManager) {
    this.client = client;
    this.#manager = manager;
    this.#mendConnecting();
    this.#mendReading();
    this.#mendClosing();
  }

  dropConnection(): void {
    this.#manager.socket?.destroy();
  }

  abandon(): void {
    this.#isAbandoned = true;
    const {connectTimeoutHandler, socket} = this.#manager;
    if (connectTimeoutHandler !== null) clearTimeout(connectTimeoutHandler);
    socket?.destroy();
  }

  #mendConnecting(): void {
    const manager = this.#manager;
    const connect = manager.connect.bind(manager);
    manager.connect = () => {
      if (!this.#isAbandoned) connect();
    };
    const onSocketConnected = manager.onSocketConnected.bind(manager);
    manager.onSocketConnected = () => {
      if (manager.socket !== undefined) gatherWrites(manager.socket);
      onSocketConnected();
    };
    const findNextServer = manager.findNextServer.bind(manager);
    manager.findNextServer = (found) => {
      findNextServer((server) => {
        if (this.#isAbandoned) return;
        this.attemptAt = performance.now();
        found(server);
      });
    };
  }

  #mendReading(): void {
    const manager = this.#manager;
    const takeFrame = manager.onSocketData.bind(manager);
    const frames = new FrameSplitter();
    let source: Socket | undefined;
    manager.onSocketData = (buffer) => {
      const {socket} = manager;
      if (source !== socket) frames.reset();
      source = socket;
      try {
        for (const frame of frames.split(buffer)) {
          // A frame may have ended the connection: the rest is void.
          if (socket?.destroyed === true) return;
          takeFrame(frame);
        }
      } catch (error) {
        this.trouble = `an answer could not be read: ${String(error)}`;
        socket?.destroy();
      }
      // Answers come in order, so a request's number need only differ from its neighbours'.
      if (manager.xid > XID_MAX) manager.xid = 1;
    };
  }

  #mendClosing(): void {
    const manager = this.#manager;
    const onSocketClosed = manager.onSocketClosed.bind(manager);
    manager.onSocketClosed = (hasError) => {
      if (manager.connectTimeoutHandler !== null) clearTimeout(manager.connectTimeoutHandler);
      // What is pending fails now, and these behind it.
      manager.pendingQueue.push(...manager.packetQueue.queue.splice(0));
      onSocketClosed(hasError);
    };
    const onSocketError = manager.onSocketError.bind(manager);
    manager.onSocketError = (error) => {
      this.trouble = error.message;
      onSocketError(error);
    };
  }
}

/** A request is a write of its own; those of one turn of the event loop go out together. */
function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket);
  socket.write = (data: Buffer) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(data);
  };
}

/** Cuts the stream into messages: four bytes of length, then so many bytes. */
export class FrameSplitter {
  #parts: Buffer[] = [];
  #length = 0;

  reset(): void {
    this.#parts = [];
    this.#length = 0;
  }

  /** Whole messages, each with its four bytes. */
  *split(chunk: Buffer): Generator<Buffer> {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted()) return;
    const all = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    this.reset();
    let at = 0;
    while (all.length - at >= 4) {
      const end = at + 4 + Math.max(0, all.readInt32BE(at));
      if (end > all.length) break;
      yield all.subarray(at, end);
      at = end;
    }
    if (at === all.length) return;
    this.#parts = [all.subarray(at)];
    this.#length = all.length - at;
  }

  /** So many bytes must be here before anything can be given out. */
  #wanted(): number {
    const [first] = this.#parts;
    if (first === undefined || first.length < 4) return 4;
    return 4 + Math.max(0, first.readInt32BE(0));
  }
}
