/**
 * The suites `allocator` and `allocator-grid`: what Apache Mesos's allocator was measured with, and
 * how the costs grow. The targets are the project's own.
 */
import type {Suite, Target} from '../bench.ts';
import {MESOS_FIGURES} from './mesos-figures.ts';
import {makeOfferFiltersBench, OFFER_FILTERS_TARGETS} from './offer-filters.ts';
import {makeScenarioBench} from './scenario-bench.ts';
import type {ScenarioBench} from './scenario-bench.ts';

type Sizes = readonly (readonly [agents: number, frameworks: number])[];

export function makeAllocatorSuite(): Suite {
  const cpuOf = new Set(TIMES_AT_MOST.map(([name]) => `allocator/${name}`));
  return {
    name: 'allocator',
    about: 'the allocator alone, doing what Apache Mesos’s was measured with',
    benches: [
      ...[
        ...fullCycles(),
        ...declineRounds(),
        ...orders(),
        ...steadyStates(),
        ...quotas(),
        ...volumes(),
        ...changes(),
      ].map((spec) => makeScenarioBench({...spec, cpuOf})),
      makeOfferFiltersBench(),
    ],
    targets: TARGETS,
    comparison: {with: 'Mesos C++', figures: MESOS_FIGURES},
    derive: () => [],
  };
}

const ROLES = ['own', 'one'] as const;
const ROUNDS = 5;
const ROUNDS_SLOW = 3;
/** Clusters of the same size that a process has seen before one is measured. */
const WARM_CLUSTERS = 3;

function fullCycles(): readonly ScenarioBench[] {
  const sizes: Sizes = [
    [1000, 50],
    [10_000, 200],
    [10_000, 1000],
  ];
  return sizes.flatMap(([agents, frameworks]) =>
    ROLES.flatMap((roles) =>
      [0, WARM_CLUSTERS].map((before) => ({
        name: `allocator/A/${agents}x${frameworks}/${roles}${before > 0 ? '/warm' : ''}`,
        about: 'all agents register, are offered, are taken, come back, and are offered again',
        scenario: 'full-cycle',
        parameters: {agents, frameworks, roles, before},
        quick: {agents: 100, frameworks: 10},
        rounds: ROUNDS,
      })),
    ),
  );
}

function declineRounds(): readonly ScenarioBench[] {
  const sizes: Sizes = [
    [1000, 50],
    [1000, 200],
    [5000, 50],
    [10_000, 50],
    [10_000, 200],
  ];
  return sizes.map(([agents, frameworks]) => ({
    name: `allocator/B/${agents}x${frameworks}`,
    about: 'DeclineOffers: every offer is declined for a year, until nobody wants any agent',
    scenario: 'declines',
    parameters: {agents, frameworks, roles: 'one'},
    quick: {agents: 100, frameworks: 10},
    rounds: agents * frameworks > 1_000_000 ? ROUNDS_SLOW : ROUNDS,
  }));
}

function orders(): readonly ScenarioBench[] {
  const flat = [1000, 10_000, 50_000].map((clients): ScenarioBench => {
    return {
      name: `allocator/C/${clients}`,
      about: 'the DRF sorter alone: fill, sort, give a little to one client, ask for the order',
      scenario: 'flat-order',
      parameters: {agents: 50_000, clients},
      quick: {agents: 100, clients: 100},
      rounds: ROUNDS,
    };
  });
  const trees = [
    [3, 32],
    [7, 3],
    [10, 2],
  ] as const;
  return [
    ...flat,
    ...trees.map(([height, branching]): ScenarioBench => ({
      name: `allocator/C/tree-${height}x${branching}`,
      about: 'HierarchyFullSort: the same with some 1,000 clients in a tree',
      scenario: 'tree-order',
      parameters: {agents: 50_000, height, branching},
      quick: {agents: 100, height: 3, branching: 2},
      rounds: ROUNDS,
    })),
  ];
}

function steadyStates(): readonly ScenarioBench[] {
  return ['taken', 'free'].flatMap((rest) =>
    ROLES.map((roles) => ({
      name: `allocator/D/${rest}/${roles}`,
      about: '10,000 agents, 200 frameworks, 180,000 tasks; 1,000 end before each of 20 cycles',
      scenario: 'steady-state',
      parameters: {agents: 10_000, frameworks: 200, ends: 1000, rounds: 20, roles, rest},
      quick: {agents: 100, frameworks: 10, ends: 10, rounds: 2},
      rounds: ROUNDS,
    })),
  );
}

function quotas(): readonly ScenarioBench[] {
  const large = (['drf', 'random'] as const).flatMap((sorter) =>
    [30, 300, 3000].map((agents) => ({
      name: `allocator/LargeAndSmallQuota/${sorter}/${agents}`,
      about: 'as many roles with quota and frameworks as agents; guarantees are met, then nothing',
      scenario: 'large-and-small-quota',
      parameters: {agents, sorter},
      quick: {agents: 30},
      rounds: sorter === 'random' ? ROUNDS_SLOW : ROUNDS,
    })),
  );
  const versus = (['drf', 'random'] as const).flatMap((sorter) =>
    (['no', 'yes'] as const).map((quota) => ({
      name: `allocator/NonQuotaVsQuota/${sorter}/${quota === 'yes' ? 'quota' : 'no-quota'}`,
      about: '1,000 roles, 2,000 frameworks, 2,000 agents: the same offers with quota and without',
      scenario: 'non-quota-vs-quota',
      parameters: {roles: 1000, sorter, quota},
      quick: {roles: 10},
      rounds: ROUNDS,
    })),
  );
  return [...large, ...versus];
}

function volumes(): readonly ScenarioBench[] {
  const sizes: Sizes = [
    [1000, 50],
    [10_000, 200],
  ];
  return sizes.flatMap(([agents, frameworks]) =>
    ['regular', 'shared', 'mixed'].map((sharing) => ({
      name: `allocator/PersistentVolumes/${agents}x${frameworks}/${sharing}`,
      about:
        'everything is reserved, every agent has a volume; six rounds, declined without filter',
      scenario: 'persistent-volumes',
      parameters: {agents, frameworks, sharing},
      quick: {agents: 100, frameworks: 10},
      rounds: ROUNDS,
    })),
  );
}

function changes(): readonly ScenarioBench[] {
  const updates = [50, 100, 200].map((roles): ScenarioBench => {
    return {
      name: `allocator/UpdateAllocation/${roles}`,
      about: 'RESERVE and UNRESERVE on an agent on which every role has reservations',
      scenario: 'update-allocation',
      parameters: {roles},
      quick: {roles: 10},
      rounds: ROUNDS,
    };
  });
  return [
    ...updates,
    {
      name: 'allocator/SuppressOffers/10000x200',
      about: 'before each of five cycles another fifth of the frameworks suppresses offers',
      scenario: 'suppression',
      parameters: {agents: 10_000, frameworks: 200},
      quick: {agents: 100, frameworks: 10},
      rounds: ROUNDS,
    },
    {
      name: 'allocator/AddAndUpdateSlave/10000x200',
      about: 'agents join and are offered; each then has revocable cpus, which are offered',
      scenario: 'add-and-update',
      parameters: {agents: 10_000, frameworks: 200},
      quick: {agents: 100, frameworks: 10},
      rounds: ROUNDS,
    },
    {
      name: 'allocator/Metrics/10000x1000',
      about: 'all metrics of 1,000 roles with quota, read at once',
      scenario: 'metrics',
      parameters: {agents: 10_000, frameworks: 1000},
      quick: {agents: 100, frameworks: 10},
      rounds: ROUNDS,
    },
    {
      name: 'allocator/MultiFrameworkAllocations',
      about: '554 frameworks launch 19,500 tasks on 80 agents',
      scenario: 'workload',
      parameters: {silent: 'yes'},
      quick: {},
      rounds: ROUNDS,
    },
    {
      name: 'allocator/MultiFrameworkAllocations/never-silent',
      about: 'the same, but those that are done go on declining: 1,000 rounds',
      scenario: 'workload',
      parameters: {silent: 'no'},
      quick: {},
      rounds: ROUNDS_SLOW,
    },
  ];
}

/** Milliseconds, of wall time and, being for one core, of the CPU time of all threads. */
const TIMES_AT_MOST: readonly (readonly [name: string, ms: number])[] = [
  ['A/10000x1000/own/register', 150],
  ['A/10000x1000/own/full-cycle', 40],
  ['A/10000x1000/one/full-cycle', 25],
  ['A/10000x1000/own/warm/full-cycle', 40],
  ['A/10000x1000/one/warm/full-cycle', 25],
  ['B/5000x50/all-filtered', 2],
  ['B/5000x50/all-filtered/again', 2],
  ['B/1000x200/all-filtered', 2],
  ['B/1000x200/all-filtered/again', 2],
  ['B/5000x50/round/half-way', 30],
  ['D/taken/one/cycle', 5],
  ['D/taken/own/cycle', 8],
  ['LargeAndSmallQuota/drf/3000/cycle', 500],
  ['LargeAndSmallQuota/drf/3000/idle-cycle', 50],
  ['PersistentVolumes/10000x200/regular/round', 60],
  ['PersistentVolumes/10000x200/shared/round', 120],
];

const TARGETS: readonly Target[] = [
  ...TIMES_AT_MOST.flatMap(([name, ms]) => [atMost(name, ms), atMost(`${name}/cpu`, ms)]),
  atMost('A/10000x1000/own/memory-peak', 400),
  atMost('B/5000x50/all-filtered/first', 2),
  atMost('B/1000x200/all-filtered/first', 2),
  atMost('C/10000/allocated-and-first', 5),
  ...OFFER_FILTERS_TARGETS,
];

function atMost(name: string, value: number): Target {
  return {name: `allocator/${name}`, bound: 'atMost', value};
}

const GRID_AGENTS = [1000, 5000, 10_000, 50_000];
const GRID_FRAMEWORKS = [1, 50, 200, 1000, 3000];

/** How costs grow with agents and frameworks: three figures of three scenarios for every size. */
export function makeGridSuite(): Suite {
  const sizes = GRID_AGENTS.flatMap((agents) =>
    GRID_FRAMEWORKS.flatMap((frameworks) => ROLES.map((roles) => ({agents, frameworks, roles}))),
  );
  return {
    name: 'allocator-grid',
    about: 'the allocator alone, from 1,000 to 50,000 agents and from 1 to 3,000 frameworks',
    benches: sizes.flatMap(gridCell).map(makeScenarioBench),
    targets: [],
    derive: () => [],
  };
}

interface Cell {
  readonly agents: number;
  readonly frameworks: number;
  readonly roles: 'own' | 'one';
}

function gridCell({agents, frameworks, roles}: Cell): readonly ScenarioBench[] {
  const cell = `${agents}x${frameworks}/${roles}`;
  const parameters = {agents, frameworks, roles};
  const quick = {agents: 100, frameworks: Math.min(frameworks, 10)};
  const common = {quick, rounds: ROUNDS_SLOW};
  return [
    {
      ...common,
      name: `allocator-grid/cycles/${cell}`,
      about: 'scenario A',
      scenario: 'full-cycle',
      parameters: {...parameters, before: 0},
      only: ['register', 'full-cycle', 'warm-cycle', 'idle-cycle', 'memory-peak'],
    },
    {
      ...common,
      name: `allocator-grid/half-filtered/${cell}`,
      about: 'a round in which half of the frameworks have refused each agent',
      scenario: 'half-filtered',
      parameters,
      only: ['round', 'filters', 'memory-peak'],
    },
    {
      ...common,
      name: `allocator-grid/steady-state/${cell}`,
      about: 'scenario D (taken), with a tenth as many tasks ending as there are agents',
      scenario: 'steady-state',
      parameters: {...parameters, ends: agents / 10, rounds: 5, rest: 'taken'},
      quick: {...quick, ends: 10},
      only: ['cycle', 'memory-peak'],
    },
  ];
}
