/** Who leads: what masters and agents hear of an election. */
import type {Address} from '../api/cluster.ts';

/** Who leads, as far as anybody knows. */
export interface LeaderWatch {
  readonly leader: Address | undefined;
  /** Called at every change; the answer ends it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** The only master that there is. */
export function fixedLeader(leader: Address): LeaderWatch {
  return {leader, onChange: () => () => undefined, close: async () => undefined};
}
