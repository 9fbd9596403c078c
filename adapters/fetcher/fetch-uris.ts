/**
 * Brings what a task wants into its sandbox, as Mesos's fetcher does: from files and over HTTP,
 * unpacked where it is an archive. The agent does it before it hands the task to an executor.
 *
 * Files of the machine are read as the task's user, and archives unpacked as him: he gets nothing
 * that he could not have got himself.
 */
import {chmod, chown, copyFile, mkdir, realpath, rename, rm} from 'node:fs/promises';
import {randomUUID} from 'node:crypto';
import {basename, dirname, isAbsolute, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {FetchedUri} from '../../engine/index.ts';
import {findAccount, type UnixAccount} from '../ports/unix-account.ts';
import {download} from './download.ts';
import {FetchError} from './fetch-error.ts';
import type {FetchCache} from './fetch-cache.ts';
import {run} from './run.ts';
import {unpack} from './unpack.ts';

export interface FetchOptions {
  /** Ends it, with the signal's reason. */
  readonly signal: AbortSignal;
  /** Whom it is for; absent: whom the agent runs as. */
  readonly user?: string | undefined;
  /** For URIs that may be kept; absent: none are. */
  readonly cache?: FetchCache | undefined;
}

/** What all steps for one URI need. */
interface Place {
  readonly sandbox: string;
  readonly signal: AbortSignal;
  /** Undefined: as the agent. */
  readonly account: UnixAccount | undefined;
  readonly cache: FetchCache | undefined;
}

/**
 * One after the other, in their order; a later one may replace what an earlier one has brought.
 *
 * @throws FetchError for people; it says which URI, and what is wrong with it.
 */
export async function fetchUris(
  uris: readonly FetchedUri[],
  sandbox: string,
  {signal, user, cache}: FetchOptions,
): Promise<void> {
  if (uris.length === 0) return;
  const account = await accountFor(user);
  if (account !== undefined) await chown(sandbox, account.uid, account.gid);
  for (const wanted of uris) {
    signal.throwIfAborted();
    try {
      await fetchUri(wanted, {sandbox, signal, account, cache});
    } catch (error) {
      signal.throwIfAborted();
      throw new FetchError(`Failed to fetch '${wanted.uri}': ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

/** Users that only an image has are for its container to know: for them it is done as the agent. */
async function accountFor(user: string | undefined): Promise<UnixAccount | undefined> {
  if (user === undefined || process.getuid?.() !== 0) return undefined;
  const account = await findAccount(user);
  return account?.uid === 0 ? undefined : account;
}

async function fetchUri(wanted: FetchedUri, place: Place): Promise<void> {
  const {sandbox, signal, account} = place;
  const path = join(sandbox, destinationOf(wanted));
  const folder = dirname(path);
  await makeFolders(folder, place);
  // Beside it first: what is there must not be half of it, nor lead elsewhere.
  const part = join(folder, `.fetching-${randomUUID()}`);
  try {
    await bring(wanted, part, place);
    await rename(part, path);
  } finally {
    await rm(part, {force: true});
  }
  if (wanted.executable) await chmod(path, 0o755);
  else if (wanted.extract) await unpack(path, {folder, signal, account});
}

/** Below the sandbox. */
function destinationOf({uri, destPath}: FetchedUri): string {
  if (destPath === undefined || destPath === '') return fileNameOf(uri);
  const isInside = !isAbsolute(destPath) && !destPath.split('/').includes('..');
  if (isInside && basename(destPath) !== '' && !destPath.endsWith('/')) return destPath;
  throw new FetchError(
    `destPath '${destPath}': expected a relative path that stays in the sandbox`,
  );
}

/** The last part of its path. */
function fileNameOf(uri: string): string {
  const path = uri.includes('://') ? new URL(uri).pathname : uri;
  const name = decoded(path.slice(path.lastIndexOf('/') + 1), uri);
  if (name !== '' && name !== '.' && name !== '..' && !name.includes('/')) return name;
  throw new FetchError('the URI has no name of a file at its end, and there is no destPath');
}

function decoded(text: string, uri: string): string {
  if (!uri.includes('://')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that means nothing stays what it is.
    return text;
  }
}

/** What was unpacked before may have links in it that lead out. */
async function makeFolders(folder: string, {sandbox, account}: Place): Promise<void> {
  const first = await mkdir(folder, {recursive: true});
  const way = relative(await realpath(sandbox), await realpath(folder));
  if (way === '..' || way.startsWith('../') || isAbsolute(way)) {
    throw new FetchError(`destPath leads out of the sandbox, to '${folder}'`);
  }
  if (first === undefined || account === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await chown(made, account.uid, account.gid);
  }
}

async function bring({uri, cache: mayKeep}: FetchedUri, part: string, place: Place) {
  const {account, cache, signal} = place;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      if (uri.startsWith('/')) return copy(uri, part, place);
      throw new FetchError('expected an absolute path, or a URI of file://, http:// or https://');
    case 'file':
      return copy(fileURLToPath(uri), part, place);
    case 'http':
    case 'https':
      if (mayKeep && cache !== undefined) {
        const key = `${account?.uid ?? ''} ${uri}`;
        await cache.use(
          key,
          (into) => download(new URL(uri), into, signal),
          (kept) => copyFile(kept, part),
        );
      } else {
        await download(new URL(uri), part, signal);
      }
      if (account !== undefined) await chown(part, account.uid, account.gid);
      return undefined;
    default:
      throw new FetchError(
        `the scheme '${scheme}' is not supported (expected file, http or https)`,
      );
  }
}

async function copy(from: string, part: string, {account, signal}: Place): Promise<void> {
  await run(['cp', '--', from, part], {account, signal});
}
