/** New definitions of apps that run. */
import type {MakeProgram, Findings} from '../program.ts';
import {APP, type Answer, type Stage} from '../stage.ts';
import {onlyDeployment, toldOf} from './deployments.ts';
import {CHECK, CHECKED_PORTS} from './health-check.ts';

type Json = Readonly<Record<string, unknown>>;

/** Seeded mistake that it notices: an upgrade with default terms kills before it launches. */
const rollBackDefault: MakeProgram = () => {
  let old: readonly string[] = [];
  return {
    given: '/a runs with 1 instance',
    prepare: (stage) => {
      stage.runs({id: '/a'});
      old = stage.running('/a');
    },
    when: [
      {
        at: 0,
        do: 'PUT /a cpus 1000',
        act: (stage) => {
          stage.request('PUT', '/v2/apps//a', {cpus: 1000});
        },
      },
      {
        at: 5000,
        do: 'DELETE the deployment',
        act: (stage) => {
          stage.request('DELETE', `/v2/deployments/${onlyDeployment(stage)}`);
        },
      },
    ],
    expected: [
      {
        at: 4900,
        expect: 'the old task is still RUNNING',
        check: (stage, find) => {
          find.is('running', stage.running('/a'), old);
          find.is('deployments', stage.deployments().length, 1);
        },
      },
      {
        at: 10_000,
        expect: '1 task RUNNING with the old definition; no deployment',
        check: (stage, find) => {
          find.is('running', stage.running('/a').length, 1);
          find.is('alive', stage.alive('/a').length, 1);
          find.is('cpus', stage.get('/v2/apps//a', 'app.cpus'), APP['cpus']);
          find.is('instances of other definitions', strangers(stage, '/a'), []);
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

/** Tasks that run another configuration than the one in force. */
function strangers(stage: Stage, appId: string): readonly string[] {
  const wanted = stage.get(`/v2/apps/${appId}`, 'app.versionInfo.lastConfigChangeAt');
  return stage.marathon
    .instancesOf(appId)
    .filter(({spec}) => new Date(spec.app.lastConfigChangeAt).toISOString() !== wanted)
    .map(({id}) => id);
}

const secondChange: MakeProgram = () => {
  let first = '';
  let [refused, forced]: [Answer, Answer] = [{status: 0}, {status: 0}];
  return {
    given: '/a is being upgraded and cannot finish (cpus 100)',
    prepare: (stage) => {
      stage.runs({id: '/a'});
      stage.request('PUT', '/v2/apps//a', {cpus: 100});
      first = onlyDeployment(stage);
    },
    when: [
      {
        at: 0,
        do: 'PUT /a instances 2',
        act: (stage) => {
          refused = stage.request('PUT', '/v2/apps//a', {instances: 2});
        },
      },
      {
        at: 1000,
        do: 'PUT /a cpus 0.2 with force=true',
        act: (stage) => {
          forced = stage.request('PUT', '/v2/apps//a?force=true', {cpus: 0.2});
        },
      },
    ],
    expected: [
      {
        at: 0,
        expect:
          'reply 409 with the id of the running deployment; events group_change_failed and ' +
          'deployment_failed for the refused plan',
        check: (stage, find) => {
          find.is('status', refused.status, 409);
          find.is('deployments', (refused.body as Json)['deployments'], [{id: first}]);
          find.is('group_change_failed', stage.seen.events('group_change_failed').length, 1);
          const failed = toldOf(stage, 'deployment_failed');
          find.is('failed', failed, ['<uuid>']);
          find.holds('not the running one', !failed.includes(first));
          find.is('under way', onlyDeployment(stage), first);
        },
      },
      {
        at: 1000,
        expect: 'reply 200; deployment_failed for the cancelled plan',
        check: (stage, find) => {
          find.is('status', forced.status, 200);
          find.is('failed', toldOf(stage, 'deployment_failed').slice(1), [first]);
        },
      },
      {
        at: 10_000,
        expect: 'app runs with cpus 0.2; no deployment',
        check: (stage, find) => {
          find.is('running', stage.running('/a').length, 1);
          find.is('alive', stage.alive('/a').length, 1);
          find.is('cpus', stage.get('/v2/apps//a', 'app.cpus'), 0.2);
          find.is('instances of other definitions', strangers(stage, '/a'), []);
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

/** An app that Marathon itself asks how it is, upgraded to another command. */
interface Rolling {
  readonly instances: number;
  readonly strategy: Json;
}

function checked({instances, strategy}: Rolling): Json & {readonly id: string} {
  const upgradeStrategy = strategy;
  return {id: '/u', instances, upgradeStrategy, ...CHECKED_PORTS, healthChecks: [CHECK]};
}

/** Begins when all its instances are healthy. */
function prepareRolling(stage: Stage, rolling: Rolling): void {
  stage.runs(checked(rolling));
  stage.passTo(stage.now + 5000);
  if (healthy(stage) !== rolling.instances) throw new Error('not healthy in the beginning');
}

/** Wanted instances that run and pass their check. */
function healthy(stage: Stage): number {
  const alive = new Set(stage.alive('/u').map(({taskId}) => taskId));
  return stage.marathon
    .instancesOf('/u')
    .filter(({id, goal, incarnation, condition, healthy: isWell}) => {
      const runs = goal === 'Running' && condition === 'Running' && isWell === true;
      return runs && alive.has(`${id}._app.${incarnation}`);
    }).length;
}

/** After the upgrade: only new tasks, all of them healthy. */
function replaced(stage: Stage, find: Findings, instances: number): void {
  const launched = new Set(stage.seen.since0('launch').map(({taskId}) => taskId));
  find.is('running', stage.running('/u').length, instances);
  find.holds(
    'new ones only',
    stage.alive('/u').every(({taskId}) => launched.has(taskId)),
  );
  find.is('healthy', stage.get('/v2/apps//u', 'app.tasksHealthy'), instances);
  find.is('instances of other definitions', strangers(stage, '/u'), []);
}

const putOtherCmd = {
  at: 0,
  do: 'PUT /u with another cmd',
  act: (stage: Stage): void => {
    stage.request('PUT', '/v2/apps//u', {cmd: 'sleep 2000'});
  },
};

/** Seeded mistake that it notices: `minimumHealthCapacity` is rounded down. */
const rollingHalf: MakeProgram = () => {
  const strategy = {minimumHealthCapacity: 0.5, maximumOverCapacity: 0};
  return {
    given: '/u: 3 instances, health check, upgradeStrategy 0.5/0',
    prepare: (stage) => prepareRolling(stage, {instances: 3, strategy}),
    when: [putOtherCmd],
    expected: [
      {
        when: 'always',
        expect: 'at most 3 tasks that are not terminal; at least 2 healthy',
        check: (stage, find) => {
          find.holds('at most 3 tasks', stage.alive('/u').length <= 3);
          find.holds('at least 2 healthy', healthy(stage) >= 2);
        },
      },
      {
        at: 60_000,
        expect: '3 new tasks healthy',
        check: (stage, find) => replaced(stage, find, 3),
      },
    ],
  };
};

/** Seeded mistake that it notices: health by Marathon's own checks does not count for upgrades. */
const rollingFull: MakeProgram = () => {
  const strategy = {minimumHealthCapacity: 1, maximumOverCapacity: 0};
  return {
    given:
      '/u: 2 instances, one scheduler-side HTTP health check: gracePeriodSeconds 3, ' +
      'intervalSeconds 1, timeoutSeconds 2, maxConsecutiveFailures 3, upgradeStrategy 1/0',
    prepare: (stage) => prepareRolling(stage, {instances: 2, strategy}),
    when: [putOtherCmd],
    expected: [
      {
        when: 'always',
        expect: 'at least 2 healthy',
        check: (stage, find) => find.holds('at least 2 healthy', healthy(stage) >= 2),
      },
      {
        at: 60_000,
        expect: '2 new tasks healthy; no deployment',
        check: (stage, find) => {
          replaced(stage, find, 2);
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

export const UPGRADES: Readonly<Record<string, MakeProgram>> = {
  'roll-back-with-the-default-strategy': rollBackDefault,
  'second-change-while-an-upgrade-runs': secondChange,
  'rolling-upgrade-0-5-0-keeps-its-bounds': rollingHalf,
  'rolling-upgrade-1-0-with-scheduler-side-health-checks-ends': rollingFull,
};
