/**
 * Where a case is played: the real engine in the simulator's virtual cluster, whose user sends
 * requests and looks at answers, events and tasks.
 */
import {assert, isTerminal, must, type EngineView} from '../../engine/index.ts';
import {scenarioOf} from '../../sim/scenario/load.ts';
import type {Behaviour, Scenario} from '../../sim/scenario/schema.ts';
import {Simulation} from '../../sim/simulation.ts';
import {NO_SUPPLIES} from '../../sim/supplies.ts';
import type {World} from '../../sim/world/world.ts';
import {valueAt} from '../marathon-suites/compare.ts';
import {Chronicle, type SeenTask} from './chronicle.ts';

export interface Answer {
  readonly status: number;
  /** As read from JSON; absent where there is none. */
  readonly body?: unknown;
}

/** What a case changes in the cluster that all cases share. */
export interface Staging {
  /** Names; `a1`, `a2`, `a3` where it is absent. */
  readonly agents?: readonly string[];
  /** Of each agent. */
  readonly resources?: string;
  /** What tasks of an app do otherwise than the others. */
  readonly behaviours?: readonly (Partial<Behaviour> & Pick<Behaviour, 'match'>)[];
  readonly launchTokens?: number;
  /** When another leader takes over: what happens in the scenario itself. */
  readonly failoverAt?: number;
}

type Json = Readonly<Record<string, unknown>>;
type Marathon = NonNullable<ReturnType<EngineView['marathon']>>;

/** Time 0 of a case by the clock of the run: before it the situation comes about. */
const ZERO_MS = 120_000;
const HORIZON_MS = 3_600_000;
/** Longer than any case lasts. */
export const NEVER = constant(HORIZON_MS);
const RESOURCES = 'cpus:4;mem:4096;ports:[31000-32000]';

/** As the head of the suite has it: STARTING at once, RUNNING 500 ms later, 200 ms to be killed. */
const TASKS: Behaviour = {
  match: '*',
  saysStarting: true,
  startupMs: constant(500),
  end: 'finished',
  stopMs: constant(200),
  healthyAfterMs: constant(0),
  sickAnswer: 500,
  readyAfterMs: constant(0),
};

/** As the head of the suite has it. */
export const APP: Json = {cmd: 'sleep 1000', cpus: 0.1, mem: 32, portDefinitions: []};

export function constant(value: number): {readonly kind: 'constant'; readonly value: number} {
  return {kind: 'constant', value};
}

export class Stage {
  readonly seen = new Chronicle(ZERO_MS);
  readonly #simulation: Simulation;
  /** What is looked at after every single event. */
  #look: () => void = () => {};

  constructor(staging: Staging, seed: number) {
    const options = {isChecking: true, witness: this.seen};
    this.#simulation = new Simulation(scenarioFor(staging, seed), NO_SUPPLIES, options);
    this.#simulation.advanceTo(0);
  }

  /** In ms since time 0 of the case. */
  get now(): number {
    return this.#simulation.now - ZERO_MS;
  }

  /** A digest of everything that has happened. */
  get digest(): string {
    return this.#simulation.hash.digits;
  }

  /** From now on `look` is called after every event. */
  watch(look: () => void): void {
    this.#look = look;
  }

  /** Lets time pass until `at` of the case: all that is due up to it happens. */
  passTo(at: number): void {
    const until = at + ZERO_MS;
    assert(until >= this.#simulation.now, () => `time ${at} is over`);
    while (this.#simulation.nextAt <= until) {
      this.#simulation.advance(1);
      this.#look();
    }
    this.#simulation.advanceTo(until);
    assert(!this.#simulation.isOver, 'the run has ended');
  }

  /** Has something happen now, and all that follows from it at this instant. */
  act(action: (world: World) => void): void {
    this.#simulation.act(action);
    this.#look();
    this.passTo(this.now);
  }

  request(method: string, path: string, body?: unknown): Answer {
    const text = body === undefined ? {} : {body: JSON.stringify(body)};
    const headers = {'content-type': 'application/json'};
    let requestId = '';
    this.act((world) => {
      requestId = world.ask(0, {kind: 'http', method, path, headers, ...text}, `${method} ${path}`);
    });
    const reply = must(this.seen.replies.get(requestId), 'reply');
    assert(reply.ok, () => `${method} ${path}: ${JSON.stringify(reply)}`);
    return JSON.parse(JSON.stringify(reply.body)) as Answer;
  }

  /** A value of what is answered to GET; undefined if it is not there. */
  get(path: string, inside = ''): unknown {
    return valueAt(this.request('GET', path).body, inside);
  }

  /** Deployments under way, as GET answers them. */
  deployments(): readonly Json[] {
    return this.get('/v2/deployments') as readonly Json[];
  }

  /**
   * Brings an app into being, with all its instances.
   * @throws if they do not run in time
   */
  runs(app: Json & {readonly id: string; readonly instances?: number}): void {
    const {status, body} = this.request('POST', '/v2/apps', {...APP, ...app});
    assert(status === 201, () => `POST ${app.id}: ${status} ${JSON.stringify(body)}`);
    const latest = this.now + 30_000;
    while (this.deployments().length > 0 && this.now < latest) this.passTo(this.now + 100);
    const running = this.alive(app.id).filter(({state}) => state === 'TASK_RUNNING');
    assert(running.length === (app.instances ?? 1), () => `${app.id}: ${running.length} run`);
  }

  /** Tasks of an app in the virtual world that have not ended, in the order of their launches. */
  alive(appId?: string): readonly SeenTask[] {
    return this.seen.tasks(appId).filter(({state}) => !isTerminal(state));
  }

  /**
   * Ids of the tasks of an app that are RUNNING, in order; what Marathon says of them and how it is
   * in the virtual world must be the same.
   */
  running(appId: string): readonly string[] {
    const inWorld = this.alive(appId)
      .filter(({state}) => state === 'TASK_RUNNING')
      .map(({taskId}) => taskId)
      .sort();
    const tasks = (this.get(`/v2/apps/${appId}/tasks`, 'tasks') ?? []) as readonly Json[];
    const told = tasks.filter(({state}) => state === 'TASK_RUNNING').map(({id}) => String(id));
    const [world, marathon] = [inWorld.join(' '), told.sort().join(' ')];
    assert(world === marathon, () => `running: ${world}; according to Marathon: ${marathon}`);
    return inWorld;
  }

  /** Marathon as it is inside, for what has to be looked at after every event. */
  get marathon(): Marathon {
    return must(this.#simulation.engine.view.marathon(this.#marathonId), 'Marathon');
  }

  get #marathonId(): Parameters<EngineView['marathon']>[0] {
    return must(this.#simulation.world.frameworkIds[0], 'framework');
  }
}

/** The name of an agent's host: a group of its own, whose first one it is. */
export function hostOf(agent: string): string {
  return `${agent}-0`;
}

function scenarioFor(staging: Staging, seed: number): Scenario {
  const {agents = ['a1', 'a2', 'a3'], resources = RESOURCES, behaviours = []} = staging;
  const {launchTokens, failoverAt} = staging;
  const written = {
    seed,
    until: `${HORIZON_MS}ms`,
    cluster: {agents: agents.map((name) => ({name, count: 1, resources}))},
    ...(failoverAt !== undefined && {
      events: [{at: `${failoverAt + ZERO_MS}ms`, failover: {framework: 'marathon'}}],
    }),
    frameworks: {
      marathon: {
        type: 'marathon',
        // All free resources are offered every second, whatever was said to the last offers.
        declineFor: '0s',
        reviveInterval: '1ms',
        ...(launchTokens !== undefined && {launchTokens}),
      },
    },
  };
  const loaded = scenarioOf(written, {dataFolders: [], folder: '.'});
  assert(loaded.ok, () => JSON.stringify(loaded));
  const special = behaviours.map((behaviour): Behaviour => ({...TASKS, ...behaviour}));
  return {...loaded.scenario, behaviours: [...special, TASKS]};
}
