/** The health checks of an app that its agent makes (reference parts 4.1 and 4.2). */
import {
  usesHostNetwork,
  type HealthCheck,
} from '../frameworks/marathon/definition/app-definition.ts';
import {isAgentLevel} from '../frameworks/marathon/health/probe-target.ts';
import type {AppTaskDetails} from '../frameworks/marathon/launch/task-launch.ts';
import type {AgentHealthCheck, CheckedPort} from './task-spec.ts';

type Checked = Pick<AppTaskDetails, 'container' | 'healthChecks' | 'hostPorts' | 'networks'>;

/** The others are made by Marathon itself. A check that has nowhere to go is left out. */
export function agentChecksOf(details: Checked): readonly AgentHealthCheck[] {
  return (details.healthChecks ?? []).filter(isAgentLevel).flatMap((health) => {
    const check = checkOf(health, details);
    if (check === undefined) return [];
    return {
      check,
      delayMs: health.delaySeconds * 1000,
      gracePeriodMs: health.gracePeriodSeconds * 1000,
      intervalMs: health.intervalSeconds * 1000,
      timeoutMs: health.timeoutSeconds * 1000,
      failuresMax: health.maxConsecutiveFailures,
    };
  });
}

function checkOf(health: HealthCheck, details: Checked): AgentHealthCheck['check'] | undefined {
  const {command, path = '', protocol} = health;
  if (protocol === 'COMMAND') {
    if (command === undefined) return undefined;
    return {kind: 'command', command: {kind: 'shell', text: command.value}};
  }
  const place = checkedPort(health, details);
  if (place === undefined) return undefined;
  if (protocol === 'MESOS_TCP') return {kind: 'tcp', ...place};
  const scheme = protocol === 'MESOS_HTTPS' ? 'https' : 'http';
  return {kind: 'http', scheme, path: path === '' ? '/' : path, ...place};
}

/** Checks of the agent go to the port in the container, if it has a network of its own. */
function checkedPort(
  {ipProtocol, port, portIndex = 0}: HealthCheck,
  {container, hostPorts, networks}: Checked,
): CheckedPort | undefined {
  if (usesHostNetwork({networks})) {
    const wanted = port ?? hostPorts[portIndex] ?? undefined;
    return wanted === undefined ? undefined : {port: wanted, ipProtocol};
  }
  const mappings = (container?.portMappings ?? []).map(({containerPort}, at) => {
    const hostPort = hostPorts[at] ?? undefined;
    return {port: containerPort || hostPort, hostPort};
  });
  const mapped =
    port === undefined ? mappings[portIndex] : mappings.find((mapping) => mapping.port === port);
  const inside = port ?? mapped?.port;
  if (inside === undefined) return undefined;
  const hostPort = mapped?.hostPort;
  return {port: inside, ipProtocol, ...(hostPort === undefined ? {} : {hostPort})};
}
