/**
 * What may not change when an app is replaced by its next version: instances with persistent
 * volumes sit on reserved resources (reference part 7.6).
 */
import {isResident, type AppDefinition} from './app-definition.ts';
import {equalJson} from '../../json/json-equal.ts';
import {refuse, type Fault} from '../../json/json-shape.ts';
import {servicePortsOf} from './service-ports.ts';

const MESSAGE = 'Resident Tasks may not change resource requirements!';

/**
 * All that is wrong with going from `from` to `to`. With `force` a role may change; instances that
 * are there keep their old one.
 */
export function validateUpdate(
  from: AppDefinition,
  to: AppDefinition,
  {force}: {readonly force: boolean},
): readonly Fault[] {
  if (!isResident(from) && !isResident(to)) return [];
  const faults: Fault[] = [];
  if (!equalJson(persistentVolumes(from), persistentVolumes(to))) {
    refuse(faults, '', 'Persistent volumes can not be changed!');
  }
  for (const name of ['cpus', 'mem', 'disk', 'gpus'] as const) {
    if (from[name] !== to[name]) refuse(faults, `/${name}`, MESSAGE);
  }
  if (from.requirePorts !== to.requirePorts) refuse(faults, '/requirePorts', MESSAGE);
  if (!equalJson(hostPorts(from), hostPorts(to))) refuse(faults, '', `Host ports: ${MESSAGE}`);
  if (from.role !== to.role && !force) {
    const message =
      `The role of reservations cannot be changed: instances that are there keep the role ` +
      `${from.role}, and only new ones get ${to.role}. Use '?force=true' to do it.`;
    refuse(faults, '/role', message);
  }
  return faults;
}

/** Volumes by their path: their order means nothing. */
function persistentVolumes(app: AppDefinition): Readonly<Record<string, unknown>> {
  const volumes = app.container?.volumes.filter(({persistent}) => persistent !== undefined) ?? [];
  return Object.fromEntries(volumes.map((volume) => [volume.containerPath, volume]));
}

/** The ports that a host must have free, each once; 0 stands for any. */
function hostPorts(app: AppDefinition): readonly number[] {
  const {container, requirePorts} = app;
  const mapped = container?.portMappings?.flatMap(({hostPort}) => hostPort ?? []);
  const ports = mapped ?? servicePortsOf(app).map((port) => (requirePorts ? port : 0));
  return [...new Set(ports)].sort((left, right) => left - right);
}
