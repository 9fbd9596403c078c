/**
 * Tells the master which offers are wanted: none when nothing can be launched, else such as fit at
 * least one waiting instance, and not more than there are instances (reference part 6.7). Changes
 * are throttled; silence is not.
 *
 * Where offers come and none fits, more of the cluster is asked for at a time, up to all of it:
 * else an instance that fits on one agent in 10,000 (UNIQUE on an almost full cluster) would be
 * shown one agent per allocation, and the filters of the first ones declined would be over before
 * the last one had been seen.
 */
import type {FrameworkServices, Quantities} from '../../../scheduler.ts';
import type {LaunchQueue} from './launch-queue.ts';

/** Above this many different needs one lower bound stands for all. */
const ALTERNATIVES_MAX = 32;

/**
 * By how much more is asked for after offers in vain, and the factor at which that is the whole
 * cluster.
 */
const STRETCH = 4;
const STRETCH_MAX = STRETCH ** 10;

export const DEMAND_TIMER = 'demand';

export interface DemandSnapshot {
  readonly isSuppressed: boolean;
  readonly sent: string;
  readonly changedAt: number | null;
  readonly isArmed: boolean;
  readonly stretch: number;
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
  /** Offers wanted per instance. */
  #stretch: number;

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
    this.#stretch = snapshot?.stretch ?? 1;
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

  /**
   * Offers came, and none was of use. Not throttled: it happens ten times at most until something
   * is new.
   */
  unused(): void {
    if (this.#queue.launchable === 0 || this.#isSuppressed) return;
    if (this.#stretch >= STRETCH_MAX) return;
    this.#stretch *= STRETCH;
    this.#send();
  }

  #send(): void {
    const minAllocatable = this.#minAllocatable();
    const offersMax = this.#queue.launchable * this.#stretch;
    const sent = JSON.stringify([minAllocatable, offersMax]);
    if (sent === this.#sent) return;
    this.#services.driver.updateFramework({minAllocatable, offersMax});
    this.#sent = sent;
  }

  #ask(): void {
    const isNew = this.#queue.takeNews() || this.#isSuppressed;
    if (isNew) this.#stretch = 1;
    this.#send();
    if (isNew) this.#services.driver.revive();
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
      stretch: this.#stretch,
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
