// `dcos marathon debug`: what waits, and why.
import {beside, table} from '../../testing/cases.ts';
import type {Script} from '../../testing/scripted-server.ts';
import {M} from '../../testing/scripts.ts';

const row = (reason: string, declined: number, processed: number): object => ({
  reason,
  declined,
  processed,
});

const OFFERS = [
  {
    offer: {
      hostname: 'h1',
      resources: [
        {name: 'cpus', scalar: 1},
        {name: 'cpus', scalar: 0.5, role: 'x'},
        {name: 'mem', scalar: 64},
      ],
    },
    reason: ['InsufficientCpus', 'InsufficientMemory'],
    timestamp: '2020-01-01T00:00:05.000Z',
  },
  {
    offer: {hostname: 'h2', resources: [{name: 'cpus', scalar: 8}]},
    reason: ['UnfulfilledConstraint'],
    timestamp: '2020-01-01T00:00:06.000Z',
  },
];

const WAITING: Script = {
  [`GET ${M}/queue`]: {
    json: {
      queue: [
        {
          count: 2,
          role: '*',
          since: '2020-01-01T00:00:00.000Z',
          delay: {timeLeftSeconds: 0, overdue: true},
          processedOffersSummary: {
            processedOffersCount: 9,
            unusedOffersCount: 8,
            lastUnusedOfferAt: '2020-01-01T00:00:06.000Z',
            rejectSummaryLastOffers: [
              row('UnfulfilledRole', 0, 2),
              row('UnfulfilledConstraint', 1, 2),
              row('NoCorrespondingReservationFound', 0, 1),
              row('AgentMaintenance', 0, 1),
              row('InsufficientCpus', 1, 1),
              row('InsufficientMemory', 0, 0),
              row('InsufficientDisk', 0, 0),
              row('InsufficientGpus', 0, 0),
              row('InsufficientPorts', 0, 0),
              row('DeclinedScarceResources', 0, 0),
            ],
          },
          lastUnusedOffers: OFFERS,
          app: {
            id: '/big',
            cpus: 4,
            mem: 512,
            disk: 0,
            role: '*',
            constraints: [['hostname', 'UNIQUE']],
            portDefinitions: [{port: 10000}],
          },
        },
        {
          count: 1,
          role: '*',
          since: '2020-01-01T00:00:00.000Z',
          delay: {timeLeftSeconds: 17, overdue: false},
          processedOffersSummary: {processedOffersCount: 0, unusedOffersCount: 0},
          app: {id: '/crashing', cpus: 1, mem: 1},
        },
        {
          count: 3,
          role: '*',
          since: '2020-01-01T00:00:00.000Z',
          delay: {timeLeftSeconds: 0, overdue: true},
          processedOffersSummary: {processedOffersCount: 0, unusedOffersCount: 0},
          app: {id: '/huge', cpus: 64, mem: 1},
        },
      ],
    },
  },
  [`GET ${M}/deployments`]: {
    json: [
      {
        id: 'd1',
        affectedApps: ['/big', '/later'],
        currentActions: [{action: 'ScaleApplication', app: '/big'}],
        currentStep: 1,
        totalSteps: 2,
      },
      {
        id: 'd2',
        affectedApps: ['/held'],
        currentActions: [],
        currentStep: 1,
        totalSteps: 2,
        state: 'paused',
        reason: 'Paused by request',
      },
    ],
  },
  [`GET ${M}/apps`]: {
    json: {
      apps: [
        {id: '/big', instances: 3, tasksRunning: 1},
        {
          id: '/crashing',
          instances: 1,
          lastTaskFailure: {
            state: 'TASK_FAILED',
            message: 'exit 1',
            host: 'h1',
            timestamp: '2020-01-01T00:00:04.000Z',
          },
        },
        {id: '/huge', instances: 3},
        {id: '/later', instances: 1},
        {id: '/held', instances: 1},
        {id: '/fine', instances: 1, tasksRunning: 1},
        {id: '/stopped', instances: 0},
      ],
    },
  },
  'GET /mesos/master/slaves': {
    json: {
      slaves: [
        {
          id: 'S1',
          active: true,
          resources: {cpus: 8, mem: 1024},
          used_resources: {cpus: 7, mem: 512},
        },
        {id: 'S2', active: true, resources: {cpus: 4, mem: 2048}, used_resources: {}},
      ],
    },
  },
};

table([
  {
    title: 'debug list tells what waits',
    words: 'marathon debug list',
    script: WAITING,
    stdout: beside([
      [
        'ID         SINCE                     INSTANCES TO LAUNCH  W',
        'AITING  PROCESSED OFFERS  UNUSED OFFERS  LAST UNUSED OFFER         LAST USED OFFER',
      ],
      [
        '/big       2020-01-01T00:00:00.000Z  2                    t',
        'rue     9                 8              2020-01-01T00:00:06.000Z  ---',
      ],
      [
        '/crashing  2020-01-01T00:00:00.000Z  1                    f',
        'alse    0                 0              ---                       ---',
      ],
      [
        '/huge      2020-01-01T00:00:00.000Z  3                    t',
        'rue     0                 0              ---                       ---',
      ],
    ]),
  },
  {
    title: 'debug summary counts an offer only where it got so far',
    words: 'marathon debug summary big',
    script: WAITING,
    asks: [`GET ${M}/queue?embed=lastUnusedOffers`],
    stdout: [
      'RESOURCE     REQUESTED             MATCHED  PERCENTAGE',
      'ROLE         [*]                   2 / 2    100.00%',
      'CONSTRAINTS  [[hostname, UNIQUE]]  1 / 2    50.00%',
      'CPUS         4                     0 / 1    0.00%',
      'MEM          512                   0 / 0    ---',
      'DISK         0                     0 / 0    ---',
      'PORTS        [0]                   0 / 0    ---',
      '',
    ].join('\n'),
  },
  {
    title: 'debug details shows what was wrong with each offer',
    words: 'marathon debug details /big',
    script: WAITING,
    stdout: [
      'HOSTNAME  ROLE  CONSTRAINTS  CPUS  MEM  DISK  PORTS  SCARCE  RECEIVED',
      'h1        ok    ok           -     -    ok    ok     ok      2020-01-01T00:00:05.000Z',
      'h2        ok    -            ok    ok   ok    ok     ok      2020-01-01T00:00:06.000Z',
      '',
    ].join('\n'),
  },
  {
    title: 'debug details of an app that does not wait tells which do',
    words: 'marathon debug details fine',
    script: WAITING,
    code: 1,
    stderr:
      "Error: couldn't find app /fine in Marathon queue\nWhat waits: /big, /crashing, /huge\n",
  },
  {
    title: 'debug why tells in words what each app waits for',
    words: 'marathon debug why',
    script: WAITING,
    stdout: [
      '/big',
      '  2 instances wait since 2020-01-01T00:00:00.000Z; 9 offers were looked at.',
      '  Of the last offers of 2 agents:',
      '    1 broke a constraint (hostname UNIQUE)',
      '    1 had too few cpus (4 wanted, the most that one had is 8)',
      '  Deployment d1 is at step 1 of 2, and works on it: 1 of 3 instances run.',
      '/crashing',
      '  1 instance waits since 2020-01-01T00:00:00.000Z, in back-off for 17 s more because ' +
        'tasks have ended by themselves (to end it: dcos marathon delay reset /crashing).',
      '  Its last task ended with TASK_FAILED on h1 at 2020-01-01T00:00:04.000Z: exit 1',
      '/held',
      '  Deployment d2 is at step 1 of 2 and is held: paused (Paused by request). ' +
        'To go on: dcos marathon deployment resume d2',
      '/huge',
      '  3 instances wait since 2020-01-01T00:00:00.000Z; no offer has come since.',
      '  No agent is large enough: an instance wants cpus 64, mem 1; ' +
        'the most that any has is cpus 8, mem 2048.',
      '/later',
      '  Deployment d1 is at step 1 of 2, which is about /big: its turn has not come.',
      '',
    ].join('\n'),
  },
  {
    title: 'debug why tells of an app that waits for nothing, too',
    words: 'marathon debug why fine',
    script: WAITING,
    stdout: '/fine\n  It waits for nothing: 1 of 1 instances run.\n',
  },
  {
    title: 'debug why --json lists the reasons',
    words: 'marathon debug why stopped --json',
    script: WAITING,
    stdout:
      /"id": "\/stopped",\n\s+"reasons": \[\n\s+"It is stopped: it is to have no instances\."/,
  },
]);
