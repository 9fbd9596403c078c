/**
 * What hostile, broken and slow clients do to a port: they get an answer or are hung up on, and
 * everybody else is served as before.
 */
import {createServer, type Server} from 'node:http';
import {createServer as createRaw, type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {FastifyInstance} from 'fastify';
import type {GatewayOptions} from './gateway-options.ts';
import {makeGateway} from './gateway.ts';
import {SILENT} from './http/api-logger.ts';
import {JSON_LIMITS, jsonOffence} from './http/json-guard.ts';
import {HTTP_LIMITS, type HttpLimits} from './http/limits.ts';
import {makeServer} from './http/make-server.ts';
import {sendAnswer} from './http/send.ts';
import {EngineCluster} from './testing/engine-cluster.ts';
import {get, listening, Wire} from './testing/sockets.ts';

interface Scene {
  readonly cluster: EngineCluster;
  readonly app: FastifyInstance;
  readonly port: number;
}

async function scene(
  t: ExecutionContext,
  limits: Partial<HttpLimits> = {},
  options: Partial<GatewayOptions> = {},
): Promise<Scene> {
  const cluster = new EngineCluster();
  const app = makeGateway(cluster, {...options, limits: {...HTTP_LIMITS, ...limits}});
  return {cluster, app, port: await listening(t, app)};
}

/** Somebody else is served. */
async function serves(t: ExecutionContext, port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/ping`);
  t.is(await answer.text(), 'pong');
}

const post = (path: string, body: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n` +
  `${headers}\r\n${body}`;

test('a body that is too large is refused, whether its length is told or not', async (t) => {
  const {port} = await scene(t, {bodyBytesMax: 1000});
  const body = 'x'.repeat(2000);
  const told = await Wire.open(t, port, post('/v2/apps', body));
  await told.has('too large');
  t.regex(told.text, /^HTTP\/1\.1 413 .*\{"message":"The body is too large"\}$/is);
  const untold = await Wire.open(
    t,
    port,
    `POST /v2/apps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${body}\r\n`,
  );
  await untold.has('too large');
  t.regex(untold.text, /^HTTP\/1\.1 413 /);
  const endless = `POST /v2/apps HTTP/1.1\r\nHost: x\r\nContent-Length: ${10 ** 12}\r\n\r\n`;
  const announced = await Wire.open(t, port, endless);
  await announced.closed;
  t.regex(announced.text, /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/is);
  const small = await Wire.open(t, port, post('/v2/apps', '{}'));
  await small.has('\r\n\r\n');
  t.regex(small.text, /^HTTP\/1\.1 422 /);
  await serves(t, port);
});

test('an answer that comes before the whole body is not lost to whoever sends on', async (t) => {
  const {port} = await scene(t, {bodyBytesMax: 1000});
  const wire = await Wire.open(t, port);
  const body = 'x'.repeat(10_000_000);
  for (const [path, status] of [
    ['/v2/apps', 413],
    ['/none', 404],
    ['/state', 405],
  ] as const) {
    wire.text = '';
    wire.socket.write(post(path, body));
    wire.socket.write(get('/ping'));
    await wire.has('pong');
    t.regex(wire.text, new RegExp(`^HTTP/1\\.1 ${status} `), path);
  }
  wire.socket.write('POST /v2/apps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `${(2 ** 20).toString(16)}\r\n${'x'.repeat(2 ** 20)}\r\n`;
  for (let count = 0; count < 200 && !wire.isClosed; count += 1) {
    await new Promise((resolve) => wire.socket.write(chunk, resolve));
  }
  await wire.closed;
  await serves(t, port);
});

test('JSON bombs, bad bytes and dangerous names do not get as far as a parser', async (t) => {
  const {cluster, app} = await scene(t);
  let asked = 0;
  cluster.witness({
    started: () => undefined,
    input: (_now, {kind}) => {
      if (kind === 'request') asked += 1;
    },
    effect: () => undefined,
    agent: () => undefined,
    measured: () => undefined,
  });
  for (const [payload, status, message] of [
    ['['.repeat(1_000_000), 400, 'The JSON of the body is nested too deep'],
    [`{"id":${'['.repeat(200)}${']'.repeat(200)}}`, 400, 'The JSON of the body is nested too deep'],
    [`[${'0,'.repeat(1_500_000)}0]`, 400, 'The JSON of the body has too many values'],
    ['{"__proto__":{"cpus":1}}', 400, "The JSON of the body has a field named '__proto__'"],
    ['{"\\u005f_proto__" : 1}', 400, "The JSON of the body has a field named '__proto__'"],
    [Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400, 'The body is not valid UTF-8'],
  ] as const) {
    for (const url of ['/v2/apps', '/v1/jobs', '/v1/scheduler/iso8601']) {
      const answer = await app.inject({method: 'POST', url, payload});
      t.is(answer.statusCode, status, message);
      t.is(answer.json().message, message);
      t.is(answer.headers['content-type'], 'application/json');
    }
  }
  t.is(asked, 0);
  const chronos = await app.inject({
    method: 'POST',
    url: '/scheduler/iso8601',
    payload: '{"__proto__":1}',
  });
  t.is(chronos.json().status, 'Bad Request');
  const fine = JSON.stringify({id: '/x', cmd: 'echo __proto__ \\u005f', labels: {a: '__proto__'}});
  t.is((await app.inject({method: 'POST', url: '/v2/apps', payload: fine})).statusCode, 201);
  const packed = await app.inject({
    method: 'POST',
    url: '/v2/apps',
    payload: 'x',
    headers: {'content-encoding': 'gzip'},
  });
  t.is(packed.statusCode, 415);
});

test('the guard sees just what a parser would see', (t) => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
      : 0;
  const names = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    (Object.hasOwn(value, '__proto__') || Object.values(value).some(names));
  const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', '"__proto__":', '\\u005f', '{['));
  const {tree} = fc.letrec((tie) => ({
    tree: fc.oneof({maxDepth: 6}, key, fc.integer(), tie('list'), tie('object')),
    list: fc.array(tie('tree'), {maxLength: 4}),
    object: fc
      .array(fc.tuple(key, tie('tree')), {maxLength: 4})
      .map((entries) => Object.fromEntries(entries) as unknown),
  }));
  const escaped = (text: string): string => text.replaceAll('_', String.raw`\u005F`);
  fc.assert(
    fc.property(tree, fc.boolean(), (value, isEscaped) => {
      const plain = JSON.stringify(value);
      const text = isEscaped ? escaped(plain) : plain;
      const parsed = JSON.parse(text) as unknown;
      const depth = depthOf(parsed);
      const offence = jsonOffence(text, {depthMax: depth, valuesMax: 1_000_000});
      t.is(offence, names(parsed) ? 'forbiddenKey' : undefined, text);
      if (depth === 0) return;
      t.is(jsonOffence(text, {depthMax: depth - 1, valuesMax: 1_000_000}), 'tooDeep', text);
    }),
  );
  t.is(jsonOffence('"', JSON_LIMITS), undefined);
  t.is(jsonOffence('{"a', JSON_LIMITS), undefined);
  t.is(jsonOffence('"\\', JSON_LIMITS), undefined);
});

test('what is no HTTP is told so, and hung up on', async (t) => {
  const {port} = await scene(t);
  for (const sent of [
    'nonsense\r\n\r\n',
    'GET /ping HTTP/9.9\r\n\r\n',
    'GET /pi ng HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /ping HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n',
    'GET /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'POST /v2/apps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'POST /v2/apps HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    '\0\0\0\0\0\0\0\0',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ]) {
    const wire = await Wire.open(t, port, sent);
    await wire.closed;
    t.regex(wire.text, /^(HTTP\/1\.1 400 Bad Request\r\n.*\{"message":.*\})?$/s, sent);
  }
  const long = await Wire.open(t, port, get('/ping', {'X-Long': 'x'.repeat(100_000)}));
  await long.closed;
  t.regex(long.text, /^HTTP\/1\.1 431 /);
  await serves(t, port);
});

test('methods and paths that nobody has are refused', async (t) => {
  const {port} = await scene(t);
  for (const [sent, status] of [
    ['PROPFIND /v2/apps HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    [`GET /${'a'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 404],
    ['GET /v2/apps/%%%/%ff HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['GET /ping HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, A\r\n\r\n', 200],
    [
      'GET /agent/x/y HTTP/1.1\r\nHost: x\r\nUpgrade: drydock-exec\r\nConnection: Upgrade\r\n\r\n',
      404,
    ],
    ['GET /ping HTTP/1.1\r\nHost: x\r\nUpgrade: drydock-exec\r\nConnection: Upgrade\r\n\r\n', 404],
  ] as const) {
    const wire = await Wire.open(t, port, sent);
    await wire.has('\r\n\r\n');
    t.true(wire.text.startsWith(`HTTP/1.1 ${status} `), `${sent}\n${wire.text}`);
  }
  await serves(t, port);
});

test('who sends slowly is told that it took too long', async (t) => {
  const {port} = await scene(t, {headersTimeoutMs: 1000, requestTimeoutMs: 1500});
  const silent = await Wire.open(t, port);
  const half = await Wire.open(t, port, 'GET /ping HTTP/1.1\r\nHost: x\r\n');
  const body = await Wire.open(
    t,
    port,
    'POST /v2/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"id"',
  );
  for (const wire of [silent, half, body]) {
    await wire.closed;
    t.regex(wire.text, /^HTTP\/1\.1 408 /);
  }
  await serves(t, port);
});

test.serial('who takes nothing of his answer is cut off, and not who only rests', async (t) => {
  const {app, port} = await scene(t, {answerStallMs: 500});
  const connections = (): Promise<number> =>
    new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));
  const resting = await Wire.open(t, port, get('/ping'));
  await resting.has('pong');
  await largeApps(t, app);
  const wire = await Wire.open(t, port);
  wire.socket.pause();
  wire.socket.write(get('/v2/apps'));
  while ((await connections()) > 1) await new Promise((resolve) => setTimeout(resolve, 20));
  t.false(resting.isClosed);
  resting.text = '';
  resting.socket.write(get('/ping'));
  await resting.has('pong');
});

/**
 * What is listed is large: much more than a kernel takes for a client that does not read. It takes
 * the process for so long that tests of short timeouts must not run meanwhile.
 */
async function largeApps(t: ExecutionContext, app: FastifyInstance): Promise<void> {
  for (const id of ['/a', '/b', '/c', '/d']) {
    const payload = {id, cmd: 'true', labels: {large: 'x'.repeat(6_000_000)}};
    t.is((await app.inject({method: 'POST', url: '/v2/apps', payload})).statusCode, 201);
  }
}

/** Asks, and takes nothing; resolves when the answer waits. */
async function stalled(t: ExecutionContext, port: number, sent: string): Promise<Wire> {
  const wire = await Wire.open(t, port, sent);
  await wire.has('\r\n\r\n');
  wire.socket.pause();
  return wire;
}

const LARGE = 24_000_000;

test.serial('answers that nobody takes have to go when there is no room for others', async (t) => {
  const {app, port} = await scene(t, {answersBytesMax: LARGE * 2.5, answerPatienceMs: 0});
  await largeApps(t, app);
  const idle = [];
  for (let count = 0; count < 5; count += 1) idle.push(await stalled(t, port, get('/v2/apps')));
  await serves(t, port);
  for (const wire of idle) wire.socket.resume();
  // The last one has room beside that of this answer, or is cut off for it.
  t.true((await (await fetch(`http://127.0.0.1:${port}/v2/apps`)).text()).length > LARGE);
  for (const wire of idle.slice(0, 3)) {
    await wire.closed;
    t.true(wire.text.length < LARGE);
  }
  // Nothing stays counted of those who took theirs, or were cut off.
  for (let count = 0; count < 4; count += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/apps`);
    t.is(answer.status, 200);
    t.true((await answer.text()).length > LARGE);
  }
});

test.serial(
  'while those before take theirs, whoever asks for much is told to come again',
  async (t) => {
    const limits = {answersBytesMax: LARGE * 1.5, answerPatienceMs: 3_600_000};
    const {app, port} = await scene(t, limits);
    await largeApps(t, app);
    const first = await stalled(t, port, get('/v2/apps'));
    const refused = await fetch(`http://127.0.0.1:${port}/v2/apps`);
    t.is(refused.status, 503);
    t.is(refused.headers.get('retry-after'), '1');
    t.deepEqual(await refused.json(), {
      message: 'Too many answers wait to be taken at this moment',
    });
    const payload = {id: '/e', cmd: 'true', labels: {large: 'x'.repeat(6_000_000)}};
    const changed = await app.inject({method: 'POST', url: '/v2/apps', payload});
    t.is(changed.statusCode, 201, 'what was done is told');
    await serves(t, port);
    first.socket.resume();
    await first.until(({text}) => text.length > LARGE);
    t.false(first.isClosed);
    t.is((await fetch(`http://127.0.0.1:${port}/v2/apps`)).status, 200);
  },
);

test('requests of one connection are served one after another', async (t) => {
  const begun: string[] = [];
  const gates: (() => void)[] = [];
  const app = makeServer({
    face: async (exchange) => {
      begun.push(exchange.path);
      if (exchange.path !== '/free') await new Promise<void>((resolve) => gates.push(resolve));
      await sendAnswer(exchange, {status: 200, headers: {}, body: exchange.path});
    },
    limits: HTTP_LIMITS,
    logger: SILENT,
  });
  const port = await listening(t, app);
  const wire = await Wire.open(t, port, get('/one') + get('/two') + get('/three'));
  for (const path of ['/one', '/two', '/three']) {
    while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await fetch(`http://127.0.0.1:${port}/free`);
    t.is(begun.filter((one) => one !== '/free').at(-1), path);
    t.is(gates.length, 1);
    gates.pop()?.();
    await wire.has(`\r\n\r\n${path}`);
  }
  const gone = await Wire.open(t, port, get('/four') + get('/five'));
  while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
  gone.socket.resetAndDestroy();
  gates.pop()?.();
  const many = await Wire.open(t, port, get('/six') + get('/seven').repeat(1001));
  await many.closed;
  await fetch(`http://127.0.0.1:${port}/free`);
  t.deepEqual(begun.filter((one) => one !== '/free').slice(3), ['/four', '/six']);
  for (const open of gates) open();
});

test('a connection stays open between requests for longer than its headers may take', async (t) => {
  const {port} = await scene(t, {headersTimeoutMs: 500, requestTimeoutMs: 800});
  const wire = await Wire.open(t, port, get('/ping'));
  await wire.has('pong');
  // Longer than both, and than Node looks for what is too slow.
  await new Promise((resolve) => setTimeout(resolve, 1800));
  t.false(wire.isClosed);
  wire.text = '';
  wire.socket.write(get('/v2/leader'));
  await wire.has('leader');
  t.regex(wire.text, /^HTTP\/1\.1 200 OK/);
});

test('answers of every kind leave the connection open, and one after another', async (t) => {
  const {port} = await scene(t);
  const wire = await Wire.open(t, port);
  for (const path of [
    '/metadata',
    '/health',
    '/ping',
    '/v2/none',
    '/none',
    '/marathon',
    '/state',
  ]) {
    wire.text = '';
    wire.socket.write(get(path));
    await wire.has('\r\n\r\n');
    t.notRegex(wire.text, /connection: close/i, path);
  }
  wire.text = '';
  wire.socket.write(post('/v2/apps', '{}') + post('/v2/apps', '[]') + get('/ping'));
  await wire.has('pong');
  t.is(wire.text.match(/HTTP\/1\.1 422 /g)?.length, 2);
  t.false(wire.isClosed);
});

test('timeouts hold also where connections are handed over by another server', async (t) => {
  const cluster = new EngineCluster();
  const limits = {...HTTP_LIMITS, headersTimeoutMs: 1000, requestTimeoutMs: 1500};
  const app = makeGateway(cluster, {limits});
  await app.ready();
  const front = createRaw((socket) => app.server.emit('connection', socket));
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    front.close();
    await app.close();
  });
  const {port} = front.address() as AddressInfo;
  const slow = await Wire.open(t, port, 'GET /ping HTTP/1.1\r\nHost: x\r\n');
  await serves(t, port);
  await slow.closed;
  t.regex(slow.text, /^HTTP\/1\.1 408 /);
});

test('there are so many connections and no more', async (t) => {
  const {port} = await scene(t, {connectionsMax: 3});
  const wires = [];
  for (let count = 0; count < 3; count += 1) {
    const wire = await Wire.open(t, port, get('/ping'));
    await wire.has('pong');
    wires.push(wire);
  }
  const fourth = await Wire.open(t, port, get('/ping'));
  await fourth.closed;
  t.is(fourth.text, '');
  wires[0]?.socket.destroy();
  for (;;) {
    const again = await Wire.open(t, port, get('/ping'));
    await again.until(({text, isClosed}) => isClosed || text.includes('pong'));
    if (again.text !== '') break;
  }
  t.pass();
});

test('clients that go away in the middle leave nothing behind', async (t) => {
  const {cluster, port} = await scene(t);
  cluster.join('a1');
  for (let round = 0; round < 20; round += 1) {
    const upload = await Wire.open(
      t,
      port,
      'POST /v2/apps HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"id":"/a"',
    );
    const chunked = await Wire.open(
      t,
      port,
      'PUT /v2/apps/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc',
    );
    const stream = await Wire.open(t, port, get('/v2/events'));
    await stream.has('event_stream_attached');
    const state = await Wire.open(t, port, get('/state'));
    for (const wire of [upload, chunked, stream, state]) wire.socket.resetAndDestroy();
  }
  while (cluster.listeners > 0) await new Promise((resolve) => setImmediate(resolve));
  await serves(t, port);
  const apps = await fetch(`http://127.0.0.1:${port}/v2/apps`);
  t.is(await apps.text(), '{"apps":[]}');
});

test('many connections that do nothing are no burden', async (t) => {
  const {port} = await scene(t);
  const idle = await Promise.all(Array.from({length: 500}, () => Wire.open(t, port)));
  await serves(t, port);
  t.is(idle.filter(({isClosed}) => isClosed).length, 0);
});

test('whatever bytes come, the next client is served', async (t) => {
  const {cluster, port} = await scene(t, {headersTimeoutMs: 5000});
  cluster.join('a1');
  const paths = [
    '/v2/apps',
    '/v2/apps//a/versions',
    '/state',
    '/v1/jobs',
    '/files/read',
    '/agent/a1/x',
  ];
  const verbs = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
  const header = fc.constantFrom(
    'Accept: */*',
    'Content-Type: application/json',
    'Content-Type: ///',
    'Content-Type: ',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Connection: close',
    'Connection: Upgrade\r\nUpgrade: drydock-exec',
    'Accept-Encoding: gzip',
    'X-Marathon-Via: 1.1 127.0.0.1:5050',
  );
  const json = fc.json({maxDepth: 4});
  const message = fc.oneof(
    fc.uint8Array({maxLength: 300}).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc
      .tuple(
        fc.constantFrom(...verbs),
        fc.tuple(fc.constantFrom(...paths), fc.webQueryParameters()),
        fc.array(header, {maxLength: 4}),
        fc.oneof(json, fc.string({maxLength: 50})),
        fc.nat(400),
      )
      .map(([verb, [path, query], headers, body, cut]) => {
        const lines = [`${verb} ${path}?${query} HTTP/1.1`, 'Host: x', ...headers];
        const text = `${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        return cut < 300 ? text : text.slice(0, cut - 300);
      }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, {minLength: 1, maxLength: 4}),
      fc.boolean(),
      async (sent, isRude) => {
        const wire = await Wire.open(t, port);
        for (const text of sent) if (!wire.isClosed) wire.socket.write(text, 'latin1');
        if (isRude) wire.socket.resetAndDestroy();
        else wire.socket.end();
        await serves(t, port);
        wire.socket.destroy();
      },
    ),
    {numRuns: 150},
  );
  t.true(cluster.isLeader);
});

test('a fault of ours is answered and logged, and nobody is shown it', async (t) => {
  const logged: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (details: object) => logged.push(details),
  };
  const {cluster, app} = await scene(t, {}, {logger});
  cluster.request = () => Promise.reject(new Error('the secret is 42'));
  const answer = await app.inject({method: 'POST', url: '/v2/apps', payload: '{}'});
  t.deepEqual([answer.statusCode, answer.body], [500, '{"message":"Internal error"}']);
  t.is(logged.length, 1);
});

test('an agent that breaks off breaks off the answer, and nothing else', async (t) => {
  const {cluster, port} = await scene(t);
  cluster.join('a1');
  const agent: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, {'Content-Length': 100});
    response.write('half');
    setImmediate(() => response.destroy());
  });
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => agent.close());
  const origin = `http://127.0.0.1:${(agent.address() as AddressInfo).port}`;
  cluster.access.set('a1', {origin, headers: {}});
  const wire = await Wire.open(t, port, get('/agent/a1/files/download?path=x'));
  await wire.closed;
  t.regex(wire.text, /^HTTP\/1\.1 200 OK\r\n.*half$/s);
  await serves(t, port);
});
