/** Real connections for tests: an app that listens, and what comes over a socket as it comes. */
import {once} from 'node:events';
import {connect, type AddressInfo, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import type {FastifyInstance} from 'fastify';

/** Its port; it is closed with the test. */
export async function listening(t: ExecutionContext, app: FastifyInstance): Promise<number> {
  await app.listen({port: 0, host: '127.0.0.1'});
  t.teardown(() => app.close());
  return portOf(app);
}

export function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}

const PATIENCE_MS = 120_000;

/** A connection whose text can be waited for. */
export class Wire {
  readonly socket: Socket;
  text = '';
  isClosed = false;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => {
      this.text += data;
      this.#look();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#look();
    });
  }

  static async open(t: ExecutionContext, port: number, sent = ''): Promise<Wire> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    t.teardown(() => socket.destroy());
    const wire = new Wire(socket);
    if (sent !== '') socket.write(sent, 'latin1');
    return wire;
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when it holds; fails when it cannot any more, or has not for very long. */
  async until(holds: (wire: Wire) => boolean): Promise<void> {
    const held = Promise.withResolvers<void>();
    const fail = (why: string): void => {
      const text = this.text.length > 500 ? `${this.text.slice(0, 500)}…` : this.text;
      held.reject(new Error(`${why}: ${holds.toString()}; what came is ${JSON.stringify(text)}`));
    };
    const look = (): void => {
      if (holds(this)) held.resolve();
      else if (this.isClosed) fail('closed before it held');
    };
    const giveUp = setTimeout(() => fail('waited in vain'), PATIENCE_MS);
    this.#waiting.add(look);
    look();
    try {
      await held.promise;
    } finally {
      this.#waiting.delete(look);
      clearTimeout(giveUp);
    }
  }

  has(part: RegExp | string): Promise<void> {
    return this.until(({text}) =>
      typeof part === 'string' ? text.includes(part) : part.test(text),
    );
  }

  get closed(): Promise<void> {
    return this.until(({isClosed}) => isClosed);
  }
}

/** A GET in full. */
export function get(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: test\r\n${lines.join('')}\r\n`;
}
