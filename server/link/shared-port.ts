/**
 * One port for both: what begins like TLS is an agent with the cluster's key, everything else is
 * HTTP. So there is one address of a master, the one that ZooKeeper names.
 */
import {createServer, type Server, type Socket} from 'node:net';
import type {Server as HttpServer} from 'node:http';
import type {Server as TlsServer} from 'node:tls';
import type {Address} from '../../api/cluster.ts';

/** First byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;
/** Who connects and says nothing is let go. */
const SILENT_MS_MAX = 30_000;

export interface SharedPort {
  readonly port: number;
  /** Answers from now on, also those who have connected before. */
  serve(servers: PortServers): void;
  /** Takes no new connections, and breaks those that are open. */
  close(): Promise<void>;
}

export interface PortServers {
  readonly http: HttpServer;
  /** Absent: only HTTP is answered. */
  readonly agents?: TlsServer | undefined;
}

/** Listens; whoever connects waits until it serves. */
export async function openSharedPort(
  {hostname, port}: Address,
  connectionsMax: number,
): Promise<SharedPort> {
  const sockets = new Set<Socket>();
  const serving = Promise.withResolvers<PortServers>();
  const server = createServer({noDelay: true}, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Whoever takes the socket over listens as well; a socket that nobody took fails in silence.
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), SILENT_MS_MAX);
    socket.on('close', () => clearTimeout(timer));
    socket.once('readable', () => {
      clearTimeout(timer);
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      void hand(socket, first[0] === TLS_HANDSHAKE, serving.promise);
    });
  });
  server.maxConnections = connectionsMax;
  await listen(server, {hostname, port});
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    serve: serving.resolve,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function hand(socket: Socket, isTls: boolean, serving: Promise<PortServers>): Promise<void> {
  const {http, agents} = await serving;
  const target = isTls ? agents : http;
  if (target === undefined) socket.destroy();
  else target.emit('connection', socket);
}

function listen(server: Server, {hostname, port}: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
