/** What an agent offers where nobody says it, and how one machine is divided among several. */
import test from 'ava';
import {agentResources, partOf, partOfPorts, readMachine, type Machine} from './machine.ts';

const MACHINE: Machine = {cpus: 8, memMiB: 16_384, diskMiB: 102_400, ports: [31_000, 32_000]};

for (const [title, text, machine, expected] of [
  [
    'all but a share for the system',
    '',
    MACHINE,
    {cpus: 8000, mem: 15_360_000, disk: 97_280_000, ports: [[31_000, 32_000]]},
  ],
  [
    'half of what is little',
    '',
    {...MACHINE, memMiB: 1500, diskMiB: 8000},
    {cpus: 8000, mem: 750_000, disk: 4_000_000, ports: [[31_000, 32_000]]},
  ],
  [
    'what is said, and the rest as it is found',
    'cpus:2;ports:[8000-8001];mem:100',
    MACHINE,
    {cpus: 2000, mem: 100_000, disk: 97_280_000, ports: [[8000, 8001]]},
  ],
] as const) {
  test(`an agent offers ${title}`, (t) => {
    const read = agentResources(text, '*', machine);
    if (!read.ok) return t.fail(read.message);
    const {scalars, ranges} = read.resources;
    t.deepEqual({...scalars, ports: ranges?.['ports']}, structuredClone(expected) as never);
  });
}

test('what is said of one role is not found for another', (t) => {
  const read = agentResources('cpus(db):2', '*', MACHINE);
  t.true(read.ok && read.resources.scalars['cpus'] === undefined);
  t.is(read.ok ? read.resources.special?.length : 0, 1);
});

test('resources that mean nothing are told', (t) => {
  const read = agentResources('cpus=2', '*', MACHINE);
  t.regex(read.ok ? '' : read.message, /must have the form name:value/);
});

test('parts of a machine are no more than the whole', (t) => {
  const part = partOf(MACHINE, 3);
  for (const name of ['cpus', 'memMiB', 'diskMiB'] as const) {
    t.true(part[name] > 0 && 3 * part[name] <= MACHINE[name]);
  }
});

for (const [said, count, expected] of [
  ['', 1, [[[31_000, 32_000]]]],
  ['', 2, [[[31_000, 31_499]], [[31_500, 31_999]]]],
  [
    'ports:[1-2,4-4,6-8]',
    2,
    [
      [
        [1, 2],
        [4, 4],
      ],
      [[6, 8]],
    ],
  ],
  ['ports:[1-2,4-6]', 4, [[[1, 1]], [[2, 2]], [[4, 4]], [[5, 5]]]],
  ['ports:[1-1]', 2, [[], []]],
] as const) {
  test(`agents of a machine share no port: ${count} of '${said}'`, (t) => {
    const read = agentResources(said, '*', MACHINE);
    if (!read.ok) return t.fail(read.message);
    const parts = Array.from({length: count}, (_, at) => partOfPorts(read.resources, at, count));
    const ports = parts.map(({ranges}) => ranges?.['ports'] ?? []);
    t.deepEqual(ports, structuredClone(expected) as never);
  });
}

test('this machine has something of everything', (t) => {
  const {cpus, memMiB, diskMiB} = readMachine('/');
  t.true(cpus > 0 && memMiB > 0 && diskMiB > 0);
});
