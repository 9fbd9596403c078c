/**
 * Figures over time: utilisation and shares, weighted by how long they lasted. What holds between
 * two instants is what held after everything of the first was done.
 */
import type {EngineView, FrameworkId} from '../engine/index.ts';

/** A ratio over time. */
export class Gauge {
  now = 0;
  peak = 0;
  peakAt = 0;
  /** Sums of numerator and denominator times milliseconds: their quotient is the mean. */
  #sum = 0;
  #weight = 0;

  set(at: number, value: number): void {
    this.now = value;
    if (value > this.peak) {
      this.peak = value;
      this.peakAt = at;
    }
  }

  accrue(part: number, whole: number, forMs: number): void {
    this.#sum += part * forMs;
    this.#weight += whole * forMs;
  }

  /** Before any time has passed, the present value. */
  get mean(): number {
    return this.#weight > 0 ? this.#sum / this.#weight : this.now;
  }

  snapshot(): readonly number[] {
    return [this.now, this.peak, this.peakAt, this.#sum, this.#weight];
  }

  restore([now = 0, peak = 0, peakAt = 0, sum = 0, weight = 0]: readonly number[]): void {
    this.now = now;
    this.peak = peak;
    this.peakAt = peakAt;
    this.#sum = sum;
    this.#weight = weight;
  }
}

export interface MeasureSnapshot {
  readonly kinds: readonly (readonly number[])[];
  readonly frameworks: readonly (readonly number[])[];
  readonly roles: readonly (readonly number[])[];
  readonly used: readonly number[];
  readonly total: readonly number[];
}

export class Measure {
  readonly #frameworkIds: readonly FrameworkId[];
  readonly roles: readonly string[];
  /** By scalar kind. */
  readonly kinds: Gauge[] = [];
  readonly frameworks: readonly Gauge[];
  readonly roleShares: readonly Gauge[];
  #used: number[] = [];
  #total: number[] = [];

  constructor(frameworkIds: readonly FrameworkId[], roles: readonly string[]) {
    this.#frameworkIds = frameworkIds;
    this.roles = roles;
    this.frameworks = frameworkIds.map(() => new Gauge());
    this.roleShares = roles.map(() => new Gauge());
  }

  /** Reads the engine after everything of the instant `at` was done. */
  read(at: number, view: EngineView): void {
    const used = view.clusterUsed();
    const total = view.clusterTotal();
    const count = view.kinds.count;
    while (this.kinds.length < count) this.kinds.push(new Gauge());
    for (let kind = 0; kind < count; kind += 1) {
      const part = used[kind] ?? 0;
      const whole = total[kind] ?? 0;
      this.#used[kind] = part;
      this.#total[kind] = whole;
      (this.kinds[kind] as Gauge).set(at, whole > 0 ? part / whole : 0);
    }
    for (let index = 0; index < this.frameworks.length; index += 1) {
      const id = this.#frameworkIds[index] as FrameworkId;
      (this.frameworks[index] as Gauge).set(at, view.dominantShare(id));
    }
    for (let index = 0; index < this.roles.length; index += 1) {
      (this.roleShares[index] as Gauge).set(at, view.roleShare(this.roles[index] as string));
    }
  }

  /** What was read last holds for so long. */
  accrue(forMs: number): void {
    for (let kind = 0; kind < this.kinds.length; kind += 1) {
      (this.kinds[kind] as Gauge).accrue(
        this.#used[kind] as number,
        this.#total[kind] as number,
        forMs,
      );
    }
    for (let index = 0; index < this.frameworks.length; index += 1) {
      const gauge = this.frameworks[index] as Gauge;
      gauge.accrue(gauge.now, 1, forMs);
    }
    for (let index = 0; index < this.roleShares.length; index += 1) {
      const gauge = this.roleShares[index] as Gauge;
      gauge.accrue(gauge.now, 1, forMs);
    }
  }

  snapshot(): MeasureSnapshot {
    return {
      kinds: this.kinds.map((gauge) => gauge.snapshot()),
      frameworks: this.frameworks.map((gauge) => gauge.snapshot()),
      roles: this.roleShares.map((gauge) => gauge.snapshot()),
      used: [...this.#used],
      total: [...this.#total],
    };
  }

  restore(snapshot: MeasureSnapshot): void {
    for (const [kind, numbers] of snapshot.kinds.entries()) {
      const gauge = new Gauge();
      gauge.restore(numbers);
      this.kinds[kind] = gauge;
    }
    for (const [at, numbers] of snapshot.frameworks.entries()) {
      this.frameworks[at]?.restore(numbers);
    }
    for (const [at, numbers] of snapshot.roles.entries()) this.roleShares[at]?.restore(numbers);
    this.#used = [...snapshot.used];
    this.#total = [...snapshot.total];
  }
}
