/**
 * The engine: one pure, deterministic state machine. Inputs come in with their instant, effects go
 * out in order; it knows no clock, no chance but its seed, and no world (docs/architecture.md).
 */
import type {Effect} from './effects.ts';
import {Batch} from './frameworks/batch/batch.ts';
import {Chronos} from './frameworks/chronos/chronos.ts';
import type {StoredRecord} from './frameworks/records.ts';
import {Marathon} from './frameworks/marathon/marathon.ts';
import type {Input} from './inputs.ts';
import {assert, must, unreachable} from './kernel/assert.ts';
import {frameworkIdOf} from './kernel/ids.ts';
import {makeRandom, Random} from './kernel/random.ts';
import {UTC_ONLY, type TimeZones} from './kernel/time-zones.ts';
import {Timers, type TimersSnapshot} from './kernel/timers.ts';
import {MASTER_TIMERS} from './master/context.ts';
import {Master, type MasterSnapshot} from './master/master.ts';
import {
  ALLOCATOR_DEFAULTS,
  BATCH_DEFAULTS,
  MARATHON_DEFAULTS,
  MASTER_DEFAULTS,
  type EngineOptions,
  type FrameworkOptions,
} from './options.ts';
import {Outbox, type OutboxSnapshot} from './outbox.ts';
import {ScalarKinds} from './resources/kinds.ts';
import type {Framework, FrameworkInfo, FrameworkServices, SchedulerDriver} from './scheduler.ts';
import {EngineView} from './view.ts';

/** The version of {@link EngineSnapshot}; another one is refused. */
export const SNAPSHOT_VERSION = 2;

/** Everything an engine is, as plain JSON-able data. */
export interface EngineSnapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly now: number;
  readonly options: EngineOptions;
  readonly kinds: readonly string[];
  readonly timers: TimersSnapshot;
  readonly outbox: OutboxSnapshot;
  readonly master: MasterSnapshot;
  /** framework id → its own snapshot. */
  readonly frameworks: Readonly<Record<string, unknown>>;
}

export interface Engine {
  /**
   * Takes one input at `now` (integer ms, never before the last one). Bad content of requests is
   * answered with a refusal; an exception is a bug.
   */
  step(now: number, input: Input): void;
  /** When the next `tick` is due; Infinity while there is nothing to wait for. */
  readonly wakeAt: number;
  /** Whether it leads no more: then it does nothing, whatever comes in. */
  readonly isDeposed: boolean;
  /** What the world must do, in order; each effect is handed out once. */
  takeEffects(): readonly Effect[];
  /** The whole state between two steps; {@link restoreEngine} goes on from it identically. */
  snapshot(): EngineSnapshot;
  /** Reading, without any effect. */
  readonly view: EngineView;
}

/** What an engine is given beside its options: no data, so that it is given anew at a restore. */
export interface EngineParts {
  /** Rules of time zones; absent: UTC is all it knows. */
  readonly timeZones?: TimeZones | undefined;
}

/** What a leader takes over from the one before. */
export interface Succession {
  /** Everything that the store holds. */
  readonly records: readonly StoredRecord[];
  /** Of the new leadership; greater than that of any before. */
  readonly epoch: number;
}

/**
 * A new engine at instant `startedAt` (default 0). Frameworks are subscribed in the order of the
 * options.
 */
export function createEngine(
  options: EngineOptions,
  startedAt = 0,
  parts: EngineParts = {},
): Engine {
  return new Core(options, {startedAt, timeZones: parts.timeZones ?? UTC_ONLY});
}

/**
 * The engine of a new leader: it knows what the records say, waits for the agents that they name,
 * and takes its frameworks on where they were. All that it writes carries its epoch.
 */
export function succeedEngine(
  options: EngineOptions,
  succession: Succession,
  startedAt: number,
  parts: EngineParts = {},
): Engine {
  const timeZones = parts.timeZones ?? UTC_ONLY;
  return new Core(options, {startedAt, timeZones, succession});
}

/** The engine that `snapshot` was taken of; JSON on the way does no harm. */
export function restoreEngine(snapshot: EngineSnapshot, parts: EngineParts = {}): Engine {
  assert(
    snapshot.version === SNAPSHOT_VERSION,
    () => `snapshot version ${snapshot.version}: expected ${SNAPSHOT_VERSION}`,
  );
  const timeZones = parts.timeZones ?? UTC_ONLY;
  return new Core(snapshot.options, {startedAt: snapshot.now, timeZones}, snapshot);
}

class Core implements Engine {
  readonly view: EngineView;
  readonly #options: EngineOptions;
  readonly #kinds: ScalarKinds;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #master: Master;
  readonly #frameworks = new Map<string, Framework>();
  readonly #timeZones: TimeZones;
  #now: number;

  constructor(
    options: EngineOptions,
    {startedAt, timeZones, succession}: CoreParts,
    snapshot?: EngineSnapshot,
  ) {
    this.#options = options;
    this.#now = startedAt;
    this.#timeZones = timeZones;
    this.#kinds = new ScalarKinds(snapshot?.kinds);
    this.#timers = snapshot === undefined ? new Timers() : Timers.restore(snapshot.timers);
    this.#outbox = snapshot === undefined ? new Outbox() : Outbox.restore(snapshot.outbox);
    const allocatorState = snapshot?.master.allocator.random;
    this.#master = new Master(
      {
        kinds: this.#kinds,
        timers: this.#timers,
        now: () => this.#now,
        emit: (effect) => {
          this.#outbox.add(effect);
        },
        withdraw: (frameworkId, taskId) => {
          this.#outbox.withdraw(frameworkId, taskId);
        },
        putRecord: (path, document) => {
          this.#outbox.put(`master/${path}`, document);
        },
        deleteRecord: (path) => {
          this.#outbox.delete(`master/${path}`);
        },
      },
      {
        master: {...MASTER_DEFAULTS, ...options.master},
        allocator: {...ALLOCATOR_DEFAULTS, ...options.allocator},
        random:
          allocatorState === undefined
            ? makeRandom(options.seed, 'allocator')
            : new Random(allocatorState),
        seed: options.seed,
        weights: new Map(Object.entries(options.weights ?? {})),
        quotas: snapshot === undefined ? (options.quotas ?? []) : [],
      },
    );
    if (snapshot === undefined) this.#start(succession);
    else this.#restore(snapshot);
    this.view = new EngineView(this.#kinds, this.#master, this.#frameworks);
  }

  #start(succession?: Succession): void {
    if (succession !== undefined) {
      this.#outbox.lead(succession.epoch);
      this.#master.recover(recordsBelow('master', succession.records));
    }
    for (const framework of this.#options.frameworks) {
      const info = infoOf(framework);
      const {records} = succession ?? {};
      const stored = records && this.#storedOf(framework, records);
      const scheduler = this.#master.addFramework(info, this.#maker(framework, info, stored));
      this.#frameworks.set(framework.id, scheduler);
      scheduler.registered();
    }
    this.#endStep();
  }

  /** A framework that has written nothing yet starts as a new one. */
  #storedOf({id, type}: FrameworkOptions, records: readonly StoredRecord[]): Stored | undefined {
    const own = recordsBelow(id, records);
    return type === 'batch' || own.length === 0 ? undefined : {records: own};
  }

  #restore(snapshot: EngineSnapshot): void {
    this.#master.load(snapshot.master);
    for (const framework of this.#options.frameworks) {
      const info = infoOf(framework);
      const make = this.#maker(framework, info, {snapshot: snapshot.frameworks[framework.id]});
      this.#frameworks.set(framework.id, this.#master.reconnect(info, make));
    }
    this.#master.loadTasks(snapshot.master);
  }

  #maker(
    options: FrameworkOptions,
    info: FrameworkInfo,
    stored?: Stored,
  ): (driver: SchedulerDriver) => Framework {
    return (driver) => {
      const services = this.#servicesOf(info, driver);
      switch (options.type) {
        case 'batch':
          assert(stored?.records === undefined, 'the batch framework keeps no records');
          return new Batch(services, {...BATCH_DEFAULTS, ...options.batch}, stored?.snapshot);
        case 'marathon': {
          const settings = {...MARATHON_DEFAULTS, ...options.marathon};
          return stored?.records === undefined
            ? new Marathon(services, settings, stored?.snapshot)
            : Marathon.fromRecords(services, settings, stored.records);
        }
        case 'chronos':
          return stored?.records === undefined
            ? new Chronos(services, options.chronos, stored?.snapshot)
            : Chronos.fromRecords(services, options.chronos, stored.records);
        default:
          return unreachable(options);
      }
    };
  }

  #servicesOf(info: FrameworkInfo, driver: SchedulerDriver): FrameworkServices {
    const {id} = info;
    const timers = this.#timers;
    const outbox = this.#outbox;
    return {
      id,
      role: info.role,
      driver,
      kinds: this.#kinds,
      now: () => this.#now,
      epochMs: this.#options.epochMs ?? 0,
      timeZones: this.#timeZones,
      armTimer: (name, subject, at) => {
        timers.arm(id, name, subject, Math.max(at, this.#now));
      },
      cancelTimer: (name, subject) => {
        timers.cancel(id, name, subject);
      },
      random: (stream) => makeRandom(this.#options.seed, `${id}/${stream}`),
      putRecord: (path, document) => {
        outbox.put(`${id}/${path}`, document);
      },
      deleteRecord: (path) => {
        outbox.delete(`${id}/${path}`);
      },
      probe: (probes) => {
        outbox.add({kind: 'probe', frameworkId: id, probes});
      },
      publish: (event) => {
        outbox.add({kind: 'publish', frameworkId: id, event});
      },
      reply: (requestId, reply) => {
        outbox.add({kind: 'reply', requestId, frameworkId: id, reply});
      },
    };
  }

  step(now: number, input: Input): void {
    assert(
      Number.isSafeInteger(now) && now >= this.#now,
      () => `step at ${now} after one at ${this.#now}`,
    );
    this.#now = now;
    if (this.#outbox.isDeposed) return;
    this.#apply(input);
    if (!this.#outbox.isDeposed) this.#endStep();
  }

  #apply(input: Input): void {
    const master = this.#master;
    switch (input.kind) {
      case 'tick':
        this.#tick();
        break;
      case 'taskStatus':
        master.taskStatus(input);
        break;
      case 'probeResults':
        must(
          master.schedulerOf(input.frameworkId),
          `framework ${input.frameworkId}`,
        ).probeResults?.(input.results);
        break;
      case 'jobSubmitted':
        must(this.view.batch(input.frameworkId), `batch framework ${input.frameworkId}`).submit(
          input.job,
        );
        break;
      case 'agentRegistered':
        master.agentRegistered(input.agent, this.#kinds.compile(input.resources), input.tasks);
        break;
      case 'agentDisconnected':
        master.agentDisconnected(input.agentId);
        break;
      case 'agentSilent':
        master.agentSilent(input.agentId);
        break;
      case 'agentHeard':
        master.agentHeard(input.agentId);
        break;
      case 'request':
        must(master.schedulerOf(input.frameworkId), `framework ${input.frameworkId}`).onRequest(
          input.requestId,
          input.request,
        );
        break;
      case 'frameworkFailedOver':
        this.#failOver(input);
        break;
      case 'operatorRequest': {
        const reply = master.operatorRequest(input.request);
        this.#outbox.add({kind: 'operatorReply', requestId: input.requestId, reply});
        break;
      }
      case 'recordsWritten':
        this.#outbox.written(input.batch);
        break;
      case 'leadershipGained':
        this.#outbox.lead(input.epoch);
        break;
      case 'leadershipLost':
      case 'recordsRefused':
        this.#outbox.depose();
        break;
      default:
        unreachable(input);
    }
  }

  #failOver({frameworkId, records}: Input & {kind: 'frameworkFailedOver'}): void {
    const options = this.#options.frameworks.find(({id}) => id === frameworkId);
    assert(options !== undefined, () => `framework ${frameworkId}`);
    this.#timers.cancelAll(frameworkId);
    const stored = {records: recordsBelow(frameworkId, records)};
    const make = this.#maker(options, infoOf(options), stored);
    const scheduler = this.#master.failOver(frameworkId, make);
    this.#frameworks.set(frameworkId, scheduler);
    scheduler.registered();
  }

  /**
   * What the time brings. The allocator comes first: resources that came back at this instant must
   * be offered before a framework decides what else to do at it.
   */
  #tick(): void {
    this.#master.allocate();
    this.#master.deliverMail();
    const now = this.#now;
    for (let timer = this.#timers.take(now); timer !== undefined; timer = this.#timers.take(now)) {
      const {owner, name, subject} = timer;
      if (owner === MASTER_TIMERS) this.#master.onTimer(name, subject);
      else must(this.#frameworks.get(owner), `framework ${owner}`).onTimer(name, subject);
      this.#master.deliverMail();
    }
  }

  #endStep(): void {
    this.#master.deliverMail();
    this.#outbox.endStep();
  }

  get isDeposed(): boolean {
    return this.#outbox.isDeposed;
  }

  get wakeAt(): number {
    if (this.#outbox.isDeposed) return Infinity;
    return Math.min(this.#timers.nextAt, this.#master.wakeAt(this.#now));
  }

  takeEffects(): readonly Effect[] {
    return this.#outbox.take();
  }

  snapshot(): EngineSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      now: this.#now,
      options: this.#options,
      kinds: [...this.#kinds.names],
      timers: this.#timers.snapshot(),
      outbox: this.#outbox.snapshot(),
      master: this.#master.snapshot(),
      frameworks: Object.fromEntries(
        [...this.#frameworks].map(([id, framework]) => [id, framework.snapshot()]),
      ),
    };
  }
}

interface CoreParts {
  readonly startedAt: number;
  readonly timeZones: TimeZones;
  readonly succession?: Succession | undefined;
}

/** The records in a folder, at their paths there. */
function recordsBelow(folder: string, records: readonly StoredRecord[]): readonly StoredRecord[] {
  const prefix = `${folder}/`;
  return records.flatMap(([path, document]): readonly StoredRecord[] =>
    path.startsWith(prefix) ? [[path.slice(prefix.length), document]] : [],
  );
}

/** What a framework is restored from. */
interface Stored {
  readonly snapshot?: unknown;
  readonly records?: readonly StoredRecord[];
}

function infoOf({id, role}: FrameworkOptions): FrameworkInfo {
  return {
    id: frameworkIdOf(id),
    name: id,
    role,
    capabilities: ['GPU_RESOURCES', 'PARTITION_AWARE', 'MULTI_ROLE'],
  };
}
