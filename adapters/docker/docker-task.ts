/**
 * One task and its container, from the launch (or from being found again) to its end: what happens
 * to it in turn, and what is told of it.
 */
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {isTerminal} from '../../engine/index.ts';
import type {ExecutorNews, ExecutorTask} from '../ports/executor.ts';
import {containerNameOf} from './container-identity.ts';
import {ContainerKill} from './container-kill.ts';
import {isLaunchFailure, makeContainer, runContainer} from './container-launch.ts';
import {planContainer, type ContainerPlan, type PlanResult} from './container-plan.ts';
import {inspectIfThere, removeContainer} from './containers.ts';
import {EndWatch} from './end-watch.ts';
import {EngineAwayError, LetGoError, type EngineClient} from './engine-client.ts';
import type {Gate} from './gate.ts';
import type {ImagePulls} from './image-pulls.ts';
import {LaunchFailedError} from './launch-failed-error.ts';
import {LogCopier} from './log-copier.ts';
import {addLine, type OutputLimits} from './output-file.ts';
import {authFilesOf, findRegistryAuth} from './registry-auth.ts';
import {atMost} from './signals.ts';
import {KILLED_EARLY, NEVER_STARTED, newsOfEnd, type TaskNews} from './task-end.ts';
import {makeTaskFolders} from './task-folders.ts';

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

/** How long the end of a task waits for the rest of its output. */
const OUTPUT_MS_MAX = 30_000;
/** How long its container does, with which the rest would be lost. */
const CONTAINER_MS_MAX = 300_000;

export class DockerTask {
  readonly task: ExecutorTask;
  readonly containerName: string;
  readonly #around: TaskSurroundings;
  readonly #result: PlanResult;
  readonly #kill: ContainerKill;
  readonly #end: EndWatch;
  #containerId: string | undefined;
  /** The engine was asked to make its container. */
  #mayExist = false;
  #isStartingTold: boolean;
  #isOver = false;
  #copying: Promise<void> = Promise.resolve();
  /** Fires when its container has ended. */
  readonly #ended = new AbortController();

  constructor(task: ExecutorTask, around: TaskSurroundings, origin: TaskOrigin) {
    const {spec, sandbox} = task;
    this.task = task;
    this.#around = around;
    this.#isStartingTold = origin === 'found';
    this.containerName = containerNameOf(around.agentId, spec.frameworkId, spec.taskId);
    this.#result = planContainer(spec, {...around, name: this.containerName, sandbox});
    const {client} = around;
    const {containerName} = this;
    const onTrouble = (message: string): void => around.onProgress(spec.taskId, message);
    this.#kill = new ContainerKill({
      ...{client, containerName, onTrouble},
      file: join(around.controlDir, `${containerName}.kill`),
      onDoubt: () => this.mayHaveEnded(),
    });
    this.#end = new EndWatch({
      ...{client, containerName, onTrouble},
      wasKilled: () => this.#kill.isOrdered,
    });
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
      const {client} = this.#around;
      const facts = isPlain ? undefined : await inspectIfThere(client, this.containerName);
      const containerIp = facts?.address;
      if (!this.#kill.isOrdered) this.#tell({state: 'TASK_RUNNING', containerIp});
      await this.#attend(logs);
    });
  }

  /** From where another process has left it. */
  async resume(): Promise<void> {
    await this.#guard(async () => {
      // It may have been killed by now, too, while the engine was away.
      await this.#kill.resume();
      // While it is just being started, the engine answers when that is done.
      const {client, starts} = this.#around;
      const found = await starts.pass(client.closed, () =>
        inspectIfThere(client, this.containerName),
      );
      if (found === undefined || found.state === 'created') {
        await removeContainer(client, this.containerName);
        this.#tell(this.#kill.isOrdered ? KILLED_EARLY : NEVER_STARTED);
        return;
      }
      this.#know(found.id);
      // Between the two, it may have ended unheard.
      this.mayHaveEnded();
      if (found.isRunning && this.#kill.isOrdered) this.#tell({state: 'TASK_KILLING'});
      else if (found.isRunning) {
        this.#tell({state: 'TASK_RUNNING', containerIp: found.address});
      }
      await this.#attend(this.#makeCopier(found.id));
    });
  }

  kill(graceMs: number): void {
    if (this.#isOver || !this.#kill.order(graceMs)) return;
    this.#tellStarting();
    this.#tell({state: 'TASK_KILLING'});
  }

  /** Somebody has heard, or suspects, that its container has ended. */
  mayHaveEnded(exitCode?: number): void {
    this.#end.mayHaveEnded(exitCode);
  }

  wasOutOfMemory(): void {
    this.#end.wasOutOfMemory();
  }

  /** Removes what is left of it. */
  async discard(): Promise<void> {
    await atMost(CONTAINER_MS_MAX, this.#copying);
    await removeContainer(this.#around.client, this.containerName);
    await rm(this.#placesFile, {force: true});
    await this.#kill.discard();
  }

  get #placesFile(): string {
    return join(this.#around.controlDir, `${this.containerName}.log`);
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
    if (this.#kill.isOrdered) this.#tell({...KILLED_EARLY, message});
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
    await makeTaskFolders(this.task, plan.folders);
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

  async #pull(image: string): Promise<void> {
    const {pulls, configFile} = this.#around;
    this.#tellStarting(`Pulling image '${image}'`);
    const files = authFilesOf(this.task.sandbox, configFile);
    const auth = await findRegistryAuth(image, files).catch((cause: unknown) => {
      const {message} = cause as Error;
      throw new LaunchFailedError(`Failed to pull image '${image}': ${message}`, {cause});
    });
    await pulls.pull(image, auth, this.#kill.ordered);
  }

  /** @returns undefined: its image is not there. */
  async #createAndStart({creation}: ContainerPlan): Promise<LogCopier | undefined> {
    const {client, starts} = this.#around;
    const killed = this.#kill.ordered;
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
    this.#copying = copying;
    const killing = this.#kill.enforce(this.#ended.signal);
    try {
      const end = await this.#end.untilEnded();
      this.#ended.abort();
      await atMost(OUTPUT_MS_MAX, copying);
      const {limits, memMiB} = this.task.spec;
      this.#tell(newsOfEnd(end, this.#kill.isOrdered, limits.memMiB ?? memMiB));
    } finally {
      this.#ended.abort();
      await Promise.all([copying, killing]);
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
