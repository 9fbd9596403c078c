/**
 * Launches waiting instances on an offer: first fit in a shuffled order of lanes (reference parts
 * 6.3 and 6.6).
 */
import type {Random} from '../../../kernel/random.ts';
import type {Resources} from '../../../resources/vector.ts';
import type {AgentInfo, Offer, TaskLaunch} from '../../../scheduler.ts';
import type {Instance} from '../instances/instances.ts';
import type {Lane, LaunchQueue, RoleQueue} from './launch-queue.ts';
import {OfferLeft} from './offer-left.ts';
import {
  judge,
  NOWHERE,
  offerFacts,
  type Judgement,
  type OfferFacts,
  type PlacedApp,
} from './judge.ts';
import type {WantedPort} from './ports.ts';

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
}

/**
 * The launches on one offer, none if nothing fits. Every open lane of the offer's role is asked
 * once, in random order; those that matched are asked again, in turn, until the limit is reached or
 * none fits any more.
 */
export function matchOffer(offer: Offer, matching: Matching): readonly TaskLaunch[] {
  const {queue, now} = matching;
  const waiting = queue.role(offer.role);
  const launchesMax = Math.min(matching.launchesMax, queue.launchableIn(waiting));
  if (launchesMax === 0) return NONE;
  const round: Round = {
    left: new OfferLeft(offer),
    facts: offerFacts(offer, queue.options, now),
    slot: queue.slotOf(offer.agent.id),
    launches: [],
  };
  let matched = askAll(waiting, launchesMax, round, matching);
  while (round.launches.length < launchesMax && matched.length > 0) {
    const again: Lane[] = [];
    for (const lane of matched) {
      if (round.launches.length >= launchesMax) break;
      if (askAgain(lane, round, matching)) again.push(lane);
    }
    matched = again;
  }
  return round.launches;
}

/** Asks every lane once, and answers those that matched. */
function askAll(waiting: RoleQueue, launchesMax: number, round: Round, matching: Matching): Lane[] {
  const {queue, random, now} = matching;
  const matched: Lane[] = [];
  let at = 0;
  while (round.launches.length < launchesMax) {
    const lane = queue.draw(waiting, at, random);
    if (lane === undefined) break;
    const instance = queue.first(lane);
    if (instance !== undefined) {
      const {refusal, broken, hostPorts} = judgeFor(lane, instance, round, matching);
      if (refusal === 0) {
        lane.stats.used(round.slot, now);
        launch(instance, lane, {...round, hostPorts}, matching);
        matched.push(lane);
      } else {
        lane.stats.refused(round.slot, {offer: round.left.seen, refusal, at: now}, broken);
      }
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
  launch(instance, lane, {...round, hostPorts}, matching);
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

function launch(
  instance: Instance,
  {terms}: Lane,
  {left, hostPorts, launches}: Round & {readonly hostPorts: readonly WantedPort[]},
  {queue, provision}: Matching,
): void {
  const resources = left.take(instance.spec.needs, hostPorts, terms);
  queue.launched();
  launches.push(provision(instance, {agent: left.agent, hostPorts, resources}));
}

const NONE: readonly never[] = [];
