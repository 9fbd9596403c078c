import {existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {makeFolder, makeFolderOf} from './make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'make-folder-'));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

test('a folder is made with those above it, and left as it is where it is there', (t) => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolder(path, 0o700);
  t.is(statSync(path).mode & 0o777, 0o700);
  makeFolder(path, 0o755);
  t.is(statSync(path).mode & 0o777, 0o700);
  makeFolder('/');
});

test('a link to a folder is one', (t) => {
  const link = join(folder, 'link');
  symlinkSync(folder, link);
  makeFolder(join(link, 'below'));
  t.true(existsSync(join(folder, 'below')));
});

const file = join(folder, 'file');
writeFileSync(file, '');
symlinkSync(join(folder, 'nowhere', 'x'), join(folder, 'dangling'));

for (const [path, reason] of [
  [file, 'there is a file of that name'],
  [join(file, 'x', 'y'), 'a part of the path is a file'],
  [join(folder, 'dangling', 'x'), 'there is a file of that name'],
  // Node's own way of making it does not end there.
  ['/proc/x/y', 'no folders can be made on that file system (ENOENT)'],
] as const) {
  test(`what cannot be made is told with its setting: ${reason}, ${path.slice(-4)}`, (t) => {
    if (path.startsWith('/proc') && !existsSync('/proc')) {
      t.pass('this machine has no such file system');
      return;
    }
    t.throws(() => makeFolderOf('--data-dir', path), {
      name: 'FolderError',
      message: `--data-dir: cannot make ${path}: ${reason}`,
    });
  });
}
