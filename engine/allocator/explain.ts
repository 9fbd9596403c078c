/**
 * Why somebody was given something or not, as data: who comes before whom, what is held back for
 * whom, which limits are reached, which refusals stand. Computed from the state as it is between
 * two runs, by the rules of the run itself; it changes nothing.
 */
import {must} from '../kernel/assert.ts';
import {makeRandom} from '../kernel/random.ts';
import type {Resources} from '../resources/vector.ts';
import type {AgentSlot} from './agent-table.ts';
import {Cycle, type CycleParts, type Headroom, type Obstacle} from './cycle.ts';
import type {Ledger} from './ledger.ts';
import {hasQuota, quotaCharged, type Role, type RoleTree} from './role-tree.ts';
import type {RoleFrameworks, SubscriberRow, Subscribers} from './subscribers.ts';

/** Whom or what a question is about. */
export type Question =
  | {readonly framework: string}
  | {readonly role: string}
  | {readonly agent: AgentSlot};

/** What is remembered of the last run. */
export interface LastRun {
  readonly at: number;
  readonly isBatch: boolean;
  /** Agents that it had to look at. */
  readonly agents: number;
  readonly grants: number;
}

/** A role in the order of roles. */
export interface RoleRank {
  readonly role: string;
  /** Weighted dominant share among its siblings; absent with the random sorter. */
  readonly share: number | undefined;
}

/** Agents that are kept from a subscriber for one reason. */
export interface ObstacleCount {
  readonly obstacle: Obstacle['kind'];
  readonly agents: number;
  /** One of them. */
  readonly example: AgentSlot;
  /** When the first of the filters ends; for `filtered` only. */
  readonly untilMs: number | undefined;
}

/** Why a framework was offered what it was offered in one of its roles. */
export interface SubscriberExplanation {
  readonly framework: string;
  readonly role: string;
  /** Why it takes no offers at all; undefined: it does. */
  readonly idle: 'left' | 'inactive' | 'suppressed' | 'holdsEnoughOffers' | undefined;
  /** Place of the role among the roles that take offers, from 0; -1 while it takes none. */
  readonly rolePlace: number;
  /** Place of the framework in its role, from 0. */
  readonly place: number;
  readonly share: number | undefined;
  readonly offers: number;
  /** Refusals in force, in order of agent. */
  readonly filters: readonly {
    readonly agent: AgentSlot;
    readonly refused: Resources;
    readonly untilMs: number;
  }[];
  /** Agents that it could be given now, if nobody came before it; none where it has left. */
  readonly open: readonly AgentSlot[];
  /** What stands between it and the others, most agents first; nothing where it has left. */
  readonly obstacles: readonly ObstacleCount[];
}

/** How a role stands to its quota: thousandths by kind. */
export interface RoleExplanation {
  readonly role: string;
  readonly weight: number;
  readonly share: number | undefined;
  /** Place among the roles that take offers, from 0; -1: no framework of it takes any. */
  readonly place: number;
  readonly order: readonly RoleRank[];
  readonly guarantees: readonly number[];
  readonly limits: readonly number[];
  readonly consumed: readonly number[];
  /** Promised and not met: held back for it on agents that others could use. */
  readonly missing: readonly number[];
  /** Kinds of which its limits leave nothing. */
  readonly limitReached: readonly number[];
  readonly frameworks: readonly SubscriberExplanation[];
}

export interface AgentExplanation {
  readonly agent: AgentSlot;
  readonly available: Resources;
  /** False: deactivated, or not on the whitelist. */
  readonly offerable: boolean;
  readonly holders: readonly {
    readonly framework: string;
    readonly role: string;
    readonly resources: Resources;
  }[];
  /** All subscribers that take offers, in the order in which they would be asked. */
  readonly order: readonly {
    readonly framework: string;
    readonly role: string;
    readonly obstacle: Obstacle | undefined;
  }[];
}

export interface Explanation {
  /** Undefined before the first run. */
  readonly lastRun: LastRun | undefined;
  /** When runs go on at the latest, if they are held off after a failover. */
  readonly heldOffUntil: number | undefined;
  /** What is promised and not met now, and what is free for everybody. */
  readonly headroom: Headroom;
  /** For whom it is held back: roles whose guarantees are not met, by name. */
  readonly heldFor: readonly {readonly role: string; readonly missing: readonly number[]}[];
  readonly frameworks: readonly SubscriberExplanation[];
  readonly role: RoleExplanation | undefined;
  readonly agent: AgentExplanation | undefined;
}

/** What the explanation is taken from. */
export interface ExplainParts {
  readonly cycle: CycleParts;
  readonly roles: RoleTree;
  readonly subscribers: Subscribers;
  readonly ledger: Ledger;
  readonly lastRun: LastRun | undefined;
  readonly heldOffUntil: number | undefined;
}

/** @returns undefined for an unknown framework, role or agent. O(agents × roles asked about). */
export function explain(parts: ExplainParts, question: Question): Explanation | undefined {
  return new Explainer(parts).answer(question);
}

/** Tells of each agent what keeps a subscriber from it; undefined: nothing but who comes first. */
export function obstaclesOf(
  parts: ExplainParts,
  row: SubscriberRow,
): (slot: AgentSlot) => Obstacle | undefined {
  const explainer = new Explainer(parts);
  return (slot) => explainer.obstacle(row, slot);
}

/** Roles whose guarantees are not met, by name: for whom others are held back. */
export function rolesInNeed(roles: RoleTree): Explanation['heldFor'] {
  return roles.withQuota
    .map((role) => ({role: role.name, missing: missingOf(role)}))
    .filter(({missing}) => missing.some((fixed) => fixed > 0));
}

class Explainer {
  readonly #parts: ExplainParts;
  readonly #cycle: Cycle;

  constructor(parts: ExplainParts) {
    this.#parts = parts;
    // Draws of its own: an answer must not change what the next run draws.
    this.#cycle = new Cycle({...parts.cycle, random: makeRandom(0, 'explain')}).begin();
  }

  answer(question: Question): Explanation | undefined {
    const {roles, subscribers, cycle, lastRun, heldOffUntil} = this.#parts;
    let frameworks: readonly SubscriberExplanation[] = [];
    let role: RoleExplanation | undefined;
    let agent: AgentExplanation | undefined;
    if ('framework' in question) {
      const framework = subscribers.framework(question.framework);
      if (framework === undefined) return undefined;
      frameworks = [...framework.subscribers.values()].map((row) => this.#subscriber(row));
    } else if ('role' in question) {
      const known = roles.get(question.role);
      if (known === undefined) return undefined;
      role = this.#role(known);
    } else {
      if (!cycle.agents.has(question.agent)) return undefined;
      agent = this.#agent(question.agent);
    }
    const {headroom} = this.#cycle;
    return {lastRun, heldOffUntil, headroom, heldFor: rolesInNeed(roles), frameworks, role, agent};
  }

  obstacle(row: SubscriberRow, slot: AgentSlot): Obstacle | undefined {
    const role = must(this.#parts.roles.get(row.role), `role ${row.role}`);
    return this.#cycle.obstacle(row, role, slot);
  }

  /** Roles that take offers, in the order in which they are asked. */
  #order(): readonly Role[] {
    const {roleSorter, roleOf} = this.#parts.cycle.orders;
    return roleSorter.peek().map((client) => roleOf[client] as Role);
  }

  #subscriber(row: SubscriberRow): SubscriberExplanation {
    const {agents, filters} = this.#parts.cycle;
    // Of somebody who has left, or is not there yet, perhaps nobody knows the role.
    const role = this.#parts.roles.get(row.role);
    const sorter = role?.frameworks?.sorter;
    const open: AgentSlot[] = [];
    const counts = new Map<Obstacle['kind'], ObstacleCount>();
    for (const slot of row.subscribed ? agents.slots() : []) {
      const obstacle = this.obstacle(row, slot);
      if (obstacle === undefined) open.push(slot);
      else count(counts, obstacle, slot);
    }
    return {
      framework: row.framework.id,
      role: row.role,
      idle: idleBecause(row),
      rolePlace: this.#order().findIndex((one) => one === role),
      place: sorter === undefined ? -1 : sorter.peek().indexOf(row.client),
      share: row.client < 0 ? undefined : sorter?.shareOf(row.client),
      offers: row.offers,
      filters: filters.filtersOf(row.subscriber).map(({agent, refused, expiresAt}) => {
        return {agent, refused, untilMs: expiresAt};
      }),
      open,
      obstacles: [...counts.values()].sort((left, right) => right.agents - left.agents),
    };
  }

  #role(role: Role): RoleExplanation {
    const {orders, kinds} = this.#parts.cycle;
    const order = this.#order();
    const {guarantees, limits} = role.quota;
    const consumed = Array.from({length: kinds.count}, (_, kind) => quotaCharged(role, kind));
    const shareOf = (one: Role): number | undefined =>
      one.frameworks === undefined ? undefined : orders.roleSorter.shareOf(one.frameworks.client);
    return {
      role: role.name,
      weight: role.weight,
      share: shareOf(role),
      place: order.indexOf(role),
      order: order.map((one) => ({role: one.name, share: shareOf(one)})),
      guarantees,
      limits,
      consumed,
      missing: missingOf(role),
      limitReached: consumed.flatMap((fixed, kind) => {
        return fixed >= (limits[kind] ?? Infinity) ? [kind] : [];
      }),
      frameworks: (role.frameworks?.rows ?? []).flatMap((row) => {
        return row === undefined ? [] : [this.#subscriber(row)];
      }),
    };
  }

  #agent(slot: AgentSlot): AgentExplanation {
    const {agents} = this.#parts.cycle;
    const {ledger, subscribers} = this.#parts;
    const nameOf = (row: SubscriberRow): {framework: string; role: string} => {
      return {framework: row.framework.id, role: row.role};
    };
    return {
      agent: slot,
      available: agents.available(slot),
      offerable: agents.isOfferable(slot),
      holders: ledger.holdersOn(slot).map((holder) => {
        const resources = ledger.heldBy(slot, holder);
        return {...nameOf(subscribers.row(holder)), resources};
      }),
      order: this.#order().flatMap((role) => {
        const {sorter, rows} = role.frameworks as RoleFrameworks;
        return sorter.peek().map((client) => {
          const row = rows[client] as SubscriberRow;
          return {...nameOf(row), obstacle: this.#cycle.obstacle(row, role, slot)};
        });
      }),
    };
  }
}

function count(
  counts: Map<Obstacle['kind'], ObstacleCount>,
  obstacle: Obstacle,
  slot: AgentSlot,
): void {
  const {kind} = obstacle;
  const before = counts.get(kind);
  const ends = [before?.untilMs, obstacle.kind === 'filtered' ? obstacle.untilMs : undefined];
  const known = ends.filter((end) => end !== undefined);
  counts.set(kind, {
    obstacle: kind,
    agents: (before?.agents ?? 0) + 1,
    example: before?.example ?? slot,
    untilMs: known.length === 0 ? undefined : Math.min(...known),
  });
}

function idleBecause(row: SubscriberRow): SubscriberExplanation['idle'] {
  if (!row.subscribed) return 'left';
  if (!row.framework.active) return 'inactive';
  if (row.suppressed) return 'suppressed';
  return row.wanting ? undefined : 'holdsEnoughOffers';
}

/** Thousandths by kind that a role is promised and does not have. */
function missingOf(role: Role): readonly number[] {
  if (!hasQuota(role)) return [];
  return role.quota.guarantees.map((fixed, kind) => {
    return Math.max(0, fixed - quotaCharged(role, kind));
  });
}
