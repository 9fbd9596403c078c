/** Sandboxes are kept for a while after their tasks, and then nothing is left of them. */
import {existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import test from 'ava';
import {pino} from 'pino';
import {until} from '../../adapters/ports/testing/until.ts';
import {Sandboxes} from './sandboxes.ts';
import type {LedgerTask} from './task-ledger.ts';

const AGE_MS = 60_000;
const LONG_AGO = new Date(1000);

test('the sandbox of an ended task goes when it is old, with the folder of its task', async (t) => {
  const workDir = mkdtempSync(join(tmpdir(), 'drydock-sandboxes-'));
  t.teardown(() => rmSync(workDir, {recursive: true}));
  const sandboxes = new Sandboxes(workDir, 'S', pino({level: 'silent'}));
  const make = async (taskId: string): Promise<string> => {
    const sandbox = sandboxes.plan({frameworkId: 'f', taskId});
    await sandboxes.make(sandbox);
    utimesSync(sandbox, LONG_AGO, LONG_AGO);
    return sandbox;
  };
  const [running, left, old] = [await make('running'), await make('left'), await make('old')];
  // However long it ran, what it has left can be read from now on.
  sandboxes.leave(left);
  await until('it is marked', () => statSync(left).mtimeMs > LONG_AGO.getTime());
  const planned = sandboxes.plan({frameworkId: 'f', taskId: 'planned'});
  const tasks = [running, planned].map((sandbox) => ({sandbox}) as LedgerTask);
  const collect = (nowMs: number): Promise<void> =>
    sandboxes.collect(() => tasks.values(), AGE_MS, nowMs);
  const here = (): readonly string[] => readdirSync(dirname(dirname(dirname(running)))).sort();
  await collect(Date.now());
  t.deepEqual(here(), ['left', 'running']);
  t.false(existsSync(old));
  t.true(existsSync(join(dirname(left), 'latest')));
  await collect(Date.now() + 2 * AGE_MS);
  t.deepEqual(here(), ['running']);
  t.true(existsSync(running));
});
