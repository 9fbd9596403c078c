/** Rules on volumes and on what Linux is told (reference part 1.2). */
import {
  isResident,
  type AppDefinition,
  type Container,
  type ExternalVolume,
  type NormaliseConfig,
  type PersistentVolume,
  type Volume,
} from './app-definition.ts';
import {compileWholeMatch} from '../../placement/patterns.ts';
import {refuseFeature} from './features.ts';
import {refuse, type Fault} from '../../json/json-shape.ts';

export function volumes(app: AppDefinition, faults: Fault[], config: NormaliseConfig): void {
  const {container} = app;
  if (container === undefined) return;
  const names = container.volumes.flatMap(({external}) => external?.name ?? []);
  if (new Set(names).size < names.length) {
    refuse(faults, '/container/volumes', 'Volume names must be unique');
  }
  for (const [index, volume] of container.volumes.entries()) {
    const at = `/container/volumes(${index})`;
    refuseKind(volume, at, faults);
    if (volume.persistent !== undefined) {
      refusePlace(volume, at, faults);
      refusePersistent(volume.persistent, `${at}/persistent`, faults);
    }
    if (volume.external !== undefined) {
      refuseFeature('external_volumes', at, faults, config.enabledFeatures);
      refuseExternal(container, volume.external, `${at}/external`, faults);
    }
    if (volume.secret === undefined) continue;
    refuseFeature('secrets', at, faults, config.enabledFeatures);
    if (!Object.hasOwn(app.secrets ?? {}, volume.secret)) {
      refuse(faults, at, 'volume.secret must refer to an existing secret');
    }
  }
  refuseSharing(app, faults);
}

function refuseKind(volume: Volume, at: string, faults: Fault[]): void {
  const {hostPath, persistent, external, secret, mode} = volume;
  const kinds = [hostPath, persistent, external, secret].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) {
    refuse(faults, at, 'must be exactly one of host, persistent, external or secret volume');
  }
  if (secret === undefined && mode === undefined) refuse(faults, `${at}/mode`, 'not defined');
}

/** A persistent volume appears in the sandbox, and is written to. */
function refusePlace({containerPath, mode}: Volume, at: string, faults: Fault[]): void {
  if (containerPath === '.' || containerPath === '..') {
    refuse(faults, `${at}/containerPath`, 'can not be one of (.,..)');
  }
  if (containerPath.includes('/')) {
    refuse(faults, `${at}/containerPath`, 'value must not contain "/"');
  }
  if (mode === 'RO') refuse(faults, `${at}/mode`, 'got RO, expected RW');
}

function refusePersistent(volume: PersistentVolume, at: string, faults: Fault[]): void {
  const {type, size, maxSize, constraints = []} = volume;
  if (maxSize !== undefined && type !== 'mount') {
    refuse(faults, at, 'Only mount volumes can have maxSize');
  }
  if (maxSize !== undefined && maxSize < size) {
    refuse(faults, at, 'Max size must be larger than size');
  }
  if (type === 'root' && constraints.length > 0) {
    refuse(faults, at, 'Constraints on root volumes are not supported');
  }
  for (const [index, constraint] of constraints.entries()) {
    const fault = diskFault(constraint);
    if (fault !== undefined) refuse(faults, `${at}/constraints(${index})`, fault);
  }
}

/** Disks are chosen by their path alone. */
function diskFault(constraint: readonly string[]): string | undefined {
  const [field, operator = '', value] = constraint;
  if (constraint.length !== 3 || field !== 'path' || value === undefined) {
    return `Unsupported constraint ${constraint.join(',')}`;
  }
  if (!['LIKE', 'UNLIKE'].includes(operator.toUpperCase())) {
    return 'Operator must be one of LIKE, UNLIKE';
  }
  return compileWholeMatch(value).ok ? undefined : 'Invalid regular expression';
}

function refuseExternal(
  {type}: Container,
  {provider, options, size}: ExternalVolume,
  at: string,
  faults: Fault[],
): void {
  if (provider !== 'dvdi') return;
  const driver = options[DVDI_DRIVER];
  if (driver === undefined) refuse(faults, `${at}/options("${DVDI_DRIVER}")`, 'not defined');
  if (type !== 'DOCKER') return;
  if (size !== undefined) {
    refuse(faults, `${at}/size`, 'must be undefined for Docker containers');
  }
  if (Object.keys(options).some((name) => name !== DVDI_DRIVER)) {
    refuse(faults, `${at}/options`, `must only contain ${DVDI_DRIVER}`);
  }
}

const DVDI_DRIVER = 'dvdi/driver';

/** A volume that only one instance can have mounted. */
function refuseSharing(app: AppDefinition, faults: Fault[]): void {
  const isExclusive = app.container?.volumes.some(
    ({external}) => external?.provider === 'dvdi' && external.shared !== true,
  );
  if (isExclusive !== true) return;
  if (app.instances > 1) {
    const where = `app [${app.id}]`;
    const message = `Number of instances is limited to 1 when declaring DVDI volumes in ${where}`;
    refuse(faults, '', message);
  }
  const {maximumOverCapacity} = app.upgradeStrategy;
  if (maximumOverCapacity === 0 || isResident(app)) return;
  const message = `got ${maximumOverCapacity}, expected 0`;
  refuse(faults, '/upgradeStrategy/maximumOverCapacity', message);
}

export function linux(app: AppDefinition, faults: Fault[]): void {
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
}
