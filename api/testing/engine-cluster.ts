/**
 * A cluster in one process for tests of the faces: a real engine with Marathon and Chronos, agents
 * that start and end what they are told, a store that writes at once or when it is let, and time
 * that passes only by {@link EngineCluster.run}.
 */
import {
  agentIdOf,
  createEngine,
  frameworkIdOf,
  must,
  parseAmounts,
  succeedEngine,
  type AgentId,
  type AgentInfo,
  type ChronosOptions,
  type Effect,
  type Engine,
  type EngineOptions,
  type EngineView,
  type FrameworkEvent,
  type FrameworkId,
  type FrameworkReply,
  type HttpAnswer,
  type HttpRequest,
  type Input,
  type MarathonOptions,
  type OperatorRequest,
  type StatusReason,
  type TaskState,
} from '../../engine/index.ts';
import {
  NotLeadingError,
  type Address,
  type AgentAccess,
  type AgentReport,
  type Cluster,
  type MasterIdentity,
  type Measured,
  type ReportedTask,
  type Witness,
} from '../cluster.ts';
import {Witnesses} from '../witnesses.ts';

type Launch = Extract<Effect, {kind: 'launchTask'}>;

export interface ClusterSetup {
  readonly marathon?: Partial<MarathonOptions>;
  readonly chronos?: Partial<ChronosOptions>;
  readonly quotas?: EngineOptions['quotas'];
  readonly weights?: EngineOptions['weights'];
  /** Whether it leads from the start. */
  readonly leads?: boolean;
  readonly self?: Partial<MasterIdentity>;
}

interface Asked {
  readonly resolve: (reply: FrameworkReply) => void;
  readonly reject: (error: Error) => void;
}

/** When the manual clock begins. */
export const STARTED_AT = Date.UTC(2020, 0, 1);

const MARATHON = frameworkIdOf('marathon');
const CHRONOS = frameworkIdOf('chronos');

export class EngineCluster implements Cluster {
  self: MasterIdentity;
  leader: Address | undefined;
  readonly names = {marathon: MARATHON, chronos: CHRONOS};
  readonly flags = {cluster: 'test', zk: 'zk://z1/drydock'};
  readonly access = new Map<string, AgentAccess>();
  /** What the store has, by path. */
  records = new Map<string, unknown>();
  /** Tasks that live, by their ids. */
  readonly tasks = new Map<string, Launch>();
  readonly events: FrameworkEvent[] = [];
  abdications = 0;
  /** Whether tasks say that they run as soon as they are launched. */
  tasksRun = true;
  /** While set, writes are not confirmed: changes are not answered. */
  writesWait = false;
  now = STARTED_AT;
  readonly #options: EngineOptions;
  readonly #asked = new Map<string, Asked>();
  readonly #listeners = new Set<(event: FrameworkEvent) => void>();
  readonly #ends = new Set<() => void>();
  readonly #witnesses = new Witnesses();
  #engine: Engine | undefined;
  #waitingWrites: number[] = [];
  #serial = 0;
  #isCarrying = false;
  #epoch = 0;

  constructor({marathon, chronos, quotas, weights, leads = true, self}: ClusterSetup = {}) {
    this.self = {
      id: 'master-1',
      hostname: '127.0.0.1',
      port: 5050,
      version: '0.1.0',
      startedAt: STARTED_AT,
      ...self,
    };
    this.#options = {
      seed: 1,
      master: {registry: 'stored'},
      quotas,
      weights,
      frameworks: [
        {id: MARATHON, type: 'marathon', role: '*', marathon: marathon ?? {}},
        {id: CHRONOS, type: 'chronos', role: '*', chronos: chronos ?? {}},
      ],
    };
    if (leads) this.lead();
  }

  // Leading.

  get isLeader(): boolean {
    return this.#engine !== undefined;
  }

  get view(): EngineView {
    return this.#leading.view;
  }

  get #leading(): Engine {
    if (this.#engine === undefined) throw new NotLeadingError();
    return this.#engine;
  }

  /** It is elected, and goes on from its records if it has any. */
  lead(): void {
    this.#epoch += 1;
    this.#witnesses.started(this.now);
    this.#engine =
      this.records.size === 0
        ? createEngine(this.#options, this.now)
        : succeedEngine(
            this.#options,
            {records: [...this.records], epoch: this.#epoch},
            this.now,
            {},
          );
    this.leader = this.self;
    this.self = {...this.self, electedAt: this.now};
    this.#carryOut();
  }

  /** It leads no more; who asked is told so. */
  depose(leader?: Address): void {
    this.#engine?.step(this.now, {kind: 'leadershipLost'});
    this.#engine = undefined;
    this.leader = leader;
    this.self = {...this.self, electedAt: undefined};
    for (const {reject} of this.#asked.values()) reject(new NotLeadingError());
    this.#asked.clear();
    this.#waitingWrites = [];
    for (const end of [...this.#ends]) end();
  }

  abdicate(): void {
    this.abdications += 1;
    this.depose();
  }

  // Asking.

  async request(frameworkId: FrameworkId, request: HttpRequest): Promise<HttpAnswer> {
    const reply = await this.#ask((requestId) => ({
      kind: 'request',
      requestId,
      frameworkId,
      request,
    }));
    if (!reply.ok) throw new Error(reply.refusal.message);
    return reply.body as HttpAnswer;
  }

  operatorRequest(request: OperatorRequest): Promise<FrameworkReply> {
    return this.#ask((requestId) => ({kind: 'operatorRequest', requestId, request}));
  }

  #ask(inputOf: (requestId: string) => Input): Promise<FrameworkReply> {
    if (this.#engine === undefined) return Promise.reject(new NotLeadingError());
    this.#serial += 1;
    const requestId = `r${this.#serial}`;
    return new Promise((resolve, reject) => {
      this.#asked.set(requestId, {resolve, reject});
      this.step(inputOf(requestId));
    });
  }

  onEvent(frameworkId: FrameworkId, listener: (event: FrameworkEvent) => void): () => void {
    if (frameworkId !== MARATHON) return () => undefined;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  onEnd(listener: () => void): () => void {
    this.#ends.add(listener);
    return () => this.#ends.delete(listener);
  }

  witness(witness: Witness): void {
    this.#witnesses.add(witness);
  }

  agentAccess(agentId: AgentId): AgentAccess | undefined {
    return this.access.get(agentId);
  }

  measured(what: Measured, ms: number): void {
    this.#witnesses.measured(this.now, what, ms);
  }

  publish(event: FrameworkEvent): void {
    this.events.push(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  // The world.

  /** An agent registers, with what it still runs. */
  join(
    name: string,
    resources = 'cpus:8;mem:16384;disk:100000;ports:[31000-32000]',
    more: Partial<AgentInfo> &
      Partial<Pick<AgentReport, 'ip' | 'port'>> & {readonly tasks?: readonly Launch[]} = {},
  ): AgentId {
    const {ip, port = 5051, tasks = [], ...info} = more;
    const agentId = agentIdOf(name);
    const parsed = parseAmounts(resources);
    if (!parsed.ok) throw new Error(parsed.message);
    const agent = {id: agentId, hostname: `${name}.example`, attributes: {}, ...info};
    const report: AgentReport = {
      agentId,
      hostname: agent.hostname,
      ip,
      port,
      version: '0.1.0',
      startedAt: this.now,
      tasks: tasks.map((task) => reported(task, this.now)),
    };
    this.#witnesses.agent(this.now, report);
    this.step({
      kind: 'agentRegistered',
      agent,
      resources: parsed.amounts,
      tasks: tasks.map(({frameworkId, taskId, name: taskName, origin, resources: amounts}) => ({
        frameworkId,
        taskId,
        name: taskName,
        origin,
        resources: amounts,
        state: 'TASK_RUNNING',
      })),
    });
    return agentId;
  }

  step(input: Input): void {
    this.#witnesses.input(this.now, input);
    this.#leading.step(this.now, input);
    this.#carryOut();
  }

  /** Lets so much time pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (let wakeAt = this.#leading.wakeAt; wakeAt <= end; wakeAt = this.#leading.wakeAt) {
      this.now = Math.max(this.now, wakeAt);
      this.step({kind: 'tick'});
    }
    this.now = end;
  }

  /** A task reports a state; an ended one is gone. */
  report(
    taskId: string,
    state: TaskState,
    more: {healthy?: boolean; containerIp?: string; reason?: StatusReason} = {},
  ): void {
    const task = must(this.tasks.get(taskId), `task ${taskId}`);
    if (/FINISHED|FAILED|KILLED|ERROR/.test(state)) this.tasks.delete(taskId);
    this.#serial += 1;
    const {agentId, frameworkId} = task;
    const updateId = `u${this.#serial}`;
    this.step({
      kind: 'taskStatus',
      agentId,
      frameworkId,
      taskId: task.taskId,
      state,
      updateId,
      ...more,
    });
  }

  get writesWaiting(): number {
    return this.#waitingWrites.length;
  }

  /** Confirms the writes that wait. */
  write(): void {
    for (const batch of this.#waitingWrites.splice(0)) this.step({kind: 'recordsWritten', batch});
  }

  /** What an effect brings about at once is stepped, and waits until those before it are done. */
  #carryOut(): void {
    if (this.#isCarrying) return;
    this.#isCarrying = true;
    for (;;) {
      const effects = this.#engine?.takeEffects() ?? [];
      if (effects.length === 0) break;
      for (const effect of effects) {
        this.#witnesses.effect(this.now, effect);
        this.#carry(effect);
      }
    }
    this.#isCarrying = false;
  }

  #carry(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        for (const {path, document} of effect.puts) this.records.set(path, document);
        for (const path of effect.deletes) this.records.delete(path);
        if (this.writesWait) this.#waitingWrites.push(effect.batch);
        else this.step({kind: 'recordsWritten', batch: effect.batch});
        break;
      case 'launchTask':
        this.tasks.set(effect.taskId, effect);
        if (this.tasksRun) this.report(effect.taskId, 'TASK_RUNNING', {containerIp: '172.17.0.2'});
        break;
      case 'killTask':
        if (this.tasks.has(effect.taskId)) this.report(effect.taskId, 'TASK_KILLED');
        break;
      case 'reply':
      case 'operatorReply':
        this.#asked.get(effect.requestId)?.resolve(effect.reply);
        this.#asked.delete(effect.requestId);
        break;
      case 'publish':
        if (effect.frameworkId === MARATHON) this.publish(effect.event);
        break;
      case 'acknowledgeStatus':
      case 'applyOperations':
      case 'probe':
        break;
      default:
        effect satisfies never;
    }
  }
}

function reported({frameworkId, taskId, details}: Launch, now: number): ReportedTask {
  return {
    frameworkId,
    taskId,
    details,
    statuses: [{state: 'TASK_RUNNING', at: now, containerIp: '172.17.0.2'}],
  };
}
