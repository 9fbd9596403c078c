/** Rules on health checks, checks and readiness checks (reference parts 1.1, 3.7 and 4.1). */
import {KILL_SHARE_LABEL, parseShare} from '../health/kill-guard.ts';
import type {AppDefinition} from './app-definition.ts';
import {isObject, refuse, type Fault} from '../../json/json-shape.ts';
import {excerpt} from '../../json/excerpt.ts';

type NamedPort = {readonly name?: string | undefined};

function portsOf(app: AppDefinition): readonly NamedPort[] {
  return app.container?.portMappings ?? app.portDefinitions ?? [];
}

export function healthChecks(app: AppDefinition, faults: Fault[]): void {
  const ports = portsOf(app);
  const list = app.healthChecks ?? [];
  const isByAgent = (protocol: string): boolean => protocol.startsWith('MESOS_');
  for (const [index, check] of list.entries()) {
    const at = `/healthChecks(${index})`;
    const {protocol, port, portIndex, ipProtocol} = check;
    if (ipProtocol === 'IPv6' && !(isByAgent(protocol) && app.container?.type === 'DOCKER')) {
      const message =
        'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks';
      refuse(faults, at, message);
    }
    if (protocol === 'COMMAND') {
      if (check.command === undefined) refuse(faults, `${at}/command`, 'not defined');
      continue;
    }
    if (check.command !== undefined) refuse(faults, at, 'only COMMAND checks have a command');
    if (port !== undefined && portIndex !== undefined) {
      refuse(faults, at, 'must specify either a port or a portIndex, not both');
    } else if (port === undefined && (portIndex ?? 0) >= ports.length) {
      refuse(faults, at, PORT_MISSING);
    }
  }
  if (list.filter(({protocol}) => isByAgent(protocol)).length > 1) {
    refuse(faults, '', 'AppDefinition can contain at most one Mesos health check');
  }
}

const PORT_MISSING =
  'Health check port indices must address an element of the ports array or container port ' +
  'mappings.';

/** The one check whose result is only reported. */
export function checks(app: AppDefinition, faults: Fault[]): void {
  const {check} = app;
  if (check === undefined) return;
  const kinds = ['http', 'tcp', 'exec'].filter((kind) => check[kind] !== undefined);
  if (kinds.length !== 1) refuse(faults, '/check', 'must be exactly one of http, tcp or exec');
  if (app.container?.type === 'DOCKER') {
    refuse(faults, '/check', 'is not supported with the Docker containerizer');
  }
  for (const kind of ['http', 'tcp'] as const) {
    const given = check[kind];
    const index = isObject(given) ? given['portIndex'] : undefined;
    if (typeof index === 'number' && index >= portsOf(app).length) {
      refuse(faults, `/check/${kind}/portIndex`, PORT_MISSING);
    }
  }
  const exec = check['exec'];
  const command = isObject(exec) && isObject(exec['command']) ? exec['command'] : undefined;
  if (
    command !== undefined &&
    (command['shell'] === undefined) === (command['argv'] === undefined)
  ) {
    refuse(faults, '/check/exec/command', 'must be exactly one of shell or argv');
  }
}

export function readiness(app: AppDefinition, faults: Fault[]): void {
  const list = app.readinessChecks ?? [];
  if (list.length > 1) refuse(faults, '/readinessChecks', `got ${list.length}, expected 1 or less`);
  const names = portsOf(app).flatMap(({name}) => name ?? []);
  for (const [index, check] of list.entries()) {
    const at = `/readinessChecks(${index})`;
    const {portName, timeoutSeconds, intervalSeconds} = check;
    if (!names.includes(portName)) {
      refuse(faults, `${at}/portName`, `No port definition reference for portName ${portName}`);
    }
    if (timeoutSeconds >= intervalSeconds) {
      const message = `got ${timeoutSeconds}, expected less than ${intervalSeconds}`;
      refuse(faults, `${at}/timeoutSeconds`, message);
    }
  }
}

/** See the kill guard, which reads it. */
export function killShare({labels}: Pick<AppDefinition, 'labels'>, faults: Fault[]): void {
  const share = labels[KILL_SHARE_LABEL];
  if (share === undefined || parseShare(share) !== undefined) return;
  refuse(
    faults,
    `/labels/${KILL_SHARE_LABEL}`,
    `expected a number from 0 to 1, found "${excerpt(share)}"`,
  );
}
