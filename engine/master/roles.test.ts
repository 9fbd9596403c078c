/** Frameworks in several roles: what they are offered, hold and leave. */
import test from 'ava';
import {createEngine, restoreEngine, type Engine} from '../engine.ts';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../kernel/ids.ts';
import {parseAmounts} from '../resources/amounts.ts';
import type {TaskState} from '../scheduler.ts';
import {cpus, launchOf, resourcesOf, Stage} from './testing/stage.ts';

const F1 = frameworkIdOf('f1');

/** f1 in the roles a and b, f2 in c; an agent with a part that is reserved to b. */
function stage(): Stage {
  const made = new Stage([['MULTI_ROLE'], ['MULTI_ROLE']], {roles: ['a', 'c']});
  made.framework(1).driver.updateFramework({roles: ['a', 'b']});
  return made;
}

const roleShare = (made: Stage, role: string): number | undefined =>
  made.master.allocator.allocationOf(made.master.allocator.subscriberOf('f1', role))[0];

test('a role that is entered is offered what is reserved to it, and offers say their role', (t) => {
  const made = stage();
  made.framework(2).driver.suppress();
  made.register('agent1', resourcesOf('cpus(b):4'));
  const [offer] = made.framework(1).taken();
  t.is(offer?.role, 'b');
  made
    .framework(1)
    .driver.accept(offer === undefined ? [] : [offer.id], [
      launchOf('t1', resourcesOf('cpus(b):1')),
    ]);
  t.deepEqual([roleShare(made, 'a') ?? 0, roleShare(made, 'b')], [0, 1000]);
  const [launch] = made.effects;
  t.is(launch?.kind === 'launchTask' ? launch.role : '', 'b');
});

test('suppressing, reviving and terms are for a role, or for all', (t) => {
  const made = stage();
  const f1 = made.framework(1);
  made.framework(2).driver.suppress();
  f1.driver.suppress(['a']);
  made.register('agent1', cpus(1000));
  t.deepEqual(
    f1.taken().map(({role, id}) => (f1.driver.decline([id], 0), role)),
    ['b'],
  );
  f1.driver.suppress(['b']);
  f1.driver.revive(['a']);
  made.until(made.now + 1000);
  t.deepEqual(
    f1.taken().map(({role, id}) => (f1.driver.decline([id], 0), role)),
    ['a'],
  );
  f1.driver.suppress();
  made.until(made.now + 1000);
  t.deepEqual(f1.taken(), []);
  f1.driver.updateFramework({role: 'a', offersMax: 0});
  f1.driver.revive();
  made.until(made.now + 1000);
  t.deepEqual(
    f1.taken().map(({role}) => role),
    ['b'],
  );
});

test('offers in a role that is left are taken back when the call is over', (t) => {
  const made = stage();
  const f1 = made.framework(1);
  made.framework(2).driver.suppress();
  f1.driver.suppress(['a']);
  made.register('agent1', cpus(4000));
  const [offer] = f1.taken();
  t.is(offer?.role, 'b');
  f1.driver.updateFramework({roles: ['a']});
  t.deepEqual(f1.rescinded, []);
  t.is(made.free('agent1'), 4000);
  made.until(made.now);
  t.deepEqual<unknown, unknown>(f1.rescinded, [offer?.id]);
  f1.driver.accept(offer === undefined ? [] : [offer.id], [launchOf('t1', cpus(1000))]);
  made.until(made.now);
  t.deepEqual(f1.news(), ['t1 TASK_LOST REASON_INVALID_OFFERS']);
  f1.driver.revive();
  made.until(made.now + 1000);
  t.deepEqual(
    f1.taken().map(({role}) => role),
    ['a'],
  );
});

test('what tasks use in a role that was left stays theirs until they end', (t) => {
  const made = stage();
  const f1 = made.framework(1);
  made.framework(2).driver.suppress();
  f1.driver.suppress(['a']);
  made.register('agent1', cpus(4000));
  const [offer] = f1.taken();
  f1.driver.accept(offer === undefined ? [] : [offer.id], [launchOf('t1', cpus(3000))]);
  f1.driver.updateFramework({roles: ['a']});
  t.is(made.free('agent1'), 1000);
  t.is(made.master.allocator.roleAllocation('b')[0], 3000);
  made.status('agent1', 't1', 'TASK_FINISHED');
  t.is(made.free('agent1'), 4000);
  t.is(made.master.allocator.findSubscriber('f1', 'b'), undefined);
});

test('an agent that comes back says in which role its tasks are', (t) => {
  const made = stage();
  const resources = {scalars: {cpus: 1000}};
  const origin = launchOf('t1', cpus(1000)).origin;
  const state: TaskState = 'TASK_RUNNING';
  const task = {frameworkId: F1, name: 't', origin, resources, state};
  made.register('agent1', cpus(4000), [
    {...task, taskId: taskIdOf('t1'), role: 'b'},
    {...task, taskId: taskIdOf('t2')},
  ]);
  for (const {id} of made.framework(1).taken()) made.framework(1).driver.decline([id], 0);
  for (const {id} of made.framework(2).taken()) made.framework(2).driver.decline([id], 0);
  t.deepEqual([roleShare(made, 'a'), roleShare(made, 'b')], [1000, 1000]);
});

test('offers of two roles cannot be accepted together', (t) => {
  const made = new Stage([['MULTI_ROLE']], {roles: ['a']});
  const f1 = made.framework(1);
  f1.driver.updateFramework({roles: ['a', 'b']});
  made.register('agent1', resourcesOf('cpus(a):1;cpus(b):1'));
  const offers = f1.taken();
  t.deepEqual(offers.map(({role}) => role).sort(), ['a', 'b']);
  f1.driver.accept(
    offers.map(({id}) => id),
    [launchOf('t1', resourcesOf('cpus(a):1'))],
  );
  made.until(made.now);
  t.deepEqual(f1.news(), ['t1 TASK_LOST REASON_INVALID_OFFERS']);
});

/** Time, stores and tasks do what they should; every task runs at once. */
function play(engine: Engine, from: number, until: number): string[] {
  const log: string[] = [];
  let serial = 0;
  for (let now = from; ; now = engine.wakeAt) {
    if (now > until) return log;
    engine.step(now, {kind: 'tick'});
    for (let effects = engine.takeEffects(); effects.length > 0; effects = engine.takeEffects()) {
      for (const effect of effects) {
        if (effect.kind === 'persist') {
          engine.step(now, {kind: 'recordsWritten', batch: effect.batch});
        } else if (effect.kind === 'launchTask') {
          const {agentId, frameworkId, taskId, role, resources} = effect;
          log.push(JSON.stringify([now, taskId, agentId, role, resources]));
          serial += 1;
          const updateId = `u${from}-${serial}`;
          const state: TaskState = 'TASK_RUNNING';
          const status = {kind: 'taskStatus', agentId, frameworkId, taskId, state} as const;
          engine.step(now, {...status, updateId});
        }
      }
    }
    log.push(...engine.view.checkInvariants());
  }
}

test('Marathon launches in the roles of its apps, on what is reserved, restored or not', (t) => {
  const id = frameworkIdOf('marathon');
  const engine = createEngine({
    seed: 1,
    frameworks: [{id, type: 'marathon', role: 'own', marathon: {launchesPerOfferMax: 2}}],
  });
  for (let at = 0; at < 4; at += 1) {
    const text = `cpus:1;mem:1024;cpus(dev):1;mem(dev):512;ports(dev):[${at + 1}00-${at + 1}09]`;
    const parsed = parseAmounts(text);
    if (!parsed.ok) throw new Error(parsed.message);
    const agent = {id: agentIdOf(`a${at}`), hostname: `a${at}`, attributes: {}};
    engine.step(0, {kind: 'agentRegistered', agent, resources: parsed.amounts, tasks: []});
  }
  const put = (now: number, app: object): void => {
    const request = {kind: 'appPut', app: {cmd: 'x', cpus: 0.5, mem: 64, ...app}};
    engine.step(now, {kind: 'request', requestId: `${now}`, frameworkId: id, request});
  };
  put(0, {id: '/dev/a', role: 'dev', instances: 9, portDefinitions: [{port: 0}, {port: 0}]});
  put(0, {id: '/b', instances: 20, portDefinitions: []});
  const first = play(engine, 0, 3000);
  const other = restoreEngine(
    JSON.parse(JSON.stringify(engine.snapshot())) as ReturnType<Engine['snapshot']>,
  );
  t.deepEqual(play(other, 3000, 60_000), play(engine, 3000, 60_000));
  t.deepEqual(JSON.stringify(other.snapshot()), JSON.stringify(engine.snapshot()));
  const launches = first.filter((line) => line.startsWith('['));
  t.deepEqual(first, launches, 'no invariant is broken');
  const marathon = engine.view.marathon(id);
  const [dev = 0, own = 0] = ['/dev/a', '/b'].map((app) => marathon?.summaryOf(app)?.running);
  t.is(dev + own, 16, 'all cpus are in use');
  t.true(dev >= 8, 'with those that are reserved');
  t.is(engine.view.roleShare('dev') > 0, true);
});
