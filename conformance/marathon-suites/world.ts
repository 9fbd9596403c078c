/**
 * A small world around an engine with one Marathon: virtual time, a store that writes at once, and
 * agents whose tasks run as told. It knows nothing of the suites.
 */
import {
  agentIdOf,
  createEngine,
  frameworkIdOf,
  parseAmounts,
  type Effect,
  type Engine,
  type FrameworkEvent,
  type FrameworkReply,
  type MarathonOptions,
  type Probe,
  type ProbeOutcome,
  type StatusReason,
  type TaskState,
} from '../../engine/index.ts';
import {EngineHost} from '../engine-host.ts';

export interface WorldAgent {
  readonly name: string;
  /** As in `cpus:4;mem:4096`. */
  readonly resources: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly zone?: string;
  /** Absent: its tasks do only what {@link World.status} says. */
  readonly times?: TaskTimes;
}

/** How tasks go on by themselves. */
interface TaskTimes {
  /** From the launch to `TASK_RUNNING`. */
  readonly startMs: number;
  /** From the kill to `TASK_KILLED`. */
  readonly killMs: number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly agents: readonly WorldAgent[];
  readonly marathon?: Partial<MarathonOptions> | undefined;
  /** Role of the Marathon. */
  readonly role?: string | undefined;
  readonly startedAt?: number | undefined;
}

type Launch = Extract<Effect, {readonly kind: 'launchTask'}>;

interface Happening {
  readonly at: number;
  readonly taskId: string;
  readonly state: TaskState;
}

export interface StatusDetails {
  readonly reason?: StatusReason | undefined;
  readonly message?: string | undefined;
  readonly healthy?: boolean | undefined;
}

const MARATHON = frameworkIdOf('marathon');
/** What every probe is answered. */
const WELL: ProbeOutcome = {kind: 'http', status: 200};
/** The command that fails at once, by the word of the README. */
const FAILING = 'exit 1';

export class World {
  /** Tasks that were ever launched, in order. */
  readonly launches: Launch[] = [];
  /** Ids of tasks for which a kill was asked, in order. */
  readonly kills: string[] = [];
  /** Questions that were asked, in order. */
  readonly probes: {readonly at: number; readonly probe: Probe}[] = [];
  now: number;
  readonly #times: ReadonlyMap<string, TaskTimes | undefined>;
  readonly #live = new Map<string, Launch>();
  readonly #host: EngineHost;
  #due: Happening[] = [];

  constructor({seed, agents, marathon, role = '*', startedAt = 0}: WorldOptions) {
    this.now = startedAt;
    this.#times = new Map(agents.map(({name, times}) => [name, times]));
    const framework = {id: MARATHON, role, type: 'marathon', marathon} as const;
    this.#host = new EngineHost({
      engine: createEngine({seed, frameworks: [framework]}, startedAt),
      frameworkId: MARATHON,
      now: () => this.now,
      carryOut: (effect) => {
        this.#do(effect);
      },
    });
    this.#host.drain();
    for (const {name, resources, attributes = {}, region, zone} of agents) {
      const parsed = parseAmounts(resources);
      if (!parsed.ok) throw new Error(`${name}: ${parsed.message}`);
      this.#host.step({
        kind: 'agentRegistered',
        agent: {id: agentIdOf(name), hostname: name, attributes, region, zone},
        resources: parsed.amounts,
        tasks: [],
      });
    }
  }

  get engine(): Engine {
    return this.#host.engine;
  }

  get events(): readonly FrameworkEvent[] {
    return this.#host.events;
  }

  /** The Marathon, for reading. */
  get marathon(): NonNullable<ReturnType<Engine['view']['marathon']>> {
    const marathon = this.engine.view.marathon(MARATHON);
    if (marathon === undefined) throw new Error('the engine has no Marathon');
    return marathon;
  }

  /** A request and its answer. */
  request(request: unknown): FrameworkReply {
    return this.#host.request(request);
  }

  /** An agent's news of a task that was launched some time. */
  status(taskId: string, state: TaskState, details: StatusDetails = {}): void {
    const launch = this.launches.findLast((one) => one.taskId === taskId);
    if (launch === undefined) throw new Error(`task ${taskId} was never launched`);
    this.#host.status({agentId: launch.agentId, taskId: launch.taskId, state, ...details});
  }

  /** Lets time pass: what is due happens at its instant, the world's before the engine's. */
  advanceTo(instant: number): void {
    for (;;) {
      const [first] = this.#due;
      const next = Math.min(first?.at ?? Infinity, this.engine.wakeAt);
      if (next > instant) break;
      this.now = Math.max(this.now, next);
      if (first !== undefined && first.at <= this.now) {
        this.#due.shift();
        this.#happen(first);
      } else this.#host.step({kind: 'tick'});
    }
    this.now = instant;
  }

  #happen({taskId, state}: Happening): void {
    if (!this.#live.has(taskId)) return;
    if (state !== 'TASK_RUNNING') this.#live.delete(taskId);
    this.status(taskId, state);
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'launchTask':
        this.launches.push(effect);
        this.#live.set(effect.taskId, effect);
        this.#plan(effect);
        break;
      case 'killTask':
        this.kills.push(effect.taskId);
        this.#later(this.#times.get(effect.agentId)?.killMs, effect.taskId, 'TASK_KILLED');
        break;
      case 'probe': {
        this.probes.push(...effect.probes.map((probe) => ({at: this.now, probe})));
        const results = effect.probes.map(({probeId}) => ({probeId, outcome: WELL}));
        this.engine.step(this.now, {kind: 'probeResults', frameworkId: MARATHON, results});
        break;
      }
      default:
        // Whether an update was acknowledged is no matter here: none is repeated.
        break;
    }
  }

  #plan({agentId, taskId, details}: Launch): void {
    const times = this.#times.get(agentId);
    if (times === undefined) return;
    if (commandOf(details) === FAILING) this.#later(0, taskId, 'TASK_FAILED');
    else this.#later(times.startMs, taskId, 'TASK_RUNNING');
  }

  #later(ms: number | undefined, taskId: string, state: TaskState): void {
    if (ms === undefined) return;
    this.#due = [...this.#due, {at: this.now + ms, taskId, state}].sort(
      (left, right) => left.at - right.at,
    );
  }
}

/** The command line of a task, from what its executor is told. */
function commandOf(details: unknown): unknown {
  return typeof details === 'object' && details !== null && 'cmd' in details
    ? details.cmd
    : undefined;
}
