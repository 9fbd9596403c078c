/** Health and readiness: what is asked, what is counted, who is killed. */
import type {MakeProgram} from '../program.ts';
import {APP, constant, NEVER, type Stage} from '../stage.ts';
import {onlyDeployment} from './deployments.ts';
import {CHECK, CHECKED_PORTS} from './health-check.ts';

type Json = Readonly<Record<string, unknown>>;

const readinessNeverPasses: MakeProgram = () => {
  const readiness = {
    name: 'up',
    path: '/',
    portName: 'web',
    intervalSeconds: 5,
    timeoutSeconds: 2,
    preserveLastResponse: true,
  };
  return {
    given: 'empty',
    staging: {behaviours: [{match: '/r', readyAfterMs: NEVER}]},
    when: [
      {
        at: 0,
        do: 'POST /r with a readiness check, interval 5 s; every answer is 503',
        act: (stage) => {
          const portDefinitions = [{port: 0, name: 'web'}];
          const app = {...APP, id: '/r', portDefinitions, readinessChecks: [readiness]};
          stage.request('POST', '/v2/apps', app);
        },
      },
    ],
    expected: [
      {
        at: 60_000,
        expect:
          'task RUNNING; the deployment is still there; its currentActions show the last answer ' +
          'with ready false',
        check: (stage, find) => {
          const running = stage.running('/r');
          find.is('running', running.length, 1);
          const [deployment] = stage.deployments();
          find.is('successes', stage.seen.events('deployment_success'), []);
          const [action] = (deployment?.['currentActions'] ?? []) as readonly Json[];
          find.is('action', [action?.['action'], action?.['app']], ['ScaleApplication', '/r']);
          const results = (action?.['readinessCheckResults'] ?? []) as readonly Json[];
          const shown = results.map(({name, taskId, ready, lastResponse}) => {
            return {name, taskId, ready, status: (lastResponse as Json)['status']};
          });
          find.is('results', shown, [{name: 'up', taskId: running[0], ready: false, status: 503}]);
        },
      },
    ],
  };
};

/** The task begins to run half a second after its app was posted. */
const POSTED_AT = -20_000;
const RUNNING_AT = -19_500;

/**
 * The endpoint is that of the old task: the new one is well again for as long. Seeded mistake that
 * it notices: one failure fewer is enough.
 */
const healthKill: MakeProgram = () => {
  let old = '';
  return {
    given:
      '/h runs, one scheduler-side HTTP health check: gracePeriodSeconds 3, intervalSeconds 1, ' +
      'timeoutSeconds 2, maxConsecutiveFailures 3, healthy',
    staging: {behaviours: [{match: '/h', sickAfterMs: constant(-RUNNING_AT), sickAnswer: 500}]},
    prepare: (stage) => {
      stage.passTo(POSTED_AT);
      // A back-off would hold the new task back for longer than the case lasts.
      stage.runs({id: '/h', ...CHECKED_PORTS, healthChecks: [CHECK], backoffSeconds: 60});
      [old = ''] = stage.running('/h');
      stage.passTo(-1);
      const isHealthy = stage.get('/v2/apps//h', 'app.tasksHealthy') === 1;
      if (!isHealthy) throw new Error('not healthy in the beginning');
      if (runningAt(stage, old) !== RUNNING_AT) throw new Error('it runs at another time');
    },
    when: [{at: 0, do: 'the endpoint begins to answer 500', act: () => {}}],
    expected: [
      {
        at: 8000,
        expect: 'unhealthy_instance_kill_event for the old task after the fourth counted failure',
        check: (stage, find) => {
          const types = ['failed_health_check_event', 'unhealthy_instance_kill_event'];
          const told = stage.seen
            .since0('event')
            .map(({event}) => event.type)
            .filter((type) => types.includes(type));
          const [failed, killed] = types;
          find.is('events', told, [failed, failed, failed, failed, killed]);
          const kills = stage.seen.events('unhealthy_instance_kill_event');
          find.is(
            'of',
            kills.map(({taskId}) => taskId),
            [old],
          );
          find.is(
            'kills',
            stage.seen.since0('kill').map(({taskId}) => taskId),
            [old],
          );
        },
      },
      {
        at: 15_000,
        expect:
          'a new task (same instance, next incarnation) runs; the back-off was not touched by ' +
          'the kill',
        check: (stage, find) => {
          const [instance, incarnation] = old.split('._app.');
          const next = `${instance}._app.${Number(incarnation) + 1}`;
          find.is('running', stage.running('/h'), [next]);
          const killedAt = stage.seen.since0('status').find(({taskId}) => taskId === old)?.at ?? 0;
          const [launch] = stage.seen.since0('launch');
          find.holds('at the next offer', (launch?.at ?? Infinity) <= killedAt + 1000);
        },
      },
    ],
  };
};

function runningAt(stage: Stage, taskId: string): number | undefined {
  return stage.seen.entries.find(
    (entry) => entry.kind === 'status' && entry.taskId === taskId && entry.state === 'TASK_RUNNING',
  )?.at;
}

/** Seeded mistake that it notices: who runs is healthy, whatever its checks say. */
const neverHealthy: MakeProgram = () => {
  return {
    given: 'empty',
    staging: {behaviours: [{match: '/h', healthyAfterMs: NEVER}]},
    when: [
      {
        at: 0,
        do:
          'POST /h with one scheduler-side HTTP health check: gracePeriodSeconds 3, ' +
          'intervalSeconds 1, timeoutSeconds 2, maxConsecutiveFailures 3; every answer is 500',
        act: (stage) => {
          const app = {...APP, id: '/h', ...CHECKED_PORTS, healthChecks: [CHECK]};
          stage.request('POST', '/v2/apps', app);
        },
      },
    ],
    expected: [
      {
        at: 60_000,
        expect:
          'at least 10 failed_health_check_event; no deployment_success; the deployment can be ' +
          'deleted with force',
        check: (stage, find) => {
          const failures = stage.seen.events('failed_health_check_event').length;
          find.holds('at least 10 failures', failures >= 10);
          find.is('successes', stage.seen.events('deployment_success'), []);
          const id = onlyDeployment(stage);
          const {status} = stage.request('DELETE', `/v2/deployments/${id}?force=true`);
          find.is('status', status, 202);
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

const withoutChecks: MakeProgram = () => ({
  given: 'empty',
  when: [
    {
      at: 0,
      do: 'POST /a',
      act: (stage) => {
        stage.request('POST', '/v2/apps', {...APP, id: '/a'});
      },
    },
  ],
  expected: [
    {
      at: 5000,
      expect: 'tasksRunning 1, tasksHealthy 0, tasksUnhealthy 0',
      check: (stage, find) => {
        const app = stage.get('/v2/apps//a', 'app') as Json;
        const {tasksRunning, tasksHealthy, tasksUnhealthy} = app;
        find.is(
          'counts',
          {tasksRunning, tasksHealthy, tasksUnhealthy},
          {
            tasksRunning: 1,
            tasksHealthy: 0,
            tasksUnhealthy: 0,
          },
        );
      },
    },
  ],
});

export const HEALTH: Readonly<Record<string, MakeProgram>> = {
  'readiness-never-passes': readinessNeverPasses,
  'health-kill-and-relaunch': healthKill,
  'app-that-is-never-healthy': neverHealthy,
  'app-without-checks': withoutChecks,
};
