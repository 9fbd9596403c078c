/**
 * What the executor of a run's task is told: plain JSON, everything that a Docker or process
 * executor needs.
 */
import {taskIdOf, type TaskId} from '../../../kernel/ids.ts';
import type {Resources} from '../../../resources/vector.ts';
import type {AgentInfo, TaskLaunch} from '../../../scheduler.ts';
import type {
  ChronosDefinition,
  JobDefinition,
  MetronomeDefinition,
} from '../definition/job-definition.ts';
import type {Run} from '../runs/run.ts';
import {argumentsText, commandWith, launchId} from '../runs/task-id.ts';
import {chronosEnv, metronomeEnv, metronomeSecrets, type Environment} from './task-env.ts';

/** `details` of the launch of a Chronos job. Fields that the job does not give are absent. */
export interface ChronosTaskDetails extends Pick<
  ChronosDefinition,
  'container' | 'executor' | 'executorFlags' | 'fetch' | 'shell' | 'taskInfoData' | 'uris'
> {
  readonly kind: 'job';
  readonly jobName: string;
  readonly due: number;
  readonly attempt: number;
  /** With its arguments, where a shell runs it. */
  readonly command: string;
  /** Where no shell does: what the command is called with. */
  readonly arguments: readonly string[];
  readonly user: string;
  readonly env: Environment;
}

/** Of a Metronome job. */
export interface MetronomeTaskDetails {
  readonly kind: 'metronomeJob';
  readonly jobName: string;
  readonly runId: string;
  readonly attempt: number;
  readonly run: MetronomeDefinition['run'];
  readonly labels: MetronomeDefinition['labels'];
  readonly env: Environment;
  /** Variables that are secrets, by the name of the secret. */
  readonly secretEnv?: Environment | undefined;
}

/** The id of a run's task in its present attempt: it follows from the run's record. */
export function runTaskId(definition: JobDefinition, run: Run): TaskId {
  const {name} = definition;
  if (definition.form === 'metronome') return taskIdOf(`${name}_${run.id}.${run.attempt}`);
  const {due, attempt} = run;
  const text = argumentsText(definition.arguments, run.arguments);
  return taskIdOf(launchId({due, attempt, name, arguments: text}));
}

/** The launch of a run on exactly these resources. */
export function makeTaskLaunch(
  definition: JobDefinition,
  run: Run,
  {agent, resources}: {readonly agent: AgentInfo; readonly resources: Resources},
): TaskLaunch {
  const {name} = definition;
  const {due, attempt} = run;
  const taskId = runTaskId(definition, run);
  const place = {taskId, host: agent.hostname};
  const origin = {kind: 'run', jobName: name, due, attempt} as const;
  if (definition.form === 'metronome') {
    const details = metronomeDetails(definition, run, place);
    return {taskId, name, origin, resources, details};
  }
  const details = chronosDetails(definition, run, place);
  return {taskId, name: `ChronosTask:${name}`, origin, resources, details};
}

interface Place {
  readonly taskId: string;
  readonly host: string;
}

function chronosDetails(job: ChronosDefinition, run: Run, place: Place): ChronosTaskDetails {
  const {name, command, shell, executor, executorFlags, taskInfoData, uris, fetch} = job;
  const {due, attempt} = run;
  const text = argumentsText(job.arguments, run.arguments);
  // Unlike Chronos, which glues arguments to the name of an executable that no shell runs.
  const words = text === '' ? [] : text.split(' ').filter((word) => word !== '');
  return {
    kind: 'job',
    jobName: name,
    due,
    attempt,
    command: shell ? commandWith(command, text) : command,
    arguments: shell ? [] : run.arguments === undefined ? job.arguments : words,
    ...{shell, executor, executorFlags, taskInfoData, uris, fetch},
    ...(job.container === undefined ? {} : {container: job.container}),
    user: job.runAsUser,
    env: chronosEnv(job, {...place, due, attempt}),
  };
}

function metronomeDetails(job: MetronomeDefinition, run: Run, place: Place): MetronomeTaskDetails {
  const secretEnv = metronomeSecrets(job);
  return {
    kind: 'metronomeJob',
    jobName: job.name,
    runId: run.id,
    attempt: run.attempt,
    run: job.run,
    labels: job.labels,
    env: metronomeEnv(job, {...place, runId: run.id}),
    ...(secretEnv === undefined ? {} : {secretEnv}),
  };
}
