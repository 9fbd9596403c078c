/** Groups: changed, removed, and started in the order of their dependencies. */
import type {MakeProgram} from '../program.ts';
import {APP, constant, type Answer, type Stage} from '../stage.ts';
import {CHECK, CHECKED_PORTS} from './health-check.ts';

type Json = Readonly<Record<string, unknown>>;

/** Seeded mistake that it notices: a group is removed without looking at locks. */
const deleteUnderDeployment: MakeProgram = () => {
  const replies: Answer[] = [];
  const remove = (stage: Stage, query: string): void => {
    replies.push(stage.request('DELETE', `/v2/groups//g${query}`));
  };
  return {
    given: 'group /g with app /g/a that cannot be placed',
    prepare: (stage) => {
      const apps = [{...APP, id: 'a', cpus: 100}];
      stage.request('POST', '/v2/groups', {id: '/g', apps});
      stage.passTo(stage.now + 5000);
    },
    when: [
      {at: 0, do: 'DELETE /g', act: (stage) => remove(stage, '')},
      {at: 1000, do: 'DELETE /g with force=true', act: (stage) => remove(stage, '?force=true')},
    ],
    expected: [
      {at: 0, expect: 'reply 409', check: (_, find) => find.is('status', replies[0]?.status, 409)},
      {
        at: 1000,
        expect: 'reply 200',
        check: (_, find) => find.is('status', replies[1]?.status, 200),
      },
      {
        at: 5000,
        expect: 'group unknown; no tasks; no deployment',
        check: (stage, find) => {
          find.is('status', stage.request('GET', '/v2/groups//g').status, 404);
          find.is('tasks', stage.alive(), []);
          find.is('told of', stage.get('/v2/tasks', 'tasks'), []);
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

const TIERS = ['db', 'service', 'frontend'] as const;

/** Ids of tiers whose task has been found healthy, in order, and of those that were launched. */
function story(stage: Stage): readonly string[] {
  return stage.seen.entries.flatMap((entry) => {
    if (entry.kind === 'launch') return [`launch ${entry.appId}`];
    if (entry.kind !== 'event') return [];
    const {type, runSpecId, healthy} = entry.event;
    const isWell = type === 'instance_health_changed_event' && healthy === true;
    return isWell ? [`healthy ${String(runSpecId)}`] : [];
  });
}

/** Seeded mistake that it notices: who runs is healthy, whatever its checks say. */
const threeTiers: MakeProgram = () => {
  const apps = TIERS.map((id, at) => ({
    ...APP,
    ...CHECKED_PORTS,
    id,
    healthChecks: [CHECK],
    dependencies: TIERS.slice(at === 0 ? 0 : at - 1, at),
  }));
  return {
    given: 'empty',
    // Before that it does not answer at all.
    staging: {
      behaviours: [{match: '*', healthyAfterMs: constant(4000), sickAnswer: 'refused'}],
    },
    when: [
      {
        at: 0,
        do:
          'POST group: db, service depends on db, frontend depends on service; each with one ' +
          'scheduler-side HTTP health check: gracePeriodSeconds 3, intervalSeconds 1, ' +
          'timeoutSeconds 2, maxConsecutiveFailures 3; every task answers 200 from 4 s after ' +
          'RUNNING',
        act: (stage) => {
          const {status} = stage.request('POST', '/v2/groups', {id: '/shop', apps});
          if (status !== 201) throw new Error(`POST: ${status}`);
        },
      },
    ],
    expected: [
      {
        when: 'always',
        expect:
          'a task of service is launched only after the db task is healthy; a task of frontend ' +
          'only after the service task is healthy',
        check: (stage, find) => {
          const steps = TIERS.flatMap((tier) => [`launch /shop/${tier}`, `healthy /shop/${tier}`]);
          const sofar = story(stage);
          find.is('so far', sofar, steps.slice(0, sofar.length));
        },
      },
      {
        at: 40_000,
        expect: '3 tasks healthy; no deployment',
        check: (stage, find) => {
          for (const tier of TIERS) {
            const path = `/v2/apps//shop/${tier}`;
            find.is(tier, stage.get(path, 'app.tasksHealthy'), 1);
            find.is(`${tier} runs`, stage.running(`/shop/${tier}`).length, 1);
          }
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

/** Seeded mistake that it notices: every app of a group that is put gets a new configuration. */
const groupChange: MakeProgram = () => {
  const app = (id: string, change: Json = {}): Json => ({...APP, id, ...change});
  const before = new Map<string, readonly string[]>();
  return {
    given: 'group /g with a, b, c running',
    prepare: (stage) => {
      const apps = ['a', 'b', 'c'].map((id) => app(id));
      stage.request('POST', '/v2/groups', {id: '/g', apps});
      stage.passTo(stage.now + 10_000);
      for (const id of ['a', 'b', 'c']) before.set(id, stage.running(`/g/${id}`));
      if ([...before.values()].flat().length !== 3) throw new Error('not running');
    },
    when: [
      {
        at: 0,
        do: 'PUT /g with b changed and c removed',
        act: (stage) => {
          const apps = [app('a'), app('b', {cmd: 'sleep 2000'})];
          stage.request('PUT', '/v2/groups//g', {apps});
        },
      },
    ],
    expected: [
      {
        at: 10_000,
        expect: 'the task of a is the same; b is replaced; c is gone',
        check: (stage, find) => {
          find.is('a', stage.running('/g/a'), before.get('a'));
          const [old] = before.get('b') ?? [];
          const now = stage.running('/g/b');
          find.is('b', now.length, 1);
          find.holds('b is replaced', !now.includes(String(old)));
          find.is('b alive', stage.alive('/g/b').length, 1);
          find.is('c', stage.request('GET', '/v2/apps//g/c').status, 404);
          find.is('c alive', stage.alive('/g/c'), []);
        },
      },
    ],
  };
};

export const GROUPS: Readonly<Record<string, MakeProgram>> = {
  'delete-a-group-under-a-deployment': deleteUnderDeployment,
  'three-tiers-start-strictly-one-after-another': threeTiers,
  'group-change-keeps-unrelated-apps': groupChange,
};
