/** Suite `sorter`: drives one sorter, and a ledger of what its clients have. */
import {
  DrfSorter,
  Ledger,
  makeRandom,
  NO_RESOURCES,
  Pool,
  RandomSorter,
  ScalarKinds,
  sortedClients,
  WeightedDraw,
  type Client,
  type Quantities,
  type Random,
  type Resources,
  type Sorter,
} from '../engine/index.ts';
import {
  canonicalOf,
  Difference,
  fieldsOf,
  listOf,
  mapOf,
  numberOf,
  quantitiesOf,
  resourcesOf,
  textOf,
  textsOf,
  UnknownInCase,
} from './case.ts';
import {differenceOf} from './difference.ts';
import type {Suite} from './suite.ts';

type SorterName = 'drf' | 'random';
type Fields = Readonly<Record<string, unknown>>;
type Step = (value: unknown) => void;

/** One sorter, or each of a list: the case must hold for all. */
export function makeSorterSuite(config: unknown, seed: number): Suite {
  const {sorter = 'drf', fairShareExcludes = []} = fieldsOf(
    config ?? {},
    'config',
    [],
    ['sorter', 'fairShareExcludes'],
  );
  const names = textsOf(Array.isArray(sorter) ? sorter : [sorter], 'sorter').map((name) => {
    if (name === 'drf' || name === 'random') return name;
    throw new UnknownInCase(`config: unknown sorter '${name}'`);
  });
  if (names.length === 0) throw new UnknownInCase('config: no sorter');
  const excluded = textsOf(fairShareExcludes, 'fairShareExcludes');
  const suites = names.map((name) => new SorterSuite(name, excluded, makeRandom(seed, 'sorter')));
  return {
    flagsOf: () => [],
    step: (name, value) => {
      for (const suite of suites) suite.step(name, value);
    },
  };
}

class SorterSuite {
  readonly #name: SorterName;
  readonly #kinds = new ScalarKinds();
  readonly #pool = new Pool();
  readonly #random: Random;
  readonly #sorter: Sorter;
  readonly #clients = new Map<string, Client>();
  /** Numbers of paths in the ledger: unlike clients they are not used again. */
  readonly #holders = new Map<string, number>();
  readonly #ledger = new Ledger();
  readonly #agents = new Map<string, number>();
  /** What the pool has of each agent. */
  readonly #totals = new Map<string, readonly number[]>();
  readonly #steps: ReadonlyMap<string, Step>;

  constructor(name: SorterName, excluded: readonly string[], random: Random) {
    this.#name = name;
    this.#random = random;
    this.#sorter = name === 'drf' ? new DrfSorter(this.#pool) : new RandomSorter(random);
    for (const one of excluded) this.#pool.excluded[this.#kinds.indexOf(one)] = true;
    this.#steps = new Map([
      ...this.#clientSteps(),
      ...this.#amountSteps(),
      ...this.#expectations(),
      ...this.#chances(),
    ]);
  }

  step(name: string, value: unknown): void {
    const step = this.#steps.get(name);
    if (step === undefined) throw new UnknownInCase(`unknown step '${name}'`);
    try {
      step(value);
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
      throw new Difference(`sorter ${this.#name}: ${error.message}`, {cause: error});
    }
  }

  // Clients.

  #clientSteps(): readonly (readonly [string, Step])[] {
    return [
      ['add', (value) => this.#add(textOf(value, 'add'))],
      ['activate', (value) => this.#sorter.activate(this.#client(value))],
      ['deactivate', (value) => this.#sorter.deactivate(this.#client(value))],
      ['remove', (value) => this.#remove(textOf(value, 'remove'))],
      [
        'weight',
        (value) => {
          const {path, weight} = fieldsOf(value, 'weight', ['path', 'weight']);
          this.#sorter.setWeight(textOf(path, 'path'), numberOf(weight, 'weight'));
        },
      ],
    ];
  }

  #add(path: string): void {
    if (this.#clients.has(path)) throw new UnknownInCase(`add: '${path}' is there already`);
    this.#clients.set(path, this.#sorter.add(path));
  }

  #remove(path: string): void {
    this.#sorter.remove(this.#client(path));
    this.#clients.delete(path);
    this.#holders.delete(path);
  }

  #client(path: unknown): Client {
    const client = this.#clients.get(textOf(path, 'client'));
    if (client === undefined) throw new UnknownInCase(`unknown client '${String(path)}'`);
    return client;
  }

  #holder(path: string): number {
    return numbered(this.#holders, path, () => (this.#nextHolder += 1));
  }

  #nextHolder = 0;

  #agent(value: unknown): number {
    return numbered(this.#agents, agentNameOf(value), () => this.#agents.size);
  }

  // Amounts.

  #amountSteps(): readonly (readonly [string, Step])[] {
    return [
      ['addPool', (value) => this.#setPool(value, 'addPool')],
      ['setPool', (value) => this.#setPool(value, 'setPool')],
      ['allocated', (value) => this.#allocated(value)],
      ['unallocated', (value) => this.#unallocated(value)],
      ['update', (value) => this.#update(value)],
    ];
  }

  #setPool(value: unknown, step: 'addPool' | 'setPool'): void {
    const {agent, resources} = fieldsOf(value, step, ['resources'], ['agent']);
    const name = agentNameOf(agent);
    const before = this.#totals.get(name);
    if ((before === undefined) !== (step === 'addPool')) {
      throw new UnknownInCase(`${step}: agent '${name}' is ${before ? 'there' : 'not there'}`);
    }
    const quantities = quantitiesOf(resources, `${step}.resources`);
    for (const one of Object.keys(quantities)) this.#kinds.indexOf(one);
    const total = this.#kinds.names.map((one) => quantities[one] ?? 0);
    if (before === undefined) this.#pool.add(total, 1);
    else this.#pool.replace(before, total);
    this.#totals.set(name, total);
  }

  #resources(value: unknown): Resources {
    return resourcesOf(value, this.#kinds, 'resources');
  }

  #allocated(value: unknown): void {
    const {path, client, allocation} = this.#allocationIn(value, 'allocated');
    this.#sorter.allocated(client, allocation);
    this.#ledger.add(allocation.agent, this.#holder(path), allocation.resources);
  }

  #unallocated(value: unknown): void {
    const {path, client, allocation} = this.#allocationIn(value, 'unallocated');
    this.#sorter.unallocated(client, allocation);
    this.#ledger.subtract(allocation.agent, this.#holder(path), allocation.resources);
  }

  #allocationIn(value: unknown, step: string) {
    const {client, agent, resources} = fieldsOf(value, step, ['client', 'resources'], ['agent']);
    return {
      path: textOf(client, 'client'),
      client: this.#client(client),
      allocation: {agent: this.#agent(agent), resources: this.#resources(resources)},
    };
  }

  #update(value: unknown): void {
    const fields = fieldsOf(value, 'update', ['client', 'from', 'to'], ['agent']);
    const [from, to] = [this.#resources(fields['from']), this.#resources(fields['to'])];
    const client = this.#client(fields['client']);
    const agent = this.#agent(fields['agent']);
    const holder = this.#holder(textOf(fields['client'], 'client'));
    this.#sorter.update(client, {agent, resources: from}, {agent, resources: to});
    this.#ledger.subtract(agent, holder, from);
    this.#ledger.add(agent, holder, to);
  }

  // Expectations.

  #expectations(): readonly (readonly [string, Step])[] {
    return [
      ['expectOrder', (value) => expectTexts('the order', textsOf(value, 'order'), this.#order())],
      [
        'expectMembers',
        (value) => {
          const expected = [...textsOf(value, 'members')].sort();
          expectTexts('the members', expected, [...this.#order()].sort());
        },
      ],
      ['expectContains', (value) => this.#expectContains(mapOf(value, 'expectContains'))],
      [
        'expectCount',
        (value) => expectSame('the count', numberOf(value, 'expectCount'), this.#sorter.count),
      ],
      ['expectAllocation', (value) => this.#expectAllocation(value)],
      ['expectQuantities', (value) => this.#expectQuantities(value)],
    ];
  }

  #order(): readonly string[] {
    return sortedClients(this.#sorter).map((client) => this.#sorter.pathOf(client));
  }

  #expectContains(expected: Fields): void {
    for (const [path, isThere] of Object.entries(expected)) {
      if (typeof isThere !== 'boolean')
        throw new UnknownInCase(`expectContains: ${path}: no boolean`);
      expectSame(`a client '${path}'`, isThere, this.#sorter.clientOf(path) !== undefined);
    }
  }

  #expectAllocation(value: unknown): void {
    const {client, agents} = fieldsOf(value, 'expectAllocation', ['client', 'agents']);
    this.#client(client);
    const path = textOf(client, 'client');
    const expected = Object.entries(mapOf(agents, 'agents')).map(
      ([agent, resources]) => [agent, this.#resources(resources)] as const,
    );
    const got = [...this.#agents].map(
      ([agent, number]) => [agent, this.#ledger.heldBy(number, this.#holder(path))] as const,
    );
    expectTexts(`the allocation of ${path}`, this.#linesOf(expected), this.#linesOf(got));
  }

  #linesOf(held: readonly (readonly [agent: string, resources: Resources])[]): readonly string[] {
    const nothing = canonicalOf(NO_RESOURCES, this.#kinds);
    return held
      .map(([agent, resources]) => [agent, canonicalOf(resources, this.#kinds)] as const)
      .filter(([, text]) => text !== nothing)
      .map(([agent, text]) => `${agent}: ${text}`)
      .sort();
  }

  #expectQuantities(value: unknown): void {
    const {client, is} = fieldsOf(value, 'expectQuantities', ['is'], ['client']);
    const got =
      client === undefined
        ? this.#sorter.allocation
        : this.#sorter.allocationOf(this.#client(client));
    const byName = Object.fromEntries(
      this.#kinds.names.map((name, kind) => [name, got[kind] ?? 0] as const),
    );
    const what =
      client === undefined ? 'the whole allocation' : `what ${textOf(client, 'client')} has`;
    expectTexts(what, amountLines(quantitiesOf(is, 'is')), amountLines(byName));
  }

  // Chances.

  #chances(): readonly (readonly [string, Step])[] {
    return [
      [
        'expectProbabilities',
        (value) => {
          const fields = fieldsOf(value, 'expectProbabilities', ['runs', 'tolerance', 'table']);
          expectChances(fields, () => this.#order());
        },
      ],
      [
        'expectShuffle',
        (value) => {
          const {weights, ...fields} = fieldsOf(value, 'expectShuffle', [
            'weights',
            'runs',
            'tolerance',
            'table',
          ]);
          expectChances(fields, shuffleOf(mapOf(weights, 'weights'), this.#random));
        },
      ],
    ];
  }
}

/** Draws all items, again at every call. */
function shuffleOf(weights: Fields, random: Random): () => readonly string[] {
  const items = Object.keys(weights);
  const draw = new WeightedDraw(
    items.map((item) => numberOf(weights[item], `weight of ${item}`)),
    random,
  );
  return () => {
    draw.restart();
    return items.map(() => items[draw.next()] ?? '');
  };
}

/** Compares how often each client stands at each place with its probability there. */
function expectChances(fields: Fields, order: () => readonly string[]): void {
  const runs = numberOf(fields['runs'], 'runs');
  const tolerance = numberOf(fields['tolerance'], 'tolerance');
  const table = Object.entries(mapOf(fields['table'], 'table'));
  const seen = new Map<string, number[]>();
  for (let run = 0; run < runs; run += 1) {
    for (const [place, client] of order().entries()) {
      const counts = seen.get(client) ?? [];
      seen.set(client, counts);
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
  const clients = table.map(([client]) => client);
  expectTexts('the clients', [...clients].sort(), [...seen.keys()].sort());
  for (const [client, chances] of table) {
    const counts = seen.get(client) ?? [];
    for (const [place, chance] of listOf(chances, client).entries()) {
      const got = (counts[place] ?? 0) / runs;
      const wanted = numberOf(chance, client);
      if (Math.abs(got - wanted) <= tolerance) continue;
      throw new Difference(`${client} at place ${place + 1}: expected ${wanted}, got ${got}`);
    }
  }
}

function numbered(map: Map<string, number>, name: string, next: () => number): number {
  const known = map.get(name) ?? next();
  map.set(name, known);
  return known;
}

function agentNameOf(value: unknown): string {
  return textOf(value ?? 'agent1', 'agent');
}

function amountLines(amounts: Quantities): readonly string[] {
  return Object.entries(amounts)
    .filter(([, fixed]) => fixed !== 0)
    .map(([name, fixed]) => `${name}:${fixed / 1000}`)
    .sort();
}

function expectTexts(what: string, expected: readonly string[], got: readonly string[]): void {
  if (expected.join('\n') !== got.join('\n')) throw differenceOf(`${what} differs`, expected, got);
}

function expectSame(what: string, expected: number | boolean, got: number | boolean): void {
  if (expected !== got) throw new Difference(`${what}: expected ${expected}, got ${got}`);
}
