import {execFileSync} from 'node:child_process';
import {link, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {addLine, OutputFile, readBeyond} from './output-file.ts';

const test = anyTest as TestFn<{folder: string; path: string}>;

test.beforeEach(async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-output-'));
  t.context = {folder, path: join(folder, 'stdout')};
});

test.afterEach.always(async (t) => {
  await rm(t.context.folder, {recursive: true, force: true});
});

async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return Object.fromEntries(names.map((name, i) => [name, texts[i] ?? '']));
}

test('no file gets longer than it may, and the oldest go', async (t) => {
  const {folder, path} = t.context;
  await writeFile(path, 'ab');
  const file = await OutputFile.open(path, {logBytesMax: 4, logFilesMax: 2});
  for (const text of ['c', 'defgh', 'ijklmn', '']) await file.append(Buffer.from(text));
  await file.close();
  t.deepEqual(await contents(folder), {stdout: 'mn', 'stdout.1': 'ijkl', 'stdout.2': 'efgh'});
});

test('without old files there is only the last', async (t) => {
  const {folder, path} = t.context;
  const file = await OutputFile.open(path, {logBytesMax: 4, logFilesMax: 0});
  await file.append(Buffer.from('abcdef'));
  await file.close();
  t.deepEqual(await contents(folder), {stdout: 'ef'});
});

test('what is beyond a mark is found, also when the file was put aside since', async (t) => {
  const {path} = t.context;
  const file = await OutputFile.open(path, {logBytesMax: 6, logFilesMax: 3});
  const text = async (mark = file.mark): Promise<string> =>
    (await readBeyond(path, mark)).toString();
  await file.append(Buffer.from('abc'));
  const {mark} = file;
  t.is(await text(), '');
  await file.append(Buffer.from('de'));
  t.is(await text(mark), 'de');
  await file.append(Buffer.from('fghi'));
  t.is(await text(mark), 'defghi');
  // As a mark that has been counted on.
  t.is(await text({...mark, bytes: mark.bytes + 4}), 'hi');
  await file.append(Buffer.from('jklmno'));
  // Its file is not the last that was put aside any more.
  t.is(await text(mark), '');
  await file.close();
});

test('a file that somebody has shortened or taken away has nothing beyond', async (t) => {
  const {path} = t.context;
  const file = await OutputFile.open(path, {logBytesMax: 100, logFilesMax: 1});
  await file.append(Buffer.from('abcdef'));
  const {mark} = file;
  await file.close();
  await writeFile(path, 'a');
  t.is((await readBeyond(path, mark)).length, 0);
  await rm(path);
  t.is((await readBeyond(path, mark)).length, 0);
});

test('it is never written where a link leads, nor into a pipe', async (t) => {
  const {folder, path} = t.context;
  const target = join(folder, 'target');
  const kinds: readonly (() => Promise<void> | Buffer)[] = [
    () => symlink(target, path),
    () => link(target, path),
    () => execFileSync('mkfifo', [path]),
  ];
  for (const make of kinds) {
    await writeFile(target, 'mine');
    await rm(path, {force: true});
    await make();
    await addLine(path, 'said');
    t.is(await readFile(path, 'utf8'), 'said\n');
    t.is(await readFile(target, 'utf8'), 'mine');
  }
});
