/** Agents for tests on a real engine: each has containers, folders and a name of its own. */
import {randomUUID} from 'node:crypto';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type Docker from 'dockerode';
import type {ContainerSpec} from '../../../engine/index.ts';
import type {ExecutorBed} from '../../ports/testing/contract-agent.ts';
import type {OpenExecutor} from '../../ports/testing/remote-executor.ts';
import {AGENT_LABEL} from '../container-identity.ts';
import {makeDockerExecutor, type DockerExecutorOptions} from '../docker-executor.ts';
import {BUSYBOX_IMAGE, connectDocker, ensureBusybox} from './images.ts';

/** What an executor is opened with, but for functions: it may go to another process. */
export type BedArgument = Omit<DockerExecutorOptions, 'onProgress'>;

export interface DockerBed extends ExecutorBed {
  readonly docker: Docker;
  readonly argument: BedArgument;
  /** What operators were told in this process. */
  readonly progress: string[];
}

/** By agent. */
const progressOf = new Map<string, string[]>();

/** Called by its name, also in another process. @public */
export const openExecutor: OpenExecutor = async (argument, onNews) => {
  const options = argument as BedArgument;
  const onProgress = (about: string, message: string): void => {
    progressOf.get(options.agentId)?.push(`${about}: ${message}`);
  };
  return makeDockerExecutor({...options, onProgress}, onNews);
};

export function containerOf(terms: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: BUSYBOX_IMAGE,
    forcePull: false,
    privileged: false,
    network: {mode: 'none'},
    portMappings: [],
    parameters: [],
    volumes: [],
    ...terms,
  };
}

/** @param socket of an engine of the test's own; absent: DOCKER_HOST. */
export async function makeDockerBed(
  given: Partial<BedArgument> = {},
  socket?: string,
): Promise<DockerBed> {
  const docker = await connectDocker(socket);
  await ensureBusybox(docker);
  const folder = await mkdtemp(join(tmpdir(), 'drydock-docker-'));
  const agentId = `test-${randomUUID()}`;
  const progress: string[] = [];
  progressOf.set(agentId, progress);
  const argument: BedArgument = {
    agentId,
    controlDir: join(folder, 'control'),
    persistentRoot: join(folder, 'volumes'),
    publishAddress: '127.0.0.1',
    cfsQuota: false,
    ...(socket === undefined ? {} : {host: `unix://${socket}`}),
    ...given,
  };
  const listed = (): Promise<Docker.ContainerInfo[]> =>
    docker.listContainers({all: true, filters: {label: [`${AGENT_LABEL}=${agentId}`]}});
  return {
    folder,
    docker,
    terms: {container: containerOf()},
    module: new URL(import.meta.url),
    argument,
    progress,
    leftovers: async () => [
      ...(await listed()).map(({Names, State}) => `container ${Names.join(' ')} ${State}`),
      ...(await readdir(argument.controlDir)).map((file) => `file ${file}`),
    ],
    cleanUp: async () => {
      try {
        for (const {Id} of await listed()) {
          await docker.getContainer(Id).remove({force: true, v: true}).catch(ignoreGone);
        }
      } finally {
        progressOf.delete(agentId);
        await rm(folder, {recursive: true, force: true});
      }
    },
  };
}

/** What the executor was removing when it was closed. */
function ignoreGone(error: Error & {readonly statusCode?: number}): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
