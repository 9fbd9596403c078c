/**
 * A small world around an engine with one Chronos: virtual time, a store that writes at once,
 * agents whose tasks end as told, and leaders that come and go. It knows nothing of the suites.
 * Instants are ms since 1970.
 */
import {temporalZones} from '../../adapters/zones/temporal-zones.ts';
import {
  agentIdOf,
  createEngine,
  frameworkIdOf,
  isTerminal,
  parseAmounts,
  taskIdOf,
  type Amounts,
  type ChronosEvent,
  type ChronosOptions,
  type Effect,
  type Engine,
  type HttpAnswer,
  type TaskState,
} from '../../engine/index.ts';
import {EngineHost} from '../engine-host.ts';

export interface StageOptions {
  readonly seed: number;
  /** Instant at which the engine begins. */
  readonly startedAt: number;
  readonly chronos?: Partial<ChronosOptions> | undefined;
}

interface StageAgent {
  readonly resources: Amounts;
  /** From the launch of a task to its success. */
  readonly taskRunMs: number | undefined;
}

type LaunchEffect = Extract<Effect, {readonly kind: 'launchTask'}>;

export interface StageLaunch {
  readonly effect: LaunchEffect;
  readonly job: string;
  readonly due: number;
  readonly attempt: number;
  /** What its run was claimed for. */
  readonly kind: string;
  /** As the agent knows it. */
  state: TaskState;
}

const CHRONOS = frameworkIdOf('chronos');
const PREFIX = '/v1/scheduler';
/** News of a task that comes by itself. */
interface News {
  readonly at: number;
  readonly launch: StageLaunch;
  readonly state: TaskState;
}

/** So many ticks at one instant are a bug. */
const TICKS_MAX = 10_000;

export type StageChronos = NonNullable<ReturnType<Engine['view']['chronos']>>;

export class Stage {
  /** Tasks that were ever launched, in order. */
  readonly launches: StageLaunch[] = [];
  /** Ids of tasks for which a kill was asked, in order. */
  readonly kills: string[] = [];
  now: number;
  readonly #startedAt: number;
  readonly #agents = new Map<string, StageAgent>();
  readonly #host: EngineHost;
  /** In order of time. */
  #news: News[] = [];

  constructor({seed, startedAt, chronos = {}}: StageOptions) {
    this.now = startedAt;
    this.#startedAt = startedAt;
    const framework = {id: CHRONOS, role: '*', type: 'chronos', chronos} as const;
    const options = {seed, epochMs: startedAt, frameworks: [framework]};
    this.#host = new EngineHost({
      engine: createEngine(options, 0, {timeZones: temporalZones}),
      frameworkId: CHRONOS,
      now: () => this.now - startedAt,
      carryOut: (effect) => {
        this.#do(effect);
      },
    });
    this.#host.drain();
  }

  get engine(): Engine {
    return this.#host.engine;
  }

  get events(): readonly ChronosEvent[] {
    return this.#host.events as unknown as readonly ChronosEvent[];
  }

  /** The Chronos, for reading. */
  get chronos(): StageChronos {
    const chronos = this.engine.view.chronos(CHRONOS);
    if (chronos === undefined) throw new Error('the engine has no Chronos');
    return chronos;
  }

  /**
   * A new agent with resources such as `cpus:4;mem:4096`. Its tasks run for `taskRunMs` and
   * succeed, unless they are killed; if it is absent, they do only what {@link Stage.status} says.
   */
  addAgent(resources: string, taskRunMs?: number): void {
    const parsed = parseAmounts(resources);
    if (!parsed.ok) throw new Error(`${resources}: ${parsed.message}`);
    const name = `agent${this.#agents.size + 1}`;
    this.#agents.set(name, {resources: parsed.amounts, taskRunMs});
    this.#register(name);
  }

  /** All agents come back to the master with the tasks that they have. */
  registerAgain(): void {
    for (const name of this.#agents.keys()) this.#register(name);
  }

  #register(name: string): void {
    const tasks = this.launches
      .filter(({effect, state}) => effect.agentId === name && !isTerminal(state))
      .map(({effect: {frameworkId, taskId, name: taskName, origin, resources}, state}) => {
        return {frameworkId, taskId, name: taskName, origin, resources, state};
      });
    const {resources} = this.#agentOf(name);
    const agent = {id: agentIdOf(name), hostname: name, attributes: {}};
    this.#host.step({kind: 'agentRegistered', agent, resources, tasks});
  }

  #agentOf(name: string): StageAgent {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw new Error(`there is no agent ${name}`);
    return agent;
  }

  /** A request below the prefix of Chronos's API, and its answer. */
  request(method: string, path: string, body?: unknown): HttpAnswer {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.http(method, `${PREFIX}${path}`, text);
  }

  http(method: string, path: string, body?: string): HttpAnswer {
    const headers = {'content-type': 'application/json'};
    const request = {kind: 'http', method, path, headers, ...(body !== undefined && {body})};
    const reply = this.#host.request(request);
    if (!reply.ok) throw new Error(`a request was refused: ${JSON.stringify(reply.refusal)}`);
    return reply.body as HttpAnswer;
  }

  /** An agent's news of a task. */
  status(launch: StageLaunch, state: TaskState): void {
    launch.state = state;
    this.statusOf(launch.effect.taskId, state, launch.effect.agentId);
  }

  /** An agent's news of a task that may be any; `agent`: any agent, if absent. */
  statusOf(taskId: string, state: TaskState, agent?: string): void {
    const [first = 'agent1'] = this.#agents.keys();
    this.#host.status({agentId: agentIdOf(agent ?? first), taskId: taskIdOf(taskId), state});
  }

  /** The record of a job as the store has it. */
  recordOf(job: string): unknown {
    return this.#host.records.get(recordPath(job));
  }

  /** As if an earlier leader had left it so; to be followed by {@link takeOver}. */
  putRecord(job: string, document: unknown): void {
    this.#host.records.set(recordPath(job), document);
  }

  /** Another leader takes over; it knows what the store holds. */
  takeOver(): void {
    const records = structuredClone([...this.#host.records]);
    this.#host.step({kind: 'frameworkFailedOver', frameworkId: CHRONOS, records});
  }

  /** It becomes that late without anybody looking at the clock; time never goes back. */
  jumpTo(instant: number): void {
    this.now = Math.max(this.now, instant);
  }

  /** Somebody looks at the clock: all that is due by now happens. */
  settle(): void {
    for (let ticks = 0; this.#nextAt() <= this.now; ticks += 1) {
      if (ticks >= TICKS_MAX) throw new Error(`the engine does not come to rest at ${this.now}`);
      this.#happen();
    }
  }

  /** Lets time pass: what is due happens at its instant. */
  advanceTo(instant: number): void {
    for (let next = this.#nextAt(); next <= instant; next = this.#nextAt()) {
      this.jumpTo(next);
      this.settle();
    }
    this.jumpTo(instant);
  }

  wait(ms: number): void {
    this.advanceTo(this.now + ms);
  }

  #nextAt(): number {
    return Math.min(this.#news[0]?.at ?? Infinity, this.engine.wakeAt + this.#startedAt);
  }

  /** The world comes before the engine. */
  #happen(): void {
    const [first] = this.#news;
    if (first === undefined || first.at > this.now) {
      this.#host.step({kind: 'tick'});
      return;
    }
    this.#news.shift();
    if (!isTerminal(first.launch.state)) this.status(first.launch, first.state);
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'launchTask':
        this.#launch(effect);
        break;
      case 'killTask':
        this.kills.push(effect.taskId);
        for (const launch of this.launches) {
          if (launch.effect.taskId === effect.taskId) this.#later(0, launch, 'TASK_KILLED');
        }
        break;
      default:
        // Whether an update was acknowledged is no matter here: none is repeated.
        break;
    }
  }

  #launch(effect: LaunchEffect): void {
    const {origin} = effect;
    if (origin.kind !== 'run') throw new Error(`a task of a Chronos is of no run: ${effect.name}`);
    const {jobName: job, due, attempt} = origin;
    const claim = this.events.findLast(
      (event) => event.type === 'JobQueued' && event.job === job && event.due === due,
    );
    const kind = claim?.type === 'JobQueued' ? claim.kind : 'unknown';
    const launch: StageLaunch = {effect, job, due, attempt, kind, state: 'TASK_STAGING'};
    this.launches.push(launch);
    this.#later(0, launch, 'TASK_RUNNING');
    this.#later(this.#agentOf(effect.agentId).taskRunMs ?? 0, launch, 'TASK_FINISHED');
  }

  /** Only of tasks that go on by themselves. */
  #later(ms: number, launch: StageLaunch, state: TaskState): void {
    if (this.#agentOf(launch.effect.agentId).taskRunMs === undefined) return;
    const news = {at: this.now + ms, launch, state};
    this.#news = [...this.#news, news].sort((one, two) => one.at - two.at);
  }
}

function recordPath(job: string): string {
  return `${CHRONOS}/jobs/${job}`;
}
