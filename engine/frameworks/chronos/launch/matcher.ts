/** Launches waiting runs on offers, by class and then by their turn: each where it fits first. */
import type {Offer, TaskLaunch} from '../../../scheduler.ts';
import {OfferLeft, type RoleTerms} from '../../placement/offer-left.ts';
import type {Job} from '../jobs/job.ts';
import type {Run} from '../runs/run.ts';
import {brokenBy, type LaunchSpec} from './launch-spec.ts';
import type {Lane, RunQueue} from './run-queue.ts';
import {makeTaskLaunch} from './task-launch.ts';

export interface Matching {
  readonly queue: RunQueue;
  readonly terms: RoleTerms;
  readonly now: number;
  /** Names of the scalar kinds, by index. */
  readonly kindNames: readonly string[];
  /** The run is launched there. */
  readonly launched: (job: Job, run: Run, launch: TaskLaunch, offer: Offer) => void;
}

/** The launches on one offer; empty if it is of no use to anybody. */
export function matchOffer(offer: Offer, matching: Matching): readonly TaskLaunch[] {
  const {queue, terms, now, launched} = matching;
  const left = new OfferLeft(offer);
  const closed = new Set<Lane>();
  const launches: TaskLaunch[] = [];
  for (;;) {
    const next = queue.first((lane) => !closed.has(lane), now);
    if (next === undefined) return launches;
    const {lane, waiter} = next;
    const refusal = refusalOf(lane.spec, {offer, left}, matching);
    if (refusal !== undefined) {
      closed.add(lane);
      lane.refusal = refusal;
      lane.refused += 1;
      continue;
    }
    const {job, run} = waiter;
    const resources = left.take(lane.spec.needs, [], terms);
    const launch = makeTaskLaunch(job.definition, run, {agent: offer.agent, resources});
    launched(job, run, launch, offer);
    launches.push(launch);
  }
}

/** Why the offer is of no use; undefined: it is. */
function refusalOf(
  spec: LaunchSpec,
  {offer, left}: {readonly offer: Offer; readonly left: OfferLeft},
  {terms, now, kindNames}: Matching,
): string | undefined {
  const {scalars} = spec.needs;
  for (let kind = 0; kind < scalars.length; kind += 1) {
    const need = scalars[kind] as number;
    if (need > 0 && need > left.amountFor(kind, terms)) return kindNames[kind] ?? 'resources';
  }
  if (spec.constraints.length > 0) {
    const broken = brokenBy(spec, offer.agent);
    if (broken !== undefined) return `constraint ${broken}`;
  }
  return isAway(offer, now) ? 'maintenance' : undefined;
}

/** Its agent is away for maintenance, or should be. */
function isAway({unavailability}: Offer, now: number): boolean {
  if (unavailability === undefined) return false;
  const {startMs, durationMs = Infinity} = unavailability;
  return now >= startMs && now < startMs + durationMs;
}
