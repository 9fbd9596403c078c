/** The last output of a task, on a machine that has no time for its keeper. */
import {execFileSync} from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {TaskOutput} from './task-output.ts';

test('what is in the pipes is read first, however late the keeper comes to it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-output-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const pipes = ['out', 'err'].map((name) => join(folder, name));
  execFileSync('mkfifo', pipes);
  // Held open, as by a process that got away.
  const held = pipes.map((pipe) => openSync(pipe, constants.O_RDWR));
  t.teardown(() => {
    for (const file of held) closeSync(file);
  });
  writeSync(held[0] as number, 'last\n');
  const ended = Promise.withResolvers<void>();
  const output = new TaskOutput({
    folder,
    terms: {sandbox: folder, bytesMax: 1000, asideMax: 1},
    onEnd: ended.resolve,
    complain: (about, error) => t.fail(`${about}: ${(error as Error).message}`),
  });
  output.expectEnd();
  // Others have the processor until more than its patience is over.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  await ended.promise;
  t.is(readFileSync(join(folder, 'stdout'), 'utf8'), 'last\n');
});
