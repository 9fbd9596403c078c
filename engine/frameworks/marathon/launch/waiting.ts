/** Why instances wait, in groups: by app and reason. */
import type {WaitingGroup} from '../../../scheduler.ts';
import type {Deployments} from '../deploy/deployments.ts';
import type {Roster} from '../instances/roster.ts';
import {printConstraint} from './constraints.ts';
import type {Lane, LaunchQueue} from './launch-queue.ts';
import {REASONS, type Reason} from './reasons.ts';
import type {RunSpec} from './run-spec.ts';

export function waitingGroups(
  queue: LaunchQueue,
  roster: Roster,
  deployments: Deployments,
  now: number,
): readonly WaitingGroup[] {
  const groups: WaitingGroup[] = [];
  for (const lane of queue.lanes) {
    const [bound] = lane.bound;
    const example = lane.ids.peek() ?? bound ?? lane.spec.appId;
    const {role} = lane.queue;
    groups.push({tasks: lane.size, example, role, ...reasonOf(lane, queue, now)});
  }
  for (const deployment of deployments.all) {
    for (const appId of deployment.appIds) {
      const held = deployments.heldBack(appId);
      if (held > 0) {
        const reason = 'waits for old instances to be replaced by the rolling upgrade';
        groups.push({tasks: held, example: appId, reason});
      }
    }
    const {progress} = deployment;
    const last = deployment.steps.length;
    for (const [at, step] of deployment.steps.entries()) {
      if (at < progress.currentStep) continue;
      for (const planned of step) {
        if (planned.action !== 'ScaleApplication') continue;
        const tasks = planned.instances - (roster.entry(planned.app)?.tally.pool ?? 0);
        const reason = `waits for the deployment step ${progress.currentStep} of ${last}`;
        if (tasks > 0) groups.push({tasks, example: planned.app, reason});
      }
    }
  }
  return groups.sort(
    (left, right) => right.tasks - left.tasks || (left.example < right.example ? -1 : 1),
  );
}

function reasonOf(
  lane: Lane,
  {tokens}: LaunchQueue,
  now: number,
): Pick<WaitingGroup, 'reason' | 'needs'> {
  if (lane.blockedUntil > now) {
    return {reason: `in back-off for ${Math.ceil((lane.blockedUntil - now) / 1000)} s`};
  }
  if (tokens.left(now) === 0) {
    const seconds = Math.ceil((tokens.nextRefillAt(now) - now) / 1000);
    return {reason: `out of launch tokens for ${seconds} s`};
  }
  // No agent but their own has what they lack.
  if (lane.bound.size === lane.size) return {reason: 'waits for its agent, where its volumes are'};
  return {reason: printFunnel(lane), needs: lane.spec.needs};
}

/** `4 offers seen: 3 lacked cpus, 1 broke [hostname, UNIQUE]`: each for its first reason. */
function printFunnel({spec, stats}: Lane): string {
  const {processed, unused, declined, broken} = stats;
  if (processed === 0) return 'waits for an offer';
  const parts: string[] = [];
  if (processed > unused) parts.push(`${processed - unused} used`);
  for (const [at, reason] of REASONS.entries()) {
    const count = declined[at] ?? 0;
    if (count === 0) continue;
    if (reason === 'UnfulfilledConstraint') parts.push(...brokenParts(spec, broken, count));
    else parts.push(`${count} ${WORDS[reason]}`);
  }
  return `${processed} ${processed === 1 ? 'offer' : 'offers'} seen: ${parts.join(', ')}`;
}

/** Where no constraint is broken it is maintenance, which Marathon counts with them. */
function brokenParts(
  {constraints}: RunSpec,
  broken: readonly number[],
  count: number,
): readonly string[] {
  const parts: string[] = [];
  let left = count;
  for (const [at, constraint] of constraints.entries()) {
    const own = broken[at] ?? 0;
    if (own > 0) parts.push(`${own} broke ${printConstraint(constraint)}`);
    left -= own;
  }
  if (left > 0) parts.push(`${left} ${WORDS.AgentMaintenance}`);
  return parts;
}

const WORDS: Readonly<Record<Reason, string>> = {
  UnfulfilledRole: 'of roles that are not accepted',
  UnfulfilledConstraint: 'broke a constraint',
  NoCorrespondingReservationFound: 'without the reservation',
  AgentMaintenance: 'of agents that go into maintenance',
  InsufficientCpus: 'lacked cpus',
  InsufficientMemory: 'lacked mem',
  InsufficientDisk: 'lacked disk',
  InsufficientGpus: 'lacked gpus',
  InsufficientPorts: 'lacked ports',
  DeclinedScarceResources: 'left to those who need gpus',
  RemoteRegion: 'of another region',
};
