/**
 * Ids of apps, instances and tasks, and how one is read off the other (reference parts 1.1 and
 * 7.1).
 */
import type {TaskId} from '../../../kernel/ids.ts';
import {taskIdOf} from '../../../kernel/ids.ts';
import type {Random} from '../../../kernel/random.ts';

/**
 * Unlike Marathon's own pattern, an underscore may stand inside: the customer's `/hello_world` is
 * an app in use, and Marathon's documents name it, although its validation (state/PathId.scala)
 * would refuse it.
 */
const LABEL = '[a-z0-9]([a-z0-9_-]*[a-z0-9])?';
const SEGMENT = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
/** Groups are walked recursively; no real path comes near. */
export const PATH_PARTS_MAX = 64;
const RESERVED = ['restart', 'tasks', 'versions', '.', '..'];

/** Absolute form without empty parts; `.` and `..` are resolved against `base`, itself absolute. */
export function canonicalPath(path: string, base = '/'): string {
  const parts = path.startsWith('/') ? [] : base.split('/').filter((part) => part !== '');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Why a canonical path cannot name an app; undefined if it can. */
export function pathFault(path: string): string | undefined {
  if (path === '/') return 'must not be the root';
  const parts = path.slice(1).split('/');
  if (parts.length > PATH_PARTS_MAX) return `must have at most ${PATH_PARTS_MAX} parts`;
  if (!parts.every((part) => SEGMENT.test(part))) {
    return 'must consist of lower case letters, digits, hyphens, underscores and dots';
  }
  if (RESERVED.includes(parts.at(-1) ?? '')) {
    return `must not end with any of the following reserved keywords: ${RESERVED.join(', ')}`;
  }
  return undefined;
}

/** `/group/app` → `group_app`. */
export function safePath(appId: string): string {
  return appId.slice(1).replaceAll('/', '_');
}

/** The name that people see: `/group/app` → `app.group`. */
export function taskName(appId: string): string {
  return appId.slice(1).split('/').reverse().join('.');
}

export function instanceId(appId: string, random: Random): string {
  return `${safePath(appId)}.instance-${uuid(random)}`;
}

/** A UUID in the shape of version 4, drawn from a seeded stream. */
export function uuid(random: Random): string {
  const words = [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const variant = '89ab'[random.below(4)];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

const APP_TASK = '._app.';

export function taskIdFor(instance: string, incarnation: number): TaskId {
  return taskIdOf(`${instance}${APP_TASK}${incarnation}`);
}

/** The instance and incarnation of a task id; undefined for the ids of somebody else. */
export function parseTaskId(
  taskId: string,
): {readonly instanceId: string; readonly incarnation: number} | undefined {
  const at = taskId.lastIndexOf(APP_TASK);
  if (at < 0) return undefined;
  const incarnation = Number(taskId.slice(at + APP_TASK.length));
  if (!Number.isSafeInteger(incarnation) || incarnation < 1) return undefined;
  return {instanceId: taskId.slice(0, at), incarnation};
}
