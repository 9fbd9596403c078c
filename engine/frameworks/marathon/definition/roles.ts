/** Which role an app may have, and which it gets (reference part 1.9). */

/** What the cluster and the groups say about the role of one app. */
export interface RoleRules {
  /** `--mesos_role`. */
  readonly defaultRole: string;
  /** Whether the top-level group around the app has `enforceRole`. */
  readonly topGroupEnforceRole: boolean;
  /** The role of the app as it is stored. */
  readonly storedRole?: string | undefined;
}

/** The name of the top-level group that holds an app; undefined for an app of the root. */
export function topGroupName(appId: string): string | undefined {
  const end = appId.indexOf('/', 1);
  return end < 0 ? undefined : appId.slice(1, end);
}

/** The role of an app that names none. */
export function defaultRoleOf(appId: string, rules: RoleRules): string {
  const group = topGroupName(appId);
  return group !== undefined && rules.topGroupEnforceRole ? group : rules.defaultRole;
}

/** The roles that an app may have, in the order in which a fault names them. */
export function allowedRoles(appId: string, rules: RoleRules): readonly string[] {
  const {defaultRole, topGroupEnforceRole, storedRole = defaultRole} = rules;
  const group = topGroupName(appId);
  if (group === undefined) return [defaultRole];
  const isStored = rules.storedRole !== undefined;
  const roles = topGroupEnforceRole ? [group] : [defaultRole, group];
  return [...new Set(isStored ? [...roles, storedRole] : roles)];
}

/** Why an app cannot have this role; undefined if it can. */
export function roleFault(appId: string, role: string, rules: RoleRules): string | undefined {
  const allowed = allowedRoles(appId, rules);
  if (allowed.includes(role)) return undefined;
  return `got ${role}, expected one of: [${allowed.join(', ')}]`;
}
