/**
 * What the executor of an app's task is told: plain JSON, everything that a Docker or process
 * executor needs.
 */
import type {Resources} from '../../../resources/vector.ts';
import type {TaskLaunch} from '../../../scheduler.ts';
import type {AppDefinition, Container} from '../definition/app-definition.ts';
import type {Instance} from '../instances/instances.ts';
import {taskIdFor} from '../definition/path-id.ts';
import type {WantedPort} from './ports.ts';
import {secretEnv, taskEnv, type LaunchSettings} from './task-env.ts';

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
  | 'secrets'
  | 'taskKillGracePeriodSeconds'
  | 'tty'
  | 'user'
> {
  readonly kind: 'app';
  readonly appId: string;
  readonly version: string;
  readonly instanceId: string;
  readonly env: Readonly<Record<string, string>>;
  /** Variables whose value is a secret: by the name of the secret, which `secrets` has. */
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
  /** One per port definition or mapping; null = none. */
  readonly hostPorts: readonly WantedPort[];
}

/** The launch of an instance that has been provisioned on an agent, on exactly these resources. */
export function makeTaskLaunch(
  instance: Instance,
  resources: Resources,
  settings: LaunchSettings,
): TaskLaunch {
  const {spec, hostPorts} = instance;
  const {definition} = spec.app;
  const taskId = taskIdFor(instance.id, instance.incarnation);
  const {args, check, cmd, executor, fetch, healthChecks, labels, secrets} = definition;
  const {networks, resourceLimits, taskKillGracePeriodSeconds, tty, user} = definition;
  const container = containerFor(definition.container, taskId, hostPorts);
  const details: AppTaskDetails = {
    kind: 'app',
    appId: spec.appId,
    version: spec.versionText,
    instanceId: instance.id,
    ...given({args, check, cmd, container, fetch, healthChecks, resourceLimits, tty, user}),
    ...given({taskKillGracePeriodSeconds, secrets, secretEnv: secretEnv(definition)}),
    executor,
    labels,
    networks,
    env: taskEnv(spec, {taskId, host: instance.host ?? '', hostPorts}, settings),
    hostPorts,
  };
  return {
    taskId,
    name: spec.taskName,
    origin: {kind: 'app', appId: spec.appId, version: spec.versionText},
    resources,
    details,
  };
}

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/**
 * The container of one task: its mappings name the ports that it got, and Docker is told the id of
 * the task by a label.
 */
function containerFor(
  container: Container | undefined,
  taskId: string,
  hostPorts: readonly WantedPort[],
): Container | undefined {
  if (container === undefined) return undefined;
  const {docker, portMappings} = container;
  const label = {key: 'label', value: `MESOS_TASK_ID=${taskId}`};
  return {
    ...container,
    ...(docker !== undefined && container.type === 'DOCKER'
      ? {docker: {...docker, parameters: [...docker.parameters, label]}}
      : {}),
    ...(portMappings === undefined
      ? {}
      : {
          portMappings: portMappings.map((mapping, at) => {
            const hostPort = hostPorts[at] ?? undefined;
            const containerPort = mapping.containerPort || (hostPort ?? 0);
            return hostPort === undefined ? mapping : {...mapping, hostPort, containerPort};
          }),
        }),
  };
}
