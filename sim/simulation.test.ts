import test from 'ava';
import {makeScenario, mixedScenario, resultOf, runChecked, throughJson} from './testing/scenarios.ts';
import {Simulation} from './simulation.ts';
import {NO_SUPPLIES} from './supplies.ts';

test('the same scenario and seed give the same hash and the same result, byte for byte', (t) => {
  const first = runChecked(mixedScenario(1));
  const second = runChecked(mixedScenario(1));
  t.is(second.hash.digits, first.hash.digits);
  t.is(JSON.stringify(resultOf(second)), JSON.stringify(resultOf(first)));
  t.true(first.world.tally.total('placed') > 200);
});

test('whether the run is checked changes nothing', (t) => {
  const plain = new Simulation(mixedScenario(1), NO_SUPPLIES);
  plain.run();
  t.is(plain.hash.digits, runChecked(mixedScenario(1)).hash.digits);
});

test('another seed gives another hash', (t) => {
  const digits = [1, 2, 3].map((seed) => runChecked(mixedScenario(seed)).hash.digits);
  t.is(new Set(digits).size, 3);
});

test('a snapshot taken anywhere, through JSON and restored, goes on to the same hash', (t) => {
  const whole = runChecked(mixedScenario(1));
  const expected = JSON.stringify(resultOf(whole));
  const steps = stepsOf(1);
  // From the first step to the last, in strides that fall on no rhythm of the run.
  for (let cut = 1; cut < steps; cut += Math.ceil(steps / 41)) {
    const before = new Simulation(mixedScenario(1), NO_SUPPLIES);
    before.advance(cut);
    const after = throughJson(before);
    after.run();
    t.is(after.hash.digits, whole.hash.digits, `cut after step ${cut}`);
    t.is(JSON.stringify(resultOf(after)), expected, `cut after step ${cut}`);
  }
});

test('a run that is restored again and again is still the same run', (t) => {
  const expected = runChecked(mixedScenario(2)).hash.digits;
  let simulation = new Simulation(mixedScenario(2), NO_SUPPLIES);
  while (simulation.advance(397)) simulation = throughJson(simulation);
  t.is(simulation.hash.digits, expected);
});

function stepsOf(seed: number): number {
  const simulation = new Simulation(mixedScenario(seed), NO_SUPPLIES);
  let steps = 0;
  while (simulation.advance(1)) steps += 1;
  return steps;
}
