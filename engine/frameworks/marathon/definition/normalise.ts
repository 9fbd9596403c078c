/**
 * From a body in the old or the new form to the canonical form (reference parts 1.6 and 1.7):
 * refuse what contradicts itself, translate the old form, and only then fill in defaults. An update
 * is translated alone, laid over the stored app, and the result is normalised again.
 */
import type {AppDefinition, AppUpdate, NormaliseConfig} from './app-definition.ts';
import {appBody} from './app-shape.ts';
import {withDefaults} from './defaults.ts';
import {saysTheSame, withoutOldForm} from './both-forms.ts';
import {isObject, refuse, type Fault} from '../../json/json-shape.ts';
import {refuseContradictions, translateOldForm} from './old-form.ts';
import {canonicalPath} from './path-id.ts';
import {defaultRoleOf, type RoleRules} from './roles.ts';
import {validateApp} from './validate.ts';

/** What was read, or all that is wrong with it. */
export type Normalised<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly faults: readonly Fault[]};

/** Where a body came from, as far as its meaning depends on it. */
export interface AppPlace {
  /** The group that relative ids are resolved against; by default the root. */
  readonly base?: string | undefined;
  /** The app that the request itself names; the body may leave its id out, or say the same. */
  readonly id?: string | undefined;
  /** See {@link RoleRules}; by default false. */
  readonly topGroupEnforceRole?: boolean | undefined;
  /** The role of the stored app that is replaced. */
  readonly storedRole?: string | undefined;
}

/** A whole app as sent. A version in it is ignored. */
export function normaliseApp(
  body: unknown,
  config: NormaliseConfig,
  place: AppPlace = {},
): Normalised<AppDefinition> {
  return inEitherForm(body, config, (sent) => normaliseWhole(sent, config, place));
}

/** In both forms, it is read in the new one alone, which must say all that the old one does. */
function inEitherForm(
  body: unknown,
  config: NormaliseConfig,
  read: (body: unknown) => Normalised<AppDefinition>,
): Normalised<AppDefinition> {
  const first = read(body);
  if (first.ok || config.legacyAppForm !== true || !isObject(body)) return first;
  const second = read(withoutOldForm(body));
  return second.ok && saysTheSame(body, second.value, config) ? second : first;
}

function normaliseWhole(
  body: unknown,
  config: NormaliseConfig,
  place: AppPlace,
): Normalised<AppDefinition> {
  const update = normaliseUpdate(body, config, place);
  if (!update.ok) return update;
  const {version: _version, ...given} = update.value;
  return complete(given, config, place);
}

/** An update on its own: translated into the new form, without defaults at the top. */
export function normaliseUpdate(
  body: unknown,
  config: NormaliseConfig,
  {base = '/', id}: AppPlace = {},
): Normalised<AppUpdate> {
  const faults: Fault[] = [];
  if (isObject(body) && Object.hasOwn(body, 'containers')) {
    refuse(faults, '/containers', 'pods are not supported yet; an app has one "container"');
    return {ok: false, faults};
  }
  const read = appBody(body, '', faults);
  if (read === undefined) return {ok: false, faults};
  refuseContradictions(read, faults);
  if (id !== undefined && read.id !== undefined && !namesApp(read.id, id, base)) {
    refuse(faults, '/id', `must match the app ${id} if it is given`);
  }
  if (faults.length > 0) return {ok: false, faults};
  return {ok: true, value: translateOldForm(read, config, base)};
}

/** Also an id without its leading slash is the id of the app that the request names. */
function namesApp(given: string, id: string, base: string): boolean {
  return canonicalPath(given, base) === id || canonicalPath(given) === id;
}

/**
 * An update laid over a stored app; fields that are given replace those stored. An update to a
 * version, which has nothing but that and an id, changes nothing here: who stores versions looks it
 * up.
 *
 * Unlike Marathon's, it also keeps `executorResources` and `resourceLimits` when they are not given
 * (Marathon forgot them).
 */
export function mergeUpdate(
  stored: AppDefinition,
  body: unknown,
  config: NormaliseConfig,
  place: AppPlace = {},
): Normalised<AppDefinition> {
  return inEitherForm(body, config, (sent) => merge(stored, sent, config, place));
}

function merge(
  stored: AppDefinition,
  body: unknown,
  config: NormaliseConfig,
  place: AppPlace,
): Normalised<AppDefinition> {
  const update = normaliseUpdate(body, config, place);
  if (!update.ok) return update;
  const {version, ...given} = update.value;
  const others = Object.keys(given).filter((name) => name !== 'id');
  if (version !== undefined && others.length > 0) {
    const message = "The 'version' field may only be combined with the 'id' field.";
    return {ok: false, faults: [{path: '/', message}]};
  }
  // Ports of the host say nothing about mappings: they are dropped with the network that they are
  // for.
  const isMapped = given.networks?.some(({mode}) => mode !== 'host') ?? false;
  const {portDefinitions, ...rest} = stored;
  const kept = isMapped || portDefinitions === undefined ? rest : {...rest, portDefinitions};
  const merged = {...kept, ...given, id: stored.id};
  return complete(merged, config, {...place, storedRole: stored.role});
}

/** Validates, and fills in what is not given. */
function complete(
  given: AppUpdate,
  config: NormaliseConfig,
  place: AppPlace,
): Normalised<AppDefinition> {
  const faults: Fault[] = [];
  const id = place.id ?? given.id;
  if (id === undefined) refuse(faults, '/id', 'not defined');
  const {container} = given;
  if (container?.type === 'DOCKER' && container.docker === undefined) {
    refuse(faults, '/container/docker', 'not defined');
  }
  const roles: RoleRules = {
    defaultRole: config.defaultRole,
    topGroupEnforceRole: place.topGroupEnforceRole ?? false,
    storedRole: place.storedRole,
  };
  const known = id ?? '/unnamed';
  const role = given.role ?? defaultRoleOf(known, roles);
  const app = withDefaults({...given, id: known, role}, config);
  faults.push(...validateApp(app, config, roles));
  return faults.length > 0 ? {ok: false, faults} : {ok: true, value: app};
}
