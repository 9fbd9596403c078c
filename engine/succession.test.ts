/** A leader takes over with nothing but the store: what it knows, waits for, and does not do. */
import test from 'ava';
import type {Effect} from './effects.ts';
import {succeedEngine, type Engine} from './engine.ts';
import type {AgentTask, Input} from './inputs.ts';
import {agentIdOf, frameworkIdOf} from './kernel/ids.ts';
import type {EngineOptions} from './options.ts';

const MARATHON = frameworkIdOf('marathon');
const A1 = agentIdOf('a1');
const REREGISTER_MS = 600_000;

const options: EngineOptions = {
  seed: 1,
  master: {registry: 'stored', agentReregisterTimeoutMs: REREGISTER_MS},
  frameworks: [{id: 'marathon', type: 'marathon', role: '*'}],
};

const REGISTERED: Input = {
  kind: 'agentRegistered',
  agent: {id: A1, hostname: 'a1', attributes: {}},
  resources: {scalars: {cpus: 4000, mem: 4_096_000}, ranges: {ports: [[31_000, 31_999]]}},
  tasks: [],
};

const WEB = {id: '/web', cmd: 'sleep 1000', cpus: 1, mem: 128, instances: 2};

type Launch = Extract<Effect, {readonly kind: 'launchTask'}>;

/** A leader and the store, which confirms every write at once. */
class Reign {
  readonly engine: Engine;
  readonly effects: Effect[] = [];
  readonly #records: Map<string, unknown>;
  #now: number;

  constructor(records: Map<string, unknown>, epoch: number, now: number) {
    this.#records = records;
    this.#now = now;
    const taken = {records: [...records], epoch};
    this.engine = succeedEngine(options, taken, now);
    this.#drain();
  }

  get now(): number {
    return this.#now;
  }

  say(input: Input): void {
    this.engine.step(this.#now, input);
    this.#drain();
  }

  /** To this instant, with every tick on the way. */
  advanceTo(at: number): void {
    for (let ticks = 0; this.engine.wakeAt <= at; ticks += 1) {
      if (ticks > 10_000) throw new Error('it does not get on');
      this.#now = Math.max(this.#now, this.engine.wakeAt);
      this.say({kind: 'tick'});
    }
    this.#now = at;
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  #drain(): void {
    for (;;) {
      const effects = this.engine.takeEffects();
      if (effects.length === 0) return;
      for (const effect of effects) this.#take(effect);
    }
  }

  #take(effect: Effect): void {
    this.effects.push(effect);
    if (effect.kind !== 'persist') return;
    for (const {path, document} of effect.puts) {
      this.#records.set(path, JSON.parse(JSON.stringify(document)));
    }
    for (const path of effect.deletes) this.#records.delete(path);
    this.engine.step(this.#now, {kind: 'recordsWritten', batch: effect.batch});
  }

  of<K extends Effect['kind']>(kind: K): readonly Extract<Effect, {readonly kind: K}>[] {
    return this.effects.filter(
      (effect): effect is Extract<Effect, {readonly kind: K}> => effect.kind === kind,
    );
  }

  conditions(): readonly string[] {
    const marathon = this.engine.view.marathon(MARATHON);
    return marathon?.instancesOf('/web').map(({condition}) => condition) ?? [];
  }

  running(launch: Launch): void {
    const {agentId, frameworkId, taskId} = launch;
    const state = 'TASK_RUNNING';
    this.say({kind: 'taskStatus', agentId, frameworkId, taskId, state, updateId: `u-${taskId}`});
  }
}

/** Two tasks run on the agent; what they were launched with, and what is written of them. */
function reignWithTasks(): {readonly records: Map<string, unknown>; readonly launches: Launch[]} {
  const records = new Map<string, unknown>();
  const reign = new Reign(records, 1, 0);
  reign.say(REGISTERED);
  reign.say({
    kind: 'request',
    requestId: '1',
    frameworkId: MARATHON,
    request: {kind: 'appPut', app: WEB},
  });
  reign.advance(20_000);
  const launches = [...reign.of('launchTask')];
  for (const launch of launches) reign.running(launch);
  reign.advance(1000);
  return {records, launches};
}

function stillThere(launches: readonly Launch[]): readonly AgentTask[] {
  return launches.map(({frameworkId, taskId, name, origin, resources}) => {
    return {frameworkId, taskId, name, origin, resources, state: 'TASK_RUNNING'};
  });
}

test('agents are written down before they are offered', (t) => {
  const records = new Map<string, unknown>();
  const reign = new Reign(records, 1, 0);
  reign.say(REGISTERED);
  t.deepEqual(records.get('master/agents/a1'), {info: {id: 'a1', hostname: 'a1', attributes: {}}});
});

test('nothing is given up or launched while the agents of the last leader are awaited', (t) => {
  const {records} = reignWithTasks();
  const next = new Reign(records, 2, 30_000);
  next.advance(REREGISTER_MS - 1000);
  t.deepEqual(next.conditions(), ['Running', 'Running']);
  t.deepEqual(next.of('launchTask'), []);
  t.deepEqual(
    [...next.engine.view.agents()].map(({state}) => state),
    ['recovered'],
  );
});

test('tasks that the agent still has are known again, and nothing is started for them', (t) => {
  const {records, launches} = reignWithTasks();
  const next = new Reign(records, 2, 30_000);
  next.advance(5000);
  next.say({...REGISTERED, tasks: stillThere(launches)});
  next.advance(REREGISTER_MS);
  t.deepEqual(next.conditions(), ['Running', 'Running']);
  t.deepEqual(next.of('launchTask'), []);
  t.deepEqual(next.of('killTask'), []);
  t.deepEqual(next.engine.view.checkInvariants(), []);
});

test('a task that the agent has no more is replaced, also if it was asked for before', (t) => {
  const {records, launches} = reignWithTasks();
  const next = new Reign(records, 2, 30_000);
  // By now Marathon has asked: its question waits for the agent.
  next.advance(60_000);
  next.say({...REGISTERED, tasks: stillThere(launches.slice(0, 1))});
  next.advance(20_000);
  t.is(next.of('launchTask').length, 1);
});

test('an agent that does not come back in time is unreachable, and so are its tasks', (t) => {
  const {records} = reignWithTasks();
  const next = new Reign(records, 2, 30_000);
  next.advance(REREGISTER_MS - 1);
  t.true(next.conditions().every((condition) => condition === 'Running'));
  next.advance(1);
  t.deepEqual(
    [...next.engine.view.agents()].map(({state}) => state),
    ['unreachable'],
  );
  t.false(next.conditions().includes('Running'));
  // And the leader after it knows that, too.
  const third = new Reign(records, 3, next.now + 1000);
  t.deepEqual(
    [...third.engine.view.agents()].map(({state}) => state),
    ['unreachable'],
  );
});

const WEEK_MS = 604_800_000;

function recordsOfOneAgent(): Map<string, unknown> {
  const records = new Map<string, unknown>();
  new Reign(records, 1, 0).say(REGISTERED);
  return records;
}

test('an agent that stays away for two weeks is forgotten, by whoever leads then', (t) => {
  const records = recordsOfOneAgent();
  const second = new Reign(records, 2, 30_000);
  second.advance(REREGISTER_MS + WEEK_MS);
  const third = new Reign(records, 3, second.now);
  third.advanceTo(30_000 + REREGISTER_MS + 2 * WEEK_MS - 1);
  t.is([...third.engine.view.agents()].length, 1);
  t.true(records.has('master/agents/a1'));
  third.advance(1);
  t.deepEqual([...third.engine.view.agents()], []);
  t.false(records.has('master/agents/a1'));
  t.deepEqual(third.engine.view.checkInvariants(), []);
  third.say(REGISTERED);
  t.deepEqual(
    [...third.engine.view.agents()].map(({state}) => state),
    ['active'],
  );
});

test('one that comes back is not forgotten, also after a snapshot', (t) => {
  const records = recordsOfOneAgent();
  const reign = new Reign(records, 2, 30_000);
  reign.advance(REREGISTER_MS + WEEK_MS);
  const [agent] = reign.engine.snapshot().master.agents;
  t.is(agent?.unreachableAt, 30_000 + REREGISTER_MS);
  reign.say(REGISTERED);
  reign.advance(2 * WEEK_MS);
  t.is([...reign.engine.view.agents()].length, 1);
  t.true(records.has('master/agents/a1'));
});

test('what it writes carries its epoch, from the first write on', (t) => {
  const {records} = reignWithTasks();
  const next = new Reign(records, 7, 30_000);
  next.say({...REGISTERED, agent: {id: agentIdOf('a2'), hostname: 'a2', attributes: {}}});
  next.advance(REREGISTER_MS);
  t.true(next.of('persist').length > 0);
  t.true(next.of('persist').every(({epoch}) => epoch === 7));
});

test('quotas, weights and the whitelist hold on', (t) => {
  const records = new Map<string, unknown>();
  const reign = new Reign(records, 1, 0);
  reign.say(REGISTERED);
  const quota = {role: 'web', guarantees: {cpus: 1000}, limits: {cpus: 2000}};
  for (const request of [
    {type: 'updateQuota', configs: [quota]},
    {type: 'updateWeights', weights: {web: 2}},
    {type: 'updateWhitelist', hostnames: ['a1']},
  ] as const) {
    reign.say({kind: 'operatorRequest', requestId: request.type, request});
  }
  t.true(reign.of('operatorReply').every(({reply}) => reply.ok));
  const next = new Reign(records, 2, 1000);
  next.say({...REGISTERED, agent: {id: agentIdOf('a2'), hostname: 'a2', attributes: {}}});
  // It has 4 cpus, of which 1 is promised.
  for (const cpus of [3001, 3000]) {
    const other = {role: 'db', guarantees: {cpus}, limits: {cpus}};
    const request = {type: 'updateQuota', configs: [other]} as const;
    next.say({kind: 'operatorRequest', requestId: `${cpus}`, request});
  }
  t.deepEqual(
    next.of('operatorReply').map(({reply}) => reply.ok),
    [false, true],
  );
  t.deepEqual(records.get('master/quotas/web'), {guarantees: {cpus: 1000}, limits: {cpus: 2000}});
  t.is(records.get('master/weights/web'), 2);
  t.deepEqual(records.get('master/whitelist'), ['a1']);
});

test('a snapshot taken while questions are open goes on with them', (t) => {
  const {records} = reignWithTasks();
  const next = new Reign(records, 2, 30_000);
  next.advance(60_000);
  const {registry} = next.engine.snapshot().master;
  t.is(registry?.questions.length, 1);
  t.is(registry?.questions[0]?.[1].length, 2);
});
