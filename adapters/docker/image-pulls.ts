/**
 * Pulling images. Several tasks that want the same image at once share one pull; it is broken off
 * when the last of them has gone.
 */
import {
  EngineAwayError,
  EngineRefusedError,
  isBrokenAnswer,
  LetGoError,
  type EngineClient,
} from './engine-client.ts';
import {LaunchFailedError} from './launch-failed-error.ts';
import {readLines} from './json-lines.ts';
import {PullProgress} from './pull-progress.ts';
import {registryOf, type RegistryAuth} from './registry-auth.ts';

/** Without a word from the engine for so long, a pull is given up. */
const STALL_MS = 300_000;
const PROGRESS_EVERY_MS = 1_000;

interface SharedPull {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  waiting: number;
}

export class ImagePulls {
  readonly #client: EngineClient;
  readonly #onProgress: (image: string, message: string) => void;
  readonly #running = new Map<string, SharedPull>();

  constructor(client: EngineClient, onProgress: (image: string, message: string) => void) {
    this.#client = client;
    this.#onProgress = onProgress;
  }

  /**
   * @param signal the task is not wanted any more.
   * @throws LaunchFailedError: which image, why, and what to do; LetGoError if `signal` has fired,
   *   or the client is closed.
   */
  async pull(image: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new LetGoError();
    const key = JSON.stringify([image, auth]);
    const shared = this.#running.get(key) ?? this.#begin(key, image, auth);
    shared.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      left.reject(new LetGoError());
    };
    signal.addEventListener('abort', leave, {once: true});
    try {
      await Promise.race([shared.done, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      shared.waiting -= 1;
      // Who comes now begins anew, rather than join what is being broken off.
      if (shared.waiting === 0) this.#end(key, shared);
    }
  }

  #begin(key: string, image: string, auth: RegistryAuth | undefined): SharedPull {
    const abort = new AbortController();
    const done = this.#pull(image, auth, abort.signal);
    const shared: SharedPull = {done, abort, waiting: 0};
    this.#running.set(key, shared);
    // Nobody may be left to hear how it ended.
    done
      .catch(() => undefined)
      .finally(() => {
        this.#end(key, shared);
      });
    return shared;
  }

  #end(key: string, shared: SharedPull): void {
    if (this.#running.get(key) === shared) this.#running.delete(key);
    shared.abort.abort();
  }

  async #pull(image: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    this.#onProgress(image, 'pulling');
    const beganAt = performance.now();
    try {
      const {patienceMs} = this.#client;
      await this.#client.persist(patienceMs, () => this.#read(image, auth, signal));
    } catch (error) {
      if (!(error instanceof EngineRefusedError || error instanceof EngineAwayError)) throw error;
      const message = `Failed to pull image '${image}': ${failureText(error, image)}`;
      this.#onProgress(image, message);
      throw new LaunchFailedError(message, {cause: error});
    }
    const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
    this.#onProgress(image, `pulled in ${seconds} s`);
  }

  async #read(image: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    const progress = new PullProgress();
    const stalled = new AbortController();
    const timer = setTimeout(() => {
      stalled.abort();
    }, STALL_MS);
    const both = AbortSignal.any([signal, stalled.signal]);
    let told = '';
    const telling = setInterval(() => {
      if (progress.text === told) return;
      told = progress.text;
      this.#onProgress(image, told);
    }, PROGRESS_EVERY_MS);
    try {
      const answer = await this.#client.stream(both, STALL_MS, (docker, abortSignal) =>
        docker.createImage(auth, {...splitReference(image), abortSignal}),
      );
      for await (const line of readLines(answer)) {
        timer.refresh();
        const failure = progress.read(line);
        if (failure !== undefined) throw new EngineRefusedError(200, failure);
      }
    } catch (error) {
      if (signal.aborted || this.#client.closed.aborted) throw new LetGoError();
      if (stalled.signal.aborted) {
        throw new EngineAwayError('there was no progress for five minutes', {cause: error});
      }
      if (!isBrokenAnswer(error)) throw error;
      throw new EngineAwayError('the Docker engine has gone away meanwhile', {cause: error});
    } finally {
      clearTimeout(timer);
      clearInterval(telling);
    }
  }
}

/** `fromImage` and `tag`, as the API wants them: without a tag it would pull all of them. */
function splitReference(image: string): {fromImage: string; tag: string} {
  const at = image.indexOf('@');
  if (at >= 0) return {fromImage: image.slice(0, at), tag: image.slice(at + 1)};
  const colon = image.lastIndexOf(':');
  // A colon before a slash is that of the registry's port.
  if (colon <= image.lastIndexOf('/')) return {fromImage: image, tag: 'latest'};
  return {fromImage: image.slice(0, colon), tag: image.slice(colon + 1)};
}

function failureText(error: Error, image: string): string {
  const said = error.message.replace(/\.$/, '');
  if (error instanceof EngineAwayError) return said;
  const registry = registryOf(image);
  if (/denied|unauthorized|authentication required|no basic auth/i.test(said)) {
    return `${said}. Check its name, and that the agent has credentials for ${registry}`;
  }
  if (/not found|manifest unknown|does not exist|name unknown/i.test(said)) {
    return `${said}. Check its name and tag`;
  }
  if (/dial|lookup|refused|timeout|no route|i\/o|deadline|certificate|http: server/i.test(said)) {
    return `${said}. Check that ${registry} can be reached from this agent`;
  }
  return said;
}
