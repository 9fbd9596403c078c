/** Whole allocations by what Drydock runs: the DRF sorter alone, and the allocator around it. */
import {assert} from '../../kernel/assert.ts';
import {agentIdOf} from '../../kernel/ids.ts';
import {makeRandom} from '../../kernel/random.ts';
import {ALLOCATOR_DEFAULTS, type AllocatorOptions} from '../../options.ts';
import {ScalarKinds} from '../../resources/kinds.ts';
import {containsResources, subtractResources, type Resources} from '../../resources/vector.ts';
import {Allocator} from '../allocator.ts';
import type {AgentSlot} from '../agent-table.ts';
import type {Grant} from '../cycle.ts';
import {DrfSorter} from '../drf-sorter.ts';
import {Pool} from '../pool.ts';
import {canRunMore, takeFrom, type Economy, type Filling, type User} from './fairness-economy.ts';

/** Longer than any filling takes. */
const FOR_EVER_MS = 1e9;
/** Allocation runs of a filling: in each but the last something is launched or refused. */
const RUNS_MAX = 20_000;

/**
 * One task at a time to the client that the sorter puts first among those whose next task fits.
 * `names` of the users decide between equals; they are in order where absent.
 */
export function fillBySorter(economy: Economy, names?: readonly string[]): Filling {
  const {capacity, users} = economy;
  const pool = new Pool();
  pool.add(capacity, 1);
  const sorter = new DrfSorter(pool);
  const clients = users.map(({weight}, user) => {
    const name = names?.[user] ?? nameOf(user);
    const client = sorter.add(name);
    sorter.setWeight(name, weight);
    sorter.activate(client);
    return client;
  });
  const free = [...capacity];
  const filling: number[] = [];
  const tasks = users.map(() => 0);
  const firstThatFits = (): number => {
    sorter.start();
    for (let client = sorter.next(); client >= 0; client = sorter.next()) {
      const user = clients.indexOf(client);
      if (canRunMore(users[user], tasks[user] ?? 0, free)) return user;
    }
    return -1;
  };
  for (let user = firstThatFits(); user >= 0; user = firstThatFits()) {
    const resources = resourcesOf(users[user]?.demand ?? []);
    sorter.allocated(clients[user] ?? -1, {agent: 0, resources});
    takeFrom(free, users[user]);
    tasks[user] = (tasks[user] ?? 0) + 1;
    filling.push(user);
  }
  return filling;
}

function resourcesOf(scalars: readonly number[]): Resources {
  return {scalars, ranges: [], sets: [], special: []};
}

/** How the allocator is asked to fill a cluster. */
export interface Setting {
  /** What each agent has; absent: one agent has everything. */
  readonly agents?: readonly (readonly number[])[] | undefined;
  /** Every framework has a role of its own, or all are in one, where weights do not count. */
  readonly roles: 'own' | 'shared';
  readonly options?: Partial<AllocatorOptions> | undefined;
  /** Of the order in which agents are handed out. */
  readonly seed: number;
}

/** What came of it, and what is left on each agent. */
export interface ClusterFilling {
  readonly filling: Filling;
  readonly left: readonly (readonly number[])[];
}

/**
 * Every framework launches one task in each offer and gives back the rest at once. An offer that is
 * too small it refuses for good, and when it runs all that it wants it suppresses offers.
 */
export function fillByAllocator(economy: Economy, setting: Setting): ClusterFilling {
  return new Launches(economy, setting).run();
}

class Launches {
  readonly #users: readonly User[];
  readonly #tasks: number[];
  readonly #filling: number[] = [];
  readonly #allocator: Allocator;
  readonly #agents: readonly (readonly number[])[];
  readonly #slots: readonly AgentSlot[];

  constructor({users, capacity}: Economy, setting: Setting) {
    const {agents = [capacity], roles, options, seed} = setting;
    const roleOf = (user: number): string => (roles === 'own' ? `role-${user}` : 'role');
    const weights = users.map(({weight}, user) => [roleOf(user), weight] as const);
    this.#users = users;
    this.#tasks = users.map(() => 0);
    this.#agents = agents;
    this.#allocator = new Allocator(
      {...ALLOCATOR_DEFAULTS, minAllocatable: [], ...options},
      {
        kinds: new ScalarKinds(),
        random: makeRandom(seed, 'allocator'),
        seed,
        weights: new Map(roles === 'own' ? weights : []),
        startedAt: 0,
      },
    );
    this.#slots = agents.map((amounts, agent) => {
      const id = agentIdOf(`agent-${agent}`);
      const info = {id, hostname: id, attributes: {}};
      return this.#allocator.addAgent(info, resourcesOf(amounts));
    });
    for (const user of users.keys()) {
      this.#allocator.addFramework(nameOf(user), {
        roles: [roleOf(user)],
        suppressed: [],
        capabilities: [],
        minAllocatable: {},
        constraints: undefined,
      });
      this.#restIfContent(user);
    }
  }

  run(): ClusterFilling {
    const allocator = this.#allocator;
    for (let now = allocator.wakeAt(0); now < FOR_EVER_MS; now = allocator.wakeAt(now)) {
      assert(allocator.runs < RUNS_MAX, 'offers do not come to an end');
      for (const grant of allocator.run(now).grants) this.#answer(grant, now);
    }
    const left = this.#slots.map((slot, agent) => {
      const {scalars} = allocator.availableOn(slot);
      return (this.#agents[agent] ?? []).map((_, kind) => scalars[kind] ?? 0);
    });
    return {filling: this.#filling, left};
  }

  #answer({subscriber, agent, resources}: Grant, now: number): void {
    const allocator = this.#allocator;
    const user = userOf(allocator.nameOf(subscriber).framework);
    const task = resourcesOf(this.#users[user]?.demand ?? []);
    // In one run it may get more offers than it has tasks left.
    const launches = !this.#isContent(user) && containsResources(resources, task);
    const rest = launches ? subtractResources(resources, task) : resources;
    allocator.offerEnded(subscriber);
    allocator.refuse(subscriber, agent, rest, {refuseMs: launches ? 0 : FOR_EVER_MS, now});
    allocator.recover(subscriber, agent, rest);
    if (!launches) return;
    this.#tasks[user] = (this.#tasks[user] ?? 0) + 1;
    this.#filling.push(user);
    this.#restIfContent(user);
  }

  #isContent(user: number): boolean {
    return (this.#tasks[user] ?? 0) >= (this.#users[user]?.wants ?? Infinity);
  }

  #restIfContent(user: number): void {
    if (this.#isContent(user)) this.#allocator.suppress(nameOf(user));
  }
}

function nameOf(user: number): string {
  return `user-${user}`;
}

function userOf(name: string): number {
  return Number(name.slice('user-'.length));
}
