/** What happens to agents and to the leader. */
import type {MakeProgram} from '../program.ts';
import {hostOf, type Stage} from '../stage.ts';

/** Seeded mistake that it notices: the new leader does not know instances that run. */
const abdication: MakeProgram = () => {
  let before: readonly string[] = [];
  return {
    given: '/a runs with 3 instances; two schedulers',
    prepare: (stage) => {
      stage.runs({id: '/a', instances: 3});
      before = stage.running('/a');
    },
    staging: {failoverAt: 0},
    when: [{at: 0, do: 'the leader abdicates', act: () => {}}],
    expected: [
      {
        at: 10_000,
        expect:
          'the other one leads; 3 tasks RUNNING with the same ids; no task was killed or ' +
          'launched',
        check: (stage, find) => {
          find.is('failovers', stage.seen.since0('failover'), [{at: 0, kind: 'failover'}]);
          find.is('running', stage.running('/a'), before);
          find.is('tasks', before.length, 3);
          find.is('kills', stage.seen.since0('kill'), []);
          find.is('launches', stage.seen.since0('launch'), []);
          // It leads: what it is asked is done.
          stage.request('PUT', '/v2/apps//a', {instances: 4});
          stage.passTo(stage.now + 3000);
          find.is('scaled', stage.running('/a').length, 4);
        },
      },
    ],
  };
};

/** An agent is unreachable when it has not answered five pings in 75 s. */
const UNREACHABLE_AFTER_MS = 75_000;
const BACK_AT = 60_000;

/** Has only this agent offered. */
function offerOnly(stage: Stage, agent: string | null): void {
  const hostnames = agent === null ? null : [hostOf(agent)];
  stage.act((world) => world.operate({type: 'updateWhitelist', hostnames}, 'whitelist'));
}

/**
 * The app runs on `a1`, which is cut off so long before time 0 that it becomes unreachable then.
 */
function prepareLoss(stage: Stage): string {
  offerOnly(stage, 'a1');
  const unreachableStrategy = {inactiveAfterSeconds: 0, expungeAfterSeconds: 0};
  stage.runs({id: '/a', unreachableStrategy});
  const [task = ''] = stage.running('/a');
  offerOnly(stage, null);
  stage.passTo(-UNREACHABLE_AFTER_MS);
  stage.act((world) => {
    const agents = {names: [hostOf('a1')]};
    const forMs = UNREACHABLE_AFTER_MS + BACK_AT;
    world.fault({fault: 'partition', agents, forMs, stream: 'cut off'});
  });
  stage.passTo(-1);
  if (stage.seen.tasks('/a').length !== 1) throw new Error('given up before time 0');
  return task;
}

/** Seeded mistake that it notices: a task that comes back is not killed. */
const agentLost: MakeProgram = () => {
  let old = '';
  return {
    given: '/a runs with 1 instance on a1, unreachableStrategy 0/0',
    prepare: (stage) => {
      old = prepareLoss(stage);
    },
    when: [
      {at: 0, do: 'a1 is cut off: TASK_UNREACHABLE', act: () => {}},
      {at: BACK_AT, do: 'a1 comes back: TASK_RUNNING of the old task', act: () => {}},
    ],
    expected: [
      {
        at: 6000,
        expect: 'the instance is gone; a replacement runs on another agent',
        check: (stage, find) => {
          const lost = stage.seen.events('status_update_event');
          find.is(
            'status',
            [lost[0]?.['taskId'], lost[0]?.['taskStatus']],
            [old, 'TASK_UNREACHABLE'],
          );
          const tasks = stage.get('/v2/apps//a/tasks', 'tasks') as readonly {
            readonly id: string;
            readonly state: string;
            readonly host: string;
          }[];
          find.is(
            'states',
            tasks.map(({state}) => state),
            ['TASK_RUNNING'],
          );
          find.holds(
            'the instance is gone',
            tasks.every(({id}) => id !== old),
          );
          find.holds(
            'elsewhere',
            tasks.every(({host}) => host !== hostOf('a1')),
          );
          find.is('launches', stage.seen.since0('launch').length, 1);
        },
      },
      {
        at: 62_000,
        expect: 'the old task is killed; the replacement stays',
        check: (stage, find) => {
          const [launch] = stage.seen.since0('launch');
          find.is(
            'kills',
            stage.seen.since0('kill').map(({taskId}) => taskId),
            [old],
          );
          const states = stage.seen.since0('status').filter(({taskId}) => taskId === old);
          find.is('end', states.at(-1)?.state, 'TASK_KILLED');
          find.is('running', stage.running('/a'), [launch?.taskId]);
          find.is('launches', stage.seen.since0('launch').length, 1);
        },
      },
    ],
  };
};

export const AGENTS: Readonly<Record<string, MakeProgram>> = {
  'abdication-keeps-the-tasks': abdication,
  'agent-lost-with-0-0': agentLost,
};
