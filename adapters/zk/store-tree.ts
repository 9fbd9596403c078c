/**
 * The store's documents as nodes of an ensemble: reading them all, and changing some of them as if
 * it were one step. Every change goes through a {@link GuardedWriter}, so each transaction below is
 * applied once, in order, and not at all after somebody else has taken over.
 *
 * A request must stay far below 1 MB, ZooKeeper's limit for one and for a node. So there are three
 * ways to write, from the plain to the large, and each becomes visible in one transaction:
 *
 * 1. What fits into one transaction is one.
 * 2. A text that is too large for a node is cut into parts. They are written first, under a name
 *    that nobody has used before, in transactions of their own. The document's node, which goes
 *    with the others of the write, names them; the same transaction removes the parts of the text
 *    before.
 * 3. Changes that are too many for one transaction are written down as a journal first, in parts
 *    like a large text. One transaction then makes the node `journal`, which names them: from here
 *    on the write has happened. After it, the changes are made, some at a time, and at last the
 *    node and its parts are removed. Who reads all while there is a journal makes its changes
 *    first; made twice they come to the same.
 *
 * What a writer that died has left: parts that nothing names. Who reads all removes them. That the
 * writer is alive after all is no danger: reading begins by seizing the writer node, which makes
 * the other's next transaction fail, and ends with a transaction that would fail if anybody had
 * written meanwhile; then everything is read again.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {StoreUnavailableError} from '../ports/store.ts';
import {type GuardedWriter, NotAppliedError} from './guarded-writer.ts';
import {changeOfText, type NodeChange, parseJournal, printJournal} from './node-changes.ts';
import {
  type BlobRef,
  blobIdOf,
  parseBlobRef,
  parseDocumentNode,
  printDocumentNode,
  type StoreLayout,
} from './store-layout.ts';
import type {ZkNodes, ZkOp} from './zk-nodes.ts';

export interface TreeLimits {
  /** Of one node's data. */
  readonly valueBytes: number;
  /** Of one transaction, all paths and data together. */
  readonly transactionBytes: number;
  readonly transactionOps: number;
}

/** The text that a path gets; undefined: it is removed. */
export type TextChanges = ReadonlyMap<string, string | undefined>;

export interface StoreTreeParts {
  readonly nodes: ZkNodes;
  readonly layout: StoreLayout;
  readonly writer: GuardedWriter;
  readonly limits: TreeLimits;
  /** Makes a name for a blob that nobody has used before. */
  readonly makeBlobId: () => string;
  /** Something was answered: it goes on. */
  readonly onProgress: () => void;
}

/** So many requests are under way while all is read. */
const READS_MAX = 1000;
const TRIES_MAX = 20;
/** What an operation takes besides its path and its data: lengths, numbers, the access list. */
const OP_BYTES = 128;

export class StoreTree {
  readonly #parts: StoreTreeParts;
  /** The documents that are there, and where their text is if it is not in their node. */
  #known = new Map<string, BlobRef | undefined>();
  #folders = new Set<string>();
  #isCurrent = false;

  constructor(parts: StoreTreeParts) {
    this.#parts = parts;
  }

  /** Whether what this knows of the nodes holds, as far as it can know. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Shuts out all leaders before `epoch`, without having read anything. */
  async raise(epoch: number): Promise<void> {
    const {nodes, layout, writer} = this.#parts;
    await nodes.ensurePath(layout.root);
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      await standBack(tries);
      if (!this.#isCurrent) await writer.seize();
      if (epoch <= writer.epoch) return;
      if (await this.#isApplied(writer.write([], epoch))) return;
    }
    throw contended(layout);
  }

  /** All texts. It carries on what others have left half done, and clears up behind them. */
  async load(): Promise<ReadonlyMap<string, string>> {
    const {nodes, layout, writer} = this.#parts;
    await nodes.ensurePath(layout.documents);
    await nodes.ensurePath(layout.blobs);
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      await standBack(tries);
      this.#isCurrent = false;
      await writer.seize();
      let texts: ReadonlyMap<string, string> | undefined;
      let problem: unknown;
      try {
        texts = await this.#readAll();
      } catch (error) {
        // What does not fit together may be two states in one: the next line tells.
        problem = error;
      }
      if (!(await this.#isApplied(writer.write([], undefined)))) continue;
      if (texts === undefined) throw problem;
      this.#isCurrent = true;
      return texts;
    }
    throw contended(layout);
  }

  /**
   * Makes the changes, all or none of them. `committed`: from here on it has happened.
   *
   * @throws NotAppliedError without `committed`: nothing was changed. If it was `overtaken`, load
   *   before trying again; that also finishes what was committed.
   * @throws OutcomeUnknownError, ZkError as GuardedWriter.write
   */
  async apply(
    changes: TextChanges,
    epoch: number | undefined,
    committed: () => void,
  ): Promise<void> {
    const {layout, limits} = this.#parts;
    const staged: NodeChange[] = [];
    for (const [path, text] of changes) {
      const data = text === undefined ? undefined : Buffer.from(text);
      if (data === undefined || data.length <= limits.valueBytes) {
        staged.push(changeOfText(path, text));
      } else {
        const blob = await this.#writeBlob(data, epoch);
        staged.push({path, data: printDocumentNode({path, content: {blob}}), blob});
      }
    }
    if (this.#fits(staged)) {
      await this.#apply(staged, epoch);
      committed();
      return;
    }
    const journal = await this.#writeBlob(printJournal(staged), epoch);
    const data = Buffer.from(JSON.stringify(journal));
    await this.#write([{kind: 'create', path: layout.journal, data}], epoch);
    committed();
    await this.#carryOut(staged, journal, epoch);
  }

  async #carryOut(
    changes: readonly NodeChange[],
    journal: BlobRef,
    epoch: number | undefined,
  ): Promise<void> {
    const {layout} = this.#parts;
    for (const batch of this.#batchesOf(changes)) await this.#apply(batch, epoch);
    const done: ZkOp = {kind: 'remove', path: layout.journal};
    await this.#write([done, ...this.#removalOf(journal)], epoch);
  }

  async #apply(changes: readonly NodeChange[], epoch: number | undefined): Promise<void> {
    const {ops, folders} = this.#opsOf(changes);
    await this.#write(ops, epoch);
    for (const folder of folders) this.#folders.add(folder);
    for (const {path, data, blob} of changes) {
      if (data === undefined) this.#known.delete(path);
      else this.#known.set(path, blob);
    }
  }

  #opsOf(changes: readonly NodeChange[]): {
    readonly ops: readonly ZkOp[];
    readonly folders: ReadonlySet<string>;
  } {
    const {layout} = this.#parts;
    const ops: ZkOp[] = [];
    const folders = new Set<string>();
    for (const {path, data, blob} of changes) {
      const node = layout.nodeOf(path);
      const folder = layout.folderOf(path);
      if (this.#known.has(path)) {
        ops.push(
          data === undefined ? {kind: 'remove', path: node} : {kind: 'set', path: node, data},
        );
      } else if (data !== undefined) {
        if (!this.#folders.has(folder) && !folders.has(folder)) {
          folders.add(folder);
          ops.push({kind: 'create', path: folder, data: Buffer.alloc(0)});
        }
        ops.push({kind: 'create', path: node, data});
      }
      // A journal that is carried out again may have put the very same blob there.
      const before = this.#known.get(path);
      if (before !== undefined && before.id !== blob?.id) ops.push(...this.#removalOf(before));
    }
    return {ops, folders};
  }

  #removalOf(blob: BlobRef): readonly ZkOp[] {
    return this.#parts.layout.partsOf(blob).map((path) => ({kind: 'remove', path}));
  }

  #fits(changes: readonly NodeChange[]): boolean {
    return this.#batchesOf(changes).length <= 1;
  }

  #batchesOf(changes: readonly NodeChange[]): readonly (readonly NodeChange[])[] {
    const {transactionBytes, transactionOps} = this.#parts.limits;
    const batches: NodeChange[][] = [];
    let [bytes, count] = [Infinity, Infinity];
    for (const change of changes) {
      const {ops} = this.#opsOf([change]);
      const cost = ops.reduce((sum, op) => sum + bytesOf(op), 0);
      if (bytes + cost > transactionBytes || count + ops.length > transactionOps) {
        batches.push([]);
        [bytes, count] = [0, 0];
      }
      batches.at(-1)?.push(change);
      bytes += cost;
      count += ops.length;
    }
    return batches;
  }

  async #writeBlob(data: Buffer, epoch: number | undefined): Promise<BlobRef> {
    const {layout, limits, makeBlobId} = this.#parts;
    const id = makeBlobId();
    let parts = 0;
    for (let at = 0; at < data.length; at += limits.valueBytes) {
      const part = data.subarray(at, at + limits.valueBytes);
      await this.#write([{kind: 'create', path: layout.partOf(id, parts), data: part}], epoch);
      parts += 1;
    }
    return {id, parts, bytes: data.length};
  }

  async #readBlob(blob: BlobRef): Promise<Buffer> {
    const {layout, nodes, onProgress} = this.#parts;
    const parts: Buffer[] = [];
    for (const path of layout.partsOf(blob)) {
      const part = await nodes.read(path);
      onProgress();
      if (part === undefined) throw new StoreUnavailableError(`${path} is missing`);
      parts.push(part.data);
    }
    const data = Buffer.concat(parts);
    if (data.length === blob.bytes) return data;
    const found = `${data.length} bytes`;
    throw new StoreUnavailableError(
      `${layout.partOf(blob.id, 0)} and on: ${found}, not ${blob.bytes}`,
    );
  }

  async #readAll(): Promise<ReadonlyMap<string, string>> {
    const {nodes, layout} = this.#parts;
    const texts = await this.#readDocuments();
    const journal = await nodes.read(layout.journal);
    if (journal !== undefined) {
      const blob = parseBlobRef(JSON.parse(journal.data.toString()));
      const changes = parseJournal(await this.#readBlob(blob));
      await this.#carryOut(changes, blob, undefined);
      for (const {path, data, blob: large} of changes) {
        const text = large === undefined ? data : await this.#readBlob(large);
        if (text === undefined) texts.delete(path);
        else if (large === undefined) texts.set(path, textOf(layout.nodeOf(path), text));
        else texts.set(path, text.toString());
      }
    }
    await this.#clearUp();
    return texts;
  }

  /** As the nodes have them, journal or not. */
  async #readDocuments(): Promise<Map<string, string>> {
    const {nodes, layout, onProgress} = this.#parts;
    this.#known = new Map();
    const texts = new Map<string, string>();
    const folders = (await nodes.children(layout.documents)) ?? [];
    this.#folders = new Set(folders.map((folder) => `${layout.documents}/${folder}`));
    const found: (readonly [folder: string, name: string])[] = [];
    await inParallel([...this.#folders], async (folder) => {
      for (const name of (await nodes.children(folder)) ?? []) found.push([folder, name]);
      onProgress();
    });
    await inParallel(found, async ([folder, name]) => {
      const node = await nodes.read(`${folder}/${name}`);
      onProgress();
      // Removed since the list was read: then somebody else is writing, which will be noticed.
      if (node === undefined) return;
      const {path, content} = parseNode(folder, name, node.data);
      const blob = 'blob' in content ? content.blob : undefined;
      this.#known.set(path, blob);
      if ('text' in content) texts.set(path, content.text);
      else texts.set(path, (await this.#readBlob(content.blob)).toString());
    });
    return texts;
  }

  /** Removes the parts that nothing names. */
  async #clearUp(): Promise<void> {
    const {nodes, layout, limits} = this.#parts;
    const used = new Set([...this.#known.values()].map((blob) => blob?.id));
    const names = (await nodes.children(layout.blobs)) ?? [];
    const unused = names.filter((name) => !used.has(blobIdOf(name)));
    for (let at = 0; at < unused.length; at += limits.transactionOps) {
      const some = unused.slice(at, at + limits.transactionOps);
      await this.#write(
        some.map((name) => ({kind: 'remove', path: `${layout.blobs}/${name}`})),
        undefined,
      );
    }
  }

  async #write(ops: readonly ZkOp[], epoch: number | undefined): Promise<void> {
    try {
      await this.#parts.writer.write(ops, epoch);
    } catch (error) {
      this.#isCurrent = false;
      throw error;
    }
    this.#parts.onProgress();
  }

  /** False: somebody else was faster. */
  async #isApplied(written: Promise<void>): Promise<boolean> {
    try {
      await written;
      return true;
    } catch (error) {
      this.#isCurrent = false;
      if (error instanceof NotAppliedError && error.reason === 'overtaken') return false;
      throw error;
    }
  }
}

function bytesOf(op: ZkOp): number {
  const data = op.kind === 'create' || op.kind === 'set' ? op.data.length : 0;
  return OP_BYTES + op.path.length + data;
}

function parseNode(
  folder: string,
  name: string,
  data: Buffer,
): ReturnType<typeof parseDocumentNode> {
  try {
    return parseDocumentNode(name, data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${folder}/${name} holds no document of this store: ${reason}`;
    throw new StoreUnavailableError(message, {cause: error});
  }
}

/** Of a node that holds its text. */
function textOf(node: string, data: Buffer): string {
  const name = node.slice(node.lastIndexOf('/') + 1);
  const {content} = parseNode(node, name, data);
  return 'text' in content ? content.text : '';
}

function contended(layout: StoreLayout): StoreUnavailableError {
  const what = `others wrote to ${layout.root} all the while`;
  return new StoreUnavailableError(`${what}, ${TRIES_MAX} times in a row`);
}

/** Two that overtake each other would do so for ever, if each did the same again at once. */
export async function standBack(tries: number): Promise<void> {
  if (tries === 0) return;
  await sleep(Math.random() * Math.min(500, 2 ** (tries + 1)));
}

async function inParallel<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const workers = Array.from({length: Math.min(READS_MAX, items.length)}, async () => {
    for (let item = items[next]; item !== undefined; item = items[next]) {
      next += 1;
      await use(item);
    }
  });
  await Promise.all(workers);
}
