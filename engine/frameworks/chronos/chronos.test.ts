/** What Chronos promises beyond the conformance suites: presets, classes, barriers, stored data. */
import test, {type ExecutionContext} from 'ava';
import type {FrameworkEvent} from '../../scheduler.ts';
import {ApiWorld, type WorldSetup} from './testing/api-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EPOCH = Date.UTC(2026, 0, 1);

type Json = Readonly<Record<string, unknown>>;

function world(setup: WorldSetup = {}): ApiWorld {
  return new ApiWorld({epochMs: EPOCH, ...setup});
}

/** Submits a job; its schedule begins with the year unless it says otherwise. */
function submit(stage: ApiWorld, job: Json, schedule = 'R/2026-01-01T00:00:00Z/PT1H'): void {
  const body = {command: 'x', ...('parents' in job ? {} : {schedule}), ...job};
  const {status} = stage.http('POST', '/v1/scheduler/iso8601', body);
  if (status !== 204) throw new Error(`${JSON.stringify(body)}: ${status}`);
  stage.run(0);
}

function get(stage: ApiWorld, path: string): Json {
  return stage.http('GET', path).body as Json;
}

const job = (stage: ApiWorld, name: string): Json => get(stage, `/v1/scheduler/job/${name}`);

/** Events of some types, by what of them is asked for. */
function told(
  stage: ApiWorld,
  types: readonly string[],
  fields: readonly string[],
): readonly (readonly unknown[])[] {
  return stage.events
    .filter(({type}) => types.includes(type))
    .map((event: FrameworkEvent) => fields.map((field) => event[field]));
}

const at = (ms: number): number => EPOCH + ms;

test('catch-up `all` works off what was missed, oldest first, one after the other', (t) => {
  const stage = world();
  submit(stage, {name: 'a', catchup: 'all'}, 'R/2025-12-31T22:00:00Z/PT1H');
  t.deepEqual(stage.launched, [`ct:${at(-2 * HOUR)}:0:a:`]);
  for (let turn = 0; turn < 4; turn += 1) {
    stage.end('TASK_FINISHED');
    stage.run(1);
  }
  t.deepEqual(
    stage.launched,
    [-2, -1, 0].map((hour) => `ct:${at(hour * HOUR)}:0:a:`),
  );
});

test('catch-up `all` runs its limit, and says how many it gives up', (t) => {
  const stage = world();
  submit(stage, {name: 'a', catchup: 'all', catchupLimit: 2}, 'R/2025-12-31T20:00:00Z/PT1H');
  const skipped = told(stage, ['JobSkipped'], ['first', 'last', 'count', 'reason']);
  t.deepEqual(skipped, [[at(-2 * HOUR), at(0), 3, 'limit']]);
});

test('a newer run replaces the one that is active', (t) => {
  const stage = world();
  submit(stage, {name: 'a', overlap: 'replace'});
  stage.run(2 * HOUR + 1);
  const hours = [0, 1, 2].map((hour) => `ct:${at(hour * HOUR)}:0:a:`);
  t.deepEqual(stage.launched, hours);
  t.deepEqual([...stage.tasks.keys()], [hours[2]]);
  t.deepEqual(told(stage, ['JobCancelled'], ['cause'])[0], ['replaced by a newer run']);
  t.is(job(stage, 'a')['errorCount'], 0);
});

test('retries wait longer and longer, up to the longest delay', (t) => {
  const stage = world();
  const terms = {retries: 4, retryDelay: 10, retryBackoff: 3, retryMaxDelay: 100};
  submit(stage, {name: 'a', ...terms}, 'R1/2026-01-01T00:00:00Z/P1D');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    stage.end('TASK_FAILED');
    stage.run(100_000);
  }
  const delays = told(stage, ['JobFailed'], ['retryAt', 'attempt']).map(
    ([retryAt, attempt]) => Number(retryAt) - EPOCH - Number(attempt) * 100_000,
  );
  t.deepEqual(delays, [10_000, 30_000, 90_000, 100_000, NaN]);
  t.like(job(stage, 'a'), {
    errorCount: 1,
    disabled: false,
    schedule: 'R0/2026-01-02T00:00:00.000Z/P1D',
  });
  t.is((get(stage, '/v1/scheduler/jobs/summary')['jobs'] as Json[])[0]?.['state'], 'exhausted');
});

test('the high class goes first, and who has waited long enough goes with it', (t) => {
  const stage = world({cpus: 0, options: {agingMs: HOUR}});
  submit(stage, {name: 'z-high', highPriority: true}, 'R1/2026-01-01T00:00:00Z/P1D');
  submit(stage, {name: 'a-normal'}, 'R1/2026-01-01T00:00:00Z/P1D');
  stage.run(2 * HOUR);
  submit(stage, {name: 'b-high', highPriority: true}, 'R1/2026-01-01T02:00:00Z/P1D');
  submit(stage, {name: 'a-late'}, 'R1/2026-01-01T02:00:00Z/P1D');
  stage.join(100);
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    stage.run(2000);
    order.push(...[...stage.tasks.keys()].map((id) => id.split(':')[3] ?? ''));
    stage.end('TASK_FINISHED');
  }
  t.deepEqual(order, ['a-normal', 'z-high', 'b-high', 'a-late']);
});

test('what waits says what it waits for', (t) => {
  const stage = world();
  submit(stage, {name: 'huge', cpus: 100}, 'R1/2026-01-01T00:00:00Z/P1D');
  submit(stage, {name: 'picky', constraints: [['rack', 'EQUALS', 'r1']]});
  submit(stage, {name: 'twice'});
  stage.http('PUT', '/v1/scheduler/job/twice');
  submit(stage, {name: 'broken', retryDelay: 600}, 'R1/2026-01-01T00:00:00Z/P1D');
  stage.run(2000);
  const reasons = new Map<string, unknown>();
  const read = (): void => {
    for (const {job: name, waitingReason} of stage.http('GET', '/v1/scheduler/queue')
      .body as Json[]) {
      reasons.set(String(name), waitingReason);
    }
  };
  read();
  stage.end('TASK_FAILED');
  stage.run(1);
  t.is(reasons.get('huge'), 'cpus');
  t.is(reasons.get('picky'), 'constraint [rack, EQUALS, r1]');
  t.is(reasons.get('twice'), 'overlap');
  read();
  t.is(reasons.get('broken'), 'retry');
});

test('a barrier by cycle waits for both parents of one cycle, one by counters does not', (t) => {
  for (const barrier of ['counters', 'cycle']) {
    const stage = world();
    const schedule = 'R/2026-01-01T00:00:00Z/P1D';
    for (const name of ['a', 'b']) submit(stage, {name, retries: 0}, schedule);
    submit(stage, {name: 'c', parents: ['a', 'b'], barrier});
    const days: string[] = [];
    for (const [a, b] of [
      ['TASK_FINISHED', 'TASK_FAILED'],
      ['TASK_FINISHED', 'TASK_FINISHED'],
    ] as const) {
      stage.endOf('b', b);
      stage.run(HOUR);
      days.push([...stage.tasks.keys()].map((id) => id.split(':')[3]).join(' '));
      stage.endOf('a', a);
      stage.run(HOUR);
      stage.end('TASK_FINISHED');
      stage.run(DAY - 2 * HOUR);
    }
    const runs = told(stage, ['JobFinished'], ['job']).filter(([name]) => name === 'c').length;
    t.is(runs, 1, barrier);
    t.deepEqual(days, ['a', barrier === 'cycle' ? 'a' : 'a c'], barrier);
  }
});

// Presets.

test('like Chronos 3: retries and runs by hand take repetitions, never below 0', (t) => {
  const stage = world({options: {preset: 'chronos3'}});
  submit(stage, {name: 'a'}, 'R3/2026-01-01T00:00:00Z/P1D');
  stage.end('TASK_FAILED');
  stage.run(2 * MINUTE);
  t.is(job(stage, 'a')['schedule'], 'R1/2026-01-02T00:00:00.000Z/P1D');
  stage.end('TASK_FINISHED');
  for (let turn = 0; turn < 3; turn += 1) {
    stage.http('PUT', '/v1/scheduler/job/a');
    stage.run(0);
    stage.end('TASK_FINISHED');
  }
  t.is(job(stage, 'a')['schedule'], 'R0/2026-01-02T00:00:00.000Z/P1D');
});

test('like Chronos 3: no retries after a failed cycle; ours has them', (t) => {
  for (const [preset, retries] of [
    ['chronos3', 0],
    ['drydock', 2],
  ] as const) {
    const stage = world({options: {preset}});
    submit(stage, {name: 'a'});
    for (let attempt = 0; attempt < 3; attempt += 1) {
      stage.end('TASK_FAILED');
      stage.run(MINUTE);
    }
    stage.run(HOUR);
    const before = stage.launched.length;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      stage.end('TASK_FAILED');
      stage.run(MINUTE);
    }
    t.is(stage.launched.length - before, retries, preset);
  }
});

test('like Chronos 3: children of a deleted job take its schedule; counters are believed', (t) => {
  const stage = world({options: {preset: 'chronos3'}});
  submit(stage, {name: 'a', successCount: 7}, 'R/2027-01-01T00:00:00Z/P1D');
  submit(stage, {
    name: 'b',
    parents: ['a'],
    owner: 'me',
    environmentVariables: [{name: 'X', value: '1'}],
  });
  t.is(job(stage, 'a')['successCount'], 7);
  t.is(stage.http('DELETE', '/v1/scheduler/job/a').status, 204);
  t.like(job(stage, 'b'), {schedule: 'R/2027-01-01T00:00:00.000Z/P1D', owner: 'me'});
  t.deepEqual(job(stage, 'b')['environmentVariables'], [{name: 'X', value: '1'}]);
});

test('like Chronos 2: what is older than a minute is lost, with its repetition', (t) => {
  const stage = world({options: {preset: 'chronos2'}});
  submit(stage, {name: 'a', disabled: true}, 'R10/2026-01-01T00:00:10Z/PT20S');
  stage.run(150_000);
  submit(stage, {name: 'a', disabled: false}, 'R10/2026-01-01T00:00:10Z/PT20S');
  const skipped = told(stage, ['JobSkipped'], ['first', 'last', 'count', 'reason']);
  t.deepEqual(skipped, [
    [at(10_000), at(90_000), 5, 'late'],
    [at(130_000), at(150_000), 2, 'overlap'],
  ]);
  t.deepEqual(stage.launched, [`ct:${at(110_000)}:0:a:`]);
  t.regex(String(job(stage, 'a')['schedule']), /^R2\//);
});

test('like Chronos 2: a job whose slots were all missed never runs', (t) => {
  const stage = world({options: {preset: 'chronos2'}});
  submit(stage, {name: 'a', disabled: true}, 'R3/2026-01-01T01:00:00Z/PT1H');
  stage.run(6 * HOUR + 30_000);
  submit(stage, {name: 'a', disabled: false}, 'R3/2026-01-01T01:00:00Z/PT1H');
  stage.run(2 * HOUR);
  t.deepEqual(stage.launched, []);
  const skipped = told(stage, ['JobSkipped'], ['count', 'reason']);
  t.deepEqual(skipped, [
    [5, 'late'],
    [1, 'exhausted'],
  ]);
});

test('an unknown preset of zones is no zone; old names are known where they are asked for', (t) => {
  const body = {
    name: 'a',
    command: 'x',
    schedule: 'R/2027-01-01T00:00:00Z/P1D',
    scheduleTimeZone: 'GMT+5',
  };
  const path = '/v1/scheduler/iso8601';
  t.is(world().http('POST', path, body).status, 400);
  const stage = world({options: {preset: 'chronos3'}});
  t.is(stage.http('POST', path, body).status, 204);
  t.is(job(stage, 'a')['schedule'], 'R/2027-01-01T00:00:00.000+05:00/P1D');
});

// Metronome's rules.

const metronome = (id: string, schedule: Json, run: Json = {}): Json => ({
  id,
  run: {cpus: 0.1, mem: 32, disk: 0, cmd: 'x', ...run},
  schedules: [{id: 'every', cron: '0 * * * *', ...schedule}],
});

function submitMetronome(stage: ApiWorld, definition: Json): void {
  const {status, body} = stage.http('POST', '/v0/scheduled-jobs', definition);
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  stage.run(0);
}

test('FORBID skips a trigger while any run is active, and a run by hand ignores it', (t) => {
  const stage = world();
  submitMetronome(stage, metronome('a', {concurrencyPolicy: 'FORBID'}));
  stage.run(HOUR + 1);
  t.is(stage.tasks.size, 1, 'the slot of the first hour is that of its submission');
  t.deepEqual(told(stage, ['JobSkipped'], ['first', 'reason']), [[at(HOUR), 'overlap']]);
  t.is(stage.http('POST', '/v1/jobs/a/runs').status, 201);
  stage.run(2000);
  t.is(stage.tasks.size, 2);
});

test('ALLOW starts beside what runs', (t) => {
  const stage = world();
  submitMetronome(stage, metronome('a', {}));
  stage.run(2 * HOUR + 1);
  t.is(stage.tasks.size, 3);
});

test('ON_FAILURE starts again at once until its deadline is over', (t) => {
  const stage = world();
  const restart = {policy: 'ON_FAILURE', activeDeadlineSeconds: 60};
  submitMetronome(stage, metronome('a', {}, {restart}));
  stage.run(1000);
  for (let turn = 0; turn < 3; turn += 1) {
    stage.end('TASK_FAILED');
    stage.run(25_000);
  }
  t.is(stage.tasks.size, 1, 'failed at 1, 26 and 51 s');
  stage.end('TASK_FAILED');
  stage.run(1000);
  t.is(stage.tasks.size, 0, 'failed at 76 s');
  t.is(told(stage, ['JobRetriesExhausted'], ['job']).length, 1);
});

test('a scheduled run that finds no room by its startingDeadlineSeconds has failed', (t) => {
  const stage = world();
  submitMetronome(stage, metronome('a', {startingDeadlineSeconds: 120}, {cpus: 64}));
  stage.run(119_999);
  t.deepEqual(told(stage, ['JobFailed'], ['job']), []);
  stage.run(1);
  t.is(told(stage, ['JobRetriesExhausted'], ['job']).length, 1);
});

test('a schedule that is switched off starts nothing more, and lets run what runs', (t) => {
  const stage = world();
  submitMetronome(stage, metronome('a', {}));
  stage.run(1000);
  submitSchedule(stage, t, {id: 'every', cron: '0 * * * *', enabled: false});
  stage.run(3 * HOUR);
  t.is(stage.tasks.size, 1);
  t.is(stage.launched.length, 1);
});

function submitSchedule(stage: ApiWorld, t: ExecutionContext, schedule: Json): void {
  t.is(stage.http('PUT', '/v1/jobs/a/schedules/every', schedule).status, 200);
}

// Stored data.

test('what cannot be scheduled any more is quarantined, and stops nobody else', (t) => {
  const stage = world();
  for (const name of ['good', 'zone', 'x', 'y'])
    submit(stage, {name}, 'R/2026-01-01T01:00:00Z/P1D');
  const stored = new Map(stage.records);
  const change = (name: string, fields: Json): void => {
    const path = `chronos/jobs/${name}`;
    const record = stored.get(path) as {readonly definition: Json};
    stored.set(path, {...record, definition: {...record.definition, ...fields}});
  };
  change('zone', {scheduleTimeZone: 'Mars/Olympus'});
  const isChild = {parents: ['y'], schedule: undefined};
  change('x', isChild);
  change('y', {...isChild, parents: ['x']});
  stored.set('chronos/jobs/broken', {name: 'other'});
  stored.set('chronos/jobs/text', 'no job');
  stored.set('chronos/runs/good/zero', {jobName: 'good'});
  stored.set('chronos/runs/gone/5', {jobName: 'gone', due: 5, attempt: 0, tasks: []});
  stage.takeOver([...stored]);
  stage.run(HOUR + 1);
  t.deepEqual(stage.launched, [`ct:${at(HOUR)}:0:good:`]);
  t.regex(String(job(stage, 'zone')['error']), /Mars\/Olympus/);
  t.regex(String(job(stage, 'x')['error']), /wait for one another/);
  const quarantined = told(stage, ['JobQuarantined'], ['job']).map(String).sort();
  const bad = ['jobs/broken', 'jobs/text', 'runs/gone/5', 'runs/good/zero'];
  t.deepEqual(quarantined, [...bad, 'x', 'y', 'zone']);
  // Its user can mend it.
  submit(stage, {name: 'zone'}, 'R/2026-01-01T02:00:00Z/P1D');
  stage.run(HOUR);
  t.is(job(stage, 'zone')['error'], undefined);
  t.is(stage.launched.length, 2);
});

test('beyond the limit no job is taken, but those that are there may change', (t) => {
  const stage = world({options: {jobsMax: 1}});
  submit(stage, {name: 'a'});
  const {status} = stage.http('POST', '/v1/scheduler/iso8601', {name: 'b', schedule: 'R1//P1D'});
  t.is(status, 400);
  submit(stage, {name: 'a', owner: 'me'});
  t.is(job(stage, 'a')['owner'], 'me');
});

test('the history holds the last runs, and no more records than that', (t) => {
  const stage = world({options: {historyMax: 3}});
  submit(stage, {name: 'a', retries: 0});
  for (let hour = 0; hour < 6; hour += 1) {
    stage.end(hour === 4 ? 'TASK_FAILED' : 'TASK_FINISHED');
    stage.run(HOUR);
  }
  const ended = get(stage, '/v1/scheduler/job/history/a')['ended'] as Json[];
  t.deepEqual(
    ended.map(({outcome}) => outcome),
    ['success', 'failure', 'success'],
  );
  const paths = [...stage.records.keys()].filter((path) => path.startsWith('chronos/history/'));
  t.deepEqual(
    paths.sort(),
    [4, 5, 6].map((number) => `chronos/history/a/${number}`),
  );
  t.is(stage.http('DELETE', '/v1/scheduler/job/a').status, 204);
  t.deepEqual(
    [...stage.records.keys()].filter((path) => path.startsWith('chronos/history/')),
    [],
  );
});

test('a job that lost its parents can be sent back as it was read, and runs by hand', (t) => {
  const stage = world();
  submit(stage, {name: 'a'}, 'R/2027-01-01T00:00:00Z/P1D');
  submit(stage, {name: 'b', parents: ['a']});
  t.is(stage.http('DELETE', '/v1/scheduler/job/a?cascade=orphan').status, 204);
  const orphan = job(stage, 'b');
  t.deepEqual(orphan['parents'], []);
  t.is(stage.http('POST', '/v1/scheduler/dependency', orphan).status, 204);
  t.is(stage.http('POST', '/v1/scheduler/dependency', {...orphan, name: 'c'}).status, 400);
  stage.http('PUT', '/v1/scheduler/job/b');
  stage.run(0);
  t.is(stage.tasks.size, 1);
});

test('who kills a run that is being killed for its time has ended it for good', (t) => {
  const stage = world({ignoresKills: true});
  submit(stage, {name: 'a', maxCompletionTime: 10}, 'R1/2026-01-01T00:00:00Z/P1D');
  stage.run(11_000);
  stage.http('DELETE', '/v1/scheduler/task/kill/a');
  stage.end('TASK_KILLED');
  stage.run(HOUR);
  t.is(stage.launched.length, 1, 'no retry');
  t.deepEqual(told(stage, ['JobCancelled'], ['cause']), [['killed by hand']]);
});

// Barriers over several levels, and Metronome's.

test('a barrier by cycle follows the root through all levels', (t) => {
  const stage = world();
  submit(stage, {name: 'root', retries: 0}, 'R/2026-01-01T00:00:00Z/P1D');
  // The left one comes a level later, at another instant.
  for (const name of ['middle', 'right']) submit(stage, {name, parents: ['root'], retries: 0});
  submit(stage, {name: 'left', parents: ['middle']});
  submit(stage, {name: 'end', parents: ['left', 'right'], barrier: 'cycle'});
  const ends: number[] = [];
  // On the second day the right one fails; on the third both succeed again.
  for (const right of ['TASK_FINISHED', 'TASK_FAILED', 'TASK_FINISHED'] as const) {
    stage.endOf('root', 'TASK_FINISHED');
    stage.run(MINUTE);
    stage.endOf('middle', 'TASK_FINISHED');
    stage.run(MINUTE);
    stage.endOf('right', right);
    stage.run(MINUTE);
    stage.endOf('left', 'TASK_FINISHED');
    stage.run(MINUTE);
    ends.push(told(stage, ['JobQueued'], ['job']).filter(([name]) => name === 'end').length);
    stage.end('TASK_FINISHED');
    stage.run(DAY - 4 * MINUTE);
  }
  t.deepEqual(ends, [1, 1, 2]);
});

test('a run by hand is a cycle of its own', (t) => {
  const stage = world();
  for (const name of ['a', 'b']) submit(stage, {name}, 'R/2027-01-01T00:00:00Z/P1D');
  submit(stage, {name: 'c', parents: ['a', 'b'], barrier: 'cycle'});
  for (const name of ['a', 'b']) {
    stage.http('PUT', `/v1/scheduler/job/${name}`);
    stage.run(MINUTE);
    stage.end('TASK_FINISHED');
    stage.run(MINUTE);
  }
  t.false(stage.launched.some((id) => id.includes(':c:')));
});

test('a job of Metronome waits while the latest run of a dependency has failed', (t) => {
  const stage = world();
  const define = (id: string, rest: Json = {}): void => {
    const run = {cpus: 0.1, mem: 32, disk: 0, cmd: 'x'};
    t.is(stage.http('POST', '/v1/jobs', {id, run, ...rest}).status, 201);
  };
  for (const id of ['a', 'b']) define(id);
  define('c', {dependencies: [{id: 'a'}, {id: 'b'}]});
  const runs: number[] = [];
  for (const [id, end] of [
    ['a', 'TASK_FINISHED'],
    ['a', 'TASK_FAILED'],
    ['b', 'TASK_FINISHED'],
    ['a', 'TASK_FINISHED'],
    ['b', 'TASK_FINISHED'],
    ['a', 'TASK_FINISHED'],
  ] as const) {
    t.is(stage.http('POST', `/v1/jobs/${id}/runs`).status, 201);
    stage.run(MINUTE);
    stage.endOf(id, end);
    stage.run(MINUTE);
    stage.endOf('c', 'TASK_FINISHED');
    runs.push(told(stage, ['JobQueued'], ['job']).filter(([name]) => name === 'c').length);
  }
  t.deepEqual(runs, [0, 0, 0, 1, 1, 2]);
});

test('jobs that waited for one another are mended by new parents', (t) => {
  const stage = world();
  for (const name of ['x', 'y', 'z']) submit(stage, {name}, 'R/2027-01-01T00:00:00Z/P1D');
  const stored = new Map(stage.records);
  for (const [name, parent] of Object.entries({x: 'y', y: 'x'})) {
    const record = stored.get(`chronos/jobs/${name}`) as {readonly definition: Json};
    const definition = {...record.definition, parents: [parent], schedule: undefined};
    stored.set(`chronos/jobs/${name}`, {...record, definition, schedule: undefined});
  }
  stage.takeOver([...stored]);
  t.regex(String(job(stage, 'x')['error']), /wait for one another/);
  submit(stage, {name: 'x', parents: ['z']});
  submit(stage, {name: 'y', parents: ['x']});
  for (const name of ['x', 'y']) t.is(job(stage, name)['error'], undefined);
});

test('what a task says that it has processed outlives its leader', (t) => {
  const stage = world();
  submit(stage, {name: 'a', dataProcessingJobType: true});
  const [task = ''] = stage.launched;
  const path = `/v1/scheduler/job/a/task/${encodeURIComponent(task)}/progress`;
  t.is(stage.http('POST', path, {numAdditionalElementsProcessed: 7}).status, 204);
  stage.takeOver([...stage.records]);
  t.is(stage.http('POST', path, {numAdditionalElementsProcessed: 3}).status, 204);
  const history = get(stage, '/v1/scheduler/job/stat/a')['taskStatHistory'] as Json[];
  t.is(history[0]?.['numElementsProcessed'], 10);
});
