/** Why a database cannot be opened, in words that say what to do. */
import {FileStoreError, type FileStoreErrorKind} from './file-store-error.ts';

/** What SQLite's error says to people, or what another error says of itself. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A store of ours, but damaged: `found` says in what. */
export function corrupt(file: string, found: string, options?: ErrorOptions): FileStoreError {
  const advice = 'restore it from a backup, or move it away (with what is named like it)';
  const message = `${file} is damaged: ${found}. Nothing was changed; ${advice} to start anew`;
  return new FileStoreError('corrupt', message, options);
}

/** Somebody else's file: `found` says by what that can be told. */
export function foreign(file: string, found: string, options?: ErrorOptions): FileStoreError {
  const message = `${file} is no store of this program: ${found}. Nothing was changed; `;
  const advice = 'move it away, or choose another data folder';
  return new FileStoreError('foreign', `${message}${advice}`, options);
}

/** A later version of this program has written it. */
export function newerFormat(file: string, version: number, knownMax: number): FileStoreError {
  const known = `it has format ${version}, and this program knows formats up to ${knownMax}`;
  const advice = 'Nothing was changed; use the newer version of the program';
  return new FileStoreError('newerFormat', `${file} is too new: ${known}. ${advice}`);
}

/** SQLite's primary result codes, https://sqlite.org/rescode.html. */
const KINDS_BY_CODE: ReadonlyMap<number, FileStoreErrorKind> = new Map([
  [1, 'corrupt'], // ERROR: what we ask is right, so its tables are not those that we made.
  [3, 'noAccess'], // PERM
  [5, 'inUse'], // BUSY
  [6, 'inUse'], // LOCKED
  [8, 'noAccess'], // READONLY
  [11, 'corrupt'],
  [13, 'diskFull'],
  [14, 'noAccess'], // CANTOPEN
  [23, 'noAccess'], // AUTH
  [26, 'foreign'], // NOTADB
]);

/** IOERR_SHORT_READ: the file ends within a page. */
const SHORT_READ = 522;

const KINDS_BY_ERRNO: ReadonlyMap<string, FileStoreErrorKind> = new Map([
  ['ENOSPC', 'diskFull'],
  ['EDQUOT', 'diskFull'],
  ['EACCES', 'noAccess'],
  ['EPERM', 'noAccess'],
  ['EROFS', 'noAccess'],
  ['ENOTDIR', 'noAccess'],
  ['EEXIST', 'noAccess'],
]);

/** Whatever is thrown while a store is being opened, by its kind. */
export function asFileStoreError(file: string, error: unknown): FileStoreError {
  if (error instanceof FileStoreError) return error;
  const said = describeError(error);
  const options = {cause: error};
  const kind = kindOf(error);
  switch (kind) {
    case 'corrupt':
      return corrupt(file, said, options);
    case 'foreign':
      return foreign(file, `${said}, or its beginning is damaged`, options);
    case 'inUse': {
      const advice = 'stop it, or choose another data folder';
      return new FileStoreError(kind, `${file} is in use by another process: ${advice}`, options);
    }
    case 'noAccess': {
      const advice = 'let this user write to the folder and all in it';
      return new FileStoreError(kind, `cannot open ${file} (${said}): ${advice}`, options);
    }
    case 'diskFull':
      return new FileStoreError(
        kind,
        `no space left to open ${file}: make room on its disk`,
        options,
      );
    case 'newerFormat':
    case 'ioError':
      return new FileStoreError('ioError', `cannot open ${file}: ${said}`, options);
  }
}

function kindOf(error: unknown): FileStoreErrorKind {
  if (!(error instanceof Error)) return 'ioError';
  if ('errcode' in error && typeof error.errcode === 'number') {
    if (error.errcode === SHORT_READ) return 'corrupt';
    return KINDS_BY_CODE.get(error.errcode & 0xff) ?? 'ioError';
  }
  if ('code' in error && typeof error.code === 'string') {
    return KINDS_BY_ERRNO.get(error.code) ?? 'ioError';
  }
  return 'ioError';
}
