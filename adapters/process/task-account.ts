/** As whom a task runs. */
import {userInfo} from 'node:os';
import {findAccount, type UnixAccount} from '../ports/unix-account.ts';

/**
 * Undefined: as the agent does.
 *
 * @throws if that cannot be; the message is for people.
 */
export async function taskAccount(
  user: string | undefined,
  switchUser: boolean,
): Promise<UnixAccount | undefined> {
  if (user === undefined || !switchUser) return undefined;
  const account = await findAccount(user);
  if (account === undefined) throw new Error(`user: there is no user '${user}' on this machine`);
  const own = process.getuid?.();
  if (account.uid === own) return undefined;
  if (own === 0) return account;
  throw new Error(`user: the agent would have to be root to run a task as '${user}'`);
}

export function ownAccount(): UnixAccount {
  try {
    const {username: name, uid, gid, homedir: home} = userInfo();
    return {name, uid, gid, home};
  } catch {
    // A number without a name, as in some containers: that is all that is known.
    const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
    return {name: undefined, uid, gid, home: undefined};
  }
}
