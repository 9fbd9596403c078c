/**
 * Two masters, each with its port: who does not lead answers from the leader, and while the
 * leadership changes nobody answers from an engine that is done.
 */
import {createServer, type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import type {FastifyInstance} from 'fastify';
import {GATEWAY_DEFAULTS, type GatewayOptions} from './gateway-options.ts';
import {makeGateway} from './gateway.ts';
import {EngineCluster} from './testing/engine-cluster.ts';
import {listening} from './testing/sockets.ts';

const APP = {id: '/web', cmd: 'sleep 1000', cpus: 0.1, mem: 32};
const RUN = {cmd: 'true', cpus: 0.1, mem: 32, disk: 0};

interface Master {
  readonly cluster: EngineCluster;
  readonly app: FastifyInstance;
  readonly port: number;
}

const IMPATIENT: Partial<GatewayOptions> = {
  proxy: {...GATEWAY_DEFAULTS.proxy, lookIntervalMs: 5},
};

async function master(t: ExecutionContext, leads: boolean): Promise<Master> {
  const cluster = new EngineCluster({leads: false});
  const app = makeGateway(cluster, {now: () => cluster.now, ...IMPATIENT});
  const port = await listening(t, app);
  cluster.self = {...cluster.self, port, id: `master-${port}`};
  if (leads) cluster.lead();
  return {cluster, app, port};
}

/** A leader with an agent, and one who follows it. */
async function pair(t: ExecutionContext): Promise<{leader: Master; follower: Master}> {
  const leader = await master(t, true);
  const follower = await master(t, false);
  leader.cluster.join('a1');
  follower.cluster.leader = {hostname: '127.0.0.1', port: leader.port};
  return {leader, follower};
}

const hop = ({port}: Master): string => `1.1 127.0.0.1:${port}`;

async function ask(
  {port}: Master,
  path: string,
  init: RequestInit = {},
): Promise<{status: number; headers: Headers; body: string}> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {redirect: 'manual', ...init});
  return {status: answer.status, headers: answer.headers, body: await answer.text()};
}

/** Lets everything else have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const posted = (body: unknown): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: {'content-type': 'application/json'},
});

test('a follower passes requests and answers on, and says on which way', async (t) => {
  const {leader, follower} = await pair(t);
  const made = await ask(follower, '/v2/apps//?force=True', posted(APP));
  t.is(made.status, 201, made.body);
  t.is(made.headers.get('location'), '/web');
  t.is(made.headers.get('content-type'), 'application/json');
  t.is(made.headers.get('x-marathon-leader'), `http://127.0.0.1:${leader.port}`);
  t.is(made.headers.get('x-marathon-via'), hop(follower));
  const found = await ask(follower, '/service/marathon/v2/apps/%2Fweb');
  t.is(found.status, 200);
  t.is((JSON.parse(found.body) as {app: {id: string}}).app.id, '/web');
  const refused = await ask(follower, '/v2/apps', posted(APP));
  t.deepEqual(
    [refused.status, refused.body],
    [409, '{"message":"An app with id [/web] already exists."}'],
  );
  const gone = await ask(follower, '/v2/apps//web', {method: 'DELETE'});
  t.is(gone.status, 200);
});

test('a follower knows who leads, and that it does not', async (t) => {
  const {leader, follower} = await pair(t);
  const address = `127.0.0.1:${leader.port}`;
  t.is((await ask(follower, '/v2/leader')).body, JSON.stringify({leader: address}));
  t.is((await ask(follower, '/v1/scheduler/leader')).body, JSON.stringify({leader: address}));
  t.is((await ask(follower, '/leader')).body, JSON.stringify({leader: address}));
  const info = JSON.parse((await ask(follower, '/v2/info')).body) as Record<string, unknown>;
  t.like(info, {elected: false, leader: address});
  t.like(JSON.parse((await ask(leader, '/v2/info')).body), {elected: true, leader: address});
  follower.cluster.leader = undefined;
  const nobody = await ask(follower, '/v2/leader');
  t.deepEqual([nobody.status, nobody.body], [404, '{"message":"There is no leader"}']);
});

test('events are at the leader, and a follower sends clients there', async (t) => {
  const {leader, follower} = await pair(t);
  const path = '/marathon/v2/events?event_type=deployment_info';
  const {status, headers, body} = await ask(follower, path);
  t.deepEqual([status, body], [302, '']);
  t.is(headers.get('location'), `http://127.0.0.1:${leader.port}${path}`);
});

test('Chronos and Metronome are asked at the leader, too', async (t) => {
  const {leader, follower} = await pair(t);
  const job = {name: 'j', command: 'true', schedule: 'R1/2030-01-01T00:00:00Z/PT1M'};
  const made = await ask(follower, '/v1/scheduler/iso8601', posted(job));
  t.deepEqual([made.status, made.body], [204, '']);
  t.regex((await ask(follower, '/service/chronos/v1/scheduler/jobs')).body, /^\[\{"name":"j"/);
  const nightly = await ask(follower, '/v1/jobs', posted({id: 'nightly', run: RUN}));
  t.is(nightly.status, 201);
  t.is(nightly.headers.get('x-leader'), `127.0.0.1:${leader.port}`);
  t.is((await ask(follower, '/service/metronome/ping')).headers.get('x-leader'), null);
  const again = await ask(follower, '/v1/jobs', {headers: {'x-via': 'somebody'}});
  t.is(again.status, 400);
});

test('Mesos redirects at its own paths, and answers for itself what is about itself', async (t) => {
  const {leader, follower} = await pair(t);
  for (const path of ['/state', '/master/state?jsonp=cb', '/tasks', '/roles']) {
    const {status, headers} = await ask(follower, path);
    t.is(status, 307, path);
    t.is(headers.get('location'), `//127.0.0.1:${leader.port}${path}`);
  }
  for (const path of ['/redirect', '/master/redirect']) {
    const {status, headers} = await ask(follower, path);
    t.deepEqual([status, headers.get('location')], [307, `//127.0.0.1:${leader.port}`]);
  }
  t.is((await ask(follower, '/redirect/more')).status, 404);
  for (const path of ['/health', '/version', '/flags', '/mesos/health']) {
    t.is((await ask(follower, path)).status, 200, path);
  }
  t.is(JSON.parse((await ask(follower, '/metrics/snapshot')).body)['master/elected'], 0);
  t.is(JSON.parse((await ask(leader, '/metrics/snapshot')).body)['master/elected'], 1);
  const behind = await ask(follower, '/mesos/state');
  t.is(behind.status, 200);
  t.is((JSON.parse(behind.body) as {id: string}).id, leader.cluster.self.id);
  follower.cluster.leader = undefined;
  t.deepEqual((await ask(follower, '/state')).body, 'No leader elected');
  t.is((await ask(follower, '/state')).status, 503);
});

test('a request that comes by again is refused', async (t) => {
  const one = await master(t, false);
  const other = await master(t, false);
  one.cluster.leader = {hostname: '127.0.0.1', port: other.port};
  other.cluster.leader = {hostname: '127.0.0.1', port: one.port};
  const {status, body} = await ask(one, '/v2/apps');
  t.deepEqual([status, body], [502, '{"message":"Detected proxying loop."}']);
});

test('nobody leads: a follower looks for a while, then says so', async (t) => {
  const follower = await master(t, false);
  for (const leader of [undefined, follower.cluster.self]) {
    follower.cluster.leader = leader;
    const {status, body} = await ask(follower, '/v2/apps');
    t.deepEqual([status, body], [502, '{"message":"Could not determine the current leader"}']);
    t.is((await ask(follower, '/v1/scheduler/jobs')).status, 503);
    const jobs = await ask(follower, '/v1/jobs');
    t.deepEqual([jobs.status, jobs.body], [503, '{"message":"No consistent leadership"}']);
    t.is((await ask(follower, '/v2/events')).status, 502);
  }
});

test('somebody leads while a follower looks: then it goes on', async (t) => {
  const {leader, follower} = await pair(t);
  const patient = await master(t, false);
  patient.cluster.leader = undefined;
  const waiting = ask(patient, '/v2/apps');
  patient.cluster.leader = follower.cluster.leader;
  t.is((await waiting).status, 200);
  const own = await master(t, false);
  const here = ask(own, '/v2/apps');
  own.cluster.lead();
  t.is((await here).headers.get('x-marathon-leader'), `http://127.0.0.1:${own.port}`);
  t.true(leader.cluster.isLeader);
});

test('a leader that is not there, or says nothing sensible', async (t) => {
  const {leader, follower} = await pair(t);
  await leader.app.close();
  const refused = await ask(follower, '/v2/apps');
  t.deepEqual([refused.status, refused.body], [502, '{"message":"Connection to leader refused."}']);
  const rude = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('nonsense\r\n\r\n');
  });
  await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
  t.teardown(() => rude.close());
  const {port} = rude.address() as AddressInfo;
  follower.cluster.leader = {hostname: '127.0.0.1', port};
  const failed = await ask(follower, '/v2/apps', posted(APP));
  t.is(failed.status, 502);
  t.is(failed.body, '{"message":"Failed to successfully establish a connection to the leader."}');
  t.is((await ask(follower, '/v2/info')).status, 502);
});

test('a leader is deposed while it writes: nobody makes the change elsewhere', async (t) => {
  const {leader, follower} = await pair(t);
  leader.cluster.writesWait = true;
  const change = ask(leader, '/v2/apps', posted(APP));
  while (leader.cluster.writesWaiting === 0) await turn();
  follower.cluster.lead();
  leader.cluster.depose({hostname: '127.0.0.1', port: follower.port});
  const {status, body} = await change;
  t.is(status, 502);
  t.regex(body, /whether the change was made is not known/);
  const apps = await ask(leader, '/v2/apps');
  t.deepEqual([apps.status, apps.body], [200, '{"apps":[]}'], 'asked at the new leader');
  t.is(apps.headers.get('x-marathon-via'), hop(leader));
});

test('leadership is given up on request, after the answer', async (t) => {
  const {leader, follower} = await pair(t);
  const backup = await ask(leader, '/v2/leader?backup=file:///x', {method: 'DELETE'});
  t.is(backup.status, 422);
  const {status, body} = await ask(follower, '/v2/leader', {method: 'DELETE'});
  t.deepEqual([status, body], [200, '{"message":"Leadership abdicated"}']);
  while (leader.cluster.isLeader) await turn();
  t.is(leader.cluster.abdications, 1);
});

test('who takes over shows the tasks that agents still run as they were', async (t) => {
  const {leader, follower} = await pair(t);
  await ask(leader, '/v2/apps', posted({...APP, labels: {team: 'py'}, instances: 2}));
  leader.cluster.run(20_000);
  const before = JSON.parse((await ask(leader, '/tasks')).body) as {tasks: object[]};
  t.is(before.tasks.length, 2);
  follower.cluster.records = leader.cluster.records;
  follower.cluster.now = leader.cluster.now;
  follower.cluster.lead();
  const tasks = [...leader.cluster.tasks.values()];
  leader.cluster.depose({hostname: '127.0.0.1', port: follower.port});
  follower.cluster.join('a1', undefined, {tasks});
  const after = JSON.parse((await ask(follower, '/tasks')).body) as typeof before;
  const plain = ({tasks: all}: typeof before): unknown[] =>
    all
      .map((task) => ({...task, statuses: undefined}))
      .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  t.deepEqual(plain(after), plain(before));
});

test('system health is asked at the leader, but each node answers for itself', async (t) => {
  const {leader, follower} = await pair(t);
  const own = JSON.parse((await ask(follower, '/system/health/v1')).body) as {mesos_id: string};
  t.is(own.mesos_id, follower.cluster.self.id);
  const {body} = await ask(follower, '/system/health/v1/nodes');
  t.regex(body, /"host_ip":"a1\.example","health":0/);
  t.true(leader.cluster.isLeader);
});
