/**
 * `stdout` or `stderr` of a sandbox: only added to, and rotated (`stdout.1` is the youngest of the
 * old ones), so that no task can fill the disk with what it says.
 */
import {constants} from 'node:fs';
import {lstat, open, rename, rm, type FileHandle} from 'node:fs/promises';

export interface OutputLimits {
  /** No file gets longer; well above the size of a piece of output, 64 KiB. */
  readonly logBytesMax: number;
  /** How many are kept that were put aside. */
  readonly logFilesMax: number;
}

/** A place in the output that holds when the file is renamed. */
export interface OutputMark {
  /** The file's inode. */
  readonly inode: string;
  readonly bytes: number;
}

const {O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = constants;
/** No more than this can be between a mark and the end of what was written. */
const BEYOND_BYTES_MAX = 1_048_576;

export class OutputFile {
  readonly #path: string;
  readonly #limits: OutputLimits;
  #handle: FileHandle;
  #mark: OutputMark;

  private constructor(path: string, limits: OutputLimits, handle: FileHandle, mark: OutputMark) {
    this.#path = path;
    this.#limits = limits;
    this.#handle = handle;
    this.#mark = mark;
  }

  static async open(path: string, limits: OutputLimits): Promise<OutputFile> {
    const [handle, mark] = await openEnd(path);
    return new OutputFile(path, limits, handle, mark);
  }

  /** Where it ends, as far as is known here. */
  get mark(): OutputMark {
    return this.#mark;
  }

  async append(data: Buffer): Promise<void> {
    for (let from = 0; from < data.length;) {
      if (this.#mark.bytes >= this.#limits.logBytesMax) await this.#rotate();
      const room = this.#limits.logBytesMax - this.#mark.bytes;
      const piece = data.subarray(from, from + room);
      const {bytesWritten} = await this.#handle.write(piece);
      from += bytesWritten;
      this.#mark = {...this.#mark, bytes: this.#mark.bytes + bytesWritten};
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #rotate(): Promise<void> {
    const {logFilesMax} = this.#limits;
    for (let i = logFilesMax - 1; i >= 1; i -= 1) {
      await renameIfThere(`${this.#path}.${i}`, `${this.#path}.${i + 1}`);
    }
    if (logFilesMax > 0) await renameIfThere(this.#path, `${this.#path}.1`);
    else await rm(this.#path, {force: true});
    const [handle, mark] = await openEnd(this.#path);
    await this.#handle.close();
    this.#handle = handle;
    this.#mark = mark;
  }
}

/**
 * The task can write to its sandbox, and this may run as root: what is opened is never what a link
 * leads to, nor a pipe.
 */
async function openEnd(path: string): Promise<readonly [FileHandle, OutputMark]> {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  try {
    const handle = await open(path, flags, 0o644);
    const {ino, size, nlink, mode} = await handle.stat({bigint: true});
    const isFile = (Number(mode) & constants.S_IFMT) === constants.S_IFREG;
    if (isFile && nlink === 1n) return [handle, {inode: String(ino), bytes: Number(size)}];
    await handle.close();
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'ELOOP' && code !== 'ENXIO') throw error;
  }
  await rm(path, {force: true});
  const handle = await open(path, flags | O_EXCL, 0o644);
  const {ino} = await handle.stat({bigint: true});
  return [handle, {inode: String(ino), bytes: 0}];
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Adds a line of our own. */
export async function addLine(path: string, line: string): Promise<void> {
  const [handle] = await openEnd(path);
  try {
    await handle.write(`${line}\n`);
  } finally {
    await handle.close();
  }
}

/** What is in the file, or in the one that was put aside last, beyond a mark. */
export async function readBeyond(path: string, mark: OutputMark): Promise<Buffer> {
  if ((await inodeOf(path)) === mark.inode) return (await readFrom(path, mark.bytes)).data;
  if ((await inodeOf(`${path}.1`)) !== mark.inode) return Buffer.alloc(0);
  const {data, size} = await readFrom(`${path}.1`, mark.bytes);
  // A mark may count on into the file that came after it.
  const next = await readFrom(path, Math.max(mark.bytes - size, 0));
  return Buffer.concat([data, next.data]);
}

async function inodeOf(path: string): Promise<string | undefined> {
  try {
    return String((await lstat(path, {bigint: true})).ino);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readFrom(
  path: string,
  from: number,
): Promise<{readonly data: Buffer; readonly size: number}> {
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const {size} = await handle.stat();
    const wanted = Math.min(Math.max(size - from, 0), BEYOND_BYTES_MAX);
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(wanted), 0, wanted, from);
    return {data: buffer.subarray(0, bytesRead), size};
  } finally {
    await handle.close();
  }
}
