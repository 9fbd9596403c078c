/** What a group update means for a draft of the root (reference part 2.2). */
import type {App} from '../definition/app-definition.ts';
import type {GroupUpdate} from '../definition/group-update.ts';
import type {RootDraft} from './draft.ts';
import {parentOf, type Group} from './groups.ts';

/**
 * A full or partial definition. Lists that are given replace what is there; those that are not keep
 * it.
 */
export function defineGroup(draft: RootDraft, update: GroupUpdate): void {
  const {id, apps, groups, dependencies, enforceRole} = update;
  draft.ensureGroup(id);
  draft.setGroup(id, {
    ...(dependencies === undefined ? {} : {dependencies: [...new Set(dependencies)].sort()}),
    ...(enforceRole === undefined ? {} : {enforceRole}),
  });
  if (apps !== undefined) {
    const named = new Set(apps.map((app) => app.id));
    for (const app of draft.appsBelow(id)) {
      if (parentOf(app) === id && !named.has(app)) draft.removeApp(app);
    }
  }
  if (groups !== undefined) {
    const named = new Set(groups.map((group) => group.id));
    for (const group of draft.groupsBelow(id)) {
      if (group !== id && parentOf(group) === id && !named.has(group)) draft.removeGroup(group);
    }
  }
  for (const app of apps ?? []) draft.setApp(app);
  for (const group of groups ?? []) defineGroup(draft, group);
}

/** Every app below the group gets `factor` times its instances, rounded up. */
export function scaleGroup(draft: RootDraft, id: string, factor: number): void {
  for (const appId of draft.appsBelow(id)) {
    const definition = draft.app(appId);
    if (definition === undefined) continue;
    draft.setApp({...definition, instances: Math.ceil(definition.instances * factor)});
  }
}

/** The group becomes what it was. */
export function resetGroup(
  draft: RootDraft,
  id: string,
  before: {readonly apps: ReadonlyMap<string, App>; readonly groups: ReadonlyMap<string, Group>},
): void {
  for (const appId of draft.appsBelow(id)) if (!before.apps.has(appId)) draft.removeApp(appId);
  for (const group of draft.groupsBelow(id)) {
    if (!before.groups.has(group)) draft.removeGroup(group);
  }
  for (const {id: group, dependencies, enforceRole} of before.groups.values()) {
    draft.ensureGroup(group);
    draft.setGroup(group, {dependencies, enforceRole});
  }
  for (const app of before.apps.values()) draft.restoreApp(app);
}
