/** Folders that users name: made step by step. */
import {mkdirSync, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` does not end where a
 * file system answers ENOENT though the folder above is there, as /proc does: it makes the one
 * above, and tries again, at full speed.
 *
 * @param mode of what is made.
 * @throws what `mkdir` says, of the first folder that cannot be made.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  let at = resolve(path);
  while (statSync(at, {throwIfNoEntry: false}) === undefined && at !== dirname(at)) {
    missing.push(at);
    at = dirname(at);
  }
  // A file in its place is told by `mkdir`.
  if (missing.length === 0 && !isFolder(at)) missing.push(at);
  for (const folder of missing.toReversed()) makeOne(folder, mode);
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, {mode});
  } catch (error) {
    // Somebody else was faster.
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || !isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

/** A folder that a setting names cannot be made. */
export class FolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FolderError';
  }
}

/**
 * As {@link makeFolder}; what is wrong is told with the setting.
 *
 * @param flag such as `--data-dir`
 * @throws FolderError
 */
export function makeFolderOf(flag: string, path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    throw new FolderError(`${flag}: cannot make ${path}: ${reasonOf(error)}`, {cause: error});
  }
}

function reasonOf(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EEXIST':
      return 'there is a file of that name';
    case 'ENOTDIR':
      return 'a part of the path is a file';
    case 'ENOENT':
      return 'no folders can be made on that file system (ENOENT)';
    case 'EACCES':
    case 'EPERM':
      return `this user may not (${code})`;
    case 'EROFS':
      return 'that file system is read-only';
    default:
      return message;
  }
}
