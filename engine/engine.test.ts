import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import type {Effect} from './effects.ts';
import {createEngine, restoreEngine, type Engine, type EngineSnapshot} from './engine.ts';
import type {AgentTask, Input} from './inputs.ts';
import {violationsOf} from './invariants.ts';
import {InvariantError} from './kernel/assert.ts';
import {agentIdOf, frameworkIdOf, taskIdOf, type AgentId} from './kernel/ids.ts';
import {isTerminal} from './master/records.ts';
import {
  AWARE,
  cpus,
  kinds,
  launchOf,
  resourcesOf,
  Stage,
  type ScriptedFramework,
} from './master/testing/stage.ts';
import type {AllocatorOptions, EngineOptions} from './options.ts';
import {Outbox} from './outbox.ts';
import type {Amounts} from './resources/amounts.ts';
import {NO_RESOURCES, scalarOf} from './resources/vector.ts';
import type {FrameworkCapability, Offer, StatusUpdate, TaskLaunch, TaskState} from './scheduler.ts';

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

// A small world around the engine: agents with tasks, connections that break, updates that are
// repeated until they are acknowledged.

interface WorldTask extends AgentTask {
  state: TaskState;
  /** Updates not yet acknowledged, the first one was or is to be sent. */
  readonly updates: {readonly state: TaskState; readonly updateId: string}[];
  killed: boolean;
}

interface WorldAgent {
  readonly id: AgentId;
  readonly total: Amounts;
  /** `lost`: it knows that it must register again. `mute`: it is up, and pings are lost. */
  connection: 'up' | 'mute' | 'lost';
  readonly tasks: Map<string, WorldTask>;
}

interface WorldStep {
  readonly kind: string;
  readonly pick: number;
  readonly other: number;
  readonly ms: number;
}

const AGENTS_MAX = 5;

const machines: readonly Amounts[] = [
  {scalars: {cpus: 2000, mem: 4000}, ranges: {ports: [[1, 4]]}},
  {scalars: {cpus: 4000, mem: 4000}},
  {scalars: {cpus: 1000, gpus: 1000}},
];

const needs: readonly Amounts[] = [
  {scalars: {cpus: 1000}},
  {scalars: {cpus: 500, mem: 1000}},
  {scalars: {cpus: 100}, ranges: {ports: [[2, 2]]}},
  {scalars: {mem: 2500, cpus: 1}},
];

/** What an agent says of a task when it registers. */
function reportOf({frameworkId, taskId, state, name, origin, resources}: WorldTask): AgentTask {
  return {frameworkId, taskId, state, name, origin, resources};
}

class World {
  readonly #agents: WorldAgent[] = [];
  readonly #launched = new Set<string>();
  #engine: Engine;
  /** A second engine, restored from a snapshot of the first, which must do the same. */
  #shadow: Engine | undefined;
  #now = 0;
  #serial = 0;
  readonly inputs: (readonly [now: number, input: Input])[] = [];
  readonly effects: string[] = [];
  readonly wrong: string[] = [];

  constructor(options: EngineOptions) {
    this.#engine = createEngine(options);
  }

  step(step: WorldStep): void {
    const agent = this.#agents[step.pick % Math.max(1, this.#agents.length)];
    switch (step.kind) {
      case 'machine':
        if (this.#agents.length < AGENTS_MAX) this.#addMachine(step.other);
        break;
      case 'register':
        if (agent !== undefined) this.#register(agent);
        break;
      case 'part':
      case 'crash':
        if (agent !== undefined) this.#part(agent, step.kind === 'crash', step.ms);
        break;
      case 'silent':
      case 'heard':
        if (agent !== undefined) this.#ping(agent, step.kind);
        break;
      case 'job':
        this.#submit(step);
        break;
      case 'status':
      case 'again':
        if (agent !== undefined) this.#report(agent, step);
        break;
      case 'stray':
        this.#stray(step);
        break;
      case 'snapshot':
        this.#shadow = restoreEngine(throughJson(this.#engine.snapshot()));
        break;
      default:
        this.#advance(step.ms);
    }
  }

  /** Plays until nothing is left to do: all agents up, all tasks finished. */
  heal(): void {
    for (const agent of this.#agents) this.#register(agent);
    for (let round = 0; round < 400; round += 1) {
      for (const agent of this.#agents) {
        for (const task of agent.tasks.values()) {
          this.#progress(agent, task, 'TASK_FINISHED');
          // What was not yet acknowledged is repeated.
          this.#send(agent, task);
        }
      }
      this.#advance(1000);
    }
  }

  get waiting(): number {
    const ids = ['b1', 'b2'].map(frameworkIdOf);
    return ids.reduce((sum, id) => {
      const jobs = this.#engine.view.batch(id)?.waitingJobs ?? 0;
      return sum + jobs + this.#engine.view.liveTasks(id);
    }, 0);
  }

  #addMachine(other: number): void {
    const total = machines[other % machines.length] as Amounts;
    const id = agentIdOf(`a${this.#agents.length}`);
    const agent: WorldAgent = {id, total, connection: 'lost', tasks: new Map()};
    this.#agents.push(agent);
    this.#register(agent);
  }

  #register(agent: WorldAgent): void {
    agent.connection = 'up';
    this.#feed({
      kind: 'agentRegistered',
      agent: {id: agent.id, hostname: agent.id, attributes: {}},
      resources: agent.total,
      tasks: [...agent.tasks.values()].map(reportOf),
    });
    for (const task of agent.tasks.values()) this.#send(agent, task);
  }

  #part(agent: WorldAgent, hasCrashed: boolean, ms: number): void {
    agent.connection = 'lost';
    if (hasCrashed) agent.tasks.clear();
    // Sometimes nobody tells: the agent comes back before its connection was seen to break.
    if (ms % 4 !== 0) this.#feed({kind: 'agentDisconnected', agentId: agent.id});
  }

  #ping(agent: WorldAgent, kind: 'silent' | 'heard'): void {
    if (agent.connection === 'lost') return;
    agent.connection = kind === 'silent' ? 'mute' : 'up';
    const agentId = agent.id;
    this.#feed(kind === 'silent' ? {kind: 'agentSilent', agentId} : {kind: 'agentHeard', agentId});
  }

  #submit({pick, other, ms}: WorldStep): void {
    this.#serial += 1;
    this.#feed({
      kind: 'jobSubmitted',
      frameworkId: frameworkIdOf(pick % 2 === 0 ? 'b1' : 'b2'),
      job: {
        id: `j${this.#serial}`,
        tasks: 1 + (other % 3),
        resources: needs[pick % needs.length] as Amounts,
        estimateMs: ms % 3 === 0 ? undefined : ms,
      },
    });
  }

  #report(agent: WorldAgent, {kind, other, ms}: WorldStep): void {
    const task = [...agent.tasks.values()][other % Math.max(1, agent.tasks.size)];
    if (task === undefined) return;
    if (kind === 'again') this.#send(agent, task);
    else this.#progress(agent, task, ms % 4 === 0 ? 'TASK_FAILED' : 'TASK_FINISHED');
  }

  #progress(agent: WorldAgent, task: WorldTask, end: TaskState): void {
    if (isTerminal(task.state)) return;
    const ended = task.killed ? 'TASK_KILLED' : end;
    const isStarted = task.state === 'TASK_RUNNING' || task.killed;
    task.state = isStarted ? ended : 'TASK_RUNNING';
    this.#serial += 1;
    task.updates.push({state: task.state, updateId: `u${this.#serial}`});
    if (task.updates.length === 1) this.#send(agent, task);
  }

  /** The first unacknowledged update, once more or for the first time. */
  #send(agent: WorldAgent, task: WorldTask): void {
    const [update] = task.updates;
    if (update === undefined || agent.connection === 'lost') return;
    const {frameworkId, taskId} = task;
    this.#feed({kind: 'taskStatus', agentId: agent.id, frameworkId, taskId, ...update});
  }

  /** News of what nobody knows. */
  #stray({pick, other}: WorldStep): void {
    this.#feed({
      kind: 'taskStatus',
      agentId: agentIdOf(`a${pick % (AGENTS_MAX + 1)}`),
      frameworkId: frameworkIdOf(['b1', 'nobody'][other % 2] ?? ''),
      taskId: taskIdOf(`stray${other}`),
      state: other % 3 === 0 ? 'TASK_RUNNING' : 'TASK_FINISHED',
      updateId: 'stray',
    });
  }

  #advance(ms: number): void {
    const until = this.#now + ms;
    for (let at = this.#engine.wakeAt; at <= until; at = this.#engine.wakeAt) {
      this.#now = Math.max(this.#now, at);
      this.#feed({kind: 'tick'});
    }
    this.#now = until;
  }

  #feed(input: Input): void {
    this.inputs.push([this.#now, input]);
    this.#engine.step(this.#now, input);
    this.#shadow?.step(this.#now, input);
    for (const violation of this.#engine.view.checkInvariants()) {
      this.wrong.push(`after ${JSON.stringify(input)}: ${violation}`);
    }
    if (this.#shadow !== undefined && this.#shadow.wakeAt !== this.#engine.wakeAt) {
      this.wrong.push(`wakes at ${this.#shadow.wakeAt}, not at ${this.#engine.wakeAt}`);
    }
    const effects = this.#engine.takeEffects();
    const text = JSON.stringify(effects);
    const shadowed = this.#shadow === undefined ? text : JSON.stringify(this.#shadow.takeEffects());
    if (shadowed !== text) this.wrong.push(`restored: ${shadowed}, not ${text}`);
    this.effects.push(text);
    for (const effect of effects) this.#carryOut(effect);
    this.#checkAgents();
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === 'launchTask') this.#launch(effect);
    if (effect.kind === 'killTask') {
      const task = this.#taskOf(effect.agentId, effect.frameworkId, effect.taskId);
      if (task !== undefined) task.killed = true;
    }
    if (effect.kind !== 'acknowledgeStatus') return;
    const agent = this.#agentOf(effect.agentId);
    const task = this.#taskOf(effect.agentId, effect.frameworkId, effect.taskId);
    if (agent === undefined || task === undefined) return;
    if (task.updates[0]?.updateId !== effect.updateId) return;
    task.updates.shift();
    if (isTerminal(task.state) && task.updates.length === 0) {
      agent.tasks.delete(`${effect.frameworkId}/${effect.taskId}`);
    }
    // The next update waits for a step of its own; the engine must not be called while it acts.
  }

  #launch(effect: Extract<Effect, {kind: 'launchTask'}>): void {
    const {agentId, frameworkId, taskId, name, origin, resources} = effect;
    const key = `${frameworkId}/${taskId}`;
    if (this.#launched.has(key)) this.wrong.push(`${key} is launched twice`);
    this.#launched.add(key);
    const agent = this.#agentOf(agentId);
    if (agent === undefined || agent.connection === 'lost') return;
    agent.tasks.set(key, {
      frameworkId,
      taskId,
      name,
      origin,
      resources,
      state: 'TASK_STAGING',
      updates: [],
      killed: false,
    });
  }

  #agentOf(id: AgentId): WorldAgent | undefined {
    const agent = this.#agents.find((one) => one.id === id);
    return agent?.connection === 'lost' ? undefined : agent;
  }

  #taskOf(agentId: AgentId, frameworkId: string, taskId: string): WorldTask | undefined {
    return this.#agentOf(agentId)?.tasks.get(`${frameworkId}/${taskId}`);
  }

  /** From the machines' side: what runs on one is never more than it has, no port twice. */
  #checkAgents(): void {
    for (const {id, total, tasks} of this.#agents) {
      const live = [...tasks.values()].filter(({state}) => !isTerminal(state));
      for (const [name, fixed] of Object.entries(total.scalars)) {
        const used = live.reduce((sum, task) => sum + (task.resources.scalars[name] ?? 0), 0);
        if (used > fixed) this.wrong.push(`${id}: ${used} of ${fixed} ${name} are used`);
      }
      const ports = live.filter(({resources}) => resources.ranges !== undefined);
      if (ports.length > 1) this.wrong.push(`${id}: port 2 is used ${ports.length} times`);
    }
  }
}

const worldSteps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...['machine', 'machine', 'register', 'register', 'part', 'crash', 'silent', 'heard'],
      ...['job', 'job', 'job', 'job', 'status', 'status', 'status', 'status', 'status', 'status'],
      ...['again', 'stray', 'snapshot', 'advance', 'advance', 'advance', 'advance', 'advance'],
    ),
    pick: fc.nat(100),
    other: fc.nat(100),
    ms: fc.oneof(fc.integer({min: 1, max: 3000}), fc.constantFrom(1000, 5000, 80_000)),
  }),
  {maxLength: 120, size: 'max'},
);

const worldOptions = fc.record({
  seed: fc.integer(),
  offerTimeoutMs: fc.constantFrom(undefined, 7000),
  allocateOnRecovery: fc.boolean(),
  policy: fc.constantFrom('fcfs' as const, 'easy' as const),
});

function optionsOf(choice: {
  readonly seed: number;
  readonly offerTimeoutMs: number | undefined;
  readonly allocateOnRecovery: boolean;
  readonly policy: 'fcfs' | 'easy';
}): EngineOptions {
  const {seed, offerTimeoutMs, allocateOnRecovery, policy} = choice;
  return {
    seed,
    master: {offerTimeoutMs},
    allocator: {allocateOnRecovery},
    weights: {r2: 2},
    frameworks: [
      {id: 'b1', type: 'batch', role: 'r1', batch: {policy, relaunchesMax: 2}},
      {id: 'b2', type: 'batch', role: 'r2'},
    ],
  };
}

/**
 * Seen to fail when a task's end is not given back to the allocator, when reported tasks are not
 * charged, when a snapshot leaves out the timers or the offers that batch holds, and when the sizes
 * that batch asks for come in the order in which they came to wait.
 */
test('whatever happens, the books are right, and a restored engine goes on alike', (t) => {
  fc.assert(
    fc.property(worldSteps, worldOptions, (steps, choice) => {
      const options = optionsOf(choice);
      const world = new World(options);
      for (const step of steps) world.step(step);
      check.deepEqual(world.wrong.slice(0, 3), []);
      // The same inputs give the same effects, byte for byte.
      const again = createEngine(options);
      const effects = world.inputs.map(([now, input]) => {
        again.step(now, throughJson(input));
        return JSON.stringify(again.takeEffects());
      });
      check.deepEqual(effects, world.effects);
    }),
    {numRuns: 150},
  );
  t.pass();
});

/**
 * Seen to fail when an agent that returns is not offered, and when a requeued job is not put back.
 */
test('once all agents are back and tasks end, every job that fits an agent has ended', (t) => {
  fc.assert(
    fc.property(worldSteps, worldOptions, (steps, choice) => {
      const world = new World(optionsOf(choice));
      // One machine of each kind: each job finds one that is large enough.
      for (const other of [0, 1, 2]) world.step({kind: 'machine', pick: 0, other, ms: 1});
      for (const step of steps) {
        // No port on most of them, two of them large enough for the third kind of task; and of two
        // frameworks with wide jobs each may hold what the other waits for.
        const isPort = step.kind === 'job' && step.pick % needs.length === 2;
        const isSingle = step.kind === 'job' && step.pick % 2 === 1;
        if (!isPort) world.step({...step, other: isSingle ? 0 : step.other});
      }
      world.heal();
      check.deepEqual(world.wrong.slice(0, 3), []);
      check.equal(world.waiting, 0);
    }),
    {numRuns: 40},
  );
  t.pass();
});

test('another seed may give other effects, and the options of a snapshot are kept', (t) => {
  const agentsOf = (seed: number): string => {
    const engine = createEngine({
      seed,
      frameworks: [{id: 'b1', type: 'batch', role: 'r1'}],
    });
    for (let agent = 0; agent < 5; agent += 1) {
      engine.step(0, {
        kind: 'agentRegistered',
        agent: {id: agentIdOf(`a${agent}`), hostname: `a${agent}`, attributes: {}},
        resources: {scalars: {cpus: 1000}},
        tasks: [],
      });
    }
    engine.step(0, {
      kind: 'jobSubmitted',
      frameworkId: frameworkIdOf('b1'),
      job: {id: 'j', tasks: 1, resources: {scalars: {cpus: 1000}}},
    });
    engine.step(engine.wakeAt, {kind: 'tick'});
    return JSON.stringify(engine.takeEffects());
  };
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed += 1) seen.add(agentsOf(seed));
  t.is(seen.size, 5);
  t.is(agentsOf(3), agentsOf(3));
});

test('time never goes back, and a snapshot of another version is refused', (t) => {
  const engine = createEngine({seed: 1, frameworks: []}, 100);
  t.throws(() => engine.step(99, {kind: 'tick'}), {instanceOf: InvariantError});
  t.throws(() => engine.step(100.5, {kind: 'tick'}), {instanceOf: InvariantError});
  engine.step(100, {kind: 'tick'});
  t.is(engine.wakeAt, Infinity);
  const snapshot = {...engine.snapshot(), version: 99} as unknown as EngineSnapshot;
  t.throws(() => restoreEngine(snapshot), {instanceOf: InvariantError, message: /version 99/});
});

// The master, driven by frameworks that do just what a test tells them.

/** A stage with one framework that runs task `t` (1 cpu of 4) on agent `a`. */
function runningStage(capabilities: FrameworkCapability[] = AWARE): {
  readonly stage: Stage;
  readonly framework: ScriptedFramework;
} {
  const stage = new Stage([capabilities]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const offers = framework.taken().map(({id}) => id);
  framework.driver.accept(offers, [launchOf('t', cpus(1000))], 3600_000);
  stage.status('a', 't', 'TASK_RUNNING');
  const running = framework.updates[0] as StatusUpdate;
  framework.driver.acknowledge(running);
  framework.news();
  stage.done();
  return {stage, framework};
}

test('an offer is accepted, its task runs and ends, and what is freed comes back exactly', (t) => {
  const stage = new Stage([AWARE]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const [offer] = framework.taken();
  t.deepEqual(offer?.resources.scalars.slice(0, 1), [4000]);
  framework.driver.accept([offer?.id ?? (0 as never)], [launchOf('t', cpus(1000))], 60_000);
  t.deepEqual(stage.done(), ['launchTask t on a']);
  t.is(stage.free('a'), 3000);
  stage.status('a', 't', 'TASK_RUNNING');
  stage.status('a', 't', 'TASK_FINISHED');
  t.is(stage.free('a'), 4000, 'free at once, before the acknowledgement');
  t.deepEqual(framework.news(), ['t TASK_RUNNING', 't TASK_FINISHED']);
  framework.driver.reconcile([]);
  stage.until(0);
  t.deepEqual(framework.news(), ['t TASK_FINISHED REASON_RECONCILIATION']);
  framework.driver.acknowledge({
    taskId: taskIdOf('t'),
    agentId: agentIdOf('a'),
    state: 'TASK_FINISHED',
    source: 'SOURCE_EXECUTOR',
    updateId: 't TASK_FINISHED',
  });
  t.deepEqual(stage.done(), ['acknowledgeStatus t on a']);
  framework.driver.reconcile([]);
  stage.until(0);
  t.deepEqual(framework.news(), [], 'forgotten with the acknowledgement');
});

const invalidAccepts: readonly (readonly [
  title: string,
  pick: (own: readonly Offer[], foreign: readonly Offer[]) => readonly (Offer | undefined)[],
  goodAgents: number,
])[] = [
  ['no offer at all', () => [], 0],
  ['an offer of another framework', (_, foreign) => [foreign[0]], 0],
  ['the same offer twice', (own) => [own[0], own[0]], 1],
  ['offers of two agents', (own) => [own[0], own[1]], 2],
  ['one offer that is gone', (own, foreign) => [own[0], foreign[0]], 1],
];

for (const [title, pick, goodAgents] of invalidAccepts) {
  for (const isAware of [true, false]) {
    const state = isAware ? 'TASK_DROPPED' : 'TASK_LOST';
    test(`accepting ${title} gives ${state}, and good offers go back unfiltered`, (t) => {
      const stage = new Stage([isAware ? AWARE : [], AWARE]);
      const [first, second] = stage.frameworks as [ScriptedFramework, ScriptedFramework];
      // Agents go to the lowest share, so that with five of them each framework has two.
      for (const id of ['a', 'b', 'c', 'd', 'e']) stage.register(id, cpus(1000));
      const [own, foreign] = [first.taken(), second.taken()];
      t.true(own.length >= 2 && foreign.length >= 1);
      const ids = pick(own, foreign).map((offer) => offer?.id ?? (-1 as never));
      first.driver.accept(ids, [launchOf('t', cpus(1)), launchOf('u', cpus(1))]);
      stage.until(0);
      t.deepEqual(first.news(), [
        `t ${state} REASON_INVALID_OFFERS`,
        `u ${state} REASON_INVALID_OFFERS`,
      ]);
      t.deepEqual(stage.done(), []);
      stage.until(1000);
      t.is(first.taken().length + second.taken().length, goodAgents);
    });
  }
}

const badLaunches: readonly (readonly [title: string, launch: TaskLaunch, message: RegExp])[] = [
  ['an id with a slash', launchOf('a/b', cpus(1)), /'a\/b' is not valid/],
  ['no id', launchOf('', cpus(1)), /'' is not valid/],
  ['an id in use', launchOf('good', cpus(1)), /'good' is in use/],
  ['more than was offered', launchOf('t', cpus(3001)), /more than was offered/],
  ['nothing', launchOf('t', NO_RESOURCES), /no resources/],
  ['less than nothing', launchOf('t', cpus(-1)), /negative/],
];

for (const [title, launch, message] of badLaunches) {
  test(`a launch with ${title} gives TASK_ERROR, and the others of the call go ahead`, (t) => {
    const stage = new Stage([AWARE]);
    const framework = stage.framework(1);
    stage.register('a', cpus(4000));
    const good = [launchOf('good', cpus(1000)), launch, launchOf('last', cpus(3000))];
    framework.driver.accept(
      framework.taken().map(({id}) => id),
      good,
    );
    stage.until(0);
    t.deepEqual(stage.done(), ['launchTask good on a', 'launchTask last on a']);
    const [update] = framework.updates;
    t.is(update?.state, 'TASK_ERROR');
    t.is(update?.reason, 'REASON_TASK_INVALID');
    t.is(update?.updateId, undefined);
    t.regex(update?.message ?? '', message);
    t.is(stage.free('a'), 0);
  });
}

test('several offers of one agent are accepted together', (t) => {
  const stage = new Stage([AWARE]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const [first] = framework.taken();
  framework.driver.accept([first?.id ?? (0 as never)], [launchOf('t', cpus(1000))], 0);
  stage.until(1000);
  const [second] = framework.taken();
  stage.status('a', 't', 'TASK_FINISHED');
  stage.until(2000);
  const [third] = framework.taken();
  const ids = [second, third].map((offer) => offer?.id ?? (0 as never));
  framework.driver.accept(ids, [launchOf('wide', cpus(4000))]);
  stage.until(2000);
  t.deepEqual(framework.news(), ['t TASK_FINISHED']);
  t.is(stage.done().at(-1), 'launchTask wide on a');
});

const reconciliations: readonly (readonly [
  title: string,
  task: string,
  agent: string | undefined,
  aware: TaskState,
  unaware: TaskState,
])[] = [
  ['a task that runs', 't', undefined, 'TASK_RUNNING', 'TASK_RUNNING'],
  ['an unknown task on a registered agent', 'x', 'a', 'TASK_GONE', 'TASK_LOST'],
  ['an unknown task on an unreachable agent', 'x', 'lost', 'TASK_UNREACHABLE', 'TASK_LOST'],
  ['an unknown task on an unknown agent', 'x', 'nowhere', 'TASK_UNKNOWN', 'TASK_LOST'],
  ['an unknown task on no agent', 'x', undefined, 'TASK_UNKNOWN', 'TASK_LOST'],
];

for (const [title, task, agent, aware, unaware] of reconciliations) {
  for (const [capabilities, state] of [
    [AWARE, aware],
    [[], unaware],
  ] as const) {
    const who = capabilities.length > 0 ? 'a partition-aware' : 'another';
    test(`asked for ${title}, the master tells ${who} framework ${state}`, (t) => {
      const {stage, framework} = runningStage([...capabilities]);
      stage.register('lost', cpus(1000));
      stage.master.agentDisconnected(agentIdOf('lost'));
      stage.until(75_000);
      framework.news();
      const agentId = agent === undefined ? undefined : agentIdOf(agent);
      framework.driver.reconcile([{taskId: taskIdOf(task), agentId}]);
      stage.until(75_000);
      t.is(framework.updates.length, 1);
      const [update] = framework.updates;
      t.is(update?.state, state);
      t.is(update?.source, 'SOURCE_MASTER');
      t.is(update?.reason, 'REASON_RECONCILIATION');
      t.is(update?.updateId, undefined, 'nothing to acknowledge');
    });
  }
}

test('an agent that answers no pings is unreachable after 75 seconds, its tasks with it', (t) => {
  const {stage, framework} = runningStage();
  stage.master.agentSilent(agentIdOf('a'));
  stage.until(74_999);
  t.deepEqual(framework.news(), []);
  t.is(stage.free('a') >= 0, true);
  stage.until(75_000);
  t.deepEqual(framework.news(), ['t TASK_UNREACHABLE REASON_AGENT_REMOVED']);
  t.is(stage.free('a'), -1);
  t.deepEqual([...stage.master.allocator.clusterTotals].slice(0, 1), [0]);
  stage.status('a', 't', 'TASK_FINISHED');
  t.deepEqual(framework.news(), [], 'what it says before it registers is dropped');
});

test('an agent that is heard again in time stays', (t) => {
  const {stage, framework} = runningStage();
  stage.master.agentSilent(agentIdOf('a'));
  stage.until(70_000);
  stage.master.agentHeard(agentIdOf('a'));
  stage.until(200_000);
  t.deepEqual(framework.news(), []);
});

test('a task of a framework that is not partition-aware is lost with its agent', (t) => {
  const {stage, framework} = runningStage([]);
  stage.master.agentDisconnected(agentIdOf('a'));
  stage.until(75_000);
  t.deepEqual(framework.news(), ['t TASK_LOST REASON_AGENT_REMOVED']);
});

const reported: AgentTask = {
  frameworkId: frameworkIdOf('f1'),
  taskId: taskIdOf('t'),
  state: 'TASK_RUNNING',
  name: 't',
  origin: {kind: 'job', jobId: 't', serial: 0, attempt: 0},
  resources: {scalars: {cpus: 1000}},
};

test('a task that comes back with its unreachable agent is told and charged again', (t) => {
  const {stage, framework} = runningStage();
  stage.master.agentDisconnected(agentIdOf('a'));
  stage.until(75_000);
  framework.news();
  framework.driver.suppress();
  stage.register('a', cpus(4000), [reported]);
  t.deepEqual(framework.news(), ['t TASK_RUNNING REASON_AGENT_REREGISTERED']);
  t.is(stage.free('a'), 3000);
  stage.status('a', 't', 'TASK_FINISHED');
  t.is(stage.free('a'), 4000);
});

test('a task that its agent no longer has when it registers again is gone', (t) => {
  for (const [capabilities, state] of [
    [AWARE, 'TASK_GONE'],
    [[], 'TASK_LOST'],
  ] as const) {
    const {stage, framework} = runningStage([...capabilities]);
    stage.register('a', cpus(4000));
    t.deepEqual(framework.news(), [`t ${state} REASON_RECONCILIATION`]);
    framework.driver.reconcile([]);
    stage.until(0);
    t.deepEqual(framework.news(), []);
  }
});

test('an agent that registers again with its task goes on as if nothing had happened', (t) => {
  const {stage, framework} = runningStage();
  stage.master.agentDisconnected(agentIdOf('a'));
  stage.until(10_000);
  stage.register('a', cpus(4000), [reported]);
  stage.until(200_000);
  t.deepEqual(framework.news(), []);
  stage.status('a', 't', 'TASK_FINISHED');
  t.deepEqual(framework.news(), ['t TASK_FINISHED']);
});

test('offers of an agent whose connection breaks are taken back, and it is not offered', (t) => {
  const stage = new Stage([AWARE]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const [offer] = framework.taken();
  stage.master.agentDisconnected(agentIdOf('a'));
  t.deepEqual(framework.rescinded, [offer?.id ?? -1]);
  stage.until(10_000);
  t.deepEqual(framework.taken(), []);
  stage.register('a', cpus(4000));
  t.is(framework.taken().length, 1);
});

test('offers of an agent that registers again are taken back, and made anew', (t) => {
  const stage = new Stage([AWARE]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const [before] = framework.taken();
  stage.register('a', cpus(5000));
  t.deepEqual(framework.rescinded, [before?.id ?? -1]);
  const [after] = framework.taken();
  t.is(scalarOf(after?.resources ?? NO_RESOURCES, 0), 5000);
});

/** Seen to fail when a second terminal update ends a task twice. */
test('a terminal task stays as it ended; later updates are only forwarded', (t) => {
  const {stage, framework} = runningStage();
  stage.status('a', 't', 'TASK_FAILED', 'u1');
  stage.status('a', 't', 'TASK_FAILED', 'u1');
  stage.status('a', 't', 'TASK_RUNNING', 'u2');
  stage.status('a', 't', 'TASK_FINISHED', 'u3');
  t.deepEqual(framework.news(), [
    't TASK_FAILED',
    't TASK_FAILED',
    't TASK_RUNNING',
    't TASK_FINISHED',
  ]);
  t.is(stage.free('a'), 4000);
  framework.driver.reconcile([{taskId: taskIdOf('t')}]);
  stage.until(0);
  t.deepEqual(framework.news(), ['t TASK_FAILED REASON_RECONCILIATION']);
});

test('an unanswered offer is taken back in time, without a filter', (t) => {
  const stage = new Stage([AWARE], {master: {offerTimeoutMs: 3500}});
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const [offer] = framework.taken();
  stage.until(3499);
  t.deepEqual(framework.rescinded, []);
  stage.until(3500);
  t.deepEqual(framework.rescinded, [offer?.id ?? -1]);
  framework.driver.accept([offer?.id ?? (0 as never)], [launchOf('t', cpus(1))]);
  stage.until(4000);
  t.deepEqual(framework.news(), ['t TASK_DROPPED REASON_INVALID_OFFERS']);
  const [next] = framework.taken();
  framework.driver.accept([next?.id ?? (0 as never)], [launchOf('u', cpus(1))]);
  stage.until(60_000);
  t.false(framework.rescinded.includes(next?.id ?? -1), 'what was accepted does not time out');
});

const declines: readonly (readonly [title: string, refuseMs: number | undefined, at: number])[] = [
  ['without a time: 5 seconds', undefined, 5000],
  ['for 0: until the next batch', 0, 1000],
  ['for an hour', 3600_000, 3600_000],
];

for (const [title, refuseMs, at] of declines) {
  test(`an agent is declined ${title}`, (t) => {
    const stage = new Stage([AWARE]);
    const framework = stage.framework(1);
    stage.register('a', cpus(4000));
    framework.driver.decline(
      framework.taken().map(({id}) => id),
      refuseMs,
    );
    stage.until(at - 1);
    t.deepEqual(framework.taken(), []);
    stage.until(at);
    t.is(framework.taken().length, 1);
  });
}

test('a declined offer cannot be used again, and declining it again changes nothing', (t) => {
  const stage = new Stage([AWARE]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  const ids = framework.taken().map(({id}) => id);
  framework.driver.decline(ids);
  framework.driver.decline(ids);
  framework.driver.accept(ids, [launchOf('t', cpus(1))]);
  stage.until(0);
  t.deepEqual(framework.news(), ['t TASK_DROPPED REASON_INVALID_OFFERS']);
  t.is(stage.free('a'), 4000);
});

test('suppressed, a framework gets nothing; revived, it gets at once what it had declined', (t) => {
  const stage = new Stage([AWARE]);
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  framework.driver.decline(
    framework.taken().map(({id}) => id),
    3600_000,
  );
  framework.driver.suppress();
  stage.until(10_000);
  stage.register('b', cpus(4000));
  t.deepEqual(framework.taken(), []);
  framework.driver.revive();
  stage.until(10_000);
  t.is(framework.taken().length, 2);
});

test('a kill goes to the agent; a kill of an unknown task is answered like a question', (t) => {
  const {stage, framework} = runningStage();
  framework.driver.kill(taskIdOf('t'), 7000);
  t.deepEqual(stage.effects.splice(0), [
    {
      kind: 'killTask',
      agentId: agentIdOf('a'),
      frameworkId: frameworkIdOf('f1'),
      taskId: taskIdOf('t'),
      graceMs: 7000,
    },
  ]);
  framework.driver.kill(taskIdOf('x'));
  stage.until(0);
  t.deepEqual(stage.done(), []);
  t.deepEqual(framework.news(), ['x TASK_UNKNOWN REASON_RECONCILIATION']);
});

test('what belongs to no framework is acknowledged away, or killed', (t) => {
  const stage = new Stage([AWARE]);
  const task = {...reported, frameworkId: frameworkIdOf('gone')};
  stage.register('a', cpus(4000), [task]);
  t.deepEqual(stage.done(), ['killTask t on a']);
  const {frameworkId, taskId} = task;
  stage.master.taskStatus({
    kind: 'taskStatus',
    agentId: agentIdOf('a'),
    frameworkId,
    taskId,
    state: 'TASK_KILLED',
    updateId: 'u',
  });
  t.deepEqual(stage.done(), ['acknowledgeStatus t on a']);
});

// What a framework gets, and when, by the options of master and allocator.

const idsOf = (offers: readonly Offer[]): Offer['id'][] => offers.map(({id}) => id);

/** Cpus of each of these offers. */
const cpusOf = (offers: readonly Offer[]): number[] =>
  offers.map(({resources}) => scalarOf(resources, 0));

/** f1 holds an offer of 3 cpus of agent a, and a task that used the fourth has ended there. */
function halfOfferedStage(mergeOffers: boolean, offerTimeoutMs?: number): Stage {
  const stage = new Stage([AWARE], {master: {mergeOffers, offerTimeoutMs}});
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  framework.driver.accept(idsOf(framework.taken()), [launchOf('t', cpus(1000))], 0);
  stage.until(1000);
  stage.status('a', 't', 'TASK_FINISHED');
  return stage;
}

test('without `mergeOffers` what comes back is an offer of its own', (t) => {
  const stage = halfOfferedStage(false);
  stage.until(2000);
  t.deepEqual(cpusOf(stage.framework(1).taken()), [3000, 1000]);
  t.deepEqual(stage.framework(1).rescinded, []);
});

test('with `mergeOffers` a framework holds one offer of an agent, with all of both', (t) => {
  const stage = halfOfferedStage(true);
  const framework = stage.framework(1);
  const [first] = framework.taken();
  stage.until(2000);
  t.deepEqual(framework.rescinded, [first?.id ?? -1]);
  const merged = framework.taken();
  t.deepEqual(cpusOf(merged), [4000]);
  t.deepEqual(violationsOf(stage.master, kinds), []);
  framework.driver.accept(idsOf(merged), [launchOf('wide', cpus(4000))]);
  t.is(stage.done().at(-1), 'launchTask wide on a');
  t.deepEqual(violationsOf(stage.master, kinds), []);
});

test('a merged offer is one of `offersMax`, and times out by itself', (t) => {
  const stage = halfOfferedStage(true, 2500);
  const framework = stage.framework(1);
  framework.driver.updateFramework({offersMax: 2});
  framework.taken();
  stage.until(2000);
  t.is(framework.rescinded.length, 1);
  stage.register('b', cpus(1000));
  stage.register('c', cpus(1000));
  t.deepEqual(cpusOf(framework.taken()), [4000, 1000]);
  stage.until(4499);
  t.is(framework.rescinded.length, 1, 'the time of the first offer has ended at 3500');
  stage.until(4500);
  t.is(framework.rescinded.length, 3);
});

test('offers of one agent to two frameworks, or of two agents, are not merged', (t) => {
  const stage = new Stage([AWARE, AWARE], {master: {mergeOffers: true}});
  const [first, second] = [stage.framework(1), stage.framework(2)];
  second.driver.suppress();
  stage.register('a', cpus(2000));
  const launches = [launchOf('t', cpus(1000))];
  first.driver.accept(idsOf(first.taken()), launches, 0);
  first.driver.suppress();
  second.driver.unsuppress();
  stage.until(1000);
  second.driver.suppress();
  first.driver.unsuppress();
  stage.register('b', cpus(2000));
  stage.status('a', 't', 'TASK_FINISHED');
  stage.until(2000);
  t.deepEqual([cpusOf(first.taken()), cpusOf(second.taken())], [[2000, 1000], [1000]]);
  t.deepEqual([first.rescinded, second.rescinded], [[], []]);
});

/** f1 has declined agent a for an hour, and is suppressed; agent b has come since. */
function wearyStage(allocator: Partial<AllocatorOptions> = {}): Stage {
  const stage = new Stage([AWARE], {allocator});
  const framework = stage.framework(1);
  stage.register('a', cpus(4000));
  framework.driver.decline(idsOf(framework.taken()), 3600_000);
  framework.driver.suppress();
  stage.until(1500);
  stage.register('b', cpus(4000));
  return stage;
}

const wakings: readonly (readonly [
  title: string,
  option: boolean,
  calls: readonly ('revive' | 'unsuppress' | 'clearFilters')[],
  atOnce: readonly string[],
  byBatch: readonly string[],
])[] = [
  ['revived, it gets all at once', false, ['revive'], ['a', 'b'], []],
  ['unsuppressed, it gets what it did not decline', false, ['unsuppress'], ['b'], []],
  ['its filters cleared, it is still suppressed', false, ['clearFilters'], [], []],
  ['unsuppressed and cleared', false, ['unsuppress', 'clearFilters'], ['a', 'b'], []],
  ['revived with `reviveKeepsFilters`', true, ['revive'], ['b'], []],
  ['that and cleared', true, ['revive', 'clearFilters'], ['a', 'b'], []],
];

for (const [title, reviveKeepsFilters, calls, atOnce, byBatch] of wakings) {
  test(`a framework that declined and was suppressed: ${title}`, (t) => {
    const stage = wearyStage({reviveKeepsFilters});
    const framework = stage.framework(1);
    for (const call of calls) framework.driver[call]();
    stage.until(1500);
    t.deepEqual(framework.takenHosts(), atOnce);
    stage.until(9000);
    t.deepEqual(framework.takenHosts(), byBatch);
  });
}

test('cleared filters ask for no run of their own: the next batch run offers', (t) => {
  const stage = wearyStage();
  const framework = stage.framework(1);
  framework.driver.unsuppress();
  stage.until(1600);
  t.deepEqual(framework.takenHosts(), ['b']);
  framework.driver.clearFilters();
  stage.until(1999);
  t.deepEqual(framework.takenHosts(), []);
  stage.until(2000);
  t.deepEqual(framework.takenHosts(), ['a']);
});

for (const [allocateOnRecovery, at] of [
  [true, 300],
  [false, 1000],
] as const) {
  const title = allocateOnRecovery ? 'at once' : 'at the next batch run';
  test(`what comes back is offered ${title}, \`allocateOnRecovery\` ${allocateOnRecovery}`, (t) => {
    const stage = new Stage([AWARE, AWARE], {allocator: {allocateOnRecovery}});
    const [first, second] = [stage.framework(1), stage.framework(2)];
    stage.register('a', cpus(4000));
    stage.until(300);
    first.driver.decline(idsOf(first.taken()), 3600_000);
    stage.until(at - 1);
    t.deepEqual(second.takenHosts(), []);
    stage.until(at);
    t.deepEqual(second.takenHosts(), ['a']);
    second.driver.accept(idsOf(second.offers), []);
  });
}

const SIX = ['a', 'b', 'c', 'd', 'e', 'g'];

/**
 * The order in which a run of one framework visits six agents that came in this order, after some
 * runs of another framework.
 */
function visitOrder(
  allocator: Partial<AllocatorOptions>,
  {seed, agents, rounds}: {seed: number; agents: readonly string[]; rounds: number},
): string {
  const stage = new Stage([[], []], {seed, allocator});
  const [first, second] = [stage.framework(1), stage.framework(2)];
  first.driver.suppress();
  second.driver.suppress();
  for (const id of agents) stage.register(id, cpus(1000));
  for (let round = 0; round < rounds; round += 1) {
    second.driver.revive();
    stage.until(stage.now);
    second.driver.decline(idsOf(second.taken()), 0);
  }
  second.driver.suppress();
  first.driver.revive();
  stage.until(stage.now);
  const offers = first.taken().sort((left, right) => left.id - right.id);
  return offers.map(({agent}) => agent.hostname).join('');
}

test('seeded, agents come in one order, whatever happened before; by chance they do not', (t) => {
  const histories = [
    {agents: SIX, rounds: 0},
    {agents: SIX, rounds: 3},
    {agents: [...SIX].reverse(), rounds: 0},
    {agents: ['c', 'a', 'g', 'b', 'e', 'd'], rounds: 5},
  ];
  const ordersOf = (agentOrder: AllocatorOptions['agentOrder'], seed: number): Set<string> =>
    new Set(histories.map((history) => visitOrder({agentOrder}, {seed, ...history})));
  const seen = new Set<string>();
  for (let seed = 0; seed < 10; seed += 1) {
    const orders = ordersOf('seeded', seed);
    t.is(orders.size, 1);
    for (const order of orders) seen.add(order);
    t.true(ordersOf('random', seed).size > 1);
  }
  t.true(seen.size > 5, 'another seed gives another order');
});

test('packed, the agent with the least left comes first, by its part of the cluster', (t) => {
  const stage = new Stage([[], []], {allocator: {agentOrder: 'packed'}});
  const [first, second] = [stage.framework(1), stage.framework(2)];
  const offered = (framework: ScriptedFramework): string => {
    const offers = framework.offers.sort((left, right) => left.id - right.id);
    return offers.map(({agent}) => agent.hostname).join('');
  };
  first.driver.suppress();
  second.driver.suppress();
  for (const [id, text] of [
    ['a', 'cpus:8;mem:10'],
    ['b', 'cpus:2;mem:50'],
    ['c', 'cpus:6;mem:20'],
    ['d', 'cpus:4;mem:20'],
  ] as const) {
    stage.register(id, resourcesOf(text));
  }
  second.driver.unsuppress();
  stage.until(0);
  t.is(offered(second), 'dcab');
  for (const offer of second.taken()) {
    const launches = offer.agent.hostname === 'a' ? [launchOf('t', cpus(7000))] : [];
    second.driver.accept([offer.id], launches, 3600_000);
  }
  first.driver.unsuppress();
  stage.until(0);
  t.is(offered(first), 'adcb');
});

test('equally full agents are visited in the seeded order when packed', (t) => {
  const orderOf = (agents: readonly string[], rounds: number): string =>
    visitOrder({agentOrder: 'packed'}, {seed: 7, agents, rounds});
  t.is(orderOf(SIX, 0), orderOf([...SIX].reverse(), 3));
});

for (const [nestedLimits, given] of [
  [false, 8000],
  [true, 6000],
] as const) {
  const title = nestedLimits ? 'binds' : 'does not bind';
  test(`a limit ${title} the roles below in one run, \`nestedLimits\` ${nestedLimits}`, (t) => {
    const stage = new Stage([[], []], {
      roles: ['eng/web', 'eng/api'],
      allocator: {nestedLimits},
      quotas: [{role: 'eng', guarantees: {}, limits: {cpus: 6000}}],
    });
    for (const {driver} of stage.frameworks) driver.suppress();
    for (const id of ['a', 'b']) stage.register(id, cpus(4000));
    for (const {driver} of stage.frameworks) driver.unsuppress();
    stage.until(0);
    const sum = (): number => stage.frameworks.flatMap(({offers}) => cpusOf(offers)).reduce(add, 0);
    t.is(sum(), given);
    stage.register('c', cpus(4000));
    stage.until(9000);
    t.is(sum(), nestedLimits ? 6000 : 12_000, 'nor later');
    t.deepEqual(violationsOf(stage.master, kinds), []);
  });
}

const add = (left: number, right: number): number => left + right;

test('agents of other regions are not for frameworks that know no regions', (t) => {
  for (const [region, expected] of [
    ['east', ['e', 'n']],
    [undefined, ['e', 'n', 'w']],
  ] as const) {
    const stage = new Stage([[]], {allocator: {region}});
    stage.register('e', cpus(1000), [], {region: 'east', zone: 'z1'});
    stage.register('w', cpus(1000), [], {region: 'west', zone: 'z1'});
    stage.register('n', cpus(1000));
    stage.until(9000);
    t.deepEqual(stage.framework(1).takenHosts(), [...expected]);
  }
});

const promised = [{role: 'f1', guarantees: {cpus: 1000}, limits: {}}];

const recoveries: readonly (readonly [
  title: string,
  setup: {readonly quotas?: typeof promised; readonly allocator?: Partial<AllocatorOptions>},
  agents: number,
  expected: number,
  at: number,
])[] = [
  ['less than 80 % are back: 10 minutes', {quotas: promised}, 7, 10, 600_000],
  ['80 % are back: none', {quotas: promised}, 8, 10, 0],
  ['80 % are back, rounded down: none', {quotas: promised}, 8, 11, 0],
  ['none was there: none', {quotas: promised}, 1, 0, 0],
  ['there is no quota: none', {}, 1, 10, 0],
  ['half is asked for: none', {quotas: promised, allocator: {recoveryFactor: 0.5}}, 5, 10, 0],
  [
    'half a minute: half',
    {quotas: promised, allocator: {recoveryTimeoutMs: 30_000}},
    7,
    10,
    30_000,
  ],
];

for (const [title, setup, agents, expected, at] of recoveries) {
  test(`after a failover offers wait for agents; if ${title}`, (t) => {
    const stage = new Stage([[]], setup);
    stage.master.allocator.awaitAgents(expected, 0);
    for (let agent = 0; agent < agents; agent += 1) stage.register(`a${agent}`, cpus(1000));
    const framework = stage.framework(1);
    if (at > 0) {
      stage.until(at - 1);
      t.deepEqual(framework.offers, []);
    }
    // What was asked for meanwhile comes with the next batch run.
    stage.until(at === 0 ? 1000 : at);
    t.is(framework.offers.length, agents);
    t.is(framework.taken().length, agents);
    stage.register('late', cpus(1000));
    t.deepEqual(framework.takenHosts(), ['late'], 'once is enough');
  });
}

// Write before act.

const launched = (taskId: string): Effect => ({
  kind: 'killTask',
  agentId: agentIdOf('a'),
  frameworkId: frameworkIdOf('f'),
  taskId: taskIdOf(taskId),
});

const namesOf = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => {
    if (effect.kind === 'persist') return `persist ${effect.batch}`;
    return effect.kind === 'killTask' ? effect.taskId : effect.kind;
  });

test('a step that records nothing passes straight through', (t) => {
  const outbox = new Outbox();
  outbox.add(launched('a'));
  t.deepEqual(namesOf(outbox.take()), [], 'not before the step has ended');
  outbox.endStep();
  t.deepEqual(namesOf(outbox.take()), ['a']);
  t.deepEqual(namesOf(outbox.take()), [], 'each effect once');
});

test('what a step did waits until what it recorded is written, and so does all after it', (t) => {
  const outbox = new Outbox();
  outbox.add(launched('a'));
  outbox.put('x', 1);
  outbox.endStep();
  outbox.add(launched('b'));
  outbox.endStep();
  outbox.put('y', 2);
  outbox.add(launched('c'));
  outbox.endStep();
  outbox.add(launched('d'));
  outbox.endStep();
  t.deepEqual(namesOf(outbox.take()), ['persist 1', 'persist 2']);
  outbox.written(1);
  t.deepEqual(namesOf(outbox.take()), ['a', 'b']);
  outbox.written(2);
  outbox.add(launched('e'));
  outbox.endStep();
  t.deepEqual(namesOf(outbox.take()), ['c', 'd', 'e']);
});

test('a later confirmation confirms all before it; one that was never asked for is a bug', (t) => {
  const outbox = new Outbox();
  for (const task of ['a', 'b']) {
    outbox.put(task, 1);
    outbox.add(launched(task));
    outbox.endStep();
  }
  outbox.written(2);
  outbox.written(1);
  t.deepEqual(namesOf(outbox.take()), ['persist 1', 'persist 2', 'a', 'b']);
  t.throws(() => outbox.written(3), {instanceOf: InvariantError});
});

test('a launch that is held is taken back when its task is given up, and nothing else is', (t) => {
  const launch = (frameworkId: string): Effect => ({
    kind: 'launchTask',
    agentId: agentIdOf('a'),
    frameworkId: frameworkIdOf(frameworkId),
    taskId: taskIdOf('t'),
    name: 't',
    origin: {kind: 'job', jobId: 't', serial: 0, attempt: 0},
    resources: {scalars: {}},
  });
  const outbox = new Outbox();
  outbox.put('x', 1);
  outbox.add(launch('f'));
  outbox.add(launch('g'));
  outbox.add(launched('t'));
  outbox.endStep();
  outbox.withdraw(frameworkIdOf('f'), taskIdOf('t'));
  outbox.written(1);
  t.deepEqual(
    outbox
      .take()
      .map((effect) => ('frameworkId' in effect ? [effect.kind, effect.frameworkId] : [])),
    [[], ['launchTask', 'g'], ['killTask', 'f']],
  );
});

test('the last word of a step on a path counts', (t) => {
  const outbox = new Outbox();
  outbox.put('x', 1);
  outbox.put('x', 2);
  outbox.put('y', 1);
  outbox.delete('y');
  outbox.delete('z');
  outbox.put('z', 3);
  outbox.endStep();
  t.deepEqual(outbox.take(), [
    {
      kind: 'persist',
      batch: 1,
      puts: [
        {path: 'x', document: 2},
        {path: 'z', document: 3},
      ],
      deletes: ['y'],
    },
  ]);
});

test('what is written carries the epoch of its leader, and epochs only grow', (t) => {
  const outbox = new Outbox();
  outbox.lead(7);
  outbox.put('x', 1);
  outbox.endStep();
  t.like(outbox.take()[0], {kind: 'persist', batch: 1, epoch: 7});
  t.throws(() => outbox.lead(7), {instanceOf: InvariantError});
  const restored = Outbox.restore(
    JSON.parse(JSON.stringify(outbox.snapshot())) as ReturnType<Outbox['snapshot']>,
  );
  restored.put('y', 2);
  restored.endStep();
  t.like(restored.take()[0], {kind: 'persist', batch: 2, epoch: 7});
});

for (const end of [{kind: 'recordsRefused', batch: 1}, {kind: 'leadershipLost'}] as const) {
  test(`a deposed leader does nothing any more: ${end.kind}`, (t) => {
    const chronosId = frameworkIdOf('chronos');
    const engine = createEngine({
      seed: 1,
      frameworks: [{id: 'chronos', type: 'chronos', role: '*'}],
    });
    const body = JSON.stringify({name: 'a', command: 'x', schedule: 'R1//PT24H'});
    const request = {kind: 'http', method: 'POST', path: '/v1/scheduler/iso8601', body};
    engine.step(0, {kind: 'leadershipGained', epoch: 3});
    engine.step(0, {kind: 'request', requestId: '1', frameworkId: chronosId, request});
    t.deepEqual(
      engine.takeEffects().map(({kind}) => kind),
      ['persist'],
      'nobody is told before it is written',
    );
    engine.step(1, end);
    t.true(engine.isDeposed);
    t.is(engine.wakeAt, Infinity);
    engine.step(2, {kind: 'recordsWritten', batch: 1});
    engine.step(3, {kind: 'request', requestId: '2', frameworkId: chronosId, request});
    engine.step(90_000_000, {kind: 'tick'});
    t.deepEqual(engine.takeEffects(), [], 'what was held is never let go');
    const restored = restoreEngine(JSON.parse(JSON.stringify(engine.snapshot())) as never);
    t.true(restored.isDeposed);
  });
}

test('what was handed out stays as it was', (t) => {
  const outbox = new Outbox();
  const before = outbox.take();
  outbox.add(launched('a'));
  outbox.endStep();
  const taken = outbox.take();
  outbox.add(launched('b'));
  outbox.endStep();
  t.deepEqual(namesOf(before), []);
  t.deepEqual(namesOf(taken), ['a']);
});

/**
 * Seen to fail when `endStep` lets a step without records pass those that wait, and when `restore`
 * forgets `held`.
 */
test('effects come out in the order of their steps, none before its records are written', (t) => {
  const step = fc.record({
    kind: fc.constantFrom('act', 'act', 'record', 'written', 'take', 'json'),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 60, size: 'max'}), (steps) => {
      let outbox = new Outbox();
      let serial = 0;
      let [sent, written] = [0, 0];
      /** Effect → the batch that it waits for. */
      const waitsFor = new Map<string, number>();
      const out: string[] = [];
      for (const {kind} of steps) {
        if (kind === 'json') outbox = Outbox.restore(throughJson(outbox.snapshot()));
        if (kind === 'written' && written < sent) {
          written += 1;
          outbox.written(written);
        }
        if (kind === 'act' || kind === 'record') {
          if (kind === 'record') {
            sent += 1;
            outbox.put('x', serial);
          }
          serial += 1;
          waitsFor.set(`${serial}`, sent);
          outbox.add(launched(`${serial}`));
          outbox.endStep();
        }
        const names = namesOf(outbox.take()).filter((name) => !name.startsWith('persist'));
        for (const name of names) check.ok((waitsFor.get(name) ?? 0) <= written);
        out.push(...names);
      }
      const expected = [...waitsFor].filter(([, batch]) => batch <= written);
      check.deepEqual(
        out,
        expected.map(([name]) => name),
      );
    }),
  );
  t.pass();
});
