import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {makeRandom, must} from '../engine/index.ts';
import {makeScenario, resultOf, runChecked} from './testing/scenarios.ts';
import {Simulation} from './simulation.ts';
import {NO_SUPPLIES} from './supplies.ts';
import {readJobTrace} from './traces/read-file.ts';

interface Fixtures {
  readonly mmc_erlang: readonly {
    readonly c: number;
    readonly lambda: number;
    readonly mu: number;
    readonly p_wait: number;
    readonly mean_wait: number;
    readonly p99_wait: number;
  }[];
}

const oracles = new URL('../conformance/oracles/', import.meta.url);
const fixtures = JSON.parse(
  readFileSync(new URL('expected_fixtures.json', oracles), 'utf8'),
) as Fixtures;

// Queues of batch jobs, exactly.

interface ScheduleRow {
  readonly trace: string;
  readonly policy: string;
  readonly processors: number;
  readonly scale: number;
  readonly jobs: number;
  readonly makespan: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly waited: number;
}

const schedules: readonly ScheduleRow[] = [
  ...readFileSync(new URL('swf_expected.csv', oracles), 'utf8').trim().split('\n').slice(1),
  // Beside the file: with one processor less than the peak exactly one job waits, for 3 s.
  `lcg_grid_2005,FCFS,3358,1.0,188041,1123132,${3 / 188041},0,0,0,3,1`,
].map((line) => {
  const [trace = '', policy = '', ...figures] = line.split(',');
  const [processors = 0, scale = 0, jobs = 0, makespan = 0, mean = 0, ...waits] =
    figures.map(Number);
  const [p50 = 0, p90 = 0, p99 = 0, max = 0, waited = 0] = waits;
  return {trace, policy, processors, scale, jobs, makespan, mean, p50, p90, p99, max, waited};
});

const files: ReadonlyMap<string, string> = new Map([
  ['nasa_ipsc_1993', 'nasa_ipsc_1993.swf.gz'],
  ['lcg_grid_2005', 'lcg_grid_2005.csv.gz'],
]);

/** The traces are other people's data and no part of this tree. */
function traceFile(trace: string): string | undefined {
  const folders = [
    process.env['DRYDOCK_DATA'],
    fileURLToPath(new URL('../../shared/data', import.meta.url)),
  ];
  for (const folder of folders) {
    const path = `${folder ?? ''}/${files.get(trace) ?? ''}`;
    if (folder !== undefined && existsSync(path)) return path;
  }
  return undefined;
}

for (const row of schedules) {
  const {trace, policy, processors, scale} = row;
  test(`${trace} by ${policy} on ${processors} processors × ${scale} has the exact waits`, (t) => {
    const path = traceFile(trace);
    if (path === undefined) {
      t.log(`${trace} is not at hand: name its folder in DRYDOCK_DATA to run this`);
      t.pass();
      return;
    }
    const scenario = queueScenario(policy.toLowerCase(), processors, scale);
    const jobs = new Map([['jobs', readJobTrace(path)]]);
    const simulation = new Simulation(scenario, {...NO_SUPPLIES, jobs});
    simulation.run();
    const found = must(resultOf(simulation).jobs, 'figures of jobs');
    const {waiting} = found;
    t.deepEqual(
      {
        jobs: found.finished,
        makespan: found.makespanMs / 1000,
        mean: (waiting.meanMs / 1000).toFixed(4),
        p50: waiting.p50Ms / 1000,
        p90: waiting.p90Ms / 1000,
        p99: waiting.p99Ms / 1000,
        max: waiting.maxMs / 1000,
        waited: waiting.countWaited,
      },
      {
        jobs: row.jobs,
        makespan: row.makespan,
        mean: row.mean.toFixed(4),
        p50: row.p50,
        p90: row.p90,
        p99: row.p99,
        max: row.max,
        waited: row.waited,
      },
    );
  });
}

function queueScenario(policy: string, processors: number, arrivalScale: number) {
  return {
    ...makeScenario({
      until: 'idle',
      allocator: {onRecovery: true, minAllocatable: []},
      cluster: {agents: [{name: 'processor', count: processors, resources: 'cpus:1'}]},
      frameworks: {batch: {type: 'batch', policy}},
      sample: {every: '1d'},
    }),
    workloads: [
      {
        kind: 'jobs' as const,
        name: 'jobs',
        framework: 'batch',
        atMs: 0,
        source: {kind: 'file' as const, file: {written: 'jobs', path: 'jobs'}},
        arrivalScale,
        perTask: {scalars: {cpus: 1000}, ranges: {}, sets: {}},
      },
    ],
  };
}

// Dominant resource fairness.

test('the example of the DRF paper: 3 tasks of A, 2 of B, both with two thirds', (t) => {
  const user = (name: string, resources: string) => ({
    name,
    framework: name,
    arrivals: {interarrival: '1ms', duration: '1d', resources, count: 20},
  });
  const scenario = makeScenario({
    until: '10m',
    cluster: {agents: [{name: 'box', count: 1, resources: 'cpus:9;mem:18432'}]},
    frameworks: {A: {type: 'batch'}, B: {type: 'batch'}},
    workloads: [user('A', 'cpus:1;mem:4096'), user('B', 'cpus:3;mem:1024')],
  });
  const {frameworks, frameworkShares, utilisation} = resultOf(runChecked(scenario));
  t.deepEqual(
    frameworks.map(({name, tasks}) => [name, tasks.running]),
    [
      ['A', 3],
      ['B', 2],
    ],
  );
  t.deepEqual(
    frameworkShares.map(({endRatio}) => endRatio.toFixed(9)),
    [(2 / 3).toFixed(9), (2 / 3).toFixed(9)],
  );
  t.deepEqual(
    utilisation.map(({resource, peakRatio}) => [resource, peakRatio]),
    [
      ['cpus', 1],
      ['mem', 14 / 18],
    ],
  );
});

// Queueing theory.

/** One unit of the fixture's time in milliseconds: long beside the tick of the clock. */
const UNIT_MS = 1_000_000;
/** Students of 20 batches: 99.9 % of the intervals hold the truth. */
const BATCHES = 20;
const T_QUANTILE = 3.883;

for (const row of fixtures.mmc_erlang) {
  const {c, lambda, mu, p_wait: pWait, mean_wait: meanWait, p99_wait: p99Wait} = row;
  test(`M/M/${c} at ${lambda} waits as Erlang says, within 99.9 % intervals`, (t) => {
    const count = 1_000_000;
    const scenario = makeScenario({
      seed: 11,
      until: 'idle',
      allocator: {onRecovery: true, minAllocatable: []},
      cluster: {agents: [{name: 'server', count: c, resources: 'cpus:1'}]},
      workloads: [
        {
          name: 'calls',
          arrivals: {
            interarrival: {exponential: {mean: `${Math.round(UNIT_MS / lambda)}ms`}},
            duration: {exponential: {mean: `${Math.round(UNIT_MS / mu)}ms`}},
            resources: 'cpus:1',
            count,
          },
        },
      ],
      sample: {every: '1000d'},
    });
    const simulation = new Simulation(scenario, NO_SUPPLIES);
    simulation.run();
    const settled = simulation.world.tally.jobs.waits.toArray().slice(count / 10);
    const waits = settled.map((waitedMs) => waitedMs / UNIT_MS);
    const mean = interval(waits);
    const share = interval(waits.map((wait) => (wait > 0 ? 1 : 0)));
    // A percentile of a batch is biased; how many wait longer than it is not.
    const longer = interval(waits.map((wait) => (wait > p99Wait ? 1 : 0)));
    t.log(`mean wait ${mean.text}, Erlang ${meanWait}; waiting ${share.text}, Erlang ${pWait}`);
    t.log(`longer than Erlang's 99th percentile ${longer.text}`);
    t.true(longer.holds(0.01), `share beyond the 99th percentile ${longer.text} against 0.01`);
    t.true(mean.holds(meanWait), `mean wait ${mean.text} against ${meanWait}`);
    t.true(share.holds(pWait), `share that waits ${share.text} against ${pWait}`);
  });
}

/** Mean of a correlated series with its interval by batch means: batches are nearly independent. */
function interval(series: readonly number[]) {
  const length = Math.floor(series.length / BATCHES);
  const means = Array.from({length: BATCHES}, (_, batch) =>
    average(series.slice(batch * length, (batch + 1) * length)),
  );
  const mean = average(means);
  const variance = average(means.map((value) => (value - mean) ** 2)) / (BATCHES - 1);
  const half = T_QUANTILE * Math.sqrt(variance);
  return {
    text: `${mean.toFixed(4)} ± ${half.toFixed(4)}`,
    holds: (expected: number) => Math.abs(mean - expected) <= half,
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// A slow, obvious twin of the batch queue, for shapes that no trace has.

interface TwinJob {
  readonly submitMs: number;
  readonly runMs: number;
  readonly width: number;
}

/**
 * Start of each job by strict FCFS or by EASY, second by second at the instants where anything
 * happens.
 */
function twinStarts(jobs: readonly TwinJob[], processors: number, isEasy: boolean): number[] {
  const starts = jobs.map(() => -1);
  const queue: number[] = [];
  let next = 0;
  const endOf = (job: number): number => (starts[job] ?? 0) + (jobs[job]?.runMs ?? 0);
  const runningAt = (now: number): number[] =>
    starts.flatMap((start, job) => (start >= 0 && endOf(job) > now ? [job] : []));
  const widthOf = (list: readonly number[]): number =>
    list.reduce((sum, job) => sum + (jobs[job]?.width ?? 0), 0);
  let now = 0;
  while (next < jobs.length || queue.length > 0) {
    while (next < jobs.length && (jobs[next]?.submitMs ?? 0) <= now) queue.push(next++);
    const free = (): number => processors - widthOf(runningAt(now));
    while (queue.length > 0 && (jobs[queue[0] ?? 0]?.width ?? 0) <= free()) {
      starts[queue.shift() ?? 0] = now;
    }
    if (isEasy && queue.length > 0) backfill();
    const later = [
      ...runningAt(now).map(endOf),
      ...(next < jobs.length ? [jobs[next]?.submitMs ?? 0] : []),
    ];
    if (later.length === 0) break;
    now = Math.min(...later);

    function backfill(): void {
      const headWidth = jobs[queue[0] ?? 0]?.width ?? 0;
      const ends = runningAt(now).sort((left, right) => endOf(left) - endOf(right));
      let room = free();
      let shadow = now;
      for (const job of ends) {
        if (room >= headWidth) break;
        shadow = endOf(job);
        room += jobs[job]?.width ?? 0;
      }
      for (const job of ends) {
        if (endOf(job) === shadow && !countedUpTo(job)) room += jobs[job]?.width ?? 0;
      }
      let spare = room - headWidth;
      for (const job of queue.slice(1)) {
        const {width = 0, runMs = 0} = jobs[job] ?? {};
        if (width > free()) continue;
        const endsBefore = now + runMs <= shadow;
        if (!endsBefore && width > spare) continue;
        if (!endsBefore) spare -= width;
        starts[job] = now;
        queue.splice(queue.indexOf(job), 1);
      }

      /** Whether the walk over the ends has already counted a job that ends at the shadow time. */
      function countedUpTo(job: number): boolean {
        let sum = free();
        for (const other of ends) {
          if (sum >= headWidth) return false;
          sum += jobs[other]?.width ?? 0;
          if (other === job) return true;
        }
        return false;
      }
    }
  }
  return starts;
}

for (const policy of ['fcfs', 'easy']) {
  test(`random jobs start by ${policy} exactly when an obvious twin starts them`, (t) => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = makeRandom(seed, 'twin');
      const processors = 1 + random.below(12);
      const jobs: TwinJob[] = [];
      let submitMs = 0;
      for (let job = 0; job < 60; job += 1) {
        submitMs += 1000 * random.below(20);
        const runMs = 1000 * random.below(120);
        jobs.push({submitMs, runMs, width: 1 + random.below(processors)});
      }
      const expected = twinStarts(jobs, processors, policy === 'easy').map(
        (start, job) => start - (jobs[job]?.submitMs ?? 0),
      );
      const found = engineWaits(jobs, processors, policy);
      t.deepEqual(found, expected, `seed ${seed}`);
    }
  });
}

/** Waits in the order of submission. */
function engineWaits(jobs: readonly TwinJob[], processors: number, policy: string): number[] {
  const scenario = queueScenario(policy, processors, 1);
  const column = (value: (job: TwinJob) => number): Float64Array => Float64Array.from(jobs, value);
  const trace = {
    kind: 'jobs' as const,
    name: 'twin',
    count: jobs.length,
    submitMs: column(({submitMs}) => submitMs),
    durationMs: column(({runMs}) => runMs),
    tasks: Int32Array.from(jobs, ({width}) => width),
    cpusMilli: column(() => 1000),
    memMilli: undefined,
    diskMilli: undefined,
    gpusMilli: undefined,
    userOf: new Int32Array(jobs.length),
    users: ['nobody'],
    ids: undefined,
    rowOf: Int32Array.from(jobs, (_, index) => index + 1),
    omitted: 0,
    machineProcessors: undefined,
    skipped: {rows: 0, first: []},
  };
  const supplies = {...NO_SUPPLIES, jobs: new Map([['jobs', trace]])};
  const simulation = new Simulation(scenario, supplies, {isChecking: true});
  const waits = jobs.map(() => -1);
  const {world} = simulation;
  const apply = world.apply.bind(world);
  world.apply = (now, effect) => {
    if (effect.kind === 'launchTask' && effect.origin.kind === 'job') {
      const job = Number(effect.origin.jobId.split('.')[1]) - 1;
      waits[job] = now - (jobs[job]?.submitMs ?? 0);
    }
    apply(now, effect);
  };
  simulation.run();
  return waits;
}
