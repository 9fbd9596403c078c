/** Users of this machine, as whom tasks run and files are fetched. */
import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {promisify} from 'node:util';

export interface UnixAccount {
  /** Undefined: a number that has no name. */
  readonly name: string | undefined;
  readonly uid: number;
  /** Of its first group. */
  readonly gid: number;
  /** Undefined: it has none. */
  readonly home: string | undefined;
}

/**
 * The account of this name or number. What `/etc/passwd` does not have is asked of `getent`, which
 * knows directories too; undefined: there is none.
 */
export async function findAccount(user: string): Promise<UnixAccount | undefined> {
  const isNumber = /^\d+$/.test(user);
  const named = (line: string): boolean => line.split(':')[isNumber ? 2 : 0] === user;
  const text = await readFile('/etc/passwd', 'utf8');
  const line = text.split('\n').find(named) ?? (await askDirectory(user));
  const found = line === undefined ? undefined : accountOf(line);
  if (found !== undefined || !isNumber) return found;
  return {name: undefined, uid: Number(user), gid: Number(user), home: undefined};
}

/** `name:password:uid:gid:comment:home:shell` */
function accountOf(line: string): UnixAccount | undefined {
  const [name, , uid, gid, , home] = line.split(':');
  if (name === undefined || uid === undefined || gid === undefined) return undefined;
  return {name, uid: Number(uid), gid: Number(gid), home: home === '' ? undefined : home};
}

async function askDirectory(user: string): Promise<string | undefined> {
  if (user.startsWith('-')) return undefined;
  try {
    const {stdout} = await promisify(execFile)('getent', ['passwd', user], {timeout: 10_000});
    return stdout.split('\n')[0];
  } catch (error) {
    // It ends with 2 where there is nobody; some systems do not have it.
    const {code} = error as {readonly code?: number | string};
    if (code === 2 || code === 'ENOENT') return undefined;
    throw new Error(`user '${user}' cannot be looked up`, {cause: error});
  }
}
