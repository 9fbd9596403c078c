import {execFileSync} from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {RotatingLog} from './rotating-log.ts';

function withFolder(t: ExecutionContext, keep: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-log-'));
  try {
    keep(folder);
    t.pass();
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const read = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');

test('whatever is written in whatever pieces, the files hold its end, none too long', (t) => {
  const piece = fc.string({maxLength: 40, unit: 'grapheme-ascii'});
  const limits = fc.record({bytesMax: fc.integer({min: 1, max: 30}), asideMax: fc.nat(5)});
  fc.assert(
    fc.property(
      fc.array(fc.tuple(piece, fc.boolean()), {maxLength: 30}),
      limits,
      (pieces, terms) => {
        withFolder(t, (folder) => {
          const all = {folder, name: 'stdout', ...terms};
          let log = new RotatingLog(all);
          for (const [text, isReopened] of pieces) {
            log.write(Buffer.from(text));
            if (!isReopened) continue;
            log.close();
            log = new RotatingLog(all);
          }
          log.close();
          const names = Array.from({length: terms.asideMax}, (_, at) => `stdout.${at + 1}`);
          const files = ['stdout', ...names].filter((name) => existsSync(join(folder, name)));
          const texts = files.map((name) => read(folder, name));
          for (const text of texts) t.true(text.length <= terms.bytesMax);
          const whole = pieces.map(([text]) => text).join('');
          const kept = texts.toReversed().join('');
          t.true(whole.endsWith(kept));
          const room = terms.bytesMax * (terms.asideMax + 1);
          t.true(kept.length >= Math.min(whole.length, room - terms.bytesMax + 1));
          t.false(existsSync(join(folder, `stdout.${terms.asideMax + 1}`)));
        });
      },
    ),
    {numRuns: 60},
  );
});

test('it is never written where a link, a pipe or a folder leads', (t) => {
  withFolder(t, (folder) => {
    const terms = {folder, name: 'stdout', bytesMax: 100, asideMax: 1};
    const path = join(folder, 'stdout');
    const precious = join(folder, 'precious');
    writeFileSync(precious, 'precious');
    for (const put of [
      () => symlinkSync(precious, path),
      () => linkSync(precious, path),
      () => execFileSync('mkfifo', [path]),
    ]) {
      rmSync(path, {force: true});
      put();
      const log = new RotatingLog(terms);
      log.write('text');
      log.close();
      t.is(read(folder, 'precious'), 'precious');
      t.is(read(folder, 'stdout'), 'text');
    }
    rmSync(path);
    mkdirSync(path);
    t.throws(() => new RotatingLog(terms), {code: 'EISDIR'});
  });
});
