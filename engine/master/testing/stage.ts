/**
 * A master with its time, driven by frameworks that do just what a test tells them. Records count
 * as written at once.
 */
import type {Effect} from '../../effects.ts';
import type {AgentTask, OperatorRequest} from '../../inputs.ts';
import {assert} from '../../kernel/assert.ts';
import {agentIdOf, frameworkIdOf, taskIdOf, type OfferId} from '../../kernel/ids.ts';
import {makeRandom} from '../../kernel/random.ts';
import {Timers} from '../../kernel/timers.ts';
import {
  ALLOCATOR_DEFAULTS,
  MASTER_DEFAULTS,
  type AllocatorOptions,
  type MasterOptions,
  type QuotaConfig,
} from '../../options.ts';
import {parseAmounts} from '../../resources/amounts.ts';
import {ScalarKinds} from '../../resources/kinds.ts';
import {scalarOf, type Resources} from '../../resources/vector.ts';
import type {
  AgentInfo,
  Framework,
  FrameworkCapability,
  FrameworkReply,
  InverseOffer,
  Offer,
  SchedulerDriver,
  StatusUpdate,
  TaskLaunch,
  TaskState,
  WaitingGroup,
} from '../../scheduler.ts';
import {MASTER_TIMERS} from '../context.ts';
import {Master} from '../master.ts';

/** The kinds of all stages. */
export const kinds = new ScalarKinds();

/** So many thousandths of a cpu. */
export const cpus = (fixed: number): Resources => kinds.compile({scalars: {cpus: fixed}});

/** From the text form: `cpus:4;mem(web):1024`. */
export function resourcesOf(text: string): Resources {
  const parsed = parseAmounts(text);
  assert(parsed.ok, () => (parsed.ok ? '' : parsed.message));
  return kinds.compile(parsed.amounts);
}

export const launchOf = (id: string, resources: Resources): TaskLaunch => ({
  taskId: taskIdOf(id),
  name: id,
  origin: {kind: 'job', jobId: id, serial: 0, attempt: 0},
  resources,
});

export const AWARE: FrameworkCapability[] = ['PARTITION_AWARE'];

/** Remembers what it is told; says nothing of its own accord. */
export class ScriptedFramework implements Framework {
  readonly driver: SchedulerDriver;
  readonly offers: Offer[] = [];
  readonly questions: InverseOffer[] = [];
  readonly rescinded: number[] = [];
  readonly updates: StatusUpdate[] = [];
  /** What it says to wait for. */
  readonly groups: WaitingGroup[] = [];
  /** What it does when an offer is taken back; nothing, if no test says otherwise. */
  onRescinded: (offerId: OfferId) => void = () => {};

  constructor(driver: SchedulerDriver) {
    this.driver = driver;
  }

  registered(): void {}
  resourceOffers(offers: readonly Offer[]): void {
    this.offers.push(...offers);
  }
  inverseOffers(offers: readonly InverseOffer[]): void {
    this.questions.push(...offers);
  }
  offerRescinded(offerId: OfferId): void {
    this.rescinded.push(offerId);
    this.onRescinded(offerId);
  }
  statusUpdate(update: StatusUpdate): void {
    this.updates.push(update);
  }
  onTimer(): void {}
  onRequest(): void {}
  waiting(): readonly WaitingGroup[] {
    return this.groups;
  }
  snapshot(): unknown {
    return null;
  }

  /** The offers that came since the last call. */
  taken(): Offer[] {
    return this.offers.splice(0);
  }

  /** Host names of the agents of the offers that came since the last call, by name. */
  takenHosts(): string[] {
    return this.taken()
      .map(({agent}) => agent.hostname)
      .sort();
  }

  /** Inverse offers since the last call, in short: agent and start. */
  asked(): string[] {
    return this.questions
      .splice(0)
      .map(({agent, unavailability}) => `${agent.hostname} ${unavailability.startMs}`);
  }

  /** Updates since the last call, in short. */
  news(): string[] {
    return this.updates
      .splice(0)
      .map(({taskId, state, reason}) => [taskId, state, ...(reason ? [reason] : [])].join(' '));
  }
}

/** What differs from the defaults. */
export interface StageOptions {
  /** Roles of the frameworks in their order; their ids where absent. */
  readonly roles?: readonly string[] | undefined;
  readonly master?: Partial<MasterOptions> | undefined;
  readonly allocator?: Partial<AllocatorOptions> | undefined;
  readonly seed?: number | undefined;
  readonly quotas?: readonly QuotaConfig[] | undefined;
}

/** A master with its time, its frameworks f1, f2, …, and what it wants done. */
export class Stage {
  readonly effects: Effect[] = [];
  readonly frameworks: ScriptedFramework[] = [];
  /** What is recorded, by path. */
  readonly records = new Map<string, unknown>();
  readonly master: Master;
  readonly #timers = new Timers();
  #now = 0;

  constructor(capabilities: readonly FrameworkCapability[][], options: StageOptions = {}) {
    const {roles = [], master, allocator, seed = 1, quotas = []} = options;
    const context = {
      kinds,
      timers: this.#timers,
      now: () => this.#now,
      emit: (effect: Effect) => {
        this.effects.push(effect);
      },
      withdraw: () => {},
      putRecord: (path: string, document: unknown) => {
        this.records.set(path, document);
      },
      deleteRecord: (path: string) => {
        this.records.delete(path);
      },
    };
    this.master = new Master(context, {
      master: {...MASTER_DEFAULTS, ...master},
      allocator: {...ALLOCATOR_DEFAULTS, ...allocator},
      random: makeRandom(seed, 'allocator'),
      seed,
      weights: new Map(),
      quotas,
    });
    for (const [index, own] of capabilities.entries()) {
      const id = frameworkIdOf(`f${index + 1}`);
      const role = roles[index] ?? id;
      this.master.addFramework({id, name: id, role, capabilities: own}, (driver) => {
        const framework = new ScriptedFramework(driver);
        this.frameworks.push(framework);
        return framework;
      });
    }
    this.until(0);
  }

  get now(): number {
    return this.#now;
  }

  /** Time passes; what falls due is done. */
  until(now: number): void {
    for (;;) {
      const at = Math.min(this.#timers.nextAt, this.master.wakeAt(this.#now));
      if (at > now) break;
      this.#now = Math.max(this.#now, at);
      this.master.allocate();
      for (let timer = this.#timers.take(at); timer; timer = this.#timers.take(at)) {
        if (timer.owner === MASTER_TIMERS) this.master.onTimer(timer.name, timer.subject);
      }
      this.master.deliverMail();
    }
    this.#now = now;
    this.master.deliverMail();
  }

  /** The framework f1, f2, …, by its number. */
  framework(number: number): ScriptedFramework {
    const framework = this.frameworks[number - 1];
    assert(framework !== undefined, () => `no framework f${number}`);
    return framework;
  }

  register(
    id: string,
    total: Resources,
    tasks: readonly AgentTask[] = [],
    more: Partial<AgentInfo> = {},
  ): void {
    const agent = {id: agentIdOf(id), hostname: id, attributes: {}, ...more};
    this.master.agentRegistered(agent, total, tasks);
    this.until(this.#now);
  }

  /** Asks as an operator does; what comes of it at once is done. */
  ask(request: OperatorRequest): FrameworkReply {
    const reply = this.master.operatorRequest(request);
    this.until(this.#now);
    return reply;
  }

  status(agent: string, task: string, state: TaskState, updateId = `${task} ${state}`): void {
    this.master.taskStatus({
      kind: 'taskStatus',
      agentId: agentIdOf(agent),
      frameworkId: frameworkIdOf('f1'),
      taskId: taskIdOf(task),
      state,
      updateId,
    });
    this.until(this.#now);
  }

  /** Cpus that the master counts as free on an agent. */
  free(id: string): number {
    const agent = this.master.agents.get(agentIdOf(id));
    return agent === undefined || agent.slot < 0
      ? -1
      : scalarOf(this.master.allocator.availableOn(agent.slot), 0);
  }

  /** Effects since the last call, in short. */
  done(): string[] {
    return this.effects.splice(0).map((effect) => {
      const task = 'taskId' in effect ? effect.taskId : '';
      return `${effect.kind} ${task}${'agentId' in effect ? ` on ${effect.agentId}` : ''}`;
    });
  }
}
