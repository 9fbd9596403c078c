/**
 * Metronome jobs as answers show them (reference part 8.2), without what may be embedded in them.
 * What is read back is the same job, but for its schedules.
 */
import {isoInstant} from '../../../kernel/instants.ts';
import type {MetronomeDefinition, MetronomeRun, MetronomeSchedule} from './job-definition.ts';

type Json = Readonly<Record<string, unknown>>;

export function printMetronomeJob(job: MetronomeDefinition): Json {
  const {name, description, labels, parents, run} = job;
  return {
    id: name,
    ...(description === undefined ? {} : {description}),
    labels,
    dependencies: parents.map((id) => ({id})),
    run: printRun(run),
  };
}

/** `nextRunAt`, ms since 1970, is shown of disabled schedules as well; undefined: never again. */
export function printMetronomeSchedule(
  schedule: MetronomeSchedule,
  nextRunAt: number | undefined,
): Json {
  const {id, cron, timezone, startingDeadlineSeconds, concurrencyPolicy, enabled} = schedule;
  return {
    id,
    cron,
    timezone,
    startingDeadlineSeconds,
    concurrencyPolicy,
    enabled,
    ...(nextRunAt === undefined ? {} : {nextRunAt: metronomeInstant(nextRunAt)}),
  };
}

/** `2016-07-15T13:02:59.735+0000`: its clients split at the plus sign, and want three digits. */
export function metronomeInstant(ms: number): string {
  return isoInstant(ms).replace(/Z$/, '+0000');
}

function printRun(run: MetronomeRun): Json {
  const {cpus, mem, disk, gpus, cmd, args, user, env, placement, artifacts} = run;
  const {maxLaunchDelay, docker, ucr, volumes, restart, taskKillGracePeriodSeconds} = run;
  const fields: Json = {
    cpus,
    mem,
    disk,
    gpus,
    cmd,
    args,
    user,
    env,
    placement,
    artifacts,
    maxLaunchDelay,
    docker,
    ucr,
    volumes,
    restart,
    taskKillGracePeriodSeconds,
    networks: run.networks,
    secrets: run.secrets,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
