/**
 * Turns what the engine orders into what an executor runs: one form for apps, Chronos jobs and
 * Metronome jobs. What none of our executors can do is said here, as the spec's `problem`.
 */
import type {Effect} from '../effects.ts';
import type {
  ChronosTaskDetails,
  MetronomeTaskDetails,
} from '../frameworks/chronos/launch/task-launch.ts';
import type {AppTaskDetails} from '../frameworks/marathon/launch/task-launch.ts';
import {agentChecksOf} from './agent-checks.ts';
import {chronosContainer, appContainer, metronomeContainer} from './container-of.ts';
import {portionOf} from './portion-of.ts';
import type {FetchedUri, TaskCommand, TaskSpec} from './task-spec.ts';
import {chronosVolumes, appVolumes, metronomeVolumes} from './volumes-of.ts';

export type TaskOrder = Extract<Effect, {readonly kind: 'launchTask'}>;

/** What the three kinds of details come to; the rest of the spec is the same for all. */
type Terms = Omit<
  TaskSpec,
  'frameworkId' | 'taskId' | 'name' | 'cpus' | 'memMiB' | 'diskMiB' | 'env' | 'problem'
> & {readonly env: Readonly<Record<string, string>>; readonly problems: readonly string[]};

type Details = AppTaskDetails | ChronosTaskDetails | MetronomeTaskDetails;

/** Mesos's: of its command executor. */
const GRACE_MS = 3000;

/** Pure; never throws for what a user wrote. */
export function taskSpecOf(order: TaskOrder): TaskSpec {
  const {frameworkId, taskId, name, agentId, resources, role} = order;
  const {problems, env, ...terms} = termsOf(order);
  return {
    frameworkId,
    taskId,
    name,
    ...terms,
    ...portionOf(resources),
    env: {
      MESOS_FRAMEWORK_ID: frameworkId,
      MESOS_SLAVE_ID: agentId,
      MESOS_EXECUTOR_ID: taskId,
      MESOS_TASK_ID: taskId,
      ...(role === undefined ? {} : {MESOS_ALLOCATION_ROLE: role}),
      ...env,
    },
    ...(problems.length === 0 ? {} : {problem: problems.join('; ')}),
  };
}

function termsOf(order: TaskOrder): Terms {
  const details = order.details as Details | undefined;
  switch (details?.kind) {
    case 'app':
      return appTerms(details, order);
    case 'job':
      return chronosTerms(details);
    case 'metronomeJob':
      return metronomeTerms(details, order);
    // Batch jobs of the simulator, and what an engine of another version orders.
    case undefined:
    default:
      return {...NO_TERMS, problems: ['its framework does not say what to run']};
  }
}

const NO_TERMS: Omit<Terms, 'problems'> = {
  command: {kind: 'program', argv: []},
  env: {},
  fetch: [],
  limits: {},
  ports: [],
  volumes: [],
  labels: {},
  graceMs: GRACE_MS,
  healthChecks: [],
  tty: false,
};

function appTerms(details: AppTaskDetails, {resources}: TaskOrder): Terms {
  const {cmd, args, container, env, executor, fetch, hostPorts, labels, user, tty} = details;
  const image = container?.docker?.image;
  const volumes = appVolumes(container, resources);
  const placed = appContainer(details, volumes.volumes);
  return {
    command: commandOf(cmd, args, image !== undefined),
    env,
    user,
    fetch: fetch ?? [],
    limits: limitsOf(details.resourceLimits),
    ports: hostPorts.flatMap((port) => port ?? []),
    container: placed.container,
    volumes: placed.container === undefined ? volumes.volumes : [],
    labels,
    graceMs: graceMs(details.taskKillGracePeriodSeconds),
    healthChecks: agentChecksOf(details),
    tty: tty ?? false,
    problems: [
      ...executorProblems(executor),
      ...commandProblems(cmd ?? args, image !== undefined),
      ...secretProblems(details.secretEnv),
      ...volumes.problems,
      ...placed.problems,
    ],
  };
}

function chronosTerms(details: ChronosTaskDetails): Terms {
  const {container, env, executor, fetch, uris, user} = details;
  const volumes = chronosVolumes(container);
  const placed = chronosContainer(container, volumes.volumes);
  const command = chronosCommand(details);
  const isEmpty = command.kind === 'shell' ? command.text === '' : details.command === '';
  return {
    ...NO_TERMS,
    command,
    env,
    user: user === '' ? undefined : user,
    fetch: [
      ...uris.map((uri): FetchedUri => ({uri, extract: true, executable: false, cache: false})),
      ...fetch.map(({outputFile, ...given}): FetchedUri => ({...given, destPath: outputFile})),
    ],
    container: placed.container,
    problems: [
      ...executorProblems(executor),
      ...commandProblems(isEmpty ? undefined : details.command, container !== undefined),
      ...volumes.problems,
      ...placed.problems,
    ],
  };
}

/** Docker adds what no shell runs to the image's entry point; Mesos's containers run it itself. */
function chronosCommand(details: ChronosTaskDetails): TaskCommand {
  const {command, container, shell} = details;
  const argv = command === '' ? details.arguments : [command, ...details.arguments];
  if (container === undefined) {
    return shell ? {kind: 'shell', text: command} : {kind: 'program', argv};
  }
  if (command === '') return {kind: 'image', arguments: argv};
  if (shell) return {kind: 'shell', text: command};
  return container.type === 'DOCKER' ? {kind: 'image', arguments: argv} : {kind: 'program', argv};
}

function metronomeTerms(details: MetronomeTaskDetails, {taskId}: TaskOrder): Terms {
  const {env, labels, run} = details;
  const hasImage = run.docker !== undefined || run.ucr !== undefined;
  const volumes = metronomeVolumes(run);
  const placed = metronomeContainer(run, volumes.volumes, taskId);
  return {
    ...NO_TERMS,
    command: commandOf(run.cmd, run.args, hasImage),
    env,
    user: run.user,
    fetch: run.artifacts,
    container: placed.container,
    volumes: placed.container === undefined ? volumes.volumes : [],
    labels,
    graceMs: graceMs(run.taskKillGracePeriodSeconds),
    problems: [
      ...commandProblems(run.cmd ?? run.args, hasImage),
      ...secretProblems(details.secretEnv),
      ...volumes.problems,
      ...placed.problems,
    ],
  };
}

function commandOf(
  cmd: string | undefined,
  args: readonly string[] | undefined,
  hasImage: boolean,
): TaskCommand {
  if (cmd !== undefined) return {kind: 'shell', text: cmd};
  if (hasImage) return {kind: 'image', arguments: args ?? []};
  return {kind: 'program', argv: args ?? []};
}

function limitsOf(given: AppTaskDetails['resourceLimits']): TaskSpec['limits'] {
  const limit = (value: number | 'unlimited'): number | null =>
    value === 'unlimited' ? null : value;
  return {
    ...(given?.['cpus'] === undefined ? {} : {cpus: limit(given['cpus'])}),
    ...(given?.['mem'] === undefined ? {} : {memMiB: limit(given['mem'])}),
  };
}

function graceMs(seconds: number | undefined): number {
  return seconds === undefined ? GRACE_MS : seconds * 1000;
}

function executorProblems(executor: string): readonly string[] {
  if (executor === '' || executor === '//cmd') return [];
  return [`executor: custom executors are not supported (got '${executor}', expected '//cmd')`];
}

function commandProblems(
  command: string | readonly string[] | undefined,
  hasImage: boolean,
): readonly string[] {
  if (hasImage || (command !== undefined && command.length > 0)) return [];
  return ['cmd: expected a command to run, as there is no image that says one'];
}

function secretProblems(secretEnv: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(secretEnv ?? {}).map(
    ([name, secret]) => `env.${name}: there is no secret store to take secret '${secret}' from`,
  );
}
