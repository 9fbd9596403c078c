import test from 'ava';
import {agentIdOf} from '../kernel/ids.ts';
import {makeRandom} from '../kernel/random.ts';
import {ALLOCATOR_DEFAULTS} from '../options.ts';
import {ScalarKinds} from '../resources/kinds.ts';
import type {Resources} from '../resources/vector.ts';
import {Allocator} from './allocator.ts';
import {Durations} from './durations.ts';
import {allocatorMetrics, type MetricFacts, type Metrics} from './metrics.ts';

interface Fixture {
  readonly allocator: Allocator;
  readonly cpus: (amount: number) => Resources;
  readonly addAgent: (id: string, cpus: number) => number;
  readonly addFramework: (id: string, role: string, suppressed?: readonly string[]) => void;
  readonly metrics: (facts?: Partial<MetricFacts>) => Metrics;
}

function makeFixture(): Fixture {
  const kinds = new ScalarKinds();
  const allocator = new Allocator(ALLOCATOR_DEFAULTS, {
    kinds,
    random: makeRandom(1, 'allocator'),
    seed: 1,
    weights: new Map(),
    startedAt: 0,
  });
  const cpus = (amount: number): Resources => kinds.compile({scalars: {cpus: amount * 1000}});
  return {
    allocator,
    cpus,
    addAgent: (id, amount) =>
      allocator.addAgent({id: agentIdOf(id), hostname: id, attributes: {}}, cpus(amount)),
    addFramework: (id, role, suppressed = []) => {
      const capabilities = ['MULTI_ROLE'];
      const none = {minAllocatable: {}, constraints: undefined};
      allocator.addFramework(id, {roles: [role], suppressed, capabilities, ...none});
    },
    metrics: (facts = {}) =>
      allocatorMetrics(allocator, {
        prefix: 'allocator/mesos/',
        now: 0,
        kinds,
        offered: new Map(),
        dispatches: 0,
        runMs: new Durations(),
        latencyMs: new Durations(),
        frameworkNames: new Map(),
        ...facts,
      }),
  };
}

test('an empty allocator has counters and totals, and nothing else', (t) => {
  t.deepEqual(Object.fromEntries(makeFixture().metrics()), {
    'allocator/event_queue_dispatches': 0,
    'allocator/mesos/event_queue_dispatches': 0,
    'allocator/mesos/allocation_runs': 0,
    'allocator/mesos/resources/cpus/total': 0,
    'allocator/mesos/resources/cpus/offered_or_allocated': 0,
    'allocator/mesos/resources/mem/total': 0,
    'allocator/mesos/resources/mem/offered_or_allocated': 0,
    'allocator/mesos/resources/disk/total': 0,
    'allocator/mesos/resources/disk/offered_or_allocated': 0,
  });
});

test('batch runs of idle intervals count, though nobody called for them', (t) => {
  const {allocator, addAgent, addFramework, metrics} = makeFixture();
  const runs = (now: number): number | undefined =>
    metrics({now}).get('allocator/mesos/allocation_runs');
  addAgent('a', 1);
  allocator.run(0);
  addFramework('f', 'r');
  allocator.run(0);
  t.is(runs(0), 2);
  t.is(runs(999), 2);
  t.is(runs(1000), 3);
  t.is(runs(60_000), 62);
  // One of them is made, and a requested one in the same instant after it.
  allocator.run(60_000);
  t.is(runs(60_000), 62);
  addAgent('b', 1);
  allocator.run(60_000);
  t.is(runs(60_000), 63);
});

test('runs that are held off after a failover do not count', (t) => {
  const {allocator, addAgent, metrics} = makeFixture();
  const runs = (now: number): number | undefined =>
    metrics({now}).get('allocator/mesos/allocation_runs');
  allocator.setQuota('r', {guarantees: [1000], limits: []});
  t.is(runs(2000), 2);
  allocator.awaitAgents(1 / 0.8, 2500);
  allocator.run(3000);
  t.is(runs(9000), 2);
  addAgent('a', 1);
  allocator.run(9500);
  t.is(runs(9500), 3);
  t.is(runs(10_000), 4);
  const copy = makeFixture();
  copy.allocator.load(allocator.snapshot());
  t.is(copy.metrics({now: 10_000}).get('allocator/mesos/allocation_runs'), 4);
});

test('consumed is what is reserved or used; what roles are only offered does not count', (t) => {
  const {allocator, addAgent, addFramework, metrics} = makeFixture();
  allocator.setQuota('a', {guarantees: [4000], limits: [8000, Infinity, 0]});
  addFramework('f', 'a');
  addFramework('g', 'a/b');
  const slot = addAgent('agent', 5);
  allocator.run(0);
  allocator.charge(allocator.subscriberOf('g', 'a/b'), slot, makeFixture().cpus(1));
  const path = 'allocator/mesos/quota/roles/a/resources';
  const offered = new Map([
    ['a', [3000]],
    ['a/b', [500]],
    ['ab', [500]],
  ]);
  const found = metrics({offered});
  t.is(found.get(`${path}/cpus/guarantee`), 4);
  t.is(found.get(`${path}/cpus/limit`), 8);
  t.is(found.get(`${path}/cpus/offered_or_allocated`), 5);
  t.is(found.get(`${path}/cpus/consumed`), 6 - 3.5);
  t.is(found.get(`${path}/disk/limit`), 0);
  t.is(found.get(`${path}/disk/guarantee`), undefined);
  t.is(found.get(`${path}/mem/limit`), undefined);
  t.is(found.get(`${path}/mem/consumed`), undefined);
});

test('a filter that is over does not count, though no run has taken it away', (t) => {
  const {allocator, cpus, addAgent, addFramework, metrics} = makeFixture();
  addFramework('f', 'r');
  const slot = addAgent('agent', 1);
  allocator.run(0);
  const subscriber = allocator.subscriberOf('f', 'r');
  allocator.refuse(subscriber, slot, cpus(1), {refuseMs: 1500, now: 0});
  allocator.recover(subscriber, slot, cpus(1));
  const active = (now: number): number | undefined =>
    metrics({now}).get('allocator/mesos/offer_filters/roles/r/active');
  t.is(active(1499), 1);
  t.is(active(1500), 0);
});

test('suppression is told by the encoded name of the framework', (t) => {
  const {addFramework, metrics} = makeFixture();
  addFramework('f', 'r/s');
  addFramework('g', 'r', ['r']);
  addFramework('h', 'r');
  const frameworkNames = new Map([
    ['f', 'my framework/~1'],
    ['g', 'g'],
  ]);
  const names = [...metrics({frameworkNames})].filter(([name]) => name.startsWith('master/'));
  t.deepEqual(names, [
    ['master/frameworks/my%20framework%2F%7E1/f/roles/r/s/suppressed', 0],
    ['master/frameworks/g/g/roles/r/suppressed', 1],
  ]);
});

test('durations are known from the first, and their statistics from the second one on', (t) => {
  const {metrics} = makeFixture();
  const runMs = new Durations();
  const found = (): Readonly<Record<string, number>> =>
    Object.fromEntries(
      [...metrics({runMs})].flatMap(([name, value]) =>
        name.startsWith('allocator/mesos/allocation_run_ms')
          ? [[name.slice('allocator/mesos/allocation_run_ms'.length), value] as const]
          : [],
      ),
    );
  t.deepEqual(found(), {});
  runMs.add(0, 4);
  t.deepEqual(found(), {'': 4});
  runMs.add(1000, 2);
  const spread = {'/count': 2, '/min': 2, '/max': 4, '/p50': 3, '/p90': 3.8, '/p95': 3.9};
  const rounded = Object.entries(found()).map(
    ([name, value]) => [name, Math.round(value * 1e6) / 1e6] as const,
  );
  t.deepEqual(Object.fromEntries(rounded), {
    '': 2,
    ...spread,
    '/p99': 3.98,
    '/p999': 3.998,
    '/p9999': 3.9998,
  });
});

test('durations forget what is older than an hour, and keep the spread of very many', (t) => {
  const durations = new Durations();
  durations.add(0, 100);
  durations.add(3_600_000, 1);
  durations.add(3_600_001, 3);
  t.is(durations.statistics().get('max'), 3);
  t.is(durations.statistics().get('count'), 2);
  const many = new Durations();
  for (let at = 0; at < 5000; at += 1) many.add(at, at % 100);
  const statistics = many.statistics();
  t.true((statistics.get('count') ?? 0) <= 1000);
  t.is(many.last, 99);
  t.true(Math.abs((statistics.get('p50') ?? 0) - 50) < 5);
});
