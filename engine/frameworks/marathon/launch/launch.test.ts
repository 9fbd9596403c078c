/** What waits, why, and in which roles: the launch queue and its demand on a small cluster. */
import {deepStrictEqual, ok, strictEqual} from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import type {MarathonOptions} from '../../../options.ts';
import type {AgentInfo} from '../../../scheduler.ts';
import {FakeCluster} from '../testing/fake-cluster.ts';
import {fieldOf} from '../../placement/agent-fields.ts';
import {recordedDelays, type Delay} from './backoff.ts';
import {LaunchQueue} from './launch-queue.ts';
import {MARATHON_DEFAULTS} from '../../../options.ts';
import {queueForm} from './queue-view.ts';

const APP = {id: '/a', cmd: 'sleep 1000', cpus: 0.1, mem: 32, portDefinitions: []};

function cluster(
  options: Partial<MarathonOptions> = {},
  agents = 3,
  resources = 'cpus:4;mem:4096;ports:[31000-32000]',
): FakeCluster {
  const fake = new FakeCluster(1, options);
  for (let at = 1; at <= agents; at += 1) fake.agent(`a${at}`, resources);
  return fake;
}

const put = (fake: FakeCluster, app: object): void => {
  const reply = fake.request({kind: 'appPut', app: {...APP, ...app}, force: true});
  if (!reply.ok) throw new Error(JSON.stringify(reply.refusal));
};

const reasonsOf = (fake: FakeCluster): readonly string[] =>
  fake.marathon.waiting().map(({reason}) => reason);

// Why it waits.

interface Waiting {
  readonly title: string;
  readonly options?: Partial<MarathonOptions>;
  readonly app: object;
  readonly reason: string;
  readonly agent?: Parameters<FakeCluster['agent']>[3];
  readonly resources?: string;
}

const WAITING: readonly Waiting[] = [
  {title: 'too little of one kind', app: {cpus: 5}, reason: '1 offer seen: 1 lacked cpus'},
  {
    title: 'too little of several kinds is told by the first',
    app: {cpus: 5, mem: 5000, disk: 1},
    reason: '1 offer seen: 1 lacked cpus',
  },
  {
    title: 'a constraint is told before what lacks',
    app: {cpus: 5, constraints: [['hostname', 'LIKE', 'b.*']]},
    reason: '1 offer seen: 1 broke [hostname, LIKE, b.*]',
  },
  {
    title: 'the constraint that was broken first',
    app: {
      constraints: [
        ['hostname', 'LIKE', 'a.*'],
        ['rack', 'UNIQUE'],
      ],
    },
    reason: '1 offer seen: 1 broke [rack, UNIQUE]',
  },
  {
    title: 'agents that are away for maintenance',
    app: {},
    agent: {unavailability: {startMs: -1000, durationMs: 60_000}},
    reason: '1 offer seen: 1 of agents that go into maintenance',
  },
  {
    title: 'agents with gpus',
    app: {},
    resources: 'cpus:4;mem:4096;gpus:1',
    reason: '1 offer seen: 1 left to those who need gpus',
  },
  {
    title: 'agents of another region',
    options: {localRegion: 'r1'},
    app: {},
    agent: {region: 'r2'},
    reason: '1 offer seen: 1 of another region',
  },
  {
    title: 'ports',
    app: {requirePorts: true, portDefinitions: [{port: 80}]},
    reason: '1 offer seen: 1 lacked ports',
  },
  {
    title: 'what is not reserved is not accepted',
    options: {acceptedResourceRolesDefault: 'reserved'},
    app: {id: '/dev/a', role: 'dev'},
    reason: '1 offer seen: 1 of roles that are not accepted',
  },
  {
    title: 'no disk for its volume',
    app: {
      id: '/dev/a',
      role: 'dev',
      container: {
        type: 'MESOS',
        volumes: [{containerPath: 'data', mode: 'RW', persistent: {size: 10}}],
      },
    },
    reason: '1 offer seen: 1 lacked disk',
  },
];

for (const {title, options, app, reason, agent, resources} of WAITING) {
  test(`why it waits: ${title}`, (t) => {
    const fake = new FakeCluster(1, options);
    fake.agent('a1', resources ?? 'cpus:4;mem:4096;ports:[31000-32000]', {}, agent);
    put(fake, app);
    fake.offer();
    t.deepEqual(reasonsOf(fake), [reason]);
  });
}

test('no offer at all, and then a few of any size are looked at', (t) => {
  const fake = cluster({}, 10);
  put(fake, {cpus: 100});
  t.deepEqual(fake.change.minAllocatable, [{cpus: 100_000, mem: 32_000}]);
  t.deepEqual(reasonsOf(fake), ['waits for an offer']);
  fake.advanceTo(5000);
  t.deepEqual(fake.change, {minAllocatable: null, offersMax: 5});
  fake.offer();
  t.deepEqual(reasonsOf(fake), ['5 offers seen: 5 lacked cpus']);
  t.deepEqual(fake.change, {minAllocatable: [{cpus: 100_000, mem: 32_000}], offersMax: 1});
  fake.advanceTo(500_000);
  t.is(fake.change.offersMax, 1, 'once is enough');
});

// What /v2/queue shows.

test('the queue shows what waits in the form of Marathon', (t) => {
  const fake = new FakeCluster();
  fake.agent('a1', 'cpus:4;mem:4096;cpus(dev):1', {rack: 'r1', size: 2, disks: {set: ['x']}});
  put(fake, {cpus: 100, instances: 5});
  fake.advanceTo(6000);
  fake.offer();
  const form = {
    ...{kinds: fake.kinds, defaultRole: 'dev', embedLastUnusedOffers: true},
    appOf: () => ({id: '/a'}),
  };
  const funnel = [
    'UnfulfilledRole',
    'UnfulfilledConstraint',
    'NoCorrespondingReservationFound',
    'AgentMaintenance',
    'InsufficientCpus',
    'InsufficientMemory',
    'InsufficientDisk',
    'InsufficientGpus',
    'InsufficientPorts',
    'DeclinedScarceResources',
  ].map((reason, at) => {
    return {reason, declined: at === 4 ? 1 : 0, processed: at <= 4 ? 1 : 0};
  });
  t.deepEqual<unknown, unknown>(queueForm(fake.marathon.queueItems(), form), {
    queue: [
      {
        count: 5,
        role: '*',
        delay: {timeLeftSeconds: 0, overdue: true},
        since: '1970-01-01T00:00:00.000Z',
        processedOffersSummary: {
          processedOffersCount: 1,
          unusedOffersCount: 1,
          lastUnusedOfferAt: '1970-01-01T00:00:06.000Z',
          rejectSummaryLastOffers: funnel,
          rejectSummaryLaunchAttempt: funnel,
        },
        lastUnusedOffers: [
          {
            offer: {
              id: fakeOfferId(fake),
              hostname: 'a1',
              agentId: 'a1',
              resources: [
                {name: 'cpus', role: '*', scalar: 4},
                {name: 'mem', role: '*', scalar: 4096},
              ],
              attributes: [
                {name: 'rack', text: 'r1'},
                {name: 'size', scalar: 2},
                {name: 'disks', set: ['x']},
              ],
            },
            reason: ['InsufficientCpus'],
            timestamp: '1970-01-01T00:00:06.000Z',
          },
        ],
        app: {id: '/a'},
      },
    ],
  });
});

const fakeOfferId = (fake: FakeCluster): string =>
  `${fake.marathon.queueItems()[0]?.lastUnusedOffers[0]?.offer.id}`;

test('an item without offers, and one in back-off', (t) => {
  const fake = cluster({}, 1);
  put(fake, {backoffSeconds: 100});
  const form = {
    ...{kinds: fake.kinds, defaultRole: '*', embedLastUnusedOffers: false},
    appOf: () => null,
  };
  const [fresh] = (queueForm(fake.marathon.queueItems(), form) as {queue: object[]}).queue;
  t.deepEqual(Object.keys(fresh ?? {}), [
    ...['count', 'delay', 'since', 'processedOffersSummary', 'app'],
  ]);
  fake.offer();
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_FAILED');
  fake.advanceTo(fake.now + 500);
  const [item] = fake.marathon.queueItems();
  t.deepEqual(item?.delay, {timeLeftSeconds: 99, overdue: false});
  t.is(item?.since, 0, 'another launch attempt, begun when it failed');
  t.is(item?.processedOffersCount, 0);
});

test('an offer counts once for a lane, and of each agent the last one is known', (t) => {
  const fake = cluster({declineOfferMs: 1000}, 2, 'cpus:1;mem:4096');
  put(fake, {cpus: 0.5, instances: 6});
  for (let round = 0; round < 4; round += 1) {
    fake.offer();
    fake.advanceTo(fake.now + 6000);
  }
  // Two instances fit on each: then nothing is left of the agents that could be offered.
  put(fake, {id: '/b', cpus: 0.1, mem: 5000});
  for (let round = 0; round < 3; round += 1) {
    fake.advanceTo(fake.now + 6000);
    fake.offer();
  }
  const items = fake.marathon.queueItems();
  t.deepEqual(
    items.map(({appId, count, processedOffersCount, unusedOffersCount}) => {
      return [appId, count, processedOffersCount > 2, processedOffersCount - unusedOffersCount];
    }),
    [
      ['/a', 2, true, 2],
      ['/b', 1, true, 0],
    ],
  );
  for (const {rejectSummaryLastOffers} of items) t.is(rejectSummaryLastOffers[0]?.processed, 2);
});

// Launch delays.

test('the delay of an app that waits can be forgotten, and of no other', (t) => {
  const fake = cluster({}, 0);
  const queue = new LaunchQueue(fake.services(), () => undefined, MARATHON_DEFAULTS);
  t.false(queue.resetAppDelay('/a'));
  put(fake, {});
  const [instance] = fake.marathon.instancesOf('/a');
  if (instance === undefined) throw new Error('no instance');
  queue.conditionChanged({...instance, condition: 'Failed'});
  queue.scheduled(instance);
  const [lane] = queue.lanes;
  t.is(lane?.blockedUntil, 1000);
  t.true(queue.resetAppDelay('/a'));
  t.is(lane?.blockedUntil, 0);
  t.is(lane?.openAt, 0);
});

test('delays are recorded, and survive their leader', (t) => {
  const fake = cluster({}, 1);
  put(fake, {backoffSeconds: 60});
  const delays = (): readonly (readonly [string, Delay])[] => recordedDelays(fake.records).delays;
  fake.offer();
  for (const id of fake.tasks.keys()) fake.status(id, 'TASK_FAILED');
  t.deepEqual(
    delays().map(([key, {delayNs}]) => [key.split('@')[0], delayNs]),
    [['/a', 60e9]],
  );
  t.deepEqual(reasonsOf(fake), ['in back-off for 60 s']);
  fake.advanceTo(10_000);
  fake.failOver();
  t.deepEqual(reasonsOf(fake), ['in back-off for 50 s']);
  fake.advanceTo(60_000);
  fake.offer();
  t.is(fake.tasks.size, 1);
  t.is(delays()[0]?.[1].referenceMs, 60_000, 'a launch moves the delay on');
  fake.request({kind: 'appRestart', appId: '/a', force: true});
  t.deepEqual(delays(), []);
});

// Launch tokens.

test('launch tokens limit launches; who runs gives one back, and time gives all', (t) => {
  const fake = cluster({launchTokens: 3, launchTokenRefreshMs: 30_000});
  put(fake, {instances: 10});
  const round = (): number => {
    fake.offer();
    return fake.tasks.size;
  };
  t.is(fake.change.offersMax, 3);
  t.is(round(), 3);
  t.true(fake.isSuppressed);
  t.deepEqual(reasonsOf(fake), ['out of launch tokens for 30 s']);
  fake.advanceTo(6000);
  t.is(round(), 3);
  const [first = ''] = fake.tasks.keys();
  fake.status(first, 'TASK_RUNNING');
  t.false(fake.isSuppressed);
  t.is(round(), 4);
  fake.restoreMarathon();
  fake.advanceTo(29_999);
  t.is(round(), 4);
  fake.advanceTo(30_000);
  t.is(round(), 7);
});

test('without a limit there are no tokens to run out of', (t) => {
  const fake = cluster({}, 1, 'cpus:100;mem:100000');
  put(fake, {instances: 500});
  for (let round = 0; round < 100; round += 1) fake.offer();
  t.is(fake.tasks.size, 500);
});

// Roles.

test('roles of apps are entered and left; instances are launched in their own', (t) => {
  const fake = cluster({}, 2, 'cpus:1;mem:1024;cpus(dev):1;mem(dev):1024');
  t.deepEqual([...fake.roles.keys()], ['*']);
  put(fake, {id: '/dev/a', role: 'dev', cpus: 1, instances: 3});
  t.deepEqual([...fake.roles.keys()], ['*', 'dev']);
  t.true(fake.roles.get('*')?.isSuppressed);
  t.false(fake.roles.get('dev')?.isSuppressed);
  fake.runAll();
  t.is(fake.tasks.size, 3);
  t.true(fake.roles.get('dev')?.isSuppressed, 'nothing waits in any role');
  put(fake, {id: '/dev/b', role: 'dev', cpus: 1, instances: 2});
  t.deepEqual(
    fake.marathon.queueItems().map(({role}) => role),
    ['dev'],
  );
  fake.runAll();
  t.is(fake.tasks.size, 4);
  t.true(fake.roles.get('*')?.isSuppressed);
  fake.request({kind: 'appRemove', appId: '/dev/b', force: true});
  fake.runAll();
  t.deepEqual([...fake.roles.keys()], ['*', 'dev'], 'in use by the other app');
  fake.request({kind: 'appRemove', appId: '/dev/a', force: true});
  t.deepEqual([...fake.roles.keys()], ['*', 'dev'], 'in use by instances');
  fake.runAll();
  t.deepEqual([...fake.roles.keys()], ['*']);
  t.is(fake.tasks.size, 0);
});

test('another leader stays in the roles that are used, and leaves the rest', (t) => {
  const fake = cluster();
  put(fake, {id: '/dev/a', role: 'dev', cpus: 100});
  put(fake, {id: '/ops/a', role: 'ops'});
  fake.runAll();
  fake.request({kind: 'appRemove', appId: '/ops/a', force: true});
  fake.runAll();
  fake.roles.set('ops', {isSuppressed: false, change: {}});
  fake.failOver();
  t.deepEqual([...fake.roles.keys()], ['*', 'dev']);
  t.true(fake.roles.get('*')?.isSuppressed);
  t.false(fake.roles.get('dev')?.isSuppressed);
});

test('an agent is given up for maintenance when nothing runs there', (t) => {
  const fake = cluster({}, 2);
  put(fake, {constraints: [['hostname', 'CLUSTER', 'a1']]});
  fake.runAll();
  const infos = new Map([...fake.tasks.values()].map(({agent}) => [agent.info.id, agent.info]));
  const [busy] = infos.values();
  if (busy === undefined) throw new Error('nothing runs');
  const idle = {...busy, id: 'a2' as AgentInfo['id'], hostname: 'a2'};
  const unavailability = {startMs: 0};
  fake.trace.length = 0;
  fake.marathon.inverseOffers([busy, idle].map((agent) => ({agent, unavailability})));
  t.deepEqual(
    fake.trace.map((entry) => JSON.parse((entry as string[])[2] ?? '') as unknown),
    [
      ['answerInverseOffers', ['a2'], true],
      ['answerInverseOffers', ['a1'], false],
    ],
  );
});

// Properties.

const CONSTRAINTS = [
  ['hostname', 'UNIQUE'],
  ['hostname', 'MAX_PER', '2'],
  ['rack', 'MAX_PER', '3'],
  ['rack', 'LIKE', 'r[01]'],
  ['rack', 'UNLIKE', 'r1'],
  ['rack', 'IS', 'r1'],
  ['rack', 'CLUSTER'],
  ['rack', 'GROUP_BY', '3'],
] as const;

/** Whether the instances of one app, as they are placed, keep to a constraint. */
function keepsTo(
  [field, operator, value]: readonly string[],
  agents: readonly AgentInfo[],
  wanted: number,
): boolean {
  const counts = new Map<string, number>();
  for (const agent of agents) {
    const text = fieldOf(agent, field ?? '') ?? '';
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const values = [...counts.keys()];
  const most = Math.max(0, ...counts.values());
  switch (operator) {
    case 'UNIQUE':
      return most <= 1;
    case 'MAX_PER':
      return most <= Number(value);
    case 'LIKE':
      return values.every((text) => new RegExp(`^(?:${value})$`).test(text));
    case 'UNLIKE':
      return values.every((text) => !new RegExp(`^(?:${value})$`).test(text));
    case 'IS':
      return values.every((text) => text === value);
    case 'CLUSTER':
      return values.length <= 1;
    default:
      return values.length <= Number(value) && most <= Math.ceil(wanted / Number(value));
  }
}

interface Life {
  readonly apps: readonly {
    readonly constraint: number;
    readonly instances: number;
    readonly ports: number;
    readonly isDev: boolean;
  }[];
  readonly seed: number;
  readonly steps: readonly (readonly [kind: number, pick: number])[];
}

const lives: fc.Arbitrary<Life> = fc.record({
  apps: fc.array(
    fc.record({
      constraint: fc.nat(CONSTRAINTS.length - 1),
      instances: fc.integer({min: 1, max: 9}),
      ports: fc.nat(2),
      isDev: fc.boolean(),
    }),
    {minLength: 1, maxLength: 4},
  ),
  seed: fc.nat(1000),
  steps: fc.array(fc.tuple(fc.nat(4), fc.nat(20)), {minLength: 5, maxLength: 40}),
});

/** Six agents in three racks, part of them reserved to `dev`, and the apps. */
function begin({apps, seed}: Life): FakeCluster {
  const fake = new FakeCluster(seed, {launchTokens: 20});
  for (let at = 0; at < 6; at += 1) {
    const reserved = at % 2 === 0 ? ';cpus(dev):1;mem(dev):512;ports(dev):[40000-40005]' : '';
    const resources = `cpus:2;mem:2048;ports:[31000-31005]${reserved}`;
    fake.agent(`h${at}`, resources, {rack: `r${at % 3}`});
  }
  for (const [at, {constraint, instances, ports, isDev}] of apps.entries()) {
    put(fake, {
      ...(isDev ? {id: `/dev/a${at}`, role: 'dev'} : {id: `/a${at}`}),
      instances,
      cpus: 0.3,
      constraints: [CONSTRAINTS[constraint]],
      portDefinitions: Array.from({length: ports}, () => ({port: 0})),
      maxLaunchDelaySeconds: 1,
    });
  }
  return fake;
}

function live(fake: FakeCluster, kind: number, pick: number): void {
  const ids = [...fake.tasks.keys()];
  const task = ids[pick % Math.max(1, ids.length)];
  if (kind === 0) fake.advanceTo(fake.now + pick * 1000);
  else if (kind === 1 && task !== undefined) fake.status(task, 'TASK_RUNNING');
  else if (kind === 2 && task !== undefined) fake.status(task, 'TASK_FAILED');
  else fake.offer();
}

/**
 * The cluster refuses launches of what was not offered, so what is checked here is where. Seeded
 * mistakes that it finds: look at constraints for every other offer only (in `judge`), forget to
 * count placed instances (`placements.add` in the roster), launch what waits in another role than
 * the offer's (`queue.role` in `matchOffer`), or leave the ports of a launch in the offer
 * (`#takePlain` without `subtractRanges`).
 */
test('every launched instance keeps to the constraints and the role of its app', (t) => {
  fc.assert(
    fc.property(lives, (life) => {
      const fake = begin(life);
      for (const [kind, pick] of life.steps) {
        live(fake, kind, pick);
        const ports = new Set<string>();
        for (const [at, {constraint, instances, isDev}] of life.apps.entries()) {
          const appId = isDev ? `/dev/a${at}` : `/a${at}`;
          const tasks = [...fake.tasks.values()].filter(
            ({launch}) => launch.origin.kind === 'app' && launch.origin.appId === appId,
          );
          const agents = tasks.map(({agent}) => agent.info);
          const kept = keepsTo(CONSTRAINTS[constraint] as readonly string[], agents, instances);
          ok(kept, `${CONSTRAINTS[constraint]?.join(' ')}: ${agents.map(({id}) => id).join()}`);
          for (const {launch, agent, role} of tasks) {
            strictEqual(role, isDev ? 'dev' : '*');
            const {special} = launch.resources;
            ok(isDev || special.length === 0, 'reserved to another role');
            const {hostPorts} = launch.details as {hostPorts: number[]};
            for (const port of hostPorts) {
              ok(!ports.has(`${agent.info.id}:${port}`));
              ports.add(`${agent.info.id}:${port}`);
            }
          }
        }
      }
    }),
  );
  t.pass();
});

/**
 * Seeded mistakes that it finds: leave the marks or the last unused offers out of the snapshot of a
 * lane, the tokens out of the queue's, or `stretch` out of the demand's.
 */
test('a launch queue that is written down and read back goes on the same', (t) => {
  fc.assert(
    fc.property(lives, fc.infiniteStream(fc.boolean()), (life, restores) => {
      const [one, other] = [begin(life), begin(life)];
      for (const [kind, pick] of life.steps) {
        live(one, kind, pick);
        live(other, kind, pick);
        if (restores.next().value === true) other.restoreMarathon();
        const [left, right] = [one, other].map((fake) =>
          JSON.stringify(fake.marathon.queueItems()),
        );
        strictEqual(left, right);
        deepStrictEqual(reasonsOf(one), reasonsOf(other));
      }
      const calls = ({trace}: FakeCluster): string =>
        JSON.stringify(trace.filter((entry) => (entry as unknown[])[0] === 'driver'));
      strictEqual(calls(one), calls(other));
    }),
    {numRuns: 60},
  );
  t.pass();
});
