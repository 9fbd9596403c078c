/**
 * The cluster's key: agents and masters prove to each other that they hold it, and nobody else can
 * read or change what they say. It is TLS with a pre-shared key (RFC 4279, with ephemeral
 * Diffie-Hellman: RFC 5489), so no certificates are needed.
 */
import {createHmac, randomBytes, timingSafeEqual} from 'node:crypto';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import {connect, createServer, type Server, type TLSSocket} from 'node:tls';

const IDENTITY = 'drydock-agent';
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-AES256-GCM-SHA384';
/** TLS 1.3 has no cipher of its own for keys that were never negotiated. */
const VERSION = {minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'} as const;
const KEY_BYTES_MIN = 32;
const CONNECT_TIMEOUT_MS = 10_000;

export type ClusterKey = Buffer & {readonly kind?: 'clusterKey'};

/** A key file that cannot be used: the message says why, and what to do. */
export class KeyFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeyFileError';
  }
}

export function makeClusterKey(): ClusterKey {
  return randomBytes(KEY_BYTES_MIN);
}

/** Writes a new key where there is no file yet; only its owner can read it. */
export function writeKeyFile(path: string, key: ClusterKey = makeClusterKey()): void {
  writeFileSync(path, `${key.toString('hex')}\n`, {flag: 'wx', mode: 0o600});
  chmodSync(path, 0o600);
}

/** @throws KeyFileError it is missing, too short, or open to everybody. */
export function readKeyFile(path: string): ClusterKey {
  const text = readText(path).trim();
  if (!/^([0-9a-f]{2})+$/i.test(text) || text.length < 2 * KEY_BYTES_MIN) {
    const want = `at least ${KEY_BYTES_MIN} bytes in hexadecimal`;
    throw new KeyFileError(`${path}: expected ${want}; 'drydock keygen FILE' makes such a file`);
  }
  return Buffer.from(text, 'hex');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new KeyFileError(`${path}: no such file; 'drydock keygen ${path}' makes one`);
    }
    if (code === 'EACCES' || code === 'EISDIR') {
      throw new KeyFileError(`${path}: cannot be read (${code})`);
    }
    throw error;
  }
}

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
export function connectSecurely(
  {host, port}: {readonly host: string; readonly port: number},
  key: ClusterKey,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
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

/** Names the cluster for people and clients, on every master alike; says nothing of the key. */
export function idOfKey(key: ClusterKey): string {
  const digest = createHmac('sha256', key).update('cluster id').digest('hex');
  const [, ...parts] = /^(.{8})(.{4})(.{4})(.{4})(.{12})/.exec(digest) ?? [];
  return parts.join('-');
}

// What one of the cluster shows another over plain HTTP.

const PROOF_MS = 60_000;

/** A proof of the key for HTTP requests, good for about a minute. */
export function makeProof(key: ClusterKey, purpose: string, nowMs: number): string {
  const until = `${nowMs + PROOF_MS}`;
  return `${until}.${signature(key, purpose, until)}`;
}

export function isProof(
  proof: string,
  {
    key,
    purpose,
    nowMs,
  }: {readonly key: ClusterKey; readonly purpose: string; readonly nowMs: number},
): boolean {
  const [until = '', given = ''] = proof.split('.');
  const good = Buffer.from(signature(key, purpose, until));
  const shown = Buffer.from(given);
  if (good.length !== shown.length || !timingSafeEqual(good, shown)) return false;
  // Clocks of machines differ a little; a proof from the far future is none.
  return Number(until) >= nowMs && Number(until) <= nowMs + 2 * PROOF_MS;
}

function signature(key: ClusterKey, purpose: string, until: string): string {
  return createHmac('sha256', key).update(`${purpose}\n${until}`).digest('hex');
}

/** The socket's other end, for logs. */
export function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}
