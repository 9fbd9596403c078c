/**
 * The root in force: all groups, which apps they hold, and the changes that led here. The
 * definitions of apps themselves are the {@link Roster}'s; both change only by {@link Root.apply}.
 */
import {must} from '../../../kernel/assert.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {App} from '../definition/app-definition.ts';
import type {Roster} from '../instances/roster.ts';
import {isBelow, parentOf, type Group, type RootChange} from './groups.ts';

/** How many versions of the root are kept (`--zk_max_versions`). */
const CHANGES_MAX = 50;

const EMPTY: ReadonlySet<string> = new Set();

export interface RootDocuments {
  readonly version: number;
  readonly groups: readonly Group[];
  readonly changes: readonly RootChange[];
}

export class Root {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #groups = new Map<string, Group>();
  /** Group → groups directly in it. */
  readonly #subgroups = new Map<string, Set<string>>();
  /** Group → apps directly in it. */
  readonly #apps = new Map<string, Set<string>>();
  /** By version, oldest first. */
  readonly #changes = new Map<number, RootChange>();
  /** Apps and groups that have dependencies: without any, no order has to be found. */
  #dependent = 0;
  #version: number;

  constructor(services: FrameworkServices, roster: Roster, stored?: RootDocuments) {
    this.#services = services;
    this.#roster = roster;
    this.#version = stored?.version ?? -1;
    this.#setGroup('/', {id: '/', dependencies: [], enforceRole: false, version: 0});
    for (const group of stored?.groups ?? []) this.#setGroup(group.id, group);
    for (const change of stored?.changes ?? []) this.#changes.set(change.version, change);
    for (const {id, isRemoved, app} of roster.entries.values()) {
      if (isRemoved) continue;
      this.#placeApp(id, true);
      this.#countDependencies(app.definition.dependencies, 1);
    }
  }

  /** The stamp of the last change; -1 before the first one. */
  get version(): number {
    return this.#version;
  }

  /** The stamp of a change made now: later ones are greater, even within one instant. */
  nextVersion(): number {
    return Math.max(this.#services.now(), this.#version + 1);
  }

  get hasDependencies(): boolean {
    return this.#dependent > 0;
  }

  app(id: string): App | undefined {
    return this.#roster.app(id);
  }

  isServicePortTaken(port: number): boolean {
    return this.#roster.isServicePortTaken(port);
  }

  group(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  get groups(): Iterable<Group> {
    return this.#groups.values();
  }

  /** Ids of the groups directly in a group, in order. */
  subgroupsOf(id: string): readonly string[] {
    return [...(this.#subgroups.get(id) ?? EMPTY)].sort();
  }

  /** Ids of the apps directly in a group, in order. */
  appsOf(id: string): readonly string[] {
    return [...(this.#apps.get(id) ?? EMPTY)].sort();
  }

  /** Whether a group holds neither apps nor groups. */
  isEmpty(id: string): boolean {
    return (this.#apps.get(id)?.size ?? 0) + (this.#subgroups.get(id)?.size ?? 0) === 0;
  }

  /** The group and all below it, parents first. */
  groupsBelow(id: string): readonly string[] {
    const out = [id];
    for (const group of out) out.push(...this.subgroupsOf(group));
    return out;
  }

  /** All apps below a group, at any depth, in order. */
  appsBelow(id: string): readonly string[] {
    return this.groupsBelow(id)
      .flatMap((group) => this.appsOf(group))
      .sort();
  }

  /** Ids of all apps in force. */
  appIds(): readonly string[] {
    return this.appsBelow('/');
  }

  /** Puts a change in force. */
  apply(change: RootChange): void {
    this.#version = change.version;
    for (const {id, from, to} of change.groups) {
      this.#setGroup(id, to);
      if (to !== undefined) this.#services.putRecord(groupPath(id), to);
      else if (from !== undefined) this.#services.deleteRecord(groupPath(id));
    }
    for (const {id, from, to} of change.apps) {
      if (from === to) continue;
      this.#countDependencies(from?.definition.dependencies, -1);
      this.#countDependencies(to?.definition.dependencies, 1);
      this.#placeApp(id, to !== undefined);
      if (to !== undefined) this.#roster.define(to);
      else this.#roster.undefine(must(this.#roster.entry(id), 'entry of an app'));
    }
    this.#services.putRecord('root', {version: change.version});
    if (change.apps.length + change.groups.length > 0) this.#keep(change);
  }

  /** Versions of the root that are known, newest first. */
  versions(): readonly number[] {
    return [...this.#changes.keys()].reverse();
  }

  /**
   * The group and all below it as they were in a version; undefined if that is not known any more.
   * Answers definitions by id; the group itself may not have been there.
   */
  at(
    version: number,
    group: string,
  ):
    | {readonly apps: ReadonlyMap<string, App>; readonly groups: ReadonlyMap<string, Group>}
    | undefined {
    const known = [...this.#changes.values()];
    const first = known.findIndex((change) => change.version === version);
    if (first < 0) return undefined;
    const apps = new Map<string, App>();
    for (const id of this.#groups.has(group) ? this.appsBelow(group) : []) {
      apps.set(id, must(this.app(id), 'app of a group'));
    }
    const groups = new Map<string, Group>();
    for (const id of this.#groups.has(group) ? this.groupsBelow(group) : []) {
      groups.set(id, must(this.group(id), 'group'));
    }
    const concerns = (id: string): boolean => id === group || isBelow(id, group);
    for (const change of known.slice(first + 1).reverse()) {
      for (const {id, from} of change.apps) if (concerns(id)) setOrDelete(apps, id, from);
      for (const {id, from} of change.groups) if (concerns(id)) setOrDelete(groups, id, from);
    }
    return {apps, groups};
  }

  #setGroup(id: string, group: Group | undefined): void {
    this.#countDependencies(this.#groups.get(id)?.dependencies, -1);
    this.#countDependencies(group?.dependencies, 1);
    setOrDelete(this.#groups, id, group);
    if (id !== '/') place(this.#subgroups, id, group !== undefined);
  }

  #placeApp(id: string, isThere: boolean): void {
    place(this.#apps, id, isThere);
  }

  #countDependencies(dependencies: readonly string[] | undefined, by: 1 | -1): void {
    if ((dependencies?.length ?? 0) > 0) this.#dependent += by;
  }

  #keep(change: RootChange): void {
    this.#changes.set(change.version, change);
    this.#services.putRecord(changePath(change.version), change);
    for (const version of this.#changes.keys()) {
      if (this.#changes.size <= CHANGES_MAX) return;
      this.#changes.delete(version);
      this.#services.deleteRecord(changePath(version));
    }
  }

  documents(): RootDocuments {
    return {
      version: this.#version,
      groups: [...this.#groups.values()],
      changes: [...this.#changes.values()],
    };
  }
}

function groupPath(id: string): string {
  return `groups${id === '/' ? '' : id}`;
}

function changePath(version: number): string {
  return `changes/${version}`;
}

function setOrDelete<T>(map: Map<string, T>, id: string, value: T | undefined): void {
  if (value === undefined) map.delete(id);
  else map.set(id, value);
}

function place(members: Map<string, Set<string>>, id: string, isThere: boolean): void {
  const parent = parentOf(id);
  const held = members.get(parent);
  if (isThere) {
    if (held === undefined) members.set(parent, new Set([id]));
    else held.add(id);
    return;
  }
  held?.delete(id);
  if (held?.size === 0) members.delete(parent);
}
