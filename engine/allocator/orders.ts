/**
 * The order of roles, and of the frameworks in each role: who stands in them, and what counts for
 * each. A role stands in the order of roles as long as a framework has a place in it.
 */
import type {Random} from '../kernel/random.ts';
import {must} from '../kernel/assert.ts';
import type {Resources} from '../resources/vector.ts';
import type {AgentSlot} from './agent-table.ts';
import type {Client, ClientTreeSnapshot} from './client-tree.ts';
import {clearBit, NO_BITS, withBit, type Bits} from './common-refusals.ts';
import {DrfSorter} from './drf-sorter.ts';
import {Pool} from './pool.ts';
import {RandomSorter} from './random-sorter.ts';
import {RoleTree, type Role, type RoleTreeSnapshot} from './role-tree.ts';
import type {Sorter} from './sorter.ts';
import {wantsOffers, type RoleFrameworks, type SubscriberRow} from './subscribers.ts';

/** How clients are ordered. */
export interface OrderRules {
  readonly sorter: 'drf' | 'random';
  /** Of the random sorter. */
  readonly random: Random;
  /** Kinds that do not count in shares. */
  readonly excluded: readonly number[];
}

export interface OrdersSnapshot {
  readonly roles: RoleTreeSnapshot;
  readonly roleSorter: ClientTreeSnapshot;
  /** Roles that have frameworks, and the orders of these. */
  readonly frameworkSorters: readonly {
    readonly role: string;
    readonly client: Client;
    readonly sorter: ClientTreeSnapshot;
  }[];
}

export class Orders {
  readonly pool = new Pool();
  readonly #rules: OrderRules;
  #roles = new RoleTree();
  #roleSorter: Sorter;
  /** Role by client of the role sorter. */
  readonly roleOf: Role[] = [];
  #wanting = 0;
  #wantingBits = NO_BITS;

  constructor(rules: OrderRules) {
    this.#rules = rules;
    for (const kind of rules.excluded) this.pool.excluded[kind] = true;
    this.#roleSorter = this.#makeSorter();
  }

  #makeSorter(): Sorter {
    const {sorter, random} = this.#rules;
    return sorter === 'drf' ? new DrfSorter(this.pool) : new RandomSorter(random);
  }

  #restoreSorter(snapshot: ClientTreeSnapshot): Sorter {
    const {sorter, random} = this.#rules;
    return sorter === 'drf'
      ? DrfSorter.restore(this.pool, snapshot)
      : RandomSorter.restore(random, snapshot);
  }

  get roles(): RoleTree {
    return this.#roles;
  }

  get roleSorter(): Sorter {
    return this.#roleSorter;
  }

  /** Subscribers that take offers now. */
  get wanting(): number {
    return this.#wanting;
  }

  /** The same as a set. */
  get wantingBits(): Bits {
    return this.#wantingBits;
  }

  setWeight(role: string, weight: number): void {
    this.#roles.setWeight(role, weight);
    this.#roleSorter.setWeight(role, weight);
  }

  /** Whether asking who comes next draws a number. */
  get drawsNumbers(): boolean {
    return this.#rules.sorter === 'random';
  }

  /** Gives a subscriber its place, if it has none. */
  enter(row: SubscriberRow): void {
    if (row.place !== undefined) return;
    const role = this.#roles.ensure(row.role);
    role.frameworks ??= this.#addRole(role);
    row.place = role.frameworks;
    row.client = row.place.sorter.add(row.framework.id);
    row.place.rows[row.client] = row;
  }

  #addRole(role: Role): RoleFrameworks {
    const client = this.#roleSorter.add(role.name);
    this.roleOf[client] = role;
    // Whoever wants nothing has no effect on the order of others by share; but it has its part of
    // the weight of the role above.
    if (this.#rules.sorter === 'random') this.#roleSorter.activate(client);
    return {client, sorter: this.#makeSorter(), rows: []};
  }

  /** Takes a subscriber, for whom nothing counts any more, out of the orders. */
  leave(row: SubscriberRow): void {
    if (row.place === undefined) return;
    const {client, sorter, rows} = row.place;
    sorter.remove(row.client);
    rows[row.client] = undefined;
    row.client = -1;
    row.place = undefined;
    if (sorter.count > 0) return;
    this.#roleSorter.remove(client);
    const role = this.roleOf[client] as Role;
    role.frameworks = undefined;
    this.#roles.release(role);
  }

  /**
   * Keeps the orders free of those who take nothing, so that a run does not walk past them. Whether
   * the subscriber has begun to take offers.
   */
  reconsider(row: SubscriberRow): boolean {
    const wanting = wantsOffers(row);
    if (wanting === row.wanting) return false;
    row.wanting = wanting;
    const {client, sorter} = placeOf(row);
    if (wanting) {
      this.#wanting += 1;
      this.#wantingBits = withBit(this.#wantingBits, row.subscriber);
      sorter.activate(row.client);
      this.#roleSorter.activate(client);
      return true;
    }
    this.#wanting -= 1;
    clearBit(this.#wantingBits, row.subscriber);
    sorter.deactivate(row.client);
    if (sorter.activeCount > 0 || this.#rules.sorter === 'random') return false;
    this.#roleSorter.deactivate(client);
    return false;
  }

  /** Counts what a subscriber has got, in the orders and against quota. */
  book(row: SubscriberRow, agent: AgentSlot, resources: Resources): void {
    const {client, sorter} = placeOf(row);
    const allocation = {agent, resources};
    sorter.allocated(row.client, allocation);
    this.#roleSorter.allocated(client, allocation);
    this.#roles.charge(this.roleOf[client] as Role, resources, 1);
  }

  /** Counts what a subscriber has given back. */
  unbook(row: SubscriberRow, agent: AgentSlot, resources: Resources): void {
    const {client, sorter} = placeOf(row);
    const allocation = {agent, resources};
    sorter.unallocated(row.client, allocation);
    this.#roleSorter.unallocated(client, allocation);
    this.#roles.charge(this.roleOf[client] as Role, resources, -1);
  }

  /** Counts that something of a subscriber became something else. */
  convert(row: SubscriberRow, agent: AgentSlot, [before, after]: [Resources, Resources]): void {
    const {client, sorter} = placeOf(row);
    const from = {agent, resources: before};
    const to = {agent, resources: after};
    sorter.update(row.client, from, to);
    this.#roleSorter.update(client, from, to);
    this.#roles.charge(this.roleOf[client] as Role, before, -1);
    this.#roles.charge(this.roleOf[client] as Role, after, 1);
  }

  snapshot(): OrdersSnapshot {
    return {
      roles: this.#roles.snapshot(),
      roleSorter: this.#roleSorter.snapshot(),
      frameworkSorters: this.#roles.all().flatMap(({name, frameworks}) => {
        if (frameworks === undefined) return [];
        return [{role: name, client: frameworks.client, sorter: frameworks.sorter.snapshot()}];
      }),
    };
  }

  /** Puts a snapshot, and the subscribers that belong to it, into new orders. */
  load(snapshot: OrdersSnapshot, subscribers: Iterable<SubscriberRow>): void {
    this.#roles = RoleTree.restore(snapshot.roles);
    this.#roleSorter = this.#restoreSorter(snapshot.roleSorter);
    for (const {role: name, client, sorter} of snapshot.frameworkSorters) {
      const role = this.#roles.ensure(name);
      role.frameworks = {client, sorter: this.#restoreSorter(sorter), rows: []};
      this.roleOf[client] = role;
    }
    for (const row of subscribers) {
      if (row.wanting) {
        this.#wanting += 1;
        this.#wantingBits = withBit(this.#wantingBits, row.subscriber);
      }
      if (row.client < 0) continue;
      row.place = must(this.#roles.ensure(row.role).frameworks, `role ${row.role}`);
      row.place.rows[row.client] = row;
    }
  }
}

function placeOf({place}: SubscriberRow): RoleFrameworks {
  return must(place, 'the place of a subscriber');
}
