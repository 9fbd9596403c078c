/**
 * Undoes one change of the root on the root as it is now, so that later changes of other things
 * survive (reference part 3.8).
 */
import type {App, AppDefinition} from '../definition/app-definition.ts';
import {ancestorsOf, type Group, type RootChange} from './groups.ts';

/** A root that can be edited. */
export interface EditableRoot {
  app(id: string): AppDefinition | undefined;
  /** Puts an earlier version of an app back. */
  restoreApp(app: App): void;
  removeApp(id: string): void;
  group(id: string): Pick<Group, 'dependencies'> | undefined;
  /** Makes the group, and those around it, if they are not there. */
  ensureGroup(id: string): void;
  setGroup(id: string, change: Partial<Pick<Group, 'dependencies' | 'enforceRole'>>): void;
  removeGroup(id: string): void;
  isEmptyGroup(id: string): boolean;
}

/** Undoes `change` on `root` in place: what later changes did to other things stays (part 3.8). */
export function revertChange(change: RootChange, root: EditableRoot): void {
  for (const {id, from} of change.apps) {
    if (from !== undefined) root.restoreApp(from);
    else if (root.app(id) !== undefined) root.removeApp(id);
  }
  // From the inside out: a group that was added can go when those in it are gone.
  const groups = [...change.groups].sort(
    (left, right) => ancestorsOf(right.id).length - ancestorsOf(left.id).length,
  );
  for (const {id, from, to} of groups) {
    if (to === undefined) root.ensureGroup(id);
    const now = root.group(id);
    if (now === undefined) continue;
    const undone = undoneDependencies(now.dependencies, from, to);
    if (from === undefined && undone.length === 0 && root.isEmptyGroup(id)) {
      root.removeGroup(id);
      continue;
    }
    const isRoleChanged = from !== undefined && from.enforceRole !== to?.enforceRole;
    root.setGroup(id, {
      dependencies: undone,
      ...(isRoleChanged ? {enforceRole: from.enforceRole} : {}),
    });
  }
}

/** What was added goes, what was removed comes back, the rest stays. */
function undoneDependencies(
  now: readonly string[],
  from: Pick<Group, 'dependencies'> | undefined,
  to: Pick<Group, 'dependencies'> | undefined,
): readonly string[] {
  const before = from?.dependencies ?? [];
  const after = to?.dependencies ?? [];
  const kept = now.filter((path) => !after.includes(path) || before.includes(path));
  const back = before.filter((path) => !after.includes(path) && !kept.includes(path));
  return [...kept, ...back].sort();
}
