/** Unpacks archives, by their names as Mesos's fetcher does. */
import {createReadStream, createWriteStream} from 'node:fs';
import {chown, rename, rm} from 'node:fs/promises';
import {pipeline} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';
import type {UnixAccount} from '../ports/unix-account.ts';
import {run} from './run.ts';

export interface UnpackPlace {
  /** Where to. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** As whom; undefined: as the agent. */
  readonly account: UnixAccount | undefined;
}

const TAR = /\.(tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz)$/;

/**
 * The archive stays where it is. What is none stays as it is.
 *
 * @throws FetchError if it cannot be unpacked.
 */
export async function unpack(path: string, place: UnpackPlace): Promise<void> {
  const {folder, ...rest} = place;
  if (TAR.test(path)) {
    // Not as whoever is named in it; tar itself keeps within the folder.
    await run(['tar', '-x', '-o', '-f', path, '-C', folder], rest);
  } else if (path.endsWith('.zip')) {
    // With 1 it warns of something that it could deal with.
    await run(['unzip', '-o', '-q', path, '-d', folder], {...rest, goodCodes: [0, 1]});
  } else if (path.endsWith('.gz')) {
    await unzip(path, place);
  }
}

async function unzip(path: string, {account, signal}: UnpackPlace): Promise<void> {
  const into = path.slice(0, -'.gz'.length);
  const part = `${path}.unpacking`;
  await rm(part, {force: true});
  try {
    const file = createWriteStream(part, {flags: 'wx', mode: 0o644});
    await pipeline(createReadStream(path), createGunzip(), file, {signal});
    if (account !== undefined) await chown(part, account.uid, account.gid);
    await rename(part, into);
  } finally {
    await rm(part, {force: true});
  }
}
