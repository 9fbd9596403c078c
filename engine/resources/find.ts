/** Looking for amounts whoever they are reserved to (Mesos `Resources::find`, reference 2.5). */
import {assemble, changed, entriesOf, type KindNames} from './entries.ts';
import {toUnreserved} from './reservations.ts';
import type {Entry, Special} from './special.ts';
import {
  addResources,
  containsResources,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from './vector.ts';

/**
 * Resources that make up the target when reservations do not count: each entry is taken from what
 * the same role has reserved, then from what is unreserved, then from any other role. `undefined`
 * when there is not enough. Unlike Mesos (resources.cpp, `find`), more than one other role may
 * help out, and what one entry took is not given to the next.
 */
export function findResources(
  resources: Resources,
  target: Resources,
  kinds: KindNames,
): Resources | undefined {
  let left = resources;
  let total = NO_RESOURCES;
  for (const wanted of entriesOf(target, kinds)) {
    const found = findEntry(left, wanted, kinds);
    if (found === undefined) return undefined;
    left = subtractResources(left, found);
    total = addResources(total, found);
  }
  return total;
}

function findEntry(resources: Resources, wanted: Entry, kinds: KindNames): Resources | undefined {
  const {role} = wanted.special;
  const preferences: readonly ((special: Special) => boolean)[] = [
    (special) => role !== undefined && special.role === role,
    (special) => special.role === undefined,
    () => true,
  ];
  let left = resources;
  let found = NO_RESOURCES;
  let missing = toUnreserved(assemble([wanted]));
  for (const isPreferred of preferences) {
    for (const entry of entriesOf(left, kinds)) {
      if (!isPreferred(entry.special)) continue;
      const held = toUnreserved(assemble([entry]));
      if (containsResources(held, missing)) {
        const {reservations} = entry.special;
        const rest = entriesOf(missing, kinds).map((part) => changed(part, {reservations}));
        return addResources(found, assemble(rest));
      }
      if (!containsResources(missing, held)) continue;
      const taken = assemble([entry]);
      found = addResources(found, taken);
      left = subtractResources(left, taken);
      missing = subtractResources(missing, held);
    }
  }
  return undefined;
}
