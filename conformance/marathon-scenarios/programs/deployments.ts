/** Deployments: how they begin, end, are cancelled and undone. */
import {APP, constant, type Answer, type Stage} from '../stage.ts';
import type {MakeProgram, Program} from '../program.ts';

type Json = Readonly<Record<string, unknown>>;

/** More than any agent has. */
const TOO_MUCH = 100;

/** Actions of the steps of a deployment: `StartApplication /a`. */
function stepsOf(deployment: Json | undefined): readonly (readonly string[])[] {
  const steps = (deployment?.['steps'] ?? []) as readonly {readonly actions: readonly Json[]}[];
  return steps.map(({actions}) =>
    actions.map(({action, app}) => `${String(action)} ${String(app)}`),
  );
}

/** Id of the only deployment under way. */
export function onlyDeployment(stage: Stage): string {
  const [first, ...others] = stage.deployments();
  if (first === undefined || others.length > 0) throw new Error('not just one deployment');
  return String(first['id']);
}

/** Ids of deployments that events of a type tell of, since time 0. */
export function toldOf(stage: Stage, type: string): readonly string[] {
  return stage.seen.events(type).map(({id}) => String(id));
}

function bodyOf({body}: Answer): Json {
  return body as Json;
}

/** Seeded mistake that it notices: `Provisioned` is not told of. */
const createTwo: MakeProgram = () => {
  let reply: Answer = {status: 0};
  return {
    given: 'empty',
    when: [
      {
        at: 0,
        do: 'POST app /a with instances 2',
        act: (stage) => {
          reply = stage.request('POST', '/v2/apps', {...APP, id: '/a', instances: 2});
        },
      },
    ],
    expected: [
      {
        at: 0,
        expect: 'reply 201; deployment with steps [StartApplication /a], [ScaleApplication /a]',
        check: (stage, find) => {
          find.is('status', reply.status, 201);
          const [deployment, ...others] = stage.deployments();
          find.is('steps', stepsOf(deployment), [['StartApplication /a'], ['ScaleApplication /a']]);
          find.is('other deployments', others, []);
        },
      },
      {
        at: 5000,
        expect:
          '2 tasks RUNNING; no deployment; events in order per instance: Scheduled, Provisioned, ' +
          'Starting, Running; deployment_success last',
        check: (stage, find) => {
          find.is('tasks', stage.running('/a').length, 2);
          find.is('deployments', stage.deployments(), []);
          const byInstance = new Map<string, string[]>();
          for (const {instanceId, condition} of stage.seen.events('instance_changed_event')) {
            const known = byInstance.get(String(instanceId));
            if (known === undefined) byInstance.set(String(instanceId), [String(condition)]);
            else known.push(String(condition));
          }
          const life = ['Scheduled', 'Provisioned', 'Starting', 'Running'];
          find.is('conditions', [...byInstance.values()], [life, life]);
          find.is('last', stage.seen.since0('event').at(-1)?.event.type, 'deployment_success');
          find.is('successes', toldOf(stage, 'deployment_success').length, 1);
        },
      },
    ],
  };
};

/**
 * Seeded mistakes that it notices: a kill with `scale` leaves the number of instances as it is, or
 * has the younger one killed whatever was named.
 */
const killWithScale: MakeProgram = () => {
  let victim = '';
  return {
    given: '/a runs with 2 instances',
    prepare: (stage) => stage.runs({id: '/a', instances: 2}),
    when: [
      {
        at: 0,
        do: 'DELETE one task with scale=true',
        act: (stage) => {
          // The older one: without a word Marathon would kill the younger.
          victim = stage.alive('/a')[0]?.taskId ?? '';
          stage.request('DELETE', `/v2/apps//a/tasks/${victim}?scale=true`);
        },
      },
    ],
    expected: [
      {
        at: 3000,
        expect: 'app has instances 1; 1 task RUNNING; the killed task is gone and not replaced',
        check: (stage, find) => {
          find.is('instances', stage.get('/v2/apps//a', 'app.instances'), 1);
          const running = stage.running('/a');
          find.is('tasks', running.length, 1);
          find.is('alive', stage.alive('/a').length, 1);
          find.holds('the killed one is gone', !running.includes(victim));
          find.is('launches', stage.seen.since0('launch'), []);
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

/** An app that no agent can hold, so that its deployment stands. */
function postTooMuch(keep: (deployment: string) => void): Program['when'][number] {
  return {
    at: 0,
    do: 'POST app /a with cpus 100',
    act: (stage) => {
      stage.request('POST', '/v2/apps', {...APP, id: '/a', cpus: TOO_MUCH});
      keep(onlyDeployment(stage));
    },
  };
}

const forcedDelete: MakeProgram = () => {
  let id = '';
  let reply: Answer = {status: 0};
  return {
    given: 'empty',
    when: [
      postTooMuch((deployment) => {
        id = deployment;
      }),
      {
        at: 5000,
        do: 'DELETE the deployment with force=true',
        act: (stage) => {
          reply = stage.request('DELETE', `/v2/deployments/${id}?force=true`);
        },
      },
    ],
    expected: [
      {
        at: 5000,
        expect: 'reply 202; event deployment_failed',
        check: (stage, find) => {
          find.is('status', reply.status, 202);
          find.is('failed', toldOf(stage, 'deployment_failed'), [id]);
        },
      },
      {
        at: 6000,
        expect: 'no deployment; /a is still defined with 0 tasks',
        check: (stage, find) => {
          find.is('deployments', stage.deployments(), []);
          find.is('app', stage.request('GET', '/v2/apps//a').status, 200);
          find.is('tasks', stage.alive('/a'), []);
          find.is('tasks told of', stage.get('/v2/apps//a/tasks', 'tasks'), []);
        },
      },
    ],
  };
};

/** Seeded mistake that it notices: a rollback restores nothing, but only cancels. */
const rollBackFirst: MakeProgram = () => {
  let id = '';
  let reply: Answer = {status: 0};
  return {
    given: 'empty',
    when: [
      postTooMuch((deployment) => {
        id = deployment;
      }),
      {
        at: 5000,
        do: 'DELETE the deployment',
        act: (stage) => {
          reply = stage.request('DELETE', `/v2/deployments/${id}`);
        },
      },
    ],
    expected: [
      {
        at: 5000,
        expect:
          'reply 200 with a new deployment id; deployment_failed for the old, deployment_success ' +
          'for the new one, in any order',
        check: (stage, find) => {
          find.is('status', reply.status, 200);
          const newId = bodyOf(reply)['deploymentId'];
          find.is('new id', newId, '<uuid>');
          find.holds('it is another one', newId !== id);
          find.is('failed', toldOf(stage, 'deployment_failed'), [id]);
          find.is('succeeded', toldOf(stage, 'deployment_success'), [newId]);
        },
      },
      {
        at: 8000,
        expect: '/a is unknown (404)',
        check: (stage, find) => {
          find.is('status', stage.request('GET', '/v2/apps//a').status, 404);
        },
      },
    ],
  };
};

/** Seeded mistake that it notices: what is being stopped still counts as one of the instances. */
const rollBackScaleDown: MakeProgram = () => {
  let id = '';
  let victims: readonly string[] = [];
  return {
    given: '/a runs with 2 instances and a task that needs 60 s to stop',
    staging: {behaviours: [{match: '/a', stopMs: constant(60_000)}]},
    // It is given the time that it needs.
    prepare: (stage) => stage.runs({id: '/a', instances: 2, taskKillGracePeriodSeconds: 90}),
    when: [
      {
        at: 0,
        do: 'PUT /a instances 1',
        act: (stage) => {
          stage.request('PUT', '/v2/apps//a', {instances: 1});
          victims = stage.seen.since0('kill').map(({taskId}) => taskId);
          id = onlyDeployment(stage);
        },
      },
      {
        at: 1000,
        do: 'DELETE the deployment',
        act: (stage) => {
          stage.request('DELETE', `/v2/deployments/${id}`);
        },
      },
    ],
    expected: [
      {
        at: 10_000,
        expect:
          'the app has instances 2 again; 2 tasks RUNNING as soon as a replacement for the one ' +
          'being stopped runs',
        check: (stage, find) => {
          find.is('instances', stage.get('/v2/apps//a', 'app.instances'), 2);
          find.is('victims', victims.length, 1);
          find.holds(
            'it is still stopping',
            victims.every((one) => isAmong(one, stage.alive())),
          );
          const replacements = stage.seen.since0('launch').map(({taskId}) => taskId);
          find.is('replacements', replacements.length, 1);
          const staying = stage.alive('/a').filter(({taskId}) => !victims.includes(taskId));
          find.is(
            'states',
            staying.map(({state}) => state),
            ['TASK_RUNNING', 'TASK_RUNNING'],
          );
          find.holds(
            'the replacement runs',
            replacements.every((one) => isAmong(one, staying)),
          );
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

function isAmong(taskId: string, tasks: readonly {readonly taskId: string}[]): boolean {
  return tasks.some((task) => task.taskId === taskId);
}

/**
 * Here a cancellation takes effect at once: what is cancelled has failed in the same instant, so
 * the states between are those of deployments that are gone, or that run.
 */
const threeForced: MakeProgram = () => {
  const ids: string[] = [];
  const put = (stage: Stage, change: Json): void => {
    const {status} = stage.request('PUT', '/v2/apps//a?force=true', change);
    if (status !== 200) throw new Error(`PUT: ${status}`);
    ids.push(onlyDeployment(stage));
  };
  return {
    given: '/a cannot be placed (deployment d1)',
    prepare: (stage) => {
      stage.request('POST', '/v2/apps', {...APP, id: '/a', cpus: TOO_MUCH});
      ids.push(onlyDeployment(stage));
    },
    when: [
      {at: 0, do: 'PUT force (d2)', act: (stage) => put(stage, {cpus: 2 * TOO_MUCH})},
      {at: 0, do: 'PUT force (d3)', act: (stage) => put(stage, {cpus: 0.2})},
    ],
    expected: [
      {
        at: 0,
        expect: 'd1 Canceling, d2 Canceling, d3 Scheduled',
        check: (stage, find) => {
          find.is('different deployments', new Set(ids).size, 3);
          find.is('failed', toldOf(stage, 'deployment_failed'), ids.slice(0, 2));
          find.is(
            'under way',
            stage.deployments().map((one) => one['id']),
            ids.slice(2),
          );
        },
      },
      {
        at: 10_000,
        expect: 'only the definition of d3 is in force; deployment_failed for d1 and d2',
        check: (stage, find) => {
          find.is('cpus', stage.get('/v2/apps//a', 'app.cpus'), 0.2);
          find.is('tasks', stage.running('/a').length, 1);
          find.is('alive', stage.alive('/a').length, 1);
          find.is('failed', toldOf(stage, 'deployment_failed'), ids.slice(0, 2));
          find.is('succeeded', toldOf(stage, 'deployment_success'), ids.slice(2));
          find.is('deployments', stage.deployments(), []);
        },
      },
    ],
  };
};

/** Seeded mistake that it notices: `app_terminated_event` comes when the deployment begins. */
const deleteApp: MakeProgram = () => ({
  given: '/a runs with 2 instances',
  prepare: (stage) => stage.runs({id: '/a', instances: 2}),
  when: [
    {
      at: 0,
      do: 'DELETE /a',
      act: (stage) => {
        stage.request('DELETE', '/v2/apps//a');
      },
    },
  ],
  expected: [
    {
      at: 0,
      expect: 'deployment with [StopApplication /a]',
      check: (stage, find) => {
        find.is('steps', stage.deployments().map(stepsOf), [[['StopApplication /a']]]);
      },
    },
    {
      at: 3000,
      expect:
        'kills, then app_terminated_event, deployment_step_success, deployment_success in this ' +
        'order; /a unknown',
      check: (stage, find) => {
        const ending = ['app_terminated_event', 'deployment_step_success', 'deployment_success'];
        const order = stage.seen.entries.flatMap((entry) => {
          if (entry.at < 0) return [];
          if (entry.kind === 'kill') return ['kill'];
          if (entry.kind === 'status') return [entry.state];
          const type = entry.kind === 'event' ? entry.event.type : '';
          return ending.includes(type) ? [type] : [];
        });
        const kills = ['kill', 'kill', 'TASK_KILLED', 'TASK_KILLED'];
        find.is('order', order, [...kills, ...ending]);
        find.is('status', stage.request('GET', '/v2/apps//a').status, 404);
        find.is('alive', stage.alive('/a'), []);
      },
    },
  ],
});

export const DEPLOYMENTS: Readonly<Record<string, MakeProgram>> = {
  'create-two-instances': createTwo,
  'kill-one-of-two-with-scale': killWithScale,
  'forced-delete-of-a-stuck-deployment': forcedDelete,
  'roll-back-the-first-deployment': rollBackFirst,
  'roll-back-a-scale-down': rollBackScaleDown,
  'three-forced-changes-in-a-row': threeForced,
  'delete-an-app': deleteApp,
};
