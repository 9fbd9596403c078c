/**
 * What the processes write that `file-store-kill.test.ts` kills: a sequence of writes of which each
 * follows from its number, so that the state behind any of them can be told.
 *
 * As a program (with the folder and the number to go on behind): says `opening`, opens the store,
 * writes under load, and says the number of each write when it is acknowledged; a line each.
 */
import type {StoredDocument, StoreWrite} from '../../ports/store.ts';
import {openFileStore} from '../file-store.ts';

/** The documents that each write replaces, deletes or makes. */
const SLOTS = 12;
const PARTS_OF_WRITE = 4;
const CALLS_UNDER_WAY = 16;

/** What a process says before it opens the store. */
export const OPENING_LINE = 'opening';

/** The path under which each write leaves its number. */
export const LAST_PATH = 'last';

export function writeOf(number: number): Omit<StoreWrite, 'epoch'> {
  const slot = number % SLOTS;
  const puts = [{path: LAST_PATH, document: number as unknown}];
  const deletes: string[] = [];
  for (let part = 0; part < PARTS_OF_WRITE; part += 1) {
    const path = `slots/${slot}/${part}`;
    // Every third time a slot is emptied, as a whole.
    if (Math.floor(number / SLOTS) % 3 === 2) deletes.push(path);
    else puts.push({path, document: {number, text: textOf(number, part)}});
  }
  return {puts, deletes};
}

/** Mostly a few hundred bytes, now and then many pages of the database. */
function textOf(number: number, part: number): string {
  const length = number % 29 === 0 ? 30_000 : 50 + ((number * 31 + part * 7) % 600);
  return String(number).repeat(Math.ceil(length / String(number).length));
}

/** What is in the store behind a write. */
export function stateBehind(number: number): readonly StoredDocument[] {
  const state = new Map<string, unknown>();
  // No slot has anything that is older.
  for (let each = Math.max(1, number - SLOTS + 1); each <= number; each += 1) {
    const {puts, deletes} = writeOf(each);
    for (const {path, document} of puts) state.set(path, document);
    for (const path of deletes) state.delete(path);
  }
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Goes on until it is killed. */
async function writeBehind(folder: string, last: number): Promise<void> {
  process.stdout.write(`${OPENING_LINE}\n`);
  const store = await openFileStore(folder);
  const epoch = await store.nextEpoch();
  let number = last;
  async function writeOn(): Promise<void> {
    for (;;) {
      number += 1;
      const mine = number;
      await store.commit({epoch, ...writeOf(mine)});
      process.stdout.write(`${mine}\n`);
    }
  }
  await Promise.all(Array.from({length: CALLS_UNDER_WAY}, writeOn));
}

if (import.meta.main) {
  const [, , folder = '', last = ''] = process.argv;
  await writeBehind(folder, Number(last));
}
