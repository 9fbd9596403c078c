/**
 * Unlike Marathon, which kills whatever its checks call dead however many that are (its issues
 * #3317, #3318): while more than a given share of an app is unhealthy at once, nothing of it is
 * killed for health. Then the check, or what all of them depend on, is to blame rather than each
 * instance by itself. Off unless the app or the cluster names a share.
 */
import type {FrameworkServices} from '../../../scheduler.ts';
import type {AppDefinition} from '../definition/app-definition.ts';
import type {AppEntry, Roster} from '../instances/roster.ts';

/** The label by which an app names its share; it goes before the cluster's. */
export const KILL_SHARE_LABEL = 'DRYDOCK_HEALTH_KILL_SHARE_MAX';

/** A share from 0 to 1 as a label has it; undefined if the text is none. */
export function parseShare(text: string): number | undefined {
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text)) return undefined;
  const share = Number(text);
  return share <= 1 ? share : undefined;
}

export interface KillGuardSnapshot {
  /** Apps whose kills are suspended. */
  readonly suspended: readonly string[];
}

export class KillGuard {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #shareMax: number | undefined;
  readonly #suspended: Set<string>;

  constructor(
    services: FrameworkServices,
    roster: Roster,
    shareMax: number | undefined,
    snapshot?: KillGuardSnapshot,
  ) {
    this.#services = services;
    this.#roster = roster;
    this.#shareMax = shareMax;
    this.#suspended = new Set(snapshot?.suspended);
    if (snapshot !== undefined) return;
    // Of instances that were read from records it has been told before.
    for (const entry of roster.entries.values()) {
      const share = this.#shareOf(entry.app.definition);
      if (share !== undefined && exceeds(entry, share)) this.#suspended.add(entry.id);
    }
  }

  /** Whether there is a share for the app at all, or was. */
  isOn(appId: string): boolean {
    if (this.#shareMax !== undefined || this.#suspended.has(appId)) return true;
    const entry = this.#roster.entry(appId);
    return entry !== undefined && KILL_SHARE_LABEL in entry.app.definition.labels;
  }

  /** Nothing of the app is checked any more. */
  forget(appId: string): void {
    this.#suspended.delete(appId);
  }

  /** Whether the app's instances are not to be killed for health now; tells when that changes. */
  holds(appId: string): boolean {
    const entry = this.#roster.entry(appId);
    const shareMax = entry && this.#shareOf(entry.app.definition);
    const isHeld = entry !== undefined && shareMax !== undefined && exceeds(entry, shareMax);
    if (isHeld === this.#suspended.has(appId)) return isHeld;
    if (isHeld) this.#suspended.add(appId);
    else this.#suspended.delete(appId);
    if (entry === undefined) return false;
    this.#services.publish({
      type: isHeld ? 'health_kill_suspended_event' : 'health_kill_resumed_event',
      appId,
      unhealthy: entry.tally.unwellInPool,
      instances: entry.tally.pool,
      shareMax: shareMax ?? null,
    });
    return isHeld;
  }

  #shareOf({labels}: AppDefinition): number | undefined {
    const label = labels[KILL_SHARE_LABEL];
    return (label === undefined ? undefined : parseShare(label)) ?? this.#shareMax;
  }

  snapshot(): KillGuardSnapshot {
    return {suspended: [...this.#suspended]};
  }
}

/** Of the instances that are wanted, those that any check calls dead. */
function exceeds({tally}: AppEntry, shareMax: number): boolean {
  return tally.unwellInPool > shareMax * tally.pool;
}
