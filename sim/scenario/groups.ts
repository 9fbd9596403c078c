/** Marathon groups as their users write them. */
import {canonicalPath} from '../../engine/index.ts';
import type {MarathonGroup} from './schema.ts';

/**
 * Absolute ids of the apps in a group and in those below it, as they are written. What is malformed
 * is passed over: Marathon refuses it with better words.
 */
export function appIdsOf(group: MarathonGroup): readonly string[] {
  const ids: string[] = [];
  const open: {readonly group: unknown; readonly base: string}[] = [{group, base: '/'}];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const id = idOf(next.group);
    if (id === undefined) continue;
    const path = canonicalPath(id, next.base);
    for (const app of listAt(next.group, 'apps')) {
      const appId = idOf(app);
      if (appId !== undefined) ids.push(canonicalPath(appId, path));
    }
    for (const inner of listAt(next.group, 'groups')) open.push({group: inner, base: path});
  }
  return ids;
}

function idOf(value: unknown): string | undefined {
  const id = fieldOf(value, 'id');
  return typeof id === 'string' ? id : undefined;
}

function listAt(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
