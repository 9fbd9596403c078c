/**
 * Runs a command beside a task for a client at the other end of an upgraded connection: see
 * exec-frames.ts for what goes over it. The command ends with the connection.
 */
import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import type {ApiLogger} from '../http/api-logger.ts';
import type {AgentExecSession, AgentFaceSource} from './agent-face-source.ts';
import {findTask} from './agent-state.ts';
import {
  dataFrames,
  encodeFrame,
  EXEC_PROTOCOL,
  ExecProtocolError,
  FrameDecoder,
  type ExecFrame,
  type ExecWish,
} from './exec-frames.ts';

/** A client that has not said by then what it wants is hung up on. */
const WISH_MS = 30_000;
/** So that nothing on the way takes a silent connection for a dead one. */
const HEARTBEAT_MS = 15_000;

/** How long the client has to take the last word. */
const LINGER_MS = 1000;

export interface ExecParts {
  readonly source: AgentFaceSource;
  readonly logger: ApiLogger;
}

export function serveExec(
  {source, logger}: ExecParts,
  {socket, head}: {readonly raw: IncomingMessage; readonly socket: Duplex; readonly head: Buffer},
): void {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${EXEC_PROTOCOL}\r\n\r\n`,
  );
  const connection = new ExecConnection(socket, {source, logger});
  if (head.length > 0) connection.take(head);
}

class ExecConnection {
  readonly #socket: Duplex;
  readonly #parts: ExecParts;
  readonly #decoder = new FrameDecoder();
  readonly #timers: NodeJS.Timeout[];
  /** What has come before the command runs. */
  readonly #early: ExecFrame[] = [];
  #isAsked = false;
  #session: AgentExecSession | undefined;

  constructor(socket: Duplex, parts: ExecParts) {
    this.#socket = socket;
    this.#parts = parts;
    const wish = setTimeout(() => this.#fail('no request came in time'), WISH_MS);
    const heart = setInterval(() => this.#send(encodeFrame({kind: 'heartbeat'})), HEARTBEAT_MS);
    this.#timers = [wish, heart];
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', () => socket.destroy());
    // The server's sockets stay open for answers; here, who has nothing to say any more is gone.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  take(chunk: Buffer): void {
    try {
      for (const frame of this.#decoder.push(chunk)) this.#obey(frame);
    } catch (error) {
      // Whatever it is, it ends this connection and nothing else.
      if (!(error instanceof ExecProtocolError)) {
        this.#parts.logger.error({err: error}, 'a command beside a task failed');
      }
      this.#fail((error as Error).message);
    }
  }

  #obey(frame: ExecFrame): void {
    if (frame.kind === 'request') {
      if (this.#isAsked) throw new ExecProtocolError('a second request');
      this.#isAsked = true;
      clearTimeout(this.#timers[0]);
      // Nothing more is read before it runs.
      this.#socket.pause();
      void this.#start(frame.request);
      return;
    }
    if (!this.#isAsked) throw new ExecProtocolError(`${frame.kind} before the request`);
    if (this.#session === undefined) this.#early.push(frame);
    else this.#pass(this.#session, frame);
  }

  async #start(wish: ExecWish): Promise<void> {
    const {source, logger} = this.#parts;
    const task = findTask(source, wish);
    if (task === undefined) {
      this.#fail(`no task '${wish.taskId}' runs here`);
      return;
    }
    const {argv, tty, env} = wish;
    logger.info({taskId: wish.taskId, program: argv[0], tty}, 'command beside a task');
    let session: AgentExecSession;
    try {
      session = await source.exec(task, {argv, tty, env});
    } catch (error) {
      this.#fail((error as Error).message);
      return;
    }
    if (this.#socket.destroyed) {
      session.kill();
      return;
    }
    this.#session = session;
    this.#connect(session);
    for (const frame of this.#early.splice(0)) this.#pass(session, frame);
    this.#socket.resume();
  }

  #connect(session: AgentExecSession): void {
    const outputs = [this.#copy('stdout', session.stdout), this.#copy('stderr', session.stderr)];
    session.stdin.on('error', () => {
      // It does not read any more: what is still sent to it goes nowhere.
      this.#socket.resume();
    });
    void this.#await(session, outputs);
  }

  async #await(session: AgentExecSession, outputs: readonly Promise<void>[]): Promise<void> {
    try {
      const {exitCode} = await session.ended;
      await Promise.all(outputs);
      this.#send(encodeFrame({kind: 'exit', exitCode}));
      this.#end();
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  /** Resolves when there is no more of it. */
  #copy(kind: 'stderr' | 'stdout', from: NodeJS.ReadableStream): Promise<void> {
    return new Promise((resolve) => {
      from.on('data', (data: Buffer | string) => {
        let isFull = false;
        for (const frame of dataFrames(kind, Buffer.from(data))) isFull = !this.#send(frame);
        if (!isFull) return;
        from.pause();
        this.#socket.once('drain', () => from.resume());
      });
      from.once('end', () => resolve());
      from.once('close', () => resolve());
      from.once('error', () => resolve());
    });
  }

  #pass(session: AgentExecSession, frame: ExecFrame): void {
    switch (frame.kind) {
      case 'stdin':
        if (session.stdin.writable && !session.stdin.write(frame.data)) {
          this.#socket.pause();
          session.stdin.once('drain', () => this.#socket.resume());
        }
        break;
      case 'stdinEnd':
        session.stdin.end();
        break;
      case 'resize':
        // Whoever has no terminal, or none any more, keeps its size.
        session.resize(frame.columns, frame.rows).catch(() => undefined);
        break;
      case 'kill':
        session.kill();
        break;
      case 'heartbeat':
        break;
      case 'exit':
      case 'failure':
      case 'request':
      case 'stderr':
      case 'stdout':
        throw new ExecProtocolError(`${frame.kind} from the client`);
    }
  }

  #send(frame: Buffer): boolean {
    return this.#socket.writable && this.#socket.write(frame);
  }

  #fail(message: string): void {
    this.#session?.kill();
    this.#send(encodeFrame({kind: 'failure', message}));
    this.#end();
  }

  #end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    const socket = this.#socket;
    if (socket.writable) socket.end();
    // What still comes is read away, so that the last word is not lost to a reset.
    socket.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }

  #closed(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#session?.kill();
  }
}
