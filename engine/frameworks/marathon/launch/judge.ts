/**
 * Whether one offer is of use to an instance of one app: all reasons against it, or the ports that
 * it gets (reference part 6.3).
 */
import type {Random} from '../../../kernel/random.ts';
import type {AgentInfo, Offer} from '../../../scheduler.ts';
import {fieldOf} from '../../placement/agent-fields.ts';
import {satisfies, type GroupByRule} from './constraints.ts';
import type {OfferLeft} from '../../placement/offer-left.ts';
import {isInMaintenance, type LaunchOptions, type OfferTerms} from './offer-terms.ts';
import {Placements} from './placements.ts';
import {pickPorts, type WantedPort} from './ports.ts';
import {
  AGENT_MAINTENANCE,
  insufficient,
  INSUFFICIENT_PORTS,
  REMOTE_REGION,
  SCARCE_RESOURCES,
  UNFULFILLED_CONSTRAINT,
  UNFULFILLED_ROLE,
  type Refusal,
} from './reasons.ts';
import type {RunSpec} from './run-spec.ts';
import {DISK, disksFor} from './volumes.ts';

/** Who asks. */
export interface Claim {
  readonly spec: RunSpec;
  readonly terms: OfferTerms;
  readonly placed: PlacedApp;
}

/** The placed instances of an app and how many it wants. */
export interface PlacedApp {
  readonly placements: Placements;
  readonly wanted: number;
}

/** For who has no constraints. */
export const NOWHERE: PlacedApp = {placements: new Placements(), wanted: 0};

/** What about an offer is the same for all. */
export interface OfferFacts {
  readonly isInMaintenance: boolean;
  /** In another region than ours. */
  readonly isRemote: boolean;
  /** It holds a volume that the instance waits for. */
  readonly hasOwnVolume: boolean;
}

export interface Judgement {
  /** 0: it fits. */
  readonly refusal: Refusal;
  /** The first constraint that is broken, by index; -1: none. */
  readonly broken: number;
  /** If it fits. */
  readonly hostPorts: readonly WantedPort[];
}

const NO_PORTS: readonly WantedPort[] = [];

/** What is to be known of an offer before anybody is asked whether it fits; `now` in ms. */
export function offerFacts(
  {agent, unavailability}: Pick<Offer, 'agent' | 'unavailability'>,
  options: LaunchOptions,
  now: number,
): OfferFacts {
  const {localRegion} = options;
  return {
    isInMaintenance: isInMaintenance(unavailability, options, now),
    isRemote:
      localRegion !== undefined && agent.region !== undefined && agent.region !== localRegion,
    // Who has one is launched on it without being judged: see own-reservations.ts.
    hasOwnVolume: false,
  };
}

/** `random` is only asked when the choice of ports is left to chance. */
export function judge(
  {spec, terms, placed}: Claim,
  left: OfferLeft,
  facts: OfferFacts,
  {groupByRule, random}: {readonly groupByRule: GroupByRule; readonly random: () => Random},
): Judgement {
  let refusal = lackOf(spec.needs.scalars, left, terms);
  if (spec.resident && disksFor(spec, left) === undefined) {
    refusal |= insufficient(DISK);
  }
  if (!left.hasAnyFor(terms)) refusal |= UNFULFILLED_ROLE;
  if (facts.isRemote && !terms.namesRegion) refusal |= REMOTE_REGION;
  const broken = brokenConstraint(spec, left.agent, placed, groupByRule);
  if (broken >= 0) refusal |= UNFULFILLED_CONSTRAINT;
  if (facts.isInMaintenance) refusal |= UNFULFILLED_CONSTRAINT | AGENT_MAINTENANCE;
  if (terms.sparesGpus && left.hasGpus && !facts.hasOwnVolume) refusal |= SCARCE_RESOURCES;
  if (refusal !== 0) return {refusal, broken, hostPorts: NO_PORTS};
  if (spec.wantedPorts.length === 0) return FITS;
  const hostPorts = pickPorts(spec.wantedPorts, left.portsFor(terms), random);
  if (hostPorts === undefined) return {refusal: INSUFFICIENT_PORTS, broken, hostPorts: NO_PORTS};
  return {refusal, broken, hostPorts};
}

const FITS: Judgement = {refusal: 0, broken: -1, hostPorts: NO_PORTS};

/** Every kind of which there is not enough. */
function lackOf(needed: readonly number[], left: OfferLeft, terms: OfferTerms): Refusal {
  let refusal = 0;
  for (let kind = 0; kind < needed.length; kind += 1) {
    const amount = needed[kind] as number;
    if (amount > 0 && amount > left.amountFor(kind, terms)) refusal |= insufficient(kind);
  }
  return refusal;
}

function brokenConstraint(
  spec: RunSpec,
  agent: AgentInfo,
  {placements, wanted}: PlacedApp,
  groupBy: GroupByRule,
): number {
  const {constraints} = spec;
  if (constraints.length === 0) return -1;
  const counts = placements.from(spec.app.lastConfigChangeAt);
  return constraints.findIndex((constraint) => {
    const value = fieldOf(agent, constraint.field);
    return !satisfies(constraint, value, counts, {instances: wanted, groupBy});
  });
}
