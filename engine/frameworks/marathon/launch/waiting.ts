/** Why instances wait, in groups: by app and reason. */
import type {WaitingGroup} from '../../../scheduler.ts';
import {printConstraint} from './constraints.ts';
import type {Deployments} from '../deploy/deployments.ts';
import type {Lane, LaunchQueue} from './launch-queue.ts';
import type {Roster} from '../instances/roster.ts';

export function waitingGroups(
  queue: LaunchQueue,
  roster: Roster,
  deployments: Deployments,
  now: number,
): readonly WaitingGroup[] {
  const groups: WaitingGroup[] = [];
  for (const lane of queue.lanes) {
    const example = lane.ids.peek() ?? lane.spec.appId;
    groups.push({tasks: lane.size, example, ...reasonOf(lane, now)});
  }
  for (const deployment of deployments.all) {
    for (const appId of deployment.appIds) {
      const held = deployments.heldBack(appId);
      if (held > 0) {
        const reason = 'waits for old instances to be replaced by the rolling upgrade';
        groups.push({tasks: held, example: appId, reason});
      }
    }
    const last = deployment.steps.length;
    for (const [at, step] of deployment.steps.entries()) {
      if (at < deployment.currentStep) continue;
      for (const planned of step) {
        if (planned.action !== 'ScaleApplication') continue;
        const tasks = planned.instances - (roster.entry(planned.app)?.tally.pool ?? 0);
        const reason = `waits for the deployment step ${deployment.currentStep} of ${last}`;
        if (tasks > 0) groups.push({tasks, example: planned.app, reason});
      }
    }
  }
  return groups.sort(
    (left, right) => right.tasks - left.tasks || (left.example < right.example ? -1 : 1),
  );
}

function reasonOf(lane: Lane, now: number): Pick<WaitingGroup, 'reason' | 'needs'> {
  if (lane.blockedUntil > now) {
    return {reason: `in back-off for ${Math.ceil((lane.blockedUntil - now) / 1000)} s`};
  }
  const {needs} = lane.spec;
  if (lane.refusing !== undefined && lane.lacking === 0) {
    const reason = `constraint ${printConstraint(lane.refusing)} met on every offered agent`;
    return {reason, needs};
  }
  if (lane.lack === undefined) return {reason: 'waits for an offer', needs};
  const also = lane.refusing === undefined ? '' : `, or with ${printConstraint(lane.refusing)}`;
  return {reason: `no offer with enough ${lane.lack}${also}`, needs};
}
