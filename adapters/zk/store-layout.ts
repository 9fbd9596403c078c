/**
 * Where the store keeps what below its root, and how documents become node data.
 *
 *     <root>/writer            who writes, and the number of its latest transaction
 *     <root>/journal           there while a write of several transactions is being carried out
 *     <root>/docs/<3 hex>/<name>   a document; 1,024 folders, made when needed, keep lists short
 *     <root>/blobs/<id>.<n>    a part of something large
 *
 * A node of a document holds its JSON text. Where that is not enough, a head goes before it, which
 * no JSON text looks like: `!`, a JSON object, a line feed. The head has the path, if it is too
 * long for a node's name, and says where the text is, if it is too large for one node.
 */
import {createHash} from 'node:crypto';

/** Bytes kept in `<root>/blobs/<id>.0` and so on. */
export interface BlobRef {
  readonly id: string;
  readonly parts: number;
  readonly bytes: number;
}

/** A document, as its node has it. */
export interface DocumentNode {
  readonly path: string;
  readonly content: {readonly text: string} | {readonly blob: BlobRef};
}

export class StoreLayout {
  readonly root: string;
  readonly writer: string;
  readonly journal: string;
  readonly documents: string;
  readonly blobs: string;

  constructor(root: string) {
    this.root = root;
    this.writer = `${root}/writer`;
    this.journal = `${root}/journal`;
    this.documents = `${root}/docs`;
    this.blobs = `${root}/blobs`;
  }

  folderOf(path: string): string {
    return `${this.documents}/${bucketOf(path)}`;
  }

  nodeOf(path: string): string {
    return `${this.folderOf(path)}/${nodeNameOf(path)}`;
  }

  partOf(id: string, index: number): string {
    return `${this.blobs}/${id}.${index}`;
  }

  partsOf({id, parts}: BlobRef): readonly string[] {
    return Array.from({length: parts}, (_, index) => this.partOf(id, index));
  }
}

/** Longer names are replaced by a digest; a list of names has to be short, too. */
const NAME_LENGTH_MAX = 200;
const HEAD_MARK = '!'.charCodeAt(0);
const BUCKETS = 1024;

/**
 * Readable where it may be: `marathon:apps:web`. ZooKeeper refuses slashes, control characters,
 * surrogates, and `.` and `..`; all that is not plainly harmless is written as its code.
 */
export function nodeNameOf(path: string): string {
  let name = '';
  for (let index = 0; index < path.length; index += 1) {
    const unit = path.charAt(index);
    if (unit === '/') name += ':';
    else if (/[A-Za-z0-9_-]/.test(unit) || (unit === '.' && index > 0)) name += unit;
    else name += escapeOf(unit.charCodeAt(0));
    if (name.length > NAME_LENGTH_MAX) return `~${createHash('sha256').update(path).digest('hex')}`;
  }
  return name;
}

function escapeOf(code: number): string {
  const digits = code.toString(16);
  return code < 0x80 ? `%${digits.padStart(2, '0')}` : `%u${digits.padStart(4, '0')}`;
}

/** The path of a node's name; undefined: the name is a digest. */
export function pathOfNodeName(name: string): string | undefined {
  if (name.startsWith('~')) return undefined;
  return name
    .replaceAll(':', '/')
    .replaceAll(/%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/g, (_, long?: string, short?: string) =>
      String.fromCharCode(parseInt(long ?? short ?? '', 16)),
    );
}

function bucketOf(path: string): string {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (let index = 0; index < path.length; index += 1) {
    hash = Math.imul(hash ^ path.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 0) % BUCKETS).toString(16).padStart(3, '0');
}

export function printDocumentNode({path, content}: DocumentNode): Buffer {
  const hasShortPath = !nodeNameOf(path).startsWith('~');
  const text = 'text' in content ? content.text : '';
  if (hasShortPath && 'text' in content) return Buffer.from(text);
  const head = {
    path: hasShortPath ? undefined : path,
    blob: 'blob' in content ? content.blob : undefined,
  };
  return Buffer.from(`!${JSON.stringify(head)}\n${text}`);
}

/** @throws SyntaxError | TypeError if the data is nothing that {@link printDocumentNode} makes. */
export function parseDocumentNode(name: string, data: Buffer): DocumentNode {
  const shortPath = pathOfNodeName(name);
  if (data[0] !== HEAD_MARK) {
    if (shortPath === undefined) throw new TypeError(`${name} does not say which path it has`);
    return {path: shortPath, content: {text: data.toString()}};
  }
  const end = data.indexOf('\n');
  const head = JSON.parse(data.toString('utf8', 1, end)) as {path?: string; blob?: unknown};
  const path = shortPath ?? head.path;
  if (path === undefined) throw new TypeError(`${name} does not say which path it has`);
  if (head.blob !== undefined) return {path, content: {blob: parseBlobRef(head.blob)}};
  return {path, content: {text: data.toString('utf8', end + 1)}};
}

export function parseBlobRef(value: unknown): BlobRef {
  const {id, parts, bytes} = value as Partial<BlobRef>;
  if (typeof id === 'string' && typeof parts === 'number' && typeof bytes === 'number') {
    return {id, parts, bytes};
  }
  throw new TypeError(`${JSON.stringify(value)} names no blob`);
}

/** The blob's id of a node below `blobs`. */
export function blobIdOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}
