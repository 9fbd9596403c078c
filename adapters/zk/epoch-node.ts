/**
 * The node that holds the epoch of the latest leader. It only ever grows, by writes that name the
 * version they have seen, and every transaction of a leader checks that version: so from the
 * instant at which a new leader has raised it, nothing of an older one can be written any more.
 */
import {isZkError} from './zk-error.ts';
import type {ZkNodes} from './zk-nodes.ts';

export interface EpochState {
  /** 0: nobody has led yet. */
  readonly epoch: number;
  /** Who has raised it to that. */
  readonly by: string;
  /** Of the node; never 0. */
  readonly version: number;
}

export function epochData(epoch: number, by: string): Buffer {
  return Buffer.from(JSON.stringify({epoch, by}));
}

/** Makes the node if it is not there. Its folder must be. */
export async function readEpoch(nodes: ZkNodes, path: string): Promise<EpochState> {
  for (;;) {
    const node = await nodes.read(path);
    try {
      if (node === undefined) {
        await nodes.transact([{kind: 'create', path, data: epochData(0, '')}]);
      } else if (node.version === 0) {
        // Transactions cannot ask for version 0.
        await nodes.set(path, node.data, 0);
      } else {
        return {...parseEpoch(path, node.data), version: node.version};
      }
    } catch (error) {
      // Somebody else was faster, or our own answer got lost: reading again tells.
      if (!isZkError(error, 'nodeExists', 'badVersion', 'connectionLoss')) throw error;
    }
  }
}

/**
 * Raises the epoch by one for who owns `candidate`, a node that is there only while its session
 * lives and nobody else may lead. Asked for again, by a lost answer, it is not raised twice.
 *
 * @throws ZkError `noNode`: the candidate is gone.
 */
export async function raiseEpoch(nodes: ZkNodes, path: string, candidate: string): Promise<number> {
  for (;;) {
    const {epoch, by, version} = await readEpoch(nodes, path);
    if (by === candidate) return epoch;
    try {
      await nodes.transact([
        {kind: 'check', path: candidate},
        {kind: 'set', path, data: epochData(epoch + 1, candidate), version},
      ]);
      return epoch + 1;
    } catch (error) {
      if (!isZkError(error, 'badVersion', 'connectionLoss')) throw error;
    }
  }
}

function parseEpoch(path: string, data: Buffer): {readonly epoch: number; readonly by: string} {
  const text = data.toString();
  try {
    const {epoch, by} = JSON.parse(text) as {epoch?: unknown; by?: unknown};
    if (Number.isSafeInteger(epoch) && typeof by === 'string') return {epoch: Number(epoch), by};
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${path} holds no epoch, but ${JSON.stringify(text.slice(0, 100))}`);
}
