/** Where, when and how fast tasks are launched: offers, back-off, tokens. */
import {isTerminal} from '../../../engine/index.ts';
import type {Findings, MakeProgram} from '../program.ts';
import {APP, constant, hostOf, type Stage} from '../stage.ts';

type Json = Readonly<Record<string, unknown>>;

/** What waits of an app, as `/v2/queue` has it. */
function queueItem(stage: Stage, appId: string): Json | undefined {
  const items = stage.get('/v2/queue', 'queue') as readonly Json[];
  return items.find(({app}) => (app as Json)['id'] === appId);
}

function delayOf(item: Json | undefined): Json {
  return (item?.['delay'] ?? {}) as Json;
}

/** Seeded mistake that it notices: CLUSTER with a value is met by every agent. */
const pinned: MakeProgram = () => {
  let victim = '';
  const allOnA1 = (stage: Stage, find: Findings): void => {
    find.is('running', stage.running('/p').length, 10);
    const alive = stage.alive('/p');
    find.is('alive', alive.length, 10);
    find.is('agents', [...new Set(alive.map(({agentId}) => agentId))], [hostOf('a1')]);
  };
  return {
    given: '/p runs on a1 by [["hostname","CLUSTER","a1"]], 1 instance',
    prepare: (stage) => {
      stage.runs({id: '/p', constraints: [['hostname', 'CLUSTER', hostOf('a1')]]});
    },
    when: [
      {
        at: 0,
        do: 'PUT /p instances 10',
        act: (stage) => {
          stage.request('PUT', '/v2/apps//p', {instances: 10});
        },
      },
      {
        at: 10_000,
        do: 'kill one task',
        act: (stage) => {
          victim = stage.running('/p')[3] ?? '';
          stage.request('DELETE', `/v2/apps//p/tasks/${victim}`);
        },
      },
    ],
    expected: [
      {at: 9000, expect: '10 tasks RUNNING, all on a1', check: allOnA1},
      {
        at: 15_000,
        expect: '10 tasks RUNNING, all on a1',
        check: (stage, find) => {
          allOnA1(stage, find);
          find.holds('the killed one is gone', !stage.running('/p').includes(victim));
          find.is(
            'kills',
            stage.seen.since0('kill').map(({taskId}) => taskId),
            [victim],
          );
        },
      },
    ],
  };
};

const tooBig: MakeProgram = () => ({
  given: 'one agent with cpus 4',
  staging: {agents: ['a1']},
  when: [
    {
      at: 0,
      do: 'POST /big with cpus 2.5 and instances 1',
      act: (stage) => {
        stage.request('POST', '/v2/apps', {...APP, id: '/big', cpus: 2.5, instances: 1});
      },
    },
    {
      at: 3000,
      do: 'PUT /big instances 2',
      act: (stage) => {
        stage.request('PUT', '/v2/apps//big', {instances: 2});
      },
    },
  ],
  expected: [
    {
      at: 2500,
      expect: '1 task',
      check: (stage, find) => {
        find.is('running', stage.running('/big').length, 1);
        find.is('alive', stage.alive('/big').length, 1);
      },
    },
    {
      at: 9000,
      expect: '1 task; 1 deployment; the queue says InsufficientCpus',
      check: (stage, find) => {
        find.is('running', stage.running('/big').length, 1);
        find.is('alive', stage.alive('/big').length, 1);
        find.is('deployments', stage.deployments().length, 1);
        const item = queueItem(stage, '/big');
        find.is('waiting', item?.['count'], 1);
        const summary = (item?.['processedOffersSummary'] ?? {}) as Json;
        const rows = (summary['rejectSummaryLastOffers'] ?? []) as readonly Json[];
        const reasons = rows
          .filter(({declined}) => Number(declined) > 0)
          .map((row) => row['reason']);
        find.is('reasons', reasons, ['InsufficientCpus']);
      },
    },
  ],
});

/** When the runs of an app were launched, and when the last status of each came. */
interface Run {
  readonly taskId: string;
  readonly launchedAt: number;
  lastAt: number;
}

function runsOf(stage: Stage, appId: string): readonly Run[] {
  const runs = new Map<string, Run>();
  for (const entry of stage.seen.entries) {
    if (entry.kind === 'launch' && entry.appId === appId) {
      const {taskId, at} = entry;
      runs.set(taskId, {taskId, launchedAt: at, lastAt: at});
    }
    if (entry.kind !== 'status') continue;
    const run = runs.get(entry.taskId);
    if (run !== undefined) run.lastAt = entry.at;
  }
  return [...runs.values()];
}

const FACTOR = 1.15;
const OFFERS_EVERY_MS = 1000;

/** Before the k-th relaunch, in whole ms. */
function delayMs(k: number): number {
  return Math.floor(1000 * FACTOR ** (k - 1));
}

/** Relaunches that were not made at the first offer after their delay. */
function lateRelaunches(runs: readonly Run[]): readonly number[] {
  return runs.flatMap(({launchedAt}, k) => {
    const before = runs[k - 1];
    if (before === undefined) return [];
    // The delay may end a moment after its last whole ms.
    return launchedAt > before.lastAt + delayMs(k) + 1 + OFFERS_EVERY_MS ? [k] : [];
  });
}

/** Seeded mistake that it notices: the delay counts from RUNNING, and FAILED only multiplies. */
const crashLoop: MakeProgram = () => ({
  given: 'empty',
  staging: {behaviours: [{match: '/c', durationMs: constant(100), end: 'failed'}]},
  when: [
    {
      at: 0,
      do: 'POST /c whose task fails 100 ms after RUNNING; backoff 1 s, factor 1.15, maximum 300 s',
      act: (stage) => {
        const backoff = {backoffSeconds: 1, backoffFactor: FACTOR, maxLaunchDelaySeconds: 300};
        stage.request('POST', '/v2/apps', {...APP, id: '/c', ...backoff});
      },
    },
  ],
  expected: [
    {
      when: 'always',
      expect:
        'the k-th relaunch is not earlier than 1.15^(k-1) s after the last status of the run ' +
        'before (RUNNING moves the reference, FAILED multiplies)',
      check: (stage, find) => {
        const runs = runsOf(stage, '/c');
        const last = runs.length - 1;
        const [before, run] = runs.slice(-2);
        if (before === undefined || run === undefined) return;
        // Of the earlier ones this was found out when they were the last.
        find.holds(`relaunch ${last}`, run.launchedAt >= before.lastAt + delayMs(last));
      },
    },
    {
      at: 30_000,
      expect: 'the instance id is always the same; the incarnation grows by one with every launch',
      check: (stage, find) => {
        const ids = runsOf(stage, '/c').map(({taskId}) => taskId);
        const [instance] = String(ids[0]).split('._app.');
        find.is(
          'tasks',
          ids,
          ids.map((_, at) => `${instance}._app.${at + 1}`),
        );
        find.is('relaunches that come too late', lateRelaunches(runsOf(stage, '/c')), []);
        find.holds('it goes on', ids.length >= 10);
      },
    },
  ],
});

/** Seeded mistake that it notices: instances that fail together multiply the delay once. */
const tenCrashes: MakeProgram = () => ({
  given: 'empty',
  staging: {
    behaviours: [
      {match: '/c', startupMs: constant(0), durationMs: constant(0), end: 'failed' as const},
    ],
  },
  when: [
    {
      at: 0,
      do:
        'POST /c with 10 instances whose tasks fail at once; backoff 1 s, factor 10, maximum ' +
        '3600 s',
      act: (stage) => {
        const backoff = {backoffSeconds: 1, backoffFactor: 10, maxLaunchDelaySeconds: 3600};
        stage.request('POST', '/v2/apps', {...APP, id: '/c', instances: 10, ...backoff});
      },
    },
  ],
  expected: [
    {
      at: 5000,
      expect: 'the delay is at its maximum of 3600 s',
      check: (stage, find) => {
        const delay = delayOf(queueItem(stage, '/c'));
        const lastAt = Math.max(...runsOf(stage, '/c').map((run) => run.lastAt));
        find.is('launches', runsOf(stage, '/c').length, 10);
        find.is('overdue', delay['overdue'], false);
        const left = Math.floor((lastAt + 3_600_000 - stage.now) / 1000);
        find.is('seconds left', delay['timeLeftSeconds'], left);
      },
    },
  ],
});

/** Seeded mistake that it notices: a change of the size resets the delay. */
const scalingInBackoff: MakeProgram = () => ({
  given: '/c is in back-off for an hour',
  staging: {behaviours: [{match: '/c', durationMs: constant(0), end: 'failed'}]},
  prepare: (stage) => {
    const backoff = {backoffSeconds: 3600, maxLaunchDelaySeconds: 3600};
    stage.request('POST', '/v2/apps', {...APP, id: '/c', ...backoff});
    stage.passTo(stage.now + 10_000);
    if (stage.alive('/c').length > 0) throw new Error('it did not fail');
  },
  when: [
    {
      at: 0,
      do: 'PUT /c instances 3 with force=true',
      act: (stage) => {
        const {status} = stage.request('PUT', '/v2/apps//c?force=true', {instances: 3});
        if (status !== 200) throw new Error(`PUT: ${status}`);
      },
    },
  ],
  expected: [
    {
      at: 10_000,
      expect: '0 tasks; queue count 3 and overdue false',
      check: (stage, find) => {
        find.is('alive', stage.alive('/c'), []);
        find.is('launches', stage.seen.since0('launch'), []);
        const item = queueItem(stage, '/c');
        find.is('count', item?.['count'], 3);
        find.is('overdue', delayOf(item)['overdue'], false);
      },
    },
  ],
});

const TOKENS = 5;

/** Launches and tasks that came to run so far; after each launch. */
function launchesAndRuns(
  stage: Stage,
): readonly {readonly launches: number; readonly runs: number}[] {
  let [launches, runs] = [0, 0];
  return stage.seen.entries.flatMap((entry) => {
    if (entry.kind === 'status' && entry.state === 'TASK_RUNNING') runs += 1;
    if (entry.kind !== 'launch') return [];
    launches += 1;
    return [{launches, runs}];
  });
}

/** Seeded mistake that it notices: nothing comes back for a task that runs. */
const launchTokens: MakeProgram = () => ({
  given: 'launch tokens 5 per 30 s; one agent with much free capacity',
  staging: {
    agents: ['a1'],
    resources: 'cpus:100;mem:100000;ports:[31000-32000]',
    launchTokens: TOKENS,
  },
  when: [
    {
      at: 0,
      do: 'POST /a with 20 instances',
      act: (stage) => {
        stage.request('POST', '/v2/apps', {...APP, id: '/a', instances: 20});
      },
    },
  ],
  expected: [
    {
      at: 5000,
      expect: '5 launches, and one more for each task that is RUNNING and not unhealthy',
      check: (stage, find) => {
        const steps = launchesAndRuns(stage);
        const beyond = steps.filter(({launches, runs}) => launches > TOKENS + runs);
        find.is('launches beyond that', beyond, []);
        const running = stage.running('/a').length;
        find.holds('tasks run', running > 0);
        find.is('launches', steps.length, Math.min(20, TOKENS + running));
      },
    },
    {
      at: 60_000,
      expect: '20 tasks RUNNING',
      check: (stage, find) => {
        find.is('running', stage.running('/a').length, 20);
        find.is(
          'all',
          stage.seen.tasks().filter(({state}) => isTerminal(state)),
          [],
        );
      },
    },
  ],
});

export const LAUNCHES: Readonly<Record<string, MakeProgram>> = {
  'pinned-app-stays-on-its-host': pinned,
  'more-than-half-an-agent-two-instances-one-agent': tooBig,
  'crash-loop': crashLoop,
  'crash-loop-of-ten-instances': tenCrashes,
  'scaling-keeps-the-back-off': scalingInBackoff,
  'launch-tokens': launchTokens,
};
