/** The HTTP faces of Chronos from method and path to status and body, and what holds for all. */
import check from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../../adapters/zones/temporal-zones.ts';
import {restoreEngine, type EngineSnapshot} from '../../../engine.ts';
import {frameworkIdOf} from '../../../kernel/ids.ts';
import {parseInstant} from '../../../kernel/instants.ts';
import type {TaskState} from '../../../scheduler.ts';
import {isObject} from '../../json/json-shape.ts';
import {ApiWorld, type WorldSetup} from '../testing/api-world.ts';

/** A request and its answer; `ms`: so much time passes; `end`: all tasks end so. */
type Step =
  | {readonly ms: number}
  | {readonly end: TaskState}
  | readonly [line: string, status: number, answer?: unknown]
  | readonly [line: string, body: unknown, status: number, answer?: unknown];

type Script = readonly [title: string, ...steps: Step[]];

/** Whoever is refused, or only looks, has changed nothing. */
function play(t: ExecutionContext, world: ApiWorld, steps: readonly Step[]): void {
  for (const step of steps) {
    if ('ms' in step) {
      world.run(step.ms);
      continue;
    }
    if ('end' in step) {
      world.end(step.end);
      continue;
    }
    const [line, ...rest] = step;
    const isBare = typeof rest[0] === 'number';
    const [body, status, wanted] = isBare ? [undefined, ...rest] : rest;
    const [method = '', path = ''] = line.replace('{run}', newestRun(world)).split(' ');
    const before = stateOf(world);
    const answer = world.http(method, path, body);
    t.is(answer.status, status as number, `${line}: ${JSON.stringify(answer.body)}`);
    if (wanted !== undefined) t.deepEqual(namedBy(wanted, answer.body), wanted, line);
    if (answer.status < 300 && method !== 'GET') continue;
    t.deepEqual(stateOf(world), before, `${line} changed something`);
  }
}

/** Of a body what an expectation names: fields of objects, but lists whole. */
function namedBy(wanted: unknown, body: unknown): unknown {
  if (Array.isArray(wanted) && Array.isArray(body)) {
    return body.map((item: unknown, at) => (at < wanted.length ? namedBy(wanted[at], item) : item));
  }
  if (!isObject(wanted) || !isObject(body)) return body;
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [name, namedBy(value, body[name])]),
  );
}

/** Whose id is drawn. */
function newestRun({chronos}: ApiWorld): string {
  const runs = chronos.jobs().flatMap((job) => [...job.runs.values()]);
  return runs.at(-1)?.id ?? 'none';
}

/** All but the time, which passes with every request. */
function stateOf({engine}: ApiWorld): unknown {
  return {...engine.snapshot(), now: 0};
}

const EPOCH = '2026-01-01T00:00:00Z';
const SETUP: WorldSetup = {epochMs: parseInstant(EPOCH) ?? 0, timeZones: temporalZones};

const JOB = {name: 'job', command: 'echo hi', schedule: 'R/2030-01-01T00:00:00Z/P1D'};
const CHILD = {name: 'child', command: 'echo you', parents: ['job']};
const V1 = '/v1/scheduler';
const POST = `POST ${V1}/iso8601`;
const DEPEND = `POST ${V1}/dependency`;
const CREATED: Step = [POST, JOB, 204];
const BAD = {status: 'Bad Request'};
const NO_JOB = {message: 'there is no job nope', ...BAD};
const MANAGER = 'org.apache.mesos.chronos.scheduler.jobs.TaskManager';
const SECOND: Step = {ms: 1000};

function progress(path: string, count: number | undefined, status: number, answer?: unknown): Step {
  const body = {numAdditionalElementsProcessed: count};
  return [`POST ${V1}/job/${path}/progress`, body, status, answer];
}

const CHRONOS: readonly Script[] = [
  [
    'jobs are read as soon as they are accepted',
    [`GET ${V1}/jobs`, 200, []],
    CREATED,
    [`GET ${V1}/job/job`, 200, {...JOB, schedule: 'R/2030-01-01T00:00:00.000Z/P1D', cpus: 0.1}],
    [`GET /scheduler/job/job`, 200, {name: 'job'}],
    [`GET ${V1}/job/nope`, 400, NO_JOB],
    [`HEAD ${V1}/jobs`, 200],
  ],
  [
    'what cannot be a job is refused with the path of what is wrong',
    [POST, '{', 400, BAD],
    [POST, '', 400, BAD],
    [POST, [JOB], 400, {message: '/: expected an object'}],
    [POST, {...JOB, name: 'a b'}, 400, {message: '/name: must match ^[\\w.-]+$'}],
    [POST, {...JOB, schedule: 'R/1940-01-01T00:00:00Z/P1D'}, 400, BAD],
    [POST, {...JOB, scheduleTimeZone: 'Mars/Olympus'}, 400, BAD],
    [POST, {...JOB, retries: -1, cpus: 'many'}, 400, BAD],
    [DEPEND, CHILD, 400, BAD],
    [DEPEND, {...CHILD, parents: []}, 400, BAD],
    [`GET ${V1}/jobs`, 200, []],
  ],
  [
    'either path takes either kind of job, and turns the one into the other',
    [DEPEND, JOB, 204],
    [POST, CHILD, 204],
    [`GET ${V1}/job/child`, 200, {parents: ['job']}],
    [POST, {...JOB, name: 'child'}, 204],
    [`GET ${V1}/job/child`, 200, {schedule: 'R/2030-01-01T00:00:00.000Z/P1D'}],
  ],
  [
    'jobs that would wait for one another are refused',
    CREATED,
    [DEPEND, CHILD, 204],
    [DEPEND, {...CHILD, name: 'grandchild', parents: ['child']}, 204],
    [DEPEND, {...CHILD, parents: ['grandchild']}, 400, BAD],
    [DEPEND, {...CHILD, parents: ['child']}, 400, BAD],
  ],
  [
    'only the paths of Chronos 2 take PUT for submissions, and results of tasks',
    [`PUT ${V1}/iso8601`, JOB, 405],
    [`PUT ${V1}/dependency`, CHILD, 405],
    [`PUT ${V1}/task/ct:0:0:job:`, {statusCode: 0}, 404],
    ['PUT /scheduler/iso8601', JOB, 204],
    ['PUT /scheduler/dependency', CHILD, 204],
    ['PUT /scheduler/job/job', 204],
    SECOND,
    ['PUT /scheduler/task/ct:1767225600000:0:job:', {statusCode: 0}, 204],
    ['PUT /scheduler/task/ct:1767225600000:0:job:', {statusCode: 'x'}, 400, BAD],
    ['PUT /scheduler/task/ct:1767225600000:0:job:', {}, 400, BAD],
    ['PUT /scheduler/task/ct:0:0:job:', {statusCode: 0}, 400, BAD],
    ['PUT /scheduler/task/ct:0:0:nope:', {statusCode: 0}, 400, NO_JOB],
    ['PUT /scheduler/task/nonsense', {statusCode: 0}, 400, BAD],
  ],
  [
    'a job runs by hand, and strictly only if it need not wait',
    [`PUT ${V1}/job/nope`, 400, NO_JOB],
    CREATED,
    [`PUT ${V1}/job/job?strict=true`, 204],
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{state: 'queued', status: 'fresh'}]}],
    SECOND,
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{state: '1 running'}]}],
    [`PUT ${V1}/job/job?strict=true`, 409, {status: 'Conflict'}],
    [`PUT ${V1}/job/job?arguments=x%20y`, 204],
    {end: 'TASK_FINISHED'},
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{state: 'queued', status: 'success'}]}],
    SECOND,
    {end: 'TASK_FINISHED'},
    [`GET ${V1}/job/job`, 200, {successCount: 2, lastSuccess: '2026-01-01T00:00:02.000Z'}],
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{state: 'idle'}]}],
  ],
  [
    'a success by hand counts, and no job is marked that is not there',
    [`PUT ${V1}/job/success/nope`, 200, 'marked job nope as successful: false'],
    CREATED,
    [`PUT ${V1}/job/success/job`, 200, 'marked job job as successful: true'],
    [`GET ${V1}/job/job`, 200, {successCount: 1, errorsSinceLastSuccess: 0}],
  ],
  [
    'a success counts for more than a failure only if it is later',
    [POST, {...JOB, retries: 0}, 204],
    [`PUT ${V1}/job/job`, 204],
    {ms: 1000},
    {end: 'TASK_FAILED'},
    [`PUT ${V1}/job/success/job`, 200],
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{status: 'failure'}]}],
    {ms: 1000},
    [`PUT ${V1}/job/success/job`, 200],
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{status: 'success'}]}],
  ],
  [
    'tasks are killed, also where there are none',
    [`DELETE ${V1}/task/kill/nope`, 400, NO_JOB],
    CREATED,
    [`DELETE ${V1}/task/kill/job`, 204],
    [`PUT ${V1}/job/job`, 204],
    SECOND,
    [`DELETE ${V1}/task/kill/job`, 204],
    [
      `GET ${V1}/job/history/job`,
      200,
      {active: [], ended: [{outcome: 'cancelled', why: 'killed by hand', retries: 0}]},
    ],
  ],
  [
    'a job that others wait for is only removed by who says what becomes of them',
    CREATED,
    [DEPEND, CHILD, 204],
    [`DELETE ${V1}/job/nope`, 400, NO_JOB],
    [`DELETE ${V1}/job/job`, 409, {status: 'Conflict'}],
    [`DELETE ${V1}/job/job?cascade=yes`, 400, BAD],
    [`DELETE ${V1}/job/job?cascade=orphan`, 204],
    [`GET ${V1}/jobs`, 200, [{name: 'child', parents: []}]],
    [`DELETE ${V1}/job/child`, 204],
    [`GET ${V1}/jobs`, 200, []],
  ],
  [
    'a search is for what contains the words, in any case',
    [POST, {...JOB, name: 'alpha'}, 204],
    [POST, {...JOB, name: 'beta', command: 'echo Alpha'}, 204],
    [POST, {...JOB, name: 'gamma'}, 204],
    [`GET ${V1}/jobs/search`, 200, [{name: 'alpha'}, {name: 'beta'}, {name: 'gamma'}]],
    [`GET ${V1}/jobs/search?name=ALP`, 200, [{name: 'alpha'}]],
    [`GET ${V1}/jobs/search?name=a&command=hi`, 200, [{name: 'alpha'}, {name: 'gamma'}]],
    [`GET ${V1}/jobs/search?any=alpha`, 200, [{name: 'alpha'}, {name: 'beta'}]],
    [
      `GET ${V1}/jobs/search?name=mm&any=alpha`,
      200,
      [{name: 'alpha'}, {name: 'beta'}, {name: 'gamma'}],
    ],
    [`GET ${V1}/jobs/search?name=zzz`, 200, []],
    [`GET ${V1}/jobs/search?limit=1&offset=1`, 200, [{name: 'beta'}]],
    [`GET ${V1}/jobs/search?limit=0`, 200, []],
    [`GET ${V1}/jobs/search?limit=-1`, 400, BAD],
    [`GET ${V1}/jobs/search?offset=x`, 400, BAD],
  ],
  [
    'lists show uris and fetch in the form of each other, the job itself as it was sent',
    [POST, {...JOB, uris: ['http://a/b']}, 204],
    [`GET ${V1}/jobs`, 200, [{uris: ['http://a/b'], fetch: [{uri: 'http://a/b'}]}]],
    [`GET ${V1}/job/job`, 200, {uris: ['http://a/b'], fetch: []}],
  ],
  [
    'graphs have the jobs in the order in which they came, and who waits for whom',
    [`GET ${V1}/graph/csv`, 200, ''],
    [`GET ${V1}/graph/dot`, 200, 'digraph G {\n}\n'],
    CREATED,
    [DEPEND, CHILD, 204],
    [`PUT ${V1}/job/success/job`, 200],
    [
      `GET ${V1}/graph/csv`,
      200,
      'node,job,success,idle\nnode,child,fresh,queued\nlink,job,child\n',
    ],
    [
      `GET ${V1}/graph/dot`,
      200,
      'digraph G {\n  1 [ label="job" ];\n  2 [ label="child" ];\n  1 -> 2;\n}\n',
    ],
  ],
  [
    'statistics are of the runs that succeeded, and tasks are listed newest first',
    [`GET ${V1}/job/stat/nope`, 400, NO_JOB],
    [POST, {...JOB, retries: 0}, 204],
    [`GET ${V1}/job/stat/job`, 200, {histogram: {count: 0, mean: 0}, taskStatHistory: []}],
    [`PUT ${V1}/job/job`, 204],
    {ms: 1000},
    {end: 'TASK_FINISHED'},
    [`PUT ${V1}/job/job`, 204],
    {ms: 3_000},
    {end: 'TASK_FINISHED'},
    [`PUT ${V1}/job/job`, 204],
    {ms: 60_000},
    {end: 'TASK_FAILED'},
    [`PUT ${V1}/job/job`, 204],
    {ms: 1_000},
    [
      `GET ${V1}/job/stat/job`,
      200,
      {
        histogram: {
          count: 2,
          mean: 2000,
          median: 1000,
          '75thPercentile': 3000,
          '95thPercentile': 3000,
          '98thPercentile': 3000,
          '99thPercentile': 3000,
        },
        taskStatHistory: [
          {status: 'Running', endTime: 'N/A'},
          {status: 'Fail', startTime: '01/01/26 00:00:04', duration: '1m', slaveId: 'agent-1'},
          {status: 'Success', jobName: 'job', taskId: 'ct:1767225601000:0:job:'},
          {status: 'Success', startTime: '01/01/26 00:00:00', endTime: '01/01/26 00:00:01'},
        ],
      },
    ],
    [POST, {...JOB, name: 'other'}, 204],
    [
      `GET ${V1}/stats/95thPercentile`,
      200,
      [
        {jobNameLabel: 'job', time: 3},
        {jobNameLabel: 'other', time: 0},
      ],
    ],
    [`GET ${V1}/stats/count`, 200, [{jobNameLabel: 'job', time: 2}, {time: 0}]],
    [`GET ${V1}/stats/most`, 200, []],
  ],
  [
    'a task says what it has processed, and only a task that is there',
    [POST, {...JOB, dataProcessingJobType: true}, 204],
    [POST, {...JOB, name: 'plain'}, 204],
    [`PUT ${V1}/job/job`, 204],
    {ms: 1000},
    progress('job/task/ct:1767225600000:0:job:', 5, 204),
    progress('job/task/ct:1767225600000:0:job:', 2, 204),
    progress('job/task/ct:1767225600000:0:job:', -1, 400, BAD),
    progress('job/task/ct:1767225600000:0:job:', 0.5, 400, BAD),
    progress('job/task/ct:1767225600000:0:job:', undefined, 400, BAD),
    [`POST ${V1}/job/job/task/ct:1767225600000:0:job:/progress`, '', 400, BAD],
    progress('job/task/ct:1:0:job:', 1, 400, BAD),
    progress('job/task/ct:1:0:plain:', 1, 400, BAD),
    progress('plain/task/ct:1:0:plain:', 1, 400, BAD),
    progress('nope/task/ct:1:0:nope:', 1, 400, NO_JOB),
    {end: 'TASK_FINISHED'},
    [`GET ${V1}/job/stat/job`, 200, {taskStatHistory: [{numElementsProcessed: 7}]}],
  ],
  [
    'the history has whole runs, with their retries and why they ended so',
    [`GET ${V1}/job/history/nope`, 400, NO_JOB],
    [POST, {...JOB, retries: 1, retryDelay: 10}, 204],
    [`PUT ${V1}/job/job`, 204],
    {ms: 1000},
    {end: 'TASK_FAILED'},
    [
      `GET ${V1}/job/history/job`,
      200,
      {
        ended: [],
        active: [{state: 'retrying', waitingReason: 'retry', retryAt: '2026-01-01T00:00:11.000Z'}],
      },
    ],
    {ms: 20_000},
    {end: 'TASK_LOST'},
    [
      `GET ${V1}/job/history/job`,
      200,
      {
        active: [],
        ended: [
          {
            kind: 'manual',
            due: '2026-01-01T00:00:00.000Z',
            start: '2026-01-01T00:00:00.000Z',
            end: '2026-01-01T00:00:21.000Z',
            outcome: 'failure',
            retries: 1,
            why: 'TASK_LOST',
            task: 'ct:1767225600000:1:job:',
            tasks: [{state: 'TASK_FAILED', host: 'host-1'}, {state: 'TASK_LOST'}],
          },
        ],
      },
    ],
  ],
  [
    'the queue says of all that waits what it waits for',
    [`GET ${V1}/queue`, 200, []],
    [POST, {...JOB, name: 'big', cpus: 100, highPriority: true}, 204],
    [POST, {...JOB, name: 'often', schedule: 'R//PT1M'}, 204],
    [`PUT ${V1}/job/big`, 204],
    [
      'GET /metrics',
      200,
      {gauges: {[`${MANAGER}.queueSize`]: {value: 1}, [`${MANAGER}.highQueueSize`]: {value: 1}}},
    ],
    {ms: 100_000},
    [
      'GET /metrics',
      200,
      {gauges: {[`${MANAGER}.queueSize`]: {value: 0}, [`${MANAGER}.highQueueSize`]: {value: 1}}},
    ],
    [`PUT ${V1}/job/often`, 204],
    [
      `GET ${V1}/queue`,
      200,
      [
        {job: 'big', kind: 'manual', state: 'queued', waitingReason: 'cpus', highPriority: true},
        {job: 'often', kind: 'manual', state: 'held', waitingReason: 'overlap'},
        {job: 'often', kind: 'slot', due: '2026-01-01T00:00:59.000Z', waitingReason: 'overlap'},
      ],
    ],
  ],
  [
    'a job tells when it fires next, in its zone, and what a change of the clock does to that',
    [`GET ${V1}/job/fires/nope`, 400, NO_JOB],
    [
      POST,
      {
        ...JOB,
        schedule: 'R3/2026-03-28T02:30:00/P1D',
        scheduleTimeZone: 'Europe/Paris',
        disabled: true,
      },
      204,
    ],
    [
      `GET ${V1}/job/fires/job`,
      200,
      {
        job: 'job',
        disabled: true,
        repetitionsLeft: 3,
        fires: [
          {
            utc: '2026-03-28T01:30:00.000Z',
            local: '2026-03-28T02:30:00.000',
            zone: 'Europe/Paris',
            offset: '+01:00',
            note: null,
          },
          {
            utc: '2026-03-29T01:30:00.000Z',
            local: '2026-03-29T03:30:00.000',
            offset: '+02:00',
            note: {kind: 'shifted', meantLocal: '2026-03-29T02:30:00.000'},
          },
          {utc: '2026-03-30T00:30:00.000Z', note: null},
        ],
      },
    ],
    [
      `GET ${V1}/job/fires/job?from=2026-03-29T00:00:00Z&count=1`,
      200,
      {fires: [{utc: '2026-03-29T01:30:00.000Z'}]},
    ],
    [`GET ${V1}/job/fires/job?from=2027-01-01T00:00:00Z`, 200, {fires: []}],
    [`GET ${V1}/job/fires/job?from=tomorrow`, 400, BAD],
    [`GET ${V1}/job/fires/job?count=0`, 400, BAD],
    [`GET ${V1}/job/fires/job?count=1001`, 400, BAD],
    [`GET ${V1}/job/fires/job?count=1000&from=2026-03-30T00:30:00.001Z`, 200, {fires: []}],
    [DEPEND, CHILD, 204],
    [`GET ${V1}/job/fires/child`, 200, {fires: [], repetitionsLeft: null}],
  ],
  [
    'what belongs to no job',
    ['GET /ping', 200, 'pong'],
    [`GET ${V1}/leader`, 200, {leader: 'localhost:4400'}],
    [`GET ${V1}/nope`, 404],
    [`DELETE ${V1}/jobs`, 405],
    CREATED,
    [`PUT ${V1}/job/job`, 204],
    {ms: 2000},
    {end: 'TASK_FINISHED'},
    [
      'GET /metrics',
      200,
      {
        counters: {'jobs.run.success.job': {count: 1}, 'jobs.run.failure.job': {count: 0}},
        histograms: {'jobs.run.time.job': {count: 1, max: 2000, p50: 2000, stddev: 0}},
        gauges: {[`${MANAGER}.queueSize`]: {value: 0}},
      },
    ],
  ],
];

const RUN = {cpus: 0.1, mem: 32, disk: 0, cmd: 'echo hi'};
const TASK = {id: 'job', run: RUN};
const SCHEDULE = {id: 'nightly', cron: '30 2 * * *', timezone: 'Europe/Paris'};
const CREATE = 'POST /v1/jobs';
const NOT_FOUND = {id: 'nope', message: 'Job not found'};
const invalidAt = (path: string): object => ({message: 'Object is not valid', details: [{path}]});
const ALL = 'embed=activeRuns&embed=schedules,historySummary&embed=history';

const METRONOME: readonly Script[] = [
  [
    'jobs are created once, and read with what they leave to the default',
    ['GET /v1/jobs', 200, []],
    ['GET /v1/jobs/nope', 404, NOT_FOUND],
    [CREATE, '{', 400, {message: 'Invalid JSON'}],
    [CREATE, '', 400],
    [CREATE, {id: 'job'}, 422, invalidAt('/run')],
    [CREATE, {...TASK, id: 'Job'}, 422, invalidAt('/id')],
    [CREATE, {...TASK, run: {...RUN, cpus: 0}}, 422, invalidAt('/run/cpus')],
    [CREATE, {...TASK, dependencies: [{id: 'nope'}]}, 422, invalidAt('/dependencies')],
    [CREATE, {...TASK, schedules: [{...SCHEDULE, cron: '61 * * * *'}]}, 422],
    [CREATE, {...TASK, schedules: [SCHEDULE, SCHEDULE]}, 422, invalidAt('/schedules')],
    [CREATE, TASK, 201, {id: 'job', labels: {}, run: {...RUN, maxLaunchDelay: 3600}}],
    [CREATE, TASK, 409, {message: 'Job with this id already exists'}],
    ['GET /v1/jobs/job', 200, {id: 'job', dependencies: []}],
    ['GET /v1/jobs', 200, [{id: 'job'}]],
  ],
  [
    'all faults of a field stand together',
    [
      CREATE,
      {...TASK, dependencies: [{id: 'a'}, {id: 'a'}], schedules: [SCHEDULE]},
      422,
      {
        details: [
          {path: '/dependencies', errors: ['has double entries']},
          {path: '/', errors: ['Jobs may not have both dependencies and schedules specified']},
        ],
      },
    ],
  ],
  [
    'several faults of one field are one entry',
    [
      CREATE,
      {...TASK, run: {...RUN, networks: [{mode: 'host'}, {mode: 'container', name: 'n'}]}},
      422,
      {
        details: [
          {
            path: '/run/networks',
            errors: [
              'expected networks of one mode',
              'only UCR may join several networks, of mode container',
            ],
          },
        ],
      },
    ],
  ],
  [
    'an update keeps the schedule, and the id of the path',
    ['PUT /v1/jobs/nope', TASK, 404, NOT_FOUND],
    [CREATE, {...TASK, schedules: [SCHEDULE]}, 201],
    ['PUT /v1/jobs/job', {id: 'other', run: {...RUN, cmd: 'true'}}, 200, {id: 'job'}],
    ['PUT /v1/jobs/job', {run: RUN, schedules: [{...SCHEDULE, id: 'hourly'}]}, 200],
    ['PUT /v1/jobs/job', {run: {}}, 422],
    ['GET /v1/jobs/job?embed=schedules', 200, {run: RUN, schedules: [{id: 'nightly'}]}],
    [CREATE, {...TASK, id: 'parent'}, 201],
    ['PUT /v1/jobs/job', {run: RUN, dependencies: [{id: 'parent'}]}, 422, invalidAt('/')],
    ['PUT /v1/jobs/parent', {run: RUN, dependencies: [{id: 'job'}]}, 200],
    ['PUT /v1/jobs/parent', {run: RUN, dependencies: [{id: 'parent'}]}, 422],
  ],
  [
    'a list omits the runs of an idle job, and the job itself shows that it has none',
    [CREATE, TASK, 201],
    [
      `GET /v1/jobs/job?${ALL}`,
      200,
      {
        activeRuns: [],
        schedules: [],
        historySummary: {successCount: 0, failureCount: 0, lastSuccessAt: null},
        history: {successfulFinishedRuns: [], failedFinishedRuns: []},
      },
    ],
    [
      `GET /v1/jobs?${ALL}`,
      200,
      [{activeRuns: undefined, schedules: [], history: {successCount: 0}}],
    ],
    ['POST /v1/jobs/job/runs', 201],
    [`GET /v1/jobs?${ALL}`, 200, [{activeRuns: [{status: 'STARTING', tasks: []}]}]],
    ['GET /v1/jobs/job?embed=runs', 400],
    ['GET /v1/jobs?embed=schedules,runs', 400],
  ],
  [
    'a job has one schedule, which comes and goes by itself',
    ['GET /v1/jobs/nope/schedules', 404, NOT_FOUND],
    [CREATE, TASK, 201],
    ['GET /v1/jobs/job/schedules', 200, []],
    ['GET /v1/jobs/job/schedules/nope', 404, {id: 'nope', message: 'Schedule not found'}],
    ['PUT /v1/jobs/job/schedules/nope', SCHEDULE, 404],
    ['DELETE /v1/jobs/job/schedules/nope', 404],
    ['POST /v1/jobs/job/schedules', {...SCHEDULE, cron: 'x'}, 422, invalidAt('/cron')],
    ['POST /v1/jobs/job/schedules', {...SCHEDULE, timezone: 'Mars'}, 422, invalidAt('/timezone')],
    ['POST /v1/jobs/job/schedules', {cron: '* * * * *'}, 422, invalidAt('/id')],
    [
      'POST /v1/jobs/job/schedules',
      SCHEDULE,
      201,
      {...SCHEDULE, enabled: true, nextRunAt: '2026-01-01T01:30:00.000+0000'},
    ],
    [
      'POST /v1/jobs/job/schedules',
      SCHEDULE,
      409,
      {message: 'A schedule with id nightly already exists'},
    ],
    [
      'POST /v1/jobs/job/schedules',
      {...SCHEDULE, id: 'other'},
      409,
      {message: 'Only one schedule supported at the moment'},
    ],
    ['GET /v1/jobs/job/schedules', 200, [SCHEDULE]],
    // `dcos job schedule` puts a slash before the id.
    ['GET /v1/jobs/job/schedules//nightly', 200, SCHEDULE],
    [
      'PUT /v1/jobs/job/schedules//nightly',
      {...SCHEDULE, id: 'other', enabled: false, cron: '0 5 * * *'},
      200,
      {id: 'nightly', enabled: false, nextRunAt: '2026-01-01T04:00:00.000+0000'},
    ],
    ['PUT /v1/jobs/job/schedules/nightly', {...SCHEDULE, startingDeadlineSeconds: 5}, 422],
    ['DELETE /v1/jobs/job/schedules//nightly', 200],
    ['GET /v1/jobs/job/schedules', 200, []],
    [CREATE, {...TASK, id: 'child', dependencies: [{id: 'job'}]}, 201],
    ['POST /v1/jobs/child/schedules', SCHEDULE, 422, invalidAt('/')],
  ],
  [
    'a run is shown while it is active, and in the history after that',
    ['POST /v1/jobs/nope/runs', 404, NOT_FOUND],
    ['GET /v1/jobs/nope/runs', 404, NOT_FOUND],
    [CREATE, TASK, 201],
    [
      'POST /v1/jobs/job/runs',
      201,
      {
        jobId: 'job',
        status: 'STARTING',
        createdAt: '2026-01-01T00:00:00.000+0000',
        completedAt: null,
        tasks: [],
      },
    ],
    ['GET /v1/queue', 200, [{jobId: 'job'}]],
    {ms: 1000},
    ['GET /v1/queue', 200, []],
    [
      'GET /v1/jobs/job/runs',
      200,
      [
        {
          status: 'ACTIVE',
          tasks: [{startedAt: '2026-01-01T00:00:00.000+0000', status: 'TASK_RUNNING'}],
        },
      ],
    ],
    ['GET /v1/jobs/job/runs/{run}', 200, {jobId: 'job', status: 'ACTIVE'}],
    {end: 'TASK_FINISHED'},
    ['GET /v1/jobs/job/runs', 200, []],
    ['POST /v1/jobs/job/runs', 201],
    {ms: 1000},
    {end: 'TASK_FAILED'},
    [
      'GET /v1/jobs/job?embed=history',
      200,
      {
        history: {
          successCount: 1,
          failureCount: 1,
          lastSuccessAt: '2026-01-01T00:00:01.000+0000',
          lastFailureAt: '2026-01-01T00:00:02.000+0000',
          successfulFinishedRuns: [{finishedAt: '2026-01-01T00:00:01.000+0000'}],
          failedFinishedRuns: [{createdAt: '2026-01-01T00:00:01.000+0000'}],
        },
      },
    ],
    ['POST /v1/jobs/job/runs', 201],
    SECOND,
    {end: 'TASK_FINISHED'},
    [
      'GET /v1/jobs/job?embed=history',
      200,
      {
        history: {
          successfulFinishedRuns: [
            {finishedAt: '2026-01-01T00:00:03.000+0000'},
            {finishedAt: '2026-01-01T00:00:01.000+0000'},
          ],
        },
      },
    ],
  ],
  [
    'a run that is stopped is answered as it stood, and counts as failed',
    [CREATE, TASK, 201],
    [
      'POST /v1/jobs/job/runs/nope/actions/stop',
      404,
      {jobSpec: 'job', id: 'nope', message: 'Job Run not found'},
    ],
    ['POST /v1/jobs/job/runs', 201],
    ['POST /v1/jobs/job/runs/{run}/actions/stop', 200, {status: 'STARTING'}],
    ['POST /v1/jobs/job/runs', 201],
    {ms: 1000},
    ['POST /v1/jobs/job/runs/{run}/actions/stop', 200, {status: 'ACTIVE'}],
    ['GET /v1/jobs/job/runs/nope', 404, {message: 'Job Run not found'}],
    ['GET /v1/jobs/job?embed=historySummary', 200, {historySummary: {failureCount: 2}}],
  ],
  [
    'a job is only deleted when nothing runs of it and nobody depends on it',
    ['DELETE /v1/jobs/nope', 404, NOT_FOUND],
    [CREATE, TASK, 201],
    [CREATE, {...TASK, id: 'child', dependencies: [{id: 'job'}]}, 201],
    ['DELETE /v1/jobs/job', 409],
    ['DELETE /v1/jobs/job?stopCurrentJobRuns=true', 409],
    ['POST /v1/jobs/child/runs', 201],
    {ms: 1000},
    ['DELETE /v1/jobs/child', 409],
    ['DELETE /v1/jobs/child?stopCurrentJobRuns=false', 409],
    ['DELETE /v1/jobs/child?stopCurrentJobRuns=true', 200, {id: 'child'}],
    ['DELETE /v1/jobs/job', 200, {id: 'job', run: RUN}],
    ['GET /v1/jobs', 200, []],
  ],
  [
    'schedules are a part of the job where they always were',
    ['PUT /v0/scheduled-jobs/job', TASK, 404],
    ['POST /v0/scheduled-jobs', {...TASK, schedules: [SCHEDULE]}, 201, {schedules: [SCHEDULE]}],
    ['POST /v0/scheduled-jobs', TASK, 409],
    ['PUT /v0/scheduled-jobs/job', {...TASK, schedules: [{id: 'x'}]}, 422],
    ['PUT /v0/scheduled-jobs/job', TASK, 200, {id: 'job', schedules: []}],
    ['GET /v1/jobs/job/schedules', 200, []],
  ],
  [
    'neither API shows the jobs of the other one, and none takes their names',
    CREATED,
    [CREATE, TASK, 409],
    [CREATE, {...TASK, id: 'task'}, 201],
    [POST, {...JOB, name: 'task'}, 400, BAD],
    ['GET /v1/jobs', 200, [{id: 'task'}]],
    ['GET /v1/jobs/job', 404],
    ['POST /v1/jobs/job/runs', 404],
    ['PUT /v1/jobs/job', TASK, 404],
    ['DELETE /v1/jobs/job', 404],
    [DEPEND, {...CHILD, parents: ['job', 'task']}, 204],
    [`GET ${V1}/graph/csv`, 200, 'node,job,fresh,idle\nnode,child,fresh,idle\nlink,job,child\n'],
    [`GET ${V1}/jobs`, 200, [{name: 'child'}, {name: 'job'}]],
    [`GET ${V1}/job/task`, 400, BAD],
    [`PUT ${V1}/job/task`, 400, BAD],
    [`PUT ${V1}/job/success/task`, 200, 'marked job task as successful: false'],
    [`DELETE ${V1}/task/kill/task`, 400, BAD],
    [`DELETE ${V1}/job/task`, 400, BAD],
    ['GET /v1/metrics', 200, {counters: {'jobs.run.success.task': {count: 0}}}],
  ],
  [
    'what belongs to no job',
    ['GET /leader', 200, {leader: 'localhost:4400'}],
    ['GET /info', 200, {version: '0.6.48', config: {'metronome.history.count': 25}}],
    ['GET /v1/nope', 404, {message: 'Unknown route.', requestPath: '/v1/nope'}],
    ['PATCH /v1/jobs', 405],
  ],
];

for (const [face, scripts] of [
  ['Chronos', CHRONOS],
  ['Metronome', METRONOME],
] as const) {
  for (const [title, ...steps] of scripts) {
    test(`${face}: ${title}`, (t) => {
      play(t, new ApiWorld(SETUP), steps);
    });
  }
}

test('a task that has not said anything yet is launched, and has not begun', (t) => {
  play(t, new ApiWorld({...SETUP, isSilent: true}), [
    CREATED,
    [CREATE, {...TASK, id: 'task'}, 201],
    [`PUT ${V1}/job/job`, 204],
    ['POST /v1/jobs/task/runs', 201],
    SECOND,
    [`GET ${V1}/jobs/summary`, 200, {jobs: [{state: '1 running'}]}],
    [`GET ${V1}/job/stat/job`, 200, {taskStatHistory: [{status: 'Idle', startTime: 'N/A'}]}],
    [`GET ${V1}/job/history/job`, 200, {active: [{state: 'launching', start: null}]}],
    ['GET /v1/jobs/task/runs', 200, [{status: 'STARTING', tasks: [{status: 'TASK_STAGING'}]}]],
  ]);
});

test('a stored job that cannot be scheduled is listed, and says why', (t) => {
  const world = new ApiWorld(SETUP);
  play(t, world, [CREATED, [CREATE, {...TASK, id: 'task', schedules: [SCHEDULE]}, 201]]);
  const broken = [...world.records].map(([path, document]): readonly [string, unknown] => {
    const text = JSON.stringify(document);
    return [path, JSON.parse(text.replaceAll('Europe/Paris', 'Mars').replaceAll('/P1D', '/X'))];
  });
  world.takeOver(broken);
  const errorsAt = (path: string) =>
    (world.http('GET', path).body as readonly {readonly error?: string}[]).map(({error}) => error);
  t.regex(errorsAt(`${V1}/jobs`)[0] ?? '', /^Cannot parse schedule/);
  t.regex(errorsAt('/v1/jobs')[0] ?? '', /^No time zone found with this id: "Mars"/);
  play(t, world, [
    [`GET ${V1}/job/fires/job`, 200, {fires: []}],
    ['GET /v1/jobs/task/schedules', 200, [{id: 'nightly', nextRunAt: undefined}]],
    CREATED,
    [`GET ${V1}/job/job`, 200, {error: undefined, name: 'job'}],
  ]);
});

test('counters of a submitted job count only where historic behaviour is wanted', (t) => {
  const counted = {...JOB, successCount: 7, lastSuccess: '2014-03-08T16:57:17.507Z'};
  const kept = {successCount: 7, lastSuccess: '2014-03-08T16:57:17.507Z', errorCount: 0};
  play(t, new ApiWorld(SETUP), [
    [POST, counted, 204],
    [`GET ${V1}/job/job`, 200, {successCount: 0, lastSuccess: ''}],
    [POST, {...JOB, successCount: 'x'}, 204],
  ]);
  play(t, new ApiWorld({...SETUP, options: {preset: 'chronos3'}}), [
    [POST, counted, 204],
    [`GET ${V1}/job/job`, 200, kept],
    [POST, {...JOB, successCount: 'x'}, 400, {message: '/successCount: expected a number'}],
    [POST, {...JOB, lastError: 'now'}, 400, BAD],
    [`GET ${V1}/job/job`, 200, kept],
    [POST, JOB, 204],
    [`GET ${V1}/job/job`, 200, {successCount: 0, lastSuccess: ''}],
  ]);
});

test('a run by hand names the task that it will be, in ASCII', (t) => {
  const world = new ApiWorld(SETUP);
  play(t, world, [CREATED]);
  const idOf = (query: string) =>
    world.http('PUT', `${V1}/job/job${query}`).headers['Chronos-Task-Id'];
  t.is(idOf(''), 'ct:1767225600000:0:job:');
  t.is(idOf('?arguments=a%20b'), 'ct:1767225600001:0:job:a b');
  t.is(idOf('?arguments=%C3%A9%0A'), 'ct:1767225600002:0:job:');
  t.is(idOf('?arguments=%C3%A9'), 'ct:1767225600003:0:job:%C3%A9');
  world.run(1000);
  t.deepEqual([...world.tasks.keys()], ['ct:1767225600000:0:job:']);
});

test('pages of any origin may ask Chronos, as they always could, and Metronome not', (t) => {
  const world = new ApiWorld(SETUP);
  const originOf = (path: string) => world.http('GET', path).headers['Access-Control-Allow-Origin'];
  t.deepEqual([`${V1}/jobs`, `${V1}/nope`, '/v1/jobs', '/ping'].map(originOf), [
    '*',
    '*',
    undefined,
    undefined,
  ]);
});

test('what is no request at all is refused as such', (t) => {
  const world = new ApiWorld(SETUP);
  for (const request of [null, {}, {kind: 'http'}, {kind: 'other', method: 'GET', path: '/'}]) {
    const reply = world.ask(request);
    t.is(reply.ok ? '' : reply.refusal.code, 'invalidRequest', JSON.stringify(request));
  }
});

test('what a job shows can be sent back, and changes nothing but its version', (t) => {
  const world = new ApiWorld(SETUP);
  play(t, world, [
    [POST, {...JOB, schedule: 'R5/2026-01-01T00:00:00Z/PT1H', uris: ['http://a/b']}, 204],
    [DEPEND, {...CHILD, environmentVariables: [{name: 'A', value: 'b'}]}, 204],
    [CREATE, {...TASK, id: 'task', schedules: [SCHEDULE], description: 'x'}, 201],
    {ms: 4_000_000},
    {end: 'TASK_FINISHED'},
    {ms: 1000},
  ]);
  const shown = (): unknown => [
    world.http('GET', `${V1}/jobs`).body,
    world.http('GET', `/v1/jobs?${ALL}`).body,
  ];
  const before = shown();
  for (const job of world.http('GET', `${V1}/jobs`).body as readonly unknown[]) {
    t.is(world.http('POST', `${V1}/iso8601`, job).status, 204);
  }
  const task = world.http('GET', `/v1/jobs/task?${ALL}`).body;
  t.is(world.http('PUT', '/v1/jobs/task', task).status, 200);
  t.is(world.http('PUT', '/v0/scheduled-jobs/task', task).status, 200);
  t.deepEqual(shown(), before);
});

/** Words of paths, and words that have no business in them. */
const words = fc.constantFrom(
  ...['v1', 'v0', 'scheduler', 'jobs', 'job', 'task', 'kill', 'stat', 'stats', 'queue', 'graph'],
  ...['fires', 'history', 'search', 'summary', 'iso8601', 'dependency', 'csv', 'dot', 'progress'],
  ...['schedules', 'runs', 'actions', 'stop', 'scheduled-jobs', 'success', 'nightly', 'child'],
  ...['%', '%2F', '..', 'ct:1:0:job:', '__proto__', '', 'é'],
);
const requests = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', ''),
  path: fc
    .tuple(
      fc.constantFrom(V1, '/scheduler', '/v1/jobs/task', '/v1', ''),
      fc.array(words, {maxLength: 4}),
      fc.constantFrom('', '?embed=history', '?count=3', '?from=x&any=a', '?strict', '?%=%'),
    )
    .map(([prefix, parts, query]) => `${prefix}/${parts.join('/')}${query}`),
  body: fc.oneof(
    fc.json(),
    fc.constantFrom('', '{', ...[JOB, CHILD, TASK, SCHEDULE].map((body) => JSON.stringify(body))),
  ),
});

test('whatever is sent is answered, and a Chronos that was restored answers the same', (t) => {
  fc.assert(
    fc.property(fc.array(requests, {minLength: 1, maxLength: 12}), (sent) => {
      const world = new ApiWorld(SETUP);
      world.http('POST', `${V1}/iso8601`, JOB);
      world.http('POST', '/v1/jobs', {...TASK, id: 'task', schedules: [SCHEDULE]});
      for (const {method, path, body} of sent) {
        const {status} = world.http(method, path, body);
        if (status < 200 || status > 499) throw new Error(`${method} ${path}: ${status}`);
        world.run(500);
      }
      const snapshot = JSON.parse(JSON.stringify(world.engine.snapshot())) as EngineSnapshot;
      const restored = restoreEngine(snapshot, {timeZones: temporalZones});
      const id = frameworkIdOf('chronos');
      const paths = ['jobs', 'queue', 'graph/csv', 'job/history/job', 'job/stat/job'];
      for (const path of [...paths.map((end) => `${V1}/${end}`), `/v1/jobs?${ALL}`]) {
        const answers = [world.engine, restored].map(({view}) => view.chronos(id)?.get({path}));
        check.deepEqual(answers[0], answers[1], path);
      }
    }),
    {numRuns: 300},
  );
  t.pass();
});

test('errors quote the beginning of what was sent, however long it is', (t) => {
  const world = new ApiWorld();
  const long = 'x'.repeat(100_000);
  const job = {name: 'a', command: 'true'};
  const run = {cmd: 'true', cpus: 0.1, mem: 32, disk: 0};
  const cron = {id: 'n', concurrencyPolicy: 'ALLOW', enabled: true};
  for (const [path, body] of [
    ['/v1/scheduler/iso8601', {...job, schedule: long}],
    ['/v1/scheduler/iso8601', {...job, schedule: `R/${long}/PT1H`}],
    ['/v1/scheduler/iso8601', {...job, schedule: `R//P${long}`}],
    ['/v1/scheduler/iso8601', {...job, schedule: 'R//PT1H', scheduleTimeZone: long}],
    ['/v1/scheduler/iso8601', {...job, schedule: `cron ${long}`}],
    ['/v1/scheduler/dependency', {...job, parents: [long]}],
    ['/v0/scheduled-jobs', {id: 'm', run, schedules: [{...cron, cron: long}]}],
    ['/v0/scheduled-jobs', {id: 'm', run, schedules: [{...cron, cron: `${long} * * * *`}]}],
    ['/v0/scheduled-jobs', {id: 'm', run, schedules: [{...cron, cron: `* * ${long} * *`}]}],
    ['/v0/scheduled-jobs', {id: 'm', run, [long]: 1}],
  ] as const) {
    const answer = world.http('POST', path, body);
    const text = JSON.stringify(answer.body);
    const what = `${path} ${JSON.stringify(body).slice(0, 80)}: ${text.slice(0, 200)}`;
    t.true(answer.status >= 400 && answer.status < 500, what);
    t.true(text.length < 2000, `${text.length} ${what}`);
  }
});
