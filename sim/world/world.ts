/**
 * The virtual world around the engine: agents, tasks, faults, the store, and the sources of work.
 * It turns what is due into inputs and carries out effects; it decides nothing that the engine
 * decides.
 */
import {assert, Fifo, frameworkIdOf, makeRandom} from '../../engine/index.ts';
import type {
  AgentId,
  Effect,
  FrameworkEvent,
  FrameworkId,
  FrameworkReply,
  OperatorRequest,
  Random,
} from '../../engine/index.ts';
import {draw} from '../random/distributions.ts';
import type {Distribution} from '../random/distributions.ts';
import type {AgentSelection, Framework, HealthAnswer, Scenario} from '../scenario/schema.ts';
import type {Supplies} from '../supplies.ts';
import {AgentTable} from './agents.ts';
import {AppMeter} from './app-meter.ts';
import {makeCluster} from './cluster.ts';
import {Definitions} from './definitions.ts';
import {DeploymentMeter} from './deployment-meter.ts';
import {Faults} from './faults.ts';
import {JobMeter} from './job-meter.ts';
import {JobTable} from './jobs.ts';
import {ProbeAnswers} from './probe-answers.ts';
import {RunMeter} from './run-meter.ts';
import {makeSources} from './sources/make-sources.ts';
import type {ChronosRequest, JobFace} from './sources/chronos-requests.ts';
import type {MarathonRequest} from './sources/marathon-requests.ts';
import type {
  ExpectedStatus,
  Happening,
  MarathonView,
  Source,
  Submission,
  WorldPort,
} from './sources/source.ts';
import {Store} from './store.ts';
import {Tally} from './tally.ts';
import {TaskHealths} from './task-health.ts';
import {TaskPlans} from './task-plans.ts';
import {TaskTable} from './tasks.ts';
import type {Launch} from './tasks.ts';
import {VirtualTasks} from './virtual-tasks.ts';
import type {InputPort} from './virtual-tasks.ts';
import {UpdateNetwork} from './update-network.ts';
import {
  kindOf,
  PROBES_ANSWERED,
  rowOf,
  STORE_WROTE,
  UPDATE_ARRIVES,
  WorldQueue,
} from './world-queue.ts';

/** A request of the scenario that the engine refused. */
export interface RefusedRequest {
  readonly label: string;
  readonly atMs: number;
  readonly message: string;
}

/** The engine, as the world sees it. */
export interface WorldHost extends InputPort {
  marathon(frameworkId: FrameworkId): MarathonView | undefined;
  scheduledJob(frameworkId: FrameworkId, name: string): JobFace | undefined;
}

/** A request that is not yet answered. */
interface OpenRequest {
  readonly label: string;
  /** Absent: any answer will do that is no refusal. */
  readonly status?: ExpectedStatus;
}

/** A transaction that the store has not yet confirmed. */
interface Write {
  readonly batch: number;
  readonly deletes: readonly string[];
}

/** Below the id of the framework. */
const INSTANCE_RECORDS = /^[^/]+\/instances\//;

type WorldSnapshot = ReturnType<World['snapshot']>;

export class World implements WorldPort {
  readonly agents: AgentTable;
  readonly tasks: TaskTable;
  readonly jobs = new JobTable();
  readonly tally: Tally;
  /** By framework; of batch frameworks they stay empty. */
  readonly apps: readonly AppMeter[];
  readonly frameworkIds: readonly FrameworkId[];
  readonly refused: RefusedRequest[] = [];
  readonly deployments = new DeploymentMeter();
  readonly runs: RunMeter;
  /** By type: how many events frameworks have published. */
  readonly eventCounts = new Map<string, number>();
  readonly definitions: Definitions;
  readonly #host: WorldHost;
  readonly #seed: number;
  readonly #store: Store;
  readonly #queue = new WorldQueue();
  readonly #frameworkOf: ReadonlyMap<string, number>;
  readonly #kinds: readonly Framework['kind'][];
  readonly #plans: TaskPlans;
  readonly #healths: TaskHealths;
  readonly #probes: ProbeAnswers;
  readonly #network: UpdateNetwork;
  readonly #virtualTasks: VirtualTasks;
  readonly #storeLatencyMs: Distribution | undefined;
  readonly #faults: Faults;
  readonly #jobMeter: JobMeter;
  readonly #sources: readonly Source[];
  readonly #requests = new Map<string, OpenRequest>();
  #nextRequest = 0;
  /** Batches of records that the store has not yet confirmed, oldest first. */
  #writes = new Fifo<Write>();
  /** When the youngest of them is confirmed. */
  #lastWriteAt = 0;
  #sourcesAt = Infinity;
  #now = 0;

  constructor(scenario: Scenario, supplies: Supplies, host: WorldHost) {
    const {frameworks, seed} = scenario;
    this.#host = host;
    this.#seed = seed;
    this.#storeLatencyMs = scenario.store?.latencyMs;
    this.#store = new Store(scenario.events.some(({kind}) => kind === 'failover'));
    this.definitions = new Definitions(needsDefinitions(scenario));
    this.frameworkIds = frameworks.map(({name}) => frameworkIdOf(name));
    this.#frameworkOf = new Map(frameworks.map(({name}, index) => [name, index]));
    this.#kinds = frameworks.map(({kind}) => kind);
    this.agents = new AgentTable(makeCluster(scenario.agents, supplies.nodes));
    this.tasks = new TaskTable(this.agents, frameworks.length);
    this.tally = new Tally(frameworks.length);
    this.apps = frameworks.map((_, index) => new AppMeter(this.tally.of(index)));
    const names = frameworks.map(({name}) => name);
    this.runs = new RunMeter(this.tally.frameworks, names, scenario.startMs);
    this.#jobMeter = new JobMeter(this.jobs, this.tally);
    this.#plans = new TaskPlans(seed, scenario.behaviours, this.definitions);
    const shared = {port: host, queue: this.#queue, agents: this.agents};
    this.#healths = new TaskHealths(this.tasks, frameworks.length, (launch) =>
      this.#plans.healthOf(launch),
    );
    const withTasks = {...shared, tasks: this.tasks, healths: this.#healths};
    this.#network = new UpdateNetwork(scenario.network, {...shared, seed});
    const network = this.#network;
    this.#virtualTasks = new VirtualTasks({...withTasks, tally: this.tally, network});
    this.#probes = new ProbeAnswers(withTasks);
    this.#faults = new Faults({...shared, virtualTasks: this.#virtualTasks, seed});
    for (const [index, failure] of scenario.failures.entries()) {
      if (failure.kind === 'perAgent') this.#faults.addProcess(failure, index);
    }
    this.#sources = makeSources(scenario, supplies, {frameworkOf: this.#frameworkOf});
    this.#lookAhead();
  }

  /** Registers the cluster. Not after a restore. */
  start(): void {
    for (let agent = 0; agent < this.agents.count; agent += 1) {
      this.#virtualTasks.register(0, agent);
    }
    this.#faults.start();
  }

  /** Instant of what is due next; Infinity when nothing is. */
  get nextAt(): number {
    const queueAt = this.#queue.nextAt;
    return queueAt <= this.#sourcesAt ? queueAt : this.#sourcesAt;
  }

  /** Whether work may still come, or be made to come by the script. */
  get hasMoreToCome(): boolean {
    return this.#sourcesAt !== Infinity;
  }

  get jobsExpected(): number {
    return this.#sources.reduce((sum, source) => sum + source.jobsExpected, 0);
  }

  get nothingQueued(): boolean {
    return this.#queue.nextAt === Infinity;
  }

  /** Handles one thing that is due at `now`: completions first, then faults, then arrivals. */
  handleNext(now: number): void {
    this.#now = now;
    const queue = this.#queue;
    if (queue.nextAt > now) {
      this.#fireSource(now);
    } else if (queue.isTaskNext) {
      const entry = queue.popTask();
      const kind = kindOf(entry);
      if (kind === STORE_WROTE) this.#stored();
      else if (kind === PROBES_ANSWERED) this.#probes.deliver(rowOf(entry));
      else this.#virtualTasks.handle(now, kind, rowOf(entry));
    } else {
      const entry = queue.popAgent();
      const kind = kindOf(entry);
      if (kind === UPDATE_ARRIVES) this.#network.arrive(rowOf(entry));
      else this.#faults.handle(now, kind, rowOf(entry));
    }
  }

  #fireSource(now: number): void {
    const source = this.#sources.find(({nextAt}) => nextAt === now);
    source?.fire(now, this);
    this.#lookAhead();
  }

  #lookAhead(): void {
    let nextAt = Infinity;
    for (const source of this.#sources) if (source.nextAt < nextAt) nextAt = source.nextAt;
    this.#sourcesAt = nextAt;
  }

  #stored(): void {
    const write = this.#writes.shift();
    if (write === undefined) return;
    const {batch, deletes} = write;
    this.#host.deliver({kind: 'recordsWritten', batch});
    // Not before: with the confirmation come the last events of what is deleted.
    for (const path of deletes) this.#forgotten(path);
  }

  /** For what comes from outside instead of from a source. */
  act(now: number, action: (world: World) => void): void {
    this.#now = now;
    action(this);
  }

  // What sources make happen.

  submit(submission: Submission): void {
    this.#jobMeter.submitted(this.#now, submission);
    const frameworkId = this.frameworkIds[submission.framework] as FrameworkId;
    this.#host.deliver({kind: 'jobSubmitted', frameworkId, job: submission.job});
  }

  request(
    framework: number,
    request: ChronosRequest | MarathonRequest,
    label: string,
    status?: ExpectedStatus,
  ): void {
    this.ask(framework, request, label, status);
  }

  refuse(label: string, message: string): void {
    this.refused.push({label, atMs: this.#now, message});
  }

  failOver(framework: number): void {
    const frameworkId = this.frameworkIds[framework] as FrameworkId;
    const records = this.#store.records(frameworkId);
    this.#host.deliver({kind: 'frameworkFailedOver', frameworkId, records});
  }

  marathon(framework: number): MarathonView {
    const view = this.#host.marathon(this.frameworkIds[framework] as FrameworkId);
    assert(view !== undefined, () => `framework ${framework} is no Marathon`);
    return view;
  }

  scheduledJob(framework: number, name: string): JobFace | undefined {
    return this.#host.scheduledJob(this.frameworkIds[framework] as FrameworkId, name);
  }

  random(stream: string): Random {
    return makeRandom(this.#seed, stream);
  }

  /** Any request to a framework; the `reply` effect with the id that is answered is its answer. */
  ask(framework: number, request: unknown, label: string, status?: ExpectedStatus): string {
    const requestId = this.#requestId(label, status);
    const frameworkId = this.frameworkIds[framework] as FrameworkId;
    this.#host.deliver({kind: 'request', requestId, frameworkId, request});
    return requestId;
  }

  operate(request: OperatorRequest, label: string): void {
    this.#host.deliver({kind: 'operatorRequest', requestId: this.#requestId(label), request});
  }

  #requestId(label: string, status?: ExpectedStatus): string {
    this.#nextRequest += 1;
    const requestId = `sim-${this.#nextRequest}`;
    this.#requests.set(requestId, status === undefined ? {label} : {label, status});
    return requestId;
  }

  agentsOf(selection: AgentSelection, stream: string): readonly AgentId[] {
    const rows = this.#faults.select(selection, stream, true);
    return rows.map((row) => this.agents.ids[row] as AgentId);
  }

  isUp(agentId: AgentId): boolean {
    return this.agents.isUp(this.agents.rowOf(agentId));
  }

  answerHealth(framework: number, app: string, answer: HealthAnswer | undefined): void {
    this.#healths.answerWith(framework, app, answer);
    this.#virtualTasks.healthChanged(this.#now, framework, app);
  }

  fault({fault, agents, forMs, stream}: Happening): void {
    const hit = this.#faults.select(agents, stream, true);
    this.#faults.begin(this.#now, fault, hit, forMs);
  }

  // What the engine orders.

  /** Carries out an effect. Never calls the engine: what follows from it is queued. */
  apply(now: number, effect: Effect): void {
    switch (effect.kind) {
      case 'launchTask':
        this.#launch(now, effect);
        return;
      case 'applyOperations':
        this.agents.reserve(this.agents.rowOf(effect.agentId), effect.resources);
        return;
      case 'acknowledgeStatus':
        this.#virtualTasks.acknowledge(now, effect, this.#indexOf(effect.frameworkId));
        return;
      case 'killTask':
        this.#virtualTasks.kill(now, effect, this.#indexOf(effect.frameworkId));
        return;
      case 'persist':
        this.#store.write(effect);
        this.definitions.wrote(effect.puts);
        this.#writes.push({batch: effect.batch, deletes: effect.deletes});
        this.#queue.pushTask(this.#writtenAt(now, effect.batch), STORE_WROTE, 0);
        return;
      case 'probe':
        this.#probes.ask(now, effect, this.#indexOf(effect.frameworkId));
        return;
      case 'publish': {
        this.#published(now, effect.frameworkId, effect.event);
        return;
      }
      case 'reply':
      case 'operatorReply':
        this.#replied(now, effect.requestId, effect.reply);
        return;
      default:
        effect satisfies never;
    }
  }

  /** When the store confirms a batch: not before those that came earlier. */
  #writtenAt(now: number, batch: number): number {
    if (this.#storeLatencyMs === undefined) return now;
    const latencyMs = draw(this.#storeLatencyMs, makeRandom(this.#seed, `store/${batch}`));
    this.#lastWriteAt = Math.max(this.#lastWriteAt, now + Math.round(latencyMs));
    return this.#lastWriteAt;
  }

  #published(now: number, frameworkId: FrameworkId, event: FrameworkEvent): void {
    const {type} = event;
    this.eventCounts.set(type, (this.eventCounts.get(type) ?? 0) + 1);
    const framework = this.#indexOf(frameworkId);
    switch (this.#kinds[framework]) {
      case 'marathon':
        this.apps[framework]?.observe(now, event);
        this.deployments.observe(now, frameworkId, event);
        return;
      case 'chronos':
        this.runs.observe(now, framework, event);
        return;
      default:
        this.#jobMeter.observe(now, framework, event);
    }
  }

  /** Marathon forgets instances without an event; that their records go tells it. */
  #forgotten(path: string): void {
    if (!INSTANCE_RECORDS.test(path)) return;
    const id = path.slice(path.lastIndexOf('/') + 1);
    for (const apps of this.apps) apps.forgotten(id);
  }

  #indexOf(id: FrameworkId): number {
    return this.#frameworkOf.get(id) as number;
  }

  #launch(now: number, effect: Launch): void {
    const framework = this.#indexOf(effect.frameworkId);
    const {origin} = effect;
    if (origin.kind === 'app') {
      const plan = this.#plans.ofInstance(origin.appId, origin.version, effect);
      this.apps[framework]?.launched(origin.appId, effect.taskId);
      this.#virtualTasks.launch(now, effect, {framework, job: -1, plan});
      return;
    }
    if (origin.kind === 'run') {
      const plan = this.#plans.ofRun(origin.jobName, effect.taskId);
      this.#virtualTasks.launch(now, effect, {framework, job: -1, plan});
      return;
    }
    const job = this.jobs.rowOf(framework, origin.serial);
    const plan = this.#plans.ofJob(this.jobs, job, effect.taskId);
    this.#jobMeter.launched(now, job, origin.attempt);
    this.#virtualTasks.launch(now, effect, {framework, job, plan});
  }

  #replied(now: number, requestId: string, reply: FrameworkReply): void {
    const {label, status} = this.#requests.get(requestId) ?? {label: requestId};
    this.#requests.delete(requestId);
    if (reply.ok) {
      const fault = status === undefined ? undefined : statusFault(reply.body, status);
      if (fault !== undefined) this.refused.push({label, atMs: now, message: fault});
      return;
    }
    const {message, errors = []} = reply.refusal;
    const details = errors.map((error) => `${error.path}: ${error.message}`);
    this.refused.push({label, atMs: now, message: [message, ...details].join('; ')});
  }

  snapshot() {
    return {
      queue: this.#queue.snapshot(),
      agents: this.agents.snapshot(),
      tasks: this.tasks.snapshot(),
      jobs: this.jobs.snapshot(),
      tally: this.tally.snapshot(),
      apps: this.apps.map((app) => app.snapshot()),
      deployments: this.deployments.snapshot(),
      runs: this.runs.snapshot(),
      eventCounts: [...this.eventCounts],
      definitions: this.definitions.snapshot(),
      store: this.#store.snapshot(),
      healths: this.#healths.snapshot(),
      probes: this.#probes.snapshot(),
      faults: this.#faults.snapshot(),
      sources: this.#sources.map((source) => source.snapshot()),
      requests: [...this.#requests],
      nextRequest: this.#nextRequest,
      writes: this.#writes.toArray(),
      lastWriteAt: this.#lastWriteAt,
      network: this.#network.snapshot(),
      now: this.#now,
    };
  }

  restore(snapshot: WorldSnapshot): void {
    this.#queue.restore(snapshot.queue);
    this.agents.restore(snapshot.agents);
    this.tasks.restore(snapshot.tasks);
    this.jobs.restore(snapshot.jobs);
    this.tally.restore(snapshot.tally);
    for (const [index, app] of snapshot.apps.entries()) this.apps[index]?.restore(app);
    this.deployments.restore(snapshot.deployments);
    this.runs.restore(snapshot.runs);
    for (const [type, count] of snapshot.eventCounts) this.eventCounts.set(type, count);
    this.definitions.restore(snapshot.definitions);
    this.#store.restore(snapshot.store);
    this.#healths.restore(snapshot.healths);
    this.#probes.restore(snapshot.probes);
    this.#faults.restore(snapshot.faults);
    for (const [index, source] of snapshot.sources.entries()) this.#sources[index]?.restore(source);
    for (const [requestId, open] of snapshot.requests) this.#requests.set(requestId, open);
    this.#nextRequest = snapshot.nextRequest;
    this.#writes = new Fifo(snapshot.writes);
    this.#lastWriteAt = snapshot.lastWriteAt;
    this.#network.restore(snapshot.network);
    this.#now = snapshot.now;
    this.#lookAhead();
  }
}

/** Whether a behaviour or an expectation asks which definition of its app something is of. */
function needsDefinitions({behaviours, expectations}: Scenario): boolean {
  return (
    behaviours.some(
      (behaviour) => behaviour.version !== undefined || behaviour.with !== undefined,
    ) || expectations.some(({metric}) => /^apps\..*\.version$/.test(metric))
  );
}

/** What is wrong with an answer of the v2 API; undefined when nothing is. */
function statusFault(body: unknown, wanted: ExpectedStatus): string | undefined {
  const answer = body as {readonly status: number; readonly body: unknown};
  if (wanted === 'good' ? answer.status < 400 : answer.status === wanted) return undefined;
  const expected = wanted === 'good' ? 'below 400' : String(wanted);
  const said = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  const clipped = said.length > 200 ? `${said.slice(0, 199)}…` : said;
  return `expected the status ${expected}, found ${answer.status}: ${clipped}`;
}
