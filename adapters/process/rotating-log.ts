/**
 * A log file that never gets longer than it may: what would be too much begins a new one, and the
 * old ones are put aside as `stdout.1`, `stdout.2` …, as Mesos's logrotate logger does.
 *
 * Who writes may be root, and the folder may be a user's, who may put links in it: the file that is
 * written to is never one that a link leads to.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';

export interface RotatingLogTerms {
  readonly folder: string;
  /** `stdout` or `stderr`. */
  readonly name: string;
  readonly bytesMax: number;
  readonly asideMax: number;
}

export class RotatingLog {
  readonly #terms: RotatingLogTerms;
  readonly #path: string;
  #file: number | undefined;
  #bytes = 0;

  /** Goes on with what is there. */
  constructor(terms: RotatingLogTerms) {
    // Without it, writing would never end.
    if (terms.bytesMax < 1) throw new RangeError('a log file must hold something');
    this.#terms = terms;
    this.#path = join(terms.folder, terms.name);
    this.#open();
  }

  /** @throws if the disk is full, or the folder is gone: then it is for the caller to go on. */
  write(chunk: Buffer | string): void {
    let left: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    while (left.length > 0) {
      if (this.#bytes >= this.#terms.bytesMax) this.#rotate();
      if (this.#file === undefined) this.#open();
      const room = this.#terms.bytesMax - this.#bytes;
      const written = writeSync(this.#file as number, left, 0, Math.min(room, left.length));
      this.#bytes += written;
      left = left.subarray(written);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    const {O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY} = constants;
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    let file: number;
    try {
      file = openSync(this.#path, flags, 0o644);
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      // A link, or a pipe that nobody reads.
      if (code !== 'ELOOP' && code !== 'ENXIO') throw error;
      unlinkSync(this.#path);
      file = openSync(this.#path, flags | O_EXCL, 0o644);
    }
    const found = fstatSync(file);
    if (found.isFile() && found.nlink === 1) {
      this.#file = file;
      this.#bytes = found.size;
      return;
    }
    closeSync(file);
    unlinkSync(this.#path);
    this.#file = openSync(this.#path, flags | O_EXCL, 0o644);
    this.#bytes = 0;
  }

  #rotate(): void {
    this.close();
    const {asideMax} = this.#terms;
    if (asideMax === 0) unlinkIfThere(this.#path);
    for (let at = asideMax - 1; at >= 0; at -= 1) {
      const from = at === 0 ? this.#path : `${this.#path}.${at}`;
      renameIfThere(from, `${this.#path}.${at + 1}`);
    }
    this.#open();
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
