/** What the store port promises, one test each. */
import type {ExecutionContext} from 'ava';
import {StoreFencedError, type StoreWrite} from '../store.ts';
import type {OpenStores} from './store-beds.ts';
import {outcomesOf} from './store-outcomes.ts';
import {noise, ODD_DOCUMENTS, ODD_PATHS, sameDocuments} from './store-samples.ts';

type Kept = (t: ExecutionContext, stores: OpenStores) => Promise<void>;
export type KeptPromise = readonly [title: string, keep: Kept];

export const PROMISES_OF_ONE: readonly KeptPromise[] = [
  [
    'a new store is empty',
    async (t, stores) => {
      t.deepEqual(await (await stores.open()).load(), []);
    },
  ],
  [
    'what was committed is there, now and after it was opened again',
    async (t, stores) => {
      let store = await stores.open();
      const puts = [
        {path: 'marathon/apps/a', document: {id: '/a', instances: 3}},
        {path: 'marathon/apps/b', document: {id: '/b', instances: 0}},
      ];
      await store.commit({epoch: 1, puts, deletes: []});
      const expected = puts.map(({path, document}) => [path, document]);
      t.deepEqual(await store.load(), expected);
      store = await stores.reopen(store);
      t.deepEqual(await store.load(), expected);
    },
  ],
  [
    'a put replaces the whole document, a delete removes it, others stay',
    async (t, stores) => {
      let store = await stores.open();
      await store.commit(put(1, {a: {old: 1, both: 1}, b: 2, c: 3}));
      await store.commit({epoch: 1, puts: [{path: 'a', document: {both: 2}}], deletes: ['b']});
      const expected = [
        ['a', {both: 2}],
        ['c', 3],
      ];
      t.deepEqual(await store.load(), expected);
      store = await stores.reopen(store);
      t.deepEqual(await store.load(), expected);
    },
  ],
  [
    'a delete of what is not there is no fault, alone or among others',
    async (t, stores) => {
      const store = await stores.open();
      await store.commit({epoch: 1, puts: [], deletes: ['never/was']});
      await store.commit(put(1, {a: 1, b: 1}));
      await store.commit({
        epoch: 1,
        puts: [{path: 'c', document: 1}],
        deletes: ['a', 'a/b', 'x/y/z', 'b'],
      });
      await store.commit({epoch: 1, puts: [], deletes: ['a', 'b']});
      t.deepEqual(await store.load(), [['c', 1]]);
    },
  ],
  [
    'what was deleted can be put again',
    async (t, stores) => {
      const store = await stores.open();
      await store.commit(put(1, {'a/b': 1}));
      await store.commit({epoch: 1, puts: [], deletes: ['a/b']});
      await store.commit(put(1, {'a/b': 2}));
      t.deepEqual(await store.load(), [['a/b', 2]]);
    },
  ],
  [
    'every JSON value comes back as it was, its fields in their order',
    async (t, stores) => {
      let store = await stores.open();
      await store.commit(put(1, ODD_DOCUMENTS));
      for (const again of [false, true]) {
        if (again) store = await stores.reopen(store);
        const loaded = Object.fromEntries(await store.load());
        for (const [path, document] of Object.entries(ODD_DOCUMENTS)) {
          t.is(JSON.stringify(loaded[path]), JSON.stringify(document), path);
        }
      }
    },
  ],
  [
    'any text is a path: odd, long, in any script, and a parent of others',
    async (t, stores) => {
      let store = await stores.open();
      // One by one and together: a store may keep them differently.
      for (const [index, path] of ODD_PATHS.entries()) await store.commit(put(1, {[path]: index}));
      const expected = ODD_PATHS.map((path, index) => [path, index] as const).sort(([a], [b]) =>
        a < b ? -1 : 1,
      );
      t.deepEqual(await store.load(), expected);
      store = await stores.reopen(store);
      t.deepEqual(await store.load(), expected);
      await store.commit({epoch: 1, puts: [], deletes: ODD_PATHS});
      t.deepEqual(await store.load(), []);
      await store.commit({
        epoch: 1,
        puts: expected.map(([path, document]) => ({path, document})),
        deletes: [],
      });
      t.deepEqual(await store.load(), expected);
      for (const path of ODD_PATHS) await store.commit({epoch: 1, puts: [], deletes: [path]});
      t.deepEqual(await store.load(), []);
    },
  ],
  [
    'it loads in the order of the paths, not of the writes, and not of their UTF-8',
    async (t, stores) => {
      const store = await stores.open();
      const paths = ['b', 'a/b', 'a', 'a-b', 'B', '\uff5e', '\u{1f600}', '\u00e9', 'z', '10', '9'];
      for (const path of paths) await store.commit(put(1, {[path]: 0}));
      const loaded = await store.load();
      t.deepEqual(
        loaded.map(([path]) => path),
        ['10', '9', 'B', 'a', 'a-b', 'a/b', 'b', 'z', '\u00e9', '\u{1f600}', '\uff5e'],
      );
    },
  ],
  [
    'an empty write is a write',
    async (t, stores) => {
      const store = await stores.open();
      await store.commit({epoch: 1, puts: [], deletes: []});
      await store.commit({puts: [], deletes: []});
      t.deepEqual(await store.load(), []);
    },
  ],
  [
    'documents are taken when commit is called, and nobody shares what was loaded',
    async (t, stores) => {
      const store = await stores.open();
      const document = {list: [1, 2]};
      const puts = [{path: 'a', document}];
      const deletes: string[] = [];
      const committed = store.commit({epoch: 1, puts, deletes});
      document.list.push(3);
      puts.push({path: 'b', document});
      deletes.push('a');
      await committed;
      const loaded = await store.load();
      t.deepEqual(loaded, [['a', {list: [1, 2]}]]);
      for (const [, mine] of loaded) (mine as typeof document).list.push(4);
      t.deepEqual(await store.load(), [['a', {list: [1, 2]}]]);
    },
  ],
  [
    'one write can have 5,000 documents, and delete them all',
    async (t, stores) => {
      let store = await stores.open();
      const entries = Array.from({length: 5000}, (_, index) => {
        const path = `marathon/instances/app.${String(index).padStart(5, '0')}`;
        return [path, {index, agent: `S${index % 100}`, text: 'x'.repeat(200)}] as const;
      });
      await store.commit(put(1, Object.fromEntries(entries)));
      t.deepEqual(await store.load(), entries);
      store = await stores.reopen(store);
      t.deepEqual(await store.load(), entries);
      const [last] = entries.slice(-1);
      await store.commit({
        epoch: 1,
        puts: [{path: 'z', document: 1}],
        deletes: entries.slice(0, -1).map(([path]) => path),
      });
      t.deepEqual(await store.load(), [last, ['z', 1]]);
    },
  ],
  [
    'documents of 0.5 to 3 MB are kept whole, replaced by smaller ones and removed',
    async (t, stores) => {
      let store = await stores.open();
      const sizes = [500_000, 512 * 1024, 1_000_000, 1_048_576, 1_500_000, 3_000_000];
      for (const size of sizes) await store.commit(put(1, {[`large/${size}`]: noise(size)}));
      const expected = sizes.map((size) => [`large/${size}`, noise(size)] as const);
      const inOrder = expected.toSorted(([a], [b]) => (a < b ? -1 : 1));
      sameDocuments(t, await store.load(), inOrder);
      store = await stores.reopen(store);
      sameDocuments(t, await store.load(), inOrder);
      await store.commit({
        epoch: 1,
        puts: [{path: 'large/3000000', document: 'small'}],
        deletes: ['large/1500000', 'large/1048576'],
      });
      await store.commit(put(1, {'large/500000': noise(2_000_000)}));
      store = await stores.reopen(store);
      sameDocuments(t, await store.load(), [
        ['large/1000000', noise(1_000_000)],
        ['large/3000000', 'small'],
        ['large/500000', noise(2_000_000)],
        ['large/524288', noise(512 * 1024)],
      ]);
    },
  ],
  [
    'a large document of characters beyond ASCII comes back as it was',
    async (t, stores) => {
      const store = await stores.open();
      // An odd count in front: no cut at a round number of bytes falls between two characters.
      const document = {text: `a${'\u{1f600}'.repeat(150_000)}${'é€'.repeat(150_000)}`};
      await store.commit(put(1, {wide: document}));
      sameDocuments(t, await store.load(), [['wide', document]]);
    },
  ],
  [
    'several large documents are one write like any other',
    async (t, stores) => {
      let store = await stores.open();
      const large = {a: noise(3_000_000), b: noise(700_000), c: noise(2_000_000)};
      await store.commit(put(1, {...large, d: 'small'}));
      store = await stores.reopen(store);
      sameDocuments(t, await store.load(), [...Object.entries(large), ['d', 'small']]);
    },
  ],
  [
    'writes take effect and are acknowledged in the order of the calls',
    async (t, stores) => {
      let store = await stores.open();
      const acknowledged: number[] = [];
      const calls = Array.from({length: 200}, async (_, index) => {
        const puts = [
          {path: 'last', document: index},
          {path: `each/${index % 2 === 0 ? index : 'odd'}`, document: index},
        ];
        // Each takes away what the fourth before it has put.
        const deletes = index % 4 === 0 ? [`each/${index - 4}`] : [];
        await store.commit({epoch: 1, puts, deletes});
        acknowledged.push(index);
      });
      await Promise.all(calls);
      t.deepEqual(
        acknowledged,
        acknowledged.map((_, index) => index),
      );
      const expected = await store.load();
      const loaded = new Map(expected);
      t.is(loaded.get('last'), 199);
      t.is(loaded.get('each/odd'), 199);
      t.is(loaded.get('each/196'), 196);
      t.is(loaded.get('each/198'), 198);
      t.false(loaded.has('each/192'));
      t.is(loaded.size, 3 + 50);
      store = await stores.reopen(store);
      t.deepEqual(await store.load(), expected);
    },
  ],
  [
    'large and small writes keep the order of the calls, too',
    async (t, stores) => {
      const store = await stores.open();
      const acknowledged: string[] = [];
      const calls = ['large', 'small', 'large', 'large', 'small'].map(async (size, index) => {
        const document = size === 'large' ? noise(1_200_000 + index) : size;
        await store.commit(put(1, {a: document, [`b${index}`]: index}));
        acknowledged.push(`${size} ${index}`);
      });
      await Promise.all(calls);
      t.deepEqual(acknowledged, ['large 0', 'small 1', 'large 2', 'large 3', 'small 4']);
      const [first, ...others] = await store.load();
      t.deepEqual(first, ['a', 'small']);
      t.is(others.length, 5);
    },
  ],
  [
    'load shows the writes that were called before it, each of them whole',
    async (t, stores) => {
      const store = await stores.open();
      const calls: Promise<void>[] = [];
      for (let index = 1; index <= 20; index += 1) {
        calls.push(store.commit(put(1, {a: index, b: index, c: index})));
        if (index % 5 !== 0) continue;
        const loading = store.load();
        // What is called after it may show or not, but never a part of it.
        calls.push(store.commit(put(1, {a: -index, b: -index, c: -index})));
        const values = (await loading).map(([, value]) => value);
        t.true(values[0] === index || values[0] === -index, `${String(values[0])} for ${index}`);
        t.deepEqual(values, [values[0], values[0], values[0]]);
      }
      await Promise.all(calls);
    },
  ],
  [
    'close waits for what is under way',
    async (t, stores) => {
      let store = await stores.open();
      const acknowledged: number[] = [];
      const calls = Array.from({length: 20}, async (_, index) => {
        await store.commit(put(1, {[`a/${index}`]: index}));
        acknowledged.push(index);
      });
      await stores.close(store);
      t.is(acknowledged.length, 20);
      await Promise.all(calls);
      store = await stores.open();
      t.is((await store.load()).length, 20);
    },
  ],
  [
    'an earlier epoch is refused and changes nothing, also after it was opened again',
    async (t, stores) => {
      let store = await stores.open();
      await store.commit(put(3, {a: 1}));
      await store.commit(put(7, {a: 2}));
      for (const again of [false, true]) {
        if (again) store = await stores.reopen(store);
        for (const epoch of [3, 6, 0]) {
          const write = {epoch, puts: [{path: 'a', document: 3}], deletes: ['b']};
          const error = await t.throwsAsync(store.commit(write), {instanceOf: StoreFencedError});
          t.is(error.epoch, epoch);
          t.deepEqual(await store.load(), [['a', 2]]);
        }
      }
      await store.commit(put(7, {b: 1}));
      await store.commit(put(8, {c: 1}));
      await t.throwsAsync(store.commit(put(7, {d: 1})), {instanceOf: StoreFencedError});
      t.deepEqual(await store.load(), [
        ['a', 2],
        ['b', 1],
        ['c', 1],
      ]);
    },
  ],
  [
    'an empty write with a later epoch is enough to shut out those before it',
    async (t, stores) => {
      let store = await stores.open();
      await store.commit(put(1, {a: 1}));
      await store.commit({epoch: 2, puts: [], deletes: []});
      await t.throwsAsync(store.commit(put(1, {a: 2})), {instanceOf: StoreFencedError});
      const empty = {epoch: 1, puts: [], deletes: []};
      await t.throwsAsync(store.commit(empty), {instanceOf: StoreFencedError});
      store = await stores.reopen(store);
      await t.throwsAsync(store.commit(put(1, {a: 2})), {instanceOf: StoreFencedError});
      t.deepEqual(await store.load(), [['a', 1]]);
    },
  ],
  [
    'a fenced write of many or of large documents leaves nothing behind',
    async (t, stores) => {
      let store = await stores.open();
      await store.commit(put(2, {a: 1}));
      const many = Object.fromEntries(Array.from({length: 3000}, (_, index) => [`b/${index}`, 1]));
      const large = {a: noise(2_500_000), c: noise(1_200_000)};
      await t.throwsAsync(store.commit(put(1, many)), {instanceOf: StoreFencedError});
      await t.throwsAsync(store.commit(put(1, large)), {instanceOf: StoreFencedError});
      t.deepEqual(await store.load(), [['a', 1]]);
      store = await stores.reopen(store);
      t.deepEqual(await store.load(), [['a', 1]]);
    },
  ],
  [
    'without an epoch nothing is fenced, and the epoch stays',
    async (t, stores) => {
      const store = await stores.open();
      await store.commit({puts: [{path: 'a', document: 1}], deletes: []});
      await store.commit(put(5, {b: 1}));
      await store.commit({puts: [{path: 'c', document: 1}], deletes: ['b']});
      await t.throwsAsync(store.commit(put(4, {d: 1})), {instanceOf: StoreFencedError});
      t.deepEqual(await store.load(), [
        ['a', 1],
        ['c', 1],
      ]);
    },
  ],
  [
    'a fenced write takes those behind it with it, and none before it',
    async (t, stores) => {
      const store = await stores.open();
      await store.commit(put(2, {a: 1}));
      const settled = await Promise.allSettled([
        store.commit(put(2, {b: 1})),
        store.commit(put(3, {c: 1})),
        store.commit(put(2, {d: 1})),
        store.commit(put(2, {e: 1})),
        store.commit(put(3, {f: 1})),
        store.commit({puts: [{path: 'g', document: 1}], deletes: ['a']}),
      ]);
      const failed = ['fenced', 'behind', 'behind', 'behind'];
      t.deepEqual(outcomesOf(settled), ['written', 'written', ...failed]);
      t.deepEqual(await store.load(), [
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]);
      await store.commit(put(3, {h: 1}));
      t.is((await store.load()).length, 4);
    },
  ],
  [
    'a write that cannot be kept is refused with all behind it, and the store goes on',
    async (t, stores) => {
      const store = await stores.open();
      const circle: {self?: unknown} = {};
      circle.self = circle;
      const bad: readonly StoreWrite[] = [
        put(1, {x: undefined}),
        put(1, {x: circle}),
        put(1, {x: 10n}),
        put(1, {'': 1}),
        put(1, {'half \ud800': 1}),
        {epoch: 1, puts: [], deletes: ['']},
        {epoch: 1, puts: [], deletes: ['half \udc00']},
        {epoch: 1, puts: [{path: 'x', document: 1}], deletes: ['x']},
        {
          epoch: 1,
          puts: [
            {path: 'x', document: 1},
            {path: 'x', document: 2},
          ],
          deletes: [],
        },
        {epoch: 1, puts: [], deletes: ['x', 'x']},
        put(-1, {x: 1}),
        put(1.5, {x: 1}),
      ];
      for (const [index, write] of bad.entries()) {
        const settled = await Promise.allSettled([
          store.commit(put(1, {before: index})),
          store.commit(write),
          store.commit(put(1, {behind: index})),
        ]);
        t.deepEqual(outcomesOf(settled), ['written', 'refused', 'behind'], `write ${index}`);
        t.deepEqual(await store.load(), [['before', index]]);
      }
    },
  ],
];

/** Of stores that may be open several at a time. */
export const PROMISES_OF_MANY: readonly KeptPromise[] = [
  [
    'what one has committed, another loads at once',
    async (t, stores) => {
      const [one, other] = [await stores.open(), await stores.open()];
      for (let index = 0; index < 20; index += 1) {
        await one.commit(put(1, {a: index}));
        t.deepEqual(await other.load(), [['a', index]]);
      }
    },
  ],
  [
    'a leader is shut out by the first write of the next, with all that it has under way',
    async (t, stores) => {
      const [old, next] = [await stores.open(), await stores.open()];
      await old.commit(put(1, {a: 'old'}));
      const calls: Promise<void>[] = [];
      for (let index = 0; index < 50; index += 1) {
        calls.push(old.commit(put(1, {[`old/${String(index).padStart(2, '0')}`]: index})));
      }
      await next.commit({epoch: 2, puts: [], deletes: []});
      // From here on nothing of the old one may appear.
      const seen = await next.load();
      for (let index = 50; index < 60; index += 1) {
        calls.push(old.commit(put(1, {[`old/${index}`]: index})));
      }
      const outcomes = outcomesOf(await Promise.allSettled(calls));
      const written = outcomes.filter((outcome) => outcome === 'written').length;
      t.true(written <= 50);
      const behind = Array<string>(60 - written - 1).fill('behind');
      t.deepEqual(outcomes.slice(written), ['fenced', ...behind]);
      t.is(seen.length, written + 1, 'what is there, and what was acknowledged');
      await next.commit(put(2, {a: 'new'}));
      t.deepEqual(await next.load(), [['a', 'new'], ...seen.slice(1)]);
      await t.throwsAsync(old.commit(put(1, {a: 'late'})), {instanceOf: StoreFencedError});
      t.deepEqual(await old.load(), await next.load());
    },
  ],
  [
    'a leader that is shut out with a large write under way leaves nothing of it behind',
    async (t, stores) => {
      const [old, next] = [await stores.open(), await stores.open()];
      await old.commit(put(1, {a: 'old', b: noise(1_500_000)}));
      const large = old.commit(put(1, {a: noise(3_000_000), b: 'late', c: noise(1_500_000)}));
      const outcome = Promise.allSettled([large]);
      await next.commit({epoch: 2, puts: [], deletes: []});
      const seen = await next.load();
      const [settled] = outcomesOf(await outcome);
      if (settled === 'written') {
        sameDocuments(t, seen, [
          ['a', noise(3_000_000)],
          ['b', 'late'],
          ['c', noise(1_500_000)],
        ]);
      } else {
        t.is(settled, 'fenced');
        sameDocuments(t, seen, [
          ['a', 'old'],
          ['b', noise(1_500_000)],
        ]);
      }
      sameDocuments(t, await next.load(), seen);
    },
  ],
];

/** A document of so many bytes is more than the store takes. */
export async function keepTooLarge(
  t: ExecutionContext,
  stores: OpenStores,
  bytes: number,
): Promise<void> {
  const store = await stores.open();
  // With its two quotes.
  const document = 'x'.repeat(bytes - 2);
  const settled = await Promise.allSettled([
    store.commit(put(1, {before: 1})),
    store.commit(put(1, {before: 2, large: document})),
    store.commit(put(1, {behind: 1})),
  ]);
  t.deepEqual(outcomesOf(settled), ['written', 'refused', 'behind']);
  t.deepEqual(await store.load(), [['before', 1]]);
  await store.commit(put(1, {after: 1}));
  t.is((await store.load()).length, 2);
}

function put(epoch: number, documents: Readonly<Record<string, unknown>>): StoreWrite {
  const puts = Object.entries(documents).map(([path, document]) => ({path, document}));
  return {epoch, puts, deletes: []};
}
