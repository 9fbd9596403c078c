/**
 * The least that an offer must contain: alternatives of quantities (Mesos, reference part 1.10).
 */
import {countRanges} from '../resources/ranges.ts';
import type {NamedRanges, NamedSet, ScalarKinds} from '../resources/vector.ts';
import type {Quantities} from '../scheduler.ts';

/** One alternative, compiled: all of it must be there. */
interface Alternative {
  readonly kinds: readonly number[];
  readonly amounts: readonly number[];
  /** Names of ranges or sets, with the number of items wanted. */
  readonly items: readonly (readonly [string, number])[];
}

export type Minimum = readonly Alternative[];

/** Names that are no scalar kind of the cluster so far count as items of ranges and sets. */
export function compileMinimum(alternatives: readonly Quantities[], kinds: ScalarKinds): Minimum {
  return alternatives.map((quantities) => {
    const entries = Object.entries(quantities).filter(([, amount]) => amount > 0);
    const scalars = entries.filter(([name]) => kinds.names.includes(name));
    return {
      kinds: scalars.map(([name]) => kinds.indexOf(name)),
      amounts: scalars.map(([, amount]) => amount),
      items: entries
        .filter(([name]) => !kinds.names.includes(name))
        .map(([name, amount]) => [name, amount / 1000] as const),
    };
  });
}

/** What is checked: scalars of one agent or offer (from `offset` on), and its other resources. */
export interface Holding {
  readonly scalars: ArrayLike<number>;
  readonly offset: number;
  readonly ranges: readonly NamedRanges[];
  readonly sets: readonly NamedSet[];
}

/** Whether one of the alternatives is held; an empty list asks for nothing. */
export function meetsMinimum(holding: Holding, minimum: Minimum): boolean {
  if (minimum.length === 0) return true;
  for (let at = 0; at < minimum.length; at += 1) {
    if (holds(holding, minimum[at] as Alternative)) return true;
  }
  return false;
}

function holds(holding: Holding, alternative: Alternative): boolean {
  const {kinds, amounts, items} = alternative;
  const {scalars, offset} = holding;
  for (let at = 0; at < kinds.length; at += 1) {
    if ((scalars[offset + (kinds[at] as number)] ?? 0) < (amounts[at] as number)) return false;
  }
  for (const [name, count] of items) {
    const ranges = holding.ranges.find((entry) => entry.name === name)?.ranges ?? [];
    const set = holding.sets.find((entry) => entry.name === name)?.items ?? [];
    if (countRanges(ranges) + set.length < count) return false;
  }
  return true;
}
