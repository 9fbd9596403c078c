/**
 * What the executor of an app's task is told: plain JSON, everything that a Docker or process
 * executor needs.
 */
import {addNamedRanges, type Resources} from '../../../resources/vector.ts';
import type {TaskLaunch} from '../../../scheduler.ts';
import {usesHostNetwork, type AppDefinition} from '../definition/app-definition.ts';
import type {Instance} from '../instances/instances.ts';
import {taskIdFor} from '../definition/path-id.ts';
import {portRanges, type WantedPort} from './ports.ts';
import type {RunSpec} from './run-spec.ts';

/** `details` of a {@link TaskLaunch}. Fields that the app does not give are absent. */
export interface AppTaskDetails extends Pick<
  AppDefinition,
  | 'args'
  | 'check'
  | 'cmd'
  | 'container'
  | 'executor'
  | 'fetch'
  | 'healthChecks'
  | 'labels'
  | 'networks'
  | 'resourceLimits'
  | 'taskKillGracePeriodSeconds'
  | 'tty'
  | 'user'
> {
  readonly kind: 'app';
  readonly appId: string;
  readonly version: string;
  readonly instanceId: string;
  readonly env: Readonly<Record<string, string>>;
  /** One per port definition or mapping; null = none. */
  readonly hostPorts: readonly WantedPort[];
}

/** The launch of an instance that has been provisioned on an agent. */
export function makeTaskLaunch(instance: Instance): TaskLaunch {
  const {spec, hostPorts} = instance;
  const {definition} = spec.app;
  const taskId = taskIdFor(instance.id, instance.incarnation);
  const {args, check, cmd, container, executor, fetch, healthChecks, labels} = definition;
  const {networks, resourceLimits, taskKillGracePeriodSeconds, tty, user} = definition;
  const details: AppTaskDetails = {
    kind: 'app',
    appId: spec.appId,
    version: spec.versionText,
    instanceId: instance.id,
    ...given({args, check, cmd, container, fetch, healthChecks, resourceLimits, tty, user}),
    ...given({taskKillGracePeriodSeconds}),
    executor,
    labels,
    networks,
    env: taskEnv(spec, {taskId, host: instance.host ?? '', hostPorts}),
    hostPorts,
  };
  return {
    taskId,
    name: spec.taskName,
    origin: {kind: 'app', appId: spec.appId, version: spec.versionText},
    resources: resourcesFor(spec, hostPorts),
    details,
  };
}

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

function resourcesFor(spec: RunSpec, hostPorts: readonly WantedPort[]): Resources {
  const ranges = portRanges(hostPorts);
  if (ranges.length === 0) return spec.needs;
  return {...spec.needs, ranges: addNamedRanges([], [{name: 'ports', ranges}])};
}

interface TaskPlace {
  readonly taskId: string;
  readonly host: string;
  readonly hostPorts: readonly WantedPort[];
}

/**
 * The environment of a task (reference part 1.5); what the app says wins over what is generated.
 */
export function taskEnv(spec: RunSpec, place: TaskPlace): Readonly<Record<string, string>> {
  const {definition} = spec.app;
  const env: Record<string, string> = {
    HOST: place.host,
    MESOS_TASK_ID: place.taskId,
    MARATHON_APP_ID: spec.appId,
    MARATHON_APP_VERSION: spec.versionText,
    MARATHON_APP_RESOURCE_CPUS: decimal(definition.cpus),
    MARATHON_APP_RESOURCE_MEM: decimal(definition.mem),
    MARATHON_APP_RESOURCE_DISK: decimal(definition.disk),
    MARATHON_APP_RESOURCE_GPUS: `${definition.gpus}`,
    ...labelEnv(definition.labels),
    ...portEnv(definition, place.hostPorts),
  };
  const image = definition.container?.docker?.image;
  if (image !== undefined) env['MARATHON_APP_DOCKER_IMAGE'] = image;
  for (const [name, value] of Object.entries(definition.env ?? {})) {
    if (typeof value === 'string') env[name] = value;
  }
  return env;
}

/** As the JVM prints doubles: always with a fraction. */
function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}

function labelEnv(labels: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(labels).map((label) =>
    label.toUpperCase().replace(/[^A-Z0-9_]+/g, '_'),
  );
  const env: Record<string, string> = {MARATHON_APP_LABELS: names.join(' ')};
  Object.values(labels).forEach((value, at) => {
    env[`MARATHON_APP_LABEL_${names[at]}`] = value;
  });
  return env;
}

function portEnv(
  definition: AppDefinition,
  hostPorts: readonly WantedPort[],
): Record<string, string> {
  const mappings = usesHostNetwork(definition) ? undefined : definition.container?.portMappings;
  const slots: readonly {readonly number: number; readonly name?: string | undefined}[] =
    mappings?.map(({containerPort, name}) => ({number: containerPort, name})) ??
    (definition.portDefinitions ?? []).map(({port, name}) => ({number: port, name}));
  const effective = slots.map(({number}, at) => hostPorts[at] ?? number);
  if (effective.length === 0) return {};
  const env: Record<string, string> = {PORT: `${effective[0]}`, PORTS: effective.join(',')};
  slots.forEach(({number, name}, at) => {
    env[`PORT${at}`] = `${effective[at]}`;
    if (number !== 0) env[`PORT_${number}`] = `${effective[at]}`;
    if (name === undefined) return;
    env[`PORT_${name.toUpperCase().replace(/[^A-Z0-9_]+/g, '_')}`] = `${effective[at]}`;
  });
  return env;
}
