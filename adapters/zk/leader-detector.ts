/** Who leads, as the election's folder says it: the member with the lowest number. */
import {type MasterInfo, parseMasterInfo} from './master-info.ts';
import {ELECTION_ACCESS, membersOf} from './members.ts';
import type {ZkSession} from './session.ts';

export interface DetectorOptions {
  readonly session: ZkSession;
  readonly folder: string;
}

/**
 * Tells who leads, now and after each change, until the session ends. While there is no connection
 * nothing is known, and what was told last stands.
 *
 * @throws ZkError when a server refuses to tell.
 */
export async function detectLeader(
  {session, folder}: DetectorOptions,
  leaderIs: (leader: MasterInfo | undefined) => void,
): Promise<void> {
  await session.ensurePath(folder, ELECTION_ACCESS);
  while (!session.isOver) {
    const changed = Promise.withResolvers<void>();
    const names = await session.children(folder, () => changed.resolve());
    leaderIs(await readLeader(session, folder, names ?? []));
    await Promise.race([changed.promise, session.ended]);
  }
}

/** One that has gone since the list was read is passed over: a change is on its way. */
async function readLeader(
  session: ZkSession,
  folder: string,
  names: readonly string[],
): Promise<MasterInfo | undefined> {
  for (const {path} of membersOf(folder, names)) {
    const node = await session.read(path);
    if (node !== undefined) return parseMasterInfo(node.data.toString());
  }
  return undefined;
}
