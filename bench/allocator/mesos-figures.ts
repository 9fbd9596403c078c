/**
 * What the C++ allocator of Apache Mesos 1.12-dev (c1b42f79d157, -O2) took for the same on a
 * machine of the same kind: medians of five processes on one core. Milliseconds, but for the
 * microseconds of the sorter; memory in MB.
 */

/** [name without `allocator/`, figure]. */
const MEASURED: readonly (readonly [name: string, figure: number])[] = [
  ...fullCycle('1000x50/one', [0.66, 14.2, 15.0, 1.18, 20, 16.0, 28]),
  ...fullCycle('1000x50/own', [1.78, 58.7, 19.8, 3.31, 24, 16.9, 51]),
  ...fullCycle('10000x200/one', [2.55, 136.1, 253.1, 37.46, 196, 219.0, 142]),
  ...fullCycle('10000x200/own', [7.23, 1883.2, 294.5, 114.75, 176, 247.3, 1255]),
  ...fullCycle('10000x1000/one', [16.03, 134.7, 342.8, 38.93, 196, 316.7, 146]),
  ...fullCycle('10000x1000/own', [35.01, 13_683.8, 770.5, 394.51, 176, 587.3, 5722]),
  ...declines('1000x50', [33.8, 56.3, 59.0, 78.3, 166.2, 267.0, 52, 256]),
  ...declines('1000x200', [40.3, 73.9, 77.1, 92.0, 456.6, 1176.1, 56, 872]),
  ...declines('5000x50', [198.7, 373.0, 408.4, 473.6, 1041.7, 1646.6, 296, 1231]),
  ...declines('10000x50', [422.0, 835.6, 1023.3, 1150.0, 2512.1, 3593.7, 648, 2404]),
  // It was stopped after 153 rounds.
  ['B/10000x200/round/first', 428.3],
  ['B/10000x200/round/quarter', 1010.5],
  ['B/10000x200/round/half-way', 1077.1],
  ['B/10000x200/round/three-quarters', 1625.0],
  ['B/10000x200/decline', 684],
  ...order('1000', [1.58, 27.18, 105.62, 0.133, 0.019, 0.159, 4.4, 9.0, 0.0734, 80]),
  ...order('10000', [127.27, 28.4, 104.28, 2.548, 0.236, 2.426, 12.4, 101.7, 1.068, 97]),
  ...order('50000', [3470.42, 34.21, 109.49, 16.385, 2.028, 16.451, 73.0, 528.0, 9.6364, 166]),
  ...tree('3x32', [154, 3196]),
  ...tree('7x3', [416, 7094]),
  ...tree('10x2', [537, 9714]),
  ...steadyState('taken/one', [1577, 299.1, 34.8, 65.5, 11.2, 744]),
  ...steadyState('free/one', [1627, 300.7, 34.5, 334.7, 281.9, 830]),
  ...steadyState('taken/own', [5389, 621.5, 72.8, 176.0, 31.1, 2091]),
  ...steadyState('free/own', [5513, 631.2, 103.7, 959.9, 733.3, 2362]),
  ...quota('LargeAndSmallQuota/drf/30', 1.73, 0.61),
  ...quota('LargeAndSmallQuota/drf/300', 72.0, 47.0),
  ...quota('LargeAndSmallQuota/drf/3000', 15_195, 12_522),
  ['LargeAndSmallQuota/drf/3000/add-frameworks', 25_023],
  ...quota('LargeAndSmallQuota/random/300', 95.9, 72.2),
  ...quota('LargeAndSmallQuota/random/3000', 12_273, 11_417),
  ['LargeAndSmallQuota/random/3000/add-frameworks', 4862],
  ...quota('NonQuotaVsQuota/drf/no-quota', 143, 93),
  ...quota('NonQuotaVsQuota/drf/quota', 132, 46),
  ...quota('NonQuotaVsQuota/random/no-quota', 564, 504),
  ...quota('NonQuotaVsQuota/random/quota', 555, 454),
  // The lower end where it was given as a range over the rounds.
  ['PersistentVolumes/1000x50/regular/round', 31],
  ['PersistentVolumes/1000x50/shared/round', 42],
  ['PersistentVolumes/1000x50/mixed/round', 38],
  ['PersistentVolumes/10000x200/regular/round', 410],
  ['PersistentVolumes/10000x200/shared/round', 882],
  ['PersistentVolumes/10000x200/mixed/round', 685],
  ['UpdateAllocation/50/operation', 2.07],
  ['UpdateAllocation/100/operation', 5.87],
  ['UpdateAllocation/200/operation', 16.3],
  ['SuppressOffers/10000x200/cycle/20', 425],
  ['SuppressOffers/10000x200/cycle/40', 426],
  ['SuppressOffers/10000x200/cycle/60', 428],
  ['SuppressOffers/10000x200/cycle/80', 430],
  ['SuppressOffers/10000x200/cycle/100', 54],
  ['AddAndUpdateSlave/10000x200/add', 759],
  ['AddAndUpdateSlave/10000x200/update', 531],
  ['Metrics/10000x1000/set-quota', 57.5],
  ['Metrics/10000x1000/register', 35_176],
  ['Metrics/10000x1000/snapshot', 168],
];

export const MESOS_FIGURES: ReadonlyMap<string, number> = new Map(
  MEASURED.map(([name, figure]) => [`allocator/${name}`, figure]),
);

type Figures = readonly (readonly [name: string, figure: number])[];

function named(prefix: string, names: readonly string[], figures: readonly number[]): Figures {
  return names.map((name, at) => [`${prefix}/${name}`, figures[at] ?? NaN]);
}

function fullCycle(size: string, figures: readonly number[]): Figures {
  const times = [
    'add-frameworks',
    'register',
    'full-cycle',
    'idle-cycle',
    'recover',
    'second-cycle',
  ];
  return named(`A/${size}`, [...times, 'memory-peak'], figures);
}

function declines(size: string, figures: readonly number[]): Figures {
  const rounds = ['first', 'quarter', 'half-way', 'three-quarters', 'last'];
  const names = [...rounds.map((round) => `round/${round}`), 'all-filtered'];
  return named(`B/${size}`, [...names, 'decline', 'memory-peak'], figures);
}

function order(clients: string, figures: readonly number[]): Figures {
  const [addClients, addAgents, allocate, ...rest] = figures;
  const [fullSort, list, disordered, allocated, sort, anew, memory] = rest;
  const both = (allocated ?? NaN) + (sort ?? NaN);
  return named(
    `C/${clients}`,
    [
      ...['add-clients', 'add-agents', 'allocate', 'full-sort', 'list', 'full-sort-disordered'],
      ...['allocated', 'allocated-and-list', 'sort-anew', 'memory-peak'],
    ],
    [
      addClients,
      addAgents,
      allocate,
      fullSort,
      list,
      disordered,
      allocated,
      both,
      anew,
      memory,
    ].map((figure) => figure ?? NaN),
  );
}

function tree(shape: string, figures: readonly number[]): Figures {
  return named(`C/tree-${shape}`, ['allocate', 'unallocate'], figures);
}

function steadyState(variant: string, figures: readonly number[]): Figures {
  const names = ['register', 'first-cycle', 'recover', 'cycle', 'handle', 'memory-peak'];
  return named(`D/${variant}`, names, figures);
}

function quota(name: string, cycle: number, idle: number): Figures {
  return named(name, ['cycle', 'idle-cycle'], [cycle, idle]);
}
