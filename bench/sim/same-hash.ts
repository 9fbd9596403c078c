/** A bench that runs twice must do the same twice. */
import {demand} from '../bench.ts';

/** Returns a check that all hashes it is given for one key are equal. */
export function sameHashChecker(): (key: string, hash: string) => void {
  const known = new Map<string, string>();
  return (key, hash) => {
    const first = known.get(key);
    if (first === undefined) known.set(key, hash);
    else demand(first === hash, () => `${key}: run hash ${hash}, and ${first} in another round`);
  };
}
