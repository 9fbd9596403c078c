/**
 * Roles with what counts against their quota. A role is here as long as it has a weight or a quota
 * of its own, a framework, a reservation on some agent, or a role below it (Mesos
 * `hierarchical.cpp`, reference part 1.4).
 */
import {isUnreserved, quantityOf, type Entry} from '../resources/special.ts';
import {addInto, type Resources} from '../resources/vector.ts';
import type {RoleFrameworks} from './subscribers.ts';

/** What a role is promised, and what it may have at most: thousandths by kind. */
export interface Quota {
  /** A kind that is missing is not promised. */
  readonly guarantees: readonly number[];
  /** Infinity, or a kind that is missing: unlimited. */
  readonly limits: readonly number[];
}

export const NO_QUOTA: Quota = {guarantees: [], limits: []};

export interface Role {
  readonly name: string;
  readonly parent: Role | undefined;
  readonly children: Set<Role>;
  weight: number;
  quota: Quota;
  /** Undefined while no framework is subscribed, or left with anything, in exactly this role. */
  frameworks: RoleFrameworks | undefined;
  /** Thousandths by kind that agents reserve to it or to roles below, allocated or not. */
  readonly reserved: number[];
  /** Unreserved and not revocable, offered or used, with roles below. */
  readonly charged: number[];
  /** What the run that is made counts against the quota; set at its beginning. */
  readonly consumed: number[];
  /** Whether the limits leave room for anything that the cluster has. Set with `consumed`. */
  hasRoom: boolean;
}

export interface RoleTreeSnapshot {
  readonly roles: readonly {
    readonly name: string;
    readonly weight: number;
    /** Limits with `null` for unlimited, which JSON cannot write. */
    readonly guarantees: readonly number[];
    readonly limits: readonly (number | null)[];
    readonly reserved: readonly number[];
    readonly charged: readonly number[];
  }[];
}

export class RoleTree {
  readonly #roles = new Map<string, Role>();
  /** By name; undefined since a quota was set. */
  #withQuota: readonly Role[] | undefined;

  get(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  /** All roles, by name. */
  all(): readonly Role[] {
    return [...this.#roles.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** Roles that have a quota. */
  get withQuota(): readonly Role[] {
    this.#withQuota ??= this.all().filter(hasQuota);
    return this.#withQuota;
  }

  /** The role of this name; it and those above become known. */
  ensure(name: string): Role {
    const known = this.#roles.get(name);
    if (known !== undefined) return known;
    const slash = name.lastIndexOf('/');
    const parent = slash < 0 ? undefined : this.ensure(name.slice(0, slash));
    const role: Role = {
      name,
      parent,
      children: new Set(),
      weight: 1,
      quota: NO_QUOTA,
      frameworks: undefined,
      reserved: [],
      charged: [],
      consumed: [],
      hasRoom: true,
    };
    parent?.children.add(role);
    this.#roles.set(name, role);
    return role;
  }

  /** Forgets a role, and those above, that nothing keeps. */
  release(role: Role): void {
    const isKept =
      role.children.size > 0 ||
      role.frameworks !== undefined ||
      role.weight !== 1 ||
      hasQuota(role) ||
      role.reserved.some((fixed) => fixed > 0);
    if (isKept) return;
    this.#roles.delete(role.name);
    role.parent?.children.delete(role);
    if (role.parent !== undefined) this.release(role.parent);
  }

  setWeight(name: string, weight: number): void {
    const role = this.ensure(name);
    role.weight = weight;
    this.release(role);
  }

  /** {@link NO_QUOTA} takes the quota away. */
  setQuota(name: string, quota: Quota): void {
    const role = this.ensure(name);
    role.quota = quota;
    role.hasRoom = true;
    this.#withQuota = undefined;
    this.release(role);
  }

  /** What an agent's total reserves, when it joins (`sign` 1) or leaves. */
  reserve({special}: Resources, sign: 1 | -1): void {
    for (const entry of special) {
      const {role: name, kind} = entry.special;
      if (name === undefined || entry.scalar === 0) continue;
      const quantity = sign * quantityOf(entry);
      const role = this.ensure(name);
      for (let one: Role | undefined = role; one !== undefined; one = one.parent) {
        one.reserved[kind] = (one.reserved[kind] ?? 0) + quantity;
      }
      if (sign < 0) this.release(role);
    }
  }

  /** What a framework of a role is offered or uses, when it gets it (`sign` 1) or gives it back. */
  charge(role: Role, resources: Resources, sign: 1 | -1): void {
    for (let one: Role | undefined = role; one !== undefined; one = one.parent) {
      addChargeable(one.charged, resources, sign);
    }
  }

  snapshot(): RoleTreeSnapshot {
    return {
      roles: this.all().map(({name, weight, quota, reserved, charged}) => ({
        name,
        weight,
        guarantees: quota.guarantees,
        limits: quota.limits.map((fixed) => (fixed === Infinity ? null : fixed)),
        reserved: [...reserved],
        charged: [...charged],
      })),
    };
  }

  static restore(snapshot: RoleTreeSnapshot): RoleTree {
    const tree = new RoleTree();
    for (const {name, weight, guarantees, limits, reserved, charged} of snapshot.roles) {
      const role = tree.ensure(name);
      role.weight = weight;
      role.quota = {guarantees, limits: limits.map((fixed) => fixed ?? Infinity)};
      role.reserved.push(...reserved);
      role.charged.push(...charged);
    }
    return tree;
  }
}

export function hasQuota({quota}: Role): boolean {
  return quota.guarantees.length > 0 || quota.limits.length > 0;
}

/** Whether an entry counts as charged: nobody reserved it, and nobody can revoke it. */
function isChargeable({special}: Entry): boolean {
  return isUnreserved(special) && special.revocable !== true;
}

function addChargeable(sums: number[], {scalars, special}: Resources, sign: 1 | -1): void {
  addInto(sums, scalars, sign);
  for (const entry of special) {
    if (!isChargeable(entry)) continue;
    const {kind} = entry.special;
    sums[kind] = (sums[kind] ?? 0) + sign * quantityOf(entry);
  }
}

/** What a role has of quota: reservations and what it is charged with (offers included). */
export function quotaCharged({reserved, charged}: Role, kind: number): number {
  return (reserved[kind] ?? 0) + (charged[kind] ?? 0);
}
