/** Ends and removes what there is of a task that nobody knows any more. */
import type {Cgroups} from './cgroups.ts';
import type {ControlFolder} from './control-folder.ts';
import {signalGroup} from './proc.ts';

export interface LeftoverPlace {
  readonly control: ControlFolder;
  readonly cgroups: Cgroups;
  readonly bootId: string;
}

/** False: something in its control group would not end. */
export async function removeLeftover(
  key: string,
  {control, cgroups, bootId}: LeftoverPlace,
): Promise<boolean> {
  // A supervisor that comes late finds that it may not start it.
  control.revoke(key);
  const claim = control.claimOf(key);
  if (claim !== undefined && claim !== 'revoked' && claim.bootId === bootId) {
    // First the supervisor, so that it starts nothing in between.
    signalGroup(claim, 'SIGKILL');
    const started = control.startedOf(key);
    if (started !== undefined) signalGroup(started, 'SIGKILL');
  }
  const isGone = await cgroups.open(key).remove();
  control.remove(key);
  return isGone;
}
