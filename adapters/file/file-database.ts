/**
 * The embedded store's database: SQLite in write-ahead mode with full syncs, one transaction open
 * at most. All of it blocks; the worker thread owns it (see `database-worker.ts`).
 *
 * What it holds on to:
 * - The lock is SQLite's own, kept from opening to closing (`locking_mode=EXCLUSIVE`). It belongs
 *   to the process, so it cannot be left behind. Nothing else here may open the file, not even to
 *   read: on POSIX, closing any handle to a file drops the locks that its process has on it.
 * - A file is judged on views of it that change nothing, before it is opened for writing: that
 *   would recover it from a log or a journal beside it, whatever the two are.
 * - Each row has a checksum. SQLite's check finds damage to the structure, not to a text in it.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {dirname} from 'node:path';
import {DatabaseSync, type StatementSync} from 'node:sqlite';
import {pathToFileURL} from 'node:url';
import {crc32} from 'node:zlib';
import type {FrozenWrite} from '../ports/frozen-write.ts';
import {FileStoreError, type FileStoreErrorKind} from './file-store-error.ts';
import {findHeaderDamage, findLogDamage, hasFrames} from './write-ahead-log.ts';

/** 'DRYD'. It stands at byte 68 of the file; `file` and others can tell it by that. */
const applicationId = 0x44525944;
/** Of the tables below. A later one may be read by later programs only. */
const formatVersion = 1;

/** SQLite's smallest page; what is shorter is blank to it, and it would write over it. */
const pageBytesMin = 512;

const schema = `
  CREATE TABLE documents (
    path TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL, crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE leadership (epoch INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

// In macOS a sync reaches the disk itself only when it is asked for in full; elsewhere that changes
// nothing. The last one cuts a log that a large write has blown up.
const settings = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA journal_size_limit = 16777216;
`;

export type StoredText = readonly [path: string, text: string];

export interface Fence {
  readonly epoch: number;
  readonly seen: number;
}

export interface FileDatabaseOptions {
  /** Makes the disk seem full when the file has so many pages of 4 KiB; for tests only. */
  readonly pageCountMaxForTests?: number | undefined;
}

/**
 * Makes the folder and the file if they are missing.
 *
 * @throws FileStoreError
 */
export function openFileDatabase(file: string, options: FileDatabaseOptions): FileDatabase {
  try {
    mkdirSync(dirname(file), {recursive: true, mode: 0o700});
    const isNew = judgeFiles(file);
    if (!isNew) judgeContent(file);
    return openJudged(file, isNew, options);
  } catch (error) {
    throw asFileStoreError(file, error);
  }
}

/** What SQLite's error says to people, or what another error says of itself. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class FileDatabase {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #setEpoch: StatementSync;
  /** The latest that was seen, with what is open. */
  #epoch: number;
  #epochCommitted: number;

  constructor(database: DatabaseSync, epoch: number) {
    this.#database = database;
    this.#epoch = epoch;
    this.#epochCommitted = epoch;
    this.#put = database.prepare(
      'INSERT INTO documents (path, text, crc) VALUES (?, ?, ?)' +
        ' ON CONFLICT (path) DO UPDATE SET text = excluded.text, crc = excluded.crc',
    );
    this.#delete = database.prepare('DELETE FROM documents WHERE path = ?');
    this.#setEpoch = database.prepare('UPDATE leadership SET epoch = ?, crc = ?');
  }

  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Adds a write to the open transaction; if it is fenced, that stays as it was.
   *
   * @throws what SQLite throws; then `rollBack` must follow.
   */
  write({epoch, puts, deletes}: FrozenWrite): Fence | undefined {
    if (epoch !== undefined && epoch < this.#epoch) return {epoch, seen: this.#epoch};
    this.#begin();
    if (epoch !== undefined && epoch !== this.#epoch) this.#see(epoch);
    for (const {path, text} of puts) this.#put.run(path, text, checksumOf(path, text));
    for (const path of deletes) this.#delete.run(path);
    return undefined;
  }

  /** The next epoch; no write of an earlier one is taken any more. Part of the transaction. */
  nextEpoch(): number {
    this.#begin();
    this.#see(this.#epoch + 1);
    return this.#epoch;
  }

  /** Makes the open transaction durable. */
  commit(): void {
    if (!this.#database.isTransaction) return;
    this.#database.exec('COMMIT');
    this.#epochCommitted = this.#epoch;
  }

  rollBack(): void {
    this.#epoch = this.#epochCommitted;
    // Some errors have ended the transaction already.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  /** In the order of the paths. SQLite would compare their UTF-8, which is another order. */
  load(): readonly StoredText[] {
    const rows = this.#database.prepare('SELECT path, text FROM documents').all();
    const texts = rows.map((row) => [String(row['path']), String(row['text'])] as const);
    return texts.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  close(): void {
    this.#database.close();
  }

  #begin(): void {
    if (!this.#database.isTransaction) this.#database.exec('BEGIN IMMEDIATE');
  }

  #see(epoch: number): void {
    this.#setEpoch.run(epoch, checksumOf('epoch', String(epoch)));
    this.#epoch = epoch;
  }
}

function checksumOf(path: string, text: string): number {
  return crc32(text, crc32(`${path}\0`));
}

/** @returns whether it is to be made. It is nothing then, or what a killed process has begun. */
function judgeFiles(file: string): boolean {
  const found = statSync(file, {throwIfNoEntry: false});
  if (found === undefined) {
    // SQLite would remove it.
    if (hasLog(file)) throw corrupt(file, `it is missing, but ${logOf(file)} is there`);
    writeFileSync(markOf(file), '');
    return true;
  }
  accessSync(file, constants.R_OK | constants.W_OK);
  accessSync(dirname(file), constants.R_OK | constants.W_OK);
  if (!found.isFile()) throw foreign(file, 'it is no regular file');
  if (existsSync(markOf(file)) && !hasLog(file)) return true;
  if (found.size === 0) throw corrupt(file, 'it is empty');
  if (found.size < pageBytesMin) throw foreign(file, 'it is too short for an SQLite database');
  return false;
}

/** It stands there while the file is made. Without it, an empty file has lost its content. */
function markOf(file: string): string {
  return `${file}-new`;
}

/** Whether a process was killed that had it open, or has it open now. */
function hasLog(file: string): boolean {
  return hasFrames(statSync(logOf(file), {throwIfNoEntry: false})?.size ?? 0);
}

function logOf(file: string): string {
  return `${file}-wal`;
}

/** Of the log: whoever reads that can make it anew. */
function indexOf(file: string): string {
  return `${file}-shm`;
}

/** Refuses what is not ours, and what is damaged and has a log, without changing anything. */
function judgeContent(file: string): void {
  if (hasLog(file)) {
    judgeWithLog(file);
    return;
  }
  // This view takes no lock and sees nothing but the file itself, not even a journal beside it.
  const view = pathToFileURL(file);
  view.search = 'immutable=1';
  const database = new DatabaseSync(view, {readOnly: true});
  try {
    judgeHeader(file, database);
  } finally {
    database.close();
  }
}

/**
 * This view reads the log and leaves it where it is. Who opens the file for writing writes the log
 * into it on closing, even if that was the damage.
 */
function judgeWithLog(file: string): void {
  // The view would wait long for somebody to mend this.
  const headerDamage = findHeaderDamage(readFileSync(logOf(file)));
  if (headerDamage !== undefined) throw corrupt(file, headerDamage);
  // Where the index of the log may not be written, SQLite makes one in memory. It has to be there.
  if (!existsSync(indexOf(file))) writeFileSync(indexOf(file), '', {mode: 0o600});
  const view = pathToFileURL(file);
  view.search = 'readonly_shm=1';
  const database = new DatabaseSync(view, {readOnly: true, timeout: 0});
  try {
    // With the lock that the first reading takes, nobody writes to the log.
    database.exec('BEGIN');
    judgeHeader(file, database);
    const damage = findLogDamage(readFileSync(logOf(file)));
    if (damage !== undefined) throw corrupt(file, damage);
    checkContent(file, database);
  } finally {
    database.close();
  }
}

function judgeHeader(file: string, database: DatabaseSync): void {
  const id = numberOf(database, 'PRAGMA application_id');
  if (id !== applicationId) throw foreign(file, 'it is the SQLite database of another program');
  const version = numberOf(database, 'PRAGMA user_version');
  if (version > formatVersion) throw newerFormat(file, version);
  if (version < 1) throw corrupt(file, `its format has the version ${version}`);
}

function openJudged(file: string, isNew: boolean, options: FileDatabaseOptions): FileDatabase {
  const database = new DatabaseSync(file, {timeout: 0});
  try {
    database.exec(settings);
    const {pageCountMaxForTests: pages} = options;
    if (pages !== undefined) database.exec(`PRAGMA max_page_count = ${pages}`);
    // From here on the file is locked until the database is closed.
    database.exec('BEGIN EXCLUSIVE');
    if (isNew && isBlank(database)) makeTables(file, database);
    database.exec('COMMIT');
    judgeHeader(file, database);
    const epoch = checkContent(file, database);
    const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
    if (mode !== 'wal') {
      throw new FileStoreError('ioError', `${file}: SQLite cannot keep a write-ahead log there`);
    }
    // Left by the view of the log. With the lock nobody uses it.
    rmSync(indexOf(file), {force: true});
    rmSync(markOf(file), {force: true});
    return new FileDatabase(database, epoch);
  } catch (error) {
    database.close();
    throw error;
  }
}

function isBlank(database: DatabaseSync): boolean {
  const facts = [
    'PRAGMA application_id',
    'PRAGMA user_version',
    'SELECT count(*) FROM sqlite_schema',
  ];
  return facts.every((fact) => numberOf(database, fact) === 0);
}

function makeTables(file: string, database: DatabaseSync): void {
  // What users give their tasks can be secret. The log takes this over.
  chmodSync(file, 0o600);
  database.exec(schema);
  const insert = database.prepare('INSERT INTO leadership (epoch, crc) VALUES (0, ?)');
  insert.run(checksumOf('epoch', '0'));
}

/** @returns the latest epoch that was seen. */
function checkContent(file: string, database: DatabaseSync): number {
  const found = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
  if (found !== 'ok') throw corrupt(file, String(found));
  const rows = database.prepare('SELECT path, text, crc FROM documents').iterate();
  for (const {path, text, crc} of rows) {
    if (crc !== checksumOf(String(path), String(text))) {
      throw corrupt(file, `the document ${JSON.stringify(path)} does not match its checksum`);
    }
  }
  const [row, ...more] = database.prepare('SELECT epoch, crc FROM leadership').all();
  const epoch = Number(row?.['epoch']);
  if (more.length > 0 || row?.['crc'] !== checksumOf('epoch', String(epoch))) {
    throw corrupt(file, 'the epoch does not match its checksum');
  }
  return epoch;
}

function numberOf(database: DatabaseSync, query: string): number {
  const row = database.prepare(query).get() ?? {};
  return Number(Object.values(row)[0]);
}

function corrupt(file: string, found: string, options?: ErrorOptions): FileStoreError {
  const advice = 'restore it from a backup, or move it away (with what is named like it)';
  const message = `${file} is damaged: ${found}. Nothing was changed; ${advice} to start anew`;
  return new FileStoreError('corrupt', message, options);
}

function foreign(file: string, found: string, options?: ErrorOptions): FileStoreError {
  const message = `${file} is no store of this program: ${found}. Nothing was changed; `;
  const advice = 'move it away, or choose another data folder';
  return new FileStoreError('foreign', `${message}${advice}`, options);
}

function newerFormat(file: string, version: number): FileStoreError {
  const known = `it has format ${version}, and this program knows formats up to ${formatVersion}`;
  const advice = 'Nothing was changed; use the newer version of the program';
  return new FileStoreError('newerFormat', `${file} is too new: ${known}. ${advice}`);
}

/** SQLite's primary result codes, https://sqlite.org/rescode.html. */
const kindsByCode: ReadonlyMap<number, FileStoreErrorKind> = new Map([
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
const shortRead = 522;

const kindsByErrno: ReadonlyMap<string, FileStoreErrorKind> = new Map([
  ['ENOSPC', 'diskFull'],
  ['EDQUOT', 'diskFull'],
  ['EACCES', 'noAccess'],
  ['EPERM', 'noAccess'],
  ['EROFS', 'noAccess'],
  ['ENOTDIR', 'noAccess'],
  ['EEXIST', 'noAccess'],
]);

function asFileStoreError(file: string, error: unknown): FileStoreError {
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
    if (error.errcode === shortRead) return 'corrupt';
    return kindsByCode.get(error.errcode & 0xff) ?? 'ioError';
  }
  if ('code' in error && typeof error.code === 'string') {
    return kindsByErrno.get(error.code) ?? 'ioError';
  }
  return 'ioError';
}
