import assert from 'node:assert/strict';
import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import {storeContract} from '../ports/testing/store-contract.ts';
import {
  type Store,
  StoreFencedError,
  StoreUnavailableError,
  type StoreWrite,
} from '../ports/store.ts';
import {raiseEpoch} from './epoch-node.ts';
import {nodeNameOf, parseDocumentNode, pathOfNodeName, printDocumentNode} from './store-layout.ts';
import {FakeEnsemble, type Fate} from './testing/fake-nodes.ts';
import {openZkStore, type ZkStoreLimits, ZK_STORE_LIMITS} from './zk-store.ts';

const PLACES = {path: '/drydock/store', epochPath: '/drydock/epoch'};

/** So that documents of some words are in parts, and writes of some documents have a journal. */
const TINY_LIMITS: ZkStoreLimits = {
  ...ZK_STORE_LIMITS,
  valueBytes: 64,
  transactionBytes: 900,
  transactionOps: 12,
};

async function makeEnsemble(): Promise<FakeEnsemble> {
  const ensemble = new FakeEnsemble();
  await ensemble.openSession().ensurePath('/drydock');
  return ensemble;
}

function openStore(ensemble: FakeEnsemble, fateOf?: (write: number) => Fate): Store {
  return openZkStore({nodes: ensemble.openSession(fateOf), ...PLACES, limits: TINY_LIMITS});
}

async function makeBed() {
  const ensemble = await makeEnsemble();
  return {
    open: async () => openZkStore({nodes: ensemble.openSession(), ...PLACES}),
    cleanUp: async () => undefined,
  };
}

storeContract(test, 'nodes in memory', makeBed, {
  shared: true,
  runs: 30,
  tooLargeBytes: ZK_STORE_LIMITS.documentBytes + 1,
});

// What becomes of writes when answers are lost and sessions end.

const smallText = fc.string({maxLength: 20});
const largeText = fc.integer({min: 60, max: 400}).map((length) => 'é'.repeat(length));
const arbitraryPath = fc.constantFrom('a', 'b', 'c/d', 'c/e', 'f', 'g', `long/${'x'.repeat(250)}`);
const arbitraryWrite: fc.Arbitrary<StoreWrite> = fc
  .record({
    paths: fc.uniqueArray(arbitraryPath, {maxLength: 7}),
    texts: fc.array(
      fc.oneof({weight: 3, arbitrary: smallText}, {weight: 1, arbitrary: largeText}),
      {minLength: 7, maxLength: 7},
    ),
    deletes: fc.nat({max: 2}),
  })
  .map(({paths, texts, deletes}) => ({
    epoch: 1,
    puts: paths.slice(deletes).map((path, index) => ({path, document: texts[index]})),
    deletes: paths.slice(0, deletes),
  }));
const arbitraryWrites = fc.array(arbitraryWrite, {minLength: 1, maxLength: 5});

type State = ReadonlyMap<string, unknown>;

function afterWrite(state: State, {puts, deletes}: StoreWrite): State {
  const next = new Map(state);
  for (const {path, document} of puts) next.set(path, document);
  for (const path of deletes) next.delete(path);
  return next;
}

/** Before any of the writes, after the first, and so on. */
function statesOf(before: State, writes: readonly StoreWrite[]): readonly State[] {
  const states = [before];
  let state = before;
  for (const write of writes) {
    state = afterWrite(state, write);
    states.push(state);
  }
  return states;
}

function sorted(state: State): readonly (readonly [string, unknown])[] {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Only what a document is made of may be below `blobs`, and no journal may be left. */
function checkNothingIsLeft(ensemble: FakeEnsemble): void {
  assert.equal(ensemble.get('/drydock/store/journal'), undefined);
  const named = new Set<string>();
  for (const folder of ensemble.childrenOf('/drydock/store/docs')) {
    for (const name of ensemble.childrenOf(`/drydock/store/docs/${folder}`)) {
      const data = ensemble.get(`/drydock/store/docs/${folder}/${name}`)?.data;
      assert(data !== undefined);
      const {content} = parseDocumentNode(name, data);
      if (!('blob' in content)) continue;
      for (let part = 0; part < content.blob.parts; part += 1) {
        named.add(`${content.blob.id}.${part}`);
      }
    }
  }
  assert.deepEqual(new Set(ensemble.childrenOf('/drydock/store/blobs')), named);
}

test('a writer may die at any step: writes are whole or not there, and none is lost', async (t) => {
  const rounds = fc.array(
    fc.record({
      writes: arbitraryWrites,
      endsAt: fc.nat({max: 25}),
      end: fc.constantFrom<Fate>('ended', 'ended unanswered', 'ended late'),
    }),
    {minLength: 1, maxLength: 5},
  );
  let torn = 0;
  const property = fc.asyncProperty(rounds, async (all) => {
    const ensemble = await makeEnsemble();
    let state: State = new Map();
    for (const {writes, endsAt, end} of all) {
      const store = openStore(ensemble, (write) => (write === endsAt ? end : 'answered'));
      const settled = await Promise.allSettled(writes.map((write) => store.commit(write)));
      await store.close();
      const written = settled.filter(({status}) => status === 'fulfilled').length;
      for (const outcome of settled.slice(written)) {
        assert(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailableError);
      }
      if (written < writes.length) torn += 1;
      const next = openStore(ensemble);
      const loaded = await next.load();
      const possible = statesOf(state, writes).slice(written);
      const found = possible.find((one) => JSON.stringify(sorted(one)) === JSON.stringify(loaded));
      if (found === undefined) assert.deepEqual(loaded, possible.map(sorted));
      state = found ?? state;
      checkNothingIsLeft(ensemble);
      // What the dead one has on its way arrives now, at the latest.
      for (let index = 0; index < 6; index += 1) {
        await next.commit({epoch: 1, puts: [], deletes: []});
      }
      checkNothingIsLeft(ensemble);
      assert.deepEqual(await next.load(), loaded);
      await next.close();
    }
  });
  await fc.assert(property, {numRuns: 400});
  t.true(torn > 100, `${torn} writers died in the middle`);
});

test('lost answers lose nothing and repeat nothing', async (t) => {
  const fates = fc.infiniteStream(
    fc.oneof(
      {weight: 3, arbitrary: fc.constant<Fate>('answered')},
      {weight: 1, arbitrary: fc.constantFrom<Fate>('lost', 'unanswered', 'late')},
    ),
  );
  const property = fc.asyncProperty(arbitraryWrites, fates, async (writes, stream) => {
    const ensemble = await makeEnsemble();
    const store = openStore(ensemble, () => stream.next().value ?? 'answered');
    await Promise.all(writes.map((write) => store.commit(write)));
    const [state = new Map<string, unknown>()] = statesOf(new Map(), writes).slice(-1);
    // The last write may be a journal that is still being carried out.
    await store.commit({epoch: 1, puts: [], deletes: []});
    checkNothingIsLeft(ensemble);
    assert.deepEqual(await store.load(), sorted(state));
    const other = openStore(ensemble);
    assert.deepEqual(await other.load(), sorted(state));
    checkNothingIsLeft(ensemble);
  });
  await fc.assert(property, {numRuns: 300});
  t.pass();
});

test('a leader writes on while another takes over: one comes after the other', async (t) => {
  const property = fc.asyncProperty(
    arbitraryWrites,
    arbitraryWrites,
    fc.nat({max: 30}),
    async (olds, news, turns) => {
      const ensemble = await makeEnsemble();
      const [old, next] = [openStore(ensemble), openStore(ensemble)];
      const outcomes = Promise.allSettled(olds.map((write) => old.commit(write)));
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      await next.commit({epoch: 2, puts: [], deletes: []});
      const seen = JSON.stringify(await next.load());
      const written = (await outcomes).filter(({status}) => status === 'fulfilled').length;
      const expected = statesOf(new Map(), olds)[written] ?? new Map<string, unknown>();
      assert.equal(seen, JSON.stringify(sorted(expected)));
      await Promise.all(news.map((write) => next.commit({...write, epoch: 2})));
      const [last = expected] = statesOf(expected, news).slice(-1);
      assert.deepEqual(await next.load(), sorted(last));
      checkNothingIsLeft(ensemble);
    },
  );
  await fc.assert(property, {numRuns: 300});
  t.pass();
});

test('the epoch alone, once raised, shuts out the leader before', async (t) => {
  const ensemble = await makeEnsemble();
  const old = openStore(ensemble);
  await old.commit({epoch: 1, puts: [{path: 'a', document: 'old'}], deletes: []});
  const nodes = ensemble.openSession();
  await nodes.ensurePath('/drydock/json.info_0000000002');
  t.is(await raiseEpoch(nodes, '/drydock/epoch', '/drydock/json.info_0000000002'), 2);
  const late = {epoch: 1, puts: [{path: 'a', document: 'late'}], deletes: []};
  await t.throwsAsync(old.commit(late), {instanceOf: StoreFencedError});
  t.deepEqual(await openStore(ensemble).load(), [['a', 'old']]);
});

test('a write whose answer is lost at a takeover is not said to be refused', async (t) => {
  for (const fate of ['lost', 'unanswered'] as const) {
    const ensemble = await makeEnsemble();
    let next: Fate = 'answered';
    const nodes = ensemble.openSession(() => next);
    const old = openZkStore({nodes, ...PLACES});
    await old.commit({epoch: 1, puts: [{path: 'a', document: 'old'}], deletes: []});
    next = fate;
    const transact = nodes.transact.bind(nodes);
    nodes.transact = async (ops) => {
      try {
        await transact(ops);
      } catch (error) {
        if (next === fate) {
          next = 'answered';
          await openStore(ensemble).commit({epoch: 2, puts: [], deletes: []});
        }
        throw error;
      }
    };
    const late = {epoch: 1, puts: [{path: 'a', document: 'late'}], deletes: []};
    await t.throwsAsync(old.commit(late), {instanceOf: StoreUnavailableError});
    const expected = fate === 'lost' ? 'old' : 'late';
    t.deepEqual(await openStore(ensemble).load(), [['a', expected]]);
  }
});

test('what is read while another writes is one state', async (t) => {
  const ensemble = await makeEnsemble();
  const [writer, reader] = [openStore(ensemble), openStore(ensemble)];
  let isOver = false;
  const writing = async () => {
    for (let index = 0; index < 200; index += 1) {
      const puts = ['a', 'b', 'c', 'd'].map((path) => ({path, document: index}));
      await writer.commit({epoch: 1, puts, deletes: []});
      // The reader needs a moment in which it is faster.
      for (let turn = 0; turn < index / 10; turn += 1) await setImmediate();
    }
  };
  const written = writing().finally(() => (isOver = true));
  const seen = new Set<unknown>();
  // oxlint-disable-next-line no-unmodified-loop-condition -- it is, by the other loop.
  while (!isOver) {
    const values = new Set((await reader.load()).map(([, document]) => document));
    t.true(values.size <= 1, `${[...values].join(' and ')} at once`);
    for (const value of values) seen.add(value);
  }
  await written;
  t.true(seen.size > 1);
});

test('a large write that was acknowledged does not come back over a later one', async (t) => {
  for (let turns = 0; turns < 60; turns += 3) {
    const ensemble = await makeEnsemble();
    const [one, other] = [openStore(ensemble), openStore(ensemble)];
    const puts = Array.from({length: 60}, (_, index) => ({path: `a/${index}`, document: 'large'}));
    await one.commit({epoch: 1, puts, deletes: []});
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    await other.commit({epoch: 1, puts: [{path: 'a/59', document: 'later'}], deletes: ['a/0']});
    await one.commit({epoch: 1, puts: [], deletes: []});
    const loaded = new Map(await one.load());
    t.is(loaded.get('a/59'), 'later');
    t.is(loaded.size, 59);
  }
});

test('no request comes near the limit of 1 MB', async (t) => {
  const ensemble = await makeEnsemble();
  const store = openZkStore({nodes: ensemble.openSession(), ...PLACES});
  const small = Array.from({length: 8000}, (_, index) => ({path: `a/${index}`, document: index}));
  const large = Array.from({length: 20}, (_, index) => ({
    path: `b/${index}`,
    document: 'x'.repeat(index * 80_000),
  }));
  await Promise.all([
    store.commit({epoch: 1, puts: small, deletes: []}),
    ...large.map((put) => store.commit({epoch: 1, puts: [put], deletes: []})),
    store.commit({epoch: 1, puts: large, deletes: small.map(({path}) => path)}),
  ]);
  t.is((await store.load()).length, 20);
  t.true(ensemble.requestBytesMax <= 700 * 1024, `${ensemble.requestBytesMax}`);
  t.true(ensemble.requestBytesMax > 500 * 1024);
});

test('small writes that are called together go together', async (t) => {
  const ensemble = await makeEnsemble();
  let requests = 0;
  const count = (): Fate => {
    requests += 1;
    return 'answered';
  };
  const store = openZkStore({nodes: ensemble.openSession(count), ...PLACES});
  await store.load();
  requests = 0;
  const calls = Array.from({length: 300}, (_, index) =>
    store.commit({epoch: 1, puts: [{path: `a/${index}`, document: index}], deletes: []}),
  );
  await Promise.all(calls);
  t.true(requests <= 3, `${requests} requests`);
  t.is((await store.load()).length, 300);
});

test("the count of a node's versions may wrap around", async (t) => {
  const ensemble = await makeEnsemble();
  const first = openStore(ensemble);
  await first.commit({epoch: 1, puts: [], deletes: []});
  for (const version of [2 ** 31 - 4, -5]) {
    ensemble.setVersion('/drydock/store/writer', version);
    const store = openStore(ensemble);
    for (let index = 0; index < 10; index += 1) {
      await store.commit({epoch: 1, puts: [{path: 'a', document: index}], deletes: []});
    }
    t.deepEqual(await store.load(), [['a', 9]]);
  }
});

test("a node that is none of the store's is named, and nothing is changed", async (t) => {
  const ensemble = await makeEnsemble();
  const store = openStore(ensemble);
  await store.commit({epoch: 1, puts: [{path: 'a', document: 'x'.repeat(300)}], deletes: []});
  const [part = ''] = ensemble.childrenOf('/drydock/store/blobs');
  ensemble.apply([{kind: 'remove', path: `/drydock/store/blobs/${part}`}]);
  const error = await t.throwsAsync(openStore(ensemble).load(), {
    instanceOf: StoreUnavailableError,
  });
  t.is(error.message, `/drydock/store/blobs/${part} is missing`);
  const nodes = ensemble.openSession();
  await nodes.ensurePath('/drydock/store/docs/000');
  await nodes.transact([
    {kind: 'create', path: '/drydock/store/docs/000/~0', data: Buffer.from('{}')},
  ]);
  await t.throwsAsync(openStore(ensemble).load(), {message: /docs\/000\/~0 holds no document/});
});

test('who gets no answer gives up when its patience is over, and for good', async (t) => {
  const ensemble = await makeEnsemble();
  const nodes = ensemble.openSession();
  const never = Promise.withResolvers<never>();
  nodes.transact = async () => await never.promise;
  const store = openZkStore({nodes, ...PLACES, patienceMs: 50});
  const write = {epoch: 1, puts: [{path: 'a', document: 1}], deletes: []};
  const settled = await Promise.allSettled([store.commit(write), store.load()]);
  for (const outcome of settled) {
    t.true(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailableError);
  }
  await t.throwsAsync(store.commit(write), {message: 'ZooKeeper has not answered for 50 ms'});
  await store.close();
});

test("a node's name tells its path, and its data the document", (t) => {
  t.is(nodeNameOf('marathon/apps/web.v-1_2'), 'marathon:apps:web.v-1_2');
  t.is(nodeNameOf('..'), '%2e.');
  t.is(nodeNameOf('é/%:~'), '%u00e9:%25%3a%7e');
  const property = fc.property(
    fc.string({unit: 'binary', minLength: 1, maxLength: 300}),
    fc.json(),
    (path, text) => {
      const name = nodeNameOf(path);
      assert.match(name, /^[A-Za-z0-9_%:~-][A-Za-z0-9_%:.-]*$/);
      assert(name.length <= 210);
      assert([undefined, path].includes(pathOfNodeName(name)));
      const data = printDocumentNode({path, content: {text}});
      assert.deepEqual(parseDocumentNode(name, data), {path, content: {text}});
      const blob = {id: 'b', parts: 3, bytes: 5};
      const head = printDocumentNode({path, content: {blob}});
      assert.deepEqual(parseDocumentNode(name, head), {path, content: {blob}});
    },
  );
  fc.assert(property, {numRuns: 1000});
});
