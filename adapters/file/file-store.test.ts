import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {freezeWrite} from '../ports/frozen-write.ts';
import {StoreFencedError, StoreUnavailableError} from '../ports/store.ts';
import {storeContract} from '../ports/testing/store-contract.ts';
import {type FileDatabase, openFileDatabase} from './file-database.ts';
import {type FileStoreErrorKind, FileStoreError} from './file-store-error.ts';
import {DOCUMENT_BYTES_MAX, type FileStore, openFileStore} from './file-store.ts';

storeContract(
  test,
  'file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'file-store-'));
    return {open: () => openFileStore(folder), cleanUp: () => rm(folder, {recursive: true})};
  },
  {shared: false, runs: 25, tooLargeBytes: DOCUMENT_BYTES_MAX + 1},
);

/** A folder of its own for each test. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'file-store-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, {recursive: true});
  }
}

async function withStore(
  open: Promise<FileStore>,
  use: (store: FileStore) => Promise<void>,
): Promise<void> {
  const store = await open;
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

async function refused(
  t: ExecutionContext,
  folder: string,
  [kind, ...says]: readonly [FileStoreErrorKind, ...RegExp[]],
): Promise<void> {
  const error = await t.throwsAsync(openFileStore(folder), {instanceOf: FileStoreError});
  t.is(error.kind, kind, error.message);
  t.true(error.message.includes(join(folder, 'drydock.db')), error.message);
  for (const words of says) t.regex(error.message, words);
}

/** A write of one document whose size is given. */
function put(path: string, bytes: number) {
  return {epoch: 1, puts: [{path, document: 'x'.repeat(bytes)}], deletes: []};
}

// Opening.

test('the folder is made, and only its owner can read what is in it', async (t) => {
  await inFolder(async (folder) => {
    const deep = join(folder, 'a?b#c%20', 'data');
    await withStore(openFileStore(deep), async (store) => {
      await store.commit(put('a', 1));
      t.is((await stat(deep)).mode & 0o777, 0o700);
      for (const name of await readdir(deep)) {
        t.is((await stat(join(deep, name))).mode & 0o777, 0o600, name);
      }
    });
    t.deepEqual(await readdir(deep), ['drydock.db']);
  });
});

test('epochs only grow, over restarts and beyond those that were given', async (t) => {
  await inFolder(async (folder) => {
    const open = () => openFileStore(folder);
    await withStore(open(), async (store) => {
      t.is(await store.nextEpoch(), 1);
      t.is(await store.nextEpoch(), 2);
      await t.throwsAsync(store.commit(put('a', 1)), {instanceOf: StoreFencedError});
    });
    await withStore(open(), async (store) => {
      t.is(await store.nextEpoch(), 3);
      await store.commit({epoch: 41, puts: [], deletes: []});
      t.is(await store.nextEpoch(), 42);
    });
    await withStore(open(), async (store) => {
      t.is(await store.nextEpoch(), 43);
    });
  });
});

test('a closed store takes nothing, and closing it again is no fault', async (t) => {
  await inFolder(async (folder) => {
    const store = await openFileStore(folder);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    const closed = {instanceOf: StoreUnavailableError, message: /drydock\.db is closed/};
    await t.throwsAsync(store.commit(put('a', 1)), closed);
    await t.throwsAsync(store.load(), closed);
    await t.throwsAsync(store.nextEpoch(), closed);
  });
});

test('a second store on the folder is refused, in this process and in another', async (t) => {
  await inFolder(async (folder) => {
    await withStore(openFileStore(folder), async (store) => {
      await store.commit(put('a', 1));
      // Of the second process after the first: on POSIX a process can lose its lock by looking at
      // the file a second time.
      await refused(t, folder, ['inUse', /stop it, or choose another data folder/]);
      t.is(await openInChild(folder), 'inUse');
      await refused(t, folder, ['inUse']);
      t.is(await openInChild(folder), 'inUse');
      await store.commit(put('b', 1));
      t.is((await store.load()).length, 2);
    });
    t.is(await openInChild(folder), 'opened');
    await withStore(openFileStore(folder), async (store) => {
      t.is((await store.load()).length, 2);
    });
  });
});

test('a new store that nothing was written to is locked as well', async (t) => {
  await inFolder(async (folder) => {
    await withStore(openFileStore(folder), async () => {
      t.is(await openInChild(folder), 'inUse');
      await refused(t, folder, ['inUse']);
      t.is(await openInChild(folder), 'inUse');
    });
    await withStore(openFileStore(folder), async () => {
      t.is(await openInChild(folder), 'inUse');
    });
  });
});

test('an open store that nobody waits for does not keep its process alive', async (t) => {
  await inFolder(async (folder) => {
    t.is(await openInChild(folder, "await store.commit({puts: [], deletes: ['a']});"), 'opened');
  });
});

/** @returns how it went; the child ends when it has nothing to do. */
async function openInChild(folder: string, then = 'await store.close();'): Promise<string> {
  const program = `
    const {openFileStore} = await import(process.argv[1]);
    try {
      const store = await openFileStore(process.argv[2]);
      ${then}
      process.stdout.write('opened');
    } catch (error) {
      process.stdout.write(error.kind ?? error.stack);
    }`;
  const source = new URL('./file-store.ts', import.meta.url).href;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, source, folder],
    {stdio: ['ignore', 'pipe', 'inherit']},
  );
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  return said;
}

// What is no store, or no store that is whole.

const foreignFiles: readonly (readonly [title: string, content: string])[] = [
  ['a text', 'id,name\n1,a\n'],
  ['a longer text', 'All work and no play makes Jack a dull boy.\n'.repeat(5000)],
  ['one byte', '\0'],
  ['zeros', '\0'.repeat(8192)],
];

for (const [title, content] of foreignFiles) {
  test(`${title} in place of the file is refused, and stays`, async (t) => {
    await inFolder(async (folder) => {
      const file = join(folder, 'drydock.db');
      await writeFile(file, content);
      await refused(t, folder, ['foreign', /Nothing was changed/, /choose another data folder/]);
      t.is(await readFile(file, 'utf8'), content);
      t.deepEqual(await readdir(folder), ['drydock.db']);
    });
  });
}

test('a folder in place of the file is refused', async (t) => {
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'drydock.db'));
    await refused(t, folder, ['foreign', /no regular file/]);
  });
});

const otherDatabases: readonly (readonly [title: string, sql: string])[] = [
  ['with a table', 'CREATE TABLE t (a); INSERT INTO t VALUES (1);'],
  ['with a table like ours', 'CREATE TABLE documents (path, text, crc);'],
  ['with an id only', 'PRAGMA application_id = 77;'],
  ['with a version only', 'PRAGMA user_version = 1;'],
];

for (const [title, sql] of otherDatabases) {
  for (const mode of ['DELETE', 'WAL']) {
    test(`another SQLite database ${title} is refused (${mode}), and stays`, async (t) => {
      await inFolder(async (folder) => {
        const made = join(folder, 'made.db');
        const file = join(folder, 'drydock.db');
        const database = new DatabaseSync(made);
        database.exec(`PRAGMA journal_mode = ${mode}; ${sql}`);
        // As a killed process leaves it: with its log, if it has one.
        for (const name of await readdir(folder)) {
          await cp(join(folder, name), join(folder, name.replace('made', 'drydock')));
        }
        database.close();
        await rm(made);
        const before = await contentOf(folder);
        await refused(t, folder, ['foreign', /SQLite database of another program/]);
        t.deepEqual(await contentOf(folder), before);
        t.true(before.has('drydock.db') && file !== made);
      });
    });
  }
}

test('a file that a later version has written is refused, and stays', async (t) => {
  await inFolder(async (folder) => {
    await withStore(openFileStore(folder), (store) => store.commit(put('a', 1)));
    const database = new DatabaseSync(join(folder, 'drydock.db'));
    database.exec('PRAGMA user_version = 2');
    database.close();
    const before = await contentOf(folder);
    await refused(t, folder, ['newerFormat', /format 2/, /use the newer version/]);
    t.deepEqual(await contentOf(folder), before);
  });
});

const remains: readonly (readonly [title: string, content: string | undefined])[] = [
  ['without its file', undefined],
  ['beside an empty file', ''],
];

for (const [title, content] of remains) {
  test(`a log ${title} is refused, and stays`, async (t) => {
    await inFolder(async (folder) => {
      const file = join(folder, 'drydock.db');
      leaveFiles(folder, {killed: true});
      await rm(file);
      if (content !== undefined) await writeFile(file, content);
      const before = await contentOf(folder);
      await refused(t, folder, ['corrupt', /it is (empty|missing)/]);
      t.deepEqual(await contentOf(folder), before);
    });
  });
}

test('an empty file is refused once it has been a store, and stays', async (t) => {
  await inFolder(async (folder) => {
    await withStore(openFileStore(folder), (store) => store.commit(put('a', 1)));
    await writeFile(join(folder, 'drydock.db'), '');
    await refused(t, folder, ['corrupt', /it is empty/]);
    t.deepEqual([...(await contentOf(folder))], [['drydock.db', '']]);
  });
});

test('an older file beside the log of a later one is refused, and both stay', async (t) => {
  await inFolder(async (folder) => {
    // What somebody gets who restores a backup and forgets the log that lies there.
    const file = join(folder, 'drydock.db');
    const older = openFileDatabase(file, {});
    older.write(freezeWrite(put('a', 100_000)));
    older.commit();
    older.close();
    const restored = await readFile(file);
    const later = openFileDatabase(file, {});
    later.write(freezeWrite(put('b', 200_000)));
    later.commit();
    later.close();
    const last = openFileDatabase(file, {});
    last.write(freezeWrite(put('c', 1)));
    last.commit();
    const log = await readFile(`${file}-wal`);
    last.close();
    await writeFile(file, restored);
    await writeFile(`${file}-wal`, log);
    const before = await contentOf(folder);
    await refused(t, folder, ['corrupt', /Nothing was changed/]);
    t.deepEqual(await contentOf(folder), before);
  });
});

test('what a killed process left is opened, however often', async (t) => {
  await inFolder(async (folder) => {
    const {states} = leaveFiles(folder, {killed: true});
    for (const _ of [1, 2]) {
      await withStore(openFileStore(folder), async (store) => {
        t.is(JSON.stringify(await store.load()), states.at(-1) ?? '');
      });
      t.deepEqual(await readdir(folder), ['drydock.db']);
    }
  });
});

/**
 * SQLite takes a log that is cut, or bad in its last transaction, for one whose end a loss of power
 * has torn. So the last writes in a damaged log may be missing: one, or two where they meet.
 */
const lostInLogMax = 2;

for (const killed of [false, true]) {
  const left = killed ? 'after a kill' : 'after it was closed';
  test(`damage anywhere in its files ${left} is refused and stays, or does no harm`, async (t) => {
    await inFolder(async (folder) => {
      const {states} = leaveFiles(folder, {killed});
      const whole = new Map(readdirSync(folder).map((name) => [name, readBytes(folder, name)]));
      const good = states.slice(killed ? -1 - lostInLogMax : -1);
      const seen = {refused: 0, harmless: 0};
      const property = fc.property(damages(whole), (damage) => {
        rmSync(folder, {recursive: true});
        mkdirSync(folder);
        const damaged = damage.apply(whole);
        for (const [name, bytes] of damaged) writeFileSync(join(folder, name), bytes);
        const outcome = openAndLoad(folder);
        if (typeof outcome === 'string') {
          seen.harmless += 1;
          return (damage.name === 'drydock.db' ? good.slice(-1) : good).includes(outcome);
        }
        seen.refused += 1;
        const untouched = [...damaged].every(([name, bytes]) =>
          bytes.equals(readBytes(folder, name)),
        );
        return untouched && damageKinds.has(outcome.kind);
      });
      fc.assert(property, {numRuns: 150});
      t.true(seen.refused > 10 && seen.harmless > 10, JSON.stringify(seen));
    });
  });
}

const damageKinds: ReadonlySet<FileStoreErrorKind> = new Set(['corrupt', 'foreign', 'newerFormat']);

const placesMax = 1_000_000_000;

type Files = ReadonlyMap<string, Buffer>;

interface Damage {
  readonly name: string;
  /** For people. */
  readonly kind: string;
  readonly at: number;
  apply(files: Files): Files;
}

function damages(files: Files): fc.Arbitrary<Damage> {
  return fc
    .record({
      // Not a log that is cut: that would be one that ended earlier.
      harmed: fc
        .tuple(fc.constantFrom(...files.keys()), fc.constantFrom('flip', 'zeros', 'noise', 'cut'))
        .filter(([name, kind]) => name === 'drydock.db' || kind !== 'cut'),
      place: fc.oneof(
        {weight: 4, arbitrary: fc.noBias(fc.nat({max: placesMax}))},
        // The header and the schema.
        {weight: 1, arbitrary: fc.integer({min: 0, max: 110}).map((at) => -at)},
      ),
    })
    .map(({harmed: [name, kind], place}) => {
      const bytes = files.get(name)?.length ?? 0;
      const at = place < 0 ? -place : Math.floor((place / placesMax) * (bytes - 1));
      const apply = (all: Files) =>
        new Map(
          [...all].map(([each, whole]) => [each, each === name ? harm(whole, kind, at) : whole]),
        );
      return {name, kind, at, apply};
    });
}

function harm(whole: Buffer, kind: string, at: number): Buffer {
  const bytes = Buffer.from(whole);
  if (kind === 'cut') return bytes.subarray(0, Math.max(at, 1));
  if (kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  if (kind === 'zeros') bytes.fill(0, at, Math.min(at + 512, bytes.length));
  if (kind === 'noise') bytes.fill('noise\x91', at, Math.min(at + 4096, bytes.length), 'latin1');
  return bytes;
}

/** @returns what is in it, as JSON. */
function openAndLoad(folder: string): string | FileStoreError {
  try {
    const database = openFileDatabase(join(folder, 'drydock.db'), {});
    try {
      return stateOf(database);
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof FileStoreError) return error;
    throw error;
  }
}

function stateOf(database: FileDatabase): string {
  return JSON.stringify(database.load().map(([path, text]) => [path, JSON.parse(text) as unknown]));
}

/**
 * Fills a store until its log has begun anew, and leaves its files as they are when it is closed
 * or when it is killed.
 *
 * @returns the states behind the writes.
 */
function leaveFiles(folder: string, {killed}: {readonly killed: boolean}) {
  const made = join(folder, 'made');
  const database = openFileDatabase(join(made, 'drydock.db'), {});
  const states: string[] = [];
  for (let index = 0; index < 80; index += 1) {
    const puts = [10, 700, 9000, 41_000].map((bytes, size) => ({
      path: `a/${(index * (size + 1)) % 23}`,
      document: {index, text: String.fromCharCode(97 + (index % 26)).repeat(bytes)},
    }));
    const deletes = index % 7 === 0 ? [`b/${index - 7}`] : [];
    const unique = new Map(puts.map((each) => [each.path, each]));
    const write = {epoch: index, puts: [...unique.values(), {path: `b/${index}`, document: 1}]};
    database.write(freezeWrite({...write, deletes}));
    database.commit();
    states.push(stateOf(database));
  }
  if (!killed) database.close();
  for (const name of readdirSync(made)) cpSync(join(made, name), join(folder, name));
  if (killed) database.close();
  rmSync(made, {recursive: true});
  return {states};
}

function readBytes(folder: string, name: string): Buffer {
  return readFileSync(join(folder, name));
}

async function contentOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for (const name of (await readdir(folder)).sort()) {
    // SQLite's index of a log: made anew by whoever uses it.
    if (name.endsWith('-shm')) continue;
    contents.set(name, readBytes(folder, name).toString('latin1'));
  }
  return contents;
}

// A disk that is full, or that may not be written to.

test('a full disk fails the write and all behind it; what was written can be read', async (t) => {
  await inFolder(async (folder) => {
    await withStore(openFileStore(folder, {pageCountMaxForTests: 200}), (store) =>
      fillUp(t, store),
    );
    await withStore(openFileStore(folder), async (store) => {
      await checkFilled(t, store);
      await store.commit(put('after', 2_000_000));
    });
  });
});

test('a disk that is really full does the same, and works again when there is room', async (t) => {
  await inFolder(async (folder) => {
    await onSmallDisk(t, folder, async () => {
      const ballast = join(folder, 'ballast');
      await writeFile(ballast, Buffer.alloc(500_000));
      const data = join(folder, 'data');
      await withStore(openFileStore(data), (store) => fillUp(t, store));
      // Still full: it opens, and tells.
      await withStore(openFileStore(data), async (store) => {
        await checkFilled(t, store);
        await t.throwsAsync(store.commit(put('large', 900_000)), unavailable);
        await checkFilled(t, store);
      });
      await rm(ballast);
      await withStore(openFileStore(data), async (store) => {
        await checkFilled(t, store);
        await store.commit(put('filled/0', 1));
        t.is((await store.load()).length > 0, true);
      });
    });
  });
});

test('on a full disk no store can be made, and once there is room it can', async (t) => {
  await inFolder(async (folder) => {
    await onSmallDisk(t, folder, async () => {
      const ballast = join(folder, 'ballast');
      await t.throwsAsync(writeFile(ballast, Buffer.alloc(3_000_000)));
      await refused(t, folder, ['diskFull', /make room/]);
      await rm(ballast);
      await withStore(openFileStore(folder), (store) => store.commit(put('a', 1)));
    });
  });
});

test('a folder that cannot be written to is refused', async (t) => {
  await inFolder(async (folder) => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await refused(t, join(file, 'data'), ['noAccess', /let this user write/]);
    const data = join(folder, 'data');
    const fill = () => undefined;
    await inReadOnly(data, fill, async () => {
      await refused(t, data, ['noAccess', /let this user write/]);
      t.deepEqual(await readdir(data), []);
    });
  });
});

test('a store that may only be read is refused, and stays', async (t) => {
  await inFolder(async (folder) => {
    for (const killed of [false, true]) {
      const data = join(folder, `data-${killed}`);
      const fill = () => void leaveFiles(data, {killed});
      await inReadOnly(data, fill, async () => {
        const before = await contentOf(data);
        await refused(t, data, ['noAccess', /let this user write/]);
        t.deepEqual(await contentOf(data), before);
      });
    }
  });
});

const unavailable = {instanceOf: StoreUnavailableError, message: /drydock\.db: .*full/};

/** Writes ever more until nothing fits. */
async function fillUp(t: ExecutionContext, store: FileStore): Promise<void> {
  let written = 0;
  let calls: readonly PromiseSettledResult<void>[] = [];
  while (calls.every(({status}) => status === 'fulfilled')) {
    const from = written;
    calls = await Promise.allSettled(
      [0, 1, 2, 3].map((index) => store.commit(put(`filled/${from + index}`, 10_000))),
    );
    written += calls.filter(({status}) => status === 'fulfilled').length;
  }
  t.true(written > 4, `${written} were written`);
  const failures = calls.flatMap((call) => (call.status === 'rejected' ? [call.reason] : []));
  for (const failure of failures) t.true(failure instanceof StoreUnavailableError, `${failure}`);
  // It does not go on behind a gap, even with what would fit.
  await t.throwsAsync(store.commit(put('filled/0', 1)), unavailable);
  await t.throwsAsync(store.nextEpoch(), unavailable);
  await checkFilled(t, store);
  t.true((await store.load()).length >= written);
}

async function checkFilled(t: ExecutionContext, store: FileStore): Promise<void> {
  const loaded = new Map(await store.load());
  t.true(loaded.size > 0);
  for (let index = 0; index < loaded.size; index += 1) {
    t.is((loaded.get(`filled/${index}`) as string).length, 10_000);
  }
}

/** Two megabytes that are really all, for those who may mount; others rely on the test above. */
async function onSmallDisk(t: ExecutionContext, folder: string, use: () => Promise<void>) {
  if (process.getuid?.() !== 0) {
    t.pass('only root can mount a disk of its own');
    return;
  }
  await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
  try {
    await use();
  } finally {
    await run('umount', [folder]);
  }
}

/** Root can write wherever the disk lets it, so it gets one that does not. */
async function inReadOnly(folder: string, fill: () => void, use: () => Promise<void>) {
  await mkdir(folder);
  if (process.getuid?.() === 0) {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]);
    try {
      fill();
      await run('mount', ['-o', 'remount,ro', folder]);
      await use();
    } finally {
      await run('umount', [folder]);
    }
    return;
  }
  fill();
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o400);
  await chmod(folder, 0o500);
  try {
    await use();
  } finally {
    await chmod(folder, 0o700);
  }
}

const run = promisify(execFile);
