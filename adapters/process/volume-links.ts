/**
 * Volumes of a task that has no file system of its own: links in its sandbox, as Mesos makes them
 * for tasks without an image.
 */
import {chown, lstat, mkdir, realpath, symlink} from 'node:fs/promises';
import {dirname, isAbsolute, join, normalize, relative} from 'node:path';
import type {ContainerVolume} from '../../engine/index.ts';
import type {UnixAccount} from '../ports/unix-account.ts';

export interface VolumePlace {
  readonly sandbox: string;
  /** Undefined: as the agent. */
  readonly account: UnixAccount | undefined;
  /** Where the agent keeps persistent volumes. */
  readonly persistentRoot: string;
}

/** @throws if a volume cannot be had; the message is for people. */
export async function linkVolumes(
  volumes: readonly ContainerVolume[],
  place: VolumePlace,
): Promise<void> {
  for (const volume of volumes) await linkVolume(volume, place);
}

async function linkVolume(volume: ContainerVolume, place: VolumePlace): Promise<void> {
  const {containerPath} = volume;
  const target = await targetOf(volume, place);
  // It is there already.
  if (normalize(containerPath) === normalize(target)) return;
  if (isAbsolute(containerPath)) {
    throw new Error(
      `volume ${containerPath}: a task without an image can have volumes in its sandbox only; ` +
        'expected a relative containerPath',
    );
  }
  const path = join(place.sandbox, containerPath);
  if (path === target) return;
  await mkdir(dirname(path), {recursive: true});
  await refuseOutside(dirname(path), volume, place);
  try {
    await symlink(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`volume ${containerPath}: something of that name is in the sandbox already`, {
      cause: error,
    });
  }
}

async function targetOf(volume: ContainerVolume, place: VolumePlace): Promise<string> {
  const {containerPath, source} = volume;
  switch (source.kind) {
    case 'host':
      try {
        await lstat(source.path);
      } catch (error) {
        throw new Error(`volume ${containerPath}: '${source.path}' is not on this machine`, {
          cause: error,
        });
      }
      return source.path;
    case 'persistent': {
      const path = join(place.persistentRoot, encodeURIComponent(source.id));
      await mkdir(path, {recursive: true});
      if (place.account !== undefined) await own(path, place.account);
      return path;
    }
    case 'sandbox': {
      const path = join(place.sandbox, source.path);
      if (isOutside(path, place.sandbox)) throw outside(volume);
      await mkdir(path, {recursive: true});
      await refuseOutside(path, volume, place);
      if (place.account !== undefined) await own(path, place.account);
      return path;
    }
    case 'external':
    default:
      throw new Error(
        `volume ${containerPath}: external volumes need a container with an image ` +
          `('${source.name}' of driver '${source.driver}')`,
      );
  }
}

function own(path: string, {uid, gid}: UnixAccount): Promise<void> {
  return chown(path, uid, gid);
}

/** What was fetched into the sandbox may have links that lead away. */
async function refuseOutside(
  path: string,
  volume: ContainerVolume,
  {sandbox}: VolumePlace,
): Promise<void> {
  if (isOutside(await realpath(path), await realpath(sandbox))) throw outside(volume);
}

function isOutside(path: string, sandbox: string): boolean {
  const way = relative(sandbox, path);
  return way === '..' || way.startsWith('../') || isAbsolute(way);
}

function outside({containerPath}: ContainerVolume): Error {
  return new Error(`volume ${containerPath}: must not lead out of the sandbox`);
}
