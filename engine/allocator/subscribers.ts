/**
 * Frameworks and their subscriptions: a subscriber is a framework in one of its roles. It is known
 * as long as the framework is subscribed there, or holds anything there.
 */
import {assert, must} from '../kernel/assert.ts';
import type {ScalarKinds} from '../resources/kinds.ts';
import type {Quantities} from '../scheduler.ts';
import {NO_HIERARCHICAL_ROLE, NO_MULTI_ROLE, REMOTE, WITH_GPUS} from './agent-table.ts';
import type {Client} from './client-tree.ts';
import {compileMinimum, type Minimum} from './minimum.ts';
import {compileOfferConstraints, type OfferConstraints} from './offer-constraints.ts';
import type {Sorter} from './sorter.ts';

/** Dense index of a framework in one of its roles. */
export type Subscriber = number;
/** Dense index of a framework. */
export type FrameworkSlot = number;

/** What a framework can do with agents and resources (Mesos, reference part 1.12). */
export type OfferCapability =
  | 'GPU_RESOURCES'
  | 'MULTI_ROLE'
  | 'REGION_AWARE'
  | 'RESERVATION_REFINEMENT'
  | 'REVOCABLE_RESOURCES'
  | 'SHARED_RESOURCES';

/** What a framework wants to be offered. */
export interface FrameworkTerms {
  readonly roles: readonly string[];
  /** Roles in which it wants nothing for now. */
  readonly suppressed: readonly string[];
  readonly capabilities: readonly string[];
  /** role → alternatives of which an offer must contain one, in place of the cluster's. */
  readonly minAllocatable: Readonly<Record<string, readonly Quantities[]>>;
  /** Wire form of `offer_constraints`, which has been checked; undefined: none. */
  readonly constraints: unknown;
}

/** The frameworks of a role: an order of their own, and who is who in it. */
export interface RoleFrameworks {
  /** The role's place in the order of roles. */
  readonly client: Client;
  readonly sorter: Sorter;
  /** By client of `sorter`. */
  readonly rows: (SubscriberRow | undefined)[];
}

export interface SubscriberRow {
  readonly subscriber: Subscriber;
  readonly framework: FrameworkRow;
  /** The role's name. */
  readonly role: string;
  /** Its place in its role's order; -1 while it has none. */
  client: Client;
  /** Its role's order, while it has a place in it. */
  place: RoleFrameworks | undefined;
  /** The framework wants to be in this role; otherwise it only has left-overs there. */
  subscribed: boolean;
  suppressed: boolean;
  /** Offers that it wants to hold at most. */
  offersMax: number;
  /** Offers that it holds. */
  offers: number;
  /** Agents on which it holds anything. */
  holdings: number;
  /** Whether it takes offers now, and so stands in its role's order. */
  wanting: boolean;
  minimum: Minimum;
  /** Bits of agents that it cannot have: see agent-table.ts. */
  excludes: number;
}

export interface FrameworkRow {
  readonly id: string;
  readonly slot: FrameworkSlot;
  /** Not known: something of it is in use on an agent, but it has not subscribed so far. */
  known: boolean;
  active: boolean;
  terms: FrameworkTerms;
  revocable: boolean;
  shared: boolean;
  refined: boolean;
  constraints: OfferConstraints | undefined;
  /** By role, in order of coming. */
  readonly subscribers: Map<string, SubscriberRow>;
}

const NO_TERMS: FrameworkTerms = {
  roles: [],
  suppressed: [],
  capabilities: [],
  minAllocatable: {},
  constraints: undefined,
};

export interface SubscribersSnapshot {
  readonly frameworks: readonly (
    | (Pick<FrameworkRow, 'id' | 'known' | 'active' | 'terms'> & {
        readonly subscribers: readonly (Pick<
          SubscriberRow,
          | 'subscriber'
          | 'role'
          | 'client'
          | 'subscribed'
          | 'suppressed'
          | 'offers'
          | 'holdings'
          | 'wanting'
        > & {
          /** null stands for no bound, which JSON cannot write. */
          readonly offersMax: number | null;
        })[];
      })
    | null
  )[];
  readonly freeFrameworks: readonly FrameworkSlot[];
  readonly freeSubscribers: readonly Subscriber[];
}

/** How the cluster judges frameworks. */
export interface SubscriberRules {
  readonly kinds: ScalarKinds;
  readonly minAllocatable: readonly Quantities[];
  readonly filterGpuResources: boolean;
}

export class Subscribers {
  readonly #rules: SubscriberRules;
  /** One for all who have no minimum of their own, so that a check of it can be remembered. */
  readonly #clusterMinimum: Minimum;
  readonly #rows: (SubscriberRow | undefined)[] = [];
  readonly #freeSubscribers: Subscriber[] = [];
  readonly #frameworks: (FrameworkRow | undefined)[] = [];
  readonly #freeFrameworks: FrameworkSlot[] = [];
  readonly #byId = new Map<string, FrameworkRow>();

  constructor(rules: SubscriberRules) {
    this.#rules = rules;
    this.#clusterMinimum = compileMinimum(rules.minAllocatable, rules.kinds);
  }

  row(subscriber: Subscriber): SubscriberRow {
    return must(this.#rows[subscriber], 'subscriber');
  }

  framework(id: string): FrameworkRow | undefined {
    return this.#byId.get(id);
  }

  frameworkAt(slot: FrameworkSlot): FrameworkRow {
    return must(this.#frameworks[slot], `framework ${slot}`);
  }

  /** All subscribers, in order of their indices. */
  *all(): IterableIterator<SubscriberRow> {
    for (const row of this.#rows) if (row !== undefined) yield row;
  }

  /** The framework, and its row in a role, which become known by this. */
  ensure(frameworkId: string, role: string): SubscriberRow {
    const framework = this.ensureFramework(frameworkId);
    const known = framework.subscribers.get(role);
    if (known !== undefined) return known;
    const subscriber = this.#freeSubscribers.pop() ?? this.#rows.length;
    const row: SubscriberRow = {
      subscriber,
      framework,
      role,
      client: -1,
      place: undefined,
      subscribed: false,
      suppressed: false,
      offersMax: Infinity,
      offers: 0,
      holdings: 0,
      wanting: false,
      minimum: [],
      excludes: 0,
    };
    framework.subscribers.set(role, row);
    this.#rows[subscriber] = row;
    this.#judge(row);
    return row;
  }

  ensureFramework(id: string): FrameworkRow {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const slot = this.#freeFrameworks.pop() ?? this.#frameworks.length;
    const framework: FrameworkRow = {
      id,
      slot,
      known: false,
      active: false,
      terms: NO_TERMS,
      revocable: false,
      shared: false,
      refined: false,
      constraints: undefined,
      subscribers: new Map(),
    };
    this.#frameworks[slot] = framework;
    this.#byId.set(id, framework);
    return framework;
  }

  /** Forgets a row in which nothing is left, and the framework with its last row. */
  release(row: SubscriberRow): void {
    const {framework} = row;
    if (row.subscribed || row.holdings > 0) return;
    framework.subscribers.delete(row.role);
    this.#rows[row.subscriber] = undefined;
    this.#freeSubscribers.push(row.subscriber);
    this.releaseFramework(framework);
  }

  releaseFramework(framework: FrameworkRow): void {
    if (framework.known || framework.subscribers.size > 0) return;
    // Its last row may have taken it along already, and its number must not be given out twice.
    if (this.#frameworks[framework.slot] !== framework) return;
    this.#frameworks[framework.slot] = undefined;
    this.#freeFrameworks.push(framework.slot);
    this.#byId.delete(framework.id);
  }

  /** New terms of a framework, for all of its rows. */
  setTerms(framework: FrameworkRow, terms: FrameworkTerms): void {
    framework.terms = terms;
    framework.revocable = terms.capabilities.includes('REVOCABLE_RESOURCES');
    framework.shared = terms.capabilities.includes('SHARED_RESOURCES');
    framework.refined = terms.capabilities.includes('RESERVATION_REFINEMENT');
    framework.constraints = undefined;
    if (terms.constraints !== undefined) {
      const compiled = compileOfferConstraints(terms.constraints);
      assert(compiled.ok, 'offer constraints that nobody has checked');
      framework.constraints = compiled.constraints;
    }
    for (const row of framework.subscribers.values()) this.#judge(row);
  }

  #judge(row: SubscriberRow): void {
    const {kinds, filterGpuResources} = this.#rules;
    const {capabilities, minAllocatable: own} = row.framework.terms;
    const has = (capability: OfferCapability): boolean => capabilities.includes(capability);
    const least = own[row.role];
    row.minimum = least === undefined ? this.#clusterMinimum : compileMinimum(least, kinds);
    row.excludes =
      (filterGpuResources && !has('GPU_RESOURCES') ? WITH_GPUS : 0) |
      (has('REGION_AWARE') ? 0 : REMOTE) |
      (has('MULTI_ROLE') ? NO_MULTI_ROLE : 0) |
      (row.role.includes('/') ? NO_HIERARCHICAL_ROLE : 0);
  }

  snapshot(): SubscribersSnapshot {
    return {
      frameworks: this.#frameworks.map((framework) => {
        if (framework === undefined) return null;
        const {id, known, active, terms, subscribers} = framework;
        return {
          id,
          known,
          active,
          terms,
          subscribers: [...subscribers.values()].map(
            ({framework: _f, place: _p, minimum: _m, excludes: _e, ...state}) => {
              return {...state, offersMax: finiteOrNull(state.offersMax)};
            },
          ),
        };
      }),
      freeFrameworks: [...this.#freeFrameworks],
      freeSubscribers: [...this.#freeSubscribers],
    };
  }

  static restore(rules: SubscriberRules, snapshot: SubscribersSnapshot): Subscribers {
    const subscribers = new Subscribers(rules);
    for (const [slot, saved] of snapshot.frameworks.entries()) {
      if (saved === null) continue;
      subscribers.#freeFrameworks.push(slot);
      const framework = subscribers.ensureFramework(saved.id);
      framework.known = saved.known;
      framework.active = saved.active;
      for (const {offersMax, subscriber, ...state} of saved.subscribers) {
        subscribers.#freeSubscribers.push(subscriber);
        const row = subscribers.ensure(saved.id, state.role);
        Object.assign(row, state, {offersMax: offersMax ?? Infinity});
      }
      subscribers.setTerms(framework, saved.terms);
    }
    subscribers.#freeFrameworks.push(...snapshot.freeFrameworks);
    subscribers.#freeSubscribers.push(...snapshot.freeSubscribers);
    return subscribers;
  }
}

/** Whether a subscriber takes offers now. */
export function wantsOffers({
  framework,
  subscribed,
  suppressed,
  offers,
  offersMax,
}: SubscriberRow): boolean {
  return framework.active && subscribed && !suppressed && offers < offersMax;
}

function finiteOrNull(bound: number): number | null {
  return bound === Infinity ? null : bound;
}
