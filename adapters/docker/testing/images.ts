/**
 * Images for tests, made on the spot from the machine's static busybox: no registry is asked for
 * anything. They hold a shell, the usual commands and `httpd`.
 */
import {execFile} from 'node:child_process';
import {copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {promisify} from 'node:util';
import type Docker from 'dockerode';

const run = promisify(execFile);
const BUSYBOX = '/bin/busybox';

/** The image that most tests use. */
export const BUSYBOX_IMAGE = 'drydock-test/busybox:1';

/** A connection of the test's own, to the engine that DOCKER_HOST names. */
export async function connectDocker(socketPath?: string): Promise<Docker> {
  const {default: DockerClient} = await import('dockerode');
  return new DockerClient(socketPath === undefined ? {} : {host: undefined, socketPath});
}

/** Makes {@link BUSYBOX_IMAGE}, unless the engine has it. */
export async function ensureBusybox(docker: Docker): Promise<void> {
  try {
    await docker.getImage(BUSYBOX_IMAGE).inspect();
  } catch (error) {
    if ((error as {statusCode?: number}).statusCode !== 404) throw error;
    await importBusybox(docker, BUSYBOX_IMAGE);
  }
}

/**
 * @param name with its tag.
 * @param changes as in a Dockerfile: `ENTRYPOINT ["/bin/echo"]`, `CMD …`, `ENV …`, `EXPOSE …`.
 */
export async function importBusybox(
  docker: Docker,
  name: string,
  changes: readonly string[] = [],
): Promise<void> {
  const [repo, tag = 'latest'] = splitTag(name);
  const file = Readable.from([await busyboxTar()]);
  const stream = await docker.importImage(file, {repo, tag, changes: [...changes]});
  const problem = await new Promise<string | undefined>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, lines: readonly {readonly error?: string}[]) => {
      if (error) reject(error);
      else resolve(lines.find((line) => line.error !== undefined)?.error);
    });
  });
  if (problem !== undefined) throw new Error(`image ${name} cannot be made: ${problem}`);
}

function splitTag(name: string): readonly [string, string?] {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name];
}

let tar: Promise<Buffer> | undefined;

/** The files of the image, uncompressed. */
function busyboxTar(): Promise<Buffer> {
  tar ??= tarOf(fillWithBusybox);
  return tar;
}

/** @param fill puts into a folder what is to be in it. */
export async function tarOf(fill: (root: string) => Promise<void>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-image-'));
  try {
    const root = join(folder, 'root');
    await mkdir(root);
    await fill(root);
    const file = join(folder, 'image.tar');
    await run('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-cf', file, '.']);
    return await readFile(file);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** Puts the files of the image into a folder. */
export async function fillWithBusybox(root: string): Promise<void> {
  for (const part of ['bin', 'etc', 'tmp', 'www']) await mkdir(join(root, part));
  await copyFile(BUSYBOX, join(root, 'bin', 'busybox')).catch((cause: unknown) => {
    throw new Error(`${BUSYBOX} is needed: install busybox-static`, {cause});
  });
  const {stdout} = await run(BUSYBOX, ['--list']);
  for (const applet of stdout.trim().split('\n')) {
    if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
  }
  const users = ['root:x:0:0:root:/:/bin/sh', 'nobody:x:65534:65534:nobody:/:/bin/sh'];
  await writeFile(join(root, 'etc', 'passwd'), `${users.join('\n')}\n`);
  await writeFile(join(root, 'etc', 'group'), 'root:x:0:\nnogroup:x:65534:\n');
  await writeFile(join(root, 'www', 'index.html'), 'hello from busybox\n');
}
