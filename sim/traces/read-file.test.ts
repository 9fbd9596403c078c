import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import type {ExecutionContext} from 'ava';
import {instanceChanges} from './instance-changes.ts';
import {
  readJobTrace,
  readNodeList,
  readOutageTrace,
  readPodTrace,
  readServiceTrace,
  readTrace,
} from './read-file.ts';
import type {JobTrace, NodeList} from './trace.ts';
import {TraceError} from './trace-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'drydock-traces-'));
test.after.always(() => rmSync(folder, {recursive: true}));

const lines = ['submit_s,runtime_s,user,partition', '0,83,1,1', '3,361,2,2', '4,9,1,1', ''];
const text = lines.join('\n');

function writeTrace(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('gzip is told by the content, not by the name', (t) => {
  for (const [name, bytes] of [
    ['a.csv', text],
    ['b.csv.gz', gzipSync(text)],
    ['c.csv', gzipSync(text)],
    ['d.csv.gz', text],
  ] as const) {
    const trace = readJobTrace(writeTrace(name, bytes));
    t.deepEqual([...trace.submitMs], [0, 3000, 4000], name);
    t.is(trace.name, name.charAt(0));
  }
});

// Stored, not deflated: then the text is cut where the file is.
const stored = gzipSync(text, {level: 0});
const storedHeadBytes = stored.indexOf('submit_s');
const upTo = (start: string): Uint8Array =>
  stored.subarray(0, storedHeadBytes + text.indexOf(start) + start.length);
const cutOff =
  'expected a complete gzip file, found one whose compressed data ends here: it was cut off';
const badFiles: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['a gzip cut off in its text', upTo('3,3'), `:3:4: ${cutOff}`],
  ['a gzip cut off before its checksum', upTo('4,9,1,1\n'), `:5:1: ${cutOff}`],
  ['a gzip cut off in its head', stored.subarray(0, 7), `:1:1: ${cutOff}`],
  ['a gzip of one byte', stored.subarray(0, 1), `:1:1: ${cutOff}`],
  [
    'a gzip with a byte changed',
    stored.map((byte, at) => (at === storedHeadBytes + 40 ? byte ^ 1 : byte)),
    ': expected a complete gzip file, found damaged data (incorrect data check)',
  ],
  ['an empty file', '', ':1:1: expected a header line, found an empty file'],
  ['an empty gzip', gzipSync(''), ':1:1: expected a header line, found an empty file'],
  [
    'a bad cell in a gzip',
    gzipSync(text.replace('361', 'x')),
    ':3:3 (runtime_s): expected a number of seconds, 0 or more, found "x"',
  ],
];

for (const [title, bytes, expected] of badFiles) {
  test(`bad files are told with the place in the uncompressed text: ${title}`, (t) => {
    const path = writeTrace('bad.csv.gz', bytes);
    const error = t.throws(() => readTrace(path), {instanceOf: TraceError});
    t.is(error.message, `${path}${expected}`);
  });
}

test('a missing file and a folder are told as such', (t) => {
  const missing = join(folder, 'none.csv');
  t.throws(() => readTrace(missing), {
    instanceOf: TraceError,
    message: `${missing}: expected a file that can be read, found none of this name`,
  });
  t.throws(() => readTrace(folder), {
    instanceOf: TraceError,
    message: `${folder}: expected a file that can be read, found a folder`,
  });
});

test('a trace of another kind than asked for is refused', (t) => {
  const path = writeTrace('jobs.csv', text);
  t.throws(() => readNodeList(path), {
    instanceOf: TraceError,
    message: `${path}: expected a trace of nodes, found jobs`,
  });
});

// From here on: the figures that the README of the test data states, counted again by the readers.
const data = process.env['DRYDOCK_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

function testOnData(
  title: string,
  file: string,
  check: (t: ExecutionContext, path: string) => void,
): void {
  test(title, (t) => {
    const path = join(data, file);
    if (existsSync(path)) {
      check(t, path);
      return;
    }
    t.log(`not run: ${file} is not at hand (DRYDOCK_DATA)`);
    t.pass();
  });
}

const sumOf = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};
const medianOf = (values: Float64Array): number =>
  values.toSorted()[Math.floor(values.length / 2)] ?? 0;
const workS = (trace: JobTrace): number =>
  sumOf(trace.durationMs.map((duration, job) => (duration * (trace.tasks[job] ?? 0)) / 1000));

/** The greatest running sum; what ends at an instant ends before what begins then. */
function peakOf(changes: {atMs: number; delta: number}[]): number {
  changes.sort((left, right) => left.atMs - right.atMs || left.delta - right.delta);
  let running = 0;
  let peak = 0;
  for (const {delta} of changes) {
    running += delta;
    peak = Math.max(peak, running);
  }
  return peak;
}

function peakJobs(trace: JobTrace): number {
  const changes = [...trace.submitMs].flatMap((atMs, job) => [
    {atMs, delta: 1},
    {atMs: atMs + (trace.durationMs[job] ?? 0), delta: -1},
  ]);
  return peakOf(changes);
}

testOnData('NASA: 18,239 jobs of 69 users', 'nasa_ipsc_1993.swf.gz', (t, path) => {
  const trace = readJobTrace(path);
  t.is(trace.count, 18_239);
  t.is(trace.omitted, 0);
  t.is(trace.machineProcessors, 128);
  t.is(trace.users.length, 69);
  t.is(workS(trace), 474_238_015);
  t.is(Math.max(...trace.durationMs), 62_643_000);
  t.is(medianOf(trace.durationMs), 86_000);
  const sizes = new Map<number, number>();
  for (const tasks of trace.tasks) sizes.set(tasks, (sizes.get(tasks) ?? 0) + 1);
  t.deepEqual(
    [...sizes].sort((left, right) => left[0] - right[0]),
    [
      [1, 4935],
      [2, 1763],
      [4, 2683],
      [8, 1793],
      [16, 1780],
      [32, 3662],
      [64, 1203],
      [128, 420],
    ],
  );
});

testOnData('LCG: 188,041 jobs of 216 users', 'lcg_grid_2005.csv.gz', (t, path) => {
  const trace = readJobTrace(path);
  t.is(trace.count, 188_041);
  t.is(trace.users.length, 216);
  t.is(workS(trace), 1_502_530_759);
  t.is(medianOf(trace.durationMs), 255_000);
  t.is(Math.round(workS(trace) / trace.count), 7990);
  t.is(
    trace.durationMs.reduce((most, value) => Math.max(most, value)),
    172_800_000,
  );
  t.is(trace.submitMs.at(-1), 950_392_000);
  t.is(peakJobs(trace), 3359);
});

testOnData('surf: 6,295 jobs of 16 cores, 169 at once', 'surf_week_tasks.csv.gz', (t, path) => {
  const trace = readJobTrace(path);
  t.is(trace.count, 6295);
  t.true(trace.cpusMilli.every((cpus) => cpus === 16_000));
  t.is(trace.submitMs.at(-1), 604_747_000);
  t.is(medianOf(trace.durationMs), 90_000);
  t.is(Math.max(...trace.durationMs), 432_030_000);
  t.is(peakJobs(trace), 169);
});

testOnData(
  'DLRM: 156 applications, 23,871 instances, 8,984 at once',
  'alibaba_dlrm_2025.csv.gz',
  (t, path) => {
    const trace = readServiceTrace(path);
    const {services} = trace;
    const sizeOf = (service: {createdAtMs: Float64Array}): number => service.createdAtMs.length;
    const total = (amount: (service: (typeof services)[number]) => number): number =>
      sumOf(services.map((service) => amount(service) * sizeOf(service))) / 1000;
    t.is(trace.instances, 23_871);
    t.is(services.length, 495);
    t.is(new Set(services.map(({app}) => app)).size, 156);
    t.is(new Set(services.map(({id}) => id)).size, 495);
    t.true(services.every(({id}) => /^\/dlrm\/app-\d+\/(?:cn|hn)(?:-\d+)?$/u.test(id)));
    t.is(sumOf(services.map((service) => (service.role === 'CN' ? sizeOf(service) : 0))), 16_485);
    t.is(
      total(({cpusMilli}) => cpusMilli),
      1_252_594,
    );
    t.is(
      total(({gpusMilli}) => gpusMilli),
      7386,
    );
    t.is(total(({memMilli}) => memMilli) / 1024, 6_345_408.5);
    t.is(total(({diskMilli}) => diskMilli) / 1024, 7_359_181);
    t.is(
      total(({rdmaMilli}) => rdmaMilli),
      496_680,
    );
    const limits = new Map<number, number>();
    for (const service of services) {
      const limit = service.maxPerNode ?? 0;
      limits.set(limit, (limits.get(limit) ?? 0) + sizeOf(service));
    }
    t.deepEqual(
      [...limits].sort((left, right) => left[0] - right[0]),
      [
        [0, 12_248],
        [2, 6778],
        [4, 3588],
        [8, 724],
        [10, 469],
        [16, 64],
      ],
    );
    const count = (column: 'createdAtMs' | 'deletedAtMs', instant: number): number =>
      sumOf(services.map((service) => service[column].filter((atMs) => atMs === instant).length));
    t.is(count('createdAtMs', 0), 7280);
    t.is(count('deletedAtMs', Infinity), 8878);
    t.is((trace.endMs / 86_400_000).toFixed(2), '30.99');
    t.like(trace.waits, {count: 16_591, p50Ms: 0, p99Ms: 1_665_000, maxMs: 238_116_000});
    const changes = (amount: (service: (typeof services)[number]) => number) =>
      services.flatMap((service) => {
        const {atMs, instances} = instanceChanges(service);
        return atMs.map((at, index) => ({
          atMs: at,
          delta: ((instances[index] ?? 0) - (instances[index - 1] ?? 0)) * amount(service),
        }));
      });
    t.is(peakOf(changes(() => 1)), 8984);
    t.is(peakOf(changes(({cpusMilli}) => cpusMilli)), 422_420_000);
    t.is(peakOf(changes(({gpusMilli}) => gpusMilli)), 3_414_000);
  },
);

const sumScalar = (list: NodeList, name: string): number =>
  sumOf(list.nodes.map(({scalars}) => scalars.get(name) ?? 0));

function countNodes(list: NodeList, key: (node: NodeList['nodes'][number]) => string) {
  const counts = new Map<string, number>();
  for (const node of list.nodes) counts.set(key(node), (counts.get(key(node)) ?? 0) + 1);
  return Object.fromEntries(counts);
}

for (const [file, nodes, cpus, mem] of [
  ['openb_node_list_gpu_node.csv', 1213, 107_018_000, 503_828_480],
  ['openb_node_list_all_node.csv', 1523, 125_514_000, 612_028_416],
] as const) {
  testOnData(`openb nodes: ${nodes} in ${file}`, file, (t, path) => {
    const list = readNodeList(path);
    t.is(list.nodes.length, nodes);
    t.is(sumScalar(list, 'cpus'), cpus);
    t.is(sumScalar(list, 'mem'), mem * 1000);
    t.is(sumScalar(list, 'gpus'), 6_212_000);
    const models = countNodes(list, ({attributes}) => attributes.get('gpu_model') ?? '');
    t.like(models, {G2: 549, T4: 404, P100: 134, V100M16: 55, G3: 39, V100M32: 30, A10: 2});
    const sizes = countNodes(list, ({scalars}) => String((scalars.get('gpus') ?? 0) / 1000));
    t.like(sizes, {'1': 24, '2': 518, '4': 54, '8': 617});
  });
}

testOnData(
  'openb pods: 8,152 that ask for 97.98 % of the GPUs',
  'openb_pod_list_default.csv',
  (t, path) => {
    const {pods} = readPodTrace(path);
    t.is(pods.length, 8152);
    t.is(sumOf(pods.map(({cpusMilli}) => cpusMilli)), 85_436_012);
    t.is(sumOf(pods.map(({memMilli}) => memMilli)), 303_546_211_000);
    t.is(sumOf(pods.map(({gpusMilli}) => gpusMilli)), 6_086_800);
    t.is(pods.filter(({gpuCount}) => gpuCount === 0).length, 1088);
    t.is(
      pods.filter(({gpuCount, gpuMilliEach}) => gpuCount === 1 && gpuMilliEach < 1000).length,
      3078,
    );
    t.is(
      pods.filter(({gpuCount, gpuMilliEach}) => gpuCount === 1 && gpuMilliEach === 1000).length,
      3911,
    );
    t.is(pods.filter(({gpuCount}) => gpuCount > 1).length, 75);
    t.is(pods.filter(({scheduledAtMs}) => scheduledAtMs !== undefined).length, 7255);
    t.is(pods.filter(({qos}) => qos === 'LS').length, 4647);
    t.is(pods.filter(({phase}) => phase === 'Pending').length, 897);
    t.is(pods[0]?.createdAtMs, 0);
    t.is(pods.at(-1)?.createdAtMs, 12_901_761_000);
  },
);

testOnData('spot nodes: 4,278 with 10,412 GPUs', 'alibaba_spot_nodes_2026.csv', (t, path) => {
  const list = readNodeList(path);
  t.is(list.nodes.length, 4278);
  t.is(sumScalar(list, 'cpus'), 632_636_000);
  t.is(sumScalar(list, 'gpus'), 10_412_000);
  t.is(sumScalar(list, 'mem'), 0);
  t.deepEqual(
    countNodes(list, ({scalars}) => String((scalars.get('gpus') ?? 0) / 1000)),
    {'1': 3396, '4': 10, '8': 872},
  );
  const models = countNodes(list, ({attributes}) => attributes.get('gpu_model') ?? '');
  t.like(models, {A10: 2494, 'GPU-series-1': 989, 'GPU-series-2': 122, H800: 219});
});

testOnData(
  'outages: 4,069 over 447.5 days',
  'facebook_user_reported_failures.csv.gz',
  (t, path) => {
    const trace = readOutageTrace(path);
    t.is(trace.count, 4069);
    t.is(((trace.startMs.at(-1) ?? 0) / 86_400_000).toFixed(1), '447.5');
    t.is(Math.round(sumOf(trace.durationMs) / trace.count / 1000), 2483);
    t.is(Math.min(...trace.intensity), 0.5);
    t.is(Math.max(...trace.intensity), 1);
  },
);
