/**
 * The allocator against its twin (`testing/`), which is written from the rules alone: whatever
 * happens, their offers are the same.
 *
 * The long run, 100,000 of each property: `FC_SEED=20261123 npm run test:long`.
 */
import check from 'node:assert/strict';
import {env} from 'node:process';
import test, {type ExecutionContext} from 'ava';
import fc, {type Arbitrary} from 'fast-check';
import {agentIdOf} from '../kernel/ids.ts';
import {makeRandom, Random} from '../kernel/random.ts';
import {ALLOCATOR_DEFAULTS, type AllocatorOptions} from '../options.ts';
import {parseAmounts, type Amounts} from '../resources/amounts.ts';
import type {Quantities} from '../resources/quantities.ts';
import {ScalarKinds} from '../resources/kinds.ts';
import type {Resources} from '../resources/vector.ts';
import type {WireResource} from '../resources/wire-form.ts';
import {Allocator, type AllocatorSnapshot} from './allocator.ts';
import {Duel, type DuelSetup} from './testing/duel.ts';
import type {AgentTraits, Quarters, Step, TermsStep, UseStep} from './testing/duel-steps.ts';

const INTERVAL = 1000;

const runsWanted = Number(env['FC_RUNS'] ?? 0);

/** So many runs in `npm test`; the long run makes as many as it is told. */
function parameters(numRuns: number): fc.Parameters<unknown> {
  const seed = env['FC_SEED'];
  return {
    numRuns: runsWanted > 0 ? runsWanted : numRuns,
    includeErrorInReport: true,
    ...(seed === undefined ? {} : {seed: Number(seed)}),
  };
}

// Who and what there is.

const ROLES = ['a', 'a', 'a/x', 'a/x/y', 'b', 'b/x', '*'] as const;
const FRAMEWORKS = 5;

const reserved = (role: string): WireResource['reservations'] => [{type: 'STATIC', role}];
const refined: WireResource['reservations'] = [
  {type: 'STATIC', role: 'a'},
  {type: 'DYNAMIC', role: 'a/x', principal: 'p'},
];

function amounts(text: string, ...special: readonly WireResource[]): Amounts {
  const parsed = parseAmounts(text);
  check.ok(parsed.ok);
  return {...parsed.amounts, special: [...(parsed.amounts.special ?? []), ...special]};
}

const scalar = (name: string, value: number): Pick<WireResource, 'name' | 'type' | 'scalar'> => ({
  name,
  type: 'SCALAR',
  scalar: {value},
});

/**
 * No kind is in several pieces that quota counts, since chance decides which of them is cut; see
 * {@link WHOLE} for the exception.
 */
const TOTALS: Readonly<Record<string, Amounts>> = {
  small: amounts('cpus:1;mem:2'),
  plain: amounts('cpus:2;mem:2;ports:[1-4]'),
  large: amounts('cpus:4;mem:8;disk:10;ports:[1-10]'),
  narrow: amounts('cpus:4;mem:1'),
  sets: amounts('cpus:2;mem:4;disks:{d1,d2};licences:2'),
  gpus: amounts('cpus:2;mem:4;gpus:2'),
  reserved: amounts('cpus:2;mem:2;cpus(a):1;mem(a):1;disk(a):4;ports(a):[1-2]'),
  nested: amounts('cpus:1;cpus(a/x):2;mem(a/x):2;cpus(b):1;gpus(b):1'),
  only: amounts('cpus(a):2;mem(a):2;disk(b):3'),
  refined: amounts('cpus:2;mem:2', {...scalar('cpus', 2), reservations: refined}),
  revocable: amounts('cpus:1;mem:4', {...scalar('cpus', 3), revocable: {}}),
  path: amounts('cpus:2;mem:2', {
    ...scalar('disk', 6),
    disk: {source: {type: 'PATH', path: {root: '/p'}}},
  }),
  volume: amounts('cpus:2;mem:2', {
    ...scalar('disk', 2),
    reservations: reserved('b'),
    disk: {persistence: {id: 'v'}, volume: {mode: 'RW', container_path: 'v'}},
    shared: {},
  }),
  provider: amounts('', {...scalar('fpgas', 2), provider_id: {value: 'p'}}),
};

const mountedDisk = (value: number): WireResource => ({
  ...scalar('disk', value),
  disk: {source: {type: 'MOUNT', mount: {root: `/m${value}`}}},
});

/** Disks that are given whole or not at all, of which chance takes some. */
const WHOLE: Readonly<Record<string, Amounts>> = {
  ...TOTALS,
  small: amounts('cpus:1;mem:2;disk:3', mountedDisk(4)),
  plain: amounts('cpus:2;mem:2', mountedDisk(2), mountedDisk(5)),
  provider: amounts('', {...scalar('cpus', 2), provider_id: {value: 'p'}}),
};

// What may happen.

const number: Arbitrary<number> = fc.nat(20);
const role: Arbitrary<string> = fc.constantFrom(...ROLES);
const quarters: Arbitrary<Quarters> = fc.constantFrom(4, 1, 2, 3);
const framework: Arbitrary<number> = fc.nat(FRAMEWORKS - 1);
const total: Arbitrary<string> = fc.constantFrom(
  ...Object.keys(TOTALS).filter((name) => name !== 'provider'),
);

const traits: Arbitrary<AgentTraits> = fc.record({
  rack: fc.constantFrom(undefined, 'r1', 'r2'),
  region: fc.constantFrom(undefined, undefined, 'east', 'east', 'west'),
  isOld: fc.nat(7).map((one) => one === 7),
  isLeaving: fc.nat(7).map((one) => one === 7),
});

const use: Arbitrary<UseStep> = fc.record({framework, role, quarters});
const uses: Arbitrary<readonly UseStep[]> = fc.oneof(
  {weight: 3, arbitrary: fc.constant([])},
  {weight: 1, arbitrary: fc.array(use, {minLength: 1, maxLength: 3})},
);

const minimum: Arbitrary<readonly Quantities[] | null> = fc.constantFrom(
  null,
  null,
  [],
  [{cpus: 2000}],
  [{cpus: 1000, mem: 2000}, {gpus: 1000}],
  [{ports: 3000}, {disks: 1000}],
  [{fpgas: 1000}, {licences: 1000}, {disk: 3000}],
);

const CAPABILITIES = [
  'GPU_RESOURCES',
  'MULTI_ROLE',
  'REGION_AWARE',
  'RESERVATION_REFINEMENT',
  'REVOCABLE_RESOURCES',
  'SHARED_RESOURCES',
] as const;

const terms: Arbitrary<TermsStep> = fc.record({
  roles: fc.uniqueArray(role, {minLength: 1, maxLength: 3}),
  suppressed: fc.oneof(
    {weight: 3, arbitrary: fc.constant([])},
    {weight: 1, arbitrary: fc.uniqueArray(role, {minLength: 1, maxLength: 4})},
  ),
  capabilities: fc.subarray([...CAPABILITIES]),
  minimum,
  rack: fc.constantFrom(...new Array<undefined>(6).fill(undefined), 'r1', 'none'),
});

const quota = fc.constantFrom(
  undefined,
  {guarantees: {cpus: 2000}, limits: {}},
  {guarantees: {cpus: 4000, mem: 2000}, limits: {}},
  {guarantees: {cpus: 1000}, limits: {cpus: 3000, mem: 3000}},
  {guarantees: {disk: 4000, gpus: 1000}, limits: {disk: 6000}},
  {guarantees: {}, limits: {cpus: 2000}},
  {guarantees: {}, limits: {cpus: 0}},
  {guarantees: {}, limits: {cpus: 3000, mem: 0, licences: 1000}},
);
const topRole: Arbitrary<string> = fc.constantFrom('a', 'a', 'b', '*');

const refuseMs: Arbitrary<number> = fc.constantFrom(
  ...[0, 1, INTERVAL, INTERVAL, 1500, 2 * INTERVAL, 5000, -1, NaN, 60_000, 60_000],
);

const someRoles: Arbitrary<readonly string[]> = fc.oneof(
  fc.constant([]),
  fc.uniqueArray(role, {minLength: 1, maxLength: 4}),
);

const conversion = fc.constantFrom(
  ...(['reserve', 'reserve', 'unreserve', 'create', 'createShared', 'destroy'] as const),
);

const addAgent: Arbitrary<Step> = fc.record({
  kind: fc.constant('addAgent'),
  total,
  traits,
  used: uses,
});

const agentSteps: readonly (readonly [weight: number, arbitrary: Arbitrary<Step>])[] = [
  [8, addAgent],
  [2, fc.record({kind: fc.constant('removeAgent'), agent: number})],
  [3, fc.record({kind: fc.constant('updateTotal'), agent: number, total})],
  [2, fc.record({kind: fc.constant('updateTraits'), agent: number, traits})],
  [3, fc.record({kind: fc.constant('setActivated'), agent: number, activated: fc.boolean()})],
  [1, fc.record({kind: fc.constant('addProvider'), agent: number, used: uses})],
  [
    1,
    fc.record({
      kind: fc.constant('setWhitelist'),
      agents: fc.oneof(fc.constant(null), fc.array(number, {maxLength: 3})),
    }),
  ],
  [2, fc.record({kind: fc.constant('setUnavailability'), agent: number, planned: fc.boolean()})],
  [
    2,
    fc.record({
      kind: fc.constant('answerInverse'),
      question: number,
      refuseMs: fc.constantFrom(0, 300, INTERVAL, 2500),
    }),
  ],
];

const addFramework: Arbitrary<Step> = fc.record({
  kind: fc.constant('addFramework'),
  framework,
  terms,
  active: fc.nat(6).map((one) => one > 0),
  used: fc.oneof(
    {weight: 4, arbitrary: fc.constant([])},
    {
      weight: 1,
      arbitrary: fc.array(fc.record({framework, role, quarters, agent: number}), {
        minLength: 1,
        maxLength: 2,
      }),
    },
  ),
});

const setQuota: Arbitrary<Step> = fc.record({kind: fc.constant('setQuota'), role: topRole, quota});

const frameworkSteps: typeof agentSteps = [
  [8, addFramework],
  [
    4,
    fc.record({
      kind: fc.constant('updateFramework'),
      framework: number,
      terms,
      isSame: fc.boolean(),
    }),
  ],
  [1, fc.record({kind: fc.constant('removeFramework'), framework: number})],
  [5, fc.record({kind: fc.constant('setActive'), framework: number, active: fc.boolean()})],
  [
    5,
    fc.record({
      kind: fc.constantFrom('suppress', 'revive', 'revive', 'unsuppress', 'clearFilters'),
      framework: number,
      roles: someRoles,
    }),
  ],
  [
    1,
    fc.record({kind: fc.constant('setOffersMax'), framework: number, role: number, max: fc.nat(4)}),
  ],
  [1, fc.record({kind: fc.constant('setMinimum'), framework: number, role: number, minimum})],
  [4, fc.record({kind: fc.constant('setWeight'), role, weight: fc.constantFrom(1, 2, 0.5, 3)})],
  [4, setQuota],
];

const otherSteps: typeof agentSteps = [
  [
    1,
    fc.record({
      kind: fc.constant('charge'),
      framework: number,
      role: number,
      agent: number,
      quarters,
    }),
  ],
  [
    12,
    fc.record({
      kind: fc.constant('answer'),
      piece: number,
      kept: fc.constantFrom(0, 0, 1, 2, 3, 4),
      refuseMs,
    }),
  ],
  [4, fc.record({kind: fc.constant('recover'), piece: number, quarters})],
  [4, fc.record({kind: fc.constant('convertHeld'), piece: number, conversion, quarters})],
  [3, fc.record({kind: fc.constant('convertFree'), agent: number, role, conversion, quarters})],
  [
    10,
    fc.record({
      kind: fc.constant('advance'),
      ms: fc.oneof(
        fc.constantFrom(INTERVAL, 500, 250, 2 * INTERVAL, 1500, 5000),
        fc.integer({min: 1, max: 30}).map((tenths) => 100 * tenths),
      ),
      untilGrants: fc.boolean(),
    }),
  ],
  [1, fc.constant({kind: 'json'})],
];

const oneOf = (choices: typeof agentSteps): Arbitrary<Step> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({weight, arbitrary})));

const anyStep = oneOf([...agentSteps, ...frameworkSteps, ...otherSteps]);

/** Steps that happen together, before anybody runs. */
type Move = readonly Step[];

const move: Arbitrary<Move> = fc.oneof(
  {weight: 3, arbitrary: anyStep.map((step) => [step])},
  {weight: 1, arbitrary: fc.array(anyStep, {minLength: 2, maxLength: 4})},
);

/** Some of everything is there from the beginning, so that what follows matters. */
const moves: Arbitrary<readonly Move[]> = fc
  .tuple(
    fc.array(addAgent, {maxLength: 4}),
    fc.array(setQuota, {maxLength: 2}),
    fc.array(addFramework, {maxLength: 5}),
    fc.array(move, {maxLength: 50, size: 'max'}),
  )
  .map(([agents, quotas, frameworks, list]) => [[...agents, ...quotas, ...frameworks], ...list]);

const options: Arbitrary<AllocatorOptions> = fc
  .record({
    allocateOnRecovery: fc.boolean(),
    agentOrder: fc.constantFrom('random', 'seeded', 'packed'),
    nestedLimits: fc.boolean(),
    reviveKeepsFilters: fc.boolean(),
    minAllocatable: fc.constantFrom([], [{cpus: 500}], [{cpus: 1000}, {mem: 1000}]),
    fairSharingExcludes: fc.constantFrom([], ['gpus'], ['cpus', 'licences']),
    filterGpuResources: fc.constantFrom(true, true, false),
    region: fc.constantFrom(undefined, 'east'),
  })
  .map((some) => ({...ALLOCATOR_DEFAULTS, ...some, allocationIntervalMs: INTERVAL}));

type Setup = Omit<DuelSetup, 'totals' | 'isPredicted'>;

const setup: Arbitrary<Setup> = fc.record({
  options,
  seed: fc.integer(),
  weights: fc.constantFrom({}, {a: 2, b: 1, 'a/x': 3}, {'*': 0.5, 'b/x': 2}),
  everyBatch: fc.boolean(),
  expected: fc.constantFrom(undefined, undefined, undefined, 2, 4),
  quotas: fc.constantFrom({}, {a: {guarantees: {cpus: 3000}, limits: {}}}),
});

/** Goes through the moves; what goes wrong ends the test. */
function play(duel: Duel, list: readonly Move[]): void {
  for (const [at, steps] of list.entries()) {
    const wrong = duel.step(...steps);
    if (wrong === undefined) continue;
    check.fail(`move ${at} (${steps.map(({kind}) => kind).join(', ')}): ${wrong}`);
  }
}

function assertProperty<T>(t: ExecutionContext, property: fc.IProperty<T>, numRuns: number): void {
  fc.assert(property, parameters(numRuns) as fc.Parameters<T>);
  t.pass();
}

const sorter = fc.constantFrom('drf' as const, 'random' as const);

const duelOf = (how: Setup, more: Partial<DuelSetup> = {}): Duel =>
  new Duel({...how, totals: TOTALS, isPredicted: true, ...more});

/**
 * Seen to fail, each at several of these mistakes: quota that parents of a nested role are charged
 * with at once, or not at all, by the next run; limits or headroom that one of the stages does not
 * respect; offers of both stages that are not one; orders that change while an agent is handed out;
 * shared volumes that are offered once and never again; agents that are not looked at again after a
 * recovery, an expired filter, or an offer to somebody with quota; every filter of one interval
 * outliving the run at its end, and none; filters that survive REVIVE, the agent or its attributes;
 * a virtual leaf without a copy of the count; reserved gpus that do not count; a total that shrinks
 * and cuts availability off at 0.
 */
test('every run makes the offers of a twin that looks at everything, whatever happens', (t) => {
  const property = fc.property(setup, moves, (how, list) => {
    play(duelOf(how), list);
  });
  assertProperty(t, property, 600);
});

/**
 * Seen to fail when filters of a framework that was deactivated are kept, when `recover` does not
 * mark its agent as changed, and when a filter that ends marks nothing.
 */
test('who could use a free agent, and refuses nothing, is offered it after a while', (t) => {
  const property = fc.property(setup, moves, framework, (how, list, wanting) => {
    const duel = duelOf(how);
    play(duel, list);
    const wrong = duel.demandOffers(wanting);
    if (wrong !== undefined) check.fail(wrong);
  });
  assertProperty(t, property, 200);
});

/**
 * Seen to fail when disks that cannot be split are cut, when the random sorter draws clients that
 * are suppressed, when limits bind only the first stage, when shared volumes are offered twice in a
 * run, and when gpus, regions or constraints exclude nobody.
 */
test('no run gives what it must not, by chance or of what cannot be split', (t) => {
  const property = fc.property(setup, sorter, moves, framework, (how, kind, list, wanting) => {
    const totals = kind === 'random' ? TOTALS : WHOLE;
    const duel = duelOf(how, {options: {...how.options, sorter: kind}, totals, isPredicted: false});
    play(duel, list);
    const wrong = duel.demandOffers(wanting);
    if (wrong !== undefined) check.fail(wrong);
  });
  assertProperty(t, property, 200);
});

/** Seen to fail when the random sorter weighs its clients in order of their coming. */
test('the same seed makes the same offers, in whatever order maps and sets are given', (t) => {
  const property = fc.property(setup, sorter, moves, (how, kind, list) => {
    const options = {...how.options, sorter: kind};
    const logs = [false, true].map((reversed) => {
      const duel = duelOf(how, {options, isPredicted: false, reversed});
      play(duel, list);
      return duel.log;
    });
    check.deepEqual(logs[0], logs[1]);
  });
  assertProperty(t, property, 150);
});

/**
 * Seen to fail when the numbers of free clients, the weights of roles without frameworks, the
 * instant of the last batch run, or what is used beyond a total that has shrunk are not written
 * down.
 */
test('an allocator that was written down and read again goes on as if nothing had been', (t) => {
  const property = fc.property(setup, sorter, moves, fc.nat(60), (how, kind, list, at) => {
    const options = {...how.options, sorter: kind};
    const more = {options, totals: WHOLE, isPredicted: false};
    const plain = duelOf(how, more);
    play(
      plain,
      list.map((steps) => steps.filter((step) => step.kind !== 'json')),
    );
    const read = duelOf(how, more);
    const withJson = list.map((steps, index): Move => {
      return index === at ? [{kind: 'json'}, ...steps] : steps;
    });
    play(read, withJson);
    check.deepEqual(read.log, plain.log);
  });
  assertProperty(t, property, 150);
});

// Examples of the rules.

interface Example {
  readonly kinds: ScalarKinds;
  readonly allocator: Allocator;
  readonly whole: Resources;
  readonly add: (agent: string) => number;
  readonly subscribe: (name: string) => number;
  /** Another allocator, read from what this one writes down. */
  readonly reread: () => Allocator;
}

function makeExample(some: Partial<AllocatorOptions> = {}, seed = 1): Example {
  const kinds = new ScalarKinds();
  const whole = kinds.compile(amounts('cpus:1;mem:64'));
  const make = (random: Random): Allocator => {
    const options = {...ALLOCATOR_DEFAULTS, ...some};
    return new Allocator(options, {kinds, random, seed, weights: new Map(), startedAt: 0});
  };
  const allocator = make(makeRandom(seed, 'allocator'));
  return {
    kinds,
    allocator,
    whole,
    add: (agent) => {
      const info = {id: agentIdOf(agent), hostname: agent, attributes: {}};
      return allocator.addAgent(info, whole);
    },
    subscribe: (name) => {
      const roles = ['r'];
      allocator.addFramework(name, {
        roles,
        suppressed: [],
        capabilities: [],
        minAllocatable: {},
        constraints: undefined,
      });
      return allocator.subscriberOf(name, 'r');
    },
    reread: () => {
      const snapshot = JSON.parse(JSON.stringify(allocator.snapshot())) as AllocatorSnapshot;
      const read = make(new Random(snapshot.random));
      read.load(snapshot);
      return read;
    },
  };
}

const lifetimes: readonly (readonly [title: string, refuseMs: number, offeredAt: number])[] = [
  ['a filter of 0 is none', 0, 1000],
  ['a filter of less than an interval lives one interval', 1, 2000],
  ['a filter of one interval, made after a run, outlives the next run', 1000, 2000],
  ['a filter of two intervals is gone before the run at its end', 2000, 2000],
  ['a filter that ends between two runs is gone before the second', 2500, 3000],
  ['a negative time is taken for 5 seconds', -1, 5000],
  ['a time that is none is taken for 5 seconds', NaN, 5000],
  ['the longest filter lives 365 days', 1e15, 365 * 86_400_000],
];

for (const [title, refuseMs, offeredAt] of lifetimes) {
  test(title, (t) => {
    const {allocator, whole, add, subscribe} = makeExample();
    const slot = add('a');
    const subscriber = subscribe('f');
    t.is(allocator.run(0).grants.length, 1);
    allocator.offerEnded(subscriber);
    allocator.refuse(subscriber, slot, whole, {refuseMs, now: 0});
    allocator.recover(subscriber, slot, whole);
    let now = 0;
    for (let runs = 0; runs < 5; runs += 1) {
      now = allocator.wakeAt(now);
      if (allocator.run(now).grants.length > 0) break;
    }
    t.is(now, offeredAt);
  });
}

/**
 * Seen to fail when the second stage of a run looks only at agents that changed before the first.
 */
test('what was held back is given in the run that meets the last guarantee', (t) => {
  const {allocator, kinds, add, subscribe} = makeExample({minAllocatable: []});
  const of = (text: string): Resources => kinds.compile(amounts(text));
  const shrunk = add('shrunk');
  const [full, late] = [add('full'), add('late')];
  const subscriber = subscribe('f');
  allocator.run(0);
  // What is used there and not in the total any more is missing everywhere.
  allocator.updateAgent(shrunk, {total: of('ports:[1-2]')});
  allocator.setQuota('r', {guarantees: [3000], limits: []});
  allocator.run(0);
  // Of one agent there is only memory, which is held back, of the other all that is promised.
  allocator.recover(subscriber, full, of('mem:32'));
  allocator.recover(subscriber, late, of('cpus:1'));
  allocator.refuse(subscriber, late, of('cpus:1'), {refuseMs: 2000, now: 0});
  t.deepEqual(allocator.run(1000).grants, []);
  t.deepEqual(
    allocator.run(2000).grants.map(({agent}) => agent),
    [late, full],
  );
});

/** Found by the long run of seed 20261124. Seen to fail when it makes no agent a candidate. */
test('what an inactive framework turns out to use is held back for its role no longer', (t) => {
  const {allocator, kinds, add, subscribe} = makeExample({minAllocatable: []});
  const of = (text: string): Resources => kinds.compile(amounts(text));
  const info = {id: agentIdOf('used'), hostname: 'used', attributes: {}};
  const used = [{framework: 'late', role: 'q', resources: of('cpus:1;mem:64')}];
  allocator.setQuota('q', {guarantees: kinds.columnOf({cpus: 2000, mem: 64_000}, 0), limits: []});
  allocator.addAgent(info, of('cpus:1;mem:64'), {used});
  add('free');
  subscribe('f');
  t.deepEqual(allocator.run(0).grants, [], 'all of it is promised');
  t.deepEqual(allocator.run(1000).grants, []);
  const terms = {roles: ['q'], suppressed: [], capabilities: [], minAllocatable: {}};
  allocator.addFramework('late', {...terms, constraints: undefined}, {active: false});
  t.is(allocator.wakeAt(1500), 2000);
  const [grant] = allocator.run(2000).grants;
  t.deepEqual(grant && kinds.describe(grant.resources).scalars, {mem: 64_000});
});

const REFUSED: readonly (readonly [title: string, sorter: 'drf' | 'random', total: Amounts])[] = [
  ['where the orders are by chance', 'random', amounts('cpus:1')],
  ['where chance decides which disks are held back', 'drf', amounts('disk:1', mountedDisk(2))],
];

/**
 * Found by the long run of seed 20261124. Seen to fail when an agent is handed out wherever filters
 * on it have differed at some time, which a snapshot does not tell.
 */
for (const [title, sorter, amountsOfIt] of REFUSED) {
  test(`whom all refuse is passed over alike before and after a restart, ${title}`, (t) => {
    const {allocator, kinds, subscribe, reread} = makeExample({sorter, minAllocatable: []});
    const total = kinds.compile(amountsOfIt);
    const more = kinds.compile({scalars: {cpus: 5000, disk: 5000}});
    allocator.setQuota('q', {guarantees: kinds.columnOf({disk: 2000}, 0), limits: []});
    const slot = allocator.addAgent({id: agentIdOf('a'), hostname: 'a', attributes: {}}, total);
    const [one, other] = [subscribe('f'), subscribe('g')];
    for (const subscriber of [one, other]) {
      allocator.refuse(subscriber, slot, total, {refuseMs: 60_000, now: 0});
    }
    allocator.refuse(other, slot, more, {refuseMs: 1500, now: 0});
    allocator.run(0);
    allocator.run(1000);
    allocator.run(2000);
    const read = reread();
    for (const each of [allocator, read]) {
      each.setWhitelist(null);
      t.deepEqual(each.run(3000).grants, []);
    }
    t.deepEqual(read.snapshot().random, allocator.snapshot().random);
  });
}

/** Found by the long run of seed 424242. Seen to fail when a row that is left keeps its bound. */
test('who leaves a role that it has something of, and comes back, has no bound of offers', (t) => {
  const {allocator, add, subscribe} = makeExample();
  const terms = {suppressed: [], capabilities: [], minAllocatable: {}, constraints: undefined};
  const subscriber = subscribe('f');
  add('held');
  t.is(allocator.run(0).grants.length, 1);
  allocator.setOffersMax(subscriber, 1);
  const late = add('late');
  t.deepEqual(allocator.run(1000).grants, []);
  for (const role of ['other', 'r']) allocator.updateFramework('f', {...terms, roles: [role]});
  t.deepEqual(
    allocator.run(2000).grants.map((grant) => [grant.subscriber, grant.agent]),
    [[subscriber, late]],
  );
});

test('nobody is woken while nothing can change', (t) => {
  const {allocator, whole, add, subscribe} = makeExample();
  t.is(allocator.wakeAt(0), Infinity);
  const subscriber = subscribe('f');
  t.is(allocator.wakeAt(0), 0);
  allocator.run(0);
  t.is(allocator.wakeAt(0), Infinity);
  const slot = add('a');
  t.is(allocator.run(0).grants.length, 1);
  t.is(allocator.wakeAt(0), Infinity);
  allocator.suppress('f');
  allocator.recover(subscriber, slot, whole);
  t.is(allocator.wakeAt(0), Infinity);
  t.is(allocator.runs, 2);
});

test('resources that come back wait for the batch, or are offered at once if so wished', (t) => {
  for (const allocateOnRecovery of [false, true]) {
    const {allocator, whole, add, subscribe} = makeExample({allocateOnRecovery});
    const slot = add('a');
    const subscriber = subscribe('f');
    allocator.run(0);
    allocator.recover(subscriber, slot, whole);
    t.is(allocator.wakeAt(300), allocateOnRecovery ? 300 : 1000);
  }
});

test('equal agents are handed out in another order by another seed', (t) => {
  const orderOf = (seed: number, agentOrder: AllocatorOptions['agentOrder']): string => {
    const {allocator, add, subscribe} = makeExample({agentOrder}, seed);
    for (let agent = 0; agent < 5; agent += 1) add(`a${agent}`);
    subscribe('f');
    return allocator
      .run(0)
      .grants.map(({agent}) => agent)
      .join(' ');
  };
  for (const agentOrder of ['random', 'seeded'] as const) {
    const orders = Array.from({length: 20}, (_, seed) => orderOf(seed, agentOrder));
    t.true(new Set(orders).size > 10);
    t.deepEqual(orderOf(3, agentOrder), orders[3] ?? '');
  }
});
