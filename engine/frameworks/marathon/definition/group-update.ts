/**
 * Updates of groups (reference part 2.2): a definition, whole or in part, or the way back to a
 * version, or a factor for the instances of all apps.
 */
import type {AppDefinition, NormaliseConfig} from './app-definition.ts';
import {timestamp} from './app-shape.ts';
import {
  flag,
  isObject,
  listOf,
  number,
  object,
  refuse,
  setOf,
  text,
  type Fault,
  type Shape,
} from '../../json/json-shape.ts';
import {normaliseApp, type Normalised} from './normalise.ts';
import {canonicalPath, pathFault} from './path-id.ts';
import {topGroupName} from './roles.ts';

export interface GroupUpdate {
  /** Absolute and canonical. */
  readonly id: string;
  /** Direct children, whole; absent: those that are there stay. */
  readonly apps?: readonly AppDefinition[] | undefined;
  /** Direct children; absent: those that are there stay. */
  readonly groups?: readonly GroupUpdate[] | undefined;
  readonly dependencies?: readonly string[] | undefined;
  /** Only of top-level groups. */
  readonly enforceRole?: boolean | undefined;
  /** Back to this version; nothing else is given then. */
  readonly version?: string | undefined;
  /** Instances of all apps below times this; nothing else is given then. */
  readonly scaleBy?: number | undefined;
}

/** Where an update of a group came from, as far as its meaning depends on it. */
export interface GroupPlace {
  /** Resolves a relative id, and is the id where none is given. */
  readonly path: string;
  readonly config: NormaliseConfig;
  /** `enforceRole` of a top-level group (`/dev`) as stored; undefined if there is none. */
  readonly enforceRoleOf: (topGroup: string) => boolean | undefined;
  /** The role of an app as stored; undefined if there is none. */
  readonly storedRoleOf: (appId: string) => string | undefined;
  /** `--new_group_enforce_role top`. */
  readonly newGroupEnforceRole: boolean;
}

const anything: Shape<unknown> = (value) => value;

const groupBody = object(
  {},
  {
    id: text(),
    apps: listOf(anything),
    groups: listOf(anything),
    dependencies: setOf(text({min: 1})),
    enforceRole: flag,
    version: timestamp,
    scaleBy: number(0),
    pods: listOf(anything),
  },
);

type GroupBody = NonNullable<ReturnType<typeof groupBody>>;

/** The update that a body asks for, with all apps in canonical form. */
export function parseGroupUpdate(body: unknown, place: GroupPlace): Normalised<GroupUpdate> {
  const faults: Fault[] = [];
  const update = readGroup(body, '', {place, parent: undefined}, faults);
  return update === undefined || faults.length > 0
    ? {ok: false, faults}
    : {ok: true, value: update};
}

interface Surroundings {
  readonly place: GroupPlace;
  /** The group in which this one is nested in the same body. */
  readonly parent: Parent | undefined;
}

interface Parent {
  readonly id: string;
  /** Of the top-level group; undefined for the root. */
  readonly enforceRole: boolean | undefined;
}

/**
 * One group and all in it. It recurs only into groups whose ids are right, and these are one part
 * longer each time: the longest path bounds the depth.
 */
function readGroup(
  body: unknown,
  at: string,
  {place, parent}: Surroundings,
  faults: Fault[],
): GroupUpdate | undefined {
  const read = groupBody(body, at, faults);
  if (read === undefined) return undefined;
  const id = readId(read, at, {place, parent}, faults);
  if (id === undefined) return undefined;
  refuseMixed(read, at, faults);
  if ((read.pods?.length ?? 0) > 0) refuse(faults, `${at}/pods`, 'pods are not supported yet');
  const {enforceRole, version, scaleBy} = read;
  const isTop = id !== '/' && topGroupName(id) === undefined;
  if (enforceRole === true && !isTop) {
    refuse(faults, `${at}/enforceRole`, 'enforceRole can only be set for top-level groups');
  }
  const self: Parent = {id, enforceRole: effectiveEnforceRole(id, enforceRole, {place, parent})};
  const apps = read.apps && readApps(read.apps, at, {place, parent: self}, faults);
  const groups = read.groups && readGroups(read.groups, at, {place, parent: self}, faults);
  const dependencies = read.dependencies?.map((path) => canonicalPath(path, id));
  dependencies?.forEach((path, index) => {
    const fault = path === '/' ? undefined : pathFault(path);
    if (fault !== undefined) refuse(faults, `${at}/dependencies(${index})`, fault);
  });
  return {
    id,
    ...(apps === undefined ? {} : {apps}),
    ...(groups === undefined ? {} : {groups}),
    ...(dependencies === undefined ? {} : {dependencies}),
    ...(enforceRole === undefined || !isTop ? {} : {enforceRole}),
    ...(version === undefined ? {} : {version}),
    ...(scaleBy === undefined ? {} : {scaleBy}),
  };
}

function readId(
  {id}: GroupBody,
  at: string,
  {place, parent}: Surroundings,
  faults: Fault[],
): string | undefined {
  if (parent !== undefined && (id === undefined || id === '')) {
    return refuse(faults, `${at}/id`, 'not defined');
  }
  const path = canonicalPath(id ?? '', parent?.id ?? place.path);
  const fault = path === '/' ? undefined : pathFault(path);
  if (fault !== undefined) return refuse(faults, `${at}/id`, fault);
  if (parent !== undefined && !isChild(path, parent.id)) return notChild(parent.id, at, faults);
  return path;
}

function isChild(path: string, parent: string): boolean {
  const at = path.lastIndexOf('/');
  return path !== '/' && (at === 0 ? '/' : path.slice(0, at)) === parent;
}

function notChild(parent: string, at: string, faults: Fault[]): undefined {
  return refuse(faults, `${at}/id`, `Identifier is not child of '${parent}'`);
}

/** Going back to a version and scaling stand alone. */
function refuseMixed(body: GroupBody, at: string, faults: Fault[]): void {
  const given = Object.keys(body).filter((name) => name !== 'id');
  for (const name of ['version', 'scaleBy'] as const) {
    if (body[name] === undefined || given.length === 1) continue;
    refuse(faults, `${at}/${name}`, 'not allowed in conjunction with other properties.');
  }
}

/** What the top-level group around `id`, or `id` itself, will say. */
function effectiveEnforceRole(
  id: string,
  given: boolean | undefined,
  {place, parent}: Surroundings,
): boolean | undefined {
  if (id === '/') return undefined;
  if (parent?.enforceRole !== undefined) return parent.enforceRole;
  const name = topGroupName(id);
  const stored = place.enforceRoleOf(name === undefined ? id : `/${name}`);
  return (name === undefined ? given : undefined) ?? stored ?? place.newGroupEnforceRole;
}

function readApps(
  bodies: readonly unknown[],
  at: string,
  {place, parent}: {readonly place: GroupPlace; readonly parent: Parent},
  faults: Fault[],
): readonly AppDefinition[] {
  const apps: AppDefinition[] = [];
  const seen = new Set<string>();
  for (const [index, body] of bodies.entries()) {
    const here = `${at}/apps(${index})`;
    const given = isObject(body) ? body['id'] : undefined;
    const id = typeof given === 'string' ? canonicalPath(given, parent.id) : '';
    const read = normaliseApp(body, place.config, {
      base: parent.id,
      topGroupEnforceRole: parent.enforceRole,
      storedRole: place.storedRoleOf(id),
    });
    if (!read.ok) {
      faults.push(...read.faults.map((fault) => beneath(fault, here)));
    } else if (!isChild(read.value.id, parent.id)) {
      notChild(parent.id, here, faults);
    } else if (seen.has(read.value.id)) {
      refuse(faults, `${here}/id`, `${read.value.id} is there twice`);
    } else {
      seen.add(read.value.id);
      apps.push(read.value);
    }
  }
  return apps;
}

function readGroups(
  bodies: readonly unknown[],
  at: string,
  {place, parent}: {readonly place: GroupPlace; readonly parent: Parent},
  faults: Fault[],
): readonly GroupUpdate[] {
  const groups: GroupUpdate[] = [];
  const seen = new Set<string>();
  for (const [index, body] of bodies.entries()) {
    const here = `${at}/groups(${index})`;
    const update = readGroup(body, here, {place, parent}, faults);
    if (update === undefined) continue;
    if (update.version !== undefined || update.scaleBy !== undefined) {
      refuse(faults, here, 'version and scaleBy are for the group that the request names');
    }
    if (seen.has(update.id)) refuse(faults, `${here}/id`, `${update.id} is there twice`);
    seen.add(update.id);
    groups.push(update);
  }
  return groups;
}

/** A fault of a part, as a fault of the whole. */
function beneath(fault: Fault, at: string): Fault {
  return {...fault, path: fault.path === '/' ? at : `${at}${fault.path}`};
}
