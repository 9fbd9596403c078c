/** The orders of roles and frameworks, against one that is found anew for every question. */
import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {makeRandom} from '../kernel/random.ts';
import {stripped} from '../resources/select.ts';
import {ScalarKinds} from '../resources/kinds.ts';
import {addResources, NO_RESOURCES, type Resources} from '../resources/vector.ts';
import type {Client} from './client-tree.ts';
import {DrfSorter} from './drf-sorter.ts';
import {Pool} from './pool.ts';
import {RandomSorter} from './random-sorter.ts';
import {sortedClients, type Sorter} from './sorter.ts';
import {
  addClient,
  countAllocation,
  isBelow,
  makeOrder,
  removeClient,
  sortOrder,
} from './testing/twin-order.ts';
import {WeightedDraw} from './weighted-draw.ts';

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const kinds = new ScalarKinds();
const amounts = (cpus: number, mem: number): Resources => kinds.compile({scalars: {cpus, mem}});

const sharedVolume = (id: string): Resources =>
  kinds.compile({
    scalars: {cpus: 1000},
    special: [
      {
        name: 'disk',
        type: 'SCALAR',
        scalar: {value: 3},
        reservations: [{type: 'STATIC', role: 'a'}],
        disk: {persistence: {id}},
        shared: {},
      },
    ],
  });

const SIZES: readonly Resources[] = [
  amounts(1000, 0),
  amounts(0, 1000),
  amounts(2000, 1000),
  sharedVolume('v1'),
  sharedVolume('v2'),
];

/** A sorter's clients as plain lists. */
class NaiveSorter {
  readonly order = makeOrder();
  readonly active = new Set<string>();
  readonly weights = new Map<string, number>();
  /** By client and agent. */
  readonly held = new Map<string, Map<number, Resources>>();
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  add(path: string): void {
    addClient(this.order, path);
    this.held.set(path, new Map());
  }

  remove(path: string): void {
    removeClient(this.order, path);
    this.active.delete(path);
    this.held.delete(path);
  }

  heldOn(path: string, agent: number): Resources {
    return this.held.get(path)?.get(agent) ?? NO_RESOURCES;
  }

  setHeld(path: string, agent: number, resources: Resources): void {
    this.held.get(path)?.set(agent, resources);
  }

  /** A shared volume that several of these clients hold on an agent counts once. */
  sumOf(paths: readonly string[]): readonly number[] {
    let sum = NO_RESOURCES;
    const agents = new Set(paths.flatMap((path) => [...(this.held.get(path)?.keys() ?? [])]));
    for (const agent of agents) {
      const onAgent = paths.map((path) => this.heldOn(path, agent));
      sum = addResources(sum, stripped(onAgent.reduce(addResources, NO_RESOURCES)));
    }
    return sum.scalars;
  }

  shareOf(paths: readonly string[]): number {
    const {totals, excluded} = this.#pool;
    const shares = this.sumOf(paths).map((fixed, kind) => {
      const total = totals[kind] ?? 0;
      return total > 0 && excluded[kind] !== true ? fixed / total : 0;
    });
    return Math.max(0, ...shares);
  }

  sorted(): readonly string[] {
    return sortOrder(this.order, {
      isActive: (client) => this.active.has(client),
      shareOf: (clients) => this.shareOf(clients),
      weightOf: (node) => this.weights.get(node) ?? 1,
    });
  }

  /** What is held at a path and below. */
  below(path: string): readonly string[] {
    return [...this.order.clients].filter((client) => client === path || isBelow(client, path));
  }
}

const PATHS = ['a', 'a/b', 'a/b/c', 'a/d', 'e', 'e/f', 'ab', 'a-b'] as const;

const sorterStep = fc.record({
  kind: fc.constantFrom(
    ...['add', 'add', 'add', 'remove', 'remove', 'activate', 'activate', 'activate', 'deactivate'],
    ...['allocated', 'allocated', 'allocated', 'unallocated', 'unallocated', 'unallocated'],
    ...['update', 'pool', 'weight', 'json'],
  ),
  path: fc.constantFrom(...PATHS),
  agent: fc.nat(1),
  size: fc.constantFrom(...SIZES),
  other: fc.constantFrom(...SIZES),
  weight: fc.constantFrom(0.5, 1, 2, 3),
  /** Sometimes nobody asks between two changes. */
  isAsked: fc.boolean(),
});

type SorterStep = typeof sorterStep extends fc.Arbitrary<infer T> ? T : never;

function changeSorter(sorter: Sorter, naive: NaiveSorter, step: SorterStep): void {
  const {kind, path, agent, size, other, weight} = step;
  const client = sorter.clientOf(path);
  check.equal(client !== undefined, naive.order.clients.has(path));
  if (kind === 'weight') {
    sorter.setWeight(path, weight);
    naive.weights.set(path, weight);
  } else if (client === undefined) {
    if (kind !== 'add') return;
    sorter.add(path);
    naive.add(path);
  } else if (kind === 'remove') {
    sorter.remove(client);
    naive.remove(path);
  } else if (kind === 'activate' || kind === 'deactivate') {
    sorter[kind](client);
    if (kind === 'activate') naive.active.add(path);
    else naive.active.delete(path);
  } else if (kind === 'allocated') {
    sorter.allocated(client, {agent, resources: size});
    naive.setHeld(path, agent, addResources(naive.heldOn(path, agent), size));
    countAllocation(naive.order, path);
  } else {
    giveBack(sorter, naive, client, {...step, kind, size, other});
  }
}

/** What was held is held no more, or is something else. */
function giveBack(sorter: Sorter, naive: NaiveSorter, client: Client, step: SorterStep): void {
  const {kind, path, agent, other} = step;
  const resources = naive.heldOn(path, agent);
  if (kind === 'unallocated') {
    sorter.unallocated(client, {agent, resources});
    naive.setHeld(path, agent, NO_RESOURCES);
  } else if (kind === 'update') {
    sorter.update(client, {agent, resources}, {agent, resources: other});
    naive.setHeld(path, agent, other);
  }
}

function assertSame(sorter: Sorter, naive: NaiveSorter): void {
  const paths = [...naive.order.clients];
  check.equal(sorter.count, paths.length);
  check.equal(sorter.activeCount, naive.active.size);
  check.deepEqual(plain(sorter.allocation), plain(naive.sumOf(paths)));
  for (const path of paths) {
    const client = sorter.clientOf(path) as Client;
    check.equal(sorter.pathOf(client), path);
    check.deepEqual(plain(sorter.allocationOf(client)), plain(naive.sumOf([path])), path);
  }
}

/** Four kinds; what is missing is 0. */
function plain(scalars: ArrayLike<number>): readonly number[] {
  return [0, 1, 2, 3].map((kind) => scalars[kind] ?? 0);
}

/** A leaf has its own weight; a virtual one, below a node that has it, has none. */
function weightOfLeaf(naive: NaiveSorter, path: string): number {
  return naive.below(path).length > 1 ? 1 : (naive.weights.get(path) ?? 1);
}

/**
 * Seen to fail when a virtual leaf has no copy of the count, when a node that becomes a leaf again
 * takes the count of its virtual leaf, when a removed client stays counted in the nodes above it,
 * when a shared volume counts once per client, when `unallocated` does not move a node, when the
 * order survives a change of the pool or a weight, and when `#move` searches one place too far.
 */
test('the order that is kept is the order of a fresh sort, whatever happens', (t) => {
  const property = fc.property(
    fc.array(sorterStep, {maxLength: 100, size: 'max'}),
    fc.boolean(),
    (steps, isExcluding) => {
      const pool = new Pool();
      pool.add([10_000, 20_000, 9000], 1);
      if (isExcluding) pool.excluded[1] = true;
      const naive = new NaiveSorter(pool);
      let sorter = new DrfSorter(pool);
      for (const step of steps) {
        if (step.kind === 'json') sorter = DrfSorter.restore(pool, throughJson(sorter.snapshot()));
        else if (step.kind === 'pool') pool.add(step.size.scalars, 1);
        else changeSorter(sorter, naive, step);
        if (!step.isAsked) continue;
        assertSame(sorter, naive);
        const order = sortedClients(sorter).map((client) => sorter.pathOf(client));
        check.deepEqual(order, naive.sorted());
        for (const path of naive.order.clients) {
          const share = naive.shareOf([path]) / weightOfLeaf(naive, path);
          check.equal(sorter.shareOf(sorter.clientOf(path) as Client), share);
        }
      }
    },
  );
  fc.assert(property, {numRuns: 2000});
  t.pass();
});

/** Seen to fail when a client that becomes active or inactive keeps the old draw. */
test('the random sorter gives every active client once, and keeps the same books', (t) => {
  const property = fc.property(
    fc.array(sorterStep, {maxLength: 60, size: 'max'}),
    fc.integer(),
    (steps, seed) => {
      const pool = new Pool();
      const random = makeRandom(seed, 'sorter');
      const naive = new NaiveSorter(pool);
      let sorter = new RandomSorter(random);
      for (const step of steps) {
        if (step.kind === 'json') {
          sorter = RandomSorter.restore(random, throughJson(sorter.snapshot()));
        } else if (step.kind !== 'pool') changeSorter(sorter, naive, step);
        if (!step.isAsked) continue;
        assertSame(sorter, naive);
        const drawn = sortedClients(sorter).map((client) => sorter.pathOf(client));
        check.deepEqual(drawn.sort(), [...naive.active].sort());
      }
    },
  );
  fc.assert(property, {numRuns: 300});
  t.pass();
});

test('an exact tie is decided by the number of allocations, then by the name', (t) => {
  const pool = new Pool();
  pool.add([3000], 1);
  const sorter = new DrfSorter(pool);
  const [b, a] = [sorter.add('b'), sorter.add('a')];
  sorter.activate(b);
  sorter.activate(a);
  t.deepEqual(sortedClients(sorter), [a, b]);
  const allocation = {agent: 0, resources: amounts(1000, 0)};
  sorter.allocated(a, allocation);
  sorter.unallocated(a, allocation);
  t.deepEqual(sortedClients(sorter), [b, a]);
});

// Chance.

const DRAWS = 20_000;

/** Far beyond five standard deviations of a proportion in so many draws. */
const TOLERANCE = 0.02;

/** How often each order came, as a part of all draws. */
function frequencies(draw: () => readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let round = 0; round < DRAWS; round += 1) {
    const order = draw().join(' ');
    counts.set(order, (counts.get(order) ?? 0) + 1 / DRAWS);
  }
  return counts;
}

/** Chance of an order: each in proportion to the weights that are left. */
function chanceOf(order: readonly string[], weights: ReadonlyMap<string, number>): number {
  const left = new Map(weights);
  let chance = 1;
  for (const name of order) {
    const sum = [...left.values()].reduce((total, weight) => total + weight, 0);
    chance *= (left.get(name) ?? 0) / sum;
    left.delete(name);
  }
  return chance;
}

function assertChances(
  found: ReadonlyMap<string, number>,
  weights: ReadonlyMap<string, number>,
): void {
  for (const order of permutations([...weights.keys()])) {
    const chance = chanceOf(order, weights);
    const part = found.get(order.join(' ')) ?? 0;
    check.ok(Math.abs(part - chance) < TOLERANCE, `${order.join(' ')}: ${part} for ${chance}`);
  }
}

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length === 0) return [[]];
  return list.flatMap((one) =>
    permutations(list.filter((other) => other !== one)).map((rest) => [one, ...rest]),
  );
}

/** Seen to fail when `#take` leaves the drawn weight in the sums. */
test('a weighted draw gives every order with the chance that its weights say', (t) => {
  for (const weights of [
    [1, 1, 1],
    [1, 2, 3],
    [5, 0.5, 1],
    [1, 1, 1, 3],
  ]) {
    const draw = new WeightedDraw(weights, makeRandom(1, weights.join()));
    const found = frequencies(() => {
      draw.restart();
      return weights.map(() => String(draw.next()));
    });
    assertChances(found, new Map(weights.map((weight, item) => [String(item), weight])));
    t.is(draw.next(), -1);
  }
});

/** Seen to fail when sums or marks are not put back, and when rounded sums lead to what is gone. */
test('a weighted draw gives every item once, however small its weight', (t) => {
  const weight = fc.constantFrom(1, 2, 0.1, 1e-9, 2 ** -40, 1e6);
  const property = fc.property(
    fc.array(weight, {maxLength: 40, size: 'max'}),
    fc.integer(),
    (weights, seed) => {
      const draw = new WeightedDraw(weights, makeRandom(seed, 'draw'));
      for (let round = 0; round < 3; round += 1) {
        draw.restart();
        // The second time it is given up half-way.
        const wanted = round === 1 ? Math.floor(weights.length / 2) : weights.length;
        const items = weights.slice(0, wanted).map(() => draw.next());
        check.equal(new Set(items).size, wanted);
        check.ok(items.every((item) => item >= 0 && item < weights.length));
        if (round !== 1) check.equal(draw.next(), -1);
      }
    },
  );
  fc.assert(property, {numRuns: 300});
  t.pass();
});

/** Seen to fail when inactive siblings take their part of the weight. */
test('the random sorter shares the weight of a node out among its active children', (t) => {
  const sorter = new RandomSorter(makeRandom(1, 'sorter'));
  for (const path of ['a/x', 'a/y', 'a/z', 'b', 'c']) {
    const client = sorter.add(path);
    if (path !== 'c' && path !== 'a/z') sorter.activate(client);
  }
  sorter.setWeight('a', 2);
  sorter.setWeight('a/x', 3);
  sorter.setWeight('a/z', 100);
  const found = frequencies(() => sortedClients(sorter).map((client) => sorter.pathOf(client)));
  // a : b = 2 : 1, and a/x : a/y = 3 : 1 of that.
  assertChances(
    found,
    new Map([
      ['a/x', 1.5 / 3],
      ['a/y', 0.5 / 3],
      ['b', 1 / 3],
    ]),
  );
  t.pass();
});

/** Seen to fail when clients are weighed in order of their coming. */
test('the same seed draws the same order, in whatever order clients came', (t) => {
  const orders = [PATHS, PATHS.toReversed()].map((paths) => {
    const sorter = new RandomSorter(makeRandom(7, 'sorter'));
    for (const path of paths) sorter.activate(sorter.add(path));
    return Array.from({length: 10}, () =>
      sortedClients(sorter).map((client) => sorter.pathOf(client)),
    );
  });
  t.deepEqual(orders[0], orders[1]);
});

test('what is drawn from one sorter after another is not the same', (t) => {
  const sorter = new RandomSorter(makeRandom(7, 'sorter'));
  for (const path of PATHS) sorter.activate(sorter.add(path));
  const orders = Array.from({length: 20}, () => sortedClients(sorter).join());
  t.true(new Set(orders).size > 15);
});
