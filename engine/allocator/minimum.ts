/**
 * The least that an offer must contain: alternatives of quantities (Mesos, reference part 1.10).
 */
import {countRanges} from '../resources/ranges.ts';
import {quantityOf} from '../resources/special.ts';
import type {ScalarKinds} from '../resources/kinds.ts';
import type {Resources} from '../resources/vector.ts';
import type {Quantities} from '../scheduler.ts';

/** What one alternative asks of one name. */
interface Need {
  readonly name: string;
  readonly kind: number;
  /** Thousandths; an item of ranges or sets counts 1000. */
  readonly amount: number;
}

/** Alternatives, each of which is a list of needs that must all be met. */
export type Minimum = readonly (readonly Need[])[];

export function compileMinimum(alternatives: readonly Quantities[], kinds: ScalarKinds): Minimum {
  return alternatives.map((quantities) =>
    Object.entries(quantities)
      .filter(([, amount]) => amount > 0)
      .map(([name, amount]) => ({name, kind: kinds.indexOf(name), amount})),
  );
}

/** Whether one of the alternatives is held; an empty list asks for nothing. */
export function meetsMinimum(resources: Resources, minimum: Minimum): boolean {
  if (minimum.length === 0) return true;
  for (let at = 0; at < minimum.length; at += 1) {
    if (holds(resources, minimum[at] as readonly Need[])) return true;
  }
  return false;
}

function holds(resources: Resources, needs: readonly Need[]): boolean {
  const {scalars, special} = resources;
  for (let at = 0; at < needs.length; at += 1) {
    const {name, kind, amount} = needs[at] as Need;
    let held = scalars[kind] ?? 0;
    for (const entry of special) if (entry.special.kind === kind) held += quantityOf(entry);
    if (held < amount && held + 1000 * itemsOf(resources, name) < amount) return false;
  }
  return true;
}

/** Numbers and items of this name, reserved or not. */
function itemsOf({ranges, sets, special}: Resources, name: string): number {
  let count = 0;
  for (const entry of ranges) if (entry.name === name) count += countRanges(entry.ranges);
  for (const entry of sets) if (entry.name === name) count += entry.items.length;
  for (const entry of special) {
    if (entry.special.name === name) count += countRanges(entry.ranges) + entry.items.length;
  }
  return count;
}
