/** Runs of Metronome's jobs as its answers show them (reference part 8.3). */
import {metronomeInstant} from '../../definition/print-metronome-job.ts';
import type {Job} from '../../jobs/job.ts';
import type {Run, RunTask} from '../../runs/run.ts';

type Json = Readonly<Record<string, unknown>>;

/** Oldest first. */
export function activeRunForms({runs}: Job): readonly Json[] {
  return [...runs.values()].map(runForm);
}

export function runForm({id, jobName, state, claimedAt, tasks}: Run): Json {
  const hasStarted = state === 'running' || state === 'unreachable';
  return {
    id,
    jobId: jobName,
    status: hasStarted ? 'ACTIVE' : 'STARTING',
    createdAt: metronomeInstant(claimedAt),
    completedAt: null,
    tasks: tasks.map(taskForm),
  };
}

function taskForm({id, launchedAt, startedAt, endedAt, state}: RunTask): Json {
  return {
    id,
    startedAt: metronomeInstant(startedAt ?? launchedAt),
    completedAt: endedAt === undefined ? null : metronomeInstant(endedAt),
    status: state,
  };
}
