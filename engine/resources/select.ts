/** Parts of resources by what they are (Mesos, reference part 2.5). */
import {isStrictSubrole} from './role-names.ts';
import {quantityOf, type Entries, type Special} from './special.ts';
import type {Resources} from './vector.ts';

const NONE: readonly never[] = [];

/** What is plain, and of what is special that which `keeps`. */
function withPlain(resources: Resources, keeps: (special: Special) => boolean): Resources {
  const {special} = resources;
  const kept = filtered(special, keeps);
  return kept === special ? resources : {...resources, special: kept};
}

/** Of what is special that which `keeps`. */
function specialOnly(resources: Resources, keeps: (special: Special) => boolean): Resources {
  return {scalars: NONE, ranges: NONE, sets: NONE, special: filtered(resources.special, keeps)};
}

function filtered(entries: Entries, keeps: (special: Special) => boolean): Entries {
  if (entries.every(({special}) => keeps(special))) return entries;
  return entries.filter(({special}) => keeps(special));
}

/** What is reserved: to exactly this role, or to anybody. */
export function reserved(resources: Resources, role?: string): Resources {
  return specialOnly(resources, (special) =>
    role === undefined ? special.role !== undefined : special.role === role,
  );
}

export function unreserved(resources: Resources): Resources {
  return withPlain(resources, ({role}) => role === undefined);
}

/** What may be given to a role: unreserved, reserved to it, or to a role above it. */
export function allocatableTo(resources: Resources, role: string): Resources {
  return withPlain(resources, (special) => isAllocatableTo(special, role));
}

/** Whether it may be given to a role. */
export function isAllocatableTo(special: Special, role: string): boolean {
  const owner = special.role;
  return owner === undefined || owner === role || isStrictSubrole(role, owner);
}

export function revocable(resources: Resources): Resources {
  return specialOnly(resources, (special) => special.revocable === true);
}

export function nonRevocable(resources: Resources): Resources {
  return withPlain(resources, (special) => special.revocable !== true);
}

export function shared(resources: Resources): Resources {
  return specialOnly(resources, (special) => special.shared === true);
}

export function nonShared(resources: Resources): Resources {
  return withPlain(resources, (special) => special.shared !== true);
}

export function persistentVolumes(resources: Resources): Resources {
  return specialOnly(resources, ({persistence}) => persistence !== undefined);
}

/** What is allocated to exactly this role. */
export function allocatedTo(resources: Resources, role: string): Resources {
  return specialOnly(resources, ({allocation}) => allocation === role);
}

/** Everything of one name; `kind` is that of the name. */
export function named(resources: Resources, name: string, kind: number): Resources {
  return {
    scalars: resources.scalars.map((fixed, at) => (at === kind ? fixed : 0)),
    ranges: resources.ranges.filter((entry) => entry.name === name),
    sets: resources.sets.filter((entry) => entry.name === name),
    special: resources.special.filter(({special}) => special.name === name),
  };
}

/** The scalars alone, with name and amount: a shared volume once, however many copies it has. */
export function stripped({scalars, special}: Resources): Resources {
  const sums = [...scalars];
  for (const entry of special) {
    const {kind} = entry.special;
    while (sums.length <= kind) sums.push(0);
    sums[kind] = (sums[kind] as number) + quantityOf(entry);
  }
  return {scalars: sums, ranges: NONE, sets: NONE, special: NONE};
}
