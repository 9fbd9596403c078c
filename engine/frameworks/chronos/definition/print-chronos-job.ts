/**
 * Chronos jobs as answers show them (reference part 5): fields in Chronos' order, then those of
 * ours that were given. What is read back is the same job.
 */
import {isoInstant} from '../../../kernel/instants.ts';
import type {ChronosContainer, ChronosDefinition, JobFetch} from './job-definition.ts';

/** What has become of a job. Instants are ms since 1970. */
export interface JobFigures {
  /** As it stands; undefined: as it was submitted. */
  readonly schedule?: string | undefined;
  readonly disabled: boolean;
  readonly successCount: number;
  readonly errorCount: number;
  readonly errorsSinceLastSuccess: number;
  readonly lastSuccess: number | undefined;
  readonly lastError: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

export function printChronosJob(job: ChronosDefinition, figures: JobFigures): Json {
  const {successCount, errorCount, errorsSinceLastSuccess, lastSuccess, lastError} = figures;
  return {
    name: job.name,
    command: job.command,
    shell: job.shell,
    executor: job.executor,
    executorFlags: job.executorFlags,
    taskInfoData: job.taskInfoData,
    retries: job.retries,
    owner: job.owner,
    ownerName: job.ownerName,
    description: job.description,
    successCount,
    errorCount,
    lastSuccess: instantText(lastSuccess),
    lastError: instantText(lastError),
    cpus: job.cpus,
    disk: job.disk,
    mem: job.mem,
    disabled: figures.disabled,
    softError: job.softError,
    dataProcessingJobType: job.dataProcessingJobType,
    errorsSinceLastSuccess,
    fetch: job.fetch.map(printFetch),
    uris: job.uris,
    environmentVariables: job.environmentVariables.map(({name, value}) => ({name, value})),
    arguments: job.arguments,
    highPriority: job.highPriority,
    runAsUser: job.runAsUser,
    concurrent: job.concurrent,
    maxCompletionTime: job.maxCompletionTime,
    ...(job.container === undefined ? {} : {container: printContainer(job.container)}),
    constraints: job.constraints.map(({attribute, operator, value}) => [
      attribute,
      operator,
      value,
    ]),
    ...timing(job, figures.schedule),
    ...ownTerms(job),
  };
}

/**
 * As lists of jobs show them: `uris` and `fetch` each in the form of the other as well, for clients
 * that know one of them.
 */
export function printListedJob(job: ChronosDefinition, figures: JobFigures): Json {
  const uris = job.uris.length > 0 ? job.uris : job.fetch.map(({uri}) => uri);
  const fetch =
    job.fetch.length > 0
      ? job.fetch
      : job.uris.map((uri) => ({uri, executable: false, cache: false, extract: true}));
  return printChronosJob({...job, uris, fetch}, figures);
}

/** Empty: never. */
function instantText(ms: number | undefined): string {
  return ms === undefined ? '' : isoInstant(ms);
}

function timing(
  {parents, schedule, scheduleTimeZone}: ChronosDefinition,
  asItStands: string | undefined,
): Json {
  return parents === undefined ? {schedule: asItStands ?? schedule, scheduleTimeZone} : {parents};
}

function printFetch({uri, executable, cache, extract, outputFile}: JobFetch): Json {
  return {uri, executable, cache, extract, ...given({output_file: outputFile})};
}

function printContainer(container: ChronosContainer): Json {
  const {type, image, network, networkName, networkInfos, volumes} = container;
  return {
    type,
    image,
    network,
    ...given({networkName}),
    networkInfos: networkInfos.map(({name, protocol, labels, portMappings}) => ({
      name,
      ...given({protocol}),
      labels,
      // Chronos writes the numbers of ports as texts.
      portMappings: portMappings.map((mapping) => ({
        hostPort: `${mapping.hostPort}`,
        containerPort: `${mapping.containerPort}`,
        ...given({protocol: mapping.protocol}),
      })),
    })),
    volumes: volumes.map(({containerPath, hostPath, mode, external}) => ({
      containerPath,
      ...given({hostPath, mode, external}),
    })),
    forcePullImage: container.forcePullImage,
    parameters: container.parameters,
  };
}

function ownTerms(job: ChronosDefinition): Json {
  const {epsilon, catchup, catchupLimit, overlap, barrier, launch} = job;
  const {retryDelay, retryBackoff, retryMaxDelay, unreachableTimeout} = job;
  return given({
    epsilon,
    catchup,
    catchupLimit,
    overlap,
    barrier,
    launch,
    retryDelay,
    retryBackoff,
    retryMaxDelay,
    unreachableTimeout,
  });
}

/** The fields that have a value. */
function given(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
