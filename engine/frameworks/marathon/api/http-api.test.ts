/** The v2 API from method and path to status and body, and what holds for every request. */
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {MarathonOptions} from '../../../options.ts';
import {FakeCluster} from '../testing/fake-cluster.ts';
import {act, APP, cluster} from '../testing/histories.ts';
import type {HttpAnswer} from '../../http/answers.ts';

type Json = Readonly<Record<string, unknown>>;

const HEADERS = {'Content-Type': 'application/json'};

/** `line` is method and path; a body that is a text is sent as it is. */
function ask(fake: FakeCluster, line: string, body?: unknown, more: object = {}): HttpAnswer {
  const [method = '', path = ''] = line.split(' ');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = fake.request({kind: 'http', method, path, headers: HEADERS, body: text, ...more});
  if (!reply.ok) throw new Error(JSON.stringify(reply.refusal));
  return reply.body as HttpAnswer;
}

function bodyOf(fake: FakeCluster, path: string): Json {
  return ask(fake, `GET ${path}`).body as Json;
}

/**
 * Puts in what only the run knows: `{deployment}`, `{task}`, `{oldest}` version of /a, `{root}`.
 */
function filled(fake: FakeCluster, line: string): string {
  return line.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    switch (name) {
      case 'deployment':
        return fake.marathon.deployments()[0]?.id ?? '';
      case 'task':
        return [...fake.tasks.keys()][0] ?? '';
      case 'oldest':
        return String((bodyOf(fake, '/v2/apps//a/versions')['versions'] as string[]).at(-1));
      default:
        return String((ask(fake, 'GET /v2/groups/versions').body as string[]).at(-1));
    }
  });
}

/** A request and its answer; `run`: all that can happen by itself does. */
type Step =
  | 'run'
  | readonly [line: string, status: number, answer?: unknown]
  | readonly [line: string, body: unknown, status: number, answer?: unknown];

function play(t: ExecutionContext, fake: FakeCluster, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step === 'run') {
      fake.runAll(true);
      continue;
    }
    const [line, ...rest] = step;
    const isBare = typeof rest[0] === 'number';
    const [body, status, wanted] = isBare ? [undefined, ...rest] : rest;
    const fill = (value: unknown): unknown =>
      value === undefined || typeof value === 'string'
        ? value
        : JSON.parse(filled(fake, JSON.stringify(value)));
    const sent = filled(fake, line);
    const expected = fill(wanted);
    const answer = ask(fake, sent, fill(body));
    t.is(answer.status, status as number, `${sent}: ${JSON.stringify(answer.body)}`);
    if (expected !== undefined) t.like({body: answer.body}, {body: expected}, sent);
  }
}

const BIG = {...APP, cpus: 100};
const GROUP = {
  id: '/g',
  apps: [
    {...APP, id: 'a'},
    {...APP, id: 'b'},
  ],
};
const NO_APP = {message: "App '/nope' does not exist"};
const NO_GROUP = {message: "Group '/nope' does not exist"};
const STAMP = '2000-01-01T00:00:00.000Z';
const LOCKED = {
  message:
    "App is locked by one or more deployments. Override with the option '?force=true'. " +
    "View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
};
const SCALE_AND_WIPE = {message: 'You cannot use scale and wipe at the same time.'};
const invalidAt = (path: string, message = 'Object is not valid'): Json => ({
  message,
  details: [{path}],
});

/** Every row of the table of statuses (reference, appendix C9), and what it leaves open. */
const SCRIPTS: readonly (readonly [title: string, ...steps: Step[]])[] = [
  [
    'GET /v2/apps',
    ['GET /v2/apps', 200, {apps: []}],
    ['GET /v2/apps/', 200, {apps: []}],
    ['GET /v2/apps?label=a%20b', 422],
    ['HEAD /v2/apps', 200],
    ['DELETE /v2/apps', 405],
  ],
  [
    'POST /v2/apps',
    ['POST /v2/apps', '', 400, {message: 'Please specify data in JSON format'}],
    ['POST /v2/apps', '{"id":', 400, {message: 'Invalid JSON'}],
    ['POST /v2/apps', {...APP, id: 123}, 422, invalidAt('/id', 'Invalid JSON')],
    ['POST /v2/apps', [APP], 422, invalidAt('/', 'Invalid JSON')],
    ['POST /v2/apps', {...APP, cpus: -1}, 422, invalidAt('/cpus')],
    ['POST /v2/apps/', APP, 201, {id: '/a', tasksStaged: 0, tasksRunning: 0}],
    ['POST /v2/apps', APP, 409, {message: 'An app with id [/a] already exists.'}],
    ['POST /v2/apps', {...APP, id: '/g/a'}, 201],
    ['POST /v2/apps', {...APP, id: '/g'}, 409],
    [
      'POST /v2/apps',
      {...APP, id: '/a/b'},
      409,
      {message: 'An app with the path /a already exists.'},
    ],
  ],
  [
    'GET /v2/apps/{id}',
    ['GET /v2/apps//nope', 404, NO_APP],
    ['POST /v2/apps', {...APP, id: '/g/a'}, 201],
    'run',
    ['GET /v2/apps//g/a', 200, {app: {id: '/g/a', tasksRunning: 1, deployments: []}}],
    ['GET /v2/apps/g/a/', 200, {app: {id: '/g/a'}}],
    ['GET /v2/apps/%2Fg%2Fa', 200, {app: {id: '/g/a'}}],
    ['GET /v2/apps//g/../g/a', 200, {app: {id: '/g/a'}}],
    ['GET /v2/apps//g/*', 200, {'*': [{id: '/g/a'}]}],
    ['GET /v2/apps/*', 200, {'*': [{id: '/g/a'}]}],
    ['GET /v2/apps//nope/*', 404, NO_GROUP],
    ['GET /v2/apps//g', 404, {message: "App '/g' does not exist"}],
    ['GET /v2/apps/tasks', 404, {message: "App '/tasks' does not exist"}],
  ],
  [
    'PUT /v2/apps/{id}',
    ['PUT /v2/apps//a', '', 400],
    ['PUT /v2/apps//a', {cpus: 1}, 422, invalidAt('/')],
    ['PUT /v2/apps//a', {...APP, id: '/b'}, 422, invalidAt('/id')],
    ['PUT /v2/apps//a', {cmd: 'x', cpus: 100}, 201],
    ['PUT /v2/apps//a', {instances: 2}, 409, LOCKED],
    ['PUT /v2/apps//a?force=True', {cpus: 0.1, labels: {l: '1'}}, 200],
    'run',
    ['PUT /v2/apps//a', {}, 200],
    ['GET /v2/apps//a', 200, {app: {cpus: 0.1, labels: {l: '1'}, deployments: []}}],
    ['PUT /v2/apps//a?partialUpdate=false', {cpus: 0.1}, 422, invalidAt('/')],
    ['PUT /v2/apps//a?partialUpdate=false', {cmd: 'y', mem: 32}, 200],
    'run',
    ['GET /v2/apps//a', 200, {app: {cmd: 'y', cpus: 1, labels: {}}}],
    ['PUT /v2/apps//a', {version: '{oldest}', cpus: 1}, 422],
    ['PUT /v2/apps//a', {version: STAMP}, 404],
    ['PUT /v2/apps//a', {version: 'yesterday'}, 422, invalidAt('/version')],
    ['PUT /v2/apps//a', {version: '{oldest}'}, 200],
    ['GET /v2/apps//a', 200, {app: {cmd: 'x', cpus: 100}}],
    ['PUT /v2/apps//a/tasks', {cmd: 'x'}, 422, invalidAt('/id')],
  ],
  [
    'PATCH /v2/apps/{id}',
    ['PATCH /v2/apps//nope', {cpus: 1}, 404, NO_APP],
    ['POST /v2/apps', BIG, 201],
    ['PATCH /v2/apps//a', {instances: 2}, 409, LOCKED],
    ['PATCH /v2/apps//a', {cpus: 'much'}, 422, invalidAt('/cpus', 'Invalid JSON')],
    ['PATCH /v2/apps//a?force=true', {cpus: 0.1}, 200],
  ],
  [
    'PUT and PATCH /v2/apps',
    ['PATCH /v2/apps', [{id: '/nope', cpus: 1}], 404, NO_APP],
    ['PUT /v2/apps', APP, 422, invalidAt('/', 'Invalid JSON')],
    ['PUT /v2/apps', [APP, {cmd: 'x'}], 422, invalidAt('/(1)/id')],
    ['PUT /v2/apps', [APP, 1], 422, invalidAt('/(1)', 'Invalid JSON')],
    ['PUT /v2/apps', [APP, {...APP, mem: -1}], 422, invalidAt('/(1)/mem')],
    ['PUT /v2/apps', [APP, APP], 422, invalidAt('/(1)/id')],
    ['PUT /v2/apps', [BIG, {...APP, id: '/g/b'}], 200],
    ['GET /v2/deployments', 200, [{affectedApps: ['/a', '/g/b']}]],
    ['PATCH /v2/apps', [{id: '/a', instances: 2}], 409, LOCKED],
    [
      'PATCH /v2/apps?force=true',
      [
        {id: 'a', cpus: 0.1},
        {id: 'g/b', mem: 33},
      ],
      200,
    ],
    ['GET /v2/deployments', 200, [{affectedApps: ['/a', '/g/b']}]],
    ['PUT /v2/apps?partialUpdate=false', [{id: '/a'}], 422, invalidAt('/(0)')],
  ],
  [
    'DELETE /v2/apps/{id}',
    ['DELETE /v2/apps//nope', 404, NO_APP],
    ['POST /v2/apps', BIG, 201],
    ['DELETE /v2/apps//a?force=false', 409, LOCKED],
    ['DELETE /v2/apps//a', 200],
    ['GET /v2/apps//a', 404],
    ['GET /v2/apps//a/versions', 404],
  ],
  [
    'POST /v2/apps/{id}/restart',
    ['POST /v2/apps//nope/restart', 404, NO_APP],
    ['POST /v2/apps', BIG, 201],
    ['POST /v2/apps//a/restart', 409, LOCKED],
    ['POST /v2/apps//a/restart?force=true', 200],
    ['GET /v2/apps//a/restart', 404],
  ],
  [
    'GET /v2/apps/{id}/versions',
    ['GET /v2/apps//nope/versions', 404, NO_APP],
    ['GET /v2/apps//nope/versions/x', 404, NO_APP],
    ['POST /v2/apps', APP, 201],
    ['GET /v2/apps//a/versions/x', 404, {message: "App '/a' does not exist in version x"}],
    [`GET /v2/apps//a/versions/${STAMP}`, 404],
    ['GET /v2/apps//a/versions/{oldest}', 200, {id: '/a', cmd: APP.cmd}],
    ['POST /v2/apps//a/versions', 405],
  ],
  [
    'tasks of an app',
    ['GET /v2/apps//nope/tasks', 404, NO_APP],
    ['DELETE /v2/apps//nope/tasks', 404, NO_APP],
    ['GET /v2/apps//nope/*/tasks', 404, NO_GROUP],
    ['POST /v2/apps', {...APP, instances: 3}, 201],
    ['DELETE /v2/apps//a/tasks?scale=true', 409, LOCKED],
    'run',
    ['GET /v2/apps//a/tasks', 200, {tasks: [{appId: '/a'}, {appId: '/a'}, {appId: '/a'}]}],
    ['GET /v2/apps/*/tasks', 200, {tasks: [{appId: '/a'}, {appId: '/a'}, {appId: '/a'}]}],
    ['DELETE /v2/apps//a/tasks?scale=true&wipe=true', 400, SCALE_AND_WIPE],
    ['DELETE /v2/apps//a/tasks/{task}?scale=true&wipe=true', 400, SCALE_AND_WIPE],
    ['DELETE /v2/apps//a/tasks?host=nowhere', 200, {tasks: []}],
    ['DELETE /v2/apps//a/tasks/nope', 404, {message: "Task 'nope' does not exist"}],
    ['DELETE /v2/apps//nope/tasks/{task}', 404, NO_APP],
    ['DELETE /v2/apps//a/tasks/{task}', 200, {task: {id: '{task}'}}],
    'run',
    ['DELETE /v2/apps//a/tasks/{task}?scale=true', 200],
    'run',
    ['GET /v2/apps//a', 200, {app: {instances: 2, tasksRunning: 2}}],
    ['DELETE /v2/apps//a/tasks?wipe=true', 200, {tasks: [{appId: '/a'}, {appId: '/a'}]}],
    'run',
    ['GET /v2/apps//a', 200, {app: {instances: 2, tasksRunning: 2}}],
    ['DELETE /v2/apps//a/tasks?scale=true', 200],
    'run',
    ['GET /v2/apps//a', 200, {app: {instances: 0, tasksRunning: 0}}],
    ['PUT /v2/apps//a/tasks/x', {}, 422],
  ],
  [
    'GET /v2/groups',
    ['GET /v2/groups', 200, {id: '/', apps: [], groups: [], pods: [], dependencies: []}],
    ['GET /v2/groups//nope', 404, NO_GROUP],
    ['GET /v2/groups//nope/versions', 404, NO_GROUP],
    ['GET /v2/groups//nope/apps', 404, NO_GROUP],
    ['GET /v2/groups/versions', 200, []],
    ['POST /v2/groups', GROUP, 201],
    ['GET /v2/groups//g', 200, {id: '/g', apps: [{id: '/g/a'}, {id: '/g/b'}]}],
    ['GET /v2/groups//g/apps', 200, [{id: '/g/a'}, {id: '/g/b'}]],
    ['GET /v2/groups?embed=group.groups', 200, {groups: [{id: '/g'}]}],
    ['PUT /v2/groups//g?force=true', {apps: []}, 200],
    ['GET /v2/groups/versions/{root}', 200, {groups: [{apps: [{id: '/g/a'}, {id: '/g/b'}]}]}],
    ['GET /v2/groups//g/versions/{root}', 200, {id: '/g', apps: [{id: '/g/a'}, {id: '/g/b'}]}],
    [`GET /v2/groups//g/versions/${STAMP}`, 404],
    ['GET /v2/groups//nope/versions/{root}', 404],
  ],
  [
    'POST /v2/groups',
    ['POST /v2/groups', '', 400],
    ['POST /v2/groups', {id: '/g', apps: [{id: 'a'}]}, 422, invalidAt('/apps(0)')],
    ['POST /v2/groups', {id: '/G'}, 422, invalidAt('/id')],
    [
      'POST /v2/groups',
      {apps: []},
      409,
      {message: 'Group / is already created. Use PUT to change this group.'},
    ],
    ['POST /v2/groups', GROUP, 201],
    [
      'POST /v2/groups',
      GROUP,
      409,
      {message: 'Group /g is already created. Use PUT to change this group.'},
    ],
    ['POST /v2/groups//g', {id: 'h'}, 201],
    ['GET /v2/groups//g/h', 200, {id: '/g/h', apps: [], groups: []}],
    ['POST /v2/groups', {id: '/g/a'}, 409, {message: 'An app with the path /g/a already exists.'}],
  ],
  [
    'PUT /v2/groups',
    ['PUT /v2/groups//g', {apps: [{...BIG, id: 'a'}]}, 201],
    ['PUT /v2/groups//g', {apps: [{...APP, id: 'a'}]}, 409, LOCKED],
    ['PUT /v2/groups//g?force=true', {apps: [{...APP, id: 'a', instances: 2}]}, 200],
    'run',
    ['PUT /v2/groups//g', {scaleBy: 1.2}, 200],
    'run',
    ['GET /v2/apps//g/a', 200, {app: {instances: 3, tasksRunning: 3}}],
    ['PUT /v2/groups//g', {scaleBy: 2, apps: []}, 422, invalidAt('/scaleBy')],
    ['PUT /v2/groups//nope', {scaleBy: 2}, 404, NO_GROUP],
    ['PUT /v2/groups//g', {version: STAMP}, 404],
    ['PUT /v2/groups//g', {version: '{root}'}, 200],
    ['GET /v2/apps//g/a', 200, {app: {cpus: 100, instances: 1}}],
    ['PUT /v2/groups', {dependencies: []}, 200],
    ['PUT /v2/groups', {id: '/top'}, 201],
    ['PUT /v2/groups//g/apps', {}, 201],
  ],
  [
    'PATCH /v2/groups/{id}',
    ['PATCH /v2/groups//nope', {enforceRole: true}, 404, NO_GROUP],
    ['PUT /v2/groups//g/h', {}, 201],
    ['PATCH /v2/groups//g/h', {enforceRole: true}, 422, invalidAt('/enforceRole')],
    ['PATCH /v2/groups//g', {enforceRole: true, apps: []}, 422, invalidAt('/apps')],
    ['PATCH /v2/groups//g', {}, 422, invalidAt('/enforceRole')],
    ['PATCH /v2/groups//g', {enforceRole: true}, 200],
    ['GET /v2/groups//g', 200, {enforceRole: true}],
    ['POST /v2/apps', {...APP, id: '/g/a'}, 201, {role: 'g'}],
    ['PATCH /v2/groups', {enforceRole: true}, 405],
  ],
  [
    'DELETE /v2/groups',
    ['DELETE /v2/groups//nope', 404, NO_GROUP],
    ['POST /v2/groups', GROUP, 201],
    ['DELETE /v2/groups//g', 409, LOCKED],
    'run',
    ['DELETE /v2/groups', 200],
    'run',
    ['GET /v2/groups', 200, {apps: [], groups: []}],
  ],
  [
    '/v2/deployments',
    ['GET /v2/deployments', 200, []],
    ['DELETE /v2/deployments/nope', 404, {message: 'DeploymentPlan nope does not exist'}],
    ['DELETE /v2/deployments/nope?force=true', 404],
    ['POST /v2/deployments/nope/pause', 404],
    ['POST /v2/apps', BIG, 201],
    ['DELETE /v2/deployments/{deployment}?force=true', 202],
    ['GET /v2/deployments', 200, []],
    ['GET /v2/apps//a', 200],
    ['PUT /v2/apps//a', {cpus: 200}, 200],
    ['DELETE /v2/deployments/{deployment}', 200],
    ['GET /v2/apps//a', 200, {app: {cpus: 100}}],
    ['PUT /v2/deployments/{deployment}', {}, 405],
  ],
  [
    '/v2/tasks',
    ['GET /v2/tasks', 200, {tasks: []}],
    ['POST /v2/tasks/delete', '', 400],
    ['POST /v2/tasks/delete', {}, 422, invalidAt('/ids')],
    ['POST /v2/tasks/delete', {ids: ['nope']}, 400, {message: "Invalid task id 'nope'"}],
    ['POST /v2/tasks/delete?scale=true&wipe=true', {ids: []}, 400, SCALE_AND_WIPE],
    ['POST /v2/tasks/delete', {ids: ['a.instance-1._app.1']}, 200, {tasks: []}],
    ['POST /v2/apps', {...APP, instances: 2}, 201],
    'run',
    ['GET /v2/tasks?status=running', 200, {tasks: [{appId: '/a'}, {appId: '/a'}]}],
    ['GET /v2/tasks?status[]=staging', 200, {tasks: []}],
    ['POST /v2/tasks/delete', {ids: ['{task}', '{task}']}, 200, {tasks: [{id: '{task}'}]}],
    'run',
    ['POST /v2/tasks/delete?scale=true', {ids: ['{task}']}, 200],
    ['POST /v2/tasks/delete?scale=true', {ids: ['{task}']}, 409, LOCKED],
    'run',
    ['GET /v2/apps//a', 200, {app: {instances: 1, tasksRunning: 1}}],
  ],
  [
    '/v2/queue',
    ['GET /v2/queue', 200, {queue: []}],
    ['DELETE /v2/queue//nope/delay', 404, {message: 'Application /nope not found in tasks queue.'}],
    ['POST /v2/apps', BIG, 201],
    'run',
    ['GET /v2/queue', 200, {queue: [{count: 1, app: {id: '/a', role: '*'}}]}],
    ['GET /v2/queue?embed=lastUnusedOffers', 200, {queue: [{app: {id: '/a'}}]}],
    ['DELETE /v2/queue//a/delay', 204],
  ],
  [
    'the rest',
    ['GET /v2/leader', 200, {leader: 'localhost:8080'}],
    ['GET /v2/info', 200, {name: 'marathon', elected: true, leader: 'localhost:8080'}],
    ['GET /v2/info', 200, {marathon_config: {features: ['external_volumes', 'gpu_resources']}}],
    ['GET /v2/plugins', 200, {plugins: []}],
    ['GET /ping', 200, 'pong'],
    ['GET /metrics', 200, {gauges: {'marathon.apps.active.gauge': {value: 0}}}],
    ['GET /', 302],
    ['GET /v2/pods', 404],
    ['GET /v2/pods::status', 404],
    ['POST /v2/pods', {id: '/p'}, 404],
    ['DELETE /v2/pods//p', 404],
    ['GET /v2/pods//p::status', 404],
    ['POST /v2/apps', {id: '/p', containers: []}, 422, invalidAt('/containers')],
    ['GET /v2/nothing', 404],
    ['POST /ping', 405],
    ['BREW /v2/apps', 405],
  ],
];

for (const [title, ...steps] of SCRIPTS) {
  test(`statuses of ${title}`, (t) => play(t, cluster(), steps));
}

test('more deployments than may run are refused with 403', (t) => {
  const fake = new FakeCluster(1, {deploymentsMax: 1});
  play(t, fake, [
    ['POST /v2/apps', BIG, 201],
    ['POST /v2/apps', {...BIG, id: '/b'}, 403],
    ['DELETE /v2/deployments/{deployment}', 200],
    ['POST /v2/apps', {...BIG, id: '/b'}, 201],
  ]);
});

const MAPPED = {
  id: '/a',
  cpus: 0.1,
  container: {
    type: 'DOCKER',
    docker: {image: 'x', network: 'BRIDGE', portMappings: [{containerPort: 80}]},
  },
};

test('what is made says where it is, and an app is shown as it was sent', (t) => {
  const fake = cluster();
  const answer = ask(fake, 'POST /v2/apps', MAPPED);
  const id = fake.marathon.deployments()[0]?.id ?? '';
  t.like(answer.headers, {Location: '/a', 'Marathon-Deployment-Id': id});
  t.like(answer.body, {
    deployments: [{id}],
    container: {portMappings: [{servicePort: 0}]},
    version: '1970-01-01T00:00:00.000Z',
  });
  t.false(JSON.stringify(answer.body).includes('"tasks"'));
  t.like(bodyOf(fake, '/v2/apps//a'), {app: {container: {portMappings: [{servicePort: 10_000}]}}});
  const put = ask(fake, 'PUT /v2/apps//b', {...APP, id: 'b'});
  t.is(put.headers['Location'], '/b');
  t.deepEqual(Object.keys(put.body as Json), ['version', 'deploymentId']);
  t.is(ask(fake, 'POST /v2/groups//g', {id: 'h'}).headers['Location'], '/g/h');
  t.is(ask(fake, 'GET /').headers['Location'], '/ui/');
  t.is(ask(fake, 'POST /v2/queue').headers['Allow'], 'GET, HEAD, OPTIONS');
});

test('GET and HEAD say the same, HEAD without a body', (t) => {
  const fake = cluster();
  t.deepEqual(ask(fake, 'HEAD /v2/apps'), {...ask(fake, 'GET /v2/apps'), body: undefined});
  t.deepEqual(fake.marathon.get({path: '/v2/apps?id=x'}), ask(fake, 'GET /v2/apps?id=x'));
});

test('OPTIONS tells which methods a path has', (t) => {
  const fake = cluster();
  const {status, headers, body} = ask(fake, 'OPTIONS /v2/apps//a');
  t.deepEqual([status, body], [204, undefined]);
  t.is(headers['Allow'], 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT');
  t.false('Content-Type' in headers);
  t.is(ask(fake, 'OPTIONS /v2/nothing').status, 404);
});

test('what waits has a role where it is not the one that goes without saying', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', BIG);
  ask(fake, 'POST /v2/apps', {...BIG, id: '/dev/a', role: 'dev'});
  fake.runAll();
  const {queue} = bodyOf(fake, '/v2/queue') as {queue: Json[]};
  t.deepEqual(
    queue.map(({role, app}) => [(app as Json)['id'], role]),
    [
      ['/a', undefined],
      ['/dev/a', 'dev'],
    ],
  );
  t.false('role' in (queue[0] ?? {}));
});

test('tasks are JSON, and who takes only the old table is told so', (t) => {
  const fake = cluster();
  const statusFor = (accept: string): number =>
    ask(fake, 'GET /v2/tasks', undefined, {headers: {Accept: accept}}).status;
  t.is(statusFor('text/plain'), 406);
  t.is(statusFor('text/plain, application/json;q=0.5'), 200);
  t.is(statusFor('text/html,*/*;q=0.8'), 200);
});

test('an app in full has its tasks, and a list has what is asked for', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', {...APP, instances: 2});
  fake.runAll();
  const [first = ''] = fake.tasks.keys();
  fake.status(first, 'TASK_FAILED', {message: 'broken'});
  fake.runAll();
  const {app} = bodyOf(fake, '/v2/apps//a') as {app: Json};
  t.like(app, {
    tasksRunning: 2,
    tasksHealthy: 0,
    lastTaskFailure: {state: 'TASK_FAILED', message: 'broken', taskId: first, appId: '/a'},
  });
  t.is((app['tasks'] as unknown[]).length, 2);
  t.false('tasksStats' in app || 'readinessCheckResults' in app);
  const embed = 'embed=apps.taskStats&embed=app.tasks&embed=readiness';
  const [listed] = bodyOf(fake, `/v2/apps?${embed}`)['apps'] as Json[];
  t.like(listed, {
    taskStats: {totalSummary: {stats: {counts: {running: 2}}}},
    tasksStats: {withLatestConfig: {stats: {counts: {running: 2}}}},
    readinessCheckResults: [],
  });
  const [old] = bodyOf(fake, '/v2/apps?embed=app.taskStats')['apps'] as Json[];
  t.true('taskStats' in (old ?? {}));
  t.false('tasksStats' in (old ?? {}));
  const {apps} = bodyOf(fake, '/v2/groups?embed=group.apps&embed=group.apps.counts') as {
    apps: Json[];
  };
  t.is(apps[0]?.['tasksRunning'], 2);
  t.false('tasksRunning' in ((bodyOf(fake, '/v2/groups')['apps'] as Json[])[0] ?? {}));
});

test('a task is found where go-marathon takes its app from its id', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', {...APP, id: '/g/a'});
  fake.runAll();
  const [id = ''] = fake.tasks.keys();
  t.regex(id, /^g_a\.instance-.+\._app\.1$/);
  const kill = (path: string) => ask(fake, `DELETE /v2/apps/${path}/tasks/${id}`);
  t.like(kill('g/b'), {status: 404, body: {message: "App '/g/b' does not exist"}});
  const before = id.slice(0, id.lastIndexOf('.'));
  t.is(kill(`${before}x`).status, 404);
  for (const misread of [before, before.replaceAll('_', '/')]) {
    t.like(kill(misread), {status: 200, body: {task: {id, appId: '/g/a'}}});
  }
  const gone = id.replace(/instance-./, 'instance-0x');
  const [path, task] = [gone.slice(0, gone.lastIndexOf('.')).replaceAll('_', '/'), gone];
  t.is(ask(fake, `DELETE /v2/apps/${path}/tasks/${task}`).status, 404);
});

test('changes of one app are told of with who made them; others are not', (t) => {
  const fake = cluster();
  const from = {headers: {'X-Forwarded-For': '10.0.0.1, 10.0.0.2'}, remoteAddress: '10.0.0.9'};
  ask(fake, 'POST /v2/apps?force=true', APP, from);
  ask(fake, 'PUT /v2/apps//a?force=true', {cpus: 0.2}, {remoteAddress: '10.0.0.9'});
  ask(fake, 'PATCH /v2/apps//a?force=true', {cpus: 0.3});
  ask(fake, 'PUT /v2/apps?force=true', [APP]);
  ask(fake, 'PUT /v2/apps//a', {cpus: 5});
  ask(fake, 'PUT /v2/apps//a?force=true&dryRun=true', {cpus: 6});
  ask(fake, 'DELETE /v2/apps//a');
  const told = fake.events.filter(({type}) => type === 'api_post_event');
  t.deepEqual(
    told.map(({clientIp, uri, appDefinition}) => [clientIp, uri, (appDefinition as Json)['cpus']]),
    [
      ['10.0.0.1', '/v2/apps', 0.1],
      ['10.0.0.9', '/v2/apps//a', 0.2],
      ['', '/v2/apps//a', 0.3],
    ],
  );
  const types = fake.events.map(({type}) => type);
  t.true(types.indexOf('group_change_success') < types.indexOf('api_post_event'));
});

test('the queue can be asked for when the version that came last does not wait any more', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', {...APP, instances: 2});
  for (const instances of [4, 1]) ask(fake, 'PUT /v2/apps//a?force=true', {instances});
  const {queue} = ask(fake, 'GET /v2/queue').body as {readonly queue: readonly Json[]};
  t.is(queue.length, 1);
  t.like(queue[0], {count: 1, app: {id: '/a', instances: 1}});
});

test('apps are shown in the old form as well, where that is wanted', (t) => {
  const options: Partial<MarathonOptions> = {legacyAppForm: true};
  const fake = new FakeCluster(1, options);
  const made = ask(fake, 'POST /v2/apps', MAPPED).body;
  t.like(made, {tasks: [], cmd: null, networks: [{mode: 'container/bridge'}], uris: []});
  const {app} = bodyOf(fake, '/v2/apps//a') as {app: Json};
  const mapping = {containerPort: 80, servicePort: 10_000};
  t.like(app, {
    ports: [10_000],
    container: {docker: {network: 'BRIDGE', portMappings: [mapping]}, portMappings: [mapping]},
  });
  ask(fake, 'POST /v2/apps', {...APP, id: '/b'});
  t.like(bodyOf(fake, '/v2/apps//b'), {app: {container: null, fetch: [], env: {}}});
});

const OLD_APPS: readonly (readonly [title: string, app: Json])[] = [
  ['BRIDGE', MAPPED],
  ['BRIDGE without mappings', {...MAPPED, container: dockerOf('BRIDGE')}],
  [
    'USER',
    {
      ...MAPPED,
      container: {...dockerOf('USER'), portMappings: [{containerPort: 80, name: 'http'}]},
      ipAddress: {networkName: 'dcos', labels: {a: 'b'}},
    },
  ],
  ['HOST', {...MAPPED, container: dockerOf('HOST'), ports: [0, 12_000]}],
  [
    'an address of its own',
    {
      ...APP,
      ipAddress: {
        networkName: 'dcos',
        discovery: {ports: [{number: 80, name: 'http', protocol: 'tcp'}]},
      },
    },
  ],
  ['uris', {...APP, uris: ['http://x/a.tgz', 'http://x/b']}],
  ['fetch', {...APP, fetch: [{uri: 'http://x/a', cache: true, extract: false}]}],
  ['fetch in BRIDGE', {...MAPPED, fetch: [{uri: 'http://x/a', cache: true}]}],
];

function dockerOf(network: string): Json {
  return {type: 'DOCKER', docker: {image: 'x', network}};
}

/** As shown, without the version: that may only be sent alone. */
function shownWithoutVersion(fake: FakeCluster): Json {
  const {app} = bodyOf(fake, '/v2/apps//a') as {app: Json};
  return Object.fromEntries(Object.entries(app).filter(([name]) => name !== 'version'));
}

for (const [title, sent] of OLD_APPS) {
  test(`what is shown in both forms is taken back unchanged: ${title}`, (t) => {
    const fake = new FakeCluster(1, {legacyAppForm: true});
    t.is(ask(fake, 'POST /v2/apps', {...sent, id: '/a'}).status, 201);
    fake.runAll();
    const {app} = bodyOf(fake, '/v2/apps//a') as {app: Json};
    const shown = shownWithoutVersion(fake);
    for (const line of ['PUT /v2/apps//a', 'PUT /v2/apps//a?partialUpdate=false']) {
      const answer = ask(fake, line, shown);
      t.is(answer.status, 200, JSON.stringify(answer.body));
      fake.runAll();
      t.deepEqual(bodyOf(fake, '/v2/apps//a')['app'], app, `${line} makes no other app`);
    }
    const scaled = ask(fake, 'PUT /v2/apps//a?force=true', {...shown, instances: 3});
    t.is(scaled.status, 200);
    t.is(shownWithoutVersion(fake)['instances'], 3);
    const plain = new FakeCluster();
    ask(plain, 'POST /v2/apps', {...sent, id: '/a'});
    t.is(ask(plain, 'PUT /v2/apps//a', shown).status, 422, 'as Marathon does');
  });
}

const DIFFERENT: readonly (readonly [title: string, sent: Json, change: Json])[] = [
  ['another URI', {...APP, uris: ['http://x/a']}, {uris: ['http://x/b']}],
  ['another network', MAPPED, {networks: [{mode: 'host'}]}],
  ['another list of ports', MAPPED, {ports: [10_007]}],
  [
    'another mapping',
    MAPPED,
    {
      container: {
        type: 'DOCKER',
        docker: {image: 'x', network: 'BRIDGE', portMappings: [{containerPort: 80}]},
        portMappings: [{containerPort: 81}],
      },
    },
  ],
];

for (const [title, sent, change] of DIFFERENT) {
  test(`forms that differ are refused, also where both are shown: ${title}`, (t) => {
    const fake = new FakeCluster(1, {legacyAppForm: true});
    ask(fake, 'POST /v2/apps', {...sent, id: '/a'});
    fake.runAll();
    const before = bodyOf(fake, '/v2/apps//a');
    const answer = ask(fake, 'PUT /v2/apps//a', {...shownWithoutVersion(fake), ...change});
    t.is(answer.status, 422);
    t.deepEqual(bodyOf(fake, '/v2/apps//a'), before);
  });
}

test('a service port that is not to be had is the fault of the server', (t) => {
  const fake = new FakeCluster();
  const definitions = (from: number, count: number): object[] =>
    Array.from({length: count}, (_, at) => ({port: from + at}));
  ask(fake, 'POST /v2/apps', {...APP, portDefinitions: definitions(10_000, 10_001)});
  play(t, fake, [
    [
      'POST /v2/apps',
      {...APP, id: '/b', portDefinitions: [{port: 0}]},
      500,
      {message: 'All ports in the range [10000-20000) are already in use'},
    ],
    ['GET /v2/apps//b', 404],
  ]);
});

/** What lasts: all but the number of deployments that were ever planned. */
function documents(fake: FakeCluster): string {
  const {volatile: _, ...lasting} = fake.marathon.snapshot() as {
    volatile: unknown;
    deployments: Json;
  };
  return JSON.stringify({...lasting, deployments: {...lasting.deployments, serial: 0}});
}

const DRY: readonly (readonly [line: string, body: unknown, steps: readonly string[]])[] = [
  ['POST /v2/apps', {...APP, id: '/n'}, ['StartApplication /n', 'ScaleApplication /n']],
  ['PUT /v2/apps//n', {cmd: 'x'}, ['StartApplication /n', 'ScaleApplication /n']],
  ['PUT /v2/apps//a', {instances: 5}, ['ScaleApplication /a']],
  ['PUT /v2/apps//a', {}, []],
  ['PATCH /v2/apps//a', {cmd: 'y'}, ['RestartApplication /a']],
  ['PUT /v2/apps', [{id: '/a', cmd: 'y'}], ['RestartApplication /a']],
  ['POST /v2/apps//a/restart', undefined, ['RestartApplication /a']],
  ['DELETE /v2/apps//a', undefined, ['StopApplication /a']],
  ['DELETE /v2/apps//a/tasks?scale=true', undefined, ['ScaleApplication /a']],
  [
    'POST /v2/groups',
    {id: '/n', apps: [{...APP, id: 'a'}]},
    ['StartApplication /n/a', 'ScaleApplication /n/a'],
  ],
  ['PUT /v2/groups', {scaleBy: 2}, ['ScaleApplication /a']],
  ['DELETE /v2/groups', undefined, ['StopApplication /a']],
];

for (const [line, body, steps] of DRY) {
  test(`a dry run shows the steps and does nothing: ${line} ${JSON.stringify(body)}`, (t) => {
    const fake = cluster();
    ask(fake, 'POST /v2/apps', APP);
    fake.runAll();
    const {length} = fake.trace;
    const dry = ask(fake, `${line}${line.includes('?') ? '&' : '?'}dryRun=true`, body);
    t.is(dry.status, 200);
    t.is(fake.trace.length, length + 1, 'there is nothing but the reply');
    const shown = dry.body as {
      steps: {actions: {action: string; app: string}[]}[];
      affectedApps: string[];
    };
    const flat = shown.steps.flatMap(({actions}) =>
      actions.map(({action, app}) => `${action} ${app}`),
    );
    t.deepEqual(flat, [...steps]);
    t.deepEqual(shown.affectedApps, [...new Set(steps.map((step) => step.split(' ')[1] ?? ''))]);
    fake.events.length = 0;
    t.true(ask(fake, line, body).status < 300);
    const told = fake.events.find(({type}) => /^deployment_(info|success)$/.test(type));
    t.like(told, {plan: {steps: shown.steps}});
  });
}

test('a dry run of a kill kills nothing, and what is wrong is told', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', APP);
  fake.runAll();
  play(t, fake, [
    ['DELETE /v2/apps//a/tasks?dryRun=true', 200, {tasks: [{appId: '/a'}]}],
    ['PUT /v2/apps//a?dryRun=true', {cpus: -1}, 422, invalidAt('/cpus')],
    ['DELETE /v2/apps//nope?dryRun=true', 404, NO_APP],
    ['PUT /v2/apps//a?dryRun=please', {cpus: 1}, 422, invalidAt('?dryRun')],
  ]);
  t.deepEqual(fake.kills, []);
});

const WRONG_TERMS: readonly (readonly [query: string, name: string])[] = [
  ['deadlineSeconds=0', 'deadlineSeconds'],
  ['deadlineSeconds=soon', 'deadlineSeconds'],
  ['deadlineSeconds=1.5', 'deadlineSeconds'],
  ['deadlineSeconds=', 'deadlineSeconds'],
  ['failuresMax=-1', 'failuresMax'],
  ['onFailure=retry', 'onFailure'],
  ['stepByStep=2', 'stepByStep'],
  ['canary=0', 'canary'],
];

for (const [query, name] of WRONG_TERMS) {
  test(`terms that mean nothing are refused by their name: ${query}`, (t) => {
    const fake = cluster();
    const {status, body} = ask(fake, `PUT /v2/apps//a?${query}`, APP);
    t.is(status, 422);
    t.like(body, {message: 'Object is not valid', details: [{path: `?${name}`}]});
  });
}

test('a deployment carries the terms of its query, and shows where it stands', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', BIG);
  const [plain] = ask(fake, 'GET /v2/deployments').body as Json[];
  t.deepEqual(Object.keys(plain ?? {}), [
    'id',
    'version',
    'affectedApps',
    'affectedPods',
    'steps',
    'currentActions',
    'currentStep',
    'totalSteps',
  ]);
  play(t, fake, [
    ['POST /v2/deployments/{deployment}/pause', 202],
    ['GET /v2/deployments', 200, [{state: 'paused', reason: 'Paused by request'}]],
    ['POST /v2/deployments/{deployment}/resume', 202],
  ]);
  t.deepEqual(ask(fake, 'GET /v2/deployments').body, [plain]);
  const query = 'force=true&deadlineSeconds=60.000&failuresMax=2&onFailure=pause&canary=1';
  play(t, fake, [
    [`PUT /v2/apps//a?${query}&stepByStep`, {cpus: 200}, 200],
    ['GET /v2/deployments', 200, [{state: 'running', deadline: '1970-01-01T00:01:00.000Z'}]],
  ]);
  t.deepEqual(fake.marathon.deployments()[0]?.terms, {
    deadlineSeconds: 60,
    failuresMax: 2,
    onFailure: 'pause',
    stepByStep: true,
    canary: 1,
  });
  fake.advanceTo(60_000);
  t.like(
    {body: ask(fake, 'GET /v2/deployments').body},
    {
      body: [{state: 'paused', reason: 'Not done within 60 s'}],
    },
  );
});

const IDS = ['/a0', '/a1', '/g', '/g/a', '/g/h', '/nope', '/', '/*', '/x//..', '/%zz', '/tasks'];
const id = fc.constantFrom(...IDS);
const likely = fc.constantFrom('/a0', '/a0', '/a1', '/g/a', '/nope');
const tail = fc.constantFrom(
  '',
  '/',
  '/restart',
  '/versions',
  '/versions/1970-01-01T00:00:00.000Z',
  '/tasks',
  '/tasks/{task}',
  '/*',
  '/*/tasks',
  '/delay',
  '/apps',
);
const below = fc
  .tuple(fc.constantFrom('/v2/apps', '/v2/groups', '/v2/queue'), id, tail)
  .map((parts) => parts.join(''));
const FIXED = [
  '/v2/apps',
  '/v2/groups',
  '/v2/tasks',
  '/v2/tasks/delete',
  '/v2/queue',
  '/v2/deployments',
  '/v2/deployments/{deployment}',
  '/v2/deployments/{deployment}/pause',
  '/v2/info',
  '/v2/pods::status',
  '/metrics',
  '//',
];
const path = fc.oneof(below, fc.constantFrom(...FIXED), fc.webPath());
const option = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom(
      'scale=true',
      'wipe=true',
      'partialUpdate=false',
      'dryRun=true',
      'embed=app.tasks',
      'embed=group.apps',
      'embed=lastUnusedOffers',
      'embed=apps.taskStats',
      'label=a',
      'label=!',
      'status=running',
      'deadlineSeconds=5',
      'canary=1',
      'stepByStep=maybe',
    ),
  },
  {weight: 1, arbitrary: fc.webQueryParameters()},
);
const query = fc
  .tuple(fc.constantFrom('force=true', 'force=false'), fc.array(option, {maxLength: 2}))
  .map(([force, others]) => `?${[force, ...others].join('&')}`);

const instances = fc.nat(3);
const appFields = {
  cmd: fc.constantFrom('run 0', 'run 1'),
  instances,
  cpus: fc.constantFrom(0.1, 100),
  portDefinitions: fc.constantFrom([], [{port: 0}]),
  labels: fc.constantFrom({}, {a: '1'}),
  dependencies: fc.constantFrom([], [], ['/a1'], ['/g']),
};
const appBody = fc.record({id: likely, ...appFields}, {requiredKeys: ['id']});
const patchBody = fc.oneof(
  fc.record(appFields, {requiredKeys: []}),
  fc.constant({version: '1970-01-01T00:00:00.000Z'}),
);
const groupBody = fc.record(
  {
    id: fc.constantFrom('/g', 'h', '/a0', 'g'),
    apps: fc.array(
      fc.record({id: fc.constantFrom('a', 'b', 'h'), cmd: fc.constant('x'), instances}),
      {maxLength: 2},
    ),
    groups: fc.constantFrom([], [{id: 'h', apps: []}]),
    dependencies: fc.array(id, {maxLength: 1}),
    enforceRole: fc.boolean(),
    scaleBy: fc.constantFrom(0, 0.5, 2),
  },
  {requiredKeys: []},
);
const taskIds = fc.record({ids: fc.array(fc.constantFrom('{task}', 'nope', '{other}'))});

/** Cuts a piece out of a text, and puts another in its place. */
const damage = fc.tuple(fc.nat(), fc.nat(8), fc.constantFrom('', '"', '{', ',', '1', 'null', '[]'));

interface Change {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

function meant(methods: string, at: fc.Arbitrary<string>, of?: fc.Arbitrary<unknown>) {
  return fc.record({
    method: fc.constantFrom(...methods.split(' ')),
    path: at,
    body: of === undefined ? fc.constant(undefined) : of.map((value) => JSON.stringify(value)),
  });
}

const at = (pattern: string): fc.Arbitrary<string> =>
  likely.map((one) => pattern.replace('ID', one));

/** What a client might mean. */
const sensible: fc.Arbitrary<Change> = fc.oneof(
  meant('POST', fc.constant('/v2/apps'), appBody),
  meant('PUT PATCH', fc.constant('/v2/apps'), fc.array(appBody, {maxLength: 3})),
  meant('PUT PATCH', at('/v2/appsID'), patchBody),
  meant('DELETE', at('/v2/appsID')),
  meant('POST', at('/v2/appsID/restart')),
  meant('DELETE', at('/v2/appsID/tasks')),
  meant('DELETE', at('/v2/appsID/tasks/{task}')),
  meant('POST', fc.constant('/v2/tasks/delete'), taskIds),
  meant('POST PUT PATCH', fc.constantFrom('/v2/groups', '/v2/groups//g'), groupBody),
  meant('DELETE', fc.constantFrom('/v2/groups//g', '/v2/groups')),
  meant('DELETE', fc.constant('/v2/deployments/{deployment}')),
  meant(
    'POST',
    fc.constantFrom('pause', 'resume').map((to) => `/v2/deployments/{deployment}/${to}`),
  ),
  meant('DELETE', at('/v2/queueID/delay')),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  {weight: 4, arbitrary: sensible},
  {
    weight: 2,
    arbitrary: fc.tuple(sensible, damage).map(([one, [start, length, piece]]) => {
      const text = one.body ?? '';
      const from = start % (text.length + 1);
      return {...one, body: text.slice(0, from) + piece + text.slice(from + length)};
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constantFrom('DELETE', 'PATCH', 'POST', 'PUT', 'OPTIONS'),
      path,
      body: fc.oneof(fc.json(), fc.constant(undefined)),
    }),
  },
);
const history = fc.array(fc.tuple(fc.nat(10), fc.nat(40)), {maxLength: 30});

function past(happenings: readonly (readonly [number, number])[]): FakeCluster {
  const fake = cluster(2);
  ask(fake, 'POST /v2/apps', {...APP, id: '/a0', instances: 2});
  ask(fake, 'POST /v2/groups', {id: '/g', apps: [{...APP, id: 'a'}], groups: [{id: 'h'}]});
  fake.runAll();
  for (const [kind, pick] of happenings) act(fake, kind, pick);
  return fake;
}

/** `{task}` and `{deployment}` where there are any. */
function aimed(fake: FakeCluster, text: string): string {
  const [task = 'none', other = 'none'] = fake.tasks.keys();
  const deployment = fake.marathon.deployments()[0]?.id ?? 'none';
  return text
    .replaceAll('{task}', task)
    .replaceAll('{other}', other)
    .replaceAll('{deployment}', deployment);
}

test('a roll-back that is not possible leaves the deployment as it is', (t) => {
  const fake = cluster();
  ask(fake, 'POST /v2/apps', {...APP, id: '/x'});
  fake.runAll();
  ask(fake, 'DELETE /v2/apps//x');
  ask(fake, 'POST /v2/apps', {...APP, id: '/x/y'});
  t.is(fake.marathon.deployments().length, 2);
  const before = documents(fake);
  const answer = ask(fake, filled(fake, 'DELETE /v2/deployments/{deployment}'));
  t.is(answer.status, 409);
  t.deepEqual(answer.body, {message: 'A group with the path /x already exists.'});
  t.is(documents(fake), before);
});

// Seen to fail with `/v2/apps/{id}` telling of the app as after a change, and with `/v2/queue`
// forgetting the delays that it shows.
test('to look changes nothing and tells nobody', (t) => {
  const look = fc.tuple(path, query);
  fc.assert(
    fc.property(history, fc.array(look, {minLength: 1, maxLength: 8}), (acts, looks) => {
      const fake = past(acts);
      const [running] = fake.tasks.keys();
      if (running !== undefined) fake.status(running, 'TASK_FAILED');
      const all = FIXED.map((where) => [where, '?embed=lastUnusedOffers'] as const);
      for (const [where, how] of [...all, ...looks]) {
        const before = JSON.stringify(fake.marathon.snapshot());
        const {length} = fake.trace;
        const line = aimed(fake, where) + how;
        const read = fake.marathon.get({path: line});
        t.is(fake.trace.length, length);
        t.deepEqual(ask(fake, `GET ${line}`), read);
        t.is(fake.trace.length, length + 1, `only the reply to ${line}`);
        t.is(JSON.stringify(fake.marathon.snapshot()), before, line);
        t.true(read.status >= 200 && read.status < 500, `${line}: ${read.status}`);
      }
    }),
    {numRuns: 150},
  );
});

// Seen to fail with `POST /v2/tasks/delete` killing as it reads the ids, with `PUT /v2/apps` making
// a change for each app of its list, and with a dry run that kills.
test('every request is answered, and one that is refused has changed nothing', (t) => {
  const changes = fc.array(fc.tuple(change, query), {minLength: 1, maxLength: 12});
  fc.assert(
    fc.property(history, changes, (acts, list) => {
      const fake = past(acts);
      for (const [{method, path: where, body: sent}, how] of list) {
        const before = documents(fake);
        const {length} = fake.trace;
        const line = `${method} ${aimed(fake, where)}${how}`;
        const answer = ask(fake, line, sent === undefined ? sent : aimed(fake, sent));
        const shown = `${line} ${sent}: ${JSON.stringify(answer)}`;
        t.true(answer.status >= 200 && answer.status < 500, shown);
        t.is(answer.headers['Expires'], '0');
        if (answer.status >= 400) t.is(documents(fake), before, shown);
        const isDry = how.includes('dryRun=true') && /^.{3,6} \/v2\/(?:apps|groups)/.test(line);
        if (isDry) t.is(fake.trace.length, length + 1, shown);
      }
    }),
    {numRuns: 300},
  );
});

test('a large cluster is read in no time', (t) => {
  const fake = new FakeCluster();
  const apps = (count: number, group: number): object[] =>
    Array.from({length: count}, (_, at) => ({...APP, id: `a${at}`, labels: {group: `${group}`}}));
  const groups = Array.from({length: 100}, (_, at) => ({id: `g${at}`, apps: apps(100, at)}));
  t.is(ask(fake, 'PUT /v2/groups', {id: '/', groups}).status, 200);
  const listed = fake.marathon.get({path: '/v2/apps?label=group'});
  t.is((listed.body as {apps: unknown[]}).apps.length, 10_000);
  const shown = fake.marathon.get({path: '/v2/groups'});
  t.is((shown.body as {groups: unknown[]}).groups.length, 100);
});
