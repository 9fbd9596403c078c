/** What a definition asks for, as offers are compared with it. */
import type {ScalarKinds} from '../../resources/kinds.ts';
import {thousandths} from '../../resources/thousandths.ts';
import {NO_RESOURCES, type Resources} from '../../resources/vector.ts';
import type {Quantities} from '../../scheduler.ts';

export interface ScalarNeeds {
  /** Scalars only. */
  readonly needs: Resources;
  /** The same by name, in thousandths; what is 0 is not there. */
  readonly quantities: Readonly<Quantities>;
}

/**
 * Amounts by name as they are written (cores, MB) in thousandths by kind. The smallest amount there
 * is stands for one that is smaller still: Marathon takes 0.0001 cpus.
 */
export function scalarNeeds(
  amounts: Iterable<readonly [name: string, amount: number]>,
  kinds: ScalarKinds,
): ScalarNeeds {
  const scalars: number[] = [];
  const quantities: Record<string, number> = {};
  for (const [name, amount] of amounts) {
    const fixed = thousandths(amount) ?? (amount > 0 ? 1 : 0);
    if (fixed === 0) continue;
    const kind = kinds.indexOf(name);
    while (scalars.length <= kind) scalars.push(0);
    scalars[kind] = fixed;
    quantities[name] = fixed;
  }
  return {needs: {...NO_RESOURCES, scalars}, quantities};
}
