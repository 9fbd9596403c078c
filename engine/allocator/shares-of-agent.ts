/**
 * Parts of what is available on an agent: what a role may have, what a framework can use, and what
 * quota counts (Mesos, reference parts 1.7, 1.8 and 1.12).
 */
import {isAllocatableTo} from '../resources/select.ts';
import {isUnreserved, type Entries, type Entry} from '../resources/special.ts';
import type {Resources} from '../resources/vector.ts';

const NONE: readonly never[] = [];

/** What a framework can make use of. */
export interface Usage {
  readonly revocable: boolean;
  readonly shared: boolean;
  /** Stacks of reservations. */
  readonly refined: boolean;
}

/**
 * What is reserved to a role or a role above it, or to nobody, without the shared volumes of
 * `offered`.
 */
export function offerableTo(
  resources: Resources,
  role: string,
  offered: Entries | undefined,
): Resources {
  return withSpecial(resources, ({special}) => {
    if (special.shared === true && offered?.some((one) => one.special.key === special.key)) {
      return false;
    }
    return isAllocatableTo(special, role);
  });
}

/** Without what a framework could do nothing with. */
export function usableBy(usage: Usage, resources: Resources): Resources {
  if (resources.special.length === 0) return resources;
  return withSpecial(resources, ({special}) => {
    if (special.revocable === true && !usage.revocable) return false;
    if (special.shared === true && !usage.shared) return false;
    return usage.refined || !special.refined;
  });
}

/** Whether quota counts it: a scalar that nobody reserved and nobody can revoke. */
function isCountable({special, scalar}: Entry): boolean {
  return scalar > 0 && isUnreserved(special) && special.revocable !== true;
}

/** The part that quota counts. */
export function countablePart(resources: Resources): Resources {
  const special = resources.special.length === 0 ? NONE : resources.special.filter(isCountable);
  return {scalars: resources.scalars, ranges: NONE, sets: NONE, special};
}

/** The part that quota does not count; of what is special, only what `keeps` says. */
export function withoutCountable(
  {ranges, sets, special}: Resources,
  keeps: (entry: Entry) => boolean,
): Resources {
  const kept = special.filter((entry) => !isCountable(entry) && keeps(entry));
  return {scalars: NONE, ranges, sets, special: kept};
}

function withSpecial(resources: Resources, keeps: (entry: Entry) => boolean): Resources {
  const special = resources.special.filter(keeps);
  return special.length === resources.special.length ? resources : {...resources, special};
}
