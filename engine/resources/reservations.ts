/** Pushing and popping reservations, and the role that something is allocated to (Mesos 2.5). */
import {assemble, changed, entriesOf, type KindNames} from './entries.ts';
import {reservationsProblem} from './reservation-rules.ts';
import {reservationKey, type Entry, type Reservation, type Traits} from './special.ts';
import {addResources, isEmpty, type Resources} from './vector.ts';

export type ResourcesResult =
  | {readonly ok: true; readonly resources: Resources}
  | {readonly ok: false; readonly message: string};

/** All of it reserved once more, on top of what reserves it already. */
export function pushReservation(
  resources: Resources,
  reservation: Reservation,
  kinds: KindNames,
): ResourcesResult {
  const entries: Entry[] = [];
  for (const entry of entriesOf(resources, kinds)) {
    const {name, reservations: below} = entry.special;
    const reservations = [...below, reservation];
    const problem = reservationsProblem(reservations);
    if (problem !== undefined) {
      return {ok: false, message: `'${name}': ${problem.field}: ${problem.message}`};
    }
    entries.push(changed(entry, {reservations}));
  }
  return {ok: true, resources: assemble(entries)};
}

/** All of it without the last reservation: a refined one falls back to the role above. */
export function popReservation(resources: Resources): ResourcesResult {
  const {special, ...plain} = resources;
  const isReserved = special.every((entry) => entry.special.reservations.length > 0);
  if (!isReserved || !isEmpty({...plain, special: []})) {
    return {ok: false, message: 'what is not reserved cannot be unreserved'};
  }
  const popped = withoutReservations(resources, ({reservations}) => reservations.length - 1);
  return {ok: true, resources: popped};
}

/** All of it with no reservation at all. */
export function toUnreserved(resources: Resources): Resources {
  return withoutReservations(resources, () => 0);
}

/** `left`, reserved only as far as all of `left` and of `right` is reserved alike. */
export function reservationAncestor(left: Resources, right: Resources): Resources {
  const stacks = [left, right].flatMap(stacksOf);
  const [first = [], ...others] = stacks;
  const common = first.findIndex((text, at) => others.some((stack) => stack[at] !== text));
  return withoutReservations(left, () => (common === -1 ? first.length : common));
}

/** The reservations of everything there is, each as a text that is its identity. */
function stacksOf(resources: Resources): readonly (readonly string[])[] {
  const {special, ...plain} = resources;
  const stacks = special.map((entry) => entry.special.reservations.map(reservationKey));
  return isEmpty({...plain, special: []}) ? stacks : [[], ...stacks];
}

/** The outermost reservations only, as many as `keep` says. */
function withoutReservations(resources: Resources, keep: (traits: Traits) => number): Resources {
  return changedSpecial(resources, (traits) => ({
    reservations: traits.reservations.slice(0, keep(traits)),
  }));
}

function changedSpecial(
  resources: Resources,
  change: (traits: Traits) => Partial<Traits>,
): Resources {
  if (resources.special.length === 0) return resources;
  const entries = resources.special.map((entry) => changed(entry, change(entry.special)));
  return addResources({...resources, special: []}, assemble(entries));
}

/** All of it allocated to a role. */
export function allocate(resources: Resources, role: string, kinds: KindNames): Resources {
  return assemble(entriesOf(resources, kinds).map((entry) => changed(entry, {allocation: role})));
}

/** All of it allocated to nobody. */
export function unallocate(resources: Resources): Resources {
  return changedSpecial(resources, () => ({allocation: undefined}));
}
