import test, {type ExecutionContext} from 'ava';
import {StoreUnavailableError} from '../ports/store.ts';
import {ElectionCandidate, LeaderWatcher} from './election.ts';
import {openZkSession, type ZkSession} from './session.ts';
import {startEnsemble} from './testing/ensemble.ts';
import {startFaultyNetwork} from './testing/faulty-network.ts';
import {isZkError, type ZkError} from './zk-error.ts';
import {openZkStore} from './zk-store.ts';
import type {ZkCredentials} from './zk-url.ts';

const ensemble = await startEnsemble({servers: 3, tickMs: 200});
test.after.always(async () => await ensemble.stop());

const ours: ZkCredentials = {user: 'drydock', password: 'S3cret'};

interface Wish {
  readonly servers?: string;
  readonly credentials?: ZkCredentials;
  readonly sessionTimeoutMs?: number;
}

async function open(t: ExecutionContext, wish: Wish = {}): Promise<ZkSession> {
  const {servers = ensemble.connect, credentials, sessionTimeoutMs = 4000} = wish;
  const zk = {servers: servers.split(','), credentials};
  const session = await openZkSession({zk, sessionTimeoutMs, connectTimeoutMs: 30_000});
  t.teardown(() => session.close());
  return session;
}

const nothing = Buffer.alloc(0);

test.serial('a server that hangs is given up; the session moves on with its watches', async (t) => {
  const session = await open(t, {sessionTimeoutMs: 2000});
  const {id} = session;
  await session.ensurePath('/moving');
  const changed = Promise.withResolvers<void>();
  await session.children('/moving', changed.resolve);
  for (const server of ensemble.servers) {
    server.pause();
    await session.prove();
    server.resume();
  }
  t.is(session.id, id);
  const other = await open(t);
  await other.transact([{kind: 'create', path: '/moving/a', data: nothing}]);
  await changed.promise;
  t.deepEqual(await session.children('/moving'), ['a']);
});

test.serial(
  'while nothing passes, requests wait or are unsure; then the session has expired',
  async (t) => {
    const network = await startFaultyNetwork(ensemble.connect);
    t.teardown(() => network.close());
    const session = await open(t, {servers: network.connect, sessionTimeoutMs: 1000});
    await session.ensurePath('/expiring');
    await session.prove();
    t.true(session.provenUntil > performance.now());
    network.cut();
    const write = session.transact([{kind: 'create', path: '/expiring/a', data: nothing}]);
    await t.throwsAsync(write, {message: /lost before the answer/});
    t.false(session.isConnected);
    const at = performance.now();
    await t.throwsAsync(session.set('/expiring', nothing), {message: /no connection/});
    t.true(performance.now() - at < 1000, 'a write without a connection fails at once');
    const reading = session.read('/expiring');
    const waiting = t.throwsAsync(reading, {message: 'the ZooKeeper session has expired'});
    const other = await open(t);
    // Until its servers have forgotten it, an ephemeral node of it would be there.
    while (performance.now() < session.provenUntil + 1500) await other.prove();
    network.heal();
    t.is(await session.ended, 'expired');
    await waiting;
    t.is(session.provenUntil, -Infinity);
    await t.throwsAsync(session.prove(), {message: 'the ZooKeeper session has expired'});
  },
);

test.serial(
  'after a lost connection nothing is asked before the session has logged in again',
  async (t) => {
    const network = await startFaultyNetwork(ensemble.connect);
    t.teardown(() => network.close());
    const session = await open(t, {servers: network.connect, credentials: ours});
    await session.ensurePath('/private');
    const data = Buffer.alloc(100_000, 'x');
    await session.transact([{kind: 'create', path: '/private/a', data}]);
    const reads: Promise<unknown>[] = [];
    const writes: Promise<unknown>[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 30; index += 1) {
        reads.push(session.read('/private/a').then((node) => t.true(node?.data.equals(data))));
        // More than the socket takes at once: some are queued when the connection breaks.
        writes.push(
          session.set('/private/a', data).catch((error: unknown) => {
            t.true(isZkError(error, 'connectionLoss'), String(error));
          }),
        );
      }
      // Answers are on their way, in pieces.
      await reads[30 * round];
      network.heal();
    }
    await Promise.all([...reads, ...writes]);
    t.is(reads.length, 600);
  },
);

const SESSION_MOVED = -118;

test.serial('an answer that cannot be understood leaves nobody waiting', async (t) => {
  const network = await startFaultyNetwork(ensemble.connect);
  t.teardown(() => network.close());
  const session = await open(t, {servers: network.connect});
  await session.ensurePath('/misunderstood');
  network.failNextAnswer(SESSION_MOVED);
  const write = session.set('/misunderstood', nothing);
  await t.throwsAsync(write, {message: /lost before the answer/});
  network.failNextAnswer(SESSION_MOVED);
  t.deepEqual(await session.children('/misunderstood'), [], 'what may be asked twice is');
});

test.serial('what was made with credentials is for those who have them', async (t) => {
  const session = await open(t, {credentials: ours});
  await session.ensurePath('/ours');
  const places = {path: '/ours/store', epochPath: '/ours/epoch'};
  const store = openZkStore({nodes: session, ...places});
  await store.commit({epoch: 1, puts: [{path: 'a', document: 1}], deletes: []});
  for (const credentials of [undefined, {...ours, password: 'wrong'}]) {
    const stranger = await open(t, credentials === undefined ? {} : {credentials});
    for (const ask of [
      () => stranger.read('/ours/epoch'),
      () => stranger.children('/ours'),
      () => stranger.set('/ours/epoch', nothing),
      () => stranger.transact([{kind: 'create', path: '/ours/x', data: nothing}]),
      () => stranger.transact([{kind: 'remove', path: '/ours/epoch'}]),
    ]) {
      const error = await t.throwsAsync<ZkError>(ask());
      t.is(error.kind, 'noAuth');
      t.notRegex(error.stack ?? '', /S3cret|wrong/);
    }
    const error = await t.throwsAsync(openZkStore({nodes: stranger, ...places}).load(), {
      instanceOf: StoreUnavailableError,
    });
    t.regex(error.message, /refuses access to \/ours\/.* other credentials/);
  }
  const again = await open(t, {credentials: ours});
  t.deepEqual(await openZkStore({nodes: again, ...places}).load(), [['a', 1]]);
});

test.serial('others may see who leads, and nothing else', async (t) => {
  const info = {id: 'a', ip: '127.0.0.1', port: 5050, hostname: 'a.example', version: '1'};
  const zk = {servers: ensemble.connect.split(','), path: '/seen', credentials: ours};
  const options = {zk, sessionTimeoutMs: 4000};
  const elected = Promise.withResolvers<ZkSession>();
  const candidate = new ElectionCandidate(options, info, {
    elected: ({session}) => elected.resolve(session),
    lost: () => undefined,
    leaderChanged: () => undefined,
    notice: () => undefined,
  });
  t.teardown(() => candidate.close());
  const leader = await elected.promise;
  const store = openZkStore({nodes: leader, path: '/seen/store', epochPath: '/seen/epoch'});
  await store.commit({epoch: 1, puts: [{path: 'secret', document: 1}], deletes: []});
  const seen = Promise.withResolvers<string | undefined>();
  const watcher = new LeaderWatcher(
    {...options, zk: {...zk, credentials: undefined}},
    {leaderChanged: (one) => seen.resolve(one?.hostname), notice: (text) => seen.resolve(text)},
  );
  t.teardown(() => watcher.close());
  t.is(await seen.promise, 'a.example');
  const stranger = await open(t);
  await t.throwsAsync(stranger.children('/seen/store'), {message: /other credentials/});
  await t.throwsAsync(stranger.read('/seen/epoch'), {message: /other credentials/});
  await t.throwsAsync(stranger.transact([{kind: 'remove', path: '/seen/json.info_0000000000'}]), {
    message: /other credentials/,
  });
});

test.serial('an ensemble that does not answer is named, with what was heard of it', async (t) => {
  const network = await startFaultyNetwork(ensemble.connect);
  t.teardown(() => network.close());
  network.cut();
  for (const [servers, message] of [
    [
      '127.0.0.1:1',
      /^no ZooKeeper server of 127\.0\.0\.1:1 has answered within 500 ms \(.*REFUSED/,
    ],
    [network.connect, /^no ZooKeeper server of [0-9.:,]+ has answered within 500 ms/],
    ['nowhere.invalid:2181', /^no ZooKeeper server of nowhere\.invalid:2181 .*nowhere\.invalid/],
  ] as const) {
    const zk = {servers: servers.split(','), credentials: ours};
    const opening = openZkSession({zk, sessionTimeoutMs: 4000, connectTimeoutMs: 500});
    const error = await t.throwsAsync<ZkError>(opening, {message});
    t.is(error.kind, 'unreachable');
  }
});
