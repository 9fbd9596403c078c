/**
 * Leaders die at the worst moments, and another one goes on: the faults at the end of reference
 * part 9.5, one by one, with the framework alone and with the whole process lost.
 */
import test from 'ava';
import fc from 'fast-check';
import {temporalZones} from '../../../adapters/zones/temporal-zones.ts';
import {documentsFrom, type Documents} from './documents.ts';
import {end} from './testing/agents.ts';
import {histories} from './testing/drawn.ts';
import {RandomWorld} from './testing/random-world.ts';
import {Scene} from './testing/scene.ts';
import {canonical, QUICK, type WorldOptions} from './testing/terms.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 100);
const SEED = process.env['FC_SEED'] === undefined ? {} : {seed: Number(process.env['FC_SEED'])};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const SLOW = {...QUICK, runMs: 10 * MINUTE_MS};
const FAILING = {...QUICK, end: 'TASK_FAILED'} as const;

type SceneOptions = Omit<WorldOptions, 'epochMs' | 'timeZones'>;

const scene = (options: SceneOptions = {}, start = '2016-07-01T12:00:00.000Z'): Scene =>
  new Scene(start, temporalZones, options);

const HOURLY = {schedule: 'R/2016-07-01T12:10:00Z/PT1H'};
const SLOT = Date.parse('2016-07-01T12:10:00Z');

for (const isProcess of [false, true]) {
  const lost = isProcess ? 'its whole process' : 'the framework';

  /** The slot is claimed, launched and run, each once, whatever was written of it. */
  for (const [written, what] of [
    [0, 'before its claim is written'],
    [1, 'after the claim is written and before the launch'],
    [9, 'after the launch is written and before it is sent'],
  ] as const) {
    test(`a slot is run once when the leader dies ${what}, ${lost}`, (t) => {
      const {world, ...rest} = ready(scene());
      rest.it.due('12:10');
      if (written > 0) world.wait(1000);
      world.failOver({isProcess, written});
      t.deepEqual(rest.it.began, []);
      rest.it.until('12:50');
      t.deepEqual(rest.it.began, [`ct:${SLOT}:0:a:`]);
      t.is(rest.it.job('a').counters.successCount, 1);
      t.deepEqual(rest.it.runs('a'), []);
    });
  }

  test(`a launch that nobody knows of is a failure where launches are strict, ${lost}`, (t) => {
    const it = scene();
    it.post('a', {...HOURLY, launch: 'strict', retries: 1, retryDelay: 5});
    it.due('12:10');
    it.world.confirm();
    it.world.wait(1000);
    t.true(it.world.pending.length > 0, 'the launch is being written');
    it.world.failOver({isProcess, written: 9});
    it.until('12:50');
    t.deepEqual(it.began, [`ct:${SLOT}:1:a:`]);
  });

  test(`what runs is not started again, and counts once, ${lost}`, (t) => {
    const it = scene({fates: [SLOW]});
    it.post('a', HOURLY);
    it.until('12:10:00.05');
    const [task] = it.world.tasks;
    t.deepEqual([it.began.length, task?.isRunning], [1, false], 'it has begun, and said nothing');
    it.world.failOver({isProcess, written: 0, late: 255});
    it.world.jump(MINUTE_MS);
    it.world.heal();
    it.until('13:05');
    t.is(it.began.length, 1);
    t.is(it.job('a').counters.successCount, 1);
  });

  test(`a retry comes at its time, ${lost}`, (t) => {
    const it = scene({fates: [FAILING, QUICK]});
    it.post('a', {...HOURLY, retries: 1, retryDelay: 300});
    it.until('12:11');
    t.is(it.runs('a')[0]?.state, 'retrying');
    it.world.failOver({isProcess, written: 0});
    it.until('12:15');
    t.is(it.began.length, 1, 'not before it');
    it.until('12:15:10');
    t.deepEqual(it.began, [`ct:${SLOT}:0:a:`, `ct:${SLOT}:1:a:`]);
    t.is(it.job('a').counters.errorCount, 0, 'the cycle has succeeded');
  });

  test(`successes of parents are counted before and after, ${lost}`, (t) => {
    const it = scene();
    it.post('a', {schedule: 'R1/2016-07-01T12:10:00Z/PT1H'});
    it.post('b', {schedule: 'R1/2016-07-01T12:20:00Z/PT1H'});
    it.post('c', {parents: ['a', 'b']});
    it.until('12:15');
    it.world.failOver({isProcess, written: 0});
    it.until('12:19');
    t.deepEqual(it.job('c').edges?.counts, [
      ['a', 1],
      ['b', 0],
    ]);
    it.until('12:30');
    t.deepEqual(
      it.began.map((id) => id.split(':')[3]),
      ['a', 'b', 'c'],
    );
  });

  test(`a kill is made by the next leader, ${lost}`, (t) => {
    const it = scene({fates: [SLOW]});
    it.post('a', {...HOURLY, retries: 2});
    it.until('12:11');
    it.world.request('DELETE', '/task/kill/a');
    it.world.confirm();
    for (const agent of it.world.agents) agent.inbox = [];
    it.world.failOver({isProcess, written: 9});
    it.until('12:12');
    t.deepEqual(it.world.tasks, []);
    t.deepEqual(it.runs('a'), []);
    const {successCount, errorCount} = it.job('a').counters;
    t.deepEqual([it.began.length, successCount, errorCount], [1, 0, 0], 'cancelled, no retry');
  });

  test(`a change that was written, not answered, and made again is one, ${lost}`, (t) => {
    const it = scene();
    const body = {name: 'a', command: 'work', schedule: 'R2/2016-07-01T12:10:00Z/PT10M'};
    const id = it.world.request('POST', '/iso8601', body);
    it.world.failOver({isProcess, written: 1});
    t.is(it.status(id), undefined, 'nobody was told');
    it.until('12:15');
    t.is(it.began.length, 1);
    it.world.request('POST', '/iso8601', body);
    it.until('12:40');
    t.is(it.began.length, 2);
    t.is(it.job('a').schedule?.left, 0);
  });

  test(`news that comes late, twice or by detours counts once, ${lost}`, (t) => {
    const it = scene({fates: [SLOW]});
    it.post('a', HOURLY);
    it.post('b', HOURLY);
    it.until('12:11');
    const [one, two] = it.world.tasks;
    for (const task of [one, two]) if (task !== undefined) end(task, 'TASK_FINISHED');
    for (const task of [two, one, two, one, one]) if (task !== undefined) it.world.tell(task);
    it.world.failOver({isProcess, written: 1});
    it.world.wait(5000);
    for (const task of [one, two, one, two]) if (task !== undefined) it.world.tell(task);
    it.until('12:30');
    t.is(it.job('a').counters.successCount, 1);
    t.is(it.job('b').counters.successCount, 1);
    t.is(it.began.length, 2);
  });

  test(`a task of a job that was deleted is killed until it is over, ${lost}`, (t) => {
    const it = scene({fates: [{...SLOW, runMs: 5 * HOUR_MS, deafTo: 3}]});
    it.post('a', HOURLY);
    it.until('12:11');
    t.is(it.ask('DELETE', '/job/a'), 204);
    it.world.failOver({isProcess, written: 0});
    it.until('12:15');
    t.deepEqual(it.world.tasks, []);
    t.deepEqual([...it.world.store.keys()], [], 'and nothing is left of it');
  });
}

function ready(it: Scene): {readonly world: Scene['world']; readonly it: Scene} {
  it.post('a', HOURLY);
  return {world: it.world, it};
}

test('a leader that does not know that it is deposed does nothing any more', (t) => {
  const it = scene();
  it.post('a', {schedule: 'R/2016-07-01T12:10:00Z/PT10S'});
  it.until('12:10:05');
  // The world fails if the old engine, which goes on for a while, says anything but `persist`.
  it.world.failOver({isProcess: true, written: 0});
  it.until('12:11:05');
  t.is(it.began.length, new Set(it.began).size);
  t.is(it.began.length, 7);
});

for (const skewMs of [-HOUR_MS, HOUR_MS]) {
  test(`a clock that is ${skewMs / MINUTE_MS} minutes off claims no slot again`, (t) => {
    const it = scene();
    it.post('a', {schedule: 'R/2016-07-01T12:10:00Z/PT10M'});
    it.until('12:35');
    it.world.failOver({isProcess: true, written: 0, skewMs});
    it.world.go(10 * MINUTE_MS);
    it.world.failOver({isProcess: true, written: 0, skewMs: 0});
    it.until('14:05');
    t.is(it.began.length, new Set(it.began).size);
    const last = Date.parse('2016-07-01T14:00:00Z');
    t.is(it.began.at(-1), `ct:${last}:0:a:`);
  });
}

test('a repeated hour has its slots once each, with failovers in both of its turns', (t) => {
  const it = scene({}, '2016-11-06T06:00:00.000Z');
  const scheduleTimeZone = 'America/Los_Angeles';
  it.post('hourly', {schedule: 'R/2016-11-06T00:30:00/PT1H', scheduleTimeZone});
  it.post('daily', {schedule: 'R/2016-11-05T01:30:00/P1D', scheduleTimeZone, epsilon: 'PT10M'});
  it.until('08:45');
  it.world.failOver({isProcess: true, written: 0});
  it.until('09:15');
  it.world.failOver({isProcess: false, written: 0});
  it.until('31:00');
  const of = (name: string): readonly string[] =>
    it.began.filter((id) => id.includes(`:${name}:`)).map((id) => hourOf(Number(id.split(':')[1])));
  t.deepEqual(of('daily'), ['08:30']);
  t.deepEqual(of('hourly').slice(0, 4), ['07:30', '08:30', '09:30', '10:30']);
  t.is(of('hourly').length, 24);
});

function hourOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

test('after three periods without offers the newest slot waits, and the rest is told', (t) => {
  const it = scene();
  it.post('a', HOURLY);
  for (const agent of it.world.agents) it.world.cut(agent);
  it.until('14:30');
  it.world.heal();
  it.until('14:40');
  t.deepEqual(
    it.began,
    [SLOT, SLOT + 2 * HOUR_MS].map((due) => `ct:${due}:0:a:`),
  );
  t.deepEqual(
    it.said('a').filter((text) => /Skipped|Queued/.test(text)),
    ['JobQueued', 'JobSkipped overlap', 'JobQueued'],
  );
});

test('the same text submitted while it runs changes nothing', (t) => {
  const it = scene({fates: [SLOW]});
  const body = {schedule: 'R5/2016-07-01T12:10:00Z/PT1H'};
  it.post('a', body);
  it.until('12:11');
  const before = it.job('a');
  it.post('a', body);
  t.deepEqual(it.job('a'), {...before, version: 2});
  it.until('13:05');
  t.is(it.began.length, 1);
  t.is(it.job('a').schedule?.left, 4);
});

test('a job that is disabled while it runs runs on, and is not retried', (t) => {
  const it = scene({fates: [{...SLOW, end: 'TASK_FAILED'}]});
  it.post('a', {...HOURLY, retries: 2});
  it.until('12:11');
  it.post('a', {...HOURLY, retries: 2, disabled: true});
  t.is(it.world.tasks.length, 1);
  it.until('15:00');
  t.is(it.began.length, 1);
  t.is(it.job('a').counters.errorCount, 1);
  t.true(it.job('a').disabled);
});

test('a job that is disabled while it waits for an offer or a retry does not run', (t) => {
  const queued = scene({agents: 0});
  queued.post('a', HOURLY);
  queued.until('12:11');
  t.is(queued.runs('a')[0]?.state, 'queued');
  queued.post('a', {...HOURLY, disabled: true});
  queued.world.addAgent();
  queued.until('15:00');
  t.deepEqual([queued.began, queued.runs('a')], [[], []]);

  const retrying = scene({fates: [FAILING]});
  retrying.post('a', {...HOURLY, retries: 2});
  retrying.until('12:10:30');
  t.is(retrying.runs('a')[0]?.state, 'retrying');
  retrying.post('a', {...HOURLY, retries: 2, disabled: true});
  retrying.until('15:00');
  t.is(retrying.began.length, 1);
  t.deepEqual(retrying.runs('a'), []);
});

// What random histories found, as small cases.

test('a task on an agent that a new master never hears of is lost in time', (t) => {
  const it = scene({fates: [SLOW, QUICK]});
  it.post('a', {...HOURLY, unreachableTimeout: 300, retries: 1, retryDelay: 0});
  it.until('12:11');
  const agent = it.world.tasks[0]?.agent;
  if (agent === undefined) throw new Error('nothing runs');
  it.world.failOver({isProcess: true, written: 0, late: 255});
  it.world.destroy(agent);
  for (const other of it.world.agents) it.world.back(other);
  it.until('12:15:55');
  t.is(it.began.length, 1, 'it may be there yet');
  it.until('12:16:10');
  t.is(it.began.length, 2);
});

test('how long a task is out of reach is measured by the clock of who leads', (t) => {
  const it = scene({fates: [SLOW, QUICK]});
  it.post('a', {...HOURLY, unreachableTimeout: 300, retries: 1, retryDelay: 0});
  it.until('12:11');
  const agent = it.world.tasks[0]?.agent;
  if (agent === undefined) throw new Error('nothing runs');
  const comeBack = (): void => {
    for (const other of it.world.agents) if (other !== agent) it.world.back(other);
  };
  it.world.failOver({isProcess: true, written: 0, late: 255});
  comeBack();
  it.world.go(MINUTE_MS);
  // By the next clock it is an hour since the one before began to wait.
  it.world.failOver({isProcess: true, written: 9, late: 255, skewMs: HOUR_MS});
  comeBack();
  it.world.go(4 * MINUTE_MS);
  t.is(it.began.length, 1, 'it may be there yet');
  it.world.go(2 * MINUTE_MS);
  t.regex(it.began[1] ?? '', /:1:a:$/, 'its next attempt');
});

test('news of an attempt that was given up is not that of the next one', (t) => {
  const it = scene({fates: [SLOW]});
  it.post('a', {...HOURLY, unreachableTimeout: 60, retries: 1, retryDelay: 0});
  it.until('12:11');
  const [first] = it.world.tasks;
  if (first === undefined) throw new Error('nothing runs');
  it.world.cut(first.agent);
  it.until('12:14');
  t.is(it.began.length, 2);
  it.world.back(first.agent);
  end(first, 'TASK_FINISHED');
  it.until('12:15');
  t.is(it.job('a').counters.successCount, 0);
  t.is(it.runs('a')[0]?.attempt, 1);
  it.until('12:40');
  t.is(it.job('a').counters.successCount, 1);
  t.deepEqual(it.world.tasks, []);
});

test('a launch that was not sent when its task was given up is never sent', (t) => {
  const it = scene();
  it.post('a', {...HOURLY, retries: 1, retryDelay: 0});
  it.due('12:10');
  it.world.confirm();
  it.world.wait(1000);
  const [run] = it.runs('a');
  t.is(run?.state, 'queued', 'the launch is being written');
  // Its agent does not have the task when it registers again: the master says that it is gone.
  for (const agent of it.world.agents) it.world.cut(agent);
  it.world.heal();
  it.until('12:30');
  t.deepEqual(it.began, [`ct:${SLOT}:1:a:`]);
});

test('news of a task whose job is gone does not bring the job back', (t) => {
  const it = scene({fates: [SLOW]});
  it.post('a', HOURLY);
  it.until('12:11');
  it.world.failOver({isProcess: true, written: 0, late: 255});
  t.is(it.ask('DELETE', '/job/a'), 204);
  const [task] = it.world.tasks;
  if (task !== undefined) end(task, 'TASK_FINISHED');
  it.world.heal();
  it.until('12:30');
  t.deepEqual([...it.world.store.keys()], []);
});

test('slots that are given up are told in groups of neighbours', (t) => {
  const it = scene({fates: [SLOW]});
  const body = {
    schedule: 'R/2016-07-01T12:00:00Z/PT1M',
    catchup: 'all',
    catchupLimit: 2,
  };
  it.post('a', body);
  // The first run ends at 12:10: 12:02 and 12:11 wait, and what was between them is given up.
  it.until('12:12:30');
  t.deepEqual(
    it.job('a').schedule?.pending,
    [2, 11].map((minute) => SLOT + (minute - 10) * MINUTE_MS),
  );
  it.post('a', {...body, disabled: true});
  const skipped = it.events.flatMap((event) =>
    event.type === 'JobSkipped' ? [[event.reason, event.count, event.last - event.first]] : [],
  );
  t.deepEqual(
    skipped.filter(([, count, length]) => Number(length) !== (Number(count) - 1) * MINUTE_MS),
    [],
  );
  t.is(skipped.reduce((sum, [, count]) => sum + Number(count), 0) + 2, 13);
});

test('a run by hand that replaces another one is not replaced itself', (t) => {
  const it = scene({agents: 0});
  it.post('a', {...HOURLY, overlap: 'replace'});
  it.until('12:11');
  t.is(it.ask('PUT', '/job/a'), 204);
  t.deepEqual(
    it.runs('a').map(({kind, state}) => [kind, state]),
    [['manual', 'queued']],
  );
});

test('a schedule that is changed does not run again what was run', (t) => {
  const it = scene();
  it.post('a', {...HOURLY, concurrent: true});
  it.until('12:11');
  it.post('a', {schedule: 'R/2016-07-01T12:10:00Z/PT30M', concurrent: true});
  it.until('12:45');
  t.deepEqual(
    it.began,
    [SLOT, SLOT + 30 * MINUTE_MS].map((due) => `ct:${due}:0:a:`),
  );
});

for (const [what, fate] of [
  ['is active', SLOW],
  ['has ended', QUICK],
] as const) {
  test(`a slot that bears the instant of a run by hand that ${what} is skipped`, (t) => {
    const it = scene({fates: [fate]});
    it.post('a', {schedule: 'R/2016-07-01T20:00:00Z/PT1H', concurrent: true});
    it.until('12:05');
    t.is(it.ask('PUT', '/job/a'), 204);
    it.until('12:05:30');
    it.post('a', {schedule: 'R/2016-07-01T12:05:00Z/PT1H', concurrent: true});
    it.until('12:30');
    t.is(it.began.length, 1);
    t.is(it.job('a').counters.successCount, 1);
    t.true(it.said('a').includes('JobSkipped overlap'));
  });
}

function metronomeJob(run: object, schedule: object): object {
  const often = {id: 'often', cron: '10 * * * *', ...schedule};
  return {id: 'a', run: {cpus: 0.1, mem: 32, disk: 0, cmd: 'work', ...run}, schedules: [often]};
}

test('a run that starts again and again remembers its last attempts', (t) => {
  const it = scene({fates: [FAILING]});
  const restart = {policy: 'ON_FAILURE'};
  it.world.request('POST', '/v0/scheduled-jobs', metronomeJob({restart}, {}));
  it.until('12:12');
  const [run] = it.runs('a');
  t.true((run?.attempt ?? 0) > 50);
  t.is(run?.tasks.length, 25);
  t.is(run?.tasks.at(-1)?.attempt, it.began.length - 1);
});

test('what is too late when offers come is not launched', (t) => {
  const it = scene({agents: 0});
  const schedule = {startingDeadlineSeconds: 60};
  it.world.request('POST', '/v0/scheduled-jobs', metronomeJob({}, schedule));
  it.until('12:10:30');
  it.world.addAgent();
  // The driver wakes late: offers and the deadline come at one instant.
  it.world.jump(60_000);
  it.until('12:20');
  t.deepEqual(it.began, []);
  t.is(it.job('a').counters.errorCount, 1);
});

test('a task that is killed for its deadline is killed until it is over', (t) => {
  const it = scene({fates: [{...SLOW, startMs: 200 * MINUTE_MS, deafTo: 2}]});
  const schedule = {startingDeadlineSeconds: 60};
  it.world.request('POST', '/v0/scheduled-jobs', metronomeJob({}, schedule));
  it.until('12:15');
  t.is(it.job('a').counters.errorCount, 1);
  t.deepEqual(it.world.tasks, []);
  t.deepEqual(it.runs('a'), []);
});

/** In a fixed order; what a new leader asks for, and when, is its own. */
function texts({jobs, runs, histories: ended, condemned}: Documents, isSame: boolean): string {
  const own = {
    ...{askAgainAt: undefined, unreachableAt: undefined},
    ...{killSentAt: undefined, sentAt: undefined},
  };
  const plain = (list: readonly object[]): readonly string[] =>
    list.map((one) => canonical(isSame ? one : {...one, ...own})).sort();
  const kept = ended.filter(([, entries]) => entries.length > 0);
  // A new master has not heard of any task yet, and says so of those that are to be killed.
  const doomed = isSame ? plain(condemned) : [];
  return [...plain(jobs), ...plain(runs), ...kept.map(canonical).sort(), ...doomed].join('\n');
}

test('the records hold everything, at every instant', (t) => {
  fc.assert(
    fc.property(histories, (history) => {
      const random = new RandomWorld(history, temporalZones);
      const {world} = random;
      for (const act of history.acts) {
        random.take(act);
        world.settle();
        const before = world.chronos.snapshot() as Documents;
        const stored = [...world.store].map(
          ([path, document]) => [path.replace('chronos/', ''), document] as const,
        );
        const {documents, bad} = documentsFrom(stored);
        same(texts(before, true), texts(documents, true));
        same('', bad.map(({path}) => path).join());
        const {skewMs} = world;
        world.failOver({isProcess: true, written: 0, late: 255, skewMs});
        same(texts(before, false), texts(world.chronos.snapshot() as Documents, false));
        world.heal();
      }
    }),
    {numRuns: RUNS, includeErrorInReport: true, ...SEED},
  );
  t.pass();
});

function same(one: string, other: string): void {
  if (one !== other) throw new Error(`${one}\n!=\n${other}`);
}
