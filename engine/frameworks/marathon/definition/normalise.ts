/**
 * From a body in the old or the new form to the canonical form (reference parts 1.6 and 1.7):
 * refuse what contradicts itself, translate the old form, and only then fill in defaults. An update
 * is translated alone, laid over the stored app, and the result is normalised again.
 */
import {
  isResident,
  type AppDefinition,
  type Artifact,
  type Container,
  type Network,
  type NormaliseConfig,
  type PortDefinition,
  type PortMapping,
} from './app-definition.ts';
import {appBody, type AppBody} from './app-shape.ts';
import {equalJson} from './json-equal.ts';
import {isObject, refuse, type Fault} from './json-shape.ts';
import {canonicalPath} from './path-id.ts';
import {validateApp} from './validate.ts';

export type Normalised<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly faults: readonly Fault[]};

/** An update in the new form: the fields given, and nothing else. */
export type AppUpdate = Partial<Omit<AppDefinition, 'container'>> & {
  readonly container?: Container | undefined;
  readonly version?: string | undefined;
};

type BodyContainer = NonNullable<AppBody['container']>;

/** A whole app as sent. */
export function normaliseApp(body: unknown, config: NormaliseConfig): Normalised<AppDefinition> {
  const update = normaliseUpdate(body, config);
  if (!update.ok) return update;
  const {version: _version, ...given} = update.value;
  return complete(given, body, config);
}

/** An update on its own: translated into the new form, without defaults at the top. */
export function normaliseUpdate(body: unknown, config: NormaliseConfig): Normalised<AppUpdate> {
  const faults: Fault[] = [];
  const read = appBody(body, '', faults);
  if (read === undefined) return {ok: false, faults};
  refuseContradictions(read, faults);
  if (faults.length > 0) return {ok: false, faults};
  return {ok: true, value: translate(read, config)};
}

/** An update laid over a stored app; fields that are given replace those stored. */
export function mergeUpdate(
  stored: AppDefinition,
  body: unknown,
  config: NormaliseConfig,
): Normalised<AppDefinition> {
  const update = normaliseUpdate(body, config);
  if (!update.ok) return update;
  const {version, ...given} = update.value;
  const others = Object.keys(given).filter((name) => name !== 'id');
  if (version !== undefined && others.length > 0) {
    const message = "The 'version' field may only be combined with the 'id' field.";
    return {ok: false, faults: [{path: '/', message}]};
  }
  return complete({...stored, ...given, id: stored.id}, body, config);
}

/** Refused with 422: what says the same thing twice, and differently (reference part 1.7). */
function refuseContradictions(body: AppBody, faults: Fault[]): void {
  const {networks, ipAddress, ports, portDefinitions, uris, fetch, container} = body;
  const {docker} = container ?? {};
  if (docker?.network !== undefined && networks !== undefined) {
    refuse(faults, '', 'container.docker.network and networks are not allowed at the same time');
  }
  if (docker?.network === 'NONE') {
    refuse(faults, '/container/docker/network', 'unsupported docker network type');
  }
  if (ipAddress !== undefined && networks !== undefined) {
    refuse(faults, '', 'ipAddress and networks are not allowed at the same time');
  }
  if (ipAddress !== undefined && ports !== undefined) {
    refuse(faults, '', 'ports are not allowed with ipAddress');
  }
  if (ports !== undefined && portDefinitions !== undefined) {
    const numbers = portDefinitions.map(({port}) => port);
    if (!equalJson(ports, numbers)) {
      refuse(faults, '', 'ports and portDefinitions differ; give only one of them');
    }
  }
  if ((uris?.length ?? 0) > 0 && (fetch?.length ?? 0) > 0) {
    refuse(faults, '', 'uris and fetch are not allowed at the same time');
  }
  if ((docker?.portMappings?.length ?? 0) > 0 && container?.portMappings !== undefined) {
    refuse(
      faults,
      '/container/portMappings',
      'cannot specify both portMappings and docker.portMappings',
    );
  }
  const discovered = ipAddress?.discovery?.ports ?? [];
  if (discovered.length === 0) return;
  if (docker !== undefined && container?.type === 'DOCKER') {
    refuse(faults, '/ipAddress', 'ipAddress/discovery is not allowed for Docker containers');
  } else if (container?.portMappings !== undefined) {
    refuse(faults, '/ipAddress', 'ipAddress/discovery and portMappings say the same thing');
  }
}

/** The old form in the words of the new one. */
function translate(body: AppBody, config: NormaliseConfig): AppUpdate {
  const {ipAddress, ports, uris: _uris, container, ...same} = body;
  const networks = same.networks ?? translatedNetworks(body, config);
  const fetch = translatedFetch(body);
  const portDefinitions = same.portDefinitions ?? ports?.map(portDefinitionOf);
  const given: Record<string, unknown> = {
    ...same,
    ...(same.id !== undefined ? {id: canonicalPath(same.id)} : {}),
    ...(networks !== undefined ? {networks} : {}),
    ...(fetch !== undefined ? {fetch} : {}),
    ...(portDefinitions !== undefined ? {portDefinitions} : {}),
    ...(same.dependencies !== undefined
      ? {dependencies: same.dependencies.map((path) => canonicalPath(path))}
      : {}),
  };
  if (container !== undefined || ipAddress !== undefined) {
    given['container'] = translatedContainer(body, networks, portDefinitions?.length ?? 0);
  }
  return given;
}

function translatedNetworks(
  body: AppBody,
  {mesosBridgeName}: NormaliseConfig,
): readonly Network[] | undefined {
  const {ipAddress} = body;
  const labels = hasEntries(ipAddress?.labels) ? {labels: ipAddress?.labels} : {};
  const named = ipAddress?.networkName === undefined ? {} : {name: ipAddress.networkName};
  switch (body.container?.docker?.network) {
    case 'HOST':
      return [{mode: 'host'}];
    case 'BRIDGE':
      return [{mode: 'container/bridge', ...labels}];
    case 'USER':
      return [{mode: 'container', ...named, ...labels}];
    case 'NONE':
    case undefined:
      if (ipAddress === undefined) return undefined;
      if (ipAddress.networkName === mesosBridgeName) {
        return [{mode: 'container/bridge', ...labels}];
      }
      return [{mode: 'container', ...named, ...labels}];
  }
}

/**
 * Docker's own network and mappings move up; discovery ports become mappings; missing ones are
 * added.
 */
function translatedContainer(
  body: AppBody,
  networks: readonly Network[] | undefined,
  portCount: number,
): Container {
  const base: BodyContainer = body.container ?? {type: 'MESOS', volumes: []};
  const {docker, ...rest} = base;
  const discovered = body.ipAddress?.discovery?.ports?.map(
    ({number, name, protocol, labels}): PortMapping => ({
      containerPort: number,
      servicePort: 0,
      protocol,
      name,
      labels,
    }),
  );
  const listed = base.portMappings ?? docker?.portMappings ?? discovered;
  const isOld = docker?.network !== undefined;
  const missing = isOld && listed !== undefined ? Math.max(0, portCount - listed.length) : 0;
  const mode = networks?.[0]?.mode;
  const portMappings =
    listed === undefined
      ? undefined
      : [...listed, ...Array.from({length: missing}, () => defaultMapping(mode))];
  const {network: _network, portMappings: _mappings, ...image} = docker ?? {};
  return {
    ...rest,
    ...(docker !== undefined ? {docker: image as NonNullable<Container['docker']>} : {}),
    ...(portMappings !== undefined ? {portMappings} : {}),
  };
}

function defaultMapping(mode: Network['mode'] | undefined, name?: string): PortMapping {
  return {
    containerPort: 0,
    ...(mode === 'container/bridge' ? {hostPort: 0} : {}),
    servicePort: 0,
    protocol: 'tcp',
    labels: {},
    ...(name !== undefined ? {name} : {}),
  };
}

const ARCHIVE = /\.(tar|tar\.gz|tar\.bz2|tar\.xz|gz|tgz|tbz2|txz|zip)$/;

function translatedFetch({uris, fetch}: AppBody): readonly Artifact[] | undefined {
  if (uris === undefined || (fetch?.length ?? 0) > 0) return fetch;
  return uris.map((uri) => ({
    uri,
    extract: ARCHIVE.test(uri.replace(/[?#].*$/, '')),
    executable: false,
    cache: false,
  }));
}

function portDefinitionOf(port: number): PortDefinition {
  return {port, protocol: 'tcp'};
}

/** Validates, and fills in what is not given. */
function complete(
  given: AppUpdate,
  body: unknown,
  config: NormaliseConfig,
): Normalised<AppDefinition> {
  const faults: Fault[] = [];
  if (given.id === undefined) refuse(faults, '/id', 'not defined');
  const {container} = given;
  if (container?.type === 'DOCKER' && container.docker === undefined) {
    refuse(faults, '/container/docker', 'not defined');
  }
  const app = withDefaults({...given, id: given.id ?? '/'}, config);
  const sentRoles = isObject(body) ? body['acceptedResourceRoles'] : undefined;
  if (Array.isArray(sentRoles) && sentRoles.length === 0) {
    refuse(faults, '/acceptedResourceRoles', 'must not be empty');
  }
  faults.push(...validateApp(app, config));
  return faults.length > 0 ? {ok: false, faults} : {ok: true, value: app};
}

function withDefaults(
  given: AppUpdate & {readonly id: string},
  config: NormaliseConfig,
): AppDefinition {
  const networks = namedNetworks(given.networks, config);
  const isHost = networks[0]?.mode === 'host';
  const container = completeContainer(given.container, networks[0]?.mode);
  const resident = isResident({container});
  const hasVolumes =
    resident || (container?.volumes.some(({external}) => external !== undefined) ?? false);
  const app = {
    backoffSeconds: 1,
    backoffFactor: 1.15,
    maxLaunchDelaySeconds: 300,
    cpus: 1,
    mem: 128,
    disk: 0,
    gpus: 0,
    executor: '',
    instances: 1,
    labels: {},
    killSelection: 'YOUNGEST_FIRST',
    role: config.defaultRole,
    upgradeStrategy: hasVolumes
      ? {minimumHealthCapacity: 0.5, maximumOverCapacity: 0}
      : {minimumHealthCapacity: 1, maximumOverCapacity: 1},
    unreachableStrategy: resident ? 'disabled' : {inactiveAfterSeconds: 0, expungeAfterSeconds: 0},
    ...given,
    networks,
    container,
    portDefinitions: isHost ? completePorts(given.portDefinitions) : undefined,
    requirePorts: isHost && (given.requirePorts ?? false),
  } satisfies AppDefinition;
  return tidy({...app, healthChecks: indexedChecks(app)});
}

function namedNetworks(
  networks: readonly Network[] | undefined,
  {defaultNetworkName}: NormaliseConfig,
): readonly Network[] {
  if (networks === undefined || networks.length === 0) return [{mode: 'host'}];
  return networks.map((network) => {
    const {labels, ...bare} = network;
    const kept = hasEntries(labels) ? network : bare;
    if (network.mode !== 'container' || network.name !== undefined) return kept;
    return defaultNetworkName === undefined ? kept : {...kept, name: defaultNetworkName};
  });
}

/**
 * Mappings belong to container and bridge networks; there one is invented unless a list, even an
 * empty one, is given.
 */
function completeContainer(
  container: Container | undefined,
  mode: Network['mode'] | undefined,
): Container | undefined {
  if (mode === undefined || mode === 'host') {
    if (container === undefined) return undefined;
    const {portMappings: _mappings, ...rest} = container;
    return rest;
  }
  const {portMappings = [defaultMapping(mode, 'default')], ...rest} = container ?? {
    type: 'MESOS',
    volumes: [],
  };
  const completed = portMappings.map((mapping) => {
    const {networkNames, ...bare} = mapping;
    const kept = (networkNames?.length ?? 0) > 0 ? mapping : bare;
    return mode === 'container/bridge' && kept.hostPort === undefined
      ? {...kept, hostPort: 0}
      : kept;
  });
  return {...rest, portMappings: completed};
}

function completePorts(definitions: readonly PortDefinition[] | undefined): PortDefinition[] {
  if (definitions === undefined) return [{port: 0, protocol: 'tcp', name: 'default'}];
  return definitions.map((definition) => {
    const {labels, ...bare} = definition;
    return hasEntries(labels) ? definition : bare;
  });
}

function indexedChecks(app: AppDefinition): AppDefinition['healthChecks'] {
  const ports = app.container?.portMappings ?? app.portDefinitions ?? [];
  return app.healthChecks?.map((check) => {
    const located = check.port !== undefined || check.portIndex !== undefined;
    if (check.protocol === 'COMMAND' || located || ports.length === 0) return check;
    return {...check, portIndex: 0};
  });
}

/** Lists and maps that are left out when they are empty. */
const OMIT_EMPTY = [
  'args',
  'constraints',
  'dependencies',
  'env',
  'fetch',
  'healthChecks',
  'readinessChecks',
  'secrets',
] as const;

/** Without empty optional fields and without keys that hold nothing. */
function tidy(app: AppDefinition): AppDefinition {
  const empty = new Set<string>(OMIT_EMPTY.filter((name) => !hasEntries(app[name])));
  const kept = Object.entries(app).filter(
    ([name, value]) => value !== undefined && !empty.has(name),
  );
  return Object.fromEntries(kept) as unknown as AppDefinition;
}

function hasEntries(value: object | undefined): boolean {
  return value !== undefined && Object.keys(value).length > 0;
}
