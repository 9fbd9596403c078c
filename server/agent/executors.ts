/** Which executor runs what, and from when on there is one for containers. */
import type {TaskSpec} from '../../engine/index.ts';
import type {Executor, ExecutorTask} from '../../adapters/ports/executor.ts';

/** Images run in containers, all else as processes. */
export interface Executors {
  readonly process: Executor;
  /** Undefined: no Docker engine is ever used here. */
  readonly docker: Executor | undefined;
  /** Why `docker` cannot be used: asked again each time; undefined once an engine has answered. */
  readonly whyNoDocker: () => Promise<string | undefined>;
}

/** What became of the containers that an earlier process has left. */
export type ContainersFound =
  | {readonly kind: 'known'}
  /** No Docker engine is used any more. */
  | {readonly kind: 'dropped'}
  /** An engine that is away may have kept them: until it is back, nothing is known. */
  | {readonly kind: 'awaited'; readonly why: string; readonly known: Promise<void>};

export class TaskExecutors {
  readonly #executors: Executors;
  /** Resolves when containers of an earlier process were taken up, or removed. */
  #containersKnown: Promise<void> | undefined;

  constructor(executors: Executors) {
    this.#executors = executors;
  }

  /** Undefined: it is in a container, and no Docker engine is used now. */
  of({container}: TaskSpec): Executor | undefined {
    return container === undefined ? this.#executors.process : this.#executors.docker;
  }

  async recoverProcesses(tasks: readonly ExecutorTask[]): Promise<void> {
    await this.#executors.process.recover(tasks);
  }

  async recoverContainers(tasks: readonly ExecutorTask[]): Promise<ContainersFound> {
    const {docker, whyNoDocker} = this.#executors;
    if (docker === undefined) return {kind: 'dropped'};
    const why = await whyNoDocker();
    if (why === undefined) {
      this.#containersKnown = docker.recover(tasks);
      await this.#containersKnown;
    } else if (tasks.length > 0) {
      this.#containersKnown = docker.recover(tasks);
      return {kind: 'awaited', why, known: this.#containersKnown};
    }
    return {kind: 'known'};
  }

  /** @throws where an image cannot be run. */
  async forLaunch({container}: TaskSpec): Promise<Executor> {
    const {docker, process, whyNoDocker} = this.#executors;
    if (container === undefined) return process;
    const why = await whyNoDocker();
    if (docker === undefined || why !== undefined) {
      throw new Error(`image '${container.image}' cannot be run: ${why}`);
    }
    this.#containersKnown ??= docker.recover([]);
    await this.#containersKnown;
    return docker;
  }

  /** Leaves everything running. */
  async close(): Promise<void> {
    await this.#executors.process.close();
    await this.#executors.docker?.close();
  }
}
