import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {
  canRunMore,
  dominantShareOfTask,
  scaled,
  tasksIn,
  tasksOf,
  totalWeight,
  usedOf,
  withDemand,
  withoutUser,
  type Economy,
  type Filling,
  type Outcome,
  type Tasks,
  type User,
} from './testing/fairness-economy.ts';
import {fillByAllocator, fillBySorter} from './testing/fairness-fillings.ts';
import {
  assetCostOfTask,
  assetFairness,
  ceei,
  fillByCost,
  fluidDrf,
} from './testing/fairness-policies.ts';
import {
  bottleneckFairness,
  envyFreeness,
  monotonicity,
  paretoEfficiency,
  sharingIncentive,
  strategyProofness,
  type Complaints,
  type Slack,
} from './testing/fairness-properties.ts';

type Demands = readonly (readonly number[])[];

function makeEconomy(
  capacity: readonly number[],
  demands: Demands,
  weights: readonly number[] = [],
): Economy {
  return {capacity, users: demands.map((demand, at) => ({demand, weight: weights[at] ?? 1}))};
}

// Examples.

const PAPER_DEMANDS: Demands = [
  [1, 4],
  [3, 1],
];
const PAPER = makeEconomy([9, 18], PAPER_DEMANDS);
const weighted = (...weights: number[]): Economy => makeEconomy([9, 18], PAPER_DEMANDS, weights);

const A = 0;
const B = 1;
const C = 2;

interface Example {
  readonly economy: Economy;
  readonly filling: Filling;
  readonly names?: readonly string[];
}

const examples: Readonly<Record<string, Example>> = {
  "the paper's example, in which B comes first among equals": {
    economy: PAPER,
    names: ['b', 'a'],
    filling: [B, A, A, B, A],
  },
  'the same with A first': {economy: PAPER, filling: [A, B, A, B, A]},
  // After four tasks both have a third. The paper leaves it open who is next; here it is the one
  // who was given less often. With A it would end with 4 and 1.
  'twice the weight for A': {economy: weighted(2, 1), filling: [A, B, A, A, B]},
  'twice the weight for B': {economy: weighted(1, 2), filling: [A, B, B, A, A]},
  'three times the weight for A': {economy: weighted(3, 1), filling: [A, B, A, A, A]},
  'one kind, equal tasks': {
    economy: makeEconomy([7], [[1], [1], [1]]),
    filling: [A, B, C, A, B, C, A],
  },
  'one kind, one task twice as large': {
    economy: makeEconomy([8], [[1], [2]]),
    filling: [A, B, A, B, A, A],
  },
  'one kind, weights 2 and 1': {
    economy: makeEconomy([6], [[1], [1]], [2, 1]),
    filling: [A, B, A, B, A, A],
  },
  'nobody needs what another does': {
    economy: makeEconomy(
      [2, 3],
      [
        [1, 0],
        [0, 1],
      ],
    ),
    filling: [A, B, B, A, B],
  },
  'who has no room lets others go on': {
    economy: makeEconomy([6], [[4], [1]]),
    filling: [A, B, B],
  },
  'a task that never fits': {economy: makeEconomy([3], [[4], [1]]), filling: [B, B, B]},
  nobody: {economy: makeEconomy([3], []), filling: []},
};

for (const [title, {economy, filling, names}] of Object.entries(examples)) {
  test(`the sorter fills a cluster: ${title}`, (t) => {
    t.deepEqual(fillBySorter(economy, names), filling);
  });
}

// Random economies.

const CAPACITY_MAX = 2000;
const DEMAND_MAX = 12;

interface Shape {
  readonly kinds: fc.Arbitrary<number>;
  /** 1: everybody needs something of every kind. */
  readonly demandMin: 0 | 1;
  readonly weightMax: number;
}

const ANY: Shape = {kinds: fc.integer({min: 1, max: 3}), demandMin: 0, weightMax: 4};

function economies({kinds, demandMin, weightMax}: Partial<Shape> = {}): fc.Arbitrary<Economy> {
  return (kinds ?? ANY.kinds).chain((count) => {
    const demand = fc
      .array(fc.integer({min: demandMin ?? 0, max: DEMAND_MAX}), {
        minLength: count,
        maxLength: count,
      })
      .filter((amounts) => amounts.some((amount) => amount > 0));
    return fc.record({
      capacity: fc.array(fc.integer({min: DEMAND_MAX, max: CAPACITY_MAX}), {
        minLength: count,
        maxLength: count,
      }),
      users: fc.array(
        fc.record({demand, weight: fc.integer({min: 1, max: weightMax ?? ANY.weightMax})}),
        {minLength: 1, maxLength: 5},
      ),
    });
  });
}

/** Economies in which somebody may be content with little. */
function withWants(economy: fc.Arbitrary<Economy>): fc.Arbitrary<Economy> {
  const wants = fc.option(fc.nat(100), {nil: undefined});
  const all = fc.array(wants, {minLength: 5, maxLength: 5});
  return fc.tuple(economy, all).map(([{capacity, users}, limits]) => ({
    capacity,
    users: users.map((user, at) => ({...user, wants: limits[at]})),
  }));
}

/** Economies in which the first kind is scarce for everybody. */
const bottlenecked: fc.Arbitrary<Economy> = economies({kinds: fc.integer({min: 2, max: 3})}).map(
  ({capacity, users}) => {
    const [scarce = 0] = capacity;
    const cut = ({demand, weight}: User): User => {
      const first = Math.max(1, demand[0] ?? 0);
      const most = capacity.map((total) => Math.floor((first * total) / scarce));
      return {
        demand: demand.map((amount, kind) =>
          Math.min(kind === 0 ? first : amount, most[kind] ?? 0),
        ),
        weight,
      };
    };
    return {capacity, users: users.map(cut)};
  },
);

interface Lying {
  readonly economy: Economy;
  readonly liar: number;
  readonly claim: readonly number[];
}

/** More of one kind, a multiple of everything, or anything at all. */
function lies(economy: fc.Arbitrary<Economy>): fc.Arbitrary<Lying> {
  const factors = fc.oneof(
    fc.record({only: fc.nat(2), factor: fc.integer({min: 2, max: 10})}),
    fc.record({only: fc.constant(-1), factor: fc.integer({min: 2, max: 4})}),
  );
  const claims = fc.oneof(
    factors,
    fc.array(fc.integer({min: 1, max: DEMAND_MAX}), {minLength: 3, maxLength: 3}),
  );
  return fc.tuple(economy, fc.nat(4), claims).map(([truth, pick, said]) => {
    const liar = pick % truth.users.length;
    const demand = truth.users[liar]?.demand ?? [];
    const claim = demand.map((amount, kind) => {
      if (!('only' in said)) return said[kind] ?? amount;
      return said.only === -1 || said.only % demand.length === kind ? amount * said.factor : amount;
    });
    return {economy: truth, liar, claim};
  });
}

// The properties, for anything that fills clusters.

type Policy = (economy: Economy) => Tasks;

const outcomeOf = (policy: Policy, economy: Economy): Outcome => ({
  economy,
  tasks: policy(economy),
});

function complaintsOfLie(policy: Policy, {economy, liar, claim}: Lying, slack: Slack): Complaints {
  const tasks = policy(withDemand(economy, liar, claim));
  return strategyProofness(outcomeOf(policy, economy), {liar, claim, tasks}, slack);
}

function complaintsOfLeaving(policy: Policy, economy: Economy, slack: Slack): Complaints {
  const before = outcomeOf(policy, economy);
  return economy.users.flatMap((_, leaver) => {
    const after = outcomeOf(policy, withoutUser(economy, leaver));
    const same = economy.users.map((__, at) => (at === leaver ? -1 : at - Number(at > leaver)));
    return monotonicity(before, after, same, slack);
  });
}

/** A policy on trial. */
interface Trial {
  readonly policy: Policy;
  readonly slack: Slack;
  readonly numRuns: number;
}
type Property = (trial: Trial) => void;

function holdsFor<Case>(
  cases: fc.Arbitrary<Case>,
  complaints: (policy: Policy, one: Case, slack: Slack) => Complaints,
): Property {
  return ({policy, slack, numRuns}) => {
    const property = fc.property(cases, (one) => {
      check.deepEqual(complaints(policy, one, slack), []);
    });
    fc.assert(property, {numRuns});
  };
}

const PROPERTIES = [
  'nobody would be better off alone with its part of the cluster (sharing incentive)',
  'nobody could run more with what another has (envy-freeness)',
  'nobody can run more without another running less (Pareto efficiency)',
  'nobody gains by lying about what it needs (strategy-proofness)',
  'one kind is divided by max-min fairness (single-resource fairness)',
  'a kind that is scarce for all is divided by max-min fairness (bottleneck fairness)',
  'nobody loses when another leaves (population monotonicity)',
] as const;
const [SHARING, ENVY, PARETO, STRATEGY, SINGLE, BOTTLENECK, POPULATION] = PROPERTIES;
type PropertyName = (typeof PROPERTIES)[number];

const judging =
  (judge: (outcome: Outcome, slack: Slack) => Complaints) =>
  (policy: Policy, economy: Economy, slack: Slack): Complaints =>
    judge(outcomeOf(policy, economy), slack);

interface Cases {
  readonly any: fc.Arbitrary<Economy>;
  /** Somebody may be content with little. */
  readonly wanting: fc.Arbitrary<Economy>;
  /** Everybody needs something of every kind. */
  readonly needy: fc.Arbitrary<Economy>;
  readonly single: fc.Arbitrary<Economy>;
  readonly scarce: fc.Arbitrary<Economy>;
}

function propertiesFor({
  any,
  wanting,
  needy,
  single,
  scarce,
}: Cases): Record<PropertyName, Property> {
  return {
    [SHARING]: holdsFor(any, judging(sharingIncentive)),
    [ENVY]: holdsFor(any, judging(envyFreeness)),
    [PARETO]: holdsFor(wanting, judging(paretoEfficiency)),
    [STRATEGY]: holdsFor(lies(needy), complaintsOfLie),
    [SINGLE]: holdsFor(single, judging(bottleneckFairness)),
    [BOTTLENECK]: holdsFor(scarce, judging(bottleneckFairness)),
    [POPULATION]: holdsFor(needy, complaintsOfLeaving),
  };
}

// What Drydock runs, by whole tasks.

const ONE_KIND = {kinds: fc.constant(1)};

const ofWholeTasks = propertiesFor({
  any: economies(),
  wanting: withWants(economies()),
  needy: economies({demandMin: 1}),
  single: withWants(economies(ONE_KIND)),
  scarce: withWants(bottlenecked),
});

const bySorter: Policy = (economy) => tasksOf(economy, fillBySorter(economy));
const byAllocator: Policy = (economy) => {
  return tasksOf(economy, fillByAllocator(economy, {roles: 'own', seed: 1}).filling);
};

/**
 * Each was seen to fail, by the sorter alone and through the allocator, when:
 * - sharing incentive: shares of kinds are added up instead of taking the greatest (`Pool`);
 * - envy-freeness: only the first kind counts in shares;
 * - Pareto efficiency: a walk over the sorter's clients ends before the last one;
 * - strategy-proofness: `compare` looks at the count before the share (then a task twice as large
 *   brings twice as much);
 * - single-resource fairness: a share is multiplied by the weight instead of divided;
 * - bottleneck fairness: shares of kinds are added up;
 * - population monotonicity: shares are parts of what is in use instead of what there is.
 *
 * And through the allocator all but Pareto efficiency and population monotonicity when what comes
 * back is not taken off the order of roles; sharing incentive, envy-freeness and max-min fairness
 * when weights do not reach it.
 */
for (const property of PROPERTIES) {
  test(`the sorter: ${property}`, (t) => {
    ofWholeTasks[property]({policy: bySorter, slack: 1, numRuns: 500});
    t.pass();
  });
  test(`the allocator with one agent: ${property}`, (t) => {
    ofWholeTasks[property]({policy: byAllocator, slack: 1, numRuns: 100});
    t.pass();
  });
}

/** Seen to fail by all of the mistakes above, and when counts do not break ties. */
test('the sorter gives task by task to the same users as the algorithm of the paper', (t) => {
  fc.assert(
    fc.property(withWants(economies()), (economy) => {
      check.deepEqual(fillBySorter(economy), fillByCost(economy, dominantShareOfTask));
    }),
  );
  t.pass();
});

/**
 * Seen to fail when what comes back is not taken off the order of roles, or of frameworks, and when
 * weights do not reach the order of roles.
 */
test('the allocator with one agent gives task by task to the same users as the sorter', (t) => {
  fc.assert(
    fc.property(withWants(economies()), fc.nat(), (economy, seed) => {
      const own = fillByAllocator(economy, {roles: 'own', seed});
      check.deepEqual(own.filling, fillBySorter(economy));
    }),
    {numRuns: 50},
  );
  fc.assert(
    fc.property(withWants(economies({weightMax: 1})), fc.nat(), (economy, seed) => {
      const shared = fillByAllocator(economy, {roles: 'shared', seed});
      check.deepEqual(shared.filling, fillBySorter(economy));
    }),
    {numRuns: 50},
  );
  t.pass();
});

// Many agents.

const AGENTS_MAX = 12;

/** Seen to fail when a walk over the sorter's clients ends before the last one. */
test('many agents: an agent is left only when nobody has room on it for another task', (t) => {
  const cases = withWants(economies()).chain((economy) => {
    const amounts = economy.capacity.map(() => fc.nat(4 * DEMAND_MAX));
    const agents = fc.array(fc.tuple(...amounts), {minLength: 1, maxLength: AGENTS_MAX});
    return fc.record({economy: fc.constant(economy), agents, seed: fc.nat()});
  });
  fc.assert(
    fc.property(cases, fc.constantFrom('own', 'shared'), ({economy, agents, seed}, roles) => {
      const {filling, left} = fillByAllocator(economy, {agents, roles, seed});
      const tasks = tasksOf(economy, filling);
      for (const free of left) {
        const fits = economy.users.some((user, at) => canRunMore(user, tasks[at] ?? 0, free));
        check.ok(!fits, `${free.join()} is left`);
      }
      for (const kind of economy.capacity.keys()) {
        const total = agents.reduce((sum, amounts) => sum + (amounts[kind] ?? 0), 0);
        const free = left.reduce((sum, amounts) => sum + (amounts[kind] ?? 0), 0);
        check.equal(free + usedOf({economy, tasks}, kind), total);
      }
    }),
  );
  t.pass();
});

/**
 * Who is offered an agent has, with what it was offered in this run so far, at most its part, as
 * all others have by their weights no less: so its next task is the last that may be beyond it.
 * With more kinds that count this cannot be said: their shares may add up to more than a cluster.
 *
 * Seen to fail when excluded kinds count, when weights do not reach the order of roles, when what
 * comes back is not taken off that order, and when `compare` looks at the count before the share.
 */
test('many agents: where one kind decides nobody gets a task more than its part', (t) => {
  const cases = fc.record({
    // Slots, and of the kind that does not count enough for every task.
    slots: fc.array(fc.integer({min: 1, max: 20}), {minLength: 1, maxLength: AGENTS_MAX}),
    users: fc.array(fc.record({other: fc.nat(8), weight: fc.integer({min: 1, max: 4})}), {
      minLength: 1,
      maxLength: 6,
    }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({slots, users, seed}) => {
      const agents = slots.map((count) => [8 * count, count]);
      const all = slots.reduce((sum, count) => sum + count, 0);
      const economy = makeEconomy(
        [8 * all, all],
        users.map(({other}) => [other, 1]),
        users.map(({weight}) => weight),
      );
      const options = {fairSharingExcludes: ['cpus']};
      const {filling} = fillByAllocator(economy, {agents, roles: 'own', options, seed});
      check.equal(filling.length, all);
      for (const [user, tasks] of tasksOf(economy, filling).entries()) {
        const part = ((users[user]?.weight ?? 0) * all) / totalWeight(economy);
        check.ok(tasks < part + 1, `user ${user} runs ${tasks}, its part is ${part}`);
      }
    }),
  );
  t.pass();
});

// The policies that the paper compares, dividing tasks at will.

const twoKinds = fc.integer({min: 1, max: 2});
const needyOfTwo = economies({kinds: twoKinds, demandMin: 1});

const ofDividedTasks = propertiesFor({
  any: needyOfTwo,
  wanting: needyOfTwo,
  needy: needyOfTwo,
  single: economies({...ONE_KIND, demandMin: 1}),
  scarce: bottlenecked.filter(({capacity}) => capacity.length === 2),
});

const policies: Readonly<Record<string, Policy>> = {
  DRF: fluidDrf,
  'asset fairness': assetFairness,
  CEEI: ceei,
};

const has: Readonly<Record<string, readonly PropertyName[]>> = {
  DRF: PROPERTIES,
  'asset fairness': [ENVY, PARETO, STRATEGY, SINGLE, POPULATION],
  CEEI: [SHARING, ENVY, PARETO, SINGLE, BOTTLENECK],
};

/** What is missing here is in the counter-examples below: there these checks fail. */
for (const [name, policy] of Object.entries(policies)) {
  for (const property of has[name] ?? []) {
    test(`${name}: ${property}`, (t) => {
      ofDividedTasks[property]({policy, slack: 0, numRuns: 500});
      t.pass();
    });
  }
}

// What they lack, by the examples of the paper.

/** The same by whole tasks: a thousand times the cluster, so that no slack can hide anything. */
const whole =
  (policy: Policy): Policy =>
  (economy) =>
    policy(economy).map(Math.floor);

interface CounterExample {
  readonly policy: Policy;
  /** What the policy does, to a millionth. */
  readonly tasks: Tasks;
  readonly economy: Economy;
  readonly complaints: (policy: Policy, economy: Economy, slack: Slack) => Complaints;
}

const UNEQUAL = makeEconomy(
  [30, 30],
  [
    [1, 3],
    [1, 1],
  ],
);
const GAMED = makeEconomy(
  [100, 100],
  [
    [16, 1],
    [1, 2],
  ],
);
const CROWDED = makeEconomy(
  [100, 100],
  [
    [4, 1],
    [1, 16],
    [16, 1],
  ],
);

const counterExamples: Readonly<Record<string, CounterExample>> = {
  'asset fairness gives a user less than its half': {
    policy: assetFairness,
    economy: UNEQUAL,
    tasks: [6, 12],
    complaints: judging(sharingIncentive),
  },
  'asset fairness gives a user three sevenths of what both need most': {
    policy: assetFairness,
    economy: makeEconomy(
      [21, 21],
      [
        [3, 2],
        [4, 1],
      ],
    ),
    tasks: [3, 3],
    complaints: judging(bottleneckFairness),
  },
  'CEEI pays a user for a lie': {
    policy: ceei,
    economy: GAMED,
    tasks: [100 / 31, 1500 / 31],
    complaints: (policy, economy, slack) =>
      complaintsOfLie(policy, {economy, liar: 0, claim: [16, 8]}, slack),
  },
  'CEEI takes from a user when another leaves': {
    policy: ceei,
    economy: CROWDED,
    tasks: [11.283318, 5.351373, 3.09471],
    complaints: complaintsOfLeaving,
  },
};

function isNear(tasks: Tasks, expected: Tasks): void {
  check.equal(tasks.length, expected.length);
  for (const [user, count] of tasks.entries()) {
    check.ok(Math.abs(count - (expected[user] ?? NaN)) < 1e-6, `user ${user} runs ${count}`);
  }
}

for (const [title, {policy, economy, tasks, complaints}] of Object.entries(counterExamples)) {
  test(`${title}; DRF does not`, (t) => {
    isNear(policy(economy), tasks);
    t.is(complaints(policy, economy, 0).length, 1);
    t.is(complaints(whole(policy), scaled(economy, 1000), 1).length, 1);
    t.deepEqual(complaints(fluidDrf, economy, 0), []);
    t.deepEqual(complaints(bySorter, scaled(economy, 100), 1), []);
  });
}

const figures: Readonly<Record<string, readonly [Policy, Economy, Tasks]>> = {
  "DRF in the paper's example": [fluidDrf, PAPER, [3, 2]],
  'asset fairness in the same': [assetFairness, PAPER, [63 / 25, 54 / 25]],
  'CEEI in the same': [ceei, PAPER, [45 / 11, 18 / 11]],
  'DRF with twice the weight for A': [fluidDrf, weighted(2, 1), [54 / 13, 18 / 13]],
  'DRF with twice the weight for B': [fluidDrf, weighted(1, 2), [9 / 5, 12 / 5]],
  'CEEI after the lie': [ceei, withDemand(GAMED, 0, [16, 8]), [25 / 6, 100 / 3]],
  'DRF before the lie': [fluidDrf, GAMED, [25 / 6, 100 / 3]],
  'CEEI after the third user left': [ceei, withoutUser(CROWDED, 2), [500 / 21, 100 / 21]],
  'DRF with three users': [fluidDrf, CROWDED, [400 / 33, 100 / 33, 100 / 33]],
  'DRF after the third user left': [fluidDrf, withoutUser(CROWDED, 2), [20, 5]],
};

for (const [title, [policy, economy, tasks]] of Object.entries(figures)) {
  test(`the figures of the paper: ${title}`, (t) => {
    isNear(policy(economy), tasks);
    t.pass();
  });
}

test('somebody loses when there is more of a kind, whatever the policy', (t) => {
  // The proof's example: sharing incentive and Pareto efficiency cannot be had otherwise.
  const before = makeEconomy(
    [6000, 6000],
    [
      [2, 1],
      [1, 2],
    ],
  );
  const after = {...before, capacity: [4 * 6000, 6000]};
  for (const policy of [...Object.values(policies).map(whole), bySorter, byAllocator]) {
    const lost = monotonicity(outcomeOf(policy, before), outcomeOf(policy, after), [0, 1], 1);
    t.is(lost.length, 1);
  }
  t.deepEqual(
    [bySorter(before), bySorter(after)],
    [
      [2000, 2000],
      [3000, 1500],
    ],
  );
});

// Policies that nobody would want, by whole tasks, so that every check has something to say.

const firstComeFirstServed: Policy = ({capacity, users}) => {
  const free = [...capacity];
  return users.map(({demand}) => {
    const tasks = Math.floor(tasksIn(free, demand));
    for (const [kind, amount] of demand.entries()) free[kind] = (free[kind] ?? 0) - tasks * amount;
    return tasks;
  });
};

const fixedParts: Policy = (economy) => {
  return economy.users.map(({demand, weight}) => {
    const part = weight / totalWeight(economy);
    return Math.floor(
      tasksIn(
        economy.capacity.map((amount) => amount * part),
        demand,
      ),
    );
  });
};

const assetByTasks: Policy = (economy) => tasksOf(economy, fillByCost(economy, assetCostOfTask));

const equalNumbers: Policy = ({capacity, users}) => {
  const sums = capacity.map((_, kind) =>
    users.reduce((sum, {demand}) => sum + (demand[kind] ?? 0), 0),
  );
  return users.map(() => Math.floor(tasksIn(capacity, sums)));
};

const withoutWeights: Policy = ({capacity, users}) =>
  bySorter({capacity, users: users.map((user) => ({...user, weight: 1}))});

const twiceTheSorter: Policy = (economy) => bySorter(economy).map((tasks) => 2 * tasks);

const claimingTwice = (policy: Policy, economy: Economy, slack: Slack): Complaints =>
  complaintsOfLie(
    policy,
    {economy, liar: 0, claim: (economy.users[0]?.demand ?? []).map((amount) => 2 * amount)},
    slack,
  );

const judges = {
  [SHARING]: judging(sharingIncentive),
  [ENVY]: judging(envyFreeness),
  [PARETO]: judging(paretoEfficiency),
  [STRATEGY]: claimingTwice,
  [BOTTLENECK]: judging(bottleneckFairness),
} as const;

const ONE_SCARCE = makeEconomy(
  [9000, 9000],
  [
    [2, 1],
    [3, 1],
    [1, 1],
  ],
  [1, 2, 3],
);

const unfair: Readonly<Record<string, readonly [Policy, Economy, readonly PropertyName[]]>> = {
  'first come, first served': [firstComeFirstServed, ONE_SCARCE, [SHARING, ENVY, BOTTLENECK]],
  'fixed parts': [fixedParts, scaled(PAPER, 1000), [PARETO]],
  'asset fairness by whole tasks': [assetByTasks, scaled(UNEQUAL, 100), [SHARING, BOTTLENECK]],
  'equal numbers of tasks': [equalNumbers, ONE_SCARCE, [SHARING, ENVY, STRATEGY, BOTTLENECK]],
  'DRF that takes no notice of weights': [withoutWeights, ONE_SCARCE, [SHARING, ENVY, BOTTLENECK]],
  'twice as much as there is': [twiceTheSorter, ONE_SCARCE, [PARETO]],
  'the sorter': [bySorter, ONE_SCARCE, []],
};

for (const [title, [policy, economy, expected]] of Object.entries(unfair)) {
  test(`what there is to say against a policy: ${title}`, (t) => {
    const found = Object.entries(judges).filter(
      ([, judge]) => judge(policy, economy, 1).length > 0,
    );
    t.deepEqual(
      found.map(([name]) => name),
      [...expected],
    );
  });
}
