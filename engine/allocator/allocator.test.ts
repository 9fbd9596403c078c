import check from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {makeRandom, Random} from '../kernel/random.ts';
import {ALLOCATOR_DEFAULTS, type AllocatorOptions} from '../options.ts';
import {
  addResources,
  containsResources,
  equalResources,
  isEmpty,
  NO_RESOURCES,
  ScalarKinds,
  scalarOf,
  subtractResources,
  type Resources,
} from '../resources/vector.ts';
import type {Quantities} from '../scheduler.ts';
import {AgentSet} from './agent-set.ts';
import {AgentTable} from './agent-table.ts';
import {Allocator, type Grant, type Subscriber} from './allocator.ts';
import {DrfSorter, Pool, type Client} from './drf-sorter.ts';
import {OfferFilters, type OfferFilter} from './offer-filters.ts';

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const kinds = new ScalarKinds();
const GPUS = kinds.indexOf('gpus');

const amounts = (cpus: number, ports: readonly (readonly [number, number])[] = []): Resources =>
  kinds.compile({scalars: {cpus, mem: 2 * cpus}, ranges: {ports}});

const ascending = (left: number, right: number): number => left - right;

// The set of agents.

/**
 * Seen to fail when `delete` forgets the new position of the last member, and when `clear` keeps
 * positions.
 */
test('a set of agents does what a plain set does, and its order is that of its list', (t) => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'delete', 'swap', 'clear', 'copy'),
    slot: fc.nat(40),
    other: fc.nat(40),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 120, size: 'max'}), (steps) => {
      let set = new AgentSet();
      const twin = new Set<number>();
      for (const {kind, slot, other} of steps) {
        switch (kind) {
          case 'add':
            set.add(slot);
            twin.add(slot);
            break;
          case 'delete':
            set.delete(slot);
            twin.delete(slot);
            break;
          case 'swap':
            if (set.size > 0) set.swap(slot % set.size, other % set.size);
            break;
          case 'clear':
            if (slot > 5) break;
            set.clear();
            twin.clear();
            break;
          default:
            set = new AgentSet(set.toArray());
        }
        check.equal(set.size, twin.size);
        check.deepEqual(set.toArray().sort(ascending), [...twin].sort(ascending));
        check.deepEqual(
          set.toArray(),
          Array.from({length: set.size}, (_, position) => set.at(position)),
        );
        for (let one = 0; one <= 41; one += 1) check.equal(set.has(one), twin.has(one));
      }
    }),
  );
  t.pass();
});

// The table of agents.

interface TwinAgent {
  total: Resources;
  activated: boolean;
  readonly held: Resources[];
}

/** All that is left of the total beside what is held, and never below nothing. */
function leftOf({total, held}: TwinAgent): Resources {
  const used = held.reduce(addResources, NO_RESOURCES);
  const left = subtractResources(total, used);
  return {...left, scalars: left.scalars.map((fixed) => Math.max(0, fixed))};
}

const totals: readonly Resources[] = [
  amounts(4000, [[1, 10]]),
  amounts(2000, [[5, 20]]),
  amounts(1000),
  kinds.compile({scalars: {cpus: 1000, gpus: 2000}}),
  kinds.compile({scalars: {cpus: 500, licences: 3000}, sets: {disks: ['a', 'b']}}),
  kinds.compile({scalars: {rdma: 7000}, sets: {disks: ['b', 'c']}}),
];

/** A part of what there is: some of the scalars, the lowest port, one item of each set. */
function partOf({scalars, ranges, sets}: Resources, share: number): Resources {
  return {
    scalars: scalars.map((fixed) => Math.floor((fixed * share) / 4)),
    ranges: ranges.map(({name, ranges: spans}) => {
      const [begin = 0] = spans;
      return {name, ranges: [begin, begin]};
    }),
    sets: sets.map(({name, items}) => ({name, items: items.slice(0, 1)})),
  };
}

/**
 * Seen to fail when `setTotal` cuts availability off at 0 (what then comes back is more than there
 * is), when it forgets ports in use that left the total, when `#layOut` copies with the new stride,
 * when `add` does not clear a reused row, and when `restore` forgets what is used beyond the total.
 */
test('the table of agents does what a list of totals and holdings does', (t) => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'remove', 'total', 'take', 'take', 'all', 'back', 'json'),
    pick: fc.nat(100),
    total: fc.constantFrom(...totals),
    share: fc.integer({min: 1, max: 4}),
    activated: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 80, size: 'max'}), (steps) => {
      let table = new AgentTable();
      const twins = new Map<number, TwinAgent>();
      for (const {kind, pick, total, share, activated} of steps) {
        const slot = [...twins.keys()][pick % Math.max(1, twins.size)] ?? -1;
        const twin = twins.get(slot);
        if (kind === 'add') {
          twins.set(table.add(total), {total, activated: true, held: []});
        } else if (kind === 'json') {
          table = AgentTable.restore(throughJson(table.snapshot()));
        } else if (twin !== undefined) {
          changeAgent(table, slot, twin, {kind, total, share, pick, activated});
          if (kind === 'remove') twins.delete(slot);
        }
        check.deepEqual(table.slots(), [...twins.keys()].sort(ascending));
        for (const [at, agent] of twins) {
          check.ok(equalResources(table.availableResources(at), leftOf(agent)), `slot ${at}`);
          check.ok(equalResources(table.totalOf(at), agent.total));
          check.equal(table.isActivated(at), agent.activated);
          check.equal(table.hasGpus(at), scalarOf(agent.total, GPUS) > 0);
        }
      }
    }),
    {numRuns: 300},
  );
  t.pass();
});

function changeAgent(
  table: AgentTable,
  slot: number,
  twin: TwinAgent,
  step: {
    readonly kind: string;
    readonly total: Resources;
    readonly share: number;
    readonly pick: number;
    readonly activated: boolean;
  },
): void {
  const left = leftOf(twin);
  switch (step.kind) {
    case 'remove':
      table.remove(slot);
      break;
    case 'total':
      table.setTotal(slot, step.total);
      table.setActivated(slot, step.activated);
      twin.total = step.total;
      twin.activated = step.activated;
      break;
    case 'take': {
      const part = partOf(left, step.share);
      table.take(slot, part);
      twin.held.push(part);
      break;
    }
    case 'all':
      table.takeAll(slot);
      twin.held.push(left);
      break;
    default: {
      const [back] = twin.held.splice(step.pick % Math.max(1, twin.held.length), 1);
      if (back !== undefined) table.giveBack(slot, back);
    }
  }
}

// Offer filters.

/**
 * Seen to fail when `refuses` asks whether the offer contains what was refused, when `#unlink`
 * leaves a gap in a probe run, when `dropAgent` stops at the first filter, when a late filter goes
 * before the run, and when `restore` forgets which filters are late.
 */
test('offer filters do what a plain list of refusals does', (t) => {
  const small = [amounts(1000), amounts(2000), amounts(1000, [[1, 2]]), NO_RESOURCES];
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'add', 'add', 'expire', 'client', 'agent', 'json'),
    client: fc.nat(3),
    agent: fc.oneof(fc.nat(3), fc.nat(60)),
    refused: fc.constantFrom(...small),
    in: fc.integer({min: 1, max: 4}),
    late: fc.boolean(),
    beforeBatch: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, {maxLength: 120, size: 'max'}), (steps) => {
      let filters = new OfferFilters();
      let twin: OfferFilter[] = [];
      let now = 0;
      for (const {kind, client, agent, refused, in: delay, late, beforeBatch} of steps) {
        switch (kind) {
          case 'add': {
            const filter = {client, agent, refused, expiresAt: now + delay, late};
            filters.add(filter);
            twin.push(filter);
            break;
          }
          case 'expire': {
            now += delay;
            const gone: number[] = [];
            filters.expire(now, beforeBatch, (slot) => gone.push(slot));
            const stays = (one: OfferFilter): boolean =>
              one.expiresAt > now || (beforeBatch && one.late && one.expiresAt === now);
            const expected = twin.filter((one) => !stays(one)).map((one) => one.agent);
            check.deepEqual(gone.sort(ascending), expected.sort(ascending));
            twin = twin.filter(stays);
            break;
          }
          case 'client':
            filters.dropClient(client);
            twin = twin.filter((one) => one.client !== client);
            break;
          case 'agent':
            filters.dropAgent(agent);
            twin = twin.filter((one) => one.agent !== agent);
            break;
          default:
            filters = OfferFilters.restore(throughJson(filters.snapshot()));
        }
        // It may be early, for filters that were dropped, but never late.
        check.ok(filters.nextExpiryAt <= Math.min(...twin.map(({expiresAt}) => expiresAt)));
        for (let one = 0; one < 4; one += 1) {
          check.equal(filters.countOf(one), twin.filter((other) => other.client === one).length);
          for (const offered of small) {
            const isRefused = twin.some(
              (other) =>
                other.client === one &&
                other.agent === agent &&
                containsResources(other.refused, offered),
            );
            check.equal(filters.refuses(one, agent, offered), isRefused);
          }
        }
      }
    }),
    {numRuns: 300},
  );
  t.pass();
});

// The sorter.

interface TwinClient {
  readonly path: string;
  weight: number;
  active: boolean;
  count: number;
  readonly allocation: number[];
}

/** Lowest weighted dominant share first, then fewest allocations, then by path. */
function freshOrder(pool: Pool, twins: ReadonlyMap<Client, TwinClient>): Client[] {
  const shareOf = ({allocation, weight}: TwinClient): number =>
    Math.max(0, ...allocation.map((fixed, kind) => partOfPool(pool, fixed, kind))) / weight;
  return [...twins]
    .filter(([, {active}]) => active)
    .sort(([, left], [, right]) => {
      const byShare = shareOf(left) - shareOf(right);
      if (byShare !== 0) return byShare;
      if (left.count !== right.count) return left.count - right.count;
      return left.path < right.path ? -1 : 1;
    })
    .map(([client]) => client);
}

function partOfPool(pool: Pool, fixed: number, kind: number): number {
  const total = pool.totals[kind] ?? 0;
  return total > 0 && pool.excluded[kind] !== true ? fixed / total : 0;
}

/**
 * Seen to fail when `unallocated` does not move a client down, when `count` does not break ties,
 * when the order survives a change of the pool, when `setWeight` keeps the old share, and when
 * `#placeOf` finds the place one too far on.
 */
test('the order that is kept is the order of a fresh sort, whatever happens', (t) => {
  const step = fc.record({
    kind: fc.constantFrom(
      ...['add', 'remove', 'activate', 'activate', 'deactivate', 'allocated', 'allocated'],
      ...['allocated', 'unallocated', 'pool', 'weight', 'json', 'quiet'],
    ),
    pick: fc.nat(100),
    scalars: fc.array(
      fc.nat(3).map((units) => 1000 * units),
      {minLength: 1, maxLength: 4},
    ),
    weight: fc.constantFrom(0.5, 1, 2, 3),
  });
  fc.assert(
    fc.property(
      fc.array(step, {maxLength: 100, size: 'max'}),
      fc.boolean(),
      (steps, isExcluding) => {
        const pool = new Pool();
        pool.add([10_000, 20_000], 1);
        if (isExcluding) pool.excluded[1] = true;
        let sorter = new DrfSorter(pool);
        const twins = new Map<Client, TwinClient>();
        let serial = 0;
        for (const {kind, pick, scalars, weight} of steps) {
          const client = [...twins.keys()][pick % Math.max(1, twins.size)] ?? -1;
          const twin = twins.get(client);
          if (kind === 'add') {
            serial += 1;
            // Names go down, so that the order of names is not that of arrival.
            const path = `client${String(999 - serial)}`;
            const added = {path, weight, active: false, count: 0, allocation: []};
            twins.set(sorter.add(path, weight), added);
          } else if (kind === 'pool') {
            pool.add(scalars, 1);
          } else if (kind === 'json') {
            sorter = DrfSorter.restore(pool, throughJson(sorter.snapshot()));
          } else if (twin !== undefined && kind !== 'quiet') {
            changeClient(sorter, client, twin, {kind, scalars, weight});
            if (kind === 'remove') twins.delete(client);
          }
          // Sometimes nobody asks between two changes.
          if (kind === 'quiet' || pick % 5 === 0) continue;
          const order = [...sorter.sorted().subarray(0, sorter.activeCount)];
          check.deepEqual(order, freshOrder(pool, twins));
        }
      },
    ),
    {numRuns: 300},
  );
  t.pass();
});

function changeClient(
  sorter: DrfSorter,
  client: Client,
  twin: TwinClient,
  step: {readonly kind: string; readonly scalars: readonly number[]; readonly weight: number},
): void {
  switch (step.kind) {
    case 'remove':
      sorter.remove(client);
      break;
    case 'activate':
    case 'deactivate':
      sorter[step.kind](client);
      twin.active = step.kind === 'activate';
      break;
    case 'allocated':
      sorter.allocated(client, step.scalars);
      for (const [kind, fixed] of step.scalars.entries()) {
        twin.allocation[kind] = (twin.allocation[kind] ?? 0) + fixed;
      }
      twin.count += 1;
      break;
    case 'unallocated': {
      const given = twin.allocation.map((fixed) => Math.min(fixed, step.scalars[0] ?? 0));
      sorter.unallocated(client, given);
      for (const [kind, fixed] of given.entries()) {
        twin.allocation[kind] = (twin.allocation[kind] ?? 0) - fixed;
      }
      break;
    }
    default:
      sorter.setWeight(client, step.weight);
      twin.weight = step.weight;
  }
}

test('an exact tie is decided by the number of allocations, then by the name', (t) => {
  const pool = new Pool();
  pool.add([3000], 1);
  const sorter = new DrfSorter(pool);
  const [b, a] = [sorter.add('b'), sorter.add('a')];
  sorter.activate(b);
  sorter.activate(a);
  t.deepEqual([...sorter.sorted().subarray(0, 2)], [a, b]);
  sorter.allocated(a, [1000]);
  sorter.unallocated(a, [1000]);
  t.deepEqual([...sorter.sorted().subarray(0, 2)], [b, a]);
});

// The allocator: a model that looks at everything, and says of every run whether it was right.

interface ModelSubscriber {
  readonly name: string;
  readonly role: string;
  readonly gpus: boolean;
  suppressed: boolean;
  offersMax: number;
  offers: number;
  minimum: readonly Quantities[];
  /** Thousandths by kind. */
  readonly allocation: number[];
  count: number;
}

interface ModelRole {
  readonly weight: number;
  readonly allocation: number[];
  count: number;
}

interface Holding {
  readonly subscriber: Subscriber;
  readonly slot: number;
  readonly resources: Resources;
  readonly isOffer: boolean;
}

/** A filter as a timer: `serial` orders timers of one instant by when they were armed. */
interface ModelFilter {
  readonly subscriber: Subscriber;
  readonly slot: number;
  readonly refused: Resources;
  readonly at: number;
  readonly serial: number;
}

const INTERVAL = 1000;
const WEIGHTS = new Map([['r2', 2]]);

const FRAMEWORKS: readonly Pick<ModelSubscriber, 'name' | 'role' | 'gpus'>[] = [
  {name: 'f1', role: 'r1', gpus: true},
  {name: 'f2', role: 'r1', gpus: false},
  {name: 'f3', role: 'r2', gpus: false},
  {name: 'f1', role: 'r2', gpus: true},
];

/** Everything the allocator does not tell: what it ought to know. */
class Model {
  readonly agents = new Map<number, TwinAgent>();
  readonly subscribers: ModelSubscriber[];
  readonly roles = new Map<string, ModelRole>();
  holdings: Holding[] = [];
  filters: ModelFilter[] = [];
  isAllRequested = true;
  readonly requested = new Set<number>();
  #serial = 0;
  nextBatch = {at: INTERVAL, serial: this.#next()};

  constructor(minimum: readonly Quantities[]) {
    this.subscribers = FRAMEWORKS.map((framework) => ({
      ...framework,
      suppressed: false,
      offersMax: Infinity,
      offers: 0,
      minimum,
      allocation: [],
      count: 0,
    }));
    for (const {role} of FRAMEWORKS) {
      this.roles.set(role, {weight: WEIGHTS.get(role) ?? 1, allocation: [], count: 0});
    }
  }

  #next(): number {
    this.#serial += 1;
    return this.#serial;
  }

  refuse(subscriber: Subscriber, slot: number, refused: Resources, at: number): void {
    this.filters.push({subscriber, slot, refused, at, serial: this.#next()});
  }

  /** Filters whose timer fires before (or up to and with) the given one. */
  expireBefore(at: number, serial: number): void {
    this.filters = this.filters.filter(
      (one) => one.at > at || (one.at === at && one.serial > serial),
    );
  }

  armBatch(): void {
    this.nextBatch = {at: this.nextBatch.at + INTERVAL, serial: this.#next()};
  }

  charge(subscriber: Subscriber, slot: number, resources: Resources): void {
    const row = this.#row(subscriber);
    const role = this.#role(row.role);
    for (const record of [row, role]) {
      addTo(record.allocation, resources.scalars, 1);
      record.count += 1;
    }
    this.#agent(slot).held.push(resources);
  }

  recover(subscriber: Subscriber, slot: number, resources: Resources): void {
    const row = this.#row(subscriber);
    addTo(row.allocation, resources.scalars, -1);
    addTo(this.#role(row.role).allocation, resources.scalars, -1);
    const {held} = this.#agent(slot);
    const used = held.reduce(addResources, NO_RESOURCES);
    held.splice(0, held.length, subtractResources(used, resources));
  }

  /** What is wrong with a run; undefined when nothing is. */
  judge(grants: readonly Grant[], candidates: ReadonlySet<number>): string | undefined {
    for (const {subscriber, agent: slot, resources} of grants) {
      const agent = this.agents.get(slot);
      if (agent === undefined || !candidates.has(slot)) return `agent ${slot} was no candidate`;
      if (!equalResources(leftOf(agent), resources)) return `agent ${slot} has not just that`;
      const wanted = this.takerOf(slot);
      if (subscriber !== wanted) return `agent ${slot} went to ${subscriber}, not to ${wanted}`;
      this.charge(subscriber, slot, resources);
      this.#row(subscriber).offers += 1;
      this.holdings.push({subscriber, slot, resources, isOffer: true});
    }
    for (const slot of candidates) {
      const taker = this.agents.has(slot) ? this.takerOf(slot) : undefined;
      if (taker !== undefined) return `agent ${slot} did not go to ${taker}`;
    }
    return undefined;
  }

  /** Who must get what is left of an agent: the first in order that may and wants to have it. */
  takerOf(slot: number): Subscriber | undefined {
    const agent = this.#agent(slot);
    const left = leftOf(agent);
    if (!agent.activated || isEmpty(left)) return undefined;
    const rank = ({allocation, count, weight}: ModelRole): readonly [number, number] => [
      this.#share(allocation) / weight,
      count,
    ];
    const order = this.subscribers
      .map((row, subscriber) => ({row, subscriber}))
      .sort((left_, right_) => {
        const [one, other] = [left_.row, right_.row];
        const byRole = compare(rank(this.#role(one.role)), rank(this.#role(other.role)));
        if (byRole !== 0) return byRole;
        if (one.role !== other.role) return one.role < other.role ? -1 : 1;
        const inRole = compare(rank({...one, weight: 1}), rank({...other, weight: 1}));
        return inRole === 0 ? (one.name < other.name ? -1 : 1) : inRole;
      });
    return order.find(({row, subscriber}) => this.#mayTake(row, subscriber, slot, left))
      ?.subscriber;
  }

  #mayTake(row: ModelSubscriber, subscriber: Subscriber, slot: number, left: Resources): boolean {
    if (row.suppressed || row.offers >= row.offersMax) return false;
    if (scalarOf(this.#agent(slot).total, GPUS) > 0 && !row.gpus) return false;
    const isEnough = row.minimum.some((alternative) =>
      Object.entries(alternative).every(([name, fixed]) => quantity(left, name) >= fixed),
    );
    if (!isEnough && row.minimum.length > 0) return false;
    return !this.filters.some(
      (one) =>
        one.subscriber === subscriber && one.slot === slot && containsResources(one.refused, left),
    );
  }

  #share(allocation: readonly number[]): number {
    const cluster: number[] = [];
    for (const {total} of this.agents.values()) addTo(cluster, total.scalars, 1);
    return Math.max(
      0,
      ...allocation.map((fixed, kind) => {
        const total = cluster[kind] ?? 0;
        return total > 0 ? fixed / total : 0;
      }),
    );
  }

  #row(subscriber: Subscriber): ModelSubscriber {
    return this.subscribers[subscriber] as ModelSubscriber;
  }

  #role(name: string): ModelRole {
    return this.roles.get(name) as ModelRole;
  }

  #agent(slot: number): TwinAgent {
    return this.agents.get(slot) as TwinAgent;
  }
}

function compare(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((value, place) => value !== right[place]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

function addTo(sums: number[], scalars: readonly number[], sign: 1 | -1): void {
  for (const [kind, fixed] of scalars.entries()) sums[kind] = (sums[kind] ?? 0) + sign * fixed;
}

function quantity(resources: Resources, name: string): number {
  if (name !== 'ports') return scalarOf(resources, kinds.indexOf(name));
  const spans = resources.ranges.find((entry) => entry.name === name)?.ranges ?? [];
  let count = 0;
  for (let at = 0; at < spans.length; at += 2) {
    count += (spans[at + 1] ?? 0) - (spans[at] ?? 0) + 1;
  }
  return 1000 * count;
}

interface AllocatorStep {
  readonly kind: string;
  readonly pick: number;
  readonly total: Resources;
  readonly share: number;
  readonly refuseMs: number;
  readonly ms: number;
  readonly minimum: readonly Quantities[] | null;
}

/** The allocator and the model side by side. */
class Duel {
  readonly #options: AllocatorOptions;
  readonly #model: Model;
  /** Whether the allocator runs at every interval, or only when it asks to be woken. */
  readonly #everyBatch: boolean;
  #allocator: Allocator;
  #now = 0;

  constructor(options: Partial<AllocatorOptions>, seed: number, everyBatch: boolean) {
    this.#options = {...ALLOCATOR_DEFAULTS, allocationIntervalMs: INTERVAL, ...options};
    this.#everyBatch = everyBatch;
    this.#model = new Model(this.#options.minAllocatable);
    this.#allocator = this.#make(makeRandom(seed, 'allocator'));
    for (const {name, role, gpus} of FRAMEWORKS) this.#allocator.addSubscriber(name, role, gpus);
    this.#settle();
  }

  #make(random: Random): Allocator {
    return new Allocator(this.#options, {kinds, random, weights: WEIGHTS, startedAt: 0});
  }

  /** What went wrong in a step; undefined when nothing did. */
  step(step: AllocatorStep): string | undefined {
    const wrong = step.kind === 'advance' ? this.#advance(step.ms) : this.#change(step);
    return wrong ?? this.#settle() ?? this.#compare();
  }

  #change(step: AllocatorStep): undefined {
    const {kind, pick} = step;
    const slots = [...this.#model.agents.keys()];
    const slot = slots[pick % Math.max(1, slots.length)];
    const subscriber = pick % FRAMEWORKS.length;
    switch (kind) {
      case 'addAgent':
        this.#addAgent(step.total);
        break;
      case 'agent':
        if (slot !== undefined) this.#changeAgent(slot, step);
        break;
      case 'subscriber':
        this.#changeSubscriber(subscriber, step);
        break;
      case 'charge':
        if (slot !== undefined) this.#charge(subscriber, slot, step.share);
        break;
      case 'json': {
        const snapshot = throughJson(this.#allocator.snapshot());
        this.#allocator = this.#make(new Random(snapshot.random));
        this.#allocator.load(snapshot);
        break;
      }
      default:
        this.#answer(step);
    }
    return undefined;
  }

  #addAgent(total: Resources): void {
    const slot = this.#allocator.addAgent(total);
    this.#model.agents.set(slot, {total, activated: true, held: []});
    this.#model.requested.add(slot);
  }

  #changeAgent(slot: number, {share, total}: AllocatorStep): void {
    const agent = this.#model.agents.get(slot) as TwinAgent;
    if (share === 1) {
      for (const holding of this.#model.holdings) {
        if (holding.slot === slot) this.#end(holding, 0);
      }
      this.#model.holdings = this.#model.holdings.filter((holding) => holding.slot !== slot);
      this.#allocator.removeAgent(slot);
      this.#model.agents.delete(slot);
      this.#model.filters = this.#model.filters.filter((one) => one.slot !== slot);
    } else if (share === 2) {
      this.#allocator.setAgentTotal(slot, total);
      agent.total = total;
      this.#model.requested.add(slot);
    } else {
      agent.activated = share === 3;
      this.#allocator.setAgentActivated(slot, agent.activated);
    }
  }

  #changeSubscriber(subscriber: Subscriber, {share, ms, minimum}: AllocatorStep): void {
    const row = this.#model.subscribers[subscriber] as ModelSubscriber;
    if (share === 1) {
      this.#allocator.suppress(subscriber);
      row.suppressed = true;
    } else if (share === 2) {
      this.#allocator.revive(subscriber);
      row.suppressed = false;
      this.#model.filters = this.#model.filters.filter((one) => one.subscriber !== subscriber);
      this.#model.isAllRequested = true;
    } else if (share === 3) {
      row.offersMax = ms % 4 === 3 ? Infinity : ms % 4;
      this.#allocator.setOffersMax(subscriber, row.offersMax);
    } else {
      row.minimum = minimum ?? this.#options.minAllocatable;
      this.#allocator.setMinAllocatable(subscriber, minimum);
    }
  }

  #charge(subscriber: Subscriber, slot: number, share: number): void {
    const part = partOf(leftOf(this.#model.agents.get(slot) as TwinAgent), share);
    if (isEmpty(part)) return;
    this.#allocator.charge(subscriber, slot, part);
    this.#model.charge(subscriber, slot, part);
    this.#model.holdings.push({subscriber, slot, resources: part, isOffer: false});
  }

  /** Answers an offer, keeping a part of it, or ends what was kept. */
  #answer({pick, share, refuseMs, kind}: AllocatorStep): void {
    const at = pick % Math.max(1, this.#model.holdings.length);
    const [holding] = this.#model.holdings.splice(at, 1);
    if (holding === undefined) return;
    if (kind === 'decline' || !holding.isOffer) {
      this.#end(holding, refuseMs);
      return;
    }
    const {subscriber, slot, resources} = holding;
    const kept = partOf(resources, share);
    this.#model.holdings.push({subscriber, slot, resources: kept, isOffer: false});
    this.#end({...holding, resources: subtractResources(resources, kept)}, refuseMs);
  }

  #end({subscriber, slot, resources, isOffer}: Holding, refuseMs: number): void {
    const now = this.#now;
    if (isOffer) {
      this.#allocator.offerEnded(subscriber);
      (this.#model.subscribers[subscriber] as ModelSubscriber).offers -= 1;
      this.#allocator.refuse(subscriber, slot, resources, {refuseMs, now});
      if (refuseMs > 0) {
        const at = now + Math.max(INTERVAL, refuseMs);
        this.#model.refuse(subscriber, slot, resources, at);
      }
    }
    this.#allocator.recover(subscriber, slot, resources);
    this.#model.recover(subscriber, slot, resources);
    if (this.#options.allocateOnRecovery) this.#model.requested.add(slot);
  }

  #advance(ms: number): string | undefined {
    let until = this.#now + ms;
    // A batch that the allocator did not ask for leaves no trace in it, so that nothing may
    // happen right at it: whether before or after would be anybody's guess.
    if (!this.#everyBatch && until % INTERVAL === 0) until += 1;
    while (this.#model.nextBatch.at <= until) {
      const {at, serial} = this.#model.nextBatch;
      const isDue = this.#everyBatch || this.#allocator.wakeAt(this.#now) === at;
      this.#now = at;
      this.#model.expireBefore(at, serial);
      const grants = isDue ? this.#allocator.run(at) : [];
      const wrong = this.#model.judge(grants, new Set(this.#model.agents.keys()));
      this.#model.armBatch();
      if (wrong !== undefined) return `batch at ${at}: ${wrong}`;
      if (grants.length > 0 && !this.#everyBatch) return undefined;
    }
    this.#now = until;
    return undefined;
  }

  #settle(): string | undefined {
    const {requested, isAllRequested} = this.#model;
    this.#model.expireBefore(this.#now, Infinity);
    const isDue = this.#allocator.wakeAt(this.#now) <= this.#now;
    if (isDue !== (isAllRequested || requested.size > 0)) return `a run is due: ${isDue}`;
    if (!isDue) return undefined;
    const candidates = isAllRequested ? new Set(this.#model.agents.keys()) : new Set(requested);
    this.#model.isAllRequested = false;
    requested.clear();
    const wrong = this.#model.judge(this.#allocator.run(this.#now), candidates);
    if (wrong !== undefined) return `requested run at ${this.#now}: ${wrong}`;
    return this.#allocator.wakeAt(this.#now) > this.#now ? undefined : 'it does not settle';
  }

  #compare(): string | undefined {
    for (const [slot, agent] of this.#model.agents) {
      if (!equalResources(this.#allocator.availableOn(slot), leftOf(agent))) {
        return `agent ${slot}: what is available`;
      }
    }
    for (const [subscriber, {allocation}] of this.#model.subscribers.entries()) {
      const charged = this.#allocator.allocationOf(subscriber);
      if (!allocation.every((fixed, kind) => (charged[kind] ?? 0) === fixed)) {
        return `subscriber ${subscriber}: what it is charged with`;
      }
    }
    return undefined;
  }
}

const minima: readonly (readonly Quantities[] | null)[] = [
  null,
  [],
  [{cpus: 2000}],
  [{cpus: 1000, mem: 3000}, {gpus: 1000}],
  [{ports: 3000}],
];

const allocatorSteps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...['addAgent', 'addAgent', 'agent', 'subscriber', 'subscriber', 'charge', 'json'],
      ...['decline', 'decline', 'decline', 'accept', 'accept', 'advance', 'advance', 'advance'],
    ),
    pick: fc.nat(100),
    total: fc.constantFrom(...totals),
    share: fc.integer({min: 1, max: 4}),
    refuseMs: fc.constantFrom(0, 1, 1000, 1500, 2000, 5000),
    ms: fc.oneof(fc.integer({min: 1, max: 3000}), fc.constantFrom(500, 1000, 2000, 5000)),
    minimum: fc.constantFrom(...minima),
  }),
  {maxLength: 80, size: 'max'},
);

/**
 * Seen to fail when every filter made right after a run outlives the run at its end, when a run
 * over changed agents is not repeated for those that want anew, when an expired filter does not
 * mark its agent as changed, when `removeAgent` keeps its filters, when `#grant` does not charge
 * the role, when a requested run looks at all changed agents, and when the minimum of a framework
 * is compiled only once.
 */
test('each run gives each agent to whom a look at everything gives it, and misses none', (t) => {
  fc.assert(
    fc.property(
      allocatorSteps,
      fc.integer(),
      fc.boolean(),
      fc.boolean(),
      (steps, seed, everyBatch, allocateOnRecovery) => {
        const options = {allocateOnRecovery, minAllocatable: [{cpus: 600}, {gpus: 1000}]};
        const duel = new Duel(options, seed, everyBatch);
        for (const [at, step] of steps.entries()) {
          const wrong = duel.step(step);
          if (wrong !== undefined) check.fail(`step ${at} (${step.kind}): ${wrong}`);
        }
      },
    ),
    {numRuns: 500},
  );
  t.pass();
});

// Examples of the rules.

function makeAllocator(options: Partial<AllocatorOptions> = {}): Allocator {
  return new Allocator(
    {...ALLOCATOR_DEFAULTS, ...options},
    {kinds, random: makeRandom(1, 'allocator'), weights: new Map(), startedAt: 0},
  );
}

const lifetimes: readonly (readonly [title: string, refuseMs: number, offeredAt: number])[] = [
  ['a filter of 0 is none', 0, 1000],
  ['a filter of less than an interval lives one interval', 1, 2000],
  ['a filter of one interval, made after a run, outlives the next run', 1000, 2000],
  ['a filter of two intervals is gone before the run at its end', 2000, 2000],
  ['a filter that ends between two runs is gone before the second', 2500, 3000],
  ['a negative time is taken for 5 seconds', -1, 5000],
  ['a time that is none is taken for 5 seconds', NaN, 5000],
  ['the longest filter lives 365 days', 1e15, 365 * 86_400_000],
];

for (const [title, refuseMs, offeredAt] of lifetimes) {
  test(title, (t) => {
    const allocator = makeAllocator();
    const slot = allocator.addAgent(amounts(1000));
    const subscriber = allocator.addSubscriber('f', 'r', false);
    const [grant] = allocator.run(0);
    t.truthy(grant);
    allocator.offerEnded(subscriber);
    allocator.refuse(subscriber, slot, amounts(1000), {refuseMs, now: 0});
    allocator.recover(subscriber, slot, amounts(1000));
    let now = 0;
    let grants: readonly Grant[] = [];
    for (let runs = 0; grants.length === 0 && runs < 5; runs += 1) {
      now = allocator.wakeAt(now);
      grants = allocator.run(now);
    }
    t.is(now, offeredAt);
  });
}

test('a bigger offer passes a filter, an equal or smaller one does not', (t) => {
  const allocator = makeAllocator();
  const slot = allocator.addAgent(amounts(2000));
  const subscriber = allocator.addSubscriber('f', 'r', false);
  allocator.run(0);
  allocator.refuse(subscriber, slot, amounts(1000), {refuseMs: 60_000, now: 0});
  allocator.recover(subscriber, slot, amounts(1000));
  t.deepEqual(allocator.run(1000), []);
  allocator.recover(subscriber, slot, amounts(500));
  t.is(allocator.run(2000).length, 1);
});

test('nobody is woken while nothing can change', (t) => {
  const allocator = makeAllocator();
  t.is(allocator.wakeAt(0), Infinity);
  const subscriber = allocator.addSubscriber('f', 'r', false);
  t.is(allocator.wakeAt(0), 0);
  allocator.run(0);
  t.is(allocator.wakeAt(0), Infinity);
  allocator.addAgent(amounts(1000));
  t.is(allocator.run(0).length, 1);
  t.is(allocator.wakeAt(0), Infinity);
  allocator.suppress(subscriber);
  allocator.recover(subscriber, 0, amounts(1000));
  t.is(allocator.wakeAt(0), Infinity);
  t.is(allocator.runs, 2);
});

test('resources that come back wait for the batch, or are offered at once if so wished', (t) => {
  for (const allocateOnRecovery of [false, true]) {
    const allocator = makeAllocator({allocateOnRecovery});
    const slot = allocator.addAgent(amounts(1000));
    const subscriber = allocator.addSubscriber('f', 'r', false);
    allocator.run(0);
    allocator.recover(subscriber, slot, amounts(1000));
    t.is(allocator.wakeAt(300), allocateOnRecovery ? 300 : 1000);
  }
});

test('equal agents are handed out in another order by another seed', (t) => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 20; seed += 1) {
    const allocator = new Allocator(ALLOCATOR_DEFAULTS, {
      kinds,
      random: makeRandom(seed, 'allocator'),
      weights: new Map(),
      startedAt: 0,
    });
    for (let agent = 0; agent < 5; agent += 1) allocator.addAgent(amounts(1000));
    allocator.addSubscriber('f', 'r', false);
    orders.add(
      allocator
        .run(0)
        .map(({agent}) => agent)
        .join(' '),
    );
  }
  t.true(orders.size > 10);
});
