/** What orders the clients of one level: roles, or the frameworks of one role. */
import type {Allocation, Client, ClientTreeSnapshot} from './client-tree.ts';

export interface Sorter {
  /** Clients, active or not. */
  readonly count: number;
  readonly activeCount: number;
  /** What all clients have, in thousandths by kind. */
  readonly allocation: ArrayLike<number>;
  /** A new, inactive client. Roles are paths `a/b`; no two clients have the same path. */
  add(path: string): Client;
  remove(client: Client): void;
  clientOf(path: string): Client | undefined;
  pathOf(client: Client): string;
  activate(client: Client): void;
  deactivate(client: Client): void;
  /** Also for paths that are not, or not yet, clients. */
  setWeight(path: string, weight: number): void;
  /** The client was given something: counts grow by one, up to the root. */
  allocated(client: Client, allocation: Allocation): void;
  /** The client gave something back. Counts stay. */
  unallocated(client: Client, allocation: Allocation): void;
  /** A part of what the client holds on an agent became something else. Counts stay. */
  update(client: Client, from: Allocation, to: Allocation): void;
  /** In thousandths by kind; kinds beyond the end have nothing. */
  allocationOf(client: Client): ArrayLike<number>;
  /**
   * Weighted dominant share of a client among its siblings; undefined where shares do not count.
   */
  shareOf(client: Client): number | undefined;
  /**
   * Begins a walk over the active clients: {@link next} gives them one by one. The sorter must not
   * change before the walk is over or given up.
   */
  start(): void;
  /** The next active client of the walk; -1 at its end. */
  next(): Client;
  /** The active clients in order, drawing nothing: where chance decides, by path. */
  peek(): readonly Client[];
  snapshot(): ClientTreeSnapshot;
}

/** All active clients in order. */
export function sortedClients(sorter: Sorter): Client[] {
  const out: Client[] = [];
  sorter.start();
  for (let client = sorter.next(); client >= 0; client = sorter.next()) out.push(client);
  return out;
}
