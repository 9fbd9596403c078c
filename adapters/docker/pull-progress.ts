/** What the engine says while it pulls, summed up over the layers of the image. */

interface Layer {
  done: boolean;
  currentBytes: number;
  totalBytes: number;
}

const DONE = new Set(['Pull complete', 'Already exists']);
/** Other statuses are about the image as a whole. */
const OF_LAYERS = /^(Pulling fs layer|Waiting|Downloading|Verifying|Download complete|Extracting)/;

export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /** @returns why the pull has failed, if that is what the line says. */
  read(line: unknown): string | undefined {
    if (typeof line !== 'object' || line === null) return undefined;
    const {id, status, error, errorDetail, progressDetail} = line as {
      readonly id?: unknown;
      readonly status?: unknown;
      readonly error?: string;
      readonly errorDetail?: {readonly message?: string} | null;
      readonly progressDetail?: {readonly current?: unknown; readonly total?: unknown} | null;
    };
    if (error !== undefined) return errorDetail?.message ?? error;
    if (typeof id !== 'string' || typeof status !== 'string') return undefined;
    if (!DONE.has(status) && !OF_LAYERS.test(status)) return undefined;
    const layer = this.#layers.get(id) ?? {done: false, currentBytes: 0, totalBytes: 0};
    this.#layers.set(id, layer);
    layer.done = DONE.has(status);
    // While it is unpacked, the same counters run once more.
    if (status !== 'Downloading') return undefined;
    layer.currentBytes = Number(progressDetail?.current ?? 0);
    layer.totalBytes = Number(progressDetail?.total ?? 0);
    return undefined;
  }

  get text(): string {
    let done = 0;
    let currentBytes = 0;
    let totalBytes = 0;
    for (const layer of this.#layers.values()) {
      if (layer.done) done += 1;
      currentBytes += layer.done ? layer.totalBytes : layer.currentBytes;
      totalBytes += layer.totalBytes;
    }
    const layers = `${done} of ${this.#layers.size} layers`;
    return totalBytes === 0
      ? `pulling: ${layers}`
      : `pulling: ${layers}, ${megabytes(currentBytes)} of ${megabytes(totalBytes)} MB`;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
