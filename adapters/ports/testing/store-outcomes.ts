/** What became of writes, as the contract's tests compare it. */
import {StoreFencedError, StoreRefusedError, StoreUnavailableError} from '../store.ts';

/**
 * What became of writes that were called one behind the other: all up to the first that failed are
 * written; those behind it may say what happened to it, or that they do not know.
 */
export function outcomesOf(all: readonly PromiseSettledResult<void>[]): readonly string[] {
  const first = all.findIndex(({status}) => status === 'rejected');
  return all.map((settled, index) => {
    if (settled.status === 'fulfilled') return 'written';
    const kind = kindOf(settled.reason);
    return index === first || !stated.has(kind) ? kind : 'behind';
  });
}

const stated: ReadonlySet<string> = new Set(['fenced', 'refused', 'unavailable']);

function kindOf(error: unknown): string {
  if (error instanceof StoreFencedError) return 'fenced';
  if (error instanceof StoreRefusedError) return 'refused';
  if (error instanceof StoreUnavailableError) return 'unavailable';
  return `no error of the store: ${String(error)}`;
}
