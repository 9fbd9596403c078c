/** What the store and the election need of a ZooKeeper session; tests have one in memory. */

export interface ZkNode {
  readonly data: Buffer;
  readonly version: number;
  /** The session of an ephemeral node, as 16 hexadecimal digits; undefined: it is none. */
  readonly owner: string | undefined;
}

/** A node's version that must be met; absent: any. Never 0, see {@link ZkNodes.set}. */
type Expected = {readonly version?: number | undefined};

/** An operation of a transaction. */
export type ZkOp =
  /** The node is there. */
  | ({readonly kind: 'check'; readonly path: string} & Expected)
  | {readonly kind: 'create'; readonly path: string; readonly data: Buffer}
  | ({readonly kind: 'set'; readonly path: string; readonly data: Buffer} & Expected)
  | {readonly kind: 'remove'; readonly path: string};

/**
 * Reads wait out a lost connection and fail only with `sessionEnded` or what the servers answer.
 * Writes fail with `connectionLoss` when their outcome is not known.
 *
 * A read may be behind the newest write of another session, but never behind an answer that this
 * session has had; after a transaction of its own it sees all that came before it.
 */
export interface ZkNodes {
  /** Of the session, as negotiated. */
  readonly timeoutMs: number;
  /** `changed` is called once when the node is written or removed, if it is there now. */
  read(path: string, changed?: () => void): Promise<ZkNode | undefined>;
  /** Undefined: there is no such node. In no order. */
  children(path: string, changed?: () => void): Promise<readonly string[] | undefined>;
  /** All of them or none, in their order. An error says by `at` which of them failed. */
  transact(ops: readonly ZkOp[]): Promise<void>;
  /**
   * Writes a node that is there; gives its new version. Here a version may be 0: the client library
   * takes it for "any" in a transaction, so what guards one must have been written before.
   */
  set(path: string, data: Buffer, version?: number): Promise<number>;
  /** Makes the nodes of the path that are not there, without data. */
  ensurePath(path: string): Promise<void>;
  /** Resolves when there is a connection. @throws ZkError `sessionEnded`. */
  connected(): Promise<void>;
}
