/** Finding the files that a scenario names. */
import {readFileSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';

const DATA_PREFIX = 'data:';

export type FoundFile =
  | {readonly ok: true; readonly path: string}
  | {readonly ok: false; readonly message: string};

/**
 * `data:NAME` is looked for in the data folders, in their order; any other name is a path relative
 * to `folder`, that of the file in which it is written.
 */
export function findFile(
  written: string,
  folder: string,
  dataFolders: readonly string[],
): FoundFile {
  const isData = written.startsWith(DATA_PREFIX);
  const name = isData ? written.slice(DATA_PREFIX.length) : written;
  const folders = isData ? dataFolders : [folder];
  if (isData && folders.length === 0) {
    return {ok: false, message: `file not found: ${written} (no data folder; set DRYDOCK_DATA)`};
  }
  for (const candidate of folders) {
    const path = isData ? join(candidate, name) : resolve(candidate, name);
    const kind = kindOf(path);
    if (kind === 'file') return {ok: true, path: resolve(path)};
    if (kind === 'folder') {
      return {ok: false, message: `expected a file, found a folder: ${written}`};
    }
    if (kind !== 'nothing') return {ok: false, message: `cannot be read (${kind}): ${written}`};
  }
  const where = isData ? ` (looked in ${folders.join(', ')})` : '';
  return {ok: false, message: `file not found: ${written}${where}`};
}

/** `file`, `folder`, `nothing`, or the system's code for why it cannot tell. */
function kindOf(path: string): string {
  try {
    const status = statSync(path, {throwIfNoEntry: false});
    if (status === undefined) return 'nothing';
    return status.isDirectory() ? 'folder' : 'file';
  } catch (error) {
    // A name too long, a folder that may not be entered, a NUL character: all are the scenario's
    // problem.
    return (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  }
}

export type ReadText =
  | {readonly ok: true; readonly text: string}
  | {readonly ok: false; readonly message: string};

/** A whole file as text, without a byte order mark. */
export function readTextFile(path: string): ReadText {
  try {
    return {ok: true, text: readFileSync(path, 'utf8').replace(/^\uFEFF/, '')};
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    if (code === 'ENOENT') return {ok: false, message: 'file not found'};
    return {ok: false, message: code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`};
  }
}
