/**
 * Tells the master which offers are wanted: none while nothing waits, else such as fit at least one
 * of the waiting runs, and not more than there are runs. Where offers come and none fits, more of
 * the cluster is asked for at a time, up to all of it, so that the one agent that would do is seen
 * before the filters of the others are over.
 */
import type {Quantities, SchedulerDriver} from '../../../scheduler.ts';
import type {RunQueue} from './run-queue.ts';

/** Above this many different needs one lower bound stands for all. */
const ALTERNATIVES_MAX = 32;

/** By how much more is asked for after offers in vain, and the factor that is the whole cluster. */
const STRETCH = 4;
const STRETCH_MAX = STRETCH ** 10;

export interface DemandSnapshot {
  readonly isSuppressed: boolean;
  readonly hasDeclined: boolean;
  readonly stretch: number;
  readonly told: readonly (readonly [string, Quantities])[];
  readonly offersMax: number;
}

export class Demand {
  readonly #driver: SchedulerDriver;
  readonly #queue: RunQueue;
  #isSuppressed: boolean;
  /** Agents are kept from it by what it declined. */
  #hasDeclined: boolean;
  #stretch: number;
  /**
   * What the master was told that offers must hold one of, by their texts. It is what waits or has
   * waited lately: small jobs that come and go do not change it every time, since the master looks
   * at all agents again when it changes.
   */
  #told: Map<string, Quantities>;
  #offersMax: number;

  constructor(driver: SchedulerDriver, queue: RunQueue, stored?: DemandSnapshot) {
    this.#driver = driver;
    this.#queue = queue;
    this.#isSuppressed = stored?.isSuppressed ?? false;
    this.#hasDeclined = stored?.hasDeclined ?? false;
    this.#stretch = stored?.stretch ?? 1;
    this.#told = new Map(stored?.told);
    this.#offersMax = stored?.offersMax ?? 0;
  }

  /** To be called after everything that can have changed the queue. */
  settle(): void {
    const queue = this.#queue;
    if (queue.size === 0) {
      if (!this.#isSuppressed) this.#driver.suppress();
      this.#isSuppressed = true;
      queue.hasNews = false;
      return;
    }
    if (!queue.hasNews && !this.#isSuppressed) return;
    if (queue.hasNews) this.#stretch = 1;
    const isNew = this.#tell();
    queue.hasNews = false;
    if (!isNew && !this.#isSuppressed && !this.#hasDeclined) return;
    this.#hasDeclined = false;
    this.#isSuppressed = false;
    this.#driver.revive();
  }

  /** Offers were answered; `isUsed`: at least one of them was of use. */
  answered({isUsed, hasDeclined}: {isUsed: boolean; hasDeclined: boolean}): void {
    if (hasDeclined) this.#hasDeclined = true;
    if (isUsed || this.#queue.size === 0 || this.#stretch >= STRETCH_MAX) return;
    this.#stretch *= STRETCH;
    this.#told.clear();
    this.#tell();
  }

  /** Tells what offers must hold and how many are wanted; answers whether others may come now. */
  #tell(): boolean {
    const {size, lanes} = this.#queue;
    const offersMax = Math.min(size * this.#stretch, STRETCH_MAX);
    let isNew = false;
    for (const {spec} of lanes) {
      if (this.#told.has(spec.quantitiesKey)) continue;
      this.#told.set(spec.quantitiesKey, spec.quantities);
      isNew = true;
    }
    const isMore = offersMax !== this.#offersMax;
    this.#offersMax = offersMax;
    if (isNew) this.#driver.updateFramework({minAllocatable: this.#minimum(), offersMax});
    else if (isMore) this.#driver.updateFramework({offersMax});
    return isNew;
  }

  #minimum(): readonly Quantities[] {
    if (this.#told.size > ALTERNATIVES_MAX) {
      const waiting = [...this.#queue.lanes].map(({spec}) => spec);
      this.#told = new Map(waiting.map((spec) => [spec.quantitiesKey, spec.quantities]));
    }
    const told = [...this.#told]
      .sort(([one], [two]) => (one < two ? -1 : 1))
      .map(([, quantities]) => quantities);
    return told.length > ALTERNATIVES_MAX ? [lowerBound(told)] : told;
  }

  snapshot(): DemandSnapshot {
    return {
      isSuppressed: this.#isSuppressed,
      hasDeclined: this.#hasDeclined,
      stretch: this.#stretch,
      told: [...this.#told],
      offersMax: this.#offersMax,
    };
  }
}

/** What every one of the needs has at least. */
function lowerBound(needs: readonly Quantities[]): Quantities {
  const [first = {}] = needs;
  const least = Object.keys(first).map(
    (name) => [name, Math.min(...needs.map((one) => one[name] ?? 0))] as const,
  );
  return Object.fromEntries(least.filter(([, amount]) => amount > 0));
}
