/**
 * The executor on a Docker engine: each task is a container, which goes on when the agent's process
 * goes, and is found again by its name and labels.
 */
import {mkdir, readdir, rm} from 'node:fs/promises';
import {totalmem} from 'node:os';
import {join} from 'node:path';
import type {TaskId} from '../../engine/index.ts';
import type {
  ExecRequest,
  ExecSession,
  Executor,
  ExecutorNews,
  ExecutorTask,
  TaskUsage,
} from '../ports/executor.ts';
import {readUsage} from './container-usage.ts';
import {removeContainer} from './containers.ts';
import {DockerTask, type TaskOrigin, type TaskSurroundings} from './docker-task.ts';
import {EngineAwayError, EngineClient, EngineRefusedError} from './engine-client.ts';
import {EngineWatch, type ListedContainer, listContainers} from './engine-watch.ts';
import {type DockerExec, openExec} from './exec-session.ts';
import {Gate} from './gate.ts';
import {ImagePulls} from './image-pulls.ts';

export interface DockerExecutorOptions {
  /** Whose containers these are: the same after a restart of the agent. */
  readonly agentId: string;
  /** A folder of its own, that is there after a restart of the agent. */
  readonly controlDir: string;
  /** Where persistent volumes are: folders called by their ids, encoded as parts of a URI. */
  readonly persistentRoot: string;
  /** Published ports are bound here, unless a parameter says otherwise; empty: to all addresses. */
  readonly publishAddress: string;
  /** Tasks get no more than their cpus even if others are idle (Mesos `cgroups_enable_cfs`). */
  readonly cfsQuota: boolean;
  /** No file with output gets longer. */
  readonly logBytesMax?: number | undefined;
  /** How many older ones are kept beside. */
  readonly logFilesMax?: number | undefined;
  /** As in DOCKER_HOST, which is asked if this is absent. */
  readonly host?: string | undefined;
  /** How long the engine may be away while a task is launched, before that fails. */
  readonly patienceMs?: number | undefined;
  /** A `config.json` of Docker's with credentials of registries, before that of the user. */
  readonly configFile?: string | undefined;
  /** What an operator wants to know: about an image, a task, or the engine itself. */
  readonly onProgress?: ((about: string, message: string) => void) | undefined;
}

const LOG_BYTES_MAX = 10 * 1024 * 1024;
const LOG_FILES_MAX = 9;
/** More at once only hinder each other. */
const STARTS_MAX = 8;
const AGAIN_MS = 500;

/**
 * An executor on the engine that `options` name. It asks for nothing before the first task, and
 * waits for an engine that is away; {@link Executor.close} leaves all containers running.
 *
 * Names, labels, the sandbox's place and the words of ends are those of Mesos's Docker
 * containerizer and executor (src/docker/docker.cpp, src/docker/executor.cpp).
 */
export function makeDockerExecutor(
  options: DockerExecutorOptions,
  onNews: (news: ExecutorNews) => void,
): Executor {
  return new DockerExecutor(options, onNews);
}

class DockerExecutor implements Executor {
  readonly #around: TaskSurroundings;
  readonly #watch: EngineWatch;
  readonly #tasks = new Map<TaskId, DockerTask>();
  readonly #byContainer = new Map<string, DockerTask>();
  readonly #sessions = new Set<DockerExec>();
  /** All that goes on, so that closing can wait for its end. */
  readonly #running = new Set<Promise<void>>();
  #folder: Promise<unknown> | undefined;

  constructor(options: DockerExecutorOptions, onNews: (news: ExecutorNews) => void) {
    const {onProgress = () => undefined, configFile} = options;
    const {logBytesMax = LOG_BYTES_MAX, logFilesMax = LOG_FILES_MAX} = options;
    const client = new EngineClient(options.host, options.patienceMs);
    this.#around = {
      ...options,
      client,
      pulls: new ImagePulls(client, (image, message) => {
        onProgress(image, message);
      }),
      starts: new Gate(STARTS_MAX),
      machineMemBytes: totalmem(),
      configFile,
      outputLimits: {logBytesMax, logFilesMax},
      onNews,
      onProgress,
      onContainer: (id, task) => this.#byContainer.set(id, task),
    };
    this.#watch = new EngineWatch({
      client,
      agentId: options.agentId,
      onEnd: (id, exitCode) => this.#byContainer.get(id)?.mayHaveEnded(exitCode),
      onOutOfMemory: (id) => this.#byContainer.get(id)?.wasOutOfMemory(),
      onList: (containers) => {
        this.#compare(containers);
      },
      onChange: (message) => {
        onProgress('engine', message);
      },
    });
  }

  launch(task: ExecutorTask): void {
    const {taskId} = task.spec;
    if (this.#tasks.has(taskId)) return;
    const one = this.#add(task, 'new');
    void this.#keep(this.#begin().then(() => one.launch()));
  }

  kill(taskId: TaskId, graceMs: number): void {
    this.#tasks.get(taskId)?.kill(graceMs);
  }

  async recover(tasks: readonly ExecutorTask[]): Promise<void> {
    // At once, so that one can be killed while the engine is away.
    const ours = tasks.map((task) => this.#add(task, 'found'));
    await this.#begin();
    const containers = await this.#list();
    for (const one of ours) void this.#keep(one.resume());
    const known = new Set(ours.map(({containerName}) => containerName));
    const orphans = containers.filter(({name}) => !known.has(name));
    await Promise.all(orphans.map((container) => this.#removeOrphan(container)));
    await this.#removeState(known);
  }

  async exec(taskId: TaskId, request: ExecRequest): Promise<ExecSession> {
    const id = this.#tasks.get(taskId)?.containerId;
    if (id === undefined) throw new Error(`task '${taskId}' does not run`);
    const session = await openExec(this.#around.client, id, request);
    this.#sessions.add(session);
    const over = (): unknown => this.#sessions.delete(session);
    session.ended.then(over, over);
    return session;
  }

  async usage(taskId: TaskId): Promise<TaskUsage | undefined> {
    const id = this.#tasks.get(taskId)?.containerId;
    return id === undefined ? undefined : readUsage(this.#around.client, id);
  }

  async forget(taskId: TaskId): Promise<void> {
    const one = this.#tasks.get(taskId);
    if (one === undefined || !one.isOver) return;
    await this.#keep(one.discard());
    this.#tasks.delete(taskId);
    for (const [id, owner] of this.#byContainer) if (owner === one) this.#byContainer.delete(id);
  }

  async close(): Promise<void> {
    this.#around.client.close();
    for (const session of this.#sessions) session.letGo();
    await Promise.allSettled(this.#running);
  }

  #add(task: ExecutorTask, origin: TaskOrigin): DockerTask {
    const one = new DockerTask(task, this.#around, origin);
    this.#tasks.set(task.spec.taskId, one);
    return one;
  }

  #keep(work: Promise<void>): Promise<void> {
    const kept = work.finally(() => this.#running.delete(kept));
    this.#running.add(kept);
    return kept;
  }

  /** Begins to watch with the first task: before that, nobody needs the engine. */
  async #begin(): Promise<void> {
    if (this.#folder === undefined) {
      this.#folder = mkdir(this.#around.controlDir, {recursive: true});
      void this.#keep(this.#watch.run());
    }
    await this.#folder;
  }

  /** For as long as the engine is away, nothing can be told of any task. */
  async #list(): Promise<readonly ListedContainer[]> {
    const {client, agentId, onProgress} = this.#around;
    let told = '';
    for (;;) {
      try {
        return await listContainers(client, agentId);
      } catch (error) {
        if (!(error instanceof EngineAwayError || error instanceof EngineRefusedError)) throw error;
        if (error.message !== told) onProgress('engine', error.message);
        told = error.message;
      }
      await client.pause(AGAIN_MS);
    }
  }

  async #removeOrphan({id, name}: ListedContainer): Promise<void> {
    const {client, onProgress} = this.#around;
    try {
      await removeContainer(client, id);
      onProgress(name, 'this container belonged to no task any more: removed');
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error;
      onProgress(name, `this container belongs to no task, but stays: ${error.message}`);
    }
  }

  async #removeState(known: ReadonlySet<string>): Promise<void> {
    const {controlDir} = this.#around;
    for (const file of await readdir(controlDir)) {
      const name = file.replace(/\.(log|kill)$/, '');
      if (name !== file && !known.has(name)) await rm(join(controlDir, file), {force: true});
    }
  }

  #compare(containers: readonly ListedContainer[]): void {
    const byId = new Map(containers.map((container) => [container.id, container]));
    for (const [id, one] of this.#byContainer) {
      const state = byId.get(id)?.state;
      const runs = state === 'running' || state === 'paused' || state === 'restarting';
      if (one.containerId !== undefined && !runs) one.mayHaveEnded();
    }
  }
}
