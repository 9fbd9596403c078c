/** The volumes of a task, and what of them cannot be had. */
import type {
  ChronosContainer,
  MetronomeRun,
} from '../frameworks/chronos/definition/job-definition.ts';
import type {Container, ExternalVolume} from '../frameworks/marathon/definition/app-definition.ts';
import type {Amounts} from '../resources/amounts.ts';
import type {ContainerVolume} from './task-spec.ts';

export interface Volumes {
  readonly volumes: readonly ContainerVolume[];
  readonly problems: readonly string[];
}

/** A volume or, as text, why there is none. */
type Found = ContainerVolume | string;

/** Persistent volumes are among the task's resources, which name where each of them appears. */
export function appVolumes(container: Container | undefined, resources: Amounts): Volumes {
  return sorted(
    (container?.volumes ?? []).map((volume): Found => {
      const {containerPath, mode = 'RW', hostPath, external, persistent, secret} = volume;
      if (secret !== undefined) return secretProblem(containerPath, secret);
      if (external !== undefined) return externalVolume(containerPath, mode, external);
      if (persistent === undefined) return hostVolume(containerPath, mode, hostPath);
      const id = persistenceIdAt(containerPath, resources);
      if (id === undefined) return `volume ${containerPath}: the task was given no such volume`;
      return {containerPath, mode, source: {kind: 'persistent', id}};
    }),
  );
}

export function chronosVolumes(container: ChronosContainer | undefined): Volumes {
  return sorted(
    (container?.volumes ?? []).map(({containerPath, mode = 'RW', hostPath, external}): Found => {
      if (external === undefined) return hostVolume(containerPath, mode, hostPath);
      const options = Object.fromEntries(external.options.map(({key, value}) => [key, value]));
      return externalVolume(containerPath, mode, {...external, options});
    }),
  );
}

export function metronomeVolumes({volumes}: Pick<MetronomeRun, 'volumes'>): Volumes {
  return sorted(
    volumes.map((volume): Found => {
      const {containerPath} = volume;
      if ('secret' in volume) return secretProblem(containerPath, volume.secret);
      return hostVolume(containerPath, volume.mode, volume.hostPath);
    }),
  );
}

function sorted(found: readonly Found[]): Volumes {
  return {
    volumes: found.filter((item) => typeof item !== 'string'),
    problems: found.filter((item) => typeof item === 'string'),
  };
}

/** A relative path on the host is one below the sandbox; none is a fresh folder. */
function hostVolume(
  containerPath: string,
  mode: ContainerVolume['mode'],
  hostPath: string | undefined,
): Found {
  const path = hostPath ?? containerPath.replace(/^\/+/, '');
  if (path.startsWith('/')) return {containerPath, mode, source: {kind: 'host', path}};
  const isOutside = path.split('/').includes('..');
  if (isOutside || path === '') {
    return `volume ${containerPath}: hostPath '${path}' must not lead out of the sandbox`;
  }
  return {containerPath, mode, source: {kind: 'sandbox', path}};
}

/** Options of the volume driver are written with the driver's name space in front. */
const DVDI = 'dvdi/';

function externalVolume(
  containerPath: string,
  mode: ContainerVolume['mode'],
  {name, provider, options, size}: ExternalVolume,
): Found {
  if (provider !== 'dvdi') {
    return `volume ${containerPath}: provider '${provider}' is not supported (expected 'dvdi')`;
  }
  const {[`${DVDI}driver`]: driver = 'local', ...others} = options;
  const given = Object.entries(others).map(([key, value]) => [
    key.startsWith(DVDI) ? key.slice(DVDI.length) : key,
    value,
  ]);
  const sized = size === undefined ? {} : {size: `${size}`};
  const source = {
    kind: 'external',
    name,
    driver,
    options: {...sized, ...Object.fromEntries(given)},
  } as const;
  return {containerPath, mode, source};
}

function persistenceIdAt(containerPath: string, {special = []}: Amounts): string | undefined {
  return special.find(({disk}) => disk?.volume?.container_path === containerPath)?.disk?.persistence
    ?.id;
}

function secretProblem(containerPath: string, secret: string): string {
  return `volume ${containerPath}: there is no secret store to take secret '${secret}' from`;
}
