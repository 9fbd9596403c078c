/** A network between clients and the servers of an ensemble that fails on demand. */
import {once} from 'node:events';
import {connect, createServer, type Server, type Socket} from 'node:net';

export interface FaultyNetwork {
  /** `host:port,host:port,…`, in the place of the servers' own. */
  readonly connect: string;
  /** From now on nothing passes, and nobody is told: connections stay open, new ones are taken. */
  cut(): void;
  /** What the servers answer is swallowed; requests still reach them. */
  swallowAnswers(): void;
  /** The next answer to a request says this error. Nothing else may be under way. */
  failNextAnswer(code: number): void;
  /** All is well again. Connections of before are closed. */
  heal(): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket | undefined;
}

/** Between whoever connects and the servers at `host:port,host:port,…`. */
export async function startFaultyNetwork(servers: string): Promise<FaultyNetwork> {
  const network = new Network();
  const addresses: string[] = [];
  for (const server of servers.split(',')) addresses.push(await network.listenFor(server));
  return {
    connect: addresses.join(','),
    cut: () => network.cut(),
    swallowAnswers: () => network.swallowAnswers(),
    failNextAnswer: (code) => network.failNextAnswer(code),
    heal: () => network.heal(),
    close: () => network.close(),
  };
}

class Network {
  readonly #listeners: Server[] = [];
  readonly #links = new Set<Link>();
  #isCut = false;
  #isSwallowing = false;
  #nextCode: number | undefined;

  async listenFor(address: string): Promise<string> {
    const [host = '', port = ''] = address.split(':');
    const listener = createServer((client) => this.#link(client, {host, port: Number(port)}));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    this.#listeners.push(listener);
    const own = listener.address();
    if (own === null || typeof own === 'string') throw new Error('no port was given');
    return `127.0.0.1:${own.port}`;
  }

  cut(): void {
    this.#isCut = true;
  }

  swallowAnswers(): void {
    this.#isSwallowing = true;
  }

  failNextAnswer(code: number): void {
    this.#nextCode = code;
  }

  heal(): void {
    this.#isCut = false;
    this.#isSwallowing = false;
    for (const link of this.#links) end(link);
  }

  async close(): Promise<void> {
    for (const link of this.#links) end(link);
    await Promise.all(this.#listeners.map((listener) => once(listener.close(), 'close')));
  }

  /** An answer: four bytes of length, the request's number, eight bytes, and then its error. */
  #falsify(data: Buffer): Buffer {
    const isToRequest = data.length >= 20 && data.readInt32BE(4) >= 0;
    if (this.#nextCode === undefined || !isToRequest) return data;
    data.writeInt32BE(this.#nextCode, 16);
    this.#nextCode = undefined;
    return data;
  }

  #link(client: Socket, target: {readonly host: string; readonly port: number}): void {
    const server = this.#isCut ? undefined : connect(target);
    const link = {client, server};
    this.#links.add(link);
    client.setNoDelay();
    client.on('data', (data) => {
      if (!this.#isCut) server?.write(data);
    });
    server?.setNoDelay();
    server?.on('data', (data: Buffer) => {
      if (!this.#isCut && !this.#isSwallowing) client.write(this.#falsify(data));
    });
    for (const socket of [client, server]) {
      socket?.on('error', () => end(link));
      socket?.on('close', () => {
        // Who is cut off does not hear that the other side has gone.
        if (this.#isCut) return;
        end(link);
        this.#links.delete(link);
      });
    }
  }
}

function end({client, server}: Link): void {
  client.destroy();
  server?.destroy();
}
