/** Changes of documents' nodes, and the journal in which many of them are written down. */
import {type BlobRef, parseBlobRef, printDocumentNode} from './store-layout.ts';

/** A change of one document's node. */
export interface NodeChange {
  readonly path: string;
  /** Undefined: it is removed. */
  readonly data: Buffer | undefined;
  /** Where the text is, if it is not in the node. */
  readonly blob: BlobRef | undefined;
}

/** Of a text that one node can hold; undefined: it is removed. */
export function changeOfText(path: string, text: string | undefined): NodeChange {
  if (text === undefined) return {path, data: undefined, blob: undefined};
  return {path, data: printDocumentNode({path, content: {text}}), blob: undefined};
}

/** A row a change: its path, the node's data as text, and its blob. */
export function printJournal(changes: readonly NodeChange[]): Buffer {
  const rows = changes.map(({path, data, blob}) => [path, data?.toString() ?? null, blob ?? null]);
  return Buffer.from(JSON.stringify(rows));
}

type JournalRow = readonly [path: string, data: string | null, blob: BlobRef | null];

/** What {@link printJournal} has made. */
export function parseJournal(data: Buffer): readonly NodeChange[] {
  const rows = JSON.parse(data.toString()) as readonly JournalRow[];
  return rows.map(([path, text, blob]) => ({
    path,
    data: text === null ? undefined : Buffer.from(text),
    blob: blob === null ? undefined : parseBlobRef(blob),
  }));
}
