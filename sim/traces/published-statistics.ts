/**
 * What the synthesised workloads are made of: totals, frequencies and quantiles of public traces,
 * counted by us. No row of a trace is in here. Sources: the Parallel Workloads Archive's LCG-2005
 * (thanks to Hui Li); Alibaba's cluster-trace-gpu-v2025 (Prism, NSDI '25) and
 * cluster-trace-v2026-spot-gpu (GFS, ASPLOS '26); the user-reported Facebook outages in OpenDC.
 * `docs/traces.md` has the full attributions.
 */

/**
 * `[share, value]`: this share of the observations is at or below the value. Straight lines lie
 * between.
 */
export type QuantileTable = readonly (readonly [share: number, value: number])[];

/** LCG-2005, the first 11 days: grid jobs of one processor. */
export const lcg = {
  jobs: 188_041,
  users: 216,
  /** Jobs by day of the trace, and by hour of the day. */
  dayWeights: [13651, 18482, 15641, 16939, 15080, 17837, 14533, 15599, 18284, 19212, 22783],
  hourWeights: [
    6323, 6737, 3755, 5647, 6991, 4317, 3576, 8059, 6017, 5905, 8923, 10164, 9648, 9763, 9452, 9217,
    12668, 10244, 7886, 10853, 8421, 6909, 8502, 8064,
  ],
  /** Run times in seconds; the queue kills at 172,800 s. */
  runTimeS: [
    [0, 0],
    [0.01, 12],
    [0.02, 17],
    [0.05, 69],
    [0.1, 79],
    [0.15, 111],
    [0.2, 133],
    [0.25, 136],
    [0.3, 141],
    [0.35, 155],
    [0.4, 194],
    [0.45, 203],
    [0.5, 255],
    [0.55, 321],
    [0.6, 504],
    [0.65, 1217],
    [0.7, 2293],
    [0.75, 4490],
    [0.8, 7386],
    [0.85, 10950],
    [0.88, 12912],
    [0.9, 15265],
    [0.92, 20030],
    [0.94, 33475],
    [0.95, 39938],
    [0.96, 50474],
    [0.97, 67988],
    [0.975, 77614],
    [0.98, 104578],
    [0.985, 138555],
    [0.988, 170211],
    [1, 172800],
  ] satisfies QuantileTable,
  /** Jobs of the user of a rank, `[rank, jobs]`; straight lines lie between. */
  jobsByUserRank: [
    [0, 60658],
    [1, 17697],
    [2, 13624],
    [4, 5485],
    [7, 4138],
    [10, 2981],
    [15, 2519],
    [20, 2061],
    [30, 782],
    [50, 362],
    [80, 99],
    [120, 22],
    [160, 5],
    [215, 1],
  ] satisfies QuantileTable,
} as const;

/** Requests of an instance and how many instances asked for it. MAX_PER 0: no limit. */
export interface ShapeFrequency {
  readonly cpus: number;
  readonly memGiB: number;
  readonly diskGiB: number;
  readonly rdma: number;
  readonly maxPerNode: number;
  readonly instances: number;
}

const shape = (
  [cpus, memGiB, diskGiB, rdma, maxPerNode]: readonly [number, number, number, number, number],
  instances: number,
): ShapeFrequency => ({cpus, memGiB, diskGiB, rdma, maxPerNode, instances});

export interface RoleStatistics {
  readonly role: string;
  readonly gpus: number;
  /** Distinct requests over all applications: so many groups of like instances. */
  readonly groups: number;
  readonly instancesPerGroup: QuantileTable;
  readonly shapes: readonly ShapeFrequency[];
  /** Instances by whether they ran at the start and whether they ran at the end. */
  readonly initialThatEnd: number;
  readonly initialThatStay: number;
  readonly createdThatEnd: number;
  readonly createdThatStay: number;
}

/**
 * The DLRM services (2025): 156 applications, each with CPU nodes (CN) and GPU nodes (HN), over
 * 30.99 days.
 */
export const dlrm = {
  applications: 156,
  endS: 2_677_541,
  hourWeights: [
    475, 589, 479, 474, 460, 459, 396, 382, 484, 400, 1035, 1287, 727, 1001, 1352, 1106, 755, 1024,
    1022, 643, 528, 555, 431, 527,
  ],
  initialDeletionDay: [
    [0, 0],
    [0.1, 1.7],
    [0.25, 4.5],
    [0.5, 12],
    [0.75, 20.6],
    [0.9, 24.7],
    [1, 30.99],
  ] satisfies QuantileTable,
  stayingCreationDay: [
    [0, 0],
    [0.1, 5.8],
    [0.25, 12.8],
    [0.5, 20.7],
    [0.75, 24.9],
    [0.9, 28],
    [1, 30.99],
  ] satisfies QuantileTable,
  endingCreationDay: [
    [0, 0],
    [0.1, 4.7],
    [0.25, 12],
    [0.5, 19.3],
    [0.75, 23.4],
    [0.9, 26.5],
    [1, 30.99],
  ] satisfies QuantileTable,
  /** From creation to deletion of instances of which both lie in the trace. */
  lifeS: [
    [0, 0],
    [0.05, 120],
    [0.1, 128],
    [0.15, 196],
    [0.2, 865],
    [0.25, 1152],
    [0.3, 2849],
    [0.4, 5625],
    [0.5, 8408],
    [0.6, 15092],
    [0.7, 40738],
    [0.75, 67851],
    [0.8, 92513],
    [0.85, 149727],
    [0.9, 286724],
    [0.925, 412026],
    [0.95, 611454],
    [0.97, 869580],
    [0.98, 1047064],
    [0.99, 1378585],
    [0.995, 1625264],
    [1, 2462429],
  ] satisfies QuantileTable,
  roles: [
    {
      role: 'CN',
      gpus: 0,
      groups: 253,
      instancesPerGroup: [
        [0, 1],
        [0.1, 2],
        [0.2, 4],
        [0.3, 7],
        [0.4, 11],
        [0.5, 16],
        [0.6, 23],
        [0.7, 36],
        [0.75, 47],
        [0.8, 73],
        [0.85, 99],
        [0.9, 152],
        [0.925, 228],
        [0.95, 278],
        [0.97, 359],
        [0.98, 509],
        [0.99, 591],
        [1, 1758],
      ],
      shapes: [
        shape([64, 320, 255, 1, 0], 4772),
        shape([96, 480, 255, 1, 0], 4232),
        shape([64, 320, 255, 100, 2], 1888),
        shape([48, 240, 680, 25, 0], 1752),
        shape([48, 200, 680, 25, 2], 1292),
        shape([48, 240, 255, 1, 4], 648),
        shape([192, 960, 340, 51, 0], 384),
        shape([48, 300, 384, 1, 0], 312),
        shape([48, 240, 340, 1, 2], 270),
        shape([64, 480, 512, 1, 0], 119),
        shape([64, 400, 255, 1, 2], 105),
        shape([96, 640, 320, 51, 0], 93),
        shape([192, 937.5, 510, 51, 0], 91),
        shape([64, 350, 255, 1, 0], 86),
        shape([64, 256, 512, 1, 0], 85),
        shape([48, 400, 425, 1, 2], 64),
        shape([96, 600, 255, 1, 0], 57),
        shape([64, 400, 512, 1, 0], 53),
      ],
      initialThatEnd: 1757,
      initialThatStay: 2400,
      createdThatEnd: 9172,
      createdThatStay: 3156,
    },
    {
      role: 'HN',
      gpus: 1,
      groups: 242,
      instancesPerGroup: [
        [0, 1],
        [0.1, 2],
        [0.2, 2],
        [0.3, 4],
        [0.4, 6],
        [0.5, 10],
        [0.6, 17],
        [0.7, 27],
        [0.75, 35],
        [0.8, 47],
        [0.85, 66],
        [0.9, 81],
        [0.925, 101],
        [0.95, 117],
        [0.97, 144],
        [0.98, 163],
        [0.99, 233],
        [1, 551],
      ],
      shapes: [
        shape([8, 40, 85, 25, 4], 2460),
        shape([8, 40, 85, 25, 2], 2320),
        shape([12, 120, 680, 25, 8], 688),
        shape([8, 40, 170, 25, 10], 463),
        shape([8, 32, 85, 25, 2], 321),
        shape([8, 16, 170, 25, 2], 295),
        shape([8, 16, 255, 75, 4], 187),
        shape([16, 80, 100, 25, 4], 180),
        shape([2, 16, 255, 25, 2], 103),
        shape([8, 32, 170, 25, 4], 94),
        shape([8, 40, 170, 25, 16], 64),
        shape([8, 50, 170, 25, 2], 52),
        shape([8, 40, 85, 25, 0], 43),
        shape([8, 40, 85, 25, 8], 36),
        shape([12, 40, 170, 25, 2], 30),
      ],
      initialThatEnd: 846,
      initialThatStay: 2277,
      createdThatEnd: 3218,
      createdThatStay: 1045,
    },
  ] satisfies readonly RoleStatistics[],
} as const;

/** The spot cluster (2026): machines by what they have. */
export const spotMachines = [
  {model: 'A10', gpus: 1, cpus: 126, count: 2},
  {model: 'A10', gpus: 1, cpus: 128, count: 2492},
  {model: 'A100-SXM4-80GB', gpus: 8, cpus: 128, count: 432},
  {model: 'A800-SXM4-80GB', gpus: 8, cpus: 128, count: 22},
  {model: 'GPU-series-1', gpus: 1, cpus: 128, count: 1},
  {model: 'GPU-series-1', gpus: 1, cpus: 192, count: 901},
  {model: 'GPU-series-1', gpus: 4, cpus: 192, count: 10},
  {model: 'GPU-series-1', gpus: 8, cpus: 192, count: 77},
  {model: 'GPU-series-2', gpus: 8, cpus: 192, count: 122},
  {model: 'H800', gpus: 8, cpus: 192, count: 219},
] as const;

/** User-reported outages of Facebook: times in steps of 20 minutes, shares of hosts in twelfths. */
export const outages = {
  count: 4069,
  stepMs: 1_200_000,
  intervalSteps: [
    [0, 1],
    [0.37, 1],
    [0.39, 2],
    [0.56, 2],
    [0.58, 3],
    [0.68, 3],
    [0.75, 4],
    [0.8, 5],
    [0.85, 7],
    [0.9, 10],
    [0.925, 13],
    [0.95, 21],
    [0.96, 27],
    [0.97, 37],
    [0.98, 55],
    [0.985, 67],
    [0.99, 106],
    [0.9925, 146],
    [0.995, 219],
    [0.9975, 311],
    [0.999, 630],
    [1, 1147],
  ] satisfies QuantileTable,
  durationSteps: [
    [0, 1],
    [0.61, 1],
    [0.63, 2],
    [0.8, 2],
    [0.82, 3],
    [0.87, 3],
    [0.9, 4],
    [0.93, 5],
    [0.95, 6],
    [0.97, 7],
    [0.98, 10],
    [0.985, 12],
    [0.99, 14],
    [0.995, 18],
    [0.9975, 21],
    [0.999, 28],
    [1, 64],
  ] satisfies QuantileTable,
  /** Weights of 6, 7, … 12 twelfths. */
  twelfthsFrom: 6,
  twelfthWeights: [1809, 278, 1012, 120, 440, 40, 370],
} as const;
