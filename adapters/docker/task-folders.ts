/** The folders of the machine that a task has in its container. */
import {chown, mkdir} from 'node:fs/promises';
import type {ExecutorTask} from '../ports/executor.ts';
import {findAccount} from '../ports/unix-account.ts';

/**
 * As in Mesos, its sandbox and its volumes are its user's, if this machine knows him: an image may
 * have others.
 */
export async function makeTaskFolders(
  {spec, sandbox}: ExecutorTask,
  volumes: readonly string[],
): Promise<void> {
  for (const folder of volumes) await mkdir(folder, {recursive: true});
  const [user = ''] = spec.user?.split(':') ?? [];
  if (user === '' || process.getuid?.() !== 0) return;
  const account = await findAccount(user);
  if (account === undefined) return;
  for (const folder of [sandbox, ...volumes]) await chown(folder, account.uid, account.gid);
}
