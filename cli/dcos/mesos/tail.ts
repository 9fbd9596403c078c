/** The end of a file that may still grow: its last lines, and what comes after them. */
import type {Files} from './sandbox.ts';

/** What one request brings at most, as Mesos has it. */
const PART_BYTES = 64 * 1024;

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

export class Tail {
  readonly #files: Pick<Files, 'read' | 'size'>;
  readonly #path: string;
  #offset = 0;

  constructor(files: Pick<Files, 'read' | 'size'>, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** The last lines that it has now; {@link more} goes on behind them. */
  async last(lines: number): Promise<Buffer> {
    const size = await this.#files.size(this.#path);
    this.#offset = size;
    let [data, begin] = [NOTHING, size];
    while (begin > 0 && startOfLast(data, lines) === 0) {
      const from = Math.max(0, begin - PART_BYTES);
      data = Buffer.concat([await this.#read(from, begin), data]);
      begin = from;
    }
    return data.subarray(startOfLast(data, lines));
  }

  /** What has come since. A file that has become shorter was put in the place of the one before. */
  async more(): Promise<Buffer> {
    const size = await this.#files.size(this.#path);
    if (size < this.#offset) this.#offset = 0;
    const data = await this.#read(this.#offset, size);
    this.#offset += data.length;
    return data;
  }

  async #read(from: number, to: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = from; at < to;) {
      const {data} = await this.#files.read(this.#path, at, Math.min(PART_BYTES, to - at));
      // It has become shorter meanwhile.
      if (data.length === 0) break;
      parts.push(data);
      at += data.length;
    }
    return Buffer.concat(parts);
  }
}

/** Where the last lines begin; 0: perhaps before this. A newline at the end begins no line. */
function startOfLast(data: Buffer, lines: number): number {
  let end = data.at(-1) === NEWLINE ? data.length - 1 : data.length;
  if (lines === 0) return data.length;
  for (let left = lines; left > 0; left -= 1) {
    if (end <= 0) return 0;
    const at = data.lastIndexOf(NEWLINE, end - 1);
    if (at === -1) return 0;
    end = at;
  }
  return end + 1;
}
