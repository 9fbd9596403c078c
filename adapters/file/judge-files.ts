/**
 * What the files of a store are, judged on views of them that change nothing. Opening the database
 * for writing comes after it: that would recover it from a log or a journal beside it, whatever the
 * two are.
 */
import {accessSync, constants, existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {pathToFileURL} from 'node:url';
import {corrupt, foreign} from './database-errors.ts';
import {checkContent, judgeHeader} from './database-format.ts';
import {findHeaderDamage, findLogDamage, hasFrames} from './write-ahead-log.ts';

/** SQLite's smallest page; what is shorter is blank to it, and it would write over it. */
const PAGE_BYTES_MIN = 512;

/** @returns whether it is to be made. It is nothing then, or what a killed process has begun. */
export function judgeFiles(file: string): boolean {
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
  if (found.size < PAGE_BYTES_MIN) throw foreign(file, 'it is too short for an SQLite database');
  return false;
}

/** It stands there while the file is made. Without it, an empty file has lost its content. */
export function markOf(file: string): string {
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
export function indexOf(file: string): string {
  return `${file}-shm`;
}

/** Refuses what is not ours, and what is damaged and has a log, without changing anything. */
export function judgeContent(file: string): void {
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
