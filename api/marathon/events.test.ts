/** `/v2/events` over real sockets, as clients of server-sent events read it. */
import test, {type ExecutionContext} from 'ava';
import type {FastifyInstance} from 'fastify';
import {GATEWAY_DEFAULTS, type StreamLimits} from '../gateway-options.ts';
import {makeGateway} from '../gateway.ts';
import {EngineCluster} from '../testing/engine-cluster.ts';
import {get, listening, Wire} from '../testing/sockets.ts';

const SSE = {Accept: 'text/event-stream'};
const APP = {id: '/web', cmd: 'sleep 1000', cpus: 0.1, mem: 32};

interface Scene {
  readonly cluster: EngineCluster;
  readonly app: FastifyInstance;
  readonly port: number;
  readonly open: (query?: string) => Promise<Wire>;
}

async function scene(t: ExecutionContext, streams: Partial<StreamLimits> = {}): Promise<Scene> {
  const cluster = new EngineCluster();
  cluster.join('a1');
  const app = makeGateway(cluster, {
    now: () => cluster.now,
    streams: {...GATEWAY_DEFAULTS.streams, ...streams},
  });
  const port = await listening(t, app);
  const open = (query = ''): Promise<Wire> => Wire.open(t, port, get(`/v2/events${query}`, SSE));
  return {cluster, app, port, open};
}

interface Event {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of an answer, out of their chunks. */
function eventsOf({text}: Wire): readonly Event[] {
  const [, body = ''] = text.split(/\r\n\r\n(.*)/s);
  const whole = body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, '');
  return [...whole.matchAll(/event: (\S+)\ndata: (.*)\n\n/g)].map(([, name = '', data = '']) => ({
    name,
    data: JSON.parse(data) as Event['data'],
  }));
}

const namesOf = (wire: Wire): string[] => eventsOf(wire).map(({name}) => name);

test('a new client is told first that it is attached, then all that happens', async (t) => {
  const {app, open} = await scene(t);
  const wire = await open('?plan-format=light');
  await wire.has('event_stream_attached');
  t.regex(wire.text, /^HTTP\/1\.1 200 OK\r\n/);
  t.regex(wire.text, /\r\nContent-Type: text\/event-stream\r\n/);
  t.regex(wire.text, /\r\nTransfer-Encoding: chunked\r\n/);
  t.regex(wire.text, /\r\nCache-Control: no-cache, no-store, must-revalidate\r\n/);
  t.notRegex(wire.text, /content-length/i);
  t.deepEqual(eventsOf(wire)[0], {
    name: 'event_stream_attached',
    data: {
      remoteAddress: '127.0.0.1',
      eventType: 'event_stream_attached',
      timestamp: '2020-01-01T00:00:00.000Z',
    },
  });
  await app.inject({method: 'POST', url: '/v2/apps', payload: APP});
  await wire.has('api_post_event');
  const posted = eventsOf(wire).find(({name}) => name === 'api_post_event');
  t.is(posted?.data['clientIp'], '127.0.0.1');
  t.is(posted?.data['uri'], '/v2/apps');
  t.like(posted?.data['appDefinition'], {id: '/web'});
});

test('each event is one frame, with what clients read in it', async (t) => {
  const {cluster, app, open} = await scene(t);
  const wire = await open();
  await wire.has('event_stream_attached');
  await app.inject({method: 'POST', url: '/v2/apps', payload: APP});
  cluster.run(10_000);
  await wire.has('deployment_success');
  const update = eventsOf(wire).find(({name}) => name === 'status_update_event');
  t.deepEqual(Object.keys(update?.data ?? {}), [
    ...['slaveId', 'taskId', 'taskStatus', 'message', 'appId', 'host'],
    ...['ipAddresses', 'ports', 'version', 'eventType', 'timestamp'],
  ]);
  t.like(update?.data, {taskStatus: 'TASK_RUNNING', slaveId: 'a1', appId: '/web'});
  const success = eventsOf(wire).find(({name}) => name === 'deployment_success');
  t.deepEqual(Object.keys(success?.data ?? {}), ['id', 'plan', 'eventType', 'timestamp']);
  for (const {name, data} of eventsOf(wire)) t.is(data['eventType'], name);
});

test('plans have both groups, but for those who want light ones', async (t) => {
  const {cluster, app, open} = await scene(t);
  const full = await open();
  const light = await open('?plan-format=light');
  await light.has('event_stream_attached');
  await app.inject({method: 'POST', url: '/v2/apps', payload: APP});
  cluster.run(10_000);
  const plansOf = async (wire: Wire): Promise<readonly object[]> => {
    await wire.has('deployment_success');
    const types = ['deployment_info', 'deployment_step_success', 'deployment_success'];
    const told = eventsOf(wire).filter(({name}) => types.includes(name));
    t.deepEqual([...new Set(told.map(({name}) => name))], types);
    return told.map(({data}) => data['plan'] as object);
  };
  const version = '2020-01-01T00:00:00.000Z';
  for (const plan of await plansOf(full)) {
    t.like(plan, {version, original: {id: '/'}, target: {id: '/', version}});
    t.deepEqual(Object.keys(plan).sort(), ['id', 'original', 'steps', 'target', 'version']);
  }
  for (const plan of await plansOf(light)) {
    t.deepEqual(Object.keys(plan).sort(), ['id', 'steps', 'version']);
  }
});

test('a client gets only the types that it asks for, however many', async (t) => {
  const {cluster, app, open} = await scene(t);
  const some = await open('?event_type=deployment_info&event_type=deployment_success&x=y');
  const all = await open();
  await all.has('event_stream_attached');
  await app.inject({method: 'POST', url: '/v2/apps', payload: APP});
  cluster.run(10_000);
  await some.has('deployment_success');
  t.deepEqual([...new Set(namesOf(some))], ['deployment_info', 'deployment_success']);
});

test('all are told who comes and who goes; who is last is listened to no more', async (t) => {
  const {cluster, open} = await scene(t);
  const first = await open();
  await first.has('event_stream_attached');
  const second = await open();
  await second.has('event_stream_attached');
  await first.until((wire) => namesOf(wire).length === 2);
  second.socket.destroy();
  await first.has('event_stream_detached');
  t.deepEqual(namesOf(first), [
    ...['event_stream_attached', 'event_stream_attached', 'event_stream_detached'],
  ]);
  t.is(cluster.listeners, 1);
  const gone = new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (cluster.listeners > 0) return;
      clearInterval(look);
      resolve();
    }, 5);
  });
  first.socket.destroy();
  await gone;
  t.is(cluster.listeners, 0);
});

test('something comes though nothing happens', async (t) => {
  const {open} = await scene(t, {heartbeatMs: 20});
  const wire = await open('?event_type=nothing');
  await wire.has(/\r\n2\r\n\r\n\r\n2\r\n\r\n\r\n/);
  t.deepEqual(eventsOf(wire), []);
});

test('a client that does not read is hung up on, and nobody else', async (t) => {
  const {cluster, open} = await scene(t, {waitingMax: 50});
  const quick = await open();
  await quick.has('event_stream_attached');
  const slow = await open();
  await slow.has('event_stream_attached');
  slow.socket.pause();
  const filling = 'x'.repeat(100_000);
  const isHungUp = (): boolean => quick.text.includes('event_stream_detached');
  let published = 0;
  for (; !isHungUp() && published < 2000; published += 1) {
    cluster.publish({type: 'test_event', serial: published, filling});
    // The quick one takes each before the next comes.
    await quick.has(`"serial":${published},`);
    if (!isHungUp()) quick.text = '';
  }
  t.true(isHungUp());
  t.true(published > 50);
  slow.socket.resume();
  await slow.closed;
  t.is(cluster.listeners, 1);
});

test('a client that lets too many bytes wait is hung up on, too', async (t) => {
  const {cluster, open} = await scene(t, {waitingBytesMax: 1_000_000});
  const slow = await open();
  await slow.has('event_stream_attached');
  slow.socket.pause();
  const filling = 'x'.repeat(500_000);
  for (let count = 0; count < 100 && cluster.listeners > 0; count += 1) {
    cluster.publish({type: 'test_event', filling});
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.is(cluster.listeners, 0);
});

test('events that wait have a common room, and the slowest goes when it is full', async (t) => {
  const filling = 'x'.repeat(500_000);
  const limits = {heldBytesMax: 8_000_000, waitingBytesMax: 1_000_000_000};
  const {cluster, open} = await scene(t, limits);
  const watch = await open('?event_type=event_stream_detached&event_type=mark');
  const [first, second] = [await open(), await open()];
  for (const wire of [first, second]) await wire.has('event_stream_attached');
  let serial = 0;
  const publishWhile = async (holds: () => boolean): Promise<void> => {
    for (; holds() && serial < 400; serial += 1) {
      cluster.publish({type: 'test_event', serial, filling});
      cluster.publish({type: 'mark', mark: serial});
      await watch.has(`"mark":${serial},`);
    }
  };
  const detached = (): number => namesOf(watch).filter((name) => name.endsWith('detached')).length;
  first.socket.pause();
  await publishWhile(() => serial < 8);
  await second.has('"serial":7,');
  second.socket.pause();
  // What both wait with counts once; the first waits with more.
  await publishWhile(() => detached() === 0);
  t.is(detached(), 1);
  first.socket.resume();
  await first.closed;
  second.socket.resume();
  await second.has(`"serial":${serial - 1},`);
  // Who takes what comes is never in danger.
  await publishWhile(() => serial < 100);
  await second.has('"serial":99,');
  t.is(detached(), 1);
});

test('there are so many streams and no more, and only for those who take them', async (t) => {
  const {app, port, open} = await scene(t, {streamsMax: 1});
  const first = await open();
  await first.has('event_stream_attached');
  const second = await open();
  await second.has('too many event streams');
  t.regex(second.text, /^HTTP\/1\.1 503 /);
  const {statusCode} = await app.inject({url: '/v2/events', headers: {accept: 'application/json'}});
  t.is(statusCode, 406);
  const head = await Wire.open(t, port, 'HEAD /v2/events HTTP/1.1\r\nHost: x\r\n\r\n');
  await head.has('\r\n\r\n');
  t.regex(head.text, /^HTTP\/1\.1 503 /);
});

test('streams end when the leadership does, and when the app is closed', async (t) => {
  const {cluster, app, open} = await scene(t);
  const first = await open();
  await first.has('event_stream_attached');
  cluster.depose();
  await first.has(/\r\n0\r\n\r\n$/);
  cluster.lead();
  const second = await open();
  await second.has('event_stream_attached');
  await app.close();
  await second.closed;
  t.pass();
});
