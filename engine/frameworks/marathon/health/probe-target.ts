/** Where the probes of a check go, and by whom a check is made (reference part 4.2). Pure. */
import {
  usesHostNetwork,
  type AppDefinition,
  type HealthCheck,
} from '../definition/app-definition.ts';
import type {WantedPort} from '../launch/ports.ts';

/** Made by the agent, which reports results with the task's status. */
export function isAgentLevel({protocol}: Pick<HealthCheck, 'protocol'>): boolean {
  return protocol === 'COMMAND' || protocol.startsWith('MESOS_');
}

type PortFields = Pick<AppDefinition, 'container' | 'networks' | 'portDefinitions'>;

/** What is known of a running instance. */
export interface ProbedPlace {
  readonly host: string | undefined;
  readonly containerIp: string | undefined;
  readonly hostPorts: readonly WantedPort[];
}

export type ProbeTarget =
  | {readonly ok: true; readonly host: string; readonly port: number}
  | {readonly ok: false; readonly cause: string};

/** Where the probes of a health check go. */
export function healthTarget(
  check: Pick<HealthCheck, 'port' | 'portIndex' | 'protocol'>,
  app: PortFields,
  place: ProbedPlace,
): ProbeTarget {
  const isOwnNetwork = isOnContainerNetwork(app);
  if (check.port !== undefined) return targetAt(place, check.port, isOwnNetwork);
  if (check.portIndex === undefined) return NO_PORT;
  return targetOf(check.portIndex, app, place, isAgentLevel(check));
}

/** Where the probes of a readiness check go: to the port of this name. */
export function readinessTarget(
  portName: string,
  app: PortFields,
  place: ProbedPlace,
): ProbeTarget {
  const ports = mappingsOf(app) ?? app.portDefinitions ?? [];
  const index = ports.findIndex(({name}) => name === portName);
  return index < 0 ? NO_PORT : targetOf(index, app, place, false);
}

const NO_PORT: ProbeTarget = {ok: false, cause: 'no port to probe'};

/**
 * Unlike Marathon, which looks for host ports of a container network at the container's address, a
 * host port is looked for on the agent. Container port 0 stands for the number of the host port.
 */
function targetOf(
  index: number,
  app: PortFields,
  place: ProbedPlace,
  prefersContainer: boolean,
): ProbeTarget {
  const hostPort = place.hostPorts[index] ?? undefined;
  const mapped = mappingsOf(app)?.[index]?.containerPort;
  const containerPort = mapped === 0 ? hostPort : mapped;
  const isInside = containerPort !== undefined && (prefersContainer || hostPort === undefined);
  const port = isInside ? containerPort : hostPort;
  if (port === undefined) return NO_PORT;
  return targetAt(place, port, isInside && isOnContainerNetwork(app));
}

function targetAt(place: ProbedPlace, port: number, isContainer: boolean): ProbeTarget {
  const host = isContainer ? place.containerIp : place.host;
  if (host !== undefined) return {ok: true, host, port};
  return {ok: false, cause: isContainer ? 'the container has no address' : 'no host to probe'};
}

/** Only there have containers addresses of their own that others reach. */
function isOnContainerNetwork({networks}: Pick<AppDefinition, 'networks'>): boolean {
  return networks.some(({mode}) => mode === 'container');
}

/** On the host network an app's mappings do not count. */
function mappingsOf(app: PortFields): NonNullable<PortFields['container']>['portMappings'] {
  return usesHostNetwork(app) ? undefined : app.container?.portMappings;
}
