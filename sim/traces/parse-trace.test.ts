import test from 'ava';
import * as fc from 'fast-check';
import {instanceChanges} from './instance-changes.ts';
import {parseTrace} from './parse-trace.ts';
import type {TraceOptions} from './parse-trace.ts';
import {scaleArrivals} from './scale-arrivals.ts';
import {jobId} from './trace.ts';
import type {JobTrace, Trace} from './trace.ts';
import {TraceError} from './trace-error.ts';

const jobsOf = (text: string, options: TraceOptions = {}): JobTrace => {
  const trace = parseTrace(text, 't.csv', options);
  if (trace.kind !== 'jobs') throw new Error(`not jobs but ${trace.kind}`);
  return trace;
};

const kindOf = <Kind extends Trace['kind']>(text: string, kind: Kind) => {
  const trace = parseTrace(text, 'some/where/t.csv.gz');
  if (trace.kind !== kind) throw new Error(`not ${kind} but ${trace.kind}`);
  return trace as Extract<Trace, {readonly kind: Kind}>;
};

const swfLine = (fields: Readonly<Record<number, string | number>>): string =>
  Array.from({length: 18}, (_, at) => String(fields[at + 1] ?? -1)).join(' ');

const dlrmHeader =
  'instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,rdma_limit,' +
  'memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,' +
  'creation_time,scheduled_time,deletion_time';
const podHeader =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,' +
  'creation_time,deletion_time,scheduled_time';

test('SWF: run time is field 4, processors field 5 or else 8, unknown (-1) is omitted', (t) => {
  const text = [
    '; MaxProcs: 128',
    ';',
    `  ${swfLine({1: 7, 2: 20, 4: 5, 5: 4, 8: 9, 12: 3})}`,
    swfLine({1: 8, 2: 10, 4: 6, 5: -1, 8: 2, 12: 3}),
    swfLine({1: 9, 2: 10, 4: 0, 5: 0, 8: 1}),
    swfLine({1: 10, 2: 11, 4: -1, 5: 1}),
    swfLine({1: 11, 2: 12, 4: 8}),
    '',
    swfLine({1: 7, 2: 20, 4: 2, 5: 4, 11: 2}),
  ].join('\n');
  const trace = jobsOf(text);
  t.is(trace.count, 3);
  t.deepEqual([...trace.submitMs], [10_000, 10_000, 20_000]);
  t.deepEqual([...trace.durationMs], [6000, 0, 5000]);
  t.deepEqual([...trace.tasks], [2, 1, 4]);
  t.deepEqual([...trace.cpusMilli], [1000, 1000, 1000]);
  t.deepEqual(
    [...trace.userOf].map((user) => trace.users[user]),
    ['3', 'unknown', '3'],
  );
  t.deepEqual(
    [0, 1, 2].map((index) => jobId(trace, index)),
    ['8', '9', '7'],
  );
  t.is(trace.omitted, 3);
  t.is(trace.machineProcessors, 128);
});

test('LCG: jobs of one processor, by submission and then by row', (t) => {
  const trace = jobsOf('submit_s,runtime_s,user,partition\n5,1,a,1\n0,2,b,1\n5,3,a,2\n');
  t.deepEqual([...trace.submitMs], [0, 5000, 5000]);
  t.deepEqual([...trace.durationMs], [2000, 1000, 3000]);
  t.deepEqual([...trace.tasks], [1, 1, 1]);
  t.deepEqual(
    [0, 1, 2].map((index) => jobId(trace, index)),
    ['2', '1', '3'],
  );
  t.is(trace.memMilli, undefined);
});

test('surf: a job is one task with all its cores', (t) => {
  const trace = jobsOf(
    'id,submit_ms,duration_ms,cpu_count,cpu_capacity_mhz,mem_mb\n9,7,8,16,33600,1.5\n',
  );
  t.deepEqual(
    [trace.ids, trace.submitMs[0], trace.durationMs[0], trace.cpusMilli[0], trace.memMilli?.[0]],
    [['9'], 7, 8, 16_000, 1500],
  );
});

test('plain jobs: columns by name, the optional ones optional', (t) => {
  const short = jobsOf('mem_mb,cpus,tasks,duration_s,submit_s,id\r\n128,0.1,3,1.5,0.25,a b\r\n');
  t.deepEqual(
    [
      short.submitMs[0],
      short.durationMs[0],
      short.tasks[0],
      short.cpusMilli[0],
      short.memMilli?.[0],
    ],
    [250, 1500, 3, 100, 128_000],
  );
  t.deepEqual([short.diskMilli, short.gpusMilli, short.users], [undefined, undefined, ['unknown']]);
  const long = jobsOf(
    '\uFEFFid,submit_s,duration_s,tasks,cpus,mem_mb,disk_mb,gpus,user\n"a,""b""",1e2,' +
      '1,1,1,1,,2,me\n\nc,0,1,1,1,1,7,,',
  );
  t.deepEqual(long.ids, ['c', 'a,"b"']);
  t.deepEqual([...(long.diskMilli ?? [])], [7000, 0]);
  t.deepEqual([...(long.gpusMilli ?? [])], [0, 2000]);
  t.deepEqual(long.users, ['unknown', 'me']);
});

test('DLRM: a service per application, role and request; times and amounts in our units', (t) => {
  const trace = kindOf(
    [
      dlrmHeader,
      'i0,CN,app_0,8,8,0,0,25,25,1.5,1.5,2.0,3.0,-1,,,',
      'i1,HN,app_0,12,12,1,1,25,25,1,1,2,3,8,10.0,12.5,20.0',
      'i2,CN,app_0,8,8,0,0,25,25,1.5,1.5,2.0,3.0,-1,30.0,30.0,40.0',
      'i3,CN,app_0,8,8,0,0,25,25,1.5,1.5,2.0,3.0,2,,,40.0',
      'i4,CN,app_0,8,8,0,0,25,25,1.5,1.5,2.0,3.0,-1,40.00000000000001,41,',
    ].join('\n'),
    'services',
  );
  t.deepEqual(
    trace.services.map((service) => service.id),
    ['/dlrm/app-0/cn', '/dlrm/app-0/hn', '/dlrm/app-0/cn-2'],
  );
  const [first, , third] = trace.services;
  t.like(first, {
    app: 'app_0',
    role: 'CN',
    cpusMilli: 8000,
    memMilli: 1_536_000,
    diskMilli: 2_048_000,
    gpusMilli: 0,
    rdmaMilli: 25_000,
    maxPerNode: undefined,
  });
  t.is(third?.maxPerNode, 2);
  t.deepEqual([...(first?.createdAtMs ?? [])], [0, 30_000, 40_000]);
  t.deepEqual([...(first?.deletedAtMs ?? [])], [Infinity, 40_000, Infinity]);
  t.deepEqual(trace.waits, {
    count: 3,
    meanMs: 3500 / 3,
    p50Ms: 1000,
    p90Ms: 2500,
    p99Ms: 2500,
    maxMs: 2500,
  });
  t.is(trace.endMs, 41_000);
  if (first === undefined || third === undefined) return;
  // One goes and one comes at 40 s: the size does not change.
  t.deepEqual(instanceChanges(first), {atMs: [0, 30_000], instances: [1, 2]});
  t.deepEqual(instanceChanges(third), {atMs: [0, 40_000], instances: [1, 0]});
});

test('openb pods and nodes, spot nodes and outages come out in our units', (t) => {
  const {pods} = kindOf(
    `${podHeader}\np1,500,2,2,1000,A|B,LS,Running,9,12,\np0,6000,12288,1,460,,BE,Failed,3,,4\n`,
    'pods',
  );
  t.like(pods[0], {
    name: 'p0',
    cpusMilli: 6000,
    memMilli: 12_288_000,
    gpusMilli: 460,
    gpuModels: [],
  });
  t.like(pods[0], {createdAtMs: 3000, deletedAtMs: Infinity, scheduledAtMs: 4000, phase: 'Failed'});
  t.like(pods[1], {gpuCount: 2, gpusMilli: 2000, gpuModels: ['A', 'B'], scheduledAtMs: undefined});
  const openb = kindOf(
    'sn,cpu_milli,memory_mib,gpu,model\nn0,32000,4,0,\nn1,500,4,8,T4\n',
    'nodes',
  );
  t.deepEqual(
    [...(openb.nodes[0]?.scalars ?? [])],
    [
      ['cpus', 32_000],
      ['mem', 4000],
    ],
  );
  t.deepEqual([...(openb.nodes[0]?.attributes ?? [])], []);
  t.deepEqual(
    [...(openb.nodes[1]?.scalars ?? [])],
    [
      ['cpus', 500],
      ['mem', 4000],
      ['gpus', 8000],
    ],
  );
  t.deepEqual([...(openb.nodes[1]?.attributes ?? [])], [['gpu_model', 'T4']]);
  const spot = kindOf('gpu_model,gpu_capacity_num,cpu_num,node_name\nA10,1,128,0\n', 'nodes');
  t.deepEqual(
    [...(spot.nodes[0]?.scalars ?? [])],
    [
      ['cpus', 128_000],
      ['gpus', 1000],
    ],
  );
  t.is(spot.name, 't');
  const outages = kindOf(
    'interval_since_previous_ms,duration_ms,intensity\n5,9,1\n7,1,0.5\n',
    'outages',
  );
  t.deepEqual(
    [[...outages.startMs], [...outages.durationMs], [...outages.intensity]],
    [
      [5, 12],
      [9, 1],
      [1, 0.5],
    ],
  );
});

test('plain nodes: counted rows are numbered, other columns are attributes or scalars', (t) => {
  const {nodes} = kindOf(
    'hostname,cpus,mem_mb,disk_mb,gpus,rack,zone,count,scalar:rdma\na,1.5,2,3,,r1,z,' +
      '2,100\nb,1,1,,1,,z,1,\n',
    'nodes',
  );
  t.deepEqual(
    nodes.map((node) => node.name),
    ['a-1', 'a-2', 'b-1'],
  );
  t.deepEqual(
    [...(nodes[1]?.scalars ?? [])],
    [
      ['cpus', 1500],
      ['mem', 2000],
      ['disk', 3000],
      ['rdma', 100_000],
    ],
  );
  t.deepEqual(
    [...(nodes[0]?.attributes ?? [])],
    [
      ['rack', 'r1'],
      ['zone', 'z'],
    ],
  );
  t.deepEqual([...(nodes[2]?.attributes ?? [])], [['zone', 'z']]);
  t.deepEqual(kindOf('hostname,cpus,mem_mb\na,1,1', 'nodes').nodes[0]?.name, 'a');
});

const lcg = 'submit_s,runtime_s,user,partition\n';
const plain = 'id,submit_s,duration_s,tasks,cpus,mem_mb\n';
const goodDlrm = 'i1,HN,app_0,12,12,1,1,25,25,1,1,2,3';
const pod = 'p,1,1,1,1,,LS,Running';
/** Title, text, and the whole message. */
const badTexts: readonly (readonly [string, string, string, TraceOptions?])[] = [
  ['an empty file', '', '1:1: expected a header line, found an empty file'],
  [
    'a file of spaces as SWF',
    ' \n',
    '1:1: expected SWF: lines of 18 numbers, found an empty file',
    {format: 'swf'},
  ],
  ['a header and no rows', lcg, ': expected at least one row, found none'],
  [
    'not a number',
    `${lcg}0,83,1,1\n3,1x,2,2\n4,1,1,1`,
    '3:3 (runtime_s): expected a number of seconds, 0 or more, found "1x"',
  ],
  [
    'hexadecimal',
    `${lcg}0x10,83,1,1`,
    '2:1 (submit_s): expected a number of seconds, 0 or more, found "0x10"',
  ],
  [
    'an infinite amount',
    `${plain}a,0,1,1,1e400,1`,
    '2:9 (cpus): expected a number, 0 or more, found "1e400"',
  ],
  [
    'a negative amount',
    `${plain}a,0,1,1,1,-5`,
    '2:11 (mem_mb): expected a number, 0 or more, found "-5"',
  ],
  [
    'an empty cell',
    `${plain}a,0,,1,1,1`,
    '2:5 (duration_s): expected a number of seconds, 0 or more, found nothing',
  ],
  [
    'half a task',
    `${plain}a,0,1,1.5,1,1`,
    '2:7 (tasks): expected a whole number from 1 to 1000000, found "1.5"',
  ],
  [
    'no task',
    `${plain}a,0,1,0,1,1`,
    '2:7 (tasks): expected a whole number from 1 to 1000000, found "0"',
  ],
  [
    'the same id twice',
    `${plain}a,0,1,1,1,1\na,0,1,1,1,1`,
    '3:1 (id): expected an id that no earlier row has, found "a"',
  ],
  [
    'two faults in a row and one in another, after quoted line ends',
    `${plain}"a\n""x""",0,1,1,1,1\n\r\n"b,",-1,1,x,1,1\r\nc,?,1,1,1,1`,
    '5:6 (submit_s): expected a number of seconds, 0 or more, found "-1"\n' +
      't.csv:5:11 (tasks): expected a whole number from 1 to 1000000, found "x"\n' +
      't.csv:6:3 (submit_s): expected a number of seconds, 0 or more, found "?"',
  ],
  [
    'a last row cut off',
    `${lcg}0,83,1,1\n3,361`,
    '3:6 (user): expected 4 columns, found 2 in the last row: the file may be cut off here',
  ],
  ['a short row', `${lcg}0,83,1\n3,361,1,1`, '2:7 (partition): expected 4 columns, found 3'],
  ['a long row', `${lcg}0,83,1,1,9\n3,361,1,1`, '2:10: expected 4 columns, found 5'],
  [
    'an open quote',
    `${lcg}0,"83,1,1\n3,361,1,1`,
    '2:3 (runtime_s): expected quotes around the whole cell or none, found an ' +
      'opening quote that is never closed',
  ],
  [
    'text after a quote',
    `${lcg}0,"83"x,1,1`,
    '2:3 (runtime_s): expected quotes around the whole cell or none, found text ' +
      'after the closing quote',
  ],
  [
    'a quote in a cell',
    `${lcg}0,8"3,1,1`,
    '2:3 (runtime_s): expected quotes around the whole cell or none, found a quote ' +
      'inside an unquoted cell',
  ],
  [
    'a column twice',
    'a,b,a\n',
    '1:5: expected a name for each column, each name once, found "a" again',
  ],
  [
    'a column without a name',
    'a,,b\n',
    '1:3: expected a name for each column, each name once, found nothing',
  ],
  [
    'the header of another format',
    'submit_s,runtime_s,user,partition\n0,1,1,1',
    '1:10: expected the header of jobs (id,submit_s,duration_s,tasks,cpus,mem_mb,' +
      '[disk_mb],[gpus],[user]), found no column id, duration_s, tasks, cpus, mem_mb ' +
      'and an unknown column "runtime_s" and an unknown column "partition"',
    {format: 'jobs'},
  ],
  [
    'an unknown column',
    `${plain.trim()},gpu\n`,
    '1:42: expected the header of jobs (id,submit_s,duration_s,tasks,cpus,mem_mb,' +
      '[disk_mb],[gpus],[user]), found an unknown column "gpu" (did you mean gpus?)',
  ],
  [
    'an unknown header',
    'x,y\n1,2',
    '1:1: expected the header of a known trace (swf, lcg, surf, jobs, dlrm, ' +
      'openb-pods, openb-nodes, spot-nodes, nodes, outages), found "x,y"',
  ],
  [
    'a header that is nearly right',
    'submit_s,runtime_s,user\n0,1,1',
    '1:1: expected the header of a known trace (swf, lcg, surf, jobs, dlrm, ' +
      'openb-pods, openb-nodes, spot-nodes, nodes, outages), found one that is nearest ' +
      'to lcg: no column partition',
  ],
  [
    'a header that two formats have',
    `${plain.trim()},hostname\n`,
    '1:1: expected a header that only one format has (state the format to settle it),' +
      ' found one that fits both jobs and nodes',
  ],
  [
    'SWF: a cut line',
    `; x\n${swfLine({1: 1, 2: 0, 4: 1, 5: 1})}\n 2 0 -1`,
    '3:8 (run_time): expected 18 columns, found 3 in the last row: the file may be cut off here',
  ],
  [
    'SWF: a run time below -1',
    `; x\n  ${swfLine({1: 1, 2: 0, 4: -2, 5: 1})}`,
    '2:10 (run_time): expected a number of seconds, 0 or more, or -1 for unknown, found "-2"',
  ],
  [
    'SWF: a run time between -1 and 0',
    `; x\n${swfLine({1: 1, 2: 0, 4: '-0.5', 5: 1})}`,
    '2:8 (run_time): expected a number of seconds, 0 or more, or -1 for unknown, found "-0.5"',
  ],
  [
    'SWF: no submit time',
    `; x\n${swfLine({1: 1, 4: 1, 5: 1})}`,
    '2:3 (submit_time): expected a number of seconds, 0 or more, found "-1"',
  ],
  [
    'SWF: a word in a field nobody uses',
    `; x\n${swfLine({1: 1, 2: 0, 4: 1, 5: 1, 18: 'z'})}`,
    '2:48 (think_time): expected a number, 0 or more, or -1 for unknown, found "z"',
  ],
  [
    'DLRM: deleted before created',
    `${dlrmHeader}\n${goodDlrm},8,10,10,9`,
    '2:45 (deletion_time): expected a time at or after creation_time 10, found "9"',
  ],
  [
    'DLRM: scheduled before created',
    `${dlrmHeader}\n${goodDlrm},8,10,9,`,
    '2:42 (scheduled_time): expected a time at or after creation_time 10, found "9"',
  ],
  [
    'DLRM: zero instances a node',
    `${dlrmHeader}\n${goodDlrm},0,,,`,
    '2:37 (max_instance_per_node): expected a whole number from 1, or -1 for no limit, found "0"',
  ],
  [
    'DLRM: a name without a letter',
    `${dlrmHeader}\n${goodDlrm.replace('app_0', '__')},8,,,`,
    '2:7 (app_name): expected the name of an application, with a letter or digit of ' +
      'ASCII in it, found "__"',
  ],
  [
    'pods: deleted before created',
    `${podHeader}\n${pod},5,4,`,
    '2:25 (deletion_time): expected a time at or after creation_time 5, found "4"',
  ],
  [
    'pods: shares of several GPUs',
    `${podHeader}\n${pod.replace('1,1,,', '2,500,,')},5,6,`,
    '2:9 (gpu_milli): expected 1000 where num_gpu is above 1, found "500"',
  ],
  [
    'nodes: the same name twice',
    'hostname,cpus,mem_mb\na,1,1\na,1,1',
    '3:1 (hostname): expected a name that no earlier row has, found "a"',
  ],
  [
    'nodes: more than a million',
    'hostname,cpus,mem_mb,count\na,1,1,1000000\nb,1,1,1',
    '3:7 (count): expected at most 1000000 nodes, found "1"',
  ],
  [
    'nodes: a misnamed resource',
    'hostname,cpus,mem_mb,disk\na,1,1,1',
    '1:22: expected the header of nodes (hostname,cpus,mem_mb), found an unknown ' +
      'column "disk" (did you mean disk_mb?)',
  ],
  [
    'outages: more than all hosts',
    'interval_since_previous_ms,duration_ms,intensity\n0,1,1.5',
    '2:5 (intensity): expected a share of the hosts above 0 and at most 1, found "1.5"',
  ],
];

for (const [title, text, expected, options] of badTexts) {
  test(`bad input is told with its place: ${title}`, (t) => {
    const error = t.throws(() => parseTrace(text, 't.csv', options), {instanceOf: TraceError});
    t.is(error.message, `t.csv${expected.startsWith(':') ? '' : ':'}${expected}`);
  });
}

test('a strict reading stops after 20 problems; a long cell is cut in the message', (t) => {
  const text = lcg + `${'y'.repeat(99)},1,1,1\n`.repeat(50);
  const error = t.throws(() => parseTrace(text, 't.csv'), {instanceOf: TraceError});
  t.is(error.problems.length, 20);
  t.is(error.problems[19]?.line, 21);
  t.true(error.message.endsWith('\nstopped after 20 problems'));
  t.true(
    error.message.startsWith(
      `t.csv:2:1 (submit_s): expected a number of seconds, 0 or more, found "${'y'.repeat(60)}…"`,
    ),
  );
});

test('a lenient reading leaves bad rows out, counts each once, keeps the first messages', (t) => {
  const text = `${lcg}0,1,a,1\n${'x,x,a,1\n'.repeat(9)}4,1,b,1\n5,`;
  const trace = jobsOf(text, {lenient: true});
  t.deepEqual([...trace.submitMs], [0, 4000]);
  t.is(jobId(trace, 1), '11');
  t.is(trace.skipped.rows, 10);
  t.deepEqual(
    trace.skipped.first.map(({line, column}) => [line, column]),
    [
      [3, 1],
      [3, 3],
      [4, 1],
      [4, 3],
      [5, 1],
    ],
  );
});

test('a lenient reading still refuses a file of which nothing is left', (t) => {
  const error = t.throws(() => parseTrace(`${lcg}x,1,1,1\n`, 't.csv', {lenient: true}));
  t.is(
    error.message,
    't.csv: expected at least one row, found 1 rows, none of them usable\n' +
      't.csv:2:1 (submit_s): expected a number of seconds, 0 or more, found "x"',
  );
});

test('a skipped outage still lies between its neighbours', (t) => {
  const text = 'interval_since_previous_ms,duration_ms,intensity\n5,1,1\n7,?,1\n9,1,1\n';
  const trace = parseTrace(text, 't.csv', {lenient: true});
  t.deepEqual(trace.kind === 'outages' && [...trace.startMs], [5, 21]);
});

test('arrivals are scaled in seconds, half to even, and refuse a scale that is no factor', (t) => {
  const trace = jobsOf(`${lcg}${[1, 2, 3, 5, 7].map((at) => `${at},1,a,1`).join('\n')}`);
  t.deepEqual([...scaleArrivals(trace, 0.5).submitMs], [0, 1000, 2000, 2000, 4000]);
  t.deepEqual([...scaleArrivals(trace, 2).submitMs], [2000, 4000, 6000, 10_000, 14_000]);
  t.deepEqual([...trace.submitMs], [1000, 2000, 3000, 5000, 7000]);
  for (const scale of [0, -1, Number.NaN, Infinity]) {
    t.throws(() => scaleArrivals(trace, scale), {instanceOf: RangeError});
  }
});

const plainJob = fc.record({
  submitMs: fc.nat(1_000_000_000),
  durationMs: fc.nat(1_000_000_000),
  tasks: fc.integer({min: 1, max: 1_000_000}),
  cpusMilli: fc.nat(1_000_000),
  memMilli: fc.nat(2_000_000_000),
  gpus: fc.nat(64),
  user: fc.string({unit: fc.constantFrom('a', ',', '"', '\n', '\r', ';', ' ', 'é')}),
});

test('jobs printed as plain CSV are read back the same', (t) => {
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const property = fc.property(fc.array(plainJob, {minLength: 1, maxLength: 20}), (jobs) => {
    const rows = jobs.map((job, index) =>
      [
        index,
        job.submitMs / 1000,
        job.durationMs / 1000,
        job.tasks,
        job.cpusMilli / 1000,
        job.memMilli / 1000,
        job.gpus,
        quote(job.user),
      ].join(','),
    );
    const trace = jobsOf(
      ['id,submit_s,duration_s,tasks,cpus,mem_mb,gpus,user', ...rows].join('\n'),
    );
    const order = jobs.map((job, index) => ({...job, index}));
    order.sort((left, right) => left.submitMs - right.submitMs || left.index - right.index);
    t.deepEqual(
      order.map((_, at) => ({
        index: Number(jobId(trace, at)),
        submitMs: trace.submitMs[at],
        durationMs: trace.durationMs[at],
        tasks: trace.tasks[at],
        cpusMilli: trace.cpusMilli[at],
        memMilli: trace.memMilli?.[at],
        gpus: (trace.gpusMilli?.[at] ?? 0) / 1000,
        user: trace.users[trace.userOf[at] ?? -1],
      })),
      order.map((job) => ({...job, user: job.user.trim() || 'unknown'})),
    );
  });
  fc.assert(property, {numRuns: 100});
});

test('the place of a bad cell is where it was printed, whatever stands around it', (t) => {
  const cell = fc.string({unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'é'), minLength: 1});
  const property = fc.property(
    fc.array(fc.tuple(cell, fc.boolean()), {minLength: 1, maxLength: 12}),
    fc.constantFrom('\n', '\r\n', '\r'),
    (rows, lineEnd) => {
      let text = `submit_s,user,runtime_s,partition${lineEnd}`;
      const expected: string[] = [];
      for (const [user, isGood] of rows) {
        text += `1,"${user.replaceAll('"', '""')} u",`;
        const before = text.split(/\r\n|\n|\r/u);
        if (!isGood) expected.push(`${before.length}:${(before.at(-1) ?? '').length + 1}`);
        text += `${isGood ? '1' : 'bad'},1${lineEnd}`;
      }
      text += '1,u,1,1';
      const trace = jobsOf(text, {lenient: true});
      const found = trace.skipped.first.map(({line, column}) => `${line}:${column}`);
      t.deepEqual(found, expected.slice(0, 5));
      t.is(trace.skipped.rows, expected.length);
    },
  );
  fc.assert(property, {numRuns: 200});
});
