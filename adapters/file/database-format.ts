/** The tables of the embedded store, and whether a database holds them, whole. */
import {chmodSync} from 'node:fs';
import type {DatabaseSync} from 'node:sqlite';
import {crc32} from 'node:zlib';
import {corrupt, foreign, newerFormat} from './database-errors.ts';

/** 'DRYD'. It stands at byte 68 of the file; `file` and others can tell it by that. */
const APPLICATION_ID = 0x44525944;
/** Of the tables below. A later one may be read by later programs only. */
const FORMAT_VERSION = 1;

const SCHEMA = `
  CREATE TABLE documents (
    path TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL, crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE leadership (epoch INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT_VERSION};
`;

/** Whether nobody has put anything into it. */
export function isBlank(database: DatabaseSync): boolean {
  const facts = [
    'PRAGMA application_id',
    'PRAGMA user_version',
    'SELECT count(*) FROM sqlite_schema',
  ];
  return facts.every((fact) => numberOf(database, fact) === 0);
}

export function makeTables(file: string, database: DatabaseSync): void {
  // What users give their tasks can be secret. The log takes this over.
  chmodSync(file, 0o600);
  database.exec(SCHEMA);
  const insert = database.prepare('INSERT INTO leadership (epoch, crc) VALUES (0, ?)');
  insert.run(checksumOf('epoch', '0'));
}

/** Whether the database is one of ours, by its header. @throws FileStoreError */
export function judgeHeader(file: string, database: DatabaseSync): void {
  const id = numberOf(database, 'PRAGMA application_id');
  if (id !== APPLICATION_ID) throw foreign(file, 'it is the SQLite database of another program');
  const version = numberOf(database, 'PRAGMA user_version');
  if (version > FORMAT_VERSION) throw newerFormat(file, version, FORMAT_VERSION);
  if (version < 1) throw corrupt(file, `its format has the version ${version}`);
}

/** @returns the latest epoch that was seen. @throws FileStoreError what is in it is damaged. */
export function checkContent(file: string, database: DatabaseSync): number {
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

/** Of what is kept under a path. */
export function checksumOf(path: string, text: string): number {
  return crc32(text, crc32(`${path}\0`));
}
