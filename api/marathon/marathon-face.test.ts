/** What is Marathon's at the gateway, beside what its engine answers. */
import test, {type ExecutionContext} from 'ava';
import type {FastifyInstance, InjectOptions} from 'fastify';
import {makeGateway} from '../gateway.ts';
import {EngineCluster} from '../testing/engine-cluster.ts';

function gateway(t: ExecutionContext, cluster = new EngineCluster()): FastifyInstance {
  const app = makeGateway(cluster, {now: () => cluster.now});
  t.teardown(() => app.close());
  return app;
}

const PING: readonly string[] = [
  ...['/ping', '//ping', '///ping/', '/marathon/ping', '/marathon//ping', '//marathon/ping'],
  ...['/service/marathon/ping', '/service/marathon//ping', '//service/marathon//ping'],
];

test('slashes may be doubled in front of a path and behind a prefix', async (t) => {
  const app = gateway(t);
  for (const url of PING) {
    const {statusCode, body} = await app.inject({url});
    t.deepEqual([statusCode, body], [200, 'pong'], url);
  }
  for (const prefix of ['', '/', '/service/marathon', '/service/marathon/']) {
    const events = await app.inject({method: 'HEAD', url: `${prefix}/v2/events`});
    t.is(events.headers['content-type'], 'text/event-stream', prefix);
    t.like((await app.inject({url: `${prefix}/v2/info`})).json(), {http_config: {http_port: 5050}});
  }
});

test('its metrics for Prometheus are behind its prefixes, too', async (t) => {
  const app = gateway(t);
  for (const prefix of ['', '/marathon', '/service/marathon']) {
    const {statusCode, body} = await app.inject({url: `${prefix}/metrics/prometheus`});
    t.is(statusCode, 200, prefix);
    t.regex(body, /^drydock_marathon_apps 0$/m);
    t.regex(body, /^# TYPE marathon_apps_active_gauge gauge\nmarathon_apps_active_gauge 0$/m);
    t.regex(body, /^marathon_mesos_offer_operations_launch_group_counter 0$/m);
    t.notRegex(body, /mesosphere/);
  }
});

test('the origin that browsers may come from is told by the leader', async (t) => {
  const cluster = new EngineCluster();
  const app = makeGateway(cluster, {corsOrigin: 'http://ui.example'});
  t.teardown(() => app.close());
  const answer = await app.inject({url: '/v2/info'});
  t.is(answer.headers['access-control-allow-origin'], 'http://ui.example');
  t.like(answer.json(), {
    marathon_config: {access_control_allow_origin: 'http://ui.example', hostname: '127.0.0.1'},
  });
});

test('its metrics count what Marathon and its calls came to', async (t) => {
  const cluster = new EngineCluster();
  const app = gateway(t, cluster);
  cluster.join('a1');
  const payload = {id: '/a', cmd: 'sleep 1', instances: 2, cpus: 0.1};
  await app.inject({method: 'POST', url: '/v2/apps', payload});
  cluster.run(10_000);
  interface Metrics {
    readonly gauges: Readonly<Record<string, {readonly value: number}>>;
    readonly counters: Readonly<Record<string, {readonly count: number}>>;
  }
  const {gauges, counters} = (await app.inject({url: '/metrics'})).json<Metrics>();
  t.like(gauges, {
    'marathon.apps.active.gauge': {value: 1},
    'marathon.instances.running.gauge': {value: 2},
    'marathon.uptime.gauge.seconds': {value: 10},
  });
  t.like(counters, {
    'marathon.deployments.counter': {count: 1},
    'marathon.tasks.launched.counter': {count: 2},
    'marathon.mesos.offers.used.counter': {count: 1},
  });
  t.true((counters['marathon.mesos.calls.revive.counter']?.count ?? 0) > 0);
});

type Method = NonNullable<InjectOptions['method']>;

const METHODS: readonly (readonly [path: string, refused: Method, allowed: string])[] = [
  ['/v2/events', 'POST', 'GET, HEAD, OPTIONS'],
  ['/v2/leader', 'PUT', 'DELETE, GET, HEAD, OPTIONS'],
  ['/v2/info', 'PATCH', 'GET, HEAD, OPTIONS'],
  ['/v2/apps//a/b', 'POST', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
];

for (const [path, method, allowed] of METHODS) {
  test(`OPTIONS ${path} and ${method} tell which methods there are`, async (t) => {
    const app = gateway(t);
    const options = await app.inject({method: 'OPTIONS', url: path});
    t.deepEqual([options.statusCode, options.headers['allow']], [204, allowed]);
    t.is(options.body, '');
    t.is(options.headers['content-type'], undefined);
    t.is(options.headers['x-marathon-leader'], 'http://127.0.0.1:5050');
    const refused = await app.inject({method, url: path});
    t.deepEqual([refused.statusCode, refused.headers['allow']], [405, allowed]);
    t.deepEqual(refused.json(), {message: 'HTTP method not allowed'});
  });
}
