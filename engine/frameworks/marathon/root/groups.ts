/** Groups, and what a change of the root does to groups and apps (reference parts 2.2 and 3.1). */
import type {App} from '../definition/app-definition.ts';

/** What a group says of itself; its members are found by their paths. */
export interface Group {
  /** Absolute; `/` is the root. */
  readonly id: string;
  /** Apps and groups that all members wait for, as absolute paths, in order. */
  readonly dependencies: readonly string[];
  /** Top-level groups only: members must have the group's name as their role. */
  readonly enforceRole: boolean;
  /** When it last changed, by the version of the root. */
  readonly version: number;
}

/** One app before and after; one of them may be missing. */
export interface AppChange {
  readonly id: string;
  readonly from?: App | undefined;
  readonly to?: App | undefined;
  /** Instances that shall be among those that go. */
  readonly toKill?: readonly string[] | undefined;
  /** Instances of the same configuration need not be replaced, whatever their version. */
  readonly keeps?: boolean | undefined;
}

/** One group before and after; one of them may be missing. */
export interface GroupChange {
  readonly id: string;
  readonly from?: Group | undefined;
  readonly to?: Group | undefined;
}

/**
 * From one version of the root to the next: only what differs, in the order of ids. It can be
 * applied, and undone.
 */
export interface RootChange {
  readonly version: number;
  readonly apps: readonly AppChange[];
  readonly groups: readonly GroupChange[];
}

/** The group that an app or group is directly in; `/` for the root itself. */
export function parentOf(id: string): string {
  const at = id.lastIndexOf('/');
  return at <= 0 ? '/' : id.slice(0, at);
}

/** All groups around `id`, the nearest first, the root last. */
export function ancestorsOf(id: string): readonly string[] {
  const out: string[] = [];
  for (let at = id; at !== '/';) {
    at = parentOf(at);
    out.push(at);
  }
  return out;
}

/** The top-level group that `id` is in; undefined for what is directly below the root. */
export function topGroupOf(id: string): string | undefined {
  const at = id.indexOf('/', 1);
  return at < 0 ? undefined : id.slice(0, at);
}

/** Whether `id` is below the group, at any depth. */
export function isBelow(id: string, group: string): boolean {
  return group === '/' ? id !== '/' : id.startsWith(`${group}/`);
}
