/** Who supervises a task that an executor before this one has started, or wanted to start. */
import {setTimeout as delay} from 'node:timers/promises';
import type {Claim, ControlFolder} from './control-folder.ts';

/** A claim is empty for a moment; for longer if its supervisor was killed in this moment. */
const CLAIM_ROUNDS = 100;
const CLAIM_PAUSE_MS = 10;

/** Who supervises the task; undefined: nobody does, and from now on nobody will. */
export async function claimOrRevoke(
  key: string,
  control: ControlFolder,
): Promise<Claim | undefined> {
  for (let round = 0; round < CLAIM_ROUNDS; round += 1) {
    const claim = control.claimOf(key);
    if (claim === 'revoked') return undefined;
    if (claim !== undefined) return claim;
    if (control.revoke(key) || !control.isClaimed(key)) return undefined;
    await delay(CLAIM_PAUSE_MS);
  }
  return undefined;
}
