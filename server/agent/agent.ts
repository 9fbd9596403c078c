/** An agent: its work folder, its tasks, and its link to the master, wired together. */
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {isTerminal, type AgentInfo, type Amounts, type TaskSpec} from '../../engine/index.ts';
import type {ExecutorNews} from '../../adapters/ports/executor.ts';
import type {Store} from '../../adapters/ports/store.ts';
import type {AgentReport, Place} from '../../api/cluster.ts';
import type {Clock} from '../clock.ts';
import {LINK_PROTOCOL, type AgentMessage, type AgentOrder} from '../link/messages.ts';
import {takeIdentity, writeIdentity, type Identity} from './identity.ts';
import type {LeaderWatch} from '../leader-watch.ts';
import {agentEnv} from './agent-env.ts';
import type {Executors} from './executors.ts';
import {LeaderLink, type OpenChannel} from './leader-link.ts';
import {Sandboxes} from './sandboxes.ts';
import {hasEnded, reportedState, TaskLedger, type LedgerTask} from './task-ledger.ts';
import {TaskRunner} from './task-runner.ts';
import {applyToVolumes} from './volumes.ts';

export interface AgentOptions extends Place {
  readonly workDir: string;
  /** As configured: what the machine has, or less. */
  readonly resources: Amounts;
  readonly attributes: AgentInfo['attributes'];
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  /** How long sandboxes of ended tasks are kept. */
  readonly gcDelayMs: number;
  readonly version: string;
  /** Its own log, if it is kept in a file. */
  readonly logFile?: string | undefined;
}

export interface AgentParts {
  /** In the work folder; nobody else has it. */
  readonly store: Store;
  readonly watch: LeaderWatch;
  readonly open: OpenChannel;
  readonly makeExecutors: (
    agent: {readonly agentId: string; readonly volumesRoot: string},
    onNews: (news: ExecutorNews) => void,
  ) => Promise<Executors>;
  readonly fetch: (spec: TaskSpec, sandbox: string, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
  readonly log: Logger;
}

const GC_EVERY_MS = 3_600_000;

export class Agent {
  readonly startedAt: number;
  readonly options: AgentOptions;
  readonly #parts: AgentParts;
  readonly #runner: TaskRunner;
  readonly #volumesRoot: string;
  #identity: Identity;
  #link: LeaderLink;
  #gcTimer: NodeJS.Timeout;
  /** Operations are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  private constructor(
    options: AgentOptions,
    parts: AgentParts,
    made: {readonly identity: Identity; readonly runner: TaskRunner; readonly sandboxes: Sandboxes},
  ) {
    this.options = options;
    this.#parts = parts;
    this.startedAt = parts.clock.now();
    this.#identity = made.identity;
    this.#runner = made.runner;
    this.#volumesRoot = volumesRootOf(options);
    const collect = (): void => {
      const done = made.sandboxes.collect(
        () => made.runner.tasks,
        options.gcDelayMs,
        parts.clock.now(),
      );
      done.catch((error: unknown) => parts.log.warn({err: error}, 'sandboxes cannot be removed'));
    };
    collect();
    this.#gcTimer = setInterval(collect, GC_EVERY_MS);
    this.#link = new LeaderLink({
      watch: parts.watch,
      open: parts.open,
      registration: () => this.#registration(),
      registered: (masterId) => {
        parts.log.info({masterId, agentId: this.#identity.agentId}, 'registered with the master');
        this.#runner.connected();
      },
      lost: () => this.#runner.disconnected(),
      order: (order) => this.#obey(order),
      log: parts.log,
    });
  }

  /** @throws IdentityError its resources have changed in a way that it cannot go on with. */
  static async start(options: AgentOptions, parts: AgentParts): Promise<Agent> {
    const documents = await parts.store.load();
    const identity = await takeIdentity(parts.store, documents, options.resources);
    const {agentId} = identity;
    const volumesRoot = volumesRootOf(options);
    mkdirSync(volumesRoot, {recursive: true});
    const sandboxes = new Sandboxes(options.workDir, agentId, parts.log);
    // Updates that come before it is there wait in the ledger.
    const made: {agent?: Agent} = {};
    const runner = await TaskRunner.start({
      agentId,
      ledger: new TaskLedger(parts.store, documents),
      sandboxes,
      executors: (onNews) => parts.makeExecutors({agentId, volumesRoot}, onNews),
      fetch: parts.fetch,
      env: agentEnv(agentId, options),
      send: (update) => made.agent?.send(update),
      now: () => parts.clock.now(),
      failed: parts.failed,
      log: parts.log,
    });
    made.agent = new Agent(options, parts, {identity, runner, sandboxes});
    return made.agent;
  }

  get info(): AgentInfo {
    const {hostname, attributes, region, zone} = this.options;
    return {
      id: this.#identity.agentId,
      hostname,
      attributes,
      ...(region === undefined ? {} : {region}),
      ...(zone === undefined ? {} : {zone}),
    };
  }

  get resources(): Amounts {
    return this.#identity.resources;
  }

  get runner(): TaskRunner {
    return this.#runner;
  }

  get isRegistered(): boolean {
    return this.#link.isRegistered;
  }

  send(update: Extract<AgentMessage, {readonly kind: 'status'}>['status']): void {
    this.#link.send(update);
  }

  #registration(): Extract<AgentMessage, {readonly kind: 'register'}> {
    const {hostname, ip, port, version} = this.options;
    const tasks = [...this.#runner.tasks];
    const report: AgentReport = {
      agentId: this.#identity.agentId,
      hostname,
      ip,
      port,
      version,
      startedAt: this.startedAt,
      tasks: tasks.map(({launch, statuses}) => ({
        frameworkId: launch.frameworkId,
        taskId: launch.taskId,
        details: launch.details,
        statuses: statuses.filter(({state}) => !isTerminal(state)),
      })),
    };
    return {
      kind: 'register',
      protocol: LINK_PROTOCOL,
      registration: {
        kind: 'agentRegistered',
        agent: this.info,
        resources: this.#identity.resources,
        tasks: tasks.map(reportedTask),
      },
      report,
    };
  }

  #obey(order: AgentOrder): void {
    switch (order.kind) {
      case 'launchTask':
        this.#runner.launch(order);
        break;
      case 'killTask':
        this.#runner.kill(order.frameworkId, order.taskId, order.graceMs);
        break;
      case 'acknowledgeStatus':
        this.#runner.acknowledge(order.frameworkId, order.taskId, order.updateId);
        break;
      case 'applyOperations':
        this.#operate(order);
        break;
    }
  }

  /** Volumes are there before a task that uses them is launched: launches come behind. */
  #operate({operations, resources}: Extract<AgentOrder, {readonly kind: 'applyOperations'}>): void {
    applyToVolumes(this.#volumesRoot, operations);
    this.#identity = {...this.#identity, resources};
    this.#written = this.#written.then(() => writeIdentity(this.#parts.store, this.#identity));
    this.#written.catch(this.#parts.failed);
  }

  /** Kills every task that runs here, waits for the end of each, and removes its container. */
  async killTasks(): Promise<void> {
    await this.#runner.killAll();
  }

  /** Leaves the tasks running; the next process of this work folder takes them up. */
  async close(): Promise<void> {
    clearInterval(this.#gcTimer);
    this.#link.close();
    await this.#runner.close();
    await this.#parts.watch.close();
    await this.#parts.store.close();
  }
}

function volumesRootOf({workDir}: AgentOptions): string {
  return join(workDir, 'volumes');
}

/** As the master is told of it when the agent registers. */
function reportedTask(
  task: LedgerTask,
): Extract<AgentMessage, {readonly kind: 'register'}>['registration']['tasks'][number] {
  const {frameworkId, taskId, name, origin, resources, role} = task.launch;
  const last = task.statuses.findLast(({state}) => !isTerminal(state));
  const {healthy, containerIp} = last ?? {};
  return {
    frameworkId,
    taskId,
    name,
    origin,
    resources,
    state: reportedState(task),
    ...(role === undefined ? {} : {role}),
    ...(healthy === undefined || hasEnded(task) ? {} : {healthy}),
    ...(containerIp === undefined ? {} : {containerIp}),
  };
}
