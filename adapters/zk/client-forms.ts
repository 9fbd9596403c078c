/** Between the forms of node-zookeeper-client and ours: access lists, nodes, operations, errors. */
import zookeeper, {type Exception, type Stat} from 'node-zookeeper-client';
import {ZkError, type ZkErrorKind} from './zk-error.ts';
import type {ZkNode, ZkOp} from './zk-nodes.ts';

/**
 * Who may use a node that a session with credentials creates: who has the same ones; the others not
 * at all, or for reading. A session without credentials lets everybody do everything.
 */
export type NodeAccess = 'ours' | 'readable';

/** Of an error that leaves it open whether anything was done. */
export const LOST_BEFORE_ANSWER = 'the connection to ZooKeeper was lost before the answer';

/** `isOpen`: of a session without credentials. */
export function aclOf(isOpen: boolean, access: NodeAccess): zookeeper.ACL[] {
  const {Permission, Id, ACL} = zookeeper;
  const everybody = new Id('world', 'anyone');
  if (isOpen) return [new ACL(Permission.ALL, everybody)];
  // Whoever has logged in as we have.
  const own = new ACL(Permission.ALL, new Id('auth', ''));
  return access === 'ours' ? [own] : [own, new ACL(Permission.READ, everybody)];
}

/** In the place of one that could not be read. */
export const EMPTY_NODE: ZkNode = {data: Buffer.alloc(0), version: 0, owner: undefined};

export function nodeOf(data: Buffer | undefined, {version, ephemeralOwner}: Stat): ZkNode {
  const owner = ephemeralOwner.toString('hex');
  return {
    data: data ?? EMPTY_NODE.data,
    version,
    owner: owner === '0000000000000000' ? undefined : owner,
  };
}

/** @throws RangeError for version 0, which the library takes for any version. */
export function addOp(transaction: zookeeper.Transaction, op: ZkOp, acl: zookeeper.ACL[]): void {
  if ((op.kind === 'check' || op.kind === 'set') && op.version === 0) {
    throw new RangeError(`version 0 of ${op.path} cannot be asked for in a transaction`);
  }
  switch (op.kind) {
    case 'check':
      transaction.check(op.path, op.version);
      break;
    case 'create':
      transaction.create(op.path, op.data, acl);
      break;
    case 'set':
      transaction.setData(op.path, op.data, op.version);
      break;
    case 'remove':
      transaction.remove(op.path);
      break;
  }
}

/** Of the results of a failed transaction, those before the one that failed say 0. */
export function indexOfFailure(results: unknown): number | undefined {
  if (!Array.isArray(results)) return undefined;
  const index = (results as readonly {readonly err?: number}[]).findIndex(
    ({err}) => err !== undefined && err !== 0,
  );
  return index === -1 ? undefined : index;
}

/** What the library says of a request for `path`; what is no error of ZooKeeper stays as it is. */
export function errorOf(error: Error | Exception, path: string): ZkError | Error {
  const {Exception} = zookeeper;
  if (!('code' in error) || typeof error.code !== 'number') return error as Error;
  const kinds: ReadonlyMap<number, ZkErrorKind> = new Map([
    [Exception.CONNECTION_LOSS, 'connectionLoss'],
    [Exception.SESSION_EXPIRED, 'sessionEnded'],
    [Exception.NO_NODE, 'noNode'],
    [Exception.NODE_EXISTS, 'nodeExists'],
    [Exception.NOT_EMPTY, 'notEmpty'],
    [Exception.BAD_VERSION, 'badVersion'],
    [Exception.NO_AUTH, 'noAuth'],
  ]);
  const kind = kinds.get(error.code) ?? 'refused';
  return new ZkError(kind, messageOf(kind, path, error), {cause: error});
}

/** For people; `cause` is the library's error. */
export function messageOf(kind: ZkErrorKind, path: string, cause: unknown): string {
  switch (kind) {
    case 'connectionLoss':
      return LOST_BEFORE_ANSWER;
    case 'noAuth':
      return `ZooKeeper refuses access to ${path}: it was made with other credentials`;
    default:
      return `ZooKeeper answers ${cause instanceof Error ? cause.name : kind} for ${path}`;
  }
}
