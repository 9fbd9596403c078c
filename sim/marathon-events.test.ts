/** What a scenario can ask of Marathon, shown by what comes of it. */
import test from 'ava';
import {frameworkIdOf, UTC_ONLY} from '../engine/index.ts';
import {checkWorkloads} from './workload-check.ts';
import {EVENT_TYPES} from './scenario/metrics.ts';
import {Simulation} from './simulation.ts';
import {NO_SUPPLIES} from './supplies.ts';
import {makeScenario, resultOf, runChecked, throughJson} from './testing/scenarios.ts';

type Written = Readonly<Record<string, unknown>>;

const WEB = {id: '/web', cmd: 'serve', instances: 4, cpus: 1, mem: 64, portDefinitions: []};

/** Eight machines for an hour, four instances of `/web`, and what is said beside. */
function written(more: Written): Written {
  return {
    until: '1h',
    cluster: {agents: [{name: 'node', count: 8, resources: 'cpus:4;mem:9000', zones: 2}]},
    workloads: [{app: WEB}],
    ...more,
  };
}

function upgrade(terms: Written = {}): Written {
  return {at: '10m', upgrade: {app: '/web', with: {cmd: 'bad'}, ...terms}};
}

const steer = (at: string, action: string, more: Written = {}): Written => ({
  at,
  deployment: {app: '/web', action, ...more},
});

/** `[metric] at [time] is [value]`. */
type Expected = readonly [at: string, metric: string, is: number];

const SHOP = {
  id: 'shop',
  apps: [{...WEB, id: 'front', instances: 2, dependencies: ['back/db']}],
  groups: [{id: 'back', apps: [{...WEB, id: 'db', instances: 1}]}],
};

/** The new definition dies within a second, and was never well. */
const BAD = {
  workloads: [{app: {...WEB, healthChecks: [{protocol: 'COMMAND', command: {value: 'look'}}]}}],
  behaviours: [
    {match: '/web', with: {cmd: 'bad'}, healthyAfter: 'never', duration: '1s', end: 'failed'},
  ],
};

/** One machine, and twenty instances that start at once. */
function oneMachine(more: Written): Written {
  return {
    cluster: {agents: [{name: 'node', count: 1, resources: 'cpus:40;mem:9000'}]},
    workloads: [{app: {...WEB, instances: 20}}],
    allocator: {onRecovery: true},
    ...more,
  };
}

const table: readonly (readonly [title: string, more: Written, expected: readonly Expected[]])[] = [
  [
    'one agent is given five tasks every five seconds, as by Mesos',
    oneMachine({}),
    [
      ['4s', 'apps./web.running', 5],
      ['1m', 'apps./web.running', 20],
    ],
  ],
  [
    'one agent is filled at once where what a launch leaves is not refused',
    oneMachine({frameworks: {marathon: {type: 'marathon', usedOfferRefuse: '0s'}}}),
    [['1s', 'apps./web.running', 20]],
  ],
  [
    'a group brings its apps, in the order of their dependencies',
    {
      workloads: [{group: SHOP, at: '1m'}],
      behaviours: [{match: '/shop/back/*', startup: '2m'}],
      events: [{at: '10m', scale: {app: '/shop/back/db', instances: 3}}],
    },
    [
      ['2m', 'apps./shop/back/db.tasks', 1],
      ['2m', 'apps./shop/front.tasks', 0],
      ['5m', 'apps./shop/front.running', 2],
      ['end', 'apps./shop/back/db.running', 3],
    ],
  ],
  [
    'a group that is put later brings and takes apps, and goes with all in it',
    {
      workloads: [{group: SHOP}],
      events: [
        {at: '10m', group: {id: '/shop', apps: [{...WEB, id: 'new', instances: 2}]}},
        {at: '20m', upgrade: {app: '/shop/new', with: {env: {A: 'b'}}}},
        {at: '30m', removeGroup: {group: 'shop/back'}},
      ],
    },
    [
      ['20m', 'apps./shop/front.instances', 0],
      ['20m', 'apps./shop/back/db.running', 1],
      ['20m', 'apps./shop/new.version', 2],
      ['end', 'apps./shop/new.running', 2],
      ['end', 'apps./shop/back/db.instances', 0],
    ],
  ],
  [
    'a restart replaces everything, and is no new definition',
    {events: [{at: '10m', restart: {app: '/web'}}]},
    [
      ['end', 'apps./web.running', 4],
      ['end', 'apps./web.version', 1],
      ['end', 'tasks.killed', 4],
    ],
  ],
  [
    'a deployment that fails too often pauses where it stands',
    {...BAD, events: [upgrade({failuresMax: 3, onFailure: 'pause'})]},
    [
      ['9m', 'deployments.paused', 0],
      ['15m', 'deployments.paused', 1],
      ['15m', 'deployments.running', 0],
      ['end', 'events.deployment_paused', 1],
      ['end', 'tasks.killed', 0],
    ],
  ],
  [
    'a deployment that is not done in time is rolled back, and what came back behaves as it did',
    {
      ...BAD,
      events: [
        upgrade({deadline: '2m', onFailure: 'rollback'}),
        {at: '30m', killTasks: {app: '/web', count: 1}},
      ],
    },
    [
      ['11m', 'apps./web.version', 2],
      ['13m', 'apps./web.version', 1],
      ['13m', 'apps./web.running', 4],
      ['31m', 'apps./web.running', 4],
      ['end', 'deployments.running', 0],
      ['end', 'tasks.killed', 1],
    ],
  ],
  [
    'a canary waits for a word, and gets it',
    {events: [upgrade({canary: 1}), steer('30m', 'resume')]},
    [
      ['29m', 'tasks.placed', 5],
      ['29m', 'deployments.paused', 1],
      ['31m', 'tasks.placed', 8],
      ['end', 'deployments.paused', 0],
      ['end', 'apps./web.instances', 4],
    ],
  ],
  [
    'a deployment is paused, and goes on later',
    {
      behaviours: [{match: '*', startup: '1m'}],
      events: [upgrade(), steer('10m30s', 'pause'), steer('20m', 'resume')],
    },
    [
      ['19m', 'deployments.paused', 1],
      ['19m', 'tasks.killed', 0],
      ['end', 'tasks.killed', 4],
      ['end', 'events.deployment_resumed', 1],
    ],
  ],
  [
    'a deployment is cancelled where it stands, or there is none',
    {
      ...BAD,
      events: [upgrade(), steer('20m', 'cancel'), steer('30m', 'rollBack', {ifAny: true})],
    },
    [
      ['19m', 'deployments.running', 1],
      ['end', 'deployments.running', 0],
      ['end', 'apps./web.version', 2],
      ['end', 'events.deployment_failed', 1],
    ],
  ],
  [
    'killed tasks are started again',
    {events: [{at: '10m', killTasks: {app: '/web'}}]},
    [
      ['end', 'tasks.killed', 4],
      ['end', 'apps./web.running', 4],
      ['end', 'apps./web.restarts', 4],
    ],
  ],
  [
    'or the app wants fewer',
    {events: [{at: '10m', killTasks: {app: '/web', count: 3, scale: true}}]},
    [
      ['end', 'tasks.killed', 3],
      ['end', 'apps./web.instances', 1],
    ],
  ],
  [
    'a kill takes as long as the task needs to stop',
    {
      workloads: [{app: {...WEB, taskKillGracePeriodSeconds: 120}}],
      behaviours: [{match: '/web', stop: '1m'}],
      events: [{at: '10m', scale: {app: '/web', instances: 1}}],
    },
    [
      ['10m59s', 'tasks.killed', 0],
      ['11m', 'tasks.killed', 3],
    ],
  ],
  [
    'but no longer than it is given',
    {
      behaviours: [{match: '/web', stop: '1m'}],
      events: [{at: '10m', scale: {app: '/web', instances: 1}}],
    },
    [
      ['10m2s', 'tasks.killed', 0],
      ['10m3s', 'tasks.killed', 3],
    ],
  ],
  [
    'an app as Marathon has it is patched: what was rolled back is not there',
    {
      events: [
        {at: '5m', upgrade: {app: '/web', with: {env: {A: '1'}}}},
        {at: '10m', upgrade: {app: '/web', with: {env: {B: '2'}}, canary: 1}},
        steer('15m', 'rollBack'),
        {at: '20m', upgrade: {app: '/web', with: {env: {C: '3'}}}},
        {at: '30m', upgrade: {app: '/web', with: {env: null}}},
      ],
      behaviours: [
        {match: '/web', with: {env: {B: '2'}}, duration: '1s'},
        {match: '/web', with: {env: {A: '1', C: '3'}}, startup: '2s'},
      ],
    },
    [
      ['9m', 'apps./web.version', 2],
      ['14m', 'apps./web.version', 3],
      ['19m', 'apps./web.version', 2],
      ['20m1s', 'apps./web.running', 4],
      ['20m1s', 'apps./web.tasks', 8],
      ['29m', 'apps./web.version', 4],
      ['end', 'apps./web.version', 1],
    ],
  ],
  [
    'another leader goes on in the middle of an upgrade',
    {
      behaviours: [{match: '*', startup: '1m'}],
      events: [upgrade(), {at: '10m30s', failover: {}}],
    },
    [
      ['10m30s', 'deployments.running', 1],
      ['end', 'deployments.running', 0],
      ['end', 'apps./web.running', 4],
      ['end', 'tasks.killed', 4],
      ['end', 'tasks.placed', 8],
    ],
  ],
  [
    'the v2 API answers as it should',
    {
      events: [
        {at: '10m', request: {method: 'POST', path: '/v2/apps', body: WEB, expect: 409}},
        {at: '20m', request: {method: 'POST', path: '/v2/apps', body: {...WEB, id: '/other'}}},
        {at: '30m', request: {method: 'PUT', path: '/v2/apps/web', body: '{"instances": 5}'}},
        {at: '40m', request: {method: 'DELETE', path: '/v2/apps/other', expect: 200}},
      ],
    },
    [
      ['29m', 'apps./other.running', 4],
      ['end', 'apps./web.running', 5],
      ['end', 'apps./other.instances', 0],
    ],
  ],
  [
    'tasks are counted by zone',
    {
      workloads: [{app: {...WEB, constraints: [['@zone', 'IS', 'zone-1']]}}],
    },
    [
      ['end', 'apps./web.zones.zone-0', 0],
      ['end', 'apps./web.zones.zone-1', 4],
    ],
  ],
];

for (const [title, more, expected] of table) {
  test(title, (t) => {
    const expect = expected.map(([at, metric, is]) => ({at, metric, is}));
    const scenario = makeScenario(written({...more, expect}));
    const whole = runChecked(scenario);
    t.deepEqual(whole.world.refused, []);
    t.deepEqual(
      whole.expectations
        .results()
        .flatMap(({text, found}) => (found === undefined ? [] : [`${text}: ${found}`])),
      [],
    );
    const types = EVENT_TYPES as readonly string[];
    const unknown = [...whole.world.eventCounts.keys()].filter((type) => !types.includes(type));
    t.deepEqual(unknown, [], 'what is published can be asked for');
    // And nothing of it is lost on the way through a snapshot.
    const cut = new Simulation(scenario, NO_SUPPLIES);
    cut.advanceTo(630_000);
    const restored = throughJson(cut);
    restored.run();
    t.is(restored.hash.digits, whole.hash.digits);
    t.is(JSON.stringify(resultOf(restored)), JSON.stringify(resultOf(whole)));
  });
}

const refusals: readonly (readonly [title: string, event: Written, refused: string])[] = [
  [
    'a deployment that is not there',
    steer('10m', 'pause'),
    'deployment of /web: no deployment has the app "/web" locked (ifAny: true lets it pass)',
  ],
  [
    'an answer that is none of those that are expected',
    {at: '10m', request: {method: 'GET', path: '/v2/apps/none'}},
    'GET /v2/apps/none: expected the status below 400, found 404: ' +
      `{"message":"App '/none' does not exist"}`,
  ],
  [
    'an answer that is not the one that is expected',
    {at: '10m', request: {method: 'GET', path: '/ping', expect: 404}},
    'GET /ping: expected the status 404, found 200: pong',
  ],
  [
    'a group that Marathon does not take',
    {at: '10m', group: {id: '/g', apps: [{id: 'x', cmd: 'a', instances: -1}]}},
    'group /g: Object is not valid; /apps(0)/instances: must be at least 0',
  ],
];

for (const [title, event, expected] of refusals) {
  test(`what cannot be asked is told: ${title}`, (t) => {
    const {refused} = runChecked(makeScenario(written({events: [event]}))).world;
    t.deepEqual(
      refused.map(({label, message}) => `${label}: ${message}`),
      [expected],
    );
  });
}

test('tasks on some hosts are killed, and no others', (t) => {
  const scenario = makeScenario(
    written({
      workloads: [{app: {...WEB, instances: 8, constraints: [['hostname', 'UNIQUE']]}}],
      events: [{at: '10m', killTasks: {app: '/web', hosts: ['node-1', 'node-6']}}],
    }),
  );
  const killed: string[] = [];
  const witness = {
    input: () => {},
    effect: (_: number, effect: {readonly kind: string; readonly agentId?: string}) => {
      if (effect.kind === 'killTask') killed.push(effect.agentId ?? '');
    },
  };
  new Simulation(scenario, NO_SUPPLIES, {isChecking: true, witness}).run();
  t.deepEqual(killed.sort(), ['node-1', 'node-6']);
});

test('a wrong app in a group is told by its place before the run', (t) => {
  const apps = [
    {id: 'x', cmd: 'a'},
    {id: 'y', cmd: 'a', cpus: -1},
  ];
  const group = {id: 'g', groups: [{id: 'h', apps}]};
  const problems = checkWorkloads(makeScenario(written({workloads: [{group}]})), UTC_ONLY);
  t.deepEqual(
    problems.map(({path}) => path),
    ['workloads[0].group.groups[0].apps[1].cpus'],
  );
});

test('the options of a Marathon reach it', (t) => {
  const frameworks = {marathon: {type: 'marathon', launchTokens: 1, launchTokenRefresh: '5m'}};
  const behaviours = [{match: '*', startup: '4m'}];
  const {tasks} = resultOf(
    runChecked(makeScenario(written({until: '6m', frameworks, behaviours}))),
  );
  // One at the start, one when that runs, one when the tokens are renewed.
  t.deepEqual([tasks.placed, tasks.waiting], [3, 1]);
});

test('deployments are listed: what they were about, when, and how they ended', (t) => {
  const events = [
    upgrade({failuresMax: 0, onFailure: 'pause'}),
    {at: '30m', scale: {app: '/web', instances: 5}},
    {at: '40m', upgrade: {app: '/web', with: {labels: {a: 'b'}}, canary: 1}},
  ];
  const simulation = runChecked(makeScenario(written({...BAD, events})));
  const {list = [], ...counts} = resultOf(simulation).deployments ?? {};
  t.deepEqual(counts, {succeeded: 2, failed: 1, running: 1, paused: 0});
  const [first] = list;
  t.like(first, {framework: 'marathon', apps: ['/web'], beginMs: 0, outcome: 'succeeded'});
  t.deepEqual(
    list.map(({beginMs, outcome, reason}) => [beginMs / 60_000, outcome, reason]),
    [
      [0, 'succeeded', undefined],
      [10, 'failed', 'The upgrade has been cancelled'],
      [30, 'succeeded', undefined],
      [40, 'running', undefined],
    ],
  );
  const open = simulation.engine.view.marathon(frameworkIdOf('marathon'))?.deployments() ?? [];
  t.is(list.at(-1)?.id, open[0]?.id);
});

test('a paused deployment does not keep a run until idle from its end', (t) => {
  const more = {until: 'idle', ...BAD, events: [upgrade({failuresMax: 0, onFailure: 'pause'})]};
  const simulation = runChecked(makeScenario(written(more)));
  t.true(simulation.now < 900_000, `${simulation.now}`);
  t.is(resultOf(simulation).deployments?.paused, 1);
});
