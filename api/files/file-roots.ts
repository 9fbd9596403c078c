/**
 * Folders and files that are shown over HTTP, under the paths that Mesos shows them: nothing is
 * read that does not lie in one of them when it is read, whatever links a task puts there.
 */
import {constants} from 'node:fs';
import {open, readdir, readlink, realpath, stat, lstat, type FileHandle} from 'node:fs/promises';
import type {Stats} from 'node:fs';
import {join, sep} from 'node:path';

/** Where a path leads, as far as it is known without looking. */
export interface RootedPath {
  /** Real path of a folder, or of a file. */
  readonly root: string;
  /** Below it; empty: itself. */
  readonly rest: string;
  /** Where the root has to lie itself, if links on the way to it may not be trusted. */
  readonly home?: RootHome | undefined;
}

export interface RootHome {
  /** What leads to it is trusted. */
  readonly base: string;
  /** From there on, without links. */
  readonly below: string;
}

export interface FileRoots {
  /** Undefined: nothing is shown there. */
  resolve(path: string): RootedPath | undefined;
  /** All roots, by the paths under which they are shown. */
  list(): ReadonlyMap<string, string>;
}

/** A single file under a fixed name. */
export function fileAt(name: string, file: string): FileRoots {
  return {
    resolve: (path) => (path === name ? {root: file, rest: ''} : undefined),
    list: () => new Map([[name, file]]),
  };
}

/** Each asked in turn. */
export function anyOf(all: readonly FileRoots[]): FileRoots {
  return {
    resolve: (path) => {
      for (const roots of all) {
        const found = roots.resolve(path);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: () => new Map(all.flatMap((roots) => [...roots.list()])),
  };
}

export interface OpenFile {
  readonly handle: FileHandle;
  readonly stats: Stats;
  readonly realPath: string;
}

export type OpenResult =
  | {readonly ok: true; readonly file: OpenFile}
  | {readonly ok: false; readonly problem: 'inaccessible' | 'missing'};

const INACCESSIBLE = {ok: false, problem: 'inaccessible'} as const;

/** Opens what lies at a path, if it lies within its root. The caller closes the handle. */
export async function openWithin({root, rest, home}: RootedPath): Promise<OpenResult> {
  try {
    const real = await realpath(root);
    if (home !== undefined && !(await isAtHome(real, home))) return INACCESSIBLE;
    return await openReal(real, rest);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    switch (code) {
      case 'ENOENT':
      case 'ENOTDIR':
        return {ok: false, problem: 'missing'};
      // A link has taken the place of what was looked up, or leads in a circle.
      case 'ELOOP':
      case 'EACCES':
      case 'EPERM':
      case 'ENXIO':
      case 'ENAMETOOLONG':
      case 'ERR_INVALID_ARG_VALUE':
        return INACCESSIBLE;
      default:
        throw error;
    }
  }
}

async function isAtHome(real: string, {base, below}: RootHome): Promise<boolean> {
  return isWithin(real, join(await realpath(base), below));
}

async function openReal(root: string, rest: string): Promise<OpenResult> {
  const wanted = join(root, rest);
  if (!isWithin(wanted, root)) return INACCESSIBLE;
  const real = await realpath(wanted);
  if (!isWithin(real, root)) return INACCESSIBLE;
  // Not to wait for the other end of a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(real, flags);
  try {
    const stats = await handle.stat();
    const isShown = stats.isFile() || stats.isDirectory();
    // Between the look and the opening a task can put a link in a folder's place.
    if (isShown && (await isOpenWithin(handle, root))) {
      return {ok: true, file: {handle, stats, realPath: real}};
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return INACCESSIBLE;
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/** What was really opened, as the kernel says; where it does not say, the look before counts. */
async function isOpenWithin({fd}: FileHandle, root: string): Promise<boolean> {
  try {
    return isWithin(await readlink(`/proc/self/fd/${fd}`), root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return process.platform !== 'linux';
    throw error;
  }
}

export interface ListedFile {
  readonly name: string;
  readonly stats: Stats;
}

/** What is in an open folder, by name. Links that lead out of `root` are shown as links. */
export async function listFolder(
  {handle, realPath}: OpenFile,
  root: string,
): Promise<ListedFile[]> {
  // By its descriptor: its path may lead elsewhere by now.
  const folder = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : realPath;
  const realRoot = await realpath(root);
  const listed: ListedFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const stats = await statsOf(join(folder, name), realRoot);
    if (stats !== undefined) listed.push({name, stats});
  }
  return listed;
}

/** Undefined: it is gone by now. */
async function statsOf(path: string, root: string): Promise<Stats | undefined> {
  try {
    const own = await lstat(path);
    if (!own.isSymbolicLink()) return own;
    const target = await targetWithin(path, root);
    return target === undefined ? own : await stat(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function targetWithin(link: string, root: string): Promise<string | undefined> {
  try {
    const target = await realpath(link);
    return isWithin(target, root) ? target : undefined;
  } catch {
    // It leads nowhere, or in a circle: then it is shown as what it is.
    return undefined;
  }
}
