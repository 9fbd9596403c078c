/** An agent's own face through the port of a master: files, streams and commands. */
import {writeFileSync} from 'node:fs';
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {FastifyInstance} from 'fastify';
import {makeAgentFace} from './agent/agent-face.ts';
import {encodeFrame, EXEC_PATH} from './agent/exec-frames.ts';
import {
  AGENT,
  agentScene,
  framesOf,
  played,
  upgraded,
  type AgentScene,
} from './agent/testing/agent-scene.ts';
import type {AgentExecSession} from './agent/agent-face-source.ts';
import {makeGateway} from './gateway.ts';
import {EngineCluster} from './testing/engine-cluster.ts';
import {get, listening, Wire} from './testing/sockets.ts';

const PROOF = {'x-drydock-proof': 'good'};

interface Scene extends AgentScene {
  readonly cluster: EngineCluster;
  readonly app: FastifyInstance;
  readonly port: number;
}

/** A master and an agent that answers only to it. */
async function scene(t: ExecutionContext, exec?: () => AgentExecSession): Promise<Scene> {
  const agent = agentScene(t, exec);
  const face = makeAgentFace(agent.source, {
    authorize: ({headers}) => headers['x-drydock-proof'] === 'good',
  });
  const agentPort = await listening(t, face);
  const cluster = new EngineCluster();
  cluster.join(AGENT);
  cluster.access.set(AGENT, {origin: `http://127.0.0.1:${agentPort}`, headers: PROOF});
  const app = makeGateway(cluster, {tokens: ['secret']});
  return {...agent, cluster, app, port: await listening(t, app)};
}

const TOKEN = {Authorization: 'token=secret'};

test('an agent is reached by its id under three prefixes, and only with a token', async (t) => {
  const {port} = await scene(t);
  for (const path of [
    '/agent/S1/state',
    '/slave/S1/slave(1)/state',
    '/mesos/slave/S1/slave%281%29/state',
  ]) {
    const url = `http://127.0.0.1:${port}${path}`;
    t.is((await fetch(url)).status, 401);
    const answer = await fetch(url, {headers: TOKEN});
    t.is(answer.status, 200, path);
    t.is(answer.headers.get('content-type'), 'application/json');
    t.is(((await answer.json()) as {id: string}).id, 'S1');
  }
  const none = await fetch(`http://127.0.0.1:${port}/agent/S2/state`, {headers: TOKEN});
  t.is(none.status, 404);
});

test('files come through byte for byte, while they come', async (t) => {
  const {port, sandbox, directory} = await scene(t);
  const bytes = Buffer.alloc(2_000_000, 0xab);
  writeFileSync(join(sandbox, 'core.bin'), bytes);
  const query = new URLSearchParams({path: `${directory}/core.bin`}).toString();
  const url = `http://127.0.0.1:${port}/agent/S1/files/download?${query}`;
  const answer = await fetch(url, {headers: TOKEN});
  t.is(answer.headers.get('content-length'), '2000000');
  t.is(answer.headers.get('content-disposition'), 'attachment; filename=core.bin');
  t.true(bytes.equals(Buffer.from(await answer.arrayBuffer())));
  const part = await fetch(
    `http://127.0.0.1:${port}/agent/S1/files/read?${query}&offset=1999999&length=10`,
    {headers: TOKEN},
  );
  t.is((await part.arrayBuffer()).byteLength, '{"data":"x","offset":1999999}'.length);
});

test('an agent sees that a master asks, and nothing that a client could be known by', async (t) => {
  const {cluster, port} = await scene(t);
  const seen: IncomingMessage[] = [];
  const spy = createServer((request, response) => {
    seen.push(request);
    request.pipe(response);
  });
  await new Promise<void>((resolve) => spy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => spy.close());
  const origin = `http://127.0.0.1:${(spy.address() as AddressInfo).port}`;
  cluster.access.set(AGENT, {origin, headers: PROOF});
  const answer = await fetch(`http://127.0.0.1:${port}/agent/S1/c?q=%20`, {
    method: 'POST',
    headers: {...TOKEN, cookie: 'a=b', 'x-drydock-proof': 'forged', 'x-other': 'kept'},
    body: 'through and back',
  });
  t.is(await answer.text(), 'through and back');
  const [{url, headers, method} = {url: '', headers: {}, method: ''}] = seen;
  t.is(url, '/c?q=%20');
  t.is(method, 'POST');
  t.like(headers, {'x-drydock-proof': 'good', 'x-other': 'kept', 'x-forwarded-for': '127.0.0.1'});
  t.is(headers.authorization, undefined);
  t.is(headers.cookie, undefined);
});

test('a path goes to the agent as it was sent', async (t) => {
  const {cluster, port} = await scene(t);
  let seen: string | undefined;
  const spy = createServer((request, response) => {
    seen = request.url;
    response.end();
  });
  await new Promise<void>((resolve) => spy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => spy.close());
  cluster.access.set(AGENT, {
    origin: `http://127.0.0.1:${(spy.address() as AddressInfo).port}`,
    headers: {},
  });
  const path = "/agent/S1//slave(1)/a%2fb/../'[x]|?path=/a%20b&c=%";
  const wire = await Wire.open(t, port, get(path, TOKEN));
  await wire.has('\r\n\r\n');
  t.is(seen, path.slice('/agent/S1'.length));
});

test('an agent that is not there is told from one that is not known', async (t) => {
  const {cluster, app} = await scene(t);
  cluster.access.set(AGENT, {origin: 'http://127.0.0.1:1', headers: {}});
  const answer = await app.inject({url: '/agent/S1/state', headers: TOKEN});
  t.deepEqual([answer.statusCode, answer.body], [502, '{"message":"The agent cannot be reached"}']);
});

test('a command beside a task is joined with the client, both ways', async (t) => {
  const command = played();
  const {port} = await scene(t, () => command.session);
  const socket = await upgraded(port, `/agent/S1${EXEC_PATH}`, TOKEN);
  socket.write(
    encodeFrame({kind: 'request', request: {taskId: 'web.1', argv: ['cat'], tty: false}}),
  );
  const large = Buffer.alloc(500_000, 0x61);
  for (let at = 0; at < large.length; at += 100_000) {
    socket.write(encodeFrame({kind: 'stdin', data: large.subarray(at, at + 100_000)}));
  }
  socket.write(encodeFrame({kind: 'stdinEnd'}));
  command.stdin.pipe(command.stdout);
  command.stdin.once('end', () => command.exit(3));
  let size = 0;
  let exitCode: number | undefined;
  for await (const frame of framesOf(socket)) {
    if (frame.kind === 'stdout') size += frame.data.length;
    if (frame.kind === 'exit') exitCode = frame.exitCode;
  }
  t.deepEqual([size, exitCode], [large.length, 3]);
});

test('a command ends when the client of its master goes', async (t) => {
  const command = played();
  const {port} = await scene(t, () => command.session);
  const socket = await upgraded(port, `/mesos/slave/S1/slave(1)${EXEC_PATH}`, TOKEN);
  socket.write(
    encodeFrame({kind: 'request', request: {taskId: 'web.1', argv: ['top'], tty: true}}),
  );
  command.stdout.write('begun');
  await new Promise((resolve) => socket.once('data', resolve));
  const killed = new Promise<void>((resolve) => {
    command.session.kill = resolve;
  });
  socket.destroy();
  await killed;
  t.pass();
});

test('what is refused is refused on upgraded connections as well', async (t) => {
  const {port, cluster} = await scene(t);
  const path = `/agent/S1${EXEC_PATH}`;
  await t.throwsAsync(() => upgraded(port, path), {message: 'status 401'});
  await t.throwsAsync(() => upgraded(port, `/agent/S2${EXEC_PATH}`, TOKEN), {
    message: 'status 404',
  });
  await t.throwsAsync(() => upgraded(port, '/agent/S1/other', TOKEN), {message: 'status 404'});
  cluster.access.set(AGENT, {origin: 'http://127.0.0.1:1', headers: {}});
  await t.throwsAsync(() => upgraded(port, path, TOKEN), {message: 'status 502'});
  cluster.depose();
  await t.throwsAsync(() => upgraded(port, path, TOKEN), {message: 'status 503'});
  cluster.leader = {hostname: '127.0.0.1', port};
  cluster.self = {...cluster.self, port};
  await t.throwsAsync(() => upgraded(port, path, TOKEN), {message: 'status 503'});
  cluster.self = {...cluster.self, port: 1};
  await t.throwsAsync(() => upgraded(port, path, TOKEN), {message: 'status 502'}, 'a loop');
});

test('a command is reached by way of a master that does not lead', async (t) => {
  const command = played();
  const {port} = await scene(t, () => command.session);
  const cluster = new EngineCluster({leads: false});
  const follower = makeGateway(cluster, {tokens: ['secret']});
  const followerPort = await listening(t, follower);
  cluster.leader = {hostname: '127.0.0.1', port};
  const socket = await upgraded(followerPort, `/agent/S1${EXEC_PATH}`, TOKEN);
  socket.write(
    encodeFrame({kind: 'request', request: {taskId: 'web.1', argv: ['true'], tty: false}}),
  );
  command.exit(0);
  const kinds = [];
  for await (const {kind} of framesOf(socket)) kinds.push(kind);
  t.deepEqual(kinds, ['exit']);
});
