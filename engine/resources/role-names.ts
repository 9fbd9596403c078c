/** Names of roles: a path like `eng/web`, or `*` for everybody (Mesos, reference part 1.19). */

/** The role of what nobody has reserved. */
export const DEFAULT_ROLE = '*';

/** Blanks of ASCII and DEL. */
// oxlint-disable-next-line no-control-regex -- these are what a name may not hold
const FORBIDDEN = /[\x09-\x0d \x7f]/;

/** Whether a role may have this name. */
export function validRole(name: string): boolean {
  if (name === DEFAULT_ROLE) return true;
  if (FORBIDDEN.test(name)) return false;
  return name.split('/').every(isValidComponent);
}

/** An empty component is a slash at an end, or two of them in a row. */
function isValidComponent(component: string): boolean {
  return !['', '.', '..', '*'].includes(component) && !component.startsWith('-');
}

/** Whether `role` lies below `other`: `a/b` below `a`, but `ab` not. */
export function isStrictSubrole(role: string, other: string): boolean {
  return role.startsWith(`${other}/`);
}

/** The roles above, the nearest first: `a/b/c` → `a/b`, `a`. */
export function ancestorsOf(role: string): readonly string[] {
  const ancestors: string[] = [];
  for (let at = role.lastIndexOf('/'); at > 0; at = role.lastIndexOf('/', at - 1)) {
    ancestors.push(role.slice(0, at));
  }
  return ancestors;
}

export type RolesResult =
  | {readonly ok: true; readonly roles: readonly string[]}
  | {readonly ok: false; readonly message: string};

/** Reads `web,batch/nightly`, in the order written; blanks are part of a name, thus refused. */
export function parseRoles(text: string): RolesResult {
  const roles = text.split(',').filter((role) => role !== '');
  const bad = roles.find((role) => !validRole(role));
  if (bad !== undefined) return {ok: false, message: `'${bad}' is not a name of a role`};
  return {ok: true, roles};
}
