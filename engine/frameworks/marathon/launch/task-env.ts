/** The environment of a task (reference part 1.5). */
import type {MarathonOptions} from '../../../options.ts';
import {usesHostNetwork, type AppDefinition} from '../definition/app-definition.ts';
import type {WantedPort} from './ports.ts';
import type {RunSpec} from './run-spec.ts';

/** What about a launch is the cluster's own. */
export interface LaunchSettings extends Pick<MarathonOptions, 'envVarsPrefix'> {
  /** Whether the app's top-level group enforces its role; absent: the app is told nothing of it. */
  readonly enforceGroupRole?: boolean | undefined;
}

export interface TaskPlace {
  readonly taskId: string;
  readonly host: string;
  /** One per port definition or mapping; null = none. */
  readonly hostPorts: readonly WantedPort[];
}

/** What the app says wins over what is generated. Secrets are not among it. */
export function taskEnv(
  spec: RunSpec,
  place: TaskPlace,
  {envVarsPrefix = '', enforceGroupRole}: LaunchSettings,
): Readonly<Record<string, string>> {
  const {definition} = spec.app;
  const env: Record<string, string> = {
    [`${envVarsPrefix}HOST`]: place.host,
    MESOS_TASK_ID: place.taskId,
    MARATHON_APP_ID: spec.appId,
    MARATHON_APP_VERSION: spec.versionText,
    MARATHON_APP_RESOURCE_CPUS: decimal(definition.cpus),
    MARATHON_APP_RESOURCE_MEM: decimal(definition.mem),
    MARATHON_APP_RESOURCE_DISK: decimal(definition.disk),
    MARATHON_APP_RESOURCE_GPUS: `${definition.gpus}`,
  };
  const image = definition.container?.docker?.image;
  if (image !== undefined) env['MARATHON_APP_DOCKER_IMAGE'] = image;
  if (enforceGroupRole !== undefined) {
    env['MARATHON_APP_ENFORCE_GROUP_ROLE'] = `${enforceGroupRole}`.toUpperCase();
  }
  addLabels(env, definition.labels);
  addPorts(env, definition, place.hostPorts, envVarsPrefix);
  for (const [name, value] of Object.entries(definition.env ?? {})) {
    if (typeof value === 'string') env[name] = value;
    // A generated value must not stand where a secret belongs.
    else delete env[name];
  }
  return env;
}

/** Variables that are secrets, by the name of the secret; undefined where there are none. */
export function secretEnv({
  env = {},
}: Pick<AppDefinition, 'env'>): Readonly<Record<string, string>> | undefined {
  const secrets = Object.entries(env).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [[name, value.secret] as const],
  );
  return secrets.length === 0 ? undefined : Object.fromEntries(secrets);
}

/** As the JVM prints doubles: always with a fraction. */
function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}

function addLabels(env: Record<string, string>, labels: Readonly<Record<string, string>>): void {
  const names: string[] = [];
  for (const [label, value] of Object.entries(labels)) {
    const name = variableName(label);
    names.push(name);
    env[`MARATHON_APP_LABEL_${name}`] = value;
  }
  env['MARATHON_APP_LABELS'] = names.join(' ');
}

/** Of mappings the number is the container port, of port definitions the service port. */
function addPorts(
  env: Record<string, string>,
  definition: AppDefinition,
  hostPorts: readonly WantedPort[],
  prefix: string,
): void {
  const mappings = usesHostNetwork(definition) ? undefined : definition.container?.portMappings;
  const slots: readonly {readonly number: number; readonly name?: string | undefined}[] =
    mappings?.map(({containerPort, name}) => ({number: containerPort, name})) ??
    (definition.portDefinitions ?? []).map(({port, name}) => ({number: port, name}));
  if (slots.length === 0) return;
  // Without a host port it is reached at its number in the container.
  const ports = slots.map(({number}, at) => `${hostPorts[at] ?? number}`);
  env[`${prefix}PORT`] = ports[0] ?? '';
  env[`${prefix}PORTS`] = ports.join(',');
  for (const [at, {number, name}] of slots.entries()) {
    const port = ports[at] ?? '';
    env[`${prefix}PORT${at}`] = port;
    if (number !== 0) env[`${prefix}PORT_${number}`] = port;
    if (name !== undefined) env[`${prefix}PORT_${variableName(name)}`] = port;
  }
}

function variableName(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9_]+/g, '_');
}
