/** What jobs say: what is read, what is refused and why, and that what is printed is read again. */
import test from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../../adapters/zones/temporal-zones.ts';
import {ZoneBook} from '../../../kernel/time-zones.ts';
import {CHRONOS_DEFAULTS} from '../../../options.ts';
import type {Fault} from '../../json/json-shape.ts';
import {chainTo, topologicalOrder} from '../jobs/graph.ts';
import {chronosEnv, metronomeEnv, metronomeSecrets} from '../launch/task-env.ts';
import {
  argumentsText,
  buildTaskId,
  commandWith,
  launchId,
  parseTaskId,
  type TaskIdParts,
} from '../runs/task-id.ts';
import {admit} from './admission.ts';
import {
  parentsOf,
  type ChronosDefinition,
  type JobDefinition,
  type MetronomeDefinition,
} from './job-definition.ts';
import {printChronosJob, printListedJob, type JobFigures} from './print-chronos-job.ts';
import {
  metronomeInstant,
  printMetronomeJob,
  printMetronomeSchedule,
} from './print-metronome-job.ts';
import {readChronosJob} from './read-chronos-job.ts';
import {readMetronomeJob, readMetronomeSchedule} from './read-metronome-job.ts';
import type {Reading} from './reading.ts';
import {printSchedule, readTrigger, type ScheduleTrigger, type TriggerContext} from './trigger.ts';

const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function must<T>(reading: Reading<T>): T {
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return reading.value;
}

function faultsOf(reading: Reading<unknown>): readonly Fault[] {
  return reading.ok ? [] : reading.faults;
}

const SCHEDULE = 'R/2030-01-01T00:00:00Z/P1D';
const BASE = {name: 'job', command: 'echo hi', schedule: SCHEDULE};
const readChronos = (value: unknown): Reading<ChronosDefinition> =>
  readChronosJob(value, CHRONOS_DEFAULTS);
const chronos = (fields: object = {}): ChronosDefinition => must(readChronos({...BASE, ...fields}));
const inContainer = (fields: object): object => ({...BASE, container: {image: 'i', ...fields}});

/** A document, and what is refused in it with which words; nothing if it is fine. */
type Row = readonly [title: string, value: unknown, at?: string, message?: string];

const CHRONOS_ROWS: readonly Row[] = [
  ['a text', 'job', '/', 'expected an object'],
  ['a list', [BASE], '/', 'expected an object'],
  ['a job without a name', {command: 'x'}, '/name', 'not defined'],
  ['a name that is null', {...BASE, name: null}, '/name', 'not defined'],
  ['an empty name', {...BASE, name: ''}, '/name', String.raw`must match ^[\w.-]+$`],
  ['a name with a blank', {...BASE, name: 'a b'}, '/name'],
  ['a name with a colon', {...BASE, name: 'a:b'}, '/name'],
  ['a name with a slash', {...BASE, name: 'a/b'}, '/name'],
  ['a name with a number sign', {...BASE, name: 'a#b'}, '/name'],
  ['a name beyond ASCII', {...BASE, name: 'ä'}, '/name'],
  ['a name with an end of line', {...BASE, name: 'a\n'}, '/name'],
  ['a name of all that may be', {...BASE, name: '.a_B-9'}],
  ['a list for a text', {...BASE, owner: ['a']}, '/owner', 'expected a text'],
  ['an object for a number', {...BASE, mem: {}}, '/mem', 'expected a number'],
  ['a word for a number', {...BASE, cpus: 'half'}, '/cpus', 'expected a number'],
  ['an empty text for a number', {...BASE, cpus: ''}, '/cpus', 'expected a number'],
  ['a number without end', {...BASE, cpus: '1e999'}, '/cpus', 'expected a number'],
  ['a word for a flag', {...BASE, disabled: 'yes'}, '/disabled', 'expected true or false'],
  ['a text for a list', {...BASE, arguments: '-a'}, '/arguments', 'expected a list'],
  ['null in a list', {...BASE, arguments: ['a', null]}, '/arguments(1)', 'expected a text'],
  ['negative retries', {...BASE, retries: -1}, '/retries', 'must be at least 0'],
  ['retries beyond 32 bits', {...BASE, retries: 2 ** 31}, '/retries', 'must be at most 2147483647'],
  ['negative cores', {...BASE, cpus: -1}, '/cpus', 'must be at least 0'],
  ['negative memory', {...BASE, mem: '-1'}, '/mem', 'must be at least 0'],
  ['negative disk', {...BASE, disk: -0.5}, '/disk', 'must be at least 0'],
  ['more than is counted', {...BASE, cpus: 1e13}, '/cpus', 'must be at most 9007199254740'],
  ['a negative limit of time', {...BASE, maxCompletionTime: -1}, '/maxCompletionTime'],
  [
    'uris and fetch that differ',
    {...BASE, uris: ['http://h/a'], fetch: [{uri: 'http://h/b'}]},
    '/uris',
    'expected either uris or fetch, not both',
  ],
  [
    'both of a job with parents',
    {name: 'b', parents: ['a'], uris: ['x'], fetch: [{uri: 'y'}]},
    '/uris',
  ],
  ['empty uris beside fetch', {...BASE, uris: [], fetch: [{uri: 'y'}]}],
  ['a fetch without uri', {...BASE, fetch: [{cache: true}]}, '/fetch(0)/uri', 'not defined'],
  [
    'a variable without name',
    {...BASE, environmentVariables: [{value: 'x'}]},
    '/environmentVariables(0)/name',
    'not defined',
  ],
  [
    'an unknown operator',
    {...BASE, constraints: [['rack', 'NEAR', 'x']]},
    '/constraints(0)(1)',
    'expected one of: EQUALS, LIKE, UNLIKE',
  ],
  [
    'an operator in lower case',
    {...BASE, constraints: [['rack', 'like', 'x']]},
    '/constraints(0)(1)',
  ],
  [
    'a constraint of two parts',
    {
      ...BASE,
      constraints: [
        ['rack', 'LIKE', 'x'],
        ['rack', 'LIKE'],
      ],
    },
    '/constraints(1)',
    'expected [attribute, operator, value]',
  ],
  [
    'a constraint of four parts',
    {...BASE, constraints: [['a', 'LIKE', 'x', 'y']]},
    '/constraints(0)',
  ],
  [
    'a constraint that is a text',
    {...BASE, constraints: ['a:LIKE:x']},
    '/constraints(0)',
    'expected a list',
  ],
  [
    'an expression that is none',
    {...BASE, constraints: [['a', 'LIKE', '(']]},
    '/constraints(0)(2)',
  ],
  ['the same text for EQUALS', {...BASE, constraints: [['a', 'EQUALS', '(']]}],
  [
    'a container of an unknown type',
    inContainer({type: 'LXC'}),
    '/container/type',
    'expected one of: DOCKER, MESOS',
  ],
  ['a type in lower case', inContainer({type: 'mesos'})],
  [
    'a network in lower case',
    inContainer({network: 'host'}),
    '/container/network',
    'expected one of: BRIDGE, HOST, USER',
  ],
  ['a container without image, whatever it says', {...BASE, container: {type: 'LXC'}}],
  [
    'a container with an empty image',
    inContainer({image: ''}),
    '/container/image',
    'must not be empty',
  ],
  ['a container that is a text', {...BASE, container: 'i'}, '/container', 'expected an object'],
  [
    'a volume for writing alone',
    inContainer({volumes: [{containerPath: '/a', mode: 'WO'}]}),
    '/container/volumes(0)/mode',
    'expected one of: RO, RW',
  ],
  [
    'a volume without a place',
    inContainer({volumes: [{mode: 'RO'}]}),
    '/container/volumes(0)/containerPath',
    'not defined',
  ],
  [
    'an unknown protocol',
    inContainer({networkInfos: [{name: 'n', protocol: 'IPv5'}]}),
    '/container/networkInfos(0)/protocol',
  ],
  [
    'a port that is too large',
    inContainer({networkInfos: [{portMappings: [{hostPort: '70000'}]}]}),
    '/container/networkInfos(0)/portMappings(0)/hostPort',
    'must be at most 65535',
  ],
  [
    'epsilon below a second',
    {...BASE, epsilon: 'PT0.5S'},
    '/epsilon',
    'must be at least one second, PT1S',
  ],
  [
    'negative epsilon',
    {...BASE, epsilon: 'PT-5M'},
    '/epsilon',
    'must be at least one second, PT1S',
  ],
  [
    'epsilon of a month',
    {...BASE, epsilon: 'P1M'},
    '/epsilon',
    'expected a period without years and months, such as PT60S',
  ],
  ['epsilon that is no period', {...BASE, epsilon: '5 minutes'}, '/epsilon'],
  ['epsilon of a second', {...BASE, epsilon: 'PT1S'}],
  [
    'an unknown catch-up',
    {...BASE, catchup: 'some'},
    '/catchup',
    'expected one of: all, latest, none',
  ],
  ['catch-up of nothing', {...BASE, catchupLimit: 0}, '/catchupLimit', 'must be at least 1'],
  [
    'an unknown rule for overlaps',
    {...BASE, overlap: 'wait'},
    '/overlap',
    'expected one of: allow, buffer-one, replace, skip',
  ],
  [
    'an unknown barrier',
    {...BASE, barrier: 'latest'},
    '/barrier',
    'expected one of: counters, cycle',
  ],
  ['an unknown launch', {...BASE, launch: 'once'}, '/launch', 'expected one of: again, strict'],
  ['a negative delay', {...BASE, retryDelay: -1}, '/retryDelay', 'must be at least 0'],
  ['a shrinking delay', {...BASE, retryBackoff: 0.5}, '/retryBackoff', 'must be at least 1'],
  ['a number as overlap', {...BASE, overlap: 1}, '/overlap', 'expected a text'],
  ['unknown fields', {...BASE, somethingElse: 1, async: true}],
  [
    'nulls',
    {
      ...BASE,
      owner: null,
      cpus: null,
      disabled: null,
      parents: null,
      container: null,
      retryDelay: null,
    },
  ],
];

for (const [title, value, at, message] of CHRONOS_ROWS) {
  test(`Chronos: ${title} ${at === undefined ? 'is accepted' : 'is refused'}`, (t) => {
    const faults = faultsOf(readChronos(value));
    t.deepEqual([...new Set(faults.map(({path}) => path))], at === undefined ? [] : [at]);
    if (message !== undefined) t.is(faults[0]?.message, message);
  });
}

test('all faults of a job are told at once', (t) => {
  const faults = faultsOf(readChronos({name: 'a b', cpus: -1, retries: 'x', catchup: 'y'}));
  t.deepEqual(
    faults.map(({path}) => path),
    ['/name', '/cpus', '/retries', '/catchup'].sort((one, two) => order(one) - order(two)),
  );
  function order(path: string): number {
    return ['/name', '/retries', '/cpus', '/catchup'].indexOf(path);
  }
});

test('a job that says nothing has the defaults, and runs once, now', (t) => {
  t.deepEqual(clean(must(readChronos({name: 'a'}))), {
    form: 'chronos',
    name: 'a',
    command: '',
    shell: true,
    arguments: [],
    executor: '',
    executorFlags: '',
    taskInfoData: '',
    retries: 2,
    owner: '',
    ownerName: '',
    description: '',
    cpus: 0.1,
    mem: 128,
    disk: 256,
    disabled: false,
    softError: false,
    dataProcessingJobType: false,
    highPriority: false,
    concurrent: false,
    maxCompletionTime: 0,
    runAsUser: 'root',
    uris: [],
    fetch: [],
    environmentVariables: [],
    constraints: [],
    scheduleTimeZone: '',
    schedule: 'R1//PT24H',
  });
});

test('what a job says, in whichever JSON type, goes before the defaults', (t) => {
  const rows: readonly (readonly [string, unknown, unknown])[] = [
    ['cpus', '0.5', 0.5],
    ['cpus', ' 1e1 ', 10],
    ['cpus', 0, 0.1],
    ['cpus', '0', 0.1],
    ['cpus', true, 1],
    ['mem', '.5', 0.5],
    ['disk', 1, 1],
    ['retries', '7', 7],
    ['retries', 2.9, 2],
    ['retries', -0.5, 0],
    ['retries', 0, 0],
    ['command', 5, '5'],
    ['command', true, 'true'],
    ['owner', '', ''],
    ['shell', 'false', false],
    ['shell', 0, false],
    ['disabled', 1, true],
    ['runAsUser', '', 'root'],
    ['runAsUser', 'me', 'me'],
    ['arguments', [1, 'a', false], ['1', 'a', 'false']],
    ['epsilon', '', undefined],
    ['epsilon', 'PT15M', 'PT15M'],
    ['overlap', 'SKIP', 'skip'],
    ['scheduleTimeZone', 'PST', 'PST'],
    ['constraints', [['a', 'LIKE', 1]], [{attribute: 'a', operator: 'LIKE', value: '1'}]],
    [
      'environmentVariables',
      [{name: 'A', value: 1}, {name: 'B'}],
      [
        {name: 'A', value: '1'},
        {name: 'B', value: ''},
      ],
    ],
  ];
  for (const [field, given, expected] of rows) {
    const read: Readonly<Record<string, unknown>> = {...chronos({[field]: given})};
    t.deepEqual(read[field], expected, `${field}: ${JSON.stringify(given)}`);
    t.false(Object.is(read[field], -0));
  }
});

test('the defaults are those of the cluster', (t) => {
  const options = {cpusDefault: 2, memDefault: 3, diskDefault: 4, userDefault: 'us'};
  const {cpus, mem, disk, runAsUser} = must(readChronosJob({name: 'a'}, options));
  t.deepEqual({cpus, mem, disk, runAsUser}, {cpus: 2, mem: 3, disk: 4, runAsUser: 'us'});
});

test('parents go before a schedule, and their zone is none', (t) => {
  const job = chronos({parents: ['b', 'a', 'b'], scheduleTimeZone: 'Europe/Paris'});
  t.deepEqual(job.parents, ['a', 'b']);
  t.is(job.schedule, undefined);
  t.is(job.scheduleTimeZone, '');
  t.is(chronos({scheduleTimeZone: 'Europe/Paris'}).scheduleTimeZone, 'Europe/Paris');
  t.deepEqual(chronos({parents: []}).parents, []);
});

test('uris and fetch that mirror each other, as in lists of jobs, are one thing', (t) => {
  const fetch = [{uri: 'a', executable: false, cache: true, extract: true}];
  const job = chronos({uris: ['a'], fetch});
  t.deepEqual(job.uris, []);
  t.deepEqual(clean(job.fetch), fetch);
});

test('a container is read with all it says, ports as numbers', (t) => {
  const portMappings = [{hostPort: '0', containerPort: '8080', protocol: 'tcp'}];
  const {container} = chronos({
    container: {
      type: 'Docker',
      image: 'i',
      network: 'USER',
      networkName: 'net',
      networkInfos: [{name: 'n', protocol: 'IPv4', labels: [{key: 'k', value: 'v'}], portMappings}],
      volumes: [
        {containerPath: '/a', hostPath: '/b', mode: 'RO'},
        {containerPath: '/c', external: {name: 'e', provider: 'p'}},
      ],
      parameters: [{key: 'x', value: 1}],
      forcePullImage: 'true',
    },
  });
  t.deepEqual(clean(container), {
    type: 'DOCKER',
    image: 'i',
    network: 'USER',
    networkName: 'net',
    networkInfos: [
      {
        name: 'n',
        protocol: 'IPv4',
        labels: [{key: 'k', value: 'v'}],
        portMappings: [{hostPort: 0, containerPort: 8080, protocol: 'tcp'}],
      },
    ],
    volumes: [
      {containerPath: '/a', hostPath: '/b', mode: 'RO'},
      {containerPath: '/c', external: {name: 'e', provider: 'p', options: []}},
    ],
    parameters: [{key: 'x', value: '1'}],
    forcePullImage: true,
  });
  t.is(chronos({container: {type: 'DOCKER'}}).container, undefined);
});

const RUN = {cpus: 0.1, mem: 32, disk: 0, cmd: 'sleep 1'};
const METRONOME = {id: 'a.b', run: RUN};
const withRun = (fields: object): object => ({...METRONOME, run: {...RUN, ...fields}});
const CRON = {id: 'every-day', cron: '0 2 * * *'};
const withSchedule = (fields: object): object => ({
  ...METRONOME,
  schedules: [{...CRON, ...fields}],
});
const UCR = {image: {id: 'i'}};
const metronome = (fields: object = {}): MetronomeDefinition =>
  must(readMetronomeJob({...METRONOME, ...fields}));

const METRONOME_ROWS: readonly Row[] = [
  ['a text', 'job', '/', 'error.expected.jsobject'],
  ['a job without id', {run: RUN}, '/id', 'not defined'],
  ['a job without run', {id: 'a'}, '/run', 'not defined'],
  ['an id of one letter', {...METRONOME, id: 'a'}],
  ['an id with hyphens inside', {...METRONOME, id: 'a--b.c-d'}],
  ['an id with a capital', {...METRONOME, id: 'A'}, '/id'],
  ['an id with an underscore', {...METRONOME, id: 'a_b'}, '/id'],
  ['an id that begins with a hyphen', {...METRONOME, id: '-a'}, '/id'],
  ['an id with a hyphen at the end of a part', {...METRONOME, id: 'a-.b'}, '/id'],
  ['an id with an empty part', {...METRONOME, id: 'a..b'}, '/id'],
  ['an id that is a number', {...METRONOME, id: 1}, '/id', 'error.expected.jsstring'],
  ['an unknown field', {...METRONOME, cmd: 'x'}, '/cmd'],
  ['an unknown field in run', withRun({image: 'x'}), '/run/image'],
  ['what answers embed', {...METRONOME, activeRuns: [], history: {}, historySummary: {}}],
  [
    'a label that is a number',
    {...METRONOME, labels: {a: 1}},
    '/labels/a',
    'error.expected.jsstring',
  ],
  ['no cores', withRun({cpus: undefined}), '/run/cpus', 'not defined'],
  ['no disk', withRun({disk: undefined}), '/run/disk', 'not defined'],
  ['few cores', withRun({cpus: 0.005}), '/run/cpus', 'must be at least 0.01'],
  ['little memory', withRun({mem: 31}), '/run/mem', 'must be at least 32'],
  ['negative disk', withRun({disk: -1}), '/run/disk', 'must be at least 0'],
  ['more than is counted', withRun({mem: 1e13}), '/run/mem', 'must be at most 9007199254740'],
  ['cores as text', withRun({cpus: '1'}), '/run/cpus', 'error.expected.jsnumber'],
  ['a part of a gpu', withRun({gpus: 0.5}), '/run/gpus', 'error.expected.int'],
  ['gpus with docker', withRun({gpus: 1, docker: {image: 'i'}}), '/run/gpus'],
  ['gpus with UCR', withRun({gpus: 1, ucr: UCR})],
  [
    'nothing to run',
    withRun({cmd: undefined}),
    '/run',
    'Cmd, docker or ucr image must be specified',
  ],
  ['arguments alone', withRun({cmd: undefined, args: ['a']}), '/run'],
  ['an image alone', withRun({cmd: undefined, docker: {image: 'i'}})],
  ['an empty image alone', withRun({cmd: undefined, docker: {image: ''}}), '/run'],
  ['an image of UCR alone', withRun({cmd: undefined, ucr: UCR})],
  [
    'two images',
    withRun({docker: {image: 'i'}, ucr: UCR}),
    '/run',
    'Either Docker or UCR should be provided, but not both',
  ],
  [
    'an unknown kind of image',
    withRun({ucr: {image: {id: 'i', kind: 'oci'}}}),
    '/run/ucr/image/kind',
  ],
  ['an empty command', withRun({cmd: ''}), '/run/cmd', 'must not be empty'],
  ['a secret', withRun({env: {A: {secret: 's'}}, secrets: {s: {source: '/s'}}})],
  [
    'a secret that is not there',
    withRun({env: {A: {secret: 's'}}}),
    '/run/secrets',
    'Secret names are different from provided secrets. Defined: s, Provided: ',
  ],
  [
    'a secret that nobody uses',
    withRun({secrets: {s: {source: '/s'}}}),
    '/run/secrets',
    'Secret names are different from provided secrets. Defined: , Provided: s',
  ],
  [
    'a secret in a file',
    withRun({ucr: UCR, volumes: [{containerPath: 'f', secret: 's'}], secrets: {s: {source: '/s'}}}),
  ],
  [
    'a secret in a file without UCR',
    withRun({volumes: [{containerPath: 'f', secret: 's'}], secrets: {s: {source: '/s'}}}),
    '/run/volumes(0)',
  ],
  [
    'a volume without mode',
    withRun({volumes: [{containerPath: '/a', hostPath: '/b'}]}),
    '/run/volumes(0)/mode',
    'not defined',
  ],
  ['a volume', withRun({volumes: [{containerPath: '/a', hostPath: '/b', mode: 'RW'}]})],
  ['a number as variable', withRun({env: {A: 1}}), '/run/env/A', 'expected a text or {secret}'],
  [
    'an unknown operator',
    withRun({placement: {constraints: [{attribute: 'a', operator: 'MAX_PER', value: '1'}]}}),
    '/run/placement/constraints(0)/operator',
    'expected one of: EQ, IS, LIKE, UNLIKE',
  ],
  [
    'a constraint without value',
    withRun({placement: {constraints: [{attribute: 'a', operator: 'LIKE'}]}}),
  ],
  [
    'an expression that is none',
    withRun({placement: {constraints: [{attribute: 'a', operator: 'LIKE', value: '('}]}}),
    '/run/placement/constraints(0)/value',
  ],
  [
    'networks of two modes',
    withRun({ucr: UCR, networks: [{mode: 'host'}, {mode: 'container', name: 'n'}]}),
    '/run/networks',
  ],
  [
    'two networks',
    withRun({
      networks: [
        {mode: 'container', name: 'n'},
        {mode: 'container', name: 'm'},
      ],
    }),
    '/run/networks',
  ],
  [
    'two networks with UCR',
    withRun({
      ucr: UCR,
      networks: [
        {mode: 'container', name: 'n'},
        {mode: 'container', name: 'm'},
      ],
    }),
  ],
  [
    'two bridges',
    withRun({ucr: UCR, networks: [{mode: 'container/bridge'}, {mode: 'container/bridge'}]}),
    '/run/networks',
  ],
  ['a network without name', withRun({networks: [{mode: 'container'}]}), '/run/networks(0)/name'],
  ['a bridge without name', withRun({networks: [{mode: 'container/bridge'}]})],
  [
    'an unknown policy',
    withRun({restart: {policy: 'ALWAYS'}}),
    '/run/restart/policy',
    'expected one of: NEVER, ON_FAILURE',
  ],
  ['a delay of nothing', withRun({maxLaunchDelay: 0}), '/run/maxLaunchDelay', 'must be at least 1'],
  [
    'the same dependency twice',
    {...METRONOME, dependencies: [{id: 'c'}, {id: 'c'}]},
    '/dependencies',
    'has double entries',
  ],
  [
    'dependencies that are texts',
    {...METRONOME, dependencies: ['c']},
    '/dependencies(0)',
    'error.expected.jsobject',
  ],
  [
    'two schedules',
    {...METRONOME, schedules: [CRON, {...CRON, id: 'xx'}]},
    '/schedules',
    'Only one schedule supported at the moment',
  ],
  [
    'a schedule and dependencies',
    {...METRONOME, schedules: [CRON], dependencies: [{id: 'c'}]},
    '/',
    'Jobs may not have both dependencies and schedules specified',
  ],
  ['a schedule without cron', withSchedule({cron: undefined}), '/schedules(0)/cron', 'not defined'],
  ['a schedule with a short id', withSchedule({id: 'a'}), '/schedules(0)/id'],
  ['a schedule with an id of two', withSchedule({id: 'ab'})],
  [
    'a short deadline',
    withSchedule({startingDeadlineSeconds: 59}),
    '/schedules(0)/startingDeadlineSeconds',
    'must be at least 60',
  ],
  [
    'a policy that never was',
    withSchedule({concurrencyPolicy: 'REPLACE'}),
    '/schedules(0)/concurrencyPolicy',
    'expected one of: ALLOW, FORBID',
  ],
  ['a schedule as it is answered', withSchedule({nextRunAt: '2016-07-15T13:02:59.735+0000'})],
];

for (const [title, value, at, message] of METRONOME_ROWS) {
  test(`Metronome: ${title} ${at === undefined ? 'is accepted' : 'is refused'}`, (t) => {
    const faults = faultsOf(readMetronomeJob(value));
    t.deepEqual([...new Set(faults.map(({path}) => path))], at === undefined ? [] : [at]);
    if (message !== undefined) t.is(faults[0]?.message, message);
  });
}

test('a Metronome job that says little has the defaults', (t) => {
  t.deepEqual(clean(metronome({schedules: [CRON]})), {
    form: 'metronome',
    name: 'a.b',
    labels: {},
    parents: [],
    schedules: [
      {
        ...CRON,
        timezone: 'UTC',
        startingDeadlineSeconds: 900,
        concurrencyPolicy: 'ALLOW',
        enabled: true,
      },
    ],
    run: {
      ...RUN,
      gpus: 0,
      env: {},
      secrets: {},
      volumes: [],
      networks: [],
      artifacts: [],
      placement: {constraints: []},
      restart: {policy: 'NEVER'},
      maxLaunchDelay: 3600,
    },
  });
});

test('EQ is IS, parents are sorted, and grace is in whole seconds', (t) => {
  const constraints = [{attribute: 'a', operator: 'EQ', value: 'x'}];
  const job = metronome({
    dependencies: [{id: 'd'}, {id: 'c'}],
    run: {...RUN, placement: {constraints}, taskKillGracePeriodSeconds: 2.5},
  });
  t.deepEqual(job.parents, ['c', 'd']);
  t.is(job.run.placement.constraints[0]?.operator, 'IS');
  t.is(job.run.taskKillGracePeriodSeconds, 2);
});

test('the id of the path goes before that of the document', (t) => {
  t.is(must(readMetronomeJob({...METRONOME, id: 'x'}, {id: 'a'})).name, 'a');
  t.is(must(readMetronomeJob({run: RUN}, {id: 'a'})).name, 'a');
  t.is(must(readMetronomeSchedule({cron: '* * * * *'}, {id: 'ab'})).id, 'ab');
  t.deepEqual(
    faultsOf(readMetronomeSchedule([], {id: 'ab'})).map(({path}) => path),
    ['/'],
  );
});

const NOW = Date.UTC(2020, 0, 1);
const CONTEXT: TriggerContext = {
  zones: new ZoneBook(temporalZones),
  now: NOW,
  options: {legacyZoneNames: false},
};
const OLD_NAMES: TriggerContext = {...CONTEXT, options: {legacyZoneNames: true}};

function triggerFault(definition: JobDefinition, context = CONTEXT): Fault | undefined {
  const result = readTrigger(definition, context);
  return result.ok ? undefined : result.faults[0];
}

function scheduled(definition: JobDefinition, context = CONTEXT): ScheduleTrigger {
  const result = readTrigger(definition, context);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  if (result.trigger.kind !== 'schedule') throw new Error(result.trigger.kind);
  return result.trigger;
}

const TRIGGERS: readonly (readonly [schedule: string, zone: string, at?: string])[] = [
  [SCHEDULE, ''],
  [SCHEDULE, 'Europe/Paris'],
  [SCHEDULE, 'Mars/Olympus', '/scheduleTimeZone'],
  [SCHEDULE, 'BST', '/scheduleTimeZone'],
  [SCHEDULE, 'GMT+5', '/scheduleTimeZone'],
  ['FOO', '', '/schedule'],
  ['', '', '/schedule'],
  ['R/2030-01-01T00:00:00Z', '', '/schedule'],
  ['R-1/2030-01-01T00:00:00Z/P1D', '', '/schedule'],
  [' R/2030-01-01T00:00:00Z/P1D', '', '/schedule'],
  ['R99999999999999999999/2030-01-01T00:00:00Z/P1D', '', '/schedule'],
  ['R/1970-01-01T00:00:00.999Z/P1D', '', '/schedule'],
  ['R1/1969-12-31T23:00:00-02:00/P1D', ''],
  ['R/1970-01-01T00:00:01Z/P1D', ''],
  ['R1//PT24H', ''],
  ['R0//PT0M', ''],
  ['R//PT1S', ''],
  ['R//PT0.999S', '', '/schedule'],
  ['R//P', '', '/schedule'],
  ['R2//PT0S', '', '/schedule'],
  ['R1//P', ''],
  ['R1/2030-01-01T00:00:00Z/P-1D', ''],
  ['R0/2030-01-01T00:00:00Z/PT0.5S', ''],
  ['R/2030-01-01T00:00:00Z/P-1D', '', '/schedule'],
  ['R/2030-01-01T00:00:00Z/P1M-1D', '', '/schedule'],
  ['R/2030-01-01T00:00:00Z/PT1H-1M', '', '/schedule'],
  ['cron:0 2 * * MON-FRI', ''],
  ['cron: 0 2 * * *', 'Europe/Paris'],
  ['cron:0 2 * *', '', '/schedule'],
  ['cron:0 25 * * *', '', '/schedule'],
  ['cron:0 0 30 2 ?', '', '/schedule'],
  ['CRON:0 2 * * *', '', '/schedule'],
];

for (const [schedule, scheduleTimeZone, at] of TRIGGERS) {
  const title = `${JSON.stringify(schedule)} in '${scheduleTimeZone}'`;
  test(`the schedule ${title} is ${at === undefined ? 'accepted' : 'refused'}`, (t) => {
    t.is(triggerFault(chronos({schedule, scheduleTimeZone}))?.path, at);
  });
}

test('old names of zones are known if asked for', (t) => {
  const job = chronos({schedule: 'R/2030-07-01T00:00:00Z/P1D', scheduleTimeZone: 'BST'});
  t.is(scheduled(job, OLD_NAMES).timetable.first, Date.UTC(2030, 5, 30, 18));
});

test('a schedule without a start begins when it is read, and says so from then on', (t) => {
  for (const scheduleTimeZone of ['', 'Europe/Paris']) {
    const job = chronos({schedule: 'R//PT1H', scheduleTimeZone});
    const {anchored, timetable, repetitions} = scheduled(job);
    t.is(timetable.first, NOW - 1000);
    t.is(repetitions, null);
    const later = {...CONTEXT, now: NOW + 1e9, origin: 'storage'} as const;
    const again = scheduled({...job, schedule: anchored}, later);
    t.is(again.timetable.first, NOW - 1000);
    t.is(again.anchored, anchored);
  }
});

test('at the very beginning of time a schedule may begin now, and stays', (t) => {
  const start = {...CONTEXT, now: 0};
  const {anchored} = scheduled(chronos({schedule: 'R1//P'}), start);
  const again = scheduled(chronos({schedule: anchored}), {...start, origin: 'storage'});
  t.is(again.timetable.first, -1000);
});

test('a schedule is printed with its next slot and what is left', (t) => {
  const paris = scheduled(
    chronos({schedule: 'R5/2030-06-01T00:00/PT60M', scheduleTimeZone: 'Europe/Paris'}),
  );
  const next = Date.UTC(2030, 5, 1, 10);
  t.is(printSchedule(paris, {left: 3, next}), 'R3/2030-06-01T12:00:00.000+02:00/PT60M');
  t.is(printSchedule(paris, {left: null, next}), 'R/2030-06-01T12:00:00.000+02:00/PT60M');
  const cron = scheduled(chronos({schedule: 'cron:0 2 * * *'}));
  t.is(printSchedule(cron, {left: null, next}), 'cron:0 2 * * *');
});

test('a cron runs by the rule of days of its form, and in its zone', (t) => {
  const text = '0 2 13 * 5';
  const saturday = Date.UTC(2020, 5, 13, 2);
  const unix = scheduled(chronos({schedule: `cron:${text}`}));
  t.is(unix.timetable.nextAfter(saturday - 1), saturday);
  const both = scheduled(metronome({schedules: [{...CRON, cron: text}]}));
  t.is(both.timetable.nextAfter(Date.UTC(2020, 5, 1)), Date.UTC(2020, 10, 13, 2));
  const paris = scheduled(
    metronome({schedules: [{...CRON, cron: text, timezone: 'Europe/Paris'}]}),
  );
  t.is(paris.timetable.nextAfter(Date.UTC(2020, 5, 1)), Date.UTC(2020, 10, 13, 1));
});

test('faults of a Metronome schedule are found at its fields', (t) => {
  t.is(triggerFault(metronome({schedules: [{...CRON, cron: 'x'}]}))?.path, '/schedules(0)/cron');
  t.is(
    triggerFault(metronome({schedules: [{...CRON, timezone: 'Mars'}]}))?.path,
    '/schedules(0)/timezone',
  );
  t.is(
    triggerFault(metronome({schedules: [{...CRON, timezone: 'BST'}]}), OLD_NAMES)?.path,
    '/schedules(0)/timezone',
  );
});

test('parents run a job that has some, and only a hand one that has neither', (t) => {
  const kinds = [
    chronos({parents: ['a']}),
    chronos({parents: []}),
    metronome({dependencies: [{id: 'c'}]}),
    metronome(),
  ].map((job) => readTrigger(job, CONTEXT));
  t.deepEqual(
    kinds.map((result) => result.ok && result.trigger.kind),
    ['parents', 'hand', 'parents', 'hand'],
  );
});

function jobsOf(...jobs: readonly JobDefinition[]): Parameters<typeof admit>[1] {
  const known = new Map(jobs.map((job) => [job.name, job]));
  return {
    find: (name) => known.get(name),
    hasChildren: (name) => jobs.some((job) => parentsOf(job)?.includes(name) === true),
  };
}

const child = (name: string, ...parents: readonly string[]): ChronosDefinition =>
  must(readChronos({name, parents}));

test('a job is admitted if its parents are there and do not wait for it', (t) => {
  const known = jobsOf(
    chronos({name: 'a'}),
    child('b', 'a'),
    child('c', 'b'),
    metronome({id: 'm'}),
  );
  const rows: readonly (readonly [JobDefinition, string?, string?])[] = [
    [chronos({name: 'x'})],
    [child('x', 'a', 'c', 'm')],
    [child('x'), '/parents', 'must name a job at least'],
    [child('x', 'x'), '/parents', 'a job cannot wait for itself: x'],
    [child('a', 'a', 'b'), '/parents', 'a job cannot wait for itself: a'],
    [
      child('x', 'a', 'nope', 'no'),
      '/parents',
      'expected names of jobs; there are none named no, nope',
    ],
    [child('b', 'c'), '/parents', 'the jobs would wait for one another: b → c → b'],
    [child('a', 'c'), '/parents', 'the jobs would wait for one another: a → c → b → a'],
    [child('c', 'a')],
    [child('m', 'a'), '/name', 'there is a Metronome job of this name: m'],
    [metronome({id: 'a'}), '/id', 'there is a Chronos job of this name: a'],
    [metronome({id: 'm', dependencies: []})],
    [metronome({id: 'n', dependencies: [{id: 'b'}]})],
    [
      metronome({id: 'n', dependencies: [{id: 'z'}]}),
      '/dependencies',
      'expected names of jobs; there are none named z',
    ],
  ];
  for (const [job, path, message] of rows) {
    const faults = admit(job, known);
    t.deepEqual(faults, path === undefined ? [] : ([{path, message}] as Fault[]));
  }
});

const LONG = 100_000;

test('a chain of a hundred thousand jobs is ordered, and its cycle is told in short', (t) => {
  const parents = (name: string): readonly string[] =>
    name === '0' ? [] : [`${Number(name) - 1}`];
  const names = Array.from({length: LONG}, (_, at) => `${LONG - 1 - at}`);
  const sorted = topologicalOrder(names, parents);
  t.true(sorted.ok && sorted.order[0] === '0' && sorted.order.length === LONG);
  const jobs = new Map(
    names.map((name) => [name, name === '0' ? chronos({name}) : child(name, ...parents(name))]),
  );
  const faults = admit(child('0', `${LONG - 1}`), {
    find: (name) => jobs.get(name),
    hasChildren: () => true,
  });
  t.is(faults.length, 1);
  t.regex(
    faults[0]?.message ?? '',
    /^the jobs would wait for one another: 0 → 99999 → .* → … \d+ more … → 0$/,
  );
  t.true((faults[0]?.message.length ?? 0) < 300);
});

type Graph = ReadonlyMap<string, readonly string[]>;

const graphs: fc.Arbitrary<Graph> = fc.integer({min: 1, max: 12}).chain((size) => {
  const names = Array.from({length: size}, (_, at) => `j${at}`);
  return fc
    .array(fc.array(fc.constantFrom(...names), {maxLength: 2}), {minLength: size, maxLength: size})
    .map((lists) => new Map(names.map((name, at) => [name, lists[at] ?? []])));
});

test('an order has parents before children, and what has none has a cycle', (t) => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const parents = (name: string): readonly string[] => graph.get(name) ?? [];
      const result = topologicalOrder(graph.keys(), parents);
      if (result.ok) {
        const places = new Map(result.order.map((name, at) => [name, at]));
        t.is(places.size, graph.size);
        for (const [name, list] of graph) {
          for (const parent of list) t.true((places.get(parent) ?? 0) < (places.get(name) ?? 0));
        }
      } else {
        t.true(result.cycle.length > 0);
        for (const [at, name] of result.cycle.entries()) {
          t.true(parents(name).includes(result.cycle[(at + 1) % result.cycle.length] ?? ''));
        }
      }
    }),
  );
});

test('a chain is found exactly where a job is reached, and each in it waits for the next', (t) => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const parents = (name: string): readonly string[] => graph.get(name) ?? [];
      const reached = new Set(['j0']);
      for (const name of reached) for (const parent of parents(name)) reached.add(parent);
      for (const name of graph.keys()) {
        const chain = chainTo(name, ['j0'], parents);
        t.is(chain !== undefined, reached.has(name));
        if (chain === undefined) continue;
        t.is(chain[0], 'j0');
        t.is(chain.at(-1), name);
        for (const [at, next] of chain.slice(1).entries()) {
          t.true(parents(chain[at] ?? '').includes(next));
        }
      }
    }),
  );
});

const word = fc.string({maxLength: 8});
const filled = fc.string({minLength: 1, maxLength: 8});
const name = fc.stringMatching(/^[\w.-]{1,12}$/);
const amount = fc.double({min: 0.001, max: 1e6, noNaN: true});
const seconds = fc.integer({min: 0, max: 1e9});
const keyValues = fc.array(fc.record({key: filled, value: word}), {maxLength: 2});
const port = fc.integer({min: 0, max: 65535});
const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, {maxLength: 3});
const maybe = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(item, {nil: undefined});
const pattern = fc.constantFrom('a', 'rack-[0-9]+', '.*', 'x|y');

const container = fc.record({
  type: fc.constantFrom('DOCKER' as const, 'MESOS' as const),
  image: filled,
  network: fc.constantFrom('BRIDGE' as const, 'HOST' as const, 'USER' as const),
  networkName: maybe(word),
  networkInfos: some(
    fc.record({
      name: word,
      protocol: maybe(fc.constantFrom('IPv4' as const, 'IPv6' as const)),
      labels: keyValues,
      portMappings: some(fc.record({hostPort: port, containerPort: port, protocol: maybe(word)})),
    }),
  ),
  volumes: some(
    fc.record({
      containerPath: filled,
      hostPath: maybe(word),
      mode: maybe(fc.constantFrom('RO' as const, 'RW' as const)),
      external: maybe(fc.record({name: filled, provider: filled, options: keyValues})),
    }),
  ),
  forcePullImage: fc.boolean(),
  parameters: keyValues,
});

const sources = fc.oneof(
  fc.record({uris: some(filled), fetch: fc.constant([])}),
  fc.record({
    uris: fc.constant([]),
    fetch: some(
      fc.record({
        uri: filled,
        executable: fc.boolean(),
        cache: fc.boolean(),
        extract: fc.boolean(),
        outputFile: maybe(filled),
      }),
    ),
  }),
);

const timing = fc.oneof(
  fc.record({schedule: word, scheduleTimeZone: word}),
  fc.record({
    parents: fc.uniqueArray(name, {maxLength: 3}).map((names) => names.sort()),
    scheduleTimeZone: fc.constant(''),
  }),
);

const chronosJobs: fc.Arbitrary<ChronosDefinition> = fc
  .tuple(
    fc.record({
      form: fc.constant('chronos' as const),
      name,
      command: word,
      shell: fc.boolean(),
      arguments: some(word),
      executor: word,
      executorFlags: word,
      taskInfoData: word,
      retries: fc.nat(),
      owner: word,
      ownerName: word,
      description: word,
      cpus: amount,
      mem: amount,
      disk: amount,
      disabled: fc.boolean(),
      softError: fc.boolean(),
      dataProcessingJobType: fc.boolean(),
      highPriority: fc.boolean(),
      concurrent: fc.boolean(),
      maxCompletionTime: seconds,
      runAsUser: filled,
      environmentVariables: some(fc.record({name: filled, value: word})),
      constraints: some(
        fc.record({
          attribute: filled,
          operator: fc.constantFrom('EQUALS' as const, 'LIKE' as const, 'UNLIKE' as const),
          value: pattern,
        }),
      ),
      container: maybe(container),
    }),
    fc.record({
      epsilon: maybe(fc.constantFrom('PT1S', 'PT1H30M', 'P2W', 'PT60.5S')),
      catchup: maybe(fc.constantFrom('all' as const, 'latest' as const, 'none' as const)),
      catchupLimit: maybe(fc.integer({min: 1, max: 1000})),
      overlap: maybe(
        fc.constantFrom(
          'allow' as const,
          'buffer-one' as const,
          'replace' as const,
          'skip' as const,
        ),
      ),
      barrier: maybe(fc.constantFrom('counters' as const, 'cycle' as const)),
      launch: maybe(fc.constantFrom('again' as const, 'strict' as const)),
      retryDelay: maybe(seconds),
      retryBackoff: maybe(fc.double({min: 1, max: 1000, noNaN: true})),
      retryMaxDelay: maybe(seconds),
      unreachableTimeout: maybe(seconds),
    }),
    sources,
    timing,
  )
  .map(([plain, terms, files, when]) => ({...plain, ...terms, ...files, ...when}));

const FIGURES: JobFigures = {
  disabled: false,
  successCount: 1,
  errorCount: 2,
  errorsSinceLastSuccess: 0,
  lastSuccess: Date.UTC(2014, 2, 8, 16, 57, 17, 507),
  lastError: undefined,
};

test('a Chronos job that was printed is read as the same job', (t) => {
  fc.assert(
    fc.property(chronosJobs, (job) => {
      const printed = clean(printChronosJob(job, {...FIGURES, disabled: job.disabled}));
      t.deepEqual(clean(must(readChronos(printed))), clean(job));
    }),
  );
});

/** Some of the fields of a job, with any JSON in them. */
const anyFields = (names: readonly string[]): fc.Arbitrary<object> =>
  fc.dictionary(fc.constantFrom(...names), fc.jsonValue({maxDepth: 3}), {noNullPrototype: true});
const CHRONOS_FIELDS = [
  ...Object.keys(printChronosJob(chronos({container: {image: 'i'}}), FIGURES)),
  ...['parents', 'epsilon', 'catchup', 'retryDelay', '__proto__'],
];
const RUN_FIELDS = [...Object.keys(metronome().run), 'docker', 'ucr', 'cmd', 'args', 'user'];

test('any JSON at all is read or refused with a place and a reason', (t) => {
  const check = (reading: Reading<JobDefinition>): void => {
    if (reading.ok) readTrigger(reading.value, CONTEXT);
    for (const {path, message} of faultsOf(reading)) {
      t.regex(path, /^\//);
      t.not(message, '');
    }
  };
  fc.assert(
    fc.property(anyFields(CHRONOS_FIELDS), (fields) => {
      check(readChronos(fields));
      check(readChronos({...BASE, ...fields}));
    }),
  );
  fc.assert(
    fc.property(anyFields(RUN_FIELDS), (fields) => check(readMetronomeJob(withRun(fields)))),
  );
  fc.assert(fc.property(fc.jsonValue(), (value) => check(readMetronomeJob(value))));
});

test('a Chronos job of a list is read as one that fetches the same', (t) => {
  fc.assert(
    fc.property(chronosJobs, (job) => {
      const printed = clean(printListedJob(job, FIGURES));
      const read = must(readChronos(printed));
      const wanted = job.fetch.length > 0 ? job.fetch.map(({uri}) => uri) : job.uris;
      t.deepEqual(
        read.fetch.map(({uri}) => uri),
        wanted,
      );
      t.deepEqual(read.uris, []);
    }),
  );
});

test('a Chronos job is printed in the order of Chronos', (t) => {
  const printed = printChronosJob(
    chronos({container: {image: 'i'}, epsilon: 'PT5M', disabled: true}),
    {...FIGURES, schedule: 'R/2030-01-02T00:00:00.000Z/P1D'},
  );
  t.is(
    Object.keys(printed).join(' '),
    'name command shell executor executorFlags taskInfoData retries owner ownerName description ' +
      'successCount errorCount lastSuccess lastError cpus disk mem disabled softError ' +
      'dataProcessingJobType errorsSinceLastSuccess fetch uris environmentVariables arguments ' +
      'highPriority runAsUser concurrent maxCompletionTime container constraints schedule ' +
      'scheduleTimeZone epsilon',
  );
  t.like(printed, {
    disabled: false,
    lastSuccess: '2014-03-08T16:57:17.507Z',
    lastError: '',
    schedule: 'R/2030-01-02T00:00:00.000Z/P1D',
    constraints: [],
  });
  const dependent = printChronosJob(child('b', 'a'), FIGURES);
  t.is(Object.keys(dependent).at(-1), 'parents');
  t.false('schedule' in dependent);
  t.false('container' in dependent);
});

const part = fc.stringMatching(/^[a-z0-9]{1,4}(-{1,2}[a-z0-9]{1,3})?$/);
const jobId = fc.array(part, {minLength: 1, maxLength: 3}).map((parts) => parts.join('.'));
/** `__proto__` is no key like others. */
const key = fc.stringMatching(/^[A-Z]{1,3}$/);
const labels = fc.dictionary(key, word, {maxKeys: 3, noNullPrototype: true});

const images = fc.oneof(
  fc.record({
    docker: fc.record({
      image: filled,
      forcePullImage: fc.boolean(),
      privileged: fc.boolean(),
      parameters: keyValues,
    }),
    ucr: fc.constant(undefined),
    gpus: fc.constant(0),
    networks: fc.constant([]),
  }),
  fc.record({
    docker: fc.constant(undefined),
    ucr: fc.record({
      image: fc.record({
        id: filled,
        kind: fc.constantFrom('appc' as const, 'docker' as const),
        forcePull: fc.boolean(),
      }),
      privileged: fc.boolean(),
    }),
    gpus: fc.nat(8),
    networks: some(fc.record({mode: fc.constant('container' as const), name: filled, labels})),
  }),
);

const runs = fc
  .tuple(
    fc.record({
      cpus: fc.double({min: 0.01, max: 1e6, noNaN: true}),
      mem: fc.double({min: 32, max: 1e6, noNaN: true}),
      disk: fc.double({min: 0, max: 1e6, noNaN: true}),
      cmd: maybe(filled),
      args: maybe(some(word)),
      user: maybe(word),
      env: labels,
      volumes: some(
        fc.record({
          containerPath: filled,
          hostPath: filled,
          mode: fc.constantFrom('RO' as const, 'RW' as const),
        }),
      ),
      artifacts: some(
        fc.record({
          uri: word,
          extract: fc.boolean(),
          executable: fc.boolean(),
          cache: fc.boolean(),
        }),
      ),
      placement: fc.record({
        constraints: some(
          fc.record({
            attribute: word,
            operator: fc.constantFrom('IS' as const, 'LIKE' as const, 'UNLIKE' as const),
            value: maybe(pattern),
          }),
        ),
      }),
      restart: fc.record({
        policy: fc.constantFrom('NEVER' as const, 'ON_FAILURE' as const),
        activeDeadlineSeconds: maybe(seconds),
      }),
      maxLaunchDelay: fc.integer({min: 1, max: 1e6}),
      taskKillGracePeriodSeconds: maybe(seconds),
    }),
    images,
    fc.option(filled, {nil: undefined}),
  )
  .map(([run, image, secret]) => ({
    ...run,
    ...image,
    env: secret === undefined ? run.env : {...run.env, SECRET: {secret}},
    secrets: secret === undefined ? {} : {[secret]: {source: 'x'}},
  }));

const metronomeJobs: fc.Arbitrary<MetronomeDefinition> = fc
  .record({
    form: fc.constant('metronome' as const),
    name: jobId,
    description: maybe(word),
    labels,
    when: fc.oneof(
      fc.record({
        parents: fc.uniqueArray(jobId, {maxLength: 3}).map((names) => names.sort()),
        schedules: fc.constant([]),
      }),
      fc.record({
        parents: fc.constant([]),
        schedules: fc.array(
          fc.record({
            id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,5}[a-z0-9]$/),
            cron: filled,
            timezone: word,
            startingDeadlineSeconds: fc.integer({min: 60, max: 1e6}),
            concurrencyPolicy: fc.constantFrom('ALLOW' as const, 'FORBID' as const),
            enabled: fc.boolean(),
          }),
          {maxLength: 1},
        ),
      }),
    ),
    run: runs,
  })
  .map(({when, ...job}) => ({...job, ...when}));

test('a Metronome job that was printed, with its schedules, is read as the same job', (t) => {
  fc.assert(
    fc.property(metronomeJobs, (job) => {
      const schedules = job.schedules.map((one) => printMetronomeSchedule(one, NOW));
      const printed = clean({...printMetronomeJob(job), schedules});
      t.deepEqual(clean(must(readMetronomeJob(printed))), clean(job));
    }),
  );
});

test('Metronome shows instants with three digits and a numeric offset', (t) => {
  t.is(metronomeInstant(Date.UTC(2016, 6, 15, 13, 2, 59, 70)), '2016-07-15T13:02:59.070+0000');
  const schedule = must(readMetronomeSchedule(CRON));
  t.is(printMetronomeSchedule(schedule, NOW)['nextRunAt'], '2020-01-01T00:00:00.000+0000');
  t.false('nextRunAt' in printMetronomeSchedule(schedule, undefined));
});

const PARTS: TaskIdParts = {due: 1_420_843_781_398, attempt: 0, name: 'job', arguments: ''};

test('the name of a task says when, which attempt, of what, and with what', (t) => {
  t.is(buildTaskId(PARTS), 'ct:1420843781398:0:job:');
  t.is(buildTaskId({...PARTS, arguments: '-a; x'}), 'ct:1420843781398:0:job:-a x');
  const rows: readonly (readonly [string, TaskIdParts?])[] = [
    ['ct:1:0:a', {due: 1, attempt: 0, name: 'a', arguments: ''}],
    ['ct:1:0:a:', {due: 1, attempt: 0, name: 'a', arguments: ''}],
    ['ct:1:12:a.b-c_d:x:y', {due: 1, attempt: 12, name: 'a.b-c_d', arguments: 'x:y'}],
    ['ct:1:0:a:x\ny', {due: 1, attempt: 0, name: 'a', arguments: 'x\ny'}],
    ['ct:1:0::x'],
    ['ct::0:x:'],
    ['ct:a:0:x:'],
    ['ct:-1:0:x:'],
    ['xt:1:0:x:'],
    [' ct:1:0:x:'],
    ['xx ct:1:0:a:'],
    ['ct:99999999999999999999:0:x:'],
    ['ct:0:99999999999999999999:x:'],
  ];
  for (const [text, parts] of rows) t.deepEqual(parseTaskId(text), parts, text);
});

test('the name of a task tells all that is in it', (t) => {
  const ids = fc.record({due: fc.maxSafeNat(), attempt: fc.nat(), name, arguments: word});
  fc.assert(
    fc.property(ids, (parts) => {
      const wanted = {...parts, arguments: parts.arguments.replaceAll(';', '')};
      t.deepEqual(parseTaskId(buildTaskId(parts)), wanted);
    }),
  );
});

test('a run is called with what was said for it, else with what its job says', (t) => {
  t.is(argumentsText(['-a', '1'], ''), '-a 1');
  t.is(argumentsText(['-a', '1']), '-a 1');
  t.is(argumentsText(['-a'], ' \t'), '-a');
  t.is(argumentsText(['-a'], '-b; c;'), '-b c');
  t.is(argumentsText([]), '');
  t.is(commandWith('run', ''), 'run');
  t.is(commandWith('run', '-a'), 'run -a');
});

test('what Mesos does not take in an id is left out of it', (t) => {
  const bare = buildTaskId(PARTS);
  const fits = 'x'.repeat(255 - bare.length);
  const rows: readonly (readonly [string, string])[] = [
    ['-a 1:2', `${bare}-a 1:2`],
    ['/etc/x', bare],
    [String.raw`a\b`, bare],
    ['a\nb', bare],
    [fits, bare + fits],
    [`${fits}x`, bare],
    ['ä'.repeat(fits.length), bare],
  ];
  for (const [text, id] of rows) t.is(launchId({...PARTS, arguments: text}), id);
});

test('a Chronos task knows its job, and no variable of the job hides that', (t) => {
  const job = chronos({
    owner: 'me',
    cpus: 5,
    mem: 0.0001,
    disk: 12_345_678,
    environmentVariables: [
      {name: 'A', value: 'b'},
      {name: 'HOST', value: 'mine'},
      {name: 'mesos_task_id', value: 'mine'},
    ],
  });
  t.deepEqual(chronosEnv(job, {taskId: 'ct:1:2:job:', host: 'h1', due: 1, attempt: 2}), {
    A: 'b',
    mesos_task_id: 'ct:1:2:job:',
    MESOS_TASK_ID: 'ct:1:2:job:',
    CHRONOS_JOB_OWNER: 'me',
    CHRONOS_JOB_NAME: 'job',
    HOST: 'h1',
    CHRONOS_RESOURCE_MEM: '1.0E-4',
    CHRONOS_RESOURCE_CPU: '5.0',
    CHRONOS_RESOURCE_DISK: '1.2345678E7',
    CHRONOS_JOB_RUN_TIME: '1',
    CHRONOS_JOB_RUN_ATTEMPT: '2',
  });
});

test("a Metronome task sees Marathon's variables, and what the job says goes before them", (t) => {
  const job = metronome({
    labels: {'owner.team': 'x'},
    run: {
      ...RUN,
      docker: {image: 'i'},
      env: {A: 'b', HOST: 'mine', MARATHON_APP_ID: {secret: 's'}},
      secrets: {s: {source: '/s'}},
    },
  });
  t.deepEqual(metronomeEnv(job, {taskId: 't', host: 'h', runId: '20160715130259abcde'}), {
    A: 'b',
    HOST: 'mine',
    MESOS_TASK_ID: 't',
    MARATHON_APP_VERSION: '1970-01-01T00:00:00.000Z',
    MARATHON_APP_RESOURCE_CPUS: '0.1',
    MARATHON_APP_RESOURCE_MEM: '32.0',
    MARATHON_APP_RESOURCE_DISK: '0.0',
    MARATHON_APP_RESOURCE_GPUS: '0',
    MARATHON_APP_DOCKER_IMAGE: 'i',
    MARATHON_APP_LABEL_OWNER_TEAM: 'x',
    MARATHON_APP_LABELS: 'OWNER_TEAM',
  });
  t.deepEqual(metronomeSecrets(job), {MARATHON_APP_ID: 's'});
  t.is(metronomeSecrets(metronome()), undefined);
  const plain = metronomeEnv(metronome(), {taskId: 't', host: 'h', runId: 'r'});
  t.is(plain['MARATHON_APP_ID'], '/a/b/r');
});
