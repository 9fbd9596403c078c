/**
 * What an offer has that is reserved for instances of this Marathon: those that wait for it are
 * launched on exactly that, and what nobody knows of any more is let go of (reference parts 6.6,
 * 6.9, 7.6).
 */
import type {ScalarKinds} from '../../../resources/kinds.ts';
import {
  containsResources,
  isEmpty,
  NO_RESOURCES,
  subtractResources,
  type Resources,
} from '../../../resources/vector.ts';
import type {AgentInfo, Offer, OfferOperation} from '../../../scheduler.ts';
import type {Instance} from '../instances/instances.ts';
import {release, reservedIn} from './reserve.ts';

/** A reservation that is there, whole, and whose it is. */
export interface OwnReservation {
  readonly instance: Instance;
  readonly resources: Resources;
}

export interface OwnPart {
  readonly ready: readonly OwnReservation[];
  /** What gives back the rest. */
  readonly operations: readonly OfferOperation[];
  /** Ids of the instances of which something is given back. */
  readonly released: ReadonlySet<string>;
}

const NOTHING: OwnPart = {ready: [], operations: [], released: new Set()};

/** Sorts out what of an offer is reserved by the framework in the offer's role. */
export function ownPartOf(
  {agent, frameworkId, resources, role}: Offer,
  kinds: ScalarKinds,
  find: (instanceId: string) => Instance | undefined,
): OwnPart {
  if (resources.special.length === 0) return NOTHING;
  const ready: OwnReservation[] = [];
  const operations: OfferOperation[] = [];
  const released = new Set<string>();
  for (const [instanceId, offered] of reservedIn(resources, {frameworkId, role})) {
    const instance = find(instanceId);
    const own = ownOf(instance, agent, kinds);
    if (instance !== undefined && !isEmpty(own) && containsResources(offered, own)) {
      ready.push({instance, resources: own});
    }
    // A part of what an instance has a right to is none of ours to give back.
    const rest = subtractResources(offered, own);
    if (isEmpty(rest)) continue;
    operations.push(...release(rest));
    released.add(instanceId);
  }
  return {ready, operations, released};
}

function ownOf(instance: Instance | undefined, agent: AgentInfo, kinds: ScalarKinds): Resources {
  const reservation = instance?.reservation;
  if (reservation === undefined || reservation.agent.id !== agent.id) return NO_RESOURCES;
  return kinds.compile(reservation.resources);
}
