/**
 * One task and its container, from the launch (or from being found again) to its end: what happens
 * to it in turn, and what is told of it.
 */
import {chown, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {isTerminal} from '../../engine/index.ts';
import type {ExecutorNews, ExecutorTask} from '../ports/executor.ts';
import {findAccount} from '../ports/unix-account.ts';
import {containerNameOf} from './container-identity.ts';
import {isLaunchFailure, makeContainer, runContainer} from './container-launch.ts';
import {planContainer, type ContainerPlan, type PlanResult} from './container-plan.ts';
import {
  type ContainerFacts,
  inspectContainer,
  removeContainer,
  signalContainer,
} from './containers.ts';
import {
  EngineAwayError,
  EngineRefusedError,
  LetGoError,
  type EngineClient,
} from './engine-client.ts';
import type {Gate} from './gate.ts';
import type {ImagePulls} from './image-pulls.ts';
import {LaunchFailedError} from './launch-failed-error.ts';
import {LogCopier} from './log-copier.ts';
import {addLine, type OutputLimits} from './output-file.ts';
import {authFilesOf, findRegistryAuth} from './registry-auth.ts';
import {atMost, fired} from './signals.ts';
import {
  type ContainerEnd,
  KILLED_EARLY,
  NEVER_STARTED,
  newsOfEnd,
  type TaskNews,
} from './task-end.ts';

/** To be launched, or launched by a process before this one: then `resume` it. */
export type TaskOrigin = 'found' | 'new';

/** What tasks share. */
export interface TaskSurroundings {
  readonly client: EngineClient;
  readonly pulls: ImagePulls;
  /** How many are created and started at once. */
  readonly starts: Gate;
  readonly agentId: string;
  /** Where it is written down how far each task's output was copied, and what is to be killed. */
  readonly controlDir: string;
  readonly persistentRoot: string;
  readonly cfsQuota: boolean;
  readonly machineMemBytes: number;
  readonly configFile: string | undefined;
  readonly publishAddress: string;
  readonly outputLimits: OutputLimits;
  readonly onNews: (news: ExecutorNews) => void;
  readonly onProgress: (about: string, message: string) => void;
  /** From now on, what happens to this container is this task's. */
  readonly onContainer: (containerId: string, task: DockerTask) => void;
}

const KILL_AGAIN_MS = 5_000;
const ASK_AGAIN_MS = 1_000;
/** Of a process that was killed by force. */
const EXIT_KILLED = 137;
/** How long it may take to hear that it was the kernel, for memory. */
const REASON_MS_MAX = 1_000;
/** How long the end of a task waits for the rest of its output. */
const OUTPUT_MS_MAX = 30_000;

export class DockerTask {
  readonly task: ExecutorTask;
  readonly containerName: string;
  readonly #around: TaskSurroundings;
  readonly #result: PlanResult;
  #containerId: string | undefined;
  /** The engine was asked to make its container. */
  #mayExist = false;
  #isStartingTold: boolean;
  #isOver = false;
  /** When it is killed by force, in ms since 1970; undefined: it is not to be killed. */
  #killAt: number | undefined;
  /** Fires when it is to be killed. */
  readonly #killed = new AbortController();
  /** Fires when the force is to be used sooner than was said. */
  #hurry = new AbortController();
  /** Fires when its container has ended. */
  readonly #ended = new AbortController();
  /** Resolves when it may have. */
  #hint = Promise.withResolvers<void>();
  #saidExitCode: number | undefined;
  /** Fires when it has wanted more memory than it may have. */
  readonly #outOfMemory = new AbortController();

  constructor(task: ExecutorTask, around: TaskSurroundings, origin: TaskOrigin) {
    const {spec, sandbox} = task;
    this.task = task;
    this.#around = around;
    this.#isStartingTold = origin === 'found';
    this.containerName = containerNameOf(around.agentId, spec.frameworkId, spec.taskId);
    this.#result = planContainer(spec, {...around, name: this.containerName, sandbox});
  }

  /** Its end has been told. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** While it may run. */
  get containerId(): string | undefined {
    return this.#isOver ? undefined : this.#containerId;
  }

  /** From the beginning to the end. */
  async launch(): Promise<void> {
    const result = this.#result;
    if (!result.ok) {
      this.#tell({state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID', message: result.problem});
      return;
    }
    await this.#guard(async () => {
      const logs = await this.#start(result.plan);
      const {NetworkMode} = result.plan.creation.HostConfig;
      const isPlain = NetworkMode === 'host' || NetworkMode === 'none';
      const containerIp = isPlain ? undefined : (await this.#look())?.address;
      if (this.#killAt === undefined) this.#tell({state: 'TASK_RUNNING', containerIp});
      await this.#attend(logs);
    });
  }

  /** From where another process has left it. */
  async resume(): Promise<void> {
    await this.#guard(async () => {
      // It may have been killed by now, too, while the engine was away.
      this.#killAt = earliest(await readKill(this.#killFile), this.#killAt);
      if (this.#killAt !== undefined) this.#killed.abort();
      // While it is just being started, the engine answers when that is done.
      const {client, starts} = this.#around;
      const found = await starts.pass(client.closed, () => this.#look());
      if (found === undefined || found.state === 'created') {
        await removeContainer(client, this.containerName);
        this.#tell(this.#killAt === undefined ? NEVER_STARTED : KILLED_EARLY);
        return;
      }
      this.#know(found.id);
      // Between the two, it may have ended unheard.
      this.mayHaveEnded();
      if (found.isRunning && this.#killAt !== undefined) this.#tell({state: 'TASK_KILLING'});
      else if (found.isRunning) {
        this.#tell({state: 'TASK_RUNNING', containerIp: found.address});
      }
      await this.#attend(this.#makeCopier(found.id));
    });
  }

  kill(graceMs: number): void {
    if (this.#isOver) return;
    const killAt = Date.now() + Math.max(graceMs, 0);
    if (this.#killAt === undefined) {
      this.#killAt = killAt;
      this.#tellStarting();
      this.#tell({state: 'TASK_KILLING'});
      this.#killed.abort();
    } else if (killAt < this.#killAt) {
      this.#killAt = killAt;
      this.#hurry.abort();
    }
  }

  /** Somebody has heard, or suspects, that its container has ended. */
  mayHaveEnded(exitCode?: number): void {
    this.#saidExitCode = exitCode ?? this.#saidExitCode;
    this.#hint.resolve();
  }

  wasOutOfMemory(): void {
    this.#outOfMemory.abort();
  }

  /** Removes what is left of it. */
  async discard(): Promise<void> {
    await removeContainer(this.#around.client, this.containerName);
    await rm(this.#placesFile, {force: true});
    await rm(this.#killFile, {force: true});
  }

  get #placesFile(): string {
    return join(this.#around.controlDir, `${this.containerName}.log`);
  }

  get #killFile(): string {
    return join(this.#around.controlDir, `${this.containerName}.kill`);
  }

  /** What goes wrong outside ends as news; once the client is closed, nothing is told. */
  async #guard(work: () => Promise<void>): Promise<void> {
    const {client} = this.#around;
    try {
      await work();
    } catch (error) {
      if (error instanceof LetGoError) {
        if (!client.closed.aborted) await this.#guard(() => this.#undo());
      } else if (isLaunchFailure(error)) await this.#failed(error);
      else throw error;
    }
  }

  /** It was killed before it ran: whatever there is of it must never run. */
  async #undo(): Promise<void> {
    // Nothing that this process has asked for can run any more; something older may be there.
    if (!this.#mayExist) this.#tell(KILLED_EARLY);
    await removeContainer(this.#around.client, this.containerName);
    this.#tell(KILLED_EARLY);
  }

  async #failed(error: Error): Promise<void> {
    const {message} = error;
    if (this.#around.client.closed.aborted) return;
    await this.#note(message);
    if (this.#killAt !== undefined) this.#tell({...KILLED_EARLY, message});
    else this.#tell({state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED', message});
    // The engine may have done all the same what was asked of it, and what was told to have ended
    // must not run.
    if (!(error instanceof EngineAwayError)) return;
    await this.#guard(() => removeContainer(this.#around.client, this.containerName));
  }

  /** As with Mesos, whose sandboxes hold what `docker run` has said. */
  async #note(message: string): Promise<void> {
    try {
      await addLine(join(this.task.sandbox, 'stderr'), message);
    } catch (error) {
      this.#around.onProgress(this.task.spec.taskId, (error as Error).message);
    }
  }

  /** @returns what copies its output. */
  async #start(plan: ContainerPlan): Promise<LogCopier> {
    const {container} = this.task.spec;
    for (const folder of plan.folders) await mkdir(folder, {recursive: true});
    await this.#giveFolders(plan.folders);
    if (container?.forcePull === true) await this.#pull(container.image);
    let logs = await this.#createAndStart(plan);
    if (logs === undefined) {
      await this.#pull(plan.creation.Image);
      logs = await this.#createAndStart(plan);
    }
    if (logs !== undefined) return logs;
    throw new LaunchFailedError(
      `Image '${plan.creation.Image}' was removed as soon as it was pulled`,
    );
  }

  /**
   * As in Mesos, its sandbox and its volumes are its user's, if this machine knows him: an image
   * may have others.
   */
  async #giveFolders(volumes: readonly string[]): Promise<void> {
    const {spec, sandbox} = this.task;
    const [user = ''] = spec.user?.split(':') ?? [];
    if (user === '' || process.getuid?.() !== 0) return;
    const account = await findAccount(user);
    if (account === undefined) return;
    for (const folder of [sandbox, ...volumes]) await chown(folder, account.uid, account.gid);
  }

  async #pull(image: string): Promise<void> {
    const {pulls, configFile} = this.#around;
    this.#tellStarting(`Pulling image '${image}'`);
    const files = authFilesOf(this.task.sandbox, configFile);
    const auth = await findRegistryAuth(image, files).catch((cause: unknown) => {
      const {message} = cause as Error;
      throw new LaunchFailedError(`Failed to pull image '${image}': ${message}`, {cause});
    });
    await pulls.pull(image, auth, this.#killed.signal);
  }

  /** @returns undefined: its image is not there. */
  async #createAndStart({creation}: ContainerPlan): Promise<LogCopier | undefined> {
    const {client, starts} = this.#around;
    const killed = this.#killed.signal;
    return starts.pass(AbortSignal.any([killed, client.closed]), async () => {
      this.#mayExist = true;
      const made = await makeContainer(client, this.containerName, creation);
      if (killed.aborted) throw new LetGoError();
      if (made === undefined) return undefined;
      this.#tellStarting();
      this.#know(made.id);
      const logs = this.#makeCopier(made.id);
      try {
        await logs.prepare();
        if (made.isStarted) this.mayHaveEnded();
        else await runContainer(client, made.id, creation);
      } catch (error) {
        await logs.abandon();
        throw error;
      }
      return logs;
    });
  }

  #know(containerId: string): void {
    this.#containerId = containerId;
    this.#around.onContainer(containerId, this);
  }

  #makeCopier(containerId: string): LogCopier {
    const {client, outputLimits, onProgress} = this.#around;
    const {spec, sandbox} = this.task;
    const creation = this.#result.ok ? this.#result.plan.creation : undefined;
    return new LogCopier({
      ...outputLimits,
      client,
      containerId,
      sandbox,
      tty: creation?.Tty ?? spec.tty,
      isUnkept: creation?.HostConfig.LogConfig.Type === 'none',
      placesFile: this.#placesFile,
      onTrouble: (message) => {
        onProgress(spec.taskId, message);
      },
    });
  }

  /** Once it was started: until its end is told. */
  async #attend(logs: LogCopier): Promise<void> {
    const copying = logs.run(this.#ended.signal);
    const killing = this.#enforceKill();
    try {
      const end = await this.#untilEnded();
      this.#ended.abort();
      await atMost(OUTPUT_MS_MAX, copying);
      const {limits, memMiB} = this.task.spec;
      this.#tell(newsOfEnd(end, this.#killAt !== undefined, limits.memMiB ?? memMiB));
    } finally {
      this.#ended.abort();
      await Promise.all([copying, killing]);
    }
  }

  async #untilEnded(): Promise<ContainerEnd> {
    const {client} = this.#around;
    for (;;) {
      await Promise.race([this.#hint.promise, fired(client.closed)]);
      if (client.closed.aborted) throw new LetGoError();
      this.#hint = Promise.withResolvers();
      const end = await this.#findEnd();
      if (end !== undefined) return end;
    }
  }

  /** @returns undefined: it runs, or that cannot be told now. */
  async #findEnd(): Promise<ContainerEnd | undefined> {
    const {client, onProgress} = this.#around;
    try {
      const facts = await inspectContainer(client, this.containerName);
      if (facts.isRunning) return undefined;
      // An engine that died while it started it does not know that it ran.
      if (facts.state === 'created') return {...facts, exitCode: this.#saidExitCode};
      return {...facts, isOutOfMemory: await this.#isOutOfMemory(facts)};
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error;
      if (error.status === 404) {
        return {exitCode: this.#saidExitCode, isOutOfMemory: false, error: ''};
      }
      onProgress(this.task.spec.taskId, error.message);
      await client.pause(ASK_AGAIN_MS);
      this.mayHaveEnded();
      return undefined;
    }
  }

  /** The engine hears of the kernel's reason by another way than of the end, often later. */
  async #isOutOfMemory({exitCode, isOutOfMemory}: ContainerFacts): Promise<boolean> {
    const {signal} = this.#outOfMemory;
    const isUnexplained = exitCode === EXIT_KILLED && this.#killAt === undefined && !isOutOfMemory;
    if (isUnexplained) await this.#around.client.pause(REASON_MS_MAX, signal);
    return isOutOfMemory || signal.aborted;
  }

  async #enforceKill(): Promise<void> {
    const {client} = this.#around;
    const {signal: ended} = this.#ended;
    await fired(AbortSignal.any([this.#killed.signal, ended, client.closed]));
    try {
      if (ended.aborted || client.closed.aborted) return;
      await this.#saveKill();
      if (this.#killAt !== undefined && this.#killAt > Date.now()) await this.#askToEnd();
      while (!ended.aborted) {
        await this.#signal('SIGKILL');
        await client.pause(KILL_AGAIN_MS, ended);
      }
    } catch (error) {
      if (!(error instanceof LetGoError)) throw error;
    }
  }

  async #askToEnd(): Promise<void> {
    const {client} = this.#around;
    await this.#signal((await this.#look())?.stopSignal ?? 'SIGTERM');
    for (;;) {
      const leftMs = (this.#killAt ?? 0) - Date.now();
      if (leftMs <= 0 || this.#ended.signal.aborted) return;
      this.#hurry = new AbortController();
      await client.pause(leftMs, AbortSignal.any([this.#ended.signal, this.#hurry.signal]));
    }
  }

  async #signal(signal: string): Promise<void> {
    try {
      await signalContainer(this.#around.client, this.containerName, signal);
    } catch (error) {
      if (!(error instanceof EngineRefusedError)) throw error;
      // It is gone, or does not run any more: that is asked for. All else is tried again.
      const isGone = error.status === 404 || error.status === 409;
      if (!isGone) this.#around.onProgress(this.task.spec.taskId, error.message);
      this.mayHaveEnded();
    }
  }

  /** So that a later process goes on with it, and knows why the task has ended. */
  async #saveKill(): Promise<void> {
    try {
      await writeFile(this.#killFile, String(this.#killAt));
    } catch (error) {
      this.#around.onProgress(this.task.spec.taskId, (error as Error).message);
    }
  }

  /** Undefined: there is no such container. */
  async #look(): Promise<ContainerFacts | undefined> {
    try {
      return await inspectContainer(this.#around.client, this.containerName);
    } catch (error) {
      if (error instanceof EngineRefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  #tellStarting(message?: string): void {
    if (this.#isStartingTold) return;
    this.#isStartingTold = true;
    this.#tell({state: 'TASK_STARTING', message});
  }

  #tell(news: TaskNews): void {
    if (this.#isOver || this.#around.client.closed.aborted) return;
    this.#isOver = isTerminal(news.state);
    this.#around.onNews({taskId: this.task.spec.taskId, ...news});
  }
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** When it was to be killed by force; undefined: nobody wanted it killed. */
async function readKill(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
