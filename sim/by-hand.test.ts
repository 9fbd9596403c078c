/** Runs that somebody outside leads and watches, as the conformance cases do. */
import test from 'ava';
import type {Effect, Input} from '../engine/index.ts';
import {Simulation} from './simulation.ts';
import type {Witness} from './simulation.ts';
import {NO_SUPPLIES} from './supplies.ts';
import {makeScenario, mixedScenario, resultOf, runChecked} from './testing/scenarios.ts';

class Notes implements Witness {
  readonly inputs: (readonly [now: number, input: Input])[] = [];
  readonly effects: (readonly [now: number, effect: Effect])[] = [];

  input(now: number, input: Input): void {
    this.inputs.push([now, input]);
  }

  effect(now: number, effect: Effect): void {
    this.effects.push([now, effect]);
  }
}

test('a run that is led from instant to instant is the same run', (t) => {
  const whole = runChecked(mixedScenario(3));
  const led = new Simulation(mixedScenario(3), NO_SUPPLIES);
  for (let at = 0; !led.isOver; at += 7919) {
    led.advanceTo(at);
    t.is(led.now, Math.min(at, led.endsAt));
    if (!led.isOver) t.true(led.nextAt > at, `something is left over at ${at}`);
  }
  t.is(led.hash.digits, whole.hash.digits);
  const [mine, expected] = [resultOf(led), resultOf(whole)];
  t.deepEqual(
    [mine.tasks, mine.jobs, mine.series],
    [expected.tasks, expected.jobs, expected.series],
  );
});

test('a witness sees every input and every effect, and changes nothing', (t) => {
  const witness = new Notes();
  const watched = new Simulation(mixedScenario(1), NO_SUPPLIES, {isChecking: false, witness});
  watched.run();
  t.is(witness.inputs.length + witness.effects.length, watched.events);
  t.is(watched.hash.digits, runChecked(mixedScenario(1)).hash.digits);
});

test('what is done by hand happens at its instant', (t) => {
  const scenario = makeScenario({
    until: '1h',
    cluster: {agents: [{name: 'node', count: 2, resources: 'cpus:4;mem:4096;ports:[1-9]'}]},
    frameworks: {marathon: {type: 'marathon'}},
  });
  const witness = new Notes();
  const simulation = new Simulation(scenario, NO_SUPPLIES, {isChecking: true, witness});
  t.throws(() => simulation.act(() => {}), {message: /before a run begins/});
  simulation.advanceTo(1234);
  let asked = '';
  simulation.act((world) => {
    const app = {id: '/a', cmd: 'sleep 1', cpus: 1, mem: 32, instances: 2};
    asked = world.ask(0, {kind: 'appPut', app}, 'by hand');
  });
  simulation.advanceTo(1234);
  const reply = witness.effects.find(
    ([, effect]) => effect.kind === 'reply' && effect.requestId === asked,
  );
  t.is(reply?.[0], 1234);
  simulation.advanceTo(30_000);
  t.is(simulation.world.tally.total('running'), 2);
  simulation.act((world) => {
    const agents = {names: ['node-0']};
    world.fault({fault: 'crash', agents, forMs: 5000, stream: 'by hand'});
  });
  t.is(simulation.world.agents.up, 1);
  simulation.advanceTo(34_999);
  t.is(simulation.world.agents.up, 1);
  simulation.advanceTo(35_000);
  t.is(simulation.world.agents.up, 2);
  simulation.advanceTo(3_600_001);
  t.true(simulation.isOver);
  t.is(simulation.now, 3_600_000);
});
