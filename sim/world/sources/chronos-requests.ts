/** The requests that a scenario makes of a Chronos: all of them go by way of its HTTP APIs. */
import {isMetronomeJob, jobNameOf} from '../../scenario/chronos.ts';
import type {ScheduledJob} from '../../scenario/schema.ts';

/** What `request` inputs for a Chronos carry. */
export interface ChronosRequest {
  readonly kind: 'http';
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Submits the job; `isThere`: a job of its name is there already, and becomes this one. */
export function submitJob(job: ScheduledJob, isThere: boolean): ChronosRequest {
  if (!isMetronomeJob(job)) {
    const path = 'parents' in job ? '/v1/scheduler/dependency' : '/v1/scheduler/iso8601';
    return send('POST', path, job);
  }
  return isThere
    ? send('PUT', `/v0/scheduled-jobs/${jobNameOf(job)}`, job)
    : send('POST', '/v0/scheduled-jobs', job);
}

/** What of a job decides how it is asked for. */
export interface JobFace {
  readonly name: string;
  readonly form: 'chronos' | 'metronome';
  /** Ids of its runs that are not over. */
  readonly runIds: readonly string[];
}

/** Runs it now. Metronome's runs take no arguments. */
export function runJob({name, form}: JobFace, text: string | undefined): ChronosRequest {
  if (form === 'metronome') return send('POST', `/v1/jobs/${name}/runs`, {});
  const query = text === undefined ? '' : `?arguments=${encodeURIComponent(text)}`;
  return send('PUT', `/v1/scheduler/job/${name}${query}`);
}

/** Kills what runs of it; one request for each run, where it has to be so. */
export function killRuns({name, form, runIds}: JobFace): readonly ChronosRequest[] {
  if (form === 'chronos') return [send('DELETE', `/v1/scheduler/task/kill/${name}`)];
  return runIds.map((id) => send('POST', `/v1/jobs/${name}/runs/${id}/actions/stop`, {}));
}

function send(method: string, path: string, body?: unknown): ChronosRequest {
  if (body === undefined) return {kind: 'http', method, path, headers: {}};
  const headers = {'content-type': 'application/json'};
  return {kind: 'http', method, path, headers, body: JSON.stringify(body)};
}
