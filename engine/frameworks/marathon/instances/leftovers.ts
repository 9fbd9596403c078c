/**
 * Reservations that nobody needs any more, until an offer of their agent comes in which they can be
 * let go of (reference part 7.6). They keep their role in use.
 */
import type {AgentId} from '../../../kernel/ids.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {RoleCounts} from '../launch/role-counts.ts';

export interface Leftover {
  readonly instanceId: string;
  readonly agentId: AgentId;
  readonly role: string;
  /** An offer has shown it: it is there until it is let go of. */
  readonly isMade: boolean;
}

export class Leftovers {
  readonly #services: FrameworkServices;
  readonly #inUse: RoleCounts;
  readonly #changed: (role: string) => void;
  readonly #byKey = new Map<string, Leftover>();
  readonly #countOf = new Map<string, number>();

  constructor(
    services: FrameworkServices,
    {inUse, changed}: {readonly inUse: RoleCounts; readonly changed: (role: string) => void},
    stored: readonly Leftover[] = [],
  ) {
    this.#services = services;
    this.#inUse = inUse;
    this.#changed = changed;
    for (const leftover of stored) this.#file(leftover);
  }

  /** How many there are in a role. */
  in(role: string): number {
    return this.#countOf.get(role) ?? 0;
  }

  add(leftover: Leftover): void {
    if (this.#byKey.has(keyOf(leftover))) return;
    this.#file(leftover);
    this.#services.putRecord(recordOf(leftover), leftover);
    this.#changed(leftover.role);
  }

  #file(leftover: Leftover): void {
    this.#byKey.set(keyOf(leftover), leftover);
    this.#countOf.set(leftover.role, this.in(leftover.role) + 1);
    this.#inUse.add(leftover.role);
  }

  /**
   * An offer of the agent came in this role, in which those of these instances are let go of. What
   * was only asked for, and is not there, never was.
   */
  seen(agentId: AgentId, role: string, released: ReadonlySet<string>): void {
    if (this.in(role) === 0) return;
    for (const leftover of [...this.#byKey.values()]) {
      if (leftover.agentId !== agentId || leftover.role !== role) continue;
      if (!leftover.isMade || released.has(leftover.instanceId)) this.#drop(leftover);
    }
  }

  #drop(leftover: Leftover): void {
    const {role} = leftover;
    this.#byKey.delete(keyOf(leftover));
    this.#countOf.set(role, this.in(role) - 1);
    this.#inUse.remove(role);
    this.#services.deleteRecord(recordOf(leftover));
    this.#changed(role);
  }

  documents(): readonly Leftover[] {
    return [...this.#byKey.values()];
  }
}

function keyOf({instanceId, agentId}: Leftover): string {
  return `${instanceId}@${agentId}`;
}

function recordOf(leftover: Leftover): string {
  return `leftovers/${keyOf(leftover)}`;
}
