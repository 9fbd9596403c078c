import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {parse} from 'yaml';
import type {Verdict} from './case.ts';
import {runCase} from './run-case.ts';

const folder = new URL('allocator/', import.meta.url);

const documents = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => {
      const document = parse(readFileSync(new URL(file, folder), 'utf8')) as {id: string};
      return [document.id, {file, document}] as const;
    }),
);

/** Every case of the folder must hold; a case that disappears is missed by its id. */
const mustPass: readonly string[] = [
  'HA-01',
  'HA-03',
  'HA-05',
  'HA-06',
  'HA-11',
  'HA-13',
  'HA-15',
  'HA-23',
  'HA-36',
  'HA-80',
  'HA-85',
  'RE-01',
  'RE-03',
  'RE-06',
  'RE-10',
  'RE-11',
  'RE-13',
  'RE-30',
  'RE-31',
  'SO-05',
  'SO-06',
  'SO-25',
];

test('the folder holds exactly the cases that are to hold', (t) => {
  t.deepEqual([...documents.keys()].sort(), mustPass);
});

for (const [id, {file, document}] of documents) {
  test(`${file.replace('.yaml', '')} holds for every seed`, (t) => {
    t.true(file.startsWith(`${id}-`));
    for (let seed = 0; seed < 20; seed += 1) {
      t.deepEqual(runCase(document, seed), {kind: 'passed'}, `seed ${seed}`);
    }
  });
}

const head = {id: 'XX-01', title: 'planted', suite: 'allocator'};
const agent = {addAgent: {id: 'agent1', resources: 'cpus:1'}};
const framework = {addFramework: {id: 'f', roles: ['r']}};

const planted: readonly (readonly [title: string, document: unknown, kind: Verdict['kind']])[] = [
  ['a suite', {...head, suite: 'weather', steps: []}, 'refused'],
  ['a field of the case', {...head, steps: [], colour: 1}, 'refused'],
  ['a field of the configuration', {...head, config: {colour: 1}, steps: []}, 'refused'],
  ['a step', {...head, steps: [{addWeather: {}}]}, 'refused'],
  ['a step of another suite', {...head, suite: 'sorter', steps: [agent]}, 'refused'],
  ['a field of a step', {...head, steps: [{addAgent: {...agent.addAgent, x: 1}}]}, 'refused'],
  ['a missing field', {...head, steps: [{addAgent: {id: 'agent1'}}]}, 'refused'],
  ['a flag', {...head, steps: [{...agent, anyAgentOrder: true}]}, 'refused'],
  ['a definition', {...head, steps: [{advance: '$second'}]}, 'refused'],
  ['a definition of itself', {...head, define: {x: '$x'}, steps: [{advance: '$x'}]}, 'refused'],
  ['a duration', {...head, steps: [{advance: '1 week'}]}, 'refused'],
  ['a metric', {...head, steps: [{expectMetric: {'allocator/mood': 1}}]}, 'refused'],
  [
    'a reservation',
    {...head, steps: [{addAgent: {id: 'agent1', resources: 'cpus(r):1'}}]},
    'refused',
  ],
  [
    'an operation',
    {...head, suite: 'resources', steps: [{op: 'boil', args: [], is: 1}]},
    'refused',
  ],
  ['an unexpected offer', {...head, steps: [agent, framework, {expectOffers: []}]}, 'failed'],
  [
    'another amount than expected',
    {
      ...head,
      steps: [
        agent,
        framework,
        {expectOffers: [{framework: 'f', agents: {agent1: {r: 'cpus:2'}}}]},
      ],
    },
    'failed',
  ],
  [
    'a wrong sum',
    {
      ...head,
      suite: 'resources',
      steps: [{op: 'add', args: ['cpus:1', 'cpus:1'], is: 'cpus:3'}],
    },
    'failed',
  ],
];

for (const [title, document, kind] of planted) {
  test(`a case does not pass with ${title} that is not there`, (t) => {
    t.is(runCase(document, 1).kind, kind);
  });
}
