/** Events that are about jobs of a Chronos. */
import type {ScenarioFile} from './file-schema.ts';
import {ownerOf, type KnownJobs} from './known-jobs.ts';
import type {FieldPath} from './problems.ts';
import {optional, type Resolving} from './resolving.ts';
import type {TimedEvent} from './schema.ts';

type WrittenEvent = NonNullable<ScenarioFile['events']>[number];
type WrittenKill = Extract<WrittenEvent, {killTasks: unknown}>;

export type WrittenJobEvent =
  | Extract<WrittenEvent, {run: unknown}>
  | (WrittenKill & {readonly killTasks: {readonly job: string}});

export function isJobEvent(written: WrittenEvent): written is WrittenJobEvent {
  return 'run' in written || ('killTasks' in written && 'job' in written.killTasks);
}

export function resolveJobEvent(
  written: WrittenJobEvent,
  jobs: KnownJobs,
  path: FieldPath,
  resolving: Resolving,
): TimedEvent {
  const atMs = written.at;
  if ('run' in written) {
    const {job, arguments: text} = written.run;
    const framework = ownerOf(jobs, written.run, [...path, 'run'], resolving);
    return {atMs, kind: 'runJob', job, framework, ...optional('arguments', text)};
  }
  const {job} = written.killTasks;
  const framework = ownerOf(jobs, written.killTasks, [...path, 'killTasks'], resolving);
  return {atMs, kind: 'killRuns', job, framework};
}
