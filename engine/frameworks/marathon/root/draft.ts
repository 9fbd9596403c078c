/**
 * A change of the root while it is being put together: wishes are laid over what is in force, and
 * {@link RootDraft.finish} makes one {@link RootChange} of them or says what is wrong (reference
 * part 3.1, steps 2 to 5).
 */
import type {Refusal} from '../../../scheduler.ts';
import type {App, AppDefinition} from '../definition/app-definition.ts';
import type {Fault} from '../../json/json-shape.ts';
import {
  assignServicePorts,
  SERVICE_PORTS,
  servicePortsOf,
  withServicePorts,
} from '../definition/service-ports.ts';
import {validateUpdate} from '../definition/validate-update.ts';
import {nextVersion} from '../definition/versions.ts';
import {dependencyDepths} from '../deploy/dependencies.ts';
import {
  ancestorsOf,
  isBelow,
  parentOf,
  type AppChange,
  type Group,
  type GroupChange,
  type RootChange,
} from './groups.ts';
import type {EditableRoot} from './revert.ts';
import type {Root} from './root.ts';

interface AppWish {
  /** Absent: it shall not be. */
  readonly definition: AppDefinition | undefined;
  /** All instances are replaced, even if nothing changed. */
  readonly restart?: boolean | undefined;
  /** Instances that shall be among those that go. */
  readonly toKill?: readonly string[] | undefined;
  /** It is an earlier version that comes back: instances that run by it may stay. */
  readonly restored?: App | undefined;
}

export type DraftResult =
  | {
      readonly ok: true;
      readonly change: RootChange;
      /** Vertices on the longest dependency path that ends at an app. */
      readonly depthOf: (appId: string) => number;
    }
  | {readonly ok: false; readonly refusal: Refusal};

export class RootDraft implements EditableRoot {
  readonly #root: Root;
  readonly #apps = new Map<string, AppWish>();
  /** Undefined: it shall not be. */
  readonly #groups = new Map<string, Omit<Group, 'version'> | undefined>();

  constructor(root: Root) {
    this.#root = root;
  }

  /** The definition that an app will have. */
  app(id: string): AppDefinition | undefined {
    const wish = this.#apps.get(id);
    return wish === undefined ? this.#root.app(id)?.definition : wish.definition;
  }

  group(id: string): Omit<Group, 'version'> | undefined {
    return this.#groups.has(id) ? this.#groups.get(id) : this.#root.group(id);
  }

  /** Ids of apps that will be below a group, at any depth. */
  appsBelow(group: string): readonly string[] {
    const there = this.#root.group(group) === undefined ? [] : this.#root.appsBelow(group);
    const wished = [...this.#apps.keys()].filter((id) => isBelow(id, group));
    return [...new Set([...there, ...wished])].filter((id) => this.app(id) !== undefined).sort();
  }

  /** The group, if it will be, and all groups that will be below it; parents first. */
  groupsBelow(group: string): readonly string[] {
    const there = this.#root.group(group) === undefined ? [] : this.#root.groupsBelow(group);
    const wished = [...this.#groups.keys()].filter((id) => id === group || isBelow(id, group));
    return [...new Set([...there, ...wished])].filter((id) => this.group(id) !== undefined).sort();
  }

  setApp(definition: AppDefinition, how: Pick<AppWish, 'restart' | 'toKill'> = {}): void {
    this.#apps.set(definition.id, {definition, ...how});
    this.ensureGroup(parentOf(definition.id));
  }

  restoreApp(app: App): void {
    this.setApp(app.definition);
    this.#apps.set(app.definition.id, {definition: app.definition, restored: app});
  }

  removeApp(id: string): void {
    this.#apps.set(id, {definition: undefined});
  }

  /** Whether a group will hold neither apps nor groups. */
  isEmptyGroup(id: string): boolean {
    return this.appsBelow(id).length === 0 && this.groupsBelow(id).length <= 1;
  }

  /** Makes the group, and those around it, if they are not there. */
  ensureGroup(id: string, enforceRole = false): void {
    for (const missing of [id, ...ancestorsOf(id)]) {
      if (this.group(missing) !== undefined) return;
      this.#groups.set(missing, {id: missing, dependencies: [], enforceRole});
    }
  }

  /** Changes what is given; the group must be there. */
  setGroup(id: string, change: Partial<Pick<Group, 'dependencies' | 'enforceRole'>>): void {
    const {dependencies = [], enforceRole = false} = this.group(id) ?? {};
    this.#groups.set(id, {id, dependencies, enforceRole, ...change});
  }

  /** The group with everything in it. */
  removeGroup(id: string): void {
    for (const app of this.appsBelow(id)) this.removeApp(app);
    for (const group of this.groupsBelow(id)) if (group !== '/') this.#groups.set(group, undefined);
    if (id === '/') this.setGroup('/', {dependencies: [], enforceRole: false});
  }

  /** `force` lets pass what is only dangerous. */
  finish(force: boolean): DraftResult {
    const version = this.#root.nextVersion();
    const apps = this.#appChanges(version);
    if (apps === undefined) return {ok: false, refusal: portsExhausted()};
    const faults = updateFaults(apps, force);
    if (faults.length > 0) return {ok: false, refusal: invalid(faults)};
    const groups = this.#groupChanges(version);
    const clash = this.#clash();
    if (clash !== undefined) return {ok: false, refusal: clash};
    const depths = this.#depths();
    if (depths === 'cyclic') {
      const fault: Fault = {path: '/', message: 'the apps have cyclic dependencies'};
      return {ok: false, refusal: invalid([fault])};
    }
    return {
      ok: true,
      change: {version, apps, groups},
      depthOf: (appId) => depths?.get(appId) ?? 1,
    };
  }

  #appChanges(version: number): readonly AppChange[] | undefined {
    const taken = new Set<number>();
    for (const {definition} of this.#apps.values()) {
      if (definition !== undefined) for (const port of servicePortsOf(definition)) taken.add(port);
    }
    const isTaken = (port: number): boolean =>
      taken.has(port) || this.#root.isServicePortTaken(port);
    const changes: AppChange[] = [];
    let lowest: number = SERVICE_PORTS.first;
    for (const id of [...this.#apps.keys()].sort()) {
      const wish = this.#apps.get(id) as AppWish;
      const from = this.#root.app(id);
      if (wish.definition === undefined) {
        if (from !== undefined) changes.push({id, from});
        continue;
      }
      while (lowest <= SERVICE_PORTS.last && isTaken(lowest)) lowest += 1;
      const definition = withPorts(wish.definition, from?.definition, isTaken, lowest);
      if (definition === undefined) return undefined;
      for (const port of servicePortsOf(definition)) taken.add(port);
      const change = appChange({...wish, definition}, from, version);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #groupChanges(version: number): readonly GroupChange[] {
    const changes: GroupChange[] = [];
    for (const id of [...this.#groups.keys()].sort()) {
      const from = this.#root.group(id);
      const wish = this.#groups.get(id);
      if (wish === undefined) {
        if (from !== undefined) changes.push({id, from});
      } else if (from === undefined || differs(from, wish)) {
        changes.push({id, from, to: {...wish, version}});
      }
    }
    return changes;
  }

  /** An app and a group must not have the same path. */
  #clash(): Refusal | undefined {
    for (const [id, {definition}] of this.#apps) {
      if (definition === undefined || this.group(id) === undefined) continue;
      return {code: 'pathTaken', message: `A group with the path ${id} already exists.`};
    }
    for (const [id, group] of this.#groups) {
      if (group === undefined || this.app(id) === undefined) continue;
      return {code: 'pathTaken', message: `An app with the path ${id} already exists.`};
    }
    return undefined;
  }

  /** Undefined: nothing depends on anything. */
  #depths(): ReadonlyMap<string, number> | 'cyclic' | undefined {
    const wishes = [...this.#apps.values(), ...[...this.#groups.values()]];
    const isPlain = wishes.every((wish) => {
      const paths = wish === undefined ? [] : dependenciesOf(wish);
      return paths.length === 0;
    });
    if (isPlain && !this.#root.hasDependencies) return undefined;
    const inherited = new Map<string, readonly string[]>();
    const graph = new Map<string, readonly string[]>();
    for (const id of this.appsBelow('/')) {
      const own = this.app(id)?.dependencies ?? [];
      graph.set(id, [
        ...own,
        ...ancestorsOf(id).flatMap((group) => this.#ofGroup(group, inherited)),
      ]);
    }
    return dependencyDepths(graph) ?? 'cyclic';
  }

  #ofGroup(id: string, known: Map<string, readonly string[]>): readonly string[] {
    const found = known.get(id) ?? this.group(id)?.dependencies ?? [];
    known.set(id, found);
    return found;
  }
}

/** Undefined: nothing changes. */
function appChange(
  {definition, restart = false, toKill, restored}: AppWish & {readonly definition: AppDefinition},
  from: App | undefined,
  version: number,
): AppChange | undefined {
  const {id} = definition;
  const to = nextVersion(from, definition, {at: version, restart});
  if (restored !== undefined && to.lastConfigChangeAt === version) {
    const {lastConfigChangeAt} = restored;
    return {id, from, to: {...to, lastConfigChangeAt}, keeps: true};
  }
  return to === from && toKill === undefined ? undefined : {id, from, to, toKill};
}

/** What forbids to go from one definition to the next; of several apps each is named. */
function updateFaults(changes: readonly AppChange[], force: boolean): readonly Fault[] {
  return changes.flatMap(({id, from, to}) => {
    if (from === undefined || to === undefined) return [];
    const faults = validateUpdate(from.definition, to.definition, {force});
    if (changes.length === 1) return faults;
    return faults.map((fault) => ({...fault, message: `${id}: ${fault.message}`}));
  });
}

function dependenciesOf(wish: AppWish | Omit<Group, 'version'>): readonly string[] {
  return ('definition' in wish ? wish.definition?.dependencies : wish.dependencies) ?? [];
}

function differs(before: Group, after: Omit<Group, 'version'>): boolean {
  return (
    before.enforceRole !== after.enforceRole ||
    before.dependencies.length !== after.dependencies.length ||
    before.dependencies.some((path, at) => path !== after.dependencies[at])
  );
}

function withPorts(
  definition: AppDefinition,
  previous: AppDefinition | undefined,
  isTaken: (port: number) => boolean,
  from: number,
): AppDefinition | undefined {
  const wanted = servicePortsOf(definition);
  if (!wanted.includes(0)) return definition;
  const had = previous === undefined ? [] : servicePortsOf(previous);
  const ports = assignServicePorts(wanted, had, isTaken, {...SERVICE_PORTS, from});
  return ports === undefined ? undefined : withServicePorts(definition, ports);
}

export function invalid(errors: readonly Fault[]): Refusal {
  return {code: 'invalidApp', message: 'Object is not valid', errors};
}

function portsExhausted(): Refusal {
  const {first, last} = SERVICE_PORTS;
  const message = `All ports in the range [${first}-${last}) are already in use`;
  return {code: 'portRangeExhausted', message};
}
