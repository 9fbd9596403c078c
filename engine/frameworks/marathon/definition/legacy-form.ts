/**
 * An app as Marathon 1.4 showed it: the old form, with every field there and `null` where nothing
 * is known (reference part 1.7, end). Fields that 1.4 did not know are left out.
 */
import {
  isResident,
  usesHostNetwork,
  type AppDefinition,
  type Container,
  type PortMapping,
} from './app-definition.ts';
import {servicePortsOf} from './service-ports.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * `mesosBridgeName` stands for the bridge of apps that are not Docker's, which in the old form was
 * a network like any other.
 */
export function legacyForm(
  app: AppDefinition,
  {mesosBridgeName}: {readonly mesosBridgeName: string},
): Json {
  const ipAddress = ipAddressOf(app, mesosBridgeName);
  const roles = app.acceptedResourceRoles;
  return {
    id: app.id,
    cmd: app.cmd ?? null,
    args: app.args ?? null,
    user: app.user ?? null,
    env: app.env ?? {},
    instances: app.instances,
    cpus: app.cpus,
    mem: app.mem,
    disk: app.disk,
    gpus: app.gpus,
    executor: app.executor,
    constraints: app.constraints ?? [],
    uris: (app.fetch ?? []).map(({uri}) => uri),
    fetch: app.fetch ?? [],
    storeUrls: [],
    backoffSeconds: app.backoffSeconds,
    backoffFactor: app.backoffFactor,
    maxLaunchDelaySeconds: app.maxLaunchDelaySeconds,
    container: app.container === undefined ? null : containerOf(app, app.container),
    healthChecks: app.healthChecks ?? [],
    readinessChecks: app.readinessChecks ?? [],
    dependencies: app.dependencies ?? [],
    upgradeStrategy: app.upgradeStrategy,
    labels: app.labels,
    ...(roles === undefined || roles.length === 0 ? {} : {acceptedResourceRoles: roles}),
    ipAddress,
    residency: isResident(app)
      ? {relaunchEscalationTimeoutSeconds: 3600, taskLostBehavior: 'WAIT_FOREVER'}
      : null,
    secrets: app.secrets ?? {},
    taskKillGracePeriodSeconds: app.taskKillGracePeriodSeconds ?? null,
    ...(ipAddress === null ? portsOf(app) : {}),
    killSelection: app.killSelection,
    unreachableStrategy: app.unreachableStrategy,
  };
}

/** 1.4 had one definition per service port, whatever the network; the first was called default. */
function portsOf(app: AppDefinition): Json {
  const ports = servicePortsOf(app);
  const portDefinitions = usesHostNetwork(app)
    ? (app.portDefinitions ?? []).map((definition) => ({labels: {}, ...definition}))
    : ports.map((port, at) => ({
        port,
        protocol: 'tcp',
        ...(at === 0 ? {name: 'default'} : {}),
        labels: {},
      }));
  return {ports, portDefinitions, requirePorts: app.requirePorts};
}

function containerOf(app: AppDefinition, {type, volumes, docker, portMappings}: Container): Json {
  if (docker === undefined) return {type, volumes};
  if (type === 'MESOS') return {type, volumes, docker};
  const network = DOCKER_NETWORKS[app.networks[0]?.mode ?? 'host'];
  const mapped = network === 'HOST' ? {} : {portMappings: (portMappings ?? []).map(oldMapping)};
  return {type, volumes, docker: {...docker, network, ...mapped}};
}

const DOCKER_NETWORKS = {
  host: 'HOST',
  'container/bridge': 'BRIDGE',
  container: 'USER',
} as const;

function oldMapping({networkNames: _names, ...mapping}: PortMapping): Json {
  return mapping;
}

/** Docker's own bridge needed none; every other container network was an address of its own. */
function ipAddressOf(app: AppDefinition, mesosBridgeName: string): Json | null {
  const [network] = app.networks;
  const isDocker = app.container?.type === 'DOCKER';
  if (network === undefined || network.mode === 'host') return null;
  if (isDocker && network.mode === 'container/bridge') return null;
  const name = network.mode === 'container/bridge' ? mesosBridgeName : network.name;
  const ports = isDocker ? [] : (app.container?.portMappings ?? []);
  return {
    groups: [],
    labels: network.labels ?? {},
    discovery: {
      ports: ports.map(({containerPort, name: portName, protocol, labels}, at) => ({
        number: containerPort,
        name: portName ?? `port-${at}`,
        protocol,
        labels,
      })),
    },
    ...(name === undefined ? {} : {networkName: name}),
  };
}
