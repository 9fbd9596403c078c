/**
 * Marathon as a whole against a small fake master: its manners towards the master, what can be
 * asked of it, and properties. Golden traces: `golden-traces.test.ts`.
 */
import {existsSync, readFileSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {parse} from 'yaml';
import type {FrameworkReply, StatusReason, TaskState} from '../../scheduler.ts';
import type {FakeCluster} from './testing/fake-cluster.ts';
import {act, calmDown, APP, CHECKED, cluster} from './testing/histories.ts';
import {isoInstant} from '../../kernel/instants.ts';
import {
  RollingUpgrade,
  type UpgradeDecisions,
  type UpgradeEvent,
} from './deploy/rolling-upgrade.ts';

/** A cluster on which the app runs. */
function running(app: object, healthy?: boolean): FakeCluster {
  const fake = cluster();
  fake.request({kind: 'appPut', app});
  fake.runAll(healthy);
  fake.events.length = 0;
  return fake;
}

const types = (fake: FakeCluster): readonly string[] =>
  fake.events.map(({type, condition}) =>
    typeof condition === 'string' ? `${type} ${condition}` : type,
  );

const refusalOf = (reply: FrameworkReply): string => (reply.ok ? 'ok' : reply.refusal.code);

interface UnreachableStep {
  readonly at?: number;
  readonly instance?: string;
  readonly status?: TaskState;
  readonly reason?: StatusReason;
  readonly advanceTo?: number;
  readonly scaleTo?: number;
  readonly probe?: string;
}

interface UnreachableCase {
  readonly id: string;
  readonly given: {app: {instances: number; unreachableStrategy: unknown; resident?: boolean}};
  readonly when: readonly UnreachableStep[];
  readonly then: {
    readonly after: readonly {
      readonly conditions?: Readonly<Record<string, string>>;
      readonly launched: number;
      readonly expunged?: readonly string[];
      readonly kill?: readonly string[];
    }[];
  };
}

const UNREACHABLE = ['../../../../shared', '../../..']
  .map((root) => new URL(`${root}/conformance/marathon/unreachable.yaml`, import.meta.url))
  .find((url) => existsSync(url));

const unreachableCases = (
  parse(readFileSync(UNREACHABLE as URL, 'utf8')) as {cases: readonly UnreachableCase[]}
).cases;

for (const {id, given, when, then} of unreachableCases) {
  // Reservations and probes by Marathon itself come with their own parts.
  if (given.app.resident === true || when.some(({probe}) => probe !== undefined)) continue;
  test(id, (t) => {
    const fake = cluster(4);
    const {instances, unreachableStrategy} = given.app;
    fake.request({kind: 'appPut', app: {...APP, instances, unreachableStrategy}});
    fake.offer();
    for (const task of fake.tasks.keys()) {
      fake.advanceTo(fake.now + 1000);
      fake.status(task, 'TASK_RUNNING');
    }
    const start = fake.now + 100_000;
    fake.advanceTo(start);
    const names = new Map(fake.marathon.instancesOf('/a').map((one, at) => [`i${at + 1}`, one.id]));
    const tasks = new Map([...names].map(([name, one]) => [name, `${one}._app.1`]));
    let launched = 0;
    when.forEach((step, index) => {
      const before = fake.marathon.instancesOf('/a').map((one) => one.id);
      fake.kills = [];
      fake.advanceTo(start + (step.at ?? step.advanceTo ?? 0));
      const reappeared = fake.kills.length;
      t.is(reappeared, 0);
      const task = tasks.get(step.instance ?? '') ?? '';
      if (step.scaleTo !== undefined) {
        fake.request({kind: 'appPatch', appId: '/a', patch: {instances: step.scaleTo}});
      }
      const relaunches = (): number =>
        fake.events.filter(({condition}) => condition === 'Scheduled').length;
      const scheduledBefore = relaunches();
      if (step.status !== undefined) {
        const reason = step.reason === undefined ? {} : {reason: step.reason};
        fake.status(task, step.status, reason);
      }
      const expected = then.after[index];
      const now = fake.marathon.instancesOf('/a');
      const fresh = now.filter((one) => !before.includes(one.id));
      for (const one of fresh) {
        launched += 1;
        names.set(`new-${launched}`, one.id);
        tasks.set(`new-${launched}`, `${one.id}._app.1`);
      }
      const isRelaunch = relaunches() - scheduledBefore > fresh.length;
      t.is(expected?.launched, fresh.length + (isRelaunch ? 1 : 0), `step ${index}`);
      for (const [name, condition] of Object.entries(expected?.conditions ?? {})) {
        t.is(now.find((one) => one.id === names.get(name))?.condition, condition as never, name);
      }
      for (const name of expected?.expunged ?? []) {
        t.false(now.some((one) => one.id === names.get(name)));
      }
      t.deepEqual(
        fake.kills,
        (expected?.kill ?? []).map((name) => tasks.get(name)) as string[],
        `step ${index}`,
      );
      fake.advanceTo(fake.now);
      fake.marathon.onTimer('demand', '');
      fake.offer();
    });
  });
}

test('suppressed while nothing waits; asks for no more offers than instances', (t) => {
  const fake = cluster(10);
  t.true(fake.isSuppressed);
  fake.request({kind: 'appPut', app: {...APP, cpus: 1.5, mem: 100}});
  t.false(fake.isSuppressed);
  t.deepEqual(fake.change, {minAllocatable: [{cpus: 1500, mem: 100_000}], offersMax: 1});
  fake.offer();
  t.is(fake.tasks.size, 1);
  t.true(fake.isSuppressed);
});

test('an instance that fits on one agent of many is shown more of them each time', (t) => {
  const fake = cluster(300);
  fake.agent('last', 'cpus:4;mem:4096', {rack: 'r1'});
  fake.request({kind: 'appPut', app: {...APP, constraints: [['rack', 'IS', 'r1']]}});
  for (let at = 0; at < 5; at += 1) fake.offer();
  t.is(fake.tasks.size, 1);
});

test('changes of demand are throttled to one per interval', (t) => {
  const fake = cluster();
  const asks = (): number =>
    fake.trace.filter((entry) => `${(entry as string[])[2]}`.includes('revive')).length;
  for (let at = 0; at < 10; at += 1) {
    fake.request({kind: 'appPut', app: {...APP, id: `/a${at}`, cpus: at + 1}});
  }
  t.is(asks(), 1);
  fake.advanceTo(4999);
  t.is(asks(), 1);
  fake.advanceTo(5000);
  t.is(asks(), 2);
  t.is(fake.change.offersMax, 10);
  t.is(fake.change.minAllocatable?.length, 10);
});

test('more than 32 different needs are told as one lower bound', (t) => {
  const fake = cluster();
  for (let at = 0; at < 33; at += 1) {
    const ports = at % 2 === 0 ? [{port: 0}] : [];
    const app = {...APP, id: `/a${at}`, cpus: at + 1, portDefinitions: ports};
    fake.request({kind: 'appPut', app});
  }
  fake.advanceTo(5000);
  t.deepEqual(fake.change.minAllocatable, [{cpus: 1000, mem: 32_000}]);
});

test('an offer is used up to the limit, and for as many as fit', (t) => {
  const fake = cluster(1, 'cpus:1;mem:4096');
  fake.request({kind: 'appPut', app: {...APP, cpus: 0.15, instances: 20}});
  fake.offer();
  t.is(fake.tasks.size, 5, 'five launches per offer');
  fake.offer();
  t.is(fake.tasks.size, 6, 'and no more than there is');
  t.is(fake.marathon.waiting()[0]?.reason, '2 offers seen: 2 used');
});

test('UNIQUE and MAX_PER hold over several offers and over losses', (t) => {
  const fake = cluster(3);
  const unique = {...APP, instances: 5, constraints: [['hostname', 'UNIQUE']]};
  fake.request({kind: 'appPut', app: unique});
  fake.runAll();
  const hosts = (): readonly string[] =>
    [...fake.tasks.values()].map(({agent}) => agent.info.hostname);
  t.deepEqual(hosts().toSorted(), ['a1', 'a2', 'a3']);
  t.is(fake.marathon.waiting()[0]?.reason, '5 offers seen: 3 used, 2 broke [hostname, UNIQUE]');
  const [first = ''] = fake.tasks.keys();
  const freed = fake.tasks.get(first)?.agent.info.hostname;
  fake.status(first, 'TASK_FAILED');
  fake.advanceTo(fake.now + 300_000);
  fake.runAll();
  t.deepEqual(hosts().toSorted(), ['a1', 'a2', 'a3'], `${freed} is used again`);
});

test('a fixed host port is given once per agent', (t) => {
  const fake = cluster(2);
  const app = {...APP, instances: 3, requirePorts: true, portDefinitions: [{port: 31_500}]};
  fake.request({kind: 'appPut', app});
  fake.runAll();
  t.is(fake.tasks.size, 2);
  t.is(fake.marathon.waiting()[0]?.reason, '3 offers seen: 2 used, 1 lacked ports');
});

test('killing an instance relaunches it under its id, or with scale lowers what is wanted', (t) => {
  const fake = running({...APP, instances: 3});
  const [victim] = fake.marathon.instancesOf('/a');
  t.is(refusalOf(fake.request({kind: 'instancesKill', instanceIds: [victim?.id]})), 'ok');
  fake.runAll();
  t.is(fake.marathon.summaryOf('/a')?.running, 3);
  t.is(fake.marathon.instancesOf('/a').find(({id}) => id === victim?.id)?.incarnation, 2);
  fake.request({kind: 'instancesKill', instanceIds: [victim?.id], scale: true});
  fake.runAll();
  t.is(fake.marathon.summaryOf('/a')?.instances, 2);
  t.false(fake.marathon.instancesOf('/a').some(({id}) => id === victim?.id));
});

test('removing an app ends its tasks and leaves nothing behind', (t) => {
  const fake = running({...APP, instances: 3});
  const removal = fake.request({kind: 'appRemove', appId: '/a'});
  t.true(removal.ok);
  t.deepEqual(fake.marathon.apps(), []);
  fake.runAll();
  // What is left: the counters, and the way here.
  t.deepEqual(
    [...fake.records.keys()].filter((path) => !path.startsWith('changes/')),
    ['deployments', 'root'],
  );
  t.deepEqual(types(fake).slice(-3), [
    'app_terminated_event',
    'deployment_step_success',
    'deployment_success',
  ]);
});

test('an app is locked while it is deployed; force cancels what is under way', (t) => {
  const fake = cluster();
  fake.request({kind: 'appPut', app: {...APP, cpus: 100}});
  const [first] = fake.marathon.deployments();
  const refused = fake.request({kind: 'appPatch', appId: '/a', patch: {instances: 2}});
  t.deepEqual(refused.ok ? [] : refused.refusal.deploymentIds, [first?.id]);
  t.deepEqual(types(fake).slice(-2), ['group_change_failed', 'deployment_failed']);
  const forced = fake.request({kind: 'appPatch', appId: '/a', patch: {cpus: 1}, force: true});
  t.true(forced.ok);
  fake.runAll();
  t.is(fake.marathon.summaryOf('/a')?.running, 1);
  t.is(types(fake).filter((type) => type === 'deployment_failed').length, 2);
});

test('an unknown running task is killed, an unknown ended one is only told of', (t) => {
  const fake = cluster();
  const update = {
    agentId: undefined,
    source: 'SOURCE_AGENT',
    taskId: 'a.instance-x._app.1',
  } as const;
  fake.marathon.statusUpdate({...update, state: 'TASK_RUNNING'} as never);
  t.deepEqual(fake.kills, ['a.instance-x._app.1']);
  fake.marathon.statusUpdate({...update, state: 'TASK_FAILED'} as never);
  t.deepEqual(types(fake), ['unknown_instance_terminated_event Failed']);
});

test('a launch that does not come on is killed after five minutes', (t) => {
  const fake = cluster();
  fake.request({kind: 'appPut', app: APP});
  fake.offer();
  fake.advanceTo(299_999);
  t.deepEqual(fake.kills, []);
  fake.advanceTo(300_000);
  t.is(fake.kills.length, 1);
});

test('an unhealthy old instance does not hold up an upgrade for ever', (t) => {
  const upgradeStrategy = {minimumHealthCapacity: 1, maximumOverCapacity: 0};
  const fake = running({...CHECKED, instances: 3, upgradeStrategy}, true);
  const [sick = ''] = fake.tasks.keys();
  fake.status(sick, 'TASK_RUNNING', {healthy: false});
  fake.request({kind: 'appPatch', appId: '/a', patch: {cmd: 'new'}});
  fake.runAll(true);
  t.is(fake.marathon.deployments().length, 1, 'as in Marathon nothing moves at first');
  fake.status(sick, 'TASK_RUNNING', {healthy: true});
  for (let round = 0; round < 20; round += 1) {
    fake.advanceTo(fake.now + 30_000);
    fake.runAll(true);
  }
  t.deepEqual(fake.marathon.deployments(), []);
});

test('service ports are unique, kept over changes, and free again after removal', (t) => {
  const fake = cluster();
  const ports = (id: string): unknown => {
    const definitions = fake.marathon.app(id)?.['portDefinitions'] as {port: number}[];
    return definitions.map(({port}) => port);
  };
  const {portDefinitions: _none, ...app} = APP;
  for (const id of ['/a', '/b']) fake.request({kind: 'appPut', app: {...app, id}});
  t.deepEqual([ports('/a'), ports('/b')], [[10_000], [10_001]]);
  fake.request({kind: 'appPut', app: {...app, id: '/b', cmd: 'other'}, force: true});
  t.deepEqual(ports('/b'), [10_001]);
  fake.request({kind: 'appRemove', appId: '/a'});
  fake.request({kind: 'appPut', app: {...app, id: '/c'}});
  t.deepEqual(ports('/c'), [10_000]);
});

test("the customer's hello_world runs unchanged, with its ports in the environment", (t) => {
  const file = new URL('../../../scenarios/hello_world.json', import.meta.url);
  const shared = new URL('../../../../shared/reference/hello_world.json', import.meta.url);
  const found = [shared, file].find((url) => existsSync(url)) as URL;
  const fake = cluster();
  t.true(fake.request({kind: 'appPut', app: JSON.parse(readFileSync(found, 'utf8'))}).ok);
  fake.runAll();
  const [task] = fake.tasks.values();
  if (task === undefined) {
    t.fail('nothing was launched');
    return;
  }
  const {env, hostPorts} = task.launch.details as {
    env: Record<string, string>;
    hostPorts: number[];
  };
  t.is(env['PORT_80'], `${hostPorts[0]}`);
  t.is(env['HOST'], task.agent.info.hostname);
  t.is(env['MARATHON_APP_DOCKER_IMAGE'], 'tutum/hello_world');
  t.is(task.launch.name, 'hello_world');
});

const BAD_REQUESTS: readonly [string, unknown, string, string][] = [
  ['no object', 7, 'invalidRequest', '/'],
  ['unknown kind', {kind: 'x'}, 'invalidRequest', '/kind'],
  ['no app', {kind: 'appPut'}, 'invalidRequest', '/app'],
  ['an app that is a list', {kind: 'appPut', app: []}, 'invalidApp', '/'],
  ['a negative amount', {kind: 'appPut', app: {...APP, cpus: -1}}, 'invalidApp', '/cpus'],
  [
    'a wrong type deep down',
    {kind: 'appPut', app: {...APP, container: {volumes: [{containerPath: 1}]}}},
    'invalidApp',
    '/container/volumes(0)/containerPath',
  ],
  [
    'a cycle of dependencies',
    {kind: 'appPut', app: {...APP, dependencies: ['/a']}},
    'invalidApp',
    '/',
  ],
];

for (const [title, request, code, path] of BAD_REQUESTS) {
  test(`refused with the path of the field: ${title}`, (t) => {
    const reply = cluster().request(request);
    t.is(refusalOf(reply), code);
    t.is(reply.ok ? '' : reply.refusal.errors?.[0]?.path, path);
  });
}

test('instants are written as the wire wants them', (t) => {
  t.is(isoInstant(0), '1970-01-01T00:00:00.000Z');
  fc.assert(
    fc.property(
      fc.integer({min: 0, max: 4e12}),
      (ms) => isoInstant(ms) === new Date(ms).toISOString(),
    ),
  );
  t.pass();
});

/** Fails, with seed and path, when a shape throws: take `isObject` out of json-shape's `object`. */
test('any JSON is answered and never throws', (t) => {
  const kinds = [
    'appPut',
    'appPatch',
    'appRemove',
    'appRestart',
    'groupPut',
    'groupRemove',
    'http',
    'instancesKill',
    'deployment',
  ];
  const names = [
    'id',
    'container',
    'networks',
    'ports',
    'env',
    'instances',
    'healthChecks',
    'docker',
  ];
  const body = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({maxDepth: 4}));
  const request = fc.record({
    kind: fc.constantFrom(...kinds),
    app: fc.oneof(body, fc.jsonValue()),
    patch: fc.oneof(body, fc.jsonValue()),
    appId: fc.constantFrom('/a', 'b', ''),
    instanceId: fc.string(),
    deploymentId: fc.string(),
  });
  fc.assert(
    fc.property(fc.oneof(request, fc.jsonValue()), (value) => {
      const fake = running(APP);
      const reply = fake.request(value);
      return reply.ok || reply.refusal.message !== '';
    }),
    {numRuns: 300},
  );
  t.pass();
});

/**
 * The state machine alone, against any order of events. Seeded mistakes that it finds: `margin < 0`
 * instead of `margin < 1` in `#sentence` (goes below), and leaving `- this.#started` out of
 * `#launch` (goes above).
 */
test('an upgrade never goes below its floor or above its capacity by its own doing', (t) => {
  const share = fc.constantFrom(0, 0.07, 0.3, 0.5, 0.75, 1);
  const arbitrary = fc.record({
    instances: fc.integer({min: 1, max: 8}),
    minimumHealthCapacity: share,
    maximumOverCapacity: share,
    old: fc.array(fc.record({healthy: fc.boolean(), wanted: fc.boolean()}), {maxLength: 10}),
    steps: fc.array(fc.tuple(fc.nat(7), fc.nat(20)), {maxLength: 60}),
  });
  fc.assert(
    fc.property(arbitrary, (given) => {
      const world = new UpgradeWorld(given);
      for (const [kind, pick] of given.steps) world.step(kind, pick);
      return true;
    }),
    {numRuns: 1000},
  );
  t.pass();
});

interface UpgradeGiven {
  readonly instances: number;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  readonly old: readonly {healthy: boolean; wanted: boolean}[];
}

/** Instances as the upgrade ought to see them, kept by somebody else. */
class UpgradeWorld {
  readonly #upgrade: RollingUpgrade;
  /** id → healthy; sentenced ones are not wanted and leave the count at once. */
  readonly #old = new Map<string, boolean>();
  readonly #dying = new Set<string>();
  readonly #fresh = new Map<string, boolean>();
  readonly #floor: number;
  readonly #instances: number;
  #capacityMax = 0;
  #serial = 0;

  constructor({instances, old, ...strategy}: UpgradeGiven) {
    this.#instances = instances;
    const present = old.map(({healthy, wanted}, at) => ({
      id: `old-${at}`,
      serial: at,
      isNew: false,
      hasGoalRunning: wanted,
      healthy,
      proven: false,
    }));
    for (const {id, healthy, hasGoalRunning} of present) {
      if (hasGoalRunning) this.#old.set(id, healthy);
    }
    const minHealthy = Math.ceil(instances * strategy.minimumHealthCapacity);
    this.#floor = Math.min(minHealthy, this.healthy);
    const {upgrade, decisions} = RollingUpgrade.start(
      {instances, strategy, resident: false, killSelection: 'YOUNGEST_FIRST'},
      present,
    );
    this.#upgrade = upgrade;
    this.#carryOut(decisions);
  }

  get healthy(): number {
    const old = [...this.#old].filter(([id, healthy]) => healthy && !this.#dying.has(id)).length;
    return old + [...this.#fresh.values()].filter(Boolean).length;
  }

  #carryOut({kill, decommission, launch}: UpgradeDecisions): void {
    const before = this.healthy;
    for (const id of [...kill, ...decommission]) this.#dying.add(id);
    const after = this.healthy;
    if (after < before && after < this.#floor) throw new Error(`${after} < ${this.#floor}`);
    const ids = Array.from({length: launch}, () => {
      this.#serial += 1;
      return `new-${this.#serial}`;
    });
    for (const id of ids) this.#fresh.set(id, false);
    this.#upgrade.launched(ids);
    this.#capacityMax = Math.max(this.#capacityMax, this.#upgrade.capacity.maxCapacity);
    const present = this.#old.size + this.#fresh.size;
    if (launch > 0 && present > this.#capacityMax) throw new Error(`${present} are too many`);
    if (launch > 0 && this.#fresh.size > this.#instances) throw new Error('more than are wanted');
  }

  #on(event: UpgradeEvent): void {
    this.#carryOut(this.#upgrade.on(event));
  }

  step(kind: number, pick: number): void {
    const oldIds = [...this.#old.keys()];
    const freshIds = [...this.#fresh.keys()];
    const old = oldIds[pick % Math.max(1, oldIds.length)];
    const fresh = freshIds[pick % Math.max(1, freshIds.length)];
    const dying = [...this.#dying][pick % Math.max(1, this.#dying.size)];
    if (kind <= 2 && fresh !== undefined) {
      this.#fresh.set(fresh, true);
      this.#on({kind: 'newChanged', id: fresh, healthy: true, proven: true});
    } else if (kind === 3 && fresh !== undefined) {
      this.#fresh.set(fresh, false);
      const proven = pick % 4 === 0;
      this.#on(
        pick % 2 === 0
          ? {kind: 'newChanged', id: fresh, healthy: false, proven}
          : {kind: 'newDied', id: fresh},
      );
    } else if (kind === 4 && old !== undefined && !this.#dying.has(old)) {
      this.#old.set(old, pick % 2 === 0);
      this.#on({kind: 'oldHealthChanged', id: old, healthy: pick % 2 === 0});
    } else if (kind === 5 && old !== undefined && !this.#dying.has(old)) {
      this.#old.set(old, false);
      this.#on({kind: 'oldDied', id: old});
    } else if (kind === 6 && fresh !== undefined) {
      this.#fresh.delete(fresh);
      this.#on({kind: 'newGone', id: fresh});
    } else if (dying !== undefined) {
      this.#dying.delete(dying);
      this.#old.delete(dying);
      this.#on({kind: 'oldGone', id: dying});
    }
  }
}

/**
 * Two equal runs, one of which is written down and read back after every few steps. Seeded mistakes
 * that it finds: leave `open` out of the launch queue's snapshot, or `#serials` out of the
 * roster's.
 */
test('a Marathon restored from its snapshot goes on identically', (t) => {
  const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(40), fc.boolean()), {
    minLength: 20,
    maxLength: 120,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const [one, other] = [cluster(), cluster()];
      for (const [kind, pick, restores] of list) {
        act(one, kind, pick);
        act(other, kind, pick);
        if (restores) other.restoreMarathon();
      }
      const [left, right] = [JSON.stringify(one.trace), JSON.stringify(other.trace)];
      return left === right;
    }),
    {numRuns: 200},
  );
  t.pass();
});

/**
 * What is wanted comes about once the world is kind. Seeded mistakes that it finds: leave
 * `report('gone', …)` out of `#forget`, or `victims.delete` out of a scale action.
 */
test('after any history the apps converge to what is wanted, and nothing is left over', (t) => {
  const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(40)), {maxLength: 120});
  fc.assert(
    fc.property(steps, (list) => {
      const fake = cluster(4, 'cpus:8;mem:8192;ports:[31000-32000]');
      for (const [kind, pick] of list) act(fake, kind, pick);
      calmDown(fake);
      let tasks = 0;
      for (const {id, instances, running: count} of fake.marathon.apps()) {
        if (count !== instances) throw new Error(`${id}: ${count} of ${instances}`);
        tasks += count;
      }
      if (fake.marathon.deployments().length > 0) throw new Error('a deployment hangs');
      if (fake.tasks.size !== tasks) throw new Error(`${fake.tasks.size} tasks for ${tasks}`);
      return true;
    }),
    {numRuns: 800},
  );
  t.pass();
});
