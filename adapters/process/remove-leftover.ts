/** Ends and removes what there is of a task that nobody knows any more. */
import type {Cgroups} from './cgroups.ts';
import type {ControlFolder} from './control-folder.ts';
import {signalGroup} from './proc.ts';
import type {Strays} from './strays.ts';

export interface LeftoverPlace {
  readonly control: ControlFolder;
  readonly cgroups: Cgroups;
  readonly strays: Strays;
  readonly bootId: string;
}

/** False: something in its control group would not end. */
export async function removeLeftover(key: string, place: LeftoverPlace): Promise<boolean> {
  const {control, cgroups, strays} = place;
  // A supervisor that comes late finds that it may not start it.
  control.revoke(key);
  // First the supervisor, so that it starts nothing in between.
  if (endSupervisor(key, place)) {
    const started = control.startedOf(key);
    if (started !== undefined) signalGroup(started, 'SIGKILL');
  }
  const group = cgroups.open(key);
  const sandbox = control.logsOf(key)?.sandbox;
  if (group.joinedBy.length === 0 && sandbox !== undefined) await strays.end(sandbox);
  const isGone = await group.remove();
  control.remove(key);
  return isGone;
}

/** Whether there may be one, or may have been since the machine was started. */
export function endSupervisor(key: string, {control, bootId}: LeftoverPlace): boolean {
  const claim = control.claimOf(key);
  if (claim === undefined || claim === 'revoked' || claim.bootId !== bootId) return false;
  signalGroup(claim, 'SIGKILL');
  return true;
}
