/**
 * A write as a store takes it in: checked, and its documents as JSON text. Every store does this
 * when `commit` is called, so that what the caller does to them afterwards changes nothing.
 */
import {StoreRefusedError, type StoreWrite} from './store.ts';

export interface FrozenWrite {
  readonly epoch: number | undefined;
  readonly puts: readonly FrozenPut[];
  readonly deletes: readonly string[];
}

export interface FrozenPut {
  readonly path: string;
  /** JSON. */
  readonly text: string;
}

/**
 * @throws StoreRefusedError a path is empty, is no Unicode text or stands twice in the write; a
 *   document is no JSON; the epoch is no count.
 */
export function freezeWrite({epoch, puts, deletes}: StoreWrite): FrozenWrite {
  if (epoch !== undefined && !(Number.isSafeInteger(epoch) && epoch >= 0)) {
    throw new StoreRefusedError(`epoch: expected an integer of at least 0, not ${epoch}`);
  }
  const paths = new Set<string>();
  const frozenPuts = puts.map(({path, document}) => {
    takePath(paths, path);
    return {path, text: textOf(path, document)};
  });
  for (const path of deletes) takePath(paths, path);
  return {epoch, puts: frozenPuts, deletes: [...deletes]};
}

/**
 * As {@link freezeWrite}, but what is refused is given back: its turn has to come before that is
 * said. `check` throws what the store itself refuses.
 */
export function freezeOrRefuse(
  write: StoreWrite,
  check: (frozen: FrozenWrite) => void,
): FrozenWrite | StoreRefusedError {
  try {
    const frozen = freezeWrite(write);
    check(frozen);
    return frozen;
  } catch (error) {
    if (error instanceof StoreRefusedError) return error;
    throw error;
  }
}

function takePath(paths: Set<string>, path: string): void {
  if (path === '') throw new StoreRefusedError('path: expected at least one character');
  // Half a surrogate pair has no form in UTF-8: two such paths would become one.
  if (!path.isWellFormed()) {
    throw new StoreRefusedError(`path: expected Unicode text, not ${JSON.stringify(path)}`);
  }
  if (paths.has(path)) throw new StoreRefusedError(`${path}: stands twice in one write`);
  paths.add(path);
}

function textOf(path: string, document: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(document);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreRefusedError(`${path}: the document cannot be written as JSON: ${reason}`);
  }
  if (text === undefined) {
    throw new StoreRefusedError(`${path}: expected a JSON document, not ${typeof document}`);
  }
  return text;
}
