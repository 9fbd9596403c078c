import test from 'ava';
import type {Input} from '../../engine/index.ts';
import {makeRandom} from '../../engine/index.ts';
import {Simulation} from '../simulation.ts';
import {NO_SUPPLIES} from '../supplies.ts';
import {makeScenario} from '../testing/scenarios.ts';
import {AgentTable} from './agents.ts';
import {selectAgents, shareOf} from './agent-selection.ts';

/** What the engine hears of agents and statuses after the start, `12m agentSilent`. */
function heard(written: Readonly<Record<string, unknown>>): string[] {
  const scenario = makeScenario({
    until: '2h',
    allocator: {onRecovery: true},
    cluster: {agents: [{name: 'node', count: 1, resources: 'cpus:2;mem:64'}]},
    workloads: [
      {
        name: 'jobs',
        arrivals: {interarrival: '1m', duration: '10m', resources: 'cpus:1', count: 1},
      },
    ],
    ...written,
  });
  const simulation = new Simulation(scenario, NO_SUPPLIES, {isChecking: true});
  const lines: string[] = [];
  const fold = simulation.hash.input.bind(simulation.hash);
  simulation.hash.input = (now: number, input: Input) => {
    const line = lineOf(input);
    if (line !== undefined && now > 0) lines.push(`${now / 60_000}m ${line}`);
    fold(now, input);
  };
  simulation.run();
  return lines;
}

function lineOf(input: Input): string | undefined {
  switch (input.kind) {
    case 'agentRegistered':
      return ['registered', ...input.tasks.map(({taskId, state}) => `${taskId} ${state}`)].join(
        ' ',
      );
    case 'agentDisconnected':
    case 'agentSilent':
      return input.kind;
    case 'taskStatus':
      return `${input.taskId} ${input.state} #${input.updateId}`;
    default:
      return undefined;
  }
}

const kill = (at: string, length?: string) => ({
  at,
  kill: {agents: 'all', ...(length !== undefined && {for: length})},
});
const cut = (at: string, length: string) => ({at, partition: {agents: 'all', for: length}});

/** The job arrives after 1 minute and runs for 10. */
const table: readonly (readonly [title: string, events: readonly unknown[], heard: string[]])[] = [
  ['without a fault', [], ['1m jobs.1 TASK_RUNNING #1', '11m jobs.1 TASK_FINISHED #2']],
  [
    'a crash kills the tasks; the agent is back without them, and the job starts anew',
    [kill('3m', '2m')],
    [
      '1m jobs.1 TASK_RUNNING #1',
      '3m agentDisconnected',
      '5m registered',
      '5m jobs.1.again-1 TASK_RUNNING #1',
      '15m jobs.1.again-1 TASK_FINISHED #2',
    ],
  ],
  [
    'without an end the agent never returns',
    [kill('3m')],
    ['1m jobs.1 TASK_RUNNING #1', '3m agentDisconnected'],
  ],
  [
    'in a short partition tasks go on, and nobody notices more than silence',
    [cut('3m', '1m')],
    [
      '1m jobs.1 TASK_RUNNING #1',
      '3m agentSilent',
      '4m registered jobs.1 TASK_RUNNING',
      '11m jobs.1 TASK_FINISHED #2',
    ],
  ],
  [
    'what ends in a partition is told when it is over',
    [cut('10.5m', '1m')],
    [
      '1m jobs.1 TASK_RUNNING #1',
      '10.5m agentSilent',
      '11.5m registered jobs.1 TASK_RUNNING',
      '11.5m jobs.1 TASK_FINISHED #2',
    ],
  ],
  [
    'a second crash while the first lasts changes only when the agent is back',
    [kill('3m', '2m'), kill('4m', '3m')],
    [
      '1m jobs.1 TASK_RUNNING #1',
      '3m agentDisconnected',
      '7m registered',
      '7m jobs.1.again-1 TASK_RUNNING #1',
      '17m jobs.1.again-1 TASK_FINISHED #2',
    ],
  ],
  [
    'a crash inside a partition is silent, and told by the empty registration after it',
    [cut('3m', '1m'), kill('3.25m', '0.25m')],
    [
      '1m jobs.1 TASK_RUNNING #1',
      '3m agentSilent',
      '4m registered',
      '4m jobs.1.again-1 TASK_RUNNING #1',
      '14m jobs.1.again-1 TASK_FINISHED #2',
    ],
  ],
  [
    'a crash that outlasts a partition decides when the agent is back',
    [cut('3m', '30s'), kill('3.25m', '1m')],
    [
      '1m jobs.1 TASK_RUNNING #1',
      '3m agentSilent',
      '4.25m registered',
      '4.25m jobs.1.again-1 TASK_RUNNING #1',
      '14.25m jobs.1.again-1 TASK_FINISHED #2',
    ],
  ],
];

for (const [title, events, expected] of table) {
  test(title, (t) => {
    t.deepEqual(heard({events}), expected);
  });
}

test('a failure process strikes an agent again and again, up and down by turns', (t) => {
  const lines = heard({
    failures: [{agents: 'all', every: '20m', for: '5m'}],
    workloads: [],
  });
  t.deepEqual(lines, [
    '20m agentDisconnected',
    '25m registered',
    '45m agentDisconnected',
    '50m registered',
    '70m agentDisconnected',
    '75m registered',
    '95m agentDisconnected',
    '100m registered',
    '120m agentDisconnected',
  ]);
});

const agents = new AgentTable(
  Array.from({length: 10}, (_, index) => ({
    hostname: `node-${index}`,
    group: index < 4 ? 'web' : 'db',
    zone: `zone-${index % 2}`,
    rack: undefined,
    region: undefined,
    attributes: {},
    resources: {scalars: {cpus: 1000}},
  })),
);

const selections = [
  ['all', {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['by name', {names: ['node-7', 'node-2']}, [2, 7]],
  ['by group and zone', {group: 'web', zone: 'zone-1'}, [1, 3]],
  ['a zone that nobody is in', {zone: 'zone-9'}, []],
  ['more than there are', {group: 'web', count: 9}, [0, 1, 2, 3]],
] as const;

for (const [title, selection, expected] of selections) {
  test(`selects agents: ${title}`, (t) => {
    const context = {random: makeRandom(1, 'test'), isOnlyUp: true};
    t.deepEqual(selectAgents(agents, selection, context), [...expected]);
  });
}

test('draws the same agents from the same stream, others from another', (t) => {
  const drawn = (stream: string) =>
    selectAgents(agents, {fraction: 0.5}, {random: makeRandom(1, stream), isOnlyUp: true});
  t.is(drawn('a').length, 5);
  t.deepEqual(drawn('a'), drawn('a'));
  t.notDeepEqual(drawn('a'), drawn('b'));
});

test('a share of agents is rounded up, but not for the sake of a last binary digit', (t) => {
  t.deepEqual(
    [
      [10, 0.1],
      [10, 0.11],
      [30, 0.7],
      [5, 0],
      [5, 1],
    ].map(([total = 0, share = 0]) => shareOf(total, share)),
    [1, 2, 21, 0, 5],
  );
});
