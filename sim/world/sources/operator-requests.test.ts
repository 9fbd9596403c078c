import test from 'ava';
import type {Input, OperatorRequest} from '../../../engine/index.ts';
import {engineOptionsOf} from '../../engine-options.ts';
import {Simulation} from '../../simulation.ts';
import {NO_SUPPLIES} from '../../supplies.ts';
import {makeScenario, runChecked, throughJson} from '../../testing/scenarios.ts';

/**
 * Four machines of 4 cpus, and two frameworks that each want all of them for good: `dept`, with
 * tasks of 1 cpu, and `rest`, which came first.
 */
function written(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const workload = (name: string, at: string) => ({
    name,
    framework: name,
    at,
    arrivals: {interarrival: 0, duration: '7d', resources: 'cpus:1;mem:1', count: 16},
  });
  return {
    until: '1h',
    cluster: {agents: [{name: 'node', count: 4, resources: 'cpus:4;mem:4'}]},
    frameworks: {dept: {type: 'batch', role: 'dept'}, rest: {type: 'batch', role: 'rest'}},
    workloads: [workload('dept', '10m'), workload('rest', '5m')],
    ...more,
  };
}

const GUARANTEED = 'cpus:5;mem:5';

/** How many cpus `dept` and `rest` use at the end. */
const table: readonly (readonly [
  title: string,
  more: Readonly<Record<string, unknown>>,
  cpus: readonly [dept: number, rest: number],
])[] = [
  ['who came first has all of it', {}, [0, 16]],
  [
    'what is guaranteed is kept free for the department',
    {roles: {dept: {guarantees: GUARANTEED}}},
    [5, 11],
  ],
  [
    'a limit stops the others even where nobody else wants anything',
    {roles: {rest: {limits: 'cpus:6'}}},
    [10, 6],
  ],
  [
    'the limit of a role does not stop the role below it',
    {
      frameworks: {dept: {type: 'batch'}, rest: {type: 'batch', role: 'all/rest'}},
      roles: {all: {limits: 'cpus:6'}},
    },
    [0, 16],
  ],
  [
    'nestedLimits lets it',
    {
      allocator: {nestedLimits: true},
      frameworks: {dept: {type: 'batch'}, rest: {type: 'batch', role: 'all/rest'}},
      roles: {all: {limits: 'cpus:6'}},
    },
    [10, 6],
  ],
  [
    'a quota can be set before it is needed',
    {events: [{at: '1m', quota: {role: 'dept', guarantees: GUARANTEED}}]},
    [5, 11],
  ],
  [
    'a quota can be taken away',
    {
      roles: {rest: {limits: 'cpus:6'}},
      events: [{at: '30m', quota: {role: 'rest'}}],
    },
    // The department came before that.
    [10, 6],
  ],
  [
    'a quota that is taken away in time stops nobody',
    {
      roles: {rest: {limits: 'cpus:6'}},
      events: [{at: '1m', quota: {role: 'rest'}}],
    },
    [0, 16],
  ],
  [
    'what is not on the whitelist is not offered',
    {events: [{at: '1m', whitelist: ['node-1', 'node-3']}]},
    [0, 8],
  ],
  ['an empty whitelist ends all offers', {events: [{at: '7m', whitelist: []}]}, [0, 16]],
  [
    'the whitelist can be lifted',
    {
      events: [
        {at: '1m', whitelist: {names: ['node-0']}},
        {at: '8m', whitelist: 'all'},
      ],
    },
    [0, 16],
  ],
  [
    'what is reserved to a role that is not there is used by nobody',
    {cluster: {agents: [{name: 'node', count: 4, resources: 'cpus:1;cpus(db):3;mem:4'}]}},
    [0, 4],
  ],
  [
    'what is reserved to its own role a framework is offered, but does not use',
    {cluster: {agents: [{name: 'node', count: 4, resources: 'cpus:1;cpus(rest):3;mem:4'}]}},
    [0, 4],
  ],
  [
    'remote machines are offered to nobody',
    {
      allocator: {region: 'here'},
      cluster: {
        agents: [
          {name: 'near', region: 'here', resources: 'cpus:4;mem:4'},
          {name: 'far', region: 'there', resources: 'cpus:4;mem:4'},
        ],
      },
    },
    [0, 4],
  ],
];

for (const [title, more, cpus] of table) {
  test(title, (t) => {
    const {scenario, engine, world} = runChecked(makeScenario(written(more)));
    t.deepEqual(world.refused, []);
    t.is(scenario.frameworks.length, 2);
    t.deepEqual(
      world.frameworkIds.map((id) => (engine.view.frameworkUsed(id)[0] ?? 0) / 1000),
      [...cpus],
    );
  });
}

test('what tasks of a role and below it use can be asked for', (t) => {
  const frameworks = {
    dept: {type: 'batch', role: 'all/dept'},
    rest: {type: 'batch', role: 'all'},
  };
  const expect = [
    {metric: 'roles.all.used.cpus', is: 16},
    {metric: 'roles.all/dept.used.mem', is: 0},
    {at: '1m', metric: 'roles.all.used.cpus', is: 0},
  ];
  const {expectations} = runChecked(makeScenario(written({frameworks, expect})));
  t.deepEqual(
    expectations.results().map(({passed}) => passed),
    [true, true, true],
  );
});

/** What an operator asks in the run, minute by minute. */
function asked(simulation: Simulation): readonly (readonly [number, OperatorRequest])[] {
  const requests: (readonly [number, OperatorRequest])[] = [];
  const fold = simulation.hash.input.bind(simulation.hash);
  simulation.hash.input = (now: number, input: Input) => {
    if (input.kind === 'operatorRequest') requests.push([now / 60_000, input.request]);
    fold(now, input);
  };
  simulation.run();
  return requests;
}

test('maintenance is announced to the agents that are up, with its own instants', (t) => {
  const events = [
    {at: '20m', kill: {agents: {names: ['node-1']}}},
    {
      at: '30m',
      maintenance: {agents: {names: ['node-0', 'node-1', 'node-2']}, in: '10m', for: '5m'},
    },
    {at: '40m', maintenance: {agents: {names: ['node-3']}}},
    {at: '50m', weight: {role: 'dept', weight: 2.5}},
  ];
  const simulation = new Simulation(makeScenario(written({events})), NO_SUPPLIES);
  const requests = asked(simulation);
  t.deepEqual(simulation.world.refused, []);
  const type = 'updateUnavailability';
  const window = {startMs: 40 * 60_000, durationMs: 5 * 60_000};
  t.deepEqual(requests as unknown, [
    [30, {type, agentId: 'node-0', unavailability: window}],
    [30, {type, agentId: 'node-2', unavailability: window}],
    [40, {type, agentId: 'node-3', unavailability: {startMs: 40 * 60_000}}],
    [50, {type: 'updateWeights', weights: {dept: 2.5}}],
  ]);
});

const refusals: readonly (readonly [event: unknown, message: RegExp])[] = [
  [{role: 'dept', guarantees: 'cpus:17'}, /'cpus:17', more than the cluster's 'cpus:16; mem:16'/],
  [{role: 'rest', limits: 'cpus:3'}, /already consuming 'cpus:16; mem:16'/],
];

for (const [quota, message] of refusals) {
  test(`a quota that cannot be kept is refused: ${JSON.stringify(quota)}`, (t) => {
    const events = [{at: '20m', quota}];
    const [refused, ...others] = runChecked(makeScenario(written({events}))).world.refused;
    t.deepEqual(others, []);
    t.is(refused?.atMs, 20 * 60_000);
    t.regex(refused?.label ?? '', /^quota of (?:dept|rest)$/);
    t.regex(refused?.message ?? '', message);
    const forced = [{at: '20m', quota: {...(quota as object), force: true}}];
    t.deepEqual(runChecked(makeScenario(written({events: forced}))).world.refused, []);
  });
}

test('a run with quotas, a whitelist and maintenance is restored in the middle of it', (t) => {
  const scenario = makeScenario(
    written({
      roles: {dept: {weight: 2, guarantees: GUARANTEED}},
      events: [
        {at: '6m', quota: {role: 'dept', guarantees: 'cpus:8;mem:8', limits: 'cpus:9'}},
        {at: '7m', maintenance: {agents: {count: 2}, in: '2m'}},
        {at: '7m', whitelist: {fraction: 0.5}},
        {at: '9m', whitelist: 'all'},
      ],
    }),
  );
  const expected = runChecked(scenario).hash.digits;
  let simulation = new Simulation(scenario, NO_SUPPLIES);
  while (simulation.advance(7)) simulation = throughJson(simulation);
  t.is(simulation.hash.digits, expected);
});

test('the engine is set up as the scenario says', (t) => {
  const {allocator, master, weights, quotas} = engineOptionsOf(
    makeScenario(
      written({
        allocator: {
          sorter: 'random',
          agentOrder: 'packed',
          nestedLimits: true,
          reviveKeepsFilters: true,
          mergeOffers: true,
        },
        roles: {dept: {weight: 2}, rest: {limits: 'cpus:0'}},
      }),
    ),
  );
  t.like(allocator, {
    sorter: 'random',
    agentOrder: 'packed',
    nestedLimits: true,
    reviveKeepsFilters: true,
    region: undefined,
  });
  t.true(master?.mergeOffers);
  t.deepEqual(weights, {dept: 2, rest: 1});
  t.deepEqual(quotas, [{role: 'rest', guarantees: {}, limits: {cpus: 0}}]);
});
