/** Carries out what a scenario asks a Chronos for. */
import {jobNameOf} from '../../scenario/chronos.ts';
import type {ScheduledJobEvent, ScheduledJobWorkload} from '../../scenario/schema.ts';
import {killRuns, runJob, submitJob} from './chronos-requests.ts';
import type {WorldPort} from './source.ts';

interface Occasion {
  readonly framework: number;
  /** Names the event in messages. */
  readonly label: string;
}

/** Each job by itself, in the order of the workload. */
export function submitJobs({list}: ScheduledJobWorkload, framework: number, port: WorldPort): void {
  for (const job of list) {
    const name = jobNameOf(job);
    const isThere = port.scheduledJob(framework, name) !== undefined;
    port.request(framework, submitJob(job, isThere), `job ${name}`, 'good');
  }
}

export function playChronos(
  event: ScheduledJobEvent,
  {framework, label}: Occasion,
  port: WorldPort,
): void {
  const job = port.scheduledJob(framework, event.job);
  if (job === undefined) {
    port.refuse(label, `there is no job "${event.job}" now`);
    return;
  }
  const requests = event.kind === 'runJob' ? [runJob(job, event.arguments)] : killRuns(job);
  for (const request of requests) port.request(framework, request, label, 'good');
}
