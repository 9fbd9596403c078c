/**
 * Files that were fetched and may be wanted again. As in Mesos, one that is kept is not asked for
 * again, however old it is; those that were not used for longest make room for others.
 */
import {createHash, randomUUID} from 'node:crypto';
import type {Stats} from 'node:fs';
import {mkdir, readdir, rename, rm, stat, utimes} from 'node:fs/promises';
import {join} from 'node:path';

export interface FetchCacheTerms {
  /** A folder of its own. */
  readonly folder: string;
  /** How much is kept; Mesos: 2 GB. */
  readonly bytesMax: number;
}

/** Begins the names of files that are not complete. */
const PART = 'part-';

type UseFile = (path: string) => Promise<void>;

export class FetchCache {
  readonly #terms: FetchCacheTerms;
  /** What is on its way, so that it is fetched once for all who want it. */
  readonly #underWay = new Map<string, Promise<void>>();
  #opened: Promise<void> | undefined;
  /** How many use a file now: it must stay. */
  readonly #users = new Map<string, number>();

  constructor(terms: FetchCacheTerms) {
    this.#terms = terms;
  }

  /** Fetches it if it is not there; it stays for as long as it is used. */
  async use(key: string, fetchInto: UseFile, use: UseFile): Promise<void> {
    const name = createHash('sha256').update(key).digest('hex');
    this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
    try {
      await this.#need(name, fetchInto);
      const path = join(this.#terms.folder, name);
      await utimes(path, new Date(), new Date());
      await use(path);
    } finally {
      const left = (this.#users.get(name) ?? 1) - 1;
      if (left > 0) this.#users.set(name, left);
      else this.#users.delete(name);
    }
    await this.#makeRoom();
  }

  async #need(name: string, fetchInto: UseFile): Promise<void> {
    // Who has fetched it may have been stopped; then the next one fetches it.
    for (let other = this.#underWay.get(name); other !== undefined;) {
      await other.catch(() => undefined);
      other = this.#underWay.get(name);
    }
    const fetching = this.#fetch(name, fetchInto).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, fetching);
    await fetching;
  }

  async #fetch(name: string, fetchInto: UseFile): Promise<void> {
    const {folder} = this.#terms;
    this.#opened ??= this.#open();
    await this.#opened;
    const path = join(folder, name);
    if ((await statIfThere(path)) !== undefined) return;
    const part = join(folder, `${PART}${randomUUID()}`);
    try {
      await fetchInto(part);
      await rename(part, path);
    } finally {
      await rm(part, {force: true});
    }
  }

  /** What a process before this one was fetching, when it was ended, is of no use. */
  async #open(): Promise<void> {
    const {folder} = this.#terms;
    await mkdir(folder, {recursive: true, mode: 0o700});
    for (const name of await readdir(folder)) {
      if (name.startsWith(PART)) await rm(join(folder, name), {force: true});
    }
  }

  async #makeRoom(): Promise<void> {
    const {folder, bytesMax} = this.#terms;
    const files: {readonly name: string; readonly bytes: number; readonly usedAt: number}[] = [];
    for (const name of await readdir(folder)) {
      if (name.startsWith(PART)) continue;
      const found = await statIfThere(join(folder, name));
      if (found !== undefined) files.push({name, bytes: found.size, usedAt: found.mtimeMs});
    }
    files.sort((left, right) => left.usedAt - right.usedAt || (left.name < right.name ? -1 : 1));
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files) {
      if (bytes <= bytesMax) return;
      if (this.#users.has(file.name)) continue;
      await rm(join(folder, file.name), {force: true});
      bytes -= file.bytes;
    }
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
