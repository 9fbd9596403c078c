/**
 * One candidacy in one session: stands in line, leads when everybody before it has gone, and is
 * over when that can no longer be proved.
 *
 * Each watches the one before it only, so that a master that goes wakes one other. Real Mesos has
 * everybody watch the whole folder; what others see is the same.
 */
import {raiseEpoch} from './epoch-node.ts';
import {Lease} from './lease.ts';
import {type MasterInfo, parseMasterInfo, printMasterInfo} from './master-info.ts';
import {ELECTION_ACCESS, type Member, MEMBER_PREFIX, membersOf} from './members.ts';
import type {ZkSession} from './session.ts';
import {isZkError} from './zk-error.ts';

export interface CandidacyOptions {
  readonly session: ZkSession;
  /** The election's folder: `/drydock`. It is made if it is not there. */
  readonly folder: string;
  readonly epochPath: string;
  readonly info: MasterInfo;
}

export interface CandidacyListener {
  /** Nobody has led with this epoch, and none that led before can write any more. */
  elected(epoch: number, lease: Lease): void;
  /** Once, elected or not. The node may still be there: the session has to be closed. */
  over(reason: string): void;
}

export class Candidacy {
  readonly #options: CandidacyOptions;
  readonly #listener: CandidacyListener;
  #lease: Lease | undefined;
  #isOver = false;

  constructor(options: CandidacyOptions, listener: CandidacyListener) {
    this.#options = options;
    this.#listener = listener;
    void options.session.ended.then((end) => this.end(`the ZooKeeper session has ended: ${end}`));
    this.#run().catch((error: unknown) => {
      this.end(error instanceof Error ? error.message : String(error));
    });
  }

  /** The lease is over when this returns. */
  end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#lease?.release(reason);
    this.#listener.over(reason);
  }

  async #run(): Promise<void> {
    const {session, folder, epochPath} = this.#options;
    await session.ensurePath(folder, ELECTION_ACCESS);
    const own = await this.#join();
    await this.#untilFirst(own);
    if (this.#isOver) return;
    // Only while the own node is there, so only while nobody else may lead.
    const epoch = await raiseEpoch(session, epochPath, own);
    if (this.#isOver) return;
    const lease = new Lease(session);
    this.#lease = lease;
    void lease.lost.then((reason) => this.end(reason));
    if (!lease.isHeld()) return;
    this.#listener.elected(epoch, lease);
    await this.#untilGone(own);
    this.end('somebody has removed its node');
  }

  /**
   * Makes the own node, once. When the answer to that gets lost, the node may be there all the
   * same: a second one would later keep others waiting for nobody.
   */
  async #join(): Promise<string> {
    const {session, folder, info} = this.#options;
    const data = Buffer.from(printMasterInfo(info));
    for (;;) {
      // So that the list shows what was made before the connection was lost.
      await session.prove();
      const own = await this.#findOwn();
      if (own !== undefined) return own;
      try {
        const path = `${folder}/${MEMBER_PREFIX}`;
        return await session.createEphemeralSequential(path, data, ELECTION_ACCESS);
      } catch (error) {
        if (!isZkError(error, 'connectionLoss')) throw error;
      }
    }
  }

  /** Also removes what earlier sessions of this process have left: none of them leads any more. */
  async #findOwn(): Promise<string | undefined> {
    const {session, info} = this.#options;
    let own: string | undefined;
    for (const {path} of await this.#members()) {
      const node = await session.read(path);
      if (node === undefined) continue;
      const isOurs = node.owner === session.id;
      if (isOurs && own === undefined) own = path;
      else if (isOurs || parseMasterInfo(node.data.toString())?.id === info.id) {
        await this.#remove(path);
      }
    }
    return own;
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#options.session.transact([{kind: 'remove', path}]);
    } catch (error) {
      if (!isZkError(error, 'noNode', 'connectionLoss')) throw error;
    }
  }

  async #untilFirst(own: string): Promise<void> {
    while (!this.#isOver) {
      const members = await this.#members();
      const at = members.findIndex(({path}) => path === own);
      if (at === -1) {
        this.end('somebody has removed its node');
        return;
      }
      const before = members[at - 1];
      if (before === undefined) return;
      await this.#untilGone(before.path);
    }
  }

  /** Or until the session ends. */
  async #untilGone(path: string): Promise<void> {
    const {session} = this.#options;
    for (;;) {
      const changed = Promise.withResolvers<void>();
      if ((await session.read(path, () => changed.resolve())) === undefined) return;
      await Promise.race([changed.promise, session.ended]);
      if (session.isOver || this.#isOver) return;
    }
  }

  async #members(): Promise<readonly Member[]> {
    const {session, folder} = this.#options;
    return membersOf(folder, (await session.children(folder)) ?? []);
  }
}
