/** The masters that contend, as nodes: `json.info_0000000012`, ephemeral, numbered by ZooKeeper. */
import type {NodeAccess} from './client-forms.ts';

export interface Member {
  readonly path: string;
  readonly number: number;
}

export const MEMBER_PREFIX = 'json.info_';

/**
 * Of the election's folder and its members: with credentials, too, everybody may see who leads, as
 * Mesos lets him (src/zookeeper/group.cpp: EVERYONE_READ_CREATOR_ALL). What the store keeps is for
 * nobody else.
 */
export const ELECTION_ACCESS: NodeAccess = 'readable';

/** Of the children of the election's folder, in the order in which they lead. */
export function membersOf(folder: string, names: readonly string[]): readonly Member[] {
  return names
    .flatMap((name) => {
      // Other labels hold other forms (`info_`: a protobuf); the store and the epoch have none.
      const digits = /^json\.info_(\d{10})$/.exec(name)?.[1];
      return digits === undefined ? [] : [{path: `${folder}/${name}`, number: Number(digits)}];
    })
    .sort((a, b) => a.number - b.number);
}
