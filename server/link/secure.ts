/**
 * Connections between agents and masters: each proves that it holds the cluster's key, and nobody
 * else can read or change what they say. It is TLS with a pre-shared key (RFC 4279, with ephemeral
 * Diffie-Hellman: RFC 5489), so no certificates are needed.
 */
import type {Socket} from 'node:net';
import {connect, createServer, type Server, type TLSSocket} from 'node:tls';
import type {Address} from '../../api/cluster.ts';
import type {ClusterKey} from './cluster-key.ts';

const IDENTITY = 'drydock-agent';
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-AES256-GCM-SHA384';
/** TLS 1.3 has no cipher of its own for keys that were never negotiated. */
const VERSION = {minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'} as const;
const CONNECT_TIMEOUT_MS = 10_000;

/** Accepts what the key proves; sockets are handed to it by `emit('connection', socket)`. */
export function makeSecureServer(key: ClusterKey, accepted: (socket: TLSSocket) => void): Server {
  const server = createServer({
    ...VERSION,
    ciphers: CIPHERS,
    pskIdentityHint: 'drydock',
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    pskCallback: (_socket, identity) => (identity === IDENTITY ? key : null),
  });
  server.on('secureConnection', accepted);
  return server;
}

/** A connection whose other side has the same key; rejects where it has not, or does not answer. */
export function connectSecurely({hostname, port}: Address, key: ClusterKey): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname,
      port,
      ...VERSION,
      ciphers: CIPHERS,
      pskCallback: () => ({psk: key, identity: IDENTITY}),
      // The key is the proof: there is no certificate that could bear a name.
      checkServerIdentity: () => undefined,
    });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`));
    }, CONNECT_TIMEOUT_MS);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      socket.setNoDelay(true);
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(explained(error));
    });
  });
}

function explained(error: Error): Error {
  if (!/bad record mac|decrypt|handshake failure|unknown psk/i.test(error.message)) return error;
  return new Error('the other side has another key (compare the key files)', {cause: error});
}

/** The socket's other end, for logs. */
export function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}
