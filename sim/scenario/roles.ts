/** Roles: their weights and quotas, and which of them a scenario may name. */
import {
  addQuantities,
  ancestorsOf,
  containsQuantities,
  printQuantities,
  type Quantities,
} from '../../engine/index.ts';
import {totalScalars} from './amounts.ts';
import {nearest} from './fields.ts';
import type {ScenarioFile} from './file-schema.ts';
import type {FieldPath} from './problems.ts';
import type {Resolving} from './resolving.ts';
import type {AgentGroup, Framework, Role, RoleQuota} from './schema.ts';

type Written = Pick<ScenarioFile, 'roles' | 'frameworks'>;

/** The roles of the frameworks, and all above them: a quota for any other would be a slip. */
export function roleNames(frameworks: readonly Framework[]): ReadonlySet<string> {
  return new Set(frameworks.flatMap(({role}) => [role, ...ancestorsOf(role)]));
}

/** Those that have a weight or a quota of their own. */
export function resolveRoles(
  written: Written,
  frameworks: readonly Framework[],
  agents: readonly AgentGroup[],
  resolving: Resolving,
): Role[] {
  const known = roleNames(frameworks);
  const weights = weightsOf(written, resolving);
  const quotas = new Map<string, RoleQuota>();
  for (const [name, {guarantees = {}, limits = {}}] of Object.entries(written.roles ?? {})) {
    const path = ['roles', name];
    checkRole(name, known, path, resolving);
    const quota = {guarantees, limits};
    checkQuota(name, quota, {role: path, quota: path}, resolving);
    quotas.set(name, quota);
  }
  checkPromises([...quotas.values()], agents, resolving);
  const names = new Set([...quotas.keys(), ...weights.keys()]);
  return [...names].map((name) => ({
    name,
    weight: weights.get(name)?.weight ?? 1,
    ...(quotas.get(name) ?? {guarantees: {}, limits: {}}),
  }));
}

interface Weight {
  readonly weight: number;
  /** Who says so. */
  readonly by: string;
}

/** A weight belongs to a role; those who name it may not differ. */
function weightsOf(written: Written, resolving: Resolving): ReadonlyMap<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const [role, {weight}] of Object.entries(written.roles ?? {})) {
    if (weight !== undefined) weights.set(role, {weight, by: 'roles'});
  }
  for (const [name, {role = name, weight}] of Object.entries(written.frameworks ?? {})) {
    if (weight === undefined) continue;
    const known = weights.get(role);
    if (known === undefined) weights.set(role, {weight, by: `framework "${name}"`});
    else if (known.weight !== weight) {
      const message = `role "${role}" has weight ${known.weight} by ${known.by}, found ${weight}`;
      resolving.problem(['frameworks', name, 'weight'], message);
    }
  }
  return weights;
}

/** Notes a role that no framework is in or below. */
export function checkRole(
  name: string,
  known: ReadonlySet<string>,
  path: FieldPath,
  resolving: Resolving,
): void {
  if (known.has(name)) return;
  const near = nearest(name, [...known]);
  const names = [...known].slice(0, 10).join(', ');
  const hint = near === undefined ? `known: ${names}` : `did you mean "${near}"?`;
  resolving.problem(path, `no framework has the role "${name}" or one below it; ${hint}`);
}

/** Notes what can be no quota. `paths`: where the role is named, and where the quota stands. */
export function checkQuota(
  role: string,
  {guarantees, limits}: RoleQuota,
  paths: {readonly role: FieldPath; readonly quota: FieldPath},
  resolving: Resolving,
): void {
  const isQuota = Object.keys({...guarantees, ...limits}).length > 0;
  if (isQuota && role.includes('/')) {
    resolving.problem(paths.role, `only a top-level role can have a quota, found "${role}"`);
  }
  for (const [name, guaranteed] of Object.entries(guarantees)) {
    const limit = limits[name];
    if (limit === undefined || guaranteed <= limit) continue;
    const [most, found] = [limit, guaranteed].map((fixed) => printQuantities({[name]: fixed}));
    resolving.problem([...paths.quota, 'guarantees'], `expected at most ${most}, found ${found}`);
  }
}

/** Notes promises that the cluster cannot keep, where it is known before any file is read. */
function checkPromises(
  quotas: readonly RoleQuota[],
  groups: readonly AgentGroup[],
  resolving: Resolving,
): void {
  let total: Quantities = {};
  for (const group of groups) {
    if (group.kind !== 'uniform') return;
    const ofAgents = Object.entries(totalScalars(group.resources)).map(
      ([name, fixed]) => [name, fixed * group.count] as const,
    );
    total = addQuantities(total, Object.fromEntries(ofAgents));
  }
  const promised = quotas.map(({guarantees}) => guarantees).reduce(addQuantities, {});
  if (containsQuantities(total, promised)) return;
  const [sum, all] = [promised, total].map(printQuantities);
  resolving.problem(['roles'], `the guarantees are ${sum}, more than the cluster's ${all}`);
}
