import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {parse} from 'yaml';
import type {Verdict} from './case.ts';
import {runCase} from './run-case.ts';
import {caseFilesIn, runFiles} from './run-folder.ts';

const SEEDS = 20;

/** Every case must hold; one that disappears is missed by its number. */
const folders: readonly (readonly [name: string, numbers: Readonly<Record<string, string>>])[] = [
  [
    'allocator',
    {
      HA:
        '01 03 05 06 08 10 11 13 15 16 18 20 21 23 25 26 28 30 31 33 35 36 38 40 41 43 ' +
        '45 46 48 50 51 53 55 56 58 60 61 63 65 66 68 70 71 75 76 78 80 81 83 85 86',
      OC: '01 03 05 06 08 10 11 13 15 16',
      RE: '01 03 05 06 08 10 11 13 15 16 18 20 21 23 25 26 28 30 31 33 35 36 38',
      RL: '01 03',
      SO: '01 03 05 06 08 10 11 13 15 16 18 20 21 23 25 26 28 30 31',
    },
  ],
  [
    'allocator-extra',
    {
      XA:
        '01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 ' +
        '27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 ' +
        '53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70',
      XS: '01 02 03 04 05 06 07 08 09 10 11 12 13',
    },
  ],
];

for (const [name, numbers] of folders) {
  const folder = new URL(`${name}/`, import.meta.url);
  const documents = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const document = parse(readFileSync(new URL(file, folder), 'utf8')) as {id: string};
      return {file, document};
    });

  test(`${name}/ holds exactly the cases that are to hold`, (t) => {
    const expected = Object.entries(numbers).flatMap(([prefix, text]) =>
      text.split(' ').map((number) => `${prefix}-${number}`),
    );
    const found = documents.map(({document}) => document.id);
    t.deepEqual(found.sort(), expected.sort());
  });

  for (const {file, document} of documents) {
    test(`${file.replace('.yaml', '')} holds for every seed`, (t) => {
      t.true(file.startsWith(`${document.id}-`));
      for (let seed = 0; seed < SEEDS; seed += 1) {
        t.deepEqual(runCase(document, seed), {kind: 'passed'}, `seed ${seed}`);
      }
    });
  }
}

const delivered = fileURLToPath(new URL('../../shared/conformance/allocator', import.meta.url));
if (existsSync(delivered)) {
  test('all cases hold that lie beside the tree', (t) => {
    const {suites} = runFiles(caseFilesIn(delivered), delivered, SEEDS);
    t.true(suites.length > 0);
    t.deepEqual(
      suites.flatMap(({failures}) => failures),
      [],
    );
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
  [
    'a capability of agents',
    {...head, steps: [{addAgent: {...agent.addAgent, capabilities: ['FLY']}}]},
    'refused',
  ],
  [
    'a capability of frameworks',
    {...head, steps: [{addFramework: {id: 'f', roles: ['r'], capabilities: ['FLY']}}]},
    'refused',
  ],
  ['an agent', {...head, steps: [{removeAgent: {id: 'agent1'}}]}, 'refused'],
  ['a framework', {...head, steps: [{suppress: {framework: 'f'}}]}, 'refused'],
  [
    'a role of a framework',
    {...head, steps: [framework, {revive: {framework: 'f', roles: ['s']}}]},
    'refused',
  ],
  ['a sorter', {...head, config: {sorter: 'quick'}, steps: []}, 'refused'],
  [
    'a sorter in a list',
    {...head, suite: 'sorter', config: {sorter: ['drf', 'quick']}, steps: []},
    'refused',
  ],
  ['a client', {...head, suite: 'sorter', steps: [{activate: 'a'}]}, 'refused'],
  ['a field of a role', {...head, steps: [framework, {expectRoles: {r: {colour: 1}}}]}, 'refused'],
  [
    'a step in a repetition',
    {...head, steps: [{repeat: {times: 1, steps: [{sail: 1}]}}]},
    'refused',
  ],
  ['a metric', {...head, steps: [{expectMetric: {'allocator/mood': 1}}]}, 'failed'],
  [
    'the absence of a metric',
    {...head, steps: [{expectMetric: {'allocator/allocation_runs': null}}]},
    'failed',
  ],
  [
    'an inverse offer',
    {
      ...head,
      steps: [
        agent,
        framework,
        {expectInverseOffers: [{framework: 'f', agents: {agent1: {start: '1s'}}}]},
      ],
    },
    'failed',
  ],
  ['a role', {...head, steps: [{expectRoles: {r: {}}}]}, 'failed'],
  ['the absence of roles', {...head, steps: [framework, {expectRoles: {}}]}, 'failed'],
  ['a weight', {...head, steps: [framework, {expectRoles: {r: {weight: 2}}}]}, 'failed'],
  [
    'a refusal',
    {...head, steps: [agent, {updateAvailable: {agent: 'agent1', operations: [], error: true}}]},
    'failed',
  ],
  [
    'an order',
    {...head, suite: 'sorter', steps: [{add: 'a'}, {activate: 'a'}, {expectOrder: []}]},
    'failed',
  ],
  ['a count', {...head, suite: 'sorter', steps: [{add: 'a'}, {expectCount: 2}]}, 'failed'],
  [
    'an allocation',
    {
      ...head,
      suite: 'sorter',
      steps: [{add: 'a'}, {expectAllocation: {client: 'a', agents: {agent1: 'cpus:1'}}}],
    },
    'failed',
  ],
  [
    'a chance',
    {
      ...head,
      suite: 'sorter',
      steps: [
        {
          expectShuffle: {
            weights: {a: 1, b: 1},
            runs: 1000,
            tolerance: 0.1,
            table: {a: [0.9, 0.1], b: [0.1, 0.9]},
          },
        },
      ],
    },
    'failed',
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

test('agents may be renamed one to one where a case says so, but not taken apart', (t) => {
  const part = (name: string) => ({framework: 'f', agents: {[name]: {r: 'cpus:1'}}});
  const other = {addAgent: {id: 'agent2', resources: 'cpus:2'}};
  const twice = [framework, agent, other];
  const verdict = (expectOffers: unknown) =>
    runCase({...head, steps: [...twice, {expectOffers, anyAgentOrder: true}]}, 1).kind;
  t.is(verdict([part('x'), {framework: 'f', agents: {y: {r: 'cpus:2'}}}]), 'passed');
  t.is(verdict([part('x'), {framework: 'f', agents: {x: {r: 'cpus:2'}}}]), 'failed');
});
