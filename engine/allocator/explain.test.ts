import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {assert} from '../kernel/assert.ts';
import {agentIdOf} from '../kernel/ids.ts';
import {makeRandom} from '../kernel/random.ts';
import {ALLOCATOR_DEFAULTS, type AllocatorOptions} from '../options.ts';
import {parseAmounts} from '../resources/amounts.ts';
import type {WireResource} from '../resources/wire-form.ts';
import {parseLimits, type Quantities} from '../resources/quantities.ts';
import {ScalarKinds} from '../resources/kinds.ts';
import {NO_RESOURCES, scalarOf, type Resources} from '../resources/vector.ts';
import type {AgentInfo} from '../scheduler.ts';
import {AGENT_CAPABILITIES} from './agent-facts.ts';
import type {AgentSlot} from './agent-table.ts';
import {Allocator} from './allocator.ts';
import type {AgentSetup} from './terms.ts';
import type {Grant} from './cycle.ts';
import type {Explanation, Question, SubscriberExplanation} from './explain.ts';
import {NO_QUOTA} from './role-tree.ts';
import type {FrameworkTerms} from './subscribers.ts';

const INTERVAL = 1000;

/** An allocator with its time, whose agents have names. */
class Cluster {
  readonly kinds = new ScalarKinds();
  readonly allocator: Allocator;
  readonly #slots = new Map<string, AgentSlot>();
  /** What was given and not given back. */
  readonly held: Grant[] = [];
  now = 0;

  constructor(options: Partial<AllocatorOptions> = {}, seed = 1) {
    this.allocator = new Allocator(
      {...ALLOCATOR_DEFAULTS, minAllocatable: [], ...options},
      {
        kinds: this.kinds,
        random: makeRandom(seed, 'allocator'),
        seed,
        weights: new Map(),
        startedAt: 0,
      },
    );
  }

  resources(text: string): Resources {
    if (text === DISKS)
      return this.kinds.compile({scalars: {}, special: [disk('/m', 2), disk('/n', 3)]});
    const parsed = parseAmounts(text);
    assert(parsed.ok, () => `resources '${text}'`);
    return this.kinds.compile(parsed.amounts);
  }

  agent(name: string, text: string, setup: AgentSetup & {info?: Partial<AgentInfo>} = {}): this {
    const info = {id: agentIdOf(name), hostname: name, attributes: {}, ...setup.info};
    this.#slots.set(name, this.allocator.addAgent(info, this.resources(text), setup));
    return this;
  }

  /** Agents that there ever were. */
  get size(): number {
    return this.#slots.size;
  }

  slot(name: string): AgentSlot {
    const slot = this.#slots.get(name);
    assert(slot !== undefined, () => `no agent ${name}`);
    return slot;
  }

  name(slot: AgentSlot): string {
    const [name] = [...this.#slots].find(([, other]) => other === slot) ?? [];
    return name ?? `slot ${slot}`;
  }

  framework(id: string, role: string, terms: Partial<FrameworkTerms> = {}): this {
    this.allocator.addFramework(id, {
      roles: [role],
      suppressed: [],
      capabilities: [],
      minAllocatable: {},
      constraints: undefined,
      ...terms,
    });
    return this;
  }

  quota(role: string, guarantees: string, limits = ''): this {
    const column = (text: string, otherwise: number): readonly number[] =>
      text === '' ? [] : this.kinds.columnOf(amountsOf(text), otherwise);
    const isNone = guarantees === '' && limits === '';
    this.allocator.setQuota(
      role,
      isNone ? NO_QUOTA : {guarantees: column(guarantees, 0), limits: column(limits, Infinity)},
    );
    return this;
  }

  /** Makes the run that is due, whatever it is for. */
  run(): readonly Grant[] {
    const {grants} = this.allocator.run(this.now);
    this.held.push(...grants);
    return grants;
  }

  /** Lets so many batch runs pass. */
  batches(count = 1): this {
    for (let batch = 0; batch < count; batch += 1) {
      this.now = INTERVAL * (Math.floor(this.now / INTERVAL) + 1);
      this.run();
    }
    return this;
  }

  /** Gives back all that a framework (absent: anybody) holds, and keeps it away for `refuseMs`. */
  decline(refuseMs: number, framework?: string): this {
    for (const grant of this.held.splice(0)) {
      const {subscriber, agent, resources} = grant;
      if (framework !== undefined && this.allocator.nameOf(subscriber).framework !== framework) {
        this.held.push(grant);
        continue;
      }
      this.allocator.offerEnded(subscriber);
      this.allocator.refuse(subscriber, agent, resources, {refuseMs, now: this.now});
      this.allocator.recover(subscriber, agent, resources);
    }
    return this;
  }

  ask(question: Question): Explanation {
    const explanation = this.allocator.explain(question);
    assert(explanation !== undefined, () => `nobody knows ${JSON.stringify(question)}`);
    return explanation;
  }

  /** A framework in its only role. */
  askFor(framework: string): SubscriberExplanation {
    const [one, ...others] = this.ask({framework}).frameworks;
    assert(one !== undefined && others.length === 0, `${framework} is not in one role`);
    return one;
  }

  /** What keeps a framework from agents, in short: `2 gpus, 1 filtered`. */
  obstacles(framework: string): string {
    const {obstacles} = this.askFor(framework);
    return obstacles.map(({obstacle, agents}) => `${agents} ${obstacle}`).join(', ');
  }

  /** Agents that it could have. */
  open(framework: string): string {
    return this.askFor(framework)
      .open.map((slot) => this.name(slot))
      .join(' ');
  }
}

function amountsOf(text: string): Quantities {
  const parsed = parseLimits(text);
  assert(parsed.ok, () => `amounts '${text}'`);
  return parsed.limits;
}

// Who comes before whom.

/** Roles a, b (weight 2) and c/d hold 4, 4 and 1 of 12 cpus. */
function sharedCluster(options: Partial<AllocatorOptions> = {}): Cluster {
  const cluster = new Cluster(options);
  cluster.allocator.setWeight('b', 2);
  for (const [id, role] of [
    ['f1', 'a'],
    ['f2', 'b'],
    ['f3', 'c/d'],
    ['f4', 'a'],
  ] as const) {
    cluster.framework(id, role);
  }
  const used = [
    {framework: 'f1', role: 'a', resources: cluster.resources('cpus:3')},
    {framework: 'f4', role: 'a', resources: cluster.resources('cpus:1')},
    {framework: 'f2', role: 'b', resources: cluster.resources('cpus:4')},
    {framework: 'f3', role: 'c/d', resources: cluster.resources('cpus:1')},
  ];
  return cluster.agent('x', 'cpus:12', {used});
}

test('a role is told the order of roles, with their shares, and its place in it', (t) => {
  const cluster = sharedCluster();
  const {role} = cluster.ask({role: 'a'});
  t.deepEqual(role?.order, [
    {role: 'c/d', share: 1 / 12},
    {role: 'b', share: 4 / 12 / 2},
    {role: 'a', share: 4 / 12},
  ]);
  t.deepEqual([role?.role, role?.place, role?.share, role?.weight], ['a', 2, 4 / 12, 1]);
  t.is(cluster.ask({role: 'b'}).role?.weight, 2);
  t.deepEqual(
    role?.frameworks.map(({framework, place, share}) => [framework, place, share]),
    [
      ['f1', 1, 3 / 12],
      ['f4', 0, 1 / 12],
    ],
  );
});

test('a framework is told its place in its role, and that of its role', (t) => {
  const cluster = sharedCluster();
  const places = ['f1', 'f2', 'f3', 'f4'].map((id) => {
    const {rolePlace, place, role} = cluster.askFor(id);
    return [role, rolePlace, place];
  });
  t.deepEqual(places, [
    ['a', 2, 1],
    ['b', 1, 0],
    ['c/d', 0, 0],
    ['a', 2, 0],
  ]);
});

test('a framework in several roles is told of each', (t) => {
  const cluster = new Cluster().framework('f1', '', {roles: ['a', 'b'], suppressed: ['b']});
  const {frameworks} = cluster.agent('x', 'cpus:1').ask({framework: 'f1'});
  t.deepEqual(
    frameworks.map(({role, idle, rolePlace}) => [role, idle, rolePlace]),
    [
      ['a', undefined, 0],
      ['b', 'suppressed', -1],
    ],
  );
});

test('where chance decides there are no shares, and the order is that of names', (t) => {
  const cluster = sharedCluster({sorter: 'random'});
  const {role} = cluster.ask({role: 'b'});
  t.deepEqual(role?.order, [
    {role: 'a', share: undefined},
    {role: 'b', share: undefined},
    {role: 'c/d', share: undefined},
  ]);
  t.is(cluster.askFor('f1').share, undefined);
});

const idles: readonly (readonly [
  idle: SubscriberExplanation['idle'],
  make: (allocator: Allocator) => void,
])[] = [
  [undefined, () => {}],
  ['suppressed', (allocator) => allocator.suppress('f1')],
  ['inactive', (allocator) => allocator.deactivateFramework('f1')],
  [
    'holdsEnoughOffers',
    (allocator) => allocator.setOffersMax(allocator.subscriberOf('f1', 'a'), 0),
  ],
  ['left', (allocator) => allocator.removeFramework('f1')],
];

for (const [idle, make] of idles) {
  test(`who ${idle ?? 'takes offers'} is told so, and has a place only if it takes offers`, (t) => {
    const cluster = new Cluster().framework('f1', 'a');
    const used = [{framework: 'f1', role: 'a', resources: cluster.resources('cpus:1')}];
    cluster.agent('x', 'cpus:4', {used});
    make(cluster.allocator);
    const told = cluster.askFor('f1');
    t.is(told.idle, idle);
    t.deepEqual([told.rolePlace, told.place], idle === undefined ? [0, 0] : [-1, -1]);
  });
}

// What was refused.

test('a framework is told its refusals, each with its end, in order of agents', (t) => {
  const cluster = new Cluster().framework('f1', 'a').agent('x', 'cpus:4').agent('y', 'cpus:2');
  cluster.run();
  cluster.decline(5000);
  const told = cluster.askFor('f1');
  t.deepEqual(
    told.filters.map(({agent, refused, untilMs}) => [
      cluster.name(agent),
      scalarOf(refused, 0),
      untilMs,
    ]),
    [
      ['x', 4000, 5000],
      ['y', 2000, 5000],
    ],
  );
  t.deepEqual(told.open, []);
  t.deepEqual(told.obstacles, [
    {obstacle: 'filtered', agents: 2, example: cluster.slot('x'), untilMs: 5000},
  ]);
  t.is(told.offers, 0);
  cluster.batches(5);
  t.deepEqual(cluster.askFor('f1').filters, []);
  t.is(cluster.askFor('f1').offers, 2);
  t.is(cluster.obstacles('f1'), '2 nothingFree');
});

test('of filtered agents the end of the first filter is told, of each that of the last', (t) => {
  const cluster = new Cluster().framework('f1', 'a').agent('x', 'cpus:4').agent('y', 'cpus:2');
  const {allocator} = cluster;
  const subscriber = allocator.subscriberOf('f1', 'a');
  const refuse = (name: string, text: string, refuseMs: number): void =>
    allocator.refuse(subscriber, cluster.slot(name), cluster.resources(text), {refuseMs, now: 0});
  refuse('x', 'cpus:4', 9000);
  refuse('x', 'cpus:8', 7000);
  refuse('y', 'cpus:2', 8000);
  refuse('y', 'cpus:1', 60_000);
  const [count] = cluster.askFor('f1').obstacles;
  t.deepEqual([count?.obstacle, count?.agents, count?.untilMs], ['filtered', 2, 8000]);
  t.is(cluster.askFor('f1').filters.length, 4);
});

// What stands between a framework and an agent.

const rack = (value: string): unknown => ({
  role_constraints: {
    a: {
      groups: [
        {
          attribute_constraints: [
            {selector: {attribute_name: 'rack'}, predicate: {text_equals: {value}}},
          ],
        },
      ],
    },
  },
});

/** Framework f1 in role a and agent x, as the title says; f2 in role b is there, too. */
const obstacleCases: readonly (readonly [
  title: string,
  expected: string,
  make: (options: (more: Partial<AllocatorOptions>) => Cluster) => Cluster,
])[] = [
  ['nothing', '', (make) => make({}).framework('f1', 'a').agent('x', 'cpus:1')],
  ['gpus', '1 gpus', (make) => make({}).framework('f1', 'a').agent('x', 'cpus:1;gpus:1')],
  [
    'gpus that it can use',
    '',
    (make) =>
      make({})
        .framework('f1', 'a', {capabilities: ['GPU_RESOURCES']})
        .agent('x', 'cpus:1;gpus:1'),
  ],
  [
    'another region',
    '1 region',
    (make) =>
      make({region: 'east'})
        .framework('f1', 'a')
        .agent('x', 'cpus:1', {info: {region: 'west'}}),
  ],
  [
    'another region, which it knows',
    '',
    (make) =>
      make({region: 'east'})
        .framework('f1', 'a', {capabilities: ['REGION_AWARE']})
        .agent('x', 'cpus:1', {info: {region: 'west'}}),
  ],
  [
    'an agent without MULTI_ROLE',
    '1 multiRole',
    (make) =>
      make({})
        .framework('f1', 'a', {capabilities: ['MULTI_ROLE']})
        .agent('x', 'cpus:1', {capabilities: ['HIERARCHICAL_ROLE']}),
  ],
  [
    'an agent without HIERARCHICAL_ROLE',
    '1 hierarchicalRole',
    (make) =>
      make({})
        .framework('f1', 'a/x')
        .agent('x', 'cpus:1', {capabilities: AGENT_CAPABILITIES.slice(0, 1)}),
  ],
  [
    'its offer constraints',
    '1 offerConstraints',
    (make) =>
      make({})
        .framework('f1', 'a', {constraints: rack('r1')})
        .agent('x', 'cpus:1', {info: {attributes: {rack: 'r2'}}})
        .agent('y', 'cpus:1', {info: {attributes: {rack: 'r1'}}}),
  ],
  [
    'the whitelist',
    '1 notOffered',
    (make) => {
      const cluster = make({}).framework('f1', 'a').agent('x', 'cpus:1');
      cluster.allocator.setWhitelist([]);
      return cluster;
    },
  ],
  [
    'deactivation',
    '1 notOffered',
    (make) => {
      const cluster = make({}).framework('f1', 'a').agent('x', 'cpus:1');
      cluster.allocator.setAgentActivated(cluster.slot('x'), false);
      return cluster;
    },
  ],
  [
    'all of it in use',
    '1 nothingFree',
    (make) => {
      const cluster = make({}).framework('f1', 'a');
      const used = [{framework: 'f2', role: 'b', resources: cluster.resources('cpus:1')}];
      return cluster.agent('x', 'cpus:1', {used});
    },
  ],
  [
    'reservations of others',
    '1 notForRole',
    (make) => make({}).framework('f1', 'a').agent('x', 'cpus(b):1;mem(b):1'),
  ],
  [
    'reservations of roles above, which it may have',
    '',
    (make) => make({}).framework('f1', 'b/x').agent('x', 'cpus(b):1'),
  ],
  [
    'less than the minimum',
    '1 belowMinimum',
    (make) =>
      make({minAllocatable: [{cpus: 2000}]})
        .framework('f1', 'a')
        .agent('x', 'cpus:1'),
  ],
  [
    'less than its own minimum',
    '1 belowMinimum',
    (make) =>
      make({})
        .framework('f1', 'a', {minAllocatable: {a: [{mem: 1}]}})
        .agent('x', 'cpus:1'),
  ],
  [
    'the limits of its role',
    '1 limit',
    (make) => make({}).framework('f1', 'a').quota('a', '', 'cpus:0').agent('x', 'cpus:1'),
  ],
  [
    'limits that leave less than the minimum',
    '1 limit',
    (make) =>
      make({minAllocatable: [{cpus: 1000}]})
        .framework('f1', 'a')
        .quota('a', '', 'cpus:0.5')
        .agent('x', 'cpus:1;mem:1'),
  ],
  [
    'limits of a role above',
    '',
    (make) => make({}).framework('f1', 'a/x').quota('a', '', 'cpus:0').agent('x', 'cpus:1'),
  ],
  [
    'limits of a role above, which bind',
    '1 limit',
    (make) =>
      make({nestedLimits: true})
        .framework('f1', 'a/x')
        .quota('a', '', 'cpus:0')
        .agent('x', 'cpus:1'),
  ],
  [
    'guarantees of others',
    '1 headroom',
    (make) => make({}).framework('f1', 'a').quota('c', 'cpus:1').agent('x', 'cpus:1'),
  ],
  [
    'guarantees of others that leave less than the minimum',
    '1 headroom',
    (make) =>
      make({minAllocatable: [{cpus: 1000}]})
        .framework('f1', 'a')
        .quota('c', 'cpus:1')
        .agent('x', 'cpus:1.5'),
  ],
  [
    'guarantees of others that leave enough',
    '',
    (make) => make({}).framework('f1', 'a').quota('c', 'cpus:1').agent('x', 'cpus:1.5'),
  ],
  [
    'its own guarantee, which is for itself',
    '',
    (make) => make({}).framework('f1', 'a').quota('a', 'cpus:1').agent('x', 'cpus:1'),
  ],
  [
    'its own refusal',
    '1 filtered',
    (make) => {
      const cluster = make({}).framework('f1', 'a').agent('x', 'cpus:1');
      cluster.run();
      return cluster.decline(5000);
    },
  ],
];

for (const [title, expected, make] of obstacleCases) {
  const what = expected === '' ? 'nothing' : `"${expected}"`;
  test(`kept from an agent by ${title}, a framework is told ${what}`, (t) => {
    const cluster = make((options) => new Cluster(options));
    t.is(cluster.obstacles('f1'), expected);
    const others = expected === '' ? ['x'] : [];
    if (title === 'its offer constraints') others.push('y');
    t.is(cluster.open('f1'), others.join(' '));
    cluster.framework('f2', 'b');
    // The agent tells the same of it.
    const {agent} = cluster.ask({agent: cluster.slot('x')});
    const own = agent?.order.find(({framework}) => framework === 'f1');
    t.is(own?.obstacle?.kind ?? '', expected.slice(2));
    // And the next run gives accordingly, once nobody else is there.
    cluster.allocator.suppress('f2');
    cluster.batches();
    t.deepEqual(cluster.held.map(({agent: slot}) => cluster.name(slot)).sort(), others);
  });
}

test('obstacles come most agents first', (t) => {
  const cluster = new Cluster().framework('f1', 'a');
  for (const name of ['x', 'y', 'z']) cluster.agent(name, 'cpus:1;gpus:1');
  cluster.agent('r1', 'cpus(b):1').agent('r2', 'cpus(b):1').agent('free', 'cpus:1');
  t.is(cluster.obstacles('f1'), '3 gpus, 2 notForRole');
  t.is(cluster.open('f1'), 'free');
});

// Roles, agents, runs.

test('a role is told what it has, is promised and misses, and which limits are reached', (t) => {
  const cluster = new Cluster().framework('f1', 'a/x').framework('f2', 'b');
  cluster.quota('a', 'cpus:6;mem:2', 'cpus:8;mem:3;disk:0').quota('b', 'cpus:1');
  const used = [
    {framework: 'f1', role: 'a/x', resources: cluster.resources('cpus:2;mem:1')},
    {framework: 'f2', role: 'b', resources: cluster.resources('cpus:1')},
  ];
  cluster.agent('x', 'cpus:9;mem:8;mem(a):2', {used});
  const {role, heldFor, headroom} = cluster.ask({role: 'a'});
  const {guarantees, limits, consumed, missing, limitReached} = role ?? {};
  t.deepEqual(
    [guarantees, limits, consumed, missing],
    [
      [6000, 2000, 0, 0],
      [8000, 3000, 0, Infinity],
      [2000, 3000, 0, 0],
      [4000, 0, 0, 0],
    ],
  );
  t.deepEqual(limitReached, [1, 2]);
  t.deepEqual(heldFor, [{role: 'a', missing: [4000, 0, 0, 0]}]);
  t.deepEqual(headroom.required.slice(0, 2), [4000, 0]);
  t.deepEqual(headroom.available.slice(0, 2), [6000, 7000]);
});

test('a role without quota misses nothing', (t) => {
  const {role, heldFor, headroom} = sharedCluster().ask({role: 'a'});
  t.deepEqual(role?.missing, []);
  t.deepEqual(role?.limitReached, []);
  t.deepEqual(role?.consumed.slice(0, 1), [4000]);
  t.deepEqual(heldFor, []);
  t.deepEqual([headroom.required, headroom.available[0]], [[], 3000]);
});

test('it is said for whom is held back: roles in need by name, whatever is asked', (t) => {
  const cluster = new Cluster().framework('f1', 'a').agent('x', 'cpus:4');
  cluster.quota('z', 'cpus:1').quota('c', 'cpus:2;mem:1').quota('a', '', 'cpus:3');
  for (const question of [{framework: 'f1'}, {role: 'a'}, {agent: cluster.slot('x')}]) {
    t.deepEqual(
      cluster.ask(question).heldFor.map(({role, missing}) => [role, missing.slice(0, 2)]),
      [
        ['c', [2000, 1000]],
        ['z', [1000, 0]],
      ],
    );
  }
});

test('an agent is told who holds what, and who would be asked in which order', (t) => {
  const cluster = sharedCluster();
  cluster.allocator.suppress('f2');
  const {agent} = cluster.ask({agent: cluster.slot('x')});
  t.is(agent?.agent, cluster.slot('x'));
  t.is(scalarOf(agent?.available ?? NO_RESOURCES, 0), 3000);
  t.true(agent?.offerable);
  t.deepEqual(
    agent?.holders
      .map(({framework, role, resources}) => `${framework} ${role} ${scalarOf(resources, 0)}`)
      .sort(),
    ['f1 a 3000', 'f2 b 4000', 'f3 c/d 1000', 'f4 a 1000'],
  );
  t.deepEqual(
    agent?.order.map(({framework, role, obstacle}) => [framework, role, obstacle]),
    [
      ['f3', 'c/d', undefined],
      ['f4', 'a', undefined],
      ['f1', 'a', undefined],
    ],
  );
  cluster.allocator.setAgentActivated(cluster.slot('x'), false);
  t.false(cluster.ask({agent: cluster.slot('x')}).agent?.offerable);
});

test('it is said what the last run was, and there is none before the first', (t) => {
  const cluster = new Cluster().framework('f1', 'a');
  cluster.agent('x', 'cpus:1').agent('y', 'cpus:1');
  t.is(cluster.ask({role: 'a'}).lastRun, undefined);
  cluster.run();
  t.deepEqual(cluster.ask({role: 'a'}).lastRun, {at: 0, isBatch: false, agents: 2, grants: 2});
  cluster.decline(0);
  cluster.now = 500;
  cluster.agent('z', 'cpus:1').run();
  t.deepEqual(cluster.ask({role: 'a'}).lastRun, {at: 500, isBatch: false, agents: 1, grants: 1});
  cluster.batches();
  t.deepEqual(cluster.ask({role: 'a'}).lastRun, {at: 1000, isBatch: true, agents: 2, grants: 2});
  cluster.batches();
  t.deepEqual(cluster.ask({role: 'a'}).lastRun, {at: 2000, isBatch: true, agents: 0, grants: 0});
});

test('of whom nobody knows nothing is said', (t) => {
  const cluster = new Cluster().framework('f1', 'a').agent('x', 'cpus:1').agent('y', 'cpus:1');
  const slot = cluster.slot('y');
  cluster.allocator.removeAgent(slot);
  cluster.allocator.removeFramework('f1');
  for (const question of [
    {framework: 'f1'},
    {framework: 'f2'},
    {role: 'a'},
    {role: 'b'},
    {agent: slot},
    {agent: 99},
    {agent: -1},
  ]) {
    t.is(cluster.allocator.explain(question), undefined);
  }
});

test('of a framework that is not there yet is said what agents know of it', (t) => {
  const cluster = new Cluster();
  const used = [{framework: 'f1', role: 'a/x', resources: cluster.resources('cpus:1')}];
  cluster.agent('x', 'cpus:4', {used});
  const before = JSON.stringify(cluster.allocator.snapshot());
  const told = cluster.askFor('f1');
  t.deepEqual([told.role, told.idle, told.rolePlace, told.place], ['a/x', 'left', -1, -1]);
  t.deepEqual([told.open, told.obstacles], [[], []], 'it is not given anything');
  t.is(JSON.stringify(cluster.allocator.snapshot()), before, 'and it is known no better for it');
  t.is(cluster.allocator.explain({role: 'a/x'}), undefined);
});

// Lives of clusters.

type LifeStep =
  | {readonly kind: 'agent'; readonly total: string}
  | {readonly kind: 'decline'; readonly framework: number; readonly refuseMs: number}
  | {readonly kind: 'end'; readonly pick: number}
  | {readonly kind: 'suppress' | 'revive'; readonly framework: number}
  | {readonly kind: 'quota'; readonly role: string; readonly quota: readonly [string, string]}
  | {readonly kind: 'weight'; readonly role: string; readonly weight: number}
  | {readonly kind: 'run'}
  | {readonly kind: 'batch'};

/** Frameworks f0, f1, … in these roles. */
const ROLES = ['a', 'a/x', 'b', 'b', 'c/y', '*'];
const framework = fc.nat(ROLES.length - 1);

const TOTALS = [
  'cpus:2;mem:2',
  'cpus:4;mem:1',
  'cpus:1;mem:8;ports:[1-4]',
  'cpus:1;gpus:1',
  'cpus:1;cpus(a):2;mem(b):1',
  'mem(c):2',
];

/** Two disks that are given whole; where a limit allows one of them, chance decides. */
const DISKS = 'disks';
const disk = (root: string, value: number): WireResource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: {value},
  disk: {source: {type: 'MOUNT', mount: {root}}},
});

const otherSteps: readonly fc.Arbitrary<LifeStep>[] = [
  fc.record({
    kind: fc.constant('decline' as const),
    framework,
    refuseMs: fc.constantFrom(0, 2500, 60_000),
  }),
  fc.record({kind: fc.constant('end' as const), pick: fc.nat(50)}),
  fc.record({kind: fc.constantFrom('suppress' as const, 'revive' as const), framework}),
  fc.record({
    kind: fc.constant('quota' as const),
    role: fc.constantFrom('a', 'b', 'c', 'd', '*'),
    quota: fc.constantFrom(
      ...([
        ['', ''],
        ['cpus:2', ''],
        ['cpus:3;mem:2', ''],
        ['cpus:1', 'cpus:3;mem:3'],
        ['', 'cpus:2'],
        ['', 'cpus:0'],
        ['', 'disk:4'],
      ] as const),
    ),
  }),
  fc.record({
    kind: fc.constant('weight' as const),
    role: fc.constantFrom('a', 'b', 'a/x'),
    weight: fc.constantFrom(0.5, 1, 2),
  }),
  fc.record({kind: fc.constant('run' as const)}),
  fc.record({kind: fc.constant('batch' as const)}),
];

const lifeSteps = (totals: readonly string[]): fc.Arbitrary<readonly LifeStep[]> => {
  const agent = fc.record({kind: fc.constant('agent' as const), total: fc.constantFrom(...totals)});
  return fc.array(fc.oneof(agent, ...otherSteps), {maxLength: 40, size: 'max'});
};

const lifeOptions: fc.Arbitrary<Partial<AllocatorOptions>> = fc.record({
  sorter: fc.constantFrom('drf', 'random'),
  agentOrder: fc.constantFrom('random', 'packed', 'seeded'),
  nestedLimits: fc.boolean(),
  minAllocatable: fc.constantFrom([], [{cpus: 1000}], [{cpus: 500}, {mem: 1000}]),
});

function beginLife(options: Partial<AllocatorOptions>, seed: number): Cluster {
  const cluster = new Cluster(options, seed);
  for (const [index, role] of ROLES.entries()) {
    const capabilities = index % 2 === 0 ? ['GPU_RESOURCES'] : [];
    cluster.framework(`f${index}`, role, {capabilities});
  }
  return cluster;
}

/** Does one step; gives what was given by it. */
function live(cluster: Cluster, step: LifeStep): readonly Grant[] {
  const {allocator} = cluster;
  const before = cluster.held.length;
  switch (step.kind) {
    case 'agent':
      cluster.agent(`x${cluster.size}`, step.total);
      return [];
    case 'decline':
      cluster.decline(step.refuseMs, `f${step.framework}`);
      return [];
    case 'end': {
      const [ended] = cluster.held.splice(step.pick % Math.max(1, before), 1);
      if (ended === undefined) return [];
      allocator.offerEnded(ended.subscriber);
      allocator.recover(ended.subscriber, ended.agent, ended.resources);
      return [];
    }
    case 'suppress':
    case 'revive':
      allocator[step.kind](`f${step.framework}`);
      return [];
    case 'quota':
      cluster.quota(step.role, ...step.quota);
      return [];
    case 'weight':
      allocator.setWeight(step.role, step.weight);
      return [];
    case 'run':
      return cluster.run();
    case 'batch':
      cluster.batches();
      return cluster.held.slice(before);
  }
}

/** Everybody and everything that can be asked about. */
function questionsFor(cluster: Cluster): readonly Question[] {
  const slots = Array.from({length: 20}, (_, slot) => ({agent: slot}));
  const roles = [...ROLES, 'c', 'd', 'nobody'].map((role) => ({role}));
  const frameworks = ROLES.map((_, index) => ({framework: `f${index}`}));
  return [...frameworks, ...roles, ...slots].filter(
    (question) => cluster.allocator.explain(question) !== undefined,
  );
}

/**
 * Seen to fail when the explainer draws from the allocator's own `random`, when its sorters draw an
 * order, and when it makes roles known that nobody has.
 */
test('asking anything at any time changes nothing', (t) => {
  fc.assert(
    fc.property(
      lifeOptions,
      fc.integer(),
      lifeSteps([...TOTALS, DISKS]),
      (options, seed, steps) => {
        const [asked, twin] = [beginLife(options, seed), beginLife(options, seed)];
        for (const step of steps) {
          check.deepEqual(live(asked, step), live(twin, step));
          const before = JSON.stringify(asked.allocator.snapshot());
          for (const question of questionsFor(asked)) asked.allocator.explain(question);
          check.equal(JSON.stringify(asked.allocator.snapshot()), before);
        }
        check.deepEqual(asked.allocator.snapshot(), twin.allocator.snapshot());
      },
    ),
  );
  t.pass();
});

/**
 * Seen to fail when an explanation leaves out headroom, filters or the minimum, and when a run that
 * gave something does not make the next one look at all agents.
 */
test('when a batch run has nothing to give, nobody is told of an open agent', (t) => {
  fc.assert(
    fc.property(lifeOptions, fc.integer(), lifeSteps(TOTALS), (options, seed, steps) => {
      const cluster = beginLife(options, seed);
      for (const step of steps) {
        live(cluster, step);
        if (step.kind !== 'batch' || cluster.allocator.explain({role: 'a'})?.lastRun?.grants) {
          continue;
        }
        for (const [index] of ROLES.entries()) {
          const {idle, open} = cluster.askFor(`f${index}`);
          if (idle === undefined) check.deepEqual(open, [], `f${index}`);
        }
      }
    }),
    {numRuns: 300},
  );
  t.pass();
});

/**
 * Seen to fail when headroom keeps a role from what is held back for itself, and when an agent's
 * gpus keep it from those who can use them, too.
 */
test('what a run gives first was open just before it', (t) => {
  fc.assert(
    fc.property(lifeOptions, fc.integer(), lifeSteps(TOTALS), (options, seed, steps) => {
      const cluster = beginLife(options, seed);
      for (const step of steps) {
        const before = ROLES.map((_, index) => cluster.askFor(`f${index}`));
        const isOpen = (id: string, agent: AgentSlot): boolean => {
          const told = before.find(({framework: one}) => one === id);
          // A filter may end with the run.
          const isOver = told?.filters.some((one) => {
            return one.agent === agent && one.untilMs <= cluster.now;
          });
          return isOver === true || told?.open.includes(agent) === true;
        };
        const [first] = live(cluster, step);
        if (first === undefined) continue;
        const {framework: id} = cluster.allocator.nameOf(first.subscriber);
        check.ok(isOpen(id, first.agent), `${id} is given ${cluster.name(first.agent)}`);
      }
    }),
    {numRuns: 300},
  );
  t.pass();
});
