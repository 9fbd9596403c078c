/**
 * The contract of the store port as tests: the same promises for memory, a file and an ensemble.
 * A store's test file calls `storeContract` once; each promise gets a store of its own.
 */
import type {ExecutionContext} from 'ava';
import {type MakeBed, withBed} from './store-beds.ts';
import {keepTooLarge, PROMISES_OF_MANY, PROMISES_OF_ONE} from './store-promises.ts';
import {checkAgainstTwin} from './store-twin.ts';

export interface StoreContractOptions {
  /** Whether several stores may be open on one bed, as two masters are on an ensemble. */
  readonly shared: boolean;
  /** Of the test against a twin. */
  readonly runs: number;
  /** A document whose JSON has so many bytes is refused; undefined: any that fits into memory. */
  readonly tooLargeBytes: number | undefined;
}

/** AVA's `test` or `test.serial`. */
export type RegisterTest = (
  title: string,
  implementation: (t: ExecutionContext) => Promise<void>,
) => void;

export function storeContract(
  test: RegisterTest,
  name: string,
  makeStore: MakeBed,
  options: StoreContractOptions,
): void {
  const promises = options.shared ? [...PROMISES_OF_ONE, ...PROMISES_OF_MANY] : PROMISES_OF_ONE;
  for (const [title, keep] of promises) {
    test(`${name}: ${title}`, async (t) => {
      await withBed(makeStore, (bed) => keep(t, bed));
    });
  }
  const {tooLargeBytes} = options;
  if (tooLargeBytes !== undefined) {
    test(`${name}: a document that is too large is refused, and the store goes on`, async (t) => {
      await withBed(makeStore, (bed) => keepTooLarge(t, bed, tooLargeBytes));
    });
  }
  test(`${name}: whatever is asked of it, it holds what a map would hold`, async (t) => {
    await checkAgainstTwin(makeStore, options);
    t.pass();
  });
}
