/**
 * The wire of a master's port, line by line: status, exact media type, and body, as existing
 * clients look at them.
 */
import test, {type ExecutionContext} from 'ava';
import type {FastifyInstance, InjectOptions} from 'fastify';
import type {GatewayOptions} from './gateway-options.ts';
import {makeGateway} from './gateway.ts';
import {EngineCluster, type ClusterSetup} from './testing/engine-cluster.ts';

const APP = {cmd: 'sleep 1000', cpus: 0.1, mem: 32};
const RUN = {cmd: 'true', cpus: 0.1, mem: 32, disk: 0};
const JSON_TYPE = 'application/json';

interface Scene {
  readonly cluster: EngineCluster;
  readonly app: FastifyInstance;
}

function scene(
  t: ExecutionContext,
  options: Partial<GatewayOptions> = {},
  setup: ClusterSetup = {},
): Scene {
  const cluster = new EngineCluster(setup);
  const app = makeGateway(cluster, {now: () => cluster.now, ...options});
  t.teardown(() => app.close());
  return {cluster, app};
}

/** An agent, the app `/shop/web` with two instances that run, and jobs of both kinds. */
async function furnished(t: ExecutionContext, options?: Partial<GatewayOptions>): Promise<Scene> {
  const {cluster, app} = scene(t, options);
  cluster.join('a1');
  await ok(t, app, 'POST', '/v2/apps', {...APP, id: '/shop/web', instances: 2});
  await ok(t, app, 'POST', '/v1/scheduler/iso8601', {...CHRONOS_JOB, name: 'first'});
  await ok(t, app, 'POST', '/v1/scheduler/dependency', {...CHILD, name: 'second'});
  await ok(t, app, 'POST', '/v1/jobs', {id: 'nightly', run: RUN});
  cluster.run(20_000);
  return {cluster, app};
}

const CHRONOS_JOB = {command: 'true', schedule: 'R1/2030-01-01T00:00:00.123456789Z/PT2M'};
const CHILD = {command: 'true', parents: ['first']};

type Payload = InjectOptions['payload'];

async function ok(
  t: ExecutionContext,
  app: FastifyInstance,
  ...[method, url, payload]: readonly [InjectOptions['method'], string, Payload]
): Promise<unknown> {
  const answer = await app.inject({method: method ?? 'GET', url, payload: payload ?? ''});
  t.true(answer.statusCode < 300, `${method} ${url}: ${answer.statusCode} ${answer.body}`);
  return answer.body === '' ? undefined : answer.json();
}

/** What an answer must be: a body that is a text stands there byte for byte. */
interface Expected {
  readonly status: number;
  /** undefined: the answer has none. */
  readonly type?: string;
  readonly body?: RegExp | string;
  readonly headers?: Readonly<Record<string, RegExp | string | undefined>>;
}

type Line = readonly [title: string, ask: string, payload: Payload | undefined, expected: Expected];

const json = (status: number, body: RegExp | string): Expected => ({status, type: JSON_TYPE, body});
const empty = (status: number): Expected => ({status, body: ''});
const TIME = String.raw`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`;
const CHANGED = new RegExp(`^\\{"version":${TIME},"deploymentId":"[0-9a-f-]{36}"\\}$`);

const marathonLines: readonly Line[] = [
  [
    'the bare list, as many slashes as there are',
    'GET /v2/apps',
    undefined,
    json(200, /^\{"apps":/),
  ],
  ['a slash behind the list (Prometheus)', 'GET /v2/apps/', undefined, json(200, /^\{"apps":\[\{/)],
  [
    'a slash behind what is posted (DC/OS CLI)',
    'POST /v2/apps/',
    {...APP, id: '/new'},
    {
      status: 201,
      type: JSON_TYPE,
      body: new RegExp(
        '"id":"/new".*"tasksStaged":0,"tasksRunning":0,"tasksHealthy":0,"tasksUnhealthy":0,' +
          String.raw`"deployments":\[\{"id":"[0-9a-f-]{36}"\}\]`,
      ),
      headers: {location: '/new', 'marathon-deployment-id': /^[0-9a-f-]{36}$/},
    },
  ],
  [
    'an app that is there already',
    'POST /v2/apps',
    {...APP, id: '/shop/web'},
    json(409, '{"message":"An app with id [/shop/web] already exists."}'),
  ],
  [
    'neither command nor container',
    'POST /v2/apps',
    {id: '/x'},
    json(422, /^\{"message":"Object is not valid","details":\[\{"path":"\/","errors":\["AppDef/),
  ],
  [
    'no JSON',
    'POST /v2/apps',
    '{"id":',
    json(400, /^\{"message":"Invalid JSON","details":"Unexpected end/),
  ],
  [
    'no body',
    'POST /v2/apps',
    undefined,
    json(400, /^\{"message":"Please specify data in JSON format","details":"No content to map/),
  ],
  [
    'JSON of the wrong type',
    'POST /v2/apps',
    {id: 123},
    json(
      422,
      '{"message":"Invalid JSON","details":[{"path":"/id","errors":["error.expected.jsstring"]}]}',
    ),
  ],
  [
    'an app that nobody knows',
    'GET /v2/apps/nope',
    undefined,
    json(404, `{"message":"App '/nope' does not exist"}`),
  ],
  ['a double slash', 'GET /v2/apps//shop/web', undefined, json(200, /^\{"app":\{.*"\/shop\/web"/)],
  [
    'encoded slashes (marathonctl)',
    'GET /v2/apps/%2Fshop%2Fweb',
    undefined,
    json(200, /"id":"\/sh/),
  ],
  ['in lower case', 'GET /v2/apps/%2fshop%2fweb', undefined, json(200, /"id":"\/shop\/web"/)],
  ['a slash behind the id', 'GET /v2/apps/shop/web/', undefined, json(200, /"id":"\/shop\/web"/)],
  ['all below a group', 'GET /v2/apps//shop/*', undefined, json(200, /^\{"\*":\[\{/)],
  [
    'the whole URL as target',
    'GET http://m1/v2/apps/shop/web',
    undefined,
    json(200, /"\/shop\/web"/),
  ],
  [
    'flags of Python and numbers of Go',
    'PUT /v2/apps/shop/web?force=True&partialUpdate=True',
    '{"instances": 2.000000}',
    {
      status: 200,
      type: JSON_TYPE,
      body: CHANGED,
      headers: {'marathon-deployment-id': /^[0-9a-f-]{36}$/},
    },
  ],
  [
    'embed in all its spellings',
    'GET /v2/apps?embed=app.tasks&embed=apps.taskStats&embed=group.apps.readiness&embed=nonsense',
    undefined,
    json(200, /"tasks":\[\{.*"slaveId":"a1"/),
  ],
  ['a label selector', 'GET /v2/apps?label=team%3D%3Dpy', undefined, json(200, '{"apps":[]}')],
  [
    'a bad label selector',
    'GET /v2/apps?label=(',
    undefined,
    json(422, /^\{"message":"Can not parse/),
  ],
  [
    'scale and wipe at once',
    'DELETE /v2/apps/shop/web/tasks?scale=true&wipe=true',
    undefined,
    json(400, '{"message":"You cannot use scale and wipe at the same time."}'),
  ],
  [
    'a deployment that nobody knows',
    'DELETE /v2/deployments/none',
    undefined,
    json(404, '{"message":"DeploymentPlan none does not exist"}'),
  ],
  ['no deployments', 'GET /v2/deployments', undefined, json(200, '[]')],
  ['nothing waits', 'GET /v2/queue', undefined, json(200, '{"queue":[]}')],
  ['versions', 'GET /v2/apps//shop/web/versions', undefined, json(200, /^\{"versions":\["\d{4}-/)],
  ['groups', 'GET /v2/groups//shop', undefined, json(200, /^\{"id":"\/shop","apps":\[/)],
  ['plugins', 'GET /v2/plugins', undefined, json(200, '{"plugins":[]}')],
  ['who leads', 'GET /v2/leader', undefined, json(200, '{"leader":"127.0.0.1:5050"}')],
  [
    'who this is',
    'GET /v2/info',
    undefined,
    json(200, /"elected":true,"leader":"127\.0\.0\.1:5050".*"http_port":5050/),
  ],
  ['pong', 'GET /ping', undefined, {status: 200, type: 'text/plain', body: 'pong'}],
  [
    'metrics of old and of new Marathons',
    'GET /metrics',
    undefined,
    json(
      200,
      /"marathon\.apps\.active\.gauge":\{"value":1\}.*"service\.mesosphere\.marathon\.app\.count"/,
    ),
  ],
  [
    'a path that nobody has',
    'GET /v2/none',
    undefined,
    json(404, '{"message":"URI not found: /v2/none"}'),
  ],
  [
    'a method that it has not',
    'POST /v2/info',
    {},
    {...json(405, '{"message":"HTTP method not allowed"}'), headers: {allow: 'GET, HEAD, OPTIONS'}},
  ],
  ['below /marathon', 'GET /marathon/v2/apps//shop/web', undefined, json(200, /"\/shop\/web"/)],
  [
    'as a service',
    'GET /service/marathon/v2/apps//shop/web',
    undefined,
    json(200, /"\/shop\/web"/),
  ],
  [
    'a prefix without its slash',
    'GET /marathon?x=1',
    undefined,
    {...empty(307), headers: {location: '/marathon/?x=1'}},
  ],
  [
    'a service without its slash',
    'GET /service/chronos',
    undefined,
    {...empty(301), headers: {location: '/service/chronos/'}},
  ],
];

const chronosLines: readonly Line[] = [
  [
    'all jobs in one line',
    'GET /v1/scheduler/jobs',
    undefined,
    {
      ...json(200, /^\[\{"name":"first"[^\n]*"name":"second"[^\n]*\}\]$/),
      headers: {'access-control-allow-origin': '*'},
    },
  ],
  [
    'a job, as an answer without a body',
    'POST /v1/scheduler/iso8601',
    {...CHRONOS_JOB, name: 'x'},
    empty(204),
  ],
  ['a child', 'POST /v1/scheduler/dependency', {...CHILD, name: 'y'}, empty(204)],
  [
    'a schedule without a start',
    'POST /v1/scheduler/iso8601',
    {name: 'z', command: 'true', schedule: 'R1//PT2M'},
    empty(204),
  ],
  [
    'no repetitions and no period (go-chronos)',
    'POST /v1/scheduler/iso8601',
    {name: 'w', command: 'true', schedule: 'R0//PT0M'},
    empty(204),
  ],
  ['started by hand', 'PUT /v1/scheduler/job/first?arguments=', undefined, empty(204)],
  ['killed', 'DELETE /v1/scheduler/task/kill/first', undefined, empty(204)],
  ['a job that nobody knows', 'GET /v1/scheduler/job/none', undefined, json(400, /^\{"message":"/)],
  ['removed', 'DELETE /v1/scheduler/job/second', undefined, empty(204)],
  [
    'a bad name',
    'POST /v1/scheduler/iso8601',
    {...CHRONOS_JOB, name: 'not good'},
    json(400, /^\{"message":"\/name: .*","status":"Bad Request"\}$/),
  ],
  [
    'the summary',
    'GET /v1/scheduler/jobs/summary',
    undefined,
    json(
      200,
      new RegExp(
        String.raw`^\{"jobs":\[\{"name":"first","status":"fresh","state":"idle",` +
          String.raw`"schedule":"R1/2030-[^"]*","parents":\[\],"disabled":false\}`,
      ),
    ),
  ],
  [
    'the graph',
    'GET /v1/scheduler/graph/csv',
    undefined,
    {
      status: 200,
      type: 'text/plain',
      body: 'node,first,fresh,idle\nnode,second,fresh,idle\nlink,first,second\n',
    },
  ],
  ['Chronos 2', 'GET /scheduler/jobs', undefined, json(200, /^\[\{"name":"first"/)],
  ['as a service', 'GET /service/chronos/v1/scheduler/jobs', undefined, json(200, /^\[\{"name"/)],
  [
    'its own metrics',
    'GET /service/chronos/metrics',
    undefined,
    json(200, /"jobs\.run\.success\.first":\{"count":0\}/),
  ],
  [
    'its ping',
    'GET /service/chronos/ping',
    undefined,
    {status: 200, type: 'text/plain', body: 'pong'},
  ],
  ['who leads', 'GET /v1/scheduler/leader', undefined, json(200, '{"leader":"127.0.0.1:5050"}')],
  [
    'nothing of Metronome there',
    'GET /service/chronos/v1/jobs',
    undefined,
    json(404, '{"message":"Nothing is served at this path","status":"Not Found"}'),
  ],
];

const metronomeLines: readonly Line[] = [
  ['a job', 'GET /v1/jobs/nightly', undefined, json(200, /^\{"id":"nightly"/)],
  [
    'one that nobody knows',
    'GET /v1/jobs/none',
    undefined,
    json(404, '{"id":"none","message":"Job not found"}'),
  ],
  [
    'one that is there already',
    'POST /v1/jobs',
    {id: 'nightly', run: RUN},
    json(409, '{"message":"Job with this id already exists"}'),
  ],
  [
    'one that is wrong',
    'POST /v1/jobs',
    {id: 'N!'},
    json(422, /^\{"message":"Object is not valid","details":\[\{"path":"\/id"/),
  ],
  [
    'a list without runs where none are active',
    'GET /v1/jobs?embed=activeRuns&embed=schedules&embed=historySummary',
    undefined,
    json(200, /^\[\{"id":"nightly"(?!.*activeRuns).*"historySummary"/),
  ],
  [
    'one with runs, though none are active',
    'GET /v1/jobs/nightly?embed=activeRuns',
    undefined,
    json(200, /"activeRuns":\[\]/),
  ],
  [
    'a run',
    'POST /v1/jobs/nightly/runs',
    {},
    json(201, /"createdAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000","completedAt":null/),
  ],
  [
    'a schedule',
    'POST /v1/jobs/nightly/schedules',
    {id: 'all', cron: '0 0 * * *'},
    json(201, /"id":"all"/),
  ],
  [
    'a schedule that is not there, by a double slash',
    'GET /v1/jobs/nightly/schedules//none',
    undefined,
    json(404, '{"message":"Schedule not found","id":"none"}'),
  ],
  [
    'a path that nobody has',
    'GET /service/metronome/none',
    undefined,
    json(404, '{"message":"Unknown route.","requestPath":"/none"}'),
  ],
  [
    'its ping',
    'GET /service/metronome/ping',
    undefined,
    {status: 200, type: 'text/plain', body: 'pong'},
  ],
  ['what it is', 'GET /info', undefined, json(200, /^\{"version":"0\.6\.\d+","libVersion":"/)],
  ['who leads', 'GET /leader', undefined, json(200, '{"leader":"127.0.0.1:5050"}')],
  ['its metrics', 'GET /v1/metrics', undefined, json(200, /^\{"version":"4\.0\.0"/)],
  ['what waits', 'GET /service/metronome/v1/queue', undefined, json(200, '[]')],
  ['removed', 'DELETE /v1/jobs/nightly', undefined, json(200, /^\{"id":"nightly"/)],
  [
    'job and schedules at once',
    'POST /v0/scheduled-jobs',
    {id: 'weekly', run: RUN, schedules: [{id: 'all', cron: '0 0 * * 0'}]},
    json(201, /"schedules":\[\{"id":"all"/),
  ],
];

const clusterLines: readonly Line[] = [
  ['there is something', 'HEAD /', undefined, {status: 200, type: JSON_TYPE, body: ''}],
  ['what there is', 'GET /', undefined, json(200, /^\{"name":"drydock"/)],
  [
    'no login is needed',
    'HEAD /pkgpanda/active.buildinfo.full.json',
    undefined,
    {status: 200, type: JSON_TYPE},
  ],
  ['no login is offered', 'GET /acs/api/v1/auth/providers', undefined, json(404, /^\{"message"/)],
  [
    'of which cluster',
    'GET /metadata',
    undefined,
    json(200, '{"PUBLIC_IPV4":"127.0.0.1","CLUSTER_ID":"drydock"}'),
  ],
  [
    'a version that the CLI takes',
    'GET /dcos-metadata/dcos-version.json',
    undefined,
    json(200, /^\{"version":"[2-9]\./),
  ],
  [
    'where the leader is',
    'GET /mesos_dns/v1/hosts/leader.mesos',
    undefined,
    json(200, '[{"host":"leader.mesos.","ip":"127.0.0.1"}]'),
  ],
  [
    'which masters there are',
    'GET /mesos_dns/v1/hosts/master.mesos.',
    undefined,
    json(200, '[{"host":"master.mesos.","ip":"127.0.0.1"}]'),
  ],
  [
    'a host that has no name',
    'GET /mesos_dns/v1/hosts/constructor',
    undefined,
    json(200, '[{"host":"","ip":""}]'),
  ],
  ['the node', 'GET /system/health/v1', undefined, json(200, /^\{"units":\[\{"id":"drydock-/)],
  [
    'all nodes',
    'GET /system/health/v1/nodes',
    undefined,
    json(
      200,
      '{"nodes":[{"host_ip":"127.0.0.1","health":0,"role":"master"},' +
        '{"host_ip":"a1.example","health":0,"role":"agent"}]}',
    ),
  ],
  [
    'one unit of one node',
    'GET /system/health/v1/nodes/a1.example/units/drydock-agent.service',
    undefined,
    json(200, /^\{"id":"drydock-agent\.service","name":"Agent","health":0,.*"output":"","help":"/),
  ],
  [
    'the nodes of a unit',
    'GET /system/health/v1/units/drydock-agent.service/nodes',
    undefined,
    json(200, '{"nodes":[{"host_ip":"a1.example","health":0,"role":"agent"}]}'),
  ],
  [
    'a node that nobody knows',
    'GET /system/health/v1/nodes/x',
    undefined,
    json(404, /^\{"message"/),
  ],
  [
    'a node whose name is no name',
    'GET /system/health/v1/nodes/%zz',
    undefined,
    json(404, /^\{"message"/),
  ],
  ['the report', 'GET /system/health/v1/report', undefined, json(200, /^\{"Units":\{.*"Nodes":\{/)],
  [
    'Prometheus',
    'GET /metrics/prometheus',
    undefined,
    {
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: /drydock_master_elected 1\n[^]*drydock_marathon_apps 1\n/,
    },
  ],
  [
    'nothing',
    'GET /nothing/here',
    undefined,
    json(404, '{"message":"Nothing is served at this path"}'),
  ],
  [
    'an agent that nobody knows',
    'GET /agent/none/state',
    undefined,
    json(404, '{"message":"There is no such agent"}'),
  ],
  [
    'a bad escape',
    'GET /agent/%zz/state',
    undefined,
    json(404, '{"message":"There is no such agent"}'),
  ],
];

for (const [name, lines] of [
  ['Marathon', marathonLines],
  ['Chronos', chronosLines],
  ['Metronome', metronomeLines],
  ['cluster', clusterLines],
] as const) {
  for (const [title, ask, payload, expected] of lines) {
    test(`${name}: ${title}`, async (t) => {
      const {app} = await furnished(t);
      const [method, url = ''] = ask.split(' ');
      const answer = await app.inject({
        method: method as InjectOptions['method'] & string,
        url,
        ...(payload === undefined ? {} : {payload}),
      });
      t.is(answer.statusCode, expected.status, answer.body);
      t.is(answer.headers['content-type'], expected.type);
      if (typeof expected.body === 'string') t.is(answer.body, expected.body);
      else if (expected.body !== undefined) t.regex(answer.body, expected.body);
      for (const [header, value] of Object.entries(expected.headers ?? {})) {
        const found = answer.headers[header];
        if (value instanceof RegExp) t.regex(String(found), value);
        else t.is(found, value);
      }
    });
  }
}

test('answers of Marathon have the headers of a leader, and CORS only if told to', async (t) => {
  const {app} = await furnished(t);
  for (const url of ['/v2/apps', '/v2/apps/nope', '/ping', '/v2/leader']) {
    const {headers} = await app.inject({url});
    t.is(headers['cache-control'], 'no-cache, no-store, must-revalidate', url);
    t.is(headers['pragma'], 'no-cache');
    t.is(headers['expires'], '0');
    t.is(headers['x-marathon-leader'], 'http://127.0.0.1:5050');
    t.is(headers['x-frame-options'], 'DENY');
    t.is(headers['x-xss-protection'], '1; mode=block');
    t.is(headers['access-control-allow-origin'], undefined);
  }
  const open = (await furnished(t, {corsOrigin: '*'})).app;
  t.is((await open.inject({url: '/v2/apps'})).headers['access-control-allow-origin'], '*');
  const preflight = await open.inject({
    method: 'OPTIONS',
    url: '/v2/apps',
    headers: {'access-control-request-headers': 'X-A, X-B'},
  });
  t.is(preflight.statusCode, 200);
  t.is(preflight.headers['access-control-allow-headers'], 'X-A, X-B');
  t.is(preflight.headers['access-control-allow-methods'], 'GET, HEAD, OPTIONS');
});

test('long answers are compressed for those who ask for it', async (t) => {
  const {app} = await furnished(t);
  const plain = await app.inject({url: '/v2/apps?embed=apps.tasks'});
  t.is(plain.headers['content-encoding'], undefined);
  const packed = await app.inject({
    url: '/v2/apps?embed=apps.tasks',
    headers: {'accept-encoding': 'deflate, gzip;q=0.8'},
  });
  t.is(packed.headers['content-encoding'], 'gzip');
  const text = await new Response(
    new Blob([new Uint8Array(packed.rawPayload)])
      .stream()
      .pipeThrough(new DecompressionStream('gzip')),
  ).text();
  t.is(text, plain.body);
  const refused = await app.inject({url: '/v2/apps', headers: {'accept-encoding': 'gzip;q=0'}});
  t.is(refused.headers['content-encoding'], undefined);
  const short = await app.inject({url: '/ping', headers: {'accept-encoding': 'gzip'}});
  t.is(short.body, 'pong');
});

test('pong is JSON for those who take nothing else', async (t) => {
  const {app} = scene(t);
  const accepted = async (accept: string): Promise<string> =>
    (await app.inject({url: '/ping', headers: {accept}})).body;
  t.is(await accepted('application/json'), '"pong"');
  t.is(await accepted('application/json, */*'), 'pong');
  t.is(await accepted('text/html'), 'pong');
});

test('a second change of an app is refused with the deployment that is in its way', async (t) => {
  const {cluster, app} = await furnished(t);
  cluster.tasksRun = false;
  const put = async (query: string, instances: number) =>
    app.inject({method: 'PUT', url: `/v2/apps//shop/web${query}`, payload: {instances}});
  const {deploymentId} = (await put('', 4)).json();
  const refused = await put('?force=False', 5);
  t.is(refused.statusCode, 409);
  t.is(
    refused.body,
    `{"message":"App is locked by one or more deployments. Override with the option ` +
      `'?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",` +
      `"deployments":[{"id":"${deploymentId}"}]}`,
  );
  t.is((await put('?force=True', 5)).statusCode, 200);
  const [deployment] = (await app.inject({url: '/v2/deployments'})).json();
  t.deepEqual(Object.keys(deployment).sort(), [
    ...['affectedApps', 'affectedPods', 'currentActions', 'currentStep', 'id', 'steps'],
    ...['totalSteps', 'version'],
  ]);
  const [queued] = (await app.inject({url: '/v2/queue'})).json().queue;
  t.deepEqual(Object.keys(queued.delay), ['timeLeftSeconds', 'overdue']);
  t.is(queued.processedOffersSummary.rejectSummaryLastOffers[0].reason, 'UnfulfilledRole');
});

test('a deployment is rolled back with a body and stopped by force without one', async (t) => {
  const {cluster, app} = await furnished(t);
  cluster.tasksRun = false;
  const scale = async (instances: number): Promise<string> => {
    const {body} = await app.inject({
      method: 'PUT',
      url: '/v2/apps/shop/web?force=true',
      payload: {instances},
    });
    return (JSON.parse(body) as {deploymentId: string}).deploymentId;
  };
  const back = await app.inject({method: 'DELETE', url: `/v2/deployments/${await scale(4)}`});
  t.is(back.statusCode, 200);
  t.regex(back.body, CHANGED);
  const stopped = await app.inject({
    method: 'DELETE',
    url: `/v2/deployments/${await scale(5)}?force=true`,
  });
  t.deepEqual([stopped.statusCode, stopped.body], [202, '']);
  t.is(stopped.headers['content-type'], undefined);
  t.is(stopped.headers['content-length'], '0');
});

test('killing one task, several, or by scaling down is answered in three forms', async (t) => {
  const {cluster, app} = await furnished(t);
  const [one = '', other = ''] = [...cluster.tasks.keys()].filter((id) =>
    id.startsWith('shop_web'),
  );
  const tasks = '/v2/apps//shop/web/tasks';
  const single = await app.inject({method: 'DELETE', url: `${tasks}/${one}?scale=False`});
  t.deepEqual(Object.keys(single.json()), ['task']);
  const several = await app.inject({
    method: 'POST',
    url: '/v2/tasks/delete',
    payload: {ids: [other]},
  });
  t.deepEqual(Object.keys(several.json()), ['tasks']);
  cluster.run(20_000);
  const scaled = await app.inject({method: 'DELETE', url: `${tasks}?scale=True`});
  t.regex(scaled.body, CHANGED);
  const unknown = await app.inject({method: 'DELETE', url: `${tasks}/${one}`});
  t.is(unknown.statusCode, 404);
});

test('with tokens only health, ping and a look are free, and there is a login', async (t) => {
  const {app} = await furnishedWithTokens(t);
  const status = async (method: string, url: string, authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : {authorization};
    const {statusCode} = await app.inject({method: method as 'GET', url, headers});
    return statusCode;
  };
  for (const [method, url] of [
    ['HEAD', '/'],
    ['GET', '/ping'],
    ['GET', '/service/marathon/ping'],
    ['GET', '/health'],
    ['GET', '/mesos/master/health'],
    ['GET', '/dcos-metadata/dcos-version.json'],
  ] as const) {
    t.is(await status(method, url), 200, url);
  }
  for (const [method, url] of [
    ['GET', '/'],
    ['GET', '/v2/apps'],
    ['GET', '/v2/events'],
    ['POST', '/ping'],
    ['GET', '/ping/../v2/apps'],
    ['GET', '/metrics/prometheus'],
    ['GET', '/mesos/state'],
    ['GET', '/agent/a1/state'],
    ['HEAD', '/pkgpanda/active.buildinfo.full.json'],
    ['POST', '/v1/jobs'],
  ] as const) {
    t.is(await status(method, url), 401, url);
  }
  const refused = await app.inject({url: '/v2/apps'});
  t.is(refused.headers['www-authenticate'], 'oauthjwt');
  t.is(refused.body, '{"message":"A valid API token is required"}');
  for (const authorization of [
    'token=secret-2',
    'Bearer secret-1',
    'bearer  secret-1',
    'Token = secret-1',
  ]) {
    t.is(await status('GET', '/v2/apps', authorization), 200, authorization);
  }
  for (const authorization of [
    'secret-1',
    'token=',
    'token=secret-3',
    'Basic secret-1',
    'Bearer',
  ]) {
    t.is(await status('GET', '/v2/apps', authorization), 401, authorization);
  }
  const url = '/acs/api/v1/auth/login';
  const login = async (payload: object | string) => app.inject({method: 'POST', url, payload});
  t.is((await login({token: 'secret-2'})).body, '{"token":"secret-2"}');
  t.is((await login({token: 'other'})).statusCode, 401);
  t.is((await login({uid: 'a', password: 'b'})).statusCode, 400);
  t.is((await login('null')).statusCode, 400);
});

async function furnishedWithTokens(t: ExecutionContext): Promise<Scene> {
  return scene(t, {tokens: ['secret-1', 'secret-2']});
}

test('what clients send of themselves is not recorded beyond what is read', async (t) => {
  const {cluster, app} = scene(t);
  const seen: unknown[] = [];
  cluster.witness({
    started: () => undefined,
    input: (_now, input) => {
      if (input.kind === 'request') seen.push(input.request);
    },
    effect: () => undefined,
    agent: () => undefined,
    measured: () => undefined,
  });
  await app.inject({
    method: 'POST',
    url: '/service/marathon/v2/apps//a%2Fb/restart?force=true',
    headers: {authorization: 'token=secret', accept: 'application/json', cookie: 'a=b'},
    payload: 'x',
  });
  t.deepEqual(seen, [
    {
      kind: 'http',
      method: 'POST',
      path: '/v2/apps//a%2Fb/restart?force=true',
      headers: {accept: 'application/json'},
      body: 'x',
      remoteAddress: '127.0.0.1',
    },
  ]);
});

test('requests are logged with their path, but not with what is asked there', async (t) => {
  const lines: object[] = [];
  const logger = {
    info: (details: object) => lines.push(details),
    warn: () => undefined,
    error: () => undefined,
  };
  const {app} = scene(t, {logger});
  await app.inject({url: '/v2/apps?label=secret'});
  const [{ms, ...line}] = lines as [{ms: number}];
  t.true(ms >= 0);
  t.deepEqual(line, {method: 'GET', path: '/v2/apps', status: 200, remoteAddress: '127.0.0.1'});
});
