/** The key that makes machines one cluster: in a file, which an operator gives to each of them. */
import {createHmac, randomBytes} from 'node:crypto';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';

declare const clusterKey: unique symbol;

/** At least 32 bytes; {@link makeClusterKey} and {@link readKeyFile} make them. */
export type ClusterKey = Buffer & {readonly [clusterKey]: true};

const KEY_BYTES_MIN = 32;

/** A key file that cannot be used: the message says why, and what to do. */
export class KeyFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeyFileError';
  }
}

export function makeClusterKey(): ClusterKey {
  return randomBytes(KEY_BYTES_MIN) as Buffer as ClusterKey;
}

/** Writes a new key where there is no file yet; only its owner can read it. */
export function writeKeyFile(path: string, key: ClusterKey = makeClusterKey()): void {
  writeFileSync(path, `${key.toString('hex')}\n`, {flag: 'wx', mode: 0o600});
  chmodSync(path, 0o600);
}

/** @throws KeyFileError it is missing, cannot be read, or holds no key of enough bytes. */
export function readKeyFile(path: string): ClusterKey {
  const text = readText(path).trim();
  if (!/^([0-9a-f]{2})+$/i.test(text) || text.length < 2 * KEY_BYTES_MIN) {
    const want = `at least ${KEY_BYTES_MIN} bytes in hexadecimal`;
    throw new KeyFileError(`${path}: expected ${want}; 'drydock keygen FILE' makes such a file`);
  }
  return Buffer.from(text, 'hex') as Buffer as ClusterKey;
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

/** Names the cluster for people and clients, on every master alike; says nothing of the key. */
export function idOfKey(key: ClusterKey): string {
  const digest = createHmac('sha256', key).update('cluster id').digest('hex');
  const [, ...parts] = /^(.{8})(.{4})(.{4})(.{4})(.{12})/.exec(digest) ?? [];
  return parts.join('-');
}
