/**
 * Named distributions: what a scenario may say about a time or a number, and how to draw from it.
 *
 * All numbers are in the unit of the field that holds the distribution (virtual milliseconds for
 * times). A draw is never negative and never NaN; whoever needs an integer rounds the result.
 */

/**
 * Source of randomness: the engine's seeded generator has this shape. `float()` has 53 bits, in [0,
 * 1).
 */
export interface RandomSource {
  uint32(): number;
  below(bound: number): number;
  float(): number;
}

export type Distribution =
  | {readonly kind: 'constant'; readonly value: number}
  /** Every number from `min` to `max` is equally likely. */
  | {readonly kind: 'uniform'; readonly min: number; readonly max: number}
  | {readonly kind: 'exponential'; readonly mean: number}
  /**
   * Draws below 0 count as 0, so the mean is a little higher than `mean` when `deviation` is large.
   */
  | {readonly kind: 'normal'; readonly mean: number; readonly deviation: number}
  /** `sigma` is the deviation of the logarithm; the mean is `median × exp(sigma² ÷ 2)`. */
  | {readonly kind: 'lognormal'; readonly median: number; readonly sigma: number}
  /** Heavy tail from `min` upwards; the mean is infinite for `shape` ≤ 1. `max` cuts the tail. */
  | {
      readonly kind: 'pareto';
      readonly min: number;
      readonly shape: number;
      readonly max?: number;
    }
  | {readonly kind: 'weibull'; readonly scale: number; readonly shape: number}
  /** Sum of `shape` exponential stages (for whole shapes), with this mean in all. */
  | {readonly kind: 'gamma'; readonly mean: number; readonly shape: number}
  /** A whole number of things that happen independently, `mean` of them on average. */
  | {readonly kind: 'poisson'; readonly mean: number}
  /** How often a thing with this probability has to be tried until it succeeds: 1, 2, 3 … */
  | {readonly kind: 'geometric'; readonly probability: number}
  /** One of the values, each as likely as its weight says. */
  | {
      readonly kind: 'choice';
      readonly values: readonly number[];
      readonly weights: readonly number[];
    }
  /**
   * Points of a measured distribution, `[probability, value]`, rising; straight lines between them.
   */
  | {readonly kind: 'quantiles'; readonly points: readonly (readonly [number, number])[]};

/** One value of the distribution. */
export function draw(distribution: Distribution, random: RandomSource): number {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'uniform':
      return distribution.min + (distribution.max - distribution.min) * random.float();
    case 'exponential':
      return distribution.mean * drawExponential(random);
    case 'normal':
      return Math.max(0, distribution.mean + distribution.deviation * drawNormal(random));
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * drawNormal(random));
    case 'pareto':
      return drawPareto(distribution, random);
    case 'weibull':
      return distribution.scale * drawExponential(random) ** (1 / distribution.shape);
    case 'gamma':
      return (distribution.mean / distribution.shape) * drawGamma(distribution.shape, random);
    case 'poisson':
      return drawPoisson(distribution.mean, random);
    case 'geometric':
      return drawGeometric(distribution.probability, random);
    case 'choice':
      return drawChoice(distribution, random);
    case 'quantiles':
      return quantile(distribution.points, random.float());
    default:
      return unknownKind(distribution);
  }
}

/** The mean, where a formula gives it; `Infinity` for tails too heavy to have one. */
export function meanOf(distribution: Distribution): number | undefined {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value;
    case 'uniform':
      return (distribution.min + distribution.max) / 2;
    case 'exponential':
    case 'gamma':
    case 'poisson':
      return distribution.mean;
    case 'normal':
      // The part below 0 is lifted to 0; without an error function the exact mean is known only
      // there.
      return distribution.deviation === 0 ? distribution.mean : undefined;
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma ** 2 / 2);
    case 'pareto':
      return meanOfPareto(distribution);
    case 'weibull':
      return distribution.scale * gammaFunction(1 + 1 / distribution.shape);
    case 'geometric':
      return 1 / distribution.probability;
    case 'choice':
      return meanOfChoice(distribution);
    case 'quantiles':
      return meanOfQuantiles(distribution.points);
    default:
      return unknownKind(distribution);
  }
}

/** −ln(u) with u in (0, 1]: `1 − float()` is never 0, so the logarithm is finite. */
function drawExponential(random: RandomSource): number {
  return -Math.log(1 - random.float());
}

/** Box–Muller; the second value of the pair is thrown away so that a draw needs no memory. */
function drawNormal(random: RandomSource): number {
  const radius = Math.sqrt(2 * drawExponential(random));
  return radius * Math.cos(2 * Math.PI * random.float());
}

type Pareto = Extract<Distribution, {kind: 'pareto'}>;

/** Inverse of the distribution function, restricted to the part below `max` where there is one. */
function drawPareto(pareto: Pareto, random: RandomSource): number {
  const above = pareto.max === undefined ? 0 : (pareto.min / pareto.max) ** pareto.shape;
  const tail = 1 - random.float() * (1 - above);
  return pareto.min / tail ** (1 / pareto.shape);
}

function meanOfPareto({min, shape, max}: Pareto): number {
  if (max === undefined) return shape <= 1 ? Infinity : (shape * min) / (shape - 1);
  if (max === min) return min;
  const below = 1 - (min / max) ** shape;
  if (shape === 1) return (min * Math.log(max / min)) / below;
  return ((shape * min) / (shape - 1)) * ((1 - (min / max) ** (shape - 1)) / below);
}

/** Marsaglia and Tsang's method (2000), with their lift for shapes below 1. Scale 1. */
function drawGamma(shape: number, random: RandomSource): number {
  if (shape < 1) {
    const lift = Math.exp(-drawExponential(random) / shape);
    return drawGamma(shape + 1, random) * lift;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && -drawExponential(random) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Means above this are drawn in parts, because exp(−mean) must not underflow to 0. */
const POISSON_PART_MAX = 500;

function drawPoisson(mean: number, random: RandomSource): number {
  let count = 0;
  for (let left = mean; left > 0; left -= POISSON_PART_MAX) {
    const limit = Math.exp(-Math.min(left, POISSON_PART_MAX));
    let product = random.float();
    while (product > limit) {
      count += 1;
      product *= random.float();
    }
  }
  return count;
}

function drawGeometric(probability: number, random: RandomSource): number {
  if (probability >= 1) return 1;
  return 1 + Math.floor(drawExponential(random) / -Math.log1p(-probability));
}

type Choice = Extract<Distribution, {kind: 'choice'}>;

function drawChoice({values, weights}: Choice, random: RandomSource): number {
  let left = random.float() * sum(weights);
  for (const [index, value] of values.entries()) {
    left -= weights[index] ?? 0;
    if (left < 0) return value;
  }
  // Reached only when rounding ate the last crumb of the sum of weights.
  return values.at(-1) ?? 0;
}

function meanOfChoice({values, weights}: Choice): number {
  return sum(values.map((value, index) => value * (weights[index] ?? 0))) / sum(weights);
}

/** Γ(x) for x ≥ 1 by Lanczos' approximation (g = 7, nine terms): about 15 digits. */
function gammaFunction(x: number): number {
  const lanczos = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  let series = 0.99999999999980993;
  for (const [index, term] of lanczos.entries()) series += term / (z + index + 1);
  const base = z + 7.5;
  return Math.sqrt(2 * Math.PI) * base ** (z + 0.5) * Math.exp(-base) * series;
}

/** Value at a probability: below the first point its value, above the last point that one's. */
function quantile(points: readonly (readonly [number, number])[], probability: number): number {
  let previous = points[0];
  for (const point of points) {
    if (probability < point[0] && previous !== undefined) {
      const [fromProbability, fromValue] = previous;
      const span = point[0] - fromProbability;
      if (span <= 0) return point[1];
      return fromValue + ((point[1] - fromValue) * (probability - fromProbability)) / span;
    }
    previous = point;
  }
  return previous?.[1] ?? 0;
}

function meanOfQuantiles(points: readonly (readonly [number, number])[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return 0;
  let mean = first[0] * first[1] + (1 - last[0]) * last[1];
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    if (next !== undefined) mean += ((next[0] - point[0]) * (point[1] + next[1])) / 2;
  }
  return mean;
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function unknownKind(distribution: never): never {
  throw new TypeError(`Unknown distribution ${JSON.stringify(distribution)}`);
}
