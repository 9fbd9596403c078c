import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {storeContract} from '../ports/testing/store-contract.ts';
import {
  type Store,
  type StoredDocument,
  StoreUnavailableError,
  type StoreWrite,
} from '../ports/store.ts';
import {openZkSession, type ZkSession} from './session.ts';
import {startEnsemble} from './testing/ensemble.ts';
import {startFaultyNetwork} from './testing/faulty-network.ts';
import type {ZkNodes} from './zk-nodes.ts';
import {openZkStore, ZK_STORE_LIMITS} from './zk-store.ts';

const ensemble = await startEnsemble({servers: 3, tickMs: 200});
test.after.always(async () => await ensemble.stop());

async function openSession(servers = ensemble.connect, sessionTimeoutMs = 20_000) {
  const zk = {servers: servers.split(','), credentials: undefined};
  return await openZkSession({zk, sessionTimeoutMs, connectTimeoutMs: 30_000});
}

let folders = 0;

/** A new folder, and where a store's nodes are in it. */
async function makePlaces(session: ZkSession) {
  folders += 1;
  const folder = `/folder-${folders}`;
  await session.ensurePath(folder);
  return {path: `${folder}/store`, epochPath: `${folder}/epoch`};
}

async function makeBed() {
  const first = await openSession();
  const places = await makePlaces(first);
  return {
    open: async (): Promise<Store> => {
      const session = await openSession();
      const store = openZkStore({nodes: session, ...places});
      return {
        load: () => store.load(),
        commit: (write) => store.commit(write),
        close: async () => {
          await store.close();
          await session.close();
        },
      };
    },
    cleanUp: async () => await first.close(),
  };
}

storeContract(test.serial, '3 ZooKeeper servers', makeBed, {
  shared: true,
  runs: 8,
  tooLargeBytes: ZK_STORE_LIMITS.documentBytes + 1,
});

function put(documents: Readonly<Record<string, unknown>>): StoreWrite {
  const puts = Object.entries(documents).map(([path, document]) => ({path, document}));
  return {epoch: 1, puts, deletes: []};
}

async function openOwn(t: ExecutionContext, servers?: string, sessionTimeoutMs?: number) {
  const session = await openSession(servers, sessionTimeoutMs);
  t.teardown(() => session.close());
  return session;
}

test.serial(
  'a writer that dies between the steps of a large write leaves all of it or nothing',
  async (t) => {
    const places = await makePlaces(await openOwn(t));
    let before: readonly StoredDocument[] = [];
    const found = {all: 0, nothing: 0};
    let isOver = false;
    for (let stepsLeft = 2; !isOver; stepsLeft += 1) {
      // More than a megabyte of parts, and more changes than one transaction takes.
      const write = put({large: `${stepsLeft}`.padEnd(1_200_000, 'x'), ...manyOf(2500, stepsLeft)});
      const expected = write.puts.map(({path, document}) => [path, document] as const);
      const session = await openSession();
      const store = openZkStore({nodes: dyingAfter(session, stepsLeft), ...places});
      const [outcome] = await Promise.allSettled([store.commit(write)]);
      await store.close();
      isOver = !session.isOver;
      await session.close();
      const next = openZkStore({nodes: await openOwn(t), ...places});
      const loaded = await next.load();
      const isAll = loaded.length === expected.length && loaded.at(-1)?.[1] === stepsLeft;
      t.true(isAll || outcome.status === 'rejected', 'what was acknowledged is there');
      t.deepEqual(digestOf(loaded), digestOf(isAll ? expected : before));
      found[isAll ? 'all' : 'nothing'] += 1;
      before = loaded;
    }
    t.true(found.nothing >= 4 && found.all >= 3, JSON.stringify(found));
  },
);

function manyOf(count: number, document: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Array.from({length: count}, (_, index) => [`many/${String(index).padStart(5, '0')}`, document]),
  );
}

/** Closes the session after so many transactions; what is asked then fails. */
function dyingAfter(session: ZkSession, transactions: number): ZkNodes {
  let left = transactions;
  return {
    timeoutMs: session.timeoutMs,
    read: (path) => session.read(path),
    children: (path) => session.children(path),
    set: (path, data, version) => session.set(path, data, version),
    ensurePath: (path) => session.ensurePath(path),
    connected: () => session.connected(),
    transact: async (ops) => {
      left -= 1;
      if (left < 0) await session.close();
      await session.transact(ops);
    },
  };
}

/** So that a difference does not print megabytes. */
function digestOf(documents: readonly StoredDocument[]): string {
  const first = documents[0]?.[1];
  const rest = new Set(documents.slice(1).map(([, document]) => document));
  return `${documents.length}: ${String(first).slice(0, 5)}…, ${[...rest].join(', ')}`;
}

test.serial('without a majority nothing is acknowledged; with one again it goes on', async (t) => {
  const session = await openOwn(t);
  const store = openZkStore({nodes: session, ...(await makePlaces(session))});
  await store.commit(put({a: 0}));
  await Promise.all([ensemble.server(0).kill(), ensemble.server(1).kill()]);
  const acknowledged: number[] = [];
  const calls = [1, 2, 3].map(async (value) => {
    await store.commit(put({a: value, [`b/${value}`]: value}));
    acknowledged.push(value);
  });
  // Long enough for an answer, if anybody gave one.
  while (session.isConnected) await sleep(10);
  t.deepEqual(acknowledged, []);
  await Promise.all([ensemble.server(0).start(), ensemble.server(1).start()]);
  await Promise.all(calls);
  t.deepEqual(acknowledged, [1, 2, 3]);
  t.deepEqual(await store.load(), [
    ['a', 3],
    ...[1, 2, 3].map((one) => [`b/${one}`, one] as const),
  ]);
});

test.serial('connections that break all the time lose nothing and repeat nothing', async (t) => {
  const network = await startFaultyNetwork(ensemble.connect);
  t.teardown(() => network.close());
  const session = await openOwn(t, network.connect);
  const other = await openOwn(t);
  const places = await makePlaces(session);
  const store = openZkStore({nodes: session, ...places});
  const acknowledged: number[] = [];
  let breaks = 0;
  for (let index = 0; index < 120; index += 1) {
    // Each takes away what the one before has put: done twice or in another order, it would show.
    const write = {...put({[`a/${index}`]: index}), deletes: [`a/${index - 1}`]};
    const call = store.commit(write).then(() => acknowledged.push(index));
    if (index % 4 === 3) {
      if (index % 8 === 7) network.swallowAnswers();
      // What was asked before has arrived by then.
      await other.prove();
      network.heal();
      breaks += 1;
      await call;
    }
  }
  t.deepEqual(acknowledged, [...Array(120).keys()]);
  t.is(breaks, 30);
  const next = openZkStore({nodes: other, ...places});
  t.deepEqual(await next.load(), [['a/119', 119]]);
});

test.serial(
  'a store whose session has ended says that it does not know, and stays so',
  async (t) => {
    const session = await openOwn(t);
    const store = openZkStore({nodes: session, ...(await makePlaces(session))});
    await store.commit(put({a: 1}));
    const calls = Promise.allSettled([store.commit(put({a: 2})), store.commit(put({a: 3}))]);
    await session.close();
    for (const outcome of await calls) {
      t.true(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailableError);
    }
    await t.throwsAsync(store.load(), {instanceOf: StoreUnavailableError, message: /was closed/});
    await store.close();
  },
);
