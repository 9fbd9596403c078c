/**
 * A body in the old and the new form at once, as apps are shown where both are wanted. Marathon
 * refuses it (reference part 1.7); where it is shown like that it is taken, if both forms say the
 * same.
 */
import {equalJson} from '../../json/json-equal.ts';
import {isObject} from '../../json/json-shape.ts';
import {usesHostNetwork, type AppDefinition, type NormaliseConfig} from './app-definition.ts';
import {appBody, type AppBody} from './app-shape.ts';
import {legacyForm} from './legacy-form.ts';

type Json = Readonly<Record<string, unknown>>;

/** The old form's fields go where the new form's are there; the rest is kept as it is. */
export function withoutOldForm(body: Json): Json {
  const {networks, fetch, container} = body;
  const isMapped = isList(networks) && networks.some((one) => isObject(one) && !isHost(one));
  const twice = new Set<string>();
  if (isList(networks)) twice.add('ipAddress').add('ports');
  if (isMapped) twice.add('portDefinitions');
  if (isList(fetch)) twice.add('uris');
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !twice.has(name)));
  return isObject(container) && isList(networks)
    ? {...kept, container: newContainer(container)}
    : kept;
}

function isHost({mode}: Json): boolean {
  return mode === 'host';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function newContainer(container: Json): Json {
  const {docker, portMappings} = container;
  if (!isObject(docker)) return container;
  const {network: _network, portMappings: old, ...image} = docker;
  const isTwice = portMappings !== undefined || (isList(old) && old.length === 0);
  return {...container, docker: isTwice ? image : {...image, portMappings: old}};
}

/** Whether all that a body says in the old form is what the app would be shown with in it. */
export function saysTheSame(body: Json, app: AppDefinition, config: NormaliseConfig): boolean {
  const {portDefinitions, ...sent} = oldFieldsOf(body);
  const shown = oldFieldsOf(legacyForm(app, config));
  // Of the host they are of both forms, and have been read.
  const old = usesHostNetwork(app) ? sent : {...sent, portDefinitions};
  return Object.entries(old).every(
    ([name, value]) => value === undefined || equalJson(value, shown[name]),
  );
}

/** As they are read, with what is not given filled in. */
function oldFieldsOf({ports, portDefinitions, ipAddress, uris, container}: Json): Json {
  const read: AppBody | undefined = appBody(
    {ports, portDefinitions, ipAddress, uris, container},
    '',
    [],
  );
  const {network, portMappings} = read?.container?.docker ?? {};
  return {...read, container: undefined, network, portMappings};
}
