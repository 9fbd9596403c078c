/**
 * Launches waiting instances on an offer: first fit in a shuffled order of lanes (reference parts
 * 6.3 and 6.6).
 */
import type {Random} from '../../../kernel/random.ts';
import type {Resources} from '../../../resources/vector.ts';
import type {ScalarKinds} from '../../../resources/kinds.ts';
import type {AgentInfo, Offer, OfferOperation, TaskLaunch} from '../../../scheduler.ts';
import type {Instance} from '../instances/instances.ts';
import type {Lane, LaunchQueue, RoleQueue} from './launch-queue.ts';
import {OfferLeft} from '../../placement/offer-left.ts';
import type {OfferTerms} from './offer-terms.ts';
import {
  judge,
  NOWHERE,
  offerFacts,
  type Judgement,
  type OfferFacts,
  type PlacedApp,
} from './judge.ts';
import {ownPartOf, type OwnReservation} from './own-reservations.ts';
import {portRanges, type WantedPort} from './ports.ts';
import {NO_CORRESPONDING_RESERVATION} from './reasons.ts';
import {disksFor, takeDisks, type TakenDisk} from './volumes.ts';

/** Where an instance is launched, and on what. */
export interface LaunchPlace {
  readonly agent: AgentInfo;
  readonly hostPorts: readonly WantedPort[];
  /** Exactly what is taken of the offer. */
  readonly resources: Resources;
}

export interface Matching {
  readonly queue: LaunchQueue;
  readonly launchesMax: number;
  readonly now: number;
  /** The stream of this offer; asked only when something is left to chance. */
  readonly random: () => Random;
  readonly appOf: (appId: string) => PlacedApp;
  readonly kinds: ScalarKinds;
  readonly find: (instanceId: string) => Instance | undefined;
  /** Remembers what is being reserved for an instance there, and how. */
  readonly reserve: (
    instance: Instance,
    place: LaunchPlace,
    disks: readonly TakenDisk[],
  ) => readonly OfferOperation[];
  /** Something of these instances is given back. */
  readonly released: (offer: Offer, instanceIds: ReadonlySet<string>) => void;
  /** Marks the instance as provisioned there, before the next one is looked at. */
  readonly provision: (instance: Instance, place: LaunchPlace) => TaskLaunch;
}

/** The offer that lanes are asked about, one after the other. */
interface Round {
  readonly left: OfferLeft;
  readonly facts: OfferFacts;
  /** Of the agent: see {@link LaneStats}. */
  readonly slot: number;
  readonly launches: TaskLaunch[];
  readonly operations: OfferOperation[];
  /** How many more instances may be launched, or reserved for. */
  allowance: number;
}

/** What is done with an offer: nothing, where both are empty. */
export interface OfferUse {
  readonly operations: readonly OfferOperation[];
  readonly launches: readonly TaskLaunch[];
}

/**
 * What is done with one offer, nothing if nothing fits. What is reserved comes first: those that
 * wait for it are launched on it, and what is nobody's is given back. Then every open lane of the
 * offer's role is asked once, in random order; those that matched are asked again, in turn, until
 * the limit is reached or none fits any more.
 */
export function matchOffer(offer: Offer, matching: Matching): OfferUse {
  const {queue, now} = matching;
  const waiting = queue.role(offer.role);
  const own = ownPartOf(offer, matching.kinds, matching.find);
  matching.released(offer, own.released);
  const allowance = Math.min(matching.launchesMax, queue.launchableIn(waiting));
  if (allowance === 0) return {operations: own.operations, launches: NONE};
  const round: Round = {
    left: new OfferLeft(offer),
    facts: offerFacts(offer, queue.options, now),
    slot: queue.slotOf(offer.agent.id),
    launches: [],
    operations: [...own.operations],
    allowance,
  };
  for (const reservation of own.ready) launchOwn(reservation, round, matching);
  let matched = askAll(waiting, round, matching);
  while (round.allowance > 0 && matched.length > 0) {
    const again: Lane[] = [];
    for (const lane of matched) {
      if (round.allowance === 0) break;
      if (askAgain(lane, round, matching)) again.push(lane);
    }
    matched = again;
  }
  return round;
}

/** Launches an instance on what waits for it, unless it is delayed or its agent will be away. */
function launchOwn(
  {instance, resources}: OwnReservation,
  round: Round,
  {queue, provision, now}: Matching,
): void {
  const lane = queue.openLaneOf(instance);
  if (lane === undefined || round.allowance === 0 || round.facts.isInMaintenance) return;
  const {hostPorts = NONE} = instance.reservation ?? {};
  round.allowance -= 1;
  lane.stats.used(round.slot, now);
  queue.launched();
  round.launches.push(provision(instance, {agent: round.left.agent, hostPorts, resources}));
}

/** Asks every lane once, and answers those that matched. */
function askAll(waiting: RoleQueue, round: Round, matching: Matching): Lane[] {
  const {queue, random, now} = matching;
  const matched: Lane[] = [];
  let at = 0;
  while (round.allowance > 0) {
    const lane = queue.draw(waiting, at, random);
    if (lane === undefined) break;
    const instance = queue.first(lane);
    if (instance !== undefined) {
      const {refusal, broken, hostPorts} = judgeFor(lane, instance, round, matching);
      if (refusal === 0) {
        lane.stats.used(round.slot, now);
        use(instance, hostPorts, {round, terms: lane.terms}, matching);
        matched.push(lane);
      } else {
        lane.stats.refused(round.slot, {offer: round.left.seen, refusal, at: now}, broken);
      }
    } else if (lane.bound.size > 0 && round.launches.length === 0) {
      const refusal = NO_CORRESPONDING_RESERVATION;
      lane.stats.refused(round.slot, {offer: round.left.seen, refusal, at: now}, -1);
    }
    // A lane that closed has given its place to one that was not asked yet.
    if (lane.openAt === at) at += 1;
  }
  return matched;
}

/** For one more instance of a lane that has used the offer: what this comes to is not counted. */
function askAgain(lane: Lane, round: Round, matching: Matching): boolean {
  const instance = matching.queue.first(lane);
  if (instance === undefined) return false;
  const {refusal, hostPorts} = judgeFor(lane, instance, round, matching);
  if (refusal !== 0) return false;
  use(instance, hostPorts, {round, terms: lane.terms}, matching);
  return true;
}

function judgeFor(
  {terms}: Lane,
  {spec}: Instance,
  {left, facts}: Round,
  {appOf, queue, random}: Matching,
): Judgement {
  const placed = spec.constraints.length === 0 ? NOWHERE : appOf(spec.appId);
  const {groupByRule} = queue.options;
  return judge({spec, terms, placed}, left, facts, {groupByRule, random});
}

/** Launches an instance on what it needs; where it has volumes that is reserved for it first. */
function use(
  instance: Instance,
  hostPorts: readonly WantedPort[],
  {round, terms}: {readonly round: Round; readonly terms: OfferTerms},
  {queue, provision, reserve}: Matching,
): void {
  const {left} = round;
  const {needs, resident} = instance.spec;
  const disks = resident ? (disksFor(instance.spec, left) ?? NONE) : NONE;
  const ports = hostPorts.length === 0 ? NONE : portRanges(hostPorts);
  const resources = left.take(needs, ports, terms);
  const place = {agent: left.agent, hostPorts, resources};
  round.allowance -= 1;
  if (resident) {
    takeDisks(disks, left);
    round.operations.push(...reserve(instance, place, disks));
    return;
  }
  queue.launched();
  round.launches.push(provision(instance, place));
}

const NONE: readonly never[] = [];
