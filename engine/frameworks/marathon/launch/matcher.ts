/**
 * Launches waiting instances on an offer: first fit in a shuffled order of lanes (reference parts
 * 6.3 and 6.6).
 */
import type {Random} from '../../../kernel/random.ts';
import {subtractRanges, type Ranges} from '../../../resources/ranges.ts';
import type {ScalarKinds} from '../../../resources/kinds.ts';
import {rangesOf} from '../../../resources/vector.ts';
import type {AgentInfo, Offer, TaskLaunch} from '../../../scheduler.ts';
import {fieldOf, satisfies} from './constraints.ts';
import type {Instance} from '../instances/instances.ts';
import type {Lane, LaunchQueue} from './launch-queue.ts';
import type {Placements} from './placements.ts';
import {pickPorts, portRanges, type WantedPort} from './ports.ts';

export interface Matching {
  readonly queue: LaunchQueue;
  readonly kinds: ScalarKinds;
  readonly launchesMax: number;
  /** The stream of this offer; asked only when something is left to chance. */
  readonly random: () => Random;
  /** The placed instances of an app and how many it wants. */
  readonly appOf: (appId: string) => {readonly placements: Placements; readonly wanted: number};
  /** Marks the instance as provisioned on the agent, before the next one is looked at. */
  readonly provision: (
    instance: Instance,
    agent: AgentInfo,
    hostPorts: readonly WantedPort[],
  ) => TaskLaunch;
}

/** What is left of an offer while it is being used up. */
interface Remainder {
  readonly agent: AgentInfo;
  readonly scalars: number[];
  ports: Ranges;
}

/**
 * The launches on one offer, none if nothing fits. Every open lane is asked once, in random order;
 * those that matched are asked again, in turn, until the limit is reached or none fits any more.
 */
export function matchOffer(offer: Offer, matching: Matching): readonly TaskLaunch[] {
  const {queue, launchesMax, random} = matching;
  const left: Remainder = {
    agent: offer.agent,
    scalars: [...offer.resources.scalars],
    ports: rangesOf(offer.resources, 'ports'),
  };
  const launches: TaskLaunch[] = [];
  let matched: Lane[] = [];
  let at = 0;
  while (launches.length < launchesMax) {
    const lane = queue.draw(at, random);
    if (lane === undefined) break;
    const launch = launchOne(lane, left, matching);
    if (launch !== undefined) {
      launches.push(launch);
      matched.push(lane);
    }
    // A lane that closed has given its place to one that was not asked yet.
    if (lane.openAt === at) at += 1;
  }
  while (launches.length < launchesMax && matched.length > 0) {
    const again: Lane[] = [];
    for (const lane of matched) {
      if (launches.length >= launchesMax) break;
      const launch = launchOne(lane, left, matching);
      if (launch === undefined) continue;
      launches.push(launch);
      again.push(lane);
    }
    matched = again;
  }
  return launches;
}

function launchOne(lane: Lane, left: Remainder, matching: Matching): TaskLaunch | undefined {
  const instance = matching.queue.first(lane);
  if (instance === undefined) return undefined;
  const {needs, wantedPorts} = instance.spec;
  const lack = lackOf(needs.scalars, left.scalars);
  if (lack >= 0) return refuse(lane, matching.kinds.names[lack]);
  if (!meetsConstraints(lane, instance, left.agent, matching)) return undefined;
  const hostPorts = pickPorts(wantedPorts, left.ports, matching.random);
  if (hostPorts === undefined) return refuse(lane, 'ports');
  needs.scalars.forEach((fixed, kind) => {
    left.scalars[kind] = (left.scalars[kind] ?? 0) - fixed;
  });
  left.ports = subtractRanges(left.ports, portRanges(hostPorts));
  return matching.provision(instance, left.agent, hostPorts);
}

/** The first kind of which there is not enough; -1 if there is enough of all. */
function lackOf(needed: readonly number[], there: readonly number[]): number {
  for (let kind = 0; kind < needed.length; kind += 1) {
    if ((needed[kind] as number) > (there[kind] ?? 0)) return kind;
  }
  return -1;
}

function refuse(lane: Lane, lack: string | undefined): undefined {
  lane.lack = lack;
  lane.lacking += 1;
}

function meetsConstraints(
  lane: Lane,
  {spec}: Instance,
  agent: AgentInfo,
  {appOf}: Matching,
): boolean {
  if (spec.constraints.length === 0) return true;
  const {placements, wanted} = appOf(spec.appId);
  const placed = placements.from(spec.app.lastConfigChangeAt);
  for (const constraint of spec.constraints) {
    const value = fieldOf(agent, constraint.field);
    if (satisfies(constraint, value, placed, {instances: wanted})) continue;
    lane.refusing = constraint;
    lane.refused += 1;
    return false;
  }
  return true;
}
