/**
 * Rules on a whole app in canonical form, beyond the types of its fields (reference parts 1.1 to
 * 1.4, 1.9, 6.1). Messages and paths are Marathon's, where it has the rule.
 */
import {thousandths} from '../../../resources/thousandths.ts';
import {isResident, type AppDefinition, type NormaliseConfig} from './app-definition.ts';
import {constraintFault} from '../launch/constraints.ts';
import {refuseFeature} from './features.ts';
import {refuse, type Fault} from '../../json/json-shape.ts';
import {isUri} from './old-form.ts';
import {pathFault} from './path-id.ts';
import {roleFault, type RoleRules} from './roles.ts';
import {checks, healthChecks, killShare, readiness} from './validate-checks.ts';
import {linux, volumes} from './validate-container.ts';
import {hostPorts, mappings, networks, portDefinitions} from './validate-networks.ts';

type Rule = (app: AppDefinition, faults: Fault[], config: NormaliseConfig) => void;

/** All that is wrong with an app. */
export function validateApp(
  app: AppDefinition,
  config: NormaliseConfig,
  roles: RoleRules = {defaultRole: config.defaultRole, topGroupEnforceRole: false},
): readonly Fault[] {
  const faults: Fault[] = [];
  for (const rule of RULES) rule(app, faults, config);
  refuseRoles(app, roles, faults);
  return faults;
}

const identity: Rule = (app, faults) => {
  const fault = pathFault(app.id);
  if (fault !== undefined) refuse(faults, '/id', fault);
  for (const [at, path] of (app.dependencies ?? []).entries()) {
    const wrong = path === '/' ? undefined : pathFault(path);
    if (wrong !== undefined) refuse(faults, `/dependencies(${at})`, wrong);
  }
};

const command: Rule = ({cmd, args, container, tty}, faults) => {
  const hasImage = container?.docker !== undefined;
  const good = cmd === undefined ? args !== undefined || hasImage : args === undefined;
  if (!good) {
    const message =
      "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
    refuse(faults, '', message);
  }
  if (tty === true && container?.type === 'DOCKER') {
    refuse(faults, '/tty', 'is not supported with the Docker containerizer');
  }
};

const artifacts: Rule = ({fetch = []}, faults) => {
  for (const [at, {uri}] of fetch.entries()) {
    if (!isUri(uri)) refuse(faults, `/fetch(${at})/uri`, 'URI has invalid syntax.');
  }
};

const amounts: Rule = (app, faults, {enabledFeatures}) => {
  for (const name of ['cpus', 'mem', 'disk', 'gpus'] as const) {
    const tooMuch = app[name] > 1 && thousandths(app[name]) === undefined;
    if (tooMuch) refuse(faults, `/${name}`, 'is more than any machine has');
  }
  for (const name of ['cpus', 'mem'] as const) {
    const limit = app.resourceLimits?.[name];
    if (typeof limit === 'number' && limit < app[name]) {
      const requested = `requested resource (${app[name]})`;
      const message = `resource limit must be greater than or equal to ${requested}`;
      refuse(faults, `/resourceLimits/${name}`, message);
    }
  }
  if (app.gpus === 0) return;
  if (app.container?.type === 'DOCKER') {
    refuse(faults, '', 'GPU resources only work with the Mesos containerizer');
  }
  refuseFeature('gpu_resources', '', faults, enabledFeatures);
};

const secrets: Rule = (app, faults, {enabledFeatures}) => {
  const known = app.secrets ?? {};
  if (Object.keys(known).length > 0) refuseFeature('secrets', '/secrets', faults, enabledFeatures);
  if (Object.hasOwn(known, '')) refuse(faults, '/secrets', 'must not be empty');
  const used = Object.entries(app.env ?? {}).filter(([, value]) => typeof value !== 'string');
  if (used.length > 0 && !enabledFeatures.includes('secrets')) {
    const message =
      'use of secret-references in the environment requires the secrets feature to be enabled';
    refuse(faults, '/env', message);
  }
  for (const [name, value] of used) {
    if (typeof value === 'string' || Object.hasOwn(known, value.secret)) continue;
    refuse(faults, `/env/${name}/secret`, 'references an undefined secret');
  }
  const pull = app.container?.docker?.pullConfig;
  if (pull === undefined) return;
  const at = '/container/docker/pullConfig';
  if (app.container?.type === 'DOCKER') {
    refuse(faults, at, 'pullConfig is not supported with Docker containerizer');
    return;
  }
  refuseFeature('secrets', at, faults, enabledFeatures);
  if (!Object.hasOwn(known, pull.secret)) {
    refuse(faults, at, 'pullConfig.secret must refer to an existing secret');
  }
};

const constraints: Rule = (app, faults) => {
  for (const [at, constraint] of (app.constraints ?? []).entries()) {
    const fault = constraintFault(constraint);
    if (fault !== undefined) refuse(faults, `/constraints(${at})`, fault);
  }
};

function refuseRoles(app: AppDefinition, rules: RoleRules, faults: Fault[]): void {
  const fault = roleFault(app.id, app.role, rules);
  if (fault !== undefined) refuse(faults, '/role', fault);
  const resident = isResident(app);
  if (resident && app.role === '*') refuse(faults, '/role', 'Resident apps cannot have the role *');
  const accepted = app.acceptedResourceRoles;
  if (accepted === undefined) return;
  const at = '/acceptedResourceRoles';
  if (accepted.length === 0) refuse(faults, at, 'must not be empty');
  if (accepted.some((role) => role !== '*' && role !== app.role)) {
    refuse(faults, at, `acceptedResourceRoles can only contain * and ${app.role}`);
  } else if (resident && (accepted.length !== 1 || accepted[0] !== '*')) {
    refuse(faults, at, 'A resident app must have `acceptedResourceRoles = ["*"]`.');
  }
}

const strategies: Rule = (app, faults) => {
  const {unreachableStrategy: unreachable, upgradeStrategy: upgrade} = app;
  const resident = isResident(app);
  if (unreachable !== 'disabled') {
    if (resident) refuse(faults, '', 'unreachableStrategy must be disabled for resident tasks');
    if (unreachable.inactiveAfterSeconds > unreachable.expungeAfterSeconds) {
      const message = 'inactiveAfterSeconds must not be more than expungeAfterSeconds';
      refuse(faults, '/unreachableStrategy', message);
    }
  }
  const isSingle = app.labels['MARATHON_SINGLE_INSTANCE_APP'] === 'true';
  if (isSingle && app.instances > 1) {
    refuse(faults, '', 'Single instance app may only have one instance');
  }
  for (const name of ['minimumHealthCapacity', 'maximumOverCapacity'] as const) {
    const mustBeZero = isSingle || (resident && name === 'maximumOverCapacity');
    if (!mustBeZero || upgrade[name] === 0) continue;
    refuse(faults, `/upgradeStrategy/${name}`, `got ${upgrade[name]}, expected 0`);
  }
};

const RULES: readonly Rule[] = [
  volumes,
  linux,
  mappings,
  hostPorts,
  portDefinitions,
  command,
  healthChecks,
  killShare,
  checks,
  artifacts,
  secrets,
  amounts,
  readiness,
  strategies,
  constraints,
  networks,
  identity,
];
