/**
 * What a definition in the new form has when its author says nothing (reference parts 1.1 and 1.7,
 * steps e to p).
 */
import {
  isResident,
  type AppDefinition,
  type AppUpdate,
  type Container,
  type Network,
  type NormaliseConfig,
  type PortDefinition,
  type PortMapping,
} from './app-definition.ts';

export type NamedUpdate = Omit<AppUpdate, 'version'> & {
  readonly id: string;
  readonly role: string;
};

/** The whole app; a definition that is whole already stays as it is. */
export function withDefaults(given: NamedUpdate, config: NormaliseConfig): AppDefinition {
  const networks = namedNetworks(given.networks, config);
  const isHost = networks[0]?.mode === 'host';
  const portCount = given.portDefinitions?.length ?? 0;
  const container = completeContainer(given.container, networks[0]?.mode, portCount);
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
 * empty one, is given. Old bodies may list more ports than mappings; the rest get default ones.
 */
function completeContainer(
  container: Container | undefined,
  mode: Network['mode'] | undefined,
  portCount: number,
): Container | undefined {
  if (mode === undefined || mode === 'host') {
    return container === undefined ? undefined : completeVolumes(without(container));
  }
  if (container === undefined) {
    return {type: 'MESOS', volumes: [], portMappings: [defaultMapping(mode, 'default')]};
  }
  const listed = container.portMappings ?? [defaultMapping(mode, 'default')];
  const missing = Math.max(0, portCount - listed.length);
  const all = [...listed, ...Array.from({length: missing}, () => defaultMapping(mode))];
  const portMappings = all.map((mapping) => completeMapping(mapping, mode));
  return completeVolumes({...without(container), portMappings});
}

function without({portMappings: _mappings, ...rest}: Container): Container {
  return rest;
}

function defaultMapping(mode: Network['mode'], name?: string): PortMapping {
  return {
    containerPort: 0,
    ...(mode === 'container/bridge' ? {hostPort: 0} : {}),
    servicePort: 0,
    protocol: 'tcp',
    labels: {},
    ...(name === undefined ? {} : {name}),
  };
}

function completeMapping(mapping: PortMapping, mode: Network['mode']): PortMapping {
  const {networkNames, ...bare} = mapping;
  const kept = hasEntries(networkNames) ? mapping : bare;
  return mode === 'container/bridge' && kept.hostPort === undefined ? {...kept, hostPort: 0} : kept;
}

/** Persistent volumes are for writing. */
function completeVolumes(container: Container): Container {
  if (!isResident({container})) return container;
  const volumes = container.volumes.map((volume) => {
    if (volume.persistent === undefined) return volume;
    const {constraints, ...bare} = volume.persistent;
    const persistent = hasEntries(constraints) ? volume.persistent : bare;
    return {mode: 'RW' as const, ...volume, persistent};
  });
  return {...container, volumes};
}

function completePorts(definitions: readonly PortDefinition[] | undefined): PortDefinition[] {
  if (definitions === undefined) return [{port: 0, protocol: 'tcp', name: 'default'}];
  return definitions.map((definition) => {
    const {labels, ...bare} = definition;
    return hasEntries(labels) ? definition : bare;
  });
}

/** The first port is the one that is meant by a check that names none. */
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
