/** The environment of a task (reference part 1.4). */
import type {ChronosDefinition, MetronomeDefinition} from '../definition/job-definition.ts';

export interface ChronosTask {
  readonly taskId: string;
  /** Name of its agent's machine. */
  readonly host: string;
  /** The instant for which it runs, ms since 1970. */
  readonly due: number;
  /** 0 for the first. */
  readonly attempt: number;
}

export type Environment = Readonly<Record<string, string>>;

/** What is generated wins over what the job says. */
export function chronosEnv(
  job: Pick<ChronosDefinition, 'cpus' | 'disk' | 'environmentVariables' | 'mem' | 'name' | 'owner'>,
  {taskId, host, due, attempt}: ChronosTask,
): Environment {
  return {
    ...Object.fromEntries(job.environmentVariables.map(({name, value}) => [name, value])),
    mesos_task_id: taskId,
    MESOS_TASK_ID: taskId,
    CHRONOS_JOB_OWNER: job.owner,
    CHRONOS_JOB_NAME: job.name,
    HOST: host,
    CHRONOS_RESOURCE_MEM: doubleText(job.mem),
    CHRONOS_RESOURCE_CPU: doubleText(job.cpus),
    CHRONOS_RESOURCE_DISK: doubleText(job.disk),
    CHRONOS_JOB_RUN_TIME: `${due}`,
    CHRONOS_JOB_RUN_ATTEMPT: `${attempt}`,
  };
}

export interface MetronomeTask {
  readonly taskId: string;
  readonly host: string;
  /** Id of the run. */
  readonly runId: string;
}

/** Metronome's runs have no version. */
const NO_VERSION = '1970-01-01T00:00:00.000Z';

/**
 * Metronome has Marathon's library launch a run as an app of its own, `/<job, by its dots>/<run>`,
 * so its tasks see Marathon's variables; there are none by the name of Metronome. What the job says
 * wins. Secrets are not among it.
 */
export function metronomeEnv(
  {name, labels, run}: MetronomeDefinition,
  {taskId, host, runId}: MetronomeTask,
): Environment {
  const env: Record<string, string> = {
    HOST: host,
    MESOS_TASK_ID: taskId,
    MARATHON_APP_ID: `/${name.replaceAll('.', '/')}/${runId}`,
    MARATHON_APP_VERSION: NO_VERSION,
    MARATHON_APP_RESOURCE_CPUS: doubleText(run.cpus),
    MARATHON_APP_RESOURCE_MEM: doubleText(run.mem),
    MARATHON_APP_RESOURCE_DISK: doubleText(run.disk),
    MARATHON_APP_RESOURCE_GPUS: `${run.gpus}`,
  };
  const image = run.docker?.image ?? run.ucr?.image.id;
  if (image !== undefined) env['MARATHON_APP_DOCKER_IMAGE'] = image;
  const names = Object.entries(labels).map(([label, value]) => {
    const variable = label.toUpperCase().replace(/[^A-Z0-9_]+/g, '_');
    env[`MARATHON_APP_LABEL_${variable}`] = value;
    return variable;
  });
  env['MARATHON_APP_LABELS'] = names.join(' ');
  for (const [variable, value] of Object.entries(run.env)) {
    if (typeof value === 'string') env[variable] = value;
    // A generated value must not stand where a secret belongs.
    else delete env[variable];
  }
  return env;
}

/** Variables that are secrets, by the name of the secret; undefined where there are none. */
export function metronomeSecrets({run}: MetronomeDefinition): Environment | undefined {
  const secrets = Object.entries(run.env).flatMap(([variable, value]) =>
    typeof value === 'string' ? [] : [[variable, value.secret] as const],
  );
  return secrets.length === 0 ? undefined : Object.fromEntries(secrets);
}

/** As the JVM prints doubles: always with a fraction, and outside 0.001 to 10,000,000 by powers. */
function doubleText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', power = ''] = value.toExponential().split('e');
    return `${withFraction(digits)}E${Number(power)}`;
  }
  return withFraction(`${value}`);
}

function withFraction(text: string): string {
  return text.includes('.') ? text : `${text}.0`;
}
