/**
 * Tells the master which offers are wanted: none when nothing can be launched, else such as fit at least one waiting
 * instance, and not more than there are instances (reference part 6.7). Changes are throttled; silence is not.
 */
import type {FrameworkServices, Quantities} from '../../scheduler.ts';
import type {LaunchQueue} from './launch-queue.ts';

/** Above this many different needs one lower bound stands for all. */
const ALTERNATIVES_MAX = 32;

export const DEMAND_TIMER = 'demand';

export interface DemandSnapshot {
  readonly isSuppressed: boolean;
  readonly sent: string;
  readonly changedAt: number | null;
  readonly isArmed: boolean;
}

export class Demand {
  readonly #services: FrameworkServices;
  readonly #queue: LaunchQueue;
  readonly #intervalMs: number;
  #isSuppressed: boolean;
  /** The last update sent, as text; a cheap way to see that nothing changed. */
  #sent: string;
  #changedAt: number | null;
  #isArmed: boolean;

  constructor(
    services: FrameworkServices,
    queue: LaunchQueue,
    intervalMs: number,
    snapshot?: DemandSnapshot,
  ) {
    this.#services = services;
    this.#queue = queue;
    this.#intervalMs = intervalMs;
    this.#isSuppressed = snapshot?.isSuppressed ?? false;
    this.#sent = snapshot?.sent ?? '';
    this.#changedAt = snapshot?.changedAt ?? null;
    this.#isArmed = snapshot?.isArmed ?? false;
  }

  /** To be called after everything that can have changed the launch queue. */
  settle(): void {
    if (this.#queue.launchable === 0) {
      if (this.#isSuppressed) return;
      this.#services.driver.suppress();
      this.#isSuppressed = true;
      return;
    }
    if (!this.#queue.hasNews || this.#isArmed) return;
    const due = this.#changedAt === null ? 0 : this.#changedAt + this.#intervalMs;
    if (this.#services.now() >= due) {
      this.#ask();
      return;
    }
    this.#services.armTimer(DEMAND_TIMER, '', due);
    this.#isArmed = true;
  }

  /** The throttle is open again. */
  onTimer(): void {
    this.#isArmed = false;
    if (this.#queue.launchable > 0) this.#ask();
  }

  #ask(): void {
    const {driver} = this.#services;
    const minAllocatable = this.#minAllocatable();
    const offersMax = this.#queue.launchable;
    const sent = JSON.stringify([minAllocatable, offersMax]);
    if (sent !== this.#sent) driver.updateFramework({minAllocatable, offersMax});
    this.#sent = sent;
    if (this.#queue.takeNews() || this.#isSuppressed) driver.revive();
    this.#isSuppressed = false;
    this.#changedAt = this.#services.now();
  }

  #minAllocatable(): readonly Quantities[] {
    const byKey = new Map<string, Quantities>();
    for (const {spec} of this.#queue.open) byKey.set(spec.quantitiesKey, spec.quantities);
    const distinct = [...byKey]
      .sort((left, right) => (left[0] < right[0] ? -1 : 1))
      .map(([, quantities]) => quantities);
    return distinct.length > ALTERNATIVES_MAX ? [lowerBound(distinct)] : distinct;
  }

  snapshot(): DemandSnapshot {
    return {
      isSuppressed: this.#isSuppressed,
      sent: this.#sent,
      changedAt: this.#changedAt,
      isArmed: this.#isArmed,
    };
  }
}

/** What every one of the needs has at least. */
function lowerBound(needs: readonly Quantities[]): Quantities {
  const [first = {}, ...others] = needs;
  const bound = Object.entries(first).map(
    ([name, amount]) =>
      [name, others.reduce((least, other) => Math.min(least, other[name] ?? 0), amount)] as const,
  );
  return Object.fromEntries(bound.filter(([, amount]) => amount > 0));
}
