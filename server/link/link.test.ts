/** The one port of a master: HTTP and agents on it, and who is let in. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, get, type Server} from 'node:http';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {openChannelPair, openLineChannel, type Channel} from './channel.ts';
import {readAgentMessage} from './messages.ts';
import {
  idOfKey,
  KeyFileError,
  makeClusterKey,
  readKeyFile,
  writeKeyFile,
  type ClusterKey,
} from './cluster-key.ts';
import {isProven, proofHeaders} from './proof.ts';
import {connectSecurely, makeSecureServer} from './secure.ts';
import {openSharedPort, type SharedPort} from './shared-port.ts';

interface Bed {
  readonly port: number;
  readonly key: ClusterKey;
  readonly heard: unknown[];
  readonly ends: string[];
}

/** A port whose agents' side sends back what it hears. */
async function bed(t: ExecutionContext): Promise<Bed> {
  const key = makeClusterKey();
  const heard: unknown[] = [];
  const ends: string[] = [];
  const http: Server = createServer((request, response) => response.end(`http ${request.url}`));
  const agents = makeSecureServer(key, (socket) => {
    const channel: Channel = openLineChannel(socket, {
      message: (value) => {
        heard.push(value);
        channel.send(value);
      },
      ended: (reason) => ends.push(reason),
    });
  });
  const shared: SharedPort = await openSharedPort({hostname: '127.0.0.1', port: 0}, 100);
  shared.serve({http, agents});
  t.teardown(() => shared.close());
  return {port: shared.port, key, heard, ends};
}

/** Sends one message and resolves to what comes back. */
async function echo(port: number, key: ClusterKey, message: unknown): Promise<unknown> {
  const socket = await connectSecurely({hostname: '127.0.0.1', port}, key);
  return await new Promise((resolve, reject) => {
    const channel = openLineChannel(socket, {
      message: (value) => {
        channel.end();
        resolve(value);
      },
      ended: (reason) => reject(new Error(reason)),
    });
    channel.send(message);
  });
}

async function httpText(port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    get({host: '127.0.0.1', port, path, agent: false}, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

test('HTTP and agents share a port', async (t) => {
  const {port, key} = await bed(t);
  t.is(await httpText(port, '/v2/apps'), 'http /v2/apps');
  t.deepEqual(await echo(port, key, {hello: 'wörld'}), {hello: 'wörld'});
  t.is(await httpText(port, '/again'), 'http /again');
});

test('messages of any size arrive whole', async (t) => {
  const {port, key} = await bed(t);
  const message = {text: 'a line\n'.repeat(500_000)};
  t.deepEqual(await echo(port, key, message), message);
});

test('who has another key is not let in, on either side', async (t) => {
  const {port, heard} = await bed(t);
  const error = await t.throwsAsync(echo(port, makeClusterKey(), {hello: 1}));
  t.regex(error.message, /another key/);
  t.deepEqual(heard, []);
});

test('a connection that says what is no JSON is ended', async (t) => {
  const {port, key, ends} = await bed(t);
  const socket = await connectSecurely({hostname: '127.0.0.1', port}, key);
  socket.write('{"half":\n');
  await new Promise((resolve) => {
    socket.on('close', resolve);
    socket.resume();
  });
  t.deepEqual(ends, ['a message is not JSON']);
});

test('who talks TLS of another kind, or nothing of use, harms nobody', async (t) => {
  const {port, key} = await bed(t);
  for (const bytes of [Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]), Buffer.alloc(200, 0xff)]) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
      socket.on('close', () => resolve());
      socket.on('error', () => undefined);
      socket.resume();
    });
  }
  t.is(await echo(port, key, 1), 1);
});

test('two ends in one process hear each other as JSON, and of the end', async (t) => {
  const heard: unknown[] = [];
  const {promise, resolve} = Promise.withResolvers<string>();
  const {near, far} = openChannelPair(
    {
      message: (value) => {
        heard.push(value);
        far.end();
      },
      ended: resolve,
    },
    {message: (value) => far.send({back: value}), ended: () => undefined},
  );
  near.send({n: 1, gone: undefined});
  t.is(await promise, 'the other side ended the connection');
  t.deepEqual(heard, [{back: {n: 1}}]);
  t.false(near.isOpen);
});

const REGISTER = {
  kind: 'register',
  protocol: 1,
  registration: {
    kind: 'agentRegistered',
    agent: {id: 'a1', hostname: 'h', attributes: {}},
    resources: {scalars: {cpus: 1000}},
    tasks: [],
  },
  report: {agentId: 'a1', hostname: 'h', port: 1, version: '1', startedAt: 0, tasks: []},
};

for (const [title, message, problem] of [
  ['a registration is read', REGISTER, undefined],
  ['no object', 'hello', /expected object/i],
  ['a kind that nobody knows', {kind: 'shout'}, /kind/],
  [
    'an id that could be a path',
    {...REGISTER, report: {...REGISTER.report, agentId: '../a'}},
    /report\.agentId/,
  ],
  [
    'amounts that are none',
    {...REGISTER, registration: {...REGISTER.registration, resources: {cpus: 1}}},
    /registration\.resources\.scalars/,
  ],
] as const) {
  test(`what agents say is checked: ${title}`, (t) => {
    const read = readAgentMessage(message);
    if (problem === undefined) t.true(read.ok);
    else t.regex(read.ok ? '' : read.problem, problem);
  });
}

test('a proof is good for a while, with one key', (t) => {
  const [key, other] = [makeClusterKey(), makeClusterKey()];
  const headers = proofHeaders(key, 1_000_000);
  const [[name, proof] = ['', '']] = Object.entries(headers);
  t.true(isProven(headers, key, 1_000_000));
  t.true(isProven(headers, key, 1_060_000));
  t.false(isProven(headers, key, 1_060_001));
  t.false(isProven(headers, other, 1_000_000));
  for (const wrong of [`9${proof}`, `${proof}0`, proof.replace(/.$/, 'x'), '.', '']) {
    t.false(isProven({[name]: wrong}, key, 1_000_000), wrong);
  }
  t.false(isProven({}, key, 1_000_000));
});

test('a key file is made once, and read as it was made', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-key-'));
  const file = join(folder, 'key');
  const key = makeClusterKey();
  writeKeyFile(file, key);
  t.deepEqual(readKeyFile(file), key);
  t.throws(() => writeKeyFile(file), {code: 'EEXIST'});
  t.is(idOfKey(key), idOfKey(readKeyFile(file)));
  t.not(idOfKey(key), idOfKey(makeClusterKey()));
  writeFileSync(join(folder, 'short'), 'abcd');
  for (const name of ['short', 'missing', '.']) {
    t.throws(() => readKeyFile(join(folder, name)), {instanceOf: KeyFileError});
  }
  rmSync(folder, {recursive: true});
});
