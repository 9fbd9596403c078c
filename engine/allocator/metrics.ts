/**
 * The allocator's metrics by their names in Mesos's metrics snapshot (reference part 1.20). Pure:
 * what only the caller can know, such as how long runs took, is handed in.
 */
import type {ScalarKinds} from '../resources/kinds.ts';
import type {Allocator} from './allocator.ts';
import type {Durations} from './durations.ts';
import {hasQuota, quotaCharged, type Role} from './role-tree.ts';

/** What the allocator does not know of itself. */
export interface MetricFacts {
  /** In front of the names that belong to this allocator: `allocator/mesos/` on the wire. */
  readonly prefix: string;
  readonly now: number;
  readonly kinds: ScalarKinds;
  /**
   * By exact role, in thousandths by kind: what is offered at the moment and not used, of what
   * nobody has reserved and nobody can revoke.
   */
  readonly offered: ReadonlyMap<string, readonly number[]>;
  /** Calls of the allocator that wait to be made. */
  readonly dispatches: number;
  /** How long runs took, and how long they were waited for. */
  readonly runMs: Durations;
  readonly latencyMs: Durations;
  /** framework id → name. Frameworks that are missing have no metrics of their own. */
  readonly frameworkNames: ReadonlyMap<string, string>;
}

export type Metrics = ReadonlyMap<string, number>;

/** Resources whose totals are shown. */
const RESOURCES = ['cpus', 'mem', 'disk'] as const;

/** All metrics that exist now. */
export function allocatorMetrics(allocator: Allocator, facts: MetricFacts): Metrics {
  const {prefix, now, dispatches} = facts;
  return new Map([
    ['allocator/event_queue_dispatches', dispatches],
    [`${prefix}event_queue_dispatches`, dispatches],
    [`${prefix}allocation_runs`, allocator.runsUntil(now)],
    ...durations(`${prefix}allocation_run_ms`, facts.runMs),
    ...durations(`${prefix}allocation_run_latency_ms`, facts.latencyMs),
    ...resources(allocator, facts),
    ...allocator.roles.all().flatMap((role) => quota(role, allocator, facts)),
    ...roles(allocator, facts),
    ...suppressions(allocator, facts),
  ]);
}

type Entries = readonly (readonly [name: string, value: number])[];

function durations(name: string, samples: Durations): Entries {
  if (samples.last === undefined) return [];
  const statistics = [...samples.statistics()];
  return [[name, samples.last], ...statistics.map(([key, ms]) => [`${name}/${key}`, ms] as const)];
}

function resources(allocator: Allocator, {prefix, kinds}: MetricFacts): Entries {
  const totals = allocator.clusterTotals;
  const held = allocator.offeredOrAllocated();
  return RESOURCES.flatMap((name) => {
    const kind = kinds.indexOf(name);
    const path = `${prefix}resources/${name}`;
    return [
      [`${path}/total`, (totals[kind] ?? 0) / 1000],
      [`${path}/offered_or_allocated`, (held[kind] ?? 0) / 1000],
    ] as const;
  });
}

/** Guarantees and limits of a role as far as they are set, and what counts against them. */
function quota(role: Role, allocator: Allocator, facts: MetricFacts): Entries {
  const {guarantees, limits} = role.quota;
  if (!hasQuota(role)) return [];
  const held = allocator.roleAllocation(role.name);
  const consumed = consumedBy(role, facts);
  const entries: (readonly [string, number])[] = [];
  for (const [kind, name] of facts.kinds.names.entries()) {
    const path = `${facts.prefix}quota/roles/${role.name}/resources/${name}`;
    const guarantee = guarantees[kind] ?? 0;
    const limit = limits[kind] ?? Infinity;
    if (guarantee === 0 && limit === Infinity) continue;
    if (guarantee > 0) entries.push([`${path}/guarantee`, guarantee / 1000]);
    if (limit < Infinity) entries.push([`${path}/limit`, limit / 1000]);
    entries.push([`${path}/offered_or_allocated`, (held[kind] ?? 0) / 1000]);
    entries.push([`${path}/consumed`, (consumed[kind] ?? 0) / 1000]);
  }
  return entries;
}

/** What a role and those below have reserved, or use: what they are only offered does not count. */
function consumedBy(role: Role, {kinds, offered}: MetricFacts): readonly number[] {
  const consumed = kinds.names.map((_, kind) => quotaCharged(role, kind));
  for (const [name, amounts] of offered) {
    if (name !== role.name && !name.startsWith(`${role.name}/`)) continue;
    for (const [kind, fixed] of amounts.entries()) {
      consumed[kind] = (consumed[kind] ?? 0) - fixed;
    }
  }
  return consumed;
}

/** Roles that have frameworks. */
function roles(allocator: Allocator, {prefix, now}: MetricFacts): Entries {
  const filters = allocator.activeFilters(now);
  return allocator.roles.all().flatMap(({name, frameworks}) => {
    if (frameworks === undefined) return [];
    const active = [`${prefix}offer_filters/roles/${name}/active`, filters.get(name) ?? 0] as const;
    const share = allocator.roleShare(name);
    if (share === undefined) return [active];
    return [active, [`${prefix}roles/${name}/shares/dominant`, share] as const];
  });
}

function suppressions(allocator: Allocator, {frameworkNames}: MetricFacts): Entries {
  const entries: (readonly [string, number])[] = [];
  for (const {framework, role, suppressed} of allocator.subscriptions()) {
    const name = frameworkNames.get(framework);
    if (name === undefined) continue;
    const path = `master/frameworks/${encoded(name)}/${framework}/roles/${role}/suppressed`;
    entries.push([path, suppressed ? 1 : 0]);
  }
  return entries;
}

/** As Mesos percent-encodes names in metrics. */
function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll('~', '%7E');
}
