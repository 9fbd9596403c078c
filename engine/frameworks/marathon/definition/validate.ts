/**
 * Rules on a whole app in canonical form, beyond the types of its fields (reference parts 1.1 to
 * 1.4, 1.9, 6.1).
 */
import {thousandths} from '../../../resources/thousandths.ts';
import {
  isResident,
  usesHostNetwork,
  type AppDefinition,
  type NormaliseConfig,
} from './app-definition.ts';
import {constraintFault} from '../launch/constraints.ts';
import {refuse, type Fault} from './json-shape.ts';
import {pathFault} from './path-id.ts';

type Rule = (app: AppDefinition, faults: Fault[], config: NormaliseConfig) => void;

/** All that is wrong with an app. */
export function validateApp(app: AppDefinition, config: NormaliseConfig): readonly Fault[] {
  const faults: Fault[] = [];
  for (const rule of RULES) rule(app, faults, config);
  return faults;
}

const identity: Rule = (app, faults) => {
  const fault = pathFault(app.id);
  if (fault !== undefined) refuse(faults, '/id', fault);
  for (const [at, path] of (app.dependencies ?? []).entries()) {
    if (path === app.id)
      refuse(faults, '', 'an app must not depend on itself: cyclic dependencies');
    const wrong = path === '/' ? undefined : pathFault(path);
    if (wrong !== undefined) refuse(faults, `/dependencies(${at})`, wrong);
  }
};

const command: Rule = ({cmd, args, container}, faults) => {
  const hasImage = container?.docker !== undefined;
  const good = cmd !== undefined ? args === undefined : args !== undefined || hasImage;
  if (good) return;
  const message = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
  refuse(faults, '', message);
};

const amounts: Rule = (app, faults, {enabledFeatures}) => {
  for (const name of ['cpus', 'mem', 'disk', 'gpus'] as const) {
    const tooMuch = app[name] > 1 && thousandths(app[name]) === undefined;
    if (tooMuch) refuse(faults, `/${name}`, 'is more than any machine has');
  }
  for (const name of ['cpus', 'mem'] as const) {
    const limit = app.resourceLimits?.[name];
    if (typeof limit === 'number' && limit < app[name]) {
      refuse(faults, `/resourceLimits/${name}`, `must be at least the request of ${app[name]}`);
    }
  }
  if (app.gpus === 0) return;
  if (app.container?.type === 'DOCKER') {
    refuse(faults, '', 'GPU resources only work with the Mesos containerizer');
  }
  if (!enabledFeatures.includes('gpu_resources')) {
    refuse(faults, '/gpus', 'Feature gpu_resources is not enabled.');
  }
};

const secrets: Rule = (app, faults, {enabledFeatures}) => {
  const known = app.secrets ?? {};
  const enabled = enabledFeatures.includes('secrets');
  const asked = (at: string, name: string): void => {
    if (!Object.hasOwn(known, name)) refuse(faults, at, 'references an undefined secret');
  };
  for (const [name, value] of Object.entries(app.env ?? {})) {
    if (typeof value === 'string') continue;
    if (!enabled) refuse(faults, `/env/${name}`, 'Feature secrets is not enabled.');
    asked(`/env/${name}/secret`, value.secret);
  }
  if (Object.keys(known).length > 0 && !enabled) {
    refuse(faults, '/secrets', 'Feature secrets is not enabled.');
  }
  const pull = app.container?.docker?.pullConfig;
  if (pull === undefined) return;
  const at = '/container/docker/pullConfig';
  if (app.container?.type === 'DOCKER') {
    refuse(faults, at, 'pullConfig is not supported with Docker containerizer');
  }
  if (!Object.hasOwn(known, pull.secret)) {
    refuse(faults, at, 'pullConfig.secret must refer to an existing secret');
  }
};

const networks: Rule = (app, faults) => {
  const {networks: list} = app;
  const say = (message: string): undefined => refuse(faults, '/networks', message);
  const modes = new Set(list.map(({mode}) => mode));
  if (modes.size > 1) say('host, bridge and container networks must not be mixed');
  if (!modes.has('container') && list.length > 1) say('must be a single network');
  if (list.some(({mode, labels, name}) => mode === 'host' && (labels ?? name) !== undefined)) {
    say('a host network has neither name nor labels');
  }
  if (list.some(({mode, name}) => mode === 'container/bridge' && name !== undefined)) {
    say('a bridge network has no name');
  }
  const named = list.filter(({mode}) => mode === 'container').map(({name}) => name);
  if (named.includes(undefined)) {
    say('Network name must be specified when container network is selected.');
  }
  if (new Set(named).size < named.length) say('Network names must be unique.');
  if (app.container?.type === 'DOCKER' && named.length > 1) {
    say('may only specify a single container network when using the Docker containerizer');
  }
};

const mappings: Rule = (app, faults) => {
  const names = app.networks.map(({name}) => name ?? '');
  for (const [index, mapping] of (app.container?.portMappings ?? []).entries()) {
    const at = `/container/portMappings(${index})`;
    const mine = mapping.networkNames ?? [];
    mine.forEach((name, item) => {
      if (names.includes(name)) return;
      refuse(faults, `${at}/networkNames(${item})`, `is not one of (${names.join(', ')})`);
    });
    if (names.length === 1 && mine.length > 1) {
      refuse(faults, `${at}/networkNames`, 'must not list more than the one network');
    }
    if (names.length > 1 && mapping.hostPort !== undefined && mine.length !== 1) {
      refuse(faults, at, 'with several networks a host port needs exactly one network name');
    }
  }
  refuseTwice(app.container?.portMappings, '/container/portMappings', faults);
};

function refuseTwice(
  ports: readonly {readonly name?: string | undefined}[] | undefined,
  at: string,
  faults: Fault[],
): void {
  const names = (ports ?? []).flatMap(({name}) => name ?? []);
  if (new Set(names).size < names.length) refuse(faults, at, 'Port names must be unique.');
}

const portDefinitions: Rule = ({portDefinitions: list = []}, faults) => {
  const fixed = list.map(({port}) => port).filter((port) => port !== 0);
  if (new Set(fixed).size < fixed.length) {
    refuse(faults, '/portDefinitions', 'Ports must be unique.');
  }
  refuseTwice(list, '/portDefinitions', faults);
};

const constraints: Rule = (app, faults) => {
  for (const [at, constraint] of (app.constraints ?? []).entries()) {
    const fault = constraintFault(constraint);
    if (fault !== undefined) refuse(faults, `/constraints(${at})`, fault);
  }
};

const roles: Rule = (app, faults, {defaultRole}) => {
  const group = app.id.split('/').length > 2 ? app.id.split('/')[1] : undefined;
  const allowed = group === undefined ? [defaultRole] : [defaultRole, group];
  if (!allowed.includes(app.role)) {
    refuse(faults, '/role', `got ${app.role}, expected one of: [${allowed.join(', ')}]`);
  }
  const accepted = app.acceptedResourceRoles ?? [];
  if (accepted.some((role) => role !== '*' && role !== app.role)) {
    refuse(faults, '/acceptedResourceRoles', `can only contain * and ${app.role}`);
  }
};

const healthChecks: Rule = (app, faults) => {
  const ports = app.container?.portMappings ?? app.portDefinitions ?? [];
  const checks = app.healthChecks ?? [];
  for (const [index, check] of checks.entries()) {
    const at = `/healthChecks(${index})`;
    if (check.protocol === 'COMMAND') {
      if (check.command === undefined) refuse(faults, `${at}/command`, 'not defined');
      continue;
    }
    if (check.command !== undefined) refuse(faults, at, 'only COMMAND checks have a command');
    if (check.port !== undefined && check.portIndex !== undefined) {
      refuse(faults, at, 'must specify either a port or a portIndex, not both');
    }
    if (check.portIndex !== undefined && check.portIndex >= ports.length) {
      const message =
        'Health check port indices must address an element of the ports array ' +
        'or container port mappings.';
      refuse(faults, `${at}/portIndex`, message);
    }
    const byAgent = check.protocol.startsWith('MESOS_');
    const inDocker = app.container?.type === 'DOCKER';
    if (check.ipProtocol === 'IPv6' && !(byAgent && inDocker)) {
      refuse(faults, at, 'IPv6 needs a MESOS_* check and a DOCKER container');
    }
  }
  if (checks.filter(({protocol}) => protocol.startsWith('MESOS_')).length > 1) {
    refuse(faults, '/healthChecks', 'At most one Mesos-level network check is allowed.');
  }
};

const readiness: Rule = (app, faults) => {
  const checks = app.readinessChecks ?? [];
  if (checks.length > 1) refuse(faults, '/readinessChecks', 'may have at most one element');
  const ports = app.container?.portMappings ?? app.portDefinitions ?? [];
  const names = ports.flatMap(({name}) => name ?? []);
  for (const [index, check] of checks.entries()) {
    const at = `/readinessChecks(${index})`;
    if (!names.includes(check.portName)) {
      refuse(faults, `${at}/portName`, `no port definition or mapping is named ${check.portName}`);
    }
    if (check.timeoutSeconds >= check.intervalSeconds) {
      refuse(faults, `${at}/timeoutSeconds`, 'must be less than the interval');
    }
  }
};

const volumes: Rule = (app, faults) => {
  for (const [index, volume] of (app.container?.volumes ?? []).entries()) {
    const at = `/container/volumes(${index})`;
    const {hostPath, persistent, external, secret, containerPath} = volume;
    const kinds = [hostPath, persistent, external, secret].filter((kind) => kind !== undefined);
    if (kinds.length !== 1) {
      refuse(faults, at, 'must be exactly one of host, persistent, external or secret volume');
    }
    if (secret === undefined && volume.mode === undefined) {
      refuse(faults, `${at}/mode`, 'not defined');
    }
    if (external?.provider === 'dvdi' && external.options['dvdi/driver'] === undefined) {
      refuse(faults, `${at}/external/options("dvdi/driver")`, 'not defined');
    }
    if (external?.size !== undefined && app.container?.type === 'DOCKER') {
      refuse(faults, `${at}/external/size`, 'must not be given for a DOCKER container');
    }
    if (persistent === undefined) continue;
    if (containerPath.includes('/') || containerPath === '.' || containerPath === '..') {
      refuse(faults, `${at}/containerPath`, 'must be a single relative path segment');
    }
    const {type, size, maxSize} = persistent;
    if (maxSize !== undefined && (type !== 'mount' || maxSize < size)) {
      refuse(faults, `${at}/persistent`, 'only mount volumes have a maxSize, not below the size');
    }
  }
};

const linux: Rule = (app, faults) => {
  const info = app.container?.linuxInfo as
    | {
        readonly seccomp?: {readonly profileName?: string; readonly unconfined?: boolean};
        readonly ipcInfo?: {readonly mode?: string; readonly shmSize?: number};
      }
    | undefined;
  const {seccomp, ipcInfo} = info ?? {};
  const at = '/container/linuxInfo';
  if (seccomp?.profileName !== undefined && seccomp.unconfined === true) {
    const message = 'Seccomp unconfined can NOT be true when Profile is defined';
    refuse(faults, `${at}/seccomp`, message);
  }
  if (seccomp !== undefined && seccomp.profileName === undefined && seccomp.unconfined !== true) {
    const message = 'Seccomp unconfined must be true when Profile is NOT defined';
    refuse(faults, `${at}/seccomp`, message);
  }
  if (ipcInfo?.mode === 'SHARE_PARENT' && ipcInfo.shmSize !== undefined) {
    const message = 'ipcInfo shmSize can NOT be set when mode is SHARE_PARENT';
    refuse(faults, `${at}/ipcInfo`, message);
  }
};

const strategies: Rule = (app, faults) => {
  const {unreachableStrategy: unreachable, upgradeStrategy: upgrade} = app;
  const resident = isResident(app);
  if (unreachable !== 'disabled') {
    if (resident) refuse(faults, '', 'unreachableStrategy must be disabled for resident apps');
    if (unreachable.inactiveAfterSeconds > unreachable.expungeAfterSeconds) {
      const message = 'inactiveAfterSeconds must not be more than expungeAfterSeconds';
      refuse(faults, '/unreachableStrategy', message);
    }
  }
  if (resident && upgrade.maximumOverCapacity !== 0) {
    refuse(faults, '/upgradeStrategy/maximumOverCapacity', 'must be 0 for resident apps');
  }
  if (resident && app.role === '*') refuse(faults, '/role', 'Resident apps cannot have the role *');
  if (app.labels['MARATHON_SINGLE_INSTANCE_APP'] !== 'true') return;
  if (app.instances > 1) refuse(faults, '', 'a single instance app may only have one instance');
  for (const name of ['minimumHealthCapacity', 'maximumOverCapacity'] as const) {
    if (upgrade[name] === 0) continue;
    refuse(faults, `/upgradeStrategy/${name}`, 'must be 0 for a single instance app');
  }
};

const hostPorts: Rule = (app, faults) => {
  if (usesHostNetwork(app)) return;
  const fixed = (app.container?.portMappings ?? []).flatMap(({hostPort = 0}) => hostPort || []);
  if (new Set(fixed).size < fixed.length) {
    refuse(faults, '/container/portMappings', 'fixed host ports must be unique');
  }
};

const RULES: readonly Rule[] = [
  identity,
  command,
  amounts,
  secrets,
  networks,
  mappings,
  hostPorts,
  portDefinitions,
  constraints,
  roles,
  healthChecks,
  readiness,
  volumes,
  linux,
  strategies,
];
