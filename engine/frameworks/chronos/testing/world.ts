/**
 * A cluster around a real engine: agents, messages between them and the master, a store that
 * confirms late, leaders that come and go, a clock that jumps. Nothing happens in it but what is
 * asked for. Not part of the engine.
 */
import type {Effect} from '../../../effects.ts';
import {createEngine, restoreEngine, type Engine} from '../../../engine.ts';
import type {Input} from '../../../inputs.ts';
import {frameworkIdOf} from '../../../kernel/ids.ts';
import type {TimeZones} from '../../../kernel/time-zones.ts';
import type {EngineOptions} from '../../../options.ts';
import type {FrameworkReply} from '../../../scheduler.ts';
import type {Chronos} from '../chronos.ts';
import {
  acknowledged,
  arrive,
  cannotKill,
  goOn,
  killed,
  newAgent,
  registration,
  statusOf,
  type Fate,
  type Launch,
  type WorldAgent,
  type WorldTask,
} from './agents.ts';
import {keep} from './promises.ts';
import {
  canonical,
  QUICK,
  type FailOver,
  type Persist,
  type Watcher,
  type WorldOptions,
  type WorldRequest,
} from './terms.ts';

/** The world does not begin at 0, so that a clock may go back. */
const START_MS = 4 * 3_600_000;

/** What follows from one another at one instant is over by then. */
const ROUNDS_MAX = 1000;

const ID = frameworkIdOf('chronos');
/** How long a process goes on that does not know that it is deposed. */
const GHOST_MS = 120_000;

export class World {
  engine: Engine;
  now = START_MS;
  readonly store = new Map<string, unknown>();
  readonly agents: WorldAgent[] = [];
  /** Handed out and not confirmed, oldest first. */
  pending: Persist[] = [];
  readonly requests = new Map<string, WorldRequest>();
  readonly replies = new Map<string, FrameworkReply>();
  /** All launches that agents were told of. */
  readonly launches: {readonly jobName: string; readonly wallMs: number}[] = [];
  /** All inputs and effects as text: what two runs are compared by. */
  readonly trace: string[] = [];
  watcher: Watcher | undefined;
  fates: readonly Fate[];
  readonly #options: WorldOptions;
  readonly #engineOptions: EngineOptions;
  /** Restored from a snapshot of the engine, and told the same from then on. */
  #twin: Engine | undefined;
  #ghost: {readonly engine: Engine; readonly until: number; readonly skewMs: number} | undefined;
  /** By how much the clock of the present leader is wrong. */
  skewMs = 0;
  /** Of the process that leads. */
  #epoch = 0;
  /** Whether the clocks of leaders ever differed. */
  wasSkewed = false;
  #tasks = 0;
  /** When it was ticked last, and how often at that instant. */
  #tickedAt = -1;
  #ticks = 0;
  #serial = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.fates = options.fates ?? [QUICK];
    this.#engineOptions = {
      seed: 1,
      epochMs: options.epochMs - START_MS,
      frameworks: [{id: ID, type: 'chronos', role: '*', chronos: options.chronos}],
    };
    this.engine = this.#newEngine();
    this.#collect(undefined);
    for (let at = 0; at < (options.agents ?? 3); at += 1) this.addAgent();
  }

  #newEngine(): Engine {
    const {timeZones} = this.#options;
    const engine = createEngine(this.#engineOptions, this.#clock, {timeZones});
    this.#epoch += 1;
    engine.step(this.#clock, {kind: 'leadershipGained', epoch: this.#epoch});
    return engine;
  }

  get timeZones(): TimeZones {
    return this.#options.timeZones;
  }

  /** What the leader's clock shows, from the beginning of the world. */
  get #clock(): number {
    return this.now + this.skewMs;
  }

  /** The same, ms since 1970. */
  get wallMs(): number {
    return this.#clock + this.#options.epochMs - START_MS;
  }

  get chronos(): Chronos {
    const chronos = this.engine.view.chronos(ID);
    if (chronos === undefined) throw new Error('no chronos');
    return chronos;
  }

  /** All tasks that any agent has, by agent. */
  get tasks(): readonly WorldTask[] {
    return this.agents.flatMap(({tasks}) => [...tasks.values()]);
  }

  // Inputs.

  step(input: Input): void {
    this.trace.push(`${this.now} < ${JSON.stringify(input)}`);
    this.engine.step(this.#clock, input);
    this.#twin?.step(this.#clock, input);
    this.#collect(undefined);
  }

  /** `path` begins with the version, or is one of Chronos's. */
  request(method: string, path: string, body?: unknown): string {
    this.#serial += 1;
    const requestId = `r${this.#serial}`;
    const text = body === undefined ? {} : {body: JSON.stringify(body)};
    this.requests.set(requestId, {method, path, body});
    const isWhole = path.startsWith('/v');
    const request = {kind: 'http', method, path: isWhole ? path : `/v1/scheduler${path}`, ...text};
    this.step({kind: 'request', requestId, frameworkId: ID, request});
    return requestId;
  }

  /** Takes what the engine wants; `write` was confirmed just now. */
  #collect(write: Persist | undefined): void {
    const effects = this.#take();
    this.watcher?.step(write, effects, true);
    for (const effect of effects) this.#carryOut(effect);
  }

  #take(): readonly Effect[] {
    const effects = this.engine.takeEffects();
    for (const effect of effects) this.trace.push(`${this.now} > ${JSON.stringify(effect)}`);
    if (this.#twin !== undefined) {
      const [one, two] = [effects, this.#twin.takeEffects()].map(canonical);
      keep(one === two, 'same', () => `${one} became ${two} after a restore`);
    }
    for (const effect of effects) {
      if (effect.kind !== 'persist') continue;
      const {epoch} = effect;
      keep(epoch === this.#epoch, 'fence', () => `epoch ${epoch} instead of ${this.#epoch}`);
      this.pending.push({...effect, wallMs: this.wallMs});
    }
    return effects;
  }

  #carryOut(effect: Effect): void {
    const agent = 'agentId' in effect ? this.agentOf(effect.agentId) : undefined;
    if (effect.kind === 'launchTask' && effect.origin.kind === 'run') {
      this.launches.push({jobName: effect.origin.jobName, wallMs: this.wallMs});
    }
    switch (effect.kind) {
      case 'launchTask':
      case 'killTask':
        if (agent?.isConnected === true) agent.inbox.push(effect);
        break;
      case 'acknowledgeStatus':
        if (agent?.isConnected === true) acknowledged(agent, effect.taskId, effect.updateId);
        break;
      case 'reply':
        this.replies.set(effect.requestId, effect.reply);
        break;
      case 'persist':
      case 'publish':
      case 'probe':
      case 'operatorReply':
      case 'applyOperations':
    }
  }

  agentOf(id: string): WorldAgent | undefined {
    return this.agents.find((agent) => agent.id === id);
  }

  // The store.

  /** The oldest write is made and confirmed; false if none is under way. */
  confirm(): boolean {
    const write = this.pending.shift();
    if (write === undefined) return false;
    this.#store(write);
    const input: Input = {kind: 'recordsWritten', batch: write.batch};
    this.trace.push(`${this.now} < ${JSON.stringify(input)}`);
    this.engine.step(this.#clock, input);
    this.#twin?.step(this.#clock, input);
    this.#collect(write);
    return true;
  }

  #store({puts, deletes}: Persist): void {
    for (const {path, document} of puts) {
      this.store.set(path, JSON.parse(JSON.stringify(document)));
    }
    for (const path of deletes) this.store.delete(path);
  }

  // Messages.

  /** The oldest order reaches its agent. */
  deliver(agent: WorldAgent): boolean {
    const order = agent.inbox.shift();
    if (order === undefined) return false;
    if (order.kind === 'launchTask') this.#arrive(agent, order);
    else {
      const task = agent.tasks.get(order.taskId);
      if (task === undefined) this.step(cannotKill(order));
      else killed(task);
    }
    return true;
  }

  #arrive(agent: WorldAgent, launch: Launch): void {
    const fate = this.fates[this.#tasks % this.fates.length] ?? QUICK;
    this.#tasks += 1;
    const task = arrive(agent, launch, fate, this.now);
    this.watcher?.arrived(task);
  }

  /** A task tells its oldest news, once more perhaps. */
  tell(task: WorldTask): boolean {
    if (!task.agent.isConnected) return false;
    const status = statusOf(task);
    if (status !== undefined) this.step(status);
    return status !== undefined;
  }

  // Agents.

  addAgent(): WorldAgent {
    const agent = newAgent(`a${this.agents.length + 1}`);
    this.agents.push(agent);
    this.#register(agent);
    return agent;
  }

  #register(agent: WorldAgent): void {
    // Orders on an old connection never arrive.
    agent.inbox = [];
    if (!agent.isConnected) {
      const outMs = this.now - agent.cutAt;
      for (const task of agent.tasks.values()) task.outMs = Math.max(task.outMs, outMs);
    }
    agent.isConnected = true;
    this.step(registration(agent, this.#options.cpus ?? 4));
  }

  cut(agent: WorldAgent): void {
    if (!agent.isConnected) return;
    agent.isConnected = false;
    agent.cutAt = this.now;
    agent.inbox = [];
    this.step({kind: 'agentDisconnected', agentId: agent.id});
  }

  back(agent: WorldAgent): void {
    if (!agent.isConnected && !agent.isGone) this.#register(agent);
  }

  /** It burns down; another one takes its place. */
  destroy(agent: WorldAgent): void {
    if (agent.isGone) return;
    this.cut(agent);
    agent.isGone = true;
    for (const task of agent.tasks.values()) task.isAlive = false;
    agent.tasks.clear();
    this.addAgent();
  }

  // Leaders.

  /**
   * The framework is led by another process, and neither a write nor a call of the old one is lost:
   * what it has written is there, and what it has done follows when that is confirmed.
   */
  handOver(): void {
    const records = new Map(this.store);
    for (const {puts, deletes} of this.pending) {
      for (const {path, document} of puts) records.set(path, document);
      for (const path of deletes) records.delete(path);
    }
    const copy = JSON.parse(JSON.stringify([...records])) as [string, unknown][];
    this.step({kind: 'frameworkFailedOver', frameworkId: ID, records: copy});
  }

  failOver({isProcess, written, skewMs = 0, late = 0}: FailOver): void {
    for (const write of this.pending.splice(0, written)) {
      this.#store(write);
      this.#confirmInVain(write, true);
    }
    const records = JSON.parse(JSON.stringify([...this.store])) as [string, unknown][];
    if (isProcess) this.#newProcess(skewMs);
    else this.#depose();
    this.trace.push(`${this.now} failover`);
    this.step({kind: 'frameworkFailedOver', frameworkId: ID, records});
    if (!isProcess) return;
    for (const [at, agent] of this.agents.entries()) {
      if (!agent.isConnected || agent.isGone) continue;
      agent.isConnected = false;
      agent.inbox = [];
      agent.cutAt = this.now;
      if ((late & (1 << (at % 8))) === 0) this.#register(agent);
    }
  }

  /** What the dead leader would have done is not done; `isFact`: its write is. */
  #confirmInVain(write: Persist, isFact: boolean): void {
    const input: Input = {kind: 'recordsWritten', batch: write.batch};
    this.engine.step(this.#clock, input);
    this.#twin?.step(this.#clock, input);
    const known = this.pending.length;
    const effects = this.#take();
    this.pending.length = known;
    if (isFact) this.watcher?.step(write, effects, false);
  }

  #newProcess(skewMs: number): void {
    this.#ghost = {engine: this.engine, until: this.now + GHOST_MS, skewMs: this.skewMs};
    this.#twin = undefined;
    this.pending = [];
    if (skewMs !== this.skewMs) this.wasSkewed = true;
    this.skewMs = skewMs;
    this.engine = this.#newEngine();
    this.#collect(undefined);
  }

  /**
   * The framework's process dies and the master lives. What the master has booked for calls that
   * were never sent, agents put right, whose registrations the dead one does not hear.
   */
  #depose(): void {
    const {watcher} = this;
    this.watcher = undefined;
    for (const agent of this.agents) if (agent.isConnected) this.#register(agent);
    for (const write of this.pending.splice(0)) this.#confirmInVain(write, false);
    for (const write of this.pending.splice(0)) this.#confirmInVain(write, false);
    for (const agent of this.agents) agent.inbox = [];
    this.watcher = watcher;
  }

  /** Goes on with an engine read from a snapshot, and watches that the old one does the same. */
  restore(): void {
    const {timeZones} = this.#options;
    this.#twin = this.engine;
    this.engine = restoreEngine(JSON.parse(JSON.stringify(this.engine.snapshot())), {timeZones});
  }

  // Time.

  /** The driver wakes at `ms` from now and not before. */
  jump(ms: number): void {
    this.now += ms;
    this.#tick();
  }

  #tick(): void {
    this.#ticks = this.now === this.#tickedAt ? this.#ticks + 1 : 0;
    this.#tickedAt = this.now;
    keep(this.#ticks < ROUNDS_MAX, 'live', () => `something stays due at ${this.now}`);
    for (const task of this.tasks) goOn(task, this.now);
    this.#haunt();
    this.step({kind: 'tick'});
  }

  /** What a deposed leader that is still there writes is refused, and it does nothing. */
  #haunt(): void {
    const ghost = this.#ghost;
    if (ghost === undefined) return;
    const clock = this.now + ghost.skewMs;
    if (this.now > ghost.until) this.#ghost = undefined;
    else if (ghost.engine.wakeAt <= clock) ghost.engine.step(clock, {kind: 'tick'});
    for (const effect of ghost.engine.takeEffects()) {
      const isOld = effect.kind === 'persist' && (effect.epoch ?? Infinity) < this.#epoch;
      // Once refused it knows that another one leads.
      keep(isOld && !ghost.engine.isDeposed, 'fence', () => JSON.stringify(effect));
      if (effect.kind !== 'persist') continue;
      ghost.engine.step(clock, {kind: 'recordsRefused', batch: effect.batch});
      keep(ghost.engine.isDeposed, 'fence', () => 'it does not know that it was refused');
    }
  }

  get #nextAt(): number {
    const tasks = this.tasks.map(({nextAt}) => nextAt);
    return Math.min(this.engine.wakeAt - this.skewMs, ...tasks);
  }

  /** Time passes; nothing is written, delivered or told. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (let at = this.#nextAt; at <= until; at = this.#nextAt) {
      this.now = Math.max(this.now, at);
      this.#tick();
    }
    this.now = until;
  }

  /** Time passes, and everything is done at once. */
  go(ms: number): void {
    const until = this.now + ms;
    this.settle();
    for (let at = this.#nextAt; at <= until; at = this.#nextAt) {
      this.now = Math.max(this.now, at);
      this.#tick();
      this.settle();
    }
    this.now = until;
  }

  /** All that is on its way arrives. */
  settle(): void {
    let isBusy = true;
    for (let round = 0; isBusy; round += 1) {
      keep(round < ROUNDS_MAX, 'live', () => `no end of news: ${this.trace.slice(-8).join('\n')}`);
      isBusy = false;
      while (this.confirm()) isBusy = true;
      for (const agent of this.agents) {
        while (agent.isConnected && this.deliver(agent)) isBusy = true;
      }
      for (const task of this.tasks) {
        goOn(task, this.now);
        if (this.tell(task)) isBusy = true;
      }
    }
  }

  heal(): void {
    for (const agent of this.agents) this.back(agent);
    this.settle();
  }
}
