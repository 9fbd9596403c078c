/**
 * The embedded store's database: SQLite in write-ahead mode with full syncs, one transaction open
 * at most. All of it blocks; the worker thread owns it (see `database-worker.ts`).
 *
 * What it holds on to:
 * - The lock is SQLite's own, kept from opening to closing (`locking_mode=EXCLUSIVE`). It belongs
 *   to the process, so it cannot be left behind. Nothing else here may open the file, not even to
 *   read: on POSIX, closing any handle to a file drops the locks that its process has on it.
 * - A file is judged before it is opened for writing (`judge-files.ts`).
 * - Each row has a checksum. SQLite's check finds damage to the structure, not to a text in it.
 */
import {mkdirSync, rmSync} from 'node:fs';
import {dirname} from 'node:path';
import {DatabaseSync, type StatementSync} from 'node:sqlite';
import type {FrozenWrite} from '../ports/frozen-write.ts';
import {asFileStoreError} from './database-errors.ts';
import {checkContent, checksumOf, isBlank, judgeHeader, makeTables} from './database-format.ts';
import {FileStoreError} from './file-store-error.ts';
import {indexOf, judgeContent, judgeFiles, markOf} from './judge-files.ts';

// In macOS a sync reaches the disk itself only when it is asked for in full; elsewhere that changes
// nothing. The last one cuts a log that a large write has blown up.
const SETTINGS = `
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

function openJudged(file: string, isNew: boolean, options: FileDatabaseOptions): FileDatabase {
  const database = new DatabaseSync(file, {timeout: 0});
  try {
    database.exec(SETTINGS);
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
