/**
 * Transactions that are carried out once, in order, and only while nobody else has taken over.
 *
 * Each checks the version of the epoch's node, or raises the epoch with it, and sets the `writer`
 * node, which names this writer and counts its transactions, at the version it had. Hence:
 *
 * - After a later epoch nothing of this writer is applied.
 * - After somebody else has seized the writer node, neither is anything that was on its way.
 * - A transaction whose answer was lost is simply sent again in the next connection. If it had been
 *   applied, the version is in its way, and the writer node, which then has our own name and number
 *   on it, says so. If a copy of it is still on its way, the version is in that one's way.
 */
import {type EpochState, epochData, readEpoch} from './epoch-node.ts';
import {isZkError} from './zk-error.ts';
import type {ZkNodes, ZkOp} from './zk-nodes.ts';

export interface GuardedWriterOptions {
  readonly nodes: ZkNodes;
  readonly writerPath: string;
  readonly epochPath: string;
  /** Of this writer, and of no other ever. */
  readonly id: string;
}

/** Why a transaction was not applied, for certain. */
export class NotAppliedError extends Error {
  /**
   * `fenced`: the epoch is a later one now. `overtaken`: somebody else has written or seized, or
   * nodes are not as the transaction expects them; what is known of the nodes is out of date.
   */
  readonly reason: 'fenced' | 'overtaken';

  constructor(reason: 'fenced' | 'overtaken', options?: ErrorOptions) {
    super(`the transaction was not applied: ${reason}`, options);
    this.name = 'NotAppliedError';
    this.reason = reason;
  }
}

/** The connection was lost, and somebody else has taken over before the outcome could be read. */
export class OutcomeUnknownError extends Error {
  constructor(options?: ErrorOptions) {
    super('another writer has taken over while the answer to a transaction was lost', options);
    this.name = 'OutcomeUnknownError';
  }
}

/** The guards are the first two operations of each transaction. */
const EPOCH_AT = 0;

export class GuardedWriter {
  readonly #options: GuardedWriterOptions;
  #epoch: EpochState = {epoch: 0, by: '', version: 0};
  #writerVersion = 0;
  /** Of the transactions, those that were not applied included. */
  #count = 0;
  #isStopped = false;

  constructor(options: GuardedWriterOptions) {
    this.#options = options;
  }

  /** The latest that this has seen. */
  get epoch(): number {
    return this.#epoch.epoch;
  }

  /** Nothing more is sent; what was sent may still be applied. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Takes the writer node over, whoever had it. Its folder must be there. What is read after it
   * shows all that was written before it.
   */
  async seize(): Promise<void> {
    const {nodes, writerPath, epochPath} = this.#options;
    this.#epoch = await readEpoch(nodes, epochPath);
    // The library takes 0 for any version in a transaction, so a new node is written twice.
    for (this.#writerVersion = 0; this.#writerVersion === 0;) {
      this.#checkRunning();
      try {
        this.#writerVersion = await nodes.set(writerPath, this.#writerData());
      } catch (error) {
        if (isZkError(error, 'noNode')) await this.#createWriterNode();
        else if (!isZkError(error, 'connectionLoss')) throw error;
        await nodes.connected();
      }
    }
  }

  /**
   * Applies all of the operations, in the name of a leader of `epoch` (undefined: of any).
   *
   * @throws NotAppliedError
   * @throws OutcomeUnknownError
   * @throws ZkError `sessionEnded`: whether it was applied is not known.
   */
  async write(ops: readonly ZkOp[], epoch: number | undefined): Promise<void> {
    const {nodes} = this.#options;
    this.#count += 1;
    // Whether a copy of it may have been applied, or may still be.
    let isOut = false;
    for (;;) {
      this.#checkRunning();
      try {
        await nodes.transact([...this.#guards(epoch), ...ops]);
        this.#onApplied(epoch);
        return;
      } catch (error) {
        if (isZkError(error, 'connectionLoss')) {
          isOut = true;
          await nodes.connected();
          continue;
        }
        if (!isZkError(error, 'badVersion', 'nodeExists', 'noNode', 'notEmpty')) throw error;
        const outcome = await this.#readOutcome();
        if (outcome === 'applied') return;
        if (outcome === 'unknown' && isOut) throw new OutcomeUnknownError({cause: error});
        if (this.isFenced(epoch)) throw new NotAppliedError('fenced', {cause: error});
        if (error.at !== EPOCH_AT) throw new NotAppliedError('overtaken', {cause: error});
      }
    }
  }

  /** Whether a later epoch than this has been seen. */
  isFenced(epoch: number | undefined): boolean {
    return epoch !== undefined && epoch < this.#epoch.epoch;
  }

  #guards(epoch: number | undefined): readonly ZkOp[] {
    const {epochPath, writerPath, id} = this.#options;
    const {version} = this.#epoch;
    const guard: ZkOp = this.#raises(epoch)
      ? {kind: 'set', path: epochPath, data: epochData(epoch, id), version}
      : {kind: 'check', path: epochPath, version};
    const data = this.#writerData();
    // Versions are counted in 32 bits, and -1 and 0 cannot be asked for: twice in four billion
    // transactions the epoch alone has to guard them.
    const isAskable = this.#writerVersion !== -1 && this.#writerVersion !== 0;
    const writerVersion = isAskable ? this.#writerVersion : undefined;
    return [guard, {kind: 'set', path: writerPath, data, version: writerVersion}];
  }

  #raises(epoch: number | undefined): epoch is number {
    return epoch !== undefined && epoch > this.#epoch.epoch;
  }

  #onApplied(epoch: number | undefined): void {
    this.#writerVersion = (this.#writerVersion + 1) | 0;
    if (!this.#raises(epoch)) return;
    this.#epoch = {epoch, by: this.#options.id, version: this.#epoch.version + 1};
  }

  /**
   * Reads the guards again, after a transaction was refused: what is read is at least as new as the
   * refusal. As long as the writer node has our name on it, it tells what became of our latest.
   */
  async #readOutcome(): Promise<'applied' | 'not applied' | 'unknown'> {
    const {nodes, epochPath, writerPath, id} = this.#options;
    this.#epoch = await readEpoch(nodes, epochPath);
    const node = await nodes.read(writerPath);
    if (node?.data.equals(this.#writerData()) === true) {
      this.#writerVersion = node.version;
      return 'applied';
    }
    return node !== undefined && writerOf(node.data) === id ? 'not applied' : 'unknown';
  }

  async #createWriterNode(): Promise<void> {
    const {nodes, writerPath} = this.#options;
    try {
      await nodes.transact([{kind: 'create', path: writerPath, data: this.#writerData()}]);
    } catch (error) {
      if (!isZkError(error, 'nodeExists', 'connectionLoss')) throw error;
    }
  }

  #writerData(): Buffer {
    return Buffer.from(JSON.stringify({writer: this.#options.id, count: this.#count}));
  }

  #checkRunning(): void {
    if (this.#isStopped) throw new OutcomeUnknownError();
  }
}

function writerOf(data: Buffer): unknown {
  try {
    return (JSON.parse(data.toString()) as {writer?: unknown}).writer;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
