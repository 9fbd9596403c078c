/** What runs the tasks of an agent: plain processes always, images where there is an engine. */
import {join} from 'node:path';
import type {Logger} from 'pino';
import {dockerAnswers} from '../../adapters/docker/docker-answers.ts';
import {makeDockerExecutor} from '../../adapters/docker/docker-executor.ts';
import {makeProcessExecutor} from '../../adapters/process/process-executor.ts';
import type {ExecutorNews} from '../../adapters/ports/executor.ts';
import type {Executors} from '../agent/executors.ts';
import type {TaskSettings} from '../config/tables.ts';

/** No engine answers, and one was insisted on. */
export class NoDockerError extends Error {
  constructor(why: string) {
    super(`--docker on: ${why} (start one, or leave --docker away)`);
    this.name = 'NoDockerError';
  }
}

export interface DockerChoice {
  /** An engine answers. */
  readonly isUsed: boolean;
  /** None does, but one that comes later is used. */
  readonly mayCome: boolean;
  /** For people: its version, or why it is not used. */
  readonly why: string;
}

/** @throws NoDockerError */
export async function chooseDocker(settings: TaskSettings): Promise<DockerChoice> {
  if (settings.docker === 'off') return {isUsed: false, mayCome: false, why: 'switched off'};
  const answer = await dockerAnswers(settings['docker-host']);
  if (answer.ok) return {isUsed: true, mayCome: false, why: `Docker ${answer.version}`};
  if (settings.docker === 'on') throw new NoDockerError(answer.why ?? 'unknown');
  return {isUsed: false, mayCome: true, why: answer.why ?? 'unknown'};
}

const NOT_USED = 'this agent uses no Docker engine (--docker off)';

function switchesUser(choice: TaskSettings['switch-user']): boolean {
  return choice === 'auto' ? process.getuid?.() === 0 : choice === 'on';
}

export interface ExecutorPlace {
  readonly agentId: string;
  readonly workDir: string;
  readonly volumesRoot: string;
  /** Published ports of containers are bound here. */
  readonly publishAddress: string;
}

export async function makeExecutors(
  settings: TaskSettings,
  {agentId, workDir, volumesRoot, publishAddress}: ExecutorPlace,
  {
    docker,
    onNews,
    log,
  }: {
    readonly docker: DockerChoice;
    readonly onNews: (news: ExecutorNews) => void;
    readonly log: Logger;
  },
): Promise<Executors> {
  const logBytesMax = settings['sandbox-log-bytes'];
  const onProgress = (about: string, message: string): void => log.info({about}, message);
  const processes = makeProcessExecutor(
    {
      controlDir: join(workDir, 'processes'),
      persistentRoot: volumesRoot,
      logBytesMax,
      cgroups: settings.cgroups,
      cfsQuota: settings['cfs-quota'],
      switchUser: switchesUser(settings['switch-user']),
      onProgress,
    },
    onNews,
  );
  log.info(processes.isolation, 'isolation of plain processes');
  if (!docker.isUsed && !docker.mayCome) {
    return {process: processes, docker: undefined, whyNoDocker: async () => NOT_USED};
  }
  const executor = makeDockerExecutor(
    {
      agentId,
      controlDir: join(workDir, 'containers'),
      host: settings['docker-host'],
      configFile: settings['docker-config'],
      persistentRoot: volumesRoot,
      publishAddress,
      logBytesMax,
      cfsQuota: settings['cfs-quota'],
      onProgress,
    },
    onNews,
  );
  let isFound = docker.isUsed;
  const whyNoDocker = async (): Promise<string | undefined> => {
    if (isFound) return undefined;
    const answer = await dockerAnswers(settings['docker-host']);
    if (!answer.ok) return answer.why ?? 'unknown';
    isFound = true;
    log.info({version: answer.version}, 'a Docker engine answers now: images are run');
    return undefined;
  };
  return {process: processes, docker: executor, whyNoDocker};
}
