import type {FrameworkResult, SimResult, TaskCounts, WaitingStats} from '../../result.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const NO_TASKS: TaskCounts = {
  submitted: 0,
  placed: 0,
  finished: 0,
  failed: 0,
  killed: 0,
  lost: 0,
  running: 0,
  waiting: 0,
};

const NO_WAITING: WaitingStats = {
  count: 0,
  countWaited: 0,
  meanMs: 0,
  p50Ms: 0,
  p90Ms: 0,
  p95Ms: 0,
  p99Ms: 0,
  maxMs: 0,
};

/** A run in which nothing happened: what every part of a report must survive. */
export const EMPTY_RESULT: SimResult = {
  version: 1,
  drydock: '0.1.0',
  scenario: 'empty',
  seed: 0,
  runHash: '0000000000000000',
  partial: false,
  endMs: 0,
  events: 0,
  agents: {count: 0, lost: 0, returned: 0, upAtEnd: 0},
  assumptions: [],
  tasks: NO_TASKS,
  waiting: NO_WAITING,
  waitingReasons: [],
  utilisation: [],
  frameworkShares: [],
  roleShares: [],
  frameworks: [],
  expectations: [],
  skippedRows: {},
  series: {
    atMs: [],
    runningTasks: [],
    waitingTasks: [],
    agentsUp: [],
    usedRatio: {},
    shareRatio: {},
  },
  waitingHistogram: {upperMs: [], byFramework: {}},
  fill: {resource: 'cpus', atMs: [], rows: [], cells: []},
};

const SMALL_TASKS: TaskCounts = {
  submitted: 1200,
  placed: 1190,
  finished: 1100,
  failed: 12,
  killed: 3,
  lost: 1,
  running: 74,
  waiting: 10,
};

const SMALL_WAITING: WaitingStats = {
  count: 1190,
  countWaited: 190,
  meanMs: 1234.5,
  p50Ms: 0,
  p90Ms: 250,
  p95Ms: 3_840_000,
  p99Ms: 7_200_000,
  maxMs: 93_600_000,
};

/** Names of frameworks that try to break out of markup, scripts and CSV. */
export const NASTY_NAME = `</script><script>alert("x")</script>&'\u2028,`;

/** A small run with something in every field. */
export const SMALL_RESULT: SimResult = {
  ...EMPTY_RESULT,
  scenario: 'small & <odd>',
  seed: 42,
  runHash: '0123456789abcdef',
  partial: true,
  endMs: 2 * DAY,
  events: 1_234_567,
  agents: {count: 40, lost: 2, returned: 1, upAtEnd: 39},
  assumptions: ['memory is 8 GB per cpu because the node list lacks it'],
  tasks: SMALL_TASKS,
  waiting: SMALL_WAITING,
  waitingReasons: [
    {framework: 'batch', reason: 'no agent has 80 cpus', tasks: 9, example: 'job 17'},
    {framework: NASTY_NAME, reason: 'role quota is used up', tasks: 1, example: '/app'},
  ],
  utilisation: [
    {resource: 'cpus', total: 632.5, meanRatio: 0.6124, peakRatio: 0.934, peakAtMs: 28 * HOUR},
    {resource: 'mem', total: 1_048_576, meanRatio: 0.21, peakRatio: 1, peakAtMs: 7000},
  ],
  frameworkShares: [
    {name: 'batch', role: 'batch', meanRatio: 0.4, peakRatio: 0.8, endRatio: 0.1},
    {name: NASTY_NAME, role: 'services', meanRatio: 0.0001, peakRatio: 0.25, endRatio: 0.2},
  ],
  roleShares: [
    {name: 'services', role: 'services', meanRatio: 0.0001, peakRatio: 0.25, endRatio: 0.2},
  ],
  deployments: {
    succeeded: 1,
    failed: 1,
    running: 0,
    paused: 1,
    list: [
      {
        id: 'one',
        framework: NASTY_NAME,
        apps: ['/a', '/b', '/c', NASTY_NAME],
        beginMs: 0,
        endMs: 95_000,
        outcome: 'succeeded',
      },
      {
        id: 'two',
        framework: NASTY_NAME,
        apps: ['/a'],
        beginMs: 30 * HOUR,
        endMs: 31 * HOUR,
        outcome: 'failed',
        reason: 'The upgrade has been cancelled',
      },
      {
        id: 'three',
        framework: NASTY_NAME,
        apps: ['/a'],
        beginMs: 47 * HOUR,
        outcome: 'paused',
        reason: '6 instances failed, at most 5 may',
      },
    ],
  },
  frameworks: [
    {
      name: 'batch',
      kind: 'batch',
      role: 'batch',
      tasks: SMALL_TASKS,
      waiting: SMALL_WAITING,
      makespanMs: 100 * HOUR,
    },
    {name: NASTY_NAME, kind: 'marathon', role: 'services', tasks: NO_TASKS, waiting: NO_WAITING},
  ],
  expectations: [
    {text: 'tasks.lost is 0 (always)', passed: false, failedAtMs: 76 * HOUR + 7250, found: '1'},
    {text: 'tasks.finished at least 1000 (end)', passed: true},
  ],
  skippedRows: {'jobs.csv': 7},
  series: {
    atMs: [0, DAY, 2 * DAY],
    runningTasks: [0, 80, 74],
    waitingTasks: [0, 20, 10],
    agentsUp: [40, 38, 39],
    usedRatio: {cpus: [0, 0.93, 0.5], mem: [0, 0.5, 0.25]},
    shareRatio: {batch: [0, 0.8, 0.1], [NASTY_NAME]: [0, 0.25, 0.2]},
  },
  waitingHistogram: {
    upperMs: [0, 1000, 10_000, 60_000, HOUR, DAY],
    byFramework: {batch: [1000, 100, 1, 0, 60, 29], [NASTY_NAME]: [1, 0, 0, 0, 0, 0]},
  },
  fill: {
    resource: 'cpus',
    atMs: [0, DAY, 2 * DAY],
    rows: ['web-0 … web-19', 'web-20 … web-39'],
    cells: [
      [0, 0.9, 0.6],
      [0, -1, 1 / 3],
    ],
  },
  machine: {
    wallRealMs: 1500,
    eventsPerSecond: 823_044.67,
    virtualToRealRatio: 115_200,
    memoryPeakMiB: 1945.6,
    node: 'v26.0.0',
  },
};

/** Pseudo-random numbers in [0, 1) (Park and Miller's generator), equal on every machine. */
function makeNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function shape(at: number, level: number, swing: number, noise: () => number): number {
  const daily = Math.sin((2 * Math.PI * at) / DAY - 2) * swing;
  const weekly = Math.sin((2 * Math.PI * at) / (7 * DAY)) * swing * 0.6;
  const grown = level * Math.min(1, at / (1.5 * DAY) + 0.25);
  return Math.min(1, Math.max(0, grown + daily * grown + weekly * grown + (noise() - 0.5) * 0.04));
}

function largeFill(atMs: readonly number[], noise: () => number): SimResult['fill'] {
  const rows = Array.from({length: 64}, (_, row) => `spot-${row * 67} … spot-${row * 67 + 66}`);
  const cells = rows.map((_, row) =>
    atMs.map((at) => {
      if (row >= 24 && row < 30 && at > 12 * DAY && at < 12.6 * DAY) return -1;
      return shape(at, row < 52 ? 0.75 - row * 0.006 : 0.12, 0.25, noise);
    }),
  );
  return {resource: 'cpus', atMs, rows, cells};
}

function largeFrameworks(): readonly FrameworkResult[] {
  const services: TaskCounts = {
    submitted: 23_931,
    placed: 23_911,
    finished: 0,
    failed: 214,
    killed: 14_702,
    lost: 118,
    running: 8877,
    waiting: 20,
  };
  const batch: TaskCounts = {
    submitted: 188_041,
    placed: 188_041,
    finished: 187_612,
    failed: 0,
    killed: 0,
    lost: 429,
    running: 0,
    waiting: 0,
  };
  const waiting = {...SMALL_WAITING, count: 188_041, countWaited: 41_204};
  return [
    {
      name: 'marathon',
      kind: 'marathon',
      role: 'services',
      tasks: services,
      waiting: {...waiting, count: 23_911},
    },
    {name: 'batch', kind: 'batch', role: 'batch', tasks: batch, waiting, makespanMs: 11.4 * DAY},
  ];
}

const LARGE_FIGURES: SimResult = {
  ...SMALL_RESULT,
  scenario: 'main: services and grid jobs on a spot cluster',
  partial: false,
  endMs: 31 * DAY,
  events: 5_812_337,
  agents: {count: 4278, lost: 816, returned: 801, upAtEnd: 4263},
  assumptions: [
    'the machines’ memory is 8192 MB per cpu because the node list lacks it',
    'the machines’ disk is 1,000,000 MB because the node list lacks it',
    'grid jobs take 1 cpu and 2048 MB because the trace lacks their size',
  ],
  tasks: {
    ...SMALL_TASKS,
    submitted: 211_972,
    placed: 211_952,
    finished: 187_612,
    failed: 214,
    killed: 14_702,
    lost: 547,
    running: 8877,
    waiting: 20,
  },
  waiting: {...SMALL_WAITING, count: 211_952, countWaited: 41_300},
  waitingReasons: [
    {
      framework: 'marathon',
      reason: 'no agent in the cluster has gpus:8;mem:1900544 free at once',
      tasks: 16,
      example: '/dlrm/app-119.instance-7',
    },
    {
      framework: 'marathon',
      reason: 'MAX_PER hostname 2: every agent with room already runs two',
      tasks: 4,
      example: '/dlrm/app-8.instance-301',
    },
  ],
  utilisation: [
    {resource: 'cpus', total: 632_636, meanRatio: 0.5312, peakRatio: 0.934, peakAtMs: 5.3 * DAY},
    {
      resource: 'mem',
      total: 5_182_554_112,
      meanRatio: 0.38,
      peakRatio: 0.61,
      peakAtMs: 8.2 * DAY,
    },
    {resource: 'disk', total: 4_278_000_000, meanRatio: 0.12, peakRatio: 0.19, peakAtMs: 9 * DAY},
    {resource: 'gpus', total: 10_412, meanRatio: 0.27, peakRatio: 0.33, peakAtMs: 20 * DAY},
  ],
  frameworkShares: [
    {name: 'marathon', role: 'services', meanRatio: 0.41, peakRatio: 0.52, endRatio: 0.44},
    {name: 'batch', role: 'batch', meanRatio: 0.12, peakRatio: 0.48, endRatio: 0},
  ],
  roleShares: [
    {name: 'services', role: 'services', meanRatio: 0.41, peakRatio: 0.52, endRatio: 0.44},
    {name: 'batch', role: 'batch', meanRatio: 0.12, peakRatio: 0.48, endRatio: 0},
  ],
  frameworks: largeFrameworks(),
  waitingHistogram: {
    upperMs: [
      0,
      100,
      1000,
      10_000,
      30_000,
      60_000,
      300_000,
      900_000,
      HOUR,
      4 * HOUR,
      12 * HOUR,
      DAY,
      3 * DAY,
    ],
    byFramework: {
      marathon: [21_205, 0, 1604, 512, 102, 99, 140, 80, 77, 60, 20, 11, 1],
      batch: [146_837, 14, 9120, 15_002, 3022, 2011, 4890, 3620, 2100, 1200, 160, 65, 0],
    },
  },
};

/** A run of the main job's size: 31 days, a sample an hour, thousands of agents. */
export function makeLargeResult(): SimResult {
  const noise = makeNoise(7);
  const atMs = Array.from({length: 750}, (_, index) => Math.round((index * 31 * DAY) / 749));
  const column = (level: number, swing: number): number[] =>
    atMs.map((at) => shape(at, level, swing, noise));
  const outage = (at: number): number => (at > 12 * DAY && at < 12.6 * DAY ? 402 : 0);
  const services = column(0.42, 0.1);
  const batch = column(0.3, 0.6).map((ratio, row) => ((atMs[row] ?? 0) < 11.4 * DAY ? ratio : 0));
  const cpus = services.map((ratio, row) => Math.min(1, ratio + (batch[row] ?? 0)));
  return {
    ...LARGE_FIGURES,
    series: {
      atMs,
      runningTasks: cpus.map((ratio) => Math.round(ratio * 12_400)),
      waitingTasks: cpus.map((ratio) => Math.round(Math.max(0, ratio - 0.7) * 21_000)),
      agentsUp: atMs.map((at) => 4278 - outage(at) - Math.floor(noise() * 9)),
      usedRatio: {cpus, mem: column(0.38, 0.2), disk: column(0.12, 0.1), gpus: column(0.27, 0.05)},
      shareRatio: {marathon: services, batch},
    },
    fill: largeFill(
      atMs.filter((_, index) => index % 3 === 0),
      noise,
    ),
  };
}
