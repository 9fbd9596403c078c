/** The store against a map: whatever is asked of both, they hold the same. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {Store, StoreWrite} from '../store.ts';
import {type MakeBed, type OpenStores, withBed} from './store-beds.ts';
import {outcomesOf} from './store-outcomes.ts';
import {noise, ODD_PATHS} from './store-samples.ts';

export interface TwinOptions {
  /** Whether several stores may be open on one bed. */
  readonly shared: boolean;
  readonly runs: number;
}

type TwinStep =
  /** Several that are called at once. */
  | {readonly kind: 'commits'; readonly writes: readonly TwinWrite[]}
  /** They are under way when the store is closed; it is opened again. */
  | {readonly kind: 'reopen'; readonly writes: readonly TwinWrite[]}
  /** The store of another process takes over, with both open; only on shared beds. */
  | {readonly kind: 'other'};

interface TwinWrite {
  /** Added to the latest epoch that was seen; undefined: the write has none. */
  readonly epochAhead: number | undefined;
  readonly puts: readonly (readonly [path: string, document: unknown])[];
  readonly deletes: readonly string[];
}

// Few of them, so that puts and deletes meet.
const twinPath = fc.oneof(
  {weight: 6, arbitrary: fc.constantFrom(...ODD_PATHS)},
  {weight: 6, arbitrary: fc.constantFrom('a', 'b', 'a/b', 'c/d', '\u{1f600}', 'c/d/e')},
  {weight: 1, arbitrary: fc.string({unit: 'binary', minLength: 1, maxLength: 20})},
);

const twinDocument = fc.oneof(
  {weight: 30, arbitrary: fc.jsonValue({maxDepth: 3})},
  {weight: 1, arbitrary: fc.constantFrom(600_000, 1_100_000).map(noise)},
);

const twinWrite: fc.Arbitrary<TwinWrite> = fc
  .record({
    epochAhead: fc.oneof(
      {weight: 8, arbitrary: fc.constant(0)},
      {weight: 2, arbitrary: fc.constantFrom(-1, 1, 5, undefined)},
    ),
    paths: fc.uniqueArray(twinPath, {maxLength: 6}),
    documents: fc.array(twinDocument, {minLength: 6, maxLength: 6}),
    deletes: fc.nat({max: 3}),
  })
  .map(({epochAhead, paths, documents, deletes}) => ({
    epochAhead,
    puts: paths.slice(deletes).map((path, index) => [path, documents[index]] as const),
    deletes: paths.slice(0, deletes),
  }));

const twinSteps: fc.Arbitrary<readonly TwinStep[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('commits' as const),
        writes: fc.array(twinWrite, {minLength: 1, maxLength: 5}),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('reopen' as const),
        writes: fc.array(twinWrite, {maxLength: 3}),
      }),
    },
    {weight: 1, arbitrary: fc.record({kind: fc.constant('other' as const)})},
  ),
  {maxLength: 12, size: 'max'},
);

export async function checkAgainstTwin(
  makeStore: MakeBed,
  {shared, runs}: TwinOptions,
): Promise<void> {
  const property = fc.asyncProperty(twinSteps, async (steps) => {
    await withBed(makeStore, (stores) => checkSteps(stores, steps, shared));
  });
  await fc.assert(property, {numRuns: runs});
}

async function checkSteps(stores: OpenStores, steps: readonly TwinStep[], shared: boolean) {
  const twin = new Twin();
  let store = await stores.open();
  await store.commit({epoch: FIRST_EPOCH, puts: [], deletes: []});
  for (const step of steps) {
    if (step.kind === 'other') {
      if (!shared) continue;
      const other = await stores.open();
      assert.deepEqual(await textsOf(other), twin.texts());
      await stores.close(store);
      store = other;
      continue;
    }
    const writes = twin.completed(step.writes);
    const expected = twin.apply(writes);
    const committed = Promise.allSettled(writes.map((write) => store.commit(write)));
    if (step.kind === 'reopen') store = await stores.reopen(store);
    assert.deepEqual(outcomesOf(await committed), expected);
    assert.deepEqual(await textsOf(store), twin.texts());
  }
}

type StoredText = readonly [path: string, text: string];

async function textsOf(store: Store): Promise<readonly StoredText[]> {
  return (await store.load()).map(([path, document]) => [path, JSON.stringify(document)]);
}

const FIRST_EPOCH = 10;

/** What a store is, without all that makes it one. */
class Twin {
  readonly #texts = new Map<string, string>();
  #epoch = FIRST_EPOCH;

  /** With the epochs that count from the latest one that was seen before them. */
  completed(writes: readonly TwinWrite[]): readonly StoreWrite[] {
    return writes.map(({epochAhead, puts, deletes}) => ({
      epoch: epochAhead === undefined ? undefined : this.#epoch + epochAhead,
      puts: puts.map(([path, document]) => ({path, document})),
      deletes,
    }));
  }

  apply(writes: readonly StoreWrite[]): readonly string[] {
    let failed = false;
    return writes.map((write) => {
      if (failed) return 'behind';
      const {epoch = this.#epoch, puts, deletes} = write;
      failed = epoch < this.#epoch;
      if (failed) return 'fenced';
      this.#epoch = epoch;
      for (const {path, document} of puts) this.#texts.set(path, JSON.stringify(document));
      for (const path of deletes) this.#texts.delete(path);
      return 'written';
    });
  }

  texts(): readonly StoredText[] {
    return [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
