import test from 'ava';
import fc from 'fast-check';
import {makeRandom} from '../../engine/index.ts';
import {type Distribution, draw, meanOf} from './distributions.ts';

const SEED = 20261122;
const DRAWS = 200_000;

function drawnMean(distribution: Distribution): number {
  const random = makeRandom(SEED, JSON.stringify(distribution));
  let total = 0;
  for (let count = 0; count < DRAWS; count += 1) total += draw(distribution, random);
  return total / DRAWS;
}

/** Distribution, its mean by hand, relative tolerance of the mean of 200,000 draws. */
const means: readonly (readonly [Distribution, number, number])[] = [
  [{kind: 'constant', value: 7}, 7, 0],
  [{kind: 'uniform', min: 2, max: 6}, 4, 0.005],
  [{kind: 'exponential', mean: 250}, 250, 0.01],
  [{kind: 'lognormal', median: 100, sigma: 1}, 164.872127, 0.02],
  [{kind: 'pareto', min: 10, shape: 3}, 15, 0.01],
  [{kind: 'pareto', min: 1, shape: 1, max: 100}, 4.651687, 0.02],
  [{kind: 'pareto', min: 1, shape: 2, max: 10}, 1.818182, 0.01],
  [{kind: 'weibull', scale: 10, shape: 2}, 8.862269, 0.01],
  [{kind: 'weibull', scale: 10, shape: 0.5}, 20, 0.03],
  [{kind: 'gamma', mean: 12, shape: 4}, 12, 0.01],
  [{kind: 'gamma', mean: 12, shape: 0.3}, 12, 0.02],
  [{kind: 'poisson', mean: 3.5}, 3.5, 0.01],
  [{kind: 'poisson', mean: 1200}, 1200, 0.001],
  [{kind: 'geometric', probability: 0.2}, 5, 0.02],
  [{kind: 'geometric', probability: 1}, 1, 0],
  [{kind: 'choice', values: [1, 2, 10], weights: [1, 2, 1]}, 3.75, 0.01],
  [
    {
      kind: 'quantiles',
      points: [
        [0, 0],
        [0.5, 10],
        [1, 30],
      ],
    },
    12.5,
    0.01,
  ],
  [
    {
      kind: 'quantiles',
      points: [
        [0.25, 4],
        [0.75, 8],
      ],
    },
    6,
    0.01,
  ],
];

for (const [distribution, mean, tolerance] of means) {
  test(`${JSON.stringify(distribution)} has the mean ${mean}, by formula and by draws`, (t) => {
    const formula = meanOf(distribution) ?? Number.NaN;
    t.true(Math.abs(formula - mean) <= 1e-6 * mean, `formula ${formula}`);
    const drawn = drawnMean(distribution);
    t.true(Math.abs(drawn - mean) <= tolerance * mean, `drawn ${drawn}, seed ${SEED}`);
  });
}

test('a normal distribution far from 0 keeps its mean and deviation', (t) => {
  const random = makeRandom(SEED, 'normal');
  let [total, squares] = [0, 0];
  for (let count = 0; count < DRAWS; count += 1) {
    const value = draw({kind: 'normal', mean: 100, deviation: 15}, random) - 100;
    total += value;
    squares += value * value;
  }
  t.true(Math.abs(total / DRAWS) < 0.2, `seed ${SEED}`);
  t.true(Math.abs(Math.sqrt(squares / DRAWS) - 15) < 0.2, `seed ${SEED}`);
});

test('heavy tails without a mean say so', (t) => {
  t.is(meanOf({kind: 'pareto', min: 1, shape: 1}), Infinity);
  t.is(meanOf({kind: 'normal', mean: 5, deviation: 1}), undefined);
});

const positive = fc.double({min: 1e-3, max: 1e6, noNaN: true});
const shape = fc.double({min: 0.1, max: 20, noNaN: true});
const anyDistribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.record({kind: fc.constant('constant' as const), value: positive}),
  fc
    .tuple(positive, positive)
    .map(([min, span]) => ({kind: 'uniform' as const, min, max: min + span})),
  fc.record({kind: fc.constant('exponential' as const), mean: positive}),
  fc.record({kind: fc.constant('normal' as const), mean: positive, deviation: positive}),
  fc.record({
    kind: fc.constant('lognormal' as const),
    median: positive,
    sigma: fc.double({min: 0, max: 5, noNaN: true}),
  }),
  fc.record({kind: fc.constant('pareto' as const), min: positive, shape}),
  fc.record({kind: fc.constant('weibull' as const), scale: positive, shape}),
  fc.record({kind: fc.constant('gamma' as const), mean: positive, shape}),
  fc.record({
    kind: fc.constant('poisson' as const),
    mean: fc.double({min: 0, max: 2000, noNaN: true}),
  }),
);

test('draws are never negative, never NaN, and equal for equal seeds', (t) => {
  fc.assert(
    fc.property(anyDistribution, fc.nat(), (distribution, seed) => {
      const [one, other] = [makeRandom(seed, 'draws'), makeRandom(seed, 'draws')];
      for (let count = 0; count < 20; count += 1) {
        const value = draw(distribution, one);
        t.true(value >= 0, `${value}`);
        t.is(draw(distribution, other), value);
      }
    }),
    {seed: SEED},
  );
});
